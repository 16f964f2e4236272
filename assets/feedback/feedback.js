// Fills the places for feedback, and sends what is pressed. Only where the operator takes feedback.
let frame = null, asked = null;
const within = (place, query) => place.querySelector(query);
const places = () => [...document.querySelectorAll(".sl-fb")];

async function call(path, body) {
  const options = body && { method: "POST", body: JSON.stringify(body), headers: { "Content-Type": "application/json" } };
  try {
    const answer = await fetch("feedback/" + path, options);
    return await answer.json();
  } catch {
    return { error: frame?.lost || "" };
  }
}

async function fill() {
  if (!places().some((place) => !place.firstChild)) return;
  frame ??= await (asked ??= call("frame"));
  asked = null;
  if (!frame.html) { frame = null; return; }
  for (const place of places()) {
    if (!place.firstChild) place.innerHTML = frame.html;
    const more = place.dataset.stamp && siblings(place).length;
    if (more) place.dataset.more = ""; else delete place.dataset.more;
  }
}

// The other pictures of one prompt that are on the page.
const siblings = (place) => places().filter((other) =>
  other.dataset.case === place.dataset.case && other.dataset.stamp && other.dataset.stamp !== place.dataset.stamp);

async function agree(box) {
  const on = box.checked, row = await call("act", { do: "agree", on });
  if (row.error) { box.checked = !on; say(box.closest(".sl-fb"), row.error); return; }
  frame = null;
  for (const place of places()) place.replaceChildren();
  await fill();
  const place = document.querySelector(`.sl-fb [data-fb=agree]`)?.closest(".sl-fb");
  if (place) { say(place, row.said); within(place, "[data-fb=agree]").focus(); }
}

const say = (place, text) => { within(place, ".sl-fb-said").textContent = text || ""; };

async function press(button) {
  const place = button.closest(".sl-fb"), what = button.dataset.fb, { stamp, prompt, case: id } = place.dataset;
  const why = within(place, ".sl-fb-why");
  if (what === "down") { why.hidden = false; within(why, "button").focus(); return; }
  const sent = what === "up" ? [{ do: "rate", stamp, prompt, rating: "up", reasons: [] }]
    : what === "best" ? siblings(place).map((other) => ({ do: "choose", chosen: stamp, rejected: other.dataset.stamp, prompt }))
    : what === "refusal" ? [{ do: "refusal", case: id, prompt }]
    : [{ do: "rate", stamp, prompt, rating: "down", reasons: what === "other" ? [] : [what] }];
  let row = {};
  for (const one of sent) { row = await call("act", one); if (row.error) break; }
  if (row.error) { say(place, row.error); return; }
  why.hidden = !button.closest(".sl-fb-why");
  for (const other of place.querySelectorAll("button")) {
    const mine = other === button || (other.dataset.fb === "down" && button.closest(".sl-fb-why"));
    if (what !== "best" && other.dataset.fb !== "best") other.setAttribute("aria-pressed", Boolean(mine));
  }
  if (what === "best") {
    for (const other of [place, ...siblings(place)]) within(other, "[data-fb=best]").setAttribute("aria-pressed", other === place);
  }
  say(place, row.said);
}

document.addEventListener("click", (event) => {
  const button = event.target.closest?.(".sl-fb button[data-fb]");
  if (button) press(button);
});
document.addEventListener("change", (event) => { if (event.target.matches?.(".sl-fb [data-fb=agree]")) agree(event.target); });
new MutationObserver(fill).observe(document.documentElement, { childList: true, subtree: true });
