"""How ``verifier`` tells what it read, to people and to machines."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pandas as pd

from cartoallier.diagnosis import completeness, epci_records
from cartoallier.model import Finding, SourceRecord, Territory
from cartoallier.model.finding import count_by_observation
from cartoallier.model.french import day, listed, number, plural, typeset
from cartoallier.outputs.tables.workbook import WORDS
from cartoallier.pipeline import NeedReading, Reading
from cartoallier.territory import ZoningReading

EXAMPLES = 3
SHIPPED = "cartoallier:"

STATUS_WORDS = {
    "publie": "publiées",
    "estime": "estimées",
    "sous_seuil": "au seuil de publication",
    "secret": "secrètes",
    "non_disponible": "non disponibles",
    "absent": "absentes",
}
LEVEL_WORDS = {
    "commune": "communes",
    "epci": "EPCI",
    "departement": "départements",
    "region": "régions",
    "france": "France",
    "arm": "arrondissements municipaux",
    "iris": "IRIS",
}


@dataclass(frozen=True, eq=False, kw_only=True)
class Check:
    """What one reading says of each of its files.

    Attributes:
        reading: what was read of supply.
        needing: what was read of needs.
        zoning: what was read of special territories.
        unusable: files of special territories that could not be read, as (name, message).
        communes: number of communes of the département.
        held: file -> what :func:`~cartoallier.diagnosis.completeness` says of it.
        epci: records of each file in each EPCI.
    """

    reading: Reading
    needing: NeedReading
    zoning: ZoningReading
    unusable: tuple[tuple[str, str], ...]
    communes: int
    held: dict[str, dict[str, Any]]
    epci: pd.DataFrame

    @classmethod
    def of(
        cls,
        reading: Reading,
        needing: NeedReading,
        territory: Territory,
        *,
        zoning: ZoningReading | None = None,
        unusable: tuple[tuple[str, str], ...] = (),
    ) -> Check:
        """Measure the completeness of a reading."""
        services, sources = reading.services, reading.sources
        pairs = reading.duplicates
        held = completeness(services, sources, territory, duplicates=pairs)
        return cls(
            reading=reading,
            needing=needing,
            zoning=zoning or ZoningReading(),
            unusable=unusable,
            communes=int(territory.communes["inside"].sum()),
            held={
                str(row["fichier"]): {str(name): value for name, value in row.items()}
                for row in held.to_dict("records")
            },
            epci=epci_records(services, sources, territory, duplicates=pairs),
        )

    @property
    def errors(self) -> tuple[tuple[str, str], ...]:
        """Every file that could not be read."""
        return (*self.reading.errors, *self.needing.errors, *self.unusable)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Everything noteworthy, supply first."""
        return (*self.reading.findings, *self.needing.findings, *self.zoning.findings)

    @property
    def given(self) -> tuple[SourceRecord, ...]:
        """The need files of the project, without what is shipped."""
        return tuple(s for s in self.needing.sources if not s.path.startswith(SHIPPED))

    @property
    def every_source(self) -> tuple[SourceRecord, ...]:
        """The files of the project: supply, needs, special territories."""
        return (*self.reading.sources, *self.given, *self.zoning.sources)

    def as_text(self) -> str:
        """Return the whole for people, one block per file."""
        groups = count_by_observation(self.findings)
        lines: list[str] = []
        for source in self.reading.sources:
            lines += [*self._source_lines(source), *_finding_lines(groups, source.path), ""]
        for source in self.given:
            lines += [*self._need_lines(source), *_finding_lines(groups, source.path), ""]
        for source in self.zoning.sources:
            lines += [*_zoning_lines(source), *_finding_lines(groups, source.path), ""]
        known = {source.path for source in self.every_source}
        for file in dict.fromkeys(file for file, _ in groups if file not in known):
            lines += [file, *_finding_lines(groups, file), ""]
        if said := self.merges():
            words = WORDS["decision"]
            told = [f"{words.get(what, what)} : {number(count)}" for what, count in said.items()]
            lines.append(f"Rapprochements entre fiches : {' ; '.join(told)}")
        return "\n".join(typeset(line) for line in lines).rstrip("\n")

    def as_json(self) -> str:
        """Return the same for machines."""
        groups = count_by_observation(self.findings)
        content = {
            "communes": self.communes,
            "sources": [self._source_entry(source, groups) for source in self.reading.sources],
            "besoins": [self._need_entry(source, groups) for source in self.given],
            "zonages": [_zoning_entry(source, groups) for source in self.zoning.sources],
            "rapprochements": self.merges(),
            "erreurs": [{"fichier": name, "message": text} for name, text in self.errors],
            "modeles_vides": list(self.reading.skipped),
        }
        return json.dumps(content, ensure_ascii=False, indent=2)

    def merges(self) -> dict[str, int]:
        """Count the decisions taken on pairs of records that may be one."""
        pairs = self.reading.duplicates
        if pairs.empty:
            return {}
        return {str(what): int(count) for what, count in pairs["decision"].value_counts().items()}

    def _source_lines(self, source: SourceRecord) -> Iterator[str]:
        row = self.held[source.path]
        yield f"{source.path} ({source.format})"
        yield (
            f"  lignes lues : {number(row['lignes_lues'])} ; fiches gardées : "
            f"{number(row['lignes_gardees'])} ; fusionnées avec une autre : "
            f"{number(row['fusionnees'])} ; à adresse protégée : "
            f"{number(row['generalisees'])} ; écartées : {number(row['ecartees'])}"
        )
        for reason, count in source.dropped.items():
            yield f"  - écartées, {reason} : {number(count)}"
        if not source.rows_kept:
            return
        yield (
            f"  communes du département avec au moins une fiche : "
            f"{number(row['communes_servies'])} sur {number(self.communes)}"
        )
        empty = self.epci[(self.epci["fichier"] == source.path) & (self.epci["fiches"] == 0)]
        names = listed(empty["nom"]) if len(empty) else "aucun"
        yield f"  EPCI sans aucune fiche : {names}"
        if pd.notna(row["plus_recente"]):
            yield (
                f"  fiche la plus ancienne : {_day(row['plus_ancienne'])} ; la plus récente : "
                f"{_day(row['plus_recente'])} ; sans date : {number(row['sans_date'])}"
            )
        elif row["sans_date"]:
            yield "  aucune fiche n’est datée : leur fraîcheur est inconnue"

    def _source_entry(
        self, source: SourceRecord, groups: dict[tuple[str, str], list[Finding]]
    ) -> dict[str, Any]:
        row = self.held[source.path]
        epci = self.epci[self.epci["fichier"] == source.path]
        return {
            "fichier": source.path,
            "format": source.format,
            "lignes_lues": source.rows_read,
            "lignes_gardees": source.rows_kept,
            "lignes_fusionnees": int(row["fusionnees"]),
            "fiches_au_lieu_d_un_autre_fichier": int(row["lieux_communs"]),
            "lignes_generalisees": int(row["generalisees"]),
            "lignes_ecartees": source.dropped,
            "communes_avec_fiche": int(row["communes_servies"]),
            "fiches_par_epci": [
                {"code": code, "nom": name, "fiches": int(count)}
                for code, name, count in epci[["code", "nom", "fiches"]].itertuples(index=False)
            ],
            "epci_sans_fiche": epci.loc[epci["fiches"] == 0, "nom"].tolist(),
            "fiche_la_plus_ancienne": _text(row["plus_ancienne"]),
            "fiche_la_plus_recente": _text(row["plus_recente"]),
            "fiches_sans_date": int(row["sans_date"]),
            "constats": _finding_entries(groups, source.path),
        }

    def _need_lines(self, source: SourceRecord) -> Iterator[str]:
        held = self.needing.held[self.needing.held["fichier"] == source.path]
        yield f"{source.path} ({source.format})"
        yield (
            f"  lignes lues : {number(source.rows_read)} ; indicateurs reconnus : "
            f"{number(held['indicateur'].nunique())} ; millésime : {source.vintage or 'inconnu'}"
        )
        for reason, count in source.dropped.items():
            yield f"  - écartées, {reason} : {number(count)}"
        for level, rows in held.groupby("maille", sort=False):
            counts = {word: int(rows[status].sum()) for status, word in STATUS_WORDS.items()}
            told = " ; ".join(f"{word} : {number(n)}" for word, n in counts.items() if n)
            yield f"  {LEVEL_WORDS.get(str(level), str(level))}, valeurs {told}"

    def _need_entry(
        self, source: SourceRecord, groups: dict[tuple[str, str], list[Finding]]
    ) -> dict[str, Any]:
        held = self.needing.held[self.needing.held["fichier"] == source.path]
        return {
            "fichier": source.path,
            "format": source.format,
            "millesime": source.vintage,
            "lignes_lues": source.rows_read,
            "zones_gardees": source.rows_kept,
            "lignes_ecartees": source.dropped,
            "indicateurs": json.loads(
                held.drop(columns="fichier").to_json(orient="records", force_ascii=False)
            ),
            "constats": _finding_entries(groups, source.path),
        }


def _zoning_lines(source: SourceRecord) -> Iterator[str]:
    yield f"{source.path} ({source.format})"
    yield (
        f"  lignes lues : {number(source.rows_read)} ; lignes gardées : "
        f"{number(source.rows_kept)} ; millésime : {source.vintage or 'inconnu'}"
    )
    for reason, count in source.dropped.items():
        yield f"  - écartées, {reason} : {number(count)}"


def _zoning_entry(
    source: SourceRecord, groups: dict[tuple[str, str], list[Finding]]
) -> dict[str, Any]:
    return {
        "fichier": source.path,
        "format": source.format,
        "millesime": source.vintage,
        "lignes_lues": source.rows_read,
        "lignes_gardees": source.rows_kept,
        "lignes_ecartees": source.dropped,
        "constats": _finding_entries(groups, source.path),
    }


def _finding_entries(
    groups: dict[tuple[str, str], list[Finding]], path: str
) -> list[dict[str, Any]]:
    return [
        {
            "constat": what,
            "nombre": len(found),
            "action": found[0].action,
            "exemples": [
                {"ligne": f.line, "colonne": f.column, "valeur": f.value} for f in found[:EXAMPLES]
            ],
        }
        for (file, what), found in groups.items()
        if file == path
    ]


def _finding_lines(groups: dict[tuple[str, str], list[Finding]], file: str) -> Iterator[str]:
    for (where, what), found in groups.items():
        if where != file:
            continue
        action = f" ; {found[0].action}" if found[0].action else ""
        yield f"  - {what} : {plural(len(found), 'fois', 'fois')}{action}"
        for finding in found[:EXAMPLES]:
            line = "" if finding.line is None else f"ligne {finding.line}"
            place = ", ".join(part for part in (line, finding.column, finding.value) if part)
            if place:
                yield f"      {place}"


def _day(text: str) -> str:
    """Write an ISO date in words; what is not one is left as it is."""
    try:
        return day(dt.date.fromisoformat(text[:10]))
    except ValueError:
        return text


def _text(value: str | float | None) -> str | None:
    return None if value is None or pd.isna(value) else str(value)
