// Styles: a button writes into a field of the form, as a person would; the search hides what has other words.
const field = (id) => document.querySelector(`#${id} textarea, #${id} input`);

function write(id, text) {
  const into = field(id);
  if (!into) return;
  into.value = text;
  into.dispatchEvent(new Event("input", { bubbles: true }));
  return into;
}

function press() {
  const chosen = field("sl-style")?.value ?? "";
  for (const button of document.querySelectorAll("button.sl-style")) {
    const pressed = String(button.dataset.style === chosen && chosen !== "");
    if (button.getAttribute("aria-pressed") !== pressed) button.setAttribute("aria-pressed", pressed);
  }
}

function search(input) {
  const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
  let found = 0;
  for (const group of input.parentElement.querySelectorAll(".sl-style-group")) {
    let here = 0;
    for (const button of group.querySelectorAll("button")) {
      const text = `${button.textContent} ${button.title} ${group.getAttribute("aria-label")}`.toLowerCase();
      button.hidden = !words.every((word) => text.includes(word));
      here += !button.hidden;
    }
    group.hidden = !here;
    found += here;
  }
  input.parentElement.querySelector(".sl-style-none").hidden = found > 0;
}

document.addEventListener("click", (event) => {
  const style = event.target.closest("[data-style]");
  if (style) {
    const again = style.getAttribute("aria-pressed") === "true";
    write("sl-style", again ? "" : style.dataset.style);
    if (style.matches(".sl-style-remove")) field("sl-prompt")?.focus();
    press();
  }
});
document.addEventListener("input", (event) => {
  if (event.target.matches(".sl-style-search")) search(event.target);
});
// The form may be filled in from elsewhere: the line of composed words then comes or goes.
new MutationObserver(press).observe(document, { childList: true, subtree: true });
