"""Variants beside the base: the differences that may be told, and their words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cartoallier.diagnosis.secrecy.coverage import SHARES
from cartoallier.diagnosis.secrecy.family import few
from cartoallier.model import VARIANT_COLUMNS, Coverage, Level, Public, Theme
from cartoallier.model.french import listed, number, percent, plural, quoted, typeset
from cartoallier.model.variant import Variant

LEVELS = (Level.DEPARTEMENT.value, Level.EPCI.value)
ENTIRE, PART = "entier", "partie"
_KEYS = ["public", "maille", "code", "nom", "perimetre"]
_SHOWN = ["duree_min", "part_hors_seuil", "population_hors_seuil"]
_PEOPLE = ["part_hors_seuil", "population_hors_seuil"]
_ENGINES = {"vol_oiseau": "distances à vol d’oiseau", "route": "temps par la route"}
Floats = NDArray[np.float64]


def no_variants() -> pd.DataFrame:
    """Return an empty frame of ``VARIANT_COLUMNS``."""
    return _typed(pd.DataFrame(columns=list(VARIANT_COLUMNS)))


def compare_variants(
    base: Mapping[str, Coverage],
    variants: Sequence[tuple[Variant, Mapping[str, Coverage]]],
    *,
    members: Mapping[tuple[str, str, str], NDArray[np.bool_]] = MappingProxyType({}),
) -> pd.DataFrame:
    """Put the coverages of variants beside those of the base.

    ``difference_points`` = 100 × (share beyond in the variant − in the base);
    ``difference_population`` likewise of people. Both are missing where one of the two figures
    is. For a public other than everybody, the variant's figure is left out too where it would
    read as 1 to 10 people: against the base (whatever its threshold or hypothesis) or an earlier
    variant, or once the differences of the zones inside are taken from that of a larger one.

    Without the sites of the neighbours, an EPCI that straddles the border has no figure as a
    whole: its people beyond have their own sites there. A zone some of whose origins only one of
    the two engines can measure has no difference: it would count people who became known.

    Args:
        base: theme -> coverage, small counts hidden.
        variants: each with its coverages, small counts hidden, in the order they are shown.
        members: (level, code, perimeter) of each zone -> its origins.

    Returns:
        Columns ``VARIANT_COLUMNS``: départements and EPCI, by variant, theme, public, zone.
    """
    told: dict[str, list[Floats]] = {}
    parts = []
    for variant, coverages in variants:
        for key, coverage in coverages.items():
            rows = _beside(base[key], coverage, variant)
            rows = _differences(rows.assign(apart=_apart(rows, base[key], coverage, members)))
            seen = told.setdefault(key, _told_by(base[key]))
            parts.append(_protected(rows, seen).assign(variante=variant.name, theme=key))
    return _typed(pd.concat(parts, ignore_index=True)) if parts else no_variants()


def _typed(table: pd.DataFrame) -> pd.DataFrame:
    words = ("variante", "theme", *_KEYS)
    kinds = {c: "str" if c in words else "float64" for c in VARIANT_COLUMNS}
    return table[list(VARIANT_COLUMNS)].astype(kinds)


def _base_rows(base: Coverage) -> pd.DataFrame:
    return base.table[base.table["maille"].isin(LEVELS)].reset_index(drop=True)


def _beside(base: Coverage, other: Coverage, variant: Variant) -> pd.DataFrame:
    """Return one row per public and zone, the figures of the base then those of the variant."""
    before = _base_rows(base)
    kept = other.table[[*_KEYS, "seuil_min", *_SHOWN]]
    rows = before[[*_KEYS, "population", "seuil_min", *_SHOWN]].merge(
        kept, on=_KEYS, how="left", suffixes=("_base", ""), validate="one_to_one"
    )
    if variant.without_neighbours:
        straddling = rows.loc[rows["perimetre"] == PART, "code"].unique()
        crossed = rows["code"].isin(straddling) & (rows["perimetre"] == ENTIRE)
        crossed &= rows["maille"] == Level.EPCI
        rows[_SHOWN] = rows[_SHOWN].mask(crossed)
    return _differences(rows)


def _apart(
    rows: pd.DataFrame,
    base: Coverage,
    other: Coverage,
    members: Mapping[tuple[str, str, str], NDArray[np.bool_]],
) -> list[bool]:
    """Return which zones hold origins that only one of two coverages measured."""
    changed = base.origins["unmeasured"].isna() != other.origins["unmeasured"].isna()
    if not changed.any():
        return [False] * len(rows)
    keys = zip(rows["maille"], rows["code"], rows["perimetre"], strict=True)
    return [bool((members[key] & changed.to_numpy()).any()) for key in keys]


def _differences(rows: pd.DataFrame) -> pd.DataFrame:
    points = 100 * (rows["part_hors_seuil"] - rows["part_hors_seuil_base"])
    people = rows["population_hors_seuil"] - rows["population_hors_seuil_base"]
    if "apart" in rows:
        points, people = points.mask(rows["apart"]), people.mask(rows["apart"])
    return rows.assign(difference_points=points, difference_population=people)


def _told_by(base: Coverage) -> list[Floats]:
    """Return the numbers of people that the base tells of each row, by threshold."""
    rows = _base_rows(base)
    population = rows["population"].to_numpy(dtype="float64")
    share = rows["part_hors_seuil"].to_numpy(dtype="float64")
    beyond = rows["population_hors_seuil"].to_numpy(dtype="float64")
    # shares are of the people that could be measured; of none beyond, any total is as good
    people = np.where(share > 0, beyond / np.where(share > 0, share, 1), population)
    return [
        np.zeros(len(rows)),
        population,
        *(rows[column].to_numpy(dtype="float64") * people for column in SHARES),
    ]


def _protected(rows: pd.DataFrame, told: list[Floats]) -> pd.DataFrame:
    """Leave out what reads as 1 to 10 people of a public; add what is left to ``told``."""
    of_public = (rows["public"] != Public.ALL).to_numpy()
    people = rows["population_hors_seuil"].to_numpy(dtype="float64")
    gone = rows["population_hors_seuil_base"].isna().to_numpy(copy=True)
    for known in told:
        gone |= few(np.abs(people - known))
    rows = _without(rows, gone & of_public)
    for outer, inner in _nested(rows):
        change = rows["difference_population"].to_numpy(dtype="float64")
        left = change[outer] - np.nansum(change[inner])
        if few(np.array([abs(left)]))[0]:
            hidden = np.zeros(len(rows), dtype=bool)
            hidden[outer] = of_public[outer]
            rows = _without(rows, hidden)
    told.append(rows["population_hors_seuil"].to_numpy(dtype="float64"))
    return rows


def _without(rows: pd.DataFrame, gone: NDArray[np.bool_]) -> pd.DataFrame:
    kept = rows.copy()
    kept[_PEOPLE] = kept[_PEOPLE].mask(pd.Series(gone, index=rows.index))
    return _differences(kept)


def _nested(rows: pd.DataFrame) -> list[tuple[int, list[int]]]:
    """Return (row, rows of the same public inside it), the largest zones last."""
    found: list[tuple[int, list[int]]] = []
    places = rows.assign(row=np.arange(len(rows)))
    for _, group in places.groupby("public", sort=False):
        epci = group[group["maille"] == Level.EPCI]
        parts = epci[epci["perimetre"] == PART].set_index("code")["row"]
        whole = epci[epci["perimetre"] == ENTIRE].set_index("code")["row"]
        for code in whole.index.intersection(parts.index, sort=False):
            found.append((int(whole[code]), [int(parts[code])]))
        inside = epci.drop_duplicates("code", keep="last")["row"]  # the part, where there is one
        for row in group.loc[group["maille"] == Level.DEPARTEMENT, "row"]:
            found.append((int(row), inside.astype("int64").tolist()))
    return found


def variant_words(
    variant: Variant, themes: Mapping[str, Theme], *, closed: int = 0, added: int = 0
) -> str:
    """Say in one line what a variant changes.

    Args:
        variant: what it asks for.
        themes: of the catalogue.
        closed: services it closes, once ids are found.
        added: sites it adds that enter distance.
    """
    parts = [] if variant.threshold is None else [f"seuil {_short(variant.threshold)} min"]
    parts += [
        f"seuil {_short(minutes)} min pour {quoted(themes[key].short_title)}"
        for key, minutes in variant.thresholds.items()
    ]
    parts += [*_travel_words(variant), *_supply_words(variant, closed, added)]
    return typeset(" ; ".join(parts))


def _travel_words(variant: Variant) -> list[str]:
    parts = [_ENGINES[variant.engine]] if variant.engine else []
    if variant.detour is not None:
        parts.append(f"détour {_short(variant.detour)}")
    if variant.speed_kmh is not None:
        parts.append(f"vitesse {_short(variant.speed_kmh)} km/h")
    if variant.floor is not None:
        parts.append(f"{'avec' if variant.floor else 'sans'} plancher dans la commune")
    return parts


def _supply_words(variant: Variant, closed: int, added: int) -> list[str]:
    parts = []
    if variant.without_sources:
        parts.append(f"sans {listed(map(quoted, variant.without_sources))}")
    if variant.without_neighbours:
        parts.append("sans les lieux des départements voisins")
    if variant.closed or variant.closed_name:
        of = f" de {quoted(variant.closed_name)}" if variant.closed_name else ""
        shut = f"{plural(closed, 'service')} fermé{'s' if closed > 1 else ''}"
        parts.append(f"{shut if closed else 'aucun service fermé'}{of}")
    if variant.added_name:
        more = f"{plural(added, 'lieu', 'lieux')} supposé{'s' if added > 1 else ''} de plus"
        parts.append(f"{more if added else 'aucun lieu de plus'}, {quoted(variant.added_name)}")
    return parts


def _short(value: float) -> str:
    return f"{value:g}".replace(".", ",")


def tell_variants(
    table: pd.DataFrame, *, names: Sequence[str], themes: Mapping[str, Theme]
) -> dict[str, tuple[str, ...]]:
    """Say of each variant, in at most three sentences, what changes most and where.

    Args:
        table: columns ``VARIANT_COLUMNS``.
        names: of the variants, in order.
        themes: of the run.
    """
    everybody = table[table["public"] == Public.ALL]
    return {name: _tell(everybody[everybody["variante"] == name], themes) for name in names}


def _tell(rows: pd.DataFrame, themes: Mapping[str, Theme]) -> tuple[str, ...]:
    whole = rows[rows["maille"] == Level.DEPARTEMENT]
    before, after = whole["population_hors_seuil_base"], whole["population_hors_seuil"]
    known = whole[before.notna() & after.notna()]
    told = _most(rows, known, themes)[:2] if len(known) else []
    told += [
        f"{words} : {_titles(only['theme'], themes)}."
        for words, only in (
            ("Sans chiffre dans la variante, faute de lieu compté dans le département",
             whole[before.notna() & after.isna()]),
            ("Sans chiffre dans la base, avec un dans la variante",
             whole[before.isna() & after.notna()]),
        )
        if len(only)
    ]  # fmt: skip
    if len(told) < 3 and len(known) > 1 and (count := int(_changed(rows, known).sum())):
        changing = "changent" if count > 1 else "change"
        told.append(f"{plural(count, 'thème')} sur {number(len(known))} {changing}.")
    if not told:
        told = ["Aucun thème comparé n’a de chiffre : rien à comparer."]
    return tuple(typeset(sentence) for sentence in told[:3])


def _titles(keys: pd.Series[Any], themes: Mapping[str, Theme]) -> str:
    titles = listed(quoted(themes[key].short_title) for key in keys.head(3))
    return titles + (f", et {plural(len(keys) - 3, 'autre')}" if len(keys) > 3 else "")


def _largest(rows: pd.DataFrame, known: pd.DataFrame) -> pd.Series[Any]:
    """Return the largest change of each theme known, of the département or of an EPCI."""
    epci = _epci(rows)
    both = pd.concat([known, epci[epci["theme"].isin(known["theme"])]])
    return both["difference_population"].abs().groupby(both["theme"], sort=False).max()


def _changed(rows: pd.DataFrame, known: pd.DataFrame) -> pd.Series[Any]:
    return _largest(rows, known) >= 0.5


def _epci(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of EPCI, the part in the département of one that straddles the border."""
    return rows[rows["maille"] == Level.EPCI].drop_duplicates(["theme", "code"], keep="last")


def _most(rows: pd.DataFrame, known: pd.DataFrame, themes: Mapping[str, Theme]) -> list[str]:
    """Say which theme and which EPCI change most, in people."""
    epci, sizes = _epci(rows), _largest(rows, known)
    changed = sizes[sizes >= 0.5]
    if changed.empty:
        return ["Aucun écart avec la base, dans aucun EPCI."]
    totals = known.set_index("theme")["difference_population"].abs().reindex(changed.index)
    # the département's own change first; where places make up for each other, the largest EPCI's
    order = totals if (totals >= 0.5).any() else changed
    key = str(order.idxmax())
    row = known[known["theme"] == key].iloc[0]
    title = themes[key].short_title
    told = [f"{title} : {_change(row)}."]
    here = epci[(epci["theme"] == key) & (epci["difference_population"].abs() >= 0.5)]
    if len(here):
        place = here.iloc[int(here["difference_population"].abs().to_numpy().argmax())]
        part = " (partie dans le département)" if place["perimetre"] == PART else ""
        told.append(
            f"EPCI le plus touché : {place['nom']}{part}, {_people(place)}, soit "
            f"{_points(place['difference_points'])}."
        )
    return told


def _change(row: pd.Series[Any]) -> str:
    """Write « 1 200 habitants de plus au-delà de 15 minutes (20 dans la base), … »."""
    minutes, before = row["seuil_min"], row["seuil_min_base"]
    instead = "" if minutes == before else f" ({_short(before)} dans la base)"
    bound = f"au-delà de {_short(minutes)} minutes{instead}"
    if abs(row["difference_population"]) < 0.5:
        return f"autant d’habitants {bound} dans l’ensemble du département, répartis autrement"
    return (
        f"{_people(row)} {bound}, "
        f"de {percent(row['part_hors_seuil_base'])} à {percent(row['part_hors_seuil'])} "
        "de la population"
    )


def _people(row: pd.Series[Any]) -> str:
    people = row["difference_population"]
    return f"{plural(abs(people), 'habitant')} de {'plus' if people > 0 else 'moins'}"


def _points(value: float) -> str:
    return f"{signed(value, decimals=1)} point{'s' if abs(value) >= 2 else ''}"


def signed(value: float, *, decimals: int = 0) -> str:
    """Write a difference with its sign: « +3,2 », « −12 », « 0 »."""
    text = number(value, decimals=decimals)
    return f"+{text}" if value > 0 and text.strip("0,") else text
