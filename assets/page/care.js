// Gradio names its drop zones otherwise than they read, and other things in English, or with what kind of field they are.
new MutationObserver(() => {
  document.querySelectorAll(".upload-container[aria-label]").forEach((zone) => zone.removeAttribute("aria-label"));
  const names = JSON.parse(document.querySelector(".sl-top")?.dataset.gradio || "{}");
  for (const one of document.querySelectorAll(".reset-button, .overflow-menu > button, .block input")) {
    const now = one.ariaLabel, name = names[now] ?? now?.replace(/^(number input|range slider) for /, "");
    if (now !== name) one.ariaLabel = name;
  }
}).observe(document, { childList: true, subtree: true });
// The tab is part of the address: a reload and the back button find it again.
const tabs = () => [...document.querySelectorAll('#sl-tabs [role="tab"]')];
const named = () => location.hash.slice(1) || "create";
let found, wanted = ""; // the tab that was pressed from here and does not show yet
const show = () => {
  const tab = tabs().find((one) => one.dataset.tabId === named() && one.ariaSelected !== "true");
  wanted = tab ? named() : "";
  tab?.click();
  setTimeout(() => { wanted = ""; }, 2000);
};
new MutationObserver(() => {
  found ??= tabs()[0] && (show(), true);
  const { tabId } = tabs().find((tab) => tab.ariaSelected === "true")?.dataset ?? {};
  if (tabId === wanted) wanted = "";
  if (!tabId || wanted || tabId === named()) return;
  history.pushState(null, "", tabId === "create" ? location.pathname + location.search : `#${tabId}`);
}).observe(document.documentElement, { subtree: true, childList: true, attributeFilter: ["aria-selected"] });
addEventListener("popstate", show);
