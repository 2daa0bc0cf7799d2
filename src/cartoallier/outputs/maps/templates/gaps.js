"use strict";
// The table of two themes and the sentence of their widest gap, from the figures as printed.
const gaps = ({ data, sides, theme, view }) => {
  const { element } = ground;
  const NB = "\u00a0", NARROW = "\u202f";
  const quoted = (text) => `«${NB}${text}${NB}»`;
  const HEADS = (limit) => ["durée moyenne (min)", `part ${limit}`, `habitants ${limit}`, "part couverte"];
  const number = (text) => (text ? parseFloat(text.replace(/[\s\u00a0\u202f%]/g, "").replace("−", "-").replace(",", ".")) : NaN);
  const written = (gap) => {
    const text = Math.abs(gap).toFixed(1).replace(".", ",");
    return text === "0,0" ? text : `${gap > 0 ? "+" : "−"}${text}`;
  };
  const gap = (row, column) => {
    const [a, b] = sides.map((one) => number(theme(one).figures[row][column]));
    return Number.isNaN(a) || Number.isNaN(b) ? null : Math.round((b - a) * 10) / 10;
  };

  function columns() {
    const made = [];
    for (const one of sides) {
      const { figures, limit } = theme(one);
      HEADS(limit).forEach((head, column) => {
        if (!figures.some((row) => row[column])) return;
        made.push({ head: `${one.letter}${NB}: ${head}`, cell: (row) => figures[row][column] || "–", one });
      });
    }
    for (const [column, head] of [[0, "Écart de durée (min)"], [1, "Écart de part (points)"], [3, "Écart de part couverte (points)"]]) {
      if (!data.zones.some((_, row) => gap(row, column) !== null)) continue;
      made.push({ head, cell: (row) => (gap(row, column) === null ? "–" : written(gap(row, column))), one: null });
    }
    return made;
  }

  function table() {
    const home = document.getElementById("tableaux");
    const made = element("table", "", "triable"), shown = columns();
    const caption = made.createCaption();
    caption.id = "tableau";
    caption.textContent = `Par EPCI${NB}: A, ${theme(sides[0]).title}${NARROW}; B, ${theme(sides[1]).title}`;
    const head = made.createTHead().insertRow();
    const heading = (text, className) => {
      const cell = element("th", "", className), button = element("button", text);
      cell.scope = "col";
      button.type = "button";
      cell.append(button);
      return cell;
    };
    const starts = (column, rank) => (rank === 0 || shown[rank - 1].one !== column.one ? "groupe" : "");
    head.append(heading("EPCI", "mots"), heading("Habitants", ""));
    head.append(...shown.map((column, rank) => heading(column.head, starts(column, rank))));
    const body = made.createTBody(), foot = made.createTFoot();
    data.zones.forEach(([name, people], place) => {
      const row = (place === data.zones.length - 1 ? foot : body).insertRow();
      const first = element("th", name);
      first.scope = "row";
      row.append(first, element("td", people));
      row.append(...shown.map((column, rank) => element("td", column.cell(place), starts(column, rank))));
    });
    const scroll = element("div", "", "defile");
    scroll.tabIndex = 0;
    scroll.setAttribute("role", "region");
    scroll.setAttribute("aria-labelledby", "tableau");
    scroll.append(made);
    home.replaceChildren(scroll);
  }

  function widest(column) {
    const rows = data.zones.slice(0, -1).map((_, row) => [row, gap(row, column)]).filter(([, size]) => size !== null);
    return rows.reduce((best, one) => (best && Math.abs(best[1]) >= Math.abs(one[1]) ? best : one), null);
  }

  const MEASURES = {
    1: { say: (one, text) => `${text} de la population est ${theme(one).limit} pour ${quoted(theme(one).title)}`, unit: "point" },
    3: { say: (one, text) => `${text} de la population est couverte pour ${quoted(theme(one).title)}`, unit: "point" },
    0: { say: (one, text) => `la durée moyenne est de ${text}${NB}minutes pour ${quoted(theme(one).title)}`, unit: "minute" },
  };

  function sentence() {
    const [a, b] = sides;
    if (a.select.value === b.select.value) return ["Le même thème est choisi deux fois."];
    const column = [1, 3, 0].find((one) => widest(one) && widest(one)[1]) ?? [1, 3, 0].find((one) => widest(one));
    if (column === undefined) {
      const empty = sides.filter((one) => !theme(one).figures.some((row) => row.some(Boolean)));
      const blamed = empty.length ? empty : sides;
      const why = blamed.map((one) => `${quoted(theme(one).title)}${NB}: ${theme(one).headline}`);
      return [`Rien à comparer chiffre à chiffre (${why.join(`${NARROW}; `)}).`];
    }
    const [row, size] = widest(column), { say, unit } = MEASURES[column];
    if (!size) return ["Aucun écart entre les deux thèmes, EPCI par EPCI, dans les chiffres affichés."];
    const [first, second] = sides.map((one) => say(one, theme(one).figures[row][column]));
    const amount = Math.abs(size).toFixed(1).replace(".", ",");
    const plural = Math.abs(size) >= 2 ? "s" : "";
    const told = [`Le plus grand écart${NB}: ${data.zones[row][0]}, où ${first} et ${second}, soit ${amount}${NB}${unit}${plural} de ${size > 0 ? "plus" : "moins"} pour le second.`];
    if (column === 1 && theme(a).limit !== theme(b).limit)
      told.push(`Les deux thèmes n’ont pas le même seuil${NB}: ${theme(a).limit} pour le premier, ${theme(b).limit} pour le second.`);
    const shown = sides.map(view);
    if (shown.every(Boolean) && JSON.stringify(shown[0].legend.map((line) => line[1])) !== JSON.stringify(shown[1].legend.map((line) => line[1])))
      told.push(`Les deux cartes n’ont pas les mêmes classes${NB}: lire chacune avec sa légende.`);
    return told;
  }

  function sentences() {
    document.querySelector(".phrases").replaceChildren(...sentence().map((line) => element("p", line)));
  }

  return { table, sentences };
};
