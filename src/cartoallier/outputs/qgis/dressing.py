"""Styles of the GeoPackage, as the layers of a project carry them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from xml.etree import ElementTree as ET

from markupsafe import Markup

from cartoallier.model import Run
from cartoallier.outputs.geopackage.columns import Dictionary, dictionary
from cartoallier.outputs.qgis.view import Styled, plain
from cartoallier.outputs.styles import LayerStyle, field_elements, qml
from cartoallier.outputs.styles.renderers import Circles, Single
from cartoallier.outputs.styles.symbol_xml import properties
from cartoallier.outputs.styles.symbols import Tinted

NOWHERE = '"fid" IS NULL'
"""True of the samples of a legend, of no feature of a map."""
_ABOUT_THE_FILE = {"version", "styleCategories"}


@dataclass(frozen=True, eq=False, kw_only=True)
class Wardrobe:
    """The styles of a run.

    Attributes:
        of: layer -> its styles, the default one first.
        words: of columns.
    """

    of: Mapping[str, tuple[LayerStyle, ...]]
    words: Dictionary

    def tints(self, layer: str) -> tuple[LayerStyle, ...]:
        """Return the styles of a layer but its circles, the default one first."""
        return tuple(style for style in self.of.get(layer, ()) if not _counts(style))

    def circles(self, layer: str) -> tuple[LayerStyle, ...]:
        """Return the style of a layer that draws people as circles: one, or none."""
        return tuple(style for style in self.of.get(layer, ()) if _counts(style))

    def table(self, layer: str, columns: Iterable[str]) -> Styled:
        """Return what an attribute table says of its columns."""
        bare = LayerStyle(
            layer=layer,
            name="default",
            default=True,
            geometry="Polygon",
            renderer=Single(symbol=Tinted()),
            description="",
        )
        fields = tuple(self.words.describe(layer, column) for column in columns)
        return Styled(
            name=bare.name,
            attributes=(("readOnly", "1"),),
            body=_written(field_elements(bare, fields)),
        )

    def about(self, layer: str, theme: str) -> LayerStyle | None:
        """Return the style of a layer made for a theme; ``None`` when it shows nothing of it."""
        return next((style for style in self.of.get(layer, ()) if style.theme == theme), None)

    def styled(self, style: LayerStyle, columns: Iterable[str]) -> Styled:
        """Return a style as the element of a layer holds it: its whole QML, but for its frame.

        Args:
            style: of a layer.
            columns: of the layer, but its geometry.
        """
        fields = tuple(self.words.describe(style.layer, column) for column in columns)
        root = ET.fromstring(qml(style, fields=fields))  # noqa: S314 (made by this very tool)
        _sample(root)
        return Styled(
            name=plain(style.name),
            attributes=tuple((k, v) for k, v in root.attrib.items() if k not in _ABOUT_THE_FILE),
            body=_written(root),
        )


def wardrobe(run: Run, styles: Iterable[LayerStyle]) -> Wardrobe:
    """Return the styles of a run, by layer."""
    held: dict[str, list[LayerStyle]] = {}
    for style in styles:
        held.setdefault(style.layer, []).append(style)
    return Wardrobe(
        of={layer: tuple(sorted(of, key=lambda s: not s.default)) for layer, of in held.items()},
        words=dictionary(run),
    )


def _counts(style: LayerStyle) -> bool:
    return isinstance(style.renderer, Circles)


def _sample(root: ET.Element) -> None:
    """Keep in printed legends the round values of circles, which no feature is drawn as.

    A legend that follows its map leaves out the rules no feature meets. These are met by what
    the circles are of, and their symbol is not drawn but in a legend.
    """
    rules = root.findall("./renderer-v2[@type='RuleRenderer']/rules/rule")
    shown = next((rule.get("filter", "") for rule in rules if rule.get("filter") != "FALSE"), "")
    for rule in rules:
        if rule.get("filter") == "FALSE":
            rule.set("filter", shown)
            path = f"./renderer-v2/symbols/symbol[@name='{rule.get('symbol')}']/layer"
            for layer in root.findall(path):
                for old in layer.findall("data_defined_properties"):
                    layer.remove(old)
                layer.append(properties({"enabled": NOWHERE}))


def _written(parts: Iterable[ET.Element]) -> Markup:
    """Return elements as XML, without what only indents them."""
    held = []
    for part in parts:
        for one in part.iter():
            one.text, one.tail = _kept(one.text), _kept(one.tail)
        held.append(ET.tostring(part, encoding="unicode"))
    return Markup("".join(held))  # noqa: S704 (escaped by the library that wrote it)


def _kept(text: str | None) -> str | None:
    """Return a text of an element; ``None`` for one that only indents."""
    return text if text and text.strip() else None
