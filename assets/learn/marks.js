// A marked picture is attacked, and verified: which of its marks are left. Or the mark of one is copied onto another.
import { el, say, table } from "./learn.js"

const SIGNS = { found: "✓", broken: "×", none: "–" }
const finding = (layer) => `${SIGNS[layer.state]} ${layer.finding}`
// What an amount is called: blur is set in tenths of a pixel.
const shown = { blur: (amount) => (amount / 10).toFixed(1) }

export function mount({ root, data, words, ask, tell, fail, share, state, record }) {
  const result = el("div", {}), tries = el("div", {}), done = []
  const say_amount = (name, amount) => say(words[`amount_${name}`], { amount: shown[name] ? shown[name](amount) : amount })

  async function working(button, work) {
    button.disabled = true
    root.setAttribute("aria-busy", "true")
    tell(words.working)
    try {
      await work()
    } catch (error) {
      fail(error)
    }
    root.removeAttribute("aria-busy")
    button.disabled = false
    button.focus()
  }

  const means = (text) => el("div", { class: "muted" }, text)

  function report(found, title) {
    // No program reads the label on the picture: the learner does.
    const label = el("select", { "aria-label": words.label, onchange: () => record("label", label.value) },
      ["", "read", "hardly", "gone"].map((one) => el("option", { value: one }, words[`label_${one || "choose"}`])))
    const bits = found.distance == null ? "" : say(words.distance, { bits: found.distance })
    result.replaceChildren(el("h3", {}, title),
      el("div", { class: "beside" }, el("img", { src: found.view, alt: title, class: "looked" }),
        el("div", {}, el("p", {}, el("b", {}, found.summary)),
          found.contradictions.length ? el("ul", { class: "bad" }, found.contradictions.map((one) => el("li", {}, one))) : "",
          el("p", { class: "muted" }, say(words.size, { width: found.width, height: found.height, kilobytes: Math.round(found.bytes / 1024) })))),
      table([words.mark, words.finding], [[words.visible, el("div", {}, label, means(words.visible_means))],
        ...found.layers.map((layer) => [layer.title, el("div", {}, finding(layer), layer.name === "registry" && bits ? ` · ${bits}` : "", means(layer.meaning))])]))
    tell(found.summary)
  }

  function remember(found, title) {
    const line = [title, ...found.layers.map(finding)]
    const at = done.findIndex(([first]) => first === title)
    if (at >= 0) done.splice(at, 1)
    done.unshift(line)
    tries.replaceChildren(el("h3", {}, words.tries), table([words.attack, ...found.layers.map((layer) => layer.title)], done))
    record("tries", done.map(([first, ...layers]) => ({ attack: first, layers })))
  }

  if (data.forge) forging()
  else attacking()

  function attacking() {
    let own = null // {file, prompt} of a picture that this learner has had drawn; it stays in this browser
    const picture = el("select", {}, data.prompts.map((prompt, n) => el("option", { value: n }, say(words.picture_of, { prompt }))))
    const sliders = Object.entries(data.attacks).map(([name, [nothing, most, step]]) => {
      const turned = nothing > most // dragging to the right always attacks more
      const given = state.amounts?.[name] ?? nothing
      const input = el("input", { type: "range", min: 0, max: Math.abs(most - nothing), step, value: Math.abs(given - nothing), "aria-label": words[`attack_${name}`] })
      const output = el("output", {})
      const amount = () => nothing + (turned ? -1 : 1) * Number(input.value)
      const move = () => { output.textContent = amount() === nothing ? words.nothing : say_amount(name, amount()); input.setAttribute("aria-valuetext", output.textContent) }
      input.addEventListener("input", move)
      move()
      return { name, nothing, amount, input, move, row: el("label", { class: "number" }, el("span", {}, words[`attack_${name}`]), input, output) }
    })
    const keep = el("input", { type: "checkbox" })
    keep.checked = state.keep ?? false
    const go = el("button", { type: "submit" }, words.verify)

    const amounts = () => Object.fromEntries(sliders.filter((one) => one.amount() !== one.nothing).map((one) => [one.name, one.amount()]))
    async function attack(event) {
      event?.preventDefault()
      await working(go, async () => {
        const given = amounts(), of = picture.value === "own" ? { file: own.file } : { picture: data.prompts[Number(picture.value)] }
        const found = await ask({ ...of, amounts: given, keep: keep.checked })
        const named = Object.entries(given).map(([name, amount]) => `${words[`attack_${name}`]}: ${say_amount(name, amount)}`)
        const title = [picture.selectedOptions[0].textContent, named.join(", ") || words.untouched, ...(keep.checked && named.length ? [words.kept] : [])].join(" · ")
        report(found, title)
        remember(found, title)
        if (picture.value !== "own") share({ picture: Number(picture.value), amounts: given, keep: keep.checked })
      })
    }
    const reset = el("button", { type: "button", class: "quiet", onclick: () => sliders.forEach((one) => { one.input.value = 0; one.move() }) }, words.reset)
    const attacks = [...sliders.map((one) => one.row), el("label", { class: "option" }, keep, el("span", {}, words.keep))]
    root.append(sliders.length ? el("form", { onsubmit: attack }, el("label", {}, words.picture, picture), el("div", { class: "attacks" }, attacks),
      el("p", { class: "decide" }, go, reset)) : "", data.own ? drawing() : "", result, tries)
    report(data.begin, [picture.selectedOptions[0].textContent, words.untouched].join(" · "))
    if (state.picture != null && data.prompts[state.picture]) {
      picture.value = String(state.picture)
      attack()
    }

    function drawing() {
      const wish = el("input", { type: "text", maxlength: 200, lang: "en", "aria-label": words.wish })
      const button = el("button", { type: "submit", class: "quiet" }, words.draw)
      const draw = (event) => {
        event.preventDefault()
        if (!wish.value.trim()) return wish.focus()
        working(button, async () => {
          const found = await ask({ draw: wish.value })
          own = { file: found.file, prompt: found.prompt }
          picture.querySelector("[value=own]")?.remove()
          picture.append(el("option", { value: "own" }, say(words.picture_own, { prompt: found.prompt })))
          picture.value = "own"
          report(found, [picture.selectedOptions[0].textContent, words.untouched].join(" · "))
        })
      }
      return el("details", {}, el("summary", {}, words.own), el("form", { onsubmit: draw }, el("label", {}, words.wish, wish), button))
    }
  }

  function forging() {
    const choice = (chosen) => el("select", {}, data.prompts.map((prompt, n) => el("option", { value: n, selected: n === chosen }, prompt)))
    const lift = choice(state.lift ?? 0), onto = choice(state.onto ?? 1)
    const whole = el("input", { type: "checkbox" })
    whole.checked = state.whole ?? false
    const go = el("button", { type: "submit" }, words.forge)
    async function forge(event) {
      event?.preventDefault()
      await working(go, async () => {
        const [from, to] = [data.prompts[lift.value], data.prompts[onto.value]]
        const found = await ask({ lift: from, onto: to, credentials: whole.checked })
        const title = say(words[whole.checked ? "forged_whole" : "forged"], { from, to })
        report(found, title)
        remember(found, title)
        share({ lift: Number(lift.value), onto: Number(onto.value), whole: whole.checked })
      })
    }
    root.append(el("form", { onsubmit: forge }, el("div", { class: "controls" }, el("label", {}, words.lift, lift), el("label", {}, words.onto, onto)),
      el("label", { class: "option" }, whole, el("span", {}, words.whole)), go), result, tries)
    if (state.lift != null) forge()
  }
}
