// The comparisons of a block: one metric chosen for all its charts, two for the scatter.
(function () {
  report.startCompare = function (section, block, baselines) {
    const place = section.querySelector("[data-compare]");
    if (!block.metrics.length || !block.rows.length) return;
    const names = block.metrics.map((metric, number) => [String(number), metric.name]);
    const state = { metric: 0, x: 0, y: Math.min(1, block.metrics.length - 1) };
    const charts = report.element("div", { class: "charts" });
    const choose = (key) => (value) => {
      state[key] = Number(value);
      draw();
    };
    const tools = report.element("div", { class: "tools" }, report.labelled("Metric", report.select("Metric of the charts", names, "0", choose("metric"))));
    const axes = report.element("div", { class: "tools" },
      report.labelled("across", report.select("Metric across", names, String(state.x), choose("x"))),
      report.labelled("up", report.select("Metric up", names, String(state.y), choose("y"))));

    function draw() {
      const one = charts.parentElement.clientWidth < 700;
      const full = Math.max(320, (one ? charts.parentElement.clientWidth : charts.parentElement.clientWidth / 2) - 40);
      const rows = new Map(block.rows.map((row, number) => [row.label, number]));
      const baseline = rows.has(baselines.first) ? rows.get(baselines.first) : null;
      const name = block.metrics[state.metric].name, units = block.units || "no pairs";
      const panels = [
        figure(`Ranking by ${name}`, report.rankingChart(block, state.metric, baseline, full),
          !report.hasIntervals(block, name, baseline) ? "Best on top." : `Best on top; at the right the difference to ${baselines.first} with its 95 % interval, one by one. Filled: significant after Holm's correction.`),
        isTested(block, name) ? figure(`All pairs in ${name}`, report.pairMatrix(block, state.metric),
          `▲ the row is significantly better than the column, ▼ worse, = no difference shown, ? too few pairs; w-t-l: wins, ties, losses. ${units}, Holm's correction over all pairs.`) : untested(block, name, units),
        figure(`Critical differences in ${name}`, report.criticalChart(block, state.metric, full),
          `Mean rank over ${units}, 1 is best; a bar joins losses of which no two differ significantly.`),
        figure("Two metrics", report.scatterChart(block, state.x, state.y, full), block.rows.some((row) => row.stds[state.x] !== null) ? "Mean ± std over the runs." : "One run of each loss.", axes),
      ];
      charts.replaceChildren(...panels.filter(Boolean));
      report.focusWide();
    }
    place.append(report.element("h3", {}, "Comparisons"), tools, charts);
    draw();
    section.addEventListener("baseline", draw);
    report.onResize(draw);
  };

  const isTested = (block, name) => block.pairs[name].some((pair) => pair[5] !== null);

  // A matrix of question marks would say no more than this sentence.
  function untested(block, name, units) {
    if (!block.pairs[name].length) return null;
    return figure(`All pairs in ${name}`, report.element("p", { class: "untested" }, `No pair of losses is tested: a test needs ${report.data.leastPairs} pairs, and there are ${units}.`), "");
  }

  function figure(title, content, caption, tools) {
    if (!content) return null;
    return report.element("figure", {}, report.element("h4", {}, title), tools, content, report.element("figcaption", {}, caption));
  }
})();
