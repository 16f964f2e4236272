// A threshold over the scores of a set: who is stopped is counted here, so that the slider is answered at once.
import { decimal } from "./elements.js"
import { behind, el, say } from "./learn.js"
import { curve, mirrored } from "./plots.js"

const BINS = 20

const histogram = (rows) => {
  const bins = Array(BINS).fill(0)
  rows.forEach((row) => { bins[Math.min(BINS - 1, Math.floor(row.score * BINS))] += 1 })
  return bins
}

export function counts(rows, at) {
  const harmful = rows.filter((row) => row.harmful), harmless = rows.filter((row) => !row.harmful)
  const stopped = (some) => some.filter((row) => row.score >= at).length
  return { blocked: stopped(harmless), missed: harmful.length - stopped(harmful), caught: stopped(harmful),
    harmless: harmless.length, harmful: harmful.length }
}

export function mount({ root, data, words, state, share, tell, record, predicted }) {
  const rows = data.rows
  const harmful = rows.filter((row) => row.harmful), harmless = rows.filter((row) => !row.harmful)
  const up = histogram(harmless), down = histogram(harmful)
  const tallest = (text, bins) => say(text, { most: Math.max(...bins) })
  const plot = mirrored(up, down, BINS,
    { label: words.plot, up: tallest(words.harmless, up), down: tallest(words.harmful, down), x: words.score })
  const slider = el("input", { type: "range", min: 0, max: 1, step: 0.01, value: state.at ?? 0.5, "aria-label": words.threshold })
  const value = el("output", {})
  const boxes = Object.fromEntries(["blocked", "missed"].map((name) => [name, el("b", {})]))
  const grid = [...Array(101).keys()].map((n) => ({ at: n / 100, ...counts(rows, n / 100) }))
  const rate = (part, whole) => (whole ? part / whole : 0)
  const roc = data.curves && curve(grid.map((one) => [rate(one.blocked, one.harmless), rate(one.caught, one.harmful)]),
    { label: words.roc, x: words.roc_x, y: words.roc_y, chance: true })
  const precision = (one) => (one.caught + one.blocked ? one.caught / (one.caught + one.blocked) : 1)
  const pr = data.curves && curve(grid.map((one) => [rate(one.caught, one.harmful), precision(one)]),
    { label: words.pr, x: words.roc_y, y: words.pr_y }, "four")
  const examples = el("div", {})
  const quote = (row) => el("li", { lang: "en" }, row.prompt)

  function move() {
    const at = Number(slider.value), now = counts(rows, at)
    value.textContent = decimal(at, 2)
    plot.move(at)
    boxes.blocked.textContent = say(words.of, { many: now.blocked, all: now.harmless })
    boxes.missed.textContent = say(words.of, { many: now.missed, all: now.harmful })
    roc && roc.move([rate(now.blocked, now.harmless), rate(now.caught, now.harmful)])
    pr && pr.move([rate(now.caught, now.harmful), precision(now)])
    share({ at })
  }
  function show() {
    const at = Number(slider.value)
    const near = (some, wrong) => some.filter(wrong).sort((a, b) => Math.abs(a.score - at) - Math.abs(b.score - at)).slice(0, 5)
    const blocked = near(harmless, (row) => row.score >= at), missed = near(harmful, (row) => row.score < at)
    examples.replaceChildren(
      el("h3", {}, words.blocked_examples), blocked.length ? el("ul", {}, blocked.map(quote)) : el("p", {}, words.none),
      el("h3", {}, words.missed_examples), missed.length ? el("ul", {}, missed.map(quote)) : el("p", {}, words.none))
    const now = counts(rows, at)
    tell(say(words.told, { at: decimal(at, 2), blocked: now.blocked, missed: now.missed }))
  }
  slider.addEventListener("input", move)
  slider.addEventListener("change", show)
  // Where three places are chosen for, further down, the slider and what it does stay in sight.
  root.append(el("div", { class: data.situations.length ? "stays" : "" },
    el("label", { class: "number" }, el("span", {}, words.threshold), slider, value),
    el("div", { class: "numbers" },
      el("div", {}, boxes.blocked, words.blocked), el("div", {}, boxes.missed, words.missed))),
    data.guessed ? guessed(rows, words, predicted) : "",
    plot.figure,
    roc ? el("div", { class: "side" }, roc.figure, pr.figure) : "",
    behind([words.threshold, words.blocked, words.missed],
      grid.filter((_, n) => n % 10 === 0).map((one) => [decimal(one.at, 1), one.blocked, one.missed])),
    data.situations.length ? situations(data, words, slider, rows, record) : "",
    examples)
  move()
  show()
}

// What was guessed before, beside what is counted at the threshold that the guess was about.
const guessed = (rows, words, predicted) => predicted == null ? ""
  : el("p", {}, say(words.guessed, { guess: predicted, at: decimal(0.5, 2), blocked: counts(rows, 0.5).blocked }))

// Places for each of which a threshold is chosen: the slider's, with the reason of whoever chose it.
function situations(data, words, slider, rows, record) {
  const list = el("div", {})
  for (const place of data.situations) {
    const why = el("textarea", { rows: 2 })
    const told = el("p", { class: "told", role: "status" })
    const choose = () => {
      const at = Number(slider.value), now = counts(rows, at)
      told.textContent = say(words.chosen, { at: decimal(at, 2), blocked: now.blocked, missed: now.missed })
      record(place, { at, why: why.value })
    }
    const button = el("button", { type: "button", class: "quiet", onclick: choose })
    const name = () => { button.textContent = say(words.choose, { at: decimal(Number(slider.value), 2) }) }
    slider.addEventListener("input", name)
    name()
    list.append(el("div", { class: "place" }, el("h3", {}, words[`place_${place}`]), el("p", {}, words[`about_${place}`]),
      el("label", {}, say(words.why, { place: words[`place_${place}`] }), why), button, told))
  }
  return el("section", {}, el("h3", {}, words.situations), list)
}
