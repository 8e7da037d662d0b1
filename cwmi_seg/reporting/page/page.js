// What starts when: tables at once, charts and the viewer when they come into sight, all of them before printing.
(function () {
  const resized = [], themed = [], waiting = new Map();
  report.onResize = (draw) => resized.push(draw);
  report.onTheme = (draw) => themed.push(draw);

  let timer = 0, width = window.innerWidth;
  window.addEventListener("resize", () => {
    if (window.innerWidth === width) return;
    width = window.innerWidth;
    clearTimeout(timer);
    timer = setTimeout(() => resized.forEach((draw) => draw()), 150);
  });

  function startTheme() {
    const button = document.getElementById("theme"), dark = matchMedia("(prefers-color-scheme: dark)");
    const root = document.documentElement;
    const isDark = () => (root.dataset.theme ? root.dataset.theme === "dark" : dark.matches);
    const apply = () => {
      button.textContent = isDark() ? "Light" : "Dark";
      themed.forEach((draw) => draw());
    };
    button.hidden = false;
    button.addEventListener("click", () => {
      root.dataset.theme = isDark() ? "light" : "dark";
      apply();
    });
    dark.addEventListener("change", apply);
    apply();
  }

  const observer = new IntersectionObserver((entries) => entries.filter((entry) => entry.isIntersecting).forEach((entry) => start(entry.target)), { rootMargin: "600px" });
  function start(part) {
    const action = waiting.get(part);
    waiting.delete(part);
    observer.unobserve(part);
    if (action) action();
  }
  function whenSeen(part, action) {
    waiting.set(part, action);
    observer.observe(part);
  }

  startTheme();
  for (const section of document.querySelectorAll("section.block")) {
    const block = report.data.blocks[Number(section.dataset.block)];
    const baselines = report.startScores(section, block);
    whenSeen(section.querySelector("[data-compare]"), () => report.startCompare(section, block, baselines));
    whenSeen(section.querySelector("[data-training]"), () => report.startTraining(section, block));
  }
  whenSeen(document.getElementById("viewer"), report.startViewer);
  // A table that is wider than its place can be moved by the keyboard, too.
  report.focusWide = function () {
    for (const part of document.querySelectorAll(".wide")) {
      if (part.scrollWidth > part.clientWidth) part.tabIndex = 0;
      else part.removeAttribute("tabindex");
    }
  };
  report.focusWide();
  report.onResize(report.focusWide);
  window.addEventListener("beforeprint", () => [...waiting.keys()].forEach(start));
  // A link to a folded part opens it.
  window.addEventListener("hashchange", unfold);
  function unfold() {
    const part = location.hash && document.getElementById(location.hash.slice(1));
    if (part && part.tagName === "DETAILS") part.open = true;
  }
  unfold();
  report.startLive();
  document.documentElement.dataset.ready = "true";
})();
