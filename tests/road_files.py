"""Road files written by hand, in metres of Lambert-93, for the tests of the road room."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from xml.sax.saxutils import quoteattr

from pyproj import Transformer

EAST, NORTH = 700_000, 6_600_000
CRS = "EPSG:2154"
_DEGREES = Transformer.from_crs(CRS, "EPSG:4326", always_xy=True)

Tags = Mapping[str, str]
Place = tuple[float, float]


def degrees(place: Place) -> tuple[float, float]:
    """Return the longitude and latitude of a point given in km from the toy's corner."""
    x, y = _DEGREES.transform(EAST + 1000 * place[0], NORTH + 1000 * place[1])
    return x, y


def osm_xml(
    nodes: Mapping[int, Place],
    ways: Sequence[tuple[Sequence[int], Tags]],
    *,
    tagged: Mapping[int, Tags] | None = None,
) -> str:
    """Return an OpenStreetMap extract.

    Args:
        nodes: id -> km from the toy's corner.
        ways: nodes and tags of each; ids follow their order.
        tagged: tags of some nodes.
    """
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', '<osm version="0.6" generator="test">']
    for node, place in nodes.items():
        lon, lat = degrees(place)
        tags = "".join(_tag(*item) for item in (tagged or {}).get(node, {}).items())
        lines.append(f'<node id="{node}" version="1" lon="{lon:.7f}" lat="{lat:.7f}">{tags}</node>')
    for rank, (refs, way_tags) in enumerate(ways, start=1):
        inside = "".join(f'<nd ref="{ref}"/>' for ref in refs)
        inside += "".join(_tag(*item) for item in way_tags.items())
        lines.append(f'<way id="{rank}" version="1">{inside}</way>')
    return "\n".join([*lines, "</osm>"])


def write_osm(
    path: Path,
    nodes: Mapping[int, Place],
    ways: Sequence[tuple[Sequence[int], Tags]],
    *,
    tagged: Mapping[int, Tags] | None = None,
) -> Path:
    """Write :func:`osm_xml` and return its path."""
    path.write_text(osm_xml(nodes, ways, tagged=tagged), encoding="utf-8")
    return path


def _tag(key: str, value: str) -> str:
    return f"<tag k={quoteattr(key)} v={quoteattr(value)}/>"
