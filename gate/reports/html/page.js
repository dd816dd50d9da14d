"use strict";

// The table is whole without this script: the filter appears only where it works.
const filter = document.querySelector(".filter");
if (filter) {
  const box = filter.querySelector("input");
  const shown = filter.querySelector("[role=status]");
  const rows = [...document.querySelectorAll("#images tbody tr")];
  const texts = rows.map((row) => row.textContent.toLowerCase());
  const every = shown.textContent;

  const apply = () => {
    const words = box.value.toLowerCase().split(/\s+/).filter(Boolean);
    let matching = 0;
    rows.forEach((row, at) => {
      row.hidden = !words.every((word) => texts[at].includes(word));
      matching += row.hidden ? 0 : 1;
    });
    shown.textContent = words.length ? `${matching.toLocaleString("en")} of ${every}` : every;
  };

  box.addEventListener("input", apply);
  filter.hidden = false;
  // A browser that goes back to the page restores what was typed.
  apply();
}

// Paper cannot be unfolded.
let folded = [];
addEventListener("beforeprint", () => {
  folded = [...document.querySelectorAll("details:not([open])")];
  folded.forEach((details) => { details.open = true; });
});
addEventListener("afterprint", () => {
  folded.forEach((details) => { details.open = false; });
});
