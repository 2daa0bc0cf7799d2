"""The tables of a simulation's page: what the map, the list and the curve say, in figures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from cartoallier.model import Level, Public, Simulation
from cartoallier.model.french import NO_BREAK, number, percent, typeset
from cartoallier.model.simulation import minutes_words
from cartoallier.outputs.maps import cells
from cartoallier.outputs.maps.tables import PERIMETERS, Row, Table, alphabetical, code_names

BOUNDS = (10.0, 15.0, 20.0, 30.0)
"""Of the classes of minutes of a simulation, the threshold beside."""

LISTED = 1500
"""Rows a table of the page can carry; beyond, the CSV file has them all."""
TOURS = {
    "tournee": "Tournée",
    "retenue": "Retenue",
    "arrets": "Arrêts",
    "heures_semaine": "Heures par semaine",
    "cout": "Coût",
    "habitants_a_portee": "Personnes à portée qu’aucun site fixe ne dessert",
    "habitants_equivalents": "comptées à la part d’un service complet",
}
"""Column of ``Simulation.tours`` -> its heading."""


def counted(people: float, simulation: Simulation) -> str:
    """Write a count; a missing one of a public is « moins de 11 »."""
    if simulation.public != Public.ALL and cells.missing(people):
        return f"moins de{NO_BREAK}11"
    return cells.number(people)


def nearly(share: float) -> str:
    """Write a share; only everybody is « 100,0 % », only nobody « 0,0 % »."""
    if 0.9995 <= share < 1:
        return f"plus de {percent(0.999)}"
    return f"moins de {percent(0.001)}" if 0 < share < 0.0005 else cells.percent(share)


def with_them(simulation: Simulation) -> str:
    """Write « avec le site ajouté » or « avec les sites ajoutés »."""
    return "avec le site ajouté" if len(simulation.chosen) == 1 else "avec les sites ajoutés"


def commune_minutes(simulation: Simulation, column: str) -> pd.Series[Any]:
    """Return minutes by commune: those of its origin, or their mean weighted by population.

    As ``duree_min`` of ``couverture.csv``: origins without minutes are left out of the mean.
    """
    origins = simulation.territory.origins
    known = pd.DataFrame(
        {
            "commune": origins["commune_code"],
            "people": origins["population"].astype("float64"),
            "minutes": simulation.minutes[column].reindex(origins.index).astype("float64"),
        }
    ).dropna()
    alone = ~known["commune"].duplicated(keep=False)
    known.loc[alone, "people"] = 1.0  # one origin stands for its commune, even without people
    sums = known.assign(product=known["people"] * known["minutes"]).groupby("commune").sum()
    return (sums["product"] / sums["people"]).where(sums["people"] > 0)


def chosen_rows(simulation: Simulation) -> tuple[dict[str, str], ...]:
    """Return the added sites, first to gain most, ready for the keyed list and its table."""
    return tuple(
        {
            "rank": cells.number(row["rang"]),
            "code": cells.text(row["code_commune"]),
            "name": cells.text(row["nom"]),
            "commune": _commune(simulation, row["code_commune"], row["nom"]),
            "epci": epci_name(simulation, row["epci"]),
            "gained": counted(row["habitants_gagnes"], simulation),
            "served": counted(row["habitants_desservis"], simulation),
            "share": nearly(row["part_desservie"]),
            "mean": cells.number(row["minutes_moyennes"], decimals=1),
            "gain": _gain(row, simulation),
            "cost": cells.number(row["cout"]),
        }
        for row in simulation.chosen.to_dict("records")
    )


def _gain(row: Mapping[Any, Any], simulation: Simulation) -> str:
    """Return what the keyed list says of a site: minutes for the p-median, people otherwise."""
    if simulation.model == "p-mediane":
        return f"{cells.number(row['minutes_moyennes'], decimals=1)}{NO_BREAK}min"
    gained = counted(row["habitants_gagnes"], simulation)
    if gained == cells.EMPTY:
        return ""
    return gained if cells.missing(row["habitants_gagnes"]) else f"+{NO_BREAK}{gained}"


def _commune(simulation: Simulation, code: str | None, name: str) -> str:
    """Return the commune of a place, unless the place bears its name."""
    names = simulation.territory.communes["name"]
    found = str(names.get(code, "")) if not cells.missing(code) else ""
    return "" if found == str(name) else found


def epci_name(simulation: Simulation, told: str | None) -> str:
    """Return the name of an EPCI given by its code or its name."""
    zones = simulation.territory.zones
    epci = zones[zones["level"] == Level.EPCI].drop_duplicates("code")
    names = dict(zip(epci["code"].astype("str"), epci["name"].astype("str"), strict=True))
    return "" if cells.missing(told) else names.get(str(told), str(told))


def simulation_tables(simulation: Simulation) -> tuple[Table, ...]:
    """Return the tables, in the order they are read; those without a row are left out."""
    made = (
        _added(simulation),
        _tours(simulation),
        _zones(simulation),
        _curve(simulation),
        _unreachable(simulation),
        _communes(simulation),
    )
    return tuple(table for table in made if table.rows)


def _added(simulation: Simulation) -> Table:
    rows = chosen_rows(simulation)
    words, minutes = simulation.public_words, simulation.model == "p-mediane"
    gains = simulation.chosen["habitants_gagnes"].astype("float64")
    falling = not minutes and len(gains) > 1 and gains.is_monotonic_decreasing
    shown = [
        ("N°", "rank", True),
        ("Lieu", "name", True),
        ("Commune", "commune", any(row["commune"] for row in rows)),
        ("EPCI", "epci", True),
        ("Coût", "cost", any(row["cost"] != cells.EMPTY for row in rows)),
        ("Trajet moyen, avec ceux d’avant (min)", "mean", minutes),
        (f"{_capital(words)} {'reçus' if simulation.capacity else 'gagnés'}", "gained", True),
        (f"{_capital(words)} desservis, en tout", "served", True),
        ("Part desservie, en tout", "share", True),
    ]
    kept = [(heading, key) for heading, key, show in shown if show]
    return Table(
        caption="Sites ajoutés" + (", du plus utile au moins utile" if falling else ""),
        columns=tuple(heading for heading, _ in kept),
        words=4 if any(key == "commune" for _, key in kept) else 3,
        rows=tuple(
            Row(
                key=f"site:{row['rank']}",
                cells=tuple(row[key] for _, key in kept),
                codes=(row["code"],),
            )
            for row in rows
        ),
        file=_file(simulation, "sites"),
        codes=("code_insee",),
    )


def _zones(simulation: Simulation) -> Table:
    zones = simulation.zones
    limit = f"à plus de {minutes_words(simulation.threshold)}"
    whole = zones["maille"] == Level.DEPARTEMENT
    rows = [_zone_row(row) for row in _records(zones[~whole])]
    total = [_zone_row(row) for row in _records(zones[whole])]
    people = _capital(simulation.public_words)
    return Table(
        caption="Par EPCI, avant et après",
        columns=(
            "EPCI", "Périmètre", people, f"{people} {limit}, aujourd’hui",
            with_them(simulation), f"Part {limit}, aujourd’hui", with_them(simulation),
        ),
        words=2,
        rows=tuple(rows),
        total=total[0] if total else None,
        file=_file(simulation, "epci"),
        level=str(Level.EPCI),
        codes=code_names(Level.EPCI),
        titles=(
            "", "", "", f"{people} {limit}, aujourd’hui",
            f"{people} {limit}, {with_them(simulation)}", f"Part {limit}, aujourd’hui",
            f"Part {limit}, {with_them(simulation)}",
        ),
    )  # fmt: skip


def _zone_row(row: dict[str, Any]) -> Row:
    whole = row["maille"] == Level.DEPARTEMENT
    return Row(
        key=f"epci:{row['code']}" + (":entier" if row["perimetre"] == "entier" else ""),
        cells=(
            cells.text(row["nom"]),
            "" if whole else PERIMETERS.get(str(row["perimetre"]), ""),
            cells.number(row["population"]),
            cells.number(row["population_hors_seuil_avant"]),
            cells.number(row["population_hors_seuil_apres"]),
            nearly(row["part_hors_seuil_avant"]),
            nearly(row["part_hors_seuil_apres"]),
        ),
        codes=("" if whole else str(row["code"]),),
    )


def _curve(simulation: Simulation) -> Table:
    people = _capital(simulation.public_words)
    return Table(
        caption="Ce qu’apporte chaque nombre de sites",
        columns=(
            "Sites ajoutés", f"{people} gagnés", f"{people} desservis", "Part desservie",
            "Trajet moyen (min)",
        ),
        words=1,
        rows=tuple(
            Row(
                key=f"nombre:{int(row['sites'])}",
                cells=(
                    cells.number(row["sites"]),
                    counted(row["habitants_gagnes"], simulation),
                    counted(row["habitants_desservis"], simulation),
                    nearly(row["part_desservie"]),
                    cells.number(row["minutes_moyennes"], decimals=1),
                ),
            )
            for row in _records(simulation.curve)
        ),
        file=_file(simulation, "courbe"),
    )  # fmt: skip


def _unreachable(simulation: Simulation) -> Table:
    out = simulation.unreachable.sort_values("population", ascending=False, kind="stable")
    caption = "Personnes qu’aucun lieu candidat ne mettrait à "
    caption += f"{minutes_words(simulation.threshold)} au plus"
    if len(out) > LISTED:
        caption += f" : les {number(LISTED)} premiers lieux sur {number(len(out))}"
    return Table(
        caption=typeset(caption),
        columns=("Commune", "EPCI", _capital(simulation.public_words)),
        words=2,
        rows=tuple(
            Row(
                key="",
                cells=(
                    cells.text(row["nom"]),
                    epci_name(simulation, row["epci"]),
                    counted(row["population"], simulation),
                ),
                codes=(cells.text(row["code_commune"]),),
            )
            for row in _records(out.head(LISTED))
        ),
        file=_file(simulation, "hors-de-portee"),
        codes=("code_insee",),
    )


def _communes(simulation: Simulation) -> Table:
    territory = simulation.territory
    inside = territory.communes[territory.communes["inside"]]
    inside = inside.sort_values("name", key=alphabetical, kind="stable")
    before, after = (commune_minutes(simulation, column) for column in ("before", "after"))
    mean = " moyenne" if territory.gridded else ""
    bounds = (*BOUNDS, simulation.threshold)
    return Table(
        caption="Par commune, avant et après",
        columns=(
            "Commune", "EPCI", "Habitants", f"Durée{mean} aujourd’hui (min)",
            f"{with_them(simulation)} (min)",
        ),
        words=2,
        rows=tuple(
            Row(
                key=f"commune:{code}",
                cells=(
                    cells.text(row["name"]),
                    epci_name(simulation, row["epci_code"]) or "hors EPCI",
                    cells.number(row["population"]),
                    cells.minutes(before.get(code), bounds),
                    cells.minutes(after.get(code), bounds),
                ),
                codes=(code, cells.text(row["epci_code"])),
            )
            for code, row in zip(inside.index.astype("str"), _records(inside), strict=True)
        ),
        file=_file(simulation, "communes"),
        level=str(Level.COMMUNE),
        codes=code_names(Level.COMMUNE),
        titles=(
            "", "", "", f"Durée{mean} aujourd’hui (min)",
            f"Durée{mean} {with_them(simulation)} (min)",
        ),
    )  # fmt: skip


def _tours(simulation: Simulation) -> Table:
    tours = simulation.tours
    shown = [column for column in TOURS if column in tours]
    return Table(
        caption="Tournées proposées",
        columns=tuple(TOURS[column] for column in shown),
        words=2,
        rows=tuple(
            Row(key="", cells=tuple(_tour_cell(column, row[column]) for column in shown))
            for row in _records(tours)
        ),
        file=_file(simulation, "tournees"),
    )


def _tour_cell(column: str, value: Any) -> str:  # noqa: ANN401 (a cell)
    if column == "retenue":
        return "oui" if value else "non"
    if isinstance(value, str) or cells.missing(value):
        return cells.text(value) or cells.EMPTY
    return cells.number(value, decimals=0 if float(value).is_integer() else 1)


def _file(simulation: Simulation, what: str) -> str:
    return f"simulation_{simulation.theme}-{what}"


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(k): v for k, v in row.items()} for row in frame.to_dict("records")]


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]
