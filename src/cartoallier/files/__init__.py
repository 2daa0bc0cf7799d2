"""Files from others as rows of text: encodings, separators, workbooks; hostile until decoded.

Shared by the rooms that read inputs, which never meet: a file is opened in one way only.
"""

from cartoallier.files.book import Book, read_book
from cartoallier.files.decoding import decode, read_bytes, sha256_of
from cartoallier.files.rows import Rows, map_cells
from cartoallier.files.tables import (
    LONGEST_CELL,
    Beyond,
    Grid,
    header_of,
    read_grid,
    read_start,
    read_table,
)
from cartoallier.files.texts import LARGE
from cartoallier.files.workbooks import CONTROL, ZIP, Sheets, read_sheets

__all__ = [
    "CONTROL",
    "LARGE",
    "LONGEST_CELL",
    "ZIP",
    "Beyond",
    "Book",
    "Grid",
    "Rows",
    "Sheets",
    "decode",
    "header_of",
    "map_cells",
    "read_book",
    "read_bytes",
    "read_grid",
    "read_sheets",
    "read_start",
    "read_table",
    "sha256_of",
]
