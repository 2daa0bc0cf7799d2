"""National lists, each sample row by row: mednum, Hinaura, France Services, FINESS, BPE."""

import csv
import io
import math

import pandas as pd
import pyproj
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cartoallier.errors import SourceError
from cartoallier.model import Territory
from cartoallier.supply import (
    SupplyInput,
    bpe,
    read_france_services,
    read_supply,
    recognise,
)
from cartoallier.supply.bpe import extract_bpe, read_bpe
from cartoallier.supply.finess import STOCK_COLUMNS, commune_code, read_finess
from cartoallier.supply.mednum import read_mednum
from cartoallier.supply.places import OUT_OF_REACH
from cartoallier.territory import load_territory

NATIONAL = "format-samples/national"
NUMERIQUE = "numerique--maitriser-les-fondamentaux-du-numerique"


def lambert(x: float, y: float, crs: int = 2154) -> tuple[float, float]:
    """Return degrees of a projected pair."""
    return pyproj.Transformer.from_crs(crs, 4326, always_xy=True).transform(x, y)


# mednum


def test_the_official_mednum_example(shared_data) -> None:
    path = shared_data / NATIONAL / "mednum_exemple-valide.csv"
    assert recognise(path, file=path.name) == "mednum"
    frame, findings = read_mednum(path, file=path.name)
    assert frame.index.tolist() == ["mednum--structure-1"]
    row = frame.iloc[0]
    assert (row["name"], row["structure"], row["siret"]) == (
        "Anonymal",
        "Anonymal",
        "43493312300029",
    )
    assert (row["commune_code"], row["postal_code"]) == ("51454", "51100")
    assert row["itinerant"]
    assert row["weekly_hours"] == 41
    assert row["networks"] == ("aidants-connect", "conseillers-numeriques", "croix-rouge")
    assert row["thematics"] == (
        NUMERIQUE,
        "preparer-sa-candidature--organiser-ses-demarches-de-recherche-demploi",
    )
    assert row["typologies"] == ("ASSO", "TIERS_LIEUX")
    assert row["publics"] == ("femmes", "jeunes", "personnes-en-situation-de-handicap")
    assert row["known_as"] == ("mediation-numerique--structure-1",)
    assert row["website"] == "https://www.laquincaillerie.tl/"
    assert findings == []


def test_the_wrong_official_example_is_kept_and_found(shared_data, read, write) -> None:
    # Its coordinates are 500 km from the commune it declares; on the toy territory the declared
    # commune is put in place of Reims.
    text = (shared_data / NATIONAL / "mednum_exemple-valide.csv").read_text("utf-8")
    path = write(text.replace("51454", "99002").replace("51100", "99100"), "m.csv")
    frame, findings, record = read(path)
    assert (record.format, record.rows_read, record.rows_kept) == ("mednum", 1, 1)
    assert frame["precision"].tolist() == ["commune"]
    assert any(f.line == 2 and "km" in f.what + f.action + f.value for f in findings)


def test_charente_stops_are_a_round_with_hours(shared_data) -> None:
    path = shared_data / NATIONAL / "bus-france-services-charente_first5.json"
    assert recognise(path, file=path.name) == "mednum"
    frame, findings = read_mednum(path, file=path.name)
    assert frame["itinerant"].tolist() == [True] * 5
    assert frame["commune_code"].tolist()[:2] == ["16317", "16390"]
    assert frame["structure"].unique().tolist() == ["Emmaus Ruffec"]
    assert frame["siret"].unique().tolist() == ["40109226700020"]
    # Five hours on Mondays of odd weeks only.
    assert frame["weekly_hours"].tolist()[0] == 2.5
    assert frame["stops"].iloc[0] == ("-0.008588|45.952791|2.5|Face à la boulangerie",)
    assert all(len(stops) == 1 for stops in frame["stops"])
    assert findings == []


def test_a_file_of_settings_is_no_list(shared_data) -> None:
    path = shared_data / NATIONAL / "france-services.mednum.config.json"
    with pytest.raises(SourceError, match="liste de lieux"):
        recognise(path, file=path.name)


def test_mednum_provenance_access_and_rounds(write) -> None:
    header = (
        "id,pivot,nom,commune,code_postal,adresse,source,itinerance,services,"
        "dispositif_programmes_nationaux,modalites_acces,modalites_accompagnement,courriels,telephone"
    )
    uuid = "d0b2c1e4-1111-2222-3333-444455556666"
    lines = [
        f"Dora_{uuid}__France-Services_17,00000000000000,A,Moulins,03000,x,,Fixe|Itinérant,"
        "Rafting,France Services,,,,33470000001",
        "12,,B,Moulins,03000,x,Soliguide,Itinérant,,,Ce lieu n'accueille pas de public,,"
        "jean.dupont@gmail.com,+33470000002",
        ",,C,Moulins,03000,x,,,,,,À distance,,",
        ",,Bus numérique,Moulins,03000,x,,,,,,,,",
    ]
    frame, findings = read_mednum(write("\n".join([header, *lines])), file="m.csv")
    assert frame["known_as"].tolist() == [
        (f"dora--{uuid}", "france-services--17", f"mediation-numerique--Dora_{uuid}"
         "__France-Services_17"),
        ("soliguide--12",),
        (),
        (),
    ]  # fmt: skip
    assert frame["siret"].isna().all()
    assert frame["itinerant"].tolist() == [False, True, False, True]
    assert frame["remote"].tolist() == [False, True, True, False]
    assert frame["phone"].iloc[0] == "+33470000001"
    assert pd.isna(frame["phone"].iloc[1])
    assert [(f.line, f.column, f.value) for f in findings] == [(2, "services", "Rafting")]


# Hinaura


@pytest.mark.parametrize(
    ("name", "count"),
    [("hinaura_aura_lieux_mediation_2022.csv", 1171), ("hinaura_allier_2022.gpkg", 53)],
)
def test_hinaura_despite_broken_quoting(shared_data, name: str, count: int) -> None:
    path = shared_data / "hinaura-2022" / name
    assert recognise(path, file=name) == "mednum"
    frame, findings = read_mednum(path, file=name)
    assert len(frame) == count
    allier = frame[frame["postal_code"].str.startswith("03", na=False)]
    assert len(allier) == 53
    assert allier["longitude"].notna().all()
    mazier = allier[allier["name"].str.startswith("Le Mazier")].iloc[0]
    assert mazier["weekly_hours"] == 45
    assert mazier["publics"] == ("familles", "jeunes", "seniors")
    assert NUMERIQUE in mazier["thematics"]
    ebreuil = allier[allier["name"] == "France Services Ebreuil"].iloc[0]
    assert ebreuil["name"]
    broken = {f.column: f.value for f in findings if f.what == "listes mal guillemetées"}
    assert "Publics accueillis" in broken
    assert frame["updated_on"].str[:4].isin(["2021", "2022"]).all()


def test_hinaura_in_json_is_the_same(shared_data, write) -> None:
    path = shared_data / "hinaura-2022" / "hinaura_aura_lieux_mediation_2022.csv"
    with path.open(encoding="utf-8", newline="") as stream:
        records = list(csv.DictReader(stream))
    dump = write(records, "dump.json")
    assert recognise(dump, file="dump.json") == "mednum"
    frame, _ = read_mednum(dump, file="dump.json")
    same, _ = read_mednum(path, file="dump.json")
    assert frame["name"].tolist() == same["name"].tolist()
    assert frame["weekly_hours"].tolist() == pytest.approx(
        same["weekly_hours"].tolist(), nan_ok=True
    )


# France Services


def test_the_three_france_services_of_ebreuil(shared_data) -> None:
    path = shared_data / "france-services-2025" / "liste-fs-20240801.csv"
    frame, _ = read_france_services(path, file="fs.csv")
    ebreuil = frame[frame["commune_code"] == "03107"]
    told = ebreuil[["category", "itinerant"]].apply(tuple, axis=1).to_dict()
    assert told == {
        "france-services--17": ("France Services", False),
        "france-services--2566": ("antenne France Services", False),
        "france-services--3068": ("bus France Services", True),
    }
    assert ebreuil["weekly_hours"].tolist()[:2] == [25.0, 40.0]


def test_weekly_hours_of_fixed_france_services(shared_data) -> None:
    path = shared_data / "france-services-2025" / "liste-fs-20240801.csv"
    frame, findings = read_france_services(path, file="fs.csv")
    fixed = frame.loc[~frame["itinerant"], "weekly_hours"]
    assert len(frame) == 2845
    assert fixed.median() == pytest.approx(29.25, abs=0.5)
    assert fixed.notna().mean() > 0.98
    assert findings == []


def test_france_services_in_a_geopackage(shared_data) -> None:
    path = shared_data / "france-services-2025" / "france_services_allier.gpkg"
    assert recognise(path, file="fs.gpkg") == "france-services"
    frame, _ = read_france_services(path, file="fs.gpkg")
    assert len(frame) == 24
    assert int(frame["itinerant"].sum()) == 3


# FINESS


def stock(*rows: dict[str, str], places: tuple[str, ...] = ()) -> bytes:
    """Write a stock file: first line, establishments, then coordinates."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=";")
    writer.writerow(["finess", "etalab", "96", "2026-05-04"])
    for row in rows:
        writer.writerow([row.get(name, "") for name in STOCK_COLUMNS])
    return (buffer.getvalue() + "\n".join(places)).encode("latin-1")


MOULINS = {
    "typeet": "structureet",
    "nofinesset": "030780100",
    "nofinessej": "030000012",
    "rs": "CMP MOULINS",
    "rslongue": "CENTRE MÉDICO-PSYCHOLOGIQUE DE MOULINS",
    "numvoie": "12",
    "typvoie": "R",
    "voie": "DE LYON",
    "commune": "190",
    "departement": "03",
    "ligneacheminement": "03000 MOULINS CEDEX 9",
    "telephone": "0470350101",
    "categetab": "156",
    "libcategetab": "Centre Médico-Psychologique (C.M.P.)",
    "siret": "26030025500012",
    "libmft": "ARS",
    "datemaj": "2025-11-03",
}
BASSE_TERRE = MOULINS | {
    "nofinesset": "970100012", "commune": "105", "departement": "9A", "categetab": "702",
    "ligneacheminement": "97100 BASSE TERRE", "telephone": "590810101",
}  # fmt: skip


def test_finess_with_and_without_coordinates(write) -> None:
    path = write(stock(MOULINS, BASSE_TERRE), "x.csv")
    assert recognise(path, file="x.csv") == "finess"
    frame, findings = read_finess(path, file="x.csv")
    row = frame.loc["finess--030780100"]
    assert row["name"] == "CENTRE MÉDICO-PSYCHOLOGIQUE DE MOULINS"
    assert (row["commune_code"], row["postal_code"], row["commune_name"]) == (
        "03190",
        "03000",
        "MOULINS",
    )
    assert (row["finess"], row["line"], row["funding"]) == (("156",), 2, "ARS")
    assert row["address"] == "12 R DE LYON"
    assert (row["siret"], row["phone"], row["updated_on"]) == (
        "26030025500012",
        "0470350101",
        "2025-11-03",
    )
    assert frame["commune_code"].tolist() == ["03190", "97105"]
    assert frame["phone"].tolist()[1] == "0590810101"
    assert frame["longitude"].isna().all()
    assert [f.what for f in findings] == ["le fichier n'est pas en UTF-8"]

    placed = write(
        stock(
            MOULINS,
            BASSE_TERRE,
            places=(
                "geolocalisation;030780100;725000.5;6607000.2;1,IGN,LAMBERT_93;2026-05-04",
                "geolocalisation;970100012;641000;1768000;1,IGN,UTM_N20;2026-05-04",
                "geolocalisation;999999999;1;2;3;4",
            ),
        ),
        "y.csv",
    )
    frame, findings = read_finess(placed, file="y.csv")
    assert len(frame) == 2
    points = list(zip(frame["longitude"], frame["latitude"], strict=True))
    assert points[0] == pytest.approx(lambert(725000.5, 6607000.2), abs=1e-6)
    assert points[1] == pytest.approx(lambert(641000, 1768000, 5490), abs=1e-6)
    assert -62 < points[1][0] < -61
    assert "coordonnées d'établissements absents du fichier" in {f.what for f in findings}


def test_finess_without_a_point_goes_to_the_town_hall(write, read) -> None:
    row = MOULINS | {"commune": "002", "departement": "99", "ligneacheminement": "99000 BOURG"}
    frame, _, record = read(write(stock(row), "f.csv"))
    assert (record.format, record.rows_kept, record.licence) == ("finess", 1, "Licence Ouverte 2.0")
    assert frame["precision"].tolist() == ["commune"]
    assert frame["commune_code"].tolist() == ["99002"]


def test_finess_extract_with_a_header(write) -> None:
    path = write(
        "nofinesset;rs;rslongue;categetab;commune;departement;ligneacheminement;telephone;siret;"
        "datemaj\n30780100;PMI;;223;3;3;03000 MOULINS;470350101;x;2025-01-01\n"
    )
    assert recognise(path, file="essai.csv") == "finess"
    frame, _ = read_finess(path, file="essai.csv")
    assert frame.index.tolist() == ["finess--030780100"]
    assert frame["commune_code"].tolist() == ["03003"]
    assert (frame["name"].tolist(), frame["phone"].tolist()) == (["PMI"], ["0470350101"])


@pytest.mark.parametrize(
    ("commune", "departement", "code"),
    [
        ("190", "03", "03190"),
        ("4", "2A", "2A004"),
        ("411", "9D", "97411"),
        ("11", "9F", "97611"),
        ("103", "971", "97103"),
        ("03190", "03", "03190"),
        ("3190", "03", "03190"),
        ("2A004", "2A", "2A004"),
        ("Moulins", "03", ""),
        ("190", "", ""),
    ],
)
def test_finess_commune_codes(commune: str, departement: str, code: str) -> None:
    assert commune_code(commune, departement=departement) == code


def test_finess_ragged_and_strange_rows(write) -> None:
    content = stock(MOULINS).decode("latin-1") + "structureet;030780101;;COURT\nautre;1;2\n"
    frame, findings = read_finess(write(content), file="essai.csv")
    assert len(frame) == 2
    assert {(f.line, f.what) for f in findings} == {
        (3, "la ligne n'a pas 32 cellules"),
        (4, "type de ligne inconnu de FINESS"),
    }


# BPE


def test_bpe_of_both_families(write) -> None:
    path = write(
        "AN;DEPCOM;DEP;TYPEQU;TYPE;LAMBERT_X;LAMBERT_Y;QUALITE_XY\n"
        "2023;03190;03;D201;_Z;725000.5;6607000.2;Bonne\n"
        "2024;03190;03;D265;_Z;725000.5;6607000.2;Bonne\n"
        "2024;03107;03;A128;MO;;;\n"
        "2024;97411;974;D115;LF;338000;7690000;Bonne\n"
        "2024;03107;03;B302;_Z;1;2;Mauvaise\n"
        "2024;03107;03;?;_Z;;;\n"
    )
    assert recognise(path, file="essai.csv") == "bpe"
    frame, findings = read_bpe(path, file="essai.csv")
    assert frame["name"].tolist() == [
        "Médecin généraliste",
        "Médecin généraliste",
        "France Services",
        "Protection maternelle et infantile",
        "Équipement B302",
        "Équipement ?",
    ]
    assert frame["bpe"].tolist()[:4] == [("D201",), ("D265",), ("A128",), ("D115",)]
    assert frame["itinerant"].tolist() == [False, False, True, False, False, False]
    assert frame["updated_on"].tolist()[:2] == ["2023-01-01", "2024-01-01"]
    points = list(zip(frame["longitude"], frame["latitude"], strict=True))
    assert points[0] == pytest.approx(lambert(725000.5, 6607000.2), abs=1e-6)
    assert points[3] == pytest.approx(lambert(338000, 7690000, 2975), abs=1e-6)
    assert math.isnan(points[2][0])
    assert [(f.line, f.what) for f in findings] == [
        (6, "coordonnées projetées impossibles"),
        (7, "code d'équipement qui n'en est pas un"),
    ]


def test_bpe_with_names_and_degrees(write) -> None:
    path = write(
        "AN;NOMRS;NUMVOIE;TYPVOIE;LIBVOIE;CODPOS;DEPCOM;TYPEQU;LAMBERT_X;LAMBERT_Y;LONGITUDE;LATITUDE\n"
        "2024;MEDIATHEQUE;1;PL;DE L'HOTEL DE VILLE;03000;03190;F307;0;0;3.33;46.56\n"
    )
    frame, findings = read_bpe(path, file="essai.csv")
    row = frame.iloc[0]
    assert (row["name"], row["category"]) == ("MEDIATHEQUE", "Bibliothèque")
    assert (row["longitude"], row["latitude"]) == (3.33, 46.56)
    assert row["address"] == "1 PL DE L'HOTEL DE VILLE"
    assert findings == []


# BPE, the whole country: rows let go at the door change nothing


CELLS = {
    "AN": ("2024", "2023", "", "2O24"),
    "NOMRS": ("MEDIATHEQUE", "", "<b>x</b>", "FOYER D'HEBERGEMENT"),
    "LIBCOM": ("Moulins", "Paris", "", "Ajaccio"),
    "CODPOS": ("03000", "75012", "", "97411", "3000"),
    # near, far, renamed, split, overseas, respelt, unknown, none
    "DEPCOM": (
        "03190", "63113", "75056", "13001", "75112", "2A004", "97411", "1001", "75056.0", "2a004",
        "99999", "01015", "",
    ),
    "TYPEQU": ("D201", "D703", "F307", "", "?", " D201", "<b>"),
    "TYPE": ("_Z", "MO"),
}  # fmt: skip
DEGREES = ("3.33", "46.56", "2.35", "48.85", "-46.56", "2,35", "", "0", "x", "nan", "1_0", "55.45")
METRES = ("725000.5", "6607000.2", "652000", "6862000", "338000", "7690000", "725000,5", "", "x")


@pytest.fixture(scope="module")
def allier() -> Territory:
    return load_territory("03")


def facilities(
    point: tuple[str, str], numbers: tuple[str, ...], *, without: frozenset[str] = frozenset()
) -> st.SearchStrategy[str]:
    """Write files of facilities where any cell may be near, far or wrong; rows may be cut."""
    known = {name: values for name, values in CELLS.items() if name not in without}
    columns = [*known, *point]
    cells = [st.sampled_from(values) for values in known.values()]
    row = st.tuples(*cells, *[st.sampled_from(numbers)] * 2).map(";".join)
    odd = st.sampled_from(("", ";;;", "2024;A;Paris", "2024;A;Paris;75012;75056;D201;_Z;1;2;3;4"))
    lines = st.lists(st.one_of(row, row, row, row, odd), min_size=1, max_size=30)
    return lines.map(lambda found: "\n".join([";".join(columns), *found]) + "\n")


@given(
    content=st.one_of(
        facilities(("LONGITUDE", "LATITUDE"), DEGREES),
        facilities(("LAMBERT_X", "LAMBERT_Y"), METRES),
        facilities(("LAMBERT_X", "LAMBERT_Y"), METRES, without=frozenset({"LIBCOM", "CODPOS"})),
        facilities(
            ("LAMBERT_X", "LAMBERT_Y"), METRES, without=frozenset({"AN", "NOMRS", "CODPOS"})
        ),
    )
)
@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_bpe_rows_let_go_at_the_door_change_nothing(
    content: str, write, allier: Territory, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = SupplyInput(path=write(content), file="essai.csv", format="bpe")

    def answer() -> object:
        try:
            return read_supply(source, territory=allier)
        except SourceError as error:
            return str(error)

    early = answer()
    with monkeypatch.context() as whole:
        whole.setattr(bpe, "_certainly_beyond", lambda _: None)
        late = answer()
    if isinstance(late, str):
        assert early == late
        return
    pd.testing.assert_frame_equal(early[0], late[0])
    assert early[1:] == late[1:]


def test_bpe_counts_the_facilities_let_go(write, allier: Territory) -> None:
    header = "AN;LIBCOM;CODPOS;DEPCOM;TYPEQU;LONGITUDE;LATITUDE\n"
    far = "2024;Paris;75012;75056;D201;2.35;48.85\n"
    near = "2024;Moulins;03000;03190;D201;3.33;46.56\n"
    extract = extract_bpe(write(header + far * 50 + near), file="essai.csv", territory=allier)
    # The first of the vintage is read whole: the file's date is its.
    assert (extract.rows_read, extract.left_out, len(extract.frame)) == (51, 49, 2)
    assert extract.frame["line"].tolist() == [2, 52]
    source = SupplyInput(path=write(header + far * 50 + near), file="essai.csv")
    frame, findings, record = read_supply(source, territory=allier)
    assert (record.rows_read, record.rows_kept, record.dropped) == (51, 1, {OUT_OF_REACH: 50})
    assert (record.vintage, findings) == ("2024-01-01", [])
    assert frame["commune_code"].tolist() == ["03190"]


# a column renamed


@pytest.mark.parametrize(
    ("reader", "header", "absent", "near"),
    [
        (read_france_services, "id_fs;lib_fs;format_f;x", "format_fs", "format_f"),
        (read_bpe, "TYPEQUIP;DEPCOM;x", "TYPEQU", "TYPEQUIP"),
        (read_finess, "nofinesset;categ_etab;x", "categetab", "categ_etab"),
        (read_mednum, "nom;adresse_;commune;code_postal", "adresse", "adresse_"),
    ],
)
def test_a_renamed_column_names_the_nearest(
    write, reader: object, header: str, absent: str, near: str
) -> None:
    with pytest.raises(SourceError) as raised:
        reader(write(f"{header}\n1;2;3;4\n"), file="liste.csv")
    assert absent in str(raised.value)
    assert f"«\u00a0{near}\u00a0»" in str(raised.value)


def test_every_hinaura_place_of_allier_is_placed(shared_data) -> None:
    path = shared_data / "hinaura-2022" / "hinaura_aura_lieux_mediation_2022.csv"
    source = SupplyInput(path=path, file=path.name)
    frame, _, record = read_supply(source, territory=load_territory("03"))
    assert (record.format, record.licence) == ("mednum", "ODbL 1.0")
    assert record.rows_read == record.rows_kept + sum(record.dropped.values()) == 1171
    allier = frame[frame["commune_code"].str.startswith("03", na=False)]
    # 53 by their postal code, and the library of Gannat, whose postal code is empty.
    assert allier["postal_code"].str.startswith("03", na=False).sum() == 53
    assert allier.loc[allier["postal_code"].isna(), "commune_code"].tolist() == ["03118"]
    assert (allier["precision"] == "adresse").all()
