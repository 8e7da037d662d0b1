// The table of a block: which metrics are shown, and the marks against one or two baselines.
(function () {
  const MARKS = { better: ["▲", "△"], worse: ["▼", "▽"], "": ["", ""] };

  report.startScores = function (section, block) {
    const table = section.querySelector("table.scores");
    const tools = section.querySelector("[data-tools]");
    const shown = block.metrics.map(() => true);
    const places = new Map(block.rows.map((row, place) => [row.label, place]));
    const state = { first: places.has(report.data.baseline) ? report.data.baseline : "", second: report.data.secondBaseline };
    if (!places.has(state.second)) state.second = "";

    function showColumns() {
      for (const cell of table.querySelectorAll("[data-metric]")) cell.hidden = !shown[Number(cell.dataset.metric)];
    }
    function mark(which, label) {
      const baseline = places.has(label) ? places.get(label) : null;
      const marks = table.querySelectorAll(which === 0 ? ".mark:not(.other)" : ".mark.other");
      for (const span of marks) {
        span.textContent = "";
        span.removeAttribute("title");
      }
      if (baseline === null) return;
      block.metrics.forEach((metric, column) => {
        report.against(block, metric.name, baseline).forEach((found, row) => {
          const cell = table.querySelector(`tr[data-row="${row}"] > td[data-metric="${column}"]`);
          const span = cell && cell.querySelector(which === 0 ? ".mark:not(.other)" : ".mark.other");
          if (!found || !span) return;
          span.textContent = MARKS[found.verdict][which];
          span.className = `mark ${which ? "other " : ""}${found.verdict}`;
          cell.title = difference(found, label);
        });
      });
      for (const row of table.tBodies[0].rows) {
        if (which === 0) row.classList.toggle("baseline", Number(row.dataset.row) === baseline);
      }
    }
    function difference(found, label) {
      const interval = found.low === null ? "" : `, 95 % interval ${report.number(found.low)} to ${report.number(found.high)}`;
      return `${report.signed(found.difference)} against ${label}${interval}, ${report.pValue(found.p)} (Holm)`;
    }
    function marks() {
      mark(0, state.first);
      mark(1, state.second === state.first ? "" : state.second);
      const key = section.querySelector("[data-key]");
      const second = state.second && state.second !== state.first ? ` △ ▽ the same against ${state.second}.` : "";
      key.textContent = state.first
        ? `▲ significantly better, ▼ worse than ${state.first}: each loss is tested against it alone, p < ${report.LEVEL} after Holm's correction over the losses.${second}`
        : `Choose a baseline to see which losses differ from it significantly.${second}`;
      if (state.first) key.append(report.element("span", { class: "hint" }, " Point at a cell for the difference."));
      key.hidden = !table.querySelector(".mark");
    }

    if (block.metrics.length > 1) {
      tools.append(report.checkboxes("Metrics", block.metrics.map((metric) => metric.name), () => true, (place, isShown) => {
        shown[place] = isShown;
        showColumns();
      }));
    }
    if (table.querySelector(".mark")) {
      const options = [["", "nothing"], ...block.rows.map((row) => row.label)];
      const choose = (key) => (value) => {
        state[key] = value;
        marks();
        section.dispatchEvent(new CustomEvent("baseline", { detail: state }));
      };
      tools.append(
        report.labelled("Compare with", report.select("Baseline", options, state.first, choose("first"))),
        report.labelled("and", report.select("Second baseline", options, state.second, choose("second"))),
      );
      marks();
    }
    tools.hidden = !tools.childElementCount;
    return state;
  };
})();
