// Fifty pictures of a profession: they come in while they are drawn for everybody; what was told, what was measured,
// and what the learner sees for themselves.
import { behind, el, say, table } from "./learn.js"
import { bars } from "./plots.js"

const PAUSE = 1500 // ms between two looks at how far the drawing is
const percent = (share) => `${Math.round(share * 100)} %`

export async function mount(given) {
  const { root, data, words, ask, tell, fail } = given
  const people = [...data.people]
  let counts = data.counts
  const progress = el("progress", { max: data.total, value: people.length, "aria-label": words.progress })
  const status = el("p", { class: "wait", role: "status" })
  const grid = el("div", { class: "people", role: "group", "aria-label": say(words.grid, { prompt: data.prompt }) })
  const body = el("div", {})
  root.append(el("div", {}, status, progress), grid, body)
  const views = { asked, sample, balanced }
  let view

  function add(some) {
    for (const one of some) grid.append(picture(one, words))
    const waits = people.length < data.total
    progress.hidden = !waits
    progress.value = people.length
    status.textContent = waits
      ? say(people.length || !data.before ? words.drawing : words.waiting, { many: people.length, all: data.total, before: data.before })
      : say(words.drawn, { many: people.length })
  }
  const more = async () => {
    while (people.length < data.total && root.isConnected) {
      await new Promise((done) => setTimeout(done, PAUSE))
      if (root.closest("[hidden]")) continue // another step is in view
      try {
        const answer = await ask({ since: people.length })
        data.before = answer.before
        counts = answer.counts
        people.push(...answer.people)
        add(answer.people)
        show()
        if (people.length === data.total) tell(say(words.drawn, { many: people.length }))
      } catch (error) {
        return fail(error)
      }
    }
  }
  const show = () => {
    if (!people.length) return
    view ??= views[data.show]({ ...given, body, people, all: () => counts })
    view()
  }
  add(people)
  show()
  more()
}

const told = (one) => Object.values(one.told)
const picture = (one, words) => el("figure", { class: "person" },
  el("img", { src: one.view, width: 96, height: 96, loading: "lazy", alt: say(words.person, { shade: words[key(one.shade)], told: told(one).map((value) => words[key(value)] || value).join(", ") || words.nothing_told }) }))
const key = (value) => value.replace(/ skin$/, "").replace(/\W/g, "_")

// How light the faces are, of the first n pictures: every share with its interval.
function asked({ body, people, data, words, all, state, share, tell, record }) {
  const slider = el("input", { type: "range", min: 1, max: people.length, value: state.first || people.length, "aria-label": words.first })
  const value = el("output", {}), chart = el("div", {})
  const move = () => {
    const first = Math.min(Number(slider.value), people.length), found = all().upto[first - 1]
    value.textContent = first
    const rows = Object.keys(data.shades).map((name) => ({ name: words[key(name)], value: found[name][0], text: say(words.bar, { many: found[name][0], low: percent(found[name][1]), high: percent(found[name][2]) }) }))
    chart.replaceChildren(bars(rows, words.chart, first), el("p", { class: "muted" }, words.interval),
      behind([words.shade, words.pictures, words.share, words.interval_head], Object.keys(data.shades).map((name) =>
        [words[key(name)], found[name][0], percent(found[name][0] / first), `${percent(found[name][1])} – ${percent(found[name][2])}`])))
    share({ first })
  }
  slider.addEventListener("input", move)
  slider.addEventListener("change", () => { record("first", Number(slider.value)); tell(say(words.told_first, { first: slider.value })) })
  body.append(el("h3", {}, words.measured), el("p", {}, words.how_measured),
    el("label", { class: "number" }, el("span", {}, words.first), slider, value), chart)
  return () => {
    const whole = Number(slider.value) === Number(slider.max)
    slider.max = people.length
    if (whole && !state.first) slider.value = people.length
    move()
  }
}

// Ten at random out of all, again and again: how far chance alone carries the count.
function sample({ body, people, data, words, share, state, tell, record }) {
  const results = [...(state.results || [])].slice(0, 200)
  const last = el("p", { class: "told", role: "status" }), chart = el("div", {})
  const women = (some) => some.filter((one) => one.told.gender === "woman").length
  const draw = (many) => {
    for (let n = 0; n < many; n += 1) results.push(women(shuffled(people).slice(0, data.sample)))
    show()
    const at = results.at(-1), [low, high] = data.chances[at]
    last.textContent = say(words.drew, { many: at, of: data.sample, low: percent(low), high: percent(high) })
    share({ results })
    record("samples", { draws: results.length, least: Math.min(...results), most: Math.max(...results) })
  }
  const enough = () => people.length >= 2 * data.sample
  const one = el("button", { type: "button", onclick: () => draw(1) }, say(words.take, { many: data.sample }))
  const lots = el("button", { type: "button", class: "quiet", onclick: () => draw(20) }, words.take_more)
  function show() {
    one.disabled = lots.disabled = !enough()
    const times = (many) => results.filter((result) => result === many).length
    const kinds = [...Array(data.sample + 1).keys()]
    chart.replaceChildren(
      bars(kinds.map((many) => ({ name: say(words.women, { many }), value: times(many) })), words.sample_chart),
      el("p", {}, say(words.whole, { many: women(people), all: people.length })),
      behind([words.women_head, words.times, words.interval_head], kinds.map((many) => [many, times(many), data.chances[many].map(percent).join(" – ")])))
  }
  body.append(el("h3", {}, words.samples), el("div", { class: "decide" }, one, lots), last, chart)
  return show
}

function shuffled(some) {
  const all = [...some]
  for (let n = all.length - 1; n > 0; n -= 1) {
    const other = Math.floor(Math.random() * (n + 1))
    ;[all[n], all[other]] = [all[other], all[n]]
  }
  return all
}

// What was filled in, beside what is measured and what the learner sees in ten of them.
function balanced({ body, people, data, words, all, tell, record }) {
  const charts = el("div", {}), eye = el("div", {})
  body.append(eye, charts)
  let asked = false
  return () => {
    const counts = all()
    charts.replaceChildren(
      el("h3", {}, words.filled),
      ...Object.entries(counts.told).map(([attribute, values]) => el("div", {}, el("h4", {}, words[key(attribute)] || attribute),
        bars(Object.entries(values).map(([value, many]) => ({ name: words[key(value)] || value, value: many })), words[key(attribute)] || attribute))),
      el("h3", {}, words.measured), bars(Object.entries(counts.shades).map(([name, many]) => ({ name: words[key(name)], value: many, kind: "two" })), words.chart),
      el("p", {}, say(words.as_told, { many: counts.as_told, all: counts.told_shades })),
      behind([words.shade, words.told_head, words.measured_head], Object.keys(data.shades).map((name) =>
        [words[key(name)], counts.told["skin tone"]?.[`${name} skin`] || 0, counts.shades[name]])),
      el("h3", {}, words.missed), el("p", {}, words.about_missed),
      table([words.told_head, words.drawn_light, words.learned_light], Object.entries(counts.lightness).map(([name, light]) =>
        [words[key(name)], light.toFixed(0), data.shades[name].toFixed(0)])))
    if (!asked && people.length >= data.sample) {
      asked = true
      eye.append(...own_eye({ people: people.slice(0, data.sample), words, tell, record }))
    }
  }
}

// The learner says what they see before they read what the model was told.
function own_eye({ people, words, tell, record }) {
  const seen = people.map(() => ""), told = el("p", { class: "told", role: "status" }), truth = people.map(() => el("p", { class: "muted" }))
  const rows = people.map((one, n) => {
    const select = el("select", { "aria-label": say(words.i_see, { number: n + 1 }) },
      el("option", { value: "" }, words.choose), ["woman", "man", "cannot"].map((value) => el("option", { value }, words[`see_${value}`])))
    select.addEventListener("change", () => { seen[n] = select.value })
    return el("div", { class: "looked-at" }, el("img", { src: one.view, width: 96, height: 96, alt: `${say(words.picture, { number: n + 1 })}. ${say(words.measured_shade, { shade: words[key(one.shade)] })}` }), select, truth[n])
  })
  const check = () => {
    if (seen.some((value) => !value)) {
      told.textContent = words.all_first
      return
    }
    const hits = people.filter((one, n) => one.told.gender === seen[n]).length
    people.forEach((one, n) => { truth[n].textContent = Object.values(one.told).map((value) => words[key(value)] || value).join(", ") || words.nothing_told })
    told.textContent = say(words.own, { many: hits, all: people.length, cannot: seen.filter((value) => value === "cannot").length })
    record("seen", { as_told: hits, cannot: seen.filter((value) => value === "cannot").length })
  }
  return [el("h3", {}, words.own_eye), el("p", {}, words.about_eye), el("div", { class: "looks" }, rows),
    el("button", { type: "button", onclick: check }, words.compare), told]
}
