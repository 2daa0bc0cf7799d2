"""The one place where the pieces meet: a project becomes a run, a run becomes outputs."""

from cartoallier.pipeline.diagnosing import diagnose
from cartoallier.pipeline.needing import NeedReading, read_need_files
from cartoallier.pipeline.reading import (
    Reading,
    open_territory,
    read_sources,
    read_zoning_files,
)
from cartoallier.pipeline.simulating import Question, simulate
from cartoallier.pipeline.travelling import open_roads
from cartoallier.pipeline.writing import FAMILIES, STAGING, write, write_simulation

__all__ = [
    "FAMILIES",
    "STAGING",
    "NeedReading",
    "Question",
    "Reading",
    "diagnose",
    "open_roads",
    "open_territory",
    "read_need_files",
    "read_sources",
    "read_zoning_files",
    "simulate",
    "write",
    "write_simulation",
]
