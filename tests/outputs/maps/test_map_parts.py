"""Colours, paths, figures and words that pages are made of."""

from __future__ import annotations

import hashlib
import json
import re
from importlib import resources
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely import Polygon, box

from cartoallier.model import Territory
from cartoallier.outputs.maps import cells, folium_map, palette, payload
from cartoallier.outputs.maps.cells import measure, minutes, percent
from cartoallier.outputs.maps.geometry import Grid, draw


@pytest.mark.parametrize("ramp", [palette.ACCESS, palette.NEED])
@pytest.mark.parametrize("count", [2, 3, 4, 5])
def test_classes_of_a_ramp_read_in_grey(ramp: tuple[str, ...], count: int) -> None:
    steps = [palette.lightness(colour) for colour in palette.ramp(ramp, count)]
    assert all(round(a - b) >= 10 for a, b in pairwise(steps)), steps


def test_longer_ramps_keep_their_ends() -> None:
    longer = palette.ramp(palette.ACCESS, 7)
    assert (longer[0], longer[-1], len(set(longer))) == ("#fff7e6", "#8c2d04", 7)


def test_a_path_is_relative_integers_with_holes() -> None:
    grid = Grid(west=0, north=10, step=1)
    square = box(0, 0, 10, 10).difference(box(4, 4, 6, 6))
    path = grid.path([square, None, Polygon()])
    assert path.count("M") == 2
    assert re.fullmatch(r"(M-?\d+ -?\d+l[-\d ]+z)+", path)
    _, *moves = (int(n) for n in re.findall(r"-?\d+", path.split("M")[1]))
    assert abs(np.array(moves[1:]).sum()) <= 20


def test_rings_too_small_for_the_grid_vanish() -> None:
    assert Grid(west=0, north=10, step=10).path([box(0, 0, 1, 1)]) == ""


def test_the_toy_is_drawn_once_for_all_pages(toy: Territory) -> None:
    drawing = draw(toy)
    assert [codes for _, codes in drawing.outlines] == [("99001",), ("99002",), ("99003",)]
    assert list(drawing.groupings) == ["100000001", "100000002"]
    assert drawing.beyond, "the EPCI that straddles the border is drawn whole, lightly"
    assert drawing.context, "neighbours are present"
    south, west, north, east = drawing.bounds
    assert (north - south) < (east - west)


def test_folium_gives_the_same_bytes_and_no_remote_file() -> None:
    asked = {"tints": ("minutes", "besoin"), "shown": "minutes", "clustered": True}
    html, script = folium_map.map_parts(**asked)  # type: ignore[arg-type]
    assert (html, script) == folium_map.map_parts(**asked)  # type: ignore[arg-type]
    identifier = re.search(r'id="(map_\w+)"', html)
    assert identifier is not None
    assert f'L.map(\n                "{identifier[1]}"' in script
    assert "http" not in html + script
    assert not re.search(r"[0-9a-f]{32}", html + script)


@pytest.mark.parametrize(
    ("value", "shown"),
    [(1204, "1\u202f204\u00a0personnes"), (12.34, "12,3\u00a0personnes"), (None, "–")],
)
def test_measures_carry_their_unit(value: float | None, shown: str) -> None:
    assert cells.measure(value, "personnes") == shown


@given(st.floats(0, 120), st.sets(st.sampled_from((5.0, 7.5, 10.0, 15.0, 20.0, 30.0)), max_size=4))
def test_minutes_stay_on_their_side_of_bounds(value: float, bounds: set[float]) -> None:
    shown = float(minutes(value, bounds).replace(",", "."))
    assert abs(shown - value) <= 0.05 + 1e-9
    for bound in bounds:
        if abs(value - bound) > 1e-6:
            assert (shown > bound, shown < bound) == (value > bound, value < bound)


@pytest.mark.parametrize(
    ("shown", "wanted"),
    [
        (minutes(29.98, (20, 30)), "29,98"),
        (minutes(30.0, (20, 30)), "30,0"),
        (minutes(30.0004, (20, 30)), "30,0004"),
        (minutes(30 - 1e-12, (20, 30)), "30,0"),
        (minutes(29.98), "30,0"),
        (minutes(None, (30,)), "–"),
        (percent(0.2499, (25,)), "24,99\u202f%"),
        (percent(0.2499), "25,0\u202f%"),
        (measure(13.96, "%", (14,)), "13,96\u202f%"),
        (measure(21_999.7, "€", (22_000,)), "21\u202f999,7\u00a0€"),
        (measure(0.296, "", (0.3,)), "0,296"),
    ],
)
def test_a_figure_never_crosses_a_bound_by_rounding(shown: str, wanted: str) -> None:
    assert shown == wanted


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("CC Saint-Pourçain Sioule Limagne", "Saint-Pourçain Sioule Limagne"),
        ("CC du Pays d'Huriel", "Pays d'Huriel"),
        ("CA Vichy Communauté", "Vichy Communauté"),
        ("Communauté d'agglomération Moulins Communauté", "Moulins Communauté"),
        ("CC Le Grand Charolais", "Grand Charolais"),
        ("Métropole du Grand Paris", "Grand Paris"),
        ("CC", "CC"),
    ],
)
def test_labels_drop_the_legal_form(name: str, short: str) -> None:
    assert payload.short_name(name) == short


def test_json_cannot_leave_its_element() -> None:
    written = payload.encode({"nom": "</script><!-- &"})
    assert not set("<>&") & set(written)
    assert json.loads(written) == {"nom": "</script><!-- &"}


def test_circles_have_areas_proportional_to_people() -> None:
    root = payload.pixels_per_root((100, 500, 1000))
    assert root * 1000**0.5 == pytest.approx(payload.LARGEST_CIRCLE)
    assert payload.pixels_per_root(()) == 0


def test_vendored_files_are_those_their_readme_names() -> None:
    assets = resources.files("cartoallier.outputs.maps") / "assets"
    rows = re.findall(
        r"\| `(\S+)` \| .*? \| `([0-9a-f]{64})` \|", (assets / "README.md").read_text("utf-8")
    )
    assert len(rows) == 6
    for name, digest in rows:
        content = (assets / name).read_bytes()
        assert hashlib.sha256(content).hexdigest() == digest, name
