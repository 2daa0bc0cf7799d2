"""Codes, coordinates and zones put right: each step said, nothing invented."""

import dataclasses
import math

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shapely import Point, box

from cartoallier.model import SERVICE_COLUMNS, Passage, Territory
from cartoallier.model.supply import TUPLE_COLUMNS
from cartoallier.supply import cells, zones
from cartoallier.supply.communes import departements_of_postal, plain_name, without_article
from cartoallier.supply.places import place


def records(*rows: dict[str, object]) -> pd.DataFrame:
    values = []
    for line, row in enumerate(rows, start=2):
        one: dict[str, object] = dict.fromkeys(SERVICE_COLUMNS)
        one |= dict.fromkeys(TUPLE_COLUMNS, ())
        one |= dict.fromkeys(("itinerant", "remote", "closed", "stale", "confidential"), False)
        one |= {"source": "tableau", "file": "a.csv", "line": line, "name": f"Lieu {line}"}
        one |= row
        one["precision"] = None if one["longitude"] is None else "adresse"
        values.append(one)
    index = pd.Index([f"s{i}" for i in range(len(rows))], name="id", dtype="str")
    frame = pd.DataFrame(values, index=index, columns=list(SERVICE_COLUMNS))
    return frame.astype(SERVICE_COLUMNS)


def island(territory: Territory) -> Territory:
    """The toy territory moved to La Réunion: communes 97401 to 97403."""
    codes = [f"9740{i}" for i in range(1, 4)]
    east, north = 330_000, 7_670_000
    squares = [box(east + 4000 * i, north, east + 4000 * (i + 1), north + 4000) for i in range(3)]
    crs = "EPSG:2975"
    communes = territory.communes.iloc[:3].drop(columns="geometry")
    communes = gpd.GeoDataFrame(
        communes.assign(departement_code="974", name=["Le Port", "Saint-Denis", "Les Avirons"]),
        geometry=squares,
        crs=crs,
    ).set_axis(pd.Index(codes, name="code"))
    origins = gpd.GeoDataFrame(
        territory.origins.iloc[:3].drop(columns="geometry").assign(commune_code=codes),
        geometry=[Point(s.centroid) for s in squares],
        crs=crs,
    ).set_axis(pd.Index(codes, name="id"))
    return dataclasses.replace(
        territory,
        departement_code="974",
        communes=communes,
        origins=origins,
        boundary=gpd.GeoSeries([communes.union_all()], crs=crs),
        passage=Passage({code: (code,) for code in codes}),
    )


@pytest.fixture
def reunion(toy) -> Territory:
    return island(toy)


@pytest.fixture
def named(toy) -> Territory:
    """The toy territory with names that look alike."""
    names = ["Saint-Victor", "Le Bourg", "Sainte-Ève-sur-Lac", "Saint-Victor"]
    communes = toy.communes.assign(name=names)
    known = dict(toy.passage.successors) | {"99300": ("99003",), "99100": ("99100",)}
    return dataclasses.replace(toy, communes=communes, passage=Passage(known))


def centre(territory: Territory, code: str) -> tuple[float, float]:
    point = territory.communes.geometry[code].centroid
    turn = pyproj.Transformer.from_crs(territory.crs, 4326, always_xy=True)
    return turn.transform(point.x, point.y)


@pytest.mark.parametrize(
    ("swap", "sign_x", "sign_y", "what"),
    [
        (False, 1, -1, "signe des coordonnées perdu"),
        (False, -1, 1, "signe des coordonnées perdu"),
        (False, -1, -1, "signe des coordonnées perdu"),
        (True, 1, 1, "longitude et latitude inversées"),
        (True, -1, 1, "longitude et latitude inversées, signe perdu"),
        (True, 1, -1, "longitude et latitude inversées, signe perdu"),
    ],
)
@pytest.mark.parametrize("declared", [{"commune_code": "97402"}, {"postal_code": "97490"}])
def test_overseas_points_get_their_sign_back(reunion, swap, sign_x, sign_y, what, declared) -> None:
    x, y = centre(reunion, "97402")
    given_x, given_y = (y * sign_y, x * sign_x) if swap else (x * sign_x, y * sign_y)
    frame = records({"longitude": given_x, "latitude": given_y} | declared)
    placed = place(frame, territory=reunion, file="a.csv")
    row = placed.records.iloc[0]
    assert (row["longitude"], row["latitude"]) == pytest.approx((x, y))
    assert (row["commune_code"], row["precision"]) == ("97402", "adresse")
    assert [f.what for f in placed.findings] == [what]
    assert placed.in_reach.all()


def test_a_sign_is_not_given_back_on_a_guess(reunion) -> None:
    x, y = centre(reunion, "97402")
    rows = [
        {"longitude": x, "latitude": -y},  # declares nothing
        {"longitude": x, "latitude": -y, "postal_code": "75011"},
        {"longitude": x + 1, "latitude": -y, "commune_code": "97402"},  # elsewhere even so
    ]
    placed = place(records(*rows), territory=reunion, file="a.csv")
    assert placed.records["latitude"].tolist()[:2] == [-y, -y]
    assert placed.records["precision"].tolist() == ["adresse", "adresse", "commune"]
    assert [f.what for f in placed.findings] == ["point à plus de 5 km de la commune déclarée"]


def test_a_point_that_is_plausible_is_left(reunion) -> None:
    x, y = centre(reunion, "97401")
    frame = records({"longitude": x, "latitude": y, "commune_code": "97402"})
    placed = place(frame, territory=reunion, file="a.csv")
    assert placed.records["longitude"].tolist() == [x]
    assert placed.findings == []


@pytest.mark.parametrize(
    ("row", "code", "what"),
    [
        # a postal code that is no commune: the name decides
        ({"commune_code": "99400", "postal_code": "99400", "commune_name": "BOURG"}, "99002", 1),
        ({"commune_code": "99400", "commune_name": "Le Bourg"}, "99002", 1),
        # a postal code that is also a commune of another name
        ({"commune_code": "99300", "postal_code": "99300", "commune_name": "Le Bourg"}, "99002", 1),
        ({"commune_code": "99300", "commune_name": "le bourg"}, "99002", 1),
        ({"commune_code": "99100", "postal_code": "99100", "commune_name": "Le Bourg"}, "99002", 1),
        # the name is unknown: a code equal to the postal code is not believed
        ({"commune_code": "99003", "postal_code": "99003", "commune_name": "Ailleurs"}, None, 1),
        # the name is that of the commune: nothing to say
        ({"commune_code": "99003", "postal_code": "99003", "commune_name": "ST EVE"}, None, 1),
        (
            {"commune_code": "99003", "postal_code": "99003", "commune_name": "STE EVE S/ LAC"},
            "99003",
            0,
        ),
        # a code that does not look like a postal code stays, whatever the name
        ({"commune_code": "99001", "postal_code": "99000", "commune_name": "Le Bourg"}, "99001", 0),
    ],
)
def test_a_postal_code_in_place_of_the_commune(named, row, code, what) -> None:
    placed = place(records(row), territory=named, file="a.csv")
    found = placed.records["commune_code"].tolist()
    assert found == [code] if code else pd.isna(found[0])
    said = [f for f in placed.findings if f.what == "code postal à la place du code commune"]
    assert [(f.value, f.column) for f in said] == [(row["commune_code"], "code commune")] * what


def test_a_point_in_the_commune_of_the_code_wins_over_the_name(named) -> None:
    x, y = centre(named, "99003")
    row = {"commune_code": "99300", "commune_name": "Le Bourg", "longitude": x, "latitude": y}
    placed = place(records(row), territory=named, file="a.csv")
    assert placed.records["commune_code"].tolist() == ["99003"]


@pytest.mark.parametrize(
    ("name", "postal", "code"),
    [
        ("LE BOURG", "99200", "99002"),
        ("Bourg (Le)", "99200", "99002"),
        ("bourg cedex 9", None, "99002"),
        ("99200 Le Bourg", None, "99002"),
        ("STE EVE S/ LAC", None, "99003"),
        ("Sainte Eve sur Lac", "99000", "99003"),
        ("Saint Victor", "99000", "99001"),
        ("St-Victor", "98000", "98001"),
        ("St-Victor", None, None),  # two in the neighbourhood
        ("St-Victor", "01000", None),
        ("Victor", "99000", None),
    ],
)
def test_names_give_codes(named, name, postal, code) -> None:
    row = {"commune_name": name, "postal_code": postal}
    placed = place(records(row), territory=named, file="a.csv")
    found = placed.records["commune_code"].iloc[0]
    assert found == code if code else pd.isna(found)


def test_homonyms_are_said_not_chosen(named) -> None:
    placed = place(records({"commune_name": "St Victor"}), territory=named, file="a.csv")
    said = placed.findings[0]
    assert said.what == "plusieurs communes de ce nom dans le voisinage"
    assert said.value == "St Victor"
    assert "98001, 99001" in said.action


@given(st.text())
def test_latin_names_read_quickly_read_the_same(name: str) -> None:
    # a soft hyphen is no letter of any script: the slow way, letter by letter
    assert plain_name(name) == plain_name(f"{name} \u00ad")


def test_plain_names() -> None:
    assert plain_name("ST-POURÇAIN S/ SIOULE CEDEX 2") == "SAINT POURCAIN SUR SIOULE"
    assert plain_name("Paris 15e Arrondissement") == plain_name("PARIS 15") == "PARIS"
    assert plain_name("Cœur-d’Allier") == "COEUR D ALLIER"
    assert without_article("LE DONJON") == without_article("DONJON LE") == "DONJON"
    assert without_article("LA") == "LA"
    assert departements_of_postal("20090") == {"2A", "2B"}
    assert "974" in departements_of_postal("97430")


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        ("3190", "03190"),
        ("3190.0", "03190"),
        ("3190,00", "03190"),
        (3190.0, "03190"),
        ("'03190", "03190"),
        ("03 190", "03190"),
        ("2a004", "2A004"),
        ("10000", "10000"),
    ],
)
def test_codes_are_repaired(raw, code) -> None:
    assert cells.code(raw) == code


@given(st.integers(0, 98_999), st.sampled_from(["{}", "{}.0", "{},0", "'{:05d}", "{:05d}"]))
def test_repairing_a_code_twice_is_once(number, spelling) -> None:
    once = cells.code(spelling.format(number))
    assert once == cells.code(once) == f"{number:05d}"


def test_respelt_codes_and_commas_are_counted(write, read) -> None:
    path = write("nom;code_insee;longitude;latitude\n" + "A;9001;3,1;46,5\n" * 4 + "B;99001;;\n")
    _, findings, _ = read(path, format="tableau")
    said = {f.what: (f.column, f.value) for f in findings if f.line is None}
    assert said == {
        "codes lus comme des nombres par un tableur": (
            "code_insee",
            "4 cellules (lignes 2, 3, 4…)",
        ),
        "coordonnées à virgule décimale": ("longitude", "4 cellules (lignes 2, 3, 4…)"),
    }


def test_zone_lists_hold_no_region() -> None:
    collisions = ["11", "24", "27", "28", "32", "44", "52", "53", "75", "76", "84", "93", "94"]
    assert zones.zone_of_codes(collisions) == tuple(f"departement:{c}" for c in collisions)
    for code in collisions:
        assert zones.zone_of_type("region", code) == (f"region:{code}",) or code in {"53", "44"}
        assert zones.zone_of_type("departement", code) == (f"departement:{code}",)


@pytest.mark.parametrize(
    ("written", "found", "refused"),
    [
        ("['03', '63']", ("departement:03", "departement:63"), ()),
        ("{3,3190,200071389.0}", ("commune:03190", "departement:03", "epci:200071389"), ()),
        ("Allier", (), ("Allier",)),
        ("Auvergne-Rhône-Alpes", (), ("Auvergne-Rhône-Alpes",)),
        (
            "974|2A004|20",
            ("commune:2A004", "departement:2A", "departement:2B", "departement:974"),
            (),
        ),
        ("France entière", ("pays:france",), ()),
        ("99123;300;00", (), ("00", "300", "99123")),
        ("", (), ()),
    ],
)
def test_zone_lists(written, found, refused) -> None:
    assert zones.zone_of_codes(written) == found
    assert zones.unknown_codes(written) == refused


@pytest.mark.parametrize(
    ("kind", "value", "found"),
    [
        ("region", "84", ("region:84",)),
        ("Région", 84, ("region:84",)),
        ("departement", "84.0", ("departement:84",)),
        ("department", "3", ("departement:03",)),
        ("departement", ["3", "63"], ("departement:03", "departement:63")),
        ("departement", "Allier", ()),
        ("region", "Auvergne-Rhône-Alpes", ()),
        ("city", "3190", ("commune:03190",)),
        ("epci", "200071389", ("epci:200071389",)),
        ("epci", "Vichy", ()),
        ("pays", "", ("pays:france",)),
        ("bassin", "03", ()),
        ("region", "83", tuple(f"departement:{c}" for c in ("03", "15", "43", "63"))),
    ],
)
def test_the_type_decides(kind, value, found) -> None:
    assert zones.zone_of_type(kind, value) == found


ROWS = st.fixed_dictionaries(
    {
        "longitude": st.none() | st.floats(-180, 180) | st.sampled_from([3.03, 3.08, -3.03, 46.5]),
        "latitude": st.none() | st.floats(-90, 90) | st.sampled_from([46.5, 46.52, -46.5, 3.03]),
        "commune_code": st.sampled_from(
            [None, "99001", "99003", "98001", "99009", "99010", "75056"]
        ),
        "postal_code": st.sampled_from([None, "99001", "99000", "01000"]),
        "commune_name": st.sampled_from([None, "Aval", "BOURG", "Cote", "Delà", "Lyon"]),
        "remote": st.booleans(),
    }
)


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=30
)
@given(rows=st.lists(ROWS, min_size=1, max_size=6), overseas=st.booleans())
def test_cleaning_never_invents_a_point_and_repairing_twice_is_once(toy, rows, overseas) -> None:
    territory = island(toy) if overseas else toy
    whole = [
        row if row["longitude"] is not None and row["latitude"] is not None
        else row | {"longitude": None, "latitude": None}
        for row in rows
    ]  # fmt: skip
    before = records(*whole)
    placed = place(before, territory=territory, file="a.csv")
    after = placed.records
    halls = territory.origins.to_crs(4326).set_index("commune_code").geometry
    for (_, was), (_, now) in zip(before.iterrows(), after.iterrows(), strict=True):
        if math.isnan(now["longitude"]):
            assert math.isnan(was["longitude"])
        elif now["precision"] == "commune":
            hall = halls[now["commune_code"]]
            assert (now["longitude"], now["latitude"]) == pytest.approx((hall.x, hall.y))
        else:
            numbers = {abs(was["longitude"]), abs(was["latitude"])}
            assert {abs(now["longitude"]), abs(now["latitude"])} == numbers
    assert np.array_equal(before["line"], after["line"])
    kept = after[placed.in_reach]
    again = place(kept, territory=territory, file="a.csv").records
    pd.testing.assert_frame_equal(kept, again)
