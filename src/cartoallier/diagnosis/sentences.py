"""Sentences of a theme page: only names and figures found in the data, in plain French."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import pandas as pd

from cartoallier.access import Bracket
from cartoallier.diagnosis.public_words import focus_line, focus_uncounted, who_beyond
from cartoallier.model import (
    Coverage,
    Level,
    Mode,
    Services,
    SourceRecord,
    Territory,
    Theme,
)
from cartoallier.model.french import (
    minutes_on_its_side,
    number,
    of_place,
    percent,
    plural,
    threshold_minutes,
    typeset,
)

NO_SUPPLY = "aucune offre fournie"
LINE = "à vol d’oiseau"
NO_SUPPLY_HERE = "aucune offre fournie dans le département"
NOT_A_DISTANCE = {
    Mode.CAPACITY: "Ce thème se juge à la capacité d’accueil (places rapportées au besoin), pas à "
    "une distance : la carte n’en dessine aucune.",
    Mode.PRESENCE: "Ce thème se juge à la présence d’une équipe dans le territoire, pas à une "
    "distance : la carte n’en dessine aucune.",
    Mode.ORGANISATIONAL: "Ce thème est une question d’organisation : il ne se mesure pas par une "
    "distance, la carte n’en dessine aucune.",
}


@dataclass(frozen=True, eq=False, kw_only=True)
class Figures:
    """The row of the département, for everybody, and what it says of the theme."""

    theme: Theme
    row: pd.Series
    places: int
    services: int
    inside: int
    declaring: int
    partial: bool

    @classmethod
    def of(cls, theme: Theme, coverage: Coverage) -> Figures:
        """Take the département's row of a coverage."""
        row = coverage.rows(level=Level.DEPARTEMENT).iloc[0]
        counted = coverage.sites[coverage.sites["counted"]]
        places = counted["number"].nunique() if not theme.sensitive else len(counted)
        return cls(
            theme=theme,
            row=row,
            places=int(places),
            services=len(coverage.sites),
            inside=int((coverage.sites["inside"] | ~coverage.sites["counted"]).sum()),
            declaring=int(coverage.sites["zoned"].sum()),
            partial=bool(coverage.origins["unmeasured"].notna().any()),
        )

    @property
    def share_beyond(self) -> float | None:
        """Share of people beyond the threshold, or out of every declared zone."""
        covered = self.row["part_couverte"]
        value = 1 - covered if self.theme.mode is Mode.ZONE else self.row["part_hors_seuil"]
        return None if pd.isna(value) else float(value)

    @property
    def of_measured(self) -> str:
        """« mesurée » where some people could not be, after « population »."""
        return " mesurée" if self.partial else ""

    @property
    def told_people(self) -> float:
        """People that the shares are of: those the engine could measure."""
        share, beyond = self.row["part_hors_seuil"], self.row["population_hors_seuil"]
        return float(beyond / share) if share > 0 else float(self.row["population"])

    @property
    def measured(self) -> bool:
        """Whether there are minutes."""
        return bool(pd.notna(self.row["duree_min"]) or pd.notna(self.row["part_plus_15"]))


def headline(figures: Figures) -> str:
    """Say the one figure of the page, or why there is none."""
    theme, row = figures.theme, figures.row
    if not figures.services:
        text = NO_SUPPLY
    elif not figures.inside:
        text = NO_SUPPLY_HERE
    elif theme.mode is Mode.ZONE and figures.share_beyond is None:
        text = "aucune zone d’intervention déclarée"
    elif theme.mode is Mode.ZONE:
        people = (figures.share_beyond or 0) * row["population"]
        text = f"{_people(people)} hors de toute zone d’intervention déclarée"
    elif theme.mode is not Mode.PROXIMITY:
        text = f"{plural(figures.services, 'service')} recensé{'s' * (figures.services > 1)}"
    elif not figures.measured:
        text = "aucun lieu d’accueil permanent connu"
    elif pd.isna(row["seuil_min"]):
        text = f"{number(row['duree_min'])} minutes en moyenne jusqu’au lieu le plus proche"
    else:
        beyond = _people(row["population_hors_seuil"])
        text = f"{beyond} à plus de {threshold_minutes(row['seuil_min'])} minutes"
    return text


def details(
    figures: Figures, bracket: Bracket, decision: str, *, coverage: Coverage
) -> tuple[str, ...]:
    """Say the share, the other thresholds, the two hypotheses, and what the threshold is.

    A theme that is about one public before all begins with that public. The effect of the border
    comes before the threshold.
    """
    theme, row = figures.theme, figures.row
    if not figures.services:
        return ("Ce n’est pas une absence d’offre : aucun fichier fourni ne répond à ce thème.",)
    if not figures.inside:
        return (
            "Seuls des lieux des départements voisins sont connus. Ce n’est pas une absence "
            "d’offre\u00a0: aucun fichier fourni n’a de lieu ici pour ce thème.",
        )
    if theme.mode is Mode.ZONE:
        return _zone_details(figures)
    if theme.mode is not Mode.PROXIMITY:
        return (NOT_A_DISTANCE[theme.mode],)
    if not figures.measured:
        return ("Les services fournis sont itinérants, à distance, ou sans lieu connu.",)
    lines = []
    if pd.notna(row["seuil_min"]):
        lines += focus_line(theme, coverage)
        if row["part_hors_seuil"] > 0:  # the headline has said « aucun habitant »
            lines.append(f"{percent(row['part_hors_seuil'])} de la population{figures.of_measured}")
        lines += focus_uncounted(theme, coverage)
        lines.append(
            f"hypothèse favorable, {bracket.favourable_words} : "
            f"{percent(row['part_hors_seuil_favorable'])} ; défavorable, "
            f"{bracket.unfavourable_words} : "
            f"{percent(row['part_hors_seuil_defavorable'])}"
        )
    lines.append(
        "à plus de "
        + " ; ".join(
            f"{bound} minutes : {percent(row[f'part_plus_{bound}'])}" for bound in (15, 20, 30)
        )
    )
    lines += _border(figures)
    if decision:
        lines.append(f"seuil décidé : {decision}")
    elif (retained := theme.retained) is not None:
        standing = "" if retained.status == "sourcé" else " (seuil de travail, non normatif)"
        lines.append(f"seuil retenu : {retained.label}{standing}")
    return tuple(typeset(line) for line in lines)


def without_old_records(figures: Figures, old: tuple[int, float] | None) -> tuple[str, ...]:
    """Say what the figure would be without the records over two years old, if there are any.

    Args:
        figures: of the theme.
        old: how many counted records are old, and the share beyond the threshold without them.
    """
    if old is None:
        return ()
    count, share = old
    records = f"les {number(count)} fiches" if count > 1 else "la fiche"
    return (
        typeset(
            f"Sans {records} de plus de deux ans, {percent(share)} de la population serait à plus "
            f"de {threshold_minutes(figures.row['seuil_min'])} minutes."
        ),
    )


def norms(theme: Theme, decision: str) -> tuple[str, ...]:
    """Say every rule of access of the theme but the one retained, and what authority it has."""
    return tuple(
        typeset(f"{t.label} ({t.status})")
        for t in theme.thresholds
        if decision or theme.mode is not Mode.PROXIMITY or t is not theme.retained
    )


def _zone_details(figures: Figures) -> tuple[str, ...]:
    silent = figures.services - figures.declaring
    lines = []
    if figures.share_beyond:  # the headline has said « aucun habitant »
        lines.append(f"{percent(figures.share_beyond)} de la population")
    lines.append(
        f"{plural(figures.declaring, 'service')} sur {number(figures.services)} "
        "déclarent leur zone d’intervention"
        if figures.declaring > 1
        else f"{plural(figures.declaring, 'service')} sur {number(figures.services)} "
        "déclare sa zone d’intervention"
    )
    if silent:
        lines.append(
            f"zone inconnue pour {plural(silent, 'service')} : "
            "ce territoire peut être mieux couvert qu’il n’apparaît"
        )
    return tuple(typeset(line) for line in lines)


def tell(figures: Figures, coverage: Coverage, *, need: str = "") -> tuple[str, ...]:
    """Say, in at most three sentences, who is beyond the threshold, where, with what need.

    Args:
        figures: of the theme.
        coverage: of it.
        need: the sentence of :func:`~cartoallier.diagnosis.need_words.need_where_far`.
    """
    row = figures.row
    if figures.theme.mode is not Mode.PROXIMITY or not figures.measured:
        return ()
    if pd.isna(row["seuil_min"]):
        return ()
    told = who_beyond(figures.theme, coverage)
    epci = coverage.rows(level=Level.EPCI)
    epci = epci.sort_values("perimetre", kind="stable").drop_duplicates("code", keep="last")
    epci = epci.sort_values(["population_hors_seuil", "nom"], ascending=[False, True])
    if len(epci) and epci.iloc[0]["population_hors_seuil"] >= 1:
        worst = epci.iloc[0]
        part = " (partie dans le département)" if worst["perimetre"] == "partie" else ""
        told.append(
            f"{worst['nom']}{part} compte le plus d’habitants éloignés : "
            f"{number(worst['population_hors_seuil'])}, soit "
            f"{percent(worst['part_hors_seuil'])} de sa population{figures.of_measured}."
        )
    told += [need] if need else []
    return tuple(typeset(sentence) for sentence in told[:3])


def _border(figures: Figures) -> list[str]:
    """Say what the places beyond the border change."""
    row = figures.row
    more = (row["part_hors_seuil_sans_voisins"] - row["part_hors_seuil"]) * figures.told_people
    if not more >= 1:
        return []
    minutes = threshold_minutes(row["seuil_min"])
    return [
        f"sans les sites des départements voisins, {plural(round(more), 'habitant')} de plus "
        f"{'seraient' if more >= 2 else 'serait'} à plus de {minutes} minutes"
    ]


def scope(territory: Territory) -> str:
    """Return « Champ »."""
    communes = territory.zones[territory.zones["level"] == Level.COMMUNE]
    inside = territory.communes.index[territory.communes["inside"]]
    people = territory.origins.loc[territory.origins["commune_code"].isin(inside), "population"]
    of = "de la commune" if len(communes) == 1 else f"des {plural(len(communes), 'commune')}"
    legal = territory.communes.loc[inside, "population"].sum()
    gridded = (
        f" Les carreaux fournis comptent {percent(people.sum() / legal)} de la population "
        "municipale."
        if territory.gridded
        else ""
    )
    return typeset(
        f"{plural(people.sum(), 'habitant')} {of} du département "
        f"{territory.departement_code} ({territory.departement_name}), {territory.vintage}."
        f"{gridded}"
    )


def reading(
    figures: Figures, coverage: Coverage, territory: Territory, *, by_road: bool = False
) -> str:
    """Return « Lecture » : the figures of one zone read aloud.

    Args:
        figures: of the theme.
        coverage: of it.
        territory: where.
        by_road: distances are along roads.
    """
    communes = coverage.rows(level=Level.COMMUNE)
    if figures.theme.mode is Mode.ZONE and figures.share_beyond is not None:
        row = communes.sort_values(["part_couverte", "population"], ascending=[True, False]).iloc[0]
        inside = "dans au moins une" if row["part_couverte"] > 0 else "hors de toute"
        return typeset(f"{row['nom']} ({plural(row['population'], 'habitant')}) est {inside} zone.")
    if not communes["duree_min"].notna().any():
        return ""
    far = communes.sort_values(["duree_min", "code"], ascending=[False, True]).iloc[0]
    bounds = [figures.row["seuil_min"], *figures.theme.classes]
    minutes = minutes_on_its_side(far["duree_min"], [one for one in bounds if pd.notna(one)])
    if territory.gridded:
        return typeset(
            f"les habitants de {far['nom']} sont en moyenne à {minutes} minutes en voiture du "
            "lieu le plus proche."
        )
    starts = territory.origins[territory.origins["commune_code"] == far["code"]]
    several = len(starts) > 1
    return typeset(
        f"depuis {_start(starts, str(far['nom']))} ({plural(far['population'], 'habitant')}), le "
        f"lieu le plus proche est {'en moyenne ' if several else ''}à {minutes} minutes en voiture "
        f"({number(far['distance_km'], decimals=1)} km {'par la route' if by_road else LINE})."
    )


def _start(starts: pd.DataFrame, name: str) -> str:
    """Name where the people of a commune leave from."""
    if len(starts) > 1:
        return f"les mairies des {number(len(starts))} arrondissements {of_place(name)}"
    known = {"mairie": "la mairie", "surface": "un point de la commune"}
    return f"{known.get(str(starts['position'].iloc[0]), 'la position estimée')} {of_place(name)}"


def sources(
    coverage: Coverage,
    services: Services,
    records: Iterable[SourceRecord],
    *,
    also: Mapping[str, str] = MappingProxyType({}),
) -> tuple[str, ...]:
    """Return « Source », one line each: the files that answer the theme, then the shipped data.

    Args:
        coverage: of the theme.
        services: of the run.
        records: what was read.
        also: words of each source of the need drawn -> its line, unless a line already names it.
    """
    files = set(services.records.loc[coverage.sites.index, "file"])
    lines = []
    for record in records:
        shipped = record.format in {"geographie", "rp2021"}
        if shipped or record.path in files:
            about = [record.label] if record.demonstration else _dated(record)
            lines.append(typeset(", ".join(part for part in about if part)))
    named = "\n".join(lines)
    lines += [typeset(line) for words, line in also.items() if typeset(words) not in named]
    return tuple(dict.fromkeys(lines))


def _dated(record: SourceRecord) -> list[str]:
    """Return the label, the year where the label does not say it, and the licence."""
    year = record.vintage[:4]
    about = ["" if year in record.label else year, record.licence]
    if ";" not in record.label:
        return [record.label, *about]
    said = ", ".join(filter(None, about))  # of every source that the label names
    return [f"{record.label} (chacune de ces sources : {said})" if said else record.label]


def method(theme: Theme, travel: str) -> str:
    """Return the method line.

    Args:
        theme: whose.
        travel: how minutes are made, from :func:`cartoallier.diagnosis.travel_words.travelled`.
    """
    if theme.mode is Mode.ZONE:
        return (
            "Une commune est couverte si elle est dans la zone d’intervention déclarée "
            "d’au moins un service."
        )
    return travel if theme.mode is Mode.PROXIMITY else ""


def _people(count: float) -> str:
    """Write « 16 833 habitants » or « aucun habitant »."""
    rounded = math.floor(count + 0.5)
    return plural(rounded, "habitant") if rounded else "aucun habitant"
