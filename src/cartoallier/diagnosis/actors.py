"""Who answers for the supply, theme by theme and EPCI by EPCI, and how old what is known is."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components

from cartoallier.access import (
    CLOSED,
    OTHER_KIND,
    Anchors,
    Engine,
    Ground,
    Subsets,
    desks,
    places_by_zone,
    split_sites,
)
from cartoallier.catalogue import Body
from cartoallier.model import Coverage, Level, Services, Theme

ZONE_HEADINGS = ("maille", "code", "nom", "perimetre")
RESPONSABLE_COLUMNS = (
    "theme", *ZONE_HEADINGS, "responsable", "lieux", "part_hors_seuil_seul",
    "part_hors_seuil_tous", "part_hors_seuil_sans", "population_hors_seuil_seul",
    "population_hors_seuil_tous", "population_hors_seuil_sans",
)  # fmt: skip
FRESHNESS_COLUMNS = (
    "theme", *ZONE_HEADINGS, "lieux", "lieux_recents", "part_hors_seuil",
    "part_hors_seuil_recents", "fiches", "fiches_anciennes", "fiches_sans_date",
)  # fmt: skip
ACTOR_COLUMNS = (
    "theme", *ZONE_HEADINGS, "responsable", "lieux", "services", "lieux_partages",
    "types_presents", "types_absents",
)  # fmt: skip
EVERYBODY = "tous"
LEVELS = (Level.DEPARTEMENT, Level.EPCI)
RECENT, STALE = "recent", "ancien"
_SEPARATOR = " | "


@dataclass(frozen=True, eq=False, kw_only=True)
class ActorTables:
    """What :func:`tell_actors` returns; each frame has its columns even when empty.

    Attributes:
        freshness: :data:`FRESHNESS_COLUMNS`.
        responsables: :data:`RESPONSABLE_COLUMNS`.
        actors: :data:`ACTOR_COLUMNS`.
    """

    freshness: pd.DataFrame
    responsables: pd.DataFrame
    actors: pd.DataFrame


def tell_actors(
    themes: Sequence[Theme],
    coverages: Mapping[str, Coverage],
    *,
    services: Services,
    engine: Engine,
) -> ActorTables:
    """Cut the coverage of every theme by who answers and by age of the records.

    Zones are the département and its EPCI (both perimeters of one that straddles the border); a
    sensitive theme is told at the département only, and so is a service whose address is
    protected: crossing theme, body and kind would locate it.

    ``part_hors_seuil_seul``: if this body's sites were the only ones. ``…_sans``: without them,
    everybody being beyond when no other is known. ``…_tous`` is the figure of
    ``couverture.csv``. These are counted for themes of proximity that have a threshold. A record
    without a date counts as recent, and is counted apart.

    Args:
        themes: those of the run.
        coverages: theme key -> coverage.
        services: those that were measured, ``responsable`` and ``stale`` filled.
        engine: that of the measure.
    """
    territory = engine.territory
    everywhere = Ground.of(engine, LEVELS)
    whole = Ground.of(engine, LEVELS[:1])
    anchors = Anchors.of(services, territory)
    bodies = services.records["responsable"].fillna(Body.UNKNOWN.value)
    shared = shared_addresses(services.records, bodies)
    tables: dict[str, list[pd.DataFrame]] = {"freshness": [], "responsables": [], "actors": []}
    for theme in themes:
        coverage = coverages[theme.key]
        ground = whole if theme.sensitive else everywhere
        body = bodies.reindex(coverage.sites.index)
        age = _ages(coverage, services)
        one = _OneTheme(
            theme=theme,
            sites=coverage.sites.assign(
                body=body,
                age=age,
                # pandas would give an empty frame the rows of a longer series
                shared=shared.reindex(coverage.sites.index),
            ),
            records=services.records.loc[coverage.sites.index],
            ground=ground,
            subsets=split_sites(coverage, body + "/" + age, anchors=anchors, ground=ground),
        )
        pairs = _membership(one)
        tables["freshness"].append(_freshness(one, pairs))
        tables["responsables"].append(_responsables(one))
        tables["actors"].append(_actors(one, pairs))
    return ActorTables(
        freshness=_stacked(tables["freshness"], FRESHNESS_COLUMNS),
        responsables=_stacked(tables["responsables"], RESPONSABLE_COLUMNS),
        actors=_stacked(tables["actors"], ACTOR_COLUMNS),
    )


def shared_addresses(records: pd.DataFrame, bodies: pd.Series) -> pd.Series:
    """Return which services stand at an address where another body has a desk.

    Two records share an address when they share a desk, a point (to a metre, towns' centres
    left out), or the same numbered street of the same commune. A body that is not determined
    is not another one.

    Args:
        records: services, columns ``SERVICE_COLUMNS``.
        bodies: who answers for each, on the same index.
    """
    open_ = (~records["confidential"] & ~records["closed"] & ~records["remote"]).to_numpy()
    exact = (open_ & (records["precision"] != "commune").to_numpy()).tolist()
    written = (
        records["address"].fillna("").str.casefold().str.replace(r"[\W_]+", " ", regex=True)
        + "/"
        + records["commune_code"].fillna("")
    )
    numbered = written.str.contains(r"\d.*[^\W\d].*/.+", regex=True)
    keys = [
        [f"d{desk}" if known else None for desk, known in zip(desks(records), exact, strict=True)],
        [f"a{text}" if known else None
         for text, known in zip(written, (open_ & numbered.to_numpy()).tolist(), strict=True)],
    ]  # fmt: skip
    group = _joined(keys, len(records))
    known = bodies.where(bodies != Body.UNKNOWN.value)
    count = known.groupby(group).transform("nunique")
    return pd.Series((count > 1).to_numpy() & open_, index=records.index)


def stale_sites(
    coverage: Coverage, *, services: Services, engine: Engine
) -> tuple[int, float] | None:
    """Return how many counted records are over two years old, and the share beyond without them.

    The share is the département's; ``None`` when no counted record is old or the theme has no
    such share.
    """
    label = _ages(coverage, services)
    old = int((coverage.sites["counted"] & (label == STALE)).sum())
    if not old:
        return None
    ground = Ground.of(engine, LEVELS[:1])
    supply = Services(services.records.loc[coverage.sites.index])
    subsets = split_sites(
        coverage,
        label,
        anchors=Anchors.of(supply, engine.territory),
        ground=ground,
    )
    if subsets is None:
        return None
    without = subsets.beyond(g for g in subsets.minutes if g != STALE)
    return old, float(without["part_hors_seuil"].iloc[0])


@dataclass(frozen=True, eq=False, kw_only=True)
class _OneTheme:
    """One theme, its zones and its records, ready to be cut.

    Attributes:
        theme: which.
        sites: of its coverage, with ``body``, ``age`` and ``shared``.
        records: the same services.
        ground: zones to answer for.
        subsets: its sites by « body/age », ``None`` when it has no share beyond a threshold.
    """

    theme: Theme
    sites: pd.DataFrame
    records: pd.DataFrame
    ground: Ground
    subsets: Subsets | None

    @property
    def headed(self) -> pd.DataFrame:
        """One row per zone, index ``zone``, with the theme and the headings of the zone."""
        zones = self.ground.zones[["level", "code", "name", "perimeter"]]
        headed = zones.set_axis(list(ZONE_HEADINGS), axis="columns")
        headed.insert(0, "theme", self.theme.key)
        return headed

    def places(self, labels: pd.Series) -> pd.DataFrame:
        """Count the desks of each zone and label."""
        return places_by_zone(
            self.sites, labels, territory=self.ground.territory, zones=self.ground.zones
        )


def _membership(one: _OneTheme) -> pd.DataFrame:
    """Return the pairs (``zone``, ``id``) of records and the zones they are in.

    A protected record is in the département only, when its generalised place is.
    """
    territory, zones = one.ground.territory, one.ground.zones
    members = territory.members[territory.members["zone"].isin(zones.index)]
    located = one.sites[["commune_code"]].rename_axis("id").reset_index()
    pairs = members.merge(located.dropna(), on="commune_code")[["zone", "id"]]
    levels = territory.zones["level"].isin([*LEVELS, Level.ARRONDISSEMENT])
    here = territory.zones[levels & (territory.zones["perimeter"] == "entier")]
    known = set(here["level"] + ":" + here["code"])
    generalised = one.records["generalised"].isin(known)
    secret = one.records.index[generalised].difference(pd.Index(pairs["id"]))
    whole = zones.index[zones["level"] == Level.DEPARTEMENT]
    more = pd.DataFrame({"zone": [whole[0]] * len(secret), "id": secret})
    return pd.concat([pairs, more], ignore_index=True)


def _ages(coverage: Coverage, services: Services) -> pd.Series:
    stale = services.records["stale"].reindex(coverage.sites.index)
    return pd.Series(np.where(stale, STALE, RECENT), index=stale.index, dtype="str")


def _freshness(one: _OneTheme, pairs: pd.DataFrame) -> pd.DataFrame:
    table = one.headed
    table["lieux"] = one.places(pd.Series("", index=one.sites.index)).get("", 0)
    table["lieux_recents"] = one.places(one.sites["age"]).get(RECENT, 0)
    if one.subsets is not None:
        groups = list(one.subsets.minutes)
        recent = [group for group in groups if group.endswith(f"/{RECENT}")]
        table["part_hors_seuil"] = one.subsets.beyond(groups)["part_hors_seuil"]
        table["part_hors_seuil_recents"] = one.subsets.beyond(recent)["part_hors_seuil"]
    for column, flag in (
        ("fiches", pd.Series(True, index=one.records.index)),
        ("fiches_anciennes", one.records["stale"]),
        ("fiches_sans_date", one.records["updated_on"].isna()),
    ):
        counts = pairs.loc[pairs["id"].map(flag).astype("bool"), "zone"].value_counts()
        table[column] = counts.reindex(table.index, fill_value=0)
    return table


def _responsables(one: _OneTheme) -> pd.DataFrame:
    if one.subsets is None:
        return pd.DataFrame()
    places = one.places(one.sites["body"])
    groups = {group: group.rpartition("/")[0] for group in one.subsets.minutes}
    together = one.subsets.beyond(groups).add_suffix("_tous")
    rows = []
    for name in _ordered(set(groups.values())):
        alone = one.subsets.beyond(g for g, body in groups.items() if body == name)
        without = one.subsets.beyond(g for g, body in groups.items() if body != name)
        table = one.headed.assign(responsable=name, lieux=places.get(name, 0))
        rows.append(table.join([alone.add_suffix("_seul"), together, without.add_suffix("_sans")]))
    return pd.concat(rows, ignore_index=True)


def _actors(one: _OneTheme, pairs: pd.DataFrame) -> pd.DataFrame:
    sites = one.sites
    known = pd.DataFrame(
        {
            "responsable": sites["body"],
            "service": sites.index,
            "lieu": sites["desk"].where(sites["counted"]),
            "partage": sites["desk"].where(sites["counted"] & sites["shared"].astype("bool")),
            "kind": sites["kind"].where(
                (sites["kind"] != OTHER_KIND) & (sites["reason"] != CLOSED)
            ),
        },
        index=sites.index,
    )
    there = pairs.join(known, on="id")
    both = pd.concat([there.assign(responsable=EVERYBODY), there])
    totals = both.groupby(["zone", "responsable"])[["lieu", "service", "partage"]].nunique()
    counted = {
        (str(zone), str(name)): figures
        for (zone, name), figures in zip(totals.index, totals.to_numpy().tolist(), strict=True)
    }
    met = both.dropna(subset="kind").groupby(["zone", "responsable"])["kind"].agg(set).to_dict()
    expected = [kind.label for kind in one.theme.expected]
    headed = one.headed
    rows = []
    for zone, head in zip(headed.index, headed.itertuples(index=False), strict=True):
        bodies = _ordered({name for where, name in counted if where == zone})
        received = met.get((zone, EVERYBODY), set())
        absent = _SEPARATOR.join(kind for kind in expected if kind not in received)
        for name in [EVERYBODY, *bodies]:
            mine = met.get((zone, name), set())
            present = _SEPARATOR.join(kind for kind in expected if kind in mine)
            rows.append((*head, name, *counted.get((zone, name), (0, 0, 0)), present, absent))
    return pd.DataFrame(rows, columns=list(ACTOR_COLUMNS))


def _ordered(bodies: Collection[str]) -> list[str]:
    """Return the bodies there are, in the order tables print them."""
    return [body.value for body in Body if body.value in bodies]


def _joined(keys: Iterable[Sequence[str | None]], size: int) -> np.ndarray:
    """Number the groups of rows that share a key of any list, directly or through others."""
    rows, columns = [], []
    numbers: dict[str, int] = {}
    for column in keys:
        for row, key in enumerate(column):
            if key is not None:
                rows.append(row)
                columns.append(size + numbers.setdefault(key, len(numbers)))
    total = size + len(numbers)
    links = csr_matrix((np.ones(len(rows)), (rows, columns)), shape=(total, total))
    return np.asarray(connected_components(links, directed=False)[1][:size])


def _stacked(tables: Sequence[pd.DataFrame], columns: tuple[str, ...]) -> pd.DataFrame:
    filled = [table for table in tables if len(table)]
    if not filled:
        return pd.DataFrame(columns=list(columns))
    return pd.concat(filled, ignore_index=True).reindex(columns=list(columns))
