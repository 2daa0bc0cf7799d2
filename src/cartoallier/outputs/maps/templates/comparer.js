"use strict";
// Two themes side by side: one view for both maps, and every zone read for both.
// Text from the page's data is only ever written with textContent.
(() => {
  const { INK, read, land, place, shape, element, svg, paint, fold } = ground;
  const NB = "\u00a0", NARROW = "\u202f";
  const data = read("comparer");
  const themes = new Map(data.themes.map((theme) => [theme.key, theme]));
  const form = document.querySelector(".reglages");
  const views = form.elements.vue;
  const quoted = (text) => `«${NB}${text}${NB}»`;

  const ranks = {
    commune: new Map(data.communes.map(([code], rank) => [code, rank])),
    epci: new Map(data.groupings.map(([code], rank) => [code, rank])),
  };
  const known = { commune: data.communes, epci: data.groupings };
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
    ground.quiet(map);
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

  // What a side shows ---------------------------------------------------------------------------
  const theme = (one) => themes.get(one.select.value);
  const own = (one) => theme(one).views[views.value];
  // a theme whose need and access are not crossed shows its access, and says so
  const view = (one) => own(one) || (views.value === "croise" ? theme(one).views.acces : undefined);
  const told = gaps({ data, sides, theme, view });

  // What neither theme has is not offered; when it was shown, another map is, and the page says it.
  function offer() {
    for (const option of views.options)
      option.disabled = !sides.some((one) => theme(one).views[option.value]);
    const chosen = views.selectedOptions[0];
    const other = [...views.options].find((option) => !option.disabled);
    if (!chosen.disabled || !other) return "";
    views.value = other.value;
    return `${quoted(chosen.textContent)}${NB}: aucun des deux thèmes n’a cette carte${NARROW}; `
      + `les cartes montrent ${quoted(other.textContent)}.`;
  }

  // the line of the legend a zone stands on
  function line(one, level, code) {
    const shown = view(one);
    const mark = shown && shown.level === level ? shown.lines[ranks[level].get(code)] : "_";
    return mark && mark !== "_" ? shown.legend[parseInt(mark, 36)] : null;
  }

  const fill = (held) => (held ? paint(held[0]) : "#f1f1ec");

  function tint(one) {
    one.tint.clearLayers();
    const shown = view(one), level = shown ? shown.level : "commune";
    for (const [path, codes] of shapes[level]) {
      const colour = codes.length > 1 && shown ? paint("hachure") : fill(line(one, level, codes[0]));
      const zone = shape(path, {
        fillColor: colour, fillOpacity: 1, color: "#fff", weight: 0.35, interactive: true,
      }, "teintes");
      zone.on("mouseover click", () => tell(level, codes[0]));
      zone.on("mouseout", hush);
      one.tint.addLayer(zone);
    }
  }

  const head = (text, scope) => {
    const cell = element(text ? "th" : "td", text);
    if (text) cell.scope = scope;
    return cell;
  };

  function list(word, lines) {
    const table = element("table", "", "classes");
    table.createTHead().insertRow().append(...["", "", word, "habitants"].map((text) => head(text, "col")));
    const body = table.createTBody();
    for (const [swatch, label, zones, people] of lines) {
      const row = body.insertRow();
      row.insertCell().append(pastille(swatch));
      row.append(head(label, "row"), element("td", zones), element("td", people));
    }
    return table;
  }

  // three by three: need in rows, access in columns, communes and inhabitants in each cell
  function cross({ title, rows, columns }, lines) {
    const table = element("table", "", "croise");
    table.createCaption().textContent = title;
    table.createTHead().insertRow().append(head("", "col"), ...columns.map((text) => head(text, "col")));
    const body = table.createTBody();
    rows.forEach((text, rank) => {
      const row = body.insertRow();
      row.append(head(text, "row"));
      for (const [swatch, , zones, people] of lines.slice(3 * rank, 3 * rank + 3)) {
        const counted = `commune${+zones.replace(/\D/g, "") > 1 ? "s" : ""}`;
        const cell = element("div", "", "case");
        cell.append(pastille(swatch), element("span", `${zones}${NB}${counted}`), element("span", `${people}${NB}hab.`));
        row.insertCell().append(cell);
      }
    });
    return table;
  }

  function legend(one) {
    const shown = view(one), box = one.root.querySelector(".legende");
    box.replaceChildren();
    if (!shown) return;
    const { title, word, legend: lines, grid, notes } = shown, rest = lines.slice(grid ? 9 : 0);
    if (shown !== own(one)) box.append(element("p", theme(one).uncrossed, "compte"));
    box.append(element("h2", title));
    if (grid) box.append(cross(grid, lines));
    if (rest.length) box.append(list(word, rest));
    box.append(...notes.map((text) => element("p", text, "note-legende")));
  }

  function pastille(swatch) {
    const size = { width: 24, height: 14 };
    const made = svg("svg", { ...size, class: "pastille", "aria-hidden": "true", focusable: "false" });
    made.append(svg("rect", { ...size, fill: paint(swatch) }));
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
    const minutes = shown === theme(one).views.acces && level === "commune" && theme(one).minutes[ranks.commune.get(code)];
    const label = row ? row[1] : "sans mesure";
    return minutes && minutes !== "–" ? `${minutes}${NB}min (${label})` : label;
  }

  function tell(level, code) {
    const found = known[level][ranks[level].get(code)];
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

  // One view for both maps ----------------------------------------------------------------------
  let home = 0, following = false, moved = false;

  const label = ({ map, labels }) => names.write(map, labels, home, 3);

  function frame() {
    following = true;
    for (const { map } of sides) {
      map.invalidateSize({ animate: false, pan: false });
      home = ground.frame(map, 8);
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
    const asked = new URLSearchParams({ a: sides[0].select.value, b: sides[1].select.value, vue: views.value });
    if (moved) asked.set("v", [centre.lat.toFixed(4), centre.lng.toFixed(4), map.getZoom().toFixed(2)].join("_"));
    const state = `#${asked}`;
    if (location.hash === state) return;
    try {
      history.replaceState(null, "", state);
    } catch {
      location.hash = state;
    }
  }

  function recall() {
    const asked = new URLSearchParams(location.hash.slice(1));
    sides.forEach((one, rank) => {
      const key = asked.get(one.name);
      one.select.value = themes.has(key) ? key : data.first[rank];
    });
    const offered = [...views.options].map((option) => option.value);
    views.value = offered.includes(asked.get("vue")) ? asked.get("vue") : offered[0];
    draw();
    const at = (asked.get("v") || "").split("_").map(Number);
    if (at.length !== 3 || at.some((one) => !Number.isFinite(one))) return;
    sides[0].map.setView(at.slice(0, 2), at[2], { animate: false });
  }

  function draw() {
    const said = offer();
    for (const one of sides) {
      tint(one);
      legend(one);
      words(one);
    }
    reading.textContent = said || invitation;
    hush();
    told.sentences();
    told.table();
  }

  // A commune by its name, accents ignored -------------------------------------------------------
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
    for (const { map } of sides) {
      ground.context(map);
      ground.borders(map);
    }
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
