// A learner in a class: answers go to the teacher's chart, without a name, until they have arrived; and what the
// teacher opens is open. Nothing is sent but numbers that a lesson declares (`data-records`): no words.
import { el, lesson, limit_steps, say, store } from "./learn.js"

const EVERY = 3000 // milliseconds
const words = JSON.parse(document.getElementById("words").textContent)
const records = JSON.parse(lesson.dataset.records)
const unsent = `${store}-unsent`
const banner = document.querySelector(".in-class")
let sending = false

const kept = () => JSON.parse(sessionStorage.getItem(unsent) || "[]")
const keep = (list) => sessionStorage.setItem(unsent, JSON.stringify(list))

addEventListener("answered", ({ detail: { step, name, value } }) => {
  const fields = records[step]?.[name]
  if (fields === undefined) return
  const plain = fields.length ? Object.fromEntries(fields.map((field) => [field, value?.[field]])) : value
  keep([...kept(), { lesson: lesson.dataset.lesson, step, name, value: plain }])
  send()
})

// One after the other, each until the server has taken it; the server counts what comes twice once.
async function send() {
  if (sending) return
  sending = true
  try {
    for (let list = kept(); list.length; list = kept()) {
      const body = JSON.stringify(list[0])
      const answer = await fetch("../class/answer", { method: "POST", body, headers: { "content-type": "application/json" } })
      if (answer.status === 410) return over()
      // One that is refused would be refused again; with any other failure it is sent again with the next look.
      if (!answer.ok && answer.status !== 400) return
      keep(kept().slice(1))
    }
  } catch {
    // The server does not answer: the next look sends it again.
  } finally {
    sending = false
  }
}

async function look() {
  try {
    const answer = await fetch("../class/state")
    if (answer.status === 410) return over()
    const state = await answer.json()
    if (state.lesson && state.lesson !== lesson.dataset.lesson) {
      banner.replaceChildren(say(words.moved, { lesson: state.title }), " ", el("a", { class: "button", href: state.lesson }, words.follow))
    }
    limit_steps(state.lesson === lesson.dataset.lesson ? state.steps : 0)
    send()
  } catch {
    // Without the server there is nothing to follow; the page says so where it matters.
  }
  setTimeout(look, EVERY)
}

function over() {
  sessionStorage.removeItem(store)
  sessionStorage.removeItem(unsent)
  banner.replaceChildren(words.over)
  limit_steps(0)
}
look()
