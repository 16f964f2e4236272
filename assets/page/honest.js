// Words are judged as they are typed, a judgement of earlier ones goes, a lost connection is said. What is kept stays in
// this browser. Strings come from the page.
const $ = (selector, root = document) => root.querySelector(selector);
const all = (selector, root = document) => [...root.querySelectorAll(selector)];
const FORM = "sl-form", PICTURES = "sl-pictures", SENT = "sl-sent", CASES = "sl-cases", READ = "sl-read";
const MOST_PICTURES = 24, MOST_CASES = 30;

const read = (store, key, empty) => {
  try { return JSON.parse(store.getItem(key)) ?? empty; } catch { return empty; }
};
const write = (store, key, value) => {
  try { store.setItem(key, JSON.stringify(value)); } catch { /* full or forbidden: nothing is kept */ }
};

// which words a sentence is about

const field = () => $("#sl-prompt textarea");
const chosen = () => $("#sl-mode input:checked")?.value ?? "";
const negative = () => $("#sl-negative textarea")?.value ?? read(sessionStorage, FORM, {}).negative_prompt ?? "";

const style = () => $("#sl-style textarea, #sl-style input")?.value ?? "";

function checksum() { // Adler-32, as handlers.checksum_of
  let a = 1, b = 0;
  for (const byte of new TextEncoder().encode([field()?.value ?? "", chosen(), negative(), style()].join("\0"))) {
    a = (a + byte) % 65521;
    b = (b + a) % 65521;
  }
  return String(b * 65536 + a);
}

let staleSince = 0, lost = false, asked = 0, changed = 0, later = 0, judging = false, typed, rest;

async function judge() {
  judging = true;
  const { language, engine } = read(sessionStorage, FORM, {}), words = checksum();
  const call = { prompt: field().value, mode: chosen(), negative_prompt: negative(), style: style(), language, engine };
  try {
    const answer = await fetch("judgement", {
      method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(call),
      signal: AbortSignal.timeout(4000),
    });
    const text = answer.ok ? await answer.text() : "", box = $("#sl-judgement .sl-about");
    if (text && box && words === checksum()) box.outerHTML = text;
  } catch { /* asked again, here or through Gradio */ }
  judging = false;
  if (words !== checksum()) refresh();
}

// What else follows from the words, through Gradio.
function settle() {
  const now = field().value + negative(), button = $("#sl-settle");
  if (typed === now || !button) return;
  typed = now;
  clearTimeout(rest);
  rest = setTimeout(() => button.click(), 300);
}

// The keyboard starts at the notice, else at the words, and stays where somebody is.
const notice = () => $("aside.sl-notice");
let begun;

function begin() {
  if (document.activeElement === document.body) (notice() ?? field()).focus({ preventScroll: true });
  begun = document.activeElement !== document.body;
}

function putAway() {
  notice().remove();
  const words = field().checkVisibility() && !matchMedia("(pointer: coarse)").matches;
  (words ? field() : $("#sl-tabs [aria-selected=true]")).focus();
}

document.addEventListener("keydown", ({ key, target }) => {
  if (key === "Escape" && notice()?.contains(target)) putAway(); // away, not read
  if (key === "Enter" && target === notice()) setTimeout(() => $(".sl-read").click());
});

function refresh() {
  if ($(".sl-read")?.value === read(localStorage, READ, 0)) notice().remove();
  if (!field()) return;
  if (!begun) begin();
  const now = checksum(), box = $("#sl-judgement"), judged = $(".sl-about", box);
  const stale = judged ? judged.dataset.words !== now : field().value.trim() !== "";
  staleSince = stale ? staleSince || Date.now() : 0;
  settle();
  if (stale && !lost && !judging) judge();
  const slow = stale && Date.now() - staleSince > 600;
  const root = $("#sl-create");
  root.dataset.judged = stale ? (lost ? "lost" : slow ? "slow" : "stale") : "now";
  root.toggleAttribute("data-lost", lost);
  for (const one of all("#sl-status .sl-about, #sl-pictures .sl-about")) {
    one.classList.toggle("sl-earlier-words", one.dataset.words !== now);
  }
  const told = $("#sl-status .sl-about:not(.sl-earlier-words) .sl-statement");
  root.dataset.told = !told ? "" : told.classList.contains("sl-warn") ? "warning" : "refusal";
  // Not while somebody types: what follows reads and writes storage.
  clearTimeout(later);
  later = setTimeout(() => { keepPictures(); keepCases(); }, 60);
}

// is the studio there?

const drawing = () => $("#sl-stop")?.checkVisibility();

async function ask() {
  asked = Date.now();
  const before = lost;
  try {
    const address = new URL("gradio_api/app_id", document.baseURI);
    lost = !(await fetch(address, { cache: "no-store", signal: AbortSignal.timeout(4000) })).ok;
  } catch { lost = true; }
  refresh();
  // Gradio loads the page anew when it has noticed; where it has not, these words would stay unjudged.
  if (before && !lost) setTimeout(() => staleSince && !lost && location.reload(), 3000);
}

setInterval(() => {
  const still = Date.now() - asked > 3000;
  const silent = drawing() && Date.now() - changed > 4000;
  if (still && (lost || silent || $(".toast-body") || (staleSince && Date.now() - staleSince > 1500))) ask();
  else if (staleSince) refresh();
}, 500);
// Where nothing has begun a second after it was asked for, it may be that nobody listens.
const pressed = () => setTimeout(() => drawing() || ask(), 1000);
addEventListener("offline", () => { lost = true; refresh(); });
addEventListener("online", ask);

// words and settings, in this tab

let filled = false; // before that, the fields hold what every new page holds
let waiting = {};

window.safelight = {
  // Called by Gradio with the names and values of all fields.
  keep(names, values) {
    if (!filled) return;
    const form = read(sessionStorage, FORM, {});
    names.forEach((name, place) => { form[name] = values[place] ?? null; });
    write(sessionStorage, FORM, form);
    refresh();
  },
  sent(names, values) {
    const now = Object.fromEntries(names.map((name, place) => [name, values[place]]));
    write(sessionStorage, SENT, { ...read(sessionStorage, SENT, {}), now });
  },
  // Returns what fields are to hold; undefined leaves one as it is.
  kept(names, values) {
    const form = read(sessionStorage, FORM, {}), engine = names.indexOf("engine");
    filled = true;
    waiting = form.engine && engine >= 0 && form.engine !== values[engine] ? form : {};
    return names.map((name) => form[name] ?? undefined);
  },
  // Called once the settings have followed another engine: they are what was kept only where it was kept, too.
  followed(names) {
    const form = waiting;
    waiting = {};
    return names.map((name) => form[name] ?? undefined);
  },
};

function type(text) {
  field().value = text;
  field().dispatchEvent(new Event("input", { bubbles: true }));
  field().focus();
}

document.addEventListener("input", ({ target }) => {
  const name = target === field() ? "prompt" : target.closest?.("#sl-negative") ? "negative_prompt" : "";
  if (!name) return;
  // At once: while the connection is lost, Gradio calls nothing.
  write(sessionStorage, FORM, { ...read(sessionStorage, FORM, {}), [name]: target.value });
  refresh();
}, true);
document.addEventListener("change", refresh, true);

// the pictures of this tab

function keepPictures() {
  const known = read(sessionStorage, PICTURES, []);
  const words = read(sessionStorage, SENT, {}).now?.prompt ?? "";
  const fresh = all(".sl-slot .image-frame img").filter((image) => image.src.includes("/file="))
    .map((image) => ({ src: new URL(image.src).pathname, words: words.slice(0, 200),
      veiled: Boolean($(".sl-warn", image.closest(".sl-slot"))) }))
    .filter((one) => !known.some((other) => other.src === one.src));
  if (fresh.length) write(sessionStorage, PICTURES, [...fresh, ...known].slice(0, MOST_PICTURES));
  showPictures(fresh.length ? [...fresh, ...known].slice(0, MOST_PICTURES) : known);
}

function showPictures(pictures) {
  const strip = $("#sl-strip .sl-strip"), list = strip && $("ul", strip);
  if (!list || list.childElementCount === pictures.length && list.dataset.first === (pictures[0]?.src ?? "")) return;
  list.dataset.first = pictures[0]?.src ?? "";
  list.replaceChildren(...pictures.map((one) => {
    const item = document.createElement("li"), button = document.createElement("button");
    const image = document.createElement("img");
    button.type = "button";
    button.classList.toggle("sl-veiled", one.veiled);
    Object.assign(image, { src: one.src, alt: one.words || strip.dataset.alt, loading: "lazy" });
    image.onerror = () => forget(one.src);
    button.append(image);
    button.onclick = () => open(one, strip);
    item.append(button);
    return item;
  }));
  strip.hidden = !pictures.length;
}

function forget(src) { // the studio has it no longer
  write(sessionStorage, PICTURES, read(sessionStorage, PICTURES, []).filter((one) => one.src !== src));
  refresh();
}

function open(one, strip) {
  const dialog = $("dialog", strip);
  $("img", dialog).src = one.src;
  $("img", dialog).alt = one.words;
  $("p", dialog).textContent = one.words;
  Object.assign($("a", dialog), { href: one.src, download: one.src.split("/").pop() });
  dialog.showModal();
}

// the cases of this browser

function keepCases() {
  const cases = read(localStorage, CASES, []), sent = read(sessionStorage, SENT, {});
  let news = false;
  for (const { dataset } of all("#sl-result .sl-about[data-case]")) {
    if (!dataset.case) continue;
    const known = cases.find((one) => one.id === dataset.case), review = "review" in dataset;
    if (known && (known.review || !review)) continue;
    news = true;
    if (known) known.review = true;
    else cases.unshift({ id: dataset.case, date: new Date().toISOString() });
    if (!known && sent.now) write(sessionStorage, SENT, { ...sent, [dataset.case]: sent.now });
  }
  if (news) write(localStorage, CASES, cases.slice(0, MOST_CASES));
  showCases(cases);
}

function showCases(cases) {
  const box = $("#sl-mine .sl-mine"), state = JSON.stringify(cases);
  if (!box || box.dataset.shown === state) return;
  box.dataset.shown = state;
  box.hidden = !cases.length;
  $("ul", box).replaceChildren(...cases.map((one) => {
    const item = document.createElement("li"), button = document.createElement("button");
    const date = new Date(one.date).toLocaleString([], { dateStyle: "medium", timeStyle: "short" });
    button.type = "button";
    button.className = "sl-act";
    button.dataset.look = one.id;
    button.textContent = `${date} · ${one.id}${one.review ? ` · ${box.dataset.review}` : ""}`;
    item.append(button);
    return item;
  }));
}

function look(id) {
  const input = $("#sl-case input, #sl-case textarea");
  input.value = id;
  input.dispatchEvent(new Event("input", { bubbles: true }));
  setTimeout(() => $("#sl-look-up").click(), 50);
}

function again(button) {
  const form = read(sessionStorage, SENT, {})[button.dataset.again];
  if (!form) { button.nextElementSibling.hidden = false; return; }
  write(sessionStorage, FORM, form);
  $('#sl-tabs [role="tab"]').click();
  $("#sl-apply").click();
  // Once the words are judged and a change of engine has been followed.
  const go = (tries) => {
    if (tries && (staleSince || Object.keys(waiting).length)) setTimeout(go, 200, tries - 1);
    else $("#sl-go").click();
  };
  setTimeout(go, 600, 25);
}

// buttons in markup, where no handler may stand

const ACTS = {
  "#sl-go": pressed,
  "[data-prompt]": (button) => type(button.dataset.prompt),
  "[data-mode]": (button) => $(`#sl-mode input[value="${button.dataset.mode}"]`)?.click(),
  "[data-look]": (button) => look(button.dataset.look),
  "[data-again]": again,
  ".sl-print": () => print(),
  ".sl-close": (button) => button.closest("dialog").close(),
  ".sl-read": ({ value }) => { write(localStorage, READ, value); putAway(); },
  ".sl-forget": () => { localStorage.removeItem(CASES); refresh(); },
  ".sl-start-over": () => { [FORM, PICTURES, SENT].forEach((key) => sessionStorage.removeItem(key)); location.reload(); },
};
addEventListener("sl-ended", keepPictures); // before the next of the line takes their place
addEventListener("beforeprint", () => all("#sl-status details").forEach((one) => { one.open = true; }));
document.addEventListener("click", ({ target }) => {
  const button = target.closest?.("button");
  for (const [selector, act] of Object.entries(ACTS)) if (button?.matches(selector)) act(button);
});

new MutationObserver((changes) => {
  if (changes.some(({ target }) => target.parentElement?.closest("#sl-status"))) changed = Date.now();
  refresh();
}).observe(document.documentElement, { childList: true, characterData: true, subtree: true });
