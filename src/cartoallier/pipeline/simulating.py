"""Where some more sites would bring help within reach: ``cartoallier simuler``."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from cartoallier import __version__
from cartoallier.access import Floats
from cartoallier.access.siting import (
    Model,
    Siting,
    SitingProblem,
    Tours,
    solve,
    tours_of,
)
from cartoallier.diagnosis import summarise
from cartoallier.diagnosis.siting_notes import siting_notes
from cartoallier.diagnosis.siting_words import Outcome, name_public, tell_siting
from cartoallier.errors import SitingError
from cartoallier.model import Mode, Public, Theme
from cartoallier.model.french import listed, typeset
from cartoallier.model.simulation import Simulation
from cartoallier.pipeline.preparing import Prepared, cited, prepare, threshold_of
from cartoallier.pipeline.progress import Progress, silent
from cartoallier.pipeline.proposing import (
    Candidates,
    every_commune,
    read_candidates,
    read_tours,
)
from cartoallier.pipeline.siting_tables import (
    Ground,
    Question,
    chosen_table,
    curve_table,
    existing_sites,
    remaining_people,
    told_left,
    told_people,
    toured_people,
    tours_table,
    unreachable_table,
    zone_table,
)
from cartoallier.project import Project

__all__ = ["Question", "simulate"]

SHORTER = (20.0, 15.0)
"""Minutes taken when nobody is beyond the theme's own threshold: those of ``couverture.csv``."""


def simulate(project: Project, question: Question, *, progress: Progress = silent) -> Simulation:
    """Find where to add sites, and who gains.

    Args:
        project: what supply and territory.
        question: what is asked.
        progress: told of each step, in French.

    Raises:
        SitingError: the question has no meaning for this theme, or no answer.
        CartoError: a source could not be read.
    """
    theme = _theme(project, question)
    model = _model(question)
    prepared = prepare(project, only=[question.theme], progress=progress)
    progress("lieux candidats")
    ground = _ground(project, question, theme, prepared)
    progress("recherche des meilleurs lieux")
    problem = _problem(ground, model)
    siting = solve(problem, model=model, sites=question.sites)
    progress("mise en mots")
    return _told(ground, problem, siting)


_NO_ROOM = (
    "la p-médiane ne connaît pas de capacité ; retirez-la (option « --capacite », ou colonne "
    "« capacite » des lieux), ou choisissez « --modele mclp »"
)


def _theme(project: Project, question: Question) -> Theme:
    theme = project.catalogue.themes.get(question.theme)
    if theme is None:
        raise SitingError(
            f"thème inconnu : {question.theme} ; « cartoallier themes » les liste", key="--theme"
        )
    if theme.mode is not Mode.PROXIMITY:
        raise SitingError(
            "ce thème ne se juge pas à une distance : ajouter un lieu ne s’y simule pas ; "
            "choisissez un thème de proximité",
            key=question.theme,
        )
    if question.threshold is not None and not 0 < question.threshold < math.inf:
        raise SitingError("donnez un nombre de minutes positif", key="--minutes")
    if question.budget is not None and not 0 <= question.budget < math.inf:
        raise SitingError("donnez un budget positif", key="--budget")
    if question.capacity is not None and not 0 < question.capacity < math.inf:
        raise SitingError("donnez une capacité positive", key="--capacite")
    if question.capacity is not None and question.model == Model.LEAST_MINUTES.value:
        raise SitingError(_NO_ROOM, key="--capacite")
    if question.tours is not None and question.budget is None:
        raise SitingError(
            "des tournées se comparent à des sites sous un budget : ajoutez « --budget »",
            key="--tournees",
        )
    if question.budget is not None and question.candidates is None:
        raise SitingError(
            "les communes n’ont pas de coût : donnez avec « --candidats » un fichier qui a une "
            "colonne « cout »",
            key="--budget",
        )
    return theme


def _model(question: Question) -> Model:
    try:
        return Model(question.model)
    except ValueError:
        known = listed(model.value for model in Model)
        raise SitingError(
            f"modèle inconnu : {question.model} ; connus : {known}", key="--modele"
        ) from None


def _ground(project: Project, question: Question, theme: Theme, prepared: Prepared) -> Ground:
    territory = prepared.territory
    coverage = prepared.coverages[theme.key]
    if not (coverage.sites["counted"] & coverage.sites["inside"]).any():
        raise SitingError(
            "aucune offre de ce thème n’est connue dans le département : une absence de données "
            "n’est pas une absence d’offre ; fournissez d’abord l’offre existante",
            key=theme.key,
        )
    inside = territory.origins["commune_code"].map(territory.communes["inside"]).to_numpy(bool)
    known, uncounted = _people(prepared, question.public, inside)
    lost = prepared.engine.unmeasured.notna().to_numpy() & inside
    unknown = float(np.nansum(known[lost]))
    everybody = np.where(inside, known, 0.0)
    weight = np.where(lost, np.nan, everybody)
    before = coverage.origins["minutes"].to_numpy(dtype="float64")
    threshold, fallback = _threshold(project, question, theme, weight=weight, before=before)
    return Ground(
        question=question,
        theme=theme,
        prepared=prepared,
        candidates=_candidates(project, question, prepared),
        tours=None
        if question.tours is None
        else read_tours(question.tours, project=project, territory=territory),
        everybody=everybody,
        weight=weight,
        before=before,
        threshold=threshold,
        fallback=fallback,
        unknown=unknown,
        uncounted=uncounted,
    )


def _people(prepared: Prepared, public: str, inside: np.ndarray) -> tuple[Floats, int]:
    """Return people at each origin, and at how many origins inside they are unknown."""
    origins = prepared.territory.origins
    if public == Public.ALL:
        people = origins["population"].to_numpy(dtype="float64")
    else:
        weights = prepared.protected.needs.weights.reindex(origins.index)
        here = weights[inside].notna().any()
        given = [str(name) for name in here.index[here]]
        if public not in given:
            raise SitingError(
                f"public inconnu ou sans effectif ici : {public} ; "
                f"possibles : {listed(['ensemble', *given])}",
                key="--public",
            )
        people = weights[public].to_numpy(dtype="float64")
    return people, int((np.isnan(people) & inside).sum())


def _threshold(
    project: Project, question: Question, theme: Theme, *, weight: Floats, before: Floats
) -> tuple[float, float | None]:
    """Return the threshold, and the theme's own when nobody is beyond that one."""
    if question.threshold is not None:
        return question.threshold, None
    own = threshold_of(theme, project)
    if own is None:
        raise SitingError(
            "ce thème n’a pas de seuil en minutes : donnez-en un avec « --minutes »", key=theme.key
        )
    for minutes in (own, *(bound for bound in SHORTER if bound < own)):
        far = np.isnan(before) | (before > minutes)
        if float(np.nansum(weight[far])) > 0:
            return minutes, None if minutes == own else own
    return own, None


def _candidates(project: Project, question: Question, prepared: Prepared) -> Candidates:
    """Return candidates that the engine can reach, with a cost where there is a budget."""
    territory = prepared.territory
    if question.candidates is None:
        found = every_commune(project, territory)
    else:
        found = read_candidates(question.candidates, project=project, territory=territory)
    joined = prepared.engine.joined(found.frame[["x", "y"]].to_numpy(dtype="float64"))
    found = found.without(
        ~joined, "ce lieu n’est relié à aucune route connue", action="lieu non proposé"
    )
    if question.budget is not None:
        free = found.frame["cout"].isna().to_numpy()
        found = found.without(free, "ce lieu n’a pas de coût", action="lieu non proposé")
    if not found.communes:
        found = found.once()
    if found.frame.empty:
        raise SitingError(
            "aucun lieu candidat utilisable", path=found.file or None, key="--candidats"
        )
    return found


def _problem(ground: Ground, model: Model) -> SitingProblem:
    question, frame, engine = ground.question, ground.candidates.frame, ground.prepared.engine
    within = ground.threshold
    if model is Model.LEAST_MINUTES:
        longest = float(np.nanmax(ground.before[ground.weight > 0], initial=within))
        within = max(within, longest)
    pairs = engine.pairs(ground.points, masks=[None] * len(frame), within=within)
    capacity = None
    if question.capacity is not None or frame["capacite"].notna().any():
        if model is Model.LEAST_MINUTES:
            raise SitingError(_NO_ROOM, key="--candidats")
        most = ground.total if question.capacity is None else question.capacity
        capacity = frame["capacite"].fillna(most).clip(upper=ground.total).to_numpy("float64")
    return SitingProblem(
        demand=np.nan_to_num(ground.weight),
        before=ground.before,
        pairs=pairs,
        candidates=len(frame),
        threshold=ground.threshold,
        cost=None if question.budget is None else frame["cout"].to_numpy(dtype="float64"),
        budget=question.budget,
        capacity=capacity,
        tours=_tour_options(ground),
    )


def _tour_options(ground: Ground) -> Tours:
    given = ground.tours
    if given is None:
        return Tours()
    if np.isnan(given.cost).any():
        names = [given.names[at] for at in np.flatnonzero(np.isnan(given.cost))]
        raise SitingError(
            f"ces tournées n’ont pas de coût : {listed(names)}",
            path=None if ground.question.tours is None else ground.question.tours.name,
            key="cout",
        )
    stops = given.stops
    points = stops[["x", "y"]].to_numpy(dtype="float64")
    return tours_of(
        ground.prepared.engine.pairs(points, masks=[None] * len(stops), within=ground.threshold),
        tour=stops["tour"].to_numpy(dtype=np.intp),
        hours=stops["hours"].to_numpy(dtype="float64"),
        cost=given.cost,
        origins=len(ground.weight),
        threshold=ground.threshold,
    )


def _told(ground: Ground, problem: SitingProblem, siting: Siting) -> Simulation:
    question, theme, prepared = ground.question, ground.theme, ground.prepared
    after = ground.minutes_with(siting.chosen.tolist())
    chosen, curve = chosen_table(ground, problem, siting), curve_table(ground, siting)
    lost, tours = unreachable_table(ground, problem), tours_table(ground, problem, siting, after)
    public = question.public
    outcome = Outcome(
        siting=siting,
        gained=float(told_people(siting.served[-1] if siting.served else 0.0, public=public)),
        left=told_left(siting.left, public=public),
        remaining=remaining_people(siting.left, public=public),
        toured=toured_people(ground, problem, siting, after),
        public=public,
        threshold=ground.threshold,
        fallback=ground.fallback,
        requested=question.sites,
        chosen=chosen,
        curve=curve,
        unreachable=lost,
        tours=tours,
        candidates=ground.candidates.words,
        communes=ground.candidates.communes,
        budget=question.budget,
        capacity=problem.capacity is not None,
        unknown=float(told_people(ground.unknown, public=public)),
        uncounted=ground.uncounted,
    )
    summary = summarise(theme, prepared.coverages[theme.key], prepared.context)
    return Simulation(
        theme=theme.key,
        title=theme.short_title,
        model=siting.model.value,
        public=public,
        public_words=name_public(public),
        threshold=ground.threshold,
        requested=question.sites,
        solved="optimal" if siting.proven else "approché",
        gap=siting.gap,
        sensitive=theme.sensitive,
        chosen=chosen,
        curve=curve,
        zones=zone_table(ground, after),
        unreachable=lost,
        existing=existing_sites(ground),
        minutes=pd.DataFrame(
            {"before": ground.before, "after": after}, index=prepared.territory.origins.index
        ),
        territory=prepared.territory,
        sentences=tell_siting(outcome),
        notes=siting_notes(outcome),
        sources=(*summary.sources, *cited(theme, prepared), *_files(question)),
        method=summary.method,
        demonstration=prepared.project.demonstration,
        date_words=prepared.dated[1],
        date=prepared.dated[0],
        version=__version__,
        tours=tours,
        capacity=problem.capacity is not None,
        findings=(
            *ground.candidates.findings, *(() if ground.tours is None else ground.tours.findings)
        ),
    )  # fmt: skip


def _files(question: Question) -> tuple[str, ...]:
    """Name the files given on the command line."""
    given = (("Lieux candidats", question.candidates), ("Tournées", question.tours))
    return tuple(typeset(f"{label} : {path.name}") for label, path in given if path is not None)
