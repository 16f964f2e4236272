// Things that the model can draw, offered where it knows none of the words: one click puts one into the field.
(() => {
  "use strict";
  document.addEventListener("click", (event) => {
    const offer = event.target.closest?.(".sl-offer");
    const field = document.querySelector("#sl-prompt textarea");
    if (!offer || !field) return;
    field.value = offer.dataset.words;
    field.dispatchEvent(new Event("input", { bubbles: true }));
    field.focus();
  });
})();
