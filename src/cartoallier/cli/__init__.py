"""The command line: parse, one call, print. Nothing heavy is imported before a command runs."""

from cartoallier.cli.app import main

__all__ = ["main"]
