"""The project's own file: the same bytes, safe texts, every projection."""

from __future__ import annotations

import dataclasses
import io
import json
import shutil
import subprocess
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

import toys
from cartoallier.errors import OutputError
from cartoallier.model import Run, Territory
from cartoallier.outputs.pictures.words import CONTINUED
from cartoallier.outputs.qgis import project_file, write_project
from cartoallier.outputs.qgis.view import Extent, identifier, plain
from cartoallier.outputs.qgis.words import _fitting
from gis_tools import missing

Opened = Callable[..., dict[str, Any]]
Written = Callable[[Run, Path], Path]
HOSTILE = "<b>&\"'[% @qgis_version %]`"


def tree(run: Run) -> ET.Element:
    """The project of a run, read as XML."""
    with zipfile.ZipFile(io.BytesIO(project_file(run))) as archive:
        (name,) = archive.namelist()
        return ET.fromstring(archive.read(name))


def hostile(territory: Territory) -> Run:
    """A run whose theme and one EPCI bear a name made to be read as something else."""
    theme = dataclasses.replace(
        toys.THEME, title=f"T {HOSTILE}", short_title=f"S {HOSTILE}\x00", code="A\"'[% 1+1 %]"
    )
    zones = territory.zones.copy()
    zones.loc[zones["code"] == "100000001", "name"] = f"CC {HOSTILE}"
    named = dataclasses.replace(territory, zones=zones)
    return toys.run(named, {"at": 2, "name": HOSTILE}, theme=theme)


def test_two_runs_give_the_same_bytes(toy: Territory, tmp_path: Path) -> None:
    run = toys.run(toy, {"at": 2})
    path = write_project(run, tmp_path)
    assert path == tmp_path / "cartoallier.qgz"
    assert path.read_bytes() == project_file(toys.run(toy, {"at": 2}))


def test_layers_are_found_beside_and_have_long_identifiers(toy: Territory) -> None:
    project = tree(toys.run(toy, {"at": 2}))
    layers = project.findall("./projectlayers/maplayer")
    ids = [layer.findtext("id") for layer in layers]
    assert len(set(ids)) == len(ids)
    assert all(one is not None and len(one) > 10 for one in ids)
    for layer in layers:
        assert str(layer.findtext("datasource")).startswith("./cartoallier.gpkg|layername=")
        spatial = layer.get("wkbType") != "NoGeometry"
        assert (layer.find("renderer-v2") is not None) == spatial
    in_tree = {leaf.get("id") for leaf in project.iter("layer-tree-layer")}
    assert in_tree == set(ids)
    for shown in project.findall("./visibility-presets/visibility-preset/layer"):
        layer = next(one for one in layers if one.findtext("id") == shown.get("id"))
        styles = {one.get("name") for one in layer.iter("map-layer-style")}
        assert shown.get("style") in styles


def test_every_sheet_has_its_map_scale_and_legend(toy: Territory) -> None:
    sheets = tree(toys.run(toy, {"at": 2})).findall("./Layouts/Layout")
    assert [sheet.find("Atlas").get("enabled") for sheet in sheets] == ["0", "0", "1"]  # type: ignore[union-attr]
    for sheet in sheets:
        items = {item.get("id"): item for item in sheet.findall("LayoutItem")}
        drawn = items["carte"]
        assert items["échelle"].get("mapUuid") == drawn.get("uuid")
        assert items["légende"].get("map_uuid") == drawn.get("uuid")
        assert items["légende"].get("legendFilterByMap") == "1"
        width, height, _ = str(drawn.get("size")).split(",")
        extent = {key: float(value) for key, value in drawn.find("Extent").items()}  # type: ignore[union-attr]
        across, up = extent["xmax"] - extent["xmin"], extent["ymax"] - extent["ymin"]
        assert across / up == pytest.approx(float(width) / float(height), rel=1e-6)


def test_texts_reach_the_sheets_as_values_of_variables(toy: Territory) -> None:
    project = tree(hostile(toy))
    texts = [str(item.get("labelText")) for item in project.iter("LayoutItem")]
    assert not any("qgis_version" in text for text in texts)
    for node in (*project.iter("layer-tree-layer"), *project.iter("layer-tree-group")):
        assert "[%" not in str(node.get("name"))
    names = [str(one.text) for one in project.findall("./properties/Variables/variableNames/*")]
    values = [str(one.text) for one in project.findall("./properties/Variables/variableValues/*")]
    held = dict(zip(names, values, strict=True))
    (told,) = json.loads(held["cartoallier_themes"]).values()
    assert "<b>&\"'" in told["titre"]


def test_hostile_names_are_printed_as_they_are(
    toy: Territory, written: Written, opened: Opened, tmp_path: Path
) -> None:
    path = written(hostile(toy), tmp_path / "sortie")
    code = next(iter(json.loads(_variable(tree(hostile(toy)), "cartoallier_themes"))))
    atlas = (code, "Atlas des EPCI, A4 paysage")
    answer = opened(path, tmp_path / "pages", sheets=(atlas,))
    assert answer["invalid"] == []
    assert len(answer["themes"]) == 2
    assert "CC <b>&\"'[\u202f% @qgis_version %]`" in answer["bookmarks"]
    tool = shutil.which("pdftotext") or missing("pdftotext")
    (sheet,) = answer["sheets"]
    done = subprocess.run([tool, sheet, "-"], capture_output=True, text=True, check=True)
    assert done.stdout.count("@qgis_version") >= 2, "the title of the theme, the name of the EPCI"
    assert "3.22" not in done.stdout


def _variable(project: ET.Element, name: str) -> str:
    names = [one.text for one in project.findall("./properties/Variables/variableNames/*")]
    values = [one.text for one in project.findall("./properties/Variables/variableValues/*")]
    return str(values[names.index(name)])


@pytest.mark.parametrize("number", [5490, 2975])
def test_overseas_projections(
    toy: Territory, number: int, written: Written, opened: Opened, tmp_path: Path
) -> None:
    crs = f"EPSG:{number}"
    moved = dataclasses.replace(
        toy,
        communes=toy.communes.set_crs(crs, allow_override=True),
        origins=toy.origins.set_crs(crs, allow_override=True),
        boundary=toy.boundary.set_crs(crs, allow_override=True),
    )
    answer = opened(written(toys.run(moved, {"at": 2}), tmp_path), tmp_path / "pages")
    assert (answer["crs"], answer["valid_crs"], answer["projections"]) == (crs, True, [crs])
    assert answer["invalid"] == []


def test_a_run_without_figures_has_a_project(toy: Territory) -> None:
    project = tree(toys.run(toy))
    assert len(project.findall("./visibility-presets/visibility-preset")) == 2
    none = dataclasses.replace(toys.run(toy), themes=(), coverages={}, summaries={})
    assert tree(none).find("./visibility-presets/visibility-preset") is None


def test_a_file_that_cannot_be_written_is_said(toy: Territory, tmp_path: Path) -> None:
    (tmp_path / "cartoallier.qgz").mkdir()
    with pytest.raises(OutputError, match="projet QGIS"):
        write_project(toys.run(toy), tmp_path)


@given(st.text())
def test_plain_texts_are_xml_and_never_computed(text: str) -> None:
    kept = plain(text)
    element = ET.Element("x", {"name": kept})
    assert ET.fromstring(ET.tostring(element, encoding="unicode")).tag == "x"
    assert "[%" not in kept


@given(st.text())
def test_identifiers_are_long_and_plain(name: str) -> None:
    assert len(identifier(name)) > 10
    assert identifier(name).replace("_", "").isalnum()


SIDES = st.floats(-1e6, 1e6)


@given(SIDES, SIDES, st.floats(0, 1e6), st.floats(0, 1e6), st.floats(1, 500), st.floats(1, 500))
def test_a_map_holds_its_territory_whatever_its_shape(
    x: float, y: float, wide: float, high: float, width: float, height: float
) -> None:
    held = Extent(xmin=x, ymin=y, xmax=x + wide, ymax=y + high)
    shown = held.fitted(width=width, height=height, margin=0.03)
    assert shown.xmin <= held.xmin
    assert shown.xmax >= held.xmax
    assert shown.ymin <= held.ymin
    assert shown.ymax >= held.ymax
    ratio = (shown.xmax - shown.xmin) / (shown.ymax - shown.ymin)
    assert ratio == pytest.approx(width / height, rel=1e-3)


def test_details_that_do_not_fit_are_said_to_go_on() -> None:
    held = _fitting(["court", "x" * 57] + ["y" * 100] * 9)
    assert held[:2] == ["court", "x" * 57]
    assert held[-1] == CONTINUED
    assert len(held) == 2 + 4 + 1
    assert _fitting(["court"]) == ["court"]
