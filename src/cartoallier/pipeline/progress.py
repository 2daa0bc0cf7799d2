"""How long work tells where it is."""

from collections.abc import Callable

Progress = Callable[[str], None]
"""Told of each step, in French."""


def silent(_: str) -> None:
    """Tell nothing."""
