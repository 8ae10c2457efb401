"use strict";
(() => {
  // So many rows are in the table at a time; more come as it is scrolled. A browser lays out a thousand rows too slowly.
  const STEP = 120;
  const groups = JSON.parse(document.getElementById("data").textContent);
  const table = document.getElementById("table");
  const body = table.tBodies[0];
  const frame = table.parentElement;
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
  const collator = new Intl.Collator(undefined, { numeric: true });
  let group = null;
  let found = rows;
  let attached = 0;

  function more(size) {
    const part = document.createDocumentFragment();
    for (const one of found.slice(attached, attached + size)) part.append(one.row);
    attached = Math.min(found.length, attached + size);
    body.append(part);
  }

  function show() {
    const wanted = search.value.normalize("NFKC").toLowerCase().trim();
    const state = status ? status.value : "";
    const column = lost && lost.value !== "" ? Number(lost.value) + 3 : 0;
    found = rows.filter(
      (one) =>
        one.name.includes(wanted) &&
        (!state || one.status === state) &&
        (!column || /^h\d$/.test(one.row.cells[column].className)) &&
        (!group || group.has(one.place)),
    );
    body.replaceChildren();
    attached = 0;
    frame.scrollTop = 0;
    more(STEP);
    count.textContent =
      found.length === rows.length ? `${rows.length} students` : `${found.length} of ${rows.length} students`;
  }

  function number(text) {
    const value = parseFloat(text);
    return Number.isNaN(value) ? -Infinity : value;
  }

  function sort(button) {
    const head = button.parentElement;
    const column = Number(button.dataset.sort);
    const named = !head.classList.contains("num");
    const before = head.getAttribute("aria-sort");
    const down = before === "none" ? !named : before === "ascending";
    for (const other of head.parentElement.cells) other.setAttribute("aria-sort", "none");
    head.setAttribute("aria-sort", down ? "descending" : "ascending");
    for (const one of rows) {
      const text = one.row.cells[column].textContent;
      one.key = named ? text : number(text);
    }
    const order = named ? collator.compare : (a, b) => (a === b ? 0 : a < b ? -1 : 1);
    const sign = down ? -1 : 1;
    rows.sort((a, b) => sign * order(a.key, b.key) || a.place - b.place);
    show();
  }

  for (const control of [search, status, lost]) if (control) control.addEventListener("input", show);
  table.tHead.addEventListener("click", (event) => {
    const button = event.target.closest("button[data-sort]");
    if (button) sort(button);
  });
  frame.addEventListener("scroll", () => {
    if (attached < found.length && frame.scrollTop + 2 * frame.clientHeight > frame.scrollHeight) more(STEP);
  });
  addEventListener("beforeprint", () => more(found.length));
  document.addEventListener("click", (event) => {
    const button = event.target.closest("button[data-show]");
    if (!button) return;
    const [name, places] = groups[button.dataset.show];
    group = new Set(places);
    clear.hidden = false;
    clear.textContent = `Only those with ${name} \u00d7`;
    show();
    document.getElementById("students").scrollIntoView();
  });
  clear.addEventListener("click", () => {
    group = null;
    clear.hidden = true;
    show();
  });
  show();
})();
