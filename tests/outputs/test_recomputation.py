"""Brute force on the tables of the Allier: no count of 1 to 10 people can be recomputed.

These checks read the published tables as anybody would, and share no code with what hides.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from cartoallier.access import CrowFly, measure
from cartoallier.diagnosis.secrecy import Protected, protect_coverage, protect_needs
from cartoallier.model import Coverage, Needs, Run
from cartoallier.outputs.tables.frames import coverage_table, needs_table
from cartoallier.pipeline import diagnose
from cartoallier.pipeline.needing import read_need_files
from cartoallier.project import load_project

AGES = ("moins_20", "20_64", "65_plus")
CELL = ["level", "code", "perimeter"]
SHARES = (
    "part_plus_15", "part_plus_20", "part_plus_30", "part_hors_seuil", "part_hors_seuil_favorable",
    "part_hors_seuil_defavorable", "part_hors_seuil_sans_voisins", "part_couverte",
)  # fmt: skip


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> tuple[Run, Needs, Protected]:
    """The demonstration as it leaves, the needs as read, and what is hidden of them."""
    here = tmp_path_factory.mktemp("vide")
    project = load_project(None, departement=None, here=here)
    run, _ = diagnose(project)
    needs = read_need_files(project, run.territory).needs
    protected = protect_needs(needs, territory=run.territory, indicators=run.indicators)
    return run, needs, protected


@pytest.fixture(scope="module")
def scarce(done: tuple[Run, Needs, Protected]) -> tuple[Run, Run]:
    """Runs with a public that most communes have less than 11 of: as it is, and as it leaves."""
    run, needs, _ = done
    young = (needs.weights["moins_20"] * 0.12).round()
    needs = replace(needs, weights=pd.DataFrame({"0_2": young}))
    protected = protect_needs(needs, territory=run.territory, indicators=run.indicators)
    themes = tuple(t for t in run.themes if _threshold(run, t.key) is not None)[:6]

    def measured(weights: pd.DataFrame) -> dict[str, Coverage]:
        return {
            theme.key: measure(
                theme,
                services=run.services,
                engine=CrowFly(territory=run.territory, parameters=run.parameters),
                weights=weights,
                threshold=_threshold(run, theme.key),
            )
            for theme in themes
        }

    coverages, _ = protect_coverage(
        measured(protected.needs.weights), hidden=protected.hidden, territory=run.territory
    )
    return (
        replace(run, themes=themes, coverages=measured(needs.weights)),
        replace(run, themes=themes, coverages=coverages),
    )


def _threshold(run: Run, theme: str) -> float | None:
    known = run.coverages[theme].table["seuil_min"].dropna()
    return float(known.iloc[0]) if len(known) else None


@pytest.fixture(scope="module", params=["demonstration", "rare"])
def coverage(
    request: pytest.FixtureRequest, done: tuple[Run, Needs, Protected], scarce: tuple[Run, Run]
) -> pd.DataFrame:
    """``couverture.csv`` for the publics, shares turned back into people."""
    return in_people(coverage_table(done[0] if request.param == "demonstration" else scarce[1]))


def in_people(table: pd.DataFrame) -> pd.DataFrame:
    table = table[table["public"] != "ensemble"].copy()
    for share in SHARES:
        table[share] = table[share].astype("float64") * table["population"]
    return table.rename(columns={"maille": "level", "perimetre": "perimeter"})


def few(values: pd.Series | np.ndarray) -> np.ndarray:
    sizes = np.abs(np.asarray(values, dtype="float64"))
    return (sizes > 1e-3) & (sizes < 10.5)


def remainders(values: pd.DataFrame, run: Run) -> Iterator[tuple[str, np.ndarray]]:
    """Every zone less the cells of one level that it holds, when some of it remains.

    Args:
        values: one row per cell (level, code, perimeter), any columns of people.
    """
    zones = run.territory.zones.reset_index()
    held = run.territory.members.groupby("zone")["commune_code"].agg(frozenset)
    table = zones[["zone", *CELL]].merge(values, on=CELL).set_index("zone")
    cells = table.drop(columns=CELL).astype("float64")
    for outer in table.index[table["level"] != "commune"]:
        inner = pd.Series([held[z] < held[outer] for z in table.index], index=table.index)
        for level in table.loc[inner, "level"].unique():
            chosen = table.index[inner & (table["level"] == level)]
            left = cells.loc[outer] - cells.loc[chosen].fillna(0).sum()
            yield f"{outer} - {level}", left.to_numpy()


def test_no_small_count_is_shown(
    done: tuple[Run, Needs, Protected], coverage: pd.DataFrame
) -> None:
    run = done[0]
    table = needs_table(run)
    counts = table[table["indicateur"].isin(AGES)]
    assert not few(counts["valeur"]).any()
    wide = table.pivot_table(index=["maille", "code"], columns="indicateur", values="valeur")
    for rate in ("part_65_plus", "part_moins_20"):
        assert not few(wide[rate] * wide["population"] / 100).any()
    assert (table[table["statut"] == "secret"]["valeur"].isna()).all()
    for column in ("population", "population_hors_seuil", *SHARES):
        assert not few(coverage[column]).any(), column


def test_no_two_figures_of_a_row_differ_by_a_small_count(coverage: pd.DataFrame) -> None:
    figures = ["population", *SHARES]
    for i, one in enumerate(figures):
        for other in figures[i + 1 :]:
            assert not few(coverage[one] - coverage[other]).any(), (one, other)


def test_a_part_is_never_what_the_others_leave_of_the_population(
    done: tuple[Run, Needs, Protected],
) -> None:
    table = needs_table(done[0])
    wide = table.pivot(index=["maille", "code"], columns="indicateur", values="valeur")
    hidden = wide[list(AGES)].isna().sum(axis="columns")
    assert (hidden != 1).all()
    assert hidden.any()
    assert wide["population"].notna().all()


def test_sums_by_epci_arrondissement_and_departement_leave_no_small_count(
    done: tuple[Run, Needs, Protected], coverage: pd.DataFrame
) -> None:
    run = done[0]
    values = run.needs.values
    counts = values[values["indicator"].isin(AGES)].pivot(
        index=CELL, columns="indicator", values="value"
    )
    for what, left in remainders(counts.reset_index(), run):
        assert not few(left).any(), what
    columns = ["population", "population_hors_seuil", *SHARES]
    wide = coverage.pivot(index=CELL, columns=["theme", "public"], values=columns)
    wide.columns = ["/".join(names) for names in wide.columns]
    for what, left in remainders(wide.reset_index(), run):
        assert not few(left).any(), (what, wide.columns[few(left)].tolist())


def test_no_hidden_count_is_a_combination_of_published_ones(
    done: tuple[Run, Needs, Protected],
) -> None:
    run = done[0]
    territory = run.territory
    held = territory.members.groupby("zone")["commune_code"].agg(list)
    communes = sorted(territory.members["commune_code"].unique())
    at = {key: i for i, key in enumerate((age, code) for age in AGES for code in communes)}
    zones = territory.zones.reset_index()

    def sums(cells: pd.DataFrame) -> np.ndarray:
        rows = np.zeros((len(cells), len(at)))
        for row, (name, zone) in enumerate(zip(cells["indicator"], cells["zone"], strict=True)):
            for age in AGES if name == "population" else (name,):
                rows[row, [at[age, code] for code in held[zone]]] = 1
        return rows

    both = zones[["zone", *CELL]].merge(run.needs.values, on=CELL)
    both = both[both["indicator"].isin([*AGES, "population"])]
    published = sums(both[both["value"].notna()])
    targets = sums(both[both["value"].isna()])
    assert len(targets)
    known = np.eye(len(at))[published[published.sum(axis=1) == 1].any(axis=0)]
    unknown = ~known.any(axis=0)
    rows = np.unique(published[:, unknown], axis=0)
    base = np.linalg.matrix_rank(rows)
    for target in targets[:, unknown]:
        assert np.linalg.matrix_rank(np.vstack([rows, target])) == base + 1


def test_coverage_hardly_moves_and_stays_filled(scarce: tuple[Run, Run]) -> None:
    before, after = (coverage_table(run) for run in scarce)
    everybody = before["public"] == "ensemble"
    pd.testing.assert_frame_equal(before[everybody], after[everybody])
    zones = ~everybody & (before["maille"] != "commune")
    columns = ["population", "part_hors_seuil", "duree_min"]
    old, new = before.loc[zones, columns], after.loc[zones, columns]
    assert new.isna().mean().max() < 0.3
    assert new["duree_min"].notna().all()
    moved = (old - new).abs()
    assert moved["part_hors_seuil"].max() < 0.03
    assert moved["duree_min"].max() < 0.5


def test_what_is_hidden_is_counted(
    done: tuple[Run, Needs, Protected], capsys: pytest.CaptureFixture[str]
) -> None:
    hidden = done[2].hidden
    counts = hidden.groupby(["indicator", "level", "reason"]).size()
    with capsys.disabled():
        print("\n" + counts.to_string())
    shown = hidden[hidden["level"] != "hors"]
    told = {f.column: f.value for f in done[2].findings}
    for age in AGES:
        number = (shown["indicator"] == age).sum()
        assert told.get(age, "0 (commune)").startswith(f"{number} ")
