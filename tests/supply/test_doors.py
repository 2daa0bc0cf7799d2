"""The doors of tables on hostile files: one clear French error, or a counted finding."""

import io
import json
import math
import zipfile
from collections.abc import Callable

import geopandas as gpd
import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shapely import Point, box

from cartoallier.errors import SourceError
from cartoallier.files import LONGEST_CELL, map_cells, read_sheets, read_table, texts
from cartoallier.supply import cells, read_tableau, recognise
from cartoallier.supply.recognition import UnrecognisedError

ODS = """<?xml version="1.0" encoding="UTF-8"?>
<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"
 xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"
 xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"><office:body><office:spreadsheet>
{tables}
</office:spreadsheet></office:body></office:document-content>"""


def ods(*tables: str) -> bytes:
    """Zip a minimal ODS of the given tables."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("content.xml", ODS.format(tables="\n".join(tables)))
    return buffer.getvalue()


def xlsx(**sheets: list[list[object]]) -> bytes:
    """Write a workbook of the given sheets."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def refusal(step: Callable[..., object], source: object, *, file: str) -> str:
    """Return what an error says, the file's name when there is none; nothing else may rise."""
    try:
        step(source, file=file)
    except SourceError as error:
        return str(error)
    return file


# workbooks


def test_the_sheet_with_most_rows_is_read_under_its_titles(write) -> None:
    content = xlsx(
        Accueil=[["Observatoire"], ["Document de travail"]],
        Petite=[["nom", "code_insee"], ["X", "03190"]],
        Lieux=[
            ["Liste des lieux d'accueil"],
            [],
            ["Identité", None, None, "Contact"],
            ["nom", "code_insee", "adresse", "telephone"],
            ["A", 3190, "1 rue A", None],
            ["B", 3185.0, "=1+1", "#N/A"],
        ],
    )
    frame, findings = read_tableau(write(content, "l.xlsx"), file="l.xlsx")
    assert frame["name"].tolist() == ["A", "B"]
    assert frame["commune_code"].tolist() == ["03190", "03185"]
    assert frame["line"].tolist() == [5, 6]
    assert frame["phone"].isna().all()
    said = {(f.line, f.column, f.what) for f in findings}
    assert (None, "Petite", "autre feuille du classeur non lue") in said
    assert (None, "", "des formules n'ont pas de valeur enregistrée") in said
    assert (4, "", "des lignes de titre précèdent l'en-tête") in said


def test_merged_titles_are_passed(tmp_path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet["A1"] = "Annuaire 2026"
    sheet.merge_cells("A1:D2")
    for row in (["nom", "adresse", "commune", "code_postal"], ["A", "x", "Moulins", 3000]):
        sheet.append(row)
    path = tmp_path / "a.xlsx"
    book.save(path)
    frame, _ = read_tableau(path, file="a.xlsx")
    assert frame["postal_code"].tolist() == ["03000"]


@pytest.mark.parametrize("content", [xlsx(Vide=[]), xlsx(Vide=[[None]], Autre=[]), ods()])
def test_an_empty_workbook(write, content: bytes) -> None:
    with pytest.raises(SourceError, match=r"vide\.xlsx : .*aucune cellule"):
        read_table(write(content, "vide.xlsx"), file="vide.xlsx")


def test_formulas_give_their_cached_value(tmp_path) -> None:
    # A workbook as a spreadsheet writes it: the formula and its value.
    content = xlsx(Lieux=[["nom", "capacite"], ["A", 1]])
    buffer = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as source,
        zipfile.ZipFile(buffer, "w") as archive,
    ):
        for name in source.namelist():
            part = source.read(name)
            if name.endswith("sheet1.xml"):
                part = part.replace(b"<v>1</v>", b"<f>6*7</f><v>42</v>")
            archive.writestr(name, part)
    path = tmp_path / "f.xlsx"
    path.write_bytes(buffer.getvalue())
    frame, findings = read_tableau(path, file="f.xlsx")
    assert frame["capacity"].tolist() == [42]
    assert findings == []


def test_a_formula_in_a_csv_is_text(write) -> None:
    frame, _ = read_tableau(write("nom;structure\n=1+1;@SUM(A1)\n"), file="essai.csv")
    assert (frame["name"].tolist(), frame["structure"].tolist()) == (["=1+1"], ["@SUM(A1)"])


@pytest.mark.parametrize("inside", ["xl/worksheets/sheet1.xml", "content.xml"])
def test_a_zip_bomb_is_refused_before_it_is_opened(write, inside: str) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
        archive.writestr(inside, b"0" * 60_000_000)
    content = buffer.getvalue()
    assert len(content) < 100_000
    with pytest.raises(SourceError, match="refusé"):
        read_table(write(content, "bombe.xlsx"), file="bombe.xlsx")


def test_a_bomb_that_lies_about_its_size(write) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("content.xml", b" " * 50_000_000)
    content = buffer.getvalue().replace((50_000_000).to_bytes(4, "little"), b"\x10\x27\x00\x00")
    with pytest.raises(SourceError, match=r"bombe\.ods"):
        read_table(write(content, "bombe.ods"), file="bombe.ods")


def test_an_ods_that_repeats_without_end(write) -> None:
    cell = '<table:table-cell office:value-type="string"{}><text:p>nom</text:p></table:table-cell>'
    wide = cell.format(' table:number-columns-repeated="16384"')
    row = f'<table:table-row table:number-rows-repeated="1048576">{wide}</table:table-row>'
    content = ods(f'<table:table table:name="A">{row}</table:table>')
    with pytest.raises(SourceError, match="plus de cellules"):
        read_table(write(content, "a.ods"), file="a.ods")


def test_an_ods_is_read_as_text(write) -> None:
    def row(*cells: str, more: str = "") -> str:
        return f"<table:table-row{more}>{''.join(cells)}</table:table-row>"

    def text(value: str) -> str:
        return (
            '<table:table-cell office:value-type="string"><text:p>'
            f"{value}</text:p></table:table-cell>"
        )

    def typed(kind: str, attribute: str) -> str:
        return f'<table:table-cell office:value-type="{kind}" office:{attribute}/>'

    blank = '<table:table-cell table:number-columns-repeated="2"/>'
    end = row('<table:table-cell table:number-columns-repeated="16384"/>', more="")
    table = (
        '<table:table table:name="Lieux">'
        + row(*map(text, ("nom", "code_insee", "date_maj", "itinerant", "capacite", "adresse")))
        + row(
            text("A<text:s text:c='2'/>&amp; B"),
            typed("float", 'value="3190"'),
            typed("date", 'date-value="2026-01-31"'),
            typed("boolean", 'boolean-value="true"'),
            typed("float", 'value="12.5"'),
            text("1 rue"),
        )
        + row('<table:table-cell table:number-columns-repeated="6"/>', more="")
        + row(text("C"), blank, blank, text("fin"))
        + end.replace("<table:table-row>", '<table:table-row table:number-rows-repeated="1048000">')
        + "</table:table>"
    )
    path = write(ods(table), "l.ods")
    assert recognise(path, file="l.ods") == "tableau"
    frame, findings = read_tableau(path, file="l.ods")
    assert frame["name"].tolist() == ["A & B", "C"]
    assert frame["commune_code"].tolist()[0] == "03190"
    assert frame["updated_on"].tolist()[0] == "2026-01-31"
    assert frame["itinerant"].tolist() == [True, False]
    assert frame["address"].tolist() == ["1 rue", "fin"]
    assert frame["line"].tolist() == [2, 4]
    assert [f.what for f in findings] == ["codes lus comme des nombres par un tableur"]


def test_other_archives_are_explained(write) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("lieux.csv", "nom\nA\n")
    with pytest.raises(SourceError, match="décompressez"):
        recognise(write(buffer.getvalue(), "l.zip"), file="l.zip")


# layers


def test_layers_give_their_points(tmp_path, write) -> None:
    frame = gpd.GeoDataFrame(
        {"nom": ["A", "B", "C"], "code_insee": ["03190", "03185", "03310"]},
        geometry=[Point(725000, 6607000), box(725000, 6607000, 725010, 6607010), None],
        crs="EPSG:2154",
    )
    path = tmp_path / "couche.gpkg"
    frame.to_file(path, layer="lieux")
    assert recognise(path, file="couche.gpkg") == "tableau"
    read, findings = read_tableau(path, file="couche.gpkg")
    assert read["commune_code"].tolist() == ["03190", "03185", "03310"]
    assert read["longitude"].tolist()[0] == pytest.approx(3.326, abs=0.01)
    assert read["longitude"].isna().tolist() == [False, False, True]
    assert findings == []

    document = json.loads(frame.to_crs(4326).to_json())
    as_geojson = write(document, "couche.geojson")
    assert recognise(as_geojson, file="couche.geojson") == "tableau"
    again, _ = read_tableau(as_geojson, file="couche.geojson")
    assert again["latitude"].tolist() == pytest.approx(read["latitude"].tolist(), nan_ok=True)

    document = json.loads(frame.to_json())
    document["crs"] = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::2154"}}
    old, _ = read_tableau(write(document, "vieux.geojson"), file="vieux.geojson")
    assert old["latitude"].tolist() == pytest.approx(read["latitude"].tolist(), nan_ok=True)


def test_a_parquet_date_beyond_any_calendar_is_explained(tmp_path) -> None:
    path = tmp_path / "lieux.parquet"
    days = pa.array([-1_308_602_375], type=pa.int32()).view(pa.date32())
    pq.write_table(pa.table({"nom": ["A"], "date_maj": days}), path)
    with pytest.raises(SourceError, match="Parquet est illisible"):
        read_tableau(path, file="lieux.parquet")


def test_a_parquet_table_is_read(tmp_path) -> None:
    path = tmp_path / "lieux.parquet"
    pd.DataFrame({"nom": ["A"], "code_insee": ["03190"]}).to_parquet(path)
    assert recognise(path, file="lieux.parquet") == "tableau"
    frame, _ = read_tableau(path, file="lieux.parquet")
    assert frame["commune_code"].tolist() == ["03190"]


def test_a_layer_that_gives_its_own_coordinates_keeps_them(tmp_path) -> None:
    frame = gpd.GeoDataFrame(
        {"nom": ["A"], "longitude": [3.3], "latitude": [46.5]}, geometry=[Point(0, 0)], crs=4326
    )
    path = tmp_path / "couche.gpkg"
    frame.to_file(path)
    read, _ = read_tableau(path, file="couche.gpkg")
    assert (read["longitude"].tolist(), read["latitude"].tolist()) == ([3.3], [46.5])


@pytest.mark.parametrize(
    "content",
    [
        b"SQLite format 3\x00 pas une base",
        '{"type": "FeatureCollection", "features": [',
        '{"a": 1}',
        "[1, 2]",
        "[]",
        '{"type": "FeatureCollection", "features": [{"type": "Feature", "properties": {}}]}',
    ],
)
def test_layers_that_are_none(write, content: object) -> None:
    with pytest.raises(SourceError, match=r"couche\.x"):
        recognise(write(content, "couche.x"), file="couche.x")


def test_lambert_columns_are_converted(write) -> None:
    path = write("nom;longitude;latitude\nA;725000;6607000\nB;725000;1\nC;725001;6607000\n")
    frame, findings = read_tableau(path, file="essai.csv")
    assert frame["longitude"].iloc[0] == pytest.approx(3.326, abs=0.01)
    assert frame["longitude"].isna().tolist() == [False, True, False]
    assert {f.what for f in findings} == {
        "les coordonnées sont en Lambert-93",
        "coordonnées projetées impossibles",
    }


# text


def test_a_huge_cell_is_cut_and_said(write) -> None:
    path = write(f"nom;adresse\nA;{'x' * 100_000}\nB;{'y' * 300_000}\n")
    frame, findings = read_tableau(path, file="essai.csv")
    assert frame["address"].str.len().tolist() == [LONGEST_CELL] * 2
    assert [(f.line, f.column, f.what) for f in findings] == [
        (2, "adresse", "cellule démesurée"),
        (3, "adresse", "cellule démesurée"),
    ]


@pytest.mark.parametrize(
    ("content", "names", "what"),
    [
        ("nom;x\nÉtÃ©;1\n".replace("É", "e").encode(), ["eté"], "les accents ont été encodés"),
        (
            "nom;x\nété à la médiathèque de l'Allier, où l'été\n".encode() + b"\xe9;1\n",
            None,
            "des caractères sont",
        ),
        ("nom;x\nété;1\n".encode("utf-16-le"), ["été"], ""),
        ("nom;x\nété;1\n".encode("utf-16-be"), ["été"], ""),
        (b"nom;x\nA\x00B;1\n", ["AB"], "caractères de contrôle"),
    ],
)
def test_encodings_gone_wrong(write, content: bytes, names: list[str] | None, what: str) -> None:
    frame, findings = read_tableau(write(content), file="essai.csv")
    if names is not None:
        assert frame["name"].tolist() == names
    assert any(what in f.what for f in findings) or not what


@pytest.mark.parametrize(
    "content", [bytes(range(256)) * 40, b"\x00" * 5000, b"\x89PNG\r\n\x1a\n" + b"\x00\x01" * 900]
)
def test_binary_garbage_is_an_error(write, content: bytes) -> None:
    with pytest.raises(SourceError, match=r"essai\.csv"):
        recognise(write(content), file="essai.csv")


def test_a_single_column_is_no_table(write) -> None:
    with pytest.raises(SourceError, match="une colonne") as raised:
        recognise(write("nom des lieux\nA\nB\n"), file="essai.csv")
    assert not isinstance(raised.value, UnrecognisedError)


def test_duplicated_headers_are_said(write) -> None:
    frame, findings = read_tableau(write("nom;adresse;adresse\nA;x;y\n"), file="essai.csv")
    assert frame["address"].tolist() == ["x"]
    assert [(f.line, f.column, f.what) for f in findings] == [
        (1, "adresse", "deux colonnes portent le même nom")
    ]


@pytest.mark.parametrize("title", ["Liste des lieux, Allier", '"Lieux ; 2026"', "Lieux\n\n"])
def test_titles_above_a_csv(write, title: str) -> None:
    path = write(f"{title}\nnom;longitude;latitude\nA;3.3;46.5\nB;3.4;46.6\n")
    assert recognise(path, file="essai.csv") == "tableau"
    frame, findings = read_tableau(path, file="essai.csv")
    assert frame["longitude"].tolist() == [3.3, 3.4]
    assert findings[0].what == "des lignes de titre précèdent l'en-tête"


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    content=st.binary(max_size=400), start=st.sampled_from([b"", b"nom;adresse\n", b"PK\x03\x04"])
)
def test_no_bytes_make_a_traceback(tmp_path, content: bytes, start: bytes) -> None:
    path = tmp_path / "essai.csv"
    path.write_bytes(start + content)
    for step in (recognise, read_tableau):
        assert "essai.csv" in refusal(step, path, file="essai.csv")


@settings(max_examples=30, deadline=None)
@given(cut=st.integers(0, 4000), byte=st.integers(0, 255))
def test_a_damaged_workbook_is_an_error_or_a_table(cut: int, byte: int) -> None:
    content = bytearray(xlsx(Lieux=[["nom", "adresse"], ["A", "x"]]))
    content[cut % len(content)] = byte
    assert "a.xlsx" in refusal(read_sheets, bytes(content), file="a.xlsx")


# long files


LONG = "nom;adresse\n" + "".join(f'Lieu n° {i} — été;"{i} rue\nde l\'Œuvre"\n' for i in range(99))


@pytest.mark.parametrize(
    "content",
    [
        LONG.encode(),
        b"\xef\xbb\xbf" + LONG.encode(),
        LONG.replace("\n", "\r\n").encode(),
        LONG.replace("\n", "\r").encode(),
        LONG.replace("—", "-").encode("cp1252"),
        LONG.encode("utf-16"),
        LONG.encode("utf-16-le"),
        LONG.encode() + b"\xff\xfe;x\n",
        LONG.encode() + b"a\0b;x\n",
        LONG.encode() + b"\xef\xbb\xbfa;x\n",
        LONG.encode() + "Ã©tÃ©;x\n".encode(),
        LONG.encode() + b'un "mot";"deux" mots\n',
        LONG.encode() + b'"jamais;x\n',
        b"\n" * 500 + LONG.encode(),
        b" \n" * 500,
        b"[" + LONG.encode(),
    ],
)
def test_a_long_file_read_in_pieces_is_the_same(
    content: bytes, write, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(content)

    def answer() -> object:
        try:
            rows = read_table(path, file="essai.csv")
        except SourceError as error:
            return str(error)
        return rows.header, rows.cells, rows.lines, rows.findings

    whole = answer()
    monkeypatch.setattr(texts, "_PIECE", 64)
    assert answer() == whole
    monkeypatch.setattr(texts, "LARGE", 1)
    if content.strip():
        assert answer() == whole
    else:
        assert "aucune cellule" in answer()


def test_cells_are_parsed_once_per_text() -> None:
    seen: list[object] = []

    def parse(value: object) -> str:
        seen.append(value)
        return repr(value)

    cells = ["a", None, "a", ["a"], ["a"], ("a",), [1], [True], 1, True, 1.0, None]
    assert map_cells(cells, parse) == [repr(cell) for cell in cells]
    assert seen == ["a", None, ["a"], ("a",), [1], [True], 1, True, 1.0]


@given(st.one_of(st.text(" 0123456789.,-+_e\xa0\u202f\tinfaNx<&", max_size=8), st.floats()))
def test_a_plain_number_is_read_as_any_other(value: object) -> None:
    written = cells.text(value).replace(" ", "").replace("\u202f", "").replace(",", ".")
    found = cells.number(value)
    if written.lower() in {"", "[]", "{}", "none", "nan", "null"}:
        assert found is None
        return
    try:
        expected = float(written)
    except ValueError:
        expected = math.nan
    expected = expected if math.isfinite(expected) else math.nan
    assert found == expected or (found is not None and math.isnan(found) and math.isnan(expected))
