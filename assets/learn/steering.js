// Steers away from a concept: one prompt at all strengths, or all prompts at one strength, beside the unsteered picture.
import { behind, el, say, table } from "./learn.js"
import { bars } from "./plots.js"

const SHOWN = 1 // of 255: a picture that differs by less looks the same
const MOST = 128 // of 255: the longest bar, so that bars of different strengths can be compared

export function mount(given) {
  const kept = new Map()
  const picture = (prompt, strength) => {
    const key = JSON.stringify([prompt, strength])
    if (!kept.has(key)) {
      kept.set(key, given.ask({ prompt, strength }))
      kept.get(key).catch(() => kept.delete(key))
    }
    return kept.get(key)
  }
  const name = (strength) => given.words[`strength_${strength || "off"}`]
  return (given.data.view === "prompts" ? all : one)({ ...given, picture, name })
}

function range(words, data, name, start) {
  const value = el("output", {}), reach = el("p", { class: "muted" })
  const field = el("input", { type: "range", min: 0, max: data.strengths.length - 1, value: start, "aria-label": words.strength })
  const said = () => {
    const strength = data.strengths[Number(field.value)]
    value.textContent = name(strength)
    field.setAttribute("aria-valuetext", name(strength))
    reach.textContent = strength ? say(words.reach, { reach: data.reach[strength] }) : words.reach_off
  }
  field.addEventListener("input", said)
  said()
  return { field, box: el("div", {}, el("label", { class: "number" }, el("span", {}, words.strength), field, value), reach) }
}

const figure = (made, alt, caption) =>
  el("figure", {}, el("img", { src: made.file, alt }), el("figcaption", {}, caption))

// One prompt: the pictures of all strengths in a row, and the chosen one large beside the unsteered.
function one({ root, data, words, tell, fail, share, state, picture, name }) {
  const slider = range(words, data, name, Math.max(0, data.strengths.indexOf(state.strength ?? "medium")))
  const choice = el("select", { "aria-label": words.prompt, lang: "en" },
    data.prompts.map((prompt) => el("option", { selected: prompt === state.prompt }, prompt)))
  const pair = el("div", { class: "pair" }), row = el("div", { class: "row" }), why = el("p", { class: "muted" }), plot = el("div", {})
  let latest = 0, made = []
  const prompt = () => choice.value, strength = () => data.strengths[Number(slider.field.value)]

  async function draw() {
    const turn = ++latest
    made = []
    tell(words.drawing)
    root.setAttribute("aria-busy", "true")
    try {
      for (const each of data.strengths) {
        const drawn = await picture(prompt(), each)
        if (turn !== latest) return
        made.push(drawn)
        show()
      }
      finish()
    } catch (error) {
      if (turn === latest) fail(error)
    }
    if (turn === latest) root.removeAttribute("aria-busy")
  }
  const alt = (each) => (each ? say(words.steered_alt, { prompt: prompt(), concept: data.concept, strength: name(each) }) : say(words.plain_alt, { prompt: prompt() }))
  function show() {
    const number = Number(slider.field.value), now = made[number]
    const large = [[made[0], ""], ...(number && now ? [[now, strength()]] : [])]
    pair.replaceChildren(...large.map(([drawn, each]) =>
      figure(drawn, alt(each), each ? say(words.caption, { strength: name(each), difference: drawn.difference.toFixed(1) }) : name(""))))
    row.replaceChildren(...made.map((drawn, n) => figure(drawn, alt(data.strengths[n]), name(data.strengths[n]))))
    // Only where a model cannot be steered: that a picture is the same is seen by its number.
    why.textContent = now && strength() && !now.method ? now.why : ""
    share({ prompt: prompt(), strength: strength() })
  }
  function finish() {
    const rows = made.map((drawn, n) => ({ name: name(data.strengths[n]), value: drawn.difference, text: drawn.difference.toFixed(1) }))
    plot.replaceChildren(el("h3", {}, words.plot), bars(rows, words.plot, MOST),
      behind([words.strength, words.difference], rows.map((each) => [each.name, each.text])))
    heard()
  }
  function heard() {
    const now = made[Number(slider.field.value)]
    if (now) tell(say(words.told, { strength: name(strength()), difference: now.difference.toFixed(1) }))
  }
  slider.field.addEventListener("input", () => made.length && show())
  slider.field.addEventListener("change", heard)
  choice.addEventListener("change", draw)
  root.append(el("p", {}, words.away, " ", el("b", { lang: "en" }, data.concept)),
    data.prompts.length > 1 ? el("label", { class: "choice" }, el("span", {}, words.prompt), choice) : "",
    slider.box, pair, why, el("h3", {}, words.all), row, plot)
  draw()
}

// All prompts at one strength: which of them does it bend?
function all({ root, data, words, tell, fail, share, state, picture, name }) {
  const slider = range(words, data, name, Math.max(0, data.strengths.indexOf(state.strength ?? "weak")))
  const rows = el("div", {}), plot = el("div", {}), count = el("div", { class: "numbers" })
  const strength = () => data.strengths[Number(slider.field.value)]
  let latest = 0

  async function draw() {
    const turn = ++latest, chosen = strength(), made = []
    root.setAttribute("aria-busy", "true")
    share({ strength: chosen })
    try {
      for (const prompt of data.prompts) {
        tell(say(words.drawing_count, { at: made.length + 1, of: data.prompts.length }))
        const pair = [await picture(prompt, ""), await picture(prompt, chosen)]
        if (turn !== latest) return
        made.push({ prompt, pair })
        show(made, chosen)
      }
      finish(made, chosen)
    } catch (error) {
      if (turn === latest) fail(error)
    }
    if (turn === latest) root.removeAttribute("aria-busy")
  }
  function show(made, chosen) {
    rows.replaceChildren(table([words.prompt, name(""), name(chosen), words.difference], made.map(({ prompt, pair }) => [
      el("span", { lang: "en" }, prompt),
      el("img", { class: "small", src: pair[0].file, alt: say(words.plain_alt, { prompt }) }),
      el("img", { class: "small", src: pair[1].file, alt: say(words.steered_alt, { prompt, concept: data.concept, strength: name(chosen) }) }),
      pair[1].difference.toFixed(1)])))
  }
  function finish(made, chosen) {
    const bent = made.filter(({ pair }) => pair[1].difference >= SHOWN).length
    const shown = made.map(({ prompt, pair }) => ({ name: prompt, value: pair[1].difference, text: pair[1].difference.toFixed(1) }))
    count.replaceChildren(el("div", {}, el("b", {}, say(words.of, { many: bent, all: made.length })), words.bent))
    plot.replaceChildren(el("h3", {}, words.plot), bars(shown, words.plot, MOST))
    tell(say(words.told_all, { strength: name(chosen), bent, all: made.length }))
  }
  slider.field.addEventListener("change", draw)
  root.append(el("p", {}, words.away, " ", el("b", { lang: "en" }, data.concept)), slider.box, count, rows, plot)
  draw()
}
