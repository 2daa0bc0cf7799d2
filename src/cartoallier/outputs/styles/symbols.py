"""Symbols of the hand-over files: what each draws, whatever the language that writes it."""

from __future__ import annotations

from dataclasses import dataclass

MM_PER_PX = 25.4 / 96
"""The web maps count in CSS pixels, 96 to the inch; QGIS in millimetres."""
MM_PER_POINT = 25.4 / 72
INK = "#1d1d1b"
EPCI_INK = "#3a3a3a"
WHITE = "#ffffff"
GREY = "#9a9a9a"
"""Of hatches and dots: what is missing is not a colour."""
SILENT, SILENT_LINE = "#fbfbfa", "#ececea"
"""What is around the département."""
COMMUNE_WIDTH = 0.35 * MM_PER_PX
EPCI_WIDTH, EPCI_CASING = 0.9 * MM_PER_PX, 2.6 * MM_PER_PX
DEPARTEMENT_WIDTH = 1.6 * MM_PER_PX
SITE = 2.6
"""Millimetres of the symbol of a place."""
LARGEST_CIRCLE = 7.76
"""Millimetres across the largest circle of a legend: that of the printed maps, 22 points."""


@dataclass(frozen=True, kw_only=True)
class Stroke:
    """One line.

    Attributes:
        colour: ``#rrggbb``.
        width: millimetres.
        dash: lengths of strokes and gaps, millimetres; empty: a full line.
        casing: width of a white line under it, millimetres; 0: none.
    """

    colour: str
    width: float
    dash: tuple[float, ...] = ()
    casing: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Tinted:
    """A flat tint with an outline; ``fill`` empty: the outline alone."""

    fill: str = ""
    stroke: Stroke | None = None


@dataclass(frozen=True, kw_only=True)
class Hatched:
    """White under 45° lines: nothing is known here."""

    stroke: Stroke


@dataclass(frozen=True, kw_only=True)
class Dotted:
    """White under dots: a figure exists and may not be told."""

    stroke: Stroke


@dataclass(frozen=True, kw_only=True)
class Marker:
    """A place.

    Attributes:
        shape: ``circle``, ``diamond``, ``triangle``, ``square`` or ``cross_fill``.
        size: millimetres.
        fill: ``#rrggbb``.
        fill_expression: QGIS expression of the fill, ``""``: always ``fill``.
        ink: of the outline.
        width: of the outline, millimetres.
    """

    shape: str
    size: float = SITE
    fill: str = WHITE
    fill_expression: str = ""
    ink: str = INK
    width: float = 0.35


@dataclass(frozen=True, kw_only=True)
class Circle:
    """A disc inside a polygon, its area proportional to a number.

    Attributes:
        field: the number.
        scale: millimetres across of a circle of one.
        size: millimetres across when it does not depend on a field (a legend).
    """

    field: str = ""
    scale: float = 0.0
    size: float = 0.0


Symbol = Tinted | Hatched | Dotted | Marker | Circle

COMMUNE_LINE = Stroke(colour=WHITE, width=COMMUNE_WIDTH)
EPCI_LINE = Stroke(colour=EPCI_INK, width=EPCI_WIDTH, casing=EPCI_CASING)
DEPARTEMENT_LINE = Stroke(colour=INK, width=DEPARTEMENT_WIDTH, casing=3.2 * MM_PER_PX)
