"""Words of the need: its own name, one value aloud, the département's, and the need of the far."""

from __future__ import annotations

import dataclasses

import pandas as pd
import pytest

from cartoallier.access import CrowFly, measure
from cartoallier.diagnosis import Context, summarise
from cartoallier.diagnosis.need_words import need_sources, need_title, years_note
from cartoallier.model import (
    NEEDS_COLUMNS,
    Indicator,
    Mode,
    Needs,
    SourceRecord,
    Status,
    Territory,
    Theme,
    ThemeSummary,
)
from toys import PARAMETERS, THEME, services

INSEE = "INSEE, recensement"
OLD = Indicator(
    id="old", label="Part des 65 ans et plus", unit="%", kind="taux", breaks=(20, 30), direction="+"
)
POOR = Indicator(
    id="poor", label="Taux de pauvreté", unit="%", kind="taux", breaks=(12, 16), direction="+"
)
INCOME = Indicator(
    id="income", label="Niveau de vie", unit="€", kind="niveau", breaks=(20_000,), direction="-"
)
COUNT = Indicator(id="count", label="Personnes", unit="personnes", kind="effectif")
CATALOGUE = {one.id: one for one in (OLD, POOR, INCOME, COUNT)}
WITH_STAND_IN = dataclasses.replace(THEME, indicators=("poor", "count"), stand_ins=("old",))
COMMUNES, EPCI = ("99001", "99002", "99003"), ("100000001", "100000002")
NAMES = {
    "99001": "Aval", "99002": "Bourg", "99003": "Côte", "100000001": "CC Ouest",
    "100000002": "CC Est", "99": "Jouet",
}  # fmt: skip


def frame(
    indicator: str,
    level: str,
    cells: dict[str, float],
    *,
    status: Status = Status.PUBLISHED,
    years: tuple[str, ...] = (),
) -> pd.DataFrame:
    rows = [
        (indicator, level, code, NAMES.get(code, code), "entier", value, "%", status, year, INSEE)
        for (code, value), year in zip(cells.items(), years or ("2021",) * len(cells), strict=True)
    ]
    return pd.DataFrame(rows, columns=list(NEEDS_COLUMNS)).astype(NEEDS_COLUMNS)


OLD_COMMUNES = frame("old", "commune", dict(zip(COMMUNES, (15.0, 25, 35), strict=True)))


def told(
    toy: Territory,
    *values: pd.DataFrame,
    theme: Theme = WITH_STAND_IN,
    at: float = 2,
    threshold: float = 10,
    reference: pd.DataFrame | None = None,
) -> ThemeSummary:
    supply = services(toy, {"at": at, "file": "offre/a.csv"})
    engine = CrowFly(territory=toy, parameters=PARAMETERS)
    weights = pd.DataFrame(index=toy.origins.index)
    nothing = frame("old", "commune", {})
    context = Context(
        engine=engine,
        services=supply,
        needs=Needs(
            pd.concat([nothing, *values], ignore_index=True),
            weights,
            {},
            nothing if reference is None else reference,
        ),
        indicators=CATALOGUE,
        parameters=PARAMETERS,
        sources=(
            SourceRecord(
                path="b.csv", label=f"{INSEE}, 2021", format="insee", sha256="0", vintage="2021",
                licence="Licence Ouverte 2.0",
            ),
            SourceRecord(
                path="geo", label="IGN\u202f; DGCL", format="geographie", sha256="0",
                vintage="2026", licence="Licence Ouverte 2.0",
            ),
        ),
        decisions={},
    )  # fmt: skip
    coverage = measure(theme, services=supply, engine=engine, weights=weights, threshold=threshold)
    return summarise(theme, coverage, context)


def plain(text: str) -> str:
    return text.replace("\u202f", " ").replace("\u00a0", " ")


def test_a_stand_in_says_so_and_what_was_awaited(toy: Territory) -> None:
    summary = told(toy, OLD_COMMUNES)
    assert summary.need_title == (
        "Part des 65 ans et plus, 2021, par commune (repère, faute d’indicateur propre au thème)"
    )
    assert plain(summary.need_notes[0]) == (
        "Indicateurs propres au thème, non reçus : Taux de pauvreté."
    )
    assert not any("besoin non dessiné" in line for line in summary.details)


def test_a_theme_without_stand_in_draws_nothing_and_says_it(toy: Territory) -> None:
    summary = told(toy, OLD_COMMUNES, theme=dataclasses.replace(WITH_STAND_IN, stand_ins=()))
    assert summary.need_indicator is None
    assert plain(summary.details[-1]) == (
        "besoin non dessiné : aucun des indicateurs propres à ce thème n’a été reçu"
    )
    assert plain(summary.need_notes[0]).endswith("non reçus : Taux de pauvreté.")
    assert (summary.need_reading, summary.need_references) == ("", ())


def test_received_but_not_drawable_is_not_called_missing(toy: Territory) -> None:
    one = frame("poor", "commune", {COMMUNES[0]: 14.0})
    summary = told(toy, one, theme=dataclasses.replace(WITH_STAND_IN, stand_ins=()))
    assert plain(summary.details[-1]).endswith("ne peut être dessiné")
    assert plain(summary.need_notes[0]).startswith("Reçus, mais")


def test_the_indicator_of_the_theme_comes_before_its_stand_in(toy: Territory) -> None:
    own = frame("poor", "commune", dict(zip(COMMUNES, (10.0, 14, 18), strict=True)))
    summary = told(toy, OLD_COMMUNES, own)
    assert summary.need_title == "Taux de pauvreté, 2021, par commune"
    assert not any("non reçus" in note for note in summary.need_notes)


def test_one_value_is_read_aloud_with_those_of_the_departement(toy: Territory) -> None:
    summary = told(
        toy,
        OLD_COMMUNES,
        frame("old", "departement", {"99": 29.98}),
        reference=frame("old", "france", {"F": 21.3}, years=("2020",)),
    )
    assert plain(summary.need_reading) == (
        "Côte (600 habitants), en 2021, « Part des 65 ans et plus » : 35 %."
    )
    # a class begins at 30: never rounded to it
    assert [plain(line) for line in summary.need_references] == [
        "Jouet (2021) : 29,98 %",
        "France (2020) : 21,3 %",
    ]
    assert plain(told(toy, OLD_COMMUNES).need_references[0]) == "Jouet : valeur non reçue"


def test_far_communes_in_the_highest_class_are_counted(toy: Territory) -> None:
    """Minutes are 3, 6 and 12 from the place at km 2; Côte has the highest share."""
    assert [plain(one) for one in told(toy, OLD_COMMUNES).sentences][1:] == [
        "La seule commune à plus de 10 minutes est dans la classe la plus élevée de « Part des 65 "
        "ans et plus » (30 % et plus), contre aucune des 2 autres."
    ]
    assert told(toy, OLD_COMMUNES, at=6.5).sentences == ()
    falling = frame("old", "commune", dict(zip(COMMUNES, (15.0, 25, 26), strict=True)))
    assert [plain(one) for one in told(toy, falling, threshold=5).sentences][1:] == [
        "Parmi les 2 communes à plus de 5 minutes, 2 sont dans la classe la plus élevée qui soit "
        "présente de « Part des 65 ans et plus » (de 20 à moins de 30 %)."
    ]


def test_where_less_is_more_need_the_lowest_class_is_told(toy: Territory) -> None:
    values = frame(
        "income", "commune", dict(zip(COMMUNES, (21_000.0, 22_000, 19_000), strict=True))
    )
    theme = dataclasses.replace(THEME, indicators=("income",))
    assert "dans la classe la plus basse" in told(toy, values, theme=theme).sentences[1]


def test_by_epci_the_one_with_most_people_beyond(toy: Territory) -> None:
    values = frame("poor", "epci", dict(zip(EPCI, (11.0, 17.4), strict=True)))
    departement = frame("poor", "departement", {"99": 15.8})
    summary = told(toy, values, departement)
    assert plain(summary.sentences[1]) == (
        "CC Est (partie dans le département), où 100,0 % de la population est à plus de 10 "
        "minutes, a pour « Taux de pauvreté » 17,4 % (EPCI entier ; Jouet (2021) : 15,8 %)."
    )
    guessed = frame(
        "poor", "epci", dict(zip(EPCI, (11.0, 17.4), strict=True)), status=Status.ESTIMATED
    )
    assert "17,4 % (estimation ; EPCI entier ; Jouet" in plain(
        told(toy, guessed, departement).sentences[1]
    )


@pytest.mark.parametrize("mode", [Mode.CAPACITY, Mode.PRESENCE])
def test_pages_without_distance_read_their_need_too(toy: Territory, mode: Mode) -> None:
    summary = told(toy, OLD_COMMUNES, theme=dataclasses.replace(WITH_STAND_IN, mode=mode))
    assert summary.need_reading
    assert summary.need_references
    assert summary.sentences == ()


def test_sources_bear_year_and_licence(toy: Territory) -> None:
    summary = told(toy, OLD_COMMUNES)
    assert [plain(line) for line in summary.sources] == [
        "IGN ; DGCL (chacune de ces sources : 2026, Licence Ouverte 2.0)",
        "INSEE, recensement, 2021, Licence Ouverte 2.0",
    ]
    assert "Source : INSEE, recensement, 2021, Licence Ouverte 2.0." in map(
        plain, summary.need_notes
    )


def test_a_source_that_says_its_year_says_it_once() -> None:
    rows = frame("old", "commune", {"99001": 1.0}).assign(source="INSEE, RP 2021")
    assert need_sources(rows, []) == {"INSEE, RP 2021": "INSEE, RP 2021"}


def test_mixed_years_name_their_zones() -> None:
    rows = frame(
        "old",
        "commune",
        dict(zip(COMMUNES, (1.0, 2, 3), strict=True)),
        years=("2021", "2019", "2021"),
    )
    assert [plain(line) for line in years_note(rows, level="commune")] == [
        "Années mêlées, 2021 : 2 communes (Aval et Côte) ; 2019 : 1 commune (Bourg)."
    ]
    assert years_note(rows[rows["vintage"] == "2021"], level="commune") == ()


def test_one_estimated_value_is_said() -> None:
    def title(estimated: tuple[int, int]) -> str:
        return need_title(OLD, level="commune", vintages=["2021"], cut="", estimated=estimated)

    assert "(estimation en partie)" in title((1, 3))
    assert "(estimation)" in title((1, 1))
    assert "estimation" not in title((0, 0))
