"""Damaged files: one clear French error that names the file, or services and findings.

The longer run, on every real sample, is ``scripts/fuzz/readers.py``.
"""

import io
import json
import re
from collections.abc import Iterator
from pathlib import Path

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cartoallier.errors import SourceError
from cartoallier.model import Services
from cartoallier.supply import SupplyInput, read_supply

ENGLISH = re.compile(r"\b(error|invalid|expected|not found|cannot|could not|failed|got)\b", re.I)
FUZZ = settings(
    max_examples=30,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
TABLES = {
    "tableau.csv": [
        ["nom", "adresse", "code_insee", "longitude", "latitude", "telephone", "heures_semaine"],
        ["Mairie", "1 place", "99001", "3.05", "46.5", "0470000001", "35"],
        ["Foyer", "2 rue", "99002", "3,06", "46,51", "", "zut"],
    ],
    "services-inclusion.csv": [
        ["id", "structure_id", "source", "nom", "description", "thematiques", "publics", "commune",
         "code_insee", "longitude", "latitude", "date_maj", "modes_accueil", "zone_eligibilite",
         "horaires_accueil", "score_qualite"],
        ["x--1", "x--s", "x", "Accueil", "Texte", "['numerique--acceder-a-des-services-en-ligne']",
         "['familles']", "Aval", "99001", "3.05", "46.5", "2026-01-05", "['en-presentiel']",
         "['99', '100000001']", "Mo-Fr 09:00-12:00", "0.8"],
    ],
    "france-services.csv": [
        ["id_fs", "lib_fs", "adresse", "insee_com", "code_postal", "lib_com", "latitude",
         "longitude", "telephone", "mail", "h_lundi", "h_mardi", "format_fs", "type_fs"],
        ["1", "France services", "1 rue", "99001", "99000", "Aval", "46.5", "3.05", "0470000001",
         "a@b.fr", "09:00 - 12:00 / 13:30 - 17:00", "", "Fixe", "Principal"],
    ],
}  # fmt: skip
DOCUMENTS = {
    "dora.json": [
        {
            "id": "a",
            "structure_id": "s",
            "nom": "Accueil",
            "thematiques": ["numerique"],
            "publics": ["familles"],
            "contact_public": True,
            "code_insee": "99001",
            "longitude": 3.05,
            "latitude": 46.5,
            "modes_accueil": ["en-presentiel"],
            "recurrence": "Mo-Fr 09:00-12:00",
            "zone_diffusion_type": "departement",
            "zone_diffusion_code": "99",
            "date_maj": "2026-01-05T08:00:00Z",
        }
    ],
    "soliguide.json": {
        "nbResults": 1,
        "places": [
            {
                "lieu_id": 1,
                "name": "Halte",
                "status": "ONLINE",
                "placeType": "PARCOURS_MOBILE",
                "position": {
                    "location": {"coordinates": [3.05, 46.5]},
                    "address": "1 rue, 99000 Aval",
                    "postalCode": "99000",
                    "city": "Aval",
                },
                "entity": {"name": "Asso", "mail": "a@b.fr", "phones": [{"phoneNumber": "115"}]},
                "newhours": {"monday": {"open": True, "timeslot": [{"start": 900, "end": 1200}]}},
                "publics": {"accueil": 1, "gender": ["women"], "age": {"min": 0, "max": 99}},
                "modalities": {"orientation": {"checked": False}},
                "parcours": [{"location": {"coordinates": [3.06, 46.5]}, "description": "Place"}],
                "tempInfos": {"closure": {"actif": True, "dateDebut": "2026-01-01"}},
                "services_all": [{"category": "shower", "saturated": {"status": "LOW"}}],
                "sources": [{"name": "dora", "ids": [{"id": "a"}]}],
                "updatedAt": "2026-01-05T08:00:00Z",
            }
        ],
    },
}
NASTY = st.one_of(
    st.text(max_size=12),
    st.sampled_from(
        [
            *("=1+1", "\x00", "a\x00b", "nan", "[]", "{}", "{a,b", "['a'", "1e999", "9" * 400),
            *("1" * 5000, "x" * 100_000, "2026-13-45", '"', ";;;;;;", "\ufeff", "\n\n", "3190.0"),
            *("25:00 - 26:99", "Mo-Fr 99:99", "<b>", "&amp;amp;", "46,2", "99999999999999999999"),
        ]
    ),
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | NASTY,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NASTY, inner, max_size=3),
    max_leaves=4,
)


@pytest.fixture
def survives(toy, tmp_path: Path):
    """Read damaged bytes: nothing but a clear error, or sound services."""

    def _survives(content: bytes, name: str) -> None:
        path = tmp_path / name
        path.write_bytes(content)
        try:
            frame, findings, record = read_supply(SupplyInput(path=path, file=name), territory=toy)
        except SourceError as error:
            told = str(error)
            assert told.startswith(name), told
            assert not ENGLISH.search(re.sub(r"«[^»]*»|colonnes lues.*", "", told[len(name) :]))
            return
        Services(frame)
        assert record.rows_kept == len(frame)
        assert all(one.what for one in findings)

    return _survives


def grids(name: str) -> st.SearchStrategy[list[list[str]]]:
    """A table whose columns, rows and cells moved."""
    sound = TABLES[name]

    @st.composite
    def _draw(draw: st.DrawFn) -> list[list[str]]:
        grid = [list(row) for row in sound for _ in range(1 if row is sound[0] else 2)]
        for _ in range(draw(st.integers(1, 4))):
            row = draw(st.integers(0, len(grid) - 1))
            column = draw(st.integers(0, len(sound[0]) - 1))
            way = draw(st.integers(0, 5))
            if way <= 1 and column < len(grid[row]):
                grid[row][column] = draw(NASTY)
            elif way == 2:
                for one in grid:
                    del one[column : column + 1]
            elif way == 3:
                for one in grid[row:]:
                    one.insert(0, one.pop() if one else "")
            elif way == 4:
                grid.insert(row, [draw(NASTY)])
            else:
                del grid[row][column:]
        return grid

    return _draw()


def spots(value: object) -> Iterator[tuple[object, object]]:
    pairs = value.items() if isinstance(value, dict) else enumerate(value)
    for key, inner in list(pairs):
        yield value, key
        if isinstance(inner, dict | list):
            yield from spots(inner)


@pytest.mark.parametrize("name", TABLES)
@FUZZ
@given(data=st.data())
def test_damaged_tables(survives, name: str, data) -> None:
    grid = data.draw(grids(name))
    separator = data.draw(st.sampled_from(";;,\t|"))
    text = "\n".join(separator.join(row) for row in grid)
    encoding = data.draw(st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "cp1252", "utf-32"]))
    survives(text.encode(encoding, errors="replace"), name)


@pytest.mark.parametrize("name", DOCUMENTS)
@FUZZ
@given(data=st.data())
def test_damaged_documents(survives, name: str, data) -> None:
    document = json.loads(json.dumps(DOCUMENTS[name]))
    for _ in range(data.draw(st.integers(1, 3))):
        holder, key = data.draw(st.sampled_from(list(spots([document]))))
        if data.draw(st.booleans()) and isinstance(holder, dict):
            holder.pop(key)
        else:
            holder[key] = data.draw(JSON)
    survives(json.dumps(document).encode(errors="surrogatepass"), name)


@pytest.mark.parametrize("name", [*TABLES, *DOCUMENTS])
@FUZZ
@given(data=st.data())
def test_damaged_bytes(survives, name: str, data) -> None:
    if name in TABLES:
        content = "\n".join(";".join(row) for row in TABLES[name]).encode()
    else:
        content = json.dumps(DOCUMENTS[name]).encode()
    start = data.draw(st.integers(0, len(content)))
    piece = data.draw(st.binary(max_size=20) | st.sampled_from([b"\x00" * 9, b'"', b"\xff\xfe"]))
    survives(content[:start] + piece + content[start + data.draw(st.integers(0, 200)) :], name)


@FUZZ
@given(data=st.data())
def test_damaged_workbooks(survives, data) -> None:
    grid = data.draw(grids("services-inclusion.csv"))
    book = openpyxl.Workbook()
    for row in grid:
        clean = [openpyxl.cell.cell.ILLEGAL_CHARACTERS_RE.sub("", cell) for cell in row]
        book.active.append([cell.encode("utf-8", "ignore").decode()[:32_000] for cell in clean])
    written = io.BytesIO()
    book.save(written)
    content = written.getvalue()
    if data.draw(st.booleans()):
        start = data.draw(st.integers(0, len(content)))
        content = content[:start] + data.draw(st.binary(max_size=20)) + content[start + 9 :]
    survives(content, "services-inclusion.xlsx")
