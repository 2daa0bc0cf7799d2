"use strict";
// The places of a theme page: their symbols, what is told of them, clusters and dots.
const sites = (() => {
  const { INK, place, element, svg } = ground;

  const listed = new Map();
  for (const row of document.querySelectorAll("tr[data-lieu]"))
    listed.set(row.dataset.lieu, [...(listed.get(row.dataset.lieu) || []), row]);

  function siteCard(site) {
    const card = element("div");
    const services = site.numbers.flatMap((number) => listed.get(String(number)) || []);
    for (const row of services.slice(0, 4)) {
      const [number, kind, name, structure, commune, street, hours] = [...row.cells].map((c) => c.textContent);
      card.append(element("b", `${number}. ${name}`));
      const words = [kind, structure === name ? "" : structure, street, commune, hours];
      for (const word of words.filter(Boolean)) card.append(element("p", word));
    }
    if (services.length > 4) card.append(element("p", `et ${services.length - 4} de plus, voir la liste`));
    return card;
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
    const drawn = svg("svg", { width: 2 * r, height: 2 * r, viewBox: `${-r} ${-r} ${2 * r} ${2 * r}` });
    drawn.append(svg(name, { ...attributes, ...ink }));
    if (inner) drawn.append(svg("text", { y: 3.4, fill: site.inside ? INK : "#fff" }, site.mark));
    const beside = [inner ? "" : site.mark, site.letter].filter(Boolean).join(" ");
    if (beside) drawn.append(svg("text", { x: r + 2, y: 3.4, fill: INK, class: "a-cote" }, beside));
    return L.divIcon({ className: "lieu", html: drawn, iconSize: [2 * r, 2 * r] });
  }

  function markers(theme) {
    return theme.sites.map((site) => {
      const icon = symbol(site);
      const options = { icon, pane: "lieux", keyboard: false, riseOnHover: true };
      const marker = Object.assign(L.marker(place(site.x, site.y), options), { site });
      return marker.bindTooltip(() => siteCard(site), { className: "bulle", opacity: 1, offset: [12, 0] });
    });
  }

  // Black, as its places are, when all stand outside; counted in lines of the list, as on paper.
  function group(held, { name = "grappe", size = 20 } = {}) {
    const told = held.map((marker) => marker.site);
    const count = told.reduce((sum, site) => sum + Math.max(1, site.numbers.length), 0);
    const className = told.some((site) => site.inside) ? name : `${name} grappe-dehors`;
    return L.divIcon({ className, iconSize: [size, size], html: element("span", String(count)) });
  }

  // On paper, symbols that would hide each other are one, with their count, where the first stands.
  const APART = 25;
  function gathered(map, markers) {
    const heaps = [];
    for (const marker of markers) {
      const at = map.latLngToContainerPoint(marker.getLatLng());
      const near = heaps.find((heap) => Math.hypot(heap.at.x - at.x, heap.at.y - at.y) < APART);
      if (near) near.held.push(marker);
      else heaps.push({ at, held: [marker] });
    }
    return heaps.map(({ held }) => {
      if (held.length === 1) return held[0];
      return L.marker(held[0].getLatLng(), { icon: group(held), pane: "lieux", interactive: false, keyboard: false });
    });
  }

  // Sites stand alone while at most 60 are in view, and in print unless there are too many for
  // symbols: then each is a dot on one canvas. What is out of view is never in the page.
  const ALONE = 60, SYMBOLS = 1500;
  return function sites(theme, map, alone, cluster) {
    let all = null, visible = true, travelling = true, printing = false;
    const dots = L.layerGroup();
    const note = element("p", "Double cercle\u00a0: nombre de lieux regroupés.", "note-legende grappes-dites");
    const legend = document.querySelector(".cote .legende");
    if (legend && cluster) legend.append(note);
    const kept = () => {
      all = all || markers(theme);
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
      const clustered = cluster && visible && crowded && !printing;
      note.hidden = !clustered;
      map.removeLayer(dots);
      dots.clearLayers();
      if (cluster && !clustered) map.removeLayer(cluster); // it takes its markers off the map
      const shown = printing && !many ? gathered(map, kept()) : cluster ? inView : kept();
      const wanted = new Set(!visible || many || clustered ? [] : shown);
      alone.eachLayer((m) => wanted.has(m) || alone.removeLayer(m));
      wanted.forEach((m) => alone.hasLayer(m) || alone.addLayer(m));
      map.addLayer(alone);
      if (visible && many) dotted();
      if (clustered) map.addLayer(cluster);
    }
    if (cluster) {
      cluster.options.iconCreateFunction = (held) =>
        group(held.getAllChildMarkers(), { name: "grappe grappe-ecran", size: 26 });
      // a cluster is not a tab stop: its places are in the list under the map
      L.MarkerCluster.mergeOptions({ keyboard: false });
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
      grouped: () => printing && alone.getLayers().some((m) => m.options.icon.options.className.startsWith("grappe")),
      itinerant(on) {
        travelling = on;
        if (cluster) cluster.clearLayers();
        if (cluster) cluster.addLayers(kept());
        fill();
      },
    };
  };
})();
