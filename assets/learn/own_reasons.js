// A statement of reasons, first in the learner's words, then the studio's. What is written stays in this browser.
import { el, say, table } from "./learn.js"

// The studio's statement, part by part.
export const statement = (one) => el("div", { class: "statement" },
  el("p", {}, el("b", {}, one.title), ` ${one.possible}`),
  table([], one.pairs),
  el("h4", {}, one.why),
  one.grounds.map((ground) => el("div", {}, el("p", {}, el("b", {}, ground.title), `: ${ground.text}`),
    el("p", { class: "muted" }, ground.clause),
    ground.quotes.length ? el("p", { lang: "en" }, ground.quotes.map((quote) => `“${quote}”`).join(", ")) : "",
    ground.signals.map((signal) => el("p", { class: "muted" }, signal)))),
  one.passing.map((each) => el("p", {}, each)), el("p", {}, one.automatic),
  [one.appeal, one.stored].map(([name, text]) => el("p", {}, el("b", {}, name), `: ${text}`)))

export function mount({ root, data, words, state, ask, tell, fail, share, record, earlier }) {
  const own = state.limits ?? earlier?.("policy") ?? {}
  const prompt = el("select", { "aria-label": words.prompt, lang: "en" },
    data.prompts.map((one, n) => el("option", { value: n, selected: n === (state.prompt ?? 0) }, one)))
  const area = el("textarea", { rows: 6, "aria-label": words.write })
  area.value = earlier?.("text") ?? ""
  const points = ["what", "why", "where", "who", "how"].map((name) =>
    el("label", { class: "option" }, el("input", { type: "checkbox" }), el("span", {}, words[`point_${name}`])))
  const result = el("div", {})
  const go = el("button", { type: "button", onclick: compare }, words.compare)

  async function compare() {
    go.disabled = true
    try {
      const body = { prompt: Number(prompt.value), ...(Object.keys(own).length ? { limits: own } : {}) }
      const answer = await ask(body)
      result.replaceChildren(el("div", { class: "side" },
        el("div", {}, el("h3", {}, words.yours), el("p", { class: "own" }, area.value || words.empty)),
        el("div", {}, el("h3", {}, words.studio), answer.statement ? statement(answer.statement) : el("p", {}, words.passes))))
      record("text", area.value)
      share(body)
      tell(answer.statement ? say(words.told, { title: answer.statement.title }) : words.passes)
    } catch (error) {
      fail(error)
    }
    go.disabled = false
  }
  prompt.addEventListener("change", () => result.replaceChildren())
  root.append(el("label", {}, words.prompt, prompt),
    el("p", { class: "muted" }, Object.keys(own).length ? words.own_policy : words.general_policy),
    el("label", {}, words.write, area), el("fieldset", { class: "plain" }, el("legend", {}, words.points), points), go, result)
}
