// A marked file, laid open; then changed, and after each act what Verify says of it. The server verifies real bytes.
import { el, say, table } from "./learn.js"

const SIGNS = { found: "✓", broken: "×", none: "–" }
const code = (words, name) => words[`code_${name.replace(/\./g, "_")}`] || name
// On a phone the cells of a row stand one below the other.
const stacked = (...given) => el("div", { class: "stack" }, table(...given))
const finding = (layer) => `${SIGNS[layer.state]} ${layer.finding}`

export function mount({ root, data, words, ask, tell, fail, share, state, record }) {
  const result = el("div", {}), rows = []
  const history = el("div", {})
  const name = (act, amount) => say(words[`did_${act}`], { amount: amount.toLocaleString() })

  function report(found) {
    const picture = el("img", { src: found.view, alt: say(words.view, { what: found.act ? name(found.act, found.amount) : found.letter }), class: "view" })
    result.replaceChildren(
      el("div", { class: "with-view" }, picture, el("div", {}, el("h3", {}, words.says), el("p", {}, found.summary),
        found.contradictions.length ? el("ul", { class: "bad" }, found.contradictions.map((one) => el("li", {}, one))) : "")),
      stacked([words.layer, words.finding, words.means], found.layers.map((layer) => [layer.title, finding(layer), layer.meaning])),
      el("details", {}, el("summary", {}, words.hashes), table([words.what, words.value], hashes(found))))
    tell(say(words.told, { summary: found.summary }))
  }
  const hashes = (found) => [
    [words.hash_now, el("code", {}, found.sha256)],
    [words.hash_record, found.recorded ? el("code", {}, found.recorded) : words.nothing],
    ...(found.claims.passed || []).map((one) => [`✓ ${code(words, one)}`, el("code", {}, one)]),
    ...(found.claims.problems || []).map((one) => [`× ${code(words, one)}`, el("code", {}, one)])]

  // Each act becomes a line of one table, so that they can be compared.
  function remember(found) {
    const line = [name(found.act, found.amount), ...found.layers.map(finding)]
    const at = rows.findIndex(([first]) => first === line[0])
    if (at < 0) rows.push(line)
    history.replaceChildren(el("h3", {}, words.history), table([words.done, ...found.layers.map((layer) => layer.title)], rows))
  }
  async function act(one, amount, button) {
    button.disabled = true
    try {
      const found = await ask({ act: one, amount })
      report(found)
      remember(found)
      share({ act: one, amount })
      record(one, { amount, states: found.layers.map((layer) => layer.state) })
    } catch (error) {
      fail(error)
    }
    button.disabled = false
    button.focus()
  }
  function control(one) {
    const amounts = data.amounts[one]
    const chosen = Math.max(0, (amounts || []).indexOf(state.act === one ? state.amount : undefined))
    const slider = amounts && el("input", { type: "range", min: 0, max: amounts.length - 1, value: chosen, "aria-label": words[`amount_${one}`] })
    const value = amounts && el("output", {})
    const amount = () => (amounts ? amounts[Number(slider.value)] : 0)
    const shown = () => { value.textContent = amount().toLocaleString(); slider.setAttribute("aria-valuetext", value.textContent) }
    const button = el("button", { type: "button", class: "quiet", onclick: () => act(one, amount(), button) }, words[`act_${one}`])
    if (amounts) slider.addEventListener("input", shown)
    if (amounts) shown()
    if (state.act === one) act(one, amount(), button)
    return el("div", { class: "act" }, amounts ? el("label", { class: "number" }, el("span", {}, words[`amount_${one}`]), slider, value) : "",
      button, el("p", { class: "muted" }, words[`about_${one}`]))
  }
  if (data.files.length) return riddle({ root, data, words, ask, tell, fail, record, report, result })
  if (data.open) root.append(...laid_open(data.original, words, ask, tell, fail))
  root.append(el("div", { class: "acts" }, data.acts.map(control)), history, result)
  if (data.acts.length) remember(data.original)
  else report(data.original)
}

// Who signed, what was done, when, with what: each claim with who vouches for it.
function laid_open(found, words, ask, tell, fail) {
  const claims = found.claims
  const actions = (claims.actions || []).map((one) => el("div", {}, words[`action_${one.replace(/\W/g, "_")}`] || one, " ", el("code", {}, one)))
  const kind = (claims.sources || []).map((one) => one.split("/").pop())
  const rows = [
    [words.claim_signer, claims.signer, words.vouch_signer],
    [words.claim_actions, el("div", {}, actions), words.vouch_signed],
    [words.claim_kind, kind.map((one) => words[`kind_${one}`] || one).join(", "), words.vouch_signed],
    [words.claim_program, `${claims.generator || ""}, ${claims.model || ""}`, words.vouch_signed],
    [words.claim_time, `${(claims.time || "").replace("T", " ")}`, claims.time_authority ? words.vouch_authority : words.vouch_clock],
    [words.claim_stamp, el("code", {}, found.stamps.credentials || ""), words.vouch_stamp],
    [words.claim_hash, say(words.hash_count, { many: (claims.passed || []).filter((one) => /hash/i.test(one)).length }), words.vouch_hash],
    [words.claim_thumbnail, words.nothing, words.vouch_thumbnail],
    [words.claim_person, words.nothing, words.vouch_person]]
  const save = async () => {
    try {
      const { name, file } = await ask({ save: true })
      const bytes = Uint8Array.from(atob(file), (one) => one.charCodeAt(0))
      const link = el("a", { href: URL.createObjectURL(new Blob([bytes], { type: "image/png" })), download: name })
      link.click()
      tell(say(words.saved, { name }))
    } catch (error) {
      fail(error)
    }
  }
  return [el("h3", {}, words.open), stacked([words.claim, words.value, words.vouch], rows),
    el("p", {}, el("button", { type: "button", class: "quiet", onclick: save }, words.save))]
}

// Files without names: from the reports alone, what was done to each?
function riddle({ root, data, words, ask, tell, fail, record, report, result }) {
  const guesses = {}, told = el("p", { class: "told", role: "status" })
  const marks = {}
  const lines = data.files.map((letter) => {
    const read = async () => {
      try {
        report({ ...(await ask({ letter })), letter: say(words.file, { letter }) })
      } catch (error) {
        fail(error)
      }
    }
    const select = el("select", { "aria-label": say(words.guess, { letter }) },
      el("option", { value: "" }, words.choose), data.acts.map((one) => el("option", { value: one }, words[`did_short_${one}`])))
    select.addEventListener("change", () => { guesses[letter] = select.value })
    marks[letter] = el("span", {})
    return [say(words.file, { letter }), el("button", { type: "button", class: "quiet", onclick: read }, say(words.read, { letter })), select, marks[letter]]
  })
  const check = async () => {
    try {
      const { right, did } = await ask({ guessed: guesses })
      for (const [letter, yes] of Object.entries(right)) marks[letter].textContent = `${yes ? "✓" : "×"} ${words[`did_short_${did[letter]}`]}`
      const many = Object.values(right).filter(Boolean).length
      told.textContent = say(words.right, { many, all: data.files.length })
      record("riddle", many)
    } catch (error) {
      fail(error)
    }
  }
  root.append(stacked([words.file_head, words.report, words.guess_head, words.truth], lines),
    el("button", { type: "button", onclick: check }, words.check), told, result)
}
