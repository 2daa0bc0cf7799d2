"""README_SIG.md and the layers in other formats: true to the GeoPackage beside them."""

import dataclasses
import json
import re
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyarrow.parquet as pq
import pyogrio
import pytest
import shapely

import toys
from cartoallier.errors import OutputError
from cartoallier.model import Run, Territory
from cartoallier.outputs.formats import FORMATS, file_name, parse_formats, write_formats
from cartoallier.outputs.geopackage import write_geopackage
from cartoallier.outputs.handover import LINES, write_handover
from gis_tools import ogrinfo
from whole_run import whole_run

EVERY = tuple(FORMATS)


@pytest.fixture
def whole(toy: Territory, with_scores: Callable[[Run], Run]) -> Run:
    return whole_run(toy, with_scores)


@pytest.fixture
def folder(whole: Run, tmp_path: Path) -> Path:
    write_geopackage(whole, tmp_path)
    return tmp_path


def test_the_readme_is_true_to_the_file(whole: Run, folder: Path) -> None:
    path = write_handover(whole, folder)
    text = path.read_text(encoding="utf-8")
    assert path.name == "README_SIG.md"
    assert "Document de travail, ne vaut pas engagement" in text
    assert "Données de démonstration, fictives" in text
    with closing(sqlite3.connect(folder / "cartoallier.gpkg")) as base:
        layers = [name for (name,) in base.execute("SELECT table_name FROM gpkg_contents")]
        columns = {
            column
            for layer in layers
            if layer not in {"layer_styles", "besoins_communes", "besoins_epci"}
            for (column,) in base.execute("SELECT name FROM pragma_table_info(?)", (layer,))
        }
    for layer in layers:
        if not re.match("couverture_|layer_styles", layer):
            assert f"| `{layer}` |" in text
    for kind in ("communes", "epci", "<découpage>"):
        assert f"| `couverture_<thème>_{kind}` |" in text
    missing = [column for column in columns if f"| `{column}` |" not in text]
    assert all(column.startswith("rang_") for column in missing), missing
    assert "| `part_65_plus` | oui |  | Part des 65 ans et plus (%), 2021 |" in text
    assert "| `accueil` | A0.0 Accueil | 10\u00a0min |" in text
    assert "(EPSG:2154)" in text
    assert "ODbL" in text
    assert "Atlas des EPCI" in text


def test_each_meaning_is_told_once(whole: Run, folder: Path) -> None:
    lines = write_handover(whole, folder).read_text(encoding="utf-8").splitlines()
    rows = [line for line in lines if line.startswith("| `")]
    assert len(set(rows)) == len(rows)
    assert sum(line.startswith("| `duree_min` |") for line in lines) == 1
    assert sum(line.startswith("| `population` |") for line in lines) == 5
    assert sum(line.startswith("| `besoin` |") for line in lines) == 1


def test_tables_have_as_many_cells_as_columns(whole: Run, folder: Path) -> None:
    cells = 0
    for line in write_handover(whole, folder).read_text(encoding="utf-8").splitlines():
        if line.startswith("|"):
            now = len(re.findall(r"(?<!\\)\|", line))
            assert cells in {0, now}, line
            cells = now
        else:
            cells = 0


def test_it_tells_of_what_stands_beside(whole: Run, folder: Path) -> None:
    alone = write_handover(whole, folder).read_text(encoding="utf-8")
    assert "`tableaux/classes.csv`" not in alone
    assert "`cartoallier.qgz`" not in alone
    assert "--formats" in alone
    (folder / "cartoallier.qgz").write_bytes(b"")
    (folder / "tableaux").mkdir()
    (folder / "tableaux" / "classes.csv").write_text("")
    write_formats(whole, folder, ["geojson"])
    beside = write_handover(whole, folder).read_text(encoding="utf-8")
    assert "`tableaux/classes.csv`" in beside
    assert "`cartoallier.qgz`" in beside
    assert "GeoJSON (RFC 7946), WGS 84, six décimales" in beside
    assert "GeoParquet" not in beside


def test_many_indicators_give_way(whole: Run, folder: Path) -> None:
    values = whole.needs.values
    one = values[(values["level"] == "commune") & (values["perimeter"] == "entier")]
    many = pd.concat([one.assign(indicator=f"indicateur_{i}") for i in range(120)])
    needs = dataclasses.replace(whole.needs, values=many)
    run = dataclasses.replace(whole, needs=needs)
    write_geopackage(run, folder)
    text = write_handover(run, folder).read_text(encoding="utf-8")
    assert len(text.splitlines()) <= LINES
    kept = len(re.findall(r"^\| `indicateur_\d+`", text, flags=re.MULTILINE))
    assert kept > 20
    assert f"Et {120 - kept} autres" in text


def test_names_of_others_stay_in_their_cell(toy: Territory, tmp_path: Path) -> None:
    rude = "a|b`<script>\n# [x](y)\u202e"
    run = toys.run(toy, {"at": 2})
    theme = dataclasses.replace(run.themes[0], key=rude, title=rude)
    coverage = dataclasses.replace(
        run.coverages["accueil"],
        theme=rude,
        table=run.coverages["accueil"].table.assign(theme=rude),
    )
    source = dataclasses.replace(run.sources[0], label=rude)
    run = dataclasses.replace(
        run,
        themes=(theme,),
        coverages={rude: coverage},
        summaries={rude: run.summaries["accueil"]},
        sources=(source,),
    )
    write_geopackage(run, tmp_path)
    text = write_handover(run, tmp_path).read_text(encoding="utf-8")
    assert "\u202e" not in text
    assert not re.search(r"(?<!\\)<script", text)
    assert "\n# [x]" not in text
    written = write_formats(run, tmp_path, EVERY)
    assert all(path.parent == tmp_path / "sig" for path in written)
    assert all(re.fullmatch(r"[A-Za-z0-9_-]+\.(fgb|parquet|geojson)", p.name) for p in written)
    assert len({path.name for path in written}) == len(written)


def test_without_a_geopackage_it_says_what_to_do(toy: Territory, tmp_path: Path) -> None:
    run = toys.run(toy)
    with pytest.raises(OutputError, match="écrivez-le d’abord"):
        write_handover(run, tmp_path)
    with pytest.raises(OutputError, match="écrivez-le d’abord"):
        write_formats(run, tmp_path, ["geojson"])
    assert write_formats(run, tmp_path, []) == []
    with pytest.raises(OutputError, match="inconnu"):
        write_formats(run, tmp_path, ["shapefile"])


def test_every_layer_is_written_in_every_format(whole: Run, folder: Path) -> None:
    written = write_formats(whole, folder, EVERY)
    drawn = [name for name, kind in pyogrio.list_layers(folder / "cartoallier.gpkg") if kind]
    assert [path.name for path in written] == [
        f"{name}.{suffix}" for suffix in ("fgb", "parquet", "geojson") for name in drawn
    ]
    for name in drawn:
        held = pyogrio.read_dataframe(folder / "cartoallier.gpkg", layer=name)
        flat = gpd.read_file(folder / "sig" / f"{name}.fgb")
        packed = gpd.read_parquet(folder / "sig" / f"{name}.parquet")
        plain = gpd.read_file(folder / "sig" / f"{name}.geojson")
        assert [one.crs.to_epsg() for one in (flat, packed, plain)] == [2154, 2154, 4326]
        for frame in (flat, packed, plain):
            assert len(frame) == len(held)
            assert list(frame.columns) == list(held.columns)
        # FlatGeobuf orders rows for its index
        areas = shapely.area(held.geometry).sum()
        assert shapely.area(flat.geometry).sum() == pytest.approx(areas)
        assert shapely.area(packed.geometry).sum() == pytest.approx(areas)


def test_types_hold_and_missing_stays_missing(whole: Run, folder: Path) -> None:
    write_formats(whole, folder, EVERY)
    features = json.loads((folder / "sig" / "couverture_accueil_communes.geojson").read_text())
    first = features["features"][0]["properties"]
    assert first["lieux"] == 1
    assert isinstance(first["lieux"], int)
    assert first["part_couverte"] is None
    assert "Document de travail" in features["description"]
    services = pq.read_table(folder / "sig" / "services.parquet")
    assert str(services.schema.field("date_maj").type) == "date32[day]"
    assert str(services.schema.field("itinerant").type) == "bool"
    assert str(services.schema.field("id").type) == "string"


def test_geoparquet_is_1_1(whole: Run, folder: Path) -> None:
    write_formats(whole, folder, ["geoparquet"])
    told = pq.read_metadata(folder / "sig" / "territoire_communes.parquet").metadata[b"geo"]
    geo = json.loads(told)
    assert geo["version"] == "1.1.0"
    assert geo["columns"]["geometry"]["crs"]["id"] == {"authority": "EPSG", "code": 2154}
    assert "covering" in geo["columns"]["geometry"]


def test_geojson_follows_rfc_7946(whole: Run, folder: Path) -> None:
    write_formats(whole, folder, ["geojson"])
    path = folder / "sig" / "territoire_communes.geojson"
    found = json.loads(path.read_text())
    assert "crs" not in found
    ring = found["features"][0]["geometry"]["coordinates"][0][0]
    assert shapely.is_ccw(shapely.LinearRing(ring)), "right-hand rule, §3.1.6"
    numbers = re.findall(r"\d+\.(\d+)", json.dumps(ring))
    assert max(map(len, numbers)) <= 6
    assert 2.9 < ring[0][0] < 3.2


def test_flatgeobuf_has_an_index_unless_a_geometry_is_missing(whole: Run, folder: Path) -> None:
    write_formats(whole, folder, ["flatgeobuf"])
    sig = folder / "sig"
    assert "Feature Count: 3" in ogrinfo("-so", "-al", str(sig / "territoire_communes.fgb"))
    assert pyogrio.read_info(sig / "territoire_communes.fgb")["capabilities"]["fast_spatial_filter"]
    bare = pyogrio.read_info(sig / "zonages.fgb")
    assert not bare["capabilities"]["fast_spatial_filter"]
    assert gpd.read_file(sig / "zonages.fgb").geometry.isna().tolist() == [False, True]


def test_the_same_run_gives_the_same_bytes(whole: Run, folder: Path) -> None:
    def once() -> dict[str, bytes]:
        written = [*write_formats(whole, folder, EVERY), write_handover(whole, folder)]
        return {path.name: path.read_bytes() for path in written}

    assert once() == once()


def test_no_secret_goes_out(toy: Territory, tmp_path: Path) -> None:
    hidden = {"name": "Refuge Caché", "confidential": True, "address": "rue Secrète"}
    run = toys.run(toy, {"at": 2}, hidden)
    write_geopackage(run, tmp_path)
    for path in [*write_formats(run, tmp_path, EVERY), write_handover(run, tmp_path)]:
        content = path.read_bytes()
        assert "Caché".encode() not in content
        assert "Secrète".encode() not in content


def test_names_of_files_are_fit_for_any_system() -> None:
    assert file_name("couverture_é/../à b_communes") == "couverture_e_a_b_communes"
    assert file_name("...") == "couche"
    assert len(file_name("x" * 300)) == 120


def test_formats_are_read_from_one_word() -> None:
    assert parse_formats(" GeoJSON, flatgeobuf,geojson,") == ("geojson", "flatgeobuf")
    assert parse_formats("") == ()
    with pytest.raises(OutputError, match=r"kml\s» inconnu.*flatgeobuf.*geojson"):
        parse_formats("geojson,kml")


def test_it_says_where_tables_come_from_and_what_may_be_edited(whole: Run, folder: Path) -> None:
    alone = write_handover(whole, folder).read_text(encoding="utf-8")
    assert "écrits par `cartoallier diagnostic`" in alone
    assert "**les codes, non**" in alone
    assert "- `services` : 0 ligne(s) ont un `code_commune` hors du département" in alone.replace(
        "\u00a0", " "
    )
    (folder / "tableaux").mkdir()
    for name in ("offre", "fiabilite", "couverture", "besoins"):
        (folder / "tableaux" / f"{name}.csv").write_text("")
    beside = write_handover(whole, folder).read_text(encoding="utf-8")
    assert "non par `cartoallier geopackage`" not in beside
    assert "`tableaux/offre.csv`" in beside
