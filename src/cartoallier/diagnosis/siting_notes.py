"""Notes of a simulation: how its answer was found, and its limits."""

from __future__ import annotations

from cartoallier.access.siting import FULL_WEEK, Model
from cartoallier.diagnosis.siting_words import ROUNDED_TO, SECRET_BELOW, Outcome
from cartoallier.model import Public
from cartoallier.model.french import number, percent, plural, typeset
from cartoallier.model.simulation import minutes_words

NOT_A_DECISION = (
    "Une simulation n’est pas une décision : elle ne sait rien des locaux, des équipes, des "
    "financements ni des projets en cours."
)


def siting_notes(outcome: Outcome) -> tuple[str, ...]:
    """Return how the answer was found, and its limits."""
    notes = [
        NOT_A_DECISION,
        f"Lieux candidats : {outcome.candidates}. Les sites existants restent ; à gain égal, "
        + ("la commune la plus peuplée est prise." if outcome.communes
           else "le premier de la liste est pris."),
        _found(outcome),
        _curve_note(outcome),
        _rounded(outcome),
    ]  # fmt: skip
    if outcome.fallback is not None:
        notes.append(
            f"Personne n’est à plus de {minutes_words(outcome.fallback)}, seuil du thème : la "
            f"simulation prend {minutes_words(outcome.threshold)} ; « --minutes » en impose un "
            "autre."
        )
    if 0 < len(outcome.chosen) < outcome.requested:
        why = "" if outcome.budget is None else ", ou le budget ne le permet pas"
        kept = len(outcome.chosen)
        notes.append(
            f"{plural(outcome.requested, 'site demandé', 'sites demandés')}, {number(kept)} "
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
    if outcome.unknown != 0:
        is_one = outcome.public == Public.ALL and outcome.unknown < 1.5
        counted = "n’est pas compté" if is_one else "ne sont pas comptés"
        notes.append(
            f"{_capital(outcome.people(outcome.unknown))} dont le trajet n’est pas mesurable "
            f"{counted}."
        )
    if outcome.uncounted:
        points = plural(outcome.uncounted, "point")
        notes.append(
            f"Effectif du public inconnu ou protégé en {points} de population : "
            f"{'il ne pèse' if outcome.uncounted < 2 else 'ils ne pèsent'} pas."
        )
    return tuple(typeset(note) for note in notes if note)


def _found(outcome: Outcome) -> str:
    siting = outcome.siting
    if siting.proven:
        return (
            "Meilleure réponse possible pour ces données, démontrée (programmation linéaire en "
            "nombres entiers, solveur HiGHS)."
        )
    far = ""
    if siting.gap is not None and siting.model is Model.LEAST_MINUTES:
        far = f" (le temps gagné est au plus {percent(siting.gap)} sous le meilleur possible)"
    elif siting.gap is not None:
        far = f", au plus {percent(siting.gap)} sous la meilleure"
    return f"Réponse approchée{far} : sites ajoutés un à un, puis échangés tant que l’on y gagne."


def _curve_note(outcome: Outcome) -> str:
    told = " Avec des capacités, elle s’arrête au nombre demandé." if outcome.capacity else ""
    if all(point.proven for point in outcome.siting.curve):
        return (
            "Courbe : la meilleure réponse pour chaque nombre de sites ; les lieux peuvent "
            f"changer d’un nombre à l’autre.{told}"
        )
    return f"Courbe : une réponse approchée pour certains nombres de sites.{told}"


def _rounded(outcome: Outcome) -> str:
    if outcome.public == Public.ALL:
        return ""
    return (
        f"Secret statistique : les effectifs de ce public sont arrondis à la dizaine la plus "
        f"proche, ceux de 1 à 10 ne sont pas dits (« moins de {SECRET_BELOW} »), et les parts "
        "sont celles d’effectifs arrondis ; une somme peut donc différer de ses parties, et "
        f"{ROUNDED_TO} se lit « de {SECRET_BELOW} à 14 »."
    )


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
