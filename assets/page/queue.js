// Wishes wait in this tab while one is drawn; the first is sent when the studio is free. Says aloud what is new.
const $ = (selector, root = document) => root.querySelector(selector);
const KEY = "sl-queue", TAKEN = "sl-taken", CONFIRMED = ["acknowledged", "warning"];
const read = (key, empty) => { try { return JSON.parse(sessionStorage.getItem(key)) ?? empty; } catch { return empty; } };
const write = (key, value) => {
  try { value?.length ? sessionStorage.setItem(key, JSON.stringify(value)) : sessionStorage.removeItem(key); } catch { /* full */ }
};
const seen = (id) => Boolean($(`#${id}`)?.offsetParent);
const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name]);

let going = false; // after a reload nothing is drawn before somebody says so
let busy = false, began = 0, ended = 0, sentAt = 0, times = [], focused = "";

const lost = read(TAKEN, null);
if (lost) { write(KEY, [lost, ...read(KEY, [])]); write(TAKEN, null); }

window.safelightQueue = {
  add(names, values) {
    write(KEY, [...read(KEY, []), values]);
    going = true;
    show();
  },
  // Called by Gradio for what it is about to send: the first wish, or nothing that could be drawn.
  take(names, values) {
    const [first, ...others] = read(KEY, []);
    write(TAKEN, first);
    write(KEY, others);
    const kept = names.map((name, place) => [name, first?.[place]]).filter(([name]) => !CONFIRMED.includes(name));
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
  $("ol", box).replaceChildren(...wishes.map((values, place) => {
    const item = document.createElement("li"), words = document.createElement("span");
    const when = document.createElement("small"), out = document.createElement("button");
    words.textContent = values[0];
    words.dir = "auto";
    const left = Math.max(1, Math.round(each * (place + 1) - (busy ? (Date.now() - began) / 1000 : 0)));
    when.textContent = !going || !times.length ? "" : fill(box.dataset.soon, { seconds: left });
    out.type = "button";
    out.className = "sl-act";
    out.textContent = box.dataset.takeOut;
    out.setAttribute("aria-label", `${box.dataset.takeOut}: ${values[0]}`);
    out.onclick = () => { write(KEY, read(KEY, []).filter((_, other) => other !== place)); show(); };
    item.append(words, when, out);
    return item;
  }));
}

function say(text) {
  const live = $("#sl-queue .sl-live");
  if (!live || !text) return;
  live.textContent = ""; // so that the same sentence twice is read out twice
  setTimeout(() => { live.textContent = text; }, 50);
}

function tell() {
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
  if (busy) began = Date.now();
  else {
    ended = Date.now();
    write(TAKEN, null);
    setTimeout(tell, 300); // once the page shows what has come of it
  }
  setTimeout(refocus, 100);
  show();
}

function refocus() { // the button that was pressed has gone: what stands in its place takes the focus
  const active = document.activeElement, gone = active === document.body || !active.offsetParent;
  if (gone && ["sl-go", "sl-add", "sl-stop"].includes(focused)) $(busy ? "#sl-add" : "#sl-go")?.focus();
}

function send() {
  if (busy || !going || !seen("sl-go") || !read(KEY, []).length) return;
  if (Date.now() - sentAt < 1500 || Date.now() - ended < 500) return;
  if (read(TAKEN, null)) { // what was sent last was not begun: it goes back, and waits for a word
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
