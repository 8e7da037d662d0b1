// While a sweep goes on: progress.js beside the page is read again and again; a new report loads the page anew.
(function () {
  const SECONDS = 5, NAME = "progress.js";
  const element = report.element;

  report.startLive = function () {
    const mark = document.body.dataset.live;
    if (!mark) return;
    const place = document.getElementById("live");
    place.hidden = false;
    place.textContent = "Waiting for news of the sweep.";
    look(place, mark);
  };

  function look(place, mark) {
    const script = element("script", { src: `${NAME}?${Date.now()}` });
    const again = () => {
      script.remove();
      setTimeout(() => look(place, mark), 1000 * SECONDS);
    };
    script.addEventListener("error", again);
    script.addEventListener("load", () => {
      const news = window.cwmiProgress;
      if (news.mark !== mark) location.reload();
      else show(place, news);
      again();
    });
    document.body.append(script);
  }

  function show(place, news) {
    const rows = news.running.map((run) => element("tr", {}, element("td", { title: run.name }, run.name), element("td", {}, run.epoch),
      element("td", {}, element("progress", { max: 1, value: run.share })), element("td", {}, run.score), element("td", {}, run.left), element("td", {}, spark(run.curve))));
    const heads = ["running", "epoch", "", "best score", "left", "scores of its epochs"].map((text) => element("th", {}, text));
    const table = element("table", {}, element("thead", {}, element("tr", {}, heads)), element("tbody", {}, rows));
    place.replaceChildren(element("p", {}, element("b", {}, news.text), ` As of ${news.time}.`), ...(rows.length ? [element("div", { class: "wide" }, table)] : []));
  }

  // The course of the monitored score, without an axis: its shape alone.
  function spark(values) {
    const known = values.filter((value) => value !== null);
    if (known.length < 2) return "";
    const [low, high] = [Math.min(...known), Math.max(...known)];
    const points = known.map((value, place) => `${(120 * place) / (known.length - 1)},${22 - (20 * (value - low)) / (high - low || 1)}`);
    return report.svg("svg", { width: 122, height: 24 }, report.svg("polyline", { points: points.join(" "), fill: "none", style: "stroke: var(--accent)" }));
  }
})();
