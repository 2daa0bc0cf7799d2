"""Where a site may be added: communes, or a list of the user's; and tours as options."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from cartoallier.errors import SourceError
from cartoallier.files import read_table
from cartoallier.model import Finding, Territory
from cartoallier.model.french import number, plural
from cartoallier.pipeline.placing import (
    Placing,
    boarding,
    named_on_one_line,
    needs_place,
    numbers,
    renamed,
    town_halls,
)
from cartoallier.project import Project

CANDIDATE_COLUMNS = ("candidat", "nom", "code_commune", "cout", "capacite", "x", "y")
"""Of :attr:`Candidates.frame`; ``cout`` and ``capacite`` may be missing."""

SAME_PLACE = 1.0
"""Metres within which two places are one."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Candidates:
    """Places where a site may be added.

    Attributes:
        frame: columns :data:`CANDIDATE_COLUMNS`, those preferred first; metres in the
            territory's CRS.
        file: that lists them, empty for the communes.
        findings: rows that could not be used.
    """

    frame: pd.DataFrame
    file: str = ""
    findings: tuple[Finding, ...] = ()

    @property
    def communes(self) -> bool:
        """Whether they are communes rather than places of their own."""
        return not self.file

    @property
    def words(self) -> str:
        """What they are, counted, French; an arrondissement is not a commune."""
        if self.file:
            one = len(self.frame) == 1
            return f"{'le lieu' if one else f'les {number(len(self.frame))} lieux'} de {self.file}"
        cut = self.frame["candidat"] != self.frame["code_commune"]
        parts = [plural(int((~cut).sum()), "commune")] if not cut.all() else []
        parts += [plural(int(cut.sum()), "arrondissement")] if cut.any() else []
        return f"{' et '.join(parts)} du département, à leur mairie"

    def without(self, wrong: np.ndarray, what: str, *, action: str) -> Candidates:
        """Return the others; each refused is a finding."""
        refused = self.frame[wrong]
        told = [
            Finding(
                file=self.file,
                line=int(place) if self.file else None,
                column="nom",
                value=str(name),
                what=what,
                action=action,
            )
            for place, name in zip(refused["candidat"], refused["nom"], strict=True)
        ]
        kept = self.frame[~wrong].reset_index(drop=True)
        return replace(self, frame=kept, findings=(*self.findings, *told))

    def once(self) -> Candidates:
        """Return each place once, the first of those at the same point."""
        where = (self.frame[["x", "y"]] / SAME_PLACE).round()
        return self.without(
            where.duplicated().to_numpy(),
            "ce lieu est au même point qu’un lieu déjà lu",
            action="le premier seul est proposé",
        )


@dataclass(frozen=True, eq=False, kw_only=True)
class TourFile:
    """Tours as a file gives them.

    Attributes:
        names: of each tour, in order of appearance.
        cost: of each tour, missing where the file gives none.
        stops: ``tour`` (position), ``name``, ``hours`` a week, ``x``, ``y``.
        findings: rows that could not be used.
    """

    names: tuple[str, ...]
    cost: np.ndarray
    stops: pd.DataFrame
    findings: tuple[Finding, ...]


def every_commune(project: Project, territory: Territory) -> Candidates:
    """Propose every commune of the département, the most populous first."""
    halls = town_halls(project, territory)
    inside = halls["commune_code"].map(territory.communes["inside"]).to_numpy(dtype=bool)
    halls = halls[inside].sort_index().sort_values("population", ascending=False, kind="stable")
    frame = pd.DataFrame(
        {
            "candidat": halls.index.astype("str"),
            "nom": halls["name"].to_numpy(),
            "code_commune": halls["commune_code"].to_numpy(),
            "cout": np.nan,
            "capacite": np.nan,
            "x": halls.geometry.x.to_numpy(),
            "y": halls.geometry.y.to_numpy(),
        }
    )
    return Candidates(frame=frame)


def read_candidates(path: Path, *, project: Project, territory: Territory) -> Candidates:
    """Read a list of places: ``nom``, ``longitude`` and ``latitude``, or ``code_insee``.

    ``cout`` and ``capacite`` are read when there. The stops of a GTFS (``stops.txt``) are such a
    list. Rows without a usable place are findings.

    Raises:
        SourceError: the file cannot be read, or proposes nothing.
    """
    file = path.name
    rows, platforms = boarding(renamed(read_table(path, file=file)))
    needs_place(rows, file)
    ground = Placing.of(project, territory)
    table = ground.placed(rows, named=rows.column("nom"))
    costs, wrong_costs = numbers(rows, "cout")
    room, wrong_room = numbers(rows, "capacite")
    kept = table["code_commune"].notna().to_numpy()
    if not kept.any():
        raise SourceError("aucun lieu utilisable ; voyez les colonnes attendues", path=file)
    names = [named_on_one_line(cell) or None for cell in rows.column("nom")]
    frame = pd.DataFrame(
        {
            "candidat": [str(line) for line in rows.lines],
            "nom": pd.Series(names, dtype="str").fillna(table["commune"]).fillna("lieu sans nom"),
            "code_commune": table["code_commune"],
            "cout": costs,
            "capacite": room,
            "x": table["x"],
            "y": table["y"],
        }
    )
    return Candidates(
        frame=frame[kept].reset_index(drop=True),
        file=file,
        findings=(*rows.findings, *platforms, *ground.findings, *wrong_costs, *wrong_room),
    )


def read_tours(path: Path, *, project: Project, territory: Territory) -> TourFile:
    """Read tours: one row per stop, ``tournee``, a place, ``heures_semaine``, ``cout``.

    The place is ``longitude`` and ``latitude``, ``code_insee``, or the name of a commune in
    ``arret``. The cost is that of the whole tour, written on one of its rows or on all.

    Raises:
        SourceError: the file cannot be read, lacks a column, or has no usable stop.
    """
    file = path.name
    rows = renamed(read_table(path, file=file))
    for column in ("tournee", "heures_semaine"):
        if column not in rows:
            raise SourceError(f"il manque la colonne « {column} »", path=file)
    ground = Placing.of(project, territory)
    table = ground.placed(rows, named=rows.column("arret"))
    hours, wrong_hours = numbers(rows, "heures_semaine")
    costs, wrong_costs = numbers(rows, "cout")
    tours = [named_on_one_line(cell) or None for cell in rows.column("tournee")]
    missing = [
        Finding(
            file=file, line=line, column=column, what=f"{column} manque",
            action="arrêt laissé de côté",
        )
        for line, tour, hour in zip(rows.lines, tours, hours, strict=True)
        for column, absent in (("tournee", not tour), ("heures_semaine", np.isnan(hour)))
        if absent
    ]  # fmt: skip
    kept = table["code_commune"].notna().to_numpy() & ~np.isnan(hours)
    kept &= np.array([bool(tour) for tour in tours])
    if not kept.any():
        raise SourceError("aucun arrêt utilisable ; voyez les colonnes attendues", path=file)
    names = tuple(dict.fromkeys(str(t) for t, k in zip(tours, kept, strict=True) if k))
    place = {name: position for position, name in enumerate(names)}
    cost, disputed = _tour_costs(names, tours, costs, file=file)
    stops = pd.DataFrame(
        {
            "tour": [place.get(str(tour), -1) for tour in tours],
            "name": [named_on_one_line(cell) for cell in rows.column("arret")],
            "hours": hours,
            "x": table["x"],
            "y": table["y"],
        }
    )
    stops["name"] = stops["name"].where(stops["name"] != "", table["commune"])
    findings = (*rows.findings, *ground.findings, *wrong_hours, *wrong_costs, *missing, *disputed)
    return TourFile(
        names=names, cost=cost, stops=stops[kept].reset_index(drop=True), findings=findings
    )


def _tour_costs(
    names: Sequence[str], tours: Sequence[str | None], costs: np.ndarray, *, file: str
) -> tuple[np.ndarray, list[Finding]]:
    """Return the cost of each tour: the largest written on its rows, and those that differ."""
    found, findings = np.full(len(names), np.nan), []
    for position, name in enumerate(names):
        own = costs[[tour == name for tour in tours]]
        own = np.unique(own[~np.isnan(own)])
        if len(own):
            found[position] = own[-1]
        if len(own) > 1:
            findings.append(
                Finding(
                    file=file, column="cout", value=name[:80],
                    what="une tournée porte plusieurs coûts",
                    action="le plus grand est retenu ; écrivez le coût de la tournée entière",
                )
            )  # fmt: skip
    return found, findings
