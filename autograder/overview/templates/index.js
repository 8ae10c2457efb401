"use strict";
(() => {
  const groups = JSON.parse(document.getElementById("data").textContent);
  const body = document.querySelector("#table tbody");
  const rows = Array.from(body.rows, (row, place) => ({
    row,
    place,
    name: row.cells[0].textContent.normalize("NFKC").toLowerCase(),
    status: row.cells[2] ? row.cells[2].dataset.s || "" : "",
  }));
  const search = document.getElementById("search");
  const status = document.getElementById("status");
  const lost = document.getElementById("lost");
  const clear = document.getElementById("clear");
  const count = document.getElementById("count");
  let group = null;

  function show() {
    const wanted = search.value.normalize("NFKC").toLowerCase().trim();
    const state = status ? status.value : "";
    const column = lost && lost.value !== "" ? Number(lost.value) + 3 : 0;
    let seen = 0;
    for (const one of rows) {
      const visible =
        one.name.includes(wanted) &&
        (!state || one.status === state) &&
        (!column || /^h\d$/.test(one.row.cells[column].className)) &&
        (!group || group.has(one.place));
      if (one.row.hidden === visible) one.row.hidden = !visible;
      seen += visible;
    }
    count.textContent = seen === rows.length ? `${seen} students` : `${seen} of ${rows.length} students`;
  }

  function value(row, column, named) {
    const text = row.cells[column].textContent;
    if (named) return text;
    const number = parseFloat(text);
    return Number.isNaN(number) ? -Infinity : number;
  }

  function sort(button) {
    const head = button.parentElement;
    const column = Number(button.dataset.sort);
    const named = !head.classList.contains("num");
    const before = head.getAttribute("aria-sort");
    const down = before === "none" ? !named : before === "ascending";
    for (const other of head.parentElement.cells) other.setAttribute("aria-sort", "none");
    head.setAttribute("aria-sort", down ? "descending" : "ascending");
    const order = new Intl.Collator(undefined, { numeric: true });
    const keyed = rows.map((one) => [value(one.row, column, named), one]);
    keyed.sort(([a, x], [b, y]) => (named ? order.compare(a, b) : a === b ? 0 : a < b ? -1 : 1) * (down ? -1 : 1) || x.place - y.place);
    const part = document.createDocumentFragment();
    for (const [, one] of keyed) part.append(one.row);
    body.append(part);
  }

  for (const control of [search, status, lost]) if (control) control.addEventListener("input", show);
  document.querySelector("#table thead").addEventListener("click", (event) => {
    const button = event.target.closest("button[data-sort]");
    if (button) sort(button);
  });
  document.addEventListener("click", (event) => {
    const button = event.target.closest("button[data-show]");
    if (!button) return;
    const [name, places] = groups[button.dataset.show];
    group = new Set(places);
    clear.hidden = false;
    clear.textContent = `Only those with ${name} ×`;
    show();
    document.getElementById("students").scrollIntoView();
  });
  clear.addEventListener("click", () => {
    group = null;
    clear.hidden = true;
    show();
  });
})();
