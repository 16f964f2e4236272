// One refusal from three sides. What the learner writes and decides stays in this browser and is sent along each time.
import { behind, el, say, table } from "./learn.js"
import { statement } from "./own_reasons.js"

// Long numbers and fingerprints, cut.
const short = (value) => (/^\d+\.\d{3,}$/.test(value) ? Number(value).toFixed(2) : value.length > 16 ? `${value.slice(0, 16)}…` : value)

export function mount({ root, data, words, state, ask, tell, fail, share, record, earlier }) {
  const known = (name) => state[name] ?? earlier?.(name) ?? ""
  const result = el("div", {})
  const quoted = el("blockquote", { lang: "en", class: "prompt" }, data.prompt)
  const area = (name, most) => {
    const node = el("textarea", { rows: 4, maxlength: most, "aria-label": words[name] })
    node.value = known(name)
    return node
  }
  const choice = (name, options) => options.map((one) => el("label", { class: "option" },
    el("input", { type: "radio", name: `court-${name}`, value: one, checked: known(name) === one }), el("span", {}, words[`${name}_${one}`])))
  const picked = (name) => root.querySelector(`input[name=court-${name}]:checked`)?.value ?? ""
  const button = (text, does) => {
    const node = el("button", { type: "button", onclick: async () => {
      node.disabled = true
      try {
        await does()
      } catch (error) {
        fail(error)
      }
      node.disabled = false
    } }, text)
    return node
  }
  const keep = (values) => {
    Object.entries(values).forEach(([name, value]) => record(name, value))
    share({ ...state, ...values })
  }
  const remark = () => known("remark") || words.default_remark

  const roles = {
    async refused() {
      const text = area("remark", data.most_remark)
      result.append(statement((await ask({})).statement), el("h3", {}, words.your_turn), ...choice("accept", ["appeal", "accept"]),
        el("label", {}, words.remark, text),
        button(words.done, () => {
          keep({ accept: picked("accept"), remark: text.value })
          tell(picked("accept") === "accept" ? words.told_accept : words.told_appeal)
        }))
    },
    async reviewer() {
      const { review } = await ask({ remark: remark() })
      const text = area("reason", data.most_reason)
      const number = (value) => (value == null ? "" : value.toFixed(2))
      result.append(el("h3", {}, words.seen), table([], [[words.prompt, el("span", { lang: "en" }, review.prompt)], [words.said, review.remark]]),
        table([words.rule, words.score, words.limit], review.reasons.map((one) => [`${one.code} ${one.title}`, number(one.score), number(one.threshold)])),
        el("p", { class: "muted" }, words.unseen), el("h3", {}, words.your_turn), ...choice("outcome", data.outcomes),
        el("label", {}, words.reason, text),
        button(words.done, async () => {
          const outcome = picked("outcome")
          if (!outcome) throw new Error(words.choose)
          const answer = await ask({ remark: remark(), outcome, reason: text.value, ends: true })
          keep({ outcome, reason: text.value })
          tell(words[`told_${answer.status.outcome}`] ?? "")
        }))
    },
    async depicted() {
      const text = area("wish", data.most_reason)
      result.append(el("p", {}, words[`met_${known("outcome") || "none"}`]), el("h3", {}, words.your_turn), ...choice("agree", ["yes", "marked", "no"]),
        el("label", {}, words.wish, text),
        button(words.done, () => {
          keep({ agree: picked("agree"), wish: text.value })
          tell(words.told_depicted)
        }))
    },
    async record() {
      const outcome = known("outcome") || "upheld", reason = known("reason") || words.default_reason
      result.append(el("p", { class: "muted" }, known("outcome") ? words.as_decided : words.not_decided), button(words.run, async () => {
        const answer = await ask({ remark: remark(), outcome, reason })
        shown.replaceChildren(
          el("h3", {}, words.sides), table([words.side, words.decided, words.in_record], [
            [words.side_refused, words[`accept_${known("accept") || "appeal"}`], words.there],
            [words.side_reviewer, words[`outcome_${outcome}`], words.there],
            [words.side_depicted, known("agree") ? words[`agree_${known("agree")}`] : words.none, words.not_there]]),
          el("h3", {}, words.rows), table([words.event, words.facts], answer.rows.map((row) => [words[`event_${row.event}`] ?? row.event,
            el("div", {}, Object.entries(row.facts).slice(0, 12).map(([name, value]) => el("div", {}, `${name}: ${short(value)}`)))])),
          behind([words.event, words.time], answer.rows.map((row) => [row.event, row.time])),
          el("p", {}, answer.opens ? say(words.opens, { until: answer.status.until.slice(0, 10) }) : words.stays),
          el("p", {}, answer.breaks.length ? answer.breaks.join(" ") : words.whole))
        tell(say(words.told_record, { many: answer.rows.length }))
        share({ remark: remark(), outcome, reason, agree: known("agree"), accept: known("accept") })
      }))
      const shown = el("div", {})
      result.append(shown)
    },
  }
  root.append(quoted, result)
  if (!data.is_refused) return result.append(el("p", {}, words.not_refused))
  return roles[data.role]()
}
