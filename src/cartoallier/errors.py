"""The errors a user can meet: each says what, where, and what to do, in French.

Bad rows are not errors: they are counted as :class:`cartoallier.model.Finding`.
"""

from __future__ import annotations

from pathlib import Path


class CartoError(Exception):
    """A problem explained to the user in one French sentence; the command exits with 1.

    Args:
        what: the problem and its remedy, in French.
        path: the file it was met in, if any.
        line: 1-based line (or row) in that file.
        key: the key or column concerned.
    """

    def __init__(
        self,
        what: str,
        *,
        path: Path | str | None = None,
        line: int | None = None,
        key: str | None = None,
    ) -> None:
        place = [str(path)] if path is not None else []
        if line is not None:
            place.append(f"ligne {line}")
        if key is not None:
            place.append(f"« {key} »")
        super().__init__(f"{', '.join(place)} : {what}" if place else what)


class ProjectError(CartoError, ValueError):
    """The project folder or its ``cartoallier.toml`` cannot be used as written."""


class CatalogueError(CartoError, ValueError):
    """An entry of the catalogue (themes, indicators, sources) is wrong."""


class TerritoryError(CartoError, ValueError):
    """The département, its boundaries or its levels cannot be used."""


class SourceError(CartoError, ValueError):
    """A declared source cannot be read, or yields no row."""


class NeedsError(CartoError, ValueError):
    """What is asked of an indicator has no meaning, such as summing medians."""


class SitingError(CartoError, ValueError):
    """A question about new sites that has no meaning, or no answer."""


class OutputError(CartoError, OSError):
    """An output cannot be written."""
