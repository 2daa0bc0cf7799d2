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

  function tint(group, key) {
    const { level, colours, classes, marks = [] } = theme.tints[key];
    const zones = level === "epci"
      ? Object.entries(land.groupings).map(([code, path]) => [path, [code]])
      : land.outlines;
    for (const [path, codes] of zones) {
      const held = codes.length > 1 ? -1 : classes[codes[0]];
      const hatch = held === -2 ? "url(#points)" : "url(#hachure)";
      const fill = held >= 0 ? colours[held] : hatch;
      const style = {
        fillColor: fill, fillOpacity: 1, color: "#fff", weight: 0.35, interactive: true,
      };
      const zone = shape(path, style, "teintes").bindTooltip(() => zonesCard(level, codes), tooltip);
      zone.on("mouseover", () => zone.setStyle({ color: INK, weight: 2 }).bringToFront());
      zone.on("mouseout", () => zone.setStyle({ color: "#fff", weight: 0.35 }));
      group.addLayer(zone);
    }
    for (const [letter, at] of marks) {
      const icon = L.divIcon({ className: "lettre", html: element("span", letter), iconSize: [20, 20] });
      group.addLayer(L.marker(place(...at), { icon, pane: "lieux", interactive: false, keyboard: false }));
    }
  }

  function base(group) {
    for (const [path, codes] of land.outlines) {
      const style = { fillColor: "#f1f1ec", fillOpacity: 1, color: "#fff", weight: 0.7, interactive: true };
      const zone = shape(path, style, "teintes");
      group.addLayer(zone.bindTooltip(() => zonesCard("commune", codes), tooltip));
    }
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
        pane: "cercles", interactive: false, radius: Math.max(1.5, theme.radius * Math.sqrt(people)),
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

  // Sites stand alone while at most 60 are in view, and always in print.
  function sites(map, alone, cluster) {
    const all = markers();
    if (!cluster) {
      all.forEach((marker) => alone.addLayer(marker));
      return { refresh() {}, shown: (on) => (on ? map.addLayer(alone) : map.removeLayer(alone)) };
    }
    cluster.options.iconCreateFunction = (group) => L.divIcon({
      className: "grappe", iconSize: [26, 26], html: element("span", String(group.getChildCount())),
    });
    cluster.options.clusterPane = "lieux";
    all.forEach((marker) => alone.addLayer(marker));
    map.removeLayer(alone);
    cluster.addLayers(all);
    let visible = true, printing = false;
    const refresh = () => {
      const seen = map.getBounds();
      const crowded = all.filter((m) => seen.contains(m.getLatLng())).length > 60 && !printing;
      map.removeLayer(visible && crowded ? alone : cluster);
      if (!visible) map.removeLayer(alone);
      else map.addLayer(crowded ? cluster : alone);
    };
    map.on("moveend", refresh);
    return {
      refresh,
      shown(on) { visible = on; refresh(); },
      print(on) { printing = on; refresh(); },
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
      if (target.name === "teinte") return show(map, groups, target.value);
      for (const legend of document.querySelectorAll(`[data-couche="${target.name}"]`))
        legend.hidden = !target.checked;
      if (target.name === "lieux") return lieux.shown(target.checked);
      const group = groups[target.name];
      return target.checked ? map.addLayer(group) : map.removeLayer(group);
    });
    form.reset();
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
    // names make room for the letters of a tint
    if (Object.values(theme.tints).some(({ marks }) => marks)) map.fire("moveend");
  }

  function printed(map, groups, lieux) {
    const fit = (on) => {
      document.body.classList.toggle("impression", on);
      map.invalidateSize({ animate: false, pan: false });
      const home = frame(map);
      if (lieux.print) lieux.print(on);
      names(map, groups, home);
    };
    window.addEventListener("beforeprint", () => fit(true));
    window.addEventListener("afterprint", () => fit(false));
  }

  // Tables are sorted by a click on a heading; what is not a number comes last.
  const order = new Intl.Collator("fr", { numeric: true });
  function value(row, column) {
    const text = row.cells[column].textContent.trim();
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

  function start(map, groups) {
    for (const button of document.querySelectorAll(".triable thead button"))
      button.addEventListener("click", () => sort(button));
    let home = frame(map);
    groups.contexte.addLayer(shape(land.context, {
      fillColor: "#fbfbfa", fillOpacity: 1, color: "#ececea", weight: 0.8,
    }, "contexte"));
    if (theme.shown) show(map, groups, theme.shown);
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
  }

  return { start };
})();
