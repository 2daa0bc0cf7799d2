"""INSEE's long files (Melodi, SDMX in CSV): Filosofi since 2021, the census since 2022.

Read from the path, by columns: a file of the whole country would be millions of text cells.
Licence Ouverte 2.0.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

import numpy as np
import pandas as pd

from cartoallier.errors import SourceError
from cartoallier.model import Finding, Indicator, Level, Status
from cartoallier.needs.melodi_figures import figures_of
from cartoallier.needs.sdmx import Head, Observations, Words, read_head, read_observations, told
from cartoallier.needs.values import VALUE_COLUMNS, Extract, gathered
from cartoallier.needs.zones import FRANCE, IRIS, MUNICIPAL, REGION, is_code, tidy_code

LAYOUT = "melodi"

GRAINS: Mapping[str, str] = MappingProxyType(
    {
        "COM": Level.COMMUNE.value,
        "EPCI": Level.EPCI.value,
        "DEP": Level.DEPARTEMENT.value,
        "REG": REGION,
        "ARM": MUNICIPAL,
        "IRIS": IRIS,
        "FRANCE": FRANCE,
        "METRO": FRANCE,
    }
)
"""``GEO_OBJECT`` -> level; employment zones, urban units… are of no use here."""

NEW_METHOD = 2023
"""First year of Filosofi's second method: not to be compared with the years before."""

_CODES = ("GEO", "GEO_OBJECT", "CONF_STATUS", "OBS_STATUS", "UNIT_MULT", "TIME_PERIOD")
_TOTALS = frozenset({"_T", "_Z"})
"""All together, and « without object »: the breakdown does not apply to the measure."""
_GEO = re.compile(r"(?:(\d{4})-)?(?:([A-Za-z]+\d*)-)?([^-]+)")
_YEAR = re.compile(r"(?:19|20)\d\d")


@dataclass(eq=False, kw_only=True)
class _Sieve:
    """Rows still wanted, and why the others are not."""

    rows: np.ndarray
    dropped: dict[str, int] = field(default_factory=dict)

    def keep(self, good: np.ndarray, reason: str) -> np.ndarray:
        """Keep rows that are good (a flag for every row of the file); return the others."""
        flags = good[self.rows]
        lost: np.ndarray = self.rows[~flags]
        if len(lost):
            self.dropped[reason] = self.dropped.get(reason, 0) + len(lost)
        self.rows = self.rows[flags]
        return lost


@dataclass(frozen=True, eq=False, kw_only=True)
class _Zones:
    """Level and code of every row of the file, ``""`` where it names none of use."""

    levels: np.ndarray
    codes: np.ndarray
    year: str


def starts_melodi(path: Path) -> bool:
    """Return whether a file begins as a Melodi CSV, from its first 64 KiB."""
    head = read_head(path)
    return head is not None and {"GEO", "OBS_VALUE"} <= set(head.names) and bool(head.measure)


def read_melodi_file(path: Path, *, file: str, indicators: Mapping[str, Indicator]) -> Extract:
    """Read a Melodi CSV.

    Rows of totals only: a row about one sex or one age is counted and left. ``UNIT_MULT`` is
    applied. A value the file marks as confidential (``CONF_STATUS`` other than ``F``) is
    ``secret``, one it marks as missing (``OBS_STATUS`` L, M, O) is ``non_disponible``, and so is
    an empty cell without a mark.

    Args:
        path: the file, of any size.
        file: its name, as the project writes it.
        indicators: of the catalogue; those whose ``melodi`` is a measure of the file are read.

    Returns:
        Values of communes, EPCI, départements, regions and France; the vintage is
        ``TIME_PERIOD``, ``cog`` the year that codes bear (``2025-COM-03190``).

    Raises:
        SourceError: unreadable, a column is missing, no known measure, or no row of a total.
    """
    head = _head(path, file=file)
    seen = read_observations(path, head, codes=[*_CODES, head.measure, *head.breakdowns], file=file)
    sieve = _Sieve(rows=np.arange(len(seen.lines)))
    if seen.skipped:
        sieve.dropped["ligne qui n'a pas les colonnes de l'en-tête"] = seen.skipped
    wanted = _wanted(seen.words[head.measure], indicators, sieve, file=file)
    for name in head.breakdowns:
        words = seen.words[name]
        flags = words.flags(word in _TOTALS for word in words.distinct)
        sieve.keep(flags, f"détail par {name[:40]} (seul l'ensemble est lu)")
    zones, findings = _zones(seen, sieve, file=file)
    periods = seen.words["TIME_PERIOD"]
    flags = periods.flags(_YEAR.fullmatch(word) is not None for word in periods.distinct)
    sieve.keep(flags, "période qui n'est pas une année")
    if not len(sieve.rows):
        reason, count = max(sieve.dropped.items(), key=lambda item: item[1])
        raise SourceError(f"aucune ligne à lire\u202f; {count} écartées\u00a0: {reason}", path=file)
    values, more = _values(seen, sieve, zones, wanted=wanted, file=file)
    return Extract(
        values=values,
        findings=[*seen.findings, *findings, *more, *_break(head, values, file=file)],
        layout=LAYOUT,
        rows_read=len(seen.lines) + seen.skipped,
        dropped=sieve.dropped,
        cog=zones.year,
    )


def _head(path: Path, *, file: str) -> Head:
    head = read_head(path)
    if head is None:
        raise SourceError("ce n'est pas un fichier CSV lisible", path=file)
    missing = [name for name in ("GEO", "TIME_PERIOD", "OBS_VALUE") if name not in head.names]
    if not head.measure:
        missing.append("…_MEASURE")
    if missing:
        raise SourceError(
            f"pas de colonne {', '.join(missing)}\u202f; prenez le fichier de données Melodi, "
            "dont le nom finit par _data.csv",
            path=file,
        )
    repeated = sorted({name for name in head.names if name and head.names.count(name) > 1})
    if repeated:
        what = "colonne présente deux fois dans l'en-tête\u202f; gardez celle qui est bonne"
        raise SourceError(what, path=file, line=1, key=repeated[0][:80])
    return head


def _wanted(
    measures: Words, indicators: Mapping[str, Indicator], sieve: _Sieve, *, file: str
) -> dict[int, list[Indicator]]:
    """Return the indicators of each measure, by its position among the distinct texts."""
    by_code: dict[str, list[Indicator]] = {}
    for indicator in indicators.values():
        if indicator.melodi:
            by_code.setdefault(indicator.melodi.upper(), []).append(indicator)
    wanted = {
        number: by_code[word.upper()]
        for number, word in enumerate(measures.distinct)
        if word.upper() in by_code
    }
    if not wanted:
        some = ", ".join(word[:40] for word in measures.distinct[:5])
        what = f"aucune de ses mesures n'est un indicateur connu (elle contient\u00a0: {some})"
        raise SourceError(what, path=file)
    flags = measures.flags(number in wanted for number in range(len(measures.distinct)))
    sieve.keep(flags, "mesure sans indicateur dans le catalogue")
    return wanted


def _zones(seen: Observations, sieve: _Sieve, *, file: str) -> tuple[_Zones, list[Finding]]:
    """Judge each distinct pair of ``GEO_OBJECT`` and ``GEO`` once."""
    geo = seen.words["GEO"]
    grain = seen.words.get("GEO_OBJECT", Words(distinct=("",), codes=np.zeros_like(geo.codes)))
    many = len(geo.distinct)
    pairs, inverse = np.unique(grain.codes.astype("int64") * many + geo.codes, return_inverse=True)
    judged = [_zone(grain.distinct[p // many], geo.distinct[p % many]) for p in pairs.tolist()]
    levels = np.array([level for level, _, _ in judged], dtype="object")[inverse]
    codes = np.array([code for _, code, _ in judged], dtype="object")[inverse]
    sieve.keep(levels != "", "maille autre que commune, EPCI, département, région ou France")
    lost = sieve.keep(codes != "", "code qui n'est pas de la maille annoncée")
    _, first = np.unique(geo.codes[lost], return_index=True)
    findings = told(
        [(int(seen.lines[row]), geo.distinct[geo.codes[row]]) for row in lost[np.sort(first)]],
        file=file,
        column="GEO",
        what="code qui n'est pas de la maille annoncée",
        action="lignes de cette zone ignorées\u202f; à corriger dans le fichier",
    )
    years = {year for level, code, year in judged if level and code}
    year = years.pop() if len(years) == 1 else ""
    return _Zones(levels=levels, codes=codes, year=year), findings


def _zone(grain: str, geo: str) -> tuple[str, str, str]:
    """Return level, code and year of the codes; ``2023-COM-03190`` says all three."""
    found = _GEO.fullmatch(geo)
    year, own, code = found.groups(default="") if found else ("", "", geo)
    level = GRAINS.get((grain or own).upper(), "")
    code = tidy_code(code, level=level)
    return level, code if level and is_code(code, level=level) else "", year


def _values(
    seen: Observations,
    sieve: _Sieve,
    zones: _Zones,
    *,
    wanted: Mapping[int, Sequence[Indicator]],
    file: str,
) -> tuple[pd.DataFrame, list[Finding]]:
    rows = sieve.rows
    measures = seen.words[seen.head.measure]
    value, status, findings = figures_of(seen, rows, file=file)
    base = pd.DataFrame(
        {
            "level": zones.levels[rows],
            "code": zones.codes[rows],
            "name": "",
            "value": value,
            "status": status,
            "vintage": seen.words["TIME_PERIOD"].at(rows),
            "file": file,
            "sheet": "",
            "line": seen.lines[rows],
            "column": measures.at(rows),
        }
    )
    frames = []
    for number, indicators in wanted.items():
        part, more = _unrepeated(base[measures.codes[rows] == number], file=file)
        findings += more
        for indicator in indicators:
            own = {"indicator": indicator.id, "source": indicator.source}
            floored, more = _floored(part.assign(**own), floor=indicator.floor, file=file)
            findings += more
            frames.append(floored[list(VALUE_COLUMNS)])
    return gathered(frames), findings


def _unrepeated(part: pd.DataFrame, *, file: str) -> tuple[pd.DataFrame, list[Finding]]:
    """Keep one row of a zone and year that is there several times, none when they differ."""
    key = ["level", "code", "vintage"]
    repeated = part.duplicated(key, keep=False)
    if not repeated.any():
        return part, []
    said = [*key, "value", "status"]
    several = part[repeated].drop_duplicates(said)
    differing = several[several.duplicated(key, keep=False)]
    wrong = pd.MultiIndex.from_frame(part[key]).isin(pd.MultiIndex.from_frame(differing[key]))
    findings = told(
        list(zip(differing["line"].tolist(), differing["code"].tolist(), strict=True)),
        file=file,
        column="GEO",
        what="zone présente deux fois, avec des valeurs différentes",
        action="aucune des lignes n'est gardée",
    )
    return part[~wrong].drop_duplicates(key), findings


def _floored(
    part: pd.DataFrame, *, floor: float | None, file: str
) -> tuple[pd.DataFrame, list[Finding]]:
    """Say of values at the floor of publication that they are that or less."""
    if floor is None:
        return part, []
    published = part["status"] == Status.PUBLISHED.value
    wrong = published & (part["value"] <= 1) & (part["value"] != 0)
    impossible = told(
        [
            (int(line), f"{value:g}")
            for line, value in zip(part.loc[wrong, "line"], part.loc[wrong, "value"], strict=True)
        ],
        file=file,
        column="OBS_VALUE",
        what="taux impossible\u00a0: négatif, ou de 1\u00a0% au plus",
        action="valeur non disponible\u202f; à corriger dans le fichier",
    )
    part = part.assign(
        value=part["value"].mask(wrong),
        status=part["status"].mask(wrong, Status.NOT_AVAILABLE.value),
    )
    low = published & ~wrong & (part["value"] <= floor)
    under = part[low & (part["value"] < floor)]
    findings = told(
        [
            (int(line), f"{value:g}")
            for line, value in zip(under["line"], under["value"], strict=True)
        ],
        file=file,
        column="OBS_VALUE",
        what="valeur plus basse que ce que la source publie",
        action=f"lue comme «\u00a0{floor:g} ou moins\u00a0»\u202f; à vérifier",
    )
    value = part["value"].mask(low, floor)
    return part.assign(value=value, status=part["status"].mask(low, Status.BELOW_FLOOR.value)), [
        *impossible,
        *findings,
    ]


def _break(head: Head, values: pd.DataFrame, *, file: str) -> list[Finding]:
    if head.measure != "FILOSOFI_MEASURE":
        return []
    new = sorted(year for year in values["vintage"].unique() if int(year) >= NEW_METHOD)
    if not new:
        return []
    return [
        Finding(
            file=file,
            column="TIME_PERIOD",
            value=", ".join(new),
            what=f"Filosofi a changé de méthode en {NEW_METHOD}",
            action="ne pas comparer ces valeurs à celles des millésimes antérieurs",
        )
    ]
