"use strict";
// What a reader does with a theme page: filter by class, walk from zone to zone, search a commune.
(() => {
  const { INK, element, rings, fold } = ground;
  const { theme, drawn, rows, zonesCard, outlinesOf } = cartoallier;
  const find = (id) => document.getElementById(id);
  const levelOf = (key) => key.slice(0, key.indexOf(":"));
  const bare = (row) => row.dataset.zone.replace(/:entier$/, "");

  // Classes of the legend are buttons: those pressed are the only zones left, on the map and in
  // the table of the same level.
  function filters(board) {
    const pressed = new Set();
    const buttons = () => [...document.querySelectorAll(".classe")].filter(
      (button) => button.closest("[data-teinte]").dataset.teinte === board.tint);

    function zones() {
      const on = pressed.size > 0;
      for (const zone of drawn[board.tint] || []) {
        const kept = !on || (zone.lines || []).some((line) => pressed.has(line));
        zone.kept = kept;
        Object.assign(zone.look, {
          fillOpacity: kept ? 1 : 0.1, dashArray: kept ? null : "1 3",
          color: on ? (kept ? INK : "#c8c8c4") : zone.border.color,
          weight: on && kept ? 1 : zone.border.weight,
        });
        zone.layer.setStyle(zone.look);
        if (on && kept) zone.layer.bringToFront();
      }
      const { level, lines } = theme.tints[board.tint] || {};
      board.groups.cercles.eachLayer((circle) => {
        const out = on && level === "commune" && !pressed.has(lines[circle.options.code]);
        circle.setStyle({ opacity: out ? 0.15 : 1 });
      });
    }

    function tables() {
      const { level, lines } = theme.tints[board.tint] || { lines: {} };
      const names = buttons().filter((b) => pressed.has(+b.dataset.ligne)).map((b) => b.dataset.nom);
      for (const table of document.querySelectorAll("#tableaux .triable")) {
        let kept = 0, all = 0;
        for (const row of table.tBodies[0].rows) {
          const key = row.dataset.zone ? bare(row) : "";
          const own = key && levelOf(key) === level;
          row.hidden = Boolean(pressed.size && own && !pressed.has(lines[key.slice(level.length + 1)]));
          all += own ? 1 : 0;
          kept += own && !row.hidden ? 1 : 0;
        }
        const old = table.caption.querySelector(".filtre");
        if (old) old.remove();
        if (!pressed.size || !all) continue;
        const words = `Filtre\u00a0: ${names.join(", ")}. ${kept} ligne${kept > 1 ? "s" : ""} sur ${all}.`;
        table.caption.append(element("span", words, "filtre"));
      }
      find("etat").textContent = pressed.size ? `Filtre\u00a0: ${names.join(", ")}.` : "";
    }

    function apply() {
      for (const button of buttons())
        button.setAttribute("aria-pressed", String(pressed.has(+button.dataset.ligne)));
      for (const all of document.querySelectorAll(".tout-montrer")) all.hidden = !pressed.size;
      zones();
      tables();
      board.changed();
    }

    function set(lines) {
      const known = new Set(buttons().filter((b) => !b.disabled).map((b) => +b.dataset.ligne));
      const wanted = lines.filter((line) => known.has(line));
      if (!wanted.length && !pressed.size) return;
      pressed.clear();
      wanted.forEach((line) => pressed.add(line));
      apply();
    }

    for (const button of document.querySelectorAll(".classe"))
      button.addEventListener("click", () => {
        const line = +button.dataset.ligne;
        set(pressed.has(line) ? [...pressed].filter((one) => one !== line) : [...pressed, line]);
      });
    for (const all of document.querySelectorAll(".tout-montrer"))
      all.addEventListener("click", () => {
        const back = buttons().find((button) => pressed.has(+button.dataset.ligne));
        set([]);
        if (back) back.focus();
      });
    return { set, lines: () => [...pressed].sort((a, b) => a - b), clear: () => set([]), zones };
  }

  // One zone at a time is chosen: ringed on the map, told in its card, marked in its table.
  function choice(board) {
    const { map } = board;
    map.createPane("choix").style.zIndex = 460;
    map.getPane("choix").style.pointerEvents = "none";
    const ring = L.layerGroup().addTo(map);
    const card = find("fiche"), close = find("fermer-fiche");
    let current = "";

    const outline = (key) => outlinesOf(levelOf(key))
      .find(([, codes]) => codes.includes(key.slice(levelOf(key).length + 1)));

    function draw(key) {
      ring.clearLayers();
      const found = outline(key);
      if (!found) return null;
      const look = { pane: "choix", interactive: false, fill: false, lineJoin: "round" };
      const points = rings(found[0]);
      ring.addLayer(L.polygon(points, { ...look, color: "#fff", weight: 7 }));
      ring.addLayer(L.polygon(points, { ...look, color: INK, weight: 3.5 }));
      return L.polygon(points).getBounds();
    }

    function mark(key) {
      for (const row of document.querySelectorAll("tr.choisie")) row.classList.remove("choisie");
      if (rows.has(key)) rows.get(key).classList.add("choisie");
    }

    function choose(key, { zoom = false } = {}) {
      if (!rows.has(key)) return;
      current = key;
      const bounds = draw(key);
      if (bounds && zoom) map.setView(bounds.getCenter(), Math.max(map.getZoom(), board.home() + 2), { animate: false });
      else if (bounds && !map.getBounds().contains(bounds)) map.panTo(bounds.getCenter(), { animate: false });
      const found = outline(key);
      const far = bounds && map.latLngToContainerPoint(bounds.getCenter()).x > map.getSize().x / 2;
      card.parentElement.classList.toggle("gauche", Boolean(far)); // beside its zone, never over it
      card.replaceChildren(zonesCard(levelOf(key), found ? found[1] : [key.slice(levelOf(key).length + 1)]));
      close.hidden = false;
      mark(key);
      board.list.point(key);
      board.changed();
    }

    function clear() {
      if (!current) return;
      current = "";
      ring.clearLayers();
      card.replaceChildren();
      close.hidden = true;
      mark("");
      board.changed();
    }

    close.addEventListener("click", () => { clear(); board.list.focus(); });
    return { choose, clear, key: () => current };
  }

  // The list of zones: one tab stop; arrows go through it and the map follows.
  function zoneList(board) {
    const list = find("zones");
    let level = "", keys = [], at = -1, typed = "", last = 0;

    function fill() {
      const { level: shown = "commune" } = theme.tints[board.tint] || {};
      if (shown === level) return;
      level = shown;
      keys = [...rows.keys()].filter((key) => levelOf(key) === level);
      at = -1;
      list.removeAttribute("aria-activedescendant");
      list.replaceChildren(...keys.map((key, i) => {
        const option = element("li", rows.get(key).cells[0].textContent);
        option.id = `zone-${i}`;
        option.setAttribute("role", "option");
        option.setAttribute("aria-selected", "false");
        return option;
      }));
      list.hidden = !keys.length;
    }

    function point(key) {
      if (at >= 0 && list.children[at]) list.children[at].setAttribute("aria-selected", "false");
      at = keys.indexOf(key);
      if (at < 0) return list.removeAttribute("aria-activedescendant");
      list.children[at].setAttribute("aria-selected", "true");
      return list.setAttribute("aria-activedescendant", `zone-${at}`);
    }

    function letter(sign) {
      const now = Date.now();
      typed = (now - last < 800 ? typed : "") + fold(sign);
      last = now;
      const from = typed.length > 1 ? Math.max(at, 0) : at + 1;
      const turn = [...keys.slice(from), ...keys.slice(0, from)];
      return turn.find((key) => fold(rows.get(key).cells[0].textContent).startsWith(typed));
    }

    list.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const step = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1, PageDown: 10, PageUp: -10 }[event.key];
      const end = keys.length - 1;
      let key = null;
      if (step) key = keys[Math.min(end, Math.max(0, at < 0 ? (step > 0 ? 0 : end) : at + step))];
      else if (event.key === "Home") key = keys[0];
      else if (event.key === "End") key = keys[end];
      else if (event.key === "+") board.map.zoomIn();
      else if (event.key === "-") board.map.zoomOut();
      else if (event.key === "Enter" && at >= 0) rows.get(keys[at]).focus();
      else if (event.key.length === 1 && event.key !== " ") key = letter(event.key);
      else return;
      event.preventDefault();
      if (key) board.choice.choose(key);
    });
    list.addEventListener("focus", () => { if (at < 0 && keys.length) board.choice.choose(keys[0]); });
    return { fill, point, focus: () => list.focus() };
  }

  // The field that finds a commune: accents, capitals and hyphens do not count.
  function search(board) {
    const field = find("recherche"), list = find("trouvees");
    const communes = [...rows].filter(([key]) => levelOf(key) === "commune")
      .map(([key, row]) => ({ key, name: row.cells[0].textContent }));
    communes.forEach((one) => { one.folded = fold(one.name); one.code = one.key.slice(8).toLowerCase(); });
    let found = [], at = -1;

    function matches() {
      const asked = fold(field.value);
      if (!asked) return [];
      const rank = ({ folded, code }) => (folded === asked || code === asked ? 0
        : folded.startsWith(asked) ? 1 : ` ${folded}`.includes(` ${asked}`) ? 2 : 3);
      const kept = communes.filter((one) => rank(one) < 3);
      return kept.sort((a, b) => rank(a) - rank(b)).slice(0, 8);
    }

    function point(to) {
      at = to;
      [...list.children].forEach((option, i) => option.setAttribute("aria-selected", String(i === at)));
      if (at < 0) field.removeAttribute("aria-activedescendant");
      else field.setAttribute("aria-activedescendant", `trouvee-${at}`);
    }

    function open(on) {
      list.hidden = !on;
      field.setAttribute("aria-expanded", String(on));
      if (!on) point(-1);
    }

    function show() {
      found = matches();
      list.replaceChildren(...found.map(({ name }, i) => {
        const option = element("li", name);
        option.id = `trouvee-${i}`;
        option.setAttribute("role", "option");
        option.addEventListener("mousedown", (event) => { event.preventDefault(); choose(i); });
        return option;
      }));
      open(found.length > 0);
      find("etat").textContent = found.length || !fold(field.value) ? "" : "Aucune commune de ce nom.";
    }

    function choose(i) {
      const { key, name } = found[i];
      field.value = name;
      open(false);
      board.choice.choose(key, { zoom: true });
      const row = rows.get(key);
      row.hidden = false;
      row.tabIndex = -1;
      row.focus({ preventScroll: true }); // the map stays in sight
    }

    field.addEventListener("input", show);
    field.addEventListener("blur", () => open(false));
    field.addEventListener("keydown", (event) => {
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (step) {
        if (list.hidden) show();
        if (found.length) point((at + step + found.length) % found.length);
      } else if (event.key === "Enter") {
        if (list.hidden) show();
        if (found.length) choose(Math.max(at, 0));
      } else if (event.key === "Escape" && !list.hidden) {
        event.stopPropagation();
        open(false);
      } else return;
      event.preventDefault();
    });
  }

  const begin = cartoallier.start;
  cartoallier.start = (map, groups) => {
    const board = begin(map, groups);
    board.tint = theme.shown;
    board.changed = () => {};
    board.filters = filters(board);
    board.list = zoneList(board);
    board.choice = choice(board);
    const watch = () => {
      for (const zone of drawn[board.tint] || []) {
        if (zone.watched) continue;
        zone.watched = true;
        zone.layer.on("click", () => board.choice.choose(zone.keys[0]));
      }
    };
    map.on("teinte", ({ key }) => {
      board.filters.clear();
      board.tint = key;
      const level = levelOf(board.choice.key());
      if (level !== "commune" && level !== (theme.tints[key] || {}).level) board.choice.clear();
      watch();
      board.list.fill();
      board.changed();
    });
    map.on("cercles", board.filters.zones);
    for (const row of rows.values()) row.tabIndex = -1;
    map.getContainer().tabIndex = -1; // the list of zones is the map's tab stop
    map.getContainer().setAttribute("role", "group");
    map.getContainer().setAttribute("aria-label", "Carte");
    watch();
    board.list.fill();
    search(board);
    document.addEventListener("keydown", ({ key }) => {
      if (key !== "Escape") return;
      board.choice.clear();
      board.filters.clear();
    });
    cartoallier.board = board;
    return board;
  };
})();
