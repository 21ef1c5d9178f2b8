// An explorer of the page: controls, a picture in SVG, and a line of numbers.
const explorers = {};

function makeExplorer(name, { controls, alt, legend, size, read, draw }) {
  const box = document.getElementById(name);
  const start = Object.fromEntries(controls.map((c) => [c.key, c.value]));
  const values = { ...start };
  const make = (tag, attributes = {}, text = "") => {
    const element = document.createElement(tag);
    Object.entries(attributes).forEach(([key, value]) => element.setAttribute(key, value));
    element.textContent = text;
    return element;
  };
  const panel = make("div", { class: "explorer-controls" });
  const picture = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  picture.setAttribute("viewBox", `0 0 ${size[0]} ${size[1]}`);
  picture.setAttribute("role", "img");
  picture.setAttribute("aria-label", alt);
  const line = make("dl", { class: "explorer-numbers", "aria-live": "polite" });
  const redraw = () => {
    const numbers = read(values);
    picture.innerHTML = draw(values, numbers);
    line.replaceChildren(
      ...Object.entries(numbers.shown).map(([key, value]) => {
        const pair = make("div");
        pair.append(make("dt", {}, key), make("dd", {}, value));
        return pair;
      }),
    );
  };
  const inputs = controls.map((control) => {
    const id = `${name}-${control.key}`;
    const row = make("div");
    row.append(make("label", { for: id }, control.label));
    const input = make(control.choices ? "select" : "input", { id });
    const shown = make("output", { for: id });
    if (control.choices)
      control.choices.forEach(([text, value]) =>
        input.append(make("option", { value }, text)),
      );
    else {
      const [min, max, step] = control.range;
      Object.entries({ type: "range", min, max, step }).forEach(([key, value]) =>
        input.setAttribute(key, value),
      );
    }
    const show = () => {
      input.value = values[control.key];
      shown.textContent = control.choices ? "" : Number(input.value).toFixed(control.digits ?? 0);
    };
    input.addEventListener("input", () => {
      values[control.key] = control.choices ? input.value : Number(input.value);
      show();
      redraw();
    });
    row.append(input, shown);
    panel.append(row);
    show();
    return show;
  });
  const reset = make("button", { type: "button" }, "Reset");
  reset.addEventListener("click", () => {
    Object.assign(values, start);
    inputs.forEach((show) => show());
    redraw();
  });
  panel.append(reset);
  const key = make("p", { class: "explorer-legend" });
  key.append(...legend.map(([kind, text]) => make("span", { class: `${kind}-name` }, text)));
  box.replaceChildren(panel, line, key, picture);
  redraw();
  explorers[name] = { read: (other) => read({ ...start, ...other }) };
}

// A scale from data to pixels, and the axes that go with it.
const scale = (from, to, low, high) => (x) => low + ((x - from) / (to - from)) * (high - low);
const path = (points) =>
  points
    .map(([x, y], i) => {
      if (Number.isNaN(y)) return "";
      const first = i === 0 || Number.isNaN(points[i - 1][1]);
      return `${first ? "M" : "L"}${x.toFixed(1)},${y.toFixed(1)}`;
    })
    .join("");
const words = (x, y, text, more = "") => `<text x="${x}" y="${y}" ${more}>${text}</text>`;
