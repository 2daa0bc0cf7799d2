import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shapely import Point

from cartoallier.access.combined import Combined
from cartoallier.access.engine import Bracket, Pairs, Reach


class Table:
    """An engine that reads its minutes in a table, origins × sites."""

    def __init__(self, territory, minutes, *, words="à pied", bracket=(0.8, 1.5), causes=None):
        self.territory = territory
        self.minutes = np.array(minutes, dtype=float)
        self.words = words
        self.factors = bracket
        self.causes = causes or [np.nan] * len(territory.origins)

    @property
    def bracket(self):
        low, high = self.factors
        return Bracket(
            favourable=low,
            unfavourable=high,
            favourable_words=f"{self.words} vite",
            unfavourable_words=f"{self.words} lentement",
        )

    @property
    def unmeasured(self):
        return pd.Series(self.causes, index=self.territory.origins.index, dtype="str")

    def joined(self, points):
        return ~np.isnan(self.minutes).all(axis=0)

    def nearest(self, points, *, masks):
        filled = np.nan_to_num(self.minutes, nan=np.inf)
        site = filled.argmin(axis=1)
        best = filled[np.arange(len(filled)), site]
        there = np.isfinite(best)
        return Reach(
            distance_km=np.where(there, 10 * best, np.nan),
            minutes=np.where(there, best, np.nan),
            site=np.where(there, site, -1),
        )

    def pairs(self, points, *, masks, within):
        origin, site = np.nonzero(self.minutes <= within)
        return Pairs(origin=origin, site=site, minutes=self.minutes[origin, site])

    def isochrones(self, points, *, bounds):
        shapes = [Point(self.minutes[0, 0], 0).buffer(bound) for bound in bounds]
        return gpd.GeoSeries(shapes, index=list(bounds), crs=self.territory.crs)


NAN = np.nan


def test_each_origin_takes_the_fastest(toy):
    foot = Table(toy, [[10, 30], [NAN, NAN], [8, 5], [7, 7]])
    bus = Table(toy, [[20, 9], [12, NAN], [5, NAN], [NAN, NAN]])
    both = Combined.of([foot, bus])
    found = both.nearest(np.zeros((2, 2)), masks=[None, None])
    assert found.minutes.tolist() == [9, 12, 5, 7]
    # on equal minutes the first site wins, whichever the engine
    assert found.site.tolist() == [1, 0, 0, 0]
    assert found.distance_km.tolist() == [90, 120, 50, 70]
    assert both.joined(np.zeros((2, 2))).tolist() == [True, True]
    pairs = both.pairs(np.zeros((2, 2)), masks=[None, None], within=9)
    rows = list(zip(pairs.origin.tolist(), pairs.site.tolist(), pairs.minutes, strict=True))
    assert rows == [(0, 1, 9), (2, 0, 5), (2, 1, 5), (3, 0, 7), (3, 1, 7)]


def test_nothing_from_anybody_stays_missing(toy):
    none = Table(toy, np.full((4, 1), NAN))
    found = Combined.of([none, none]).nearest(np.zeros((1, 2)), masks=[None])
    assert np.isnan(found.minutes).all()
    assert np.isnan(found.distance_km).all()
    assert found.site.tolist() == [-1] * 4


def test_unmeasured_only_where_all_are(toy):
    a = Table(toy, np.ones((4, 1)), causes=["loin d'une route", "loin d'une route", NAN, NAN])
    b = Table(toy, np.ones((4, 1)), causes=[NAN, "hors du réseau", "x", NAN])
    causes = Combined.of([a, b]).unmeasured
    assert causes.isna().tolist() == [True, False, True, True]
    assert causes.iloc[1] == "loin d'une route et hors du réseau"
    assert Combined.of([a, a]).unmeasured.iloc[0] == "loin d'une route"


def test_the_widest_bracket(toy):
    foot = Table(toy, np.ones((4, 1)))
    bike = Table(toy, np.ones((4, 1)), words="à vélo", bracket=(np.array([0.9, 0.7, 1, 1]), 1.2))
    bracket = Combined.of([foot, bike]).bracket
    assert bracket.favourable.tolist() == [0.8, 0.7, 0.8, 0.8]
    assert bracket.unfavourable == 1.5
    assert bracket.favourable_words == "à pied vite\u202f; à vélo vite"
    assert Combined.of([foot, foot]).bracket.unfavourable_words == "à pied lentement"


def test_isochrones_are_united(toy):
    both = Combined.of([Table(toy, [[0]] * 4), Table(toy, [[100]] * 4)])
    shapes = both.isochrones(np.zeros((1, 2)), bounds=(1.0, 2.0))
    assert shapes.index.tolist() == [1.0, 2.0]
    assert [len(shape.geoms) for shape in shapes] == [2, 2]
    assert shapes.crs == toy.crs


def test_engines_of_two_territories_do_not_meet(toy):
    with pytest.raises(ValueError, match="at least one"):
        Combined.of([])
    other = Table(object.__new__(type(toy)), np.ones((0, 1)), causes=["x"])
    with pytest.raises(ValueError, match="same territory"):
        Combined.of([Table(toy, np.ones((4, 1))), other])


times = st.lists(
    st.lists(st.sampled_from([NAN, 1.0, 2.0, 3.0]), min_size=2, max_size=2), min_size=4, max_size=4
)


@settings(
    deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50
)
@given(tables=st.lists(times, min_size=1, max_size=3))
def test_it_is_the_engine_of_the_least_table(toy, tables):
    points, masks = np.zeros((2, 2)), [None, None]
    both = Combined.of([Table(toy, one) for one in tables])
    least = Table(toy, np.fmin.reduce([np.array(one) for one in tables]))
    for ours, theirs in (
        (both.nearest(points, masks=masks), least.nearest(points, masks=masks)),
        (both.pairs(points, masks=masks, within=2), least.pairs(points, masks=masks, within=2)),
    ):
        np.testing.assert_array_equal(ours.minutes, theirs.minutes)
        np.testing.assert_array_equal(ours.site, theirs.site)
