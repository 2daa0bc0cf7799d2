"use strict";
// Draws what a simulation adds to the map: today's sites as small marks, added ones numbered.
(() => {
  const INK = "#1d1d1b", SVG = "http://www.w3.org/2000/svg";
  const read = (id) => JSON.parse(document.getElementById(id).textContent);
  const [west, north, step] = read("territoire").grid;
  const { existing, proposed } = read("theme");
  const place = (x, y) => [north - y * step, west + x * step];

  function draw(name, attributes, text = "") {
    const made = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    made.textContent = text;
    return made;
  }

  // small marks that names keep clear of, while there are few enough to
  function today(group) {
    const r = 4.5;
    for (const [x, y, inside] of existing) {
      const fill = inside ? "#fff" : INK;
      const look = { interactive: false, radius: r - 1, color: INK, weight: 1.1 };
      if (existing.length > 150) {
        const circle = { ...look, pane: "cercles", fillColor: fill, fillOpacity: 1 };
        group.addLayer(L.circleMarker(place(x, y), circle));
        continue;
      }
      const svg = draw("svg", { width: 2 * r, height: 2 * r, viewBox: `${-r} ${-r} ${2 * r} ${2 * r}` });
      svg.append(draw("circle", { r: r - 1, fill, stroke: INK, "stroke-width": 1.1 }));
      const icon = L.divIcon({ className: "lieu", html: svg, iconSize: [2 * r, 2 * r] });
      const quiet = { icon, pane: "lieux", interactive: false, keyboard: false };
      group.addLayer(L.marker(place(x, y), quiet));
    }
  }

  function card(rank) {
    const made = document.createElement("div");
    const row = document.querySelector(`tr[data-zone="site:${rank}"]`);
    if (!row) return made;
    const heads = row.closest("table").tHead.rows[0].cells;
    const title = document.createElement("b"), list = document.createElement("dl");
    title.textContent = `${rank}. ${row.cells[1].textContent}`;
    for (let i = 2; i < row.cells.length; i++) {
      if (!row.cells[i].textContent) continue;
      const head = document.createElement("dt"), figure = document.createElement("dd");
      head.textContent = heads[i].textContent;
      figure.textContent = row.cells[i].textContent;
      list.append(head, figure);
    }
    made.append(title, list);
    return made;
  }

  function added(group) {
    const r = 11;
    for (const [x, y, rank] of proposed) {
      const svg = draw("svg", {
        width: 2 * r, height: 2 * r, viewBox: `${-r} ${-r} ${2 * r} ${2 * r}`, class: "numero",
      });
      svg.append(draw("circle", { r: r - 1 }), draw("text", { y: 4 }, String(rank)));
      const icon = L.divIcon({ className: "propose", html: svg, iconSize: [2 * r, 2 * r] });
      const options = { icon, pane: "lieux", keyboard: false, zIndexOffset: 1000 };
      const tooltip = { className: "bulle", opacity: 1, offset: [14, 0] };
      group.addLayer(L.marker(place(x, y), options).bindTooltip(() => card(rank), tooltip));
    }
  }

  const start = cartoallier.start;
  cartoallier.start = (map, groups) => {
    start(map, groups);
    today(groups.cercles);
    added(groups.lieux);
    map.fire("moveend"); // names make room for the numbers
  };
})();
