from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from cartoallier.access.road import calibration
from cartoallier.access.road.calibration import calibrate, density_classes
from cartoallier.access.road.road_engine import RoadEngine
from cartoallier.model.calibration import WHOLE
from road_networks import build

EAST, NORTH = 700_000.0, 6_602_000.0
NODES = [(EAST + 2000 + 4000 * i, NORTH) for i in range(4)]
ROADS = [(0, 1, 6, 6), (1, 2, 6, 6), (2, 3, 12, 12)]


@pytest.fixture
def engine(toy):
    """Origins at the nodes, 4 km apart; roads of 6, 6 and 8 km in 6, 6 and 12 minutes."""
    return RoadEngine.of(toy, build(NODES, ROADS, lengths=[6, 6, 8]))


def test_density_classes(toy):
    # 100, 300, 600 and 1000 people on 16 km²
    assert density_classes(toy).tolist() == [
        "moins de 30 hab./km²",
        "moins de 30 hab./km²",
        "de 30 à moins de 100 hab./km²",
        "de 30 à moins de 100 hab./km²",
    ]
    communes = toy.communes.copy()
    communes.loc["99001", "geometry"] = None
    communes.loc["99002", "outline"] = "partage"
    assert density_classes(replace(toy, communes=communes)).isna().tolist() == [
        True,
        True,
        False,
        False,
    ]


def test_by_hand(engine, monkeypatch):
    monkeypatch.setattr(calibration, "ENOUGH", 6)
    found = calibrate(engine, classes=density_classes(engine.territory))
    # whole: 2 × (6 + 12 + 20 + 6 + 14 + 8) km by road, 2 × (4 + 8 + 12 + 4 + 8 + 4) straight
    whole = found.table.loc[WHOLE]
    assert whole["pairs"] == 12
    assert whole["detour"] == pytest.approx(66 / 40)
    assert whole["speed_kmh"] == pytest.approx(60 * 66 / (6 + 12 + 24 + 6 + 18 + 12))
    # the first class starts from the first two origins
    first = found.table.loc["moins de 30 hab./km²"]
    assert first["own"]
    assert first["pairs"] == 6
    assert first["detour"] == pytest.approx((6 + 12 + 20 + 6 + 6 + 14) / 40)
    assert first["speed_kmh"] == pytest.approx(60 * 64 / (6 + 12 + 24 + 6 + 6 + 18))
    modelled = 60 * first["detour"] * np.array([4, 8, 12, 4, 4, 8]) / first["speed_kmh"]
    ratios = np.array([6, 12, 24, 6, 6, 18]) / modelled
    expected = np.quantile(ratios, [0.1, 0.5, 0.9])
    assert first[["residual_p10", "residual_p50", "residual_p90"]].tolist() == pytest.approx(
        expected.tolist()
    )


RESIDUALS = ["residual_p10", "residual_p50", "residual_p90"]


def test_too_few_journeys_take_the_whole(engine, monkeypatch):
    monkeypatch.setattr(calibration, "ENOUGH", 7)
    classes = density_classes(engine.territory)
    found = calibrate(engine, classes=classes)
    assert found.known
    assert found.journeys == 12
    assert found.own_share == 0
    assert found.table["own"].tolist() == [False, False, True]
    assert found.table["pairs"].tolist() == [6, 6, 12]
    # the residuals too: five journeys say nothing of the tenth
    assert (found.table[["detour", "speed_kmh", *RESIDUALS]].nunique() == 1).all()
    parameters = found.parameters(classes.where(classes.index != "99001"))
    assert parameters.index.equals(classes.index)
    assert parameters["speed_kmh"].nunique() == 1
    printed = found.printed()
    assert printed.loc["moins de 30 hab./km²", "Paramètres"] == "ceux de l'ensemble"
    assert printed.loc[WHOLE, "Détour"] == "1,65"
    assert printed.loc[WHOLE, "Trajets"] == "12"


def test_a_whole_of_too_few_journeys_is_not_known(engine):
    found = calibrate(engine, classes=density_classes(engine.territory))
    assert (found.known, found.journeys) == (False, 12)
    assert not found.table["own"].any()
    assert found.table[["detour", "speed_kmh", *RESIDUALS]].isna().all(axis=None)
    printed = found.printed()
    assert printed.loc[WHOLE, "Paramètres"] == "trop peu de trajets"
    assert printed.loc[WHOLE, "Détour"] == "–"


def test_a_class_without_journey_takes_the_residuals_of_the_whole(toy, monkeypatch):
    monkeypatch.setattr(calibration, "ENOUGH", 6)
    near = RoadEngine.of(toy, build(NODES[:3], ROADS[:2], lengths=[6, 6], snap_km=1))
    classes = pd.Series(["a", "a", "a", "b"], index=toy.origins.index)
    found = calibrate(near, classes=classes)
    assert found.table.loc["b", "pairs"] == 0
    assert found.table.loc["b", RESIDUALS].tolist() == found.table.loc[WHOLE, RESIDUALS].tolist()
    assert found.table.loc["b", RESIDUALS].notna().all()
    # 100, 300 and 600 of 2000 people
    assert found.own_share == pytest.approx(0.5)


def test_one_origin_joined_or_all_at_one_place(toy, engine):
    alone = RoadEngine.of(toy, build([(EAST + 2000, NORTH), (EAST + 2500, NORTH)], [(0, 1, 1, 1)]))
    assert alone.origins.joined.sum() == 1
    assert calibrate(alone, classes=density_classes(toy)).journeys == 0
    origins = toy.origins.assign(geometry=[toy.origins.geometry.iloc[0]] * 4)
    same = engine.starting(replace(toy, origins=origins))
    found = calibrate(same, classes=density_classes(toy))
    assert (found.known, found.journeys) == (False, 0)


def test_no_journey_is_missing_and_not_zero(toy):
    far = build([(0.0, 0.0), (1000.0, 0.0)], [(0, 1, 1, 1)])
    found = calibrate(RoadEngine.of(toy, far), classes=density_classes(toy))
    assert found.table["detour"].isna().all()
    assert (found.table["pairs"] == 0).all()
    assert found.printed().loc[WHOLE, "Détour"] == "–"


def test_long_lines_are_left_out(engine, monkeypatch):
    monkeypatch.setattr(calibration, "LIMIT_KM", 4.0)
    found = calibrate(engine, classes=pd.Series(np.nan, index=engine.territory.origins.index))
    assert list(found.table.index) == [WHOLE]
    assert found.table.loc[WHOLE, "pairs"] == 6
