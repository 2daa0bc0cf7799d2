"use strict";
// Filters the themes of the index. What is asked stands in the address, so that it can be sent.
(() => {
  const form = document.querySelector(".filtre");
  const count = form.querySelector("output");
  const reset = form.querySelector("button");
  const cards = [...document.querySelectorAll(".colonnes .fiche")];
  const fold = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase()
    .replace(/œ/g, "oe").replace(/æ/g, "ae").replace(/[’']/g, " ");
  const texts = new Map(cards.map((card) => [card, fold(`${card.textContent} ${card.dataset.mots}`)]));

  function matches(card, asked) {
    const { axe, fiabilite, fournie, retenu } = card.dataset;
    return fold(asked.mots).split(/\s+/).filter(Boolean).every((word) => texts.get(card).includes(word))
      && (!asked.axe || axe === asked.axe)
      && (!asked.fiabilite || (fiabilite || "sans") === asked.fiabilite)
      && (!asked.sans || fournie === "non")
      && (!asked.retenus || retenu === "oui");
  }

  const value = (field) => (field.type === "checkbox" ? (field.checked ? "1" : "") : field.value.trim());
  const fields = [...form.elements].filter((field) => field.name);
  const blank = { mots: "", axe: "", fiabilite: "", sans: "", retenus: "" };

  function apply() {
    const asked = { ...blank };
    for (const field of fields) asked[field.name] = value(field);
    let shown = 0;
    for (const card of cards) {
      card.hidden = !matches(card, asked);
      shown += !card.hidden;
    }
    for (const axis of document.querySelectorAll(".axe"))
      axis.querySelector(".aucun").hidden = Boolean(axis.querySelector(".fiche:not([hidden])"));
    count.textContent = shown ? `${shown}\u00a0thème${shown > 1 ? "s" : ""}` : "aucun thème";
    const kept = Object.entries(asked).filter(([, words]) => words);
    reset.hidden = !kept.length;
    return new URLSearchParams(kept).toString();
  }

  function remember(state) {
    if (location.hash.slice(1) === state) return;
    // an embedded or local page may not be allowed to rewrite its address: the filter still works
    try {
      history.replaceState(null, "", state ? `#${state}` : location.pathname + location.search);
    } catch {
      location.hash = state;
    }
  }

  function recall() {
    const told = new URLSearchParams(location.hash.slice(1));
    for (const field of fields) {
      const words = told.get(field.name) || "";
      if (field.type === "checkbox") field.checked = Boolean(words);
      else field.value = words;
      if (field.tagName === "SELECT" && field.selectedIndex < 0) field.value = "";
    }
    apply();
  }

  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("input", () => remember(apply()));
  reset.addEventListener("click", () => {
    form.reset();
    remember(apply());
    form.elements.mots.focus();
  });
  document.addEventListener("keydown", (event) => {
    const typing = /^(INPUT|SELECT|TEXTAREA)$/.test(document.activeElement.tagName);
    if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      form.elements.mots.focus();
    }
    if (event.key === "Escape" && form.contains(document.activeElement)) reset.click();
  });
  window.addEventListener("hashchange", recall);
  form.reset();
  form.hidden = false;
  recall();
})();
