// The prompt field: words that count are marked in it; its keys; the group of modes.
const $ = (selector, root = document) => root.querySelector(selector);
const field = () => $("#sl-prompt textarea");
const seen = (element) => element?.checkVisibility();
let sheet; // lies beneath the field and has the same text in the same places, to be seen by its marks alone

function lay(area) {
  const value = Object.getOwnPropertyDescriptor(HTMLTextAreaElement.prototype, "value");
  sheet = document.createElement("div");
  sheet.className = "sl-sheet";
  sheet.setAttribute("aria-hidden", "true");
  area.before(sheet);
  area.dir = sheet.dir = "auto";
  // What Gradio writes into the field (another wording, an example) is no input event.
  Object.defineProperty(area, "value", {
    get() { return value.get.call(this); },
    set(text) { value.set.call(this, text); mark(); },
  });
  area.addEventListener("input", mark);
  area.addEventListener("scroll", () => { sheet.scrollTop = area.scrollTop; });
  new ResizeObserver(fit).observe(area);
  mark();
}

function fit() {
  const area = field();
  if (!area || !sheet) return;
  Object.assign(sheet.style, {
    left: `${area.offsetLeft + area.clientLeft}px`, top: `${area.offsetTop + area.clientTop}px`,
    width: `${area.clientWidth}px`, height: `${area.clientHeight}px`,
  });
  sheet.scrollTop = area.scrollTop;
}

function mark() {
  const area = field(), data = $("#sl-judgement .sl-pieces")?.dataset.pieces;
  const pieces = data ? JSON.parse(data) : [];
  const now = pieces.map(([text]) => text).join("") === area.value ? pieces : [];
  if (!now.length && !sheet.hasChildNodes()) return;
  sheet.replaceChildren(...now.map(([text, label]) => {
    const piece = document.createElement(label ? "mark" : "span");
    piece.textContent = text;
    return piece;
  }));
  // A last empty line has a height in a field alone.
  if (now.length) sheet.append("\u200b");
  fit();
}

// Gradio's radio buttons have a name each, so that each is a group of one, and a stop of the Tab key.
function group(box) {
  const radios = box.querySelectorAll("input[type=radio]");
  if (radios.length < 2 || radios[0].name === radios[1].name) return;
  const wrap = radios[0].closest("label").parentElement, title = $("[data-testid=block-info]", box);
  wrap.setAttribute("role", "radiogroup");
  wrap.setAttribute("aria-label", title?.textContent.trim() ?? "");
  radios.forEach((radio) => { radio.name = `${box.id}-choice`; });
  if (box.id === "sl-shape") radios.forEach((radio) => {
    const [width, height] = radio.value.split("x");
    radio.parentElement.style.setProperty("--ratio", width / height);
  });
}

document.addEventListener("keydown", (event) => {
  const { key, target } = event, stop = $("#sl-stop"), go = [$("#sl-go"), $("#sl-add")].find(seen);
  if (event.isComposing) return;
  if (key === "Enter" && (event.ctrlKey || event.metaKey) && go?.closest("#sl-create")) {
    event.preventDefault();
    if (!go.disabled) go.click();
  }
  const opened = $("dialog[open]") || document.fullscreenElement || target.getAttribute?.("aria-expanded") === "true";
  if (key === "Escape" && !event.defaultPrevented && !opened && seen(stop)) stop.click();
}, true);

// A line is a line: at Shift+Enter Gradio would send.
document.addEventListener("keypress", (event) => {
  if (event.key === "Enter" && event.target === field()) event.stopPropagation();
}, true);

new MutationObserver((changes) => {
  const area = field();
  if (!area) return;
  if (!sheet?.isConnected || sheet.nextElementSibling !== area) { sheet?.remove(); lay(area); }
  document.querySelectorAll("#sl-request .block:has(input[type=radio])").forEach(group);
  if (changes.some(({ target }) => target.closest?.("#sl-judgement"))) mark();
}).observe(document.documentElement, { childList: true, subtree: true });
