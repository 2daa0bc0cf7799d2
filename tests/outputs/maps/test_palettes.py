"""Every palette told apart by every eye and in grey, every text read: measured, not promised.

The measure of two colours is CIEDE2000, written here and checked against its authors' pairs.
Colour blindness is simulated at full severity; a dichromat sees no better than that.
"""

from __future__ import annotations

import re
from itertools import combinations, pairwise
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from cartoallier.outputs.maps import palette

TEMPLATES = Path(palette.__file__).parent / "templates"

LINEAR_TO_XYZ = np.array(
    [
        [0.4124564, 0.3575761, 0.1804375],
        [0.2126729, 0.7151522, 0.0721750],
        [0.0193339, 0.1191920, 0.9503041],
    ]
)
"""Linear sRGB to XYZ under D65 (IEC 61966-2-1)."""
WHITE = LINEAR_TO_XYZ.sum(axis=1)

# Machado, Oliveira and Fernandes, « A Physiologically-based Model for Simulation of Color Vision
# Deficiency », IEEE TVCG 15(6), 2009, table of severity 1.0; applied to linear RGB.
SIGHTS = {
    "vue commune": np.eye(3),
    "protanopie": np.array(
        [
            [0.152286, 1.052583, -0.204868],
            [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ]
    ),
    "deutéranopie": np.array(
        [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.011820, 0.042940, 0.968881],
        ]
    ),
    "tritanopie": np.array(
        [
            [1.255528, -0.076749, -0.178779],
            [-0.078411, 0.930809, 0.147602],
            [0.004733, 0.691367, 0.303900],
        ]
    ),
    "gris": np.tile([0.2126729, 0.7151522, 0.0721750], (3, 1)),
}
"""Sight -> matrix on linear RGB; grey keeps the luminance of a colour."""

SHARMA = (
    ((50.0000, 2.6772, -79.7751), (50.0000, 0.0000, -82.7485), 2.0425),
    ((50.0000, 3.1571, -77.2803), (50.0000, 0.0000, -82.7485), 2.8615),
    ((50.0000, 2.8361, -74.0200), (50.0000, 0.0000, -82.7485), 3.4412),
    ((50.0000, -1.3802, -84.2814), (50.0000, 0.0000, -82.7485), 1.0000),
    ((50.0000, 0.0000, 0.0000), (50.0000, -1.0000, 2.0000), 2.3669),
    ((50.0000, 2.4900, -0.0010), (50.0000, -2.4900, 0.0009), 7.1792),
    ((50.0000, 2.4900, -0.0010), (50.0000, -2.4900, 0.0011), 7.2195),
    ((50.0000, -0.0010, 2.4900), (50.0000, 0.0009, -2.4900), 4.8045),
    ((50.0000, 2.5000, 0.0000), (50.0000, 0.0000, -2.5000), 4.3065),
    ((50.0000, 2.5000, 0.0000), (73.0000, 25.0000, -18.0000), 27.1492),
    ((50.0000, 2.5000, 0.0000), (61.0000, -5.0000, 29.0000), 22.8977),
    ((50.0000, 2.5000, 0.0000), (56.0000, -27.0000, -3.0000), 31.9030),
    ((50.0000, 2.5000, 0.0000), (58.0000, 24.0000, 15.0000), 19.4535),
    ((60.2574, -34.0099, 36.2677), (60.4626, -34.1751, 39.4387), 1.2644),
    ((63.0109, -31.0961, -5.8663), (62.8187, -29.7946, -4.0864), 1.2630),
    ((22.7233, 20.0904, -46.6940), (23.0331, 14.9730, -42.5619), 2.0373),
    ((90.8027, -2.0831, 1.4410), (91.1528, -1.6435, 0.0447), 1.4441),
    ((2.0776, 0.0795, -1.1350), (0.9033, -0.0636, -0.5514), 0.9082),
)
"""Pairs of Sharma, Wu and Dalal, Color Research & Application 30(1), 2005, table 1."""

PALETTES = {
    "durées": palette.ACCESS,
    "besoin": palette.NEED,
    "profils": palette.PROFILES,
    "zones": tuple(palette.COVERED.values()),
    "besoin × durées": tuple(colour for row in palette.BIVARIATE for colour in row),
}
ORDERED = {name: PALETTES[name] for name in ("durées", "besoin", "zones")}
"""One variable: what a grey print keeps of it is its lightness."""

# Floors of ΔE00 between any two classes. Yardstick, measured with the same code: the worst sight
# of ColorBrewer's Blues in five classes gives 7.1 in colour and 7.1 in grey, OrRd 9.7 and 6.5; of
# its Set2 in six, 1.6; of the usual 3 × 3 (BlueRed), 7.8. About 1 is the least anyone sees.
FLOORS = {
    "durées": 8.0,  # measured: 8.7, deuteranopia
    "besoin": 8.0,  # measured: 8.02, protanopia
    "zones": 16.0,  # measured: 16.2, deuteranopia
    "profils": 7.0,  # measured: 7.2, deuteranopia; a letter names each as well
    "besoin × durées": 13.0,  # measured: 13.5, deuteranopia
}
GREY_FLOORS = {"durées": 6.0, "besoin": 6.0, "zones": 12.0, "profils": 6.0}
"""ΔL* of 10 is 6 of ΔE00 near white, where the eye is least fine."""
LIGHTNESS_STEP = 10.0
"""VISUAL: between any two classes of a printed map."""
LEAST_CONTRAST = 4.5
"""WCAG 2.2, 1.4.3, for text of any size."""


def linear(colour: str) -> NDArray[np.float64]:
    """Return linear RGB of ``#rgb`` or ``#rrggbb``."""
    digits = colour.removeprefix("#")
    pairs = [c * 2 for c in digits] if len(digits) == 3 else re.findall("..", digits)
    channels = np.array([int(pair, 16) / 255 for pair in pairs])
    return np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)


def lab(colour: str, sight: str = "vue commune") -> NDArray[np.float64]:
    """Return CIELAB of a colour as a sight sees it, what leaves the screen's gamut cut."""
    seen = np.clip(SIGHTS[sight] @ linear(colour), 0, 1)
    ratio = LINEAR_TO_XYZ @ seen / WHITE
    f = np.where(ratio > (6 / 29) ** 3, np.cbrt(ratio), ratio / (3 * (6 / 29) ** 2) + 4 / 29)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def ciede2000(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    """Return ΔE00 of two CIELAB colours, kL = kC = kH = 1 (Sharma et al. 2005, eq. 2 to 22)."""
    c_bar = (np.hypot(one[1], one[2]) + np.hypot(other[1], other[2])) / 2
    g = 0.5 * (1 - np.sqrt(c_bar**7 / (c_bar**7 + 25.0**7)))
    a = np.array([one[1], other[1]]) * (1 + g)
    b = np.array([one[2], other[2]])
    c, h = np.hypot(a, b), np.degrees(np.arctan2(b, a)) % 360
    dl, dc = other[0] - one[0], c[1] - c[0]
    grey = c[0] * c[1] == 0
    turn = 0.0 if grey else (h[1] - h[0] + 180) % 360 - 180
    dh = 2 * np.sqrt(c[0] * c[1]) * np.sin(np.radians(turn) / 2)
    l_bar, c_bar = (one[0] + other[0]) / 2, c.mean()
    h_bar = h.sum() if grey else h.mean()
    if not grey and abs(h[0] - h[1]) > 180:
        h_bar += 180 if h.sum() < 360 else -180
    t = (
        1
        - 0.17 * np.cos(np.radians(h_bar - 30))
        + 0.24 * np.cos(np.radians(2 * h_bar))
        + 0.32 * np.cos(np.radians(3 * h_bar + 6))
        - 0.20 * np.cos(np.radians(4 * h_bar - 63))
    )
    sl = 1 + 0.015 * (l_bar - 50) ** 2 / np.sqrt(20 + (l_bar - 50) ** 2)
    sc, sh = 1 + 0.045 * c_bar, 1 + 0.015 * c_bar * t
    around = 60 * np.exp(-(((h_bar - 275) / 25) ** 2))
    rt = -np.sin(np.radians(around)) * 2 * np.sqrt(c_bar**7 / (c_bar**7 + 25.0**7))
    parts = dl / sl, dc / sc, dh / sh
    return float(np.sqrt(sum(p**2 for p in parts) + rt * parts[1] * parts[2]))


def closest(colours: tuple[str, ...], sight: str) -> tuple[float, tuple[str, str]]:
    """Return the smallest ΔE00 between two colours of a palette, and which two."""
    return min(
        (ciede2000(lab(one, sight), lab(other, sight)), (one, other))
        for one, other in combinations(colours, 2)
    )


@pytest.mark.parametrize(("one", "other", "published"), SHARMA)
def test_ciede2000_gives_what_its_authors_published(
    one: tuple[float, ...], other: tuple[float, ...], published: float
) -> None:
    for pair in ((one, other), (other, one)):
        found = ciede2000(*(np.array(colour) for colour in pair))
        assert found == pytest.approx(published, abs=5e-5)


def test_every_simulated_eye_sees_white_and_greys_as_they_are() -> None:
    for sight in SIGHTS:
        for grey in ("#000000", "#777777", "#ffffff"):
            assert ciede2000(lab(grey), lab(grey, sight)) < 0.1, (sight, grey)


@pytest.mark.parametrize("name", FLOORS)
@pytest.mark.parametrize("sight", [sight for sight in SIGHTS if sight != "gris"])
def test_classes_are_told_apart_by_every_eye(name: str, sight: str) -> None:
    distance, pair = closest(PALETTES[name], sight)
    assert distance >= FLOORS[name], pair


@pytest.mark.parametrize("name", GREY_FLOORS)
def test_classes_are_told_apart_in_grey(name: str) -> None:
    distance, pair = closest(PALETTES[name], "gris")
    assert distance >= GREY_FLOORS[name], pair
    steps = [float(lab(colour)[0]) for colour in PALETTES[name]]
    assert min(one - other for one, other in pairwise(steps)) >= LIGHTNESS_STEP, steps


@pytest.mark.parametrize("sight", SIGHTS)
@pytest.mark.parametrize("name", ORDERED)
def test_more_is_darker_for_every_eye(name: str, sight: str) -> None:
    steps = [float(lab(colour, sight)[0]) for colour in ORDERED[name]]
    assert steps == sorted(steps, reverse=True)


@pytest.mark.parametrize("ramp", [palette.ACCESS, palette.NEED])
@pytest.mark.parametrize("count", [2, 3, 4, 5])
def test_fewer_classes_are_as_far_apart(ramp: tuple[str, ...], count: int) -> None:
    colours = palette.ramp(ramp, count)
    assert len(set(colours)) == count
    for sight in SIGHTS:
        assert closest(colours, sight)[0] >= (6 if sight == "gris" else 8), sight
    steps = [float(lab(colour)[0]) for colour in colours]
    assert min(one - other for one, other in pairwise(steps)) >= LIGHTNESS_STEP


def test_the_nine_of_the_screen_are_not_for_grey_prints() -> None:
    """Why twins print two maps: two of the nine have nearly one grey."""
    distance, _ = closest(PALETTES["besoin × durées"], "gris")
    assert distance < 2
    for line in (*palette.BIVARIATE[::-1], *zip(*palette.BIVARIATE, strict=True)):
        steps = [float(lab(colour)[0]) for colour in line]
        ordered = steps if line in palette.BIVARIATE else steps[::-1]
        assert ordered == sorted(ordered, reverse=True), "dark says more on both sides"


def test_the_nine_are_those_of_the_charter() -> None:
    assert palette.BIVARIATE == (
        ("#3f7fb5", "#3e6463", "#3b4320"),
        ("#9cc4df", "#9a9a7a", "#936727"),
        ("#dcdcd6", "#f1c186", "#e7812b"),
    )


def test_missing_is_no_class() -> None:
    """The line of hatches is read on paper, and no tint is as white as what is missing."""
    for colours in ORDERED.values():
        assert all(lab(colour)[0] < 98 for colour in colours)
    assert contrast("#9a9a9a", "#ffffff") >= 2.5


def contrast(one: str, other: str) -> float:
    """Return the WCAG ratio of two colours."""
    dark, light = sorted(
        0.05 + float(np.array([0.2126, 0.7152, 0.0722]) @ linear(colour)) for colour in (one, other)
    )
    return light / dark


def test_contrast_is_that_of_wcag() -> None:
    assert contrast("#000", "#fff") == pytest.approx(21)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.005)


def rules(sheet: str) -> list[tuple[str, dict[str, str]]]:
    """Return the rules of a style sheet: selector, then property -> value, variables replaced."""
    bare = re.sub(r"/\*.*?\*/", "", sheet, flags=re.DOTALL)
    variables = dict(re.findall(r"(--[\w-]+):\s*([^;}]+)", bare))
    found = []
    for selector, body in re.findall(r"([^{}]+)\{([^{}]*)\}", bare):
        lines = [line.split(":", 1) for line in body.split(";") if ":" in line]
        declared = {name.strip(): value.strip() for name, value in lines}
        for name, value in declared.items():
            declared[name] = re.sub(
                r"var\((--[\w-]+)\)", lambda m: variables.get(m[1], m[0]), value
            )
        found.append((selector.strip(), declared))
    return found


def colour_of(value: str | None) -> str | None:
    """Return the plain colour of a declaration, translucent ones laid on white."""
    if value is None:
        return None
    if plain := re.search(r"#(?:[0-9a-f]{6}|[0-9a-f]{3})\b", value, flags=re.IGNORECASE):
        return plain[0]
    if mixed := re.search(r"rgb\((\d+) (\d+) (\d+) / ([\d.]+)\)", value):
        part = float(mixed[4])
        channels = (round(part * int(mixed[i]) + (1 - part) * 255) for i in (1, 2, 3))
        return "#" + "".join(f"{channel:02x}" for channel in channels)
    return None


def painted() -> tuple[list[tuple[str, str, str | None]], set[str]]:
    """Return texts (where, ink, own paper) of every sheet, and papers that bear other inks."""
    texts: list[tuple[str, str, str | None]] = []
    papers = {"#ffffff"}
    shared = (TEMPLATES / "page.css").read_text("utf-8")
    head = shared[: shared.index("}") + 1]
    for sheet in sorted(TEMPLATES.glob("*.css")):
        for selector, declared in rules(head + sheet.read_text("utf-8")):
            ink = colour_of(declared.get("color"))
            paper = colour_of(declared.get("background") or declared.get("background-color"))
            if ink is None and re.search(r"\b(text|tspan)\b", selector):
                ink = colour_of(declared.get("fill"))
            if ":disabled" in selector:
                paper = paper or "#ffffff"  # WCAG asks nothing of what is inactive; white is kept
            if ink is not None:
                texts.append((f"{sheet.name} {selector}", ink, paper))
            elif paper is not None:
                papers.add(paper)
    return texts, papers


def test_every_ink_reads_on_every_paper() -> None:
    """A rule that gives a paper gives its ink too, unless any ink of the pages reads on it."""
    texts, papers = painted()
    assert len(texts) >= 20
    assert {"#fff", "#fbfbfa", "#f6f6f4"} <= papers
    faint = {
        (where, ink, paper): round(contrast(ink, paper), 2)
        for where, ink, own in texts
        for paper in ([own] if own else sorted(papers))
        if contrast(ink, paper) < LEAST_CONTRAST
    }
    assert faint == {}


def test_controls_and_focus_are_seen() -> None:
    """WCAG 2.2, 1.4.11: 3:1 for what is not text."""
    (outline,) = {
        colour_of(declared.get("outline"))
        for selector, declared in rules((TEMPLATES / "page.css").read_text("utf-8"))
        if selector == ":focus-visible"
    }
    assert outline is not None
    for paper in ("#ffffff", "#fbfbfa", palette.BASE):
        assert contrast(outline, paper) >= 3
