"""``panorama.toml``: what each column of a panorama workbook is, said by a person.

.. code-block:: toml

    code = "Code EPCI"             # optional: heading of the column of codes

    [[colonne]]
    feuille = "Pauvreté"           # optional: every sheet
    titre = "Ensemble – Taux"      # or motif = "regex"
    indicateur = "taux_pauvrete"
    millesime = "2020"             # optional: the year of the title, else that of the project
    echelle = 100                  # optional: the number written is multiplied by it
    lignes = { Profil = "Jeunes" } # optional: only the rows where that column says so
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from cartoallier.errors import SourceError
from cartoallier.model import Indicator
from cartoallier.needs.codes import Column
from cartoallier.needs.headers import ZoneTable
from cartoallier.needs.recognised import nearest_to, recognised_columns
from cartoallier.needs.sheets import JOINT, figure_columns
from cartoallier.needs.titles import Titles, find_title, nearest_word, plain
from cartoallier.needs.vocabulary import folded

KEYS = ("feuille", "titre", "motif", "indicateur", "millesime", "echelle", "lignes")
"""Keys of a ``[[colonne]]``."""

YEAR_GROUP = "annee"
"""Named group of a ``motif`` that holds the year."""

_YEAR = re.compile(r"(?:19|20)\d\d")


@dataclass(frozen=True, eq=False, kw_only=True)
class MappedColumn:
    """One ``[[colonne]]``.

    Attributes:
        number: its rank in the file, from 1.
        indicator: what the column holds.
        sheet: name of the sheet, ``""``: every sheet that has the title.
        title: title of the column, ``""`` when a pattern is given.
        pattern: expression looked for in titles, ``None`` when a title is given.
        vintage: year of the figures, ``""`` when not said.
        scale: what the numbers are multiplied by, ``None``: as they are.
        rows: titles and what they hold on the rows to read; empty: all rows.
    """

    number: int
    indicator: Indicator
    sheet: str = ""
    title: str = ""
    pattern: re.Pattern[str] | None = None
    vintage: str = ""
    scale: float | None = None
    rows: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, eq=False, kw_only=True)
class PanoramaMapping:
    """A correspondence file.

    Attributes:
        file: its name, as the project writes it.
        key: heading of the column of codes, ``""`` when it is to be found.
        columns: in order.
    """

    file: str
    key: str = ""
    columns: tuple[MappedColumn, ...]

    def fail(self, column: MappedColumn, key: str, what: str) -> SourceError:
        """Make the error about a key of one ``[[colonne]]``."""
        return SourceError(what, path=self.file, key=f"colonne[{column.number}].{key}")

    def check_sheets(self, sheets: Iterable[str], *, book: str) -> None:
        """Refuse a sheet that the workbook does not hold.

        Raises:
            SourceError: naming the nearest sheet.
        """
        names = list(sheets)
        known = {folded(name) for name in names}
        for column in self.columns:
            if column.sheet and folded(column.sheet) not in known:
                near = nearest_word(column.sheet, names)
                raise self.fail(
                    column,
                    "feuille",
                    f"«\u00a0{book}\u00a0» n'a pas de feuille «\u00a0{column.sheet}\u00a0»\u202f; "
                    f"la plus proche est «\u00a0{near}\u00a0»",
                )

    def found_in(self, column: MappedColumn, table: ZoneTable) -> list[tuple[int, str]]:
        """Return where a mapped column is in a table: (position, year its title bears).

        A title is the whole title, that of the row of labels, or its last part when one column
        alone bears it.

        Raises:
            SourceError: several columns answer, and no year tells them apart.
        """
        if column.sheet and folded(column.sheet) != folded(table.sheet):
            return []
        if column.pattern is not None:
            return self._matched(column, column.pattern, table)
        for titles in _names(table):
            found = [i for i in find_title(column.title, titles) if i != table.key]
            if len(found) > 1:
                raise self._several(column, "titre", table, found)
            if found:
                return [(found[0], "")]
        return []

    def only(self, table: ZoneTable, rows: Iterable[tuple[str, str]]) -> ZoneTable:
        """Return the rows of a table where some columns hold some words.

        Raises:
            SourceError: no such column, or no such row.
        """
        kept = list(range(len(table.rows)))
        for title, word in rows:
            place = next((i for names in _names(table) for i in find_title(title, names)[:1]), None)
            if place is None:
                near = nearest_word(title, table.header)
                what = f"pas de colonne «\u00a0{title}\u00a0» dans {sheet_words(table.sheet)}"
                raise SourceError(_unknown(what, near), path=self.file, key="lignes")
            held = [plain(table.rows[row][place]) for row in kept]
            near = nearest_word(word, dict.fromkeys(table.rows[row][place] for row in kept))
            kept = [row for row, text in zip(kept, held, strict=True) if text == plain(word)]
            if not kept:
                what = f"aucune ligne où «\u00a0{title}\u00a0» est «\u00a0{word}\u00a0»"
                raise SourceError(_unknown(what, near), path=self.file, key="lignes")
        return replace(
            table,
            rows=[table.rows[row] for row in kept],
            codes=tuple(table.codes[row] for row in kept),
            lines=tuple(table.lines[row] for row in kept),
        )

    def _matched(
        self, column: MappedColumn, pattern: re.Pattern[str], table: ZoneTable
    ) -> list[tuple[int, str]]:
        found: list[tuple[int, str]] = []
        for position, title in enumerate(table.header):
            match = pattern.search(title) or pattern.search(table.labels[position])
            if match and title and position not in {table.key, table.names}:
                found.append((position, match.groupdict().get(YEAR_GROUP) or ""))
        if len({year for _, year in found}) < len(found):
            raise self._several(column, "motif", table, [position for position, _ in found])
        return found

    def _several(
        self, column: MappedColumn, key: str, table: ZoneTable, found: Sequence[int]
    ) -> SourceError:
        titles = ", ".join(f"«\u00a0{table.header[i]}\u00a0»" for i in found[:4])
        return self.fail(
            column,
            key,
            f"plusieurs colonnes de {sheet_words(table.sheet)} y répondent ({titles})\u202f; "
            "donnez le titre entier",
        )


def read_mapping(path: Path, *, file: str, indicators: Mapping[str, Indicator]) -> PanoramaMapping:
    """Read a correspondence file.

    Args:
        path: the file.
        file: its name, as the project writes it.
        indicators: of the catalogue.

    Raises:
        SourceError: unreadable, not TOML, an unknown key or indicator, a wrong value, or no
            ``[[colonne]]`` at all.
    """
    content = _loaded(path, file=file)
    for key in content:
        if key not in {"code", "colonne"}:
            near = nearest_word(key, ("code", "colonne"))
            raise SourceError(_unknown("clé inconnue", near), path=file, key=key)
    blocks = content.get("colonne", [])
    if not isinstance(blocks, list) or not all(isinstance(block, dict) for block in blocks):
        raise SourceError("écrivez des blocs [[colonne]]", path=file, key="colonne")
    if not blocks:
        raise SourceError(
            "aucun bloc [[colonne]]\u202f; retirez le # devant ceux qui conviennent", path=file
        )
    key = content.get("code", "")
    if not isinstance(key, str):
        raise SourceError("la valeur attendue est un texte entre guillemets", path=file, key="code")
    columns = tuple(
        _column(block, number=number, file=file, indicators=indicators)
        for number, block in enumerate(blocks, start=1)
    )
    return PanoramaMapping(file=file, key=key, columns=columns)


def proposed_mapping(
    tables: Sequence[ZoneTable], *, indicators: Mapping[str, Indicator], book: str
) -> str:
    """Return a correspondence to correct: what is sure is written, what is likely is commented.

    Args:
        tables: of the workbook, their headers found.
        indicators: of the catalogue.
        book: name of the workbook.
    """
    known = Titles.of(indicators.values())
    lines = [
        f"# Correspondance proposée pour {_quoted(book)}. Les lignes qui commencent par # ne sont",
        "# pas lues : retirez le # devant les colonnes qui conviennent, corrigez l’indicateur.",
    ]
    for table in tables:
        read = recognised_columns(table, known=known, indicators=indicators)
        sure = {column.terms[0][1]: column for column in read if len(column.terms) == 1}
        for position in figure_columns(table):
            lines += ["", *_proposal(table, position, sure=sure.get(position), known=known)]
    return "\n".join(lines) + "\n"


def _names(table: ZoneTable) -> tuple[Sequence[str], ...]:
    """Return what columns may be called: their titles, labels, and last parts of titles."""
    leaves = [title.rpartition(JOINT)[2] for title in table.header]
    return table.header, table.labels, leaves


def sheet_words(sheet: str) -> str:
    """Return how a message names a sheet."""
    return f"la feuille «\u00a0{sheet}\u00a0»" if sheet else "la table"


def _proposal(table: ZoneTable, position: int, *, sure: Column | None, known: Titles) -> list[str]:
    near = sure.indicator if sure else nearest_to(table, position, known=known)
    mark = "" if sure else "# "
    told = f"  # {near.label}" if near else "  # aucun indicateur proche"
    block = [f"{mark}[[colonne]]"]
    if table.sheet:
        block.append(f"{mark}feuille = {_quoted(table.sheet)}")
    block.append(f"{mark}titre = {_quoted(table.header[position])}")
    block.append(f"{mark}indicateur = {_quoted(near.id if near else '')}{told}")
    if sure and sure.vintage:
        block.append(f"{mark}millesime = {_quoted(sure.vintage)}")
    return block


def _quoted(text: str) -> str:
    """Return a TOML string on one line: what JSON writes, and what only TOML escapes."""
    written = json.dumps(text, ensure_ascii=False)
    return "".join(
        f"\\u{ord(sign):04X}" if ord(sign) in {*range(0x7F, 0xA0), 0x2028, 0x2029} else sign
        for sign in written
    )


def _loaded(path: Path, *, file: str) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise SourceError("la correspondance n'a pas pu être ouverte", path=file) from error
    except UnicodeDecodeError as error:
        raise SourceError(
            "ce fichier n'est pas en UTF-8\u202f; enregistrez-le à nouveau avec cet encodage",
            path=file,
        ) from error
    except RecursionError as error:
        raise SourceError("des crochets sont imbriqués sans fin", path=file) from error
    except tomllib.TOMLDecodeError as error:
        place = re.search(r"at line (\d+)", str(error))
        raise SourceError(
            "écriture incorrecte\u202f; un texte s'écrit entre guillemets droits, une clé une "
            "seule fois par bloc",
            path=file,
            line=int(place[1]) if place else None,
        ) from error


def _column(
    block: Mapping[str, Any], *, number: int, file: str, indicators: Mapping[str, Indicator]
) -> MappedColumn:
    def fail(key: str, what: str) -> SourceError:
        return SourceError(what, path=file, key=f"colonne[{number}].{key}")

    for key, value in block.items():
        if key not in KEYS:
            raise fail(key, _unknown("clé inconnue", nearest_word(key, KEYS)))
        if key in {"feuille", "titre", "motif", "indicateur"} and not (
            isinstance(value, str) and value.strip()
        ):
            raise fail(key, "la valeur attendue est un texte entre guillemets")
    if ("titre" in block) == ("motif" in block):
        raise fail("titre", "donnez «\u00a0titre\u00a0» ou «\u00a0motif\u00a0», l'un des deux")
    name = block.get("indicateur", "")
    if name not in indicators:
        what = f"indicateur inconnu «\u00a0{name}\u00a0»" if name else "cette clé est obligatoire"
        raise fail("indicateur", _unknown(what, nearest_word(name, indicators)))
    year = str(block.get("millesime", ""))
    if year and not _YEAR.fullmatch(year):
        raise fail("millesime", 'une année est attendue, par exemple "2020"')
    return MappedColumn(
        number=number,
        indicator=indicators[name],
        sheet=block.get("feuille", ""),
        title=block.get("titre", ""),
        pattern=_pattern(block["motif"], fail=fail) if "motif" in block else None,
        vintage=year,
        scale=_scale(block["echelle"], fail=fail) if "echelle" in block else None,
        rows=_rows(block.get("lignes", {}), fail=fail),
    )


def _unknown(what: str, near: str) -> str:
    return f"{what}\u202f; vouliez-vous «\u00a0{near}\u00a0»\u202f?" if near else what


def _pattern(text: str, *, fail: Any) -> re.Pattern[str]:  # noqa: ANN401
    try:
        return re.compile(text, re.IGNORECASE)
    except (re.error, RecursionError, OverflowError) as error:
        raise fail("motif", f"expression incorrecte ({error})") from error


def _scale(value: object, *, fail: Any) -> float:  # noqa: ANN401
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not number or not 1e-9 <= abs(value) <= 1e9:  # type: ignore[arg-type]
        raise fail("echelle", "un nombre autre que zéro est attendu, par exemple 100")
    return float(value)  # type: ignore[arg-type]


def _rows(value: object, *, fail: Any) -> tuple[tuple[str, str], ...]:  # noqa: ANN401
    if not isinstance(value, dict) or not all(isinstance(word, str) for word in value.values()):
        raise fail("lignes", 'écrivez { Colonne = "valeur" }')
    return tuple(value.items())
