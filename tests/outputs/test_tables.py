"""Tables: the contract's columns, codes as text, nothing a spreadsheet would run."""

import csv
import dataclasses
import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

import toys
from cartoallier.access import CrowFly
from cartoallier.diagnosis import completeness, tell_actors
from cartoallier.model import COVERAGE_COLUMNS, Indicator, Run, Territory
from cartoallier.outputs.spreadsheet import Kind
from cartoallier.outputs.tables import frames, write_tables
from cartoallier.outputs.tables.workbook import WORDS, table_sheet
from cartoallier.supply.merging import DUPLICATE_COLUMNS

COVERAGE = list(COVERAGE_COLUMNS)
SUPPLY = [
    "id", "source", "nom", "structure", "theme", "code_commune", "longitude", "latitude",
    "precision", "itinerant", "heures_semaine", "date_maj", "confidentiel",
]  # fmt: skip
NEEDS = [
    "indicateur", "maille", "code", "nom", "valeur", "unite", "statut", "millesime", "source",
]  # fmt: skip
FINDINGS = ["fichier", "ligne", "colonne", "valeur", "constat", "action"]


def read(path: Path) -> tuple[list[str], list[dict[str, str]]]:
    content = path.read_bytes()
    assert not content.startswith(b"\xef\xbb\xbf")
    rows = csv.DictReader(content.decode("utf-8").splitlines())
    return list(rows.fieldnames or []), list(rows)


def test_coverage(toy: Territory, tmp_path: Path) -> None:
    write_tables(toys.run(toy, {"at": 2}), tmp_path)
    columns, rows = read(tmp_path / "tableaux" / "couverture.csv")
    assert columns == COVERAGE
    whole = rows[0]
    assert (whole["public"], whole["maille"], whole["code"]) == ("ensemble", "departement", "99")
    assert whole["population"] == "1000"
    assert whole["part_hors_seuil"] == "0.6"
    assert whole["duree_min"] == "9.3"
    assert whole["distance_km"] == "6"
    assert whole["seuil_min"] == "10"
    assert whole["population_hors_seuil"] == "600"
    assert whole["part_couverte"] == ""
    assert [r["public"] for r in rows if r["code"] == "99"] == ["ensemble", "65_plus"]
    assert [r["perimetre"] for r in rows if r["code"] == "100000002"] == ["entier", "partie"] * 2


def test_minutes_never_contradict_their_class(toy: Territory, tmp_path: Path) -> None:
    """29.998 is under 30: « 30 » in the file would be of the next class."""
    run = toys.run(toy, {"at": 2})
    (key,) = run.coverages
    coverage = run.coverages[key]
    shown = [29.998, 30.0, 30.001, 14.9999996, 30 - 1e-13]
    table = coverage.table.copy()
    table.loc[table.index[: len(shown)], "duree_min"] = shown
    table.loc[table.index[0], "part_plus_15"] = 0.0
    table.loc[table.index[1], "part_plus_15"] = 1.0
    table.loc[table.index[2], "part_plus_15"] = 0.123456789
    run = dataclasses.replace(run, coverages={key: dataclasses.replace(coverage, table=table)})
    write_tables(run, tmp_path)
    rows = read(tmp_path / "tableaux" / "couverture.csv")[1]
    assert [row["duree_min"] for row in rows[: len(shown)]] == [
        "29.998", "30", "30.001", "14.9999996", "30",
    ]  # fmt: skip
    assert [row["part_plus_15"] for row in rows[:3]] == ["0", "1", "0.123457"]


def test_without_supply_cells_are_empty(toy: Territory, tmp_path: Path) -> None:
    write_tables(toys.run(toy), tmp_path)
    _, rows = read(tmp_path / "tableaux" / "couverture.csv")
    empty = [c for c in COVERAGE if c.startswith(("part_", "duree", "distance", "population_"))]
    assert all(row[column] == "" for row in rows for column in empty)
    assert rows[0]["population"] == "1000"
    columns, rows = read(tmp_path / "tableaux" / "offre.csv")
    assert (columns, rows) == (SUPPLY, [])


def test_supply_has_one_row_per_theme(toy: Territory, tmp_path: Path) -> None:
    run = toys.run(
        toy,
        {"at": 2, "themes": ("accueil", "autre"), "commune_code": "99001", "weekly_hours": 12.5},
        {"at": 6, "themes": (), "itinerant": True},
        {"confidential": True, "name": "Hébergement à adresse protégée"},
    )
    write_tables(run, tmp_path)
    columns, rows = read(tmp_path / "tableaux" / "offre.csv")
    assert columns == SUPPLY
    assert [(r["id"], r["theme"]) for r in rows] == [
        ("s0", "accueil"),
        ("s0", "autre"),
        ("s1", ""),
        ("s2", "accueil"),
    ]
    assert rows[0]["heures_semaine"] == "12.5"
    assert rows[2]["itinerant"] == "true"
    assert rows[3]["confidentiel"] == "true"
    hidden = ("longitude", "latitude", "structure", "code_commune")
    assert [rows[3][c] for c in hidden] == [""] * 4


def test_needs_keep_their_status(toy: Territory, tmp_path: Path) -> None:
    write_tables(toys.run(toy, {"at": 2}), tmp_path)
    columns, rows = read(tmp_path / "tableaux" / "besoins.csv")
    assert columns == NEEDS
    assert [(r["code"], r["valeur"], r["statut"]) for r in rows] == [
        ("99001", "10", "publie"),
        ("99002", "20", "publie"),
        ("99003", "", "secret"),
    ]


@pytest.mark.parametrize("text", ["=1+1", "+33 4", "-2", "@SUM(A1)", "\tx"])
def test_formulas_are_disarmed(toy: Territory, tmp_path: Path, text: str) -> None:
    write_tables(toys.run(toy, {"at": 2, "name": text, "structure": text}), tmp_path)
    _, rows = read(tmp_path / "tableaux" / "offre.csv")
    assert rows[0]["nom"] == rows[0]["structure"] == f"'{text}"
    columns, findings = read(tmp_path / "tableaux" / "anomalies.csv")
    assert columns == FINDINGS
    assert findings[0]["valeur"] == "'=1+1"
    assert findings[0]["ligne"] == "3"


def test_a_negative_longitude_is_a_number(toy: Territory, tmp_path: Path) -> None:
    run = toys.run(toy, {"longitude": -1.5, "latitude": 46.0, "precision": "adresse"})
    write_tables(run, tmp_path)
    _, rows = read(tmp_path / "tableaux" / "offre.csv")
    assert rows[0]["longitude"] == "-1.5"


SCORES = [
    "code", "nom", "perimetre", "profil", "score", "rang", "sur", "rang_bas", "rang_haut",
    "termes_connus", "termes_attendus", "dominant", "manquants",
]  # fmt: skip
OTHERS = {
    "profils.csv": SCORES,
    "facteurs.csv": [name.replace("profil", "facteur") for name in SCORES],
    "doublons.csv": [
        "id_garde", "id_autre", "nom_garde", "nom_autre", "source_garde", "source_autre",
        "fichier_autre", "ligne_autre", "code_commune", "distance_m", "score", "preuve",
        "decision",
    ],
    "arrets.csv": [
        "id", "nom", "theme", "code_commune", "longitude", "latitude", "heures_semaine", "arret",
    ],
    "fraicheur.csv": list(frames.FRESHNESS_COLUMNS),
    "responsables.csv": list(frames.RESPONSABLE_COLUMNS),
    "acteurs.csv": list(frames.ACTOR_COLUMNS),
}  # fmt: skip


@pytest.mark.parametrize("name", list(OTHERS))
def test_a_table_without_a_row_has_its_header(toy: Territory, tmp_path: Path, name: str) -> None:
    write_tables(toys.run(toy), tmp_path)
    assert read(tmp_path / "tableaux" / name) == (OTHERS[name], [])


def full_run(territory: Territory) -> Run:
    """A run with every table filled, and text a spreadsheet would run."""
    run = toys.run(
        territory,
        {"at": 2, "name": "=1+1", "responsable": "Département", "commune_code": "99001"},
        {"at": 10, "responsable": "associations", "stale": True},
    )
    told = tell_actors(
        run.themes,
        run.coverages,
        services=run.services,
        engine=CrowFly(territory=territory, parameters=run.parameters),
    )
    duplicates = pd.DataFrame([["a", "b", "-x", "y", "dora", "soliguide", "f", 3, "01004", 12.4,
                                0.91234, "même SIRET", "fusion"]],
                              columns=list(frames.DUPLICATE_COLUMNS))  # fmt: skip
    stops = pd.DataFrame([["s0", "Bus", "accueil", "99001", -0.5, 46.1, 2.5, "Place"]],
                         columns=list(frames.STOP_COLUMNS))  # fmt: skip
    return dataclasses.replace(
        run,
        duplicates=duplicates,
        stops=stops,
        freshness=told.freshness,
        responsables=told.responsables,
        actors=told.actors,
    )


def test_the_other_tables(toy: Territory, tmp_path: Path) -> None:
    write_tables(full_run(toy), tmp_path)
    tables = {name: read(tmp_path / "tableaux" / name) for name in OTHERS}
    assert {name: columns for name, (columns, _) in tables.items()} == OTHERS
    pair = tables["doublons.csv"][1][0]
    assert (pair["nom_garde"], pair["code_commune"]) == ("'-x", "01004")
    assert (pair["distance_m"], pair["score"], pair["ligne_autre"]) == ("12", "0.912", "3")
    stop = tables["arrets.csv"][1][0]
    assert (stop["longitude"], stop["heures_semaine"]) == ("-0.5", "2.5")
    alone = tables["responsables.csv"][1][0]
    assert alone["responsable"] == "Département"
    assert alone["part_hors_seuil_seul"] == "0.6"
    assert alone["population_hors_seuil_seul"] == "600"
    fresh = tables["fraicheur.csv"][1][0]
    assert (fresh["fiches_anciennes"], fresh["part_hors_seuil_recents"]) == ("1", "0.6")
    assert tables["acteurs.csv"][1][0]["responsable"] == "tous"


def test_the_workbook_says_the_same_for_people(toy: Territory, tmp_path: Path) -> None:
    write_tables(full_run(toy), tmp_path)
    path = tmp_path / "tableaux" / "diagnostic.xlsx"
    book = openpyxl.load_workbook(path)
    assert book.sheetnames == [
        "Lisez-moi", "Couverture", "Offre", "Besoins", "Profils", "Facteurs", "Responsables",
        "Acteurs", "Fraîcheur", "Arrêts", "Doublons", "Indicateurs", "Anomalies",
    ]  # fmt: skip
    said = "\n".join(str(cell.value) for row in book["Lisez-moi"] for cell in row)
    for words in ("ne vaut pas engagement", "démonstration, fictives", "Liste A", "1er août 2024"):
        assert words in said
    sheet = book["Couverture"]
    columns, rows = read(tmp_path / "tableaux" / "couverture.csv")
    assert sheet.max_row == len(rows) + 1
    assert sheet.max_column == len(columns)
    first = {cell.value: sheet.cell(2, cell.column) for cell in sheet[1]}
    assert first["Code"].value == "99"
    assert first["Part hors seuil"].number_format == "0.0%"
    assert first["Part hors seuil"].value == pytest.approx(float(rows[0]["part_hors_seuil"]))
    assert first["Thème"].value == "A0.0 Accueil"
    assert book["Offre"]["C2"].value == "=1+1"
    assert book["Offre"]["C2"].data_type == "s"
    assert book["Offre"]["F2"].value == "99001"
    for name in book.sheetnames[1:]:
        assert book[name].freeze_panes == "A2"
        assert book[name].auto_filter.ref
        heads = [cell.value for cell in book[name][1]]
        assert all(re.match(r"[A-ZÀ-Ý]", head) for head in heads), heads


def test_the_workbook_has_the_same_bytes_and_no_formula(toy: Territory, tmp_path: Path) -> None:
    for folder in ("a", "b"):
        write_tables(full_run(toy), tmp_path / folder)
    one, two = (tmp_path / f / "tableaux" / "diagnostic.xlsx" for f in ("a", "b"))
    assert one.read_bytes() == two.read_bytes()
    with zipfile.ZipFile(one) as archive:
        sheets = [n for n in archive.namelist() if n.startswith("xl/worksheets/")]
        assert not any(b"<f>" in archive.read(name) for name in sheets)
        assert all(b"ne vaut pas engagement" in archive.read(name) for name in sheets)


def test_a_stop_of_several_themes_has_a_row_each(toy: Territory, tmp_path: Path) -> None:
    stops = pd.DataFrame({"id": ["s0", "s1"], "themes": ["accueil;autre", None], "arret": ["A", "B"]})  # noqa: E501 # fmt: skip
    write_tables(dataclasses.replace(toys.run(toy), stops=stops), tmp_path)
    columns, rows = read(tmp_path / "tableaux" / "arrets.csv")
    assert columns == OTHERS["arrets.csv"]
    assert [(r["id"], r["theme"]) for r in rows] == [("s0", "accueil"), ("s0", "autre"), ("s1", "")]


def test_the_sheets_of_sources_when_the_run_says_them(toy: Territory) -> None:
    run = toys.run(toy, {"at": 2})
    held = completeness(run.services, run.sources, toy)
    sheet = table_sheet("Sources", held, words=WORDS)
    heads = [column.heading for column in sheet.columns]
    assert not set(heads) & set(held.columns), "every column has a French heading"
    counts = [c.heading for c in sheet.columns if c.kind is Kind.WHOLE]
    assert "Communes avec une fiche" in counts
    assert len(list(sheet.rows)) == 1


def test_scores_are_written_with_their_ranks(
    toy: Territory, tmp_path: Path, with_scores: Callable[[Run], Run]
) -> None:
    write_tables(with_scores(toys.run(toy, {"at": 2})), tmp_path)
    columns, rows = read(tmp_path / "tableaux" / "profils.csv")
    assert columns == SCORES
    assert [(r["profil"], r["code"]) for r in rows[:3]] == [
        ("retraites", "100000001"),
        ("retraites", "100000002"),
        ("jeunes", "100000001"),
    ]
    assert rows[0] == {
        "code": "100000001", "nom": "CC Ouest", "perimetre": "entier", "profil": "retraites",
        "score": "90", "rang": "1", "sur": "5", "rang_bas": "1", "rang_haut": "1",
        "termes_connus": "2", "termes_attendus": "2", "dominant": "true", "manquants": "",
    }  # fmt: skip
    unscored = rows[-1]
    assert [unscored[c] for c in ("score", "rang", "rang_bas", "rang_haut")] == [""] * 4
    assert (unscored["termes_connus"], unscored["manquants"]) == ("1", "diplome")
    _, rows = read(tmp_path / "tableaux" / "facteurs.csv")
    assert {r["facteur"] for r in rows} == {"mobilite", "formation"}
    book = openpyxl.load_workbook(tmp_path / "tableaux" / "diagnostic.xlsx")
    sheet = book["Profils"]
    first = {cell.value: sheet.cell(2, cell.column) for cell in sheet[1]}
    assert (first["Profil"].value, first["Rang"].value) == ("Retraités", 1)
    assert (first["Score"].value, first["Score"].number_format) == (90, "#,##0.0")
    assert first["Profil dominant"].value == "oui"
    last = {cell.value: sheet.cell(sheet.max_row, cell.column).value for cell in sheet[1]}
    assert last["Indicateurs manquants"] == "Sans diplôme"
    assert last["Score"] is None
    assert book["Facteurs"]["D2"].value == "Mobilité"


def test_a_value_at_the_floor_is_written_with_its_status(toy: Territory, tmp_path: Path) -> None:
    run = toys.run(toy, {"at": 2})
    values = run.needs.values.assign(value=5.0, status="sous_seuil")
    run = dataclasses.replace(run, needs=dataclasses.replace(run.needs, values=values))
    write_tables(run, tmp_path)
    _, rows = read(tmp_path / "tableaux" / "besoins.csv")
    assert {(r["valeur"], r["statut"]) for r in rows} == {("5", "sous_seuil")}


def test_at_most_ten_is_an_estimation_in_the_workbook(toy: Territory, tmp_path: Path) -> None:
    run = toys.run(toy, {"at": 2})
    key = run.needs.values["indicator"].iloc[0]
    for floor, words in (
        (5.0, "estimé, au plus cette valeur"),
        (None, "sous le seuil de diffusion"),
    ):
        values = run.needs.values.assign(value=10.0, status="sous_seuil")
        values = values[values["indicator"] == key]
        one = Indicator(id=key, label="Taux", unit="%", kind="taux", floor=floor)
        told = dataclasses.replace(
            run,
            needs=dataclasses.replace(run.needs, values=values),
            indicators=run.indicators | {key: one},
        )
        write_tables(told, tmp_path)
        sheet = openpyxl.load_workbook(tmp_path / "tableaux" / "diagnostic.xlsx")["Besoins"]
        at = [cell.value for cell in sheet[1]].index("Statut") + 1
        assert {sheet.cell(i, at).value for i in range(2, sheet.max_row + 1)} == {words}


def test_the_sheet_of_indicators_when_the_run_says_them(toy: Territory, tmp_path: Path) -> None:
    counts = {"publie": 1, "sous_seuil": 0, "secret": 2, "non_disponible": 0, "absent": 0}
    row = {"fichier": "besoin/a.csv", "indicateur": "x", "libelle": "X", "unite": "%",
           "maille": "epci", "millesime": "2019", "zones": 3, **counts, "estime": 0}  # fmt: skip
    write_tables(dataclasses.replace(toys.run(toy), held=pd.DataFrame([row])), tmp_path)
    sheet = openpyxl.load_workbook(tmp_path / "tableaux" / "diagnostic.xlsx")["Indicateurs"]
    first = {cell.value: sheet.cell(2, cell.column).value for cell in sheet[1]}
    assert (first["Zones"], first["Secret statistique"], first["Maille"]) == (3, 2, "EPCI")
    assert not {"publie", "libelle"} & set(first)


def test_the_columns_of_duplicates_are_those_merging_gives() -> None:
    assert frames.DUPLICATE_COLUMNS == DUPLICATE_COLUMNS
