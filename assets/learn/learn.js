// One step of a lesson at a time: predict, then the live panel, then a check. What a learner answers stays in this tab
// (sessionStorage), and in a class goes to the teacher's chart without a name (class.js).
import { behind, el, say, table } from "./elements.js"

export { behind, el, say, table }

export const lesson = document.querySelector(".lesson")
// The class that the learner is in; "" without one. What was answered before it is not taken along.
const room = lesson.dataset.room || ""
const words = JSON.parse(document.getElementById("words").textContent)
const steps = [...lesson.querySelectorAll(".step")]
export const store = ["safelight-lesson", lesson.dataset.lesson, room].filter(Boolean).join("-")
const answers = JSON.parse(sessionStorage.getItem(store) || "{}")
const about = lesson.querySelector(".about")
let at = 0
// In a class the teacher opens the steps; at home all of them are open.
let open_until = Number(lesson.dataset.steps) || steps.length

const SHORT = 10, AGAIN = 12 // seconds that are waited without a word, and how often: pictures take longer than sliders

async function call(step, body, again = AGAIN) {
  const address = `${lesson.dataset.lesson}/panel/${step}`
  const options = body ? { method: "POST", body: JSON.stringify(body), headers: { "content-type": "application/json" } } : {}
  let answer
  try {
    answer = await fetch(address, options)
  } catch {
    throw new Error(words.offline)
  }
  const result = await answer.json().catch(() => ({}))
  const wait = Number(answer.headers.get("retry-after")) || 60
  if (answer.status === 429 && wait <= SHORT && again) {
    // Many ask at once, as a class does: soon there is room.
    await new Promise((done) => setTimeout(done, wait * 1000 * (0.5 + Math.random())))
    return call(step, body, again - 1)
  }
  if (!answer.ok) throw new Error(result.error || words.failed)
  return result
}

// What a panel's script gets: `data` is what the server opened it with, `state` what a shared link carries.
async function open(box) {
  if (box.dataset.open) return
  box.dataset.open = "yes"
  const wait = el("p", { class: "wait", role: "status" }, words.computing)
  box.replaceChildren(wait)
  try {
    const [data, script] = await Promise.all([call(box.dataset.step), import(`./${box.dataset.kind}.js`)])
    const root = el("div", {})
    const live = el("p", { class: "told", role: "status" })
    box.replaceChildren(root, live, sharing(box))
    await script.mount({
      root, data, words: data.words || {}, state: shared(box.dataset.step),
      ask: (body) => call(box.dataset.step, body),
      tell: (text) => { live.classList.remove("bad"); live.textContent = text },
      fail: (error) => { live.classList.add("bad"); live.textContent = error.message },
      share: (state) => { box.dataset.state = JSON.stringify(state) },
      record: (name, value) => record(box.dataset.step, name, value),
      everybody: (name) => everybody(box.dataset.step, name),
      // What this lesson's panels recorded under a name; the latest step counts.
      earlier: (name) => steps.map((step) => answers[`${step.id}-${name}`]).findLast((value) => value !== undefined),
      predicted: answers[`${box.dataset.step}-predict`],
    })
  } catch (error) {
    delete box.dataset.open
    box.replaceChildren(el("p", { class: "bad", role: "alert" }, error.message),
      el("button", { type: "button", onclick: () => open(box) }, words.again))
  }
}

const shared = (step) => {
  const found = new URLSearchParams(location.hash.slice(1))
  try {
    return found.get("step") === step ? JSON.parse(found.get("state") || "{}") : {}
  } catch {
    return {}
  }
}

function sharing(box) {
  const told = el("span", { class: "muted", role: "status" })
  const copy = async () => {
    const hash = new URLSearchParams({ step: box.dataset.step, state: box.dataset.state || "{}" })
    const link = `${location.origin}${location.pathname}#${hash}`
    history.replaceState(null, "", `#${hash}`)
    try {
      await navigator.clipboard.writeText(link)
      told.textContent = words.copied
    } catch {
      told.textContent = link
    }
  }
  return el("p", { class: "sheets" }, el("button", { type: "button", class: "quiet", onclick: copy }, words.share), " ", told)
}

function record(step, name, value) {
  answers[`${step}-${name}`] = value
  sessionStorage.setItem(store, JSON.stringify(answers))
  dispatchEvent(new CustomEvent("answered", { detail: { lesson: lesson.dataset.lesson, step, name, value } }))
}

// What a class has recorded, in no order of persons: none before enough have answered, null without a class.
async function everybody(step, name) {
  if (!room) return null
  const query = new URLSearchParams({ lesson: lesson.dataset.lesson, step, name })
  const answer = await fetch(`../class/everybody?${query}`).catch(() => null)
  return answer?.status === 410 ? null : answer?.ok ? (await answer.json()).values : []
}

function question(form, step) {
  const part = form.classList.contains("predict") ? "predict" : "check"
  const range = form.querySelector("input[type=range]")
  const output = form.querySelector("output")
  if (range) range.addEventListener("input", () => { output.textContent = range.value })
  const done = (value, told) => {
    form.querySelector("fieldset").disabled = true
    form.querySelector("button").hidden = true
    const right = form.dataset.right.split(",").filter(Boolean)
    form.querySelectorAll(".option").forEach((option) => {
      const input = option.querySelector("input")
      input.checked = input.value === String(value)
      option.classList.toggle("right", right.includes(input.value))
      option.classList.toggle("wrong", right.length > 0 && input.checked && !right.includes(input.value))
    })
    if (range) output.textContent = range.value = value
    const verdict = !right.length ? words.noted : right.includes(String(value)) ? words.right : words.wrong
    if (told) form.querySelector(".told").textContent = verdict
    show()
  }
  form.addEventListener("submit", (event) => {
    event.preventDefault()
    const value = Number(new FormData(form).get(`${step}-${part}`))
    record(step, part, value)
    done(value, true)
  })
  const before = answers[`${step}-${part}`]
  if (before !== undefined) done(before, false)
}

// What of the step in view may be seen already: the panel after the prediction, the explanation after the check.
function show() {
  steps.forEach((step, number) => {
    step.hidden = number !== at
    if (number !== at) return
    const predicted = !step.querySelector(".predict") || answers[`${step.id}-predict`] !== undefined
    const checked = !step.querySelector(".check") || answers[`${step.id}-check`] !== undefined
    const box = step.querySelector(".panel")
    if (box) box.hidden = !predicted
    if (box && predicted) open(box)
    step.querySelectorAll(".check").forEach((form) => { form.hidden = !predicted })
    step.querySelectorAll(".explain").forEach((part) => { part.hidden = !(predicted && checked) })
  })
  back.disabled = at === 0
  next.hidden = at === steps.length - 1
  next.disabled = at + 1 >= open_until
  waits.hidden = !next.disabled || next.hidden
  bar.value = at + 1
  about.querySelectorAll(":scope > :not(h1)").forEach((part) => { part.hidden = at > 0 })
  count.textContent = say(words.step, { at: at + 1, of: steps.length })
}

function go(number, focus = true) {
  at = Math.max(0, Math.min(open_until - 1, number))
  history.replaceState(null, "", `#${new URLSearchParams({ step: steps[at].id })}`)
  show()
  const heading = steps[at].querySelector("h2")
  heading.tabIndex = -1
  if (focus) heading.focus()
  if (focus) steps[at].scrollIntoView({ block: "start" })
}

// How many steps the teacher has opened; 0 for all. Whoever is further on comes back.
export function limit_steps(many) {
  open_until = many ? Math.min(many, steps.length) : steps.length
  if (at >= open_until) go(open_until - 1, false)
  else show()
}

const back = el("button", { type: "button", class: "quiet", onclick: () => go(at - 1) }, words.back)
const next = el("button", { type: "button", onclick: () => go(at + 1) }, words.next)
const bar = el("progress", { max: steps.length, value: 1, "aria-label": words.progress })
const count = el("span", { class: "muted" })
const waits = el("p", { class: "muted", role: "status" }, words.waits)
lesson.append(waits, el("div", { class: "steps" }, back, bar, count, next))
steps.forEach((step) => step.querySelectorAll("form.question").forEach((form) => question(form, step.id)))
const wanted = new URLSearchParams(location.hash.slice(1)).get("step")
const first = Math.max(0, Math.min(open_until - 1, steps.findIndex((step) => step.id === wanted)))
// A shared link opens its panel at once: whoever follows it need not predict first.
if (wanted && location.hash.includes("state=")) answers[`${wanted}-predict`] ??= null
at = first
show()
