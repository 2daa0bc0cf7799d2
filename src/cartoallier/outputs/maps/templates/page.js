"use strict";
// Fills the map that folium made with the page's own JSON. Text from the page's data is only
// ever written with textContent.
const cartoallier = (() => {
  const INK = "#1d1d1b";
  const read = (id) => JSON.parse(document.getElementById(id).textContent);
  const land = read("territoire");
  const theme = read("theme");
  const [west, north, step] = land.grid;
  const place = (x, y) => [north - y * step, west + x * step];

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

  function shape(path, style, pane) {
    const quiet = { pane, interactive: false, smoothFactor: 0.5, fillRule: "evenodd" };
    return L.polygon(rings(path), { ...quiet, ...style });
  }

  const element = (name, text = "", className = "") => {
    const made = document.createElement(name);
    made.textContent = text;
    if (className) made.className = className;
    return made;
  };

  // Tooltips repeat the rows of the tables under the map.
  const rows = new Map();
  for (const row of document.querySelectorAll("tr[data-zone]")) {
    const key = row.dataset.zone.replace(/:entier$/, "");
    if (!rows.has(key) || !row.dataset.zone.endsWith(":entier")) rows.set(key, row);
  }
  const listed = new Map();
  for (const row of document.querySelectorAll("tr[data-lieu]"))
    listed.set(row.dataset.lieu, [...(listed.get(row.dataset.lieu) || []), row]);

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

  function siteCard(site) {
    const card = element("div");
    const services = site.numbers.flatMap((number) => listed.get(String(number)) || []);
    for (const row of services.slice(0, 4)) {
      const [number, kind, name, structure, commune, hours] = [...row.cells].map((c) => c.textContent);
      card.append(element("b", `${number}. ${name}`));
      const words = [kind, structure === name ? "" : structure, commune, hours];
      for (const word of words.filter(Boolean)) card.append(element("p", word));
    }
    if (services.length > 4) card.append(element("p", `et ${services.length - 4} de plus, voir la liste`));
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
      const fillColor = swatch.startsWith("#") ? swatch : `url(#${swatch})`;
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
    const line = { fill: false, lineJoin: "round" };
    group.addLayer(shape(land.beyond, { ...line, color: "#8a8a8a", weight: 0.8, dashArray: "4 3" }, "limites"));
    for (const path of Object.values(land.groupings))
      group.addLayer(shape(path, { ...line, color: "#fff", weight: 2.6 }, "limites"));
    for (const path of Object.values(land.groupings))
      group.addLayer(shape(path, { ...line, color: "#3a3a3a", weight: 0.9 }, "limites"));
    group.addLayer(shape(land.departement, { ...line, color: INK, weight: 1.6 }, "limites"));
  }

  function circles(group) {
    for (const [code, people] of theme.circles) {
      const point = land.points[code];
      if (!point) continue;
      group.addLayer(L.circleMarker(place(...point), {
        code, pane: "cercles", interactive: false, radius: Math.max(1.5, theme.radius * Math.sqrt(people)),
        color: INK, weight: 1.1, fillColor: "#fff", fillOpacity: 0.5,
      }));
    }
  }

  const SVG = "http://www.w3.org/2000/svg";
  function draw(name, attributes, text = "") {
    const made = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    made.textContent = text;
    return made;
  }

  function symbol(site) {
    const r = 8, inner = site.mark.length < 3;
    const ink = { fill: site.inside ? "#fff" : INK, stroke: INK, "stroke-width": 1.3 };
    const forms = {
      cercle: ["circle", { r }],
      carre: ["rect", { x: -r + 0.5, y: -r + 0.5, width: 2 * r - 1, height: 2 * r - 1 }],
      losange: ["path", { d: `M0${-r - 3} ${r + 3} 0 0 ${r + 3} ${-r - 3} 0z` }],
      triangle: ["path", { d: `M0${-r - 4} ${r + 3} ${r - 1}H${-r - 3}z` }],
    };
    const [name, attributes] = forms[site.shape];
    const svg = draw("svg", { width: 2 * r, height: 2 * r, viewBox: `${-r} ${-r} ${2 * r} ${2 * r}` });
    svg.append(draw(name, { ...attributes, ...ink }));
    if (inner) svg.append(draw("text", { y: 3.4, fill: site.inside ? INK : "#fff" }, site.mark));
    const beside = [inner ? "" : site.mark, site.letter].filter(Boolean).join(" ");
    if (beside) svg.append(draw("text", { x: r + 2, y: 3.4, fill: INK, class: "a-cote" }, beside));
    return L.divIcon({ className: "lieu", html: svg, iconSize: [2 * r, 2 * r] });
  }

  function markers() {
    return theme.sites.map((site) => {
      const icon = symbol(site);
      const options = { icon, pane: "lieux", keyboard: false, riseOnHover: true };
      const marker = L.marker(place(site.x, site.y), options);
      return marker.bindTooltip(() => siteCard(site), { ...tooltip, sticky: false, offset: [12, 0] });
    });
  }

  // Sites stand alone while at most 60 are in view, and in print unless there are too many for
  // symbols: then each is a dot on one canvas. What is out of view is never in the page.
  const ALONE = 60, SYMBOLS = 1500;
  function sites(map, alone, cluster) {
    let all = null, visible = true, travelling = true, printing = false;
    const dots = L.layerGroup();
    const kept = () => {
      all = all || markers();
      return all.filter((m, i) => travelling || theme.sites[i].shape !== "triangle");
    };
    function dotted() {
      const renderer = L.canvas({ pane: "lieux" });
      kept().forEach((m) => dots.addLayer(L.circleMarker(m.getLatLng(), {
        renderer, pane: "lieux", interactive: false, radius: 2.2, color: INK, weight: 1,
        fillColor: "#fff", fillOpacity: 1,
      })));
      map.addLayer(dots);
    }
    function fill() {
      const seen = map.getBounds().pad(0.05);
      const inView = kept().filter((m) => seen.contains(m.getLatLng()));
      const crowded = cluster && inView.length > ALONE;
      const many = printing && kept().length > SYMBOLS;
      const gathered = cluster && visible && crowded && !printing;
      map.removeLayer(dots);
      dots.clearLayers();
      if (cluster && !gathered) map.removeLayer(cluster); // it takes its markers off the map
      const shown = cluster ? inView : kept();
      const wanted = new Set(!visible || many || gathered ? [] : shown);
      alone.eachLayer((m) => wanted.has(m) || alone.removeLayer(m));
      wanted.forEach((m) => alone.hasLayer(m) || alone.addLayer(m));
      map.addLayer(alone);
      if (visible && many) dotted();
      if (gathered) map.addLayer(cluster);
    }
    if (cluster) {
      cluster.options.iconCreateFunction = (group) => L.divIcon({
        className: "grappe", iconSize: [26, 26], html: element("span", String(group.getChildCount())),
      });
      cluster.options.clusterPane = "lieux";
      // thousands of sites: fewer, larger clusters keep the map smooth under the hand
      if (theme.sites.length > SYMBOLS) cluster.options.maxClusterRadius = 96;
      cluster.addLayers(kept());
      map.on("moveend", fill);
    }
    return {
      refresh: fill,
      shown(on) { visible = on; fill(); },
      print(on) { printing = on; fill(); },
      itinerant(on) {
        travelling = on;
        if (cluster) cluster.clearLayers();
        if (cluster) cluster.addLayers(kept());
        fill();
      },
    };
  }

  // Names: the first that fit, most important first; more of them as one zooms in.
  const pen = document.createElement("canvas").getContext("2d");
  const family = 'system-ui, "Segoe UI", "Liberation Sans", "DejaVu Sans", sans-serif';
  function sized(lines, size, height, weight) {
    pen.font = `${weight} ${size}px ${family}`;
    const width = Math.max(...lines.map((line) => pen.measureText(line).width));
    return [width, height * lines.length];
  }

  function wrapped(name) {
    const lines = [""];
    for (const word of name.split(" ")) {
      const last = lines[lines.length - 1];
      if (last && last.length + word.length > 13) lines.push(word);
      else lines[lines.length - 1] = last ? `${last} ${word}` : word;
    }
    return lines;
  }

  function candidates(zoomed) {
    const count = Math.round(8 * 4 ** Math.max(0, zoomed));
    const towns = land.towns.slice(0, count).map(([code, name], rank) => ({
      at: land.points[code], lines: [name], rank, town: true,
    }));
    const groupings = land.names.map(([name, at]) => ({ at, lines: wrapped(name), town: false }));
    return [...towns.slice(0, 3), ...groupings, ...towns.slice(3)];
  }

  function offsets(label, width, height) {
    if (!label.town) return [0, -14, 14, -28, 28, -42, 42].map((dy) => [0, dy]);
    const dx = width / 2 + 8, dy = height / 2 + 7;
    const [fx, fy] = [dx + 20, dy + 14];
    return [[0, 0], [dx, 0], [-dx, 0], [0, -dy], [0, dy], [fx, 0], [-fx, 0], [0, -fy], [0, fy],
      [dx, -dy], [dx, dy], [-dx, -dy], [-dx, dy], [fx, -fy], [fx, fy], [-fx, -fy], [-fx, fy]];
  }

  const meets = (a) => (b) => a[0] < b[2] && a[2] > b[0] && a[1] < b[3] && a[3] > b[1];

  // Boxes of the symbols in view, and of what is written beside them; a mark that would lie
  // over another symbol waits for the next zoom.
  function obstacles(map) {
    const home = map.getContainer().getBoundingClientRect();
    const box = (item) => {
      const { left, top, right, bottom } = item.getBoundingClientRect();
      return [left - home.left - 1, top - home.top - 1, right - home.left + 1, bottom - home.top + 1];
    };
    const icons = [...map.getPane("lieux").querySelectorAll(".leaflet-marker-icon")];
    const boxes = icons.map(box);
    for (const mark of map.getPane("lieux").querySelectorAll(".a-cote")) {
      mark.style.display = "";
      const side = box(mark);
      side[0] += 3;
      const hidden = boxes.some(meets(side));
      mark.style.display = hidden ? "none" : "";
      if (!hidden) boxes.push(side);
    }
    return boxes;
  }

  function names(map, groups, home) {
    groups.noms.clearLayers();
    const taken = [], size = map.getSize();
    const symbols = obstacles(map);
    for (const label of candidates(map.getZoom() - home)) {
      const large = label.town && label.rank < 3;
      const [font, height] = large ? [14, 17] : [11, label.town ? 14 : 13];
      const [w, h] = sized(label.lines, font, height, label.town ? "bold" : "italic");
      const p = map.latLngToContainerPoint(place(...label.at));
      const free = offsets(label, w, h).map(([dx, dy]) => {
        const x = p.x + dx, y = p.y + dy;
        return { x, y, box: [x - w / 2 - 3, y - h / 2 - 1, x + w / 2 + 3, y + h / 2 + 1] };
      }).filter(({ box }) => box[0] > 4 && box[1] > 4 && box[2] < size.x - 4 && box[3] < size.y - 4)
        .filter(({ box }) => !taken.some(meets(box)));
      for (const spot of free) spot.hidden = symbols.filter(meets(spot.box)).length;
      const spot = free.sort((a, b) => a.hidden - b.hidden)[0];
      if (!spot || (spot.hidden && !large)) continue;
      taken.push(spot.box);
      const className = large ? "nom nom-grande" : label.town ? "nom nom-ville" : "nom nom-epci";
      const html = element("div", label.lines.join("\n"), className);
      const icon = L.divIcon({ className: "etiquette", html, iconSize: [0, 0] });
      const at = map.containerPointToLatLng([spot.x, spot.y]);
      groups.noms.addLayer(L.marker(at, { icon, pane: "noms", interactive: false, keyboard: false }));
    }
  }

  function frame(map) {
    const [south, left, top, right] = land.bounds;
    const bounds = L.latLngBounds([south, left], [top, right]);
    map.options.minZoom = 0;
    map.fitBounds(bounds, { padding: [16, 16], animate: false });
    map.options.minZoom = map.getZoom() - 0.5;
    map.options.maxZoom = map.getZoom() + 5;
    map.setMaxBounds(bounds.pad(0.3));
    return map.getZoom();
  }

  function furniture(map) {
    L.control.zoom({ zoomInTitle: "Agrandir la carte", zoomOutTitle: "Réduire la carte" }).addTo(map);
    L.control.scale({ imperial: false, maxWidth: 128 }).addTo(map);
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

  function printed(map, groups, lieux) {
    const fit = (on) => {
      document.body.classList.toggle("impression", on);
      map.invalidateSize({ animate: false, pan: false });
      const home = frame(map);
      lieux.print(on);
      names(map, groups, home);
    };
    window.addEventListener("beforeprint", () => fit(true));
    window.addEventListener("afterprint", () => fit(false));
  }

  // Tables are sorted by a click on a heading; what is not a number comes last.
  const order = new Intl.Collator("fr", { numeric: true });
  function figure(row, column) {
    const text = row.cells[column].textContent.trim();
    const bare = text.replace(/[\s\u00a0\u202f≤]/g, "").replace("−", "-").replace(",", ".");
    return [parseFloat(bare), text];
  }

  function sort(button) {
    const head = button.closest("th"), table = head.closest("table"), body = table.tBodies[0];
    const words = head.classList.contains("mots");
    const up = head.getAttribute("aria-sort") === (words ? "ascending" : "descending") ? !words : words;
    const before = (a, b) => {
      const [x, s] = figure(a, head.cellIndex), [y, t] = figure(b, head.cellIndex);
      if (words) return (up ? 1 : -1) * order.compare(s, t);
      if (Number.isNaN(x) || Number.isNaN(y)) return Number.isNaN(x) - Number.isNaN(y) || order.compare(s, t);
      return (up ? 1 : -1) * (x - y);
    };
    body.append(...[...body.rows].sort(before));
    for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", up ? "ascending" : "descending");
  }

  function start(map, groups) {
    for (const button of document.querySelectorAll(".triable thead button"))
      button.addEventListener("click", () => sort(button));
    let home = frame(map);
    groups.contexte.addLayer(shape(land.context, {
      fillColor: "#fbfbfa", fillOpacity: 1, color: "#ececea", weight: 0.8,
    }, "contexte"));
    if (theme.shown) choose(map, groups, theme.shown);
    else base(groups.limites);
    borders(groups.limites);
    circles(groups.cercles);
    const lieux = sites(map, groups.lieux, groups.grappes);
    lieux.refresh();
    names(map, groups, home);
    furniture(map);
    switches(map, groups, lieux);
    printed(map, groups, lieux);
    map.on("moveend", () => names(map, groups, home));
    let width = map.getSize().x;
    window.addEventListener("resize", () => {
      map.invalidateSize({ animate: false, pan: false });
      if (map.getSize().x === width) return;
      width = map.getSize().x;
      home = frame(map);
      names(map, groups, home);
    });
    const label = () => names(map, groups, home);
    const reframe = () => { home = frame(map); label(); };
    const tinted = (key) => key && choose(map, groups, key);
    return { map, groups, lieux, choose: tinted, label, reframe, home: () => home };
  }

  return {
    start, land, theme, drawn, rows, element, shape, place, rings, zonesCard, outlinesOf, frame, INK,
  };
})();
