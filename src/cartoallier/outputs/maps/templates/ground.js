"use strict";
// The ground of every map: the territory the page carries, its shapes, each read once, and how an
// element is made. Text from the page's data is only ever written with textContent.
const ground = (() => {
  // who asks the machine for less motion gets none
  if (matchMedia("(prefers-reduced-motion: reduce)").matches)
    L.Map.mergeOptions({ zoomAnimation: false, fadeAnimation: false, markerZoomAnimation: false, inertia: false });
  const INK = "#1d1d1b";
  const read = (id) => JSON.parse(document.getElementById(id).textContent);
  const land = read("territoire");
  const [west, north, step] = land.grid;
  const place = (x, y) => [north - y * step, west + x * step];

  // "M12 34l5-6 7 8z…" -> rings of [latitude, longitude]; holes are told by the even-odd rule
  const known = new Map();
  function rings(path) {
    if (!known.has(path)) known.set(path, path.split("M").slice(1).map((ring) => {
      const n = ring.match(/-?\d+/g);
      let x = +n[0], y = +n[1];
      const points = [place(x, y)];
      for (let i = 2; i < n.length; i += 2) {
        x += +n[i];
        y += +n[i + 1];
        points.push(place(x, y));
      }
      return points;
    }));
    return known.get(path);
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

  const SVG = "http://www.w3.org/2000/svg";
  function svg(name, attributes, text = "") {
    const made = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    made.textContent = text;
    return made;
  }

  // what is missing is a pattern of the page, the rest a colour
  const paint = (swatch) => (swatch.startsWith("#") ? swatch : `url(#${swatch})`);

  function context(group) {
    const look = { fillColor: "#fbfbfa", fillOpacity: 1, color: "#ececea", weight: 0.8 };
    shape(land.context, look, "contexte").addTo(group);
  }

  // limits of EPCI, with a white casing that reads on the darkest tint, and of the département
  function borders(group) {
    const line = { fill: false, lineJoin: "round" };
    for (const path of Object.values(land.groupings))
      shape(path, { ...line, color: "#fff", weight: 2.6 }, "limites").addTo(group);
    for (const path of Object.values(land.groupings))
      shape(path, { ...line, color: "#3a3a3a", weight: 0.9 }, "limites").addTo(group);
    shape(land.departement, { ...line, color: INK, weight: 1.6 }, "limites").addTo(group);
  }

  // Whether the territory, drawn in pixels, leaves boxes free: no side crosses one, none is within.
  function clear(lines, boxes) {
    const steps = (p, q) => Math.ceil(Math.hypot(q.x - p.x, q.y - p.y) / 6) || 1;
    const within = (x, y) => lines.reduce((odd, line) => line.reduce((so, a, i) => {
      const b = line[(i + 1) % line.length];
      return a.y > y !== b.y > y && x < ((b.x - a.x) * (y - a.y)) / (b.y - a.y) + a.x ? !so : so;
    }, odd), false);
    return boxes.every(([left, top, right, bottom]) => !lines.some((line) => line.some((p, i) => {
      const q = line[(i + 1) % line.length], count = steps(p, q);
      for (let s = 0; s < count; s++) {
        const x = p.x + ((q.x - p.x) * s) / count, y = p.y + ((q.y - p.y) * s) / count;
        if (x > left && x < right && y > top && y < bottom) return true;
      }
      return false;
    })) && !within((left + right) / 2, (top + bottom) / 2));
  }

  // The field that finds a commune and the buttons stand in the upper left corner: the margin,
  // left and top, that keeps the territory from under them at the least loss of zoom.
  const CORNER = [[8, 8, 56, 92], [56, 8, 280, 56]], LOSS = 0.4;
  function corner(map, bounds, margin) {
    const plain = L.point(margin, margin), field = map.getContainer().parentElement.querySelector(".chercher");
    if (!field || !field.offsetWidth) return plain;
    const size = map.getSize(), shapes = rings(land.departement);
    const tried = [];
    for (const x of [margin, 64, 112, 160, 208, 256, 288])
      for (const y of [margin, 40, 64, 80, 100]) {
        const room = L.point(x + margin, y + margin);
        if (room.x < size.x && room.y < size.y) tried.push({ x, y, zoom: map.getBoundsZoom(bounds, false, room) });
      }
    tried.sort((a, b) => b.zoom - a.zoom || a.x + a.y - b.x - b.y);
    for (const { x, y, zoom } of tried) {
      if (!(zoom > tried[0].zoom - LOSS)) break;
      const a = map.project(bounds.getSouthWest(), zoom), b = map.project(bounds.getNorthEast(), zoom);
      const shift = L.point((size.x + x - margin) / 2, (size.y + y - margin) / 2).subtract(a.add(b).divideBy(2));
      const lines = shapes.map((ring) => ring.map((at) => map.project(at, zoom).add(shift)));
      if (clear(lines, CORNER)) return L.point(x, y);
    }
    return plain;
  }

  // the whole territory, and how far from it one may go; returns its zoom
  function frame(map, margin = 16) {
    const [south, left, top, right] = land.bounds;
    const bounds = L.latLngBounds([south, left], [top, right]);
    map.options.minZoom = 0;
    map.options.maxZoom = 20;
    map.setMaxBounds(null); // a map that has just changed size may stand beyond them
    const room = corner(map, bounds, margin);
    map.fitBounds(bounds, {
      paddingTopLeft: room, paddingBottomRight: [margin, margin], animate: false, reset: true,
    });
    map.middle = map.getCenter();
    map.options.minZoom = map.getZoom() - 0.5;
    map.options.maxZoom = map.getZoom() + 5;
    const far = bounds.pad(0.3);
    map.setMaxBounds(room.x > margin || room.y > margin ? far.extend(map.getBounds()) : far);
    return map.getZoom();
  }

  // The drawing is not for those who listen: the list of zones and the tables say the same.
  function quiet(map) {
    map.getPane("mapPane").setAttribute("aria-hidden", "true");
  }

  // names are compared without accents, capitals, hyphens
  const fold = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase()
    .replace(/œ/g, "oe").replace(/[^a-z0-9]+/g, " ").trim()
    .replace(/\bste\b/g, "sainte").replace(/\bst\b/g, "saint");

  return {
    INK, read, land, place, rings, shape, element, svg, paint, context, borders, frame, quiet, fold,
  };
})();
