"use strict";

// Each table is whole without this script: filters and buttons to sort appear only where they work.
for (const filter of document.querySelectorAll(".filter")) {
  const box = filter.querySelector("input");
  const shown = filter.querySelector("[role=status]");
  const rows = [...document.getElementById(box.getAttribute("aria-controls")).tBodies[0].rows];
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

const order = new Intl.Collator("en", { numeric: true });
const key = (row, column) => row.cells[column].dataset.by ?? row.cells[column].textContent;
for (const table of document.querySelectorAll(".images")) {
  const heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, column) => {
    const button = document.createElement("button");
    button.textContent = head.textContent;
    head.replaceChildren(button);
    button.addEventListener("click", () => {
      const turn = head.getAttribute("aria-sort") === "ascending" ? -1 : 1;
      heads.forEach((other) => { other.removeAttribute("aria-sort"); });
      head.setAttribute("aria-sort", turn > 0 ? "ascending" : "descending");
      const keyed = [...table.tBodies[0].rows].map((row) => [key(row, column), row]);
      keyed.sort(([one], [other]) => turn * order.compare(one, other));
      table.tBodies[0].append(...keyed.map(([, row]) => row));
    });
  });
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
