"""Tables that tell access further: their headers, their sheets, what provenance says of them."""

import csv
import dataclasses
import json
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

import toys
from cartoallier.access.further import MEASURES
from cartoallier.model import (
    BASKET_COLUMNS,
    CALIBRATION_COLUMNS,
    FLAG_COLUMNS,
    MEASURE_COLUMNS,
    RELIABILITY_COLUMNS,
    VARIANT_COLUMNS,
    AccessParameters,
    Calibration,
    Run,
    Territory,
)
from cartoallier.outputs.provenance import write_provenance
from cartoallier.outputs.tables import write_tables
from cartoallier.outputs.tables.measures import (
    LEXICON_COLUMNS,
    MEASURE_HEADINGS,
    ROW,
    WIDE_COLUMNS,
    by_measure,
    wide_measures,
)
from cartoallier.outputs.tables.workbook import HEADINGS

CALIBRATION = ["classe", "trajets", "propre", "detour", "vitesse_kmh", "rapport_p10",
               "rapport_p50", "rapport_p90"]  # fmt: skip
TABLES = {
    "mesures": [*ROW, *MEASURES, "precisions"],
    "fiabilite": list(RELIABILITY_COLUMNS[:-1]),
    "essais": ["theme", "essai"],
    "signalements": list(FLAG_COLUMNS),
    "paniers": list(BASKET_COLUMNS),
    "variantes": list(VARIANT_COLUMNS),
    "calibration": CALIBRATION,
}
SHEETS = ["Mesures d’accès", "Fiabilité", "Essais", "Variantes", "Paniers",
          "À vérifier sur la route", "Calage sur les routes"]  # fmt: skip
WHOLE = ("departement", "99", "Jouet", "entier")
EPCI = ("epci", "100000001", "=CC Ouest", "entier")
COMMUNE = ("commune", "99001", "Aval", "entier")


def read(path: Path) -> tuple[list[str], list[dict[str, str]]]:
    rows = csv.DictReader(path.read_text("utf-8").splitlines())
    return list(rows.fieldnames or []), list(rows)


def calibration() -> Calibration:
    rows = [(12, True, 1.3456, 51.2, 0.8, 1.0, 1.25), (40, False, 1.2, 48.0, 0.9, 1.0, 1.1)]
    table = pd.DataFrame(
        rows,
        columns=["pairs", "own", "detour", "speed_kmh", "residual_p10", "residual_p50",
                 "residual_p90"],
        index=["moins de 30 hab./km²", "ensemble"],
    )  # fmt: skip
    return Calibration(table=table[list(CALIBRATION_COLUMNS)], limit_km=30)


def told(territory: Territory) -> Run:
    """A run with every table of access filled by hand."""
    measures = pd.DataFrame(
        [
            ("accueil", "ensemble", *zone, measure, value, unit, precision)
            for zone in (WHOLE, EPCI, COMMUNE)
            for measure, value, unit, precision in (
                ("duree_mediane", 12.3456, "min", ""),
                ("part_hors_seuil_sans_voiture", 0.25, "part", "vélo à 15 km/h"),
                ("gini_duree", 0.123456, "indice de 0 à 1", ""),
            )
        ],
        columns=list(MEASURE_COLUMNS),
    )
    measures.loc[4, "valeur"] = float("nan")
    reliability = pd.DataFrame(
        [
            ("accueil", *zone, "indicatif", "=le rang change", 0.5, 0.25, 0.75, 1, 1, 2, 2, "a | b")
            for zone in (EPCI, COMMUNE)
        ],
        columns=list(RELIABILITY_COLUMNS),
    )
    flags = pd.DataFrame(
        [("accueil", "99001", "Aval", "99001", 100.0, "trajet très détourné", 2.5, "", "@x")],
        columns=list(FLAG_COLUMNS),
    )
    baskets = pd.DataFrame(
        [("emploi_et_garde", *WHOLE, 1000.0, 2, 2, 1.5, 0.5, float("nan"))],
        columns=list(BASKET_COLUMNS),
    )
    variants = pd.DataFrame(
        [("seuil 15 min", "accueil", "ensemble", *WHOLE, 1000.0, 10.0, 15.0, 9.3, 9.3, 0.6, 0.0,
          -60.0, 600.0, 0.0, -600.0)],
        columns=list(VARIANT_COLUMNS),
    )  # fmt: skip
    return dataclasses.replace(
        toys.run(territory, {"at": 2}),
        method="Modèle : temps de route.",
        measures=measures,
        reliability=reliability,
        flags=flags,
        baskets=baskets,
        basket_labels={"emploi_et_garde": "Emploi et garde"},
        variants=variants,
        variant_words={"seuil 15 min": "seuil de 15 minutes au lieu de 10"},
        calibration=calibration(),
    )


@pytest.mark.parametrize("name", list(TABLES))
def test_without_a_row_there_is_a_header_and_no_sheet(
    toy: Territory, tmp_path: Path, name: str
) -> None:
    write_tables(toys.run(toy), tmp_path)
    assert read(tmp_path / "tableaux" / f"{name}.csv") == (TABLES[name], [])
    book = openpyxl.load_workbook(tmp_path / "tableaux" / "diagnostic.xlsx")
    assert not set(SHEETS) & set(book.sheetnames)


def test_the_files_say_what_the_run_says(toy: Territory, tmp_path: Path) -> None:
    write_tables(told(toy), tmp_path)
    rows = {}
    for name, columns in TABLES.items():
        found, rows[name] = read(tmp_path / "tableaux" / f"{name}.csv")
        assert found == columns
    whole, epci, commune = rows["mesures"]
    assert (whole["maille"], epci["maille"], commune["maille"]) == (
        "departement",
        "epci",
        "commune",
    )
    assert (whole["duree_mediane"], whole["gini_duree"]) == ("12.35", "0.1235")
    assert whole["part_hors_seuil_sans_voiture"] == "0.25"
    assert epci["part_hors_seuil_sans_voiture"] == whole["indice_acces"] == ""
    assert whole["precisions"] == "part_hors_seuil_sans_voiture\u00a0: vélo à 15 km/h"
    assert epci["nom"] == rows["fiabilite"][0]["nom"] == "'=CC Ouest"
    assert rows["fiabilite"][0]["motif"] == "'=le rang change"
    assert [row["essai"] for row in rows["essais"]] == ["a", "b"], "once, whatever the zones"
    assert rows["signalements"][0]["explication"] == "'@x"
    assert (rows["paniers"][0]["moyenne"], rows["paniers"][0]["part_aucune"]) == ("1.5", "")
    variant = rows["variantes"][0]
    assert (variant["difference_points"], variant["difference_population"]) == ("-60", "-600")
    assert (variant["part_hors_seuil_base"], variant["duree_min_base"]) == ("0.6", "9.3")
    assert rows["calibration"][0] == {
        "classe": "moins de 30 hab./km²", "trajets": "12", "propre": "true", "detour": "1.346",
        "vitesse_kmh": "51.2", "rapport_p10": "0.8", "rapport_p50": "1",
        "rapport_p90": "1.25",
    }  # fmt: skip


def test_sheets_for_people(toy: Territory, tmp_path: Path) -> None:
    write_tables(told(toy), tmp_path)
    book = openpyxl.load_workbook(tmp_path / "tableaux" / "diagnostic.xlsx")
    assert [name for name in book.sheetnames if name in SHEETS] == SHEETS
    for name in SHEETS:
        heads = [str(cell.value) for cell in book[name][1]]
        assert not [head for head in heads if "_" in head], heads
        assert all(head[0].isupper() for head in heads), heads
    sheet = book["Mesures d’accès"]
    assert sheet.max_row == 3, "no commune"
    first = {str(cell.value): sheet.cell(2, cell.column) for cell in sheet[1]}
    median = first["Durée médiane (min)"]
    assert (median.value, median.number_format) == (12.346, "#,##0.0")
    on_foot = first["Part hors seuil, sans voiture"]
    assert (on_foot.value, on_foot.number_format) == (0.25, "0.0%")
    assert first["Précisions"].value == "Part hors seuil, sans voiture\u00a0: vélo à 15 km/h"
    second = {str(cell.value): sheet.cell(3, cell.column).value for cell in sheet[1]}
    assert second["Part hors seuil, sans voiture"] is None
    assert book["Paniers"]["A2"].value == "Emploi et garde"
    rank = book["Fiabilité"]["K2"]
    assert (rank.value, rank.number_format) == (1, "#,##0")
    roads = book["Calage sur les routes"]
    assert (roads["C2"].value, roads["D2"].value) == ("oui", 1.346)
    assert roads["D2"].number_format == "General"


def test_read_me_tells_method_variants_and_where_communes_are(
    toy: Territory, tmp_path: Path
) -> None:
    write_tables(told(toy), tmp_path)
    book = openpyxl.load_workbook(tmp_path / "tableaux" / "diagnostic.xlsx")
    said = "\n".join(str(cell.value) for row in book["Lisez-moi"] for cell in row)
    said = said.replace("\u00a0", " ")
    assert "Modèle : temps de route." in said
    assert "seuil 15 min : seuil de 15 minutes au lieu de 10" in said
    assert "les communes sont dans tableaux/mesures.csv" in said
    assert "vol d’oiseau" not in said


def test_straight_lines_without_roads_give_their_hypotheses(toy: Territory, tmp_path: Path) -> None:
    write_tables(dataclasses.replace(toys.run(toy), method="Modèle : lignes."), tmp_path)
    book = openpyxl.load_workbook(tmp_path / "tableaux" / "diagnostic.xlsx")
    said = "\n".join(str(cell.value) for row in book["Lisez-moi"] for cell in row)
    said = said.replace("\u00a0", " ")
    assert "Modèle : lignes. Deux hypothèses : favorable 90 km/h" in said


def test_every_measure_has_its_heading() -> None:
    assert set(MEASURES) <= set(MEASURE_HEADINGS)
    named = set().union(*TABLES.values())
    assert named <= set(HEADINGS)


def test_the_lexicon_says_each_measure_its_unit_and_where(toy: Territory, tmp_path: Path) -> None:
    write_tables(told(toy), tmp_path)
    columns, rows = read(tmp_path / "tableaux" / "mesures_lexique.csv")
    assert columns == list(LEXICON_COLUMNS)
    assert [row["mesure"] for row in rows] == list(MEASURES)
    by_name = {row["mesure"]: row for row in rows}
    assert by_name["duree_mediane"] == {
        "mesure": "duree_mediane",
        "libelle": "durée médiane jusqu’au lieu le plus proche",
        "unite": "min",
        "mailles": "departement | epci | commune",
    }
    assert by_name["indice_acces"]["mailles"] == "", "this run does not measure it"


def test_a_zone_without_any_measure_keeps_its_row() -> None:
    table = pd.DataFrame(
        [("a", "12_25", *zone, measure, value, unit, precision)
         for zone, words in ((WHOLE, "=a"), (COMMUNE, ""))
         for measure, value, unit, precision in (
             ("lieux_15_min", 1.0 if zone == WHOLE else float("nan"), "lieux", ""),
             ("duree_mediane", 2.5 if zone == WHOLE else float("nan"), "min", words),
         )],
        columns=list(MEASURE_COLUMNS),
    )  # fmt: skip
    wide = wide_measures(table)
    assert tuple(wide.columns) == WIDE_COLUMNS
    assert wide["code"].tolist() == ["99", "99001"]
    assert wide.loc[0, ["duree_mediane", "lieux_15_min"]].tolist() == [2.5, 1.0]
    assert wide.loc[1, list(MEASURES)].isna().all()
    assert wide["precisions"].fillna("").tolist() == ["duree_mediane\u00a0: =a", ""]


def test_the_sheet_of_measures_keeps_publics_apart() -> None:
    table = pd.DataFrame(
        [
            ("a", public, "departement", "99", "Jouet", "entier", measure, value, "min", "")
            for public, measure, value in (
                ("ensemble", "duree_p90", 1.0), ("12_25", "duree_p90", 2.0),
                ("12_25", "inconnue", 3.0),
            )
        ],
        columns=list(MEASURE_COLUMNS),
    )  # fmt: skip
    sheet = by_measure(table)
    assert sheet["public"].tolist() == ["ensemble", "12_25"]
    assert sheet["duree_p90"].tolist() == [1.0, 2.0]
    assert sheet["inconnue"].isna().tolist() == [True, False]


def test_the_workbook_has_the_same_bytes(toy: Territory, tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_tables(told(toy), tmp_path / name)
    one, two = (tmp_path / name / "tableaux" / "diagnostic.xlsx" for name in "ab")
    assert one.read_bytes() == two.read_bytes()


def test_provenance_tells_engine_calibration_and_variants(toy: Territory, tmp_path: Path) -> None:
    run = dataclasses.replace(told(toy), parameters=AccessParameters(engine="route"))
    content = json.loads(write_provenance(run, tmp_path).read_text("utf-8"))
    assert content["parametres"]["moteur"] == "route"
    assert content["methode"] == "Modèle : temps de route."
    assert [row["classe"] for row in content["calibration"]] == ["moins de 30 hab./km²", "ensemble"]
    assert content["calibration"][0]["propre"] is True
    assert content["calibration"][0]["detour"] == pytest.approx(1.3456)
    assert content["variantes"] == {"seuil 15 min": "seuil de 15 minutes au lieu de 10"}
    bare = json.loads(write_provenance(toys.run(toy), tmp_path).read_text("utf-8"))
    assert not {"calibration", "variantes", "methode"} & set(bare)


def test_a_calibration_without_journeys_is_null(toy: Territory, tmp_path: Path) -> None:
    table = calibration().table.assign(detour=float("nan"))
    run = dataclasses.replace(told(toy), calibration=Calibration(table=table, limit_km=30))
    content = json.loads(write_provenance(run, tmp_path).read_text("utf-8"))
    assert content["calibration"][0]["detour"] is None
