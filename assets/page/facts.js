// Things that the model can draw, put into the field by a click; the slider between before and after the mark.
document.addEventListener("click", (event) => {
  const offer = event.target.closest?.(".sl-offer");
  const field = document.querySelector("#sl-prompt textarea");
  if (!offer || !field) return;
  field.value = offer.dataset.words;
  field.dispatchEvent(new Event("input", { bubbles: true }));
  field.focus();
});
document.addEventListener("input", ({ target }) => {
  target.closest?.(".sl-split")?.style.setProperty("--at", `${target.value}%`);
});
