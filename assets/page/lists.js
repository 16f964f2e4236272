// Lists: what the tab keeps of one for a reload, a finished picture shown large, and all of them in one file.
const $ = (selector) => document.querySelector(selector);
const KEY = "sl-list";
let last = "";

const make = (tag, values) => Object.assign(document.createElement(tag), values);
const pictures = () => $("#sl-list-pictures [data-stamps]");
const strings = () => JSON.parse($("#sl-list-kept .sl-list-kept").dataset.strings);

function keep() {
  const kept = $("#sl-list-kept .sl-list-kept");
  if (!kept) return;
  const stamps = pictures()?.dataset.stamps || "{}", now = kept.dataset.kept + stamps;
  if (now === last) return;
  last = now;
  try {
    sessionStorage.setItem(KEY, JSON.stringify({ ...JSON.parse(kept.dataset.kept), stamps: JSON.parse(stamps) }));
  } catch { /* full or forbidden: nothing is kept */ }
}

function large(tile) {
  const { close, download, veiled } = strings(), image = tile.querySelector("img"), src = `library/picture/${tile.dataset.stamp}`;
  const dialog = make("dialog", { className: "sl-large" });
  const whole = make("img", { src, alt: image.alt });
  const words = make("p", { textContent: tile.querySelector("small").textContent, dir: "auto" });
  const link = make("a", { href: src, textContent: download, download: "", className: "sl-act" });
  const button = make("button", { type: "button", textContent: close, className: "sl-act" });
  // A veiled picture is handed out by the library alone, once its person chose to see it.
  whole.addEventListener("error", () => { whole.remove(); link.remove(); words.textContent = veiled; });
  button.addEventListener("click", () => dialog.close());
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  dialog.addEventListener("close", () => { dialog.remove(); tile.focus(); });
  dialog.append(whole, words, link, button);
  document.body.append(dialog);
  dialog.showModal();
}

async function zip(button) {
  button.disabled = true;
  try {
    const body = JSON.stringify({ stamps: Object.values(JSON.parse(pictures().dataset.stamps)) }), headers = { "Content-Type": "application/json" };
    const answer = await fetch("library/zip", { method: "POST", headers, body });
    if (!answer.ok) throw new Error();
    window.slSave(await answer.blob(), "safelight-list.zip");
  } catch {
    button.after(make("p", { className: "sl-problem", role: "alert", textContent: strings().gone }));
  }
  button.disabled = false;
}

document.addEventListener("click", (event) => {
  const tile = event.target.closest?.("#sl-list-pictures button.sl-tile");
  if (tile) large(tile);
  const button = event.target.closest?.(".sl-list-zip");
  if (button) zip(button);
  if (event.target.closest?.("#sl-list-go, #sl-list-check, #sl-list-check-grid")) {
    $("#sl-list-status")?.scrollIntoView({ block: "nearest" });
  }
});
document.addEventListener("DOMContentLoaded", () => {
  new MutationObserver(keep).observe(document.body, { childList: true, subtree: true });
});
