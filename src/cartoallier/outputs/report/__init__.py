"""The report: every theme of a run on a few A4 pages, offline."""

from cartoallier.outputs.report.writing import write_report

__all__ = ["write_report"]
