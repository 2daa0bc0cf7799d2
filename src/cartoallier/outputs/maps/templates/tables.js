"use strict";
// The tables of a page: sorted by a click on a heading, and downloaded as CSV.
//
// The file is what French spreadsheets open and what programs read: « ; » between cells, comma
// before decimals, CRLF, UTF-8 with its mark, one line of headings, then one line per row and
// nothing else. It holds the rows that the page shows, in its order: while the legend filters
// them, the button and the name of the file say so. Figures are those of the page, their unit in
// the heading; a cell without a figure stays empty and the column after it says why (« secret
// statistique », « estimation », « au plus », a year that is not that of the heading). Codes come first, as plain text. What the figures
// are worth travels in the last columns of every line, as SDMX-CSV does: lines before or after
// the table would break whatever reads it.
(() => {
  const order = new Intl.Collator("fr", { numeric: true });
  const plain = (text) => text.replace(/\s+/g, " ").trim(); // no-break spaces included

  // Sorting: what is not a number comes last ------------------------------------------------------
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

  // Cells: « ≤ 1 204 personnes (estimation, 2019), EPCI entier : 9 » is a figure, a unit, a reserve
  const FIGURE = /^(≤ )?([+−-]?(?:\d{1,3}(?: \d{3})+|\d+)(?:,\d+)?) ?([^\d\s(),;:≤][^\d(),;:]*?)?( \((?:[^()\d]*|(?:[^()\d]*, )?\d{4}(?:-\d\d){0,2})\))?(, [^\d]+|, EPCI entier : .+)?$/;
  const BLANK = new Set(["", "–"]);

  function figure(text) {
    const found = FIGURE.exec(text);
    if (!found) return null;
    const [, most, digits, unit = "", aside = "", rest = ""] = found;
    const reserve = [most && "au plus", aside.slice(2, -1), rest.slice(2)].filter(Boolean).join(", ");
    return { digits: digits.replace(/ /g, "").replace("−", "-").replace("+", ""), unit, reserve };
  }

  // A column of figures, or of words as soon as one of its cells is neither
  function column(head, texts) {
    const told = texts.filter((text) => !BLANK.has(text));
    const figures = told.map(figure).filter(Boolean);
    const units = new Set(figures.map(({ unit }) => unit));
    const mixed = told.some((text) => /^(≤ )?[+−-]?\d/.test(text) && !figure(text));
    if (head.words || mixed || units.size !== 1)
      return [[head.text, ...texts.map((text) => (text === "–" ? "" : disarmed(text)))]];
    const [unit] = units;
    const named = unit ? head.text.replace(/( \([^()]*)?\)?$/, (all) => (all ? `${all.slice(0, -1)}, ${unit})` : ` (${unit})`)) : head.text;
    const cells = texts.map((text) => (BLANK.has(text) ? null : figure(text) || { digits: "", reserve: text }));
    const made = [[named, ...cells.map((cell) => (cell ? cell.digits : ""))]];
    if (cells.some((cell) => cell && cell.reserve))
      made.push([`${head.text} : statut`, ...cells.map((cell) => (cell ? disarmed(cell.reserve) : ""))]);
    return made;
  }

  // Text that a spreadsheet would run as a formula, whatever it takes for a separator
  function disarmed(text) {
    const safe = text.replace(/([;,]\s*)(?=[=+\-@])/g, "$1'");
    return /^[=+\-@]/.test(safe) ? `'${safe}` : safe;
  }

  // The file --------------------------------------------------------------------------------------
  const shown = (table) => [...table.tBodies[0].rows].filter((row) => !row.hidden);
  const filtered = (table) => shown(table).length < table.tBodies[0].rows.length;
  const own = (node) => plain([...node.childNodes]
    .filter((child) => child.nodeType === Node.TEXT_NODE).map((child) => child.data).join(" "));

  function title(table) {
    const span = table.caption && table.caption.querySelector(".intitule");
    const named = span || document.getElementById(table.getAttribute("aria-labelledby"));
    return plain(named ? named.textContent : "");
  }

  function codes(table, rows) {
    const heads = (table.dataset.codes || "").split("|").filter(Boolean);
    const parts = rows.map((row) => {
      const text = row.dataset.codes || "";
      return heads.length > 1 ? text.split("|") : [text];
    });
    const made = heads.map((head, rank) => [head, ...parts.map((part) => disarmed(part[rank] || ""))]);
    const { maille } = table.dataset;
    const level = (row) => row.dataset.maille || (row.parentNode === table.tFoot ? "departement" : maille);
    return maille ? [["maille", ...rows.map((row) => disarmed(level(row)))], ...made] : made;
  }

  function worth(table) {
    const heading = document.querySelector("h1"), under = document.querySelector(".sous-titre");
    const source = [...document.querySelectorAll(".notes p")]
      .find((line) => line.firstElementChild && plain(line.firstElementChild.textContent) === "Source");
    const warning = document.querySelector(".avertissement");
    const filter = table.caption && table.caption.querySelector(".filtre");
    return [
      ["titre du tableau", [heading ? plain(heading.textContent) : "", title(table)].filter(Boolean).join(" – ")],
      ["filtre", filter ? plain(filter.textContent) : ""],
      ["territoire et dates", under ? own(under).replace(/^[·\s]+/, "") : ""],
      ["sources du tableau", source ? own(source) : ""],
      ["avertissement", warning
        ? [...warning.childNodes].map((node) => plain(node.textContent)).filter(Boolean).join(" – ") : ""],
    ].filter(([, text]) => text);
  }

  function unique(columns) {
    const met = new Map();
    for (const one of columns) {
      const times = (met.get(one[0]) || 0) + 1;
      met.set(one[0], times);
      if (times > 1) one[0] += ` (${times})`;
    }
    return columns;
  }

  function csv(table) {
    const rows = [...shown(table), ...(table.tFoot ? table.tFoot.rows : [])];
    const heads = [...table.tHead.rows[0].cells].map((head) => ({
      text: plain(head.dataset.titre || head.textContent), words: head.classList.contains("mots"),
    }));
    const columns = unique([
      ...codes(table, rows),
      ...heads.flatMap((head, rank) => column(head, rows.map((row) => plain(row.cells[rank].textContent)))),
      ...worth(table).map(([head, text]) => [head, ...rows.map(() => disarmed(text))]),
    ].map(([head, ...cells]) => [disarmed(head), ...cells]));
    const quoted = (text) => (/[";]/.test(text) ? `"${text.replace(/"/g, '""')}"` : text);
    const line = (_, place) => columns.map((one) => quoted(one[place])).join(";");
    return `\ufeff${Array.from({ length: rows.length + 1 }, line).join("\r\n")}\r\n`;
  }

  function fileName(table) {
    const page = decodeURIComponent(location.pathname).split("/").pop().replace(/\.html?$/, "");
    const bare = (text) => text.normalize("NFD").replace(/[\u0300-\u036f]/g, "").toLowerCase();
    const safe = (text) => bare(text).replace(/[^a-z0-9_-]+/g, "-").slice(0, 80).replace(/^-+|-+$/g, "");
    const known = safe(table.dataset.fichier || "");
    const name = known || [page, table.id || title(table)].map(safe).filter(Boolean).join("-") || "tableau";
    return `${name}${filtered(table) ? "-filtre" : ""}.csv`;
  }

  function download(table) {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([csv(table)], { type: "text/csv;charset=utf-8" }));
    link.download = fileName(table);
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60000);
  }

  // The button ------------------------------------------------------------------------------------
  const HINT = "Point-virgule entre les cellules, virgule décimale. Dans un tableur, importer les "
    + "codes comme du texte pour garder leur premier zéro.";

  function label(button, table) {
    const all = table.tBodies[0].rows.length;
    const words = filtered(table)
      ? `Télécharger en CSV (${shown(table).length} sur ${all})` : "Télécharger en CSV";
    if (button.textContent === words) return;
    button.textContent = words;
    button.setAttribute("aria-label", `${words}\u00a0: ${title(table)}`);
  }

  function offer(table) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "outil telecharger";
    button.title = HINT;
    if (table.caption) {
      // the table keeps the name of its caption, without the words of the button
      const named = document.createElement("span");
      named.className = "intitule";
      named.append(...table.caption.childNodes);
      if (table.caption.id) {
        named.id = table.caption.id;
        table.caption.removeAttribute("id");
        table.setAttribute("aria-labelledby", named.id);
      }
      table.caption.append(named, " ", button);
    } else {
      const line = document.createElement("p");
      line.append(button);
      table.closest(".defile").before(line);
    }
    label(button, table);
    button.addEventListener("click", () => download(table));
    return button;
  }

  const buttons = new WeakMap();
  function furnish() {
    for (const table of document.querySelectorAll(".triable")) {
      const known = buttons.get(table);
      if (known) label(known, table);
      else if (table.tBodies[0].rows.length) buttons.set(table, offer(table));
    }
  }

  document.addEventListener("click", ({ target }) => {
    const button = target.closest(".triable thead button");
    if (button) sort(button);
  });
  furnish();
  // tables that a page makes or filters later
  const home = document.getElementById("tableaux");
  if (home) new MutationObserver(furnish).observe(home, { childList: true, subtree: true });
})();
