// Pages work without this. It makes a grid one tab stop, with arrow keys inside, goes on to the next field of one where
// results are entered, and keeps the page of a class up to date: it fetches itself again when the server says that
// something changed, and puts only what differs in place, so that nobody loses where they are.
"use strict";

const MARKED = 3000; // ms for which a changed row is marked
const sent = new WeakMap(); // by row: what the server sent

const CELLS = "a, input:not([type=hidden])"; // what a grid is to be worked with
const cells = (grid) => [...grid.rows].map((row) => [...row.querySelectorAll(CELLS)]).filter((row) => row.length);

function only(grid, wanted) {
  cells(grid).flat().forEach((cell) => { cell.tabIndex = cell === wanted ? 0 : -1; });
}

// What is typed takes the place of what is there: a field holds one character, and beside it nothing can be typed.
function replaceIn(cell) {
  if (cell.select) cell.select();
}

function rove(grid) {
  only(grid, cells(grid).flat()[0]);
  grid.addEventListener("focusin", (event) => {
    if (!event.target.closest(CELLS)) return;
    only(grid, event.target);
    replaceIn(event.target);
  });
  grid.addEventListener("click", (event) => { // which has put the caret into the field after it got the focus
    if (event.target.matches(CELLS)) replaceIn(event.target);
  });
  grid.addEventListener("beforeinput", (event) => { // a second click has taken the selection away again
    const field = event.target;
    if (event.inputType === "insertText" && field.value.length === field.maxLength) replaceIn(field);
  });
  grid.addEventListener("input", (event) => {
    const all = cells(grid).flat();
    const next = all[all.indexOf(event.target) + 1];
    if (next && event.target.value && event.target.validity.valid) next.focus();
  });
  grid.addEventListener("keydown", (event) => {
    const rows = cells(grid);
    const y = rows.findIndex((row) => row.includes(event.target));
    if (y < 0) return;
    const x = rows[y].indexOf(event.target);
    const last = rows[y].length - 1;
    const to = {
      ArrowUp: [y - 1, x], ArrowDown: [y + 1, x], ArrowLeft: [y, x - 1], ArrowRight: [y, x + 1],
      Home: [event.ctrlKey ? 0 : y, 0], End: [event.ctrlKey ? rows.length - 1 : y, last],
    }[event.key];
    const cell = to && rows[to[0]] && rows[to[0]][to[1]];
    if (!cell) return;
    event.preventDefault();
    cell.focus();
  });
}

const named = (part) => document.querySelector(`[data-part="${part}"]`);

// Where the focus is, so that it can be put back into what took the place of its element.
function whereFocusIs() {
  const at = document.activeElement;
  const inside = at && at.closest("[data-row], [data-part]");
  if (!inside || at.tagName !== "A") return () => {};
  const { row, part } = inside.dataset;
  const href = at.getAttribute("href");
  return () => {
    if (document.contains(at)) return;
    const home = row ? document.querySelector(`[data-row="${CSS.escape(row)}"]`) : named(part);
    const same = home && [...home.querySelectorAll("a")].find((link) => link.getAttribute("href") === href);
    if (same) same.focus({ preventScroll: true });
  };
}

function mark(row) {
  row.classList.add("changed");
  setTimeout(() => row.classList.remove("changed"), MARKED);
}

// Rows are replaced one by one; none changes its place, as whoever reads would lose it.
function putRows(now, then) {
  const fresh = new Map([...then.rows].map((row) => [row.dataset.row, row]));
  let changed = 0;
  for (const row of [...now.rows]) {
    const other = fresh.get(row.dataset.row);
    fresh.delete(row.dataset.row);
    if (!other) { row.remove(); continue; }
    if (sent.get(row) === other.innerHTML) continue;
    sent.set(other, other.innerHTML);
    row.replaceWith(other);
    mark(other);
    changed += 1;
  }
  for (const row of fresh.values()) {
    sent.set(row, row.innerHTML);
    now.append(row);
    mark(row);
    changed += 1;
  }
  return changed;
}

function put(page) {
  const back = whereFocusIs();
  const grid = document.querySelector("[data-grid]");
  const seen = grid && grid.getBoundingClientRect().top;
  for (const then of page.querySelectorAll("[data-part]")) {
    const now = named(then.dataset.part);
    if (now && now.querySelector("details[open] form")) continue; // somebody fills it in
    if (now && now.innerHTML !== then.innerHTML) now.innerHTML = then.innerHTML;
  }
  const rows = [document, page].map((one) => one.querySelector("[data-rows]"));
  const changed = rows[0] && rows[1] ? putRows(...rows) : 0;
  back();
  if (grid) {
    only(grid, grid.contains(document.activeElement) ? document.activeElement : cells(grid).flat()[0]);
    if (seen < innerHeight && scrollY > 0) scrollBy({ top: grid.getBoundingClientRect().top - seen, behavior: "instant" });
  }
  const said = document.querySelector("[data-said]");
  if (said && changed) said.textContent = page.querySelector("[data-said]").dataset.said.replace("{n}", changed);
}

function keep(url) {
  const source = new EventSource(url);
  let due = false;
  let fetching = false;
  let waiting = 0;
  const again = (seconds) => {
    clearTimeout(waiting);
    waiting = setTimeout(refresh, seconds * 1000);
  };
  const wait = (page) => { // for what the clock alone changes: the slot of a plan that is under way
    const part = page.querySelector("[data-again]");
    if (part) again(Number(part.dataset.again) + 1);
  };
  const refresh = async () => {
    due = true;
    if (fetching) return;
    fetching = true;
    try {
      while (due) {
        due = false;
        const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
        if (answer.redirected || !answer.ok) return; // signed out, or being rebuilt: what is shown stays
        const page = new DOMParser().parseFromString(await answer.text(), "text/html");
        put(page);
        wait(page);
      }
    } catch {
      due = false; // cut off: the stream connects again, and says what changed
      if (waiting) again(60);
    } finally {
      fetching = false;
    }
  };
  source.addEventListener("changed", refresh);
  wait(document);
  addEventListener("pagehide", () => source.close());
}

document.querySelectorAll("[data-rows] > tr").forEach((row) => sent.set(row, row.innerHTML));
document.querySelectorAll("[data-grid]").forEach(rove);
document.querySelectorAll("[data-live]").forEach((part) => keep(part.dataset.live));
