"use strict";
// Tables are sorted by a click on a heading; what is not a number comes last.
(() => {
  const order = new Intl.Collator("fr", { numeric: true });

  function value(row, column) {
    const cell = row.cells[column];
    const text = cell.dataset.tri || cell.textContent.trim();
    const figure = text.replace(/[\s\u00a0\u202f≤]/g, "").replace("−", "-").replace(",", ".");
    return [parseFloat(figure), text];
  }

  function sort(button) {
    const head = button.closest("th"), table = head.closest("table"), body = table.tBodies[0];
    const words = head.classList.contains("mots");
    const up = head.getAttribute("aria-sort") === (words ? "ascending" : "descending") ? !words : words;
    const before = (a, b) => {
      const [x, s] = value(a, head.cellIndex), [y, t] = value(b, head.cellIndex);
      if (words) return (up ? 1 : -1) * order.compare(s, t);
      if (Number.isNaN(x) || Number.isNaN(y)) return Number.isNaN(x) - Number.isNaN(y) || order.compare(s, t);
      return (up ? 1 : -1) * (x - y);
    };
    body.append(...[...body.rows].sort(before));
    for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", up ? "ascending" : "descending");
  }

  document.addEventListener("click", ({ target }) => {
    const button = target.closest(".triable thead button");
    if (button) sort(button);
  });
})();
