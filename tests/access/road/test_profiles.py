"""What tags say of a way, rule by rule, with the shipped profiles."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cartoallier.access.road.tags import CLOSED, keys_read, minutes_of, passage, speed_limit
from cartoallier.catalogue.travel import load_travel_profiles

PROFILES = load_travel_profiles()
CAR, FOOT, BIKE = (PROFILES[key] for key in ("voiture", "pied", "velo"))


def both(kmh):
    return (pytest.approx(kmh), pytest.approx(kmh))


def speeds(tags, profile=CAR):
    found = passage(tags, profile)
    return found.forward_kmh, found.backward_kmh


@pytest.mark.parametrize(
    ("tags", "kmh"),
    [
        ({"highway": "secondary"}, 60),
        # 0.8 × the limit, at most the ceiling of the class
        ({"highway": "secondary", "maxspeed": "80"}, 64),
        ({"highway": "secondary", "maxspeed": "50"}, 40),
        ({"highway": "secondary", "maxspeed": "90"}, 70),
        ({"highway": "unclassified", "maxspeed": "80"}, 50),
        ({"highway": "motorway", "maxspeed": "130", "oneway": "no"}, 104),
        ({"highway": "motorway", "maxspeed": "none", "oneway": "no"}, 115),
        ({"highway": "tertiary", "maxspeed": "30 mph"}, 0.8 * 30 * 1.609344),
        ({"highway": "tertiary", "maxspeed": "FR:urban"}, 40),
        ({"highway": "tertiary", "maxspeed": "FR:zone30"}, 24),
        ({"highway": "residential", "maxspeed": "walk"}, 4.8),
        # a list: the least
        ({"highway": "tertiary", "maxspeed": "50;30"}, 24),
        # what cannot be read says nothing
        ({"highway": "tertiary", "maxspeed": "vite"}, 55),
        ({"highway": "tertiary", "maxspeed": "0"}, 55),
        # the least of surface and tracktype
        ({"highway": "tertiary", "surface": "gravel"}, 33),
        ({"highway": "track", "tracktype": "grade2"}, 11.25),
        ({"highway": "track", "tracktype": "grade3", "surface": "compacted"}, 7.5),
        # who may pass: the most specific key decides
        ({"highway": "residential", "access": "private", "motor_vehicle": "yes"}, 28),
        ({"highway": "residential", "access": "destination"}, 28),
        ({"highway": "service", "access": "customers"}, 15),
        ({"highway": "residential", "vehicle": "no", "motorcar": "yes"}, 28),
        ({"highway": "residential", "access": "no;destination"}, 28),
        ({"highway": "pedestrian", "motor_vehicle": "destination"}, 10),
        ({"highway": "residential", "bridge": "yes", "layer": "1"}, 28),
    ],
)
def test_car_speed(tags, kmh):
    assert speeds(tags) == both(kmh)


@pytest.mark.parametrize(
    "tags",
    [
        {"highway": "residential", "access": "private"},
        {"highway": "residential", "access": "no"},
        {"highway": "residential", "motor_vehicle": "no"},
        {"highway": "track", "motor_vehicle": "agricultural"},
        {"highway": "track", "vehicle": "forestry;agricultural"},
        {"highway": "footway"},
        {"highway": "pedestrian"},
        {"highway": "pedestrian", "access": "yes"},
        {"highway": "construction"},
        {"highway": "proposed", "access": "yes"},
        {"highway": "track", "tracktype": "grade5"},
        {"highway": "residential", "area": "yes"},
        {"highway": "residential", "oneway": "reversible"},
        {"route": "ferry", "motor_vehicle": "no"},
        {"route": "ferry", "foot": "yes"},
        {"route": "bus"},
        {},
    ],
)
def test_closed_to_cars(tags):
    assert all(map(math.isnan, speeds(tags)))


@pytest.mark.parametrize(
    ("tags", "forward", "backward"),
    [
        ({"oneway": "yes"}, True, False),
        ({"oneway": "1"}, True, False),
        ({"oneway": "-1"}, False, True),
        ({"oneway": "no"}, True, True),
        ({"junction": "roundabout"}, True, False),
        ({"junction": "roundabout", "oneway": "-1"}, False, True),
        ({"highway": "motorway"}, True, False),
        ({"highway": "motorway_link", "oneway": "no"}, True, True),
        ({"oneway": "yes", "oneway:motor_vehicle": "no"}, True, True),
        ({"oneway": "yes", "oneway:bicycle": "no"}, True, False),
    ],
)
def test_one_way_by_car(tags, forward, backward):
    ahead, back = speeds({"highway": "residential", **tags})
    assert (not math.isnan(ahead), not math.isnan(back)) == (forward, backward)


@pytest.mark.parametrize(
    ("tags", "profile", "expected"),
    [
        ({"oneway": "yes"}, FOOT, (4.5, 4.5)),
        ({"oneway": "yes", "maxspeed": "30"}, FOOT, (4.5, 4.5)),
        ({"oneway:foot": "yes"}, FOOT, (4.5, math.nan)),
        ({"junction": "roundabout"}, FOOT, (4.5, 4.5)),
        ({"oneway": "yes"}, BIKE, (15, math.nan)),
        ({"oneway": "yes", "oneway:bicycle": "no"}, BIKE, (15, 15)),
        ({"oneway": "yes", "cycleway": "opposite_lane"}, BIKE, (15, 15)),
        ({"oneway": "yes", "cycleway:left": "opposite"}, BIKE, (15, 15)),
        ({"oneway:bicycle": "yes", "oneway": "no"}, BIKE, (15, math.nan)),
        ({"maxspeed": "30"}, BIKE, (15, 15)),
        ({"maxspeed": "walk"}, BIKE, (6, 6)),
        ({"bicycle": "no"}, BIKE, (math.nan, math.nan)),
        ({"foot": "no"}, FOOT, (math.nan, math.nan)),
        ({"motor_vehicle": "no"}, FOOT, (4.5, 4.5)),
        ({"vehicle": "no"}, BIKE, (math.nan, math.nan)),
        ({"motorroad": "yes"}, FOOT, (math.nan, math.nan)),
    ],
)
def test_foot_and_bicycle(tags, profile, expected):
    assert speeds({"highway": "residential", **tags}, profile) == pytest.approx(
        expected, nan_ok=True
    )


def test_steps_and_cycleways():
    assert speeds({"highway": "steps"}, FOOT) == both(2)
    assert speeds({"highway": "cycleway"}, CAR) == pytest.approx((math.nan, math.nan), nan_ok=True)
    assert speeds({"highway": "cycleway"}, BIKE) == both(15)
    assert passage({"highway": "cycleway"}, FOOT) is CLOSED
    assert speeds({"highway": "cycleway", "foot": "yes"}, FOOT) == both(4.5)
    assert passage({"highway": "trunk"}, BIKE) is CLOSED
    assert passage({"highway": "motorway"}, FOOT) is CLOSED


def test_directional_limits():
    tags = {"highway": "secondary", "maxspeed": "80", "maxspeed:backward": "50"}
    assert speeds(tags) == pytest.approx((64, 40))


def test_ferries():
    boat = {"route": "ferry", "duration": "00:25", "motorcar": "yes", "foot": "yes"}
    found = passage(boat, CAR)
    assert (found.minutes, found.forward_kmh) == (25, CAR.ferry_kmh)
    assert passage({"route": "ferry", "foot": "yes"}, FOOT).forward_kmh == FOOT.ferry_kmh
    assert math.isnan(passage({"route": "ferry"}, CAR).minutes)


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("00:25", 25), ("1:30", 90), ("01:30:30", 90.5), ("45", 45), ("PT1H30M", 90),
        ("PT45M", 45), ("P1D", 1440), ("PT", math.nan), ("P", math.nan), ("", math.nan),
        ("00:00", math.nan), ("vingt", math.nan), ("-5", math.nan), ("99999", math.nan),
    ],
)  # fmt: skip
def test_durations(text, minutes):
    assert minutes_of(text) == pytest.approx(minutes, nan_ok=True)


@pytest.mark.parametrize(
    ("text", "kmh"),
    [
        ("50", 50), ("50 km/h", 50), ("30 mph", 48.28032), ("10 knots", 18.52), ("50|70", 50),
        ("none", math.nan), ("none;90", 90), ("FR:rural", 80), ("DE:rural", 100), ("rural", 80),
        ("XX:urban", 50), ("signals", None), ("", None), ("999", None), ("-50", None),
    ],
)  # fmt: skip
def test_speed_limits(text, kmh):
    found = speed_limit(text, CAR)
    assert found is None if kmh is None else found == pytest.approx(kmh, nan_ok=True)


WORDS = st.sampled_from(
    ["yes", "no", "private", "destination", "-1", "opposite", "roundabout", "ferry", "grade3",
     "mud", "50", "30 mph", "FR:urban", "50;x", "none", "00:20", ";", "", "no;yes",
     "1e9", "٥٠", "PT5M"]
)  # fmt: skip


@settings(deadline=None)
@given(
    st.sampled_from(list(PROFILES)),
    st.dictionaries(st.sampled_from(keys_read(BIKE) + keys_read(CAR)), WORDS, max_size=6),
    st.sampled_from([*CAR.speeds, *FOOT.speeds, "construction"]),
)
def test_whatever_the_tags_a_speed_is_missing_or_plausible(key, tags, highway):
    profile = PROFILES[key]
    top = max(*profile.speeds.values(), *profile.ceilings.values(), profile.ferry_kmh)
    for chosen in (tags, {**tags, "highway": highway}):
        found = passage(chosen, profile)
        for kmh in (found.forward_kmh, found.backward_kmh):
            assert math.isnan(kmh) or 0 < kmh <= top
        assert math.isnan(found.minutes) or found.minutes > 0


def test_keys_read_hold_every_key_of_the_profile():
    for profile in PROFILES.values():
        keys = keys_read(profile)
        assert len(keys) == len(set(keys))
        assert {*profile.access, *profile.oneway} <= set(keys)
        assert {key for key, _ in profile.forbidden} <= set(keys)
