"""A whole file of the INSEE grid, every cell in its commune: for counting, never for showing."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from cartoallier.errors import SourceError
from cartoallier.model import Country, Finding, SourceRecord
from cartoallier.model.french import number, percent, plural, typeset
from cartoallier.territory.cell_communes import Owners, departement_extents, find_owners
from cartoallier.territory.cell_findings import EXAMPLES
from cartoallier.territory.insee_cells import COUNTS, Cells, read_cells

FORMAT = "carreaux-insee"
LICENCE = "Licence Ouverte 2.0"
_YEAR = re.compile(r"(?<!\d)20[12]\d(?!\d)")
_LOST = "carreaux hors de toute commune"
_SEVERE = 0.5
"""A file that loses this share of its cells is misread, not imprecise."""
_FEW = 200
"""Communes of fewer people than this are not compared with their legal population."""
_CELL_SIZE = 200
_MARGIN_METRES = 2_000


@dataclass(frozen=True, eq=False, kw_only=True)
class GridCells:
    """The cells of a file of the INSEE grid, each in its commune. No cell is ever published.

    Attributes:
        frame: index ``line``; ``epsg``, ``side`` (metres), ``x`` and ``y`` (centre, metres in
            ``epsg``), ``imputed`` (fewer than 11 households: INSEE spread the counts of a larger
            cell), ``commune_code`` and ``place_code`` (the arrondissement in Paris, Lyon and
            Marseille, else the commune), both categorical; then the counts the file has, under
            INSEE's names in lower case, missing where the file gives no number.
        hidden: ``line`` and ``column`` of missing counts that the file says are secret.
        findings: everything noteworthy.
        record: of the file, for the provenance. ``vintage`` is the year of the figures, ``""``
            when nothing in the name of the file says it.
    """

    frame: pd.DataFrame
    hidden: pd.DataFrame
    findings: list[Finding]
    record: SourceRecord

    @property
    def counts(self) -> list[str]:
        """The counts of the file, in INSEE's order."""
        return [name for name in COUNTS if name in self.frame]


def read_insee_grid(
    path: Path, *, file: str, country: Country, vintage: str = "", trust_codes: bool = True
) -> GridCells:
    """Read a whole file of the INSEE grid and find the commune of every cell.

    Args:
        path: CSV or GeoPackage as INSEE publishes it, of 200 m or 1 km.
        file: its name, as the project writes it.
        country: communes the cells may belong to, their population and the passage of old codes.
        vintage: year of the figures; default: the year in the name of the file, if any.
        trust_codes: the commune the file gives for a cell (``lcog_geo``) wins when it gives one;
            ``False``: the centre of the cell decides for all.

    Raises:
        SourceError: the file cannot be read, or its cells are not where France is.

    Source:
        INSEE, Filosofi, données carroyées.
    """
    cells = read_cells(path, file=file)
    _check_where(cells)
    owners = find_owners(cells.frame, passage=country.passage, trust=trust_codes)
    placed = owners.owner >= 0
    if not placed.any():
        raise SourceError("aucun carreau ne tombe dans une commune.", path=file)
    frame = _with_codes(cells.frame, owners)
    lost = cells.frame[~placed]
    findings = [*cells.findings, *_imputed(file, frame)]
    if len(lost):
        findings.append(_lost(file, lost))
    findings += _unlike_population(file, frame, country)
    years = [vintage] if vintage else _YEAR.findall(Path(file).name)
    if not years:
        findings.append(_undated(file))
    return GridCells(
        frame=frame,
        hidden=cells.hidden,
        findings=findings,
        record=_record(cells, frame, lost=len(lost), vintage=years[-1] if years else ""),
    )


def _with_codes(cells: pd.DataFrame, owners: Owners) -> pd.DataFrame:
    """Return the cells that have a commune, with its code."""
    placed = owners.owner >= 0
    frame = cells.drop(columns="listed")
    if not placed.all():
        frame = frame[placed]
    owner = owners.owner[placed]
    position, names = pd.factorize(owners.communes, sort=True)
    frame["commune_code"] = pd.Categorical.from_codes(
        position[owner], categories=pd.Index(names, dtype="str")
    )
    frame["place_code"] = pd.Categorical.from_codes(
        owner, categories=pd.Index(owners.places, dtype="str")
    )
    return frame


def _record(cells: Cells, frame: pd.DataFrame, *, lost: int, vintage: str) -> SourceRecord:
    label = f"Insee, Filosofi, données carroyées ({number(int(frame['side'].iloc[0]))} m)"
    return SourceRecord(
        path=cells.file,
        label=typeset(f"{label}, {vintage}" if vintage else label),
        format=FORMAT,
        sha256=cells.sha256,
        rows_read=cells.rows_read,
        rows_kept=len(frame),
        dropped=cells.dropped | ({_LOST: lost} if lost else {}),
        vintage=vintage,
        licence=LICENCE,
    )


def _check_where(cells: Cells) -> None:
    """Refuse a file most cells of which are not where France is: the codes may hide it."""
    x, y, epsg = (cells.frame[name].to_numpy() for name in ("x", "y", "epsg"))
    right, swapped = np.zeros(len(x), dtype=bool), np.zeros(len(x), dtype=bool)
    for code in np.unique(epsg):
        boxes = np.array(list(departement_extents(int(code)).values()))
        west, south = boxes[:, :2].min(axis=0) - _MARGIN_METRES
        east, north = boxes[:, 2:].max(axis=0) + _MARGIN_METRES
        here = epsg == code
        right |= here & (x >= west) & (x <= east) & (y >= south) & (y <= north)
        swapped |= here & (y >= west) & (y <= east) & (x >= south) & (x <= north)
    if right.mean() > _SEVERE:
        return
    cause = "la projection de leurs identifiants est sans doute fausse"
    if swapped.mean() > _SEVERE:
        cause = "N et E sont sans doute inversés dans leurs identifiants"
    share = f"{number(int((~right).sum()))} sur {number(len(right))}"
    raise SourceError(
        typeset(f"la plupart des carreaux tombent hors de France ({share}) ; {cause}."),
        path=cells.file,
    )


def _people(frame: pd.DataFrame) -> str:
    """Write how many cells and, where known, inhabitants."""
    people = f", {plural(frame['ind'].sum(), 'habitant')}" if "ind" in frame else ""
    return f"{plural(len(frame), 'carreau', 'carreaux')}{people}"


def _imputed(file: str, frame: pd.DataFrame) -> list[Finding]:
    imputed = frame.loc[frame["imputed"], [c for c in ("ind",) if c in frame]]
    if not len(imputed):
        return []
    return [
        Finding(
            file=file,
            value=f"{_people(imputed)} ({percent(len(imputed) / len(frame))} des carreaux)",
            what="carreaux de moins de 11 ménages, aux effectifs imputés par l'Insee",
            action="comptés dans les sommes par commune\u202f; aucun carreau n'est publié",
        )
    ]


def _lost(file: str, lost: pd.DataFrame) -> Finding:
    return Finding(
        file=file,
        line=int(lost.index[0]),
        value=_people(lost),
        what=_LOST,
        action="non comptés",
    )


def _undated(file: str) -> Finding:
    return Finding(
        file=file,
        what="le fichier ne dit pas l'année de ses données",
        action=typeset("mettez l'année dans le nom du fichier : « carreaux_200m_met_2019.csv »"),
    )


def _unlike_population(file: str, frame: pd.DataFrame, country: Country) -> list[Finding]:
    """Tell the communes whose cells hold far fewer people than live there: a file cut short.

    Cells of 1 km are wider than many communes: their centres say nothing of that.
    """
    if "ind" not in frame or (frame["side"] > _CELL_SIZE).any():
        return []
    people = frame.groupby("commune_code", observed=True)["ind"].sum()
    both = pd.DataFrame({"people": people, "legal": country.communes["population"]}).dropna()
    short = both[(both["legal"] >= _FEW) & (both["people"] < _SEVERE * both["legal"])]
    what = "les carreaux de la commune comptent moins de la moitié de ses habitants"
    action = "effectifs gardés\u202f; vérifier que le fichier couvre toute la commune"
    found = [
        Finding(
            file=file,
            column="ind",
            value=f"{code} ({number(held)} sur {number(living)})",
            what=what,
            action=action,
        )
        for code, held, living in zip(
            short.index[:EXAMPLES], short["people"], short["legal"], strict=False
        )
    ]
    if (rest := len(short) - EXAMPLES) > 0:
        value = f"{number(rest)} autres communes"
        found.append(Finding(file=file, column="ind", value=value, what=what, action=action))
    return found
