// What every script of the lessons builds its page from: elements, tables, and words with names filled in.
const words = JSON.parse(document.getElementById("words").textContent)

export const say = (text, names = {}) => text.replace(/\{(\w+)\}/g, (whole, name) => names[name] ?? whole)

// A number as the language of the page writes it: 0.50, or 0,50.
export const decimal = (value, digits) =>
  new Intl.NumberFormat(document.documentElement.lang || "en", { minimumFractionDigits: digits, maximumFractionDigits: digits }).format(value)

// el("p", {class: "a"}, "text", child): an element; a handler is given as onclick: function.
export function el(tag, given = {}, ...children) {
  const svg = ["svg", "g", "rect", "line", "path", "text", "circle", "title", "polyline", "pattern", "defs"].includes(tag)
  const node = svg ? document.createElementNS("http://www.w3.org/2000/svg", tag) : document.createElement(tag)
  for (const [name, value] of Object.entries(given)) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value)
    else if (value === true) node.setAttribute(name, "")
    else if (value !== false && value != null) node.setAttribute(name, value)
  }
  node.append(...children.flat().filter((child) => child != null && child !== false))
  return node
}

export const table = (head, rows, caption) =>
  el("div", { class: "wide" }, el("table", {},
    caption && el("caption", {}, caption),
    el("thead", {}, el("tr", {}, head.map((one) => el("th", { scope: "col" }, String(one))))),
    el("tbody", {}, rows.map((row) => el("tr", {}, row.map((cell, n) =>
      n ? el("td", { class: typeof cell === "number" ? "count" : "" }, cell instanceof Node ? cell : String(cell))
        : el("th", { scope: "row" }, cell instanceof Node ? cell : String(cell))))))))

// A table behind a plot, for screen readers and for whoever wants the numbers.
export const behind = (...given) => el("details", {}, el("summary", {}, words.table), table(...given))
