// Moves cells of a plan within their row, by keyboard and by drag, and says the price of a move before it is made. The
// table is one stop of the Tab key: arrows go from cell to cell, and to the names and buttons of the children.
"use strict";
(() => {
  const plan = document.getElementById("plan");
  const price = document.getElementById("price");
  const texts = JSON.parse(plan.dataset.texts);
  const said = (name, values) => texts[name].replace(/\{(\w+)\}/g, (_, one) => values[one]);
  const cells = [...plan.querySelectorAll("a[data-learner]")];
  if (!cells.length) return;
  const stopsIn = (part) => [...part.querySelectorAll("a, button")];
  const rows = [...plan.querySelectorAll("tbody tr")].map(stopsIn);
  let held = null;
  let target = null;
  let asked = 0;

  const rowOf = (stop) => rows.find((row) => row.includes(stop));
  const only = (stop) => rows.flat().forEach((one) => { one.tabIndex = one === stop ? 0 : -1; });
  const focus = (stop) => {
    only(stop);
    stop.focus();
  };
  const say = (text) => {
    price.hidden = false;
    price.textContent = text;
  };
  const aim = (cell) => {
    target?.classList.remove("target");
    target = cell;
    target?.classList.add("target");
  };
  const letGo = () => {
    held?.classList.remove("held");
    held = null;
    aim(null);
  };
  const body = (refit) => ({
    do: "move",
    learner: held.dataset.learner,
    slot: held.dataset.slot,
    to: target.dataset.slot,
    refit,
    version: Number(plan.dataset.version),
  });
  const send = (wanted, query) =>
    fetch(plan.dataset.api + query, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(wanted),
    }).then(async (answer) => {
      const found = await answer.json();
      if (!answer.ok) throw new Error(answer.statusText);
      return found;
    });
  const button = (label, act) => {
    const made = document.createElement("button");
    made.textContent = label;
    made.addEventListener("click", act);
    price.append(" ", made);
    return made;
  };

  const drop = () => {
    if (!held || !target || held === target) {
      letGo();
      price.hidden = true;
      return;
    }
    const [from, to] = [held, target];
    const [single, fitted] = [body(false), body(true)];
    const number = ++asked;
    say(texts.looking);
    Promise.all([send(single, "?preview=true"), send(fitted, "?preview=true")])
      .then(([one, all]) => {
        if (number !== asked) return;
        const apply = (wanted) => () => send(wanted, "").then(() => location.reload(), () => say(texts.failed));
        say(said("price", { what: from.dataset.says }));
        const clash = one.conflicts.length ? said("clash", { n: one.conflicts.length }) : texts.none;
        const first = button(said("single", { what: clash }), apply(single));
        button(said("fit", { n: all.moved }), apply(fitted));
        button(texts.leave, () => {
          price.hidden = true;
          focus(from);
        });
        first.focus();
      })
      .catch(() => say(texts.failed));
    letGo();
    to.classList.remove("target");
  };

  const walk = (event) => {
    const row = rowOf(event.target);
    if (!row || held) return;
    const [x, y] = [row.indexOf(event.target), rows.indexOf(row)];
    const to = { ArrowLeft: [x - 1, y], ArrowRight: [x + 1, y], ArrowUp: [x, y - 1], ArrowDown: [x, y + 1] }[event.key];
    const next = to && rows[to[1]] && rows[to[1]][to[1] === y ? to[0] : Math.min(to[0], rows[to[1]].length - 1)];
    if (!next) return;
    event.preventDefault();
    focus(next);
  };

  only(cells[0]);
  rows.flat().forEach((stop) => {
    stop.addEventListener("focus", () => only(stop));
    stop.addEventListener("keydown", walk);
  });
  cells.forEach((cell) => {
    cell.draggable = true;
    cell.addEventListener("keydown", (event) => {
      const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (event.key === " ") {
        event.preventDefault();
        if (held) return drop();
        held = cell;
        held.classList.add("held");
        aim(cell);
        say(said("held", { what: cell.dataset.says }));
      } else if (event.key === "Escape" && held) {
        letGo();
        say(texts.back);
      } else if (step && held) {
        event.preventDefault();
        const mine = rowOf(held).filter((one) => cells.includes(one));
        const next = mine[mine.indexOf(target) + step];
        if (next) {
          aim(next);
          say(said("over", { what: next.dataset.says }));
        }
      }
    });
    cell.addEventListener("dragstart", (event) => {
      held = cell;
      event.dataTransfer.effectAllowed = "move";
    });
    cell.addEventListener("dragover", (event) => {
      if (held && rowOf(held) === rowOf(cell)) {
        event.preventDefault();
        aim(cell);
      }
    });
    cell.addEventListener("drop", (event) => {
      event.preventDefault();
      drop();
    });
    cell.addEventListener("dragend", letGo);
  });
})();
