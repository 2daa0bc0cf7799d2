"""Words of a simulation: who gains, where, what remains."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from cartoallier.access.siting import Left, Model, Siting
from cartoallier.model import Public
from cartoallier.model.french import NO_BREAK, listed, number, percent, plural, quoted, typeset
from cartoallier.model.simulation import minutes_words

PUBLIC_WORDS = {
    Public.ALL.value: "habitants",
    Public.UNDER_20.value: "habitants de moins de 20 ans",
    Public.OVER_65.value: "habitants de 65 ans et plus",
    Public.AGED_0_2.value: "enfants de 0 à 2 ans",
    Public.AGED_12_25.value: "jeunes de 12 à 25 ans",
    Public.POOR_HOUSEHOLDS.value: "ménages pauvres",
}
"""Public -> whom sentences count, plural."""

_NAMED = 5

SECRET_BELOW = 11
"""A count of 1 to 10 people of a public is not told."""

ROUNDED_TO = 10
"""Counts of a public are rounded to the nearest multiple of it."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Outcome:
    """What sentences are made from; every count of people as it may be told.

    Attributes:
        siting: the answer: how it was found, and no count of it.
        gained: people whom the chosen sites serve and existing ones do not; missing: 1 to 10 of a
            public, here and below.
        left: who stays out, and why.
        remaining: all of them.
        toured: whom chosen tours reach and no fixed site, each counted once.
        public: whose needs weigh.
        threshold: minutes.
        fallback: the theme's own threshold in minutes, when nobody is beyond it and the simulation
            took a shorter one; ``None`` otherwise.
        requested: number of sites asked for.
        chosen: columns ``CHOSEN_COLUMNS``.
        curve: columns ``CURVE_COLUMNS``.
        unreachable: columns ``UNREACHABLE_COLUMNS``.
        tours: columns ``TOUR_COLUMNS``.
        candidates: what candidates are, French.
        communes: they are communes.
        budget: for sites and tours, ``None`` without.
        capacity: sites are given a capacity.
        unknown: people whose minutes no engine can measure.
        uncounted: origins whose people of the public are unknown.
    """

    siting: Siting
    gained: float
    left: Left
    remaining: float
    toured: float
    public: str
    threshold: float
    fallback: float | None
    requested: int
    chosen: pd.DataFrame
    curve: pd.DataFrame
    unreachable: pd.DataFrame
    tours: pd.DataFrame
    candidates: str
    communes: bool
    budget: float | None
    capacity: bool
    unknown: float
    uncounted: int

    @property
    def near(self) -> str:
        """Write « à 20 minutes au plus »."""
        return f"à {minutes_words(self.threshold)} au plus"

    def people(self, count: float) -> str:
        """Write « 1 234 habitants »."""
        return people(count, self.public)


def people(count: float, public: str) -> str:
    """Write « 1 230 jeunes de 12 à 25 ans », « 1 habitant », « moins de 11 ménages pauvres ».

    Args:
        count: as told; a missing one of a public is 1 to 10.
        public: whom it counts.
    """
    words = PUBLIC_WORDS.get(public, "personnes")
    if public == Public.ALL and count < 1.5:
        words = words.removesuffix("s")
    return f"{_count(count, public)}{NO_BREAK}{words}"


def _count(count: float, public: str) -> str:
    hidden = public != Public.ALL and not (count < 0.5 or count >= ROUNDED_TO - 0.5)
    return f"moins de {SECRET_BELOW}" if hidden else number(count)


def tell_siting(outcome: Outcome) -> tuple[str, ...]:
    """Return at most four sentences: who gains and where, by how much, what remains, tours."""
    gain = _gain(outcome)
    if outcome.fallback is not None:
        gain = (
            f"Personne n’est à plus de {minutes_words(outcome.fallback)}, seuil du thème ; à "
            f"{minutes_words(outcome.threshold)} : {gain[0].lower()}{gain[1:]}"
        )
    sentences = [gain, _each(outcome), _remains(outcome), _tours(outcome)]
    return tuple(typeset(sentence) for sentence in sentences if sentence)


def _gain(outcome: Outcome) -> str:
    chosen, siting, near = outcome.chosen, outcome.siting, outcome.near
    if outcome.left.before <= 0 and siting.model is not Model.LEAST_MINUTES:
        return (
            f"Toutes les personnes comptées sont déjà {near} d’un site : ajouter un site n’en "
            "rapproche aucune sous ce seuil ; essayez un seuil plus court (« --minutes »)."
        )
    if chosen.empty:
        if outcome.tours["retenue"].any() if len(outcome.tours) else False:
            return "Aucun site fixe n’est retenu : les tournées sont le meilleur emploi du budget."
        limit = " que le budget permet" if outcome.budget is not None else ""
        return f"Aucun lieu candidat{limit} ne rapproche qui que ce soit {near}."
    where = f"{_sites(len(chosen))} de plus, {_places(outcome)},"
    if siting.model is Model.LEAST_MINUTES:
        return f"{where} {_minutes(outcome)}{_also(outcome)}"
    many = len(chosen) > 1
    one = outcome.public == Public.ALL and outcome.gained < 1.5
    who = outcome.people(outcome.gained)
    if outcome.capacity:
        told = (
            f"{'pourraient' if many else 'pourrait'} recevoir {who} qu’aucun site ne met "
            f"aujourd’hui {near}{_share(outcome, 'seraient desservis')}."
        )
    else:
        told = (
            f"{'mettraient' if many else 'mettrait'} {near} d’un site {who} qui ne le "
            f"{'est' if one else 'sont'} pas aujourd’hui{_share(outcome, 'y seraient')}."
        )
    if siting.model is Model.FEWEST_SITES:
        return f"{_fewest(outcome)} {where} {told}"
    return f"{where} {told}"


def _share(outcome: Outcome, verb: str) -> str:
    """Write « : 95,3 % des habitants du département y seraient, contre 94,9 % »."""
    before = outcome.curve["part_desservie"].iloc[0]
    after = outcome.chosen["part_desservie"].iloc[-1]
    if pd.isna(before) or pd.isna(after):
        return ""
    everybody = outcome.remaining == 0
    now, then = (_nearly(share, outcome, everybody=everybody) for share in (before, after))
    against = "" if now == then else f", contre {_nearly(before, outcome, everybody=False)}"
    measured = "" if outcome.unknown == 0 else " dont le trajet est mesuré"
    whom = f"{then} les" if then == _NEARLY_ALL else f"{then} des"
    return f" : {whom} {name_public(outcome.public)}{measured} du département {verb}{against}"


_NEARLY_ALL = "presque tous"


def _nearly(share: float, outcome: Outcome, *, everybody: bool) -> str:
    """Write a share; one that is not everybody is never « 100,0 % »."""
    if everybody or share < 0.9995:
        return percent(share)
    if outcome.public == Public.ALL:
        return f"plus de {percent(0.999)}"
    return _NEARLY_ALL  # of rounded counts: how near is not known


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


def _also(outcome: Outcome) -> str:
    if outcome.gained == 0:
        return "."
    be = "serait" if outcome.public == Public.ALL and outcome.gained < 1.5 else "seraient"
    return f" ; {outcome.people(outcome.gained)} de plus {be} {outcome.near} d’un site."


def _each(outcome: Outcome) -> str:
    """Say what the first and the last sites add."""
    chosen = outcome.chosen
    if len(chosen) < 2 or outcome.siting.model is Model.LEAST_MINUTES:
        return ""
    first, last = chosen.iloc[0], chosen.iloc[-1]
    gains = chosen["habitants_gagnes"]
    if gains.isna().any():
        return ""
    verb = "en recevrait" if outcome.capacity else "en gagne"
    return (
        f"Le premier, {_at(str(first['nom']), outcome.communes)}, {verb} "
        f"{number(gains.iloc[0])} à lui seul ; le dernier, "
        f"{_at(str(last['nom']), outcome.communes)}, {number(gains.iloc[-1])}."
    )


def _remains(outcome: Outcome) -> str:
    """Say who stays out, by what keeps them there."""
    left, total = outcome.left, outcome.remaining
    reasons = [(left.unreachable, f"qu’aucun lieu candidat ne met à portée{_who(outcome)}")]
    if left.capacity is not None:
        reasons.append((left.capacity, "au-delà des capacités données"))
    if left.budget is not None:
        reasons.append((left.budget, "que le budget ne permet pas de desservir"))
    reasons.append((left.number, "pour qui il faudrait d’autres sites"))
    kept = [(count, words) for count, words in reasons if not count < 0.5]  # missing: 1 to 10
    beyond = f"à plus de {minutes_words(outcome.threshold)}"
    if not kept:
        return f"Plus personne ne resterait {beyond}." if left.before > 0 else ""
    if outcome.capacity:
        beyond = "sans site qui les desserve"
    if len(outcome.tours) and outcome.tours["retenue"].any():
        beyond = "sans service complet, les tournées comptant pour leur part"
    one = outcome.public == Public.ALL and total < 1.5
    verb = "Resterait" if one else "Resteraient"
    if len(kept) == 1:
        return f"{verb} {outcome.people(total)} {beyond}, {kept[0][1]}."
    told = listed(f"{_count(count, outcome.public)} {words}" for count, words in kept)
    return f"{verb} {outcome.people(total)} {beyond} : {told}."


def _who(outcome: Outcome) -> str:
    names = list(dict.fromkeys(outcome.unreachable["nom"].astype("str")))
    if not names:
        return ""
    what = "communes, nommées" if outcome.communes else "lieux, nommés"
    told = listed(names) if len(names) <= _NAMED else f"{number(len(names))} {what} plus bas"
    return f" ({told})"


def _tours(outcome: Outcome) -> str:
    if not len(outcome.tours):
        return ""
    kept = outcome.tours[outcome.tours["retenue"]]
    if kept.empty:
        return "Aucune tournée n’est retenue."
    names = listed(quoted(str(name)) for name in kept["tournee"])
    total = float(kept["heures_semaine"].sum())
    hours = plural(total, "heure") if total.is_integer() else f"{number(total, decimals=1)} heures"
    return (
        f"Tournée{'s' if len(kept) > 1 else ''} retenue{'s' if len(kept) > 1 else ''} : {names}, "
        f"{hours} par semaine en tout, à portée de {outcome.people(outcome.toured)} qu’aucun site "
        "fixe ne dessert."
    )


def _sites(count: int) -> str:
    words = ("Zéro", "Un", "Deux", "Trois", "Quatre", "Cinq", "Six", "Sept", "Huit", "Neuf", "Dix")
    return f"{words[count] if count < len(words) else number(count)} site{'s' if count > 1 else ''}"


def _places(outcome: Outcome) -> str:
    names = [_at(str(name), outcome.communes) for name in outcome.chosen["nom"]]
    if len(names) > _NAMED:
        more = len(names) - _NAMED
        what = "commune" if outcome.communes else "lieu"
        what = plural(more, f"autre {what}", f"autres {what}{'s' if outcome.communes else 'x'}")
        return listed([*names[:_NAMED], what])
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
