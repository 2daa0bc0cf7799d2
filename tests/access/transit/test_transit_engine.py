import datetime as dt
import math
from itertools import pairwise

import numpy as np
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cartoallier.access.transit import Habits, Timetable, TransitEngine, Walk, Window

EAST, NORTH = 700_000, 6_602_000
CRAWL = Walk(speed_kmh=6, detour=1)
"""One minute for 100 m."""
NOTHING = np.zeros(0, dtype=np.int32)


def timetable(stops, trips, *, board=None, alight=None, changes=()):
    """Stops in km along the toy's axis; a trip: (stop, arrival, departure) in minutes."""
    rows = []
    for number, calls in enumerate(trips):
        for (tail, _, departure), (head, arrival, _) in pairwise(calls):
            rows.append((number, tail, head, round(departure * 60), round(arrival * 60)))
    columns = np.array(rows, dtype=np.int32).reshape(-1, 5).T
    every = np.ones(len(rows), dtype=bool)
    described = np.array(changes, dtype=float).reshape(-1, 3)
    points = [(EAST + 1000 * x, NORTH + 1000 * y) for x, y in stops]
    return Timetable(
        stops=np.array(points, dtype=float).reshape(-1, 2),
        stop_ids=tuple(f"s{i}" for i in range(len(stops))),
        trip=columns[0],
        tail=columns[1],
        head=columns[2],
        departure=columns[3],
        arrival=columns[4],
        board=every if board is None else np.array(board),
        alight=every if alight is None else np.array(alight),
        change_from=described[:, 0].astype(np.int32),
        change_to=described[:, 1].astype(np.int32),
        change_seconds=described[:, 2],
        day=dt.date(2026, 9, 8),
        trips=len(trips),
    )


def engine(toy, table, *, start=420, end=420, **habits):
    values = {"walk": CRAWL, "max_walk_km": 1.0, "change_walk_km": 0.3, "change_minutes": 2.0}
    return TransitEngine.of(
        toy, table, habits=Habits(**(values | {"window": Window(start=start, end=end)} | habits))
    )


def at(*kilometres):
    return np.array([(EAST + 1000 * x, NORTH) for x in kilometres], dtype=float).reshape(-1, 2)


def nearest(made, *kilometres):
    return made.nearest(at(*kilometres), masks=[None] * len(kilometres))


# The toy's origins stand at 2, 6, 10 and 14 km.


def test_walk_wait_ride_and_walk_are_all_counted(toy):
    # home at 2.0: 3 min to the stop at 2.3; bus at 7 h 10, at 9.5 at 7 h 20; 2 min to the site
    made = engine(toy, timetable([(2.3, 0), (9.5, 0)], [[(0, 430, 430), (1, 440, 440)]]))
    found = nearest(made, 9.7)
    assert found.minutes[0] == 22
    assert found.distance_km[0] == pytest.approx(7.7)
    assert found.site.tolist() == [0, 0, 0, 0]
    # the origin at 10 walks its 300 m; that at 6 walks 3.7 km
    assert found.minutes[1:].tolist() == pytest.approx([37, 3, 43])


def test_the_bus_missed_by_a_second_is_missed(toy):
    calls = [(0, 423, 423), (1, 430, 430)]
    caught = engine(toy, timetable([(2.3, 0), (9.7, 0)], [calls]))
    missed = engine(toy, timetable([(2.3002, 0), (9.7, 0)], [calls]))
    assert nearest(caught, 9.7).minutes[0] == 10
    assert nearest(missed, 9.7).minutes[0] == 77


def test_a_change_takes_its_minutes(toy):
    stops = [(2, 0), (5, 0), (5, 0.1), (9.7, 0)]
    first = [(0, 420, 420), (1, 430, 430)]
    # 1 min to the other stop and 2 lost: 433 is caught, 432 is not
    for leaves, minutes in ((433, 20), (432, 77)):
        second = [(2, leaves, leaves), (3, 440, 440)]
        made = engine(toy, timetable(stops, [first, second]))
        assert nearest(made, 9.7).minutes[0] == minutes


def test_staying_seated_needs_no_change(toy):
    calls = [(0, 420, 420), (1, 430, 430), (2, 440, 440)]
    made = engine(toy, timetable([(2, 0), (5, 0), (9.7, 0)], [calls]))
    assert nearest(made, 9.7).minutes[0] == 20


def test_two_stops_in_the_same_minute(toy):
    stops = [(2, 0), (3, 0), (4, 0), (9.7, 0)]
    calls = [(0, 420, 420), (1, 420, 420), (2, 420, 420), (3, 440, 440)]
    assert nearest(engine(toy, timetable(stops, [calls])), 9.7).minutes[0] == 20


def test_changes_of_the_feed_replace_the_walk(toy):
    stops = [(2, 0), (5, 0), (9.7, 0)]
    trips = [[(0, 420, 420), (1, 430, 430)], [(1, 435, 435), (2, 440, 440)]]
    for seconds, minutes in ((300, 20), (301, 77), (math.nan, 77), (0, 20)):
        made = engine(toy, timetable(stops, trips, changes=[(1, 1, seconds)]))
        assert nearest(made, 9.7).minutes[0] == minutes


def test_walking_all_the_way_wins_where_it_is_shorter(toy):
    made = engine(toy, timetable([(2, 0), (2.8, 0)], [[(0, 430, 430), (1, 431, 431)]]))
    assert nearest(made, 2.8).minutes[0] == 8


def test_a_trip_past_midnight(toy):
    calls = [(0, 1435, 1435), (1, 1450, 1450)]
    made = engine(toy, timetable([(2, 0), (9.7, 0)], [calls]), start=1430, end=1430)
    assert nearest(made, 9.7).minutes[0] == 20


def test_the_median_of_the_window(toy):
    # buses at 7 h 10 and 7 h 30, 5 min: from 7 h 00 to 7 h 20, waits are 10..0 then 19..10
    trips = [[(0, t, t), (1, t + 5, t + 5)] for t in (430, 450)]
    made = engine(toy, timetable([(2, 0), (9.7, 0)], trips), end=440)
    waits = sorted([10 - k for k in range(11)] + [30 - k for k in range(11, 21)])
    assert nearest(made, 9.7).minutes[0] == waits[10] + 5


def test_a_median_needs_half_of_the_departures(toy):
    trips = [[(0, 430, 430), (1, 435, 435)]]
    table = timetable([(2, 0), (9.7, 0)], trips)
    # the bus serves departures from 7 h 00 to 7 h 10: 11 of them
    assert nearest(engine(toy, table, end=440), 9.7).minutes[0] == 15
    assert nearest(engine(toy, table, end=442), 9.7).minutes[0] == 77
    # whoever leaves for the bus has it
    best = engine(toy, table, end=540, quantile=0)
    assert nearest(best, 9.7).minutes[0] == 5
    assert "meilleur des départs" in best.words


def test_no_boarding_and_no_alighting(toy):
    stops = [(2, 0), (5, 0), (9.7, 0)]
    calls = [(0, 420, 420), (1, 430, 430), (2, 440, 440)]
    for flags, minutes in (
        ({"board": [False, True]}, 77),
        ({"alight": [True, False]}, 77),
        ({"board": [True, False], "alight": [False, True]}, 20),
    ):
        made = engine(toy, timetable(stops, [calls], **flags))
        assert nearest(made, 9.7).minutes[0] == minutes


def test_without_a_journey_nothing_is_invented(toy):
    made = engine(toy, timetable([(2, 0)], []), longest=30)
    found = nearest(made, 20)
    assert np.isnan(found.minutes).all()
    assert np.isnan(found.distance_km).all()
    assert found.site.tolist() == [-1] * 4
    causes = made.causes(found)
    assert causes.iloc[0] == (
        "aucun trajet de 30\u00a0minutes au plus (médiane des départs de 7\u00a0h\u00a000 à "
        "7\u00a0h\u00a000)"
    )
    assert causes.iloc[1] == "aucun trajet\u00a0: aucun arrêt à moins de 1,0 km"
    assert made.unmeasured.isna().all()
    assert made.joined(at(20)).all()
    none = made.nearest(at(), masks=[])
    assert np.isnan(none.minutes).all()
    assert none.site.tolist() == [-1] * 4
    assert len(made.pairs(at(), masks=[], within=30).site) == 0


def test_a_site_admits_whom_it_declares(toy):
    made = engine(toy, timetable([(2, 0), (9.7, 0)], [[(0, 420, 420), (1, 430, 430)]]))
    mask = np.array([False, True, True, True])
    found = made.nearest(at(9.7, 10.7), masks=[mask, None])
    assert found.site[0] == 1
    assert found.minutes[0] == 20
    pairs = made.pairs(at(9.7, 10.7), masks=[mask, None], within=120)
    assert (0, 0) not in set(zip(pairs.origin.tolist(), pairs.site.tolist(), strict=True))


def test_isochrones_hold_stops_and_one_another(toy):
    made = engine(toy, timetable([(2, 0), (9.7, 0)], [[(0, 420, 420), (1, 430, 430)]]))
    shapes = made.isochrones(at(9.7), bounds=(8.0, 15.0))
    assert shapes.index.tolist() == [8.0, 15.0]
    assert shapes.is_valid.all()
    assert shapes[15.0].buffer(1e-6).covers(shapes[8.0])
    # 15 minutes: 1.5 km around the site, 500 m around the first stop
    areas = sorted(part.area for part in shapely.get_parts(shapes[15.0]))
    assert areas == pytest.approx([math.pi * 500**2, math.pi * 1500**2], rel=0.01)
    assert made.isochrones(at(), bounds=(8.0,)).is_empty.all()


def test_words_say_what_was_measured(toy):
    made = engine(toy, timetable([(2, 0)], []), end=540)
    assert "mardi 8 septembre 2026" in made.words
    assert "de 7\u00a0h\u00a000 à 9\u00a0h\u00a000" in made.words
    assert "aller seulement" in made.words
    assert made.bracket.favourable == 1.0
    assert made.bracket.unfavourable == 2.0


# ------------------------------------------------------------------ brute force, forwards


def walked(a, b):
    return math.ceil(round(math.dist(a, b) / 1000 * 60 / 6 * 60, 6))


def earliest(table, habits, origin, site, leave):
    """Seconds after midnight of the earliest arrival by transit: forwards, until nothing moves."""
    stops = [tuple(stop) for stop in table.stops]
    ready = [
        leave + walked(origin, stop)
        if math.dist(origin, stop) <= habits.max_walk_km * 1000
        else math.inf
        for stop in stops
    ]
    seated = [False] * len(table.trip)
    best = math.inf
    latest = habits.window.end * 60 + habits.longest * 60
    moving = True
    while moving:
        moving = False
        for c in range(len(table.trip)):
            if seated[c] or table.arrival[c] > latest:
                continue
            on_board = c > 0 and table.trip[c - 1] == table.trip[c] and seated[c - 1]
            waits = table.board[c] and ready[table.tail[c]] <= table.departure[c]
            if not (on_board or waits):
                continue
            seated[c] = moving = True
            if not table.alight[c]:
                continue
            here = stops[table.head[c]]
            if math.dist(here, site) <= habits.max_walk_km * 1000:
                best = min(best, table.arrival[c] + walked(here, site))
            for v, there in enumerate(stops):
                if math.dist(here, there) <= habits.change_walk_km * 1000:
                    change = walked(here, there) + habits.change_minutes * 60
                    ready[v] = min(ready[v], table.arrival[c] + change)
    return best


def test_habits_without_meaning_are_refused():
    for wrong in ({"quantile": 1.0}, {"walk_hypotheses_kmh": (3.0, 5.0)}):
        with pytest.raises(ValueError, match="quantile"):
            Habits(**wrong)
    with pytest.raises(ValueError, match="window"):
        Window(start=540, end=420)


def brute_minutes(made, origin, site):
    habits = made.habits
    lasting = sorted(
        earliest(made.timetable, habits, origin, site, int(leave)) - int(leave)
        for leave in habits.window.departures
    )
    on_foot = math.dist(origin, site) / 100
    minutes = min(lasting[int(habits.quantile * len(lasting))] / 60, on_foot)
    return minutes if minutes <= habits.longest else math.nan


PLACES = st.sampled_from([2.0, 2.3, 5.0, 5.2, 6.0, 6.5, 9.7, 10.4, 13.2, 14.0])
"""Near the origins, and near enough to one another to change."""


@st.composite
def tables(draw):
    stops = draw(
        st.lists(st.tuples(PLACES, st.sampled_from([0, 0.2])), min_size=2, max_size=6, unique=True)
    )
    trips = []
    for _ in range(draw(st.integers(1, 8))):
        calls, time = [], draw(st.integers(418, 440))
        for _ in range(draw(st.integers(2, 4))):
            arrival = time + draw(st.sampled_from([0, 0, 1, 3, 8]))
            time = arrival + draw(st.sampled_from([0, 0, 2]))
            calls.append((draw(st.integers(0, len(stops) - 1)), arrival, time))
        trips.append(calls)
    number = sum(len(calls) - 1 for calls in trips)
    flags = st.lists(st.sampled_from([True, True, True, False]), min_size=number, max_size=number)
    return timetable(stops, trips, board=draw(flags), alight=draw(flags))


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    table=tables(),
    sites=st.lists(PLACES, min_size=1, max_size=3),
    end=st.integers(420, 429),
    quantile=st.sampled_from([0, 0.5, 0.9]),
)
def test_equals_a_search_forwards(toy, table, sites, end, quantile):
    made = engine(toy, table, end=end, longest=60, quantile=quantile)
    points = at(*sites)
    origins = [(point.x, point.y) for point in toy.origins.geometry]
    brute = np.array([[brute_minutes(made, o, tuple(s)) for s in points] for o in origins])
    pairs = made.pairs(points, masks=[None] * len(points), within=60)
    dense = np.full(brute.shape, np.nan)
    dense[pairs.origin, pairs.site] = pairs.minutes
    np.testing.assert_allclose(dense, brute, rtol=1e-9)
    order = list(zip(pairs.origin.tolist(), pairs.site.tolist(), strict=True))
    assert order == sorted(set(order))
    found = made.nearest(points, masks=[None] * len(points))
    least = np.where(np.isnan(brute).all(axis=1), np.nan, np.fmin.reduce(brute, axis=1))
    np.testing.assert_allclose(found.minutes, least, rtol=1e-9)
    # the nearest of a union is the least of the minutes to each part
    alone = [nearest(made, one).minutes for one in sites]
    np.testing.assert_array_equal(found.minutes, np.fmin.reduce(alone))
