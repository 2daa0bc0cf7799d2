"""The floor of minutes: never a service at no distance inside one's own commune."""

import numpy as np
import pandas as pd
import pytest

from cartoallier.access import CrowFly, Floored
from cartoallier.model import CALIBRATION_COLUMNS, Calibration, Territory
from toys import PARAMETERS

NO_FLOOR = PARAMETERS.__class__(
    detour=1.5, speed_kmh=60, favourable_kmh=90, unfavourable_kmh=30, floor=False
)


def calibration() -> Calibration:
    rows = {
        "rural": (100, True, 1.2, 72.0, 0.8, 1.0, 1.3),
        "ensemble": (200, True, 1.3, 60.0, 0.9, 1.0, 1.2),
    }
    table = pd.DataFrame.from_dict(rows, orient="index", columns=list(CALIBRATION_COLUMNS))
    return Calibration(table=table.astype(CALIBRATION_COLUMNS), limit_km=30)


def classes(territory: Territory) -> pd.Series:
    return pd.Series(["rural", "rural", None, "rural"], index=territory.origins.index, dtype="str")


def at(*km: float) -> np.ndarray:
    return np.array([[700_000 + 1000 * x, 6_602_000] for x in km])


def test_the_floor_is_half_the_root_of_the_area_at_the_measured_pace(toy: Territory) -> None:
    """16 km²: 2 km, × 1.2 at 72 km/h = 2 minutes; × 1.3 at 60 km/h = 2.6 where nothing is known."""
    engine = CrowFly(territory=toy, parameters=NO_FLOOR)
    floored = Floored.of(engine, calibration(), classes=classes(toy))
    assert floored.floor.tolist() == pytest.approx([2, 2, 2.6, 2])
    found = floored.nearest(at(2, 10), masks=[None, None])
    assert found.minutes.tolist() == pytest.approx([2, 6, 2.6, 6], abs=1e-6)
    assert found.site.tolist() == [0, 0, 1, 1]
    assert engine.nearest(at(2), masks=[None]).minutes[0] == pytest.approx(0, abs=1e-6)


def test_pairs_are_those_of_the_engine_above_the_floor(toy: Territory) -> None:
    engine = CrowFly(territory=toy, parameters=NO_FLOOR)
    floored = Floored.of(engine, calibration(), classes=classes(toy))
    pairs = floored.pairs(at(2, 10), masks=[None, None], within=2.1)
    assert list(zip(pairs.origin, pairs.site, strict=True)) == [(0, 0)]
    assert pairs.minutes.tolist() == [2]


def test_a_calibrated_line_uses_what_was_measured(toy: Territory) -> None:
    """From Aval 4 km to Bourg: 60 × 1.2 × 4 / 72 = 4 minutes; from Côte 60 × 1.3 × 4 / 60 = 5.2."""
    fitted = CrowFly(
        territory=toy, parameters=NO_FLOOR, calibration=calibration(), classes=classes(toy)
    )
    found = fitted.nearest(at(6), masks=[None])
    assert found.minutes.tolist() == pytest.approx([4, 0, 5.2, 8], abs=1e-6)
    assert fitted.bracket.favourable.tolist() == [0.8, 0.8, 0.9, 0.8]
    assert fitted.bracket.unfavourable.tolist() == [1.3, 1.3, 1.2, 1.3]
    pairs = fitted.pairs(at(6), masks=[None], within=5.2)
    assert pairs.origin.tolist() == [0, 1, 2]
    assert pairs.minutes.tolist() == pytest.approx([4, 0, 5.2], abs=1e-6)


def test_a_floor_at_one_pace(toy: Territory) -> None:
    """On foot: 2 km × 1.5 at 4.5 km/h are 40 minutes, even with a desk at the town hall."""
    engine = CrowFly(territory=toy, parameters=NO_FLOOR)
    walk = Floored.at(engine, detour=1.5, speed_kmh=4.5)
    assert walk.floor.tolist() == pytest.approx([40] * 4)
    assert walk.nearest(at(2), masks=[None]).minutes.tolist() == pytest.approx([40, 40, 40, 40])
