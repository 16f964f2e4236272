// A policy in a form, replayed on a labelled set: whom it stops, and what it lets through. The server applies it.
import { behind, el, say, table } from "./learn.js"
import { WIDTH, bars } from "./plots.js"

const STEPS = ["warn", "block"], LEAST = 0.05, NEVER = 1.01, WAIT = 150

// The limits that are not where general mode has them: what is sent, shared and kept for the next step.
export const moved = (limits, form) => Object.fromEntries(Object.entries(limits).filter(([key, steps]) =>
  STEPS.some((step) => steps[step] !== form[key][step].at)))

// The scores of a limit's prompts as marks, harmless ones above the line, with both limits; returns {figure, move(steps)}.
function strip(rows, key, words) {
  const height = 84, side = 10, x = (score) => side + score * (WIDTH - 2 * side), middle = 36
  const marks = rows.filter((row) => row.scores[key]).map((row) => el("line",
    { class: row.harmful ? "two" : "one", x1: x(row.scores[key]), x2: x(row.scores[key]), "stroke-width": 2,
      "stroke-opacity": 0.7, y1: row.harmful ? middle + 2 : middle - 2, y2: row.harmful ? middle + 18 : middle - 18 }))
  const lines = STEPS.map((step) => el("line", { class: `limit ${step}`, y1: 6, y2: middle + 24 }))
  const signs = STEPS.map((step) => el("text", { y: height - 6, "text-anchor": "middle" }, step === "warn" ? "?" : "×"))
  const svg = el("svg", { viewBox: `0 0 ${WIDTH} ${height}`, role: "img", "aria-label": words.strip }, marks,
    el("line", { class: "axis", x1: side, x2: WIDTH - side, y1: middle, y2: middle }), lines, signs)
  const move = (steps) => STEPS.forEach((step, n) => {
    const at = steps[step]
    for (const [node, names] of [[lines[n], ["x1", "x2"]], [signs[n], ["x"]]]) {
      node.style.display = at == null ? "none" : ""
      names.forEach((name) => node.setAttribute(name, x(at ?? 1)))
    }
  })
  return { figure: el("figure", {}, svg), move }
}

export function mount({ root, data, words, state, ask, tell, fail, share, record, earlier }) {
  const form = Object.assign({}, ...data.categories.map((one) => one.limits))
  const limits = Object.fromEntries(Object.entries(form).map(([key, steps]) =>
    [key, Object.fromEntries(STEPS.map((step) => [step, steps[step].at]))]))
  const begin = state.limits ?? earlier?.("policy") ?? {}
  for (const [key, steps] of Object.entries(begin)) if (limits[key]) Object.assign(limits[key], steps)
  const before = data.rows.map((row) => row.verdict)
  let now = before, turn = 0, timer = 0
  const category = el("select", { "aria-label": words.category },
    data.categories.map((one) => el("option", { value: one.name, selected: one.name === state.category }, one.title)))
  const dials = el("div", {}), result = el("div", {}), file = el("div", {})

  function slider(key, step, plot) {
    const bound = form[key][step].most, name = words[`${step}_from`]
    const input = el("input", { type: "range", min: 0, max: NEVER, step: 0.01, "aria-label": `${name}: ${kind(key)}` })
    const value = el("output", {})
    const set = () => {
      input.value = limits[key][step] ?? NEVER
      value.textContent = limits[key][step] == null ? words.never : limits[key][step].toFixed(2)
      input.setAttribute("aria-valuetext", value.textContent)
    }
    input.addEventListener("input", () => {
      const at = Math.max(LEAST, Math.min(Number(input.value), bound ?? NEVER))
      limits[key][step] = at > 1 ? null : at
      // A question cannot begin above the refusal: the other limit moves along.
      const { warn, block } = limits[key], late = warn != null && block != null && warn > block
      if (late) limits[key][step === "warn" ? "block" : "warn"] = within(key, step === "warn" ? "block" : "warn", limits[key][step])
      if (late && limits[key].warn > limits[key].block) limits[key][step] = limits[key][step === "warn" ? "block" : "warn"]
      all.forEach((one) => one.set())
      plot.move(limits[key])
      clearTimeout(timer)
      timer = setTimeout(replay, WAIT)
    })
    return { set, node: el("label", { class: "dial" }, el("span", {}, `${step === "warn" ? "?" : "×"} ${name} `), value,
      el("span", { class: "muted" }, bound == null ? "" : ` ${say(words.bound, { most: bound.toFixed(2) })}`), input) }
  }
  const within = (key, step, at) => Math.min(at, form[key][step].most ?? 1)
  const kind = (key) => words[key.endsWith(".read") ? "kind_read" : "kind_rules"]
  let all = []

  function chosen() {
    const one = data.categories.find((each) => each.name === category.value)
    all = []
    dials.replaceChildren(...Object.keys(one.limits).map((key) => {
      const plot = strip(data.rows, key, words), pair = STEPS.map((step) => slider(key, step, plot))
      all.push(...pair)
      pair.forEach((each) => each.set())
      plot.move(limits[key])
      const marks = data.rows.filter((row) => row.scores[key])
      return el("div", {}, el("h3", {}, kind(key)), pair.map((each) => each.node), plot.figure,
        behind([words.prompt, words.label, words.score], marks.sort((a, b) => b.scores[key] - a.scores[key]).slice(0, 40)
          .map((row) => [el("span", { lang: "en" }, row.prompt), words[row.harmful ? "harmful" : "harmless"], row.scores[key].toFixed(2)])))
    }))
  }

  async function replay() {
    const mine = ++turn, changed = moved(limits, form)
    try {
      const answer = Object.keys(changed).length ? await ask({ limits: changed }) : { verdicts: before, file: "" }
      if (mine !== turn) return
      now = answer.verdicts
      show(answer)
      share({ limits: changed, category: category.value })
      record("policy", changed)
    } catch (error) {
      fail(error)
    }
  }

  function show(answer) {
    const stops = (verdict) => verdict === "block" || verdict === "hard_block"
    const count = (verdicts, wanted) => data.rows.filter((row, n) => wanted(row, verdicts[n])).length
    const refused = (row, verdict) => !row.harmful && stops(verdict), asked = (row, verdict) => !row.harmful && verdict === "warn"
    const through = (row, verdict) => row.harmful && !stops(verdict) && verdict !== "warn"
    const whole = (harmful) => data.rows.filter((row) => row.harmful === harmful).length
    const pair = (wanted) => [{ name: words.general, value: count(before, wanted), kind: "one" },
      { name: words.yours, value: count(now, wanted), kind: "two" }]
    const plot = (name, wanted, all) => el("div", {}, el("h3", {}, say(words[name], { all })), bars(pair(wanted), say(words[name], { all }), all))
    const groups = [...new Set(data.rows.map((row) => row.group))]
    const cell = (group, wanted) => {
      const of = (verdicts) => data.rows.filter((row, n) => row.group === group && wanted(row, verdicts[n])).length
      return of(before) === of(now) ? String(of(now)) : `${of(before)} → ${of(now)}`
    }
    const line = (group) => [words[`group_${group}`], data.rows.filter((row) => row.group === group).length,
      ...[(row, v) => stops(v), (row, v) => v === "warn", (row, v) => !stops(v) && v !== "warn"].map((wanted) => cell(group, wanted))]
    const head = [words.about, words.prompts, words.is_refused, words.is_asked, words.goes_through]
    const changes = data.rows.map((row, n) => ({ row, from: before[n], to: now[n] })).filter((one) => one.from !== one.to)
    const some = (harmful) => groups.filter((group) => data.rows.some((row) => row.group === group && row.harmful === harmful))
    const hit = some(false).filter((group) => data.rows.some((row, n) => row.group === group && (before[n] !== now[n] || stops(now[n]) || now[n] === "warn")))
    result.replaceChildren(
      plot("refused", refused, whole(false)), plot("asked", asked, whole(false)), plot("through", through, whole(true)),
      el("h3", {}, words.who), hit.length ? table(head, hit.map(line)) : el("p", {}, words.nobody),
      el("h3", {}, words.what), table(head, some(true).map(line)), behind(head, groups.map(line)),
      el("h3", {}, say(words.changes, { many: changes.length })),
      changes.length ? el("ul", { class: "captions" }, changes.slice(0, 25).map((one) => el("li", {},
        el("span", { lang: "en" }, one.row.prompt), ` (${words[one.row.harmful ? "harmful" : "harmless"]}): ${data.verdicts[one.from]} → ${data.verdicts[one.to]}`)))
        : el("p", {}, words.none))
    file.replaceChildren(answer.file ? el("details", {}, el("summary", {}, words.file), el("p", { class: "muted" }, words.file_about), el("pre", {}, answer.file)) : "")
    tell(say(words.told, { refused: count(now, refused), asked: count(now, asked), through: count(now, through), changed: changes.length }))
  }

  const reset = el("button", { type: "button", class: "quiet", onclick: () => {
    for (const key of Object.keys(limits)) for (const step of STEPS) limits[key][step] = form[key][step].at
    chosen()
    replay()
  } }, words.reset)
  category.addEventListener("change", () => { chosen(); share({ limits: moved(limits, form), category: category.value }) })
  root.append(data.categories.length > 1 ? el("label", {}, words.category, category) : "", dials,
    el("p", { class: "muted" }, say(words.hard, { lines: data.hard.join(", ") })), reset, result, file)
  chosen()
  show({ file: "" })
  if (Object.keys(moved(limits, form)).length) return replay()
}
