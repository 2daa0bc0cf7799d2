"""A structures file beside its services: what is left of it once they are joined."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from cartoallier.model import Finding
from cartoallier.supply import data_inclusion, dora
from cartoallier.supply.data_inclusion import JOINED
from cartoallier.supply.extract import Extract
from cartoallier.supply.structures import companion_services

_SERVED: Mapping[str, Callable[..., frozenset[str]]] = {
    data_inclusion.SOURCE: data_inclusion.served_structures,
    dora.SOURCE: dora.served_structures,
}


def unserved(extract: Extract, *, path: Path, kind: str) -> Extract:
    """Return, of a structures file, the structures that no service beside it names.

    The others are read with their services, under the services' own names. Any other file is
    returned as it is.

    Args:
        extract: what a reader drew from the file.
        path: the file.
        kind: its format.

    Raises:
        SourceError: the services file beside it is unreadable.
    """
    frame = extract.frame
    if kind not in _SERVED or not (frame["name"] == frame["structure"]).all():
        return extract
    beside = companion_services(path)
    if beside is None:
        return extract
    served = _SERVED[kind](beside, file=beside.name)
    alone = ~frame["structure_id"].isin(list(served))
    joined = len(frame) - int(alone.sum())
    if not joined:
        return extract
    finding = Finding(
        file=str(frame["file"].iloc[0]),
        what="fichier de structures",
        action="lu avec le fichier de services qui l'accompagne",
    )
    return replace(
        extract,
        frame=frame[alone],
        findings=[finding, *extract.findings],
        dropped=extract.dropped | {JOINED: joined},
    )
