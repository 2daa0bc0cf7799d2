"use strict";
// How a theme page is seen: layers that come on demand, its address, paper, a frame in a page.
(() => {
  const { INK, land, element, shape, place, rings, frame } = ground;
  const { theme } = cartoallier;
  const find = (id) => document.getElementById(id);
  const form = document.querySelector(".couches");

  function isochrones({ map, groups }) {
    map.createPane("isochrones").style.zIndex = 430;
    map.getPane("isochrones").style.pointerEvents = "none";
    groups.isochrones = L.layerGroup();
    const line = { fill: false, lineJoin: "round" };
    for (const { path } of theme.isochrones || [])
      groups.isochrones.addLayer(shape(path, { ...line, color: "#fff", weight: 4.4 }, "isochrones"));
    for (const { path, dash, minutes, label } of theme.isochrones || []) {
      const dashArray = dash || null;
      groups.isochrones.addLayer(shape(path, { ...line, color: INK, weight: 2, dashArray }, "isochrones"));
      const html = element("div", `${minutes}\u00a0min`, "nom nom-isochrone");
      const icon = L.divIcon({ className: "etiquette", html, iconSize: [0, 0] });
      groups.isochrones.addLayer(L.marker(place(...label), {
        icon, pane: "noms", interactive: false, keyboard: false,
      }));
    }
  }

  // Plan IGN is asked for only by a click, never by an address that is opened.
  function basemap({ map, groups }) {
    const box = form.elements.fond, said = find("fond-etat");
    if (!box) return;
    let layer = null;
    const address = "https://data.geopf.fr/wmts?SERVICE=WMTS&REQUEST=GetTile&VERSION=1.0.0"
      + "&LAYER=GEOGRAPHICALGRIDSYSTEMS.PLANIGNV2&STYLE=normal&TILEMATRIXSET=PM&FORMAT=image/png"
      + "&TILEMATRIX={z}&TILEROW={y}&TILECOL={x}";
    box.addEventListener("change", () => {
      layer = layer || L.tileLayer(address, { maxNativeZoom: 18, className: "plan-ign" })
        .on("tileerror", () => { said.textContent = "Fond de carte indisponible sans réseau."; })
        .on("tileload", () => { said.textContent = "Fond : Plan IGN, © IGN"; });
      said.textContent = box.checked ? "Fond : Plan IGN, © IGN" : "";
      if (box.checked) map.addLayer(layer);
      else map.removeLayer(layer);
      map.getPane("teintes").style.opacity = box.checked ? 0.72 : "";
      groups.contexte.eachLayer((one) => one.setStyle({ fillOpacity: box.checked ? 0 : 1 }));
    });
  }

  const layers = () => [...form.querySelectorAll("input[type=checkbox]")].filter((box) => box.name !== "fond");
  function tick(box, on) {
    if (box.checked === on) return;
    box.checked = on;
    box.dispatchEvent(new Event("change", { bubbles: true }));
  }

  // The address says what differs from the page as it opens:
  // #vue=9.5/46.3412/3.1234&teinte=part-3&sans=noms&avec=isochrones&filtre=3.4&zone=commune:03190
  function address(board) {
    const { map } = board;
    const framed = new URLSearchParams(location.search).has("integre") || hash().has("integre");
    document.body.classList.toggle("integre", framed);
    let reading = false, later = 0, written = location.hash;

    function hash() {
      try {
        return new URLSearchParams(location.hash.slice(1).replace(/\+/g, "%2B"));
      } catch { return new URLSearchParams(); }
    }

    function moved() {
      const off = map.project(map.getCenter()).distanceTo(map.project(map.middle));
      return off > 3 || Math.abs(map.getZoom() - board.home()) > 0.01;
    }

    function words() {
      const parts = [];
      const { lat, lng } = map.getCenter();
      if (moved()) parts.push(`vue=${+map.getZoom().toFixed(2)}/${lat.toFixed(4)}/${lng.toFixed(4)}`);
      if (board.tint !== theme.shown) parts.push(`teinte=${board.tint}`);
      const off = layers().filter((box) => box.defaultChecked && !box.checked).map((box) => box.name);
      const on = layers().filter((box) => !box.defaultChecked && box.checked).map((box) => box.name);
      if (off.length) parts.push(`sans=${off.join(",")}`);
      if (on.length) parts.push(`avec=${on.join(",")}`);
      if (board.filters.lines().length) parts.push(`filtre=${board.filters.lines().join(".")}`);
      if (board.choice.key()) parts.push(`zone=${encodeURIComponent(board.choice.key())}`);
      if (framed && hash().has("integre")) parts.push("integre");
      return parts.length ? `#${parts.join("&")}` : "";
    }

    function write() {
      clearTimeout(later);
      if (reading || document.body.classList.contains("impression")) return;
      later = setTimeout(() => {
        if (document.body.classList.contains("impression")) return;
        const now = words();
        if (now === location.hash) return;
        try {
          history.replaceState(history.state, "", now || location.pathname + location.search);
        } catch { /* a frame without an address of its own keeps its view all the same */ }
        written = location.hash;
      }, 250);
    }

    function read() {
      reading = true;
      const asked = hash();
      const wanted = asked.get("teinte");
      board.choose(Object.hasOwn(theme.tints, wanted) ? wanted : theme.shown);
      const names = (key) => (asked.get(key) || "").split(",");
      for (const box of layers())
        tick(box, box.defaultChecked ? !names("sans").includes(box.name) : names("avec").includes(box.name));
      board.filters.set((asked.get("filtre") || "").split(".").filter(Boolean).map(Number));
      board.choice.clear();
      if (asked.has("zone")) board.choice.choose(asked.get("zone"));
      const [zoom, lat, lng] = (asked.get("vue") || "").split("/").map(parseFloat);
      if ([zoom, lat, lng].every(Number.isFinite) && Math.abs(lat) <= 90 && Math.abs(lng) <= 180)
        map.setView([lat, lng], Math.min(Math.max(zoom, map.getMinZoom()), map.getMaxZoom()), { animate: false });
      else if (!asked.has("zone") && moved()) frame(map);
      reading = false;
    }

    if (framed) map.invalidateSize({ animate: false, pan: false });
    if (framed) board.reframe();
    if (location.hash.length > 1) read();
    board.changed = write;
    map.on("moveend", write);
    // what paper asked of the map is not the reader's doing
    window.addEventListener("afterprint", () => clearTimeout(later));
    form.addEventListener("change", write);
    window.addEventListener("hashchange", () => { if (location.hash !== written) { written = location.hash; read(); } });
  }

  // On paper the legend stands in a corner of the map that the territory leaves free; when there
  // is none, the map makes room for it.
  function paper(board) {
    const { map } = board;
    const legend = document.querySelector(".cote .legende"), chart = document.querySelector(".carte");
    const MILLIMETRE = 96 / 25.4, HEIGHT = Math.floor(190 * MILLIMETRE) - 4;

    function holds(point, ring) {
      let odd = false;
      for (let i = 0, j = ring.length - 1; i < ring.length; j = i++) {
        const a = ring[i], b = ring[j];
        if (a.y > point.y !== b.y > point.y && point.x < ((b.x - a.x) * (point.y - a.y)) / (b.y - a.y) + a.x)
          odd = !odd;
      }
      return odd;
    }

    function free([left, top, right, bottom]) {
      const lines = rings(land.departement).map((ring) => ring.map((p) => map.latLngToContainerPoint(p)));
      const held = lines.some((ring) => ring.some((p, i) => {
        const q = ring[(i + 1) % ring.length]; // long sides are followed step by step
        const steps = Math.ceil(p.distanceTo(q) / 8) || 1;
        for (let s = 0; s < steps; s++) {
          const x = p.x + ((q.x - p.x) * s) / steps, y = p.y + ((q.y - p.y) * s) / steps;
          if (x > left && x < right && y > top && y < bottom) return true;
        }
        return false;
      }));
      const middle = { x: (left + right) / 2, y: (top + bottom) / 2 };
      return !held && lines.filter((ring) => holds(middle, ring)).length % 2 === 0;
    }

    function settle() {
      if (!legend) return;
      const { x: w, y: h } = map.getSize();
      const held = legend.getBoundingClientRect(), lw = held.width + 16, lh = held.height + 16;
      if (board.kept.near) return beside(lw);
      const corners = {
        "haut droite": [w - lw, 0, w, lh], "bas droite": [w - lw, h - lh, w, h],
        "haut gauche": [0, 0, lw, lh],
      };
      let corner = Object.keys(corners).find((name) => free(corners[name]));
      if (!corner) {
        const [south, left, top, right] = land.bounds;
        map.options.minZoom = 0;
        map.setMaxBounds(null);
        map.fitBounds([[south, left], [top, right]], {
          paddingTopLeft: [16, 16], paddingBottomRight: [lw + 8, 16], animate: false,
        });
        corner = "haut droite";
      }
      legend.classList.add(...corner.split(" "));
    }

    // a map drawn near fills its frame: the legend stands beside it
    function beside(room) {
      map.getContainer().style.width = `${chart.clientWidth - room}px`;
      board.resized();
      map.setMaxBounds(null);
      map.fitBounds(board.kept.bounds, { animate: false });
      legend.classList.add("haut", "droite");
    }

    // The nine colours of the 3 × 3 are four greys: paper has the minutes and the circles.
    function readable() {
      board.kept.tint = board.tint;
      board.kept.lines = board.filters.lines();
      board.kept.circles = form.elements.cercles ? form.elements.cercles.checked : true;
      board.kept.crossed = crossed();
      if (!board.kept.crossed) return;
      board.choose(theme.tints.minutes ? "minutes" : Object.keys(theme.tints).find((key) => !key.startsWith("croise")));
      if (form.elements.cercles) tick(form.elements.cercles, true);
    }
    const crossed = () => board.tint.startsWith("croise") && Object.keys(theme.tints).some((key) => !key.startsWith("croise"));

    function told() {
      const lines = [], filter = find("etat").textContent;
      if (board.kept.crossed) {
        lines.push("En noir et blanc la carte croisée ne se lit pas\u00a0: ici la durée d’accès et, en cercles, les habitants éloignés. La carte croisée est dans la page en ligne.");
        if (board.kept.lines.length) lines.push("Le filtre de la carte croisée n’est pas repris.");
      } else if (filter) lines.push(filter);
      if (board.kept.near) lines.push("Vue rapprochée\u00a0: une partie du territoire.");
      if (board.lieux.grouped()) lines.push("Double cercle\u00a0: nombre de lieux trop proches pour être séparés.");
      if (theme.sites.length && form.elements.lieux && form.elements.lieux.checked)
        lines.push("Numéros\u00a0: liste des lieux de la page en ligne.");
      return lines.map((line) => element("p", line, "note-legende imprime"));
    }

    function laid() {
      const rest = document.body.scrollHeight - 100;
      chart.style.height = `${Math.max(280, HEIGHT - rest)}px`;
      const least = legend ? Math.max(380, legend.offsetHeight) : 380;
      document.body.classList.toggle("serre", HEIGHT - rest < least);
      const again = document.body.scrollHeight - chart.offsetHeight;
      chart.style.height = `${Math.max(280, HEIGHT - again)}px`;
      if (legend) whole();
    }

    // the legend is never cut: what is higher than the map is set closer, then smaller
    function whole() {
      const tall = () => legend.getBoundingClientRect().height;
      const room = chart.clientHeight;
      legend.classList.toggle("dense", tall() > room);
      for (let scale = 0.98; tall() > room && scale > 0.6; scale -= 0.02) legend.style.zoom = scale;
    }

    window.addEventListener("beforeprint", () => {
      readable();
      chart.style.height = "100px";
      if (legend) legend.classList.add("coin");
      if (legend) chart.append(legend);
      if (legend) legend.append(...told());
      laid();
      board.resized();
      if (board.kept.near) map.fitBounds(board.kept.bounds, { animate: false });
      settle();
      board.lieux.refresh();
      board.label();
    });
    window.addEventListener("afterprint", () => {
      chart.style.height = "";
      map.getContainer().style.width = "";
      document.body.classList.remove("serre");
      for (const line of document.querySelectorAll(".imprime")) line.remove();
      if (legend) {
        legend.classList.remove("coin", "dense", "haut", "bas", "droite", "gauche");
        legend.style.zoom = "";
        document.querySelector(".cote").prepend(legend);
      }
      if (board.kept.crossed) {
        board.choose(board.kept.tint);
        board.filters.set(board.kept.lines);
        if (form.elements.cercles) tick(form.elements.cercles, board.kept.circles);
      }
      board.restore();
    });
    const button = find("imprimer");
    if (button) button.addEventListener("click", () => window.print());
  }

  const begin = cartoallier.start;
  cartoallier.start = (map, groups) => {
    const board = begin(map, groups);
    isochrones(board);
    basemap(board);
    paper(board);
    address(board);
    return board;
  };
})();
