// The viewer of test images: a list that is sorted and filtered, and the chosen image under several losses side by side.
(function () {
  const LIST = "viewer/images.js", PAGE = 200, FIRST = 4;
  const SORTS = [
    ["hard", "hardest first"], ["easy", "easiest first"], ["loss", "worst of one loss first"],
    ["difference", "largest difference of two losses"], ["spread", "disagreement of the losses"], ["name", "name"],
  ];
  const element = report.element;

  report.startViewer = function () {
    const place = document.getElementById("viewer");
    const inside = JSON.parse(document.getElementById("viewer-data").textContent);
    const script = element("script", { src: LIST });
    const count = (data) => data.blocks.reduce((total, block) => total + block.images.length, 0);
    script.addEventListener("load", () => show(place, window.cwmiImages, ""));
    script.addEventListener("error", () => show(place, inside, count(inside)
      ? `The folder "viewer" does not lie beside this page: it shows ${count(inside)} images that are inside it.` : "No test images."));
    document.body.append(script);
  };

  function show(place, data, note) {
    const blocks = data.blocks.filter((block) => block.images.length);
    if (!blocks.length) {
      place.replaceChildren(element("p", {}, note || "No run has test images yet."));
      return;
    }
    const viewer = element("div", { class: "viewer" });
    const choice = blocks.length > 1
      ? element("div", { class: "controls" }, report.labelled("Block", report.select("Block", blocks.map((block, number) => [String(number), block.title]), "0", (value) => open(Number(value)))))
      : null;
    const open = (number) => viewer.replaceChildren(...new Viewer(blocks[number], data).parts());
    place.replaceChildren(...[note ? element("p", { class: "note" }, note) : null, choice, viewer].filter(Boolean));
    open(0);
  }

  const known = (values) => values.filter((value) => value !== null);
  const mean = (values) => (known(values).length ? known(values).reduce((sum, value) => sum + value, 0) / known(values).length : null);
  const spread = (values) => (known(values).length > 1 ? Math.max(...known(values)) - Math.min(...known(values)) : null);
  const distinct = (values) => [...new Set(values)].sort();

  class Viewer {
    constructor(block, data) {
      Object.assign(this, { block, data, sort: "hard", metric: 0, a: 0, b: Math.min(1, block.labels.length - 1) });
      Object.assign(this, { text: "", fold: "", group: "", tag: "", most: PAGE, current: null });
      this.shown = block.labels.map((_, place) => place < FIRST);
      this.list = element("div", { class: "list", role: "listbox", tabindex: 0, "aria-label": "Test images" });
      this.list.addEventListener("keydown", (event) => this.key(event));
      this.panes = element("div", { class: "panes" });
      this.scores = element("div", { class: "wide" });
      this.title = element("h3", { "aria-live": "polite" });
      this.zoom = report.startZoom(this.panes, (zoom) => this.sharpen(zoom));
    }

    parts() {
      const controls = [this.sorting(), this.filters(), this.display()];
      this.update();
      return [...controls, element("div", { class: "columns" }, element("div", {}, this.count, this.list), element("div", {}, this.title, this.panes, this.legend(), this.scores))];
    }

    sorting() {
      const metrics = this.block.metrics.map((metric, place) => [String(place), metric.name]);
      const labels = this.block.labels.map((label, place) => [String(place), label]);
      const first = report.labelled("of", report.select("Loss", labels, String(this.a), (value) => this.set({ a: Number(value) })));
      const second = report.labelled("and", report.select("Other loss", labels, String(this.b), (value) => this.set({ b: Number(value) })));
      this.losses = () => {
        first.hidden = !["loss", "difference"].includes(this.sort);
        second.hidden = this.sort !== "difference";
      };
      this.losses();
      return element("div", { class: "controls tools" },
        report.labelled("Sort", report.select("Order of the images", SORTS, this.sort, (sort) => this.set({ sort }))),
        report.labelled("by", report.select("Metric of the images", metrics, "0", (value) => this.set({ metric: Number(value) }))), first, second);
    }

    filters() {
      const images = this.block.images;
      const search = element("input", { type: "search", placeholder: "name", "aria-label": "Part of the name", size: 12 });
      search.addEventListener("input", () => this.set({ text: search.value }));
      const choice = (name, key, values) => (values.length > 1
        ? report.labelled(name, report.select(`Only ${name}`, [["", "all"], ...values.map(String)], "", (value) => this.set({ [key]: value }))) : null);
      const groups = distinct(images.map((image) => image.group));
      return element("div", { class: "controls tools" }, report.labelled("Show", search),
        choice("fold", "fold", distinct(images.map((image) => image.fold))),
        choice("seed", "seed", distinct(images.map((image) => image.seed))),
        groups.length < distinct(images.map((image) => image.name)).length ? choice("group", "group", groups) : null,
        choice("tag", "tag", distinct(images.flatMap((image) => image.tags))));
    }

    display() {
      const opacity = element("input", { type: "range", min: 0, max: 100, value: 100, "aria-label": "Opacity of the masks" });
      opacity.addEventListener("input", () => this.panes.style.setProperty("--opacity", opacity.value / 100));
      const button = (text, title, act) => element("button", { type: "button", title, "aria-label": title, onclick: act }, text);
      const losses = report.checkboxes("Losses shown", this.block.labels, (place) => this.shown[place], (place, isShown) => {
        this.shown[place] = isShown;
        this.draw();
      });
      return element("div", { class: "controls tools" }, losses, report.labelled("masks", opacity),
        button("−", "Zoom out", () => this.zoom.zoomBy(0.5)), button("+", "Zoom in", () => this.zoom.zoomBy(2)), button("Fit", "Whole image", () => this.zoom.fit()),
        button("‹", "Previous image", () => this.step(-1)), button("›", "Next image", () => this.step(1)),
        element("span", { class: "note" }, "Keys in the list: ↑ ↓; in a picture: arrows, +, −, 0. Wheel and drag move all pictures."));
    }

    legend() {
      const isPlain = this.block.images.every((image) => image.pictures.length === 0);
      const item = ([colour, text]) => {
        const swatch = element("span", { class: "swatch" });
        swatch.style.background = colour;
        return element("span", {}, swatch, ` ${text}`);
      };
      return element("p", { class: "legend note" }, isPlain
        ? "No masks were kept, or the images are gone: scores alone."
        : [this.data.legend.slice(0, this.block.classes.length ? undefined : 3).map(item), this.block.classes.length ? ["target:", this.block.classes.map(item)] : []]);
    }

    set(change) {
      Object.assign(this, change, { most: PAGE });
      this.losses();
      this.update();
    }

    // What an image is sorted by: smaller comes first. Null comes last.
    order(image) {
      const way = this.block.metrics[this.metric].way === "higher" ? 1 : -1;
      const values = image.scores.map((scores) => scores[this.metric]);
      const value = this.value(image);
      if (value === null) return Infinity;
      return { hard: way * value, easy: -way * value, loss: way * values[this.a], difference: -Math.abs(value), spread: -value, name: 0 }[this.sort];
    }

    value(image) {
      const values = image.scores.map((scores) => scores[this.metric]);
      const [a, b] = [values[this.a], values[this.b]];
      if (this.sort === "loss") return a;
      if (this.sort === "difference") return a === null || b === null ? null : a - b;
      return this.sort === "spread" ? spread(values) : mean(values);
    }

    update() {
      const matches = (image) => (!this.text || image.name.toLowerCase().includes(this.text.toLowerCase()))
        && (!this.fold || String(image.fold) === this.fold) && (!this.seed || String(image.seed) === this.seed)
        && (!this.group || image.group === this.group) && (!this.tag || image.tags.includes(this.tag));
      const keys = new Map(this.block.images.map((image) => [image, this.order(image)]));
      this.images = this.block.images.filter(matches)
        .sort((x, y) => (this.sort === "name" ? x.name.localeCompare(y.name) : keys.get(x) - keys.get(y)) || x.name.localeCompare(y.name));
      this.count = this.count || element("p", { class: "note", "aria-live": "polite" });
      this.count.textContent = `${this.images.length} of ${this.block.images.length} images`;
      if (!this.images.includes(this.current)) this.current = this.images[0] || null;
      this.fill();
      this.draw();
    }

    fill() {
      const several = distinct(this.block.images.map((image) => image.seed)).length > 1;
      const rows = this.images.slice(0, this.most).map((image) => element("div", { role: "option", onclick: () => this.open(image) },
        element("span", { title: image.name }, report.shortened(image.name, 40), several ? element("small", {}, ` seed ${image.seed}`) : null),
        element("span", { class: "value" }, (this.sort === "difference" && this.value(image) > 0 ? "+" : "") + report.fixed(this.value(image)))));
      this.options = rows;
      const left = this.images.length - rows.length;
      const more = left > 0 ? element("button", { type: "button", onclick: () => { this.most += 5 * PAGE; this.fill(); } }, `${left} more`) : null;
      this.list.replaceChildren(...rows, ...(more ? [more] : []));
      this.mark();
    }

    mark() {
      this.options.forEach((row, place) => row.setAttribute("aria-selected", this.images[place] === this.current));
    }

    open(image) {
      this.current = image;
      this.mark();
      this.draw();
    }

    step(by) {
      const place = Math.min(this.images.length - 1, Math.max(0, this.images.indexOf(this.current) + by));
      if (place >= this.most) {
        this.most = place + PAGE;
        this.fill();
      }
      this.open(this.images[place] || null);
      if (this.options[place]) this.options[place].scrollIntoView({ block: "nearest" });
    }

    key(event) {
      const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: 10, PageUp: -10, Home: -this.images.length, End: this.images.length };
      if (!(event.key in steps)) return;
      event.preventDefault();
      this.step(steps[event.key]);
    }

    draw() {
      const image = this.current;
      this.title.textContent = image ? `${image.name}${image.group === image.name ? "" : `, group ${image.group}`}, fold ${image.fold}, seed ${image.seed}` : "No image";
      this.panes.replaceChildren(...(image ? this.views(image) : []));
      this.scores.replaceChildren(...(image ? [this.table(image)] : []));
      this.sharpen(Number(this.panes.style.getPropertyValue("--zoom")) || 1);
    }

    // Each picture that is no photo lies over the last photo before it.
    views(image) {
      const hidden = new Set(this.block.labels.filter((_, place) => !this.shown[place]));
      const views = [];
      let photo = null;
      for (const [name, address, kind] of image.pictures) {
        if (kind === "photo") photo = address;
        if (hidden.has(name)) continue;
        const layers = kind === "photo" ? [address] : [photo, address];
        views.push(this.view(image, name, layers.filter(Boolean)));
      }
      return views;
    }

    view(image, name, layers) {
      const row = this.block.labels.indexOf(name);
      const score = row < 0 ? "" : ` ${this.block.metrics[this.metric].name} ${report.fixed(image.scores[row][this.metric])}`;
      const pictures = layers.map((address, place) => element("img", { src: address, alt: place ? `errors of ${name}` : "test image", class: place ? "mask" : "photo", draggable: "false" }));
      const stack = element("div", { class: "stack" }, pictures);
      pictures[0].addEventListener("load", () => this.sharpen(this.zoomed));
      return element("figure", {}, element("figcaption", {}, element("b", { title: name }, report.shortened(name, 34)), score),
        element("div", { class: "view", tabindex: 0, role: "group", "aria-label": `${name}: arrows move, plus and minus zoom` }, stack));
    }

    // Pixels are shown as squares once they are larger than those of the screen.
    sharpen(zoom) {
      this.zoomed = zoom;
      const first = this.panes && this.panes.querySelector("img");
      const isLarge = first && first.naturalWidth > 0 && zoom * first.clientWidth > first.naturalWidth;
      if (this.panes) this.panes.classList.toggle("pixels", Boolean(isLarge));
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
          return element("td", { class: value !== null && value === best[column] ? "best" : "" }, element("span", { class: "number" }, report.fixed(value)));
        })));
      const heads = ["this image", ...metrics.map((metric) => `${metric.name} ${report.ARROWS[metric.way]}`)];
      return element("table", {}, element("thead", {}, element("tr", {}, heads.map((text) => element("th", {}, text)))), element("tbody", {}, rows));
    }
  }
})();
