"use strict";
// Fills the map that folium made with the page's own JSON. Text from the page's data is only
// ever written with textContent.
const cartoallier = (() => {
  const { INK, read, land, place, rings, shape, element, paint, frame } = ground;
  const theme = read("theme");

  // Tooltips repeat the rows of the tables under the map.
  const rows = new Map();
  for (const row of document.querySelectorAll("tr[data-zone]")) {
    const key = row.dataset.zone.replace(/:entier$/, "");
    if (!rows.has(key) || !row.dataset.zone.endsWith(":entier")) rows.set(key, row);
  }

  function zoneCard(key) {
    const row = rows.get(key);
    const card = element("div");
    if (!row) return card;
    card.append(element("b", row.cells[0].textContent));
    const heads = row.closest("table").tHead.rows[0].cells;
    const list = element("dl");
    for (let i = 1; i < row.cells.length; i++) {
      if (!row.cells[i].textContent) continue;
      list.append(element("dt", heads[i].textContent), element("dd", row.cells[i].textContent));
    }
    card.append(list);
    return card;
  }

  function zonesCard(level, codes) {
    const card = element("div");
    for (const code of codes) card.append(zoneCard(`${level}:${code}`));
    if (codes.length > 1) card.append(element("p", "Contour commun à plusieurs communes."));
    return card;
  }

  const tooltip = { className: "bulle", sticky: true, opacity: 1 };

  // What each tint draws: tint key -> [{ keys, line, layer, look }], in the order of the legend.
  const drawn = {};
  const outlinesOf = (level) => {
    if (level === "commune") return land.outlines;
    const paths = level === "epci" ? land.groupings : (land.cuts || {})[level] || {};
    return Object.entries(paths).map(([code, path]) => [path, [code]]);
  };

  function zone(group, path, level, codes, look) {
    const made = { keys: codes.map((code) => `${level}:${code}`), look, line: -1 };
    made.layer = shape(path, { ...look, fillOpacity: 1, interactive: true }, "teintes")
      .bindTooltip(() => zonesCard(level, codes), tooltip);
    made.layer.on("mouseover", () => made.layer.setStyle({ color: INK, weight: 2 }).bringToFront());
    made.layer.on("mouseout", () => made.layer.setStyle(made.look));
    // a tooltip makes its path a tab stop; hundreds of them would stand before the controls
    made.layer.on("add", () => made.layer.getElement().setAttribute("tabindex", "-1"));
    group.addLayer(made.layer);
    return made;
  }

  function tint(group, key) {
    const { level, fills, lines, marks = [] } = theme.tints[key];
    drawn[key] = outlinesOf(level).map(([path, codes]) => {
      const line = lines[codes[0]];
      const swatch = codes.length > 1 ? "hachure" : fills[line] || "hachure";
      const fillColor = paint(swatch);
      // the limits of communes and EPCI are drawn over every tint, those of others by their own
      const own = level !== "commune" && level !== "epci";
      const border = own ? { color: "#3a3a3a", weight: 1.4 } : { color: "#fff", weight: 0.35 };
      const made = zone(group, path, level, codes, { fillColor, ...border });
      return Object.assign(made, { border, line, lines: codes.map((code) => lines[code]) });
    });
    for (const [letter, at] of marks) {
      const icon = L.divIcon({ className: "lettre", html: element("span", letter), iconSize: [20, 20] });
      group.addLayer(L.marker(place(...at), { icon, pane: "lieux", interactive: false, keyboard: false }));
    }
  }

  function base(group) {
    const look = { fillColor: "#f1f1ec", color: "#fff", weight: 0.7 };
    drawn[""] = land.outlines.map(([path, codes]) =>
      Object.assign(zone(group, path, "commune", codes, look), { border: look }));
  }

  function borders(group) {
    const beyond = { fill: false, lineJoin: "round", color: "#8a8a8a", weight: 1.6, lineCap: "round", dashArray: "0.1 4" };
    group.addLayer(shape(land.beyond, beyond, "limites"));
    ground.borders(group);
  }

  // On a narrow map circles are smaller, and so are those of the legend.
  const circleScale = (map) => Math.min(1, Math.max(0.55, map.getSize().x / 640));

  function circles(map, group) {
    const k = circleScale(map);
    group.clearLayers();
    for (const [code, people] of theme.circles) {
      const point = land.points[code];
      if (!point) continue;
      // hollow: a veil would give the class under it another colour
      const look = {
        code, pane: "cercles", interactive: false, fill: false,
        radius: Math.max(1.5, k * theme.radius * Math.sqrt(people)),
      };
      group.addLayer(L.circleMarker(place(...point), { ...look, color: "#fff", weight: 3 }));
      group.addLayer(L.circleMarker(place(...point), { ...look, color: INK, weight: 1.4 }));
    }
    circleKey(k);
  }

  // the legend as the page wrote it, at the scale of the map; values keep 11 px between them
  function circleKey(k) {
    const drawing = document.querySelector(".cercles svg");
    if (!drawing) return;
    const all = (name) => [...drawing.querySelectorAll(name)];
    const rounds = all("circle"), lines = all("path"), words = all("text");
    const radii = rounds.map((one) => +(one.dataset.rayon = one.dataset.rayon || one.getAttribute("r")));
    const largest = Math.max(...radii) * k, wide = 2 * largest + 2;
    let last = -Infinity;
    radii.forEach((radius, i) => {
      const r = radius * k, top = wide + 3 - 2 * r, at = Math.max(top, last + 11);
      last = at;
      const set = (one, told) => Object.entries(told).forEach(([key, value]) => one.setAttribute(key, value));
      set(rounds[i], { cx: largest + 1, cy: wide + 3 - r, r });
      set(lines[i], { d: `M${largest + 1} ${top}L${wide + 6} ${at}` });
      set(words[i], { x: wide + 9, y: at + 3.4 });
    });
    drawing.setAttribute("width", Math.round(wide + 64));
    drawing.setAttribute("height", Math.round(Math.max(wide, last) + 8));
  }

  function furniture(map) {
    L.control.zoom({ zoomInTitle: "Agrandir la carte", zoomOutTitle: "Réduire la carte" }).addTo(map);
    map.scale = L.control.scale({ imperial: false, maxWidth: 128 }).addTo(map);
    map.getContainer().setAttribute("aria-label", "Carte : flèches pour déplacer, plus et moins pour agrandir ou réduire");
    map.getContainer().setAttribute("role", "application");
    map.on("focus click", () => map.scrollWheelZoom.enable());
    map.on("blur mouseout", () => map.scrollWheelZoom.disable());
  }

  function switches(map, groups, lieux) {
    const form = document.querySelector(".couches");
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("change", ({ target }) => {
      if (["teinte", "niveau"].includes(target.name)) return choose(map, groups, familyTint(form));
      for (const legend of document.querySelectorAll(`[data-couche="${target.name}"]`))
        legend.hidden = !target.checked;
      if (target.name === "lieux") return lieux.shown(target.checked);
      if (target.name === "itinerants") return lieux.itinerant(target.checked);
      const group = groups[target.name];
      if (!group) return null;
      return target.checked ? map.addLayer(group) : map.removeLayer(group);
    });
    form.reset();
  }

  // A tint is a family at a level; a family that has no figures at the level asked for is shown
  // at its own.
  const levelled = document.querySelector(".couches input[name=niveau]") !== null;
  const familyOf = (key) => key.split("-")[0];
  const value = (form, name) => (form.querySelector(`input[name=${name}]:checked`) || {}).value;
  const levels = (family) => new Map(Object.keys(theme.tints)
    .filter((key) => key === family || (levelled && familyOf(key) === family))
    .map((key) => [theme.tints[key].level, key]));

  function familyTint(form) {
    const family = value(form, "teinte") || familyOf(theme.shown);
    return levels(family).get(value(form, "niveau")) || family;
  }

  function choose(map, groups, key) {
    show(map, groups, key);
    for (const box of document.querySelectorAll(".couches input")) {
      if (box.name === "teinte") box.checked = box.value === (levelled ? familyOf(key) : key);
      if (box.name !== "niveau") continue;
      box.checked = box.value === theme.tints[key].level;
      box.disabled = !levels(familyOf(key)).has(box.value);
    }
  }

  function show(map, groups, key) {
    for (const other of Object.keys(theme.tints)) {
      const group = groups[other];
      if (other === key && !group.getLayers().length) tint(group, key);
      if (other === key) map.addLayer(group);
      else map.removeLayer(group);
    }
    for (const legend of document.querySelectorAll("[data-teinte]"))
      legend.hidden = legend.dataset.teinte !== key;
    map.fire("teinte", { key });
    // names make room for the letters of a tint
    if (Object.values(theme.tints).some(({ marks }) => marks)) map.fire("moveend");
  }

  // Paper takes the whole territory, or what the reader had drawn near; then the page is as it was.
  function printed(board) {
    const { map } = board;
    window.addEventListener("beforeprint", () => {
      board.kept = {
        centre: map.getCenter(), zoom: map.getZoom(), bounds: map.getBounds(),
        near: map.getZoom() > board.home() + 0.1,
      };
      document.body.classList.add("impression");
      board.resized();
      if (board.kept.near) map.fitBounds(board.kept.bounds, { animate: false });
      board.lieux.print(true);
      board.label();
    });
    board.restore = () => {
      document.body.classList.remove("impression");
      board.resized();
      map.setView(board.kept.centre, board.kept.zoom, { animate: false });
      board.lieux.print(false);
      board.label();
    };
    window.addEventListener("afterprint", () => board.restore());
  }

  // EPCI that go on beyond the département are dashed there: the legend says so.
  function beyond() {
    const legend = document.querySelector(".cote .legende");
    if (!legend || !land.beyond) return;
    const line = element("p", "", "contours");
    const sign = ground.svg("svg", { width: 24, height: 10, "aria-hidden": "true", focusable: "false" });
    sign.append(ground.svg("path", { d: "M0 5h24", stroke: "#8a8a8a", "stroke-width": 1.6, "stroke-linecap": "round", "stroke-dasharray": "0.1 4" }));
    line.append(sign, "EPCI au-delà du département");
    legend.append(line);
  }

  // Tables under the fold are laid out as one comes to them; until then each keeps about its
  // own height, so that the scroll bar tells the length of the page.
  function reserve() {
    for (const scroll of document.querySelectorAll(".defile")) {
      const lines = scroll.querySelectorAll("tr").length;
      scroll.style.containIntrinsicSize = `auto ${64 + 23 * lines}px`;
    }
  }

  function start(map, groups) {
    let home = frame(map);
    ground.quiet(map);
    ground.context(groups.contexte);
    if (theme.shown) choose(map, groups, theme.shown);
    else base(groups.limites);
    borders(groups.limites);
    beyond();
    circles(map, groups.cercles);
    const lieux = sites(theme, map, groups.lieux, groups.grappes);
    lieux.refresh();
    furniture(map);
    const label = () => names.write(map, groups.noms, home);
    const reframe = () => { home = frame(map); label(); };
    const tinted = (key) => key && choose(map, groups, key);
    const resized = () => {
      map.invalidateSize({ animate: false, pan: false });
      home = frame(map);
      circles(map, groups.cercles);
      map.fire("cercles");
    };
    label();
    switches(map, groups, lieux);
    const board = { map, groups, lieux, choose: tinted, label, reframe, resized, home: () => home };
    printed(board);
    reserve();
    map.on("moveend", label);
    let width = map.getSize().x;
    window.addEventListener("resize", () => {
      if (document.body.classList.contains("impression")) return;
      map.invalidateSize({ animate: false, pan: false });
      if (map.getSize().x === width) return;
      width = map.getSize().x;
      resized();
      label();
    });
    return board;
  }

  return {
    start, land, theme, drawn, rows, element, shape, place, rings, zonesCard, outlinesOf, frame, INK,
  };
})();
