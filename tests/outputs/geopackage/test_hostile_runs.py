"""Runs out of the ordinary: hostile names, nothing to show, overseas, secrets, full disks."""

import dataclasses
import sqlite3
import struct
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely
from shapely import box

import toys
from cartoallier.errors import OutputError
from cartoallier.model import NEEDS_COLUMNS, Indicator, Needs, Run, Status, Territory
from cartoallier.model.finding import SourceRecord
from cartoallier.model.zoning import Zoning
from cartoallier.outputs.geopackage import write_geopackage, writer
from cartoallier.outputs.geopackage.names import coverage_layers
from cartoallier.outputs.geopackage.places import PROTECTED, generalised, kinds, services
from cartoallier.outputs.geopackage.zones import merge
from cartoallier.outputs.maps.sites import SHAPES, _shape
from cartoallier.supply.generalising import DESK, SHELTER
from gis_tools import ogrinfo, validate

HOSTILE = ("a\"b'c; DROP TABLE x--", "A\"B'C; drop table X--", "é\u202egpj\n\x00[]`", "couverture")
SHAPE_OF = {
    "permanent": "cercle", "permanence": "losange", "itinerant": "triangle", "commune": "carre"
}  # fmt: skip


def themed(run: Run, keys: tuple[str, ...]) -> Run:
    """The run, its theme repeated under other keys."""
    theme, coverage, summary = run.themes[0], run.coverages["accueil"], run.summaries["accueil"]
    themes = tuple(dataclasses.replace(theme, key=key, short_title=key) for key in keys)
    coverages = {
        key: dataclasses.replace(coverage, theme=key, table=coverage.table.assign(theme=key))
        for key in keys
    }
    return dataclasses.replace(
        run, themes=themes, coverages=coverages, summaries=dict.fromkeys(keys, summary)
    )


def test_hostile_names_are_only_names(toy: Territory, tmp_path: Path) -> None:
    run = themed(toys.run(toy, {"at": 2, "name": HOSTILE[0]}), HOSTILE)
    values = run.needs.values
    one = values[values["level"] == "commune"]
    needs = pd.concat([one.assign(indicator=key) for key in (*HOSTILE, f"{HOSTILE[0]}_statut")])
    run = dataclasses.replace(run, needs=dataclasses.replace(run.needs, values=needs))
    path = write_geopackage(run, tmp_path)
    done = validate(path)
    assert done.returncode == 0, done.stdout + done.stderr
    names = [name for name, _ in pyogrio.list_layers(path)]
    views = [name for name in names if name.startswith("couverture_")]
    assert len(views) == 2 * len(HOSTILE)
    assert len({name.casefold() for name in names}) == len(names)
    for name in names:
        pyogrio.read_dataframe(path, layer=name)
        assert "\x00" not in name
        assert "\u202e" not in name
    assert len(pyogrio.read_dataframe(path, layer=views[0])) == 3
    wide = pyogrio.read_dataframe(path, layer="besoins_communes")
    assert len(wide.columns) == 3 + 2 * 5
    with closing(sqlite3.connect(path)) as base:
        assert base.execute("SELECT count(DISTINCT theme) FROM couverture").fetchone() == (4,)


def test_a_run_with_nothing_to_show(toy: Territory, tmp_path: Path) -> None:
    empty = pd.DataFrame(columns=list(NEEDS_COLUMNS)).astype(NEEDS_COLUMNS)
    run = toys.run(toy)
    needs = Needs(empty, run.needs.weights, run.needs.weight_labels)
    path = write_geopackage(dataclasses.replace(run, needs=needs), tmp_path)
    assert validate(path).returncode == 0
    assert pyogrio.read_info(path, layer="besoins")["features"] == 0
    assert pyogrio.read_info(path, layer="besoins_communes")["fields"].tolist() == ["code", "nom"]
    info = pyogrio.read_info(path, layer="services")
    types = dict(zip(info["fields"], info["ogr_types"], strict=True))
    assert types["date_maj"] == "OFTDate", "typed even without a row"


def test_a_run_without_any_theme(toy: Territory, tmp_path: Path) -> None:
    run = dataclasses.replace(toys.run(toy), themes=(), coverages={}, summaries={})
    path = write_geopackage(run, tmp_path)
    assert validate(path).returncode == 0
    assert pyogrio.read_info(path, layer="couverture")["features"] == 0


def test_overseas_keeps_its_legal_projection(toy: Territory, tmp_path: Path) -> None:
    crs = "EPSG:2975"
    territory = dataclasses.replace(
        toy,
        departement_code="974",
        communes=toy.communes.set_crs(crs, allow_override=True),
        origins=toy.origins.set_crs(crs, allow_override=True),
        boundary=toy.boundary.set_crs(crs, allow_override=True),
    )
    path = write_geopackage(toys.run(territory), tmp_path)
    assert pyogrio.read_info(path, layer="couverture_accueil_communes")["crs"] == crs
    assert validate(path).returncode == 0


def test_two_epci_may_have_one_name(toy: Territory, tmp_path: Path) -> None:
    zones = toy.zones.assign(name=toy.zones["name"].replace({"CC Est": "CC Ouest"}))
    path = write_geopackage(toys.run(dataclasses.replace(toy, zones=zones)), tmp_path)
    epci = pyogrio.read_dataframe(path, layer="couverture_accueil_epci")
    assert epci["nom"].tolist() == ["CC Ouest", "CC Ouest"]
    assert epci["code"].tolist() == ["100000001", "100000002"]
    assert epci["population"].tolist() == [400, 600]


def test_communes_without_outline_keep_their_row(toy: Territory, tmp_path: Path) -> None:
    communes = toy.communes.copy()
    communes.loc["99002", "geometry"] = None
    communes.loc["99002", "outline"] = "absent"
    path = write_geopackage(
        toys.run(dataclasses.replace(toy, communes=communes), {"at": 2}), tmp_path
    )
    drawn = pyogrio.read_dataframe(path, layer="couverture_accueil_communes").set_index("code")
    assert drawn.geometry.isna().tolist() == [False, True, False]
    assert drawn.loc["99002", "population"] == 300
    assert validate(path).returncode == 0


def test_communes_that_share_a_polygon_do_not_cancel_out() -> None:
    square = box(0, 0, 1, 1)
    shapes = gpd.GeoSeries([square, square, box(1, 0, 2, 1), None, box(5, 5, 6, 6)], crs=2154)
    merged = merge(shapes, pd.Series(["a", "a", "a", "b", "c"]))
    assert merged.index.tolist() == ["a", "c"]
    assert merged["a"].equals(box(0, 0, 2, 1))


def test_outlines_that_overlap_are_merged_all_the_same() -> None:
    shapes = gpd.GeoSeries([box(0, 0, 2, 1), box(1, 0, 3, 1)], crs=2154)
    assert merge(shapes, pd.Series(["a", "a"]))["a"].equals(box(0, 0, 3, 1))


def test_neighbours_are_there_without_a_figure(toy: Territory, tmp_path: Path) -> None:
    path = write_geopackage(toys.run(toy), tmp_path)
    around = pyogrio.read_dataframe(path, layer="territoire_voisinage")
    assert list(around.columns) == ["code", "nom", "geometry"]
    assert around["code"].tolist() == ["98"]
    assert around.geometry[0].area == pytest.approx(16e6)


def test_kinds_of_places_are_those_of_the_web_maps(toy: Territory, tmp_path: Path) -> None:
    rows = [
        {"at": at, "itinerant": itinerant, "precision": precision, "weekly_hours": hours}
        for at, (itinerant, precision, hours) in enumerate(
            (itinerant, precision, hours)
            for itinerant in (False, True)
            for precision in ("adresse", "commune")
            for hours in (None, 13.9, 14.0)
        )
    ]
    run = toys.run(toy, *rows)
    records = run.services.records
    drawn = [_shape(row) for row in records.to_dict("records")]
    assert [SHAPE_OF[kind] for kind in kinds(records)] == drawn
    assert set(drawn) == set(SHAPES)
    layer = pyogrio.read_dataframe(write_geopackage(run, tmp_path), layer="services")
    assert layer["type_lieu"].tolist() == kinds(records).tolist()


def test_a_place_says_whether_it_is_inside(toy: Territory, tmp_path: Path) -> None:
    run = toys.run(
        toy,
        {"at": 2, "updated_on": "2024-07-31"},
        {"at": 14, "updated_on": None},
        {"at": 3, "themes": (), "commune_code": "98001"},
        {"at": 4, "themes": (), "updated_on": "hier"},
    )
    layer = pyogrio.read_dataframe(write_geopackage(run, tmp_path), layer="services")
    inside = [None if pd.isna(one) else bool(one) for one in layer["dans_departement"]]
    assert inside == [True, False, False, None]
    assert [str(day)[:10] for day in layer["date_maj"]] == ["2024-07-31", "NaT", "NaT", "NaT"]


def secret(zone: str, name: str = SHELTER, **more: object) -> dict[str, object]:
    return {"confidential": True, "generalised": zone, "name": name, **more}


def test_secret_places_are_counted_where_none_can_be_singled_out(
    toy: Territory, tmp_path: Path
) -> None:
    run = toys.run(
        toy,
        secret("epci:100000001", place="p1"),
        secret("epci:100000001", place="p1"),
        secret("epci:100000001", name=DESK),
        secret("epci:100000002"),
        secret("departement:98"),
        secret("", name="Rue du Secret"),
    )
    assert generalised(run).values.tolist() == [
        ["epci", "100000001", PROTECTED, 2],  # the one left is told nowhere
    ]
    layer = pyogrio.read_dataframe(write_geopackage(run, tmp_path), layer="services_generalises")
    assert layer["nom"].tolist() == ["CC Ouest"]
    assert layer.geometry.area.tolist() == pytest.approx([32e6])


def test_places_too_few_for_their_zone_are_counted_in_the_departement(toy: Territory) -> None:
    one, other = secret("epci:100000001"), secret("epci:100000002")
    assert generalised(toys.run(toy, one, other)).values.tolist() == [
        ["departement", "99", SHELTER, 2]
    ]
    assert generalised(toys.run(toy, one)).empty
    assert generalised(toys.run(toy, secret("departement:99"))).empty


def test_services_name_themes_of_the_run_only(toy: Territory) -> None:
    run = toys.run(
        toy,
        {"at": 2, "themes": ("ailleurs", "accueil")},
        {"at": 3, "themes": ("ailleurs",)},
    )
    assert services(run)["themes"].tolist() == ["accueil", ""]


def test_a_bar_never_stands_in_the_name_of_a_layer(toy: Territory) -> None:
    run = toys.run(toy)
    theme = dataclasses.replace(run.themes[0], key="a|b")
    names = coverage_layers(dataclasses.replace(run, themes=(theme,)))
    assert set(names.values()) == {"couverture_a_b_communes", "couverture_a_b_epci"}


def test_nothing_secret_is_in_any_byte(toy: Territory, tmp_path: Path) -> None:
    """Neither of a protected service nor of one that answers a sensitive theme only."""
    private = {"address": "3 rue Cachée", "phone": "0470999999", "hours": "nuit de Zyxwa"}
    run = toys.run(
        toy,
        {"at": 2, "address": "1 place Ouverte"},
        {"at": None, "confidential": True, "name": SHELTER, **private},
        {"at": 6.123, "themes": ("refuge",), "name": "Zyxwa", **private},
        {"at": 7.456, "themes": ("refuge", "accueil"), "phone": "0470888888"},
    )
    path = write_geopackage(dataclasses.replace(run, sensitive=frozenset({"refuge"})), tmp_path)
    held = path.read_bytes()
    assert b"1 place Ouverte" in held
    for word in ("rue Cachée", "0470999999", "0470888888", "Zyxwa", "refuge"):
        for coding in ("utf-8", "utf-16-le", "latin-1"):
            assert word.encode(coding) not in held, word
    point = shapely.Point(700_000 + 6123, 6_602_000)
    for written in (shapely.to_wkb(point)[5:], struct.pack("<d", point.x), b"706123"):
        assert written not in held
    with closing(sqlite3.connect(path)) as base:
        assert base.execute("PRAGMA freelist_count").fetchone() == (0,)
        assert base.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert base.execute("PRAGMA foreign_key_check").fetchall() == []


def test_what_was_deleted_on_the_way_is_in_no_page(toy: Territory, tmp_path: Path) -> None:
    path = write_geopackage(toys.run(toy), tmp_path)
    with writer.opened(path, stamp="2024-08-01T00:00:00.000Z") as container:
        container.base.execute("CREATE TABLE passing (word TEXT)")
        container.base.executemany(
            "INSERT INTO passing VALUES (?)", [("3 rue Cachée" * 50,) for _ in range(500)]
        )
        container.base.execute("DROP TABLE passing")
    assert "rue Cachée".encode() not in path.read_bytes()


def test_zonings_are_a_layer_when_there_are_some(toy: Territory, tmp_path: Path) -> None:
    areas = gpd.GeoDataFrame(
        {"code": ["QP1", "QP2"], "name": ["Quartier d'en haut", "Là-bas"], "communes": [(), ()]},
        geometry=[box(700_000, 6_600_000, 701_000, 6_601_000), None],
        crs=toy.crs,
    )
    source = SourceRecord(path="z.gpkg", label="QPV", format="zonage", sha256="0")
    zoning = Zoning(name="QPV", areas=areas, source=source, whole_communes=False, communes=())
    run = dataclasses.replace(toys.run(toy), zonings=(zoning,))
    layer = pyogrio.read_dataframe(write_geopackage(run, tmp_path), layer="zonages")
    assert layer[["nom", "code", "libelle"]].values.tolist() == [
        ["QPV", "QP1", "Quartier d'en haut"],
        ["QPV", "QP2", "Là-bas"],
    ]
    assert validate(tmp_path / writer.FILE_NAME).returncode == 0


def test_a_missing_need_says_why_even_where_no_zone_has_one(toy: Territory, tmp_path: Path) -> None:
    run = toys.run(toy)
    values = run.needs.values.assign(value=np.nan, status=Status.NOT_AVAILABLE.value)
    summary = dataclasses.replace(
        run.summaries["accueil"],
        need_indicator=Indicator(id="part_65_plus", label="65 ans", unit="%", kind="taux"),
    )
    run = dataclasses.replace(
        run,
        needs=dataclasses.replace(run.needs, values=values),
        summaries={"accueil": summary},
    )
    path = write_geopackage(run, tmp_path)
    view = pyogrio.read_dataframe(path, layer="couverture_accueil_communes")
    assert view["besoin"].isna().all()
    assert view["besoin_statut"].tolist() == ["non_disponible"] * 3


def test_a_full_disk_is_told_in_french_and_leaves_nothing(tmp_path: Path) -> None:
    """A limit on the size of files is what a full disk is like."""
    script = f"""
import resource, signal, sys
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, ({{limit}}, resource.RLIM_INFINITY))
from pathlib import Path
from contextlib import closing
import sqlite3
from cartoallier.errors import OutputError
from cartoallier.outputs.geopackage import writer
def write(run, path):
    with closing(sqlite3.connect(path)) as base:
        base.execute("CREATE TABLE t (b BLOB)")
    with writer.opened(path, stamp="") as container:
        container.base.execute("CREATE TABLE u (b BLOB)")
        container.base.execute("INSERT INTO u VALUES (zeroblob(5000000))")
writer._write = write
try:
    writer.write_geopackage(None, Path({str(tmp_path)!r}))
except OutputError as error:
    print(error)
"""
    done = subprocess.run(
        [sys.executable, "-c", script.format(limit=100_000)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "le GeoPackage ne peut pas être écrit" in done.stdout, done.stderr
    assert "place libre" in done.stdout
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_while_gdal_writes(
    toy: Territory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise pyogrio.errors.DataSourceError("sqlite3_exec failed: database or disk is full")

    monkeypatch.setattr(pyogrio, "write_dataframe", full)
    with pytest.raises(OutputError, match="place libre sur le disque"):
        write_geopackage(toys.run(toy), tmp_path)


def test_a_file_another_program_holds(
    toy: Territory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    holders = []

    def held(path: Path, **options: str) -> object:
        holder = sqlite3.connect(path, isolation_level=None)
        holder.execute("BEGIN EXCLUSIVE")
        holders.append(holder)
        return opened(path, **options)

    opened = writer.opened
    monkeypatch.setattr(writer, "opened", held)
    with pytest.raises(OutputError, match="fermez-le dans QGIS"):
        write_geopackage(toys.run(toy), tmp_path)
    holders[0].close()
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_there(toy: Territory, tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"cartoallier\.gpkg : le GeoPackage"):
        write_geopackage(toys.run(toy), tmp_path / "absent")


def test_ogrinfo_reads_a_hostile_view(toy: Territory, tmp_path: Path) -> None:
    path = write_geopackage(themed(toys.run(toy, {"at": 2}), HOSTILE[:1]), tmp_path)
    answer = ogrinfo("-so", str(path), f"couverture_{HOSTILE[0]}_communes")
    assert "Feature Count: 3" in answer
