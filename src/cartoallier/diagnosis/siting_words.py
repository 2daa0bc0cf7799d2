"""Words of a simulation: who gains, where, what remains, how it was found and its limits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from cartoallier.access.siting import FULL_WEEK, Left, Model, Siting
from cartoallier.model import Public
from cartoallier.model.french import NO_BREAK, listed, number, percent, quoted, typeset

PUBLIC_WORDS = {
    Public.ALL.value: "habitants",
    Public.UNDER_20.value: "habitants de moins de 20 ans",
    Public.OVER_65.value: "habitants de 65 ans et plus",
    Public.AGED_0_2.value: "enfants de 0 à 2 ans",
    Public.AGED_12_25.value: "jeunes de 12 à 25 ans",
    Public.POOR_HOUSEHOLDS.value: "ménages pauvres",
}
"""Public -> whom sentences count, plural."""

NOT_A_DECISION = (
    "Une simulation n’est pas une décision : elle ne sait rien des locaux, des équipes, des "
    "financements ni des projets en cours."
)
_NAMED = 5

SECRET_BELOW = 11
"""A count of 1 to 10 people of a public is not told."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Outcome:
    """What sentences are made from.

    Attributes:
        siting: the answer.
        public: whose needs weigh.
        threshold: minutes.
        fallback: the theme's own threshold in minutes, when nobody is beyond it and the simulation
            took a shorter one; ``None`` otherwise.
        requested: number of sites asked for.
        chosen: columns ``CHOSEN_COLUMNS``.
        curve: columns ``CURVE_COLUMNS``.
        unreachable: columns ``UNREACHABLE_COLUMNS``.
        tours: columns ``TOUR_COLUMNS``.
        total: people of the public in the département.
        candidates: what candidates are, French.
        communes: they are communes.
        budget: for sites and tours, ``None`` without.
        capacity: sites are given a capacity.
        unknown: people whose minutes no engine can measure.
        uncounted: origins whose people of the public are unknown.
    """

    siting: Siting
    public: str
    threshold: float
    fallback: float | None
    requested: int
    chosen: pd.DataFrame
    curve: pd.DataFrame
    unreachable: pd.DataFrame
    tours: pd.DataFrame
    total: float
    candidates: str
    communes: bool
    budget: float | None
    capacity: bool
    unknown: float
    uncounted: int

    def people(self, count: float) -> str:
        """Write « 1 234 habitants »."""
        return people(count, self.public)


def people(count: float, public: str) -> str:
    """Write « 1 234 jeunes de 12 à 25 ans », « 1 habitant ».

    From 1 to 10 people of a public, or a hidden number of them, are « moins de 11 ».
    """
    words = PUBLIC_WORDS.get(public, "personnes")
    if public != Public.ALL and not (count < 0.5 or count >= SECRET_BELOW - 0.5):
        return f"moins de {SECRET_BELOW}{NO_BREAK}{words}"
    if public == Public.ALL and count < 1.5:
        words = words.removesuffix("s")
    return f"{number(count)}{NO_BREAK}{words}"


def tell_siting(outcome: Outcome) -> tuple[str, ...]:
    """Return at most four sentences: who gains and where, by how much, what remains, tours."""
    gain = _gain(outcome)
    if outcome.fallback is not None:
        gain = (
            f"Personne n’est à plus de {number(outcome.fallback)} minutes, seuil du thème ; à "
            f"{number(outcome.threshold)} minutes : {gain[0].lower()}{gain[1:]}"
        )
    sentences = [gain, _each(outcome), _remains(outcome), _tours(outcome)]
    return tuple(typeset(sentence) for sentence in sentences if sentence)


def siting_notes(outcome: Outcome) -> tuple[str, ...]:
    """Return how the answer was found, and its limits."""
    notes = [
        NOT_A_DECISION,
        f"Lieux candidats : {outcome.candidates}. Les sites existants restent ; à gain égal, "
        + ("la commune la plus peuplée est prise." if outcome.communes
           else "le premier de la liste est pris."),
        _found(outcome),
        _curve_note(outcome),
    ]  # fmt: skip
    if outcome.fallback is not None:
        notes.append(
            f"Personne n’est à plus de {number(outcome.fallback)} minutes, seuil du thème : la "
            f"simulation prend {number(outcome.threshold)} minutes ; « --minutes » en impose un "
            "autre."
        )
    if 0 < len(outcome.chosen) < outcome.requested:
        why = "" if outcome.budget is None else ", ou le budget ne le permet pas"
        kept = len(outcome.chosen)
        notes.append(
            f"{number(outcome.requested)} sites demandés, {number(kept)} "
            f"retenu{'s' if kept > 1 else ''} : un de plus ne gagnerait rien{why}."
        )
    if outcome.capacity:
        notes.append(
            "Un site ajouté ne dessert que ce que sa capacité permet ; les parts par EPCI et les "
            "minutes, elles, comptent tous ceux qui sont à portée. Les sites existants sont "
            "supposés suffire à ceux qu’ils desservent."
        )
    if len(outcome.tours):
        notes.append(
            "Une tournée dessert les personnes à portée de ses arrêts quelques heures par semaine "
            f"seulement : elle vaut la part de {number(FULL_WEEK)} heures (un service complet, "
            "valeur de travail) qu’elle y passe, et n’est pas comptée parmi les sites."
        )
    if outcome.unknown:
        notes.append(
            f"{outcome.people(outcome.unknown)} dont le trajet n’est pas mesurable ne sont pas "
            "comptés."
        )
    if outcome.uncounted:
        notes.append(
            f"Effectif du public inconnu ou protégé en {number(outcome.uncounted)} points de "
            "population : ils ne pèsent pas."
        )
    return tuple(typeset(note) for note in notes if note)


def _gain(outcome: Outcome) -> str:
    chosen, siting = outcome.chosen, outcome.siting
    near = f"à {number(outcome.threshold)} minutes au plus"
    if siting.left.before <= 0 and siting.model is not Model.LEAST_MINUTES:
        return (
            f"Toutes les personnes comptées sont déjà {near} d’un site : ajouter un site n’en "
            "rapproche aucune sous ce seuil ; essayez un seuil plus court (« --minutes »)."
        )
    if chosen.empty:
        if outcome.tours["retenue"].any() if len(outcome.tours) else False:
            return "Aucun site fixe n’est retenu : les tournées sont le meilleur emploi du budget."
        limit = " que le budget permet" if outcome.budget is not None else ""
        return f"Aucun lieu candidat{limit} ne rapproche qui que ce soit {near}."
    before = outcome.curve["part_desservie"].iloc[0]
    last = chosen.iloc[-1]
    gained = siting.served[-1]
    where = f"{_sites(len(chosen))} de plus, {_places(outcome)},"
    if siting.model is Model.LEAST_MINUTES:
        return f"{where} {_minutes(outcome)}{_also(outcome, gained, near)}"
    verb = "mettraient" if len(chosen) > 1 else "mettrait"
    be = "sont" if gained >= 1.5 else "est"
    told = f"{verb} {near} d’un site {outcome.people(gained)} qui ne le {be} pas aujourd’hui"
    if pd.notna(last["part_desservie"]) and pd.notna(before):
        told += (
            f" : {percent(last['part_desservie'])} des {name_public(outcome.public)} du "
            f"département y seraient, contre {percent(before)}"
        )
    told += "."
    if siting.model is Model.FEWEST_SITES:
        return f"{_fewest(outcome)} {where} {told}"
    return f"{where} {told}"


def _fewest(outcome: Outcome) -> str:
    """Say how many sites it takes, against how many were asked for."""
    needed = len(outcome.chosen)
    least = "Il faut au moins" if outcome.siting.proven else "Il faudrait au plus"
    asked = "" if needed <= outcome.requested else f", et non {number(outcome.requested)},"
    return (
        f"{least} {number(needed)} site{'s' if needed > 1 else ''}{asked} pour desservir tous "
        "ceux qui peuvent l’être."
    )


def _minutes(outcome: Outcome) -> str:
    curve = outcome.curve.set_index("sites")["minutes_moyennes"]
    before, after = curve.iloc[0], curve.get(len(outcome.chosen), float("nan"))
    verb = "ramèneraient" if len(outcome.chosen) > 1 else "ramènerait"
    return (
        f"{verb} le trajet moyen de {number(before, decimals=1)} à "
        f"{number(after, decimals=1)} minutes"
    )


def _also(outcome: Outcome, gained: float, near: str) -> str:
    if gained <= 0:
        return "."
    be = "seraient" if gained >= 1.5 else "serait"
    return f" ; {outcome.people(gained)} de plus {be} {near} d’un site."


def _each(outcome: Outcome) -> str:
    """Say what the first and the last sites add."""
    chosen = outcome.chosen
    if len(chosen) < 2 or outcome.siting.model is Model.LEAST_MINUTES:
        return ""
    first, last = chosen.iloc[0], chosen.iloc[-1]
    gains = chosen["habitants_gagnes"]
    if gains.isna().any():
        return ""
    return (
        f"Le premier, {_at(str(first['nom']), outcome.communes)}, en gagne "
        f"{number(gains.iloc[0])} à lui seul ; le dernier, "
        f"{_at(str(last['nom']), outcome.communes)}, {number(gains.iloc[-1])}."
    )


def _remains(outcome: Outcome) -> str:
    """Say who stays out, by what keeps them there."""
    left: Left = outcome.siting.left
    reasons = [(left.unreachable, f"qu’aucun lieu candidat ne met à portée{_who(outcome)}")]
    if left.capacity is not None:
        reasons.append((left.capacity, "au-delà des capacités données"))
    if left.budget is not None:
        reasons.append((left.budget, "que le budget ne permet pas de desservir"))
    reasons.append((left.number, "pour qui il faudrait d’autres sites"))
    kept = [(count, words) for count, words in reasons if count >= 0.5]
    total = sum(count for count, _ in kept)
    beyond = f"à plus de {number(outcome.threshold)} minutes"
    if not kept:
        return f"Plus personne ne resterait {beyond}." if left.before > 0 else ""
    if outcome.capacity:
        beyond = "sans site qui les desserve"
    if len(outcome.tours) and outcome.tours["retenue"].any():
        beyond = "sans service complet, les tournées comptant pour leur part"
    verb = "Resterait" if total < 1.5 else "Resteraient"
    if len(kept) == 1:
        return f"{verb} {outcome.people(total)} {beyond}, {kept[0][1]}."
    if outcome.public != Public.ALL and any(count < SECRET_BELOW - 0.5 for count, _ in kept):
        return f"{verb} {outcome.people(total)} {beyond}."  # one part would give another
    told = listed(f"{number(count)} {words}" for count, words in kept)
    return f"{verb} {outcome.people(total)} {beyond} : {told}."


def _who(outcome: Outcome) -> str:
    names = list(dict.fromkeys(outcome.unreachable["nom"].astype("str")))
    if not names:
        return ""
    told = listed(names) if len(names) <= _NAMED else f"{len(names)} lieux, nommés plus bas"
    return f" ({told})"


def _tours(outcome: Outcome) -> str:
    if not len(outcome.tours):
        return ""
    kept = outcome.tours[outcome.tours["retenue"]]
    if kept.empty:
        return "Aucune tournée n’est retenue."
    names = listed(quoted(str(name)) for name in kept["tournee"])
    hours = number(kept["heures_semaine"].sum())
    return (
        f"Tournée{'s' if len(kept) > 1 else ''} retenue{'s' if len(kept) > 1 else ''} : {names}, "
        f"{hours} heures par semaine en tout, à portée de "
        f"{outcome.people(kept['habitants_a_portee'].sum())} qu’aucun site fixe ne dessert."
    )


def _found(outcome: Outcome) -> str:
    siting = outcome.siting
    if siting.proven:
        return (
            "Meilleure réponse possible pour ces données, démontrée (programmation linéaire en "
            "nombres entiers, solveur HiGHS)."
        )
    far = "" if siting.gap is None else f", au plus {percent(siting.gap)} sous la meilleure"
    return f"Réponse approchée{far} : sites ajoutés un à un, puis échangés tant que l’on y gagne."


def _curve_note(outcome: Outcome) -> str:
    if all(point.proven for point in outcome.siting.curve):
        return (
            "Courbe : la meilleure réponse pour chaque nombre de sites ; les lieux peuvent "
            "changer d’un nombre à l’autre."
        )
    return "Courbe : une réponse approchée pour certains nombres de sites."


def _sites(count: int) -> str:
    words = ("Zéro", "Un", "Deux", "Trois", "Quatre", "Cinq", "Six", "Sept", "Huit", "Neuf", "Dix")
    return f"{words[count] if count < len(words) else number(count)} site{'s' if count > 1 else ''}"


def _places(outcome: Outcome) -> str:
    names = [_at(str(name), outcome.communes) for name in outcome.chosen["nom"]]
    if len(names) > _NAMED:
        return listed([*names[:_NAMED], f"{len(names) - _NAMED} autres lieux"])
    return listed(names)


def _at(name: str, communes: bool) -> str:
    """Write « à Moulins », « au Donjon », « aux Roches » ; a place of a list in guillemets."""
    if not communes:
        return f"à {quoted(name)}"
    for article, contracted in (("Le ", "au "), ("Les ", "aux ")):
        if name.startswith(article):
            return contracted + name.removeprefix(article)
    return f"à {name}"


def name_public(public: str) -> str:
    """Return whom a public is, plural, French."""
    return PUBLIC_WORDS.get(public, "personnes")


def known_publics(publics: Sequence[str]) -> str:
    """Return « ensemble, 65_plus et 0_2 »."""
    return listed(publics)
