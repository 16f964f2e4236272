// A list of blocked words beside the studio's judgement, on the same prompts. The list stays in this browser.
import { behind, el, say } from "./learn.js"
import { bars } from "./plots.js"

const escaped = (word) => word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")

export function finder(words, whole) {
  const parts = words.map((word) => word.trim().toLowerCase()).filter(Boolean).map(escaped)
  if (!parts.length) return () => false
  const pattern = new RegExp(whole ? `(?<![\\p{L}\\p{N}])(?:${parts.join("|")})(?![\\p{L}\\p{N}])` : parts.join("|"), "u")
  return (prompt) => pattern.test(prompt.toLowerCase())
}

export function counts(rows, stops) {
  const harmless = rows.filter((row) => !row.harmful), harmful = rows.filter((row) => row.harmful)
  return { blocked: harmless.filter(stops).length, missed: harmful.filter((row) => !stops(row)).length,
    harmless: harmless.length, harmful: harmful.length }
}

export function mount({ root, data, words, state, share, tell, record }) {
  const rows = data.rows
  const area = el("textarea", { rows: 5, "aria-label": words.list, spellcheck: "false" })
  area.value = state.words ?? data.begin.join("\n")
  const whole = el("input", { type: "checkbox" })
  whole.checked = state.whole ?? false
  const figures = el("div", {}), examples = el("div", {})
  const studio = counts(rows, (row) => row.stopped)
  const quote = (row) => el("li", { lang: "en" }, row.prompt)
  const listed = (title, some) => [el("h3", {}, say(title, { many: some.length })),
    some.length ? el("ul", {}, some.slice(0, 8).map(quote)) : el("p", {}, words.none)]

  function show() {
    const list = area.value.split(/[\n,;]+/)
    const finds = finder(list, whole.checked), stops = (row) => finds(row.prompt)
    const own = counts(rows, stops)
    const pair = (name, mine, theirs, all) => el("div", {}, el("h3", {}, say(words[name], { all })),
      bars([{ name: words.yours, value: mine, kind: "two" }, { name: words.studio, value: theirs, kind: "one" }], words[name], all))
    figures.replaceChildren(pair("blocked", own.blocked, studio.blocked, own.harmless),
      pair("missed", own.missed, studio.missed, own.harmful),
      behind(["", words.blocked_short, words.missed_short],
        [[words.yours, own.blocked, own.missed], [words.studio, studio.blocked, studio.missed]]))
    examples.replaceChildren(
      ...listed(words.blocked_list, rows.filter((row) => !row.harmful && stops(row))),
      ...listed(words.missed_list, rows.filter((row) => row.harmful && !stops(row))),
      ...listed(words.studio_wrong, rows.filter((row) => row.harmful !== row.stopped)))
    tell(say(words.told, { blocked: own.blocked, missed: own.missed, studio_blocked: studio.blocked, studio_missed: studio.missed }))
    share({ words: area.value.slice(0, 1000), whole: whole.checked })
    record("list", { words: list.filter((word) => word.trim()).length, blocked: own.blocked, missed: own.missed })
  }
  const run = el("button", { type: "button", onclick: show }, words.run)
  root.append(el("label", {}, words.list, area), el("label", { class: "option" }, whole, el("span", {}, words.whole)), run, figures, examples)
  if (state.words) show()
}
