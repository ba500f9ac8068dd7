// Pages work without this. It makes a grid one tab stop, with arrow keys inside.
"use strict";

const links = (grid) => [...grid.rows].map((row) => [...row.querySelectorAll("a")]).filter((row) => row.length);

function rove(grid) {
  const rows = links(grid);
  const all = rows.flat();
  if (!all.length) return;
  all.forEach((link) => { link.tabIndex = -1; });
  all[0].tabIndex = 0;
  grid.addEventListener("focusin", (event) => {
    if (!all.includes(event.target)) return;
    all.forEach((link) => { link.tabIndex = -1; });
    event.target.tabIndex = 0;
  });
  grid.addEventListener("keydown", (event) => {
    const y = rows.findIndex((row) => row.includes(event.target));
    if (y < 0) return;
    const x = rows[y].indexOf(event.target);
    const last = rows[y].length - 1;
    const to = {
      ArrowUp: [y - 1, x], ArrowDown: [y + 1, x], ArrowLeft: [y, x - 1], ArrowRight: [y, x + 1],
      Home: [event.ctrlKey ? 0 : y, 0], End: [event.ctrlKey ? rows.length - 1 : y, last],
    }[event.key];
    const link = to && rows[to[0]] && rows[to[0]][to[1]];
    if (!link) return;
    event.preventDefault();
    link.focus();
  });
}

document.querySelectorAll("[data-grid]").forEach(rove);
