"""Variants of a project, run beside its base."""

from __future__ import annotations

import datetime as dt
import difflib
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cartoallier.access import CrowFly, Engine, zone_matrix
from cartoallier.diagnosis.variants import compare_variants, no_variants, variant_words
from cartoallier.errors import SourceError
from cartoallier.files import read_table, sha256_of
from cartoallier.model import (
    AccessParameters,
    Finding,
    Mode,
    Services,
    SourceRecord,
    Territory,
    Theme,
    empty_services,
)
from cartoallier.model.french import quoted
from cartoallier.model.variant import Variant
from cartoallier.pipeline.preparing import Prepared, measured, threshold_of
from cartoallier.pipeline.progress import Progress, silent
from cartoallier.pipeline.reading import open_geocoder, read_files, secret_lines, told_columns
from cartoallier.pipeline.travelling import open_engines
from cartoallier.supply import (
    Decisions,
    SupplyInput,
    assign_responsables,
    assign_themes,
    gather,
    hide_twins,
    judge,
    merge,
    read_supply,
    settle_levels,
)

THEME_HEADERS = ("theme", "thème", "Theme", "Thème")
"""Headers of a file of additions that stand for « themes »."""
UNKNOWN_ID = "identifiant de service inconnu"
NO_THEME = "lieu ajouté qui ne répond à aucun thème"
PROTECTED = "lieu ajouté dont l’adresse est protégée"


def run_variants(
    prepared: Prepared, *, progress: Progress = silent
) -> tuple[pd.DataFrame, dict[str, str], tuple[Finding, ...]]:
    """Measure each variant of a project as its base was, and compare.

    Args:
        prepared: the base.
        progress: told of each variant, in French.

    Returns:
        Columns ``VARIANT_COLUMNS``; name of each variant -> what it changes, in French; what
        its files hold that deserves a look. All are empty without a variant.

    Raises:
        CartoError: a file of closures or of additions cannot be read.
    """
    variants = prepared.project.variants
    if not variants:
        return no_variants(), {}, ()
    supplies = _Supplies(prepared)
    findings: list[Finding] = []
    coverages, words = [], {}
    for variant in variants:
        progress(f"variante : {variant.name}")
        themes = _themes(variant, prepared)
        changed = supplies.of(variant)
        findings.extend(changed.findings)
        words[variant.name] = variant_words(
            variant,
            prepared.project.catalogue.themes,
            closed=changed.closed,
            added=changed.added,
        )
        found, _ = measured(
            themes,
            context=replace(
                prepared.context, services=changed.services, engine=_engine(variant, prepared)
            ),
            protected=prepared.protected,
            thresholds={theme.key: _threshold(theme, variant, prepared) for theme in themes},
        )
        coverages.append((variant, found))
    table = compare_variants(prepared.coverages, coverages, members=_members(prepared.territory))
    return table, words, tuple(dict.fromkeys(findings))


def _members(territory: Territory) -> dict[tuple[str, str, str], NDArray[np.bool_]]:
    """Return the origins of each zone, by level, code and perimeter."""
    held = zone_matrix(territory, territory.zones).toarray().astype(bool)
    keys = territory.zones[["level", "code", "perimeter"]].itertuples(index=False, name=None)
    return dict(zip(keys, held, strict=True))


def variant_sources(variants: Iterable[Variant]) -> tuple[SourceRecord, ...]:
    """Return what provenance says of the files of variants.

    Raises:
        SourceError: one cannot be read.
    """
    given = [
        (path, name, kind, f"{words} de la variante {quoted(one.name)}")
        for one in variants
        for path, name, kind, words in (
            (one.added, one.added_name, "ajouts", "Lieux supposés"),
            (one.closed_file, one.closed_name, "fermetures", "Fermetures supposées"),
        )
        if path is not None
    ]
    return tuple(
        SourceRecord(path=name, label=label, format=kind, sha256=sha256_of(path))
        for path, name, kind, label in given
    )


def _themes(variant: Variant, prepared: Prepared) -> tuple[Theme, ...]:
    wanted = variant.concerned
    return tuple(
        theme
        for theme in prepared.themes
        if theme.mode is Mode.PROXIMITY and (not wanted or theme.key in wanted)
    )


def _threshold(theme: Theme, variant: Variant, prepared: Prepared) -> float | None:
    base = threshold_of(theme, prepared.project)
    return variant.thresholds.get(
        theme.key, base if variant.threshold is None else variant.threshold
    )


def _engine(variant: Variant, prepared: Prepared) -> Engine:
    """Return how people travel in a variant.

    A detour or a speed of its own replaces what was measured on roads.
    """
    if not variant.travels:
        return prepared.engine
    base = prepared.project.parameters
    parameters = _parameters(variant, base)
    if variant.detour is not None or variant.speed_kmh is not None:
        return CrowFly(territory=prepared.territory, parameters=parameters)
    if isinstance(prepared.engine, CrowFly) and parameters.engine == base.engine:
        return replace(prepared.engine, parameters=parameters)
    if isinstance(prepared.travel.straight, CrowFly) and parameters.engine == "vol_oiseau":
        return replace(prepared.travel.straight, parameters=parameters)
    project = replace(prepared.project, parameters=parameters)
    return open_engines(project, prepared.territory).engine


def _parameters(variant: Variant, base: AccessParameters) -> AccessParameters:
    default = AccessParameters()
    speed = base.speed_kmh if variant.speed_kmh is None else variant.speed_kmh
    return replace(
        base,
        engine=variant.engine or base.engine,
        detour=base.detour if variant.detour is None else variant.detour,
        speed_kmh=speed,
        favourable_kmh=max(default.favourable_kmh, 1.2 * speed),
        unfavourable_kmh=min(default.unfavourable_kmh, 0.8 * speed),
        floor=base.floor if variant.floor is None else variant.floor,
    )


@dataclass(frozen=True, eq=False, kw_only=True)
class _Changed:
    """The services of a variant, how many it closes and adds, and what is noteworthy."""

    services: Services
    closed: int = 0
    added: int = 0
    findings: tuple[Finding, ...] = ()


class _Supplies:
    """The services of variants; files are read again once, for all that leave some out."""

    def __init__(self, prepared: Prepared) -> None:
        self.prepared = prepared

    def of(self, variant: Variant) -> _Changed:
        """Return the services of a variant."""
        territory = self.prepared.territory
        base = records = self.prepared.reading.services.records
        findings: list[Finding] = []
        if variant.without_sources:
            records = self._without(frozenset(variant.without_sources))
        if ids := _closed_ids(variant):
            file = variant.closed_name or _file(self.prepared)
            findings.extend(_unknown(ids, base, file=file))
        shut = _among(records, ids)
        records = records[~shut]
        if variant.without_neighbours:
            records = records[_ours(records, territory)]
        added = 0
        if variant.added is not None:
            sites = self._added(variant, findings)
            away = sites[["confidential", "itinerant", "remote"]].any(axis=1)
            added = int((~away & (sites["themes"].map(len) > 0)).sum())
            records = pd.concat([one for one in (records, sites) if len(one)] or [records])
        return _Changed(
            services=Services(records),
            closed=int(shut.sum()),
            added=added,
            findings=tuple(findings),
        )

    @cached_property
    def _frames(self) -> list[pd.DataFrame]:
        """The files as read, protected addresses generalised, before they are put together."""
        project, territory = self.prepared.project, self.prepared.territory
        columns, geocoder = told_columns(project, []), open_geocoder(project)
        if geocoder is None:
            return read_files(project, territory, columns=columns).frames
        first = read_files(project, territory, columns=columns)
        return read_files(
            project,
            territory,
            columns=columns,
            geocoder=geocoder,
            withheld=secret_lines(first.frames, territory),
        ).frames

    def _without(self, names: frozenset[str]) -> pd.DataFrame:
        """Return what the services would be had some files not been given.

        Merging is done again: what another file describes too stays, as that file writes it.
        Only secrets remember the files left out: an address that one of them protects stays
        protected in the others.
        """
        territory = self.prepared.territory
        everything, _ = hide_twins(gather(self._frames)[0], territory=territory)
        hidden = everything[everything["confidential"] & everything["file"].isin(names)]
        secret = set(zip(hidden["file"], hidden["line"], strict=True))
        kept = [_only(frame, names, secret) for frame in self._frames]
        records, _ = hide_twins(gather(kept)[0], territory=territory)
        records = records[~records["file"].isin(names)]
        if records.empty:
            return empty_services()
        path = self.prepared.project.merge_decisions
        decisions = None if path is None else Decisions.read(path)
        return self._settled(merge(records, decisions=decisions).records)

    def _added(self, variant: Variant, findings: list[Finding]) -> pd.DataFrame:
        """Read the invented sites of a variant, under the rules of any supply."""
        records, found, dropped = _read_added(variant, self.prepared)
        findings.extend(found)
        file = variant.added_name
        findings.extend(
            Finding(
                file=file,
                value=str(count),
                what=reason,
                action="lignes laissées hors de la variante",
            )
            for reason, count in dropped.items()
        )
        hidden, told = hide_twins(records, territory=self.prepared.territory)
        findings.extend(told)
        settled = self._settled(hidden) if len(hidden) else hidden
        nothing = settled["themes"].map(len) == 0
        findings.extend(_lines(settled[nothing], NO_THEME, "remplissez la colonne « themes »"))
        secret = settled["confidential"]
        findings.extend(_lines(settled[secret], PROTECTED, "hors des calculs de distance"))
        # beside real services, none may be taken for one
        return settled.set_axis(pd.Index([f"ajout--{one}" for one in settled.index], name="id"))

    def _settled(self, records: pd.DataFrame) -> pd.DataFrame:
        """Judge at the date of the base, assign themes, and count protected services."""
        project = self.prepared.project
        date: dt.date | None = self.prepared.reading.date
        if date is not None:
            records, _ = judge(records, date=date)
        records = assign_themes(records, project.catalogue.themes.values())
        records = assign_responsables(records, project.catalogue.answers)
        return settle_levels(records, self.prepared.territory)


def _only(
    frame: pd.DataFrame, names: Collection[str], secret: Collection[tuple[object, object]]
) -> pd.DataFrame:
    """Return the rows of a file, or the secret ones alone when it is left out."""
    pairs = zip(frame["file"], frame["line"], strict=True)
    return frame[[file not in names or (file, line) in secret for file, line in pairs]]


def _read_added(
    variant: Variant, prepared: Prepared
) -> tuple[pd.DataFrame, list[Finding], dict[str, int]]:
    assert variant.added is not None  # noqa: S101 (whoever calls checked)
    source = SupplyInput(
        path=variant.added,
        file=variant.added_name,
        format="tableau",
        known_themes=frozenset(prepared.project.catalogue.themes),
    )
    frame, found, record = read_supply(source, territory=prepared.territory)
    if frame["themes"].map(len).any():
        return frame, found, record.dropped
    for header in THEME_HEADERS:
        try:
            frame, found, record = read_supply(
                replace(source, columns={"themes": header}), territory=prepared.territory
            )
        except SourceError:  # no column of this name
            continue
        break
    return frame, found, record.dropped


def _closed_ids(variant: Variant) -> tuple[str, ...]:
    if variant.closed_file is None:
        return variant.closed
    rows = read_table(variant.closed_file, file=variant.closed_name)
    if "id" not in rows:
        raise SourceError(
            "aucune colonne « id » ; donnez les identifiants tels que tableaux/offre.csv les écrit",
            path=variant.closed_name,
            line=1,
            key="id",
        )
    written = (str(value).strip() for value in rows.column("id") if value is not None)
    return tuple(dict.fromkeys(one for one in written if one))


def _among(records: pd.DataFrame, ids: Iterable[str]) -> pd.Series:
    """Tell which records are meant by some ids: their own, else one merged into them."""
    named = set(ids)
    direct = records.index.isin(list(named))
    others = named - set(records.index[direct])
    merged = [not others.isdisjoint(known) for known in records["known_as"]]
    return pd.Series(direct | pd.Series(merged, dtype="bool").to_numpy(), index=records.index)


def _unknown(ids: Iterable[str], records: pd.DataFrame, *, file: str) -> list[Finding]:
    every = records.index.tolist()
    known = {*every, *(one for others in records["known_as"] for one in others)}
    findings = []
    for one in ids:
        if one in known:
            continue
        near = difflib.get_close_matches(one, every, n=1, cutoff=0.6)
        findings.append(
            Finding(
                file=file,
                column="fermetures",
                value=one[:80],
                what=UNKNOWN_ID,
                action="fermeture ignorée"
                + (f"\u202f; le plus proche est «\u00a0{near[0]}\u00a0»" if near else ""),
            )
        )
    return findings


def _ours(records: pd.DataFrame, territory: Territory) -> pd.Series:
    """Tell which services are not at a place of another département."""
    points = Services(records).points(territory.crs)
    located = territory.locate(points).fillna(records["commune_code"])
    inside = located.isin(territory.communes.index[territory.communes["inside"]])
    return inside | (points.isna() & located.isna())


def _lines(records: pd.DataFrame, what: str, action: str) -> list[Finding]:
    return [
        Finding(file=str(file), line=int(line), what=what, action=action)
        for file, line in zip(records["file"], records["line"], strict=True)
    ]


def _file(prepared: Prepared) -> str:
    path = prepared.project.file
    return "cartoallier.toml" if path is None else path.name
