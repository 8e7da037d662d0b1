// The chosen test image under several losses side by side, its scores, and what the colours say.
(function () {
  const FIRST = 4;
  const { element } = report;
  const known = (values) => values.filter((value) => value !== null);

  report.Panes = class {
    constructor(block, data) {
      Object.assign(this, { block, data, image: null, metric: 0, mode: "mask", isSliced: false, zoomed: 1 });
      this.shown = block.labels.map((_, place) => place < FIRST);
      this.panes = element("div", { class: "panes" });
      this.scores = element("div", { class: "wide" });
      this.legend = element("p", { class: "legend note" });
      this.title = element("h3", { "aria-live": "polite" });
      this.zoom = report.startZoom(this.panes, (zoom) => this.sharpen(zoom));
      this.slices = new report.Slices(() => this.moveSlices());
      this.slices.part.hidden = true;
      this.overview = element("p", { class: "note" });
      this.panes.addEventListener("keydown", (event) => this.key(event));
      this.controls = this.tools();
      this.parts = [this.title, this.overview, this.slices.part, this.panes, this.legend, this.scores];
    }

    has(kind) {
      return this.block.images.some((image) => image.pictures.some((picture) => picture[2] === kind));
    }

    get hasSlices() {
      return this.block.images.some((image) => image.slices);
    }

    // What acts on pictures; hidden while there are none.
    tools() {
      const opacity = element("input", { type: "range", min: 0, max: 100, value: 100, "aria-label": "Opacity of the masks" });
      opacity.addEventListener("input", () => this.panes.style.setProperty("--opacity", opacity.value / 100));
      const button = (text, title, act) => element("button", { type: "button", title, "aria-label": title, onclick: act }, text);
      const losses = report.checkboxes("Losses shown", this.block.labels, (place) => this.shown[place], (place, isShown) => {
        this.shown[place] = isShown;
        this.draw();
      });
      const modes = [["mask", "errors"], ["classes", "predicted classes"]], views = [["", "three slices and projection"], ["slices", "slices along the depth"]];
      return [losses,
        this.has("classes") ? report.labelled("colours", report.select("What the masks show", modes, this.mode, (mode) => this.set({ mode }))) : null,
        this.hasSlices ? report.labelled("view", report.select("View of a volume", views, "", (value) => this.set({ isSliced: value === "slices" }))) : null,
        report.labelled("opacity of the masks", opacity),
        button("−", "Zoom out", () => this.zoom.zoomBy(0.5)), button("+", "Zoom in", () => this.zoom.zoomBy(2)), button("Fit", "Whole image", () => this.zoom.fit()),
        element("span", { class: "note" }, `In a picture: arrows, +, −, 0${this.hasSlices ? ", Page ↑ ↓ for slices" : ""}; Ctrl + wheel zooms and drag moves all pictures.`),
      ].filter(Boolean);
    }

    set(change) {
      Object.assign(this, change);
      this.draw();
    }

    explain(hasPictures) {
      for (const control of this.controls) control.hidden = !hasPictures;
      this.legend.hidden = !this.image;
      const item = ([colour, text]) => {
        const swatch = element("span", { class: "swatch" });
        swatch.style.background = colour;
        return element("span", {}, swatch, ` ${text}`);
      };
      const { classes } = this.block, errors = this.data.legend.slice(0, classes.length ? undefined : 3);
      this.legend.replaceChildren(...(!hasPictures ? ["No pictures of this image here, scores alone: no masks were kept or read, the image is gone, or pictures=NUMBER was reached."]
        : [this.mode === "mask" ? errors.map(item) : [], classes.length ? [this.mode === "mask" ? "target:" : "classes:", ...classes.map(item)] : []].flat()));
    }

    show(image, metric) {
      Object.assign(this, { image, metric });
      this.draw();
    }

    draw() {
      const { image } = this;
      this.title.textContent = image ? `${image.name}${image.group === image.name ? "" : `, group ${image.group}`}, fold ${image.fold}, seed ${image.seed}` : "No image";
      this.slices.part.hidden = !(image && this.isSliced && image.slices);
      this.explain(Boolean(image && image.pictures.length));
      this.overview.hidden = !(image && image.slices && !this.isSliced);
      if (!this.overview.hidden) this.overview.textContent = this.through(image.slices);
      this.moving = [];
      this.panes.replaceChildren(...(image ? this.views(image) : []));
      this.scores.replaceChildren(...(image ? [this.table(image)] : []));
      report.focusWide();
      if (!this.slices.part.hidden) this.slices.open(image.slices, this.block.labels.filter((_, place) => this.shown[place]));
      this.sharpen(this.zoomed);
    }

    through({ through: [depth, height, width] }) {
      return `Above the slice at depth ${depth + 1} and the projection along the depth, errors in front; below those at height ${height + 1} and width ${width + 1}: `
        + "the slices with the most wrong voxels under all losses.";
    }

    // The photo alone, and every mask over it.
    views(image) {
      const hidden = new Set(this.block.labels.filter((_, place) => !this.shown[place]));
      const photo = image.pictures.find((picture) => picture[2] === "photo");
      const isShown = ([name, , kind]) => !hidden.has(name) && (kind === this.mode || kind === "photo" || !this.block.labels.includes(name));
      return image.pictures.filter(isShown).map((picture) => this.view(image, picture, picture === photo || !photo ? [picture] : [photo, picture]));
    }

    view(image, [name], layers) {
      const row = this.block.labels.indexOf(name), isSliced = this.isSliced && image.slices;
      const score = row < 0 ? "" : ` ${this.block.metrics[this.metric].name} ${report.fixed(image.scores[row][this.metric])}`;
      const stack = element("div", { class: isSliced ? "stack sliced" : "stack" }, layers.map((layer) => this.picture(layer, isSliced)));
      if (isSliced) stack.style.aspectRatio = image.slices.size.join(" / ");
      return element("figure", {}, element("figcaption", {}, element("b", { title: name }, report.shortened(name, 34)), score),
        element("div", { class: "view", tabindex: 0, role: "group", "aria-label": `${name}: arrows move, plus and minus zoom` }, stack));
    }

    picture([name, address, kind, strips], isSliced) {
      const says = { photo: "test image", mask: this.block.labels.includes(name) ? `errors of ${name}` : name, classes: `classes predicted by ${name}` }[kind];
      const picture = element("img", { alt: says, class: kind === "photo" ? "photo" : "mask", draggable: "false", onload: () => this.sharpen(this.zoomed) });
      if (isSliced) this.moving.push([picture, strips]);
      else picture.src = address;
      return picture;
    }

    moveSlices() {
      for (const [picture, strips] of this.moving) {
        const address = this.slices.address(strips);
        if (picture.getAttribute("src") !== address) picture.setAttribute("src", address);
        this.slices.lay(picture);
      }
    }

    key(event) {
      const by = { PageDown: 1, PageUp: -1 }[event.key];
      if (!by || this.slices.part.hidden) return;
      event.preventDefault();
      this.slices.step(by);
    }

    // Pixels are shown as squares once they are larger than those of the screen.
    sharpen(zoom) {
      this.zoomed = zoom;
      const first = this.panes.querySelector("img");
      this.panes.classList.toggle("pixels", Boolean(first && first.naturalWidth > 0 && zoom * first.clientWidth > first.naturalWidth));
    }

    table(image) {
      const { metrics, labels } = this.block;
      const best = metrics.map((metric, column) => {
        const values = known(image.scores.map((scores) => scores[column]));
        return metric.way === "higher" ? Math.max(...values) : Math.min(...values);
      });
      const rows = labels.map((label, row) => element("tr", {}, element("td", {}, label),
        metrics.map((_, column) => {
          const value = image.scores[row][column];
          return element("td", { class: value !== null && value === best[column] ? "best" : "" }, element("span", { class: "number" }, report.fixed(value, image.scores.map((scores) => scores[column]))));
        })));
      const heads = ["this image", ...metrics.map((metric) => `${metric.name} ${report.ARROWS[metric.way]}`)];
      return element("table", {}, element("thead", {}, element("tr", {}, heads.map((text) => element("th", {}, text)))), element("tbody", {}, rows));
    }
  };
})();
