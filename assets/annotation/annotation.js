// Pairs come some at a time and their pictures are loaded ahead, so that the next one stands there at once.
"use strict";
const ROOT = "/annotate", AHEAD = 4, LEAST = 3;
const $ = (query) => document.querySelector(query);
const work = $("#work"), sides = document.querySelectorAll(".side"), back = $("[data-back]"), agree = $("#agree");
const waiting = [], loaded = new Map();
let now = null, before = null, left = 0, asking = false, unsent = 0, sending = Promise.resolve();

const say = (text) => { $("#said").textContent = text; };
const address = (stamp) => `${ROOT}/picture/${stamp}`;

async function call(path, body) {
  const options = body && {
    method: "POST", body: JSON.stringify(body), keepalive: true,
    headers: { "Content-Type": "application/json", "X-Form-Key": work.dataset.key },
  };
  try {
    const answer = await fetch(`${ROOT}/${path}`, options);
    const row = await answer.json();
    if (answer.status === 401) location.reload();
    if (row.error) say(row.error);
    return answer.ok ? row : null;
  } catch {
    say("The studio does not answer. Nothing is lost: try again in a moment.");
    return null;
  }
}

function preload() {
  for (const pair of waiting.slice(0, AHEAD)) for (const stamp of pair.stamps) {
    if (!loaded.has(stamp)) { const image = new Image(); image.src = address(stamp); loaded.set(stamp, image); }
  }
}

async function ask() {
  if (asking) return;
  asking = true;
  await sending;
  const row = await call("pairs");
  asking = false;
  if (!row) return;
  const there = new Set([now, ...waiting].filter(Boolean).map((pair) => pair.stamps.slice().sort().join()));
  waiting.push(...row.pairs.filter((pair) => !there.has(pair.stamps.slice().sort().join())));
  left = row.left;
  preload();
  if (!now) next(); else count();
}

function show(pair) {
  now = pair;
  work.classList.toggle("empty", !pair);
  $("#prompt").textContent = pair ? pair.prompt : "";
  sides.forEach((side, at) => {
    side.disabled = !pair;
    if (pair) side.firstElementChild.src = address(pair.stamps[at]); else side.firstElementChild.removeAttribute("src");
  });
  back.disabled = !before;
  count();
}

const count = () => say(now ? `${left} left` : unsent ? "Saving..." : "There is nothing more to compare. Thank you.");

// One after the other, in the order in which they were given.
function send(path, body, failed) {
  unsent += 1;
  sending = sending.then(() => call(path, body)).then((row) => {
    unsent -= 1;
    if (row) { if (!now && !waiting.length) count(); } else failed?.();
  });
}

function next() {
  show(waiting.shift() || null);
  preload();
  if (waiting.length < LEAST && left > waiting.length + (now ? 1 : 0)) ask();
}

function answer(which) {
  if (!now || work.hidden) return;
  const pair = now, better = { first: pair.stamps[0], second: pair.stamps[1], none: "none" }[which];
  before = pair;
  left = Math.max(0, left - 1);
  // One that did not arrive is shown once more.
  send("answer", { stamps: pair.stamps, better }, () => {
    waiting.unshift(pair);
    left += 1;
    if (!now) { const said = $("#said").textContent; next(); say(said); }
  });
  next();
}

function goBack() {
  if (!before || work.hidden) return;
  const pair = before;
  before = null;
  if (now) waiting.unshift(now);
  left += 1;
  send("back", { stamps: pair.stamps });
  show(pair);
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (button && button.dataset.answer) answer(button.dataset.answer);
  if (button && "back" in button.dataset) goBack();
});
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
  const which = { 1: "first", 2: "second", 0: "none" }[event.key];
  if (which) { event.preventDefault(); answer(which); }
  if (event.key === "Backspace") { event.preventDefault(); goBack(); }
});
addEventListener("beforeunload", (event) => { if (unsent) event.preventDefault(); });
agree.addEventListener("change", async () => {
  const row = await call("consent", { on: agree.checked });
  if (!row) { agree.checked = !agree.checked; return; }
  work.hidden = !agree.checked;
  waiting.length = 0; before = null; now = null;
  if (agree.checked) ask(); else say(row.said);
});
if (agree.checked) ask();
