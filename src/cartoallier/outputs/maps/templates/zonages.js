"use strict";
// Special territories over a theme page: one layer each, drawn when first asked for. The dashes of
// a zoning run inside its territories, beside the limits the map already draws and never over
// them, each zoning at its own distance: where two share a border both can be read. They are never
// filled. What is too small for the zoom is pointed at by an arrow.
(() => {
  const { INK, read, element, rings, svg } = ground;
  const LINE = 1.2, FIRST = 2.4, NEXT = 2.6, SMALL = 14;
  const tooltip = { className: "bulle", sticky: true, opacity: 1 };

  function card({ title, detail }) {
    const made = element("div");
    made.append(element("b", title));
    if (detail) made.append(element("p", detail));
    return made;
  }

  // What is nearer the border than the zoning's distance is masked. The mask is a layer like
  // others, moved: it follows every zoom.
  function masked(layer, mask, name) {
    const draw = layer.getElement();
    let holder = document.getElementById(name);
    if (!holder) {
      holder = svg("mask", { id: name });
      draw.ownerSVGElement.append(holder);
    }
    if (mask.getElement().parentNode !== holder) holder.append(mask.getElement());
    draw.setAttribute("mask", `url(#${name})`);
  }

  function outline(group, area, { key, dash, inset, pane }, rank) {
    const points = rings(area.path);
    const look = { pane, interactive: false, fill: false, smoothFactor: 0.5, lineCap: "butt" };
    const mask = L.polygon(points, {
      ...look, color: "#000", weight: 2 * inset, fill: true, fillColor: "#fff", fillOpacity: 1,
    });
    const halo = L.polygon(points, { ...look, color: "#fff", weight: 2 * (inset + LINE + 0.9), opacity: 0.9 });
    const dashes = L.polygon(points, { ...look, color: INK, weight: 2 * (inset + LINE), dashArray: dash });
    // the pointer meets a wide line that cannot be seen
    const touched = L.polygon(points, { ...look, interactive: true, weight: 9, opacity: 0 })
      .bindTooltip(() => card(area), tooltip);
    touched.on("add", () => touched.getElement().setAttribute("tabindex", "-1"));
    for (const layer of [halo, dashes]) layer.on("add", () => masked(layer, mask, `${key}-${rank}`));
    [mask, halo, dashes, touched].forEach((layer) => group.addLayer(layer));
    return { area, bounds: touched.getBounds() };
  }

  function arrow(area, bounds) {
    const sign = svg("svg", { width: 30, height: 30, viewBox: "0 0 30 30", "aria-hidden": "true" });
    const d = "M28 2 17 13M16 7v7h7";
    sign.append(svg("path", { d, fill: "none", stroke: "#fff", "stroke-width": 4.6 }));
    sign.append(svg("path", { d, fill: "none", stroke: INK, "stroke-width": 1.6 }));
    const icon = L.divIcon({ className: "fleche", html: sign, iconSize: [30, 30], iconAnchor: [5, 25] });
    return L.marker(bounds.getCenter(), { icon, pane: "fleches", keyboard: false })
      .bindTooltip(() => card(area), { ...tooltip, sticky: false, direction: "right", offset: [26, -16] });
  }

  const begin = cartoallier.start;
  cartoallier.start = (map, groups) => {
    const board = begin(map, groups);
    map.createPane("fleches").style.zIndex = 590;
    read("zonages").forEach((zoning, rank, all) => {
      const pane = zoning.key;
      map.createPane(pane).style.zIndex = 360 + all.length - rank;
      const inset = FIRST + (rank % 4) * NEXT;
      const group = L.layerGroup(), arrows = L.layerGroup();
      let drawn = [];
      const point = () => {
        if (!map.hasLayer(group)) return;
        arrows.clearLayers();
        for (const { area, bounds } of drawn) {
          const a = map.latLngToLayerPoint(bounds.getNorthWest());
          const b = map.latLngToLayerPoint(bounds.getSouthEast());
          if (Math.max(b.x - a.x, b.y - a.y) < SMALL) arrows.addLayer(arrow(area, bounds));
        }
      };
      group.on("add", () => {
        if (!drawn.length)
          drawn = zoning.areas.map((area, i) => outline(group, area, { ...zoning, inset, pane }, i));
        map.addLayer(arrows);
        point();
      });
      group.on("remove", () => map.removeLayer(arrows));
      map.on("zoomend moveend", point);
      groups[zoning.key] = group;
    });
    return board;
  };
})();
