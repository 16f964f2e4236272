// Wishes wait in this tab while one is drawn; the first is sent when the studio is free. Says aloud what is new.
const $ = (selector, root = document) => root.querySelector(selector);
const KEY = "sl-queue", TAKEN = "sl-taken", ASIDE = "sl-aside", CONFIRMED = ["acknowledged", "warning"];
const PATIENCE = 30000; // ms that a busy studio may take to begin
const read = (key, empty) => { try { return JSON.parse(sessionStorage.getItem(key)) ?? empty; } catch { return empty; } };
const write = (key, value) => {
  try { value?.length ? sessionStorage.setItem(key, JSON.stringify(value)) : sessionStorage.removeItem(key); } catch { /* full */ }
};
const seen = (id) => Boolean($(`#${id}`)?.checkVisibility());
const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name]);

let going = false; // after a reload nothing is drawn before somebody says so
let busy = false, began = 0, ended = 0, sentAt = 0, times = [], focused = "", mine = null, names = [], before = "";
const outcome = () => $("#sl-status")?.textContent;

const named = (values) => Object.fromEntries(names.map((name, place) => [name, values[place]])
  .filter(([name]) => !CONFIRMED.includes(name)));

const lost = read(TAKEN, null);
if (lost) { write(KEY, [lost, ...read(KEY, [])]); write(TAKEN, null); }

window.safelightQueue = {
  add(all, values) {
    names = all;
    write(KEY, [...read(KEY, []), values]);
    going = true;
    show();
  },
  // Called by Gradio for what it is about to send: the first wish, or nothing that could be drawn.
  take(all, values) {
    const [first, ...others] = read(KEY, []);
    names = all;
    mine = first;
    before = outcome();
    write(TAKEN, first);
    write(KEY, others);
    const kept = Object.entries(named(first ?? []));
    window.safelight?.sent(kept.map(([name]) => name), kept.map(([, value]) => value));
    show();
    return first ?? values.map(() => null);
  },
};

function show() {
  const box = $("#sl-queue .sl-queue");
  if (!box) return;
  const wishes = read(KEY, []), each = times.reduce((sum, time) => sum + time, 0) / times.length;
  box.hidden = !wishes.length;
  $(".sl-paused", box).hidden = going;
  $(".sl-asks", box).hidden = !wishes.some((values) => values[names.indexOf(CONFIRMED[0])]);
  $("ol", box).replaceChildren(...wishes.map((values, place) => {
    const left = Math.max(1, Math.round(each * (place + 1) - (busy ? (Date.now() - began) / 1000 : 0)));
    return line(KEY, place, values[0], !going || !times.length ? "" : fill(box.dataset.soon, { seconds: left }));
  }));
  const others = read(ASIDE, []), aside = $("#sl-queue .sl-aside");
  aside.hidden = !others.length;
  $("ol", aside).replaceChildren(...others.map(([title, form], place) => line(ASIDE, place, form.prompt, title, form)));
}

// A wish in a list; `form` is what it is taken up with.
function line(key, place, prompt, remark, form) {
  const item = document.createElement("li"), words = document.createElement("span");
  const small = document.createElement("small"), { takeOut, takeUp } = $("#sl-queue .sl-queue").dataset;
  words.textContent = prompt;
  words.dir = "auto";
  small.textContent = remark;
  const button = (name, act) => {
    const one = document.createElement("button");
    Object.assign(one, { type: "button", className: "sl-act", textContent: name, ariaLabel: `${name}: ${prompt}` });
    one.onclick = () => { write(key, read(key, []).filter((_, other) => other !== place)); show(); act?.(); };
    item.append(one);
  };
  item.append(words, small);
  if (form) button(takeUp, () => window.slFill(form));
  button(takeOut);
  return item;
}

// What was sent from the line and came to no picture would be lost with the next one.
function settle() {
  const title = $("#sl-status .sl-statement h2, #sl-status .sl-problem b"), wish = mine;
  mine = null;
  if (wish && title && outcome() !== before) write(ASIDE, [...read(ASIDE, []), [title.textContent, named(wish)]]);
  show();
}

function say(text) {
  const live = $("#sl-queue .sl-live");
  if (!live || !text) return;
  live.textContent = ""; // so that the same sentence twice is read out twice
  setTimeout(() => { live.textContent = text; }, 50);
}

// On a phone the result stands far below the button. What the line sends moves nobody.
function reveal() {
  const result = $("#sl-result");
  if (!mine && result.getBoundingClientRect().top > innerHeight * 0.6) result.scrollIntoView();
}

function tell() {
  if (!$("#sl-prompt :focus")) reveal();
  dispatchEvent(new Event("sl-ended"));
  settle();
  const pictures = [...document.querySelectorAll(".sl-slot .sl-picture")].filter((one) => one.offsetParent).length;
  if (!pictures || $("#sl-status :is(.sl-statement, .sl-problem, .sl-notice)")) return; // these are read out by themselves
  const { ready, readyMany } = $("#sl-queue .sl-queue").dataset;
  times = [...times, (ended - began) / 1000].slice(-5);
  say(fill(pictures > 1 ? readyMany : ready, { count: pictures }));
  show();
}

function follow() {
  const now = seen("sl-stop");
  if (now === busy || (!now && !seen("sl-go"))) return;
  busy = now;
  if (busy) {
    began = Date.now();
    reveal();
  } else {
    ended = Date.now();
    write(TAKEN, null);
    setTimeout(tell, 300); // once the page shows what has come of it
  }
  setTimeout(refocus, 100);
  show();
}

function refocus() { // the button that was pressed has gone: what stands in its place takes the focus
  const active = document.activeElement, gone = active === document.body || !active.checkVisibility();
  if (gone && ["sl-go", "sl-add", "sl-stop"].includes(focused)) $(busy ? "#sl-add" : "#sl-go")?.focus({ preventScroll: true });
}

function send() {
  if (busy || !going || !seen("sl-go") || !read(KEY, []).length) return;
  const since = Date.now() - sentAt;
  if (since < 1500 || Date.now() - ended < 500) return;
  if (read(TAKEN, null) && outcome() !== before) { // over before it was seen to begin
    write(TAKEN, null);
    return settle();
  }
  if (read(TAKEN, null)) { // what was sent last was not begun: it goes back, and waits for a word
    if (since < PATIENCE && !$("#sl-create[data-lost]")) return;
    write(KEY, [read(TAKEN, null), ...read(KEY, [])]);
    write(TAKEN, null);
    going = false;
    show();
    return;
  }
  sentAt = Date.now();
  $("#sl-send").click();
}

let verdict = "", pause = 0;
function listen() {
  const text = $("#sl-judgement .sl-verdict")?.textContent.trim() ?? "";
  if (text === verdict) return;
  verdict = text;
  clearTimeout(pause);
  pause = setTimeout(() => say(verdict), 700); // while somebody types, verdicts come and go
}

document.addEventListener("focusin", ({ target }) => { focused = target.id; });
document.addEventListener("click", ({ target }) => {
  if (!target.closest?.(".sl-paused button")) return;
  going = true;
  show();
});
setInterval(() => { send(); if (busy && read(KEY, []).length) show(); }, 500);
let drawn;
new MutationObserver(() => {
  const box = $("#sl-queue .sl-queue");
  if (box && box !== drawn) { drawn = box; show(); }
  follow();
  listen();
}).observe(document.documentElement, { childList: true, subtree: true, attributes: true, attributeFilter: ["class", "style"] });
