// The same dunes in every colour: the slider turns the colour of the sand, all scores are here already.
import { behind, el, say } from "./learn.js"
import { curve } from "./plots.js"

export function mount({ root, data, words, state, share, tell, record }) {
  const all = data.colours, turns = all.map((one) => one.turn)
  const place = (one) => [(one.turn - turns[0]) / (turns[turns.length - 1] - turns[0]), one.score]
  const plot = curve(all.map(place), { label: say(words.plot, data), x: words.turn, y: say(words.score, data), at: [0, 0.5, 1].map((share) => `${turns[Math.round(share * (turns.length - 1))]}°`) }, "one")
  const begin = all.some((one) => one.turn === state.turn) ? state.turn : turns[turns.length - 1]
  const slider = el("input", { type: "range", min: turns[0], max: turns[turns.length - 1], step: turns[1] - turns[0], value: begin, "aria-label": words.turn })
  const value = el("output", {}), score = el("b", {}), verdict = el("span", {}), picture = el("img", { class: "looked", alt: words.picture })
  const at = () => all.find((one) => one.turn === Number(slider.value))
  const said = (one) => (one.allowed ? words.passes : words.stopped)

  function move() {
    const now = at()
    value.textContent = `${now.turn}°`
    picture.src = now.file
    score.textContent = now.score.toFixed(2)
    verdict.textContent = said(now)
    slider.setAttribute("aria-valuetext", `${now.turn}°, ${now.score.toFixed(2)}`)
    plot.move(place(now))
    share({ turn: now.turn })
  }
  slider.addEventListener("input", move)
  slider.addEventListener("change", () => {
    tell(say(words.told, { turn: at().turn, score: at().score.toFixed(2), verdict: said(at()) }))
    record("turn", at().turn)
  })
  root.append(el("label", { class: "number" }, el("span", {}, words.turn), slider, value),
    el("div", { class: "beside" }, picture, el("div", { class: "numbers" }, el("div", {}, score, say(words.score, data)), el("div", {}, verdict))),
    plot.figure, behind([words.turn, say(words.score, data), ""], all.map((one) => [`${one.turn}°`, one.score.toFixed(4), said(one)])))
  move()
}
