"""Styles without QGIS: what is written is what the atlas draws, well-formed, always the same."""

import dataclasses
import math
from collections import Counter
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree as ET

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import toys
from cartoallier.diagnosis.classes import classify
from cartoallier.model import Indicator, Run, Status, Territory
from cartoallier.outputs.maps.tints import tints
from cartoallier.outputs.styles import (
    LayerStyle,
    classes_table,
    layer_styles,
    qml,
    renderer_element,
    siting_style,
    sld,
    write_classes,
)
from cartoallier.outputs.styles import expressions as said
from cartoallier.outputs.styles.renderers import (
    NEAR,
    Categorised,
    Circles,
    Graduated,
    Where,
    under,
)

HOSTILE = "a\"b'c\\; ]]> <b>&amp;</b> [% 1+1 %] \u202e\x00 {{7*7}}"


@dataclasses.dataclass(frozen=True)
class Column:
    name: str
    title: str
    comment: str = ""
    unit: str = ""


FIELDS = (Column("fid", "fid"), Column("code", "Code"), Column("nom", HOSTILE, unit="%"))


@pytest.fixture
def run(toy: Territory) -> Run:
    return toys.run(toy, {"at": 2}, {"at": 13, "itinerant": True})


def written(run: Run) -> list[tuple[LayerStyle, str, str]]:
    return [(style, qml(style, fields=FIELDS), sld(style)) for style in layer_styles(run)]


def test_each_layer_has_one_style_by_default_and_names_of_its_own(run: Run) -> None:
    found = layer_styles(run)
    layers = {style.layer for style in found}
    assert Counter(s.layer for s in found if s.default) == Counter(layers)
    assert max(Counter((s.layer, s.name) for s in found).values()) == 1
    assert {
        "territoire_departement", "territoire_arrondissements", "territoire_epci",
        "territoire_epci_partie", "territoire_communes", "territoire_voisinage", "origines",
        "services", "besoins_communes", "besoins_epci", "couverture_accueil_communes",
        "couverture_accueil_epci",
    } <= layers  # fmt: skip


def test_names_of_the_styles_of_a_theme(run: Run) -> None:
    names = [s.name for s in layer_styles(run) if s.layer == "couverture_accueil_communes"]
    assert names == ["Durée d’accès", "Habitants au-delà du seuil (cercles)"]
    names = [s.name for s in layer_styles(run) if s.layer == "couverture_accueil_epci"]
    assert names == ["Part au-delà du seuil", "Durée d’accès"]


def test_xml_is_well_formed_and_the_same_twice(run: Run) -> None:
    first = written(run)
    assert first == written(run)
    for style, written_qml, written_sld in first:
        root = ET.fromstring(written_qml)
        assert root.find("layerGeometryType").text == {"Polygon": "2", "Point": "0"}[style.geometry]
        assert ET.fromstring(written_sld).get("version") == "1.1.0"
        assert "<prop " not in written_qml


def test_symbols_are_named_by_their_rank(run: Run) -> None:
    for style in (*layer_styles(run), siting_style()):
        element = renderer_element(style)
        names = [symbol.get("name") for symbol in element.find("symbols")]
        assert names == [str(rank) for rank in range(len(names))]


def test_colours_and_labels_are_those_of_the_atlas(run: Run) -> None:
    tint = next(t for t in tints(run, run.themes[0]) if t.family == "minutes")
    style = next(s for s in layer_styles(run) if s.name == "Durée d’accès")
    assert isinstance(style.renderer, Graduated)
    assert [c.label for c in style.renderer.classes] == [
        row.label for row in tint.legend[: len(tint.colours)]
    ]
    assert [c.symbol.fill for c in style.renderer.classes] == list(tint.colours)  # type: ignore[union-attr]
    assert [c.label for c in style.renderer.gaps] == ["sans mesure"]
    for low, high in pairwise(style.renderer.classes):
        assert low.upper == high.lower


@given(st.floats(allow_nan=False, allow_infinity=False, min_value=-1e12, max_value=1e12))
def test_under_a_bound_is_the_last_number_told_from_it(bound: float) -> None:
    below = under(bound)
    assert bound - below >= NEAR
    assert bound - below <= max(NEAR, math.ulp(bound)) * 1.01


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        (Where(column='a"b', sign="null"), '"a""b" IS NULL'),
        (Where(column="a", sign="=", value="l'\\eau"), "\"a\" = 'l''\\\\eau'"),
        (Where(column="a", sign=">=", value=0.1, factor=100), '100 * "a" >= 0.1'),
        (Where(column="a", sign="=", value=True), '"a" = TRUE'),
        (Where(column="a", sign="listed", value="x"),
         "array_contains(string_to_array(\"a\", ', '), 'x')"),
    ],
)  # fmt: skip
def test_conditions_are_quoted(where: Where, expected: str) -> None:
    assert said.condition(where) == expected


def test_hostile_words_are_only_words(run: Run) -> None:
    theme = dataclasses.replace(run.themes[0], title=HOSTILE, short_title=HOSTILE)
    hostile = dataclasses.replace(run, themes=(theme,))
    for _, written_qml, written_sld in written(hostile):
        root = ET.fromstring(written_qml)
        ET.fromstring(written_sld)
        tip = root.findtext("mapTip") or ""
        assert "<b>&" not in tip
        assert "[% 1+1 %]" not in tip


def test_figures_are_read_only_and_fid_is_hidden(run: Run) -> None:
    for style, written_qml, _ in written(run):
        root = ET.fromstring(written_qml)
        free = {f.get("name") for f in root.find("editable") if f.get("editable") == "1"}
        assert free == ({"nom"} if style.layer == "services" else set())
        widgets = {f.get("name"): f.find("editWidget").get("type")
                   for f in root.find("fieldConfiguration")}  # fmt: skip
        assert widgets["fid"] == "Hidden"
        assert [a.get("field") for a in root.find("aliases")] == ["code", "nom"]


def test_circles_are_proportional_by_area(run: Run) -> None:
    style = next(s for s in layer_styles(run) if isinstance(s.renderer, Circles))
    renderer = style.renderer
    assert isinstance(renderer, Circles)
    top = renderer.values[-1]
    assert renderer.scale * math.sqrt(top) == pytest.approx(7.76)
    assert f"{renderer.scale!r} * sqrt" in qml(style, fields=FIELDS)
    assert f"{renderer.column}" in sld(style)


def test_services_have_the_shapes_of_the_web_maps(run: Run) -> None:
    style = next(s for s in layer_styles(run) if s.layer == "services" and s.default)
    assert isinstance(style.renderer, Categorised)
    shapes = {c.where[0].value: c.symbol.shape for c in style.renderer.classes}  # type: ignore[union-attr]
    assert shapes == {"permanent": "circle", "itinerant": "triangle"}


def test_sensitive_themes_have_no_places(run: Run) -> None:
    hidden = dataclasses.replace(run, sensitive=frozenset({"accueil"}))
    assert [s.name for s in layer_styles(hidden) if s.layer == "services"] == ["Type de lieu"]


def test_a_need_with_every_status(toy: Territory) -> None:
    indicator = Indicator(id="i", label="I", unit="%", kind="taux", floor=5.0)
    run = needing(toys.run(toy, {"at": 2}), indicator)
    style = next(s for s in layer_styles(run) if s.name == "Besoin")
    renderer = style.renderer
    assert isinstance(renderer, Graduated)
    assert renderer.first
    assert [gap.label for gap in renderer.gaps] == [
        "30\u202f% au plus, sans plus de précision", "secret statistique", "non fourni"
    ]  # fmt: skip
    assert renderer.lowest == 0


def needing(run: Run, indicator: Indicator) -> Run:
    """The run with a need: on a bound, « at most » too much, and secret."""
    values = run.needs.values
    rows = values[values["level"] == "commune"].assign(
        indicator=indicator.id,
        value=[20.0, 30.0, None],
        status=[Status.PUBLISHED.value, Status.BELOW_FLOOR.value, Status.SECRET.value],
    )
    needs = dataclasses.replace(run.needs, values=pd.concat([values, rows.astype(values.dtypes)]))
    known = pd.Series([20.0, 30.0, None], index=["99001", "99002", "99003"])
    counts, position = classify(
        known,
        pd.Series([100.0, 300, 600], index=known.index),
        bounds=(10, 20),
        unit="%",
        at_most=pd.Series([False, True, False], index=known.index),
    )
    summary = dataclasses.replace(
        run.summaries["accueil"],
        need_indicator=indicator,
        need_classes=counts,
        need_class=position,
        need_title="I",
    )
    return dataclasses.replace(run, needs=needs, summaries={"accueil": summary})


def test_classes_are_written_as_the_columns_hold_them(run: Run, tmp_path: Path) -> None:
    table = classes_table(run)
    minutes = table[(table["champ"] == "duree_min") & (table["couche"].str.endswith("communes"))]
    assert minutes["borne_min"].tolist()[1:5] == [10, 15, 20, 30]
    assert minutes["borne_max"].tolist()[:4] == [10, 15, 20, 30]
    shares = table[table["champ"] == "part_hors_seuil"]
    assert shares["borne_max"].dropna().between(0, 1).all()
    assert minutes["communes"].sum() == 3
    path = write_classes(run, tmp_path)
    assert path == tmp_path / "tableaux" / "classes.csv"
    assert path.read_text(encoding="utf-8").startswith(
        "theme,champ,couche,rang,borne_min,borne_max,couleur,libelle,communes,habitants\n"
        "accueil,duree_min,couverture_accueil_communes,1,,10,"
    )


def test_scores_have_a_style_each(run: Run, with_scores: Callable[[Run], Run]) -> None:
    found = [s for s in layer_styles(with_scores(run)) if s.layer == "scores_epci"]
    assert [s.name for s in found if s.default] == ["Profil dominant"]
    assert found[0].labels is not None
    assert len(found) > 2
    ranked = found[1].renderer
    assert isinstance(ranked, Graduated)
    assert ranked.classes[0].lower == 1
    for style in found:
        ET.fromstring(qml(style, fields=FIELDS))
        ET.fromstring(sld(style))
