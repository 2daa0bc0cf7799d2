"""One layer per theme: the figures of the CSV, the polygons of the territory, found at once."""

import dataclasses
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pandas as pd
import pyogrio
import pytest

import toys
from cartoallier.model import COVERAGE_COLUMNS, Bivariate, Indicator, Run, Territory
from cartoallier.outputs.geopackage import write_geopackage
from cartoallier.outputs.geopackage.compact import FIGURES, compact
from cartoallier.outputs.geopackage.contents import contents
from cartoallier.outputs.geopackage.views import COMMUNE_FIELDS, ZONE_FIELDS
from cartoallier.outputs.tables.frames import coverage_table, needs_table
from gis_tools import ogrinfo, validate

INDICATOR = Indicator(id="part_65_plus", label="65 ans et plus", unit="%", kind="taux")


def told(run: Run) -> Run:
    """A run whose theme has a need, and a cell of the cross in two communes."""
    cells = (((0, 0), (1, 100), (0, 0)), ((0, 0), (0, 0), (0, 0)), ((0, 0), (0, 0), (1, 300)))
    crossed = Bivariate(
        title_need="65 ans et plus",
        title_access="Durée",
        need_labels=("fort", "moyen", "faible"),
        access_labels=("près", "moyen", "loin"),
        cells=cells,
        position=pd.Series([1, 8, None], index=["99001", "99002", "99003"], dtype="Int64"),
        need_bounds=(12, 18),
        access_bounds=(5, 10),
    )
    summary = run.summaries["accueil"]
    drawn = dataclasses.replace(summary, need_indicator=INDICATOR, bivariate=crossed)
    return dataclasses.replace(run, summaries={"accueil": drawn})


def divided(territory: Territory) -> Territory:
    """The toy with a « découpage » of two zones, one of which goes on beyond the border."""
    rows = {"Bassins: de vie:N": ("N", "Nord"), "Bassins: de vie:S": ("S", "Sud")}
    zones = pd.DataFrame(
        [("Bassins: de vie", code, name, "entier") for code, name in rows.values()],
        columns=["level", "code", "name", "perimeter"],
        index=pd.Index(list(rows), name="zone"),
    )
    zones.loc["Bassins: de vie:S", "perimeter"] = "partie"
    north, south = rows
    members = pd.DataFrame(
        [(north, "99001"), (south, "99002"), (south, "99003")], columns=["zone", "commune_code"]
    )
    return dataclasses.replace(
        territory,
        zones=pd.concat([territory.zones, zones]),
        members=pd.concat([territory.members, members], ignore_index=True),
    )


@pytest.fixture
def run(toy: Territory) -> Run:
    return told(toys.run(divided(toy), {"at": 2}, {"at": 13}))


@pytest.fixture
def written(run: Run, tmp_path: Path) -> Path:
    return write_geopackage(run, tmp_path)


@pytest.fixture
def base(written: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(written)) as connection:
        yield connection


def frame(path: Path, layer: str) -> pd.DataFrame:
    """A layer without its geometry, missing cells alike whatever their type."""
    table = pd.DataFrame(pyogrio.read_dataframe(path, layer=layer, read_geometry=False))
    return table.astype(object).where(table.notna(), None)


def plain(table: pd.DataFrame) -> pd.DataFrame:
    return table.reset_index(drop=True).astype(object).where(table.notna().to_numpy(), None)


def test_coverage_is_the_csv_without_rounding(run: Run, written: Path) -> None:
    table = frame(written, "couverture")
    assert tuple(table.columns) == COVERAGE_COLUMNS
    keys = ["theme", "public", "maille", "code", "perimetre"]
    expected = plain(coverage_table(run)).sort_values(keys, ignore_index=True)
    found = table.sort_values(keys, ignore_index=True)
    pd.testing.assert_frame_equal(found, expected, check_dtype=False, check_column_type=False)


def test_needs_are_the_csv(run: Run, written: Path) -> None:
    pd.testing.assert_frame_equal(
        frame(written, "besoins"),
        plain(needs_table(run)),
        check_dtype=False,
        check_column_type=False,
    )


@pytest.mark.parametrize(
    ("suffix", "level"), [("communes", "commune"), ("epci", "epci"), ("bassins_de_vie", "")]
)
def test_a_theme_has_the_figures_of_the_csv(
    run: Run, written: Path, suffix: str, level: str
) -> None:
    view = pyogrio.read_dataframe(written, layer=f"couverture_accueil_{suffix}")
    fields = COMMUNE_FIELDS if suffix == "communes" else ZONE_FIELDS
    assert tuple(view.columns) == (*fields, "geometry")
    rows = run.coverages["accueil"].rows(level=level or "Bassins: de vie")
    if suffix == "epci":  # the part inside of the one that straddles
        rows = rows[(rows["perimetre"] == "partie") | (rows["code"] == "100000001")]
    rows = rows.set_index("code").loc[view["code"]]
    found = plain(pd.DataFrame(view[["nom", *FIGURES]]))
    pd.testing.assert_frame_equal(found, plain(rows[["nom", *FIGURES]]), check_dtype=False)
    assert view.geometry.notna().all()


def test_need_and_cross_are_beside_the_figures(written: Path) -> None:
    communes = frame(written, "couverture_accueil_communes").set_index("code")
    assert communes["besoin"].tolist() == [10, 20, None]
    assert communes["besoin_statut"].tolist() == ["publie", "publie", "secret"]
    assert communes["croisement"].tolist() == [1, 8, None]
    epci = frame(written, "couverture_accueil_epci").set_index("code")
    assert epci["perimetre"].to_dict() == {"100000001": "entier", "100000002": "partie"}
    assert epci["besoin"].tolist() == [None, None], "only whole zones have a need"
    assert epci["besoin_statut"].tolist() == ["absent", "absent"]


def test_an_epci_is_drawn_inside_the_border(written: Path) -> None:
    epci = pyogrio.read_dataframe(written, layer="territoire_epci_partie").set_index("code")
    assert epci.loc["100000002", "population"] == 600
    assert epci.geometry["100000002"].area == pytest.approx(16e6)
    drawn = pyogrio.read_dataframe(written, layer="couverture_accueil_epci").set_index("code")
    assert drawn.geometry["100000002"].equals(epci.geometry["100000002"])


def test_every_layer_is_told_beforehand(run: Run, written: Path) -> None:
    listed = [one for one in pyogrio.list_layers(written) if one[0] != "layer_styles"]
    assert [entry.name for entry in contents(run)] == [name for name, _ in listed]
    assert [entry.geometry or None for entry in contents(run)] == [kind for _, kind in listed]


def test_gdal_lists_and_validates(run: Run, written: Path) -> None:
    answer = ogrinfo("-so", str(written))
    assert all(f": {entry.name} (" in answer for entry in contents(run))
    assert "couverture_valeurs" not in answer, "tables behind views are no layers"
    done = validate(written)
    assert done.returncode == 0, done.stdout + done.stderr


def test_nobody_counts_the_rows_of_a_view(base: sqlite3.Connection) -> None:
    counts = dict(base.execute("SELECT table_name, feature_count FROM gpkg_ogr_contents"))
    layers = [name for (name,) in base.execute("SELECT table_name FROM gpkg_contents")]
    for name in set(layers) - {"layer_styles"}:
        assert counts[name] == base.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0], name


def test_a_view_has_the_extent_and_type_of_what_it_draws(base: sqlite3.Connection) -> None:
    extents = {
        row[0]: row[1:]
        for row in base.execute(
            "SELECT c.table_name, min_x, min_y, max_x, max_y, c.srs_id, column_name, "
            "geometry_type_name FROM gpkg_contents c JOIN gpkg_geometry_columns USING (table_name)"
        )
    }
    assert extents["couverture_accueil_communes"] == extents["territoire_communes"]
    assert extents["couverture_accueil_epci"] == extents["territoire_epci_partie"]
    assert extents["couverture_accueil_communes"][4:] == (2154, "geom", "MULTIPOLYGON")


def test_gdal_finds_what_a_window_shows_through_the_index(written: Path) -> None:
    window = ["-spat", "700100", "6600100", "700200", "6600200"]
    answer = ogrinfo("-geom=NO", *window, str(written), "couverture_accueil_communes")
    assert "rtree_territoire_communes_geom" in answer
    assert "Feature Count: 1" in answer
    assert "FID Column = fid" in answer


@pytest.mark.parametrize(
    ("sql", "scanned"),
    [
        (
            'SELECT * FROM couverture_accueil_communes m JOIN "rtree_territoire_communes_geom" r '
            "ON m.fid = r.id WHERE r.maxx >= 0 AND r.minx <= 1",
            ["r"],
        ),
        ("SELECT * FROM couverture_accueil_epci", ["t"]),
        ("SELECT * FROM couverture WHERE theme = 'accueil' AND public = 'ensemble'", ["s"]),
        ("SELECT * FROM couverture WHERE fid = 1000001", ["s"]),
        ("SELECT * FROM besoins WHERE fid = 2", []),
    ],
)
def test_joins_are_instant(base: sqlite3.Connection, sql: str, scanned: list[str]) -> None:
    """Only the first table of a query is read through, and never the long one."""
    steps = [row[3] for row in base.execute(f"EXPLAIN QUERY PLAN {sql}")]
    assert [step.split()[1] for step in steps if step.startswith("SCAN")] == scanned, steps


def test_columns_have_types(base: sqlite3.Connection) -> None:
    allowed = {"TEXT", "REAL", "INTEGER", "BOOLEAN", "DATE", "POINT", "MULTIPOLYGON", "MEDIUMINT"}
    for (name,) in base.execute("SELECT table_name FROM gpkg_contents").fetchall():
        if name == "layer_styles":
            continue
        columns = base.execute(f'PRAGMA table_info("{name}")').fetchall()
        assert columns[0][1:3] == ("fid", "INTEGER"), name
        assert {kind for _, _, kind, *_ in columns} <= allowed, name
    kinds = {row[1]: row[2] for row in base.execute("PRAGMA table_info(services)")}
    assert kinds["date_maj"] == "DATE"
    assert kinds["dans_departement"] == kinds["itinerant"] == "BOOLEAN"
    assert kinds["heures_semaine"] == "REAL"


def test_every_table_can_be_edited_and_joined(base: sqlite3.Connection) -> None:
    own = "table_name NOT LIKE 'layer_styles'"
    for (name,) in base.execute(f"SELECT table_name FROM gpkg_contents WHERE {own}").fetchall():
        (kind, sql) = base.execute(
            "SELECT type, sql FROM sqlite_master WHERE name = ?", (name,)
        ).fetchone()
        if kind == "table":
            assert '"fid" INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL' in sql
        keys = [
            [column for _, _, column in base.execute(f'PRAGMA index_info("{index}")')]
            for _, index, unique, *_ in base.execute(f'PRAGMA index_list("{name}")').fetchall()
            if unique
        ]
        keyed = {"services": ["id"], "origines": ["id"]}.get(name, ["code"])
        assert kind == "view" or keyed in keys, name


def test_every_column_has_a_domain_that_holds_its_values(base: sqlite3.Connection) -> None:
    enums: dict[str, set[str]] = {}
    for name, value in base.execute(
        "SELECT constraint_name, value FROM gpkg_data_column_constraints "
        "WHERE constraint_type = 'enum'"
    ):
        enums.setdefault(name, set()).add(value)
    described = base.execute(
        "SELECT table_name, column_name, constraint_name FROM gpkg_data_columns"
    ).fetchall()
    for (name,) in base.execute("SELECT table_name FROM gpkg_contents").fetchall():
        columns = {row[1] for row in base.execute(f'PRAGMA table_info("{name}")')}
        told = {column for table, column, _ in described if table == name}
        assert columns - {"fid", "geom"} == told or name == "layer_styles"
    for table, column, domain in described:
        if domain in enums:
            values = {v for (v,) in base.execute(f'SELECT DISTINCT "{column}" FROM "{table}"')}
            assert values - {None} <= enums[domain], (table, column)


def test_more_zones_than_the_step_still_have_numbers_of_their_own(run: Run) -> None:
    held = compact(run)
    assert dataclasses.replace(held, step=10_000_000).first("accueil") == 10_000_000
    assert held.first("accueil") == held.step > len(held.zones)
    assert held.first("inconnu") is None
