"""Tables: the CSV files of the contract, and one workbook of them all for people."""

from cartoallier.outputs.tables.files import write_csv, write_tables
from cartoallier.outputs.tables.frames import FINDING_COLUMNS, NEEDS_HEADINGS

__all__ = ["FINDING_COLUMNS", "NEEDS_HEADINGS", "write_csv", "write_tables"]
