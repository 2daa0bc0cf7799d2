"""The pictures of a run: what they hold, and that they never change without cause."""

from __future__ import annotations

import dataclasses
import io
import re
from itertools import combinations
from pathlib import Path
from xml.etree import ElementTree as ET

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from matplotlib.path import Path as MplPath
from PIL import Image

import toys
from cartoallier.errors import OutputError
from cartoallier.model import ClassCount, Mode, Run, Territory
from cartoallier.outputs.maps import palette
from cartoallier.outputs.maps.geometry import draw
from cartoallier.outputs.maps.sites import sites
from cartoallier.outputs.maps.tints import tints
from cartoallier.outputs.pictures import draw_plates, write_pictures
from cartoallier.outputs.pictures.framing import frame_map, overlap, scale_bar
from cartoallier.outputs.pictures.ground import Ground
from cartoallier.outputs.pictures.layers import Content, Mark, grouped
from cartoallier.outputs.pictures.legend import SEVERAL, Symbols
from cartoallier.outputs.pictures.names import place_names
from cartoallier.outputs.pictures.paper import MARGIN, PIXELS, Disc, Face, Shape, Sheet
from cartoallier.outputs.pictures.pixels import flat_colours, indexed, painted
from cartoallier.outputs.pictures.sheets import SECOND, Studio
from cartoallier.outputs.pictures.vector import _pieces

HOSTILE = (
    "$\\frac{1}{0}$ \\u <script>alert(1)</script> & \u202egauche\u200b 漢字 \x00\x1b " + "é" * 500
)
FRAME = (26.0, 100.0, 411.0, 420.0)


@pytest.fixture
def run(toy: Territory) -> Run:
    """One place at 2 km: two communes near, one far; a need secret in one commune."""
    return with_need(toys.run(toy, {"at": 2}))


def with_need(run: Run) -> Run:
    """Add need classes, as diagnosis does: one commune has none."""
    from cartoallier.model import Indicator

    summary = run.summaries["accueil"]
    summary = dataclasses.replace(
        summary,
        need_indicator=Indicator(id="part_65_plus", label="65 ans et plus", unit="%", kind="taux"),
        need_classes=(
            ClassCount(label="moins de 15 %", lower=0, upper=15, communes=1, inhabitants=100),
            ClassCount(label="15 % et plus", lower=15, upper=99, communes=1, inhabitants=300),
        ),
        need_class=pd.Series([0, 1], index=["99001", "99002"], dtype="Int64"),
        need_title="Part des 65 ans et plus, 2021, par commune",
    )
    return dataclasses.replace(run, summaries={"accueil": summary})


def texts(svg: Path) -> str:
    """The words of an SVG, in the order they are set, halos included."""
    root = ET.parse(svg).getroot()
    return " ".join(node.text or "" for node in root.iter("{http://www.w3.org/2000/svg}text"))


def plain(text: str) -> str:
    return re.sub(r"\s+", " ", text.replace("\u00a0", " ").replace("\u202f", " "))


def test_a_theme_has_an_a4_page_of_300_dpi_and_its_svg(run: Run, tmp_path: Path) -> None:
    said: list[str] = []
    paths = write_pictures(run, tmp_path, progress=said.append)

    assert paths == [tmp_path / "images" / "accueil.png", tmp_path / "images" / "accueil.svg"]
    assert said == ["Accueil"]
    assert sorted(p.name for p in (tmp_path / "images").iterdir()) == ["accueil.png", "accueil.svg"]
    with Image.open(paths[0]) as picture:
        assert picture.size == PIXELS == (3508, 2480)
        assert [round(d) for d in picture.info["dpi"]] == [300, 300]
        assert picture.info["Title"] == "Accueil, Jouet"
        assert picture.convert("RGB").getpixel((5, 5)) == (255, 255, 255)
    root = ET.parse(paths[1]).getroot()
    assert root.attrib["viewBox"] == "0 0 8419.2 5952"
    assert (root.attrib["width"], root.attrib["height"]) == ("841.92pt", "595.2pt")


def test_one_format_may_be_asked_for(run: Run, tmp_path: Path) -> None:
    assert [p.name for p in write_pictures(run, tmp_path, formats=("svg",))] == ["accueil.svg"]
    assert [p.name for p in (tmp_path / "images").iterdir()] == ["accueil.svg"]


def test_an_outline_is_written_once_for_two_maps(run: Run, tmp_path: Path) -> None:
    svg = write_pictures(run, tmp_path, formats=("svg",))[0].read_text(encoding="utf-8")
    ways = re.findall(r'd="M-?\d+ -?\d+([^"]+)"', svg)
    long = [way for way in ways if len(way) > 40]
    assert long
    assert len(set(long)) == len(long)
    uses = re.findall(r'<use xlink:href="#(a\d+)"( x="\d+")?/>', svg)
    known = set(re.findall(r'<path id="(a\d+)"', svg))
    assert {name for name, _ in uses} == known
    assert f' x="{round(10 * (SECOND - MARGIN))}"' in {moved for _, moved in uses}


def test_a_way_is_whole_tenths_from_its_start() -> None:
    corners = [(1, 2), (3.04, 2), (3.05, 2.001), (1, 5), (1, 2)]
    (piece,) = _pieces(Shape(path=MplPath(corners, closed=True)))
    assert (piece.x, piece.y) == (10, 5952 - 20)
    assert piece.way == "l20 0 1 0-21-30z"
    holed = MplPath.make_compound_path(
        MplPath([(0, 0), (9, 0), (9, 9), (0, 0)], closed=True),
        MplPath([(4, 3), (5, 3), (5, 4), (4, 3)], closed=True),
    )
    (piece,) = _pieces(Shape(path=holed))
    assert piece.way == "l90 0 0-90zm40-30l10 0 0-10z"


def test_a_pixel_takes_the_nearest_colour_of_its_sheet() -> None:
    colours = ("#ffffff", "#fbfbfa", "#d9601a", "#1d1d1b")
    pixels = np.array(
        [[(255, 255, 255, 255), (251, 251, 250, 255), (217, 96, 26, 255), (40, 40, 40, 255)]],
        dtype=np.uint8,
    )
    image = indexed(pixels, colours)
    assert list(image.tobytes()) == [0, 1, 2, 3]
    assert image.getpalette() == [255, 255, 255, 251, 251, 250, 217, 96, 26, 29, 29, 27]


def test_what_is_seen_through_a_circle_keeps_its_own_colour() -> None:
    sheet = Sheet()
    sheet.box((0, 0, 9, 9), fill="#4583b8")
    sheet.add(Disc(x=4, y=4, radius=2, fill="#ffffff", opacity=0.45, width=0.7))
    assert "#99bbd8" in flat_colours(sheet)
    shown = indexed(painted(sheet), flat_colours(sheet)).convert("RGB")
    (x, y) = (round(4 * 300 / 72), round((595.2 - 4) * 300 / 72))
    assert shown.getpixel((x, y)) == (0x99, 0xBB, 0xD8)


def test_the_same_run_gives_the_same_bytes(run: Run, tmp_path: Path) -> None:
    first = [path.read_bytes() for path in write_pictures(run, tmp_path / "a")]
    again = [path.read_bytes() for path in write_pictures(run, tmp_path / "b")]
    assert first == again
    assert b"<dc:date" not in first[1]


def test_it_says_all_that_stands_beside_a_figure(run: Run, tmp_path: Path) -> None:
    words = plain(texts(write_pictures(run, tmp_path)[1]))
    summary = run.summaries["accueil"]
    headline = summary.headline[:1].upper() + summary.headline[1:]
    for expected in (
        "Accueil",
        headline,
        *summary.details,
        "Champ",
        "Lecture",
        "Source",
        *summary.sources,
        "Part des 65 ans et plus, 2021, par commune",
        "Durée d’accès au lieu le plus proche, par commune",
        "secret statistique",
        "Document de travail, ne vaut pas engagement",
        "Données de démonstration, fictives",
        "2 km",
        "Bourg",
    ):
        assert plain(expected) in words, expected
    run = dataclasses.replace(run, demonstration=False)
    assert "fictives" not in texts(write_pictures(run, tmp_path)[1])


def test_need_and_minutes_stand_side_by_side_sites_on_the_second(run: Run) -> None:
    contents = contents_of(run)
    assert [content.tint.key for content in contents if content.tint] == ["besoin", "minutes"]
    assert [len(content.marks) for content in contents] == [0, 1]
    assert contents[0].circles
    assert not contents[1].circles


def test_without_need_the_minutes_carry_circles_and_sites(toy: Territory) -> None:
    (content,) = contents_of(toys.run(toy, {"at": 2}))
    assert content.tint is not None
    assert content.tint.key == "minutes"
    assert content.marks
    assert [circle.people for circle in content.circles] == sorted(
        (circle.people for circle in content.circles), reverse=True
    )


def contents_of(run: Run) -> tuple[object, ...]:
    theme = run.themes[0]
    drawing = draw(run.territory)
    studio = Studio(run=run, ground=Ground.of(run.territory), drawing=drawing)
    return studio.contents(theme, sites(run, theme, drawing))


def test_a_sensitive_theme_shows_no_place(toy: Territory, tmp_path: Path) -> None:
    theme = dataclasses.replace(toys.THEME, sensitive=True)
    run = toys.run(toy, {"at": 2, "name": "Refuge caché"}, theme=theme)
    assert all(not content.marks for content in contents_of(run))
    words = texts(write_pictures(run, tmp_path)[1])
    assert "Refuge" not in words
    assert "lieu permanent" not in words
    assert "Thème sensible" in words


@pytest.mark.parametrize("mode", [Mode.ZONE, Mode.CAPACITY, Mode.PRESENCE, Mode.ORGANISATIONAL])
def test_themes_that_are_not_a_distance_have_their_page(
    toy: Territory, mode: Mode, tmp_path: Path
) -> None:
    theme = dataclasses.replace(toys.THEME, mode=mode, thresholds=())
    zone = {"zone": ("commune:99001",)} if mode == Mode.ZONE else {}
    run = toys.run(toy, {"at": 2, **zone}, theme=theme)
    words = plain(texts(write_pictures(run, tmp_path)[1]))
    assert "distance" in words or mode == Mode.ZONE
    if mode == Mode.ZONE:
        assert "hors de toute zone" in words
    elif not tints(run, theme):
        assert "Aucun chiffre à dessiner" in words


def test_a_theme_without_supply_says_so(toy: Territory, tmp_path: Path) -> None:
    run = toys.run(toy)
    words = plain(texts(write_pictures(run, tmp_path)[1])).lower()
    assert plain(run.summaries["accueil"].headline).lower() in words


def test_hostile_names_are_text_cut_to_their_place(toy: Territory, tmp_path: Path) -> None:
    toy.communes["name"] = HOSTILE
    toy.zones["name"] = HOSTILE
    theme = dataclasses.replace(toys.THEME, title=HOSTILE, short_title="x")
    run = with_need(toys.run(toy, {"at": 2, "name": HOSTILE}, theme=theme))
    summary = run.summaries["accueil"]
    summary = dataclasses.replace(summary, headline=HOSTILE, sources=(HOSTILE,) * 40)
    run = dataclasses.replace(run, summaries={"accueil": summary})
    png, svg = write_pictures(run, tmp_path)
    words = texts(svg)
    assert "$\\frac{1}{0}$" in words
    assert "é" * 300 not in words
    assert not re.search("[\u202e\u200b\x00\x1b]", words)
    assert "□□" in words, "a letter the font lacks"
    assert "<script" not in svg.read_text(encoding="utf-8")
    with Image.open(png) as picture:
        assert picture.size == PIXELS


def test_one_commune_is_a_territory(toy: Territory, tmp_path: Path) -> None:
    alone = toy.communes.index == "99001"
    kept = toy.members["commune_code"] == "99001"
    territory = dataclasses.replace(
        toy,
        communes=toy.communes[alone],
        origins=toy.origins[toy.origins["commune_code"] == "99001"],
        members=toy.members[kept],
        zones=toy.zones.loc[toy.zones.index.isin(set(toy.members.loc[kept, "zone"]))],
        boundary=gpd.GeoSeries([toy.communes.geometry.iloc[0]], crs=toy.crs),
    )
    run = dataclasses.replace(toys.run(toy, {"at": 2}), territory=territory)
    svg = write_pictures(run, tmp_path)[1]
    assert "Aval" in texts(svg)


def test_a_commune_without_outline_is_said(toy: Territory, tmp_path: Path) -> None:
    toy.communes.loc["99003", "geometry"] = None
    toy.communes.loc["99003", "outline"] = "absent"
    svg = write_pictures(toys.run(toy, {"at": 2}), tmp_path)[1]
    assert "1 commune sans contour" in plain(texts(svg))


def test_a_folder_that_cannot_be_written_is_explained(run: Run, tmp_path: Path) -> None:
    (tmp_path / "images").write_text("un fichier")
    with pytest.raises(OutputError, match="image"):
        write_pictures(run, tmp_path)


@pytest.mark.parametrize("size", [(150.0, 110.0), (190.0, 200.0), (0.0, 0.0)])
def test_the_legend_never_covers_the_territory(toy: Territory, size: tuple[float, float]) -> None:
    for hull in (
        toy.boundary.iloc[0],
        shapely.box(0, 0, 10_000, 90_000),
        shapely.Point(0, 0).buffer(40_000),
        shapely.MultiPolygon([shapely.box(0, 0, 9, 9), shapely.box(900, 900, 990, 990)]),
    ):
        framed = frame_map(hull, FRAME, size)
        assert not hull.intersects(shapely.box(*framed.view.metres(framed.legend))) or size == (
            0,
            0,
        )
        west, south, east, north = hull.bounds
        left, bottom = framed.view.points(shapely.get_coordinates(shapely.Point(west, south)))[0]
        right, top = framed.view.points(shapely.get_coordinates(shapely.Point(east, north)))[0]
        assert FRAME[0] <= left < right <= FRAME[2]
        assert FRAME[1] <= bottom < top <= FRAME[3]
        bar = scale_bar(framed, hull, height=12)
        assert not overlap(bar.box, framed.legend)
        assert re.fullmatch(r"(0,00)?[125]0*\u00a0km|0,00[125]\u00a0km|0,\d+\u00a0km", bar.label)


def test_no_name_touches_another(toy: Territory) -> None:
    check_names(toy)


def test_no_name_touches_another_in_a_crowd(toy: Territory) -> None:
    toy.communes["name"] = ["Saint-Rémy-en-Rollat-sur-Sioule", "Bourg", "Côte d’en haut", "Delà"]
    toy.zones["name"] = "Communauté de communes du Pays de la très longue vallée de la Sioule"
    check_names(toy)


def check_names(territory: Territory) -> None:
    ground = Ground.of(territory)
    for size in ((150.0, 110.0), (190.0, 180.0)):
        framed = frame_map(ground.hull, FRAME, size)
        taken = (framed.legend, (200.0, 200.0, 240.0, 240.0))
        names = place_names(territory, ground, framed, taken=taken)
        assert names
        for one, other in combinations([*(name.box for name in names), *taken], 2):
            assert not overlap(one, other) or {one, other} <= set(taken)
        for name in names:
            half = (name.box[2] - name.box[0]) / 2
            assert all(name.face.width(line) / 2 <= half + 1e-9 for line in name.lines)
            assert FRAME[0] <= name.box[0]
            assert name.box[2] <= FRAME[2]


def test_classes_of_a_printed_map_stay_apart_in_grey(run: Run, tmp_path: Path) -> None:
    ramps = [palette.ramp(palette.ACCESS, count) for count in (2, 3, 4, 5)]
    ramps += [palette.ramp(palette.NEED, count) for count in (2, 3, 4, 5)]
    ramps.append(tuple(palette.COVERED.values()))
    ramps += [tint.colours for tint in tints(run, run.themes[0])]
    for ramp in ramps:
        for one, other in combinations([palette.lightness(colour) for colour in ramp], 2):
            assert abs(one - other) >= 10, ramp
    with Image.open(io.BytesIO(write_pictures(run, tmp_path)[0].read_bytes())) as picture:
        held = {colour for _, colour in picture.convert("RGB").getcolors() or ()}
    drawn = [c for tint in tints(run, run.themes[0]) for c, row in
             zip(tint.colours, tint.legend, strict=False) if row.zones]  # fmt: skip
    assert drawn
    for colour in drawn:
        assert tuple(int(colour[i : i + 2], 16) for i in (1, 3, 5)) in held, colour


def test_a_text_is_cut_or_turned_to_its_room() -> None:
    face = Face(size=8)
    assert face.cut("court", 200) == "court"
    cut = face.cut("mot " * 100, 100)
    assert cut.endswith("…")
    assert face.width(cut) <= 100
    lines = face.wrap("un deux trois quatre cinq " * 9 + "x" * 300, 90, lines=6, indent=20)
    assert len(lines) == 6
    assert all(face.width(line) <= 90.5 for line in lines)
    assert face.width(lines[0]) <= 70.5
    assert face.wrap("", 90, lines=3) == ()
    assert face.readable("a\u202e\u200b\n\tb\u00a0! 漢") == "a b\u00a0! □"


def test_sites_too_close_are_counted_in_one_disc(toy: Territory) -> None:
    framed = frame_map(Ground.of(toy).hull, FRAME, (0.0, 0.0))
    west, south, _, _ = Ground.of(toy).hull.bounds
    far = west + 40 / framed.view.scale
    marks = [
        Mark(x=west, y=south, shape="cercle", filled=False),
        Mark(x=west + 1, y=south, shape="losange", filled=False, count=2),
        Mark(x=west + 2, y=south, shape="cercle", filled=True),
        Mark(x=far, y=south, shape="carre", filled=False),
    ]
    groups = grouped(marks, framed, ())
    assert [(one.count, one.filled, one.shape) for one in groups] == [
        (3, False, "cercle"),
        (1, True, "cercle"),
        (1, False, "carre"),
    ]
    words = Symbols(met=(("carre", False), (SEVERAL, False), ("cercle", True)))
    assert Content(tint=None, marks=tuple(marks)).parts(groups) == (words,)
    hidden = framed.view.points(np.array([(far, south)]))[0]
    cover = (hidden[0] - 1, hidden[1] - 1, hidden[0] + 1, hidden[1] + 1)
    assert len(grouped(marks, framed, (cover,))) == 2


def test_names_stand_on_what_they_name(toy: Territory) -> None:
    ground = Ground.of(toy)
    framed = frame_map(ground.hull, FRAME, (0.0, 0.0))
    names = place_names(toy, ground, framed)
    assert any(name.dot for name in names)
    for name in names:
        box = shapely.box(*name.box)
        if name.dot is not None:
            assert box.distance(shapely.Point(name.dot)) <= 6
        else:
            ground_box = shapely.box(*framed.view.metres(name.box))
            assert any(shape.contains(ground_box) for shape in ground.groupings.values())


def test_plates_share_their_outlines(run: Run) -> None:
    plates = draw_plates(run)
    assert plates == draw_plates(run)
    svg = plates.maps["accueil"]
    known = set(re.findall(r'<path id="(\w+)"', plates.shared))
    assert set(re.findall(r'href="#(\w+)"', svg)) == known
    root = ET.fromstring(svg.replace("<svg ", '<svg xmlns:xlink="x" ', 1))
    words = plain(" ".join(node.text or "" for node in root.iter("text")))
    for expected in ("Part des 65 ans et plus", "communes", "habitants", "lieu permanent"):
        assert expected in words
    assert min(float(node.get("font-size", "99")) for node in root.iter("g")) >= 62
    assert draw_plates(dataclasses.replace(run, themes=())).maps == {}
