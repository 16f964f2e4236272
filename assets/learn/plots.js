// Plots as SVG that colour-blind people can read: each row of bars has a pattern, each line a mark of its own.
import { decimal, el } from "./elements.js"

// As wide as the screen, so that the words in a plot stay readable on a phone.
export const WIDTH = Math.max(300, Math.min(640, innerWidth - 70))
const LEFT = 40, RIGHT = 12, TOP = 12, BOTTOM = 34

const frame = (height, label, ...parts) =>
  el("svg", { viewBox: `0 0 ${WIDTH} ${height}`, role: "img", "aria-label": label }, ...parts)

const x = (share) => LEFT + share * (WIDTH - LEFT - RIGHT)

// Two histograms over 0..1, one up and one down, with a limit between; returns {figure, move(at)}.
export function mirrored(up, down, bins, names) {
  const height = 276, middle = (height - BOTTOM - 10 + TOP) / 2
  // Each side on a scale of its own: there are more harmless prompts than harmful ones.
  const most = { 1: Math.max(1, ...up), [-1]: Math.max(1, ...down) }
  const bar = (many, n, kind, sign) => {
    // One prompt among hundreds is still to be seen, and the tallest bar leaves room for the names.
    const size = many && Math.max(3, (many / most[sign]) * (middle - TOP - 30))
    return el("rect", { class: kind, x: x(n / bins) + 1, width: x(1 / bins) - x(0) - 2, y: sign > 0 ? middle - size : middle,
      height: size, "fill-opacity": sign > 0 ? 0.85 : 0.45 })
  }
  const limit = el("line", { class: "limit", y1: TOP + 10, y2: height - BOTTOM - 28, x1: x(0.5), x2: x(0.5) })
  const ticks = [0, 0.25, 0.5, 0.75, 1].map((at) => el("text", { x: x(at), y: height - 26, "text-anchor": "middle" },
    decimal(at, at % 0.5 ? 2 : at % 1 ? 1 : 0)))
  const figure = el("figure", {}, frame(height, names.label,
    up.map((many, n) => bar(many, n, "one", 1)), down.map((many, n) => bar(many, n, "two", -1)),
    el("line", { class: "axis", x1: x(0), x2: x(1), y1: middle, y2: middle }),
    el("text", { x: x(1), y: TOP + 4, "text-anchor": "end" }, names.up),
    el("text", { x: x(1), y: height - BOTTOM - 14, "text-anchor": "end" }, names.down),
    el("text", { x: x(1), y: height - 8, "text-anchor": "end" }, names.x), ticks, limit))
  return { figure, move: (at) => { limit.setAttribute("x1", x(at)); limit.setAttribute("x2", x(at)) } }
}

// A curve of [x, y] pairs in 0..1, with a point that moves along; returns {figure, move([x, y]), crowd(points)}.
export function curve(points, names, kind = "three") {
  // The names stand above and below the axes, where no curve runs.
  const height = 330, top = 36, foot = 54, y = (share) => top + (1 - share) * (height - top - foot)
  const path = points.map(([a, b]) => `${x(a).toFixed(1)},${y(b).toFixed(1)}`).join(" ")
  const dot = el("circle", { class: "two", r: 7 })
  const ticks = [0, 0.5, 1].flatMap((at, n) => [
    el("text", { x: x(at) + (at === 1 ? RIGHT - 1 : 0), y: height - 32, "text-anchor": at === 1 ? "end" : "middle" }, names.at?.[n] ?? decimal(at, at % 1 ? 1 : 0)),
    el("text", { x: LEFT - 6, y: y(at) + 4, "text-anchor": "end" }, decimal(at, at % 1 ? 1 : 0))])
  const others = el("g", {})
  const figure = el("figure", {}, frame(height, names.label,
    el("line", { class: "axis", x1: x(0), x2: x(1), y1: y(0), y2: y(0) }),
    el("line", { class: "axis", x1: x(0), x2: x(0), y1: y(0), y2: y(1) }),
    names.chance ? el("line", { class: "chance", x1: x(0), x2: x(1), y1: y(0), y2: y(1) }) : "",
    el("polyline", { class: `line ${kind}`, points: path }), others, dot, ticks,
    el("text", { x: x(1), y: height - 8, "text-anchor": "end" }, names.x), el("text", { x: 4, y: 20 }, names.y)))
  const move = (at) => {
    dot.classList.toggle("away", !at)
    if (at) dot.setAttribute("cx", x(at[0]))
    if (at) dot.setAttribute("cy", y(at[1]))
  }
  // Everybody's points: squares, so that they are told from the own one by shape; the more are the same, the larger.
  const crowd = (all) => {
    const many = new Map()
    for (const [a, b] of all) many.set(`${a} ${b}`, { a, b, n: (many.get(`${a} ${b}`)?.n || 0) + 1 })
    others.replaceChildren(...[...many.values()].map(({ a, b, n }) => {
      const side = 7 + 3 * Math.sqrt(n - 1)
      return el("rect", { class: "four crowd", x: x(a) - side / 2, y: y(b) - side / 2, width: side, height: side },
        el("title", {}, String(n)))
    }))
  }
  return { figure, move, crowd }
}

// Horizontal bars: rows of {name, value, most, kind}; the value stands behind each bar as text.
export function bars(rows, label, most = Math.max(...rows.map((row) => row.value), 1)) {
  const line = 30, left = Math.min(190, WIDTH * 0.4), height = rows.length * line + 8
  return el("figure", {}, frame(height, label, rows.flatMap((row, n) => {
    const size = (row.value / most) * (WIDTH - left - 70)
    return [el("text", { x: left - 8, y: n * line + 21, "text-anchor": "end" }, row.name),
      el("rect", { class: row.kind || "one", x: left, y: n * line + 6, width: Math.max(size, 1), height: line - 10 }),
      el("text", { x: left + size + 6, y: n * line + 21 }, row.text ?? String(row.value))]
  })))
}

// Upright bars, one a step, with a mark under one of them; returns {figure, mark(number)}.
export function columns(values, names) {
  const height = 200, most = Math.max(...values, 1e-9), wide = x(1 / values.length) - x(0)
  const y = (value) => TOP + (1 - value / most) * (height - TOP - BOTTOM)
  const left = (n) => x(n / values.length)
  const mark = el("path", { class: "two", d: `M0 ${height - BOTTOM + 3} l5 8 h-10 z` })
  const figure = el("figure", {}, frame(height, names.label,
    values.map((value, n) => el("rect", { class: "one", x: left(n) + 1, y: y(value), width: wide - 2, height: height - BOTTOM - y(value) })),
    el("line", { class: "axis", x1: x(0), x2: x(1), y1: height - BOTTOM, y2: height - BOTTOM }),
    [0, most].map((value) => el("text", { x: LEFT - 6, y: y(value) + 4, "text-anchor": "end" }, value.toFixed(value ? 1 : 0))),
    [0, values.length - 1].map((n) => el("text", { x: left(n) + wide / 2, y: height - 6, "text-anchor": "middle" }, String(n + names.first))),
    el("text", { x: x(0.5), y: height - 6, "text-anchor": "middle" }, names.x), mark))
  return { figure, mark: (n) => { mark.toggleAttribute("hidden", n < 0); mark.setAttribute("transform", `translate(${left(n) + wide / 2} 0)`) } }
}
