"""The door of the roads: what a file is, what is wrong with it, and the real networks."""

import bz2
import gzip
import zipfile
from pathlib import Path

import numpy as np
import pytest
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components
from shapely import box

from cartoallier.access.road.reading import read_network
from cartoallier.catalogue.travel import load_travel_profiles
from cartoallier.errors import SourceError
from road_files import CRS, EAST, NORTH, osm_xml

PROFILES = load_travel_profiles()
CAR, FOOT = PROFILES["voiture"], PROFILES["pied"]
NODES = {1: (0, 0), 2: (1, 0), 3: (1, 1)}
ROADS = [((1, 2, 3), {"highway": "primary"})]


def write_pbf(path: Path, count: int = 3) -> Path:
    osmium = pytest.importorskip("osmium")
    from osmium.osm import mutable

    with osmium.SimpleWriter(str(path)) as writer:
        for rank in range(count):
            writer.add_node(mutable.Node(id=rank + 1, location=(3 + rank / 1000, 46)))
        refs = list(range(1, count + 1))
        writer.add_way(mutable.Way(id=1, nodes=refs, tags={"highway": "primary"}))
    return path


def refusal(path: Path, *, profile=CAR, area=None) -> str:
    with pytest.raises(SourceError) as error:
        read_network(path, profile=profile, crs=CRS, area=area, file="routes")
    message = str(error.value)
    assert message.startswith("routes")
    assert "Traceback" not in message
    return message.replace("\u00a0", " ").replace("\u202f", " ")


@pytest.mark.parametrize(
    ("name", "pack"),
    [
        ("a.osm", bytes),
        ("a.osm.gz", gzip.compress),
        ("a.osm.bz2", bz2.compress),
        # told by content: the name lies
        ("a.pbf", gzip.compress),
        ("a.zip", bytes),
        ("a", bytes),
    ],
)
def test_told_by_content(tmp_path, name, pack):
    path = tmp_path / name
    path.write_bytes(pack(osm_xml(NODES, ROADS).encode()))
    network, _ = read_network(path, profile=CAR, crs=CRS, area=None)
    assert network.length_km == pytest.approx([2], rel=2e-5)


def test_pbf_whatever_its_name(tmp_path):
    path = write_pbf(tmp_path / "a.osm.pbf").rename(tmp_path / "region.txt")
    network, _ = read_network(path, profile=CAR, crs=CRS, area=None)
    assert len(network.nodes) == 2


def test_missing_empty_and_foreign_files(tmp_path):
    assert "introuvable" in refusal(tmp_path / "absent.pbf")
    assert "dossier" in refusal(tmp_path)
    for name, content, word in (
        ("vide.pbf", b"", "vide"),
        ("page.osm.pbf", b"<!DOCTYPE html><html><body>404</body></html>", "page web"),
        ("page2.pbf", b"\n<html lang='fr'>", "page web"),
        ("texte.osm", b"bonjour", "format non reconnu"),
        ("autre.xml", b"<?xml version='1.0'?><kml/>", "format non reconnu"),
    ):
        path = tmp_path / name
        path.write_bytes(content)
        assert word in refusal(path)
    archive = tmp_path / "a.zip"
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr("a.osm", osm_xml(NODES, ROADS))
    assert "archive zip" in refusal(archive)


@pytest.mark.parametrize("share", [0.3, 0.6, 0.95])
def test_files_cut_short(tmp_path, share):
    rng = np.random.default_rng(1)
    many = {i: (float(x), float(y)) for i, (x, y) in enumerate(rng.random((2000, 2)) * 50, start=1)}
    text = osm_xml(many, [(list(many), {"highway": "primary"})]).encode()
    for name, content in (
        ("a.osm", text),
        ("a.osm.gz", gzip.compress(text)),
        ("a.osm.bz2", bz2.compress(text)),
        ("a.osm.pbf", write_pbf(tmp_path / "whole.osm.pbf", 5000).read_bytes()),
    ):
        path = tmp_path / name
        path.write_bytes(content[: int(len(content) * share)])
        message = refusal(path)
        assert "tronqué" in message or "abîmé" in message
        assert "télécharger de nouveau" in message
        (tmp_path / "whole.osm.pbf").unlink(missing_ok=True)


def test_coordinates_that_are_none(tmp_path):
    path = tmp_path / "a.osm"
    path.write_text(osm_xml(NODES, ROADS).replace('lat="', 'lat="x', 1))
    assert "illisible" in refusal(path)


def test_entities_are_refused(tmp_path):
    layers = "".join(f'<!ENTITY l{i} "{f"&l{i - 1};" * 10 if i else "ha"}">' for i in range(9))
    bomb = f"<?xml version='1.0'?><!DOCTYPE osm [{layers}]>"
    path = tmp_path / "a.osm"
    path.write_text(f"{bomb}<osm version='0.6'><note>&l8;</note></osm>")
    assert "illisible" in refusal(path)
    path.write_text(f"{bomb}<graphml><graph><data key='d'>&l8;</data></graph></graphml>")
    assert "entités" in refusal(path)


def test_no_road_for_this_profile(tmp_path):
    path = tmp_path / "a.osm"
    path.write_text(osm_xml(NODES, [((1, 2), {"highway": "footway"})]))
    assert "aucune route praticable en voiture" in refusal(path)
    assert len(read_network(path, profile=FOOT, crs=CRS, area=None)[0].nodes) == 2
    path.write_text(osm_xml(NODES, [((1, 2), {"building": "yes"})]))
    assert "aucune route praticable à pied" in refusal(path, profile=FOOT)
    path.write_text(osm_xml(NODES, []))
    assert "aucune route" in refusal(path)
    path.write_text(osm_xml({}, ROADS))
    assert "aucune route" in refusal(path)


def test_only_one_way_roads(tmp_path):
    path = tmp_path / "a.osm"
    path.write_text(osm_xml(NODES, [((1, 2, 3), {"highway": "primary", "oneway": "yes"})]))
    assert "dans les deux sens" in refusal(path)


def test_elsewhere(tmp_path):
    path = tmp_path / "a.osm"
    path.write_text(osm_xml(NODES, ROADS))
    far = box(EAST + 50_000, NORTH, EAST + 60_000, NORTH + 10_000)
    assert "ne touche le territoire" in refusal(path, area=far)


REAL = {
    "north-bayreuth.osm.gz": ("EPSG:25832", 0.9, 2.0),
    "monaco.osm.gz": (CRS, 0.85, 2.0),
    "st_ger.graphml": (CRS, 0.9, 2.0),
    "maisons_laffitte.graphml": (CRS, 0.9, 2.0),
}


@pytest.mark.parametrize("name", REAL)
@pytest.mark.parametrize("key", PROFILES)
def test_real_networks(shared_data, name, key):
    crs, least, _ = REAL[name]
    profile = PROFILES[key]
    path = shared_data / "osm-samples" / name
    network, findings = read_network(path, profile=profile, crs=crs, area=None)
    nodes, edges = len(network.nodes), len(network.length_km)
    graph = csr_array((np.ones(len(network.tail)), (network.tail, network.head)), (nodes, nodes))
    assert connected_components(graph, directed=True, connection="strong")[0] == 1
    share = float(findings[-1].value.split("\u202f")[0].replace(",", ".")) / 100
    assert least <= share <= 1
    # every arc goes at a speed of its profile, lights apart
    kmh = 60 * network.length_km[network.edge] / np.maximum(network.minutes, 1e-12)
    assert (kmh <= max(*profile.speeds.values(), *profile.ceilings.values(), 0) + 1e-6).all()
    assert np.isfinite(network.minutes).all()
    # every edge runs from its tail to its head
    starts, ends = (
        network.coordinates[network.offsets[:-1]],
        network.coordinates[network.offsets[1:] - 1],
    )
    ahead = network.forward
    for flag, here, there in ((ahead, starts, ends), (~ahead, ends, starts)):
        assert np.array_equal(network.nodes[network.tail[flag]], here[network.edge[flag]])
        assert np.array_equal(network.nodes[network.head[flag]], there[network.edge[flag]])
    assert len(np.unique(network.edge)) == edges
    # no two nodes of a street that is not a loop are farther than its length
    chord = np.hypot(*(starts - ends).T) / 1000
    assert (chord <= network.length_km + 1e-9).all()


def test_real_network_of_bayreuth(shared_data):
    path = shared_data / "osm-samples" / "north-bayreuth.osm.gz"
    network, findings = read_network(path, profile=CAR, crs="EPSG:25832", area=None)
    # 590 km of highways in the file, tracks too rough and private ways left out
    assert 350 < network.length_km.sum() < 450
    assert findings[-1].value.startswith("93,8")
    again, _ = read_network(path, profile=CAR, crs="EPSG:25832", area=None)
    for name in ("nodes", "tail", "head", "minutes", "coordinates"):
        assert np.array_equal(getattr(network, name), getattr(again, name))
