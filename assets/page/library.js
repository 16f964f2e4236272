// The library: cards come in blocks as they scroll near, and go again when far away.
const NEAR = "900px 0px";
const chosen = new Set();
let total = 0, page = 60, round = 0, watcher;
const $ = (query, inside = document) => inside.querySelector(query);
const root = () => $("#sl-library-root");
const grid = () => $(".sl-lib-grid", root());
const dialog = () => $("#sl-lib-view");
const say = (text) => { const line = $(".sl-lib-count", root()); if (line) line.textContent = text; };

async function ask(path, call) {
  const options = call && { method: "POST", body: JSON.stringify(call), headers: { "Content-Type": "application/json" } };
  try {
    const answer = await fetch("library/" + path, options);
    if (answer.ok && path === "zip") return await answer.blob();
    const row = await answer.json();
    if (row.error) say(row.error);
    return answer.ok ? row : null;
  } catch {
    say(grid()?.dataset.lost || "");
    return null;
  }
}

function filters() {
  const wanted = {};
  for (const field of root().querySelectorAll("[data-filter]")) {
    const value = field.type === "checkbox" ? (field.checked ? "1" : "") : field.value.trim();
    if (value) wanted[field.dataset.filter] = value;
  }
  return wanted;
}

const cards = (start) => ask("cards", { ...filters(), start: Number(start) });

async function open(said) {
  const before = root() && filters();
  const row = before && await ask("frame");
  if (!row || !root()) return;
  root().innerHTML = row.html;
  chosen.clear();
  for (const [name, value] of Object.entries(before)) {
    const field = $(`[data-filter=${name}]`, root());
    if (field?.type === "checkbox") field.checked = true;
    else if (field) field.value = value;
  }
  if (grid()) await lay();
  if (said) say(said);
}

// One block for each page of cards, as high as they will be: the whole library scrolls at once.
async function lay() {
  const mine = ++round;
  const row = await cards(0);
  if (!row || mine !== round) return;
  total = row.total; page = row.page;
  watcher?.disconnect();
  watcher = new IntersectionObserver(near, { rootMargin: NEAR });
  const blocks = [];
  for (let start = 0; start < total; start += page) {
    const block = document.createElement("div");
    block.className = "sl-lib-block";
    block.dataset.start = start;
    block.style.setProperty("--n", Math.min(page, total - start));
    blocks.push(block);
  }
  grid().replaceChildren(...blocks);
  if (blocks[0]) fill(blocks[0], row.html);
  blocks.forEach((block) => watcher.observe(block));
  count();
}

function fill(block, html) {
  block.innerHTML = html;
  for (const pick of block.querySelectorAll(".sl-lib-pick")) pick.checked = chosen.has(stampOf(pick));
}

function near(entries) {
  for (const { target: block, isIntersecting } of entries) {
    block.near = isIntersecting;
    if (!isIntersecting) { if (!block.contains(document.activeElement)) block.replaceChildren(); continue; }
    const mine = round;
    if (!block.firstChild) setTimeout(async () => {
      if (!block.near || block.firstChild || mine !== round) return;
      const row = await cards(block.dataset.start);
      if (row && block.near && mine === round) fill(block, row.html);
    }, 60);
  }
}

const stampOf = (inner) => inner.closest("[data-stamp]")?.dataset.stamp;

function count() {
  const bar = $(".sl-lib-actions", root());
  if (!bar) return;
  bar.hidden = !chosen.size;
  $("b", bar).textContent = grid().dataset.chosen.replace("{count}", chosen.size);
  $("[data-do=compare]", bar).disabled = chosen.size !== 2;
  say(grid().dataset[total ? "found" : "none"].replace("{count}", total.toLocaleString()));
}

function show(html) {
  dialog().innerHTML = html;
  if (!dialog().open) dialog().showModal();
}

async function act(call) {
  const row = await ask("act", call);
  if (!row) return;
  if (row.html) show(row.html);
  else if (call.do !== "star" || !call.one) open(row.said);
}

async function press(button) {
  const work = button.dataset.do;
  const stamps = button.closest(".sl-lib-actions") ? [...chosen] : [stampOf(button)];
  const row = ["open", "compare"].includes(work) &&
    await ask(work === "open" ? "one/" + stamps[0] : "compare?stamps=" + stamps);
  if (row) show(row.html);
  if (work === "star") {
    const on = button.getAttribute("aria-pressed") !== "true";
    button.setAttribute("aria-pressed", on);
    act({ do: "star", stamps, on, one: true });
  }
  if (work === "favourite") act({ do: "star", stamps, on: true });
  if (work === "move") {
    const folder = prompt(button.dataset.ask);
    if (folder !== null) act({ do: "move", stamps, folder });
  }
  if (work === "delete" && confirm(button.dataset.ask)) { dialog()?.close(); act({ do: "delete", stamps }); }
  if (work === "reveal") act({ do: "reveal", stamps });
  if (work === "none") { chosen.clear(); root().querySelectorAll(".sl-lib-pick").forEach((one) => { one.checked = false; }); count(); }
  if (work === "close") dialog().close();
  if (work === "use") { window.slLibraryStamp = stamps[0]; dialog().close(); $("#sl-library-use").click(); }
  if (work === "zip") {
    const blob = await ask("zip", { stamps });
    if (blob) window.slSave(blob, "safelight-library.zip");
  }
}

window.slSave = (blob, download) => {
  const link = Object.assign(document.createElement("a"), { href: URL.createObjectURL(blob), download });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60000);
};

// Fills the form as after a reload: by what the tab keeps of it (honest.js).
window.slFill = (values) => {
  const kept = JSON.parse(sessionStorage.getItem("sl-form") || "{}");
  sessionStorage.setItem("sl-form", JSON.stringify({ ...kept, ...values }));
  $('#sl-tabs [role="tab"]').click();
  $("#sl-apply").click();
};

document.addEventListener("click", (event) => {
  const button = event.target.closest?.("button[data-do]");
  if (button && root()?.contains(button)) press(button);
});
document.addEventListener("change", (event) => {
  const field = event.target;
  if (!root()?.contains(field)) return;
  if (field.dataset.do === "keep") act({ do: "keep", on: field.checked });
  else if (field.dataset.filter) lay();
  else if (field.matches(".sl-lib-pick")) { chosen[field.checked ? "add" : "delete"](stampOf(field)); count(); }
});
let typed;
document.addEventListener("input", (event) => {
  const field = event.target;
  if (!root()?.contains(field)) return;
  if (field.type === "search") { clearTimeout(typed); typed = setTimeout(lay, 250); }
  if (field.type === "range") $(".sl-lib-over").style.setProperty("--at", field.value + "%");
});
// Each time the tab comes into sight: another tab of the browser may have made or deleted pictures.
new MutationObserver(() => {
  const there = root();
  if (there && !there.watched) {
    there.watched = true;
    new IntersectionObserver(([seen]) => { if (seen.isIntersecting && !dialog()?.open) open(); }).observe(there);
  }
}).observe(document.documentElement, { childList: true, subtree: true });
