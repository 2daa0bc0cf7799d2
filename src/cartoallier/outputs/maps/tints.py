"""What a theme page tints its zones with, and the legend of each tint."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import pandas as pd

from cartoallier.model import (
    ClassCount,
    Level,
    Mode,
    Run,
    Status,
    Territory,
    Theme,
    ThemeSummary,
)
from cartoallier.model.french import NO_BREAK, typeset
from cartoallier.outputs.maps import palette
from cartoallier.outputs.maps.cells import measure, missing, number

UNMEASURED = "sans mesure"
HATCHED = -1
DOTTED = -2
STATUS_WORDS = {
    Status.SECRET: "secret statistique",
    Status.NOT_AVAILABLE: "non diffusé",
    Status.ABSENT: "non fourni",
}
"""Why a need has no figure, as pages print it."""


@dataclass(frozen=True, kw_only=True)
class LegendRow:
    """One line of a legend: a colour or a hatch, and what it holds; ``mark``: its letter."""

    swatch: str
    label: str
    zones: int
    inhabitants: int
    mark: str = ""


@dataclass(frozen=True, kw_only=True)
class Grid:
    """The axes of a legend of three by three; its lines are the first nine, row after row.

    Attributes:
        rows: words of the rows, most need first.
        columns: words of the columns, nearest first.
        row_title: what rows say.
        column_title: what columns say.
    """

    rows: tuple[str, ...]
    columns: tuple[str, ...]
    row_title: str
    column_title: str


@dataclass(frozen=True, kw_only=True)
class Tint:
    """One way to colour the map.

    Attributes:
        key: of the layer: its family at its first level (``minutes``, ``part``, ``zone``,
            ``besoin``, ``croise``), then ``minutes-1``… at other levels.
        name: on the switch.
        title: over the legend.
        level: ``commune``, ``epci``, or the name of a « découpage ».
        colours: of the classes.
        classes: zone code -> position in ``colours``, :data:`HATCHED` or :data:`DOTTED`.
        legend: its lines; the missing are the last ones.
        notes: under the legend.
        references: values of larger territories, to hold the classes against.
        reading: one zone read aloud.
        marks: zone code -> letter written on the map.
        lines: zone code -> position in ``legend``.
        grid: the words of a legend of three by three, ``None`` for a list.
    """

    key: str
    name: str
    title: str
    level: str
    colours: tuple[str, ...]
    classes: dict[str, int]
    legend: tuple[LegendRow, ...]
    notes: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    reading: str = ""
    marks: dict[str, str] = field(default_factory=dict)
    lines: dict[str, int] = field(default_factory=dict)
    grid: Grid | None = None

    @property
    def family(self) -> str:
        """What is shown, whatever the level."""
        return self.key.partition("-")[0]

    @property
    def zone_word(self) -> str:
        """Heading of the column that counts zones."""
        known = {str(Level.EPCI): "EPCI", str(Level.COMMUNE): "communes"}
        return known.get(str(self.level), "zones")


def threshold(run: Run, theme: Theme) -> float | None:
    """Return the threshold the theme's figures are about, in minutes."""
    known = run.coverages[theme.key].table["seuil_min"].dropna()
    return float(known.iloc[0]) if len(known) else None


def tints(run: Run, theme: Theme) -> tuple[Tint, ...]:
    """Return the tints a theme has figures for, the first being shown first."""
    summary = run.summaries[theme.key]
    found = (
        _minutes(run, summary) if theme.mode == Mode.PROXIMITY else None,
        _zones(run, theme) if theme.mode == Mode.ZONE else None,
        _share(run, theme, summary),
        _need(run, summary),
        _crossed(run, theme, summary),
    )
    return tuple(tint for tint in found if tint is not None)


def inhabitants(run: Run, level: str) -> pd.Series[Any]:
    """Return the people of each zone drawn: communes inside, or the part inside of others."""
    inside = run.territory.communes[run.territory.communes["inside"]]
    if level == Level.EPCI:
        return inside.groupby("epci_code")["population"].sum()
    if level != Level.COMMUNE:
        return members(run.territory, level).groupby("code")["population"].sum()
    return inside["population"]


def members(territory: Territory, level: str) -> pd.DataFrame:
    """Return the communes inside of every zone of a level: ``code``, ``commune_code``, people."""
    zones = territory.zones.loc[territory.zones["level"] == level, "code"].astype("str")
    rows = territory.members[territory.members["zone"].isin(zones.index)]
    inside = territory.communes.loc[territory.communes["inside"], "population"]
    rows = rows[rows["commune_code"].isin(inside.index)]
    return pd.DataFrame(
        {
            "code": rows["zone"].map(zones),
            "commune_code": rows["commune_code"],
            "population": rows["commune_code"].map(inside),
        }
    ).drop_duplicates(["code", "commune_code"])


def _minutes(run: Run, summary: ThemeSummary) -> Tint | None:
    if not summary.access_class.notna().any():
        return None
    return tint_of(
        key="minutes",
        name="durée d’accès, par commune",
        title="Durée d’accès au lieu le plus proche, par commune",
        classes=summary.access_class,
        counts=summary.access_classes,
        colours=palette.ACCESS,
        people=inhabitants(run, Level.COMMUNE),
        reasons={},
    )


def _share(run: Run, theme: Theme, summary: ThemeSummary) -> Tint | None:
    if not summary.share_class.notna().any():
        return None
    bound = threshold(run, theme)
    words = "au-delà du seuil" if bound is None else f"à plus de {number(bound)}{NO_BREAK}minutes"
    return tint_of(
        key="part",
        name=f"part {words}, par EPCI",
        title=f"Part de la population {words}, par EPCI",
        level=Level.EPCI,
        classes=summary.share_class,
        counts=summary.share_classes,
        colours=palette.ACCESS,
        people=inhabitants(run, Level.EPCI),
        reasons={},
    )


def _need(run: Run, summary: ThemeSummary) -> Tint | None:
    indicator, level = summary.need_indicator, summary.need_level
    if indicator is None or not summary.need_class.notna().any():
        return None
    rows = run.needs.of(indicator.id, level)
    rows = rows[rows["perimeter"] == "entier"]
    less_is_more = indicator.direction == "-"
    tint = tint_of(
        key="besoin",
        name=f"{indicator.label}, par {'EPCI' if level == Level.EPCI else 'commune'}",
        title=summary.need_title,
        level=level,
        classes=summary.need_class,
        counts=summary.need_classes,
        colours=palette.NEED[::-1] if less_is_more else palette.NEED,
        people=inhabitants(run, level),
        reasons=need_reasons(rows, indicator.unit),
        notes=summary.need_notes,
    )
    return replace(tint, references=summary.need_references, reading=summary.need_reading)


def _crossed(run: Run, theme: Theme, summary: ThemeSummary) -> Tint | None:
    """Return the three by three of need and access."""
    crossed = summary.bivariate
    if crossed is None:
        return None
    cells = [
        ClassCount(
            label=typeset(f"{need} × {access}"),
            lower=0,
            upper=0,
            communes=there,
            inhabitants=people,
        )
        for need, row in zip(crossed.need_labels, crossed.cells, strict=True)
        for access, (there, people) in zip(crossed.access_labels, row, strict=True)
    ]
    tint = tint_of(
        key="croise",
        name="besoin et durée d’accès croisés, par commune",
        title=crossed.title or "Besoin et durée d’accès croisés, par commune",
        classes=crossed.position,
        counts=tuple(cells),
        colours=tuple(colour for row in palette.BIVARIATE for colour in row),
        people=inhabitants(run, Level.COMMUNE),
        reasons=_crossed_reasons(run, theme),
    )
    grid = Grid(
        rows=crossed.need_labels,
        columns=crossed.access_labels,
        row_title=crossed.title_need,
        column_title=crossed.title_access,
    )
    return replace(tint, grid=grid)


def _crossed_reasons(run: Run, theme: Theme) -> dict[str, str]:
    """Say, by commune code, why each commune is of no cell, in case it is of none.

    A need that is secret or not given is said first, whatever the duration: it is the reason that
    no other figure lifts.
    """
    indicator = run.summaries[theme.key].need_indicator
    rows = run.needs.of(indicator.id if indicator else "", Level.COMMUNE)
    needs = need_reasons(rows, indicator.unit if indicator else "")
    minutes = run.coverages[theme.key].rows(level=Level.COMMUNE).set_index("code")["duree_min"]
    timed = minutes.notna().to_dict()
    absent = STATUS_WORDS[Status.ABSENT]
    said = {str(code): needs.get(str(code), absent) for code in timed}
    lifted = set(STATUS_WORDS.values())
    return {
        code: why if why in lifted or timed[code] else "durée inconnue"
        for code, why in said.items()
    }


def need_reasons(rows: pd.DataFrame, unit: str) -> dict[str, str]:
    """Say, by zone code, why each zone of a need has no class, in case it has none."""
    return {
        str(code): _reason(value, Status(status), unit)
        for code, value, status in zip(rows["code"], rows["value"], rows["status"], strict=True)
    }


def _reason(value: float, status: Status, unit: str) -> str:
    """Say why a zone has no class, in case it has none."""
    if status == Status.BELOW_FLOOR:
        return typeset(f"{measure(value, unit)} au plus, sans plus de précision")
    return STATUS_WORDS.get(status, UNMEASURED)


def _zones(run: Run, theme: Theme) -> Tint | None:
    rows = run.coverages[theme.key].rows(level=Level.COMMUNE)
    covered = rows.set_index("code")["part_couverte"].astype("float64")
    if not covered.notna().any():
        return None
    people = inhabitants(run, Level.COMMUNE)
    bands = (
        ("commune dans une zone d’intervention déclarée", covered >= 1),
        ("commune couverte en partie", (covered > 0) & (covered < 1)),
        ("commune hors de toute zone déclarée", covered <= 0),
    )
    classes = pd.Series(float("nan"), index=covered.index)
    counts = []
    for position, (label, held) in enumerate(bands):
        classes[held] = position
        counts.append(
            ClassCount(
                label=label,
                lower=0,
                upper=1,
                communes=int(held.sum()),
                inhabitants=int(people.reindex(covered.index[held]).sum()),
            )
        )
    tint = tint_of(
        key="zone",
        name="zones d’intervention, par commune",
        title="Zones d’intervention déclarées, par commune",
        classes=classes,
        counts=tuple(counts),
        colours=tuple(palette.COVERED.values()),
        people=people,
        reasons={},
        absent="aucune zone déclarée",
    )
    if tint.legend[1].zones:
        return tint
    legend = tint.legend[:1] + tint.legend[2:]
    lines = {code: line - (line > 1) for code, line in tint.lines.items()}
    return replace(tint, legend=legend, lines=lines)


def tint_of(  # noqa: PLR0913 (keyword-only: one call per tint)
    *,
    key: str,
    name: str,
    title: str,
    level: str = Level.COMMUNE,
    classes: pd.Series[Any],
    counts: tuple[ClassCount, ...],
    colours: tuple[str, ...],
    people: pd.Series[Any],
    reasons: dict[str, str],
    absent: str = UNMEASURED,
    notes: tuple[str, ...] = (),
) -> Tint:
    """Assemble a tint: colours per class, hatches for what is missing, lines of the legend."""
    steps = palette.ramp(colours, len(counts)) if len(counts) != len(colours) else colours
    held = {str(code): int(c) for code, c in classes.items() if not missing(c)}
    lines = dict(held)
    gaps: dict[str, list[str]] = {}
    for code in people.index:
        if str(code) in held:
            continue
        word = reasons.get(str(code), "non fourni" if reasons else absent)
        gaps.setdefault(word, []).append(str(code))
    rows = [
        LegendRow(
            swatch=colour, label=c.label, zones=int(c.communes), inhabitants=int(c.inhabitants)
        )
        for colour, c in zip(steps, counts, strict=True)
    ]
    for word, codes in sorted(gaps.items()):
        secret = word == STATUS_WORDS[Status.SECRET]
        held |= dict.fromkeys(codes, DOTTED if secret else HATCHED)
        lines |= dict.fromkeys(codes, len(rows))
        rows.append(
            LegendRow(
                swatch="points" if secret else "hachure",
                label=word,
                zones=len(codes),
                inhabitants=int(people.reindex(codes).sum()),
            )
        )
    return Tint(
        key=key,
        name=name,
        title=title,
        level=level,
        colours=tuple(steps),
        classes=held,
        legend=tuple(rows),
        notes=notes,
        lines=lines,
    )
