"""``[[zonage]]``: special territories (QPV, FRR, CRTE, Territoires d’industrie…) over the maps."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from shapely.geometry.base import BaseGeometry

from cartoallier.errors import SourceError
from cartoallier.files import read_table, sha256_of
from cartoallier.model import Finding, SourceRecord, Territory
from cartoallier.model.french import listed, plural, typeset
from cartoallier.model.zoning import AREA_COLUMNS, Zoning
from cartoallier.territory.zoning_columns import (
    Columns,
    cell_of,
    columns_of,
    file_stem,
    fold,
    is_flag,
    is_out,
    texts_of,
    year_of,
)
from cartoallier.territory.zoning_polygons import (
    belongs,
    holds_polygons,
    polygonal,
    read_polygons,
)

AWAY, OUT = "hors du département", "hors du zonage"
UNREAD, EMPTY = "code de commune illisible", "objet sans polygone"
_CODE = re.compile(r"\d[\dAB]\d{3}")


@dataclass(frozen=True, kw_only=True)
class ZoningInput:
    """A zoning to read.

    Attributes:
        name: as pages print it.
        path: polygons, or a table of communes.
        file: its name, as the project writes it.
        layer: of a file of several, ``""``: the only one.
        columns: ``code_insee``, ``code`` or ``nom`` -> the file's; guessed when absent.
        vintage: year, ``""``: guessed from the header or the file's name.
    """

    name: str
    path: Path
    file: str
    layer: str = ""
    columns: Mapping[str, str] = field(default_factory=dict)
    vintage: str = ""


@dataclass(frozen=True, kw_only=True, eq=False)
class ZoningReading:
    """What the zonings of a project gave.

    Attributes:
        zonings: those that have something in the département, in the project's order.
        findings: what was noticed.
        sources: one record per file, even of those that have nothing here.
    """

    zonings: tuple[Zoning, ...] = ()
    findings: tuple[Finding, ...] = ()
    sources: tuple[SourceRecord, ...] = ()


def read_zonings(inputs: Iterable[ZoningInput], territory: Territory) -> ZoningReading:
    """Read zonings, clipped to the département.

    Args:
        inputs: what to read.
        territory: communes, boundary and old codes.

    Raises:
        SourceError: a file that cannot be used, with its remedy.
    """
    zonings, findings, sources = [], [], []
    for one in inputs:
        read = _Reading(one, territory)
        read.fill()
        areas = read.frame()
        record = read.record(len(areas))
        sources.append(record)
        findings += read.findings
        if areas.empty:
            findings.append(
                Finding(
                    file=one.file,
                    value=one.name,
                    what="aucun territoire de ce zonage dans le département",
                    action="la couche n'est pas montrée ; vérifiez le fichier s'il devrait y "
                    "en avoir",
                )
            )
            continue
        zonings.append(read.zoning(areas, record))
    return ZoningReading(
        zonings=tuple(zonings),
        findings=tuple(findings),
        sources=tuple(sources),
    )


@dataclass(kw_only=True)
class _Area:
    """One special territory while it is read."""

    name: str
    communes: set[str] = field(default_factory=set)
    shape: BaseGeometry | None = None


class _Reading:
    """One zoning while it is read."""

    def __init__(self, wanted: ZoningInput, territory: Territory) -> None:
        self.wanted = wanted
        self.territory = territory
        inside = territory.communes[territory.communes["inside"]]
        self.inside = inside
        self.here = frozenset(map(str, inside.index))
        self.boundary = shapely.union_all(territory.boundary.to_numpy())
        self.columns = Columns()
        self.areas: dict[str, _Area] = {}
        self.findings: list[Finding] = []
        self.rows_read = 0
        self.dropped: Counter[str] = Counter()
        self.polygons = holds_polygons(wanted.path)

    def fill(self) -> None:
        """Read the file into areas."""
        if self.polygons:
            self._from_polygons()
            return
        if self.wanted.layer:
            raise SourceError(
                typeset("un tableau n’a pas de couche ; retirez cette clé"),
                path=self.wanted.file,
                key="couche",
            )
        self._from_table()
        self._draw_communes()

    # --- tables of communes

    def _from_table(self) -> None:
        wanted = self.wanted
        rows = read_table(wanted.path, file=wanted.file)
        self.findings += rows.findings
        self.rows_read = len(rows)
        self.columns = columns = columns_of(
            rows.header, wanted.columns, file=wanted.file, polygons=False
        )
        if not columns.commune:
            raise SourceError(
                typeset(
                    "aucune colonne de code de commune ; dites laquelle avec « colonnes = "
                    '{ code_insee = "…" } » ; colonnes lues : '
                    + ", ".join(one[:40] for one in rows.header[:12])
                ),
                path=wanted.file,
            )
        for line, written, code, name in zip(
            rows.lines,
            texts_of(rows, columns.commune),
            texts_of(rows, columns.code),
            texts_of(rows, columns.name),
            strict=True,
        ):
            if fold(written) == "codgeo":
                self.rows_read -= 1  # a second row of headings
                continue
            commune = self._commune(written, line)
            if commune:
                self._list(commune, code=code, name=name)

    def _list(self, commune: str, *, code: str, name: str) -> None:
        """Put a commune of the département in its area, unless its class says it has none."""
        columns = self.columns
        told = bool(columns.code or columns.name)
        if told and not code and is_out(name):
            self.dropped[OUT] += 1
            return
        if not code and (not told or is_flag(name)):
            name = self.wanted.name
        area = self.areas.setdefault(code or name, _Area(name=name or code))
        area.communes.add(commune)

    def _commune(self, written: str, line: int) -> str:
        """Return the current code of a commune of the département, ``""`` for any other row."""
        padded = f"0{written}" if re.fullmatch(r"\d{4}", written) else written.upper()
        current = self.territory.passage.current(padded)
        if padded in current:
            current = (padded,)
        if len(current) == 1:
            if current[0] not in self.here:
                self.dropped[AWAY] += 1
                return ""
            if current[0] != written:
                zero = padded != written and current[0] == padded
                self._note(
                    line,
                    written,
                    "zéro initial perdu" if zero else "code de commune ancien",
                    "rétabli" if zero else "remplacé par celui de la commune actuelle, entière",
                )
            return current[0]
        if (
            not current
            and _CODE.fullmatch(padded)
            and not padded.startswith(self.territory.departement_code)
        ):
            self.dropped[AWAY] += 1
            return ""
        if current and self.here.isdisjoint(current):
            self.dropped[AWAY] += 1
            return ""
        self.dropped[UNREAD] += 1
        if current:
            what = "code d'une commune qui a été partagée"
            action = f"ligne laissée de côté ; écrivez les codes actuels : {', '.join(current)}"
        else:
            what = "code de commune inconnu" if written else "code de commune absent"
            action = "ligne laissée de côté ; à vérifier auprès de qui a transmis le fichier"
        self._note(line, written, what, action)
        return ""

    def _note(self, line: int | None, value: str, what: str, action: str) -> None:
        self.findings.append(
            Finding(
                file=self.wanted.file,
                line=line,
                column=self.columns.commune[:80],
                value=value[:80],
                what=what,
                action=action,
            )
        )

    def _draw_communes(self) -> None:
        """Give each area the outlines of its communes, and say which it lacks or exceeds."""
        codes = sorted(self._held())
        for area in self.areas.values():
            area.shape = polygonal(shapely.union_all(self._outlines(sorted(area.communes))))
        kinds = self.inside.loc[codes, "outline"]
        for kind, what, action in (
            ("absent", "commune sans contour", "comptée, et non dessinée"),
            ("partage", "commune de contour commun avec d'autres", "le contour commun est dessiné"),
        ):
            names = self.inside.loc[kinds.index[kinds == kind], "name"].tolist()
            if names:
                self._note(None, listed(map(str, names[:5])), what, action)
        self._doubt_all(codes)

    def _outlines(self, codes: Sequence[str]) -> list[BaseGeometry]:
        found = self.inside.loc[list(codes)].geometry.tolist()
        return [shapely.make_valid(one) for one in found if one is not None]

    def _doubt_all(self, codes: Sequence[str]) -> None:
        """Doubt a bare list that holds every commune: it may have a column nobody told us of."""
        if len(codes) > 1 and len(codes) == len(self.here) and not self.columns.name:
            self._note(
                None,
                plural(len(codes), "commune"),
                "la liste donne toutes les communes du département",
                "toutes sont montrées ; si une colonne dit lesquelles sont classées, nommez-la "
                "avec « colonnes = { nom = … } »",
            )

    # --- polygons

    def _from_polygons(self) -> None:
        wanted = self.wanted
        frame, self.rows_read, noticed = read_polygons(
            wanted.path, file=wanted.file, layer=wanted.layer, crs=self.territory.crs
        )
        self.findings += noticed
        self.dropped[EMPTY] += self.rows_read - len(frame)
        header = [str(name) for name in frame.columns if name != frame.geometry.name]
        self.columns = columns_of(header, wanted.columns, file=wanted.file, polygons=True)
        near = frame[frame.intersects(self.boundary)]
        self.dropped[AWAY] += len(frame) - len(near)
        groups: dict[str, list[int]] = {}
        for number in near.index:
            code = cell_of(near, number, self.columns.code)
            name = cell_of(near, number, self.columns.name)
            groups.setdefault(code or name or str(number), []).append(number)
        for code, numbers in groups.items():
            whole = shapely.union_all(near.loc[numbers].geometry.tolist())
            shape = self._clipped(whole)
            if shape is None:
                self.dropped[AWAY] += len(numbers)
                continue
            names = [cell_of(near, number, self.columns.name) for number in numbers]
            told = " ".join(cell_of(near, number, self.columns.commune) for number in numbers)
            self.areas[code] = _Area(
                name=next(filter(None, names), code),
                communes=self._told(told) or self._crossed(shape),
                shape=shape,
            )

    def _clipped(self, shape: BaseGeometry) -> BaseGeometry | None:
        """Return the part of a polygon in the département, ``None`` when it is only beside."""
        part = polygonal(shapely.intersection(shape, self.boundary))
        return part if part is not None and belongs(part, shape) else None

    def _told(self, text: str) -> set[str]:
        """Return the communes a polygon says it is in; one feature may name several."""
        current = (self.territory.passage.current(code) for code in _CODE.findall(text.upper()))
        return {codes[0] for codes in current if len(codes) == 1} & self.here

    def _crossed(self, shape: BaseGeometry) -> set[str]:
        """Return the communes a polygon crosses, not those it only runs along."""
        drawn = gpd.GeoSeries(self.inside.geometry.dropna())
        near = drawn.index[drawn.sindex.query(shape, predicate="intersects")]
        parts = {
            str(code): part
            for code in near
            if (part := polygonal(shapely.intersection(drawn[code], shape))) is not None
        }
        kept = {code for code, part in parts.items() if belongs(part, shape)}
        return kept or {code for code in sorted(parts) if parts[code].area == _widest(parts)}

    # --- what was read

    def _held(self) -> set[str]:
        return {code for area in self.areas.values() for code in area.communes}

    def frame(self) -> gpd.GeoDataFrame:
        """Return the areas, sorted by code."""
        ordered = sorted(self.areas.items())
        columns = {
            "code": [code for code, _ in ordered],
            "name": [" ".join(area.name.split()) for _, area in ordered],
            "communes": [tuple(sorted(area.communes)) for _, area in ordered],
        }
        table = pd.DataFrame(columns, columns=list(AREA_COLUMNS[:3]))
        shapes = np.array([area.shape for _, area in ordered], dtype=object)
        return gpd.GeoDataFrame(table, geometry=shapes, crs=self.territory.crs)

    def record(self, kept: int) -> SourceRecord:
        """Return what provenance says of the file."""
        wanted = self.wanted
        dropped = {reason: count for reason, count in sorted(self.dropped.items()) if count}
        return SourceRecord(
            path=wanted.file,
            label=f"{wanted.name} ({Path(wanted.file).name})",
            format="zonage",
            sha256=sha256_of(wanted.path),
            rows_read=self.rows_read,
            rows_kept=(self.rows_read - sum(dropped.values())) if kept else 0,
            dropped=dropped,
            vintage=wanted.vintage or year_of(self.columns.name, file_stem(wanted.file)),
        )

    def zoning(self, areas: gpd.GeoDataFrame, record: SourceRecord) -> Zoning:
        """Return the value."""
        communes = tuple(sorted(self._held()))
        people = self.inside.loc[list(communes), "population"].sum()
        bare = areas["code"].tolist() == [self.wanted.name] and not self.polygons
        return Zoning(
            name=self.wanted.name,
            areas=areas,
            source=record,
            whole_communes=not self.polygons,
            communes=communes,
            inhabitants=None if self.polygons else int(people),
            classes=self.columns.classes
            or (not self.polygons and self.dropped[OUT] > 0 and not self.columns.code),
            named=not bare,
        )


def _widest(parts: Mapping[str, BaseGeometry]) -> float:
    return max((float(part.area) for part in parts.values()), default=0.0)
