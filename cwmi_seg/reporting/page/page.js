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
  // A table that is wider than its place says so, and can be moved by the keyboard, too.
  report.focusWide = function () {
    for (const part of document.querySelectorAll(".wide, .matrix")) {
      const scrolls = part.scrollWidth > part.clientWidth;
      part.classList.toggle("scrolls", scrolls);
      if (scrolls) part.tabIndex = 0;
      else part.removeAttribute("tabindex");
    }
  };
  report.focusWide();
  report.onResize(report.focusWide);
  const startAll = () => [...waiting.keys()].forEach(start);
  window.addEventListener("beforeprint", startAll);
  // A link opens a folded part, and starts all parts before the jump: those above would push what it leads to away.
  for (const link of document.querySelectorAll("nav a")) link.addEventListener("click", () => arrive(link.hash));
  window.addEventListener("hashchange", () => arrive(location.hash));
  function arrive(hash) {
    const part = hash && document.getElementById(hash.slice(1));
    if (!part) return;
    if (part.tagName === "DETAILS") part.open = true;
    startAll();
    stayAt(part);
  }

  // Pictures come later than the jump and make the page longer; the reader's first own move ends the following.
  const MOVES = ["wheel", "touchstart", "pointerdown", "keydown"], LATEST = 3000;
  let leave = () => {};
  function stayAt(part) {
    leave();
    const follow = new ResizeObserver(() => part.scrollIntoView());
    const stop = () => {
      follow.disconnect();
      MOVES.forEach((move) => window.removeEventListener(move, stop));
    };
    leave = stop;
    MOVES.forEach((move) => window.addEventListener(move, stop, { passive: true }));
    setTimeout(stop, LATEST);
    follow.observe(document.querySelector("main"));
  }
  arrive(location.hash);
  report.startLive();
  document.documentElement.dataset.ready = "true";
})();
