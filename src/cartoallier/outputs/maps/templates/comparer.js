"use strict";
// Two themes side by side: one view for both maps, one table, and the sentence of the widest gap.
// Text from the page's data is only ever written with textContent.
(() => {
  const INK = "#1d1d1b", NB = "\u00a0", NARROW = "\u202f";
  const read = (id) => JSON.parse(document.getElementById(id).textContent);
  const land = read("territoire");
  const data = read("comparer");
  const themes = new Map(data.themes.map((theme) => [theme.key, theme]));
  const [west, north, step] = land.grid;
  const place = (x, y) => [north - y * step, west + x * step];
  const form = document.querySelector(".reglages");
  const views = form.elements.vue;
  const quoted = (text) => `«${NB}${text}${NB}»`;

  const element = (name, text = "", className = "") => {
    const made = document.createElement(name);
    made.textContent = text;
    if (className) made.className = className;
    return made;
  };

  // "M12 34l5-6 7 8z…" -> rings of [latitude, longitude]; holes are told by the even-odd rule
  function rings(path) {
    return path.split("M").slice(1).map((ring) => {
      const n = ring.match(/-?\d+/g);
      let x = +n[0], y = +n[1];
      const points = [place(x, y)];
      for (let i = 2; i < n.length; i += 2) {
        x += +n[i];
        y += +n[i + 1];
        points.push(place(x, y));
      }
      return points;
    });
  }

  // each outline is read once, whatever the number of maps
  const read_once = new Map();
  const outline = (path) => {
    if (!read_once.has(path)) read_once.set(path, rings(path));
    return read_once.get(path);
  };
  const ranks = {
    commune: new Map(data.communes.map(([code], rank) => [code, rank])),
    epci: new Map(data.groupings.map(([code], rank) => [code, rank])),
  };
  const names = { commune: data.communes, epci: data.groupings };
  const shapes = {
    commune: land.outlines,
    epci: Object.entries(land.groupings).map(([code, path]) => [path, [code]]),
  };

  function side(name) {
    const root = document.querySelector(`[data-volet="${name}"]`);
    const map = L.map(root.querySelector(".carte"), {
      zoomControl: false, attributionControl: false, zoomSnap: 0.05, zoomDelta: 0.5,
      scrollWheelZoom: false, zoomAnimation: false, fadeAnimation: false,
    });
    for (const [pane, height] of [["contexte", 300], ["teintes", 350], ["limites", 400], ["survol", 450], ["noms", 600]])
      map.createPane(pane).style.zIndex = height;
    for (const pane of ["contexte", "limites", "survol", "noms"]) map.getPane(pane).style.pointerEvents = "none";
    const letter = name.toUpperCase();
    const container = map.getContainer();
    container.setAttribute("role", "application");
    container.setAttribute("aria-label", `Carte du thème ${letter} : flèches pour déplacer, plus et moins pour agrandir ou réduire ; le tableau donne les chiffres`);
    return {
      name, letter, root, map, tint: L.layerGroup().addTo(map), over: L.layerGroup().addTo(map),
      labels: L.layerGroup().addTo(map), select: root.querySelector("select"),
    };
  }
  const sides = [side("a"), side("b")];

  function shape(path, style, pane) {
    const quiet = { pane, interactive: false, smoothFactor: 0.5, fillRule: "evenodd" };
    return L.polygon(outline(path), { ...quiet, ...style });
  }

  function ground({ map }) {
    const line = { fill: false, lineJoin: "round" };
    shape(land.context, { fillColor: "#fbfbfa", fillOpacity: 1, color: "#ececea", weight: 0.8 }, "contexte").addTo(map);
    for (const path of Object.values(land.groupings))
      shape(path, { ...line, color: "#fff", weight: 2.6 }, "limites").addTo(map);
    for (const path of Object.values(land.groupings))
      shape(path, { ...line, color: "#3a3a3a", weight: 0.9 }, "limites").addTo(map);
    shape(land.departement, { ...line, color: INK, weight: 1.6 }, "limites").addTo(map);
  }

  // What a side shows ---------------------------------------------------------------------------
  const theme = (one) => themes.get(one.select.value);
  const view = (one) => theme(one).views[views.value];

  // the line of the legend a zone stands on
  function line(one, level, code) {
    const shown = view(one);
    const mark = shown && shown.level === level ? shown.lines[ranks[level].get(code)] : "_";
    return mark && mark !== "_" ? shown.legend[parseInt(mark, 36)] : null;
  }

  const patterns = { hachure: "url(#hachure)", points: "url(#points)" };
  const fill = (held) => (held ? patterns[held[0]] || held[0] : "#f1f1ec");

  function tint(one) {
    one.tint.clearLayers();
    const shown = view(one), level = shown ? shown.level : "commune";
    for (const [path, codes] of shapes[level]) {
      const colour = codes.length > 1 && shown ? patterns.hachure : fill(line(one, level, codes[0]));
      const zone = shape(path, {
        fillColor: colour, fillOpacity: 1, color: "#fff", weight: 0.35, interactive: true,
      }, "teintes");
      zone.on("mouseover click", () => tell(level, codes[0]));
      zone.on("mouseout", hush);
      one.tint.addLayer(zone);
    }
  }

  function legend(one) {
    const shown = view(one), box = one.root.querySelector(".legende");
    box.replaceChildren();
    if (!shown) return;
    const table = element("table", "", "classes");
    const head = table.createTHead().insertRow();
    for (const words of ["", "", shown.word, "habitants"]) {
      const cell = element(words ? "th" : "td", words);
      if (words) cell.scope = "col";
      head.append(cell);
    }
    const body = table.createTBody();
    for (const [swatch, label, zones, people] of shown.legend) {
      const row = body.insertRow();
      const name = element("th", label);
      name.scope = "row";
      row.insertCell().append(pastille(patterns[swatch] || swatch));
      row.append(name, element("td", zones), element("td", people));
    }
    box.append(element("h2", shown.title), table, ...shown.notes.map((line) => element("p", line, "note-legende")));
  }

  function pastille(colour) {
    const SVG = "http://www.w3.org/2000/svg";
    const made = document.createElementNS(SVG, "svg"), box = document.createElementNS(SVG, "rect");
    for (const [key, value] of [["class", "pastille"], ["width", 24], ["height", 14], ["aria-hidden", "true"], ["focusable", "false"]])
      made.setAttribute(key, value);
    for (const [key, value] of [["width", 24], ["height", 14], ["fill", colour]]) box.setAttribute(key, value);
    made.append(box);
    return made;
  }

  function words(one) {
    const { title, headline, worth, missing, key } = theme(one);
    one.root.querySelector(".principal").textContent = headline;
    one.root.querySelector(".compte").textContent = worth ? `Fiabilité${NB}: ${worth}` : "Sans chiffre de fiabilité";
    const link = one.root.querySelector(".vers-theme");
    link.href = `${key}.html`;
    link.textContent = `Page du thème ${quoted(title)}`;
    one.root.querySelector(".non-recu").textContent = missing ? `Non reçu${NB}: ${missing}` : "";
    const empty = one.root.querySelector(".vide");
    empty.hidden = Boolean(view(one));
    empty.textContent = `Rien à dessiner ici pour ce thème${NB}: ${headline}`;
  }

  // A zone, read for both themes ----------------------------------------------------------------
  const reading = document.querySelector(".lecture-carte");
  const invitation = reading.textContent;

  function value(one, level, code) {
    const shown = view(one);
    if (!shown) return "sans mesure";
    if (shown.level !== level) return `voir par ${shown.level === "epci" ? "EPCI" : "commune"}`;
    const row = line(one, level, code);
    const minutes = level === "commune" && views.value === "acces" && theme(one).minutes[ranks.commune.get(code)];
    const label = row ? row[1] : "sans mesure";
    return minutes && minutes !== "–" ? `${minutes}${NB}min (${label})` : label;
  }

  function tell(level, code) {
    const found = names[level][ranks[level].get(code)];
    if (!found) return;
    reading.replaceChildren(
      element("b", found[1]),
      ...sides.flatMap((one, rank) => [
        `${rank ? `${NARROW}; ` : ""}${one.letter}, ${theme(one).title}${NB}: ${value(one, level, code)}`,
      ]),
    );
    const drawn = shapes[level].find(([, codes]) => codes.includes(code));
    for (const { over } of sides) {
      over.clearLayers();
      if (drawn) over.addLayer(shape(drawn[0], { fill: false, color: INK, weight: 2.4 }, "survol"));
    }
  }

  function hush() {
    for (const { over } of sides) over.clearLayers();
  }

  // Table and sentences, from the figures as they are printed ----------------------------------
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

  // Names: the largest towns and EPCI that fit -------------------------------------------------
  const pen = document.createElement("canvas").getContext("2d");
  const family = 'system-ui, "Segoe UI", "Liberation Sans", "DejaVu Sans", sans-serif';
  const meets = (a) => (b) => a[0] < b[2] && a[2] > b[0] && a[1] < b[3] && a[3] > b[1];

  function wrapped(name) {
    const lines = [""];
    for (const word of name.split(" ")) {
      const last = lines[lines.length - 1];
      if (last && last.length + word.length > 13) lines.push(word);
      else lines[lines.length - 1] = last ? `${last} ${word}` : word;
    }
    return lines;
  }

  function label({ map, labels }) {
    labels.clearLayers();
    const size = map.getSize(), taken = [];
    const zoomed = 4 ** Math.max(0, map.getZoom() - home);
    const towns = land.towns.slice(0, Math.round(3 * zoomed)).map(([code, name], rank) => ({ at: land.points[code], lines: [name], rank, town: true }));
    const groupings = land.names.map(([name, at]) => ({ at, lines: wrapped(name), town: false }));
    for (const { at, lines, rank, town } of [...towns.slice(0, 3), ...groupings, ...towns.slice(3)]) {
      const large = town && rank < 3;
      const height = (large ? 17 : 13) * lines.length;
      pen.font = `${town ? "bold" : "italic"} ${large ? 14 : 11}px ${family}`;
      const width = Math.max(...lines.map((line) => pen.measureText(line).width));
      const p = map.latLngToContainerPoint(place(...at));
      const tries = [0, -14, 14, -28, 28].map((dy) => [p.x - width / 2 - 3, p.y + dy - height / 2, p.x + width / 2 + 3, p.y + dy + height / 2, dy]);
      const free = tries.find((box) => box[0] > 0 && box[1] > 0 && box[2] < size.x && box[3] < size.y && !taken.some(meets(box)));
      if (!free) continue;
      taken.push(free);
      const html = element("div", lines.join("\n"), large ? "nom nom-grande" : town ? "nom nom-ville" : "nom nom-epci");
      const icon = L.divIcon({ className: "etiquette", html, iconSize: [0, 0] });
      const spot = map.containerPointToLatLng([p.x, p.y + free[4]]);
      labels.addLayer(L.marker(spot, { icon, pane: "noms", interactive: false, keyboard: false }));
    }
  }

  // One view for both maps ----------------------------------------------------------------------
  let home = 0, following = false, moved = false;

  function frame() {
    const [south, left, top, right] = land.bounds;
    const bounds = L.latLngBounds([south, left], [top, right]);
    following = true;
    for (const { map } of sides) {
      map.invalidateSize({ animate: false, pan: false });
      map.options.minZoom = 0;
      map.options.maxZoom = 20;
      map.setMaxBounds(bounds.pad(0.3));
      map.fitBounds(bounds, { padding: [8, 8], animate: false });
      home = map.getZoom();
      map.options.minZoom = home - 0.5;
      map.options.maxZoom = home + 5;
    }
    following = false;
    moved = false;
    sides.forEach(label);
  }

  function link() {
    for (const one of sides) {
      const other = sides.find((each) => each !== one).map;
      one.map.on("move", () => {
        if (following) return;
        following = true;
        moved = true;
        other.setView(one.map.getCenter(), one.map.getZoom(), { animate: false });
        following = false;
      });
      one.map.on("moveend", () => {
        label(one);
        if (!following && moved) remember();
      });
      one.map.on("focus click", () => one.map.scrollWheelZoom.enable());
      one.map.on("blur mouseout", () => one.map.scrollWheelZoom.disable());
    }
    L.control.zoom({ zoomInTitle: "Agrandir les cartes", zoomOutTitle: "Réduire les cartes" }).addTo(sides[0].map);
    for (const { map } of sides) L.control.scale({ imperial: false, maxWidth: 96 }).addTo(map);
  }

  // The address says what is shown --------------------------------------------------------------
  function remember() {
    const { map } = sides[0], centre = map.getCenter();
    const told = new URLSearchParams({ a: sides[0].select.value, b: sides[1].select.value, vue: views.value });
    if (moved) told.set("v", [centre.lat.toFixed(4), centre.lng.toFixed(4), map.getZoom().toFixed(2)].join("_"));
    const state = `#${told}`;
    if (location.hash === state) return;
    try {
      history.replaceState(null, "", state);
    } catch {
      location.hash = state;
    }
  }

  function recall() {
    const told = new URLSearchParams(location.hash.slice(1));
    sides.forEach((one, rank) => {
      const asked = told.get(one.name);
      one.select.value = themes.has(asked) ? asked : data.first[rank];
    });
    const known = [...views.options].map((option) => option.value);
    views.value = known.includes(told.get("vue")) ? told.get("vue") : known[0];
    draw();
    const at = (told.get("v") || "").split("_").map(Number);
    if (at.length !== 3 || at.some((one) => !Number.isFinite(one))) return;
    sides[0].map.setView(at.slice(0, 2), at[2], { animate: false });
  }

  function draw() {
    for (const one of sides) {
      tint(one);
      legend(one);
      words(one);
    }
    reading.textContent = invitation;
    hush();
    sentences();
    table();
  }

  // A commune by its name, accents ignored -------------------------------------------------------
  const fold = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase().replace(/[-’']/g, " ").trim();

  function seek() {
    const asked = fold(form.elements.commune.value);
    const found = asked && (data.communes.find(([, name]) => fold(name) === asked)
      || (asked.length > 2 && data.communes.find(([, name]) => fold(name).startsWith(asked))));
    if (!found) return;
    const shown = sides.map(view).find(Boolean);
    const point = land.points[found[0]];
    if (point) sides[0].map.setView(place(...point), home + 1.5, { animate: false });
    if (!shown || shown.level === "commune") tell("commune", found[0]);
    else reading.textContent = `${found[1]}${NB}: les cartes montrent des EPCI, choisir une mesure par commune pour la lire.`;
  }

  function start() {
    for (const one of sides) ground(one);
    document.getElementById("communes").append(...data.communes.map(([, name]) => {
      const option = document.createElement("option");
      option.value = name;
      return option;
    }));
    frame();
    link();
    recall();
    for (const one of sides) one.select.addEventListener("change", () => { draw(); remember(); });
    views.addEventListener("change", () => { draw(); remember(); });
    form.addEventListener("submit", (event) => { event.preventDefault(); seek(); });
    form.elements.commune.addEventListener("change", seek);
    form.elements.entier.addEventListener("click", () => { frame(); form.elements.commune.value = ""; remember(); });
    window.addEventListener("hashchange", recall);
    let width = window.innerWidth;
    window.addEventListener("resize", () => {
      if (window.innerWidth === width) return;
      width = window.innerWidth;
      frame();
    });
    const printed = (on) => {
      document.body.classList.toggle("impression", on);
      frame();
    };
    window.addEventListener("beforeprint", () => printed(true));
    window.addEventListener("afterprint", () => printed(false));
  }

  start();
})();
