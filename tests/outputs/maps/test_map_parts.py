"""Colours, paths, figures and words that pages are made of."""

from __future__ import annotations

import hashlib
import json
import re
from importlib import resources
from itertools import pairwise

import numpy as np
import pytest
from shapely import Polygon, box

from cartoallier.model import Territory
from cartoallier.outputs.maps import cells, folium_map, palette, payload
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
