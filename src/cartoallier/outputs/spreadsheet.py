"""Workbooks (XLSX, ECMA-376) written whole: quick, and the same bytes for the same cells.

A library stamps the clock in what it writes and takes seconds for a table of half a million
cells; the format asks for little when there is neither formula nor drawing. Text is text: a cell
never runs, whatever it starts with.
"""

from __future__ import annotations

import datetime as dt
import re
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from xml.sax.saxutils import escape

NOTICE = "Document de travail, ne vaut pas engagement"
ROWS = 1_048_576
"""Rows a sheet can hold."""
CHARACTERS = 32_767
"""Characters a cell can hold."""
TITLE = 31
"""Characters a sheet's name can hold."""

_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ESCAPED = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")
_BAD_TITLE = re.compile(r"[\[\]:*?/\\]")
_RUNS = ("=", "+", "-", "@", "\t", "\r")
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'


class Kind(IntEnum):
    """What a column holds; the value is the number of its style."""

    TEXT = 1
    WHOLE = 2
    DECIMAL = 3
    PERCENT = 4
    COORDINATE = 5
    PLAIN = 6
    PROSE = 7
    LABEL = 8


_HEADING, _DISARMED = 9, 10
_EMPTY = "<c/>"
_DIGITS = {Kind.WHOLE: 0, Kind.DECIMAL: 3, Kind.PERCENT: 6, Kind.COORDINATE: 6, Kind.PLAIN: 6}


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column of a sheet.

    Attributes:
        heading: French.
        kind: how its cells are written and shown.
        width: in characters.
    """

    heading: str
    kind: Kind = Kind.TEXT
    width: float = 14


@dataclass(frozen=True, eq=False, kw_only=True)
class Sheet:
    """One sheet: a frozen line of headings, then rows.

    Attributes:
        title: its name; made valid when written.
        columns: in order.
        rows: one value per column: text, a number, or ``None`` (also NaN) for an empty cell.
        filtered: headings carry a filter.
    """

    title: str
    columns: Sequence[Column]
    rows: Iterable[Sequence[object]]
    filtered: bool = True


def write_spreadsheet(
    path: Path, sheets: Sequence[Sheet], *, date: dt.datetime, title: str
) -> Path:
    """Write a workbook.

    Args:
        path: the ``.xlsx`` file.
        sheets: at least one.
        date: stamped in the file, for the clock never is.
        title: of the document.
    """
    names = sheet_names([sheet.title for sheet in sheets])
    parts: list[tuple[str, str]] = []
    ranges: list[str] = []
    strings: dict[str, int] = {}
    for number, sheet in enumerate(sheets, start=1):
        text, corner = _sheet(sheet, strings)
        parts.append((f"xl/worksheets/sheet{number}.xml", text))
        ranges.append(corner)
    front = [
        ("[Content_Types].xml", _content_types(len(sheets))),
        ("_rels/.rels", _package_relations()),
        ("docProps/core.xml", _core(title, date)),
        ("xl/workbook.xml", _workbook(names, sheets, ranges)),
        ("xl/_rels/workbook.xml.rels", _workbook_relations(len(sheets))),
        ("xl/styles.xml", _STYLES),
        ("xl/sharedStrings.xml", _shared(strings)),
    ]
    # the format of the archive starts in 1980 and counts by two seconds
    stamp = max(date, dt.datetime(1980, 1, 1, tzinfo=dt.UTC)).timetuple()[:6]
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in (*front, *parts):
            entry = zipfile.ZipInfo(name, date_time=stamp)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o600 << 16
            entry.create_system = 3  # whatever the machine
            archive.writestr(entry, text.encode("utf-8"), compresslevel=9)
    return path


def sheet_names(titles: Iterable[str]) -> list[str]:
    """Return valid names, distinct whatever the case, of at most :data:`TITLE` characters."""
    taken: set[str] = set()
    names = []
    for title in titles:
        plain = _BAD_TITLE.sub(" ", _FORBIDDEN.sub("", title)).strip().strip("'") or "Feuille"
        name, rank = plain[:TITLE].strip(), 1
        while name.casefold() in taken:
            rank += 1
            tail = f" ({rank})"
            name = plain[: TITLE - len(tail)] + tail
        taken.add(name.casefold())
        names.append(name)
    return names


def _sheet(sheet: Sheet, strings: dict[str, int]) -> tuple[str, str]:
    """Return the XML of a sheet, and the last cell of its table.

    Cells bear no reference (``r`` is optional, ECMA-376 18.3.1.4): each follows the one before,
    an empty one holds its place. Written out, references are two thirds of a large workbook.

    Args:
        sheet: what to write.
        strings: text -> its rank among those of the workbook; new ones are added.
    """
    heads = "".join(_text(column.heading, _HEADING, strings) for column in sheet.columns)
    lines = [f'<row r="1" ht="30" customHeight="1">{heads}</row>']
    kinds = [column.kind for column in sheet.columns]
    for number, row in enumerate(sheet.rows, start=2):
        if number == ROWS:
            more = _text("… la suite est dans le fichier CSV", Kind.TEXT, strings)
            lines.append(f'<row r="{number}">{more}</row>')
            break
        cells = [_cell(value, kind, strings) for value, kind in zip(row, kinds, strict=True)]
        while cells and cells[-1] == _EMPTY:
            cells.pop()
        lines.append(f'<row r="{number}">{"".join(cells)}</row>')
    last = _letters(len(sheet.columns) - 1)
    corner, reference = f"${last}${len(lines)}", f"A1:{last}{len(lines)}"
    widths = "".join(
        f'<col min="{n}" max="{n}" width="{column.width}" customWidth="1"/>'
        for n, column in enumerate(sheet.columns, start=1)
    )
    filtered = f'<autoFilter ref="{reference}"/>' if sheet.filtered else ""
    return (
        f'{_HEAD}<worksheet xmlns="{_MAIN}">'
        '<sheetPr><pageSetUpPr fitToPage="1"/></sheetPr>'
        f'<dimension ref="{reference}"/>'
        '<sheetViews><sheetView workbookViewId="0">'
        '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/>'
        "</sheetView></sheetViews>"
        f'<sheetFormatPr defaultRowHeight="15"/><cols>{widths}</cols>'
        f"<sheetData>{''.join(lines)}</sheetData>{filtered}"
        '<pageMargins left="0.5" right="0.5" top="0.6" bottom="0.7" header="0.3" footer="0.3"/>'
        '<pageSetup paperSize="9" orientation="landscape" fitToWidth="1" fitToHeight="0"/>'
        "<headerFooter><oddHeader>&amp;C&amp;A</oddHeader>"
        f"<oddFooter>&amp;L{NOTICE}&amp;R&amp;P / &amp;N</oddFooter></headerFooter>"
        f'<ignoredErrors><ignoredError sqref="{reference}" numberStoredAsText="1"/>'
        "</ignoredErrors></worksheet>"
    ), corner


def _cell(value: object, kind: Kind, strings: dict[str, int]) -> str:
    """Write one cell: a number in a column of numbers, text anywhere else."""
    if value is None or (isinstance(value, float) and value != value):  # noqa: PLR0124 (missing)
        return _EMPTY
    if isinstance(value, str) or kind not in _DIGITS:
        return _text(str(value), kind, strings)
    number = f"{value:.{_DIGITS[kind]}f}"
    if "." in number:
        number = number.rstrip("0").rstrip(".")
    return f'<c s="{int(kind)}"><v>{number}</v></c>'


def _text(value: str, style: int, strings: dict[str, int]) -> str:
    """Write a cell of text: the rank of its text among those of the workbook."""
    if not value:
        return _EMPTY
    if style == Kind.TEXT and value.startswith(_RUNS):
        style = _DISARMED
    kept = _ESCAPED.sub("_x005F_", _FORBIDDEN.sub("", value))[:CHARACTERS]
    rank = strings.setdefault(kept, len(strings))
    return f'<c s="{int(style)}" t="s"><v>{rank}</v></c>'


def _shared(strings: Iterable[str]) -> str:
    """Return the part that holds every text of the workbook once, in the order of ranks."""
    held = "".join(f'<si><t xml:space="preserve">{escape(text)}</t></si>' for text in strings)
    return f'{_HEAD}<sst xmlns="{_MAIN}">{held}</sst>'


def _letters(position: int) -> str:
    """Return the name of a column: A for 0, AA for 26."""
    name = ""
    position += 1
    while position:
        position, rest = divmod(position - 1, 26)
        name = chr(65 + rest) + name
    return name


def _workbook(names: Sequence[str], sheets: Sequence[Sheet], ranges: Sequence[str]) -> str:
    listed = "".join(
        f'<sheet name="{_attribute(name)}" sheetId="{n}" r:id="rId{n}"/>'
        for n, name in enumerate(names, start=1)
    )
    defined = ""
    for position, (name, sheet, corner) in enumerate(zip(names, sheets, ranges, strict=True)):
        quoted = escape("'" + name.replace("'", "''") + "'")
        if sheet.filtered:
            defined += (
                f'<definedName name="_xlnm._FilterDatabase" localSheetId="{position}" hidden="1">'
                f"{quoted}!$A$1:{corner}</definedName>"
            )
        defined += (
            f'<definedName name="_xlnm.Print_Titles" localSheetId="{position}">'
            f"{quoted}!$1:$1</definedName>"
        )
    return (
        f'{_HEAD}<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><bookViews><workbookView/>'
        f"</bookViews><sheets>{listed}</sheets><definedNames>{defined}</definedNames></workbook>"
    )


def _attribute(text: str) -> str:
    return escape(text, {'"': "&quot;"})


def _content_types(sheets: int) -> str:
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    parts = "".join(
        f'<Override PartName="/xl/worksheets/sheet{n}.xml" ContentType="{kind}.worksheet+xml"/>'
        for n in range(1, sheets + 1)
    )
    return (
        f'{_HEAD}<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{kind}.sheet.main+xml"/>'
        f'<Override PartName="/xl/styles.xml" ContentType="{kind}.styles+xml"/>'
        f'<Override PartName="/xl/sharedStrings.xml" ContentType="{kind}.sharedStrings+xml"/>'
        '<Override PartName="/docProps/core.xml" '
        'ContentType="application/vnd.openxmlformats-package.core-properties+xml"/>'
        f"{parts}</Types>"
    )


def _package_relations() -> str:
    return (
        f'{_HEAD}<Relationships xmlns="{_PACKAGE}/relationships">'
        f'<Relationship Id="rId1" Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/>'
        f'<Relationship Id="rId2" Type="{_PACKAGE}/relationships/metadata/core-properties" '
        'Target="docProps/core.xml"/></Relationships>'
    )


def _workbook_relations(sheets: int) -> str:
    parts = "".join(
        f'<Relationship Id="rId{n}" Type="{_OFFICE}/worksheet" Target="worksheets/sheet{n}.xml"/>'
        for n in range(1, sheets + 1)
    )
    return (
        f'{_HEAD}<Relationships xmlns="{_PACKAGE}/relationships">{parts}'
        f'<Relationship Id="rId{sheets + 1}" Type="{_OFFICE}/styles" Target="styles.xml"/>'
        f'<Relationship Id="rId{sheets + 2}" Type="{_OFFICE}/sharedStrings" '
        'Target="sharedStrings.xml"/>'
        "</Relationships>"
    )


def _core(title: str, date: dt.datetime) -> str:
    stamp = date.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return (
        f'{_HEAD}<cp:coreProperties xmlns:cp="{_PACKAGE}/metadata/core-properties" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/" '
        'xmlns:dcterms="http://purl.org/dc/terms/" '
        'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
        f"<dc:title>{escape(title)}</dc:title><dc:creator>cartoallier</dc:creator>"
        f"<dc:description>{NOTICE}</dc:description>"
        f'<dcterms:created xsi:type="dcterms:W3CDTF">{stamp}</dcterms:created>'
        f'<dcterms:modified xsi:type="dcterms:W3CDTF">{stamp}</dcterms:modified>'
        "</cp:coreProperties>"
    )


def _style(number: int, *, font: int = 0, fill: int = 0, more: str = "", inner: str = "") -> str:
    return (
        f'<xf numFmtId="{number}" fontId="{font}" fillId="{fill}" borderId="0" xfId="0" '
        f'applyNumberFormat="1" applyFont="1" applyFill="1" applyAlignment="1"{more}>{inner}</xf>'
    )


_TOP = '<alignment vertical="top"/>'
_WRAP = '<alignment vertical="top" wrapText="1"/>'
_STYLES = (
    f'{_HEAD}<styleSheet xmlns="{_MAIN}"><numFmts count="3">'
    '<numFmt numFmtId="164" formatCode="#,##0.0"/>'
    '<numFmt numFmtId="165" formatCode="0.0%"/>'
    '<numFmt numFmtId="166" formatCode="0.000000"/></numFmts>'
    '<fonts count="2"><font><sz val="11"/><name val="Calibri"/></font>'
    '<font><b/><sz val="11"/><name val="Calibri"/></font></fonts>'
    '<fills count="3"><fill><patternFill patternType="none"/></fill>'
    '<fill><patternFill patternType="gray125"/></fill>'
    '<fill><patternFill patternType="solid"><fgColor rgb="FFE7EBF0"/></patternFill></fill></fills>'
    '<borders count="1"><border/></borders>'
    '<cellStyleXfs count="1"><xf/></cellStyleXfs><cellXfs count="11">'
    + "".join(
        (
            _style(0),
            _style(49, inner=_TOP),  # TEXT, the format that stays text when edited
            _style(3, inner=_TOP),  # WHOLE
            _style(164, inner=_TOP),  # DECIMAL
            _style(165, inner=_TOP),  # PERCENT
            _style(166, inner=_TOP),  # COORDINATE
            _style(0, inner=_TOP),  # PLAIN
            _style(49, inner=_WRAP),  # PROSE
            _style(49, font=1, inner=_WRAP),  # LABEL
            _style(49, font=1, fill=2, inner=_WRAP),  # heading
            _style(49, more=' quotePrefix="1"', inner=_TOP),  # disarmed
        )
    )
    + '</cellXfs><cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/>'
    "</cellStyles></styleSheet>"
)
