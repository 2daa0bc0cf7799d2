"""What settling could not settle, told: communes a file leaves out, EPCI that are not today's."""

from __future__ import annotations

import pandas as pd

from cartoallier.model import Country, Finding, Level, Territory
from cartoallier.needs.groups import MOST_TOLD, CommuneGroup

PERIMETER_TOLERANCE = 0.10
"""How far an EPCI may stand from the others, in people of the file per legal inhabitant."""


def untold(group: CommuneGroup, territory: Territory) -> list[Finding]:
    """Tell the communes of the territory that a file leaves without figures."""
    codes = pd.Index(territory.members["commune_code"].unique()).sort_values()
    lot = group.lots.lot.reindex(codes)
    shared = lot[lot.map(group.lots.size) > 1].index
    absent = lot.index[lot.isna()]
    if len(absent) * 2 > len(codes):
        found = [
            Finding(
                file=group.file,
                column="code",
                value=f"{len(codes) - len(absent)} communes sur {len(codes)}",
                what="le fichier ne donne qu'une partie des communes du territoire",
                action="valeur absente pour les autres, non disponible pour leurs zones",
            )
        ]
    else:
        found = _listed(
            group.file,
            absent,
            what="commune absente du fichier",
            action="valeur absente pour elle, non disponible pour les zones qui la contiennent",
        )
    return found + _listed(
        group.file,
        shared,
        what="commune issue d'une commune partagée depuis le fichier",
        action="valeur connue pour l'ensemble de ses parties seulement\u202f; non disponible "
        "pour elle",
    )


def _listed(file: str, codes: pd.Index[str], *, what: str, action: str) -> list[Finding]:
    told = [
        Finding(file=file, column="code", value=str(code), what=what, action=action)
        for code in codes[:MOST_TOLD]
    ]
    if len(codes) > MOST_TOLD:
        more = f"{len(codes) - MOST_TOLD} autres communes"
        told.append(Finding(file=file, column="code", value=more, what=what, action=action))
    return told


def unknown_epci(rows: pd.DataFrame, country: Country) -> list[Finding]:
    """Tell the EPCI that no longer exist, or do not yet."""
    epci = rows[rows["level"] == Level.EPCI.value]
    unknown = epci[~epci["code"].isin(country.epci.index)].drop_duplicates(["file", "code"])
    found = []
    for file, part in unknown.groupby("file", sort=False):
        codes = part["code"].tolist()
        found.append(
            Finding(
                file=str(file),
                column="code",
                value=f"{len(codes)}, dont {', '.join(codes[:5])}",
                what=f"EPCI inconnus du découpage {country.vintage}",
                action="valeurs écartées\u202f: aucune reprise par leurs successeurs n'est devinée",
            )
        )
    return found


def changed_epci(rows: pd.DataFrame, country: Country, *, wanted: frozenset[str]) -> list[Finding]:
    """Tell the EPCI of the territory whose people in the file do not fit their communes of today.

    People of the file per legal inhabitant, against the median of all EPCI: students, border
    workers or a changed perimeter move it.
    """
    people = rows[(rows["level"] == Level.EPCI.value) & (rows["indicator"] == "personnes_fiscales")]
    today = country.communes.groupby("epci_code")["population"].sum()
    ratio = people.set_index("code")["value"] / today.reindex(people["code"]).to_numpy()
    odd = ratio[(ratio / ratio.median() - 1).abs() > PERIMETER_TOLERANCE].dropna()
    odd = odd[odd.index.isin(wanted)]
    if odd.empty:
        return []
    return [
        Finding(
            file=str(people["file"].iloc[0]),
            column="code",
            value=f"{len(odd)}, dont {', '.join(odd.index[:5])}",
            what="EPCI dont le nombre d'habitants ne va pas avec ses communes d'aujourd'hui\u00a0: "
            "son périmètre a peut-être changé",
            action="valeurs gardées, à vérifier",
        )
    ]
