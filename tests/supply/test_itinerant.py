"""Rounds and buses: told by their name, stops listed."""

import math

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cartoallier.supply.itinerant import (
    NAMED,
    STOP_COLUMNS,
    mark_rounds,
    read_stop,
    says_round,
    stop_text,
    stops_table,
)
from toys import services


@pytest.mark.parametrize(
    "name",
    [
        "Bus La Bourbon'NET",
        "Bus France services Bocage bourbonnais",
        "Épicerie sociale itinérante",
        "Médiateurs numériques itinérants",
        "PMI mobile",
        "Équipe mobile psychiatrie précarité",
        "Équipe mobile d'aller-vers",
        "Camion douche",
        "Maraude du jeudi",
        "Le van des droits",
        "Tournée alimentaire",
        "France services Ebreuil - Antenne itinérante",
    ],
)
def test_names_of_rounds(name) -> None:
    assert says_round(name)


@pytest.mark.parametrize(
    "name",
    [
        "Plateforme mobilité",
        "Atelier téléphone mobile",
        "Initiation tablette et mobile",
        "Aide au permis bus",
        "Formation conducteur de bus",
        "Accueil près de la gare de bus",
        "Démarche d'aller-vers",
        "Centre Vincent Van Gogh",
        "Résidence Van Dyck",
        "Columbus",
        "Mobilier solidaire",
        "CCAS de Moulins",
    ],
)
def test_names_that_are_no_round(name) -> None:
    assert not says_round(name)


def test_a_name_makes_a_round_unless_the_format_says_otherwise(toy) -> None:
    frame = services(
        toy,
        {"name": "Bus des droits", "line": 2},
        {"name": "Antenne itinérante", "source": "france-services", "line": 3},
        {"name": "CCAS", "line": 4, "address": "gare de bus"},
        {"name": "Bus", "line": 5, "itinerant": True},
    ).records
    marked, findings = mark_rounds(frame, file="a.csv")
    assert marked["itinerant"].tolist() == [True, False, False, True]
    assert [(f.line, f.what) for f in findings] == [(2, NAMED), (3, NAMED)]
    assert "gardé comme lieu fixe" in findings[1].action


def test_rows_of_one_round_are_its_stops(toy) -> None:
    bus = {"name": "Bus", "itinerant": True, "weekly_hours": 3.0, "commune_name": "Aval"}
    frame = services(
        toy,
        bus | {"at": 2, "commune_code": "99001"},
        bus | {"at": 6, "commune_code": "99002"},
        bus | {"at": 6, "commune_code": "99002", "name": "Car"},  # alone: a depot, perhaps
        bus | {"at": 10, "commune_code": "99003", "weekly_hours": 40.0},
        bus | {"at": 2, "commune_code": "99001", "itinerant": False, "name": "Fixe"},
        bus | {"at": 10, "commune_code": "99003", "stops": ("3.1|46.5||Place",)},
    ).records
    marked, _ = mark_rounds(frame, file="a.csv")
    assert [len(stops) for stops in marked["stops"]] == [1, 1, 0, 0, 0, 1]
    assert read_stop(marked["stops"].iloc[0][0])[2:] == (3.0, "Aval")
    assert marked["stops"].iloc[5] == ("3.1|46.5||Place",)
    pd.testing.assert_frame_equal(mark_rounds(marked, file="a.csv")[0], marked)


def test_stops_are_listed_where_they_are(toy, degrees) -> None:
    here, far = degrees(5, 1), degrees(300, 0)
    stops = (
        stop_text(*here, 2.5, "Place du | Marché"),
        stop_text(*far, 1.0, "Ailleurs"),
        stop_text(math.nan, math.nan, math.nan, "Sans point"),
    )
    frame = services(
        toy,
        {"name": "Bus", "stops": stops, "themes": ("a", "b")},
        {"name": "Bus caché", "stops": stops, "confidential": True},
        {"name": "Fixe"},
    ).records
    table = stops_table(frame, territory=toy)
    assert tuple(table.columns) == STOP_COLUMNS
    assert table["arret"].tolist() == ["Place du Marché", "Sans point"]
    assert table["code_commune"].iloc[0] == "99002"
    assert table["code_commune"].isna().tolist() == [False, True]
    assert table["heures_semaine"].iloc[0] == 2.5
    assert set(table["themes"]) == {"a;b"}
    assert len(stops_table(frame.iloc[2:], territory=toy)) == 0


@pytest.mark.parametrize("written", ["", "|||", "x|y|z|Nom", "3.1||2|Nom", "nan|inf||", "seul"])
def test_a_stop_badly_written_has_no_point(written) -> None:
    longitude, latitude, _, _ = read_stop(written)
    assert math.isnan(longitude)
    assert math.isnan(latitude)


@given(
    st.floats(-180, 180),
    st.floats(-90, 90),
    st.none() | st.floats(0.25, 168),
    st.text(max_size=30),
)
def test_a_stop_is_read_as_it_was_written(x, y, hours, name) -> None:
    text = stop_text(x, y, math.nan if hours is None else hours, name)
    longitude, latitude, found, label = read_stop(text)
    assert (longitude, latitude) == pytest.approx((x, y), abs=1e-6)
    assert math.isnan(found) if hours is None else found == pytest.approx(hours, abs=0.01)
    assert "|" not in label
