// Pictures, what the checks say of them, and a map of how a score changes when one cell after the other is covered.
import { behind, el, say, table } from "./learn.js"
import { bars } from "./plots.js"

const points = (share) => Math.round(share * 100)
const signed = (number) => `${number > 0 ? "+" : number < 0 ? "−" : ""}${Math.abs(number)}`

export function mount({ root, data, words, state, ask, tell, fail, share, record }) {
  const pictures = el("div", { class: "pictures", role: "group", "aria-label": words.choose })
  const shown = el("div", {}), map = el("div", {})
  const name = (one) => words[`picture_${one}`] || one
  const busy = (on) => root.querySelectorAll("button").forEach((button) => { button.disabled = on })
  let current = null // {of: what the server is asked about, file, title, judged}

  async function working(work) {
    busy(true)
    try {
      await work()
    } catch (error) {
      fail(error)
    }
    busy(false)
  }

  const choose = (one) => working(async () => {
    const judged = await ask({ picture: one.name })
    show({ of: { picture: one.name }, file: one.file, title: name(one.name), judged, whole: true })
    pictures.querySelectorAll("button").forEach((button) =>
      button.setAttribute("aria-pressed", String(button.dataset.name === one.name)))
    share({ picture: one.name })
    record("picture", one.name)
    if (data.grids.length) await cover(data.grids[0])
  })

  const bring = (file) => working(async () => {
    if (file.size > data.megabytes * 1e6) throw new Error(say(words.too_large, { most: data.megabytes }))
    tell(words.looking)
    const judged = await ask({ file: await base64(file) })
    // Where the policy would not show it, there is nothing to send again.
    const kept = judged.file && judged.file.split(",")[1]
    show({ of: kept && { file: kept }, file: judged.file, title: words.yours, judged })
    pictures.querySelectorAll("button").forEach((button) => button.setAttribute("aria-pressed", "false"))
    if (kept && data.grids.length) await cover(data.grids[0])
  })

  function show(one) {
    current = one
    const scores = Object.entries(one.judged.scores).sort((a, b) => b[1] - a[1])
    const title = (category) => one.judged.titles[category] || category
    shown.replaceChildren(el("h3", {}, one.title),
      el("div", { class: "beside" },
        one.file ? el("img", { src: one.file, alt: one.title, class: "looked" }) : el("p", {}, words.withheld),
        el("div", {}, el("p", {}, el("b", {}, one.judged.title)),
          scores.length ? bars(scores.map(([category, score]) => ({ name: title(category), value: score, text: score.toFixed(2) })), words.scores, 1)
            : el("p", {}, words.no_scores),
          one.judged.reasons.map((reason) => el("p", {}, say(words.reason, { category: reason.category && title(reason.category), limit: reason.limit?.toFixed(2) ?? "" }),
            reason.evidence ? el("span", { class: "muted" }, ` ${reason.evidence}`) : "")))),
      scores.length ? behind([words.category, words.score], scores.map(([category, score]) => [title(category), score.toFixed(4)])) : "")
    map.replaceChildren()
    const top = scores[0]
    tell(top ? say(words.told, { title: one.title, verdict: one.judged.title, category: title(top[0]), score: top[1].toFixed(2) })
      : `${one.title}: ${one.judged.title}`)
  }

  // The map: asked for whole, or row by row where the picture travels with the question.
  async function cover(grid) {
    const one = current, cells = []
    let whole = one.judged.scores
    for (const row of one.whole ? [null] : [...Array(grid).keys()]) {
      tell(row === null ? words.covering : say(words.covering_row, { at: row + 1, of: grid }))
      const part = await ask({ ...one.of, grid, ...(row === null ? {} : { row }) })
      whole = part.whole
      cells.push(...part.cells)
      draw(one, grid, whole, cells)
    }
    tell(strongest(grid, whole, cells, select()))
  }

  const select = () => map.querySelector("select")?.value ?? first(current)
  const first = (one) => Object.entries(one.judged.scores).sort((a, b) => b[1] - a[1])[0]?.[0]

  function draw(one, grid, whole, cells) {
    const chosen = select(), categories = Object.keys(whole)
    if (!categories.length) return map.replaceChildren(el("p", {}, words.no_scores))
    const title = (category) => one.judged.titles[category] || category
    const options = categories.map((category) => el("option", { value: category, selected: category === chosen }, title(category)))
    const picked = el("select", { onchange: () => { draw(one, grid, whole, cells); map.querySelector("select").focus(); tell(strongest(grid, whole, cells, select())) } }, options)
    const finer = data.grids.find((other) => other > grid)
    const done = cells.length === grid * grid
    map.replaceChildren(
      el("h3", {}, words.map), el("label", {}, words.of_score, picked),
      heat(one, grid, whole, cells, chosen),
      el("p", { class: "key" }, el("span", { style: "--c: var(--two)" }, words.falls), el("span", { style: "--c: var(--one)" }, words.rises)),
      done && finer ? el("button", { type: "button", class: "quiet", onclick: () => working(async () => { await cover(finer); map.querySelector("select")?.focus() }) }, say(words.finer, { grid: finer })) : "",
      behind([words.row, words.column, words.covered, words.change], cells.map((cell, n) =>
        [Math.floor(n / grid) + 1, (n % grid) + 1, (cell[chosen] ?? 0).toFixed(4), ((cell[chosen] ?? 0) - whole[chosen]).toFixed(4)])))
  }

  const change = (whole, cell, category) => points((cell[category] ?? 0) - (whole[category] ?? 0))

  function heat(one, grid, whole, cells, category) {
    const most = Math.max(5, ...cells.map((cell) => Math.abs(change(whole, cell, category))))
    const box = ({ n, moved }) => {
      const x = (n % grid) * 100, y = Math.floor(n / grid) * 100
      return el("g", {}, el("rect", { class: moved < 0 ? "two" : "one", x, y, width: 100, height: 100, "fill-opacity": (0.75 * Math.abs(moved)) / most, "stroke-opacity": 0.4 }),
        moved ? el("text", { x: x + 50, y: y + 64, "text-anchor": "middle", class: "on" }, signed(moved)) : "")
    }
    return el("figure", { class: "heat" }, el("img", { src: one.file, alt: "" }),
      el("svg", { viewBox: `0 0 ${grid * 100} ${grid * 100}`, preserveAspectRatio: "none", role: "img", "aria-label": strongest(grid, whole, cells, category) },
        cells.map((cell, n) => box({ n, moved: change(whole, cell, category) }))))
  }

  function strongest(grid, whole, cells, category) {
    const moves = cells.map((cell, n) => ({ n, moved: change(whole, cell, category) }))
    const least = moves.reduce((a, b) => (b.moved < a.moved ? b : a), { n: 0, moved: 0 })
    if (!least.moved) return words.none_falls
    return say(words.strongest, { row: Math.floor(least.n / grid) + 1, column: (least.n % grid) + 1, points: -least.moved })
  }

  pictures.append(...data.pictures.map((one) => el("button", { type: "button", class: "quiet", "data-name": one.name, "aria-pressed": "false", onclick: () => choose(one) },
    el("img", { src: one.file, alt: "" }), el("span", {}, name(one.name)))))
  const own = el("input", { type: "file", accept: "image/*", onchange: () => { if (own.files[0]) bring(own.files[0]) } })
  root.append(data.upload ? el("div", {}, el("label", {}, el("b", {}, words.own), " ", own), el("p", { class: "muted" }, words.own_about)) : "", pictures, shown, map)
  const wanted = data.pictures.find((one) => one.name === state.picture)
  if (wanted) choose(wanted)
}

const base64 = (file) => new Promise((resolve, reject) => {
  const reader = new FileReader()
  reader.onload = () => resolve(reader.result.split(",")[1] ?? "")
  reader.onerror = () => reject(reader.error)
  reader.readAsDataURL(file)
})
