"""One choice changed at a time: the toy's shares and ranks worked out by hand.

One site at 2 km: 3, 6, 12 and 18 minutes (1.5 minutes a kilometre, never less than 3), 10 minutes
retained. 90 km/h divides them by 1.5, 30 km/h doubles them.
"""

import dataclasses

import numpy as np
import pandas as pd
import pytest

from cartoallier.access import CrowFly, Ground, measure
from cartoallier.access.trials import BASE, OtherMeasures, TrialKind, Trials, trials
from cartoallier.model import AccessParameters, Coverage, Mode, Territory
from toys import PARAMETERS, THEME, services

WHOLE, WEST, EAST = "departement:99", "epci:100000001", "epci:100000002:partie"


def measured(territory: Territory, *at: float, threshold: float = 10, **change: object) -> Coverage:
    return measure(
        dataclasses.replace(THEME, **change),
        services=services(territory, *({"at": one} for one in at)),
        engine=CrowFly(territory=territory, parameters=PARAMETERS),
        weights=pd.DataFrame(index=territory.origins.index),
        threshold=threshold,
    )


def ground(territory: Territory) -> Ground:
    engine = CrowFly(territory=territory, parameters=PARAMETERS)
    return Ground.of(engine, territory.zones["level"].unique())


def tried(territory: Territory, *at: float, **options: object) -> Trials:
    told = trials(measured(territory, *at), ground=ground(territory), **options)
    assert told is not None
    return told


def test_every_trial_by_hand(toy: Territory) -> None:
    told = tried(toy, 2, straight=PARAMETERS)
    assert told.shares.loc[WHOLE].to_dict() == pytest.approx(
        {
            BASE: 0.6,
            "favorable\u00a0: 90 km/h": 0,  # 8 minutes for the furthest
            "défavorable\u00a0: 30 km/h": 0.9,
            "sans les lieux voisins": 0.6,
            "seuil de 7,5\u00a0min": 0.6,
            "seuil de 12,5\u00a0min": 0,  # 12 minutes
            "détour 1,20 et 90 km/h": 0,
            "détour 1,50 et 30 km/h": 0.9,
        }
    )
    whole_epci = told.shares.loc["epci:100000002"]
    assert whole_epci["seuil de 12,5\u00a0min"] == 1000 / 1600
    assert np.isnan(whole_epci["sans les lieux voisins"])
    assert told.step == 2.5


def test_detour_and_speed_together_are_a_new_measure(toy: Territory) -> None:
    """The ratio of minutes already known is what an engine of these parameters would give."""
    told = tried(toy, 1, 9, straight=PARAMETERS)
    for detour, speed in ((1.2, 90), (1.5, 30)):
        other = AccessParameters(detour=detour, speed_kmh=speed)
        again = measure(
            THEME,
            services=services(toy, {"at": 1}, {"at": 9}),
            engine=CrowFly(territory=toy, parameters=other),
            weights=pd.DataFrame(index=toy.origins.index),
            threshold=10,
        ).table["part_hors_seuil"]
        name = f"détour {detour:.2f} et {speed} km/h".replace(".", ",")
        np.testing.assert_array_equal(told.shares[name], again)


def test_a_threshold_moves_by_five_minutes_or_a_quarter(toy: Territory) -> None:
    for threshold, step in ((60, 5), (20, 5), (12, 3)):
        told = trials(measured(toy, 2, threshold=threshold), ground=ground(toy))
        assert told is not None
        assert told.step == step


def test_ranks_and_ties(toy: Territory) -> None:
    """East is first; where nobody is beyond, both EPCI may claim both ranks."""
    told = tried(toy, 2, straight=PARAMETERS)
    assert list(told.first.index) == [WEST, EAST]
    assert told.first[BASE].to_dict() == {WEST: 2, EAST: 1}
    tie = "seuil de 12,5\u00a0min"
    assert told.first[tie].to_dict() == {WEST: 1, EAST: 1}
    assert told.last[tie].to_dict() == {WEST: 2, EAST: 2}


def test_what_others_measured(toy: Territory) -> None:
    elsewhere = measured(toy, 10)  # 12, 6, 3 and 6 minutes: only 99001 is beyond
    fresh = pd.DataFrame(
        {
            "maille": "epci",
            "code": ["100000001"],
            "perimetre": "entier",
            "part_hors_seuil_recents": 0.5,
            "fiches_anciennes": 1,
        }
    )
    indices = pd.DataFrame({"marches": [80.0, 120], "continue": [130.0, 90]}, index=[WEST, EAST])
    told = tried(
        toy,
        2,
        others=OtherMeasures(
            engines={"route": elsewhere},
            grains={"carreaux": elsewhere},
            freshness=fresh,
            indices=indices,
        ),
    )
    assert told.shares.loc[WEST, "moteur\u00a0: route"] == 0.25
    assert told.shares.loc["commune:99001", "moteur\u00a0: route"] == 1
    assert told.shares.loc[WEST, "départ\u00a0: carreaux"] == 0.25
    assert np.isnan(told.shares.loc["commune:99001", "départ\u00a0: carreaux"])
    aged = told.shares["sans les fiches de plus de deux ans"]
    assert aged.dropna().to_dict() == {WEST: 0.5}
    assert "sans les fiches de plus de deux ans" not in told.first  # it does not rank everybody
    assert told.first["indice d’accès, marches"].to_dict() == {WEST: 1, EAST: 2}
    assert told.first["indice d’accès, continue"].to_dict() == {WEST: 2, EAST: 1}
    assert "indice d’accès, marches" not in told.shares
    assert told.of(TrialKind.CORNER).empty


def test_no_share_no_trial(toy: Territory) -> None:
    there = ground(toy)
    assert trials(measured(toy, 2, mode=Mode.CAPACITY), ground=there) is None
    assert trials(measured(toy), ground=there) is None
    assert trials(measured(toy, 2, threshold=None), ground=there) is None
