"""A network kept is the network that was built; whatever is wrong with the file, it is rebuilt."""

from dataclasses import fields, replace

import numpy as np
import pytest
from shapely import box

from cartoallier.access.road import cache as kept
from cartoallier.access.road.network import Network
from cartoallier.access.road.reading import read_network
from cartoallier.catalogue.travel import load_travel_profiles
from road_files import CRS, EAST, NORTH, write_osm

CAR = load_travel_profiles()["voiture"]
NODES = {1: (0, 0), 2: (1, 0.123), 3: (1, 1), 4: (7, 7), 9: (3, 3), 10: (9, 0), 11: (9, 1)}
ROADS = [
    ((1, 2, 3), {"highway": "primary"}),
    ((3, 4), {"highway": "secondary", "oneway": "yes"}),
    ((4, 9, 1), {"highway": "tertiary", "maxspeed": "vite"}),
    ((10, 11), {"highway": "tertiary"}),
]


@pytest.fixture
def path(tmp_path):
    return write_osm(tmp_path / "toy.osm", NODES, ROADS)


def same(one: Network, other: Network) -> bool:
    pairs = ((getattr(one, f.name), getattr(other, f.name)) for f in fields(Network))
    return all(
        np.array_equal(a, b) and a.dtype == b.dtype if isinstance(a, np.ndarray) else a == b
        for a, b in pairs
    )


def read(path, folder, **options):
    chosen = {"profile": CAR, "crs": CRS, "area": None, **options}
    return read_network(path, cache=folder, **chosen)


def test_what_is_kept_is_what_was_built(path, tmp_path, monkeypatch):
    folder = tmp_path / "cache"
    built, findings = read(path, folder)
    assert len(built.isolated_offsets) == 2
    assert same(built, read(path, None)[0])
    monkeypatch.setattr("cartoallier.access.road.reading.build", None)
    loaded, again = read(path, folder)
    assert same(built, loaded)
    assert findings == again
    assert [f.suffix for f in folder.iterdir()] == [".npz"]
    named = read(path, folder, file="routes")[1]
    assert {finding.file for finding in named} == {"routes"}


def test_whatever_changes_another_file_is_read(path, tmp_path):
    folder = tmp_path / "cache"
    area = box(EAST - 9000, NORTH - 9000, EAST + 9000, NORTH + 9000)
    read(path, folder)
    read(path, folder, area=area)
    read(path, folder, crs="EPSG:3857")
    read(path, folder, profile=replace(CAR, speeds={**CAR.speeds, "primary": 61.0}))
    read(path, folder, profile=replace(CAR, closing=frozenset()))
    path.write_text(path.read_text() + "\n")
    read(path, folder)
    assert len(list(folder.iterdir())) == 6


def test_same_network_same_bytes(path, tmp_path):
    read(path, tmp_path / "a")
    read(path, tmp_path / "b")
    first, second = (next((tmp_path / name).iterdir()) for name in "ab")
    assert first.name == second.name
    assert first.read_bytes() == second.read_bytes()


@pytest.mark.parametrize("harm", ["empty", "cut", "flipped", "text", "other", "short"])
def test_a_damaged_file_is_rebuilt(path, tmp_path, harm):
    folder = tmp_path / "cache"
    built, findings = read(path, folder)
    file = next(folder.iterdir())
    content = file.read_bytes()
    if harm == "empty":
        file.write_bytes(b"")
    elif harm == "cut":
        file.write_bytes(content[: len(content) // 2])
    elif harm == "flipped":
        middle = content.index(b"coordinates.npy") + 60
        file.write_bytes(content[:middle] + bytes([content[middle] ^ 255]) + content[middle + 1 :])
    elif harm == "text":
        file.write_bytes(b"bonjour")
    elif harm == "other":
        np.savez(file, a=np.zeros(3))
    else:
        kept.save(file, replace(built, minutes=built.minutes[:-1]), findings)
    assert kept.load(file) is None
    again, _ = read(path, folder)
    assert same(built, again)
    assert file.read_bytes() == content


def test_whatever_the_damage_nothing_else_is_read(path, tmp_path):
    folder = tmp_path / "cache"
    built, _ = read(path, folder)
    file = next(folder.iterdir())
    content = file.read_bytes()
    draw = np.random.default_rng(5)
    refused = 0
    for bit in draw.choice(8 * len(content), 400, replace=False).tolist():
        harmed = bytearray(content)
        harmed[bit // 8] ^= 1 << bit % 8
        file.write_bytes(harmed)
        found = kept.load(file)
        refused += found is None
        assert found is None or same(found[0], built)
    assert refused > 200


def test_an_encrypted_or_unknown_entry_is_rebuilt(path, tmp_path):
    folder = tmp_path / "cache"
    read(path, folder)
    file = next(folder.iterdir())
    content = file.read_bytes()
    central = content.index(b"PK\x01\x02")
    for at, value in ((8, 1), (10, 99)):
        harmed = bytearray(content)
        harmed[central + at] = value
        file.write_bytes(harmed)
        assert kept.load(file) is None


def test_a_folder_that_cannot_be_written_is_said(path, tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("")
    network, findings = read(path, blocked)
    assert len(network.nodes) > 1
    assert "n'a pas pu être gardé" in findings[-1].what
