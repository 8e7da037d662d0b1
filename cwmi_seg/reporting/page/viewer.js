// The viewer of test images: a list that is sorted and filtered, and beside it the panes of the chosen image.
(function () {
  const LIST = "viewer/images.js", PAGE = 200;
  const SORTS = [
    ["hard", "hardest first"], ["easy", "easiest first"], ["loss", "worst of one loss first"],
    ["difference", "largest difference of two losses"], ["spread", "disagreement of the losses"], ["name", "name"],
  ];
  const OF_SEVERAL = ["loss", "difference", "spread"];
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
  const byName = new Intl.Collator("en", { numeric: true }).compare;
  const distinct = (values) => [...new Set(values)].sort();

  class Viewer {
    constructor(block, data) {
      Object.assign(this, { block, data, sort: "hard", metric: 0, a: 0, b: Math.min(1, block.labels.length - 1) });
      Object.assign(this, { text: "", fold: "", group: "", tag: "", most: PAGE, current: null });
      this.list = element("div", { class: "list", role: "listbox", tabindex: 0, "aria-label": "Test images" });
      this.list.addEventListener("keydown", (event) => this.key(event));
      this.more = element("button", { type: "button", class: "more", onclick: () => this.showMore() });
      this.count = element("p", { class: "note", "aria-live": "polite" });
      this.meant = element("p", { class: "note meant" });
      this.steps = this.stepping();
      this.panes = new report.Panes(block, data);
    }

    parts() {
      const controls = [this.sorting(), this.filters(), element("div", { class: "controls tools" }, this.panes.controls, this.steps)];
      this.update();
      return [...controls, element("div", { class: "columns" }, element("div", {}, this.count, this.meant, this.list, this.more), element("div", {}, this.panes.parts))];
    }

    sorting() {
      const metrics = this.block.metrics.map((metric, place) => [String(place), metric.name]);
      const labels = this.block.labels.map((label, place) => [String(place), label]);
      const choice = (name, key) => report.select(name, labels, String(this[key]), (value) => this.set({ [key]: Number(value) }));
      const chosen = { a: choice("Loss", "a"), b: choice("Other loss", "b") };
      const first = report.labelled("of", chosen.a), second = report.labelled("and", chosen.b);
      this.losses = () => {
        chosen.a.value = String(this.a);
        chosen.b.value = String(this.b);
        first.hidden = !["loss", "difference"].includes(this.sort);
        second.hidden = this.sort !== "difference";
      };
      this.losses();
      return element("div", { class: "controls tools" },
        report.labelled("Sort", report.select("Order of the images", SORTS.filter(([sort]) => labels.length > 1 || !OF_SEVERAL.includes(sort)), this.sort, (sort) => this.set({ sort }))),
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

    stepping() {
      const button = (text, title, by) => element("button", { type: "button", title, "aria-label": title, onclick: () => this.step(by) }, text);
      return [button("‹", "Previous image", -1), button("›", "Next image", 1), element("span", { class: "note" }, "Keys in the list: ↑ ↓.")];
    }

    // A loss that is chosen in the place of the other one changes places with it: a difference is of two.
    set(change) {
      const { a, b } = this;
      Object.assign(this, change, { most: PAGE });
      if (this.a === this.b) Object.assign(this, "a" in change ? { b: a } : { a: b });
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

    // What `value` is, in words; of a disagreement also the two losses between which it is.
    meaning(image) {
      const { labels } = this.block, { name } = this.block.metrics[this.metric];
      if (this.sort === "loss") return `${name} of ${labels[this.a]}`;
      if (this.sort === "difference") return `${name} of ${labels[this.a]} minus that of ${labels[this.b]}`;
      if (this.sort !== "spread") return labels.length > 1 ? `mean ${name} over the losses` : name;
      const values = image.scores.map((scores) => scores[this.metric]);
      const side = (value) => `${report.fixed(value)} (${labels[values.indexOf(value)]})`;
      const ends = spread(values) === null ? "" : `; of the selected image ${side(Math.max(...known(values)))} to ${side(Math.min(...known(values)))}`;
      return `largest minus smallest ${name} of the losses${ends}`;
    }

    update() {
      const matches = (image) => (!this.text || image.name.toLowerCase().includes(this.text.toLowerCase()))
        && (!this.fold || String(image.fold) === this.fold) && (!this.seed || String(image.seed) === this.seed)
        && (!this.group || image.group === this.group) && (!this.tag || image.tags.includes(this.tag));
      const keys = new Map(this.block.images.map((image) => [image, this.order(image)]));
      this.images = this.block.images.filter(matches)
        .sort((x, y) => (this.sort === "name" ? 0 : keys.get(x) - keys.get(y)) || byName(x.name, y.name));
      this.count.textContent = `${this.images.length} of ${this.block.images.length} images`;
      for (const step of this.steps) step.hidden = this.images.length < 2;
      this.fill();
      this.open(this.images[0] || null);
      this.list.scrollTop = 0;
    }

    fill() {
      const several = distinct(this.block.images.map((image) => image.seed)).length > 1;
      this.options = this.images.slice(0, this.most).map((image, place) => element("div", { role: "option", id: `image-${place}`, "aria-posinset": place + 1,
        "aria-setsize": this.images.length, onclick: () => this.open(image) },
        element("span", { title: image.name }, report.shortened(image.name, 40), several ? element("small", {}, ` seed ${image.seed}`) : null),
        element("span", { class: "value" }, (this.sort === "difference" && this.value(image) > 0 ? "+" : "") + report.fixed(this.value(image)))));
      const left = this.images.length - this.options.length;
      this.more.textContent = `${left} more`;
      this.more.hidden = left <= 0;
      this.list.replaceChildren(...this.options);
    }

    showMore() {
      this.most += 5 * PAGE;
      this.fill();
      this.mark();
    }

    // The focus stays on the list, which says which row is meant.
    mark() {
      this.options.forEach((row, place) => row.setAttribute("aria-selected", this.images[place] === this.current));
      const place = this.images.indexOf(this.current);
      if (this.options[place]) this.list.setAttribute("aria-activedescendant", this.options[place].id);
      else this.list.removeAttribute("aria-activedescendant");
    }

    open(image) {
      this.current = image;
      this.mark();
      this.meant.textContent = image ? `Number: ${this.meaning(image)}.` : "";
      this.panes.show(image, this.metric);
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
  }
})();
