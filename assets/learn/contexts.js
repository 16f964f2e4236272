// One prompt in every mode: the scores are the same, the limits are not.
import { el, say, table } from "./learn.js"

export function mount({ root, data, words, ask, tell, fail, share, state }) {
  const field = el("input", { type: "text", maxlength: 500, "aria-label": words.prompt, lang: "en" })
  field.value = state.prompt ?? data.prompts[0] ?? ""
  const result = el("div", {})
  const go = el("button", { type: "submit" }, words.judge)

  async function judge(event) {
    event?.preventDefault()
    go.disabled = true
    try {
      show((await ask({ prompt: field.value })).modes)
      share({ prompt: field.value })
    } catch (error) {
      fail(error)
    }
    go.disabled = false
  }

  function show(modes) {
    const number = (value) => (value == null ? "" : value.toFixed(3))
    const why = (mode) => mode.reasons.map((reason) =>
      el("div", {}, say(words[`reason_${reason.verdict}`] || words.reason_block, { category: reason.category, score: number(reason.score), limit: number(reason.limit) })))
    const margins = modes.flatMap((mode) => mode.reasons).find((reason) => Object.keys(reason.margins).length)
    result.replaceChildren(
      table([words.mode, words.verdict, words.reasons],
        modes.map((mode) => [mode.title, `${mode.allowed ? "✓" : mode.name === "warn" ? "?" : "×"} ${mode.verdict}`,
          mode.reasons.length ? el("div", {}, why(mode)) : words.no_reason])),
      margins ? el("div", {}, el("h3", {}, say(words.margins, { category: margins.category })),
        table([words.mode, words.margin], Object.entries(margins.margins).map(([title, margin]) =>
          [title, `${margin > 0 ? "+" : ""}${margin.toFixed(3)} ${margin > 0 ? words.above : words.below}`]))) : "",
      el("h3", {}, words.scores),
      modes[0].scores.length ? table([words.category, words.score], modes[0].scores.map((one) => [one.category, number(one.score)])) : el("p", {}, words.no_scores))
    tell(modes.map((mode) => `${mode.title}: ${mode.verdict}`).join(". "))
  }
  const chips = data.prompts.map((prompt) =>
    el("button", { type: "button", class: "quiet", lang: "en", onclick: () => { field.value = prompt; judge() } }, prompt))
  root.append(el("form", { onsubmit: judge }, el("label", {}, words.prompt, field), go), el("div", { class: "key" }, chips), result)
  if (state.prompt) judge()
}
