// One zoom and position for all panes of the viewer: they follow three variables of the element that holds them.
(function () {
  const MOST = 64, STEP = 1.25;
  const within = (value, low, high) => Math.min(high, Math.max(low, value));

  // Positions are shares of a pane; `zoomed` is called with the new zoom.
  report.startZoom = function (holder, zoomed) {
    const state = { zoom: 1, x: 0, y: 0 };
    let drag = null;

    function apply() {
      state.x = within(state.x, 1 - state.zoom, 0);
      state.y = within(state.y, 1 - state.zoom, 0);
      holder.style.setProperty("--zoom", state.zoom);
      holder.style.setProperty("--x", `${100 * state.x}%`);
      holder.style.setProperty("--y", `${100 * state.y}%`);
      holder.classList.toggle("zoomed", state.zoom > 1);
      zoomed(state.zoom);
    }
    // The point (x, y) of the pane stays where it is.
    function zoomBy(factor, x = 0.5, y = 0.5) {
      const next = within(state.zoom * factor, 1, MOST), ratio = next / state.zoom;
      state.x = x - (x - state.x) * ratio;
      state.y = y - (y - state.y) * ratio;
      state.zoom = next;
      apply();
    }
    function panBy(dx, dy) {
      state.x += dx;
      state.y += dy;
      apply();
    }
    function fit() {
      Object.assign(state, { zoom: 1, x: 0, y: 0 });
      apply();
    }
    const pane = (event) => event.target.closest(".view");

    // As in a map within a page: the wheel alone scrolls the page. A pinch on a touchpad comes as a wheel with Ctrl.
    holder.addEventListener("wheel", (event) => {
      const view = pane(event);
      if (!view || !(event.ctrlKey || event.metaKey)) return;
      event.preventDefault();
      const box = view.getBoundingClientRect();
      zoomBy(within(2 ** (-event.deltaY / 100), 1 / STEP, STEP), (event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height);
    }, { passive: false });
    holder.addEventListener("pointerdown", (event) => {
      const view = pane(event);
      if (!view || event.button !== 0) return;
      drag = { x: event.clientX, y: event.clientY, box: view.getBoundingClientRect() };
      view.setPointerCapture(event.pointerId);
    });
    holder.addEventListener("pointermove", (event) => {
      if (!drag) return;
      panBy((event.clientX - drag.x) / drag.box.width, (event.clientY - drag.y) / drag.box.height);
      drag.x = event.clientX;
      drag.y = event.clientY;
    });
    for (const end of ["pointerup", "pointercancel"]) holder.addEventListener(end, () => (drag = null));
    holder.addEventListener("dblclick", (event) => pane(event) && fit());
    holder.addEventListener("keydown", (event) => {
      if (!pane(event)) return;
      const moves = { ArrowLeft: [0.1, 0], ArrowRight: [-0.1, 0], ArrowUp: [0, 0.1], ArrowDown: [0, -0.1] };
      if (event.key in moves) panBy(...moves[event.key]);
      else if (event.key === "+" || event.key === "=") zoomBy(STEP);
      else if (event.key === "-") zoomBy(1 / STEP);
      else if (event.key === "0") fit();
      else return;
      event.preventDefault();
    });
    apply();
    return { zoomBy, fit };
  };
})();
