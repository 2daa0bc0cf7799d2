"""A network once read, kept as one compact file for the next run.

A cached network is the very network that was built: same arrays, bit for bit.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import zipfile
from collections.abc import Mapping
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from cartoallier.access.road.network import Network
from cartoallier.files import sha256_of
from cartoallier.model import Finding
from cartoallier.model.travel import TravelProfile

VERSION = 2
"""Of the file and of whatever decides what a network holds: a reader, a rule."""

MILLIMETRES = 1000.0
_GEOMETRY = ("nodes", "coordinates", "isolated_coordinates")
_TEXTS = ("crs", "profile")
_SCALARS = ("access_kmh", "snap_km")


def cache_file(
    folder: Path, path: Path, *, profile: TravelProfile, crs: str, area: shapely.Geometry | None
) -> Path:
    """Return where the network of ``path`` is kept.

    The name holds the hash of the input's bytes, of every value of the profile, of the projection
    and of the clip area: whatever changes, another file is read.

    Raises:
        OSError: the input cannot be read.
    """
    stamp = hashlib.sha256()
    parts = (
        f"cartoallier-reseau-{VERSION}",
        sha256_of(path),
        json.dumps(_plain(profile), sort_keys=True, ensure_ascii=True),
        crs,
        "" if area is None else shapely.to_wkb(area, hex=True, byte_order=1),
    )
    for part in parts:
        stamp.update(part.encode())
        stamp.update(b"\0")
    return folder / f"reseau-{profile.key}-{stamp.hexdigest()[:32]}.npz"


def load(file: Path) -> tuple[Network, tuple[Finding, ...]] | None:
    """Return the network kept in ``file``, and what was found when it was read.

    Returns:
        ``None`` when there is none, or when the file is damaged.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            arrays = {
                name.removesuffix(".npy"): _array(archive.read(name)) for name in archive.namelist()
            }
        return _network(arrays)
    # zip, deflate, npy headers, JSON and numpy each have their own ways to say that bytes were
    # lost, NotImplementedError and MemoryError among them; the remedy is the same: build again
    except Exception:
        return None


def _array(content: bytes) -> NDArray[Any]:
    """Return an array from all the bytes of its entry: read whole, zip has checked their sum."""
    array: NDArray[Any] = np.lib.format.read_array(io.BytesIO(content), allow_pickle=False)
    return array


def save(file: Path, network: Network, findings: tuple[Finding, ...]) -> None:
    """Keep ``network`` in ``file``, written beside it and moved into place.

    Raises:
        OSError: the folder cannot be written.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    arrays: dict[str, NDArray[Any]] = {}
    for name, value in _values(network).items():
        if name in _GEOMETRY:
            arrays[name], arrays[f"{name}_origin"] = _steps(value)
        elif name not in (*_TEXTS, *_SCALARS):
            arrays[name] = value
    facts = {name: getattr(network, name) for name in (*_TEXTS, *_SCALARS)}
    facts["findings"] = [asdict(finding) for finding in findings]
    arrays["facts"] = np.frombuffer(json.dumps(facts).encode(), dtype=np.uint8)
    beside = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        with beside.open("wb") as stream:
            _write(stream, arrays)
        beside.replace(file)
    finally:
        beside.unlink(missing_ok=True)


def _write(stream: Any, arrays: Mapping[str, NDArray[Any]]) -> None:  # noqa: ANN401
    # the level of numpy's own savez_compressed costs four times as long for a tenth less
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, value in arrays.items():
            # a fixed date: the same network is the same bytes
            entry = zipfile.ZipInfo(f"{name}.npy", date_time=(1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            with archive.open(entry, "w", force_zip64=True) as member:
                np.lib.format.write_array(member, np.ascontiguousarray(value), allow_pickle=False)


def _steps(points: NDArray[np.float64]) -> tuple[NDArray[Any], NDArray[np.int64]]:
    """Return millimetres from one point to the next, and the first: small numbers compress well.

    Points are whole millimetres (:func:`cartoallier.access.road.osm.project`).
    """
    whole = np.rint(points * MILLIMETRES).astype(np.int64)
    step = np.diff(whole, axis=0, prepend=whole[:1])
    short = not step.size or int(np.abs(step).max()) < np.iinfo(np.int32).max
    return step.astype(np.int32 if short else np.int64), whole[:1]


def _points(step: NDArray[Any], origin: NDArray[np.int64]) -> NDArray[np.float64]:
    whole = np.cumsum(step, axis=0, dtype=np.int64)
    whole += origin if len(origin) else 0
    points: NDArray[np.float64] = whole / MILLIMETRES
    return points


def _network(arrays: dict[str, NDArray[Any]]) -> tuple[Network, tuple[Finding, ...]]:
    facts = json.loads(arrays.pop("facts").tobytes())
    for name in _GEOMETRY:
        arrays[name] = _points(arrays[name], arrays.pop(f"{name}_origin"))
    findings = tuple(Finding(**finding) for finding in facts.pop("findings"))
    values: dict[str, Any] = {**arrays, **facts}
    network = Network(**values)
    arcs, edges = len(network.tail), len(network.length_km)
    whole = (
        all(len(getattr(network, n)) == arcs for n in ("head", "minutes", "edge", "forward"))
        and len(network.penalty) == len(network.nodes)
        and len(network.offsets) == edges + 1
        and network.offsets[-1] == len(network.coordinates)
        and len(network.doors) == edges
        and network.isolated_offsets[-1] == len(network.isolated_coordinates)
    )
    if not whole:
        raise ValueError(arcs)
    return network, findings


def _values(network: Network) -> dict[str, Any]:
    return {item.name: getattr(network, item.name) for item in fields(network)}


def _plain(profile: TravelProfile) -> dict[str, object]:
    """Return the values of a profile as JSON holds them, sets in order."""
    plain: dict[str, object] = {}
    for item in fields(profile):
        value = getattr(profile, item.name)
        if isinstance(value, Mapping):
            plain[item.name] = dict(value)
        elif isinstance(value, frozenset):
            plain[item.name] = sorted(value)
        else:
            plain[item.name] = value
    return plain
