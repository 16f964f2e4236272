// Prompts are decided one by one; then come the own errors, beside the studio's, as points on its curve.
import { behind, el, say, table } from "./learn.js"
import { curve } from "./plots.js"

export function mount({ root, data, words, ask, tell, fail, record, everybody }) {
  const stopped = []
  const prompt = el("blockquote", { lang: "en", class: "prompt" })
  const count = el("p", { class: "muted" })
  const decide = (stop) => () => {
    stopped.push(stop)
    next()
  }
  const undo = el("button", { type: "button", class: "quiet", onclick: () => { stopped.pop(); next() } }, words.undo)
  const pass = el("button", { type: "button", class: "quiet", onclick: decide(false) }, words.pass)
  const stop = el("button", { type: "button", class: "quiet", onclick: decide(true) }, words.stop)
  const buttons = el("div", { class: "decide" }, pass, stop, undo)

  function next() {
    undo.disabled = !stopped.length
    if (stopped.length === data.prompts.length) return finish()
    prompt.textContent = data.prompts[stopped.length]
    count.textContent = say(words.count, { at: stopped.length + 1, of: data.prompts.length })
  }

  async function finish() {
    buttons.hidden = true
    try {
      show(await ask({ stopped }))
    } catch (error) {
      buttons.hidden = false
      stopped.pop()
      next()
      fail(error)
    }
  }

  function show(result) {
    const line = (name, who) => [name, say(words.of, { many: who.blocked, all: who.harmless }), say(words.of, { many: who.missed, all: who.harmful })]
    const plot = curve(result.curve, { label: words.curve, x: words.curve_x, y: words.curve_y })
    plot.move([result.yours.blocked / result.yours.harmless, 1 - result.yours.missed / result.yours.harmful])
    const yes = (truth) => (truth ? words.stopped : words.passed)
    record("errors", result.yours)
    const class_words = el("p", { hidden: true }, words.everybody)
    meet(plot, class_words)
    root.replaceChildren(
      el("h3", {}, words.result), table(["", words.blocked, words.missed], [line(words.you, result.yours), line(words.studio, result.studio)]),
      plot.figure, el("p", {}, words.point), class_words,
      behind([words.curve_x, words.curve_y], result.curve.filter((_, n) => n % 10 === 1).map(([a, b]) => [a.toFixed(2), b.toFixed(2)])),
      el("h3", {}, words.each),
      table([words.prompt, words.you, words.people, words.studio], result.rows.map((row, n) =>
        [el("span", { lang: "en" }, row.prompt), yes(stopped[n]), yes(row.harmful), yes(row.stopped)])))
    const all = result.rows.length, { blocked, missed } = result.yours
    tell(say(words.told, { same: all - blocked - missed, all, blocked, missed }))
  }
  // In a class everybody's points come beside the own one, as they arrive.
  async function meet(plot, class_words) {
    const all = await everybody("errors")
    if (!all) return
    plot.crowd(all.map((one) => [one.blocked / one.harmless, 1 - one.missed / one.harmful]))
    class_words.hidden = !all.length
    setTimeout(() => meet(plot, class_words), 5000)
  }
  root.append(count, prompt, buttons)
  next()
}
