// The tables by tag: one metric is shown at a time.
(function () {
  for (const part of document.querySelectorAll("div.tags")) {
    const tables = [...part.querySelectorAll("[data-metric]")];
    const metrics = [...new Set(tables.map((table) => table.dataset.metric))];
    if (metrics.length < 2) continue;
    const tools = part.querySelector(".tools");
    const show = (metric) => tables.forEach((table) => (table.hidden = table.dataset.metric !== metric));
    tools.append(report.labelled("Metric", report.select("Metric by tag", metrics, metrics[0], show)));
    tools.hidden = false;
  }
})();
