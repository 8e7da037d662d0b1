// Axes and the charts of one metric: ranking with differences, two metrics against each other, critical differences.
(function () {
  const svg = report.svg;
  const HEIGHT = 20, LABEL = 7, LETTERS = 30;

  // A scale from values to pixels, with round ticks. Values may run backwards, so that better is to the right or up.
  function scale(values, start, end, isTurned = false) {
    const known = values.filter((value) => Number.isFinite(value));
    let low = Math.min(...known), high = Math.max(...known);
    if (!known.length) [low, high] = [0, 1];
    if (low === high) [low, high] = [low - Math.abs(low || 1) * 0.1, high + Math.abs(high || 1) * 0.1];
    const margin = (high - low) * 0.04;
    [low, high] = [low - margin, high + margin];
    const at = (value) => start + ((isTurned ? high - value : value - low) / (high - low)) * (end - start);
    return { at, ticks: ticks(low, high, Math.max(2, Math.floor(Math.abs(end - start) / 70))) };
  }

  function ticks(low, high, most) {
    const raw = (high - low) / most, power = 10 ** Math.floor(Math.log10(raw));
    const step = [1, 2, 5, 10].map((factor) => factor * power).find((size) => size >= raw);
    const found = [];
    for (let value = Math.ceil(low / step) * step; value <= high + step * 1e-6; value += step) found.push(Math.abs(value) < step * 1e-6 ? 0 : value);
    return found;
  }

  function xAxis(across, top, bottom) {
    return across.ticks.flatMap((tick) => [
      svg("line", { x1: across.at(tick), x2: across.at(tick), y1: top, y2: bottom, class: "axis" }),
      svg("text", { x: across.at(tick), y: bottom + 14, "text-anchor": "middle", class: "soft" }, report.number(tick)),
    ]);
  }

  const titled = (text) => svg("title", {}, text);
  const width = (labels) => LABEL * Math.min(LETTERS, Math.max(...labels.map((label) => label.length))) + 12;
  const sum = (values) => values.reduce((total, value) => total + value, 0);

  function drawn(title, size, ...content) {
    return svg("svg", { viewBox: `0 0 ${size[0]} ${size[1]}`, width: size[0], height: size[1], role: "img" }, titled(title), content);
  }

  // Rows in order of their mean, best on top: mean with spread and single runs; beside it the differences to a baseline.
  report.rankingChart = function (block, metricPlace, baseline, full) {
    const metric = block.metrics[metricPlace];
    const rows = block.rows.map((row, place) => ({ ...row, place, mean: row.means[metricPlace], spread: row.stds[metricPlace] || 0, hasSpread: row.stds[metricPlace] !== null }))
      .filter((row) => row.mean !== null)
      .sort((a, b) => (metric.way === "higher" ? b.mean - a.mean : a.mean - b.mean));
    if (!rows.length) return null;
    const found = baseline === null ? block.rows.map(() => null) : report.against(block, metric.name, baseline);
    const hasIntervals = report.hasIntervals(block, metric.name, baseline);
    const left = width(rows.map((row) => row.label)), total = Math.max(full, left + 220);
    const middle = hasIntervals ? left + (total - left) * 0.48 : total - 12;
    const bottom = 22 + HEIGHT * rows.length, runs = block.runs[metric.name];
    const across = scale(rows.flatMap((row) => [row.mean - row.spread, row.mean + row.spread, ...runs[row.place]]), left + 6, middle - 8);
    const parts = [...xAxis(across, 22, bottom), head(left + 6, rows.some((row) => row.hasSpread) ? "mean ± std, runs" : "one run each")];
    rows.forEach((row, rank) => parts.push(...rankingRow(row, runs[row.place], 22 + HEIGHT * (rank + 0.5), left, across)));
    if (hasIntervals) parts.push(...differences(rows, found, block.rows[baseline].label, middle + 14, total - 12, bottom));
    return drawn(`Ranking by ${metric.name}`, [total, bottom + 22], parts);
  };

  report.hasIntervals = (block, metric, baseline) =>
    baseline !== null && report.against(block, metric, baseline).some((row) => row && row.low !== null);
  const head = (x, text) => svg("text", { x, y: 13, class: "soft" }, text);

  function rankingRow(row, runs, y, left, across) {
    const { colour } = report.look(row.label);
    return [
      svg("text", { x: left - 6, y: y + 4, "text-anchor": "end" }, titled(row.label), report.shortened(row.label, LETTERS)),
      svg("line", { x1: across.at(row.mean - row.spread), x2: across.at(row.mean + row.spread), y1: y, y2: y, stroke: colour, "stroke-width": 2 }),
      ...runs.filter((value) => value !== null).map((value) => report.marker(row.label, across.at(value), y, 2, { opacity: 0.55 })),
      report.marker(row.label, across.at(row.mean), y, 4.5, {}, titled(`${row.label}: ${report.number(row.mean, 4)}${row.hasSpread ? ` ± ${report.number(row.spread)}` : ""}`)),
    ];
  }

  function differences(rows, found, label, start, end, bottom) {
    const known = found.filter((row) => row && row.low !== null);
    const across = scale([0, ...known.flatMap((row) => [row.low, row.high])], start, end);
    const parts = [...xAxis(across, 22, bottom), head(start, end - start > 170 ? `minus ${report.shortened(label, 24)}` : "difference")];
    parts.push(svg("line", { x1: across.at(0), x2: across.at(0), y1: 22, y2: bottom, class: "strong" }));
    rows.forEach((row, rank) => {
      const own = found[row.place], y = 22 + HEIGHT * (rank + 0.5);
      if (!own || own.low === null) return;
      const colour = own.verdict ? `var(--${own.verdict === "better" ? "good" : "bad"})` : "var(--soft)";
      parts.push(
        svg("line", { x1: across.at(own.low), x2: across.at(own.high), y1: y, y2: y, style: `stroke: ${colour}`, "stroke-width": 2 }),
        svg("circle", { cx: across.at(own.difference), cy: y, r: 4, style: `fill: ${own.verdict ? colour : "var(--card)"}; stroke: ${colour}`, "stroke-width": 1.5 },
          titled(`${row.label}: ${report.signed(own.difference)} (${report.number(own.low)} to ${report.number(own.high)}), ${report.pValue(own.p)}`)),
      );
    });
    return parts;
  }

  // Two metrics; axes are turned so that better is to the right and up.
  report.scatterChart = function (block, x, y, full) {
    const rows = block.rows.filter((row) => row.means[x] !== null && row.means[y] !== null);
    if (!rows.length) return null;
    const [xMetric, yMetric] = [block.metrics[x], block.metrics[y]];
    const size = [full, Math.max(280, Math.min(380, full * 0.7))];
    const ends = (place) => rows.flatMap((row) => [row.means[place] - (row.stds[place] || 0), row.means[place] + (row.stds[place] || 0)]);
    const across = scale(ends(x), 56, size[0] - 14, xMetric.way === "lower");
    const up = scale(ends(y), size[1] - 40, 12, yMetric.way === "lower");
    const parts = [...xAxis(across, 12, size[1] - 40), ...yAxis(up, 56, size[0] - 14)];
    parts.push(svg("text", { x: size[0] - 14, y: size[1] - 6, "text-anchor": "end" }, `${xMetric.name} ${report.ARROWS[xMetric.way]}, better to the right`));
    parts.push(svg("text", { x: 14, y: 12, transform: "rotate(-90 14 12)", "text-anchor": "end" }, `${yMetric.name} ${report.ARROWS[yMetric.way]}, better up`));
    rows.forEach((row) => parts.push(...point(row, x, y, across, up)));
    parts.push(...names(rows.map((row) => ({ text: row.label, x: across.at(row.means[x]), y: up.at(row.means[y]) })), size));
    return drawn(`${yMetric.name} against ${xMetric.name}`, size, parts);
  };

  function yAxis(up, left, right) {
    return up.ticks.flatMap((tick) => [
      svg("line", { x1: left, x2: right, y1: up.at(tick), y2: up.at(tick), class: "axis" }),
      svg("text", { x: left - 5, y: up.at(tick) + 4, "text-anchor": "end", class: "soft" }, report.number(tick)),
    ]);
  }

  function point(row, x, y, across, up) {
    const { colour } = report.look(row.label), [h, v] = [across.at(row.means[x]), up.at(row.means[y])];
    const [dx, dy] = [row.stds[x] || 0, row.stds[y] || 0];
    return [
      svg("line", { x1: across.at(row.means[x] - dx), x2: across.at(row.means[x] + dx), y1: v, y2: v, stroke: colour, opacity: 0.5 }),
      svg("line", { x1: h, x2: h, y1: up.at(row.means[y] - dy), y2: up.at(row.means[y] + dy), stroke: colour, opacity: 0.5 }),
      report.marker(row.label, h, v, 5, {}, titled(`${row.label}: ${report.number(row.means[x], 4)}, ${report.number(row.means[y], 4)}`)),
    ];
  }

  // Names beside their points, moved down where they would cover the one above.
  function names(points, size) {
    const placed = [];
    return points.sort((a, b) => a.y - b.y).map(({ text, x, y }) => {
      const shown = report.shortened(text, 24), long = shown.length * 6.3, isRight = x + long + 10 < size[0];
      const box = { left: isRight ? x + 8 : x - 8 - long, top: y - 6 };
      const covers = (other) => Math.abs(other.top - box.top) < 12 && box.left < other.left + other.long && other.left < box.left + long;
      for (let tries = 0; tries < 40 && placed.some(covers); tries++) box.top += 3;
      placed.push({ ...box, long });
      return svg("text", { x: box.left, y: box.top + 10, style: "font-size: 11px" }, shown);
    });
  }

  // Mean ranks on an axis; bars join neighbours of which no two differ significantly.
  report.criticalChart = function (block, metricPlace, full) {
    const metric = block.metrics[metricPlace].name, ranks = block.ranks[metric] || [];
    const rows = block.rows.map((row, place) => ({ label: row.label, place, rank: ranks[place] })).filter((row) => row.rank !== null && row.rank !== undefined)
      .sort((a, b) => a.rank - b.rank);
    if (rows.length < 2) return null;
    const cells = report.allPairs(block, metric);
    const bars = cliques(rows, (a, b) => cells[a.place][b.place] && cells[a.place][b.place].verdict === "");
    const side = width(rows.map((row) => row.label)), half = Math.ceil(rows.length / 2);
    const total = Math.max(full, 2 * side + 160), axis = 30, first = axis + 14 + 9 * bars.length + 14;
    const at = (rank) => side + 8 + ((rank - 1) / (rows.length - 1)) * (total - 2 * side - 16);
    const parts = [svg("line", { x1: at(1), x2: at(rows.length), y1: axis, y2: axis, class: "strong" })];
    const step = Math.ceil(16 / ((total - 2 * side) / rows.length));
    for (let rank = 1; rank <= rows.length; rank += step) {
      parts.push(svg("line", { x1: at(rank), x2: at(rank), y1: axis - 5, y2: axis, class: "strong" }), svg("text", { x: at(rank), y: axis - 9, "text-anchor": "middle", class: "soft" }, String(rank)));
    }
    bars.forEach(([from, to], place) => parts.push(svg("line", { x1: at(rows[from].rank) - 4, x2: at(rows[to].rank) + 4, y1: axis + 12 + 9 * place, y2: axis + 12 + 9 * place, class: "strong", "stroke-width": 4 })));
    rows.forEach((row, place) => {
      const isLeft = place < half, y = first + 17 * (isLeft ? place : rows.length - 1 - place), end = isLeft ? side : total - side;
      parts.push(
        svg("polyline", { points: `${at(row.rank)},${axis} ${at(row.rank)},${y} ${end},${y}`, fill: "none", stroke: report.look(row.label).colour, "stroke-dasharray": report.look(row.label).dash.join(" ") || null }),
        svg("text", { x: isLeft ? end - 5 : end + 5, y: y + 4, "text-anchor": isLeft ? "end" : "start" }, titled(`${row.label}: mean rank ${report.number(row.rank)}`), report.shortened(row.label, LETTERS)),
      );
    });
    return drawn(`Critical differences in ${metric}`, [total, first + 17 * half], parts);
  };

  // The longest runs of neighbours of which no two differ.
  function cliques(rows, areEqual) {
    const found = [];
    for (let from = 0; from < rows.length; from++) {
      let to = from;
      while (to + 1 < rows.length && rows.slice(from, to + 1).every((row) => areEqual(row, rows[to + 1]))) to++;
      if (to > from && !found.some((bar) => bar[1] >= to)) found.push([from, to]);
    }
    return found;
  }

  // Rows and columns in order of wins; what a row does against a column.
  report.pairMatrix = function (block, metricPlace) {
    const cells = report.allPairs(block, block.metrics[metricPlace].name);
    const count = (place, word) => sum(cells[place].map((cell) => (cell && cell.p !== null && cell.verdict === word ? 1 : 0)));
    const order = block.rows.map((_, place) => place).filter((place) => cells[place].some((cell) => cell !== null))
      .sort((a, b) => count(b, "better") - count(b, "worse") - count(a, "better") + count(a, "worse"));
    if (order.length < 2) return null;
    const table = report.element("table", {}, report.element("thead", {}, report.element("tr", {}, report.element("th", {}, "row, column"),
      order.map((place, number) => report.element("th", { title: block.rows[place].label }, String(number + 1))), report.element("th", { title: "wins, ties, losses" }, "w-t-l"))));
    const body = report.element("tbody", {});
    order.forEach((place, number) => body.append(report.element("tr", {},
      report.element("th", { scope: "row", title: block.rows[place].label }, `${number + 1} ${report.shortened(block.rows[place].label, LETTERS)}`),
      order.map((other) => matrixCell(block, place, other, cells[place][other])),
      report.element("td", { class: "count" }, `${count(place, "better")}-${count(place, "")}-${count(place, "worse")}`))));
    table.append(body);
    return report.element("div", { class: order.length > 20 ? "matrix many" : "matrix" }, table);
  };

  function matrixCell(block, row, column, cell) {
    if (row === column) return report.element("td", { class: "self" });
    if (!cell) return report.element("td", { title: "no common pairs" }, "-");
    const mark = cell.p === null ? "?" : { better: "▲", worse: "▼", "": "=" }[cell.verdict];
    const interval = cell.low === null ? "" : ` (${report.number(cell.low)} to ${report.number(cell.high)})`;
    const title = `${block.rows[row].label} - ${block.rows[column].label}: ${report.signed(cell.difference)}${interval}, ${report.pValue(cell.p)}`;
    return report.element("td", { class: cell.verdict, title }, mark);
  }
})();
