// What a balanced set fills into a prompt: ten variants, and how often each value comes.
import { behind, el, say } from "./learn.js"
import { bars } from "./plots.js"

export function mount({ root, data, words, ask, tell, fail, share, state, record }) {
  const field = el("input", { type: "text", maxlength: 200, "aria-label": words.prompt, lang: "en" })
  field.value = state.prompt ?? data.prompts[0]
  const result = el("div", {})
  const go = el("button", { type: "submit" }, words.fill)

  async function fill(event) {
    event?.preventDefault()
    go.disabled = true
    try {
      show(await ask({ prompt: field.value }))
      share({ prompt: field.value })
    } catch (error) {
      fail(error)
    }
    go.disabled = false
    if (event) go.focus()
  }
  function show({ prompts, told }) {
    const names = Object.keys(told)
    result.replaceChildren(
      ...(names.length ? names.map((name) => el("div", {}, el("h3", {}, words[name.replace(/\W/g, "_")] || name),
        bars(Object.entries(told[name]).map(([value, many]) => ({ name: words[value.replace(/\W/g, "_")] || value, value: many })), name))) : [el("p", {}, words.nothing)]),
      names.length ? behind([words.what, words.value, words.times], names.flatMap((name) => Object.entries(told[name]).map(([value, many]) =>
        [words[name.replace(/\W/g, "_")] || name, words[value.replace(/\W/g, "_")] || value, many]))) : "",
      el("h3", {}, words.drawn_from), el("ul", {}, prompts.map((prompt) => el("li", { lang: "en" }, prompt))))
    const said = names.map((name) => words[name.replace(/\W/g, "_")] || name).join(", ")
    tell(names.length ? say(words.told, { names: said }) : words.nothing)
    record("filled", { open: names.length })
  }
  const chips = data.prompts.map((prompt) =>
    el("button", { type: "button", class: "quiet", lang: "en", onclick: () => { field.value = prompt; fill() } }, prompt))
  root.append(el("form", { onsubmit: fill }, el("label", {}, words.prompt, field), go), el("div", { class: "key" }, chips), result)
  if (state.prompt) fill()
}
