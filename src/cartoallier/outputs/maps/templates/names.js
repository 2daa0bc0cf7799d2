"use strict";
// Names on a map: the first that fit, most important first; more of them as one zooms in. The name
// of a town touches the dot of its town hall, that of an EPCI stands inside it: what cannot is left
// out, for a name in the wrong place is worse than none.
const names = (() => {
  const { land, place, rings, element } = ground;
  const DOT = 3.5, GAP = 3, SMALL = 9.5, ON = 6;
  const pen = document.createElement("canvas").getContext("2d");
  const family = 'system-ui, "Segoe UI", "Liberation Sans", "DejaVu Sans", sans-serif';
  const widths = new Map();
  function measured(line, size, style) {
    const key = `${style} ${size} ${line}`;
    if (!widths.has(key)) {
      pen.font = `${style} ${size}px ${family}`;
      widths.set(key, pen.measureText(line).width);
    }
    return widths.get(key);
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

  // even-odd, over every ring
  function inside([lat, lng], shape) {
    let odd = false;
    for (const ring of shape)
      for (let i = 0, j = ring.length - 1; i < ring.length; j = i++) {
        const [y, x] = ring[i], [v, u] = ring[j];
        if (y > lat !== v > lat && lng < ((u - x) * (lat - y)) / (v - y) + x) odd = !odd;
      }
    return odd;
  }

  // the EPCI a name was made for is the one that holds its point
  const shapes = new Map();
  function home(at) {
    const key = at.join();
    if (!shapes.has(key)) {
      const held = Object.values(land.groupings).map(rings).find((one) => inside(place(...at), one));
      shapes.set(key, held || null);
    }
    return shapes.get(key);
  }

  const meets = (a) => (b) => a[0] < b[2] && a[2] > b[0] && a[1] < b[3] && a[3] > b[1];
  const around = (x, y, w, h) => ({ x, y, box: [x - w / 2 - 1, y - h / 2, x + w / 2 + 1, y + h / 2] });

  // the eight places beside a box, right first
  function beside([left, top, right, bottom], w, h) {
    const x = (left + right) / 2, y = (top + bottom) / 2;
    const dx = (right - left) / 2 + GAP + w / 2, dy = (bottom - top) / 2 + 1 + h / 2;
    const near = dy - 2, wide = dx - 2;
    return [[dx, 0], [-dx, 0], [0, -dy], [0, dy], [wide, -near], [wide, near], [-wide, -near], [-wide, near]]
      .map(([a, b]) => around(x + a, y + b, w, h));
  }

  // around the middle of an EPCI, nearest first
  const STEPS = [[0, 0]];
  for (let radius = 12; radius <= 96; radius += 12)
    for (let turn = 0; turn < 12; turn++) {
      const angle = (turn * Math.PI) / 6;
      STEPS.push([radius * Math.cos(angle), radius * Math.sin(angle)]);
    }

  // Boxes of the symbols in view, and of what is written beside them; a mark that would lie
  // over another symbol waits for the next zoom. All is read, then written: one layout.
  function obstacles(map) {
    const symbols = map.getPane("lieux");
    if (!symbols) return { icons: [], marks: [] };
    const sides = [...symbols.querySelectorAll(".a-cote")];
    for (const mark of sides) mark.style.display = "";
    const from = map.getContainer().getBoundingClientRect();
    const box = (item) => {
      const { left, top, right, bottom } = item.getBoundingClientRect();
      return [left - from.left - 1, top - from.top - 1, right - from.left + 1, bottom - from.top + 1];
    };
    const icons = [...symbols.querySelectorAll(".leaflet-marker-icon")].map(box);
    const boxes = sides.map(box), marks = [];
    sides.forEach((mark, i) => {
      const side = [boxes[i][0] + 3, ...boxes[i].slice(1)];
      const hidden = icons.some(meets(side)) || marks.some(meets(side));
      mark.style.display = hidden ? "none" : "";
      if (!hidden) marks.push(side);
    });
    return { icons, marks };
  }

  // Boxes of what lies over the map: its controls, the field that finds a commune, the legend of a
  // printed page. They stay where they are while the map moves: read once for a size.
  const known = new WeakMap();
  function controls(map, size) {
    const corner = map.scale ? map.scale.getPosition() : "";
    const key = `${size.x} ${size.y} ${corner} ${document.body.className}`;
    const told = known.get(map);
    if (told && told.key === key && !document.body.classList.contains("impression")) return told.boxes;
    const from = map.getContainer().getBoundingClientRect();
    const over = map.getContainer().parentElement
      .querySelectorAll(".leaflet-control, .chercher input, .legende.coin");
    const boxes = [...over].map((item) => {
      const b = item.getBoundingClientRect();
      // the scale bar is at most 128 px wide, and as wide as the zoom wants
      const spare = item.matches(".leaflet-control-scale") ? Math.max(0, 132 - b.width) : 0;
      const [before, after] = corner.endsWith("right") ? [spare, 0] : [0, spare];
      return [b.left - from.left - before, b.top - from.top, b.right - from.left + after, b.bottom - from.top];
    }).filter((b) => b[2] > b[0] && b[0] < size.x && b[1] < size.y);
    known.set(map, { key, boxes });
    return boxes;
  }

  // The scale bar leaves its corner to a symbol, a number or the printed legend.
  function scaled(map, size, symbols) {
    if (!map.scale) return;
    const from = map.getContainer().getBoundingClientRect();
    const box = (item) => {
      const b = item.getBoundingClientRect();
      return [b.left - from.left - 2, b.top - from.top - 2, b.right - from.left + 2, b.bottom - from.top + 2];
    };
    const others = [...symbols, ...[...document.querySelectorAll(".legende.coin")].map(box)];
    const corners = ["bottomleft", "bottomright", "topright"];
    const free = corners.find((corner) => {
      if (map.scale.getPosition() !== corner) map.scale.setPosition(corner);
      return !others.some(meets(box(map.scale.getContainer())));
    });
    if (!free) map.scale.setPosition(corners[0]);
  }

  // Writes them in a group; `towns` is how many towns are tried at the zoom `opening`.
  function write(map, group, opening, towns = 8) {
    group.clearLayers();
    const size = map.getSize(), { icons, marks } = obstacles(map);
    scaled(map, size, [...icons, ...marks]);
    const taken = [...controls(map, size), ...marks];
    const within = ({ box }) => box[0] > 4 && box[1] > 4 && box[2] < size.x - 4 && box[3] < size.y - 4;
    const open = (spot) => within(spot) && !taken.some(meets(spot.box)) && !icons.some(meets(spot.box));
    const put = (at, html) => group.addLayer(L.marker(at, {
      icon: L.divIcon({ className: "etiquette", html, iconSize: [0, 0] }),
      pane: "noms", interactive: false, keyboard: false,
    }));
    const say = ({ x, y, box }, lines, className) => {
      taken.push(box);
      put(map.containerPointToLatLng([x, y]), element("div", lines.join("\n"), className));
    };

    // a label inside its EPCI: its middle, and both ends of every line
    const held = (x, y, shape) => {
      const { lat, lng } = map.containerPointToLatLng([x, y]);
      return inside([lat, lng], shape);
    };
    const kept = ({ x, y }, all, height, shape) => held(x, y, shape) && all.every((width, i) => {
      const at = y + (i - (all.length - 1) / 2) * height;
      return held(x - width / 2, at, shape) && held(x + width / 2, at, shape);
    });
    const off = ([left, top, right, bottom], p) =>
      Math.hypot((left + right) / 2 - p.x, (top + bottom) / 2 - p.y);

    const standing = new Set();
    function town([code, name], rank) {
      const at = place(...land.points[code]), p = map.latLngToContainerPoint(at);
      const [font, height, look] = rank < 3 ? [14, 17, "nom nom-grande"] : [11, 14, "nom nom-ville"];
      const dot = [p.x - DOT, p.y - DOT, p.x + DOT, p.y + DOT];
      const symbol = icons.find(meets(dot));
      // a symbol at the town hall marks the town as well as a dot, the largest town alone; one that
      // stands elsewhere and hides the town hall marks nothing, but for the three largest towns
      if (standing.has(symbol)) return;
      if (symbol && rank > 2 && off(symbol, p) > ON) return;
      if (symbol) standing.add(symbol);
      if (!within({ box: dot }) || (!symbol && taken.some(meets(dot)))) return;
      const width = measured(name, font, "bold") + 2;
      const spots = beside(symbol || dot, width, height).filter(open), shape = home(land.points[code]);
      const spot = spots.find((one) => shape && kept(one, [width], height, shape)) || spots[0];
      if (!spot) return;
      if (!symbol) taken.push(dot);
      if (!symbol) put(at, element("div", "", "point-ville"));
      say(spot, [name], look);
    }

    function grouping([name, at]) {
      const shape = home(at), p = map.latLngToContainerPoint(place(...at)), lines = wrapped(name);
      if (!shape || p.x < -96 || p.y < -96 || p.x > size.x + 96 || p.y > size.y + 96) return;
      for (const [font, height, look] of [[11, 13, "nom nom-epci"], [SMALL, 11, "nom nom-epci nom-petit"]]) {
        const all = lines.map((line) => measured(line, font, "italic"));
        const w = Math.max(...all), h = height * lines.length;
        for (const [dx, dy] of STEPS) {
          const spot = around(p.x + dx, p.y + dy, w, h);
          if (open(spot) && kept(spot, all, height, shape)) return void say(spot, lines, look);
        }
      }
    }

    const count = Math.round(towns * 4 ** Math.max(0, map.getZoom() - opening));
    const first = land.towns.slice(0, count);
    first.slice(0, 3).forEach(town);
    land.names.forEach(grouping);
    first.slice(3).forEach((one, i) => town(one, i + 3));
  }

  return { write, inside };
})();
