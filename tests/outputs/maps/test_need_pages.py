"""The need side of theme pages: the level it is drawn at, its classes, what it says of itself."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from cartoallier.diagnosis.classes import class_labels
from cartoallier.model import NEEDS_COLUMNS, Indicator, Needs, Run, Status, Territory, Theme
from cartoallier.model.run import Bivariate
from cartoallier.outputs.maps import palette, write_maps
from cartoallier.outputs.maps.levels import switched
from cartoallier.outputs.maps.tables import need_cell
from cartoallier.outputs.maps.tints import DOTTED, HATCHED, tints

KEY = "premier_accueil_social"
POOR = Indicator(
    id="pauvrete", label="Taux de pauvreté", unit="%", kind="taux", direction="+", floor=5.0,
    breaks=(10, 12, 14, 16),
)  # fmt: skip
INCOME = Indicator(id="revenu", label="Revenu médian", unit="€", kind="niveau", direction="-")
OLD = Indicator(
    id="part_65_plus", label="65 ans et plus", unit="%", kind="taux", breaks=(20, 25, 30, 35)
)
INDICATORS = {one.id: one for one in (POOR, INCOME, OLD)}
COMMUNES, EPCI = ("99001", "99002", "99003"), ("100000001", "100000002")
MAKE = Callable[..., Run]


def rows_of(
    indicator: str,
    level: str,
    cells: dict[str, float | Status | tuple[float, Status]],
    vintage: str = "2021",
) -> list[tuple[object, ...]]:
    """Rows of needs: a number is published, a status has no number."""
    rows = []
    for code, cell in cells.items():
        value, status = cell if isinstance(cell, tuple) else (cell, Status.PUBLISHED)
        if isinstance(value, Status):
            value, status = None, value  # type: ignore[assignment]
        rows.append((indicator, level, code, code, "entier", value, "%", status, vintage, "Insee"))
    return rows


def needs_of(
    territory: Territory, *rows: list[tuple[object, ...]], reference: pd.DataFrame | None = None
) -> Needs:
    frame = pd.DataFrame([r for block in rows for r in block], columns=list(NEEDS_COLUMNS))
    frame = frame.astype(NEEDS_COLUMNS)
    weights = pd.DataFrame(index=territory.origins.index)
    if reference is None:
        return Needs(frame, weights, {})
    return Needs(frame, weights, {}, reference)


@pytest.fixture
def draw(
    toy: Territory, toy_sites: list[dict[str, object]], themes: dict[str, Theme], run_of: MAKE
) -> Callable[..., Run]:
    def make(needs: Needs, *indicators: str, poor: Indicator = POOR) -> Run:
        theme = themes[KEY].__class__(**{**vars(themes[KEY]), "indicators": indicators})
        return run_of(
            toy, toy_sites, themes=(theme,), needs=needs, indicators=INDICATORS | {POOR.id: poor}
        )

    return make


def test_a_need_secret_in_most_communes_is_drawn_by_epci(toy: Territory, draw: MAKE) -> None:
    needs = needs_of(
        toy,
        rows_of("pauvrete", "commune", {COMMUNES[0]: 20.0, COMMUNES[1]: Status.SECRET,
                                        COMMUNES[2]: Status.SECRET}, "2021"),
        rows_of("pauvrete", "epci", {EPCI[0]: 17.6, EPCI[1]: 13.0}, "2019"),
    )  # fmt: skip
    run = draw(needs, "pauvrete", "part_65_plus")
    summary = run.summaries[KEY]
    assert summary.need_level == "epci"
    assert summary.need_title == "Taux de pauvreté, 2019, par EPCI"
    assert summary.need_class.to_dict() == {EPCI[0]: 4, EPCI[1]: 2}
    # people of the part inside: 400 and 600
    assert [(c.communes, c.inhabitants) for c in summary.need_classes if c.communes] == [
        (1, 600),
        (1, 400),
    ]
    assert "niveau où l’indicateur est publié" in summary.need_notes[0]
    assert any(line.startswith("Insee") for line in summary.sources)
    tint = next(t for t in tints(run, run.themes[0]) if t.key == "besoin")
    assert tint.level == "epci"
    assert tint.colours == palette.NEED
    assert tint.zone_word == "EPCI"


def test_half_of_the_communes_is_enough(toy: Territory, draw: MAKE) -> None:
    needs = needs_of(
        toy,
        rows_of("pauvrete", "commune", {"99001": 20.0, "99002": Status.SECRET, "99003": 9.0}),
        rows_of("pauvrete", "epci", {EPCI[0]: 17.6, EPCI[1]: 13.0}),
    )  # fmt: skip
    run = draw(needs, "pauvrete")
    assert run.summaries[KEY].need_level == "commune"
    tint = next(t for t in tints(run, run.themes[0]) if t.key == "besoin")
    assert tint.classes == {"99001": 4, "99002": DOTTED, "99003": 0}
    assert (tint.legend[-1].label, tint.legend[-1].zones) == ("secret statistique", 1)


def test_what_no_level_knows_leaves_the_next_indicator(toy: Territory, draw: MAKE) -> None:
    needs = needs_of(
        toy,
        rows_of("pauvrete", "epci", dict.fromkeys(EPCI, Status.NOT_AVAILABLE)),
        rows_of("part_65_plus", "commune", dict(zip(COMMUNES, (21.0, 30.0, 40.0), strict=True))),
    )
    summary = draw(needs, "pauvrete").summaries[KEY]
    assert summary.need_indicator is OLD
    assert summary.need_title.startswith("65 ans et plus, 2021, par commune")
    assert "faute d’indicateur propre" in summary.need_title
    nothing = draw(needs_of(toy, []), "pauvrete").summaries[KEY]
    assert (nothing.need_indicator, nothing.need_title) == (None, "")


def test_without_bounds_classes_are_those_of_the_country(toy: Territory, draw: MAKE) -> None:
    country = needs_of(
        toy, rows_of("revenu", "epci", {f"2{i:08}": 20_000.0 + 100 * i for i in range(101)})
    ).values
    needs = needs_of(
        toy, rows_of("revenu", "epci", {EPCI[0]: 20_500.0, EPCI[1]: 29_000.0}), reference=country
    )
    run = draw(needs, "revenu")
    summary = run.summaries[KEY]
    assert [c.lower for c in summary.need_classes[1:]] == [22_000, 24_000, 26_000, 28_000]
    assert summary.need_title.startswith("Revenu médian, 2021, par EPCI, ")
    assert summary.need_title.endswith(" des EPCI de France"), "how the classes are cut is said"
    assert any("Foncé = valeur basse" in line for line in summary.need_notes)
    tint = next(t for t in tints(run, run.themes[0]) if t.key == "besoin")
    assert tint.colours == palette.NEED[::-1], "less is more need: the low end is the dark one"


def test_estimations_and_floors_are_said(toy: Territory, draw: MAKE, tmp_path: Path) -> None:
    needs = needs_of(
        toy,
        rows_of(
            "pauvrete",
            "epci",
            {EPCI[0]: (17.6, Status.ESTIMATED), EPCI[1]: (5.0, Status.BELOW_FLOOR)},
        ),
    )
    run = draw(needs, "pauvrete")
    summary = run.summaries[KEY]
    assert summary.need_title == "Taux de pauvreté (estimation en partie), 2021, par EPCI"
    notes = " ".join(summary.need_notes).replace("\u202f", " ").replace("\u00a0", " ")
    assert "1 valeur est une estimation, non publiée par le producteur." in notes
    assert "≤ 5 % : 1 valeur au plancher de diffusion de l’INSEE." in notes
    assert "Source : Insee, 2021." in notes
    text = write_maps(run, tmp_path)[0].read_text("utf-8")
    for code, cell in ((f"{EPCI[0]}:entier", "17,6\u202f% (estimation)"),
                       (f"{EPCI[1]}:entier", "≤\u00a05\u202f%"),
                       (EPCI[1], "≤\u00a05\u202f%, EPCI entier")):  # fmt: skip
        row = re.search(rf'data-zone="epci:{code}">(.*?)</tr>', text)
        assert row is not None
        assert f"<td>{cell}</td>" in row[1], "the part of an EPCI bears the figure of the whole"
    assert "Taux de pauvreté (2021)" in text
    assert "note-legende" in text


def test_at_most_ten_is_an_estimation_and_no_floor(
    toy: Territory, draw: MAKE, tmp_path: Path
) -> None:
    """Below D1 the rate is « 10 at most »: of the first class only if that class goes so far."""
    needs = needs_of(
        toy,
        rows_of(
            "pauvrete",
            "epci",
            {EPCI[0]: (10.0, Status.BELOW_FLOOR), EPCI[1]: (5.0, Status.BELOW_FLOOR)},
        ),
    )
    summary = draw(needs, "pauvrete").summaries[KEY]
    assert summary.need_class.to_dict() == {EPCI[0]: 0, EPCI[1]: 0}
    assert summary.need_title == "Taux de pauvreté (estimation en partie), 2021, par EPCI"
    notes = " ".join(summary.need_notes).replace("\u202f", " ").replace("\u00a0", " ")
    assert "1 valeur est une estimation, non publiée par le producteur." in notes
    assert "≤ 5 % : 1 valeur au plancher de diffusion de l’INSEE." in notes
    assert "≤ 10 % : 1 valeur, estimation : au plus 10 %." in notes
    assert "niveau où" not in notes

    lower = dataclasses.replace(POOR, breaks=(9, 12, 15, 17))
    run = draw(needs, "pauvrete", poor=lower)
    summary = run.summaries[KEY]
    assert summary.need_class[EPCI[1]] == 0
    assert pd.isna(summary.need_class[EPCI[0]])
    assert sum(c.communes for c in summary.need_classes) == 1
    tint = next(t for t in tints(run, run.themes[0]) if t.key == "besoin")
    assert tint.classes[EPCI[0]] == HATCHED
    last = tint.legend[-1]
    assert (last.swatch, last.zones) == ("hachure", 1)
    assert last.label.replace("\u202f", " ") == "10 % au plus, sans plus de précision"
    text = write_maps(run, tmp_path)[0].read_text("utf-8")
    assert "≤\u00a010\u202f% (estimation)" in text


def test_one_estimation_is_said_at_every_level(toy: Territory, draw: MAKE) -> None:
    needs = needs_of(
        toy,
        rows_of("pauvrete", "commune", dict(zip(COMMUNES, (11.0, 13.0, 17.0), strict=True))),
        rows_of("pauvrete", "epci", {EPCI[0]: (13.0, Status.ESTIMATED)}, "2019"),
    )
    run = draw(needs, "pauvrete")
    (theme,) = run.themes
    assert run.summaries[KEY].need_level == "commune"
    (other,) = (t for t in switched(run, theme, tints(run, theme)) if t.family == "besoin")
    assert other.title == "Taux de pauvreté (estimation), 2019, par EPCI"
    assert "1 valeur est une estimation, non publiée par le producteur." in " ".join(
        other.notes
    ).replace("\u00a0", " ")

    both = needs_of(
        toy,
        rows_of("pauvrete", "commune", dict(zip(COMMUNES, (11.0, 13.0, 17.0), strict=True))),
        rows_of("pauvrete", "epci", {EPCI[0]: (10.0, Status.BELOW_FLOOR)}, "2019"),
        rows_of("pauvrete", "epci", {EPCI[1]: 14.0}, "2021"),
    )
    run = draw(both, "pauvrete")
    (other,) = (t for t in switched(run, theme, tints(run, theme)) if t.family == "besoin")
    assert other.title == "Taux de pauvreté (estimation en partie), 2019 et 2021, par EPCI"
    assert any("Années mêlées" in note for note in other.notes)


def test_the_need_is_held_against_the_departement_and_read_aloud(
    toy: Territory, draw: MAKE, tmp_path: Path
) -> None:
    needs = needs_of(
        toy,
        rows_of("pauvrete", "commune", dict(zip(COMMUNES, (11.0, 13.0, 17.0), strict=True))),
        rows_of("pauvrete", "departement", {"99": 15.8}),
    )
    run = draw(needs, "pauvrete")
    summary = run.summaries[KEY]
    text = write_maps(run, tmp_path)[0].read_text("utf-8")
    assert summary.need_references
    assert summary.need_reading
    references = "\u202f; ".join(summary.need_references)
    assert f"<b>Repères</b> {references}." in text
    assert f"<b>Lecture</b> {summary.need_reading}" in text


def test_the_three_by_three_says_why_a_commune_is_in_no_cell(toy: Territory, draw: MAKE) -> None:
    needs = needs_of(
        toy,
        rows_of("pauvrete", "commune", {COMMUNES[0]: 17.0, COMMUNES[1]: Status.SECRET,
                                        COMMUNES[2]: 13.0}),
    )  # fmt: skip
    run = draw(needs, "pauvrete")
    (theme,) = run.themes
    cells = [[(0, 0)] * 3 for _ in range(3)]
    cells[0][0] = (1, 300)
    crossed = Bivariate(
        title_need="Taux de pauvreté",
        title_access="Durée",
        need_labels=("haut", "moyen", "bas"),
        access_labels=("près", "moyen", "loin"),
        cells=tuple(tuple(row) for row in cells),
        position=pd.Series([0, pd.NA, pd.NA], index=list(COMMUNES), dtype="Int64"),
        need_bounds=(12, 14),
        access_bounds=(15, 20),
    )
    coverage = run.coverages[KEY]
    table = coverage.table.copy()
    table.loc[(table["maille"] == "commune") & (table["code"] == COMMUNES[2]), "duree_min"] = None
    run = dataclasses.replace(
        run,
        summaries={KEY: dataclasses.replace(run.summaries[KEY], bivariate=crossed)},
        coverages={KEY: dataclasses.replace(coverage, table=table)},
    )
    tint = next(t for t in tints(run, theme) if t.key == "croise")
    assert tint.classes == {COMMUNES[0]: 0, COMMUNES[1]: DOTTED, COMMUNES[2]: HATCHED}
    people = toy.communes["population"]
    assert [(row.swatch, row.label, row.zones, row.inhabitants) for row in tint.legend[9:]] == [
        ("hachure", "durée inconnue", 1, people[COMMUNES[2]]),
        ("points", "secret statistique", 1, people[COMMUNES[1]]),
    ]


def test_a_map_of_values_without_class_is_not_drawn(toy: Territory, draw: MAKE) -> None:
    lower = dataclasses.replace(POOR, breaks=(9, 12, 15, 17))
    needs = needs_of(
        toy,
        rows_of("pauvrete", "epci", dict.fromkeys(EPCI, (10.0, Status.BELOW_FLOOR))),
        rows_of("part_65_plus", "commune", dict(zip(COMMUNES, (21.0, 30.0, 40.0), strict=True))),
    )
    assert draw(needs, "pauvrete", poor=lower).summaries[KEY].need_indicator is OLD


def test_quintiles_of_one_departement_are_not_of_france(toy: Territory, draw: MAKE) -> None:
    """A country of 101 EPCI, of which a file gives twelve: the classes are not its quintiles."""
    known = {f"2{i:08}": 20_000.0 + 100 * i for i in range(12)}
    unknown = {f"2{i:08}": Status.ABSENT for i in range(12, 101)}
    country = needs_of(toy, rows_of("revenu", "epci", {**known, **unknown})).values
    needs = needs_of(
        toy,
        rows_of("revenu", "epci", {EPCI[0]: 20_500.0, EPCI[1]: 29_000.0}),
        rows_of("revenu", "commune", dict.fromkeys(COMMUNES, Status.SECRET)),
        reference=country,
    )
    summary = draw(needs, "revenu").summaries[KEY]
    assert "France" not in summary.need_title


@pytest.mark.parametrize(
    ("value", "status", "floor", "shown"),
    [
        (5.0, Status.BELOW_FLOOR, 5.0, "≤\u00a05\u202f%"),
        (10.0, Status.BELOW_FLOOR, 5.0, "≤\u00a010\u202f% (estimation)"),
        (5.0, Status.BELOW_FLOOR, None, "≤\u00a05\u202f%"),
    ],
)
def test_at_most_in_a_table(value: float, status: Status, floor: float | None, shown: str) -> None:
    assert need_cell(value, status, "%", floor=floor) == shown


@pytest.mark.parametrize(
    ("value", "status", "shown"),
    [
        (float("nan"), Status.SECRET, "secret statistique"),
        (float("nan"), Status.ABSENT, "non fourni"),
        (float("nan"), Status.NOT_AVAILABLE, "non diffusé"),
        (12.34, Status.PUBLISHED, "12,3\u202f%"),
    ],
)
def test_a_need_has_a_figure_or_a_reason(value: float, status: Status, shown: str) -> None:
    assert need_cell(value, status, "%") == shown


def test_an_index_keeps_two_decimals() -> None:
    assert need_cell(0.294, Status.PUBLISHED, "") == "0,29"


def test_a_bound_is_written_with_its_own_decimals() -> None:
    assert class_labels([2.35, 3], unit="") == [
        "moins de 2,35",
        "de 2,35 à moins de 3",
        "3 et plus",
    ]
