// Training curves: scores of one scale share an axis; training losses have one each, since every loss has its own scale.
(function () {
  const colourOf = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

  report.startTraining = function (section, block) {
    const place = section.querySelector("[data-training]");
    if (!block.curves.length) return;
    const parts = block.curves.map((curves) => report.element("div", {}, report.element("h3", {}, title(curves))));
    place.append(...parts);
    const draw = () => block.curves.forEach((curves, number) => drawCurves(parts[number], block, curves));
    draw();
    report.onResize(draw);
    report.onTheme(draw);
  };

  const title = (curves) => (curves.isComparable ? `Training: ${curves.name}` : `Training: ${curves.name}, each loss on a scale of its own`);

  function drawCurves(part, block, curves) {
    for (const old of part.querySelectorAll(".small, figure")) old.remove();
    if (curves.isComparable) {
      const figure = report.element("figure", {});
      part.append(figure);
      together(figure, block, curves);
    } else {
      const small = report.element("div", { class: "small" });
      part.append(small);
      curves.lines.forEach((line) => apart(small, block, line));
    }
  }

  // All lines over the epochs of any of them.
  function together(figure, block, curves) {
    const epochs = [...new Set(curves.lines.flatMap((line) => line.epochs))].sort((a, b) => a - b);
    const columns = curves.lines.map((line) => {
      const values = new Map(line.epochs.map((epoch, place) => [epoch, line.mean[place]]));
      return epochs.map((epoch) => (values.has(epoch) ? values.get(epoch) : null));
    });
    const series = curves.lines.map((line) => lineOf(block.rows[line.row].label));
    new uPlot(options(figure.clientWidth - 20, 300, series, true), [epochs, ...columns], figure);
    figure.append(report.element("figcaption", {}, "Mean over the runs.",
      report.element("span", { class: "hint" }, " Point at the chart for values; click a name to hide its line.")));
  }

  function apart(small, block, line) {
    const label = block.rows[line.row].label, look = lineOf(label);
    const figure = report.element("figure", {}, report.element("h4", { title: label }, report.shortened(label, 26)));
    small.append(figure);
    const band = { ...look, label: "highest run", width: 0, points: { show: false } };
    const series = [look, band, { ...band, label: "lowest run" }];
    const made = options(figure.clientWidth - 20, 130, series, false);
    made.bands = [{ series: [2, 3], fill: `${look.stroke}30` }];
    new uPlot(made, [line.epochs, line.mean, line.max, line.min], figure);
  }

  function lineOf(label) {
    const { colour, dash, border } = report.look(label);
    return { label: report.shortened(label, 40), stroke: colour, dash, border, width: 1.6, spanGaps: true, points: { show: false }, value: (_, value) => report.number(value) };
  }

  function options(width, height, series, hasLegend) {
    const axis = { stroke: colourOf("--soft"), grid: { stroke: colourOf("--rule"), width: 0.5 }, ticks: { stroke: colourOf("--rule") }, font: "11px system-ui" };
    return {
      width: Math.max(160, width), height, legend: { show: hasLegend, markers: { dash: (_, place) => series[place - 1]?.border || "solid" } }, cursor: { show: hasLegend },
      scales: { x: { time: false } },
      axes: [{ ...axis, size: 30 }, { ...axis, size: 56, values: (_, values) => values.map((value) => report.number(value)) }],
      series: [{ label: "epoch" }, ...series],
    };
  }
})();
