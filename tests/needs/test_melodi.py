"""Long files of INSEE (Melodi): totals, marks of confidentiality, zones, hostile files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cartoallier.catalogue import load_catalogue
from cartoallier.errors import SourceError
from cartoallier.files import read_book
from cartoallier.model import Indicator
from cartoallier.needs.insee import read_insee
from cartoallier.needs.melodi import read_melodi_file, starts_melodi
from cartoallier.needs.values import VALUE_COLUMNS, Extract

HEADER = (
    '"FILOSOFI_MEASURE";"GEO";"GEO_OBJECT";"UNIT_MEASURE";"CONF_STATUS";"OBS_STATUS";'
    '"UNIT_MULT";"TIME_PERIOD";"OBS_VALUE"'
)
INDICATORS = {
    "taux_pauvrete": Indicator(
        id="taux_pauvrete",
        label="Taux de pauvreté",
        unit="%",
        kind="taux",
        source="filosofi",
        melodi="PR_MD60",
        floor=5,
    ),
    "niveau_vie_median": Indicator(
        id="niveau_vie_median",
        label="Niveau de vie médian",
        unit="€",
        kind="niveau",
        source="filosofi",
        melodi="MED_SL",
    ),
    "population": Indicator(
        id="population",
        label="Population",
        unit="personnes",
        kind="effectif",
        source="rp",
        melodi="POP",
    ),
}


def row(
    measure: str = "PR_MD60",
    geo: str = "03190",
    grain: str = "COM",
    *,
    conf: str = "F",
    obs: str = "A",
    mult: str = "0",
    year: str = "2021",
    value: str = "20.0",
) -> str:
    return f'"{measure}";"{geo}";"{grain}";"PT";"{conf}";"{obs}";{mult};{year};{value}'


def written(tmp_path: Path, *rows: str, header: str = HEADER, encoding: str = "utf-8") -> Path:
    path = tmp_path / "DS_FILOSOFI_CC_data.csv"
    path.write_bytes(("\n".join([header, *rows]) + "\n").encode(encoding))
    return path


def read(path: Path) -> Extract:
    return read_melodi_file(path, file="besoin/melodi.csv", indicators=INDICATORS)


def one(path: Path) -> pd.Series:
    values = read(path).values
    assert len(values) == 1
    return values.iloc[0]


def whats(extract: Extract) -> list[str]:
    return [finding.what for finding in extract.findings]


def test_a_national_file_is_read_at_its_levels(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        row(value="24"),
        row(measure="MED_SL", value="18620"),
        row(geo="200071082", grain="EPCI", value="18.4"),
        row(geo="03", grain="DEP", value="15.5"),
        row(geo="84", grain="REG", value="12.8"),
        row(geo="75101", grain="ARM", value="16"),
        row(geo="F", grain="FRANCE", value="14.9"),
        row(geo="8406", grain="ZE2020", value="16"),
        row(geo="03190", grain="BV2022", value="16"),
        row(measure="D5_UNKNOWN", value="3"),
    )
    extract = read(path)
    values = extract.values
    assert list(values.columns) == list(VALUE_COLUMNS)
    assert {c: str(values[c].dtype) for c in values} == {
        c: str(pd.Series(dtype=t).dtype) for c, t in VALUE_COLUMNS.items()
    }
    poverty = values[values["indicator"] == "taux_pauvrete"]
    assert dict(zip(poverty["level"], poverty["code"], strict=True)) == {
        "commune": "03190",
        "epci": "200071082",
        "departement": "03",
        "region": "84",
        "arm": "75101",
        "france": "F",
    }
    assert poverty["value"].tolist() == [24, 18.4, 15.5, 12.8, 16, 14.9]
    assert poverty["line"].tolist() == [2, 4, 5, 6, 7, 8]
    assert set(values["vintage"]) == {"2021"}
    assert set(poverty["column"]) == {"PR_MD60"}
    assert set(poverty["source"]) == {"filosofi"}
    assert extract.layout == "melodi"
    assert extract.rows_read == 10
    assert extract.dropped == {
        "mesure sans indicateur dans le catalogue": 1,
        "maille autre que commune, EPCI, département, région ou France": 2,
    }
    assert extract.findings == []


@pytest.mark.parametrize(
    ("cells", "value", "status"),
    [
        ({"value": "12.5"}, 12.5, "publie"),
        ({"value": '"12,5"'}, 12.5, "publie"),
        ({"value": "1.25", "mult": "1"}, 12.5, "publie"),
        ({"value": "0.0125", "mult": "3"}, 12.5, "publie"),
        ({"value": "12.5", "mult": ""}, 12.5, "publie"),
        ({"value": "5.0"}, 5, "sous_seuil"),
        ({"value": "", "conf": "C"}, np.nan, "secret"),
        ({"value": "17.3", "conf": "C"}, np.nan, "secret"),
        ({"value": "", "conf": "N"}, np.nan, "secret"),
        ({"value": "s"}, np.nan, "secret"),
        ({"value": "", "obs": "Q"}, np.nan, "secret"),
        ({"value": ""}, np.nan, "non_disponible"),
        ({"value": "nd"}, np.nan, "non_disponible"),
        ({"value": "", "obs": "M"}, np.nan, "non_disponible"),
        ({"value": "", "obs": "O"}, np.nan, "non_disponible"),
        ({"value": "9", "obs": "L"}, np.nan, "non_disponible"),
        ({"value": "17.3", "obs": "P"}, 17.3, "publie"),
        ({"value": "17.3", "obs": "E"}, 17.3, "publie"),
        ({"value": "17.3", "obs": ""}, 17.3, "publie"),
        ({"value": "bonjour"}, np.nan, "non_disponible"),
        ({"value": "inf"}, np.nan, "non_disponible"),
        ({"value": "17.3", "mult": '"x"'}, np.nan, "non_disponible"),
    ],
)
def test_a_value_and_what_is_said_of_it(
    tmp_path: Path, cells: dict[str, str], value: float, status: str
) -> None:
    got = one(written(tmp_path, row(**cells)))
    assert got["status"] == status
    assert got["value"] == pytest.approx(value, nan_ok=True)


@pytest.mark.parametrize(
    ("cells", "what"),
    [
        ({"value": "17.3", "conf": "C"}, "valeur écrite alors qu'elle est marquée confidentielle"),
        ({"value": "bonjour"}, "ni un nombre ni un mot connu pour une valeur manquante"),
        ({"value": "17.3", "mult": '"x"'}, "multiplicateur d'unité illisible"),
        (
            {"value": "17.3", "obs": "P"},
            "valeurs que le producteur dit provisoires, estimées ou fragiles",
        ),
        ({"value": "3.1"}, "valeur plus basse que ce que la source publie"),
        ({"year": "2023"}, "Filosofi a changé de méthode en 2023"),
    ],
)
def test_what_is_noteworthy_is_found(tmp_path: Path, cells: dict[str, str], what: str) -> None:
    assert whats(read(written(tmp_path, row(**cells)))) == [what]


def test_only_totals_of_other_dimensions(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        '"03190";"COM";"_T";"_T";"_Z";"POP";"";2022;19762',
        '"03190";"COM";"F";"_T";"_Z";"POP";"";2022;10000',
        '"03190";"COM";"_T";"Y_GE80";"_Z";"POP";"";2022;2000',
        '"03190";"COM";"F";"Y_GE80";"_Z";"POP";"";2022;1000',
        header='"GEO";"GEO_OBJECT";"SEX";"AGE";"CARS";"RP_MEASURE";"OBS_STATUS";TIME_PERIOD;'
        "OBS_VALUE",
    )
    extract = read(path)
    assert extract.values["value"].tolist() == [19762]
    assert extract.values["column"].tolist() == ["POP"]
    assert extract.dropped == {
        "détail par SEX (seul l'ensemble est lu)": 2,
        "détail par AGE (seul l'ensemble est lu)": 1,
    }


@pytest.mark.parametrize(
    ("geo", "grain", "level", "code", "cog"),
    [
        ("2025-COM-03190", "", "commune", "03190", "2025"),
        ("2025-COM-03190", "COM", "commune", "03190", "2025"),
        ("COM-03190", "", "commune", "03190", ""),
        ("2023-EPCI-200071082", "", "epci", "200071082", "2023"),
        ("2023-FRANCE-F", "", "france", "F", "2023"),
        ("3190", "COM", "commune", "03190", ""),
        ("3", "DEP", "departement", "03", ""),
        ("2A004", "COM", "commune", "2A004", ""),
        ("2a004", "com", "commune", "2A004", ""),
        ("200071082.0", "EPCI", "epci", "200071082", ""),
    ],
)
def test_codes_plain_or_prefixed(
    tmp_path: Path, geo: str, grain: str, level: str, code: str, cog: str
) -> None:
    extract = read(written(tmp_path, row(geo=geo, grain=grain)))
    got = extract.values.iloc[0]
    assert (got["level"], got["code"], extract.cog) == (level, code, cog)


def test_no_column_of_grains(tmp_path: Path) -> None:
    path = written(
        tmp_path, "2024-COM-03190;POP;2022;19762", header="GEO;RP_MEASURE;TIME_PERIOD;OBS_VALUE"
    )
    assert read(path).values["code"].tolist() == ["03190"]


def test_bad_codes_are_found_once_each(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        row(),
        row(geo="abc"),
        row(measure="MED_SL", geo="abc"),
        row(geo="031900000", grain="EPCI"),
    )
    extract = read(path)
    assert [(f.line, f.value) for f in extract.findings] == [(3, "abc"), (5, "031900000")]
    assert extract.dropped == {"code qui n'est pas de la maille annoncée": 3}


def test_many_bad_codes_are_counted(tmp_path: Path) -> None:
    path = written(tmp_path, row(), *(row(geo=f"x{i}") for i in range(50)))
    findings = read(path).findings
    assert len(findings) == 21
    assert findings[-1].value == "30\u00a0autres lignes"


def test_quarters_are_left(tmp_path: Path) -> None:
    extract = read(written(tmp_path, row(), row(year="2021-Q1"), row(year="")))
    assert len(extract.values) == 1
    assert extract.dropped == {"période qui n'est pas une année": 2}


def test_repeated_zones(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        row(geo="03001", value="10"),
        row(geo="03001", value="10"),
        row(geo="03002", value="10"),
        row(geo="03002", value="11"),
        row(geo="03003", value="10", year="2020"),
        row(geo="03003", value="11", year="2021"),
    )
    extract = read(path)
    got = extract.values
    assert list(zip(got["code"], got["vintage"], got["value"], strict=True)) == [
        ("03001", "2021", 10),
        ("03003", "2020", 10),
        ("03003", "2021", 11),
    ]
    assert whats(extract) == ["zone présente deux fois, avec des valeurs différentes"] * 2


def test_lines_with_another_number_of_cells(tmp_path: Path) -> None:
    path = written(tmp_path, row(geo="03001"), "a;b", row(geo="03002"), "", row(geo="03003"))
    extract = read(path)
    assert extract.values["line"].tolist() == [2, 4, 6]
    assert [(f.line, f.value) for f in extract.findings] == [(3, "a;b")]
    assert extract.rows_read == 5


def test_a_file_cut_in_its_last_line(tmp_path: Path) -> None:
    path = written(tmp_path, row(geo="03001"), row(geo="03002"))
    path.write_bytes(path.read_bytes()[:-20])
    extract = read(path)
    assert extract.values["code"].tolist() == ["03001"]
    assert extract.findings[0].line == 3


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_encodings(tmp_path: Path, encoding: str) -> None:
    path = written(
        tmp_path,
        row() + ';"Montluçon"',
        header=HEADER + ';"GEO_LIB"',
        encoding=encoding,
    )
    assert starts_melodi(path)
    assert one(path)["value"] == 20


@pytest.mark.parametrize("delimiter", [",", "\t"])
def test_delimiters(tmp_path: Path, delimiter: str) -> None:
    path = written(
        tmp_path, row().replace(";", delimiter), header=HEADER.lower().replace(";", delimiter)
    )
    assert starts_melodi(path)
    assert one(path)["value"] == 20


def test_what_is_not_melodi(tmp_path: Path) -> None:
    assert not starts_melodi(tmp_path / "absent.csv")
    for content in ("", "CODGEO;TP6021\n03190;24\n", "GEO;OBS_VALUE\n1;2\n", "\0\0", '"\n'):
        path = tmp_path / "other.csv"
        path.write_text(content, encoding="utf-8")
        assert not starts_melodi(path)


@pytest.mark.parametrize(
    ("header", "rows", "words"),
    [
        ("", [], "pas de colonne GEO"),
        ("GEO;GEO_OBJECT;OBS_VALUE", ["03;DEP;1"], "TIME_PERIOD, …_MEASURE"),
        (HEADER.replace("OBS_VALUE", "VALEUR"), [row()], "OBS_VALUE"),
        (HEADER.replace("CONF_STATUS", "OBS_STATUS"), [row()], "deux fois"),
        (HEADER, [], "aucune ligne"),
        (HEADER, [row(measure="X"), row(measure="Y")], "X, Y"),
        (HEADER, [row(grain="ZE2020")], "maille autre"),
        (HEADER, ["a;b;c"], "aucune ligne"),
    ],
)
def test_what_cannot_be_read_is_one_error(
    tmp_path: Path, header: str, rows: list[str], words: str
) -> None:
    path = written(tmp_path, *rows, header=header)
    with pytest.raises(SourceError, match=words) as error:
        read(path)
    assert "besoin/melodi.csv" in str(error.value)


def test_a_huge_cell(tmp_path: Path) -> None:
    path = written(tmp_path, row(), row(geo="03001", value="9" * 1_000_000))
    extract = read(path)
    assert extract.values["status"].tolist() == ["publie", "non_disponible"]
    assert extract.findings[0].value == "masqué"
    path = written(tmp_path, row(), row(value="9" * 40_000_000))
    with pytest.raises(SourceError, match="coupé ou abîmé"):
        read(path)


# Codes of wide files -> measures of long ones (the same figures, read in both in 2021).
MEASURES = {"NBMENFISC21": "NUM_HH", "MED21": "MED_SL", "TP6021": "PR_MD60", "D121": "D1_SL"}


def test_the_real_communes_written_as_melodi(tmp_path: Path, shared_data: Path) -> None:
    source = shared_data / "filosofi-2021-communes" / "cc_filosofi_2021_COM.csv"
    wide = pd.read_csv(source, sep=";", dtype=str, keep_default_na=False)
    long = wide.melt("CODGEO", list(MEASURES), "FILOSOFI_MEASURE", "OBS_VALUE")
    long["FILOSOFI_MEASURE"] = long["FILOSOFI_MEASURE"].map(MEASURES)
    long["GEO"] = "2025-COM-" + long["CODGEO"]
    long["CONF_STATUS"] = np.where(long["OBS_VALUE"] == "s", "C", "F")
    long["OBS_STATUS"] = np.where(long["OBS_VALUE"] == "nd", "M", "A")
    long["OBS_VALUE"] = long["OBS_VALUE"].where(~long["OBS_VALUE"].isin(["s", "nd"]), "")
    path = tmp_path / "DS_FILOSOFI_CC_data.csv"
    columns = ["FILOSOFI_MEASURE", "GEO", "CONF_STATUS", "OBS_STATUS", "TIME_PERIOD", "OBS_VALUE"]
    long.assign(TIME_PERIOD="2021")[columns].to_csv(path, sep=";", index=False)

    indicators = load_catalogue().indicators
    extract = read_melodi_file(path, file="melodi.csv", indicators=indicators)
    twin = read_insee(read_book(source, file=source.name), indicators=indicators)
    assert twin is not None
    assert extract.cog == "2025"
    key = ["indicator", "level", "code", "vintage"]
    read_long = extract.values.set_index(key)[["value", "status"]].sort_index()
    same = set(extract.values["indicator"])
    assert {"taux_pauvrete", "niveau_vie_median"} <= same
    read_wide = twin.values[twin.values["indicator"].isin(same)]
    read_wide = read_wide.set_index(key)[["value", "status"]].sort_index()
    assert len(read_long) == 34_909 * len(same)
    pd.testing.assert_frame_equal(read_long, read_wide)
    poverty = extract.values[extract.values["indicator"] == "taux_pauvrete"]
    allier = poverty[poverty["code"].str.startswith("03")]
    assert allier["status"].value_counts().to_dict() == {"secret": 294, "publie": 23}


CELLS = st.sampled_from(
    [
        *("PR_MD60", "MED_SL", "03190", "2025-COM-03190", "COM", "EPCI", "_T", "F", "C", "A", "M"),
        *("3", "99", "-99", "2021", "", "s", "1e400", "é", '"', '"a', "\0", "\r", "1 234,5", "03-"),
    ]
)
NAMES = st.sampled_from([*HEADER.replace('"', "").split(";"), "SEX", "", "GEO_LIB", "é"])


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    header=st.lists(NAMES, max_size=12),
    rows=st.lists(st.lists(CELLS, max_size=10), max_size=12),
    whole=st.booleans(),
    cut=st.integers(0, 60),
)
def test_nothing_but_a_source_error(
    tmp_path: Path, header: list[str], rows: list[list[str]], whole: bool, cut: int
) -> None:
    names = HEADER if whole else ";".join(header)
    path = tmp_path / "fuzz.csv"
    path.write_bytes("\n".join([names, *map(";".join, rows)]).encode()[: -cut or None])
    starts_melodi(path)
    try:
        extract = read(path)
    except SourceError:
        return
    assert extract.rows_read >= len(extract.values)


@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(content=st.binary(max_size=400), encoding=st.sampled_from(["utf-8", "utf-16"]))
def test_any_bytes(tmp_path: Path, content: bytes, encoding: str) -> None:
    path = tmp_path / "fuzz.csv"
    path.write_bytes((HEADER + "\n" + row() + "\n").encode(encoding) + content)
    try:
        extract = read(path)
    except SourceError:
        return
    assert set(extract.values["code"]) == {"03190"}
