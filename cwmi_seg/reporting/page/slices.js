// The slices along the depth of a volume: a slider, and above it the slices in which each loss is wrong.
(function () {
  const WIDTH = 600, HEIGHT = 60;
  const { element, svg } = report;

  report.Slices = class {
    // `moved` is called when another slice is to be seen.
    constructor(moved) {
      this.moved = moved;
      this.slider = element("input", { type: "range", min: 0, "aria-label": "Slice along the depth", oninput: () => this.go(Number(this.slider.value)) });
      this.number = element("output", {});
      this.chart = element("div", { class: "depth", onclick: (event) => this.goNear(event) });
      this.part = element("div", { class: "slices" }, element("p", { class: "note" }, "Wrong voxels by slice, of the losses shown. Click to go there."),
        this.chart, this.slider, this.number);
    }

    // Opens a volume where the losses are wrong most often; one that is open already stays where it is.
    open(slices, labels) {
      const isOpen = this.slices === slices;
      this.slices = slices;
      const sums = slices.places.map((_, place) => labels.reduce((sum, label) => sum + ((slices.wrong[label] || [])[place] || 0), 0));
      this.slider.max = slices.places.length - 1;
      this.draw(labels);
      this.go(isOpen ? this.place : sums.indexOf(Math.max(...sums)));
    }

    go(place) {
      this.place = Math.min(this.slices.places.length - 1, Math.max(0, place));
      const text = `slice ${this.slices.places[this.place] + 1} of ${this.slices.depth}`;
      this.slider.value = this.place;
      this.slider.setAttribute("aria-valuetext", text);
      this.number.textContent = text;
      const x = this.across(this.place);
      this.marker.setAttribute("x1", x);
      this.marker.setAttribute("x2", x);
      this.moved();
    }

    step(by) {
      this.go(this.place + by);
    }

    goNear(event) {
      const box = this.chart.getBoundingClientRect(), wanted = (WIDTH * (event.clientX - box.left)) / box.width;
      const distances = this.slices.places.map((_, place) => Math.abs(this.across(place) - wanted));
      this.go(distances.indexOf(Math.min(...distances)));
    }

    across(place) {
      return (WIDTH * this.slices.places[place]) / Math.max(1, this.slices.depth - 1);
    }

    draw(labels) {
      const { wrong } = this.slices, most = Math.max(1e-9, ...labels.flatMap((label) => wrong[label] || []));
      const lines = labels.filter((label) => wrong[label]).map((label) => svg("polyline", {
        points: wrong[label].map((share, place) => `${this.across(place)},${HEIGHT - 2 - ((HEIGHT - 4) * share) / most}`).join(" "),
        fill: "none", stroke: report.look(label).colour, "stroke-width": 1.5, "vector-effect": "non-scaling-stroke",
      }, svg("title", {}, label)));
      this.marker = svg("line", { y1: 0, y2: HEIGHT, class: "strong", "vector-effect": "non-scaling-stroke" });
      this.chart.replaceChildren(svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", role: "img" },
        svg("title", {}, `Share of wrong voxels by slice, up to ${report.number(100 * most, 2)} %`), ...lines, this.marker));
    }

    // The address of the file that has the slice now to be seen.
    address(strips) {
      return `${strips}-${Math.floor(this.place / this.slices.perStrip)}.webp`;
    }

    // Moves a picture of slices below each other so that one of them fills the pane.
    lay(picture) {
      const { perStrip, places } = this.slices, strip = Math.floor(this.place / perStrip);
      const count = Math.min(perStrip, places.length - strip * perStrip);
      Object.assign(picture.style, { height: `${100 * count}%`, top: `${-100 * (this.place % perStrip)}%` });
    }
  };
})();
