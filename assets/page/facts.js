// The slider between before and after the mark.
document.addEventListener("input", ({ target }) => {
  target.closest?.(".sl-split")?.style.setProperty("--at", `${target.value}%`);
});
