"""Styles in real QGIS: what is drawn, feature by feature, is what the atlas draws."""

import json
import math
import os
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pytest
from shapely import box

from cartoallier.model import Run
from cartoallier.outputs.geopackage import write_geopackage
from cartoallier.outputs.geopackage.names import coverage_layers
from cartoallier.outputs.styles import LayerStyle, layer_styles, qml, sld
from cartoallier.outputs.styles.renderers import Class, Graduated, Single, Where
from cartoallier.outputs.styles.symbols import COMMUNE_LINE, Dotted, Hatched, Tinted
from cartoallier.outputs.styles.thematic import NAMES, theme_tints
from cartoallier.pipeline import diagnose
from cartoallier.project import load_project
from gis_tools import system_python

READER = Path(__file__).with_name("read_in_qgis.py")
TYPES = {"Graduated": "graduatedSymbol", "Categorised": "categorizedSymbol",
         "Single": "singleSymbol", "Circles": "RuleRenderer"}  # fmt: skip
Told = dict[str, Any]


def in_qgis(path: Path, folder: Path) -> Told:
    """What QGIS draws with every style of a file."""
    out = folder / "told.json"
    done = subprocess.run(
        [system_python("qgis.core"), str(READER), str(path), str(out)],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"QT_QPA_PLATFORM": "offscreen"},
    )
    assert done.returncode == 0, done.stderr
    found: Told = json.loads(out.read_text(encoding="utf-8"))
    return found


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """The demonstration, every theme."""
    system_python("qgis.core")
    here = tmp_path_factory.mktemp("projet")
    return diagnose(load_project(None, departement=None, here=here))[0]


@pytest.fixture(scope="module")
def told(run: Run, tmp_path_factory: pytest.TempPathFactory) -> Told:
    folder = tmp_path_factory.mktemp("sig")
    return in_qgis(write_geopackage(run, folder), folder)


@pytest.fixture(scope="module")
def styles(run: Run) -> tuple[LayerStyle, ...]:
    return layer_styles(run)


def test_every_layer_opens_with_its_default_style(
    told: Told, styles: tuple[LayerStyle, ...]
) -> None:
    wanted = {style.layer: style for style in styles if style.default}
    assert set(told["default"]) == set(wanted)
    for layer, style in wanted.items():
        found, renderer = told["default"][layer], style.renderer
        assert found["type"] == TYPES[type(renderer).__name__], layer
        # points without names take part in placing those of others: they are obstacles
        named = style.labels is not None or style.geometry == "Point"
        assert found["labels"] == named, layer
        if not isinstance(renderer, Single):
            labels = [one.label for one in renderer.all_classes]  # type: ignore[union-attr]
            assert [row[0] for row in found["classes"]] == labels
    assert not told["messages"]


def test_every_named_style_and_sld_is_read(told: Told, styles: tuple[LayerStyle, ...]) -> None:
    for style in styles:
        key = f"{style.layer}|{style.name}"
        assert told["named"][key]["ok"], key
        assert told["sld"][key]["ok"], told["sld"][key]["problem"]
        assert told["named"][key]["type"] == TYPES[type(style.renderer).__name__]


def test_every_zone_of_every_theme_is_in_the_class_of_the_atlas(run: Run, told: Told) -> None:
    names = coverage_layers(run)
    compared = 0
    for theme in run.themes:
        for tint in theme_tints(run, theme):
            key = f"{names[theme.key, tint.level]}|{NAMES[tint.family]}"
            wanted = {code: [tint.legend[line].label] for code, line in tint.lines.items()}
            for kind in ("named", "sld"):
                drawn = told[kind][key]["drawn"]
                assert {code: drawn.get(code) for code in wanted} == wanted, (kind, key)
            classes = {label: (colour, low, high)
                       for label, colour, low, high in told["named"][key]["classes"]}  # fmt: skip
            for row, colour in zip(tint.legend, tint.colours, strict=False):
                if row.swatch == colour:
                    assert classes[row.label][0] == colour, key
            compared += len(wanted)
    assert compared > 10_000


def test_bounds_are_those_of_the_run(run: Run, told: Told) -> None:
    names = coverage_layers(run)
    seen = 0
    for theme in run.themes:
        summary = run.summaries[theme.key]
        families = {"minutes": summary.access_classes, "part": summary.share_classes,
                    "besoin": summary.need_classes}  # fmt: skip
        for tint in theme_tints(run, theme):
            if tint.family not in families:
                continue
            key = f"{names[theme.key, tint.level]}|{NAMES[tint.family]}"
            rows = told["named"][key]["classes"]
            for one, (label, _, low, high) in zip(families[tint.family], rows, strict=False):
                assert label == one.label
                assert low == (one.lower if math.isfinite(one.lower) else 0)
                if math.isfinite(one.upper):
                    assert 0 < one.upper - high < 1e-12
                seen += 1
    assert seen > 100


def test_forms_speak_french(told: Told) -> None:
    for layer, found in told["default"].items():
        aliases = {k: v for k, v in found["aliases"].items() if k != "fid"}
        assert all(v and v != k for k, v in aliases.items()), layer
        assert found["widgets"]["fid"] == "Hidden"
        assert "fid" in found["hidden"]
        assert "[%" in found["tip"]
        assert not any("(part" in alias for alias in aliases.values())
    one = told["default"]["couverture_premier_accueil_social_communes"]
    assert one["tabs"] == ["Fiche", "Accès", "Besoin"]
    assert one["shown"] == '"nom"'
    assert set(one["read_only"]) == set(one["aliases"])


BOUNDS = (2.4, 3.2, 20.0)
ROWS = [
    ("sous", math.nextafter(2.4, -math.inf) - 1e-15, "publie", "moins de 2,4"),
    ("sur", 2.4, "publie", "de 2,4 à 3,2"),
    ("juste", 2.4 - 1e-9, "publie", "moins de 2,4"),
    ("sur2", 3.2, "publie", "de 3,2 à 20"),
    ("juste20", math.nextafter(20, -math.inf), "estime", "de 3,2 à 20"),
    ("sur20", 20.0, "publie", "20 et plus"),
    ("grand", 98_765.4, "publie", "20 et plus"),
    ("zero", 0.0, "publie", "moins de 2,4"),
    ("negatif", -3.5, "publie", "moins de 2,4"),
    ("secret", None, "secret", "secret statistique"),
    ("non", None, "non_disponible", "non diffusé"),
    ("absent", None, "absent", "non fourni"),
    ("rien", None, None, "non fourni"),
    ("plancher", 2.4, "sous_seuil", "moins de 2,4"),
    ("vague", 5.0, "sous_seuil", "5 au plus"),
]


def edges() -> LayerStyle:
    """A need with every trap: small bounds, values on them, « at most », negative, missing."""
    line = COMMUNE_LINE
    labels = [row[3] for row in (ROWS[0], ROWS[1], ROWS[3], ROWS[5])]
    ends = [None, *BOUNDS, None]
    status = "statut l'\\état\""
    low = Where(column=status, sign="=", value="sous_seuil")

    def gap(label: str, *where: Where) -> Class:
        return Class(label=label, symbol=Hatched(stroke=line), where=where, missing=True)

    return LayerStyle(
        layer='couche "de" l\'essai',
        name="Besoin",
        default=True,
        geometry="Polygon",
        renderer=Graduated(
            column="be\"so'in",
            classes=tuple(
                Class(
                    label=label,
                    symbol=Tinted(fill=f"#00000{rank}", stroke=line),
                    lower=ends[rank],
                    upper=ends[rank + 1],
                )
                for rank, label in enumerate(labels)
            ),
            gaps=(
                gap(
                    "5 au plus",
                    low,
                    Where(column="be\"so'in", sign=">=", value=5.0),
                    Where(column="be\"so'in", sign="<=", value=5.0),
                ),
                Class(
                    label="secret statistique",
                    symbol=Dotted(stroke=line),
                    where=(Where(column=status, sign="=", value="secret"),),
                    missing=True,
                ),
                gap("non diffusé", Where(column=status, sign="=", value="non_disponible")),
                gap("non fourni"),
            ),
            lowest=-1e12,
            first=(low, Where(column="be\"so'in", sign="<=", value=2.4)),
        ),
        description="Essai",
    )


def test_bounds_missing_and_at_most_to_the_last_digit(tmp_path: Path) -> None:
    style = edges()
    renderer = style.renderer
    assert isinstance(renderer, Graduated)
    status = "statut l'\\état\""
    table = pd.DataFrame(
        {
            "code": [row[0] for row in ROWS],
            renderer.column: pd.array([row[1] for row in ROWS], dtype="Float64"),
            status: pd.array([row[2] for row in ROWS], dtype="str"),
        }
    )
    squares = [box(i, 0, i + 1, 1) for i in range(len(ROWS))]
    path = tmp_path / "essai.gpkg"
    gpd.GeoDataFrame(table, geometry=squares, crs="EPSG:2154").to_file(
        path, layer=style.layer, engine="pyogrio"
    )
    with closing(sqlite3.connect(path)) as base:
        base.execute(
            "CREATE TABLE layer_styles (id INTEGER PRIMARY KEY, f_table_name TEXT, "
            "styleName TEXT, styleQML TEXT, styleSLD TEXT)"
        )
        base.execute(
            "INSERT INTO layer_styles VALUES (1, ?, ?, ?, ?)",
            (style.layer, style.name, qml(style, fields=()), sld(style)),
        )
        base.commit()
    told = in_qgis(path, tmp_path)
    wanted = {row[0]: [row[3]] for row in ROWS}
    key = f"{style.layer}|{style.name}"
    assert told["named"][key]["drawn"] == wanted
    assert told["sld"][key]["drawn"] == wanted
