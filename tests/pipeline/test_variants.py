"""Variants on the toy territory, computed by hand.

Minutes are 1.5 × the km, 2 km being the least. Sites stand at 2 and 3 km (« a.csv ») and over the
border at 14 km (« b.csv »); the origins at 2, 6, 10 and 14 km are at 3, 4.5, 6 and 3 minutes of
the nearest: with a threshold of 10 minutes nobody is beyond it. Without the site over the border
the third (600 people) is at 10.5 minutes, the fourth (1 000, outside) at 16.5.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest

import toys
from cartoallier.access import CrowFly
from cartoallier.catalogue import load_catalogue
from cartoallier.diagnosis import Context, protect_needs
from cartoallier.errors import SourceError
from cartoallier.model import VARIANT_COLUMNS, Calibration, Territory
from cartoallier.model.variant import Variant
from cartoallier.pipeline import varying
from cartoallier.pipeline.needing import NeedReading
from cartoallier.pipeline.preparing import Prepared, measured, threshold_of
from cartoallier.pipeline.reading import read_sources
from cartoallier.pipeline.travelling import Travel
from cartoallier.pipeline.varying import (
    NO_THEME,
    PROTECTED,
    UNKNOWN_ID,
    run_variants,
    variant_sources,
)
from cartoallier.project import Decision, Project, Source

THEME = "premier_accueil_social"
Make = Callable[..., Prepared]


def write(path: Path, crs: object, *rows: tuple[object, ...], more: str = "") -> Path:
    """A table of places: (name, km along the toy's axis, themes, what ``more`` names)."""
    lines = [f"nom,longitude,latitude,themes{more}"]
    for name, km, theme, *others in rows:
        point = gpd.points_from_xy([700_000 + 1000 * float(str(km))], [6_602_000], crs=crs)
        lonlat = point.to_crs("EPSG:4326")
        lines.append(",".join(map(str, (name, lonlat.x[0], lonlat.y[0], theme, *others))))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


@pytest.fixture
def make(toy: Territory, tmp_path: Path) -> Make:
    """A base with some variants; ``files`` replaces its two lists."""

    def of(*variants: Variant, files: dict[str, Path] | None = None) -> Prepared:
        catalogue = load_catalogue()
        given = files or {
            "offre/a.csv": write(
                tmp_path / "a.csv", toy.crs, ("Alpha", 2, THEME), ("Beta", 3, THEME)
            ),
            "offre/b.csv": write(tmp_path / "b.csv", toy.crs, ("Gamma", 14, THEME)),
        }
        project = Project(
            folder=tmp_path,
            file=tmp_path / "cartoallier.toml",
            departement="99",
            catalogue=catalogue,
            decisions={THEME: Decision(minutes=10, reason="")},
            supply=tuple(
                Source(path=path, name=name, format="tableau", columns={})
                for name, path in given.items()
            ),
            parameters=toys.PARAMETERS,
            variants=variants,
        )
        return prepared(project, toy)

    return of


def prepared(project: Project, territory: Territory) -> Prepared:
    """What ``prepare`` makes, on a territory that is not on the map."""
    themes = (project.catalogue.themes[THEME],)
    reading = read_sources(project, territory)
    assert reading.errors == ()
    needs = toys.needs(territory)
    protected = protect_needs(needs, territory=territory, indicators={})
    engine = CrowFly(territory=territory, parameters=project.parameters)
    context = Context(
        engine=engine,
        services=reading.services,
        needs=protected.needs,
        indicators={},
        parameters=project.parameters,
        sources=(),
        decisions={},
    )
    coverages, hidden = measured(
        themes,
        context=context,
        protected=protected,
        thresholds={theme.key: threshold_of(theme, project) for theme in themes},
    )
    return Prepared(
        project=project,
        themes=themes,
        reading=reading,
        needing=NeedReading(needs=needs, findings=(), sources=()),
        protected=protected,
        travel=Travel(engine=engine, without_car=engine),
        located=(),
        context=context,
        coverages=coverages,
        hidden=hidden,
    )


def changes(table: pd.DataFrame, name: str) -> dict[tuple[str, str], tuple[float, float]]:
    """(code, perimeter) -> (points, people) of everybody."""
    rows = table[(table["variante"] == name) & (table["public"] == "ensemble")]
    return {
        (row.code, row.perimetre): (row.difference_points, row.difference_population)
        for row in rows.itertuples()
    }


def test_without_a_variant_there_is_nothing(make: Make) -> None:
    table, words, findings = run_variants(make())
    assert table.empty
    assert tuple(table.columns) == VARIANT_COLUMNS
    assert words == {}
    assert findings == ()


def test_a_threshold(make: Make) -> None:
    base = make(Variant(name="cinq", threshold=5), Variant(name="deux", thresholds={THEME: 2}))
    table, words, _ = run_variants(base)
    assert tuple(table.columns) == VARIANT_COLUMNS
    assert changes(table, "cinq") == {
        ("99", "entier"): (60, 600),
        ("100000001", "entier"): (0, 0),
        ("100000002", "entier"): (37.5, 600),
        ("100000002", "partie"): (100, 600),
    }
    assert changes(table, "deux")[("99", "entier")] == (100, 1000)
    first = table.iloc[0]
    assert (first["seuil_min_base"], first["seuil_min"], first["population"]) == (10, 5, 1000)
    assert first["duree_min"] == first["duree_min_base"] == pytest.approx(5.25)
    assert words["cinq"] == "seuil 5 min"


def test_neighbours_and_sources(make: Make) -> None:
    table, words, _ = run_variants(
        make(
            Variant(name="seuls", without_neighbours=True),
            Variant(name="sans b", without_sources=("offre/b.csv",)),
            Variant(name="sans a", without_sources=("offre/a.csv",)),
        )
    )
    alone = changes(table, "seuls")
    assert alone[("99", "entier")] == (60, 600)
    assert alone[("100000002", "partie")] == (100, 600)
    # its people over the border have their own sites: no figure as a whole
    assert all(map(math.isnan, alone[("100000002", "entier")]))
    without = changes(table, "sans b")
    assert without[("99", "entier")] == (60, 600)
    assert without[("100000002", "entier")] == (100, 1600)
    # no site is left in the département: nothing is measured, rather than a false distance
    assert all(map(math.isnan, changes(table, "sans a")[("99", "entier")]))
    assert words["seuls"] == "sans les lieux des départements voisins"
    assert words["sans b"] == "sans «\u00a0offre/b.csv\u00a0»"


def test_the_sites_of_neighbours_are_those_of_the_base_measure(make: Make) -> None:
    base = make(Variant(name="seuls", without_neighbours=True))
    table, _, _ = run_variants(base)
    share = base.coverages[THEME].table.set_index(["public", "maille", "code", "perimetre"])
    other = table.set_index(["public", "maille", "code", "perimetre"])["part_hors_seuil"]
    told = share["part_hors_seuil_sans_voisins"].reindex(other.index)
    pd.testing.assert_series_equal(other, told, check_names=False)


def test_closures(make: Make, tmp_path: Path) -> None:
    file = tmp_path / "fermetures.csv"
    file.write_text("id\ntableau--offre-a-csv-3\n", encoding="utf-8")
    ids = ("tableau--offre-a-csv-3", "tableau--offre-a-csv-33")
    table, words, findings = run_variants(
        make(
            Variant(name="cinq", threshold=5, closed=ids),
            Variant(name="liste", threshold=5, closed_file=file, closed_name="fermetures.csv"),
        )
    )
    # the second origin goes from 4.5 to 6 minutes
    assert changes(table, "cinq")[("100000001", "entier")] == (75, 300)
    assert changes(table, "liste") == changes(table, "cinq")
    assert words["cinq"] == "seuil 5 min\u202f; 1\u00a0service fermé"
    assert words["liste"].endswith("1\u00a0service fermé de «\u00a0fermetures.csv\u00a0»")
    (unknown,) = findings
    assert unknown.what == UNKNOWN_ID
    assert unknown.value == "tableau--offre-a-csv-33"
    assert "tableau--offre-a-csv-3\u00a0»" in unknown.action


def test_a_list_of_closures_without_ids(make: Make, tmp_path: Path) -> None:
    file = tmp_path / "fermetures.csv"
    file.write_text("service\nx\n", encoding="utf-8")
    variant = Variant(name="v", closed_file=file, closed_name="fermetures.csv")
    with pytest.raises(SourceError, match="colonne « id »"):
        run_variants(make(variant))


@pytest.mark.parametrize("header", ["themes", "theme", "thème"])
def test_additions(make: Make, tmp_path: Path, toy: Territory, header: str) -> None:
    file = write(tmp_path / "sites.csv", toy.crs, ("Delta", 10, THEME))
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("themes", header, 1), encoding="utf-8")
    base = make(
        Variant(name="ajout", without_neighbours=True, added=file, added_name="sites.csv"),
        Variant(name="cinq", threshold=5, added=file, added_name="sites.csv"),
    )
    before = base.reading.services.records
    table, words, findings = run_variants(base)
    assert changes(table, "ajout")[("99", "entier")] == (0, 0)
    assert changes(table, "cinq")[("99", "entier")] == (0, 0)
    assert table.loc[0, "duree_min"] == pytest.approx((3 * 100 + 4.5 * 300 + 3 * 600) / 1000)
    assert "1\u00a0lieu supposé de plus" in words["ajout"]
    assert findings == ()
    # the base knows nothing of it
    assert len(base.reading.services.records) == len(before) == 3


def test_additions_follow_the_rules_of_supply(make: Make, tmp_path: Path, toy: Territory) -> None:
    file = write(
        tmp_path / "sites.csv",
        toy.crs,
        ("Delta", 10, "", ""),
        ("Refuge", 10, THEME, "adresse confidentielle"),
        ("Loin", 400, THEME, ""),
        more=",remarque",
    )
    variant = Variant(name="v", threshold=5, added=file, added_name="sites.csv")
    table, words, findings = run_variants(make(variant))
    # none of the three may be counted: as the threshold alone
    assert changes(table, "v")[("99", "entier")] == (60, 600)
    assert "aucun lieu de plus" in words["v"]
    told = {finding.what: finding.line for finding in findings}
    assert told[NO_THEME] == 2
    assert told[PROTECTED] == 3
    assert told["hors du voisinage"] is None


def test_what_another_file_describes_too_stays(make: Make, tmp_path: Path, toy: Territory) -> None:
    one = ("Maison des services de Bourg", 3, THEME)
    files = {
        "offre/a.csv": write(tmp_path / "a.csv", toy.crs, ("Alpha", 2, THEME), one),
        "offre/b.csv": write(tmp_path / "b.csv", toy.crs, ("Gamma", 14, THEME)),
        "offre/c.csv": write(tmp_path / "c.csv", toy.crs, one),
    }
    base = make(
        Variant(name="sans a", threshold=5, without_sources=("offre/a.csv",)),
        Variant(name="sans c", threshold=5, without_sources=("offre/c.csv",)),
        Variant(name="sans deux", without_sources=("offre/a.csv", "offre/c.csv")),
        files=files,
    )
    assert len(base.reading.services.records) == 3  # merged
    table, _, _ = run_variants(base)
    for name in ("sans a", "sans c"):
        assert changes(table, name)[("99", "entier")] == (60, 600)
    assert all(map(math.isnan, changes(table, "sans deux")[("99", "entier")]))


def test_leaving_out_a_file_keeps_its_secrets(make: Make, tmp_path: Path, toy: Territory) -> None:
    """The open twin of a protected place stays protected without the file that said so."""
    refuge = ("Refuge des Tilleuls", 10, THEME)
    files = {
        "offre/a.csv": write(tmp_path / "a.csv", toy.crs, ("Alpha", 2, THEME), refuge),
        "offre/c.csv": write(
            tmp_path / "c.csv", toy.crs, (*refuge, "adresse confidentielle"), more=",remarque"
        ),
    }
    base = make(Variant(name="sans c", without_sources=("offre/c.csv",)), files=files)
    assert base.reading.services.records["confidential"].sum() == 2
    table, _, _ = run_variants(base)
    assert set(changes(table, "sans c").values()) == {(0.0, 0.0)}


def test_speed_detour_and_floor(make: Make) -> None:
    table, words, _ = run_variants(
        make(
            Variant(name="lent", speed_kmh=30),
            Variant(name="détour", detour=3),
            Variant(name="nu", floor=False),
        )
    )
    # twice the minutes: 6, 9, 12 and 6
    assert changes(table, "lent")[("99", "entier")] == (60, 600)
    assert changes(table, "détour") == changes(table, "lent")
    nu = table[(table["variante"] == "nu") & (table["code"] == "99")].iloc[0]
    assert nu["duree_min"] == pytest.approx((0 * 100 + 4.5 * 300 + 6 * 600) / 1000)
    assert words["nu"] == "sans plancher dans la commune"


def test_a_speed_of_its_own_replaces_what_roads_measured(make: Make) -> None:
    base = make(Variant(name="lent", speed_kmh=30), Variant(name="nu", floor=False))
    origins = base.territory.origins.index
    table = pd.DataFrame(
        {
            "pairs": 10, "own": True, "detour": 1.0, "speed_kmh": 120.0, "residual_p10": 0.9,
            "residual_p50": 1.0, "residual_p90": 1.1,
        },
        index=["ensemble"],
    )  # fmt: skip
    engine = CrowFly(
        territory=base.territory,
        parameters=toys.PARAMETERS,
        calibration=Calibration(table=table, limit_km=50),
        classes=pd.Series("ensemble", index=origins, dtype="str"),
    )
    base = replace(base, travel=replace(base.travel, engine=engine))
    told, _, _ = run_variants(base)
    assert changes(told, "lent")[("99", "entier")] == (60, 600)
    nu = told[(told["variante"] == "nu") & (told["code"] == "99")].iloc[0]
    assert nu["duree_min"] == pytest.approx((0 * 100 + 1.5 * 300 + 2 * 600) / 1000)


def test_roads_are_opened_for_who_asks(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def opened(project: Project, territory: Territory) -> Travel:
        asked.append(project.parameters.engine)
        slow = replace(toys.PARAMETERS, speed_kmh=30)
        engine = CrowFly(territory=territory, parameters=slow)
        return Travel(engine=engine, without_car=engine)

    monkeypatch.setattr(varying, "open_engines", opened)
    table, words, _ = run_variants(make(Variant(name="routes", engine="route")))
    assert asked == ["route"]
    assert words["routes"] == "temps par la route"
    assert changes(table, "routes")[("99", "entier")] == (60, 600)


def test_the_files_of_variants_have_a_provenance(tmp_path: Path) -> None:
    file = tmp_path / "sites.csv"
    file.write_text("x", encoding="utf-8")
    (one,) = variant_sources([Variant(name="v", added=file, added_name="sites.csv")])
    assert (one.path, one.format, len(one.sha256)) == ("sites.csv", "ajouts", 64)
    assert one.label == "Lieux supposés de la variante «\u00a0v\u00a0»"


def test_an_empty_list_of_additions(make: Make, tmp_path: Path) -> None:
    file = tmp_path / "sites.csv"
    file.write_text("nom,themes,code_insee\n", encoding="utf-8")
    with pytest.raises(SourceError, match="aucune ligne"):
        run_variants(make(Variant(name="v", added=file, added_name="sites.csv")))


def test_only_the_themes_asked_for(make: Make) -> None:
    table, words, _ = run_variants(
        make(Variant(name="v", threshold=5, themes=("jeunes_autonomie",)))
    )
    assert table.empty
    assert list(words) == ["v"]


def test_the_same_variants_give_the_same_table(make: Make) -> None:
    variants = (Variant(name="a", threshold=5), Variant(name="b", without_neighbours=True))
    first, second = (run_variants(make(*variants))[0] for _ in range(2))
    pd.testing.assert_frame_equal(first, second)
