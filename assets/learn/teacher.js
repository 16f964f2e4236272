// The teacher's page: opens a class, opens lessons and steps, and shows what the class answers, while it does.
import { behind, el, say } from "./elements.js"
import { bars, curve } from "./plots.js"

const EVERY = 2000 // milliseconds
const words = JSON.parse(document.getElementById("words").textContent)
const root = document.getElementById("class")
const lessons = JSON.parse(root.dataset.lessons)
const letters = "ABCDEFGHIJ"
let shown = { lesson: lessons[0]?.name || "", step: "" }
let drawn = ""
let parts = null

async function call(path, body) {
  const options = body ? { method: "POST", body: JSON.stringify(body), headers: { "content-type": "application/json" } } : {}
  const answer = await fetch(`teacher/${path}`, options)
  if (answer.status === 401) location.reload()
  const result = await answer.json()
  if (!answer.ok) throw new Error(result.error)
  return result
}

const told = el("p", { class: "told", role: "status" })
const tell = (text, bad = false) => { told.classList.toggle("bad", bad); told.textContent = text }

// ---- before a class ----

function closed() {
  parts = null
  const many = el("input", { type: "number", min: 1, max: root.dataset.most, value: root.dataset.size, id: "many" })
  const locked = el("input", { type: "checkbox", checked: true, id: "locked" })
  const open = async (event) => {
    event.preventDefault()
    try {
      show(await call("open", { places: Number(many.value), locked: locked.checked }))
      tell("")
    } catch (error) {
      tell(error.message, true)
    }
  }
  root.replaceChildren(
    el("form", { class: "step", onsubmit: open },
      el("p", {}, words.before), el("label", { for: "many" }, words.places, many),
      el("label", { class: "option" }, locked, el("span", {}, words.lock)), el("button", {}, words.open)), told)
}

// ---- a class ----

function build() {
  const change = () => send()
  const lesson = el("select", { id: "lesson", onchange: () => { shown = { lesson: lesson.value || shown.lesson, step: "" }; steps.value = 0; send() } },
    el("option", { value: "" }, words.all_lessons), lessons.map((one) => el("option", { value: one.name }, one.title)))
  const steps = el("select", { id: "steps", onchange: change })
  const locked = el("input", { type: "checkbox", onchange: change })
  const places = el("input", { type: "number", min: 1, max: root.dataset.most, onchange: change })
  const send = async () => {
    try {
      show(await call("set", { lesson: lesson.value, steps: lesson.value ? Number(steps.value) : 0, locked: locked.checked, places: Number(places.value) }))
      tell(words.done)
    } catch (error) {
      tell(error.message, true)
    }
  }
  const renew = async () => show(await call("code", {}))
  const end = async () => {
    if (!confirm(words.close_sure)) return
    await call("close", {})
    closed()
    tell(words.closed)
  }
  parts = { lesson, steps, locked, places, code: el("strong", { class: "code" }), joined: el("p", { class: "joined", role: "status" }),
    of: el("select", { "aria-label": words.chart_of, onchange: () => { shown = { lesson: parts.of.value, step: "" }; look() } },
      lessons.map((one) => el("option", { value: one.name }, one.title))),
    tabs: el("div", { class: "tabs" }), charts: el("div", { "aria-live": "off" }) }
  root.replaceChildren(
    el("section", { class: "step board" },
      el("p", {}, words.type_in, el("b", { class: "address" }, root.dataset.address)), el("p", {}, words.code_is, parts.code), parts.joined,
      el("button", { type: "button", class: "quiet", onclick: renew }, words.renew)),
    el("section", { class: "step settings" }, el("h2", {}, words.settings),
      el("label", {}, words.lesson, lesson), el("label", {}, words.steps_open, steps), el("label", {}, words.places, places),
      el("label", { class: "option" }, locked, el("span", {}, words.lock)),
      el("button", { type: "button", class: "quiet", onclick: end }, words.close), told),
    el("section", { class: "step" }, el("h2", {}, words.charts), el("label", {}, words.chart_of, parts.of), parts.tabs, parts.charts))
}

const fill = (select, options) => {
  const text = JSON.stringify(options)
  if (select.dataset.options === text) return
  select.dataset.options = text
  select.replaceChildren(...options.map(([value, name]) => el("option", { value }, name)))
}
// What the teacher is just changing is left alone.
const set = (field, name, value) => { if (document.activeElement !== field) field[name] = value }

function show(state) {
  if (!state.open) return parts || !root.childElementCount ? closed() : undefined
  if (!parts) build()
  const lesson = lessons.find((one) => one.name === state.lesson)
  parts.code.textContent = `${state.code.slice(0, 3)} ${state.code.slice(3)}`
  parts.joined.textContent = say(words.joined, state)
  fill(parts.steps, [[0, words.all_steps], ...(lesson?.steps || []).map((step, n) => [n + 1, say(words.up_to, { at: n + 1, title: step.title })])])
  set(parts.lesson, "value", state.lesson)
  set(parts.steps, "value", state.steps)
  parts.steps.disabled = !lesson
  set(parts.locked, "checked", state.locked)
  set(parts.places, "value", state.places)
  if (state.lesson && shown.follow !== state.lesson) shown = { lesson: state.lesson, step: "", follow: state.lesson }
  set(parts.of, "value", shown.lesson)
  tabs(state)
  if (state.charts) charts(state)
}

function tabs(state) {
  const lesson = lessons.find((one) => one.name === shown.lesson)
  const gathering = lesson.steps.filter((step) => step.gathers)
  if (!gathering.some((step) => step.id === shown.step)) shown.step = gathering[0]?.id || ""
  const rows = gathering.map((step) => {
    const many = state.counts[`${lesson.name}/${step.id}`] || 0
    return [step.id, `${step.title} (${many})`]
  })
  const text = JSON.stringify([rows, shown.step])
  if (parts.tabs.dataset.rows === text) return
  parts.tabs.dataset.rows = text
  const focused = document.activeElement?.dataset?.tab
  parts.tabs.replaceChildren(...rows.map(([id, name]) => el("button", { type: "button", class: "quiet", "data-tab": id,
    "aria-pressed": String(id === shown.step), onclick: () => { shown.step = id; look() } }, name)))
  if (focused) parts.tabs.querySelector(`[data-tab="${focused}"]`)?.focus()
}

function charts(state) {
  const text = JSON.stringify(state.charts)
  if (drawn === text) return
  drawn = text
  // A table that was unfolded stays so.
  const unfolded = [...parts.charts.querySelectorAll("details")].map((one) => one.open)
  const made = state.charts.map((one) => chart(one, state.curve))
  parts.charts.replaceChildren(...(made.length ? made : [el("p", { class: "muted" }, words.no_questions)]))
  parts.charts.querySelectorAll("details").forEach((one, n) => { one.open = Boolean(unfolded[n]) })
}

function chart(one, line) {
  const head = [el("h3", {}, one.when ? `${one.when} ` : "", one.title), el("p", { class: "muted" }, say(words.answered, { many: one.answered }))]
  if (!one.answered) return el("section", { class: "chart" }, head[0], el("p", { class: "muted" }, words.too_few))
  if (one.kind === "points") {
    const plot = curve(line || [[0, 0], [1, 1]], { label: one.title, x: words.point_x, y: words.point_y })
    plot.move(null)
    plot.crowd(one.points)
    return el("section", { class: "chart" }, head, plot.figure, el("p", {}, words.points_are),
      behind([words.point_x, words.point_y], one.points.map(([a, b]) => [a.toFixed(2), b.toFixed(2)])))
  }
  const choice = one.kind === "choice"
  const rows = one.counts.map((value, n) => ({ name: choice ? letters[n] : one.labels[n], value, kind: one.name === "check" ? "two" : "one" }))
  const legend = choice && el("ol", { class: "legend" }, one.labels.map((label, n) =>
    el("li", {}, label, one.right.includes(n + 1) ? el("b", {}, ` ✓ ${words.is_right}`) : "")))
  return el("section", { class: "chart" }, head, legend, bars(rows, one.title),
    behind([words.answer, words.learners], one.labels.map((label, n) => [label, one.counts[n]])))
}

async function look() {
  try {
    show(await call(`state?${new URLSearchParams({ lesson: shown.lesson, step: shown.step })}`))
  } catch (error) {
    tell(words.offline, true)
  }
}

const again = async () => {
  await look()
  setTimeout(again, EVERY)
}
again()
