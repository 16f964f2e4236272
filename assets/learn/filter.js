// A training set under a filter: the share that each group loses, beside the share that all captions lose.
import { behind, el, say } from "./learn.js"
import { WIDTH } from "./plots.js"
import { finder } from "./word_list.js"

const ROW = 46, BAR = 14, SIDE = 8, MOST = 25, SCALES = [0.1, 0.25, 0.5, 1]

// Counts as studio/curation/balance.py does; the intervals come from there, one for each count.
export function losses(rows, removed, intervals, warns) {
  const lost = Object.fromEntries(Object.keys(intervals).map((name) => [name, 0]))
  rows.forEach((row, n) => {
    if (removed[n]) for (const name of ["", ...row.groups]) lost[name] += 1
  })
  const share = (name) => (intervals[name].length > 1 ? lost[name] / (intervals[name].length - 1) : 0)
  const base = share("")
  return Object.keys(intervals).map((name) => {
    const [low, high] = intervals[name][lost[name]], own = share(name)
    const times = base ? own / base : own ? Infinity : 1
    const all = intervals[name].length - 1, enough = all >= warns.rows && lost[name] >= warns.removed
    return { name, rows: all, removed: lost[name], share: own, low, high, times,
      warns: name !== "" && enough && low > base && times > warns.times }
  })
}

const percent = (share) => `${(100 * share).toFixed(share < 0.1 ? 1 : 0)} %`

// Bars with an interval each, and a dashed line at the average; returns {figure, show(rows)}.
function rates(names, words) {
  const height = names.length * ROW + 26, wide = WIDTH - 2 * SIDE
  const limit = el("line", { class: "limit", y1: 18, y2: height - 22 })
  const ticks = [0, 0.5, 1].map((part) =>
    el("text", { x: SIDE + part * wide, y: height - 6, "text-anchor": part === 0 ? "start" : part === 1 ? "end" : "middle" }))
  const lines = names.map((name, n) => {
    const y = n * ROW, bar = el("rect", { x: SIDE, y: y + 22, height: BAR, class: "one", "fill-opacity": 0.75 })
    const reach = el("path", { class: "limit-of", "stroke-width": 2, fill: "none" })
    const told = el("text", { x: SIDE + wide, y: y + 16, "text-anchor": "end" })
    return { y, bar, reach, told, all: el("g", {}, el("text", { x: SIDE, y: y + 16 }, words[`group_${name || "all"}`]), told, bar, reach) }
  })
  const svg = el("svg", { viewBox: `0 0 ${WIDTH} ${height}`, role: "img", "aria-label": words.plot }, lines.map((line) => line.all), limit, ticks)
  function show(rows) {
    const most = Math.max(...rows.map((row) => Math.min(row.high, row.share * 2 + 0.1)))
    const scale = SCALES.find((one) => one >= most) ?? 1
    const x = (share) => SIDE + Math.min(1, share / scale) * wide
    rows.forEach((row, n) => {
      const { y, bar, reach, told } = lines[n], middle = y + 22 + BAR / 2
      bar.setAttribute("width", Math.max(1, x(row.share) - SIDE))
      bar.setAttribute("class", row.warns ? "two" : "one")
      const end = row.high <= scale ? `M${x(row.high)} ${middle - 5}v10` : ""
      reach.setAttribute("d", `M${x(row.low)} ${middle - 5}v10M${x(row.low)} ${middle}H${x(row.high)}${end}`)
      told.textContent = `${row.warns ? "▲ " : ""}${say(words.of, { many: row.removed, all: row.rows })}, ${percent(row.share)}`
    })
    limit.setAttribute("x1", x(rows[0].share))
    limit.setAttribute("x2", x(rows[0].share))
    ticks.forEach((tick, n) => { tick.textContent = `${(100 * scale * n) / 2} %` })
  }
  return { figure: el("figure", {}, svg), show }
}

export function mount({ root, data, words, state, share, tell, record }) {
  const { rows } = data, names = Object.keys(data.intervals), kept = new Set(state.kept ?? [])
  const judge = data.by === "words" ? wordFilter(data, words, state, shown) : scoreFilter(data, words, state, moved, shown)
  const only = el("input", { type: "checkbox" })
  only.checked = state.only ?? data.harmless_only
  const group = el("select", { "aria-label": words.group },
    names.map((name) => el("option", { value: name, selected: name === (state.group ?? "") }, words[`group_${name || "all"}`])))
  const boxes = Object.fromEntries(["removed", "left", "lost"].map((name) => [name, el("b", {})]))
  const plot = rates(names, words), warning = el("div", {}), examples = el("div", {}), numbers = el("div", {})
  let now = [], most = MOST

  function count() {
    const removed = judge.removed(rows).map((gone, n) => gone && !kept.has(n))
    const which = rows.map((row, n) => n).filter((n) => !only.checked || !rows[n].harmful)
    now = losses(which.map((n) => rows[n]), which.map((n) => removed[n]), only.checked ? data.harmless_intervals : data.intervals, data.warns)
    return removed
  }
  // While the slider moves: numbers and bars alone. Once it rests: what stands in words, too.
  function moved() {
    const removed = count()
    const some = (harmful, gone) => rows.filter((row, n) => row.harmful === harmful && removed[n] === gone).length
    const harmful = rows.filter((row) => row.harmful).length
    boxes.removed.textContent = say(words.of, { many: removed.filter(Boolean).length, all: rows.length })
    boxes.left.textContent = say(words.of, { many: some(true, false), all: harmful })
    boxes.lost.textContent = say(words.of, { many: some(false, true), all: rows.length - harmful })
    plot.show(now)
    return removed
  }
  function shown() {
    const removed = moved(), warned = now.filter((row) => row.warns).map((row) => words[`group_${row.name}`])
    warning.replaceChildren(el("p", { class: warned.length ? "bad" : "" },
      warned.length ? say(words.warning, { groups: warned.join(", ") }) : words.no_warning))
    numbers.replaceChildren(behind([words.group, words.captions, words.removed_short, words.share, words.interval, words.times],
      now.map((row) => [words[`group_${row.name || "all"}`], row.rows, row.removed, percent(row.share),
        `${percent(row.low)} – ${percent(row.high)}`, row.name && Number.isFinite(row.times) ? `${row.times.toFixed(1)} ×` : ""])))
    list(removed)
    share({ ...judge.state(), only: only.checked, group: group.value, kept: [...kept] })
    record("filter", { ...judge.state(), removed: removed.filter(Boolean).length, warned })
    tell(say(words.told, { many: removed.filter(Boolean).length, all: rows.length, groups: warned.join(", ") || words.none }))
  }
  function list(removed) {
    const found = rows.map((row, n) => n)
      .filter((n) => (removed[n] || kept.has(n)) && (!group.value || rows[n].groups.includes(group.value)))
    const all = () => { most = Infinity; list(count()); examples.querySelector("button, select")?.focus() }
    const line = (n) => el("li", { lang: "en" }, rows[n].prompt, data.put_back ? [" ", toggle(n)] : "")
    examples.replaceChildren(
      data.put_back ? el("p", { class: "muted" }, say(words.budget, { many: data.put_back - kept.size, all: data.put_back })) : "",
      found.length ? el("ul", { class: "captions" }, found.slice(0, most).map(line)) : el("p", {}, words.none),
      found.length > most ? el("button", { type: "button", class: "quiet", onclick: all }, say(words.more, { many: found.length - most })) : "")
  }
  function toggle(n) {
    const click = () => {
      kept.has(n) ? kept.delete(n) : kept.add(n)
      shown()
      examples.querySelector(`[data-row="${n}"]`)?.focus()
    }
    return el("button", { type: "button", class: "quiet small", "data-row": n, "aria-pressed": String(kept.has(n)),
      disabled: !kept.has(n) && kept.size >= data.put_back, lang: document.documentElement.lang, onclick: click,
      "aria-label": `${kept.has(n) ? words.take_out : words.put_back}: ${rows[n].prompt}` }, kept.has(n) ? words.take_out : words.put_back)
  }
  only.addEventListener("change", shown)
  group.addEventListener("change", () => { list(count()); share({ ...judge.state(), only: only.checked, group: group.value, kept: [...kept] }) })
  root.append(judge.field,
    el("div", { class: "numbers" }, ["removed", "left", "lost"].map((name) => el("div", {}, boxes[name], words[name]))),
    el("label", { class: "option" }, only, el("span", {}, words.only)),
    el("h3", {}, words.plot_title), el("p", { class: "muted" }, words.plot_key), plot.figure, warning, numbers,
    el("h3", {}, data.put_back ? words.read : words.examples), el("label", {}, words.group, group), examples)
  shown()
}

function scoreFilter(data, words, state, moved, shown) {
  const slider = el("input", { type: "range", min: 0.01, max: 0.6, step: 0.01, value: state.at ?? data.at, "aria-label": words.limit })
  const value = el("output", {})
  const tellValue = () => { value.textContent = Number(slider.value).toFixed(2) }
  slider.addEventListener("input", () => { tellValue(); moved() })
  slider.addEventListener("change", shown)
  tellValue()
  return { field: el("label", { class: "number" }, el("span", {}, words.limit), slider, value),
    removed: (rows) => rows.map((row) => row.score >= Number(slider.value)), state: () => ({ at: Number(slider.value) }) }
}

function wordFilter(data, words, state, shown) {
  const area = el("textarea", { rows: 5, "aria-label": words.list, spellcheck: "false" })
  area.value = state.words ?? data.begin.join("\n")
  const run = el("button", { type: "button", onclick: shown }, words.run)
  const list = () => area.value.split(/[\n,;]+/)
  return { field: el("div", {}, el("label", {}, words.list, area), run),
    removed: (rows) => { const finds = finder(list(), true); return rows.map((row) => finds(row.prompt)) },
    state: () => ({ words: area.value.slice(0, 1000) }) }
}
