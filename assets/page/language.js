// The language of the page: chosen in the menu, kept in a cookie for the server, told to Gradio as the browser's.
const tag = document.documentElement.lang, FORM = "sl-form";
if (!navigator.language.startsWith(tag)) {
  Object.defineProperty(navigator, "language", { get: () => tag });
  Object.defineProperty(navigator, "languages", { get: () => [tag] });
}

function choose(chosen) {
  document.cookie = `safelight_language=${chosen}; Path=/; Max-Age=31536000; SameSite=Lax${location.protocol === "https:" ? "; Secure" : ""}`;
  try {
    // The reasons follow, unless they were set to another language than the page's.
    const form = JSON.parse(sessionStorage.getItem(FORM) || "{}");
    if ((form.language || "").split("-")[0] === tag) delete form.language;
    sessionStorage.setItem(FORM, JSON.stringify(form));
  } catch { /* nothing is kept here */ }
  location.reload();
}

document.addEventListener("change", ({ target }) => {
  if (target.matches?.(".sl-language")) choose(target.value);
});
const shown = () => {
  const menu = document.querySelector(".sl-language");
  if (menu && !menu.dataset.shown) { menu.dataset.shown = tag; menu.value = tag; }
};
new MutationObserver(shown).observe(document.documentElement, { childList: true, subtree: true });
