"""Must show 2: workbooks in each INSEE layout give the values of the CSV they were made from."""

import pandas as pd
import pytest

from cartoallier.catalogue import load_catalogue
from cartoallier.files import read_book
from cartoallier.needs.insee import read_insee
from cartoallier.needs.observatoire import read_observatoire
from needs.twins import (
    STYLES,
    SUB_POPULATIONS,
    compared,
    insee_book,
    poverty_book,
    read_rows,
    sheet_rows,
    write_book,
)

DISP = "filosofi-disp-2016-2019"
FILES = {
    "COM": "communes/FILO2019_DISP_COM.csv",
    "EPCI": "epci/FILO2019_DISP_EPCI.csv",
    "DEP": "dep_reg_metropole/FILO2019_DISP_DEP.csv",
    "REG": "dep_reg_metropole/FILO2019_DISP_REG.csv",
    "METROPOLE": "dep_reg_metropole/FILO2019_DISP_METROPOLE.csv",
}
# Codes that lose a zero, codes that do not, codes with a letter, EPCI that begin alike.
KEPT = ("010", "030", "2A0", "231", "639")
EPCI = ("20007", "2403")


@pytest.fixture(scope="module")
def indicators():
    return load_catalogue().indicators


def part(rows, starts=KEPT):
    """A header and the rows whose code begins as asked, few of each."""
    kept = [row for start in starts for row in rows[1:] if row[0].startswith(start)]
    return [rows[0], *kept]


@pytest.fixture(scope="module")
def base(shared_data):
    """The 2021 base of some départements."""
    rows = read_rows(shared_data / "filosofi-2021-communes/cc_filosofi_2021_COM.csv")
    return part(rows)


def write_csv(path, rows, encoding="utf-8-sig"):
    path.write_text("\n".join(";".join(row) for row in rows), encoding=encoding)
    return path


def read(path, indicators, file=""):
    extract = read_insee(read_book(path, file=file or path.name), indicators=indicators)
    assert extract is not None
    return extract


@pytest.mark.parametrize("style", STYLES)
def test_communes_of_2021(style, base, tmp_path, indicators):
    real = read(write_csv(tmp_path / "cc_filosofi_2021_COM.csv", base), indicators)
    twin = read(insee_book(tmp_path / "a.xlsx", {"COM": base}, style=STYLES[style]), indicators)
    pd.testing.assert_frame_equal(compared(twin.values), compared(real.values))
    assert set(real.values["level"]) == {"commune"}
    assert {f.what for f in twin.findings} == {
        "feuille sans tableau de communes, d'EPCI ou de départements"
    }
    unread = next(f for f in twin.findings)
    assert (unread.column, unread.value) == ("Documentation, ZE2020", "2 feuilles")


@pytest.mark.parametrize("style", STYLES)
def test_a_sheet_per_grain(style, shared_data, tmp_path, indicators):
    grains = {}
    for sheet, name in FILES.items():
        rows = read_rows(shared_data / DISP / name)
        grains[sheet] = part(rows, {"COM": KEPT, "EPCI": EPCI}.get(sheet, ("",)))
    real = [
        read(write_csv(tmp_path / f"FILO2019_DISP_{sheet}.csv", rows), indicators).values
        for sheet, rows in grains.items()
    ]
    twin = read(insee_book(tmp_path / "tout.xlsx", grains, style=STYLES[style]), indicators)
    expected = compared(pd.concat(real))
    pd.testing.assert_frame_equal(compared(twin.values), expected)
    assert set(twin.values["level"]) == {"commune", "epci", "departement", "region", "france"}
    assert twin.cog == ("2024" if STYLES[style].titled else "")


@pytest.mark.parametrize("code", ["TP60", "TP60_", "TP60TYM5_"])
def test_sub_populations(code, base, tmp_path, indicators):
    path = tmp_path / "FILO2021_DISP_Pauvres_COM.xlsx"
    poverty_book(path, base, year="21", style=STYLES["nombres"], code=code)
    twin = read(path, indicators)
    real = read(write_csv(tmp_path / "cc.csv", base), indicators)
    rates = {
        indicator.id
        for indicator in indicators.values()
        if {"TP60{aa}", *(f"{name}{{aa}}" for name in SUB_POPULATIONS)} & set(indicator.codes)
    }
    assert set(twin.values["indicator"]) == rates
    assert len(rates) == 9
    expected = real.values[real.values["indicator"].isin(rates)]
    pd.testing.assert_frame_equal(compared(twin.values), compared(expected))


def test_csv_written_otherwise(base, tmp_path, indicators):
    real = compared(read(write_csv(tmp_path / "a.csv", base), indicators).values)
    wide = [[*row, *[""] * 69] for row in base]
    assert compared(read(write_csv(tmp_path / "b.csv", wide), indicators).values).equals(real)
    for encoding in ("cp1252", "utf-16"):
        again = read(write_csv(tmp_path / f"{encoding}.csv", base, encoding), indicators)
        assert compared(again.values).equals(real)


def test_observatory(shared_data, tmp_path, indicators):
    rows = part(read_rows(shared_data / "neet-2008-2018/neet_epci_2018.csv"), EPCI)
    real = read_observatoire(
        read_book(write_csv(tmp_path / "a.csv", rows), file="a.csv"), indicators=indicators
    )
    assert real is not None
    for style in STYLES.values():
        path = write_book(tmp_path / "a.xlsx", {"EPCI": sheet_rows(rows, style=style)})
        book = read_book(path, file="a.xlsx")
        twin = read_observatoire(book, indicators=indicators)
        assert twin is not None
        assert compared(twin.values).equals(compared(real.values))
        assert read_insee(book, indicators=indicators) is None
