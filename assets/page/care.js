// Gradio names its drop zones otherwise than they read; without that name they are called what they say.
new MutationObserver(() => document.querySelectorAll(".upload-container[aria-label]")
  .forEach((zone) => zone.removeAttribute("aria-label"))).observe(document, { childList: true, subtree: true });
