// Gradio names its drop zones otherwise than they read; without that name they are called what they say.
(() => {
  "use strict";
  const zones = () => document.querySelectorAll(".upload-container[aria-label]");
  new MutationObserver(() => zones().forEach((zone) => zone.removeAttribute("aria-label")))
    .observe(document, { childList: true, subtree: true });
})();
