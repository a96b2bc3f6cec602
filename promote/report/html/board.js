// All that is shown stands in the page already: this filters it, sorts it, and keeps the choice in the address.
(() => {
  "use strict";
  const $ = (id) => document.getElementById(id);
  const root = document.documentElement, body = $("table").tBodies[0], heads = [...$("table").tHead.rows[0].cells];
  const chips = [...document.querySelectorAll("[data-f]")];
  let rows = [...body.rows].map((row, place) => {
    const cells = [...row.cells].slice(1);
    const states = new Set(cells.flatMap((cell) => cell.dataset.s.split(" ")));
    return { row, place, cells, states, text: row.textContent.toLowerCase() };
  });
  const dark = matchMedia("(prefers-color-scheme: dark)");
  let sorted = { column: 0, down: false }, later = 0;

  const isDark = () => (root.dataset.theme || (dark.matches ? "dark" : "light")) === "dark";
  const pressed = () => chips.filter((each) => each.ariaPressed === "true").map((each) => each.dataset.f);
  const paint = () => $("theme").setAttribute("aria-pressed", isDark());

  function remember() {
    const said = new URLSearchParams();
    const states = pressed();
    if ($("q").value) said.set("q", $("q").value);
    if (states.length) said.set("s", states.join(" "));
    if (sorted.column || sorted.down) said.set("sort", `${sorted.column} ${sorted.down ? "down" : "up"}`);
    if ($("by").value !== "r") said.set("by", $("by").value);
    if (root.dataset.theme) said.set("theme", root.dataset.theme);
    history.replaceState(null, "", `#${said}`);
  }

  // What is in sight comes at once, and the rest in the frames after it: no key waits for 500 rows.
  function reveal(left) {
    cancelAnimationFrame(later);
    for (const each of left.splice(0, 100)) each.row.hidden = false;
    if (left.length) later = requestAnimationFrame(() => reveal(left));
  }

  function filter() {
    const words = $("q").value.toLowerCase().split(/\s+/).filter(Boolean);
    const wanted = pressed();
    const fits = ({ text, states }) =>
      words.every((word) => text.includes(word)) && (!wanted.length || wanted.some((each) => states.has(each)));
    const shown = new Set(rows.filter(fits));
    for (const each of rows) if (!shown.has(each) && !each.row.hidden) each.row.hidden = true;
    reveal([...shown].filter((each) => each.row.hidden));
    $("none").hidden = shown.size > 0 || !rows.length;
    $("said").textContent = shown.size === rows.length ? `${shown.size} apps` : `${shown.size} of ${rows.length} apps`;
    remember();
  }

  // What is asked for comes first when it is sorted "descending": the most pressing, the oldest, the furthest behind.
  function weight(cell) {
    const by = $("by").value, said = cell.dataset[by];
    return said === undefined ? -Infinity : by === "at" ? -said : Number(said);
  }

  function sort() {
    const { column, down } = sorted, way = down ? -1 : 1;
    const keyed = rows.map((each) => ({ ...each, key: column ? weight(each.cells[column - 1]) : each.place }));
    keyed.sort((a, b) => (a.key === b.key ? a.place - b.place : a.key < b.key ? -way : way));
    rows = keyed;
    for (const each of rows) each.row.hidden = true;
    body.append(...rows.map((each) => each.row));
    heads.forEach((head, number) => {
      if (number === column) head.setAttribute("aria-sort", down ? "descending" : "ascending");
      else head.removeAttribute("aria-sort");
    });
    filter();
  }

  function recall() {
    const said = new URLSearchParams(location.hash.slice(1)), states = (said.get("s") || "").split(" ");
    $("q").value = said.get("q") || "";
    for (const each of chips) each.ariaPressed = String(states.includes(each.dataset.f));
    const [column, way] = (said.get("sort") || "0 up").split(" ");
    sorted = { column: heads[column] ? Number(column) : 0, down: way === "down" };
    if (["r", "at", "b"].includes(said.get("by"))) $("by").value = said.get("by");
    if (["light", "dark"].includes(said.get("theme"))) root.dataset.theme = said.get("theme");
  }

  function tellAge() {
    const minutes = Math.floor((Date.now() - Date.parse($("now").dateTime)) / 60000);
    const days = Math.floor(minutes / 1440), hours = Math.floor(minutes / 60);
    $("ago").textContent = minutes < 1 ? "" : `, ${days ? `${days} d` : hours ? `${hours} h` : `${minutes} min`} ago`;
  }

  $("bar").addEventListener("submit", (event) => event.preventDefault());
  $("q").addEventListener("input", filter);
  $("by").addEventListener("change", () => { if (!sorted.column && heads.length > 1) sorted = { column: heads.length - 1, down: true }; sort(); });
  for (const each of chips) each.addEventListener("click", () => { each.ariaPressed = String(each.ariaPressed !== "true"); filter(); });
  heads.forEach((head, column) => {
    const button = head.querySelector("button");
    button.disabled = false;
    button.addEventListener("click", () => {
      sorted = { column, down: sorted.column === column ? !sorted.down : column > 0 };
      sort();
    });
  });
  $("clear").addEventListener("click", () => {
    $("q").value = "";
    for (const each of chips) each.ariaPressed = "false";
    filter();
    $("q").focus();
  });
  $("theme").addEventListener("click", () => { root.dataset.theme = isDark() ? "light" : "dark"; paint(); remember(); });
  dark.addEventListener("change", paint);
  document.addEventListener("keydown", (event) => {
    if (event.key === "/" && !event.target.closest("input, select")) { event.preventDefault(); $("q").focus(); }
    else if (event.key === "Escape" && event.target === $("q")) { $("q").value = ""; filter(); }
  });

  $("bar").hidden = $("theme").hidden = false;
  $("sum").hidden = true; // the buttons say the same
  recall();
  paint();
  if (sorted.column || sorted.down) sort();
  filter();
  if ($("now")) { tellAge(); setInterval(tellAge, 60000); }
})();
