/** Show the samples of the chosen place, and hide the figures that texts do not have. */
function showGallery() {
  const arm = inPlace()[0];
  const here = (part) => arm && part.dataset.dataset === data.names.dataset[arm.d] && part.dataset.task === data.names.task[arm.t];
  const parts = [...document.querySelectorAll("[data-gallery]")];
  for (const part of parts) part.hidden = !here(part);
  const shown = parts.some(here);
  const section = $("gallery");
  if (!section) return;
  section.hidden = !shown;
  const bare = { gallery: !shown, classes: shown, calibration: shown };
  for (const [name, away] of Object.entries(bare)) {
    $(name).hidden = away || (name === "calibration" && $(name).hidden);
    const entry = document.querySelector(`nav a[href="#${name}"]`);
    if (entry) entry.parentElement.hidden = $(name).hidden;
  }
}
