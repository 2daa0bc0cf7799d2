"""The tables of « Ce que disent les données »: what each figure and each file rests on."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import pandas as pd

from cartoallier.model import Finding, Level, Run, SourceRecord, Status, Theme
from cartoallier.model.finding import count_by_observation
from cartoallier.model.french import MONTHS, NO_BREAK, day, plural, typeset
from cartoallier.outputs.maps.cells import EMPTY, missing, number, percent, text

EXAMPLES = 3
"""Findings shown of each observation; every one is in ``tableaux/anomalies.csv``."""
LONGEST = 80
"""Characters shown of a value from a file."""
ROLES = {"offre": "offre", "besoin": "besoin", "fond": "référence"}
STATUSES = {
    Status.PUBLISHED: "publiées",
    Status.ESTIMATED: "estimées",
    Status.BELOW_FLOOR: "sous le seuil de diffusion",
    Status.SECRET: "secret statistique",
    Status.NOT_AVAILABLE: "non diffusées",
    Status.ABSENT: "non fournies",
}
LEVELS = {
    str(Level.COMMUNE): "commune",
    str(Level.EPCI): "EPCI",
    str(Level.ARRONDISSEMENT): "arrondissement",
    str(Level.DEPARTEMENT): "département",
    "region": "région",
    "france": "France",
    "metropole": "France métropolitaine",
}
SHIPPED = "cartoallier:"
"""Start of the paths of files that come with cartoallier."""


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One cell; ``order``, when given, is what it is sorted by instead of its text."""

    text: str
    order: str = ""


@dataclass(frozen=True, kw_only=True)
class Heading:
    """One heading; ``words``: its column is text, not figures."""

    text: str
    words: bool = True


@dataclass(frozen=True, kw_only=True)
class DataTable:
    """One table of the page.

    Attributes:
        id: of its caption.
        caption: French.
        note: under the caption, how to read it.
        columns: headings.
        rows: cells, ready to print; the first names the row.
        code: heading of ``codes``.
        codes: of the rows, at the head of the downloaded file only.
    """

    id: str
    caption: str
    note: str
    columns: tuple[Heading, ...]
    rows: tuple[tuple[Cell, ...], ...]
    code: str = ""
    codes: tuple[str, ...] = ()


def data_tables(run: Run) -> tuple[DataTable, ...]:
    """Return the tables of the page; those without a row are left out."""
    made = (
        _themes(run),
        _sources(run),
        _supply(run),
        _by_epci(run),
        _needs(run),
        _freshness(run),
        _duplicates(run),
        _findings(run.findings),
    )
    return tuple(table for table in made if table.rows)


def _themes(run: Run) -> DataTable:
    numbers = _numbers(run)
    return DataTable(
        id="chiffres",
        caption="Chaque chiffre et ce sur quoi il repose",
        note="Les numéros renvoient au tableau des sources. « Non reçu » : aucun fichier fourni "
        "n’en contient dans le département ; ce n’est pas la preuve qu’il n’y en a pas.",
        columns=_headings(
            "Thème", "Chiffre", "Fiabilité", "Compté", "Non reçu", "Fichiers d’offre", "Besoin"
        ),
        rows=tuple(_theme_row(run, theme, numbers) for theme in run.themes),
        code="theme",
        codes=tuple(theme.key for theme in run.themes),
    )


def _theme_row(run: Run, theme: Theme, numbers: dict[str, int]) -> tuple[Cell, ...]:
    summary, coverage = run.summaries[theme.key], run.coverages[theme.key]
    worth = coverage.rows(level=Level.DEPARTEMENT)["fiabilite"].dropna()
    files = run.services.records["file"].reindex(coverage.sites.index).dropna().unique()
    used = sorted({numbers[str(file)] for file in files if str(file) in numbers})
    need = summary.need_indicator
    words = (
        f"{need.label}, par {LEVELS.get(summary.need_level, summary.need_level)}" if need else ""
    )
    return _cells(
        theme.short_title,
        summary.headline,
        str(worth.iloc[0]) if len(worth) else EMPTY,
        ", ".join(f"{kind} ({number(count)})" for kind, count in summary.counted) or EMPTY,
        ", ".join(summary.missing) or EMPTY,
        Cell(text=", ".join(map(str, used)) or EMPTY, order=str(used[0]) if used else ""),
        words or EMPTY,
    )


def _sources(run: Run) -> DataTable:
    rows = []
    for rank, source in enumerate(run.sources, start=1):
        reasons = ", ".join(f"{why} ({number(n)})" for why, n in source.dropped.items())
        counted = source.rows_read or source.rows_kept
        rows.append(
            _cells(
                str(rank),
                source.label,
                _file(source.path),
                ROLES[role_of(run, source)],
                Cell(text=_date(source.vintage), order=source.vintage),
                source.licence or "non indiquée",
                number(source.rows_read) if counted else EMPTY,
                number(source.rows_kept) if counted else EMPTY,
                reasons or EMPTY,
            )
        )
    return DataTable(
        id="sources",
        caption="Sources, dates et licences",
        note="Les empreintes des fichiers sont dans provenance.json.",
        columns=(
            Heading(text="N°", words=False),
            *_headings("Source", "Fichier", "Rôle", "Données de", "Licence"),
            *_headings("Lignes lues", "gardées", words=False),
            *_headings("Écartées, pourquoi"),
        ),
        rows=tuple(rows),
    )


def _supply(run: Run) -> DataTable:
    inside = run.territory.communes["inside"].sum()
    rows = []
    for row in _records(run.completeness):
        rows.append(
            _cells(
                _file(row["fichier"]),
                *(
                    number(row[name])
                    for name in (
                        "lignes_lues", "lignes_gardees", "fusionnees", "lieux_communs",
                        "generalisees", "ecartees", "communes_servies", "epci_servis",
                    )
                ),
                row["epci_sans_fiche"].replace(" | ", ", ") or "aucun",
                _span(row),
                number(row["sans_date"]),
            )
        )  # fmt: skip
    return DataTable(
        id="offre",
        caption="Offre : ce que contient chaque fichier",
        note=f"Communes et EPCI du département ({plural(float(inside), 'commune')}). Un EPCI sans "
        "fiche n’est pas un EPCI sans service : le fichier n’en dit rien.",
        columns=(
            *_headings("Fichier"),
            *_headings(
                "Lignes lues", "gardées", "fusionnées avec une autre fiche",
                "à la même adresse qu’un autre fichier", "à adresse protégée", "écartées",
                "Communes avec une fiche", "EPCI avec une fiche", words=False,
            ),
            *_headings("EPCI sans fiche", "Mises à jour"),
            Heading(text="Fiches sans date", words=False),
        ),
        rows=tuple(rows),
    )  # fmt: skip


def _by_epci(run: Run) -> DataTable:
    frame = run.epci_records
    files = list(dict.fromkeys(frame["fichier"])) if len(frame) else []
    rows, codes = [], []
    if files:
        grouped = frame.groupby(["code", "nom", "perimetre"], sort=False)
        for (code, name, perimeter), part in grouped:
            codes.append(str(code))
            counts = part.set_index("fichier")["fiches"]
            within = " (partie dans le département)" if perimeter == "partie" else ""
            rows.append(_cells(f"{name}{within}", *(number(counts.get(f)) for f in files)))
    return DataTable(
        id="epci",
        caption="Offre : fiches de chaque fichier par EPCI",
        note="Un zéro dit que le fichier n’a aucune fiche dans l’EPCI. Les fiches à adresse "
        "protégée n’y sont pas.",
        columns=(*_headings("EPCI"), *_headings(*map(_file, files), words=False)),
        rows=tuple(rows),
        code="code_epci",
        codes=tuple(codes),
    )


def _needs(run: Run) -> DataTable:
    shown = [status for status in STATUSES if _any(run.held, status.value)]
    rows = [
        _cells(
            row["libelle"],
            LEVELS.get(str(row["maille"]), str(row["maille"])),
            text(row["millesime"]),
            _file(row["fichier"]),
            number(row["zones"]),
            *(number(row[status.value]) for status in shown),
        )
        for row in _records(run.held)
    ]
    return DataTable(
        id="besoins",
        caption="Besoin : combien de zones ont une valeur, et pourquoi les autres non",
        note="Zones du fichier entier, qui peut couvrir la France. Une valeur secrète ou non "
        "diffusée reste vide partout : elle n’est jamais comptée comme zéro.",
        columns=(
            *_headings("Indicateur", "Maille", "Année", "Fichier"),
            *_headings("Zones", *(STATUSES[status] for status in shown), words=False),
        ),
        rows=tuple(rows),
    )


def _freshness(run: Run) -> DataTable:
    titles = {theme.key: theme.short_title for theme in run.themes}
    frame = run.freshness
    whole = frame[frame["maille"] == Level.DEPARTEMENT] if len(frame) else frame
    known = [row for row in _records(whole) if row["theme"] in titles]
    rows = [
        _cells(
            titles[row["theme"]],
            *(number(row[name]) for name in ("fiches", "fiches_anciennes", "fiches_sans_date")),
            percent(row["part_hors_seuil"]),
            percent(row["part_hors_seuil_recents"]),
        )
        for row in known
    ]
    return DataTable(
        id="fraicheur",
        caption="Fraîcheur : ce que pèsent les fiches de plus de deux ans",
        note="Si les deux parts s’écartent, le chiffre du thème tient à des fiches anciennes.",
        columns=(
            *_headings("Thème"),
            *_headings(
                "Fiches", "de plus de deux ans", "sans date",
                "Part au-delà du seuil", "sans les fiches anciennes", words=False,
            ),
        ),
        rows=tuple(rows),
        code="theme",
        codes=tuple(str(row["theme"]) for row in known),
    )  # fmt: skip


def _duplicates(run: Run) -> DataTable:
    names = ["source_garde", "source_autre", "decision"]
    rows = []
    if len(run.duplicates):
        told = run.duplicates.fillna(dict.fromkeys(names, ""))
        counts = told.groupby(names, sort=True).size().rename("rows").reset_index()
        rows = [
            _cells(*(str(row[name]) for name in names), number(row["rows"]))
            for row in _records(counts)
        ]
    return DataTable(
        id="doublons",
        caption="Doublons : fiches rapprochées",
        note="Chaque rapprochement, avec sa preuve, est dans tableaux/doublons.csv.",
        columns=(
            *_headings("Fiche gardée de", "Autre fiche de", "Décision"),
            Heading(text="Rapprochements", words=False),
        ),
        rows=tuple(rows),
    )


def _findings(findings: Iterable[Finding]) -> DataTable:
    groups = count_by_observation(findings)
    rows = [
        _cells(
            _file(file),
            typeset(what),
            number(len(found)),
            " ; ".join(filter(None, map(_example, found[:EXAMPLES]))) or EMPTY,
            typeset(" ; ".join(dict.fromkeys(f.action for f in found if f.action))) or EMPTY,
        )
        for (file, what), found in groups.items()
    ]
    return DataTable(
        id="constats",
        caption="Constats : ce qui est à vérifier ou à corriger",
        note=f"Au plus {EXAMPLES} exemples par constat ; tous sont dans tableaux/anomalies.csv, à "
        "renvoyer à qui a envoyé le fichier.",
        columns=(
            *_headings("Fichier", "Constat"),
            Heading(text="Fois", words=False),
            *_headings("Exemples", "Ce qui est fait, ou à faire"),
        ),
        rows=tuple(rows),
    )


def _example(finding: Finding) -> str:
    """Write « ligne 4, colonne nom : Bus »."""
    place = [f"ligne {finding.line}" if finding.line else "", finding.column]
    value = finding.value if len(finding.value) <= LONGEST else f"{finding.value[:LONGEST]}…"
    where = ", ".join(filter(None, place))
    return f"{where}{NO_BREAK}: {value}" if where and value else where or value


def role_of(run: Run, source: SourceRecord) -> str:
    """Return a key of :data:`ROLES`: what the file gives the diagnosis."""
    if len(run.completeness) and (run.completeness["fichier"] == source.path).any():
        return "offre"
    if len(run.services.records) and (run.services.records["file"] == source.path).any():
        return "offre"
    if len(run.held) and (run.held["fichier"] == source.path).any():
        return "besoin"
    return "fond"


def supplied(run: Run, theme: Theme) -> bool:
    """Return whether at least one place of the département was given for a theme."""
    return bool(run.coverages[theme.key].sites["inside"].any())


def _numbers(run: Run) -> dict[str, int]:
    return {source.path: rank for rank, source in enumerate(run.sources, start=1)}


def _file(path: str) -> str:
    """Write a path as people read it: a file shipped with cartoallier says so."""
    if not path.startswith(SHIPPED):
        return path
    return f"{path.removeprefix(SHIPPED).rsplit('/', 1)[-1]} (livré avec cartoallier)"


def _date(vintage: str) -> str:
    """Write an ISO date, month or year in French; « non indiquée » when there is none."""
    if not vintage:
        return "non indiquée"
    try:
        return day(dt.date.fromisoformat(vintage))
    except ValueError:
        year, _, month = vintage.partition("-")
        known = month.isdigit() and 1 <= int(month) <= len(MONTHS)
        return f"{MONTHS[int(month) - 1]} {year}" if known else vintage


def _span(row: dict[str, Any]) -> Cell:
    """Write the oldest and newest update of a file."""
    first, last = row["plus_ancienne"], row["plus_recente"]
    if missing(first) or missing(last):
        return Cell(text="aucune date")
    words = _date(str(first)) if first == last else f"{_date(str(first))} – {_date(str(last))}"
    return Cell(text=words, order=str(last))


def _any(frame: pd.DataFrame, column: str) -> bool:
    return bool(len(frame) and frame[column].gt(0).any())


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(key): value for key, value in row.items()} for row in frame.to_dict("records")]


def _headings(*texts: str, words: bool = True) -> tuple[Heading, ...]:
    return tuple(Heading(text=each, words=words) for each in texts)


def _cells(*values: str | Cell) -> tuple[Cell, ...]:
    return tuple(value if isinstance(value, Cell) else Cell(text=value) for value in values)
