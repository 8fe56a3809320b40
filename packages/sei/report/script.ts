/** @file The page's few lines of script: sorting and the choice of light or dark. The page is whole without them. */

/** Runs as it stands in the page; kept to what every current browser has. */
export const script = `(() => {
  const root = document.documentElement;
  const button = document.getElementById("theme");
  const dark = () => root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  const say = () => {
    button.textContent = dark() ? "Light" : "Dark";
    button.setAttribute("aria-label", "Switch to the " + (dark() ? "light" : "dark") + " scheme");
  };
  button.hidden = false;
  button.addEventListener("click", () => { root.dataset.theme = dark() ? "light" : "dark"; say(); });
  say();

  const compare = (a, b) => {
    if (a === "" || b === "") return a === b ? 0 : a === "" ? 1 : -1;
    const x = Number(a), y = Number(b);
    return Number.isNaN(x) || Number.isNaN(y) ? a.localeCompare(b, undefined, { numeric: true }) : x - y;
  };
  for (const table of document.querySelectorAll("table.sortable")) {
    const heads = [...table.tHead.rows[0].cells];
    const body = table.tBodies[0];
    const original = [...body.rows];
    heads.forEach((head, column) => {
      const sort = document.createElement("button");
      sort.type = "button";
      sort.append(...head.childNodes);
      head.append(sort);
      sort.addEventListener("click", () => {
        const now = head.getAttribute("aria-sort");
        const first = head.dataset.order, second = first === "ascending" ? "descending" : "ascending";
        const next = now === first ? second : now === second ? null : first;
        for (const other of heads) other.removeAttribute("aria-sort");
        if (next) head.setAttribute("aria-sort", next);
        const key = (row) => row.cells[column].dataset.key ?? row.cells[column].textContent;
        const sign = next === "descending" ? -1 : 1;
        const empty = (row) => key(row) === "";
        const rows = next
          ? original.slice().sort((a, b) => empty(a) - empty(b) || sign * compare(key(a), key(b)))
          : original;
        body.append(...rows);
      });
    });
  }
})();`;
