"""Small CSV files a project brings: read as text, refused in French."""

from __future__ import annotations

import difflib
import re
import warnings
from collections.abc import Sequence
from pathlib import Path

import pandas as pd
from pandas.errors import EmptyDataError, ParserError, ParserWarning

from cartoallier.errors import TerritoryError

FIRST_LINE = 2
"""Line of the first row after the header."""


def read_text_table(path: Path, columns: Sequence[str]) -> tuple[pd.DataFrame, str]:
    """Read some columns of a CSV file as text.

    UTF-8 with or without BOM; the separator (comma, semicolon or tab) is the most frequent in
    the header. Rows that are wholly empty are left out.

    Returns:
        The columns asked for, stripped, index = 1-based line; and the separator.

    Raises:
        TerritoryError: file, encoding, shape or column, with the place.
    """
    separator = _separator(path)
    try:
        with warnings.catch_warnings():
            # Rows longer than the header: pandas only warns, and cuts them.
            warnings.simplefilter("error", ParserWarning)
            table = pd.read_csv(
                path,
                sep=separator,
                dtype="str",
                keep_default_na=False,
                encoding="utf-8-sig",
                index_col=False,
                skip_blank_lines=False,
            )
    except UnicodeDecodeError as error:
        raise TerritoryError(
            "le fichier n'est pas en UTF-8 ; enregistrez-le en « CSV UTF-8 ».", path=path
        ) from error
    except EmptyDataError as error:
        raise TerritoryError("le fichier est vide.", path=path) from error
    except (ParserError, ParserWarning) as error:
        place = re.search(r"line (\d+)", str(error))
        raise TerritoryError(
            "une ligne n'a pas le même nombre de colonnes que l'en-tête.",
            path=path,
            line=int(place[1]) if place else None,
        ) from error
    table.columns = table.columns.str.strip()
    for column in columns:
        if column not in table:
            near = difflib.get_close_matches(column, list(table.columns), n=1)
            present = f"« {near[0]} » ?" if near else ", ".join(table.columns[:12])
            raise TerritoryError(
                f"la colonne manque ; colonnes présentes : {present}", path=path, key=column
            )
        if list(table.columns).count(column) > 1:
            raise TerritoryError("la colonne est présente deux fois.", path=path, key=column)
    table.index = table.index + FIRST_LINE
    kept = table[list(columns)].fillna("").apply(lambda values: values.str.strip())
    return kept[(kept != "").any(axis=1)], separator


def _separator(path: Path) -> str:
    try:
        with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
            header = file.readline(100_000)
    except OSError as error:
        raise TerritoryError(
            "le fichier n'existe pas ou ne peut pas être ouvert.", path=path
        ) from error
    # max keeps the first of equals: a single column is read with a comma.
    return max(",;\t", key=header.count)
