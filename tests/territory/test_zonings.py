"""Special territories over the toy: three square communes of 4 km, computed by hand."""

from __future__ import annotations

import hashlib
import json
import zipfile
from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest
from shapely import Point, Polygon, box

from cartoallier.errors import SourceError
from cartoallier.model import Territory
from cartoallier.model.zoning import Zoning
from cartoallier.territory import ZoningInput, ZoningReading, read_zonings
from cartoallier.territory.zoning_columns import is_out, year_of

EAST, NORTH, CRS = 700_000, 6_600_000, "EPSG:2154"
HOSTILE = """<img src=x onerror="alert(1)"></script>"""


def km(west: float, south: float, east: float, north: float) -> Polygon:
    return box(EAST + 1000 * west, NORTH + 1000 * south, EAST + 1000 * east, NORTH + 1000 * north)


def layer(rows: list[dict[str, Any]], crs: str | None = CRS) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(rows, geometry="geometry", crs=crs)


def read(path: Path, toy: Territory, **rest: Any) -> ZoningReading:
    given: dict[str, Any] = {"name": "QPV", "path": path, "file": path.name} | rest
    wanted = ZoningInput(**given)
    return read_zonings([wanted], toy)


def only(reading: ZoningReading) -> Zoning:
    assert len(reading.zonings) == 1
    return reading.zonings[0]


def listed(folder: Path, toy: Territory, text: str, **rest: Any) -> ZoningReading:
    path = folder / "frr.csv"
    path.write_text(text, encoding="utf-8")
    return read(path, toy, **({"name": "FRR"} | rest))


def test_a_polygon_across_two_communes(tmp_path: Path, toy: Territory) -> None:
    path = tmp_path / "QP2024.geojson"
    shape = km(3, 1, 5, 2)  # 1 km² in Aval, 1 km² in Bourg
    rows = [{"code_qp": "QN1", "lib_qp": "Les Ailes", "geometry": shape}]
    layer(rows).to_crs(4326).to_file(path, driver="GeoJSON")
    reading = read(path, toy)
    zoning = only(reading)
    assert zoning.areas[["code", "name", "communes"]].to_numpy().tolist() == [
        ["QN1", "Les Ailes", ("99001", "99002")]
    ]
    assert zoning.areas.crs == toy.communes.crs
    assert zoning.areas.geometry.iloc[0].area == pytest.approx(2e6, rel=1e-4)
    assert zoning.communes == ("99001", "99002")
    assert zoning.inhabitants is None, "who lives in a part of a commune is not known"
    assert not zoning.whole_communes
    record = zoning.source
    assert (record.rows_read, record.rows_kept, record.vintage) == (1, 1, "2024")
    assert record.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert reading.sources == (record,)
    assert reading.findings == ()


def test_polygons_are_clipped_and_those_beside_are_counted(tmp_path: Path, toy: Territory) -> None:
    path = tmp_path / "crte.gpkg"
    rows = [
        {"id_crte": "b", "lib_crte": "À cheval", "geometry": km(10, 0, 16, 4)},
        {"id_crte": "a", "lib_crte": "Voisin", "geometry": km(11.9, 0, 16, 4)},  # 100 m inside
        {"id_crte": "c", "lib_crte": "Loin", "geometry": km(20, 0, 24, 4)},
    ]
    layer(rows).to_file(path, driver="GPKG")
    reading = read(path, toy, name="CRTE")
    zoning = only(reading)
    assert zoning.areas["name"].tolist() == ["À cheval"]
    assert zoning.areas.geometry.iloc[0].area == pytest.approx(8e6)
    assert zoning.communes == ("99003",)
    assert zoning.source.dropped == {"hors du département": 2}
    assert (zoning.source.rows_read, zoning.source.rows_kept) == (3, 1)


def test_features_of_one_code_are_one_territory(tmp_path: Path, toy: Territory) -> None:
    path = tmp_path / "qp.fgb"
    rows = [
        {"code_qp": "Q", "lib_qp": HOSTILE, "insee_com": "99001", "geometry": km(3, 1, 4, 2)},
        {
            "code_qp": "Q",
            "lib_qp": HOSTILE,
            "insee_com": "99009, 98001",
            "geometry": km(4, 1, 5, 2),
        },
    ]
    layer(rows).to_file(path, driver="FlatGeobuf")
    zoning = only(read(path, toy))
    assert zoning.areas["name"].tolist() == [HOSTILE]
    assert zoning.areas["communes"].tolist() == [("99001", "99002")], "99009 is 99002 now"
    assert zoning.areas.geometry.iloc[0].area == pytest.approx(2e6)


def test_invalid_and_pointless_features_are_counted(tmp_path: Path, toy: Territory) -> None:
    path = tmp_path / "qp.gpkg"
    bow = Polygon([(EAST, NORTH), (EAST + 2000, NORTH + 2000), (EAST + 2000, NORTH),
                   (EAST, NORTH + 2000)])  # fmt: skip
    rows = [
        {"code_qp": "1", "geometry": bow},
        {"code_qp": "2", "geometry": Point(EAST, NORTH)},
    ]
    layer(rows).to_file(path, driver="GPKG")
    reading = read(path, toy)
    assert only(reading).areas.geometry.is_valid.all()
    assert only(reading).areas.geometry.iloc[0].area == pytest.approx(2e6)
    assert {(one.what, one.value) for one in reading.findings} == {
        ("polygone invalide", "1\xa0objet"),
        ("objet sans polygone", "1\xa0objet"),
    }
    assert only(reading).source.dropped == {"objet sans polygone": 1}


def test_layers_zips_and_projections(tmp_path: Path, toy: Territory) -> None:
    rows = [{"code_qp": "1", "geometry": km(1, 1, 2, 2)}]
    many = tmp_path / "many.gpkg"
    for name in ("hexagone", "réunion"):
        layer(rows).to_file(many, driver="GPKG", layer=name)
    with pytest.raises(SourceError, match=r"plusieurs couches.*hexagone.*réunion"):
        read(many, toy)
    with pytest.raises(SourceError, match="n’est pas dans ce fichier"):
        read(many, toy, layer="x")
    assert only(read(many, toy, layer="hexagone")).communes == ("99001",)

    folder = tmp_path / "shp"
    folder.mkdir()
    layer(rows).to_file(folder / "qp.shp")
    whole, bare = tmp_path / "qp.zip", tmp_path / "bare.zip"
    for path, left in ((whole, ""), (bare, ".prj")):
        with zipfile.ZipFile(path, "w") as packed:
            for part in sorted(folder.iterdir()):
                if part.suffix != left:
                    packed.write(part, f"QP/{part.name}")
    assert only(read(whole, toy)).areas["code"].tolist() == ["1"]
    with pytest.raises(SourceError, match=r"projection.*\.prj"):
        read(bare, toy)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.geojson", "{", "ne peuvent pas être lus"),
        ("a.geojson", '{"type": "FeatureCollection", "features": []}', "aucun"),
        ("a.gpkg", "SQLite format 3\x00 cut short", "ne peuvent pas être lus"),
        ("a.csv", "", "vide|aucune"),
        ("a.csv", "siren_epci;id_crte\n200000001;x\n", "aucune colonne de code de commune"),
    ],
)
def test_files_that_cannot_be_used(
    tmp_path: Path, toy: Territory, name: str, content: str, said: str
) -> None:
    path = tmp_path / name
    path.write_text(content, encoding="utf-8")
    with pytest.raises(SourceError, match=said):
        read(path, toy)


def test_metres_in_a_geojson_are_refused(tmp_path: Path, toy: Territory) -> None:
    ring = [list(point) for point in km(1, 1, 2, 2).exterior.coords]
    feature = {"type": "Feature", "properties": {"code_qp": "1"},
               "geometry": {"type": "Polygon", "coordinates": [ring]}}  # fmt: skip
    path = tmp_path / "qp.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
    with pytest.raises(SourceError, match="ne sont pas des degrés"):
        read(path, toy)


def test_the_official_list_of_frr_names_every_commune(tmp_path: Path, toy: Territory) -> None:
    reading = listed(
        tmp_path,
        toy,
        "Code_insee;Departement;Commune;Classement FRR et FRR+ au 10 juillet 2025\n"
        "99001;99;Aval;FRR socle\n99002;99;Bourg;Non classée\n99003;99;Côte;FRR+\n"
        "98001;98;Delà;FRR+\n75056;75;Paris;Non classée\n",
    )
    zoning = only(reading)
    assert zoning.areas["name"].tolist() == ["FRR socle", "FRR+"]
    assert zoning.communes == ("99001", "99003")
    assert zoning.inhabitants == 100 + 600
    assert zoning.classes
    assert zoning.whole_communes
    assert zoning.source.vintage == "2025"
    assert zoning.source.dropped == {"hors du département": 2, "hors du zonage": 1}
    assert (zoning.source.rows_read, zoning.source.rows_kept) == (5, 2)
    assert reading.findings == ()


def test_the_official_list_of_zrr(tmp_path: Path, toy: Territory) -> None:
    zoning = only(
        listed(
            tmp_path,
            toy,
            "CODGEO,LIBGEO,ZRR_SIMP,ZONAGE_ZRR\n"
            "99001,Aval,C - Classée en ZRR,C - Classée en ZRR\n"
            "99002,Bourg,NC - Commune non classée,NC\n"
            "99003,Côte,P - Commune partiellement classée en ZRR,P\n",
        )
    )
    assert zoning.communes == ("99001", "99003")
    assert zoning.classes


def test_territories_of_whole_communes(tmp_path: Path, toy: Territory) -> None:
    text = "insee_com;lib_com;id_ti;lib_ti\n99002;Bourg;ti-1;Vallée\n99003;Côte;ti-1;Vallée\n"
    zoning = only(listed(tmp_path, toy, text))
    assert zoning.areas[["code", "name", "communes"]].to_numpy().tolist() == [
        ["ti-1", "Vallée", ("99002", "99003")]
    ]
    assert zoning.areas.geometry.iloc[0].area == pytest.approx(32e6)
    assert zoning.inhabitants == 900
    assert not zoning.classes
    assert zoning.named


def test_the_name_of_a_commune_is_not_that_of_a_territory(tmp_path: Path, toy: Territory) -> None:
    zoning = only(listed(tmp_path, toy, "code_insee;nom\n99001;Aval\n99002;Bourg\n"))
    assert zoning.areas["name"].tolist() == ["FRR"]
    assert not zoning.named


def test_flags_and_declared_columns(tmp_path: Path, toy: Territory) -> None:
    text = "c;x;dans\n99001;?;oui\n99002;?;non\n99003;?;1\n"
    zoning = only(listed(tmp_path, toy, text, columns={"code_insee": "c", "nom": "dans"}))
    assert zoning.communes == ("99001", "99003")
    assert zoning.areas["name"].tolist() == ["FRR"]
    with pytest.raises(SourceError, match=r"colonnes\.nom"):
        listed(tmp_path, toy, text, columns={"code_insee": "c", "nom": "absente"})


def test_codes_old_split_and_unreadable(tmp_path: Path, toy: Territory) -> None:
    reading = listed(tmp_path, toy, "code_insee;z\n99009;1\n99010;1\nMoulins;1\n;1\n99888;1\n")
    assert only(reading).communes == ("99002",)
    assert [(one.line, one.what) for one in reading.findings] == [
        (2, "code de commune ancien"),
        (3, "code d'une commune qui a été partagée"),
        (4, "code de commune inconnu"),
        (5, "code de commune absent"),
        (6, "code de commune inconnu"),
    ]
    assert only(reading).source.dropped == {"code de commune illisible": 4}


def test_a_list_of_everything_is_doubted(tmp_path: Path, toy: Territory) -> None:
    reading = listed(tmp_path, toy, "code_insee;statut\n99001;A\n99002;B\n99003;A\n")
    assert only(reading).communes == ("99001", "99002", "99003")
    assert [one.what for one in reading.findings] == [
        "la liste donne toutes les communes du département"
    ]


def test_nothing_here_is_a_finding(tmp_path: Path, toy: Territory) -> None:
    reading = listed(tmp_path, toy, "code_insee;id_ti\n98001;x\n75056;y\n")
    assert reading.zonings == ()
    assert [one.what for one in reading.findings] == [
        "aucun territoire de ce zonage dans le département"
    ]
    assert [one.rows_kept for one in reading.sources] == [0]


def test_communes_without_an_outline_count_and_are_not_drawn(
    tmp_path: Path, toy: Territory
) -> None:
    toy.communes.loc["99001", "outline"] = "absent"
    toy.communes.loc["99001", "geometry"] = None
    reading = listed(tmp_path, toy, "code_insee;z\n99001;1\n")
    zoning = only(reading)
    assert zoning.inhabitants == 100
    assert zoning.areas.geometry.isna().all()
    assert [one.what for one in reading.findings] == ["commune sans contour"]


def test_a_table_has_no_layer(tmp_path: Path, toy: Territory) -> None:
    with pytest.raises(SourceError, match="pas de couche"):
        listed(tmp_path, toy, "code_insee;z\n99001;1\n", layer="x")


@pytest.mark.parametrize(
    ("value", "out"),
    [
        ("Non classée", True),
        ("NC - Commune non classée", True),
        ("Commune non classée", True),
        ("Non bénéficiaire", True),
        ("non", True),
        ("", True),
        ("C - Classée en ZRR", False),
        ("P - Commune partiellement classée en ZRR", False),
        ("FRR socle", False),
        ("FRR bénéficiaire partiellement", False),
        ("Nontronnais", False),
        ("NCA Territoire", False),
    ],
)
def test_classes_that_say_no(value: str, out: bool) -> None:
    assert is_out(value) is out


@pytest.mark.parametrize(
    ("text", "year"),
    [
        ("Classement FRR et FRR+ au 10 juillet 2025", "2025"),
        ("QP2024_France_Hexagonale_Outre_Mer_WGS84", "2024"),
        ("liste-20240801", "2024"),
        ("diffusion-zonages-zrr-cog2021", ""),
        ("zrr_COG-2021", ""),
        ("crte", ""),
        ("120245", ""),
    ],
)
def test_years_of_names(text: str, year: str) -> None:
    assert year_of(text) == year
