"""The tables of pages: every figure of the map is in them, and each downloads as CSV."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from cartoallier.model import NEEDS_COLUMNS, ClassCount, Indicator, Needs, Run, Status, Territory
from cartoallier.model import Theme as ThemeType
from cartoallier.outputs.maps import write_maps
from cartoallier.outputs.maps.cells import EMPTY
from cartoallier.outputs.maps.levels import switched
from cartoallier.outputs.maps.tables import Row, Table, zone_tables
from cartoallier.outputs.maps.tints import Tint, tints
from cartoallier.outputs.tables import write_tables

KEY = "premier_accueil_social"
CUT = "Pays d’Ouest : CRTE"
FORMULA = '=HYPERLINK("http://ailleurs/";"x"), -1'
POOR = Indicator(
    id="pauvrete", label="Taux de pauvreté", unit="%", kind="taux", direction="+", floor=5.0,
    breaks=(10, 12, 14, 16),
)  # fmt: skip
NEED = {
    "commune": {"99001": 12.5, "99002": 20.0, "99003": (5.0, Status.BELOW_FLOOR)},
    "epci": {"100000001": 17.6, "100000002": (13.0, Status.ESTIMATED)},
    CUT: {"O1": 11.0, "O2": Status.SECRET},
    "departement": {"99": 14.0},
}
Visitor = Callable[[Path], Any]


# Every figure of the map is in the tables -----------------------------------------------------


@pytest.fixture
def cut(toy: Territory) -> Territory:
    """The toy with a « découpage » of two zones, whose name has a colon."""
    for code, name, communes in (("O1", "Ouest", ["99001", "99002"]), ("O2", "Est", ["99003"])):
        zone = pd.DataFrame(
            [(CUT, code, name, "entier")],
            columns=["level", "code", "name", "perimeter"],
            index=[f"{CUT}:{code}"],
        )
        held = pd.DataFrame({"zone": f"{CUT}:{code}", "commune_code": communes})
        toy = dataclasses.replace(
            toy, zones=pd.concat([toy.zones, zone]), members=pd.concat([toy.members, held])
        )
    return toy


@pytest.fixture
def needy(
    cut: Territory,
    toy_sites: list[dict[str, object]],
    themes: dict[str, ThemeType],
    run_of: Callable[..., Run],
) -> Run:
    """A need at every level: published, estimated, at its floor, secret."""
    rows = []
    for level, cells in NEED.items():
        for code, cell in cells.items():
            value, status = cell if isinstance(cell, tuple) else (cell, Status.PUBLISHED)
            if isinstance(value, Status):
                value, status = None, value
            rows.append((POOR.id, level, code, code, "entier", value, "%", status, "2021", "x"))
    values = pd.DataFrame(rows, columns=list(NEEDS_COLUMNS)).astype(NEEDS_COLUMNS)
    needs = Needs(values=values, weights=pd.DataFrame(index=cut.origins.index), weight_labels={})
    theme = dataclasses.replace(themes[KEY], indicators=(POOR.id,))
    return run_of(cut, toy_sites, themes=(theme,), needs=needs, indicators={POOR.id: POOR})


def number_of(cell: str) -> float:
    found = re.search(r"[−-]?\d[\d\u202f]*(,\d+)?", cell)
    assert found is not None, cell
    return float(found[0].replace("\u202f", "").replace("−", "-").replace(",", "."))


def row_of(table: Table, code: str, *, family: str) -> Row:
    """The row the map draws: of the part inside, but a need is that of the whole zone."""
    found = {row.key: row for row in table.rows}
    part, whole = f"{table.level}:{code}", f"{table.level}:{code}:entier"
    return found[whole if family == "besoin" or part not in found else part]


def heading_of(tint: Tint, run: Run, theme: ThemeType) -> str:
    need = run.summaries[theme.key].need_indicator
    return {
        "minutes": "Durée",
        "part": ".*seuil retenu",
        "zone": "Part couverte",
        "besoin": re.escape(need.label) if need else "",
        "croise": "Durée",
    }[tint.family]


def bounds_of(tint: Tint, run: Run, theme: ThemeType) -> tuple[ClassCount, ...]:
    summary = run.summaries[theme.key]
    whole = (ClassCount(label="", lower=0, upper=1e9, communes=0, inhabitants=0),)
    covered = tuple(
        ClassCount(label="", lower=low, upper=high, communes=0, inhabitants=0)
        for row in tint.legend
        for low, high in [(100, 101) if "dans une" in row.label else
                          (0, 0.1) if "hors de" in row.label else (0, 100)]
    )  # fmt: skip
    return {
        "minutes": summary.access_classes,
        "part": summary.share_classes,
        "besoin": summary.need_classes,
        "zone": covered,
        "croise": whole * 9,
    }[tint.family]


def missing_from_tables(run: Run, theme: ThemeType) -> list[str]:
    """What the map of a theme shows and its tables do not, or say otherwise."""
    tables = {table.level: table for table in zone_tables(run, theme)}
    first = tints(run, theme)
    wrong = []
    for tint in (*first, *switched(run, theme, first)):
        table = tables[str(tint.level)]
        start = heading_of(tint, run, theme)
        heads = table.columns if tint.family != "part" else table.titles
        column = next(i for i, head in enumerate(heads) if re.match(start, head))
        classes = bounds_of(tint, run, theme)
        for code, line in tint.lines.items():
            cell, said = (
                row_of(table, code, family=tint.family).cells[column],
                tint.legend[line].label,
            )
            if line >= len(classes) or tint.legend[line].swatch in {"hachure", "points"}:
                words = cell == EMPTY or cell.startswith("≤") or said in cell
                known = tint.family == "croise" or words
            else:
                low, high = classes[line].lower, classes[line].upper
                # as printed: a class holds its lower bound, never its upper one
                known = low <= number_of(cell) < high
            if not known:
                wrong.append(f"{tint.key} {code} : « {said} », « {cell} »")
    return wrong


def test_every_tint_of_the_toy_is_in_its_table(toy_run: Run) -> None:
    seen = set()
    for theme in toy_run.themes:
        assert missing_from_tables(toy_run, theme) == []
        seen |= {tint.family for tint in tints(toy_run, theme)}
    assert seen >= {"minutes", "part", "zone", "besoin"}


NARROW_MISSES = (9.96, 14.97, 19.999, 29.98, 30.02)


def test_a_figure_shown_never_leaves_its_class(toy_run: Run) -> None:
    """29.98 minutes is « 29,98 » beside « de 20 à moins de 30 min », not « 30,0 »."""
    theme = next(t for t in toy_run.themes if t.key == KEY)
    coverage = toy_run.coverages[KEY]
    summary = toy_run.summaries[KEY]
    bounds = [one.lower for one in summary.access_classes[1:]]
    for minutes in NARROW_MISSES:
        table = coverage.table.assign(
            duree_min=coverage.table["duree_min"].where(coverage.table["duree_min"].isna(), minutes)
        )
        changed = dataclasses.replace(
            toy_run, coverages=toy_run.coverages | {KEY: dataclasses.replace(coverage, table=table)}
        )
        for shown in zone_tables(changed, theme):
            at = next(i for i, head in enumerate(shown.columns) if head.startswith("Durée"))
            for row in shown.rows:
                if row.cells[at] == EMPTY:
                    continue
                assert abs(number_of(row.cells[at]) - minutes) < 0.05
                for bound in bounds:
                    assert (number_of(row.cells[at]) >= bound) == (minutes >= bound)


def dated(run: Run, years: dict[tuple[str, str], str]) -> Run:
    """The run with needs of other years at some zones: (level, code) -> year."""
    values = run.needs.values.copy()
    for (level, code), year in years.items():
        values.loc[(values["level"] == level) & (values["code"] == code), "vintage"] = year
    return dataclasses.replace(run, needs=dataclasses.replace(run.needs, values=values))


def test_a_cell_of_another_year_says_it(needy: Run) -> None:
    run = dated(needy, {("departement", "99"): "2019", ("commune", "99003"): "2018"})
    (theme,) = run.themes
    tables = {table.level: table for table in zone_tables(run, theme)}
    communes = tables["commune"]
    at = communes.columns.index("Taux de pauvreté (2021)")
    cells = {row.key: row.cells[at] for row in communes.rows}
    assert cells["commune:99001:entier"] == "12,5\u202f%"
    assert cells["commune:99003:entier"] == "≤\u00a05\u202f% (2018)"
    total = tables["epci"].total
    assert total is not None
    assert total.cells[tables["epci"].columns.index("Taux de pauvreté (2021)")] == (
        "14\u202f% (2019)"
    )


def test_a_part_with_its_own_need_bears_that_of_the_whole_beside(needy: Run) -> None:
    """The map tints the whole EPCI: a card that reads the part must say the tint."""
    whole = needy.needs.values[
        (needy.needs.values["level"] == "epci") & (needy.needs.values["code"] == "100000002")
    ]
    part = whole.assign(perimeter="partie", value=11.5, vintage="2019", status=Status.PUBLISHED)
    values = pd.concat([needy.needs.values, part], ignore_index=True).astype(NEEDS_COLUMNS)
    run = dataclasses.replace(needy, needs=dataclasses.replace(needy.needs, values=values))
    table = next(t for t in zone_tables(run, run.themes[0]) if t.level == "epci")
    at = table.columns.index("Taux de pauvreté (2021)")
    cells = {row.key: row.cells[at].replace("\u202f", " ").replace("\u00a0", " ")
             for row in table.rows}  # fmt: skip
    assert cells["epci:100000002"] == "11,5 % (2019), EPCI entier : 13 % (estimation)"
    assert cells["epci:100000002:entier"] == "13 % (estimation)"


def test_every_level_of_the_map_has_its_table(needy: Run) -> None:
    (theme,) = needy.themes
    first = tints(needy, theme)
    levels = {str(tint.level) for tint in (*first, *switched(needy, theme, first))}
    assert levels == {"commune", "epci", CUT}
    assert missing_from_tables(needy, theme) == []


def test_every_circle_is_in_the_table_of_communes(needy: Run, tmp_path: Path) -> None:
    text = write_maps(needy, tmp_path)[0].read_text("utf-8")
    body = re.search(r'id="theme">(.*?)</script>', text, flags=re.DOTALL)
    assert body is not None
    circles = json.loads(body[1])["circles"]
    (table,) = (one for one in zone_tables(needy, needy.themes[0]) if one.level == "commune")
    column = next(i for i, head in enumerate(table.columns) if head.startswith("Habitants à plus"))
    told = {row.codes[0]: number_of(row.cells[column]) for row in table.rows}
    assert {code: people for code, people in told.items() if people} == dict(circles)


def test_the_departement_closes_the_tables_of_zones(needy: Run) -> None:
    tables = {table.level: table for table in zone_tables(needy, needy.themes[0])}
    assert tables.pop("commune").total is None
    assert {table.total.cells[0] for table in tables.values() if table.total} == {"Jouet"}
    for level in ("epci", CUT):
        total = tables[level].total
        assert total is not None
        assert "14\u202f%" in total.cells, "the need of the département"


def test_rows_carry_the_codes_that_join_files(needy: Run) -> None:
    tables = {table.level: table for table in zone_tables(needy, needy.themes[0])}
    assert tables["commune"].codes == ("code_insee", "code_epci")
    assert [row.codes for row in tables["commune"].rows] == [
        ("99001", "100000001"), ("99002", "100000001"), ("99003", "100000002"),
    ]  # fmt: skip
    assert tables["epci"].codes == ("code_epci",)
    assert {row.codes for row in tables[CUT].rows} == {("O1",), ("O2",)}


# Each table downloads as CSV -----------------------------------------------------------------


def page_of(run: Run, folder: Path, name: str = KEY) -> Path:
    write_maps(run, folder)
    return folder / "cartes" / f"{name}.html"


def download(page: Any, caption: str, folder: Path, *, frame: Any = None) -> Path:
    """Press the button of a table with the keyboard and keep what comes."""
    table = (frame or page).locator("table.triable", has_text=caption).first
    button = table.locator("caption .telecharger")
    with page.expect_download() as waiting:
        button.press("Enter")
    path = folder / waiting.value.suggested_filename
    waiting.value.save_as(path)
    return path


def table_in(path: Path) -> pd.DataFrame:
    codes = dict.fromkeys(("code_insee", "code_epci", "code_zone"), "str")
    return pd.read_csv(path, sep=";", decimal=",", encoding="utf-8-sig", dtype=codes)


def test_the_file_gives_the_figures_of_the_coverage(
    needy: Run, tmp_path: Path, visit: Visitor
) -> None:
    write_tables(needy, tmp_path)
    seen = visit(page_of(needy, tmp_path))
    path = download(seen.page, "Par commune", tmp_path)
    assert path.name == "premier_accueil_social-communes.csv"
    assert seen.errors == []
    assert seen.foreign == []
    got = table_in(path).set_index("code_insee")
    wanted = pd.read_csv(tmp_path / "tableaux" / "couverture.csv", dtype={"code": "str"})
    wanted = wanted[(wanted["maille"] == "commune") & (wanted["public"] == "ensemble")]
    wanted = wanted.set_index("code").loc[got.index]
    assert list(got.index) == ["99001", "99002", "99003"]
    assert got["code_epci"].tolist() == ["100000001", "100000001", "100000002"]
    for column, heading in (("duree_min", "Durée (min)"), ("distance_km", "Distance (km)")):
        gap = (got[heading] - wanted[column]).abs()
        assert (gap <= 0.051).all(), heading
    assert got["Habitants"].tolist() == wanted["population"].tolist()
    assert got["Lieux"].tolist() == wanted["lieux"].tolist()


def test_the_file_of_epci_has_the_parts_and_the_departement(
    needy: Run, tmp_path: Path, visit: Visitor
) -> None:
    write_tables(needy, tmp_path)
    path = download(visit(page_of(needy, tmp_path)).page, "Par EPCI", tmp_path)
    got = table_in(path)
    wanted = pd.read_csv(tmp_path / "tableaux" / "couverture.csv", dtype={"code": "str"})
    assert got["maille"].tolist() == ["epci", "epci", "epci", "departement"]
    assert got["code_epci"].isna().tolist() == [False, False, False, True]
    retained = got.filter(like="seuil retenu (%)").iloc[:, 0]
    for place, (code, perimeter) in enumerate(
        zip(got["code_epci"], got["Périmètre"].fillna(""), strict=True)
    ):
        inside = "partie" if perimeter.startswith("partie") else "entier"
        level = "departement" if pd.isna(code) else "epci"
        rows = wanted[(wanted["public"] == "ensemble") & (wanted["maille"] == level)]
        rows = rows[rows["perimetre"] == inside]
        row = rows[rows["code"] == (code if level == "epci" else "99")].iloc[0]
        assert retained[place] == pytest.approx(100 * row["part_hors_seuil"], abs=0.051)


def test_what_has_no_figure_is_empty_and_says_why(
    needy: Run, tmp_path: Path, visit: Visitor
) -> None:
    page = visit(page_of(needy, tmp_path)).page
    cut = table_in(download(page, CUT, tmp_path)).set_index("code_zone")
    assert cut.loc["O1", "Taux de pauvreté (2021, %)"] == 11
    assert pd.isna(cut.loc["O2", "Taux de pauvreté (2021, %)"]), "never a zero"
    assert cut.loc["O2", "Taux de pauvreté (2021) : statut"] == "secret statistique"
    assert pd.isna(cut.loc["O1", "Taux de pauvreté (2021) : statut"])
    communes = table_in(download(page, "Par commune", tmp_path)).set_index("code_insee")
    assert communes["Taux de pauvreté (2021, %)"].tolist() == [12.5, 20, 5]
    assert communes.loc["99003", "Taux de pauvreté (2021) : statut"] == "au plus"
    epci = table_in(download(page, "Par EPCI", tmp_path))
    told = epci["Taux de pauvreté (2021) : statut"].fillna("").tolist()
    assert told == ["", "estimation", "estimation, EPCI entier", ""]


def test_the_year_of_a_cell_goes_to_the_column_that_says_why(
    needy: Run, tmp_path: Path, visit: Visitor
) -> None:
    run = dated(needy, {("departement", "99"): "2019", ("epci", "100000002"): "2019"})
    got = table_in(download(visit(page_of(run, tmp_path)).page, "Par EPCI", tmp_path))
    assert got["Taux de pauvreté (2021, %)"].tolist() == [17.6, 13, 13, 14]
    assert got["Taux de pauvreté (2021) : statut"].fillna("").tolist() == [
        "", "estimation, 2019", "estimation, 2019, EPCI entier", "2019",
    ]  # fmt: skip


def test_the_list_of_places_downloads(needy: Run, tmp_path: Path, visit: Visitor) -> None:
    page = visit(page_of(needy, tmp_path)).page
    path = download(page, "Adresse", tmp_path)  # a heading no other table has
    got = table_in(path)
    assert "N°" in got.columns
    assert "Commune" in got.columns
    if "code_insee" in got.columns:
        assert got["code_insee"].dropna().str.fullmatch(r"\d[0-9AB]\d{3}").all()


def test_the_bytes_are_those_of_the_contract(needy: Run, tmp_path: Path, visit: Visitor) -> None:
    raw = download(visit(page_of(needy, tmp_path)).page, "Par commune", tmp_path).read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf")
    text = raw.decode("utf-8-sig")
    lines = text.split("\r\n")
    assert lines[-1] == ""
    assert "\n" not in text.replace("\r\n", "")
    assert len(lines) == 5, "one line of headings, three communes, no prose"
    assert not set("\u00a0\u202f") & set(text)
    got = table_in(tmp_path / "premier_accueil_social-communes.csv")
    for words in got["avertissement"]:
        assert words == (
            "Document de travail, ne vaut pas engagement – Données de démonstration, fictives"
        )
    assert got["sources du tableau"].str.contains("lieux inventés").all()
    assert got["territoire et dates"].str.startswith("Jouet (99) · invention · données").all()


def test_names_that_are_formulas_are_disarmed(
    needy: Run, toy: Territory, tmp_path: Path, visit: Visitor
) -> None:
    rows = needy.coverages[KEY].table
    names = {"99001": FORMULA, "99002": '<b onclick="x">;"', "99003": "-2+3;@SOMME(A1)"}
    renamed = rows["nom"].where(rows["maille"] != "commune", rows["code"].map(names))
    coverage = dataclasses.replace(needy.coverages[KEY], table=rows.assign(nom=renamed))
    run = dataclasses.replace(needy, coverages={KEY: coverage})
    seen = visit(page_of(run, tmp_path))
    got = table_in(download(seen.page, "Par commune", tmp_path)).set_index("code_insee")
    assert got.loc["99001", "Commune"] == """'=HYPERLINK("http://ailleurs/";"x"), '-1"""
    assert got.loc["99002", "Commune"] == '<b onclick="x">;"'
    assert got.loc["99003", "Commune"] == "'-2+3;'@SOMME(A1)"
    assert seen.errors == []


def test_a_filtered_table_gives_what_it_shows_and_says_so(
    needy: Run, tmp_path: Path, visit: Visitor
) -> None:
    page = visit(page_of(needy, tmp_path)).page
    button = page.locator("table.triable", has_text="Par commune").locator(".telecharger")
    assert button.inner_text() == "Télécharger en CSV"
    assert button.get_attribute("aria-label") == "Télécharger en CSV\u00a0: Par commune"
    page.check("input[name=teinte][value=besoin]")
    page.locator(".teinte:not([hidden]) .classe:enabled").first.click()
    rows = page.locator("table.triable", has_text="Par commune").locator("tbody tr:visible")
    kept = rows.count()
    assert 0 < kept < 3
    assert button.inner_text() == f"Télécharger en CSV ({kept} sur 3)"
    path = download(page, "Par commune", tmp_path)
    assert path.name == "premier_accueil_social-communes-filtre.csv"
    got = table_in(path)
    assert len(got) == kept
    assert got["filtre"].str.startswith("Filtre :").all()
    page.locator(".tout-montrer:visible").click()
    assert button.inner_text() == "Télécharger en CSV"


def test_the_order_of_the_page_is_the_order_of_the_file(
    needy: Run, tmp_path: Path, visit: Visitor
) -> None:
    page = visit(page_of(needy, tmp_path)).page
    page.locator("table.triable", has_text="Par commune").get_by_role(
        "button", name="Habitants", exact=True
    ).click()
    got = table_in(download(page, "Par commune", tmp_path))
    assert got["Habitants"].tolist() == [600, 300, 100]


def test_it_downloads_from_inside_another_page(needy: Run, tmp_path: Path, visit: Visitor) -> None:
    page_of(needy, tmp_path)
    host = tmp_path / "hote.html"
    host.write_text(
        f'<!DOCTYPE html><title>x</title><iframe src="cartes/{KEY}.html#integre" width="1200" '
        'height="900"></iframe>',
        "utf-8",
    )
    seen = visit(host)
    frame = seen.page.frames[1]
    frame.evaluate("document.body.classList.remove('integre')")
    path = download(seen.page, "Par EPCI", tmp_path, frame=frame)
    assert path.name == "premier_accueil_social-epci.csv"
    assert len(table_in(path)) == 4


def test_tables_keep_their_names_and_paper_has_no_button(
    needy: Run, tmp_path: Path, visit: Visitor
) -> None:
    page = visit(page_of(needy, tmp_path)).page
    assert page.get_by_role("table", name="Par commune", exact=True).count() == 1
    assert page.get_by_role("region", name="Par commune", exact=True).count() == 1
    page.emulate_media(media="print")
    assert page.locator(".telecharger:visible").count() == 0


def test_every_table_of_every_page_has_its_button(
    toy_run: Run, with_scores: Callable[[Run], Run], tmp_path: Path, visit: Visitor
) -> None:
    for path in write_maps(with_scores(toy_run), tmp_path):
        seen = visit(path)
        page = seen.page
        assert page.locator(".telecharger").count() == page.locator(".triable").count(), path.name
        names = page.locator(".telecharger").evaluate_all("all => all.map((b) => b.ariaLabel)")
        assert len(set(names)) == len(names), path.name
        assert seen.errors == [], path.name


def test_codes_keep_their_zero_and_words_stay_words(
    toy_run: Run, with_scores: Callable[[Run], Run], tmp_path: Path, visit: Visitor
) -> None:
    run = with_scores(toy_run)
    page = visit(page_of(run, tmp_path, "profils")).page
    path = download(page, "Scores par EPCI", tmp_path)
    assert path.name == "profils-scores.csv"
    got = table_in(path)
    assert got["code_epci"].tolist() == ["100000001", "100000002"]
    assert got["Retraités"].iloc[0] == "90 : 1er sur 5 (rang stable)"
    detail = table_in(download(page, "Indicateurs connus", tmp_path))
    assert detail["Score"].dtype == "float64"
    assert detail["Score : statut"].dropna().unique().tolist() == ["non calculé"]
