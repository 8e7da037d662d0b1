"use strict";
// What all parts of the page share: the data, elements, numbers, colours, and the statistics of a chosen baseline.
const report = {
  data: JSON.parse(document.getElementById("report-data").textContent),
  LEVEL: 0.05,
  ARROWS: { higher: "↑", lower: "↓" },
};

const COLOURS = ["#0072b2", "#e07b00", "#009e73", "#cc5fa0", "#7a5fc7", "#c23b3b", "#8a6d1f", "#2aa5c9", "#6f8f00", "#808890"];
const DASHES = [[], [7, 4], [2, 3], [8, 3, 2, 3]];
const BORDERS = ["solid", "dashed", "dotted", "double"];

// The same colour, line and marker for a label in every chart, as in the figures beside the page: labels that share a
// colour differ in the round, and so in the two others.
report.look = function (label) {
  const place = Math.max(0, report.data.labels.indexOf(label)), round = Math.floor(place / COLOURS.length) % DASHES.length;
  return { colour: COLOURS[place % COLOURS.length], dash: DASHES[round], border: BORDERS[round], round };
};

// A point of a label: circle, square, triangle or diamond.
report.marker = function (label, x, y, radius, attributes, ...children) {
  const { colour, round } = report.look(label), r = radius;
  const shapes = [null, [[-r, -r], [r, -r], [r, r], [-r, r]], [[0, -r], [r, r], [-r, r]], [[0, -1.3 * r], [1.3 * r, 0], [0, 1.3 * r], [-1.3 * r, 0]]];
  if (!round) return report.svg("circle", { cx: x, cy: y, r, fill: colour, ...attributes }, children);
  const points = shapes[round].map(([dx, dy]) => `${x + dx},${y + dy}`).join(" ");
  return report.svg("polygon", { points, fill: colour, ...attributes }, children);
};

function filled(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes || {})) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value !== null && value !== undefined && value !== false) node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined));
  return node;
}

// Text of strangers comes in as children, which the browser never reads as markup.
report.element = (tag, attributes, ...children) => filled(document.createElement(tag), attributes, children);
report.svg = (tag, attributes, ...children) =>
  filled(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);

report.select = function (name, options, value, change) {
  const select = report.element("select", { "aria-label": name, onchange: () => change(select.value) });
  for (const option of options) {
    const [key, text] = Array.isArray(option) ? option : [option, option];
    select.append(report.element("option", { value: key }, text));
  }
  select.value = value;
  return select;
};

report.labelled = (text, control) => report.element("label", {}, `${text} `, control);

report.checkboxes = function (title, names, isChosen, change) {
  const boxes = names.map((name, place) => {
    const box = report.element("input", { type: "checkbox", onchange: () => change(place, box.checked) });
    box.checked = isChosen(place);
    return report.element("label", {}, box, ` ${name}`);
  });
  const details = report.element("details", { class: "chooser" }, report.element("summary", {}, title), report.element("div", {}, boxes));
  details.addEventListener("keydown", (event) => {
    if (event.key === "Escape") details.open = false;
  });
  document.addEventListener("click", (event) => {
    if (!details.contains(event.target)) details.open = false;
  });
  return details;
};

report.shortened = (text, most) => (text.length <= most ? text : `${text.slice(0, most - 1)}…`);

report.number = function (value, digits = 3) {
  if (value === null || value === undefined) return "-";
  if (value !== 0 && (Math.abs(value) < 1e-3 || Math.abs(value) >= 1e5)) return value.toExponential(1);
  return String(Number(value.toPrecision(digits)));
};

// As many decimals for all values of a column, so that they can be compared; none where all are whole, as counts are.
report.fixed = function (value, column = [value]) {
  if (value === null || value === undefined) return "-";
  const found = column.filter((each) => each !== null && each !== undefined);
  const largest = Math.max(...found.map(Math.abs));
  if (largest > 1 && found.every(Number.isInteger)) return value.toFixed(0);
  return value.toFixed(largest < 2 ? 3 : largest < 100 ? 2 : 1);
};

report.signed = (value) => (value > 0 ? "+" : "") + report.number(value);

report.pValue = (p) => (p === null ? "not tested" : p < 0.001 ? "p < 0.001" : `p = ${p.toFixed(3)}`);

// Holm's adjusted p values; null is no test.
report.holm = function (values) {
  const order = values.map((p, place) => [p, place]).filter(([p]) => p !== null).sort((a, b) => a[0] - b[0]);
  const adjusted = values.map(() => null);
  let largest = 0;
  order.forEach(([p, place], rank) => {
    largest = Math.max(largest, Math.min(1, p * (order.length - rank)));
    adjusted[place] = largest;
  });
  return adjusted;
};

// Every row of a block against the row `baseline`: difference, interval, p after Holm's correction over the rows, verdict.
report.against = function (block, metric, baseline) {
  const found = block.rows.map(() => null);
  for (const [a, b, difference, low, high, p, effect] of block.pairs[metric]) {
    if (a === baseline) found[b] = { difference: -difference, low: minus(high), high: minus(low), p, effect: -effect };
    if (b === baseline) found[a] = { difference, low, high, p, effect };
  }
  const adjusted = report.holm(found.map((row) => (row ? row.p : null)));
  found.forEach((row, place) => row && Object.assign(row, { p: adjusted[place], verdict: verdict(adjusted[place], row.effect) }));
  return found;
};

// Every pair of rows, with Holm's correction over all of them: verdicts[row][column] says how the row does.
report.allPairs = function (block, metric) {
  const pairs = block.pairs[metric];
  const adjusted = report.holm(pairs.map((pair) => pair[5]));
  const cells = block.rows.map(() => block.rows.map(() => null));
  pairs.forEach(([a, b, difference, low, high, , effect], place) => {
    const p = adjusted[place];
    cells[a][b] = { difference, low, high, p, verdict: verdict(p, effect) };
    cells[b][a] = { difference: -difference, low: minus(high), high: minus(low), p, verdict: verdict(p, -effect) };
  });
  return cells;
};

const minus = (value) => (value === null ? null : -value);
const verdict = (p, effect) => (p === null || p >= report.LEVEL ? "" : effect > 0 ? "better" : "worse");
