"""Statistical secrecy: nothing of 1 to 10 people, nor the means of recomputing it.

The checker of this file is its own: exact rational elimination over every published cell.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from fractions import Fraction

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from shapely import Point, box

import toys
from cartoallier.access import CrowFly, measure
from cartoallier.diagnosis.secrecy import Protected, protect_coverage, protect_needs
from cartoallier.diagnosis.secrecy.ground import Ground
from cartoallier.diagnosis.secrecy.sharing import share_out
from cartoallier.model import (
    COVERAGE_COLUMNS,
    NEEDS_COLUMNS,
    Coverage,
    Indicator,
    Mode,
    Needs,
    Passage,
    Territory,
)

LEAVES = ("moins_20", "20_64", "65_plus")
TIED = ("population", *LEAVES)


def count(name: str, *, secret: int = 11) -> Indicator:
    return Indicator(id=name, label=name, unit="personnes", kind="effectif", secret_below=secret)


INDICATORS = {
    "population": count("population", secret=0),
    **{name: count(name) for name in LEAVES},
    "menages": count("menages"),
    "part_65_plus": Indicator(
        id="part_65_plus",
        label="65 ans et plus",
        unit="%",
        kind="taux",
        numerator="65_plus",
        weight="population",
    ),
    "taux_x": Indicator(id="taux_x", label="x", unit="%", kind="taux", weight="menages"),
}


def needs_of(
    territory: Territory,
    people: dict[str, dict[str, float]],
    *,
    rates: Sequence[str] = (),
    weights: Iterable[str] = (),
    secret: Iterable[tuple[str, str]] = (),
) -> Needs:
    """Needs whose zones are the sums of the communes of ``people`` (count -> commune -> people)."""
    members = territory.members.groupby("zone")["commune_code"].agg(list)
    secret = set(secret)
    rows = []
    for name, by_commune in people.items():
        for zone, at in territory.zones.iterrows():
            held = members[zone]
            hidden = any((name, code) in secret for code in held) and len(held) == 1
            value = float(sum(by_commune[code] for code in held))
            rows.append((name, at, value, hidden))
    totals = {(name, at.name): value for name, at, value, _ in rows}
    for rate in rates:
        indicator = INDICATORS[rate]
        for zone, at in territory.zones.iterrows():
            below = totals[indicator.weight, zone]
            if below:
                above = totals[indicator.numerator, zone]
                rows.append((rate, at, 100 * above / below, False))
    values = pd.DataFrame(
        [
            (
                name, at["level"], at["code"], at["name"], at["perimeter"],
                np.nan if hidden else value, INDICATORS[name].unit,
                "secret" if hidden else "publie", "2021", "essai",
            )
            for name, at, value, hidden in rows
        ],
        columns=list(NEEDS_COLUMNS),
    ).astype(NEEDS_COLUMNS)  # fmt: skip
    origins = territory.origins
    table = {p: [people[p][c] for c in origins["commune_code"]] for p in weights}
    frame = pd.DataFrame(table, index=origins.index, dtype="float64")
    return Needs(values, frame, {p: p for p in table})


def shown(protected: Protected, name: str) -> dict[tuple[str, str], float]:
    """(code, perimeter) -> value published."""
    values = protected.needs.values
    rows = values[values["indicator"] == name].dropna(subset="value")
    return {
        (code, perimeter): value
        for code, perimeter, value in zip(
            rows["code"], rows["perimeter"], rows["value"], strict=True
        )
    }


# The checker ----------------------------------------------------------------------------------


def reduced(row: list[Fraction], basis: dict[int, list[Fraction]]) -> list[Fraction]:
    """What is left of a row once the rows of ``basis`` (pivot -> row) are taken out of it."""
    for pivot, known in basis.items():
        if factor := row[pivot]:
            row = [a - factor * b for a, b in zip(row, known, strict=True)]
    return row


def row_space(rows: Iterable[list[Fraction]]) -> dict[int, list[Fraction]]:
    """Echelon form, by exact elimination."""
    basis: dict[int, list[Fraction]] = {}
    for row in rows:
        left = reduced(row, basis)
        pivot = next((i for i, value in enumerate(left) if value), None)
        if pivot is not None:
            basis[pivot] = [value / left[pivot] for value in left]
    return basis


def functional(territory: Territory, name: str, zone: str) -> list[Fraction]:
    """A cell as a sum of (leaf, commune)."""
    members = territory.members
    held = set(members.loc[members["zone"] == zone, "commune_code"])
    held = held or {zone}  # a commune beyond the border
    parts = LEAVES if name == "population" else (name,)
    names = (*LEAVES, "menages")
    communes = sorted(set(members["commune_code"]))
    return [Fraction(leaf in parts and c in held) for leaf in names for c in communes]


def revealed(territory: Territory, protected: Protected, people: dict) -> list[tuple[str, str]]:
    """Cells of 1 to 10 people, or hidden, that the published cells give by combination."""
    values = protected.needs.values.dropna(subset="value")
    zones = territory.zones.reset_index().merge(
        values, left_on=["level", "code", "perimeter"], right_on=["level", "code", "perimeter"]
    )
    told = set()
    for name, zone in zip(zones["indicator"], zones["zone"], strict=True):
        told.add((INDICATORS[name].numerator or name, zone))  # the rate times its weight
    basis = row_space(functional(territory, name, zone) for name, zone in sorted(told))
    communes = set(territory.members["commune_code"])
    members = territory.members.groupby("zone")["commune_code"].agg(list).to_dict()
    members |= {code: [code] for code in communes}
    found = []
    for name in people:
        if name == "population":
            continue
        for zone, held in members.items():
            total = sum(people[name][code] for code in held)
            hidden = zone in territory.zones.index and (name, zone) not in told
            if (hidden or 0 < total < 11) and not any(
                reduced(functional(territory, name, zone), basis)
            ):
                found.append((name, zone))
    return found


def leftovers(territory: Territory, protected: Protected, name: str) -> list[float]:
    """What is left of each zone less the cells of one level in it, when something is."""
    values = protected.needs.values
    keys = ["level", "code", "perimeter"]
    zones = territory.zones.reset_index()
    rows = zones.merge(values[values["indicator"] == name], on=keys).set_index("zone")
    members = territory.members.groupby("zone")["commune_code"].agg(frozenset)
    left = []
    for outer in rows.index[rows["value"].notna()]:
        inner = [z for z in rows.index if members[z] < members[outer]]
        for level in {rows["level"][z] for z in inner}:
            held = [z for z in inner if rows["level"][z] == level and rows["value"].notna()[z]]
            codes = [code for z in held for code in members[z]]
            if len(codes) == len(set(codes)) < len(members[outer]):
                left.append(rows["value"][outer] - rows["value"][held].sum())
    return left


# By hand --------------------------------------------------------------------------------------


def people_of(**counts: tuple[int, int, int, int]) -> dict[str, dict[str, float]]:
    codes = ("99001", "99002", "99003", "98001")
    return {name: dict(zip(codes, map(float, four), strict=True)) for name, four in counts.items()}


def test_a_small_count_takes_a_second_commune_of_its_epci_with_it(toy: Territory) -> None:
    people = people_of(menages=(6, 40, 50, 60))
    protected = protect_needs(needs_of(toy, people), territory=toy, indicators=INDICATORS)
    kept = shown(protected, "menages")
    assert ("99001", "entier") not in kept
    assert ("99002", "entier") not in kept
    assert kept["100000001", "entier"] == 46
    assert kept["99003", "entier"] == 50
    statuses = protected.needs.values.set_index("code")["status"]
    assert statuses["99001"] == statuses["99002"] == "secret"
    assert protected.hidden["reason"].tolist() == ["petit effectif", "complément"]
    (finding,) = protected.findings
    assert (finding.column, finding.value) == ("menages", "2 (commune)")


def test_an_epci_of_two_small_communes_is_not_left_with_a_small_sum(toy: Territory) -> None:
    people = people_of(menages=(3, 4, 50, 60))
    kept = shown(
        protect_needs(needs_of(toy, people), territory=toy, indicators=INDICATORS), "menages"
    )
    assert ("100000001", "entier") not in kept  # 7 households
    assert ("991", "entier") not in kept
    assert ("99003", "entier") not in kept  # the département less it would be 7 too
    assert kept["99", "entier"] == 57


def test_a_part_of_the_legal_population_takes_another_part_with_it(toy: Territory) -> None:
    people = people_of(
        population=(100, 300, 600, 1000),
        moins_20=(6, 60, 100, 200),
        **{"20_64": (60, 140, 300, 500), "65_plus": (34, 100, 200, 300)},
    )
    needs = needs_of(toy, people, rates=["part_65_plus"])
    protected = protect_needs(needs, territory=toy, indicators=INDICATORS)
    hidden = set(zip(protected.hidden["indicator"], protected.hidden["zone"], strict=True))
    assert hidden == {(n, f"commune:9900{i}") for n in ("moins_20", "65_plus") for i in (1, 2)}
    assert ("99001", "entier") in shown(protected, "population")
    assert ("99001", "entier") not in shown(protected, "part_65_plus")  # × 100 inhabitants
    assert not revealed(toy, protected, people)


def test_a_rate_without_its_count_is_as_good_as_it(toy: Territory) -> None:
    needs = needs_of(toy, people_of(menages=(100, 200, 300, 400)))
    rate = needs.of("menages", "commune").assign(
        indicator="taux_x", value=[5.0, 10.0, 20.0], unit="%"
    )  # of 5, 20 and 60 households
    low = needs.of("menages", "epci").assign(indicator="taux_x", value=[25 / 3, 30.0, 20.0])
    values = pd.concat([needs.values, rate, low], ignore_index=True)
    protected = protect_needs(replace(needs, values=values), territory=toy, indicators=INDICATORS)
    kept = shown(protected, "taux_x")
    assert ("99001", "entier") not in kept
    assert ("99002", "entier") not in kept
    assert ("99003", "entier") in kept
    assert ("99001", "entier") in shown(protected, "menages")


def test_nobody_is_shown_but_among_less_than_eleven(toy: Territory) -> None:
    people = people_of(
        population=(8, 390, 600, 1000),
        moins_20=(0, 90, 100, 200),
        **{"20_64": (4, 150, 300, 500), "65_plus": (4, 150, 200, 300)},
    )
    needs = needs_of(toy, people, rates=["part_65_plus"])
    protected = protect_needs(needs, territory=toy, indicators=INDICATORS)
    kept = shown(protected, "moins_20")
    assert ("99001", "entier") not in kept
    assert not {("99002", "entier"), ("100000001", "entier")} <= set(kept)
    assert ("99001", "entier") not in shown(protected, "part_65_plus")


def test_what_a_source_hides_is_not_given_back_by_our_sums(toy: Territory) -> None:
    people = people_of(menages=(20, 40, 50, 60))
    needs = needs_of(toy, people, secret=[("menages", "99001")])
    protected = protect_needs(needs, territory=toy, indicators=INDICATORS)
    assert set(shown(protected, "menages")) & {("99001", "entier"), ("99002", "entier")} == set()


def test_people_of_a_public_do_not_give_back_what_a_source_hides(toy: Territory) -> None:
    people = people_of(**{"65_plus": (20, 41, 50, 60)})
    needs = needs_of(toy, people, weights=["65_plus"], secret=[("65_plus", "99001")])
    protected = protect_needs(needs, territory=toy, indicators=INDICATORS)
    assert protected.needs.weights["65_plus"].tolist() == pytest.approx([15.25, 45.75, 50, 60])


def test_the_inner_part_of_an_epci_never_tells_a_small_outer_part(toy: Territory) -> None:
    people = people_of(menages=(100, 40, 50, 7))
    kept = shown(
        protect_needs(
            needs_of(toy, people, weights=["menages"]), territory=toy, indicators=INDICATORS
        ),
        "menages",
    )
    assert not {("100000002", "entier"), ("100000002", "partie")} <= set(kept)
    assert not {("100000002", "entier"), ("99003", "entier")} <= set(kept)


def test_public_figures_stay(toy: Territory) -> None:
    people = people_of(population=(3, 8, 600, 1000))
    needs = needs_of(toy, people)
    protected = protect_needs(needs, territory=toy, indicators=INDICATORS)
    pd.testing.assert_frame_equal(protected.needs.values, needs.values)
    assert not protected.findings


def test_needs_without_rows_or_people_pass(toy: Territory) -> None:
    needs = needs_of(toy, {})
    protected = protect_needs(needs, territory=toy, indicators={})
    assert protected.needs.values.empty
    assert protected.hidden.empty


# Coverage -------------------------------------------------------------------------------------


def test_coverage_is_the_same_whatever_the_hidden_counts_are(toy: Territory) -> None:
    tables = []
    for pair in ((6, 15), (9, 12)):
        people = people_of(**{"65_plus": (*pair, 50, 60)})
        needs = needs_of(toy, people, weights=["65_plus"])
        protected = protect_needs(needs, territory=toy, indicators=INDICATORS)
        coverage = measure(
            toys.THEME,
            services=toys.services(toy, {"at": 0}),
            engine=CrowFly(territory=toy, parameters=toys.PARAMETERS),
            weights=protected.needs.weights,
            threshold=10,
        )
        done, _ = protect_coverage({"a": coverage}, hidden=protected.hidden, territory=toy)
        tables.append(done["a"].table)
    pd.testing.assert_frame_equal(*tables)
    rows = tables[0][tables[0]["public"] == "65_plus"].set_index(["maille", "code", "perimetre"])
    assert rows.loc[("epci", "100000001", "entier"), "population"] == pytest.approx(21)
    assert rows.loc[("commune", "99001", "entier")][["population", "duree_min"]].isna().all()
    assert rows.loc[("commune", "99003", "entier"), "population"] == 50


def coverage_of(territory: Territory, **columns: Sequence[float]) -> Coverage:
    """Coverage of one public, rows in the order of zones."""
    zones = territory.zones
    table = pd.DataFrame(
        {
            "theme": "a", "mode": "proximity", "public": "65_plus",
            "maille": zones["level"].to_numpy(), "code": zones["code"].to_numpy(),
            "nom": zones["name"].to_numpy(), "perimetre": zones["perimeter"].to_numpy(),
            **columns,
        }
    )  # fmt: skip
    people = table["part_hors_seuil"] * table["population"]
    everybody = table.assign(public="ensemble", population_hors_seuil=people)
    both = pd.concat([everybody, table.assign(population_hors_seuil=people)], ignore_index=True)
    nothing = pd.DataFrame()
    return Coverage(
        theme="a",
        mode=Mode.PROXIMITY,
        table=both.reindex(columns=list(COVERAGE_COLUMNS)),
        origins=nothing,
        sites=nothing,
    )


def test_small_figures_of_a_row_are_left_empty(toy: Territory) -> None:
    nobody = pd.DataFrame({"indicator": [], "zone": []}, dtype="str")
    # département, two arrondissements, EPCI, EPCI whole and part, three communes
    people = [300, 200, 100, 200, 400, 100, 100, 100, 100]
    far = [0.0, 0, 0, 0, 0, 0, 0, 0, 0]
    coverage = coverage_of(
        toy,
        population=people,
        part_hors_seuil=[5 / 300, 0, 0.95, 20 / 200, 0, 0, *far[:3]],
        part_plus_20=[0, 1, 0.5, 25 / 200, 1, 0, *far[:3]],
    )
    done, findings = protect_coverage({"a": coverage}, hidden=nobody, territory=toy)
    rows = done["a"].table.query("public == '65_plus'").reset_index(drop=True)
    assert rows["part_hors_seuil"].isna().tolist() == [True, False, True] + [False] * 6
    assert rows["population_hors_seuil"].isna().tolist() == [True, False, True] + [False] * 6
    assert np.isnan(rows["part_plus_20"][3])  # 5 people more than beyond the threshold
    assert rows["part_plus_20"][1] == 1  # everybody
    same = coverage.table["public"] == "ensemble"
    pd.testing.assert_frame_equal(done["a"].table[same], coverage.table[same])
    assert [f.value for f in findings] == ["65_plus (5)"]


# Random ground --------------------------------------------------------------------------------


def territory_of(epci: Sequence[int], arrondissement: Sequence[int], beyond: int) -> Territory:
    """Communes in a row; the last ``beyond`` of them are in another département."""
    crs, number = "EPSG:2154", len(epci)
    codes = [f"9{9 - (i >= number - beyond)}{i:03d}" for i in range(number)]
    inside = [i < number - beyond for i in range(number)]
    squares = [box(1000 * i, 0, 1000 * i + 1000, 1000) for i in range(number)]
    communes = gpd.GeoDataFrame(
        {
            "name": codes, "departement_code": [c[:2] for c in codes], "region_code": "01",
            "epci_code": [f"10000000{e}" for e in epci],
            "arrondissement_code": [f"99{a}" for a in arrondissement],
            "population": 100, "outline": "ign", "inside": inside,
        },
        geometry=squares, index=pd.Index(codes, name="code"), crs=crs,
    )  # fmt: skip
    origins = gpd.GeoDataFrame(
        {
            "name": codes, "commune_code": codes, "population": 100, "area_km2": 1.0,
            "position": "mairie",
        },
        geometry=[Point(1000 * i + 500, 500) for i in range(number)],
        index=pd.Index(codes, name="id"), crs=crs,
    )  # fmt: skip
    own = [c for c, here in zip(codes, inside, strict=True) if here]
    rows = [("departement:99", "departement", "99", "entier", own)]
    for level, column in (("arrondissement", arrondissement), ("epci", epci)):
        for group in sorted(set(column)):
            held = [c for c, g in zip(codes, column, strict=True) if g == group]
            here = [c for c in held if c in own]
            if level == "epci" and here:
                rows.append((f"epci:{group}", level, f"10000000{group}", "entier", held))
                if here != held:
                    rows.append((f"epci:{group}:p", level, f"10000000{group}", "partie", here))
            elif here:
                rows.append((f"arr:{group}", level, f"99{group}", "entier", here))
    rows += [(f"commune:{c}", "commune", c, "entier", [c]) for c in own]
    used = {c for row in rows for c in row[4]}
    zones = pd.DataFrame(
        [(level, code, code, perimeter) for _, level, code, perimeter, _ in rows],
        columns=["level", "code", "name", "perimeter"],
        index=pd.Index([row[0] for row in rows], name="zone"),
    )
    members = pd.DataFrame(
        [(r[0], c) for r in rows for c in r[4]], columns=["zone", "commune_code"]
    )
    return Territory(
        departement_code="99", departement_name="Jouet", communes=communes,
        origins=origins[origins["commune_code"].isin(used)], zones=zones, members=members,
        boundary=gpd.GeoSeries([communes.geometry.union_all()], crs=crs),
        passage=Passage({}), vintage="invention",
    )  # fmt: skip


counts = st.sampled_from([0, 0, 1, 3, 6, 10, 11, 12, 17, 25, 40, 90])


@st.composite
def grounds(draw: st.DrawFn) -> tuple[Territory, dict[str, dict[str, float]]]:
    number = draw(st.integers(3, 8))
    beyond = draw(st.integers(0, min(2, number - 2)))
    sides = st.lists(st.integers(0, 2), min_size=number, max_size=number)
    territory = territory_of(draw(sides), draw(sides), beyond)
    codes = sorted(set(territory.members["commune_code"]))
    people = {name: {c: float(draw(counts)) for c in codes} for name in (*LEAVES, "menages")}
    people["population"] = {c: sum(people[leaf][c] for leaf in LEAVES) for c in codes}
    return territory, people


RELAXED = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)


@RELAXED
@given(grounds(), st.booleans())
def test_nothing_hidden_is_a_combination_of_what_is_published(
    ground: tuple[Territory, dict[str, dict[str, float]]], public: bool
) -> None:
    territory, people = ground
    weights = ["moins_20", "65_plus"] if public else []
    needs = needs_of(territory, people, rates=["part_65_plus"], weights=weights)
    protected = protect_needs(needs, territory=territory, indicators=INDICATORS)
    again = protect_needs(needs, territory=territory, indicators=INDICATORS)
    pd.testing.assert_frame_equal(protected.needs.values, again.needs.values)
    for name in (*LEAVES, "menages"):
        assert not [v for v in shown(protected, name).values() if 0 < v < 10.5]
        assert not [v for v in leftovers(territory, protected, name) if 1e-6 < abs(v) < 10.5]
    assert not revealed(territory, protected, people)
    population = needs.values["indicator"] == "population"
    pd.testing.assert_frame_equal(protected.needs.values[population], needs.values[population])


@RELAXED
@given(grounds(), st.integers(0, 2**32 - 1))
def test_people_shared_out_depend_on_published_sums_only(
    ground: tuple[Territory, dict[str, dict[str, float]]], seed: int
) -> None:
    territory, people = ground
    needs = needs_of(territory, people, weights=["moins_20"])
    protected = protect_needs(needs, territory=territory, indicators=INDICATORS)
    hidden = protected.hidden.query("indicator == 'moins_20'")
    assume(len(hidden))
    noise = np.random.default_rng(seed)
    zones = Ground.of(territory)
    own = [people["moins_20"][c] for c in zones.communes]
    value = zones.sums @ np.array(own)
    gone = zones.zones.index.isin(hidden["zone"])
    weights = needs.weights["moins_20"]
    moved = weights.index.isin(zones.zones["code"][gone & (zones.zones["level"] != "epci")])
    other = weights.mask(moved, pd.Series(noise.integers(0, 99, len(weights)), weights.index))
    shared = share_out(
        other,
        value=np.where(gone, noise.integers(0, 99, len(value)), value),
        shown=~gone,
        territory=territory,
        ground=zones,
    )
    pd.testing.assert_series_equal(shared, protected.needs.weights["moins_20"])
    assert (shared >= 0).all()
