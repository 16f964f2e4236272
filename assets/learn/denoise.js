// Steps through the drawing of one picture, or of two beside each other: what can be seen, and what the model works on.
import { behind, el, say } from "./learn.js"
import { columns } from "./plots.js"

const SETTLE = 250 // ms after the last move of a slider before a picture is asked for
const PACE = 350 // ms of one step when it plays

export function mount({ root, data, words, ask, tell, fail, share, state, record, predicted }) {
  const sides = data.compare ? 2 : 1
  const asked = Array.from({ length: sides }, (_, side) => ({
    prompt: data.prompts[data.compare === "prompt" ? side % data.prompts.length : 0], seed: data.seeds[0],
    guidance: data.guidances[data.compare === "guidance" && side ? data.guidances.length - 1 : 0] }))
  asked.forEach((one, side) => Object.assign(one, known(data, state.pictures?.[side])))
  const views = asked.map(() => view(words, data.latents))
  const slider = el("input", { type: "range", min: 0, max: 1, value: 0, "aria-label": words.step })
  const value = el("output", {})
  const numbers = el("div", { class: "numbers" }), plot = el("div", {})
  const play = el("button", { type: "button", class: "quiet", onclick: () => (timer ? stop() : start()) }, words.play)
  const recognise = data.recognise && el("button", { type: "button", class: "quiet", onclick: () => {
    record("recognised", { at })
    tell(say(predicted == null ? words.recognised : words.recognised_guess, { at, guess: predicted }))
    stop()
  } }, words.recognise)
  const parts = [el("label", { class: "number" }, el("span", {}, words.step), slider, value), el("p", { class: "key" }, play, recognise),
    el("div", { class: "pair" }, views.flatMap((one) => one.figures)), numbers, plot]
  const drawn = el("div", { hidden: true }, parts)
  let result = null, latest = 0, wait = 0, timer = 0, at = state.at ?? null

  const last = () => result.pictures[0].steps.length - 1
  async function draw() {
    const turn = ++latest
    stop()
    root.setAttribute("aria-busy", "true")
    tell(words.drawing)
    try {
      const made = await ask({ pictures: asked })
      if (turn !== latest) return
      result = made
      slider.max = last()
      at = Math.min(at ?? (data.compare ? last() : 0), last())
      views.forEach((one, side) => one.load(made.pictures[side], made.columns, asked[side].prompt))
      drawn.hidden = false
      graph()
      move(at)
      heard()
    } catch (error) {
      if (turn === latest) fail(error)
    }
    if (turn === latest) root.removeAttribute("aria-busy")
  }
  function move(to) {
    at = to
    slider.value = to
    value.textContent = say(words.of, { at: to, of: last() })
    slider.setAttribute("aria-valuetext", value.textContent)
    views.forEach((one) => one.show(to))
    const boxes = result.pictures.flatMap((picture) => [[words.change, picture.steps[to].change], [words.left, picture.steps[to].left]])
    const shown = sides > 1 ? [[words.between, result.between[to]]] : boxes
    numbers.replaceChildren(...shown.map(([name, number]) => el("div", {}, el("b", {}, number.toFixed(1)), name)))
    marker?.(to)
    share({ pictures: asked, at: to })
  }
  let marker = null
  function graph() {
    marker = null
    if (!data.plot) return
    const steps = result.pictures[0].steps
    const bars = columns(steps.slice(1).map((step) => step.change), { label: words.plot, x: words.step, first: 1 })
    marker = (to) => bars.mark(to - 1)
    plot.replaceChildren(el("h3", {}, words.plot), bars.figure,
      behind([words.step, words.change, words.left], steps.map((step, n) => [n, step.change.toFixed(2), step.left.toFixed(2)])))
  }
  const heard = () => {
    const step = result.pictures[0].steps[at]
    tell(sides > 1 ? say(words.told_two, { at, between: result.between[at].toFixed(1) })
      : say(words.told, { at, of: last(), change: step.change.toFixed(1), left: step.left.toFixed(1) }))
  }
  function start() {
    if (at === last()) move(0)
    play.textContent = words.pause
    timer = setInterval(() => (at < last() ? move(at + 1) : (stop(), heard())), PACE)
  }
  function stop() {
    clearInterval(timer)
    timer = 0
    play.textContent = words.play
  }
  slider.addEventListener("input", () => { stop(); move(Number(slider.value)) })
  slider.addEventListener("change", heard)
  const later = () => { clearTimeout(wait); wait = setTimeout(draw, SETTLE) }
  root.append(controls(data, words, asked, later), drawn)
  draw()
}

// Of what a followed link carries, what this lesson offers.
function known(data, picture = {}) {
  const offers = { prompt: data.prompts, seed: data.seeds, guidance: data.guidances }
  return Object.fromEntries(Object.entries(offers).filter(([name, some]) => some.includes(picture?.[name])).map(([name]) => [name, picture[name]]))
}

// What can be chosen: for both pictures together, but for what they are compared by.
function controls(data, words, asked, changed) {
  const choose = (name, options, some, label) => {
    const field = el("select", { "aria-label": label, lang: name === "prompt" ? "en" : null },
      options.map((option) => el("option", { selected: some[0][name] === option }, String(option))))
    field.addEventListener("change", () => { some.forEach((one) => { one[name] = options[field.selectedIndex] }); changed() })
    return el("label", { class: "choice" }, el("span", {}, label), field)
  }
  const slide = (one, label) => {
    const value = el("output", {}, String(one.guidance))
    const field = el("input", { type: "range", min: 0, max: data.guidances.length - 1, value: data.guidances.indexOf(one.guidance), "aria-label": label, "aria-valuetext": String(one.guidance) })
    field.addEventListener("input", () => {
      one.guidance = data.guidances[Number(field.value)]
      field.setAttribute("aria-valuetext", String(one.guidance))
      value.textContent = one.guidance
      changed()
    })
    return el("label", { class: "choice" }, el("span", {}, label), el("span", { class: "number" }, field, value))
  }
  const each = (make) => asked.map((one, side) => make(one, say(words.side, { name: words[`side_${side}`], what: words[data.compare] })))
  const parts = []
  if (data.compare === "prompt") parts.push(...each((one, label) => choose("prompt", data.prompts, [one], label)))
  else if (data.prompts.length > 1) parts.push(choose("prompt", data.prompts, asked, words.prompt))
  if (data.seeds.length > 1) parts.push(choose("seed", data.seeds, asked, words.seed))
  if (data.compare === "guidance") parts.push(...each(slide))
  return el("div", { class: "controls" }, parts)
}

// One picture with its steps: a part of the marked sheet, so that whatever is saved of it is the sheet with its marks.
function view(words, latents) {
  const image = el("img", {}), frame = el("div", { class: "frame" }, image)
  const caption = el("figcaption", { lang: "en" }), finished = el("img", { class: "finished", hidden: true })
  const channels = el("div", { class: "channels", role: "img" }), scale = el("p", { class: "muted" })
  let picture = null, across = 1, prompt = ""
  const load = (made, columns, words) => {
    picture = made
    across = columns
    prompt = words
    image.src = made.sheet
    finished.src = made.file
    caption.textContent = words
    channels.replaceChildren(...(latents ? planes(made.latents) : []))
  }
  const show = (at) => {
    const row = Math.floor(at / across), column = at % across
    image.style.width = `${across * 100}%`
    image.style.left = `${-column * 100}%`
    image.style.top = `${-(row + picture.strip / picture.height) * 100}%`
    frame.style.aspectRatio = `${picture.width} / ${picture.height}`
    image.alt = say(words.picture, { prompt, at })
    finished.alt = say(words.finished_alt, { prompt })
    done.hidden = at < picture.steps.length - 1
    finished.hidden = done.hidden
    frame.hidden = !done.hidden
    if (!latents) return
    paint(channels, picture.latents, at)
    const { channels: many, height, width, least, most } = picture.latents
    channels.setAttribute("aria-label", say(words.channels_alt, { many, height, width, at }))
    scale.textContent = say(words.channels, { many, height, width, least, most })
  }
  const done = el("p", { class: "muted", hidden: true }, words.finished)
  const figures = [el("figure", {}, frame, finished, caption, done), ...(latents ? [el("figure", {}, channels, scale)] : [])]
  return { figures, load, show }
}

const planes = (latents) => Array.from({ length: latents.channels }, () => {
  const canvas = el("canvas", { width: latents.width, height: latents.height })
  return canvas
})

// Each number of the latents as a grey: black is the least of all steps, white the most.
function paint(channels, latents, at) {
  latents.bytes ??= Uint8Array.from(atob(latents.data), (char) => char.charCodeAt(0))
  const size = latents.width * latents.height
  ;[...channels.children].forEach((canvas, channel) => {
    const context = canvas.getContext("2d"), image = context.createImageData(latents.width, latents.height)
    const start = (at * latents.channels + channel) * size
    for (let place = 0; place < size; place += 1) {
      image.data.fill(latents.bytes[start + place], place * 4, place * 4 + 3)
      image.data[place * 4 + 3] = 255
    }
    context.putImageData(image, 0, 0)
  })
}
