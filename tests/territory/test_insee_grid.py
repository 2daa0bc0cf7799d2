"""The INSEE grid: layouts of every year, communes of cells, population points, hostile files."""

import functools
import zipfile

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Transformer

from cartoallier.errors import SourceError, TerritoryError
from cartoallier.model import Passage
from cartoallier.territory import Grid, load_country, load_territory, read_insee_grid, shipped
from cartoallier.territory.cell_communes import find_owners
from cartoallier.territory.insee_cells import COUNTS, read_cells

MOULINS, VICHY, MONTLUCON = (3.333, 46.565), (3.426, 46.127), (2.603, 46.340)
SEA = (-6.5, 47.5)


@pytest.fixture(scope="module")
def country():
    return load_country()


@functools.cache
def to_cells(epsg):
    return Transformer.from_crs(4326, epsg, always_xy=True)


def cell(place, *, epsg=3035, side=200):
    """The id of the cell a point in degrees falls in."""
    east, north = to_cells(epsg).transform(*place)
    return f"CRS{epsg}RES{side}mN{int(north // side) * side}E{int(east // side) * side}"


def table(*rows, header="idcar_200m,i_est_200,lcog_geo,ind,men,men_pauv"):
    return "\n".join([header, *rows]) + "\n"


def write(tmp_path, text, name="carreaux_2019.csv", encoding="utf-8"):
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode(encoding))
    return path


def read(path, country, **options):
    return read_insee_grid(path, file=path.name, country=country, **options)


def said(findings):
    """How many findings of each observation."""
    return pd.Series([one.what for one in findings], dtype="str").value_counts().to_dict()


TWO = table(
    f"{cell(MOULINS)},0,03190,120.5,60,9.5",
    f"{cell(VICHY)},1,03310,10,5,0",
)

# ------------------------------------------------------------------------- layouts


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        (TWO, "utf-8"),
        (TWO, "utf-8-sig"),
        (TWO.replace("\n", "\r\n"), "utf-8"),
        (TWO.replace(".", "#").replace(",", ";").replace("#", ","), "utf-8"),
        (TWO.replace(",", "\t"), "utf-8"),
        (
            TWO.replace("idcar_200m,i_est_200", "Idcar_200m,I_est_200").replace("ind", "Ind"),
            "utf-8",
        ),
        (
            TWO.replace("idcar_200m,i_est_200,lcog_geo", "IdINSPIRE,I_est_cr,Depcom").replace(
                "ind,men,men_pauv", "Ind,Men,Men_pauv"
            ),
            "utf-8",
        ),
        (
            "".join(f'"{line.replace(",", chr(34) + "," + chr(34))}"\n' for line in TWO.split()),
            "utf-8",
        ),
    ],
)
def test_every_year_writes_the_same_cells(tmp_path, country, text, encoding):
    grid = read(write(tmp_path, text, encoding=encoding), country)
    frame = grid.frame
    assert frame.index.tolist() == [2, 3]
    assert grid.counts == ["ind", "men", "men_pauv"]
    assert frame["ind"].tolist() == [120.5, 10]
    assert frame["men_pauv"].tolist() == [9.5, 0]
    assert frame["imputed"].tolist() == [False, True]
    assert frame["commune_code"].tolist() == ["03190", "03310"]
    assert grid.record.vintage == "2019"
    assert (grid.record.rows_read, grid.record.rows_kept, grid.record.dropped) == (2, 2, {})
    assert len(grid.record.sha256) == 64
    imputed = [one for one in grid.findings if "imputés" in one.what]
    assert [one.value for one in imputed] == [
        "1\u00a0carreau, 10\u00a0habitants (50,0\u202f% des carreaux)"
    ]


def test_the_point_is_the_centre(tmp_path, country):
    text = table("CRS3035RES200mN2692000E3823400,0,,1,1,0")
    frame = read(write(tmp_path, text), country).frame
    assert frame[["x", "y", "side", "epsg"]].to_numpy().tolist() == [[3823500, 2692100, 200, 3035]]
    text = table(
        "CRS3035RES1000mN2692000E3823000,0,,1,1,0",
        header="idcar_1km,i_est_1km,lcog_geo,ind,men,men_pauv",
    )
    frame = read(write(tmp_path, text), country).frame
    assert frame[["x", "y"]].to_numpy().tolist() == [[3823500, 2692500]]


def as_layer(path, text, *, layer="carreaux_200m_met"):
    """Write the rows of a CSV as squares in a GeoPackage, numbers as numbers."""
    rows = pd.read_csv(path.parent / "carreaux_2019.csv", dtype={"lcog_geo": "str"})
    place = rows["idcar_200m"].str.extract(r"N(\d+)E(\d+)").astype("float64")
    squares = shapely.box(place[1], place[0], place[1] + 200, place[0] + 200)
    gpd.GeoDataFrame(rows, geometry=squares, crs=3035).to_file(path, layer=layer)
    return path


def test_a_geopackage_says_the_same(tmp_path, country):
    csv = read(write(tmp_path, TWO), country)
    path = as_layer(tmp_path / "carreaux_2019.gpkg", TWO)
    gpkg = read(path, country)
    assert gpkg.frame.index.tolist() == [1, 2]
    pd.testing.assert_frame_equal(
        gpkg.frame.reset_index(drop=True), csv.frame.reset_index(drop=True)
    )
    near = read_cells(path, file="x", columns=("ind",), extent=(3.3, 46.5, 3.4, 46.6))
    assert (near.rows_read, near.frame["ind"].tolist()) == (1, [120.5])


def test_the_layer_that_has_cells_is_read(tmp_path, country):
    write(tmp_path, TWO)
    path = tmp_path / "carreaux_2019.gpkg"
    gpd.GeoDataFrame({"a": [1]}, geometry=[shapely.Point(0, 0)], crs=3035).to_file(path, layer="a")
    as_layer(path, TWO, layer="met")
    as_layer(path, TWO, layer="reun")
    grid = read(path, country)
    assert len(grid.frame) == 2
    other = [one for one in grid.findings if "autre couche" in one.what]
    assert [one.value for one in other] == ["reun"]


# ------------------------------------------------------------------------- communes


def test_the_commune_insee_gives_wins_over_the_centre(tmp_path, country):
    text = table(
        f"{cell(MOULINS)},0,03321,1,1,0",  # Yzeure, next door
        f"{cell(VICHY)},0,0331003321,2,1,0",  # two: the centre decides
        f"{cell(MONTLUCON)},0,,3,1,0",  # none: the centre
        f"{cell(SEA)},0,0300103190,4,1,0",  # several, and the centre is nowhere: the first
    )
    path = write(tmp_path, text)
    assert read(path, country).frame["commune_code"].tolist() == [
        "03321",
        "03310",
        "03185",
        "03001",
    ]
    forced = read(path, country, trust_codes=False).frame["commune_code"].tolist()
    assert forced == ["03190", "03310", "03185", "03001"]


def test_old_codes_are_followed(tmp_path, country):
    text = table(
        f"{cell(MOULINS)},0,03123,1,1,0",  # merged into 03158
        f"{cell(MOULINS, side=200)[:-6]}{int(cell(MOULINS)[-6:]) + 200:06d},0,0312303158,1,1,0",
    )
    codes = read(write(tmp_path, text), country).frame["commune_code"].tolist()
    assert codes == ["03158", "03158"]


def test_arrondissements_of_paris_and_overseas(tmp_path, country):
    paris, saint_denis, fort = (2.335, 48.862), (55.45, -20.89), (-61.07, 14.61)
    text = table(
        f"{cell(paris)},0,75101,1,1,0",
        f"{cell((2.38, 48.85))},0,,2,1,0",
        f"{cell(saint_denis, epsg=2975)},0,97411,3,1,0",
        f"{cell(fort, epsg=5490)},0,,4,1,0",
        f"{cell((-52.32, 4.93), epsg=2972)},0,,5,1,0",
    )
    frame = read(write(tmp_path, text), country).frame
    assert frame["place_code"].tolist() == ["75101", "75112", "97411", "97209", "97302"]
    assert frame["commune_code"].tolist() == ["75056", "75056", "97411", "97209", "97302"]


def test_a_shore_cell_goes_to_the_nearest_commune_and_the_open_sea_to_none(tmp_path, country):
    island = shipped.communes(["29"]).to_crs(3035).geometry["29155"]  # Ouessant
    west, south, _, north = island.bounds
    tip = next(
        y
        for y in np.arange(south // 200 * 200, north, 200)
        if 20 < shapely.Point(west // 200 * 200 - 100, y + 100).distance(island) < 290
    )
    shore = f"CRS3035RES200mN{int(tip)}E{int(west // 200 * 200 - 200)}"
    text = table(f"{shore},0,,1,1,0", f"{cell(SEA)},0,,7,1,0", f"{cell(MOULINS)},0,,1,1,0")
    grid = read(write(tmp_path, text), country)
    assert grid.frame["commune_code"].tolist() == ["29155", "03190"]
    assert grid.record.dropped == {"carreaux hors de toute commune": 1}
    lost = next(one for one in grid.findings if one.what == "carreaux hors de toute commune")
    assert (lost.line, lost.value) == (3, "1\u00a0carreau, 7\u00a0habitants")


@pytest.fixture(scope="module")
def polygons():
    communes = shipped.communes(["03", "63", "42", "71", "58", "18", "23"]).to_crs(3035)
    return communes[communes.geometry.notna()].sort_index()


@settings(max_examples=20, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 400), st.integers(0, 400)), min_size=1, max_size=60))
def test_the_centre_is_in_the_polygon_of_its_commune(polygons, places):
    cells = pd.DataFrame(
        {
            "epsg": 3035,
            "side": 200,
            "x": [3_780_100.0 + 200 * i for i, _ in places],
            "y": [2_580_100.0 + 200 * j for _, j in places],
            "listed": pd.Categorical([None] * len(places), categories=pd.Index([], dtype="str")),
        }
    )
    owners = find_owners(cells, passage=Passage({}))
    points = shapely.points(cells["x"], cells["y"])
    for point, owner in zip(points, owners.owner, strict=True):
        holding = polygons.index[shapely.intersects(polygons.geometry.to_numpy(), point)]
        assert owners.places[owner] == holding.min()


# ------------------------------------------------------------------------- odd rows


def test_odd_rows_are_counted_and_told(tmp_path, country):
    text = table(
        f"{cell(MOULINS)},0,03190,s,60,9.5",
        "",
        f"{cell(VICHY)},0,03310,10,-5,",
        "CRS3035RES200mN12E,0,03310,10,5,1",
        f"{cell(VICHY).replace('CRS3035', 'CRS2154')},0,03310,10,5,1",
        ",0,03310,10,5,1",
        f"{cell(MONTLUCON)},0,03185",
        f"{cell(MONTLUCON)},0,03185,8,4,abc",
        f"{cell((2.7, 46.4))},0,03185,8,inf,2",
    )
    grid = read(write(tmp_path, text), country)
    assert grid.frame.index.tolist() == [2, 4, 9, 10]
    assert grid.record.rows_read == 8
    assert grid.record.dropped == {
        "identifiant de carreau illisible": 2,
        "projection inconnue dans l'identifiant du carreau": 1,
        "la ligne n'a pas autant de colonnes que l'en-tête": 1,
    }
    told = {(one.what, one.line, one.column, one.value) for one in grid.findings}
    assert told >= {
        ("nombre secret", 2, "ind", "s"),
        ("nombre négatif", 4, "men", "-5"),
        ("ce n'est pas un nombre", 4, "men_pauv", ""),
        ("identifiant de carreau illisible", 5, "idcar_200m", "CRS3035RES200mN12E"),
        ("identifiant de carreau illisible", 7, "idcar_200m", ""),
        ("la ligne n'a pas autant de colonnes que l'en-tête", 8, "", ""),
        ("ce n'est pas un nombre", 9, "men_pauv", "abc"),
        ("ce n'est pas un nombre", 10, "men", "inf"),
    }
    assert np.isnan(grid.frame.loc[2, "ind"])
    assert np.isnan(grid.frame.loc[4, "men"])
    assert grid.hidden.to_numpy().tolist() == [[2, "ind"]]


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252"])
def test_accents_do_not_stop_the_reading(tmp_path, country, encoding):
    text = table(f"{cell(MOULINS)},0,é,1,1,0", "Créteil,0,,1,1,0", "né,0,1,é")
    grid = read(write(tmp_path, text, encoding=encoding), country)
    assert grid.frame["commune_code"].tolist() == ["03190"]
    told = [one.value for one in grid.findings if "illisible" in one.what]
    assert told == ["Créteil"]


def test_repeated_cells(tmp_path, country):
    same = f"{cell(MOULINS)},0,03190,12,6,1"
    text = table(same, same, f"{cell(VICHY)},0,03310,1,1,0", f"{cell(VICHY)},0,03310,2,1,0")
    text += table(f"{cell(MONTLUCON)},0,03185,3,1,0").split("\n", 1)[1]
    grid = read(write(tmp_path, text), country)
    assert grid.frame.index.tolist() == [2, 6]
    assert grid.record.dropped == {
        "carreau répété à l'identique": 1,
        "carreau répété avec d'autres nombres": 2,
    }
    assert said(grid.findings)["carreau répété avec d'autres nombres"] == 2


def test_the_twenty_first_of_a_kind_are_told(tmp_path, country):
    bad = [f"rien{i},0,03190,1,1,0" for i in range(50)]
    grid = read(write(tmp_path, table(f"{cell(MOULINS)},0,03190,1,1,0", *bad)), country)
    told = [one for one in grid.findings if one.what == "identifiant de carreau illisible"]
    assert len(told) == 21
    assert told[-1].value == "30 autres lignes"
    assert grid.record.dropped["identifiant de carreau illisible"] == 50


def test_a_file_that_counts_too_few_people_says_so(tmp_path, country):
    grid = read(write(tmp_path, TWO), country)
    short = [one for one in grid.findings if "moins de la moitié" in one.what]
    assert [one.value.split()[0] for one in short] == ["03190", "03310"]


def test_a_year_is_told_or_asked_for(tmp_path, country):
    path = write(tmp_path, TWO, name="carreaux_200m_met.csv")
    grid = read(path, country)
    assert grid.record.vintage == ""
    assert "le fichier ne dit pas l'année de ses données" in said(grid.findings)
    assert read(path, country, vintage="2021").record.vintage == "2021"


# ---------------------------------------------------------------------- refused files


def swapped(text):
    return (
        pd.Series(text.split("\n"))
        .str.replace(r"N(\d+)E(\d+)", r"N\2E\1", regex=True)
        .str.cat(sep="\n")
    )


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "vide"),
        (b"PK\x03\x04rest", "compressé"),
        (b"7z\xbc\xaf\x27\x1c", "décompressez"),
        (b"PAR1....", "Parquet"),
        (b"\x00\x00\x27\x0a\x00", "Shapefile"),
        (b"\x89\x00\x01\x02", "format inconnu"),
        (b"SQLite format 3\0 and then nothing", "GeoPackage est abîmé"),
        (table("1,2", header="idcar_20m,ind"), r"idcar_200m\) ; colonnes présentes : idcar_20m"),
        (table("1,2", header="code,ind"), "colonnes présentes : code, ind"),
        (table(cell(MOULINS), header="idcar_200m"), "aucune colonne d'effectifs"),
        (table(f"{cell(MOULINS)},1,2", header="idcar_200m,ind,IND"), "deux fois"),
        (table("a,0,03190,1,1,1", "b,0,03190,1,1,1"), "ligne 2.*illisible : « a »"),
        (table(header="idcar_200m,ind"), "aucune ligne"),
        (TWO[:-8], "s'arrête au milieu"),
        (TWO + f"{cell(MONTLUCON, side=1000)},0,03185,1,1,0\n", "1 000 m"),
        (swapped(TWO), "N et E sont sans doute inversés"),
        (swapped(TWO).replace("03190", "").replace("03310", ""), "inversés"),
        (TWO.replace("CRS3035", "CRS2975"), "projection"),
        ("idcar_200m,ind\n".encode("utf-16"), "format inconnu"),
    ],
)
def test_hostile_files_are_refused_in_french(tmp_path, country, content, message):
    sqlite = isinstance(content, bytes) and content.startswith(b"SQLite")
    path = write(tmp_path, content, name="carreaux_2019.gpkg" if sqlite else "carreaux_2019.csv")
    with pytest.raises(SourceError) as error:
        read(path, country)
    plain = str(error.value).replace("\u00a0", " ").replace("\u202f", " ")
    assert path.name in plain
    assert pd.Series([plain]).str.contains(message)[0], plain


def test_a_missing_file_and_a_folder_are_refused(tmp_path, country):
    for path in (tmp_path / "rien.csv", tmp_path):
        with pytest.raises(SourceError, match="n'existe pas"):
            read(path, country)


def test_a_zip_is_refused_whatever_its_name(tmp_path, country):
    path = tmp_path / "carreaux.csv"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.csv", TWO)
    with pytest.raises(SourceError, match="décompressez"):
        read(path, country)


def test_a_truncated_geopackage_is_refused(tmp_path, country):
    write(tmp_path, table(*[f"{cell((2.5 + i / 300, 46.4))},0,,1,1,0" for i in range(300)]))
    path = as_layer(tmp_path / "grand.gpkg", TWO)
    content = path.read_bytes()
    for share in (0.2, 0.5, 0.8):
        path.write_bytes(content[: int(len(content) * share)])
        with pytest.raises(SourceError, match=r"abîmé|colonne|couche"):
            read(path, country)


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=300))
def test_bytes_never_bring_a_traceback(tmp_path_factory, junk):
    path = tmp_path_factory.mktemp("junk") / "carreaux.csv"
    path.write_bytes(TWO.encode() + junk)
    try:
        cells = read_cells(path, file="carreaux.csv")
    except SourceError:
        return
    assert set(cells.frame.columns) >= {"x", "y", "ind"}
    assert (cells.frame[[c for c in COUNTS if c in cells.frame]].fillna(0) >= 0).all(axis=None)


# ---------------------------------------------------------------- as population points


def test_cells_replace_the_town_halls(tmp_path):
    text = table(
        f"{cell(MOULINS)},0,03190,120.5,60,9.5",
        f"{cell(VICHY)},1,03310,10,5,0",
        f"{cell(MONTLUCON)},0,03185,0,0,0",
        f"{cell((2.35, 48.85))},0,75104,1000,400,10",
        f"{cell((3.0, 46.3))},0,,s,1,0",
        "rien,0,03190,1,1,0",
    )
    grid = Grid(path=write(tmp_path, text), format="carreaux-insee")
    territory = load_territory("03", neighbourhood_km=0, grid=grid)
    origins = territory.origins
    assert territory.gridded
    assert origins.index.tolist() == ["point:2", "point:3"]
    assert origins["commune_code"].tolist() == ["03190", "03310"]
    assert origins["population"].tolist() == [120.5, 10]
    assert origins["position"].tolist() == ["point", "point"]
    assert "imputés par l'Insee\u00a0: 1 (10 hab.)" in territory.vintage
    assert "non comptés\u00a0: 2" in territory.vintage
    centre = Transformer.from_crs(3035, 2154, always_xy=True)
    place = cell(MOULINS)
    north, east = place.split("mN")[1].split("E")
    x, y = centre.transform(int(east) + 100, int(north) + 100)
    assert origins.geometry.iloc[0].distance(shapely.Point(x, y)) < 0.1


def test_the_commune_insee_gives_a_cell_is_that_of_its_point(tmp_path):
    text = table(f"{cell(MOULINS)},0,03321,12,6,1", f"{cell(VICHY)},0,03123,12,6,1")
    grid = Grid(path=write(tmp_path, text), format="carreaux-insee")
    territory = load_territory("03", neighbourhood_km=0, grid=grid)
    assert territory.origins["commune_code"].tolist() == ["03321", "03158"]


def test_a_grid_from_elsewhere_is_refused(tmp_path):
    text = table(f"{cell((2.35, 48.85))},0,75104,1000,400,10")
    grid = Grid(path=write(tmp_path, text), format="carreaux-insee")
    with pytest.raises(SourceError, match="étendue du territoire"):
        load_territory("03", neighbourhood_km=0, grid=grid)
    text = table(f"{cell(MOULINS)},0,03190,0,0,0")
    grid = Grid(path=write(tmp_path, text), format="carreaux-insee")
    with pytest.raises(TerritoryError, match="aucun point habité"):
        load_territory("03", neighbourhood_km=0, grid=grid)
