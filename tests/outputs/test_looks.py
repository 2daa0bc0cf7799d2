"""What pages look like, against the pictures of ``docs/images`` that were looked at.

A picture is cut into cells of 8 pixels of the screen: the mean colour of a cell barely moves when
letters are smoothed otherwise, and moves when the map, the legend or a colour does. Two bounds:
cells that changed over the whole picture, and in the worst of its 40 tiles, so that a small thing
that is lost is not lost in the white of the rest. What they forgive and what they do not is
tested below on pages altered on purpose.

After a change of looks: ``python scripts/screenshots.py``, look at the pictures, keep them.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from playwright.sync_api import Browser, BrowserContext

import demonstration_pages
from cartoallier.outputs.maps import palette
from demonstration_pages import demonstration_atlas

__all__ = ["demonstration_atlas"]

IMAGES = Path(__file__).parents[2] / "docs" / "images"
CELLS = 160
"""Across a picture: 8 pixels of a screen each, 5 of a sheet."""
FAR = 12.0
"""ΔE*ab (CIE 1976) from which a cell has changed; the classes of access are 13 to 30 apart."""
WHOLE, TILE = 0.01, 0.025
"""Shares of changed cells: over the picture, and in the worst tile."""
TILES = (8, 5)
MOST_BYTES = 2_000_000
SRGB_TO_XYZ = np.array(
    [
        [0.4124564, 0.3575761, 0.1804375],
        [0.2126729, 0.7151522, 0.0721750],
        [0.0193339, 0.1191920, 0.9503041],
    ]
)
"""Linear sRGB to XYZ under D65 (IEC 61966-2-1)."""

Pictures = dict[str, Image.Image]


screenshots = demonstration_pages.screenshots()
VIEWS = {view.name: view for view in screenshots.VIEWS}
ALTERED = VIEWS["premier-accueil-social"]

HIDE = "(one) => { document.querySelector(one).style.visibility = 'hidden'; }"
MOVE = "(one) => { document.querySelector(one).style.transform = 'translateY(24px)'; }"
UNTICK = "(one) => { document.querySelector(one).click(); }"
REPAINT = """(change) => {
    for (const zone of document.querySelectorAll(".leaflet-teintes-pane path")) {
        const fill = zone.getAttribute("fill");
        if (fill in change) zone.setAttribute("fill", change[fill]);
    }
}"""
LETTERS = "(far) => { document.body.style.transform = `translate(${far}px, ${far}px)`; }"
ALTERATIONS: dict[str, tuple[str, object]] = {
    "the legend hidden": (HIDE, ".legende"),
    "the legend 24 pixels lower": (MOVE, ".legende"),
    "two colours exchanged": (
        REPAINT,
        {palette.ACCESS[1]: palette.ACCESS[2], palette.ACCESS[2]: palette.ACCESS[1]},
    ),
    "seven communes in another class": (REPAINT, {palette.ACCESS[4]: palette.ACCESS[3]}),
    "no places": (UNTICK, "input[name=lieux]"),
    "no circles": (UNTICK, "input[name=cercles]"),
    "no names": (UNTICK, "input[name=noms]"),
    "no scale bar": (HIDE, ".leaflet-control-scale"),
    "no warning": (HIDE, ".avertissement"),
}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Gap:
    """How much two pictures differ: shares of changed cells, and where."""

    whole: float
    tile: float
    where: NDArray[np.bool_]

    @property
    def forgiven(self) -> bool:
        return self.whole <= WHOLE and self.tile <= TILE


def lab(picture: Image.Image) -> NDArray[np.float64]:
    """Return CIELAB of an sRGB picture, white at (100, 0, 0)."""
    encoded = np.asarray(picture, dtype=np.float64) / 255
    linear = np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)
    ratio = linear @ SRGB_TO_XYZ.T / SRGB_TO_XYZ.sum(axis=1)
    knee = 6 / 29
    curved = np.where(ratio > knee**3, np.cbrt(ratio), ratio / (3 * knee**2) + 4 / 29)
    x, y, z = np.moveaxis(curved, -1, 0)
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1)


def cells(picture: Image.Image) -> NDArray[np.float64]:
    """Return CIELAB of the mean colours of the cells of a picture."""
    size = (CELLS, round(CELLS * picture.height / picture.width))
    return lab(picture.convert("RGB").resize(size, Image.Resampling.BOX))


def gap(kept: Image.Image, seen: Image.Image) -> Gap:
    """Compare two pictures of one size."""
    assert kept.size == seen.size, (kept.size, seen.size)
    changed = np.linalg.norm(cells(kept) - cells(seen), axis=-1) > FAR
    tiles = [
        tile
        for band in np.array_split(changed, TILES[1])
        for tile in np.array_split(band, TILES[0], axis=1)
    ]
    return Gap(whole=float(changed.mean()), tile=max(float(t.mean()) for t in tiles), where=changed)


def shown(kept: Image.Image, seen: Image.Image, where: NDArray[np.bool_]) -> Image.Image:
    """Return what was kept, what is seen, and what is seen with the changed cells in red."""
    mask = Image.fromarray(where).resize(seen.size, Image.Resampling.NEAREST)
    marked = seen.convert("RGB")
    marked.paste(Image.blend(marked, Image.new("RGB", seen.size, "#ff0000"), 0.6), mask=mask)
    sheet = Image.new("RGB", (seen.width, 3 * seen.height + 16), "#1d1d1b")
    for rank, one in enumerate((kept.convert("RGB"), seen.convert("RGB"), marked)):
        sheet.paste(one, (0, rank * (seen.height + 8)))
    return sheet


@pytest.fixture(scope="module")
def context(browser: Browser) -> Iterator[BrowserContext]:
    demonstration_pages.need_tools()
    opened = screenshots.offline(browser)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def usual(context: BrowserContext, demonstration_atlas: Path) -> Pictures:
    """The page that the alterations start from."""
    taken: Pictures = screenshots.take(context, demonstration_atlas, ALTERED)
    return taken


@pytest.mark.parametrize("name", VIEWS)
def test_pages_look_as_they_were_looked_at(
    name: str, context: BrowserContext, demonstration_atlas: Path, tmp_path: Path
) -> None:
    changed = []
    for key, seen in screenshots.take(context, demonstration_atlas, VIEWS[name]).items():
        kept = Image.open(IMAGES / f"{key}.png")
        found = gap(kept, seen)
        if not found.forgiven:
            told = tmp_path / f"{key}.png"
            shown(kept, seen, found.where).save(told)
            changed.append(f"{told} : {found.whole:.1%}, {found.tile:.1%} in a tile")
    refresh = "if this is meant: python scripts/screenshots.py, then look at docs/images"
    assert changed == [], refresh


def test_the_pictures_kept_are_those_taken_and_light() -> None:
    wanted = set(VIEWS) | {f"{v.name}-a4" for v in VIEWS.values() if v.printed}
    held = sorted(IMAGES.glob("*"))
    assert {path.stem for path in held} == wanted
    assert sum(path.stat().st_size for path in held) < MOST_BYTES
    for path in held:
        with Image.open(path) as picture:
            assert picture.mode == "P", path.name
            assert picture.width > picture.height, path.name


def test_one_page_gives_one_picture(
    usual: Pictures, context: BrowserContext, demonstration_atlas: Path
) -> None:
    again = screenshots.take(context, demonstration_atlas, ALTERED)
    for key, picture in usual.items():
        assert gap(picture, again[key]).whole == 0, key


def test_letters_smoothed_otherwise_are_forgiven(
    usual: Pictures, context: BrowserContext, demonstration_atlas: Path
) -> None:
    """Everything four tenths of a pixel lower: each edge is smoothed in another way."""
    view = dataclasses.replace(ALTERED, printed=False)
    moved = screenshots.take(
        context, demonstration_atlas, view, change=lambda page: page.evaluate(LETTERS, 0.4)
    )
    before, after = usual[view.name], moved[view.name]
    edges = np.linalg.norm(lab(before.convert("RGB")) - lab(after.convert("RGB")), axis=-1)
    assert (edges > FAR).mean() > 0.02
    assert gap(before, after).forgiven


@pytest.mark.parametrize("name", ALTERATIONS)
def test_what_is_lost_moved_or_repainted_is_seen(
    name: str, usual: Pictures, context: BrowserContext, demonstration_atlas: Path
) -> None:
    """A net without holes: each of these would pass for a change of letters if it were wider."""
    script, argument = ALTERATIONS[name]
    view = dataclasses.replace(ALTERED, printed=False)
    altered = screenshots.take(
        context, demonstration_atlas, view, change=lambda page: page.evaluate(script, argument)
    )
    assert not gap(usual[view.name], altered[view.name]).forgiven


def test_what_differs_is_drawn(usual: Pictures) -> None:
    kept = usual[ALTERED.name]
    half = kept.convert("RGB")
    half.paste("#000000", (0, 0, 640, 800))
    found = gap(kept, half)
    assert found.whole == pytest.approx(0.5, abs=0.02)
    drawn = shown(kept, half, found.where)
    assert drawn.size == (1280, 2416)
    red, green, _ = drawn.getpixel((320, 2016))  # type: ignore[misc]
    assert red > green + 100
