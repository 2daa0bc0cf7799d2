"""What a project brings: divisions, grids and outlines, good and hostile."""

import numpy as np
import pandas as pd
import pytest

from cartoallier.errors import TerritoryError
from cartoallier.territory import Division, Grid, load_territory
from cartoallier.territory.divisions import check_names, read_division
from cartoallier.territory.grids import place_points


def load(**options):
    return load_territory("03", neighbourhood_km=0, **options)


@pytest.fixture(scope="module")
def allier():
    return load()


def divide(territory, division):
    inside = territory.communes.index[territory.communes["inside"]]
    return read_division(division, passage=territory.passage, inside=inside)


def spread(territory, grid):
    served = territory.communes.index[territory.communes["inside"]]
    return place_points(grid, communes=territory.communes, served=served, epsg=2154)


def write(tmp_path, text, name="table.csv", encoding="utf-8"):
    path = tmp_path / name
    path.write_bytes(text.encode(encoding))
    return path


# ------------------------------------------------------------------------- divisions


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_a_division_becomes_zones(tmp_path, separator, encoding):
    rows = [
        ("code_insee", "code", "nom"),
        ("03190", "B", "Moulins, «ville»"),
        ("03158", "A", "Centre"),
        ("03123", "A", "Centre"),  # old code, merged into 03158
        ("58104", "B", "Moulins, «ville»"),  # Nièvre
        ("75056", "C", "Ailleurs"),
    ]
    text = "\n".join(separator.join(f'"{cell}"' for cell in row) for row in rows) + "\n\n"
    path = write(tmp_path, text, encoding=encoding)
    territory = load(divisions=[Division(name="UTAS", path=path)])
    zones = territory.zones[territory.zones["level"] == "UTAS"]
    assert zones.index.tolist() == ["UTAS:A", "UTAS:B"]
    assert zones["name"].tolist() == ["Centre", "Moulins, «ville»"]
    assert zones["perimeter"].tolist() == ["entier", "partie"]
    members = territory.members.groupby("zone")["commune_code"].agg(list)
    assert members["UTAS:A"] == ["03158"]
    assert members["UTAS:B"] == ["03190"]
    levels = territory.zones["level"].drop_duplicates().tolist()
    assert levels == ["departement", "arrondissement", "epci", "UTAS", "commune"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "vide"),
        ("code_insee,code\n03190,A\n", "nom"),
        ("code_inse,code,nom\n03190,A,x\n", "code_inse"),
        ("code_insee,code,nom\n3190,A,x\n", "ligne 2"),
        ("code_insee,code,nom\n03190,A,x\n99999,A,x\n", "ligne 3"),
        ("code_insee,code,nom\n03190,,x\n", "« code »"),
        ("code_insee,code,nom\n03190,A,x\n03001,A,y\n", "deux noms"),
        ("code_insee,code,nom\n03190,A,x\n03190,B,y\n", "deux zones"),
        ("code_insee,code,nom\n75056,A,x\n", "aucune commune"),
        ("code_insee,code,nom\n", "aucune commune"),
        ("code_insee,code,nom\n03190,A,x,y,z\n", "colonnes"),
        ("code_insee,code,nom\n03190,A,x\n03001,A,x,y\n", "colonnes"),
        ('code_insee,code,nom\n03190,A,"x\n', "colonnes"),
    ],
)
def test_a_wrong_division_is_refused_in_french(tmp_path, allier, text, said):
    path = write(tmp_path, text)
    with pytest.raises(TerritoryError) as error:
        divide(allier, Division(name="UTAS", path=path))
    assert said in str(error.value).replace("\u00a0", " ")
    assert "table.csv" in str(error.value)


def test_a_division_in_another_encoding_is_refused(tmp_path, allier):
    path = write(tmp_path, "code_insee,code,nom\n03190,A,Côte\n", encoding="cp1252")
    with pytest.raises(TerritoryError, match="UTF-8"):
        divide(allier, Division(name="UTAS", path=path))


def test_a_missing_division_file_is_refused(tmp_path, allier):
    with pytest.raises(TerritoryError, match="n'existe pas"):
        divide(allier, Division(name="UTAS", path=tmp_path / "rien.csv"))
    with pytest.raises(TerritoryError, match="n'existe pas"):
        divide(allier, Division(name="UTAS", path=tmp_path))


@pytest.mark.parametrize("name", ["commune", "EPCI", "Département", " Arrondissement ", "", "utas"])
def test_a_name_already_taken_is_refused(tmp_path, name):
    path = write(tmp_path, "code_insee,code,nom\n03190,A,x\n")
    with pytest.raises(TerritoryError):
        check_names([Division(name="UTAS", path=path), Division(name=name, path=path)])


# ----------------------------------------------------------------------------- grids


def test_a_grid_replaces_the_town_halls(tmp_path):
    text = (
        "lon;lat;ind\n"
        "3,33;46,56;12,5\n"  # Moulins
        "3,43;46,13;7\n"  # Vichy
        "3,43;46,13;0\n"
        "2,35;48,85;1000\n"  # Paris
    )
    grid = Grid(path=write(tmp_path, text), longitude="lon", latitude="lat", population="ind")
    territory = load(grid=grid)
    assert territory.gridded
    assert territory.origins.index.tolist() == ["point:2", "point:3"]
    assert territory.origins["commune_code"].tolist() == ["03190", "03310"]
    assert territory.origins["population"].tolist() == [12.5, 7.0]
    assert territory.origins["area_km2"].isna().all()
    assert territory.origins["name"].tolist() == ["Moulins", "Vichy"]
    assert (territory.origins["commune_code"] == territory.locate(territory.origins.geometry)).all()
    assert "table.csv" in territory.vintage


def test_points_no_commune_holds_are_counted(tmp_path):
    text = "longitude,latitude,population\n-4.49,48.39,5\n-4.95,48.2,3\n"  # Brest, then the sea
    territory = load_territory("29", neighbourhood_km=0, grid=Grid(path=write(tmp_path, text)))
    assert territory.origins["commune_code"].tolist() == ["29019"]
    assert "1 (3 hab.)" in territory.vintage


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ("3.3,46.5,12\nabc,46.5,1\n", "ligne 3"),
        ("3.3,46.5,-1\n", "population"),
        ("3.3,,1\n", "latitude"),
        ("3.3,146.5,1\n", "latitude"),
        ("3.3,46.5,nan\n", "population"),
        ("3.3,46.5,inf\n", "population"),
        ("46.5,3.3,1\n", "inversées"),
        ("", "aucun point"),
        ("3.3,46.5,0\n", "aucun point"),
        ("3,3,46,5,1\n", "colonnes"),
    ],
)
def test_a_wrong_grid_is_refused_in_french(tmp_path, allier, rows, said):
    path = write(tmp_path, "longitude,latitude,population\n" + rows)
    with pytest.raises(TerritoryError) as error:
        spread(allier, Grid(path=path))
    assert said in str(error.value)


def test_a_grid_without_its_column_names_it(tmp_path, allier):
    path = write(tmp_path, "lon,lat,ind\n3.3,46.5,1\n")
    with pytest.raises(TerritoryError, match="longitude"):
        spread(allier, Grid(path=path))


# -------------------------------------------------------------------------- outlines


@pytest.fixture
def drawn(allier):
    own = allier.communes.loc[allier.communes["inside"], ["name", "geometry"]]
    own = own.assign(geometry=own.geometry.simplify(50))
    return own.reset_index().rename(columns={"code": "INSEE_COM"}).to_crs(4326)


@pytest.mark.parametrize("name", ["contours.gpkg", "contours.geojson"])
def test_outlines_replace_the_shipped_ones(tmp_path, allier, drawn, name):
    drawn.to_file(tmp_path / name)
    territory = load(outlines=tmp_path / name)
    assert territory.origins.index.equals(allier.origins.index)
    assert not territory.communes.loc["03190", "geometry"].equals_exact(
        allier.communes.loc["03190", "geometry"], 1
    )
    assert territory.boundary.area.iloc[0] == pytest.approx(allier.boundary.area.iloc[0], rel=1e-3)
    assert name in territory.vintage
    # Origins keep their point; their area is that of the new polygon.
    assert territory.origins.geometry.equals(allier.origins.geometry)
    area = territory.communes.area / 1e6
    assert np.allclose(territory.origins["area_km2"], area.reindex(territory.origins.index))


def test_outlines_of_old_codes_are_united(tmp_path, allier, drawn):
    old = drawn[drawn["INSEE_COM"] == "03158"].assign(INSEE_COM="03123")
    pd.concat([drawn, old], ignore_index=True).to_file(tmp_path / "vieux.gpkg")
    territory = load(outlines=tmp_path / "vieux.gpkg")
    assert territory.origins.index.equals(allier.origins.index)
    assert territory.communes.index.is_unique


def test_outlines_that_lack_communes_are_refused(tmp_path, drawn):
    drawn.iloc[10:].to_file(tmp_path / "court.gpkg")
    with pytest.raises(TerritoryError, match=r"absentes du fichier.: 10 sur 317"):
        load(outlines=tmp_path / "court.gpkg")


def test_hostile_outlines_are_refused(tmp_path, drawn):
    with pytest.raises(TerritoryError, match="n'existe pas"):
        load(outlines=tmp_path / "rien.gpkg")
    junk = write(tmp_path, "ceci n'est pas une carte", "faux.gpkg")
    with pytest.raises(TerritoryError, match="ne peut pas être lu"):
        load(outlines=junk)
    drawn.drop(columns="INSEE_COM").to_file(tmp_path / "sans.gpkg")
    with pytest.raises(TerritoryError, match="aucune colonne"):
        load(outlines=tmp_path / "sans.gpkg")
    drawn.assign(geometry=drawn.geometry.boundary).to_file(tmp_path / "lignes.gpkg")
    with pytest.raises(TerritoryError, match="polygones"):
        load(outlines=tmp_path / "lignes.gpkg")
    misplaced = drawn.set_crs("EPSG:2154", allow_override=True)
    misplaced.to_file(tmp_path / "degres.gpkg")
    with pytest.raises(TerritoryError, match="projection"):
        load(outlines=tmp_path / "degres.gpkg")
    drawn.assign(INSEE_COM="zz").to_file(tmp_path / "codes.gpkg")
    with pytest.raises(TerritoryError, match="aucun code"):
        load(outlines=tmp_path / "codes.gpkg")
