"""Paths that deserve a look, on the toy territory."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

import toys
from cartoallier.access import CrowFly, measure
from cartoallier.diagnosis.flags import Flag, doubtful, flag_paths
from cartoallier.model import FLAG_COLUMNS, Coverage, Services, Territory


@dataclasses.dataclass(frozen=True, eq=False, kw_only=True)
class Lame(CrowFly):
    """Straight lines that do not know 99001."""

    @property
    def unmeasured(self) -> pd.Series:
        causes = super().unmeasured
        causes["99001"] = "à 3,0 km de la route la plus proche"
        return causes


def coverage(
    territory: Territory, *rows: dict[str, object], engine: type[CrowFly] = CrowFly
) -> tuple[Coverage, Services, CrowFly]:
    supply = toys.services(territory, *rows)
    way = engine(territory=territory, parameters=toys.PARAMETERS)
    weights = pd.DataFrame(index=territory.origins.index)
    return (
        measure(toys.THEME, services=supply, engine=way, weights=weights, threshold=10),
        supply,
        way,
    )


def by_road(one: Coverage, km: list[float]) -> Coverage:
    return dataclasses.replace(one, origins=one.origins.assign(distance_km=km))


def flagged(one: Coverage, supply: Services, way: CrowFly, **options: object) -> pd.DataFrame:
    theme = dataclasses.replace(toys.THEME, sensitive=bool(options.pop("sensitive", False)))
    return flag_paths([theme], {theme.key: one}, engine=way, services=supply, **options)


def test_detours(toy: Territory) -> None:
    """Straight lines of 0, 4, 8 and 12 km; roads of 9 (a short way), 8 (2.0), 17 and 40 km."""
    one, supply, way = coverage(toy, {"at": 2})
    road = by_road(one, [9, 8, 17, 40])
    table = flagged(road, supply, way)
    assert tuple(table.columns) == FLAG_COLUMNS
    assert dict(zip(table["origine"], table["signalement"], strict=True)) == {
        "98001": Flag.BROKEN,
        "99003": Flag.DETOUR,
    }
    broken = table[table["origine"] == "98001"].iloc[0]
    assert broken["valeur"] == pytest.approx(40 / 12)
    assert broken["unite"] == "fois la ligne droite"
    assert broken["explication"].startswith("40,0 km de route pour 12,0 km en ligne droite")
    doubt = doubtful(road, engine=way, services=supply)
    assert doubt.tolist() == [False, False, False, True]  # a long detour is mostly true
    assert flagged(road, supply, way, sensitive=True).empty


def test_straight_lines_have_no_detour(toy: Territory) -> None:
    one, supply, way = coverage(toy, {"at": 2})
    table = flagged(one, supply, way)
    assert table.empty
    assert tuple(table.columns) == FLAG_COLUMNS


def test_far_from_a_road_and_not_measured_are_told_once(toy: Territory) -> None:
    one, supply, way = coverage(toy, {"at": 6}, engine=Lame)
    snap = pd.Series([3.0, 0.5, 0.6, np.nan], index=toy.origins.index)
    table = flagged(one, supply, way, snap_km=snap)
    assert (table["theme"] == "").all()
    assert table["origine"].tolist() == ["99001", "99003"]
    assert table["signalement"].tolist() == [Flag.UNMEASURED, Flag.FAR_ROAD]
    assert table["valeur"].tolist()[1] == 0.6
    assert "à 3,0 km de la route" in table["explication"].iloc[0]
    doubt = doubtful(one, engine=way, services=supply, snap_km=snap)
    assert doubt.tolist() == [False, False, True, False]


def test_beyond_the_border(toy: Territory) -> None:
    """A site at 13 km serves 99003 in 4.5 minutes, instead of 12 from the one at 2 km."""
    one, supply, way = coverage(toy, {"at": 2}, {"at": 13})
    table = flagged(one, supply, way)
    assert table["origine"].tolist() == ["99003"]  # 98001 is itself beyond
    assert table["signalement"].tolist() == [Flag.BORDER]
    assert table["explication"].iloc[0].startswith("5 min, au lieu de 12 avec")
    assert not doubtful(one, engine=way, services=supply).any()


def test_a_site_known_by_its_commune_and_one_that_refuses(toy: Territory) -> None:
    one, supply, way = coverage(
        toy,
        {"at": 2, "precision": "commune", "zone": ("commune:99001",)},
        {"at": 6, "zone": ("commune:99002",)},
    )
    table = flagged(one, supply, way)
    assert table.loc[table["signalement"] == Flag.CENTRED, "origine"].tolist() == ["99001"]
    assert table.loc[table["signalement"] == Flag.NOWHERE, "origine"].tolist() == ["99003", "98001"]
    assert doubtful(one, engine=way, services=supply).tolist() == [True, False, False, False]


def test_a_theme_without_minutes_has_no_path(toy: Territory) -> None:
    one, supply, way = coverage(toy)
    assert flagged(one, supply, way).empty
    assert not doubtful(one, engine=way, services=supply).any()
