"""The words of a page, on the toy territory: each figure checked against its hand-made value."""

import dataclasses

import pandas as pd
import pytest

from cartoallier.access import CrowFly, measure
from cartoallier.diagnosis import Context, summarise
from cartoallier.model import (
    NEEDS_COLUMNS,
    AccessParameters,
    ExpectedSupply,
    Mode,
    Needs,
    Public,
    Selectors,
    SourceRecord,
    Territory,
    Theme,
    ThemeSummary,
    Threshold,
)
from toys import PARAMETERS, THEME, services

NARROW, NO_BREAK = "\u202f", "\u00a0"
TEN = Threshold(
    id="T", label="10 min", minutes=10, transport="voiture", status="seuil de travail", source=""
)


def summary(
    territory: Territory,
    *rows: dict[str, object],
    theme: Theme = THEME,
    threshold: float | None = 10,
    decision: str = "",
    parameters: AccessParameters = PARAMETERS,
) -> ThemeSummary:
    supply = services(territory, *({"file": "offre/a.csv"} | row for row in rows))
    weights = pd.DataFrame({"65_plus": [10.0, 10, 20, 40]}, index=territory.origins.index[:4])
    coverage = measure(
        theme,
        services=supply,
        engine=CrowFly(territory=territory, parameters=parameters),
        weights=weights,
        threshold=threshold,
    )
    values = pd.DataFrame(columns=list(NEEDS_COLUMNS)).astype(NEEDS_COLUMNS)
    context = Context(
        engine=CrowFly(territory=territory, parameters=parameters),
        parameters=parameters,
        services=supply,
        needs=Needs(values, weights, {}),
        indicators={},
        sources=(
            SourceRecord(path="offre/a.csv", label="Liste A", format="tableau", sha256="0"),
            SourceRecord(path="offre/b.csv", label="Liste B", format="tableau", sha256="0"),
            SourceRecord(path="geo", label="Géographie", format="geographie", sha256="0"),
        ),
        decisions={theme.key: decision} if decision else {},
    )
    return summarise(theme, coverage, context)


def plain(text: str) -> str:
    return text.replace(NARROW, " ").replace(NO_BREAK, " ")


def test_the_headline_is_people_then_share_then_hypotheses(toy: Territory) -> None:
    told = summary(toy, {"at": 2}, theme=dataclasses.replace(THEME, thresholds=(TEN,)))
    assert plain(told.headline) == "600 habitants à plus de 10 minutes"
    assert [plain(line) for line in told.details] == [
        "60,0 % de la population",
        "hypothèse favorable, 90 km/h : 0,0 % ; défavorable, 30 km/h : 90,0 %",
        "à plus de 15 minutes : 0,0 % ; 20 minutes : 0,0 % ; 30 minutes : 0,0 %",
        "seuil retenu : 10 min (seuil de travail, non normatif)",
        "besoin non dessiné : aucun indicateur du catalogue ne le chiffre",
    ]
    assert told.share_beyond == pytest.approx(0.6)


def test_nobody_beyond_is_said_in_words(toy: Territory) -> None:
    assert plain(summary(toy, {"at": 2}, threshold=30).headline) == (
        "aucun habitant à plus de 30 minutes"
    )


def test_a_decision_of_the_committee_is_printed(toy: Territory) -> None:
    theme = dataclasses.replace(THEME, thresholds=(TEN,))
    told = summary(toy, {"at": 2}, theme=theme, decision="20 minutes, comité du 12 juin")
    assert "seuil décidé : 20 minutes, comité du 12 juin" in [plain(t) for t in told.details]
    assert told.norms == ("10 min (seuil de travail)",)


def test_sentences_use_names_and_figures_of_the_data(toy: Territory) -> None:
    told = summary(toy, {"at": 2}, {"at": 14})
    assert told.sentences == ()
    assert (
        "sans les sites des départements voisins, 600 habitants de plus seraient à plus de "
        "10 minutes"
    ) in [plain(line) for line in told.details]
    told = summary(toy, {"at": 2})
    assert plain(told.sentences[0]) == (
        "CC Est (partie dans le département) compte le plus d’habitants éloignés : 600, soit "
        "100,0 % de sa population."
    )


def test_reading_and_scope(toy: Territory) -> None:
    told = summary(toy, {"at": 2})
    assert plain(told.reading) == (
        "depuis la mairie de Côte (600 habitants), le lieu le plus proche est à 12 minutes en "
        "voiture (8,0 km à vol d’oiseau)."
    )
    assert plain(told.scope) == (
        "1 000 habitants des 3 communes du département 99 (Jouet), invention."
    )


def test_the_public_of_the_theme_is_the_one_told(toy: Territory) -> None:
    """20 of the 40 old people of the three communes live in Côte, beyond 10 minutes."""
    young = dataclasses.replace(THEME, publics=(Public.UNDER_20,))
    assert not any("personnes de" in s for s in summary(toy, {"at": 2}, theme=young).sentences)
    old = dataclasses.replace(THEME, publics=(Public.UNDER_20, Public.OVER_65))
    told = summary(toy, {"at": 2}, theme=old)
    assert plain(told.sentences[0]) == (
        "Parmi les personnes de 65 ans et plus, 50,0 % sont à plus de 10 minutes, soit 20."
    )
    told = summary(toy, {"at": 2}, theme=dataclasses.replace(old, focus=Public.OVER_65))
    assert plain(told.details[0]) == (
        "personnes de 65 ans et plus : 20 à plus de 10 minutes, soit 50,0 %"
    )
    assert not any("65 ans" in s for s in told.sentences), "said once"
    told = summary(toy, {"at": 2}, theme=dataclasses.replace(old, focus=Public.UNDER_20))
    assert plain(told.details[0]) == "60,0 % de la population"
    assert plain(told.details[1]) == (
        "nombre de personnes de moins de 20 ans non connu par commune : la part est celle de tous"
    )


def test_a_reading_is_never_rounded_to_the_threshold(toy: Territory) -> None:
    """Côte is 8.1 km from the place: 12.15 minutes."""
    told = summary(toy, {"at": 1.9}, threshold=12)
    assert "à 12,2 minutes" in plain(told.reading)
    assert plain(told.headline) == "600 habitants à plus de 12 minutes"
    told = summary(toy, {"at": 1.9}, threshold=11.5)
    assert "à 12 minutes" in plain(told.reading)
    assert plain(told.headline) == "600 habitants à plus de 11,5 minutes"


def test_a_commune_of_several_town_halls_is_a_mean(toy: Territory) -> None:
    origins = toy.origins.copy()
    origins["population"] = origins["population"].astype("float64")
    extra = origins.loc[["99003"]].rename(index={"99003": "99382"})
    city = dataclasses.replace(toy, origins=pd.concat([origins, extra]))
    told = summary(city, {"at": 2})
    assert plain(told.reading).startswith(
        "depuis les mairies des 2 arrondissements de Côte (1 200 habitants), le lieu le plus "
        "proche est en moyenne à 12 minutes"
    )
    assert "(de chaque arrondissement à Côte)" in told.method
    assert "arrondissement" not in summary(toy, {"at": 2}).method


@pytest.mark.parametrize(
    ("position", "start"),
    [("surface", "un point de la commune de Côte"), ("estimee", "la position estimée de Côte")],
)
def test_where_people_leave_from_is_said_as_it_is(
    toy: Territory, position: str, start: str
) -> None:
    moved = dataclasses.replace(toy, origins=toy.origins.assign(position=position))
    assert plain(summary(moved, {"at": 2}).reading).startswith(f"depuis {start} (600 habitants)")


def test_sources_are_those_that_answer(toy: Territory) -> None:
    assert summary(toy, {"at": 2}).sources == ("Liste A", "Géographie")


def test_no_supply_is_not_an_absence(toy: Territory) -> None:
    told = summary(toy)
    assert told.headline == "aucune offre fournie"
    assert "pas une absence" in told.details[0]
    assert told.access_classes == ()
    assert told.sentences == ()
    assert told.share_beyond is None


def test_only_neighbours_supply_is_not_an_absence(toy: Territory) -> None:
    told = summary(toy, {"at": 14})
    assert told.headline == "aucune offre fournie dans le département"
    assert "pas une absence" in told.details[0]
    assert told.access_classes == ()


def test_only_itinerant_supply(toy: Territory) -> None:
    told = summary(toy, {"at": 2, "itinerant": True})
    assert told.headline == "aucun lieu d’accueil permanent connu"
    assert told.left_out == (("itinérant", 1),)


def test_kinds_counted_and_not_received(toy: Territory) -> None:
    theme = dataclasses.replace(
        THEME,
        expected=(
            ExpectedSupply(label="MSD", letter="M", selectors=Selectors(name_pattern="MSD")),
            ExpectedSupply(label="CCAS", letter="C", selectors=Selectors(name_pattern="CCAS")),
        ),
    )
    told = summary(
        toy,
        {"at": 2, "name": "CCAS d'Aval"},
        {"at": 6, "name": "CCAS de Bourg"},
        {"at": 6, "name": "Café"},
        theme=theme,
    )
    assert told.counted == (("CCAS", 2), ("autres", 1))
    assert told.neighbours == 0
    assert told.missing == ("MSD",)


def test_places_beyond_the_border_are_counted_apart(toy: Territory) -> None:
    told = summary(toy, {"at": 2}, {"at": 14}, {"at": 14})
    assert told.counted == (("autres", 1),)
    assert told.neighbours == 1


def test_a_zone_theme(toy: Territory) -> None:
    theme = dataclasses.replace(THEME, mode=Mode.ZONE)
    told = summary(toy, {"at": 2, "zone": ("commune:99002",)}, {"at": 2}, theme=theme)
    assert plain(told.headline) == "700 habitants hors de toute zone d’intervention déclarée"
    assert told.share_beyond == pytest.approx(0.7)
    assert "1 service sur 2 déclare sa zone d’intervention" in [plain(t) for t in told.details]
    assert any("zone inconnue pour 1 service" in plain(t) for t in told.details)


@pytest.mark.parametrize("mode", [Mode.CAPACITY, Mode.PRESENCE, Mode.ORGANISATIONAL])
def test_other_modes_say_so(toy: Territory, mode: Mode) -> None:
    told = summary(toy, {"at": 2}, theme=dataclasses.replace(THEME, mode=mode))
    assert plain(told.headline) == "1 service recensé"
    assert "n’en dessine aucune" in plain(told.details[0]) or "aucune" in told.details[0]
    assert told.share_beyond is None


def test_classes_cover_every_commune(toy: Territory) -> None:
    told = summary(toy, {"at": 2})
    assert sum(c.communes for c in told.access_classes) == 3
    assert sum(c.inhabitants for c in told.access_classes) == 1000
    assert told.access_class.to_dict() == {"99001": 0, "99002": 0, "99003": 1}
    # the straddling EPCI is classed by its inside part: everybody beyond
    assert told.share_class.to_dict() == {"100000001": 0, "100000002": 4}
    assert told.circles == (50, 250, 500)
