"""A variant: the same project with a few things changed, run beside the base."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class Variant:
    """What one ``[[variante]]`` changes; what it does not say is that of the base.

    Attributes:
        name: as every output prints it.
        threshold: minutes, for every theme of proximity.
        thresholds: theme key -> minutes.
        engine: ``vol_oiseau``, ``route``, or ``""``.
        detour: road length over straight line.
        speed_kmh: door to door.
        floor: never below half the root of the commune's area.
        without_sources: files of supply left out, as the project names them.
        without_neighbours: only sites of the département.
        closed: ids of services, as ``offre.csv`` writes them.
        closed_file: a table whose column ``id`` holds more of them.
        closed_name: that file as the project names it.
        added: a table of invented sites.
        added_name: that file as the project names it.
        themes: keys of those compared; empty: all.
    """

    name: str
    threshold: float | None = None
    thresholds: Mapping[str, float] = field(default_factory=dict)
    engine: str = ""
    detour: float | None = None
    speed_kmh: float | None = None
    floor: bool | None = None
    without_sources: tuple[str, ...] = ()
    without_neighbours: bool = False
    closed: tuple[str, ...] = ()
    closed_file: Path | None = None
    closed_name: str = ""
    added: Path | None = None
    added_name: str = ""
    themes: tuple[str, ...] = ()

    @property
    def travels(self) -> bool:
        """Whether minutes are made otherwise than in the base."""
        return bool(self.engine) or any(
            one is not None for one in (self.detour, self.speed_kmh, self.floor)
        )

    @property
    def supplies(self) -> bool:
        """Whether the services are not those of the base."""
        return bool(
            self.without_sources
            or self.without_neighbours
            or self.closed
            or self.closed_file
            or self.added
        )

    @property
    def concerned(self) -> tuple[str, ...]:
        """Keys of the themes compared; empty: all.

        Thresholds of a few themes change nothing for the others.
        """
        if self.themes or self.travels or self.supplies or self.threshold is not None:
            return self.themes
        return tuple(self.thresholds)
