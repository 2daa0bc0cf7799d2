"""The words of a simulation: names contracted, singular and plural, what remains by reason."""

import pandas as pd
import pytest

from cartoallier.access.siting import Left, Model, Point, Siting
from cartoallier.diagnosis.siting_notes import siting_notes
from cartoallier.diagnosis.siting_words import Outcome, people, tell_siting
from cartoallier.model.simulation import (
    CHOSEN_COLUMNS,
    CURVE_COLUMNS,
    UNREACHABLE_COLUMNS,
    minutes_words,
)


def outcome(names=("Le Donjon",), gains=(600.0,), *, left=(), model=Model.MOST_COVERED, **more):
    """400 of 2 000 people served today."""
    limits = {"before": 1600.0, "unreachable": 0.0, "capacity": None, "budget": None, "number": 0.0}
    limits |= dict(left)
    counts = range(len(gains) + 1)
    served = [400 + sum(gains[:count]) for count in counts]
    siting = Siting(
        model=model, chosen=None, tours=None, served=tuple(gains), proven=more.pop("proven", True),
        gap=more.pop("gap", 0.0),
        curve=tuple(
            Point(sites=None, tours=None, served=0.0, toured=0.0, proven=True) for _ in counts
        ),
        left=Left(**limits),
    )  # fmt: skip
    chosen = pd.DataFrame(
        {"nom": list(names), "habitants_gagnes": list(gains), "habitants_desservis": served[1:]}
    ).reindex(columns=list(CHOSEN_COLUMNS))
    chosen["part_desservie"] = chosen["habitants_desservis"] / 2000
    curve = pd.DataFrame(
        {
            "sites": list(counts), "habitants_desservis": served,
            "part_desservie": [count / 2000 for count in served],
            "minutes_moyennes": [12.0 - count for count in counts],
        }
    ).reindex(columns=list(CURVE_COLUMNS))  # fmt: skip
    out = [limits[key] or 0.0 for key in ("unreachable", "capacity", "budget", "number")]
    given = {
        "gained": float(sum(gains)), "left": siting.left, "remaining": sum(out), "toured": 0.0,
        "public": "ensemble", "threshold": 20.0, "fallback": None, "requested": len(gains),
        "unreachable": pd.DataFrame(columns=list(UNREACHABLE_COLUMNS)), "tours": pd.DataFrame(),
        "candidates": "les 3 communes", "communes": True, "budget": None,
        "capacity": False, "unknown": 0.0, "uncounted": 0,
    }  # fmt: skip
    return Outcome(siting=siting, chosen=chosen, curve=curve, **(given | more))


def plain(texts):
    return [text.replace("\u00a0", " ").replace("\u202f", " ") for text in texts]


def test_one_site():
    assert plain(tell_siting(outcome(left={"number": 1000.0}))) == [
        "Un site de plus, au Donjon, mettrait à 20 minutes au plus d’un site 600 habitants qui ne "
        "le sont pas aujourd’hui : 50,0 % des habitants du département y seraient, contre 20,0 %.",
        "Resteraient 1 000 habitants à plus de 20 minutes, pour qui il faudrait d’autres sites.",
    ]


def test_several_sites_and_reasons():
    lost = pd.DataFrame({"nom": ["Isle"]}).reindex(columns=list(UNREACHABLE_COLUMNS))
    told = plain(
        tell_siting(
            outcome(
                ("Les Roches", "Vichy"),
                (600.0, 1.0),
                left={"unreachable": 300.0, "number": 699.0},
                unreachable=lost,
            )
        )
    )
    assert told[0].startswith("Deux sites de plus, aux Roches et à Vichy, mettraient")
    assert told[1] == "Le premier, aux Roches, en gagne 600 à lui seul ; le dernier, à Vichy, 1."
    assert told[2] == (
        "Resteraient 999 habitants à plus de 20 minutes : 300 qu’aucun lieu candidat ne met à "
        "portée (Isle) et 699 pour qui il faudrait d’autres sites."
    )


def test_a_budget_that_leaves_people_out_is_named():
    told = plain(tell_siting(outcome(left={"budget": 1000.0}, budget=3.0)))
    assert told[-1].endswith("1 000 habitants à plus de 20 minutes, que le budget ne permet pas de "
                             "desservir.")  # fmt: skip


def test_minutes():
    told = plain(tell_siting(outcome(model=Model.LEAST_MINUTES)))
    assert told[0] == (
        "Un site de plus, au Donjon, ramènerait le trajet moyen de 12,0 à 11,0 minutes ; 600 "
        "habitants de plus seraient à 20 minutes au plus d’un site."
    )


@pytest.mark.parametrize(
    ("count", "public", "words"),
    [
        (1, "ensemble", "1 habitant"),
        (2, "ensemble", "2 habitants"),
        (7, "menages_pauvres", "moins de 11 ménages pauvres"),
        (10, "menages_pauvres", "10 ménages pauvres"),
        (float("nan"), "0_2", "moins de 11 enfants de 0 à 2 ans"),
        (0, "0_2", "0 enfants de 0 à 2 ans"),
        (11, "0_2", "11 enfants de 0 à 2 ans"),
    ],
)
def test_people_are_counted_in_french(count, public, words):
    assert people(count, public).replace("\u00a0", " ") == words


def test_notes_say_how_and_that_it_is_no_decision():
    notes = plain(siting_notes(outcome()))
    assert notes[0].startswith("Une simulation n’est pas une décision")
    assert any(note.startswith("Meilleure réponse possible") for note in notes)
    approached = plain(siting_notes(outcome(proven=False, gap=0.031)))
    assert any("Réponse approchée, au plus 3,1 % sous la meilleure" in note for note in approached)
    unknown = plain(siting_notes(outcome(proven=False, gap=None, unknown=12.0, uncounted=3)))
    assert any(note.startswith("Réponse approchée : ") for note in unknown)
    assert any(note.startswith("12 habitants dont le trajet") for note in unknown)


def test_at_most_four_sentences_and_no_plain_space_before_double_marks():
    texts = [*tell_siting(outcome(fallback=30.0)), *siting_notes(outcome(fallback=30.0))]
    assert len(tell_siting(outcome(fallback=30.0))) <= 4
    assert not any(f" {mark}" in text for text in texts for mark in ":;!?»")


def test_fewer_sites_than_asked_is_explained():
    notes = plain(siting_notes(outcome(requested=3)))
    assert "3 sites demandés, 1 retenu : un de plus ne gagnerait rien." in notes


def test_a_share_that_is_not_everybody_is_never_a_hundred_per_cent():
    told = plain(tell_siting(outcome(gains=(1599.5,), left={"number": 19.0})))[0]
    assert "plus de 99,9 % des habitants du département y seraient, contre 20,0 %." in told
    alike = outcome(gains=(0.4,), left={"number": 1600.0})
    assert plain(tell_siting(alike))[0].endswith("20,0 % des habitants du département y seraient.")
    hidden = outcome(gains=(1600.0,), public="65_plus", left={"number": float("nan")})
    told = plain(tell_siting(hidden))
    assert "presque tous les habitants de 65 ans et plus du département y seraient" in told[0]
    assert told[1].startswith("Resteraient moins de 11 habitants de 65 ans et plus à plus de 20")


def test_with_capacities_nobody_is_promised_a_way():
    told = plain(tell_siting(outcome(capacity=True, left={"capacity": 1000.0})))
    assert told[0] == (
        "Un site de plus, au Donjon, pourrait recevoir 600 habitants qu’aucun site ne met "
        "aujourd’hui à 20 minutes au plus : 50,0 % des habitants du département seraient "
        "desservis, contre 20,0 %."
    )
    several = tell_siting(outcome(("A", "B"), (6.0, 3.0), capacity=True))
    assert "en recevrait 6 à lui seul" in plain(several)[1]


def test_words_agree():
    names = ("A", "B", "C", "D", "E", "F")
    gains = (60.0, 50.0, 40.0, 30.0, 20.0, 10.0)
    assert "à E et 1 autre commune," in plain(tell_siting(outcome(names, gains)))[0]
    listed = outcome(names, gains, communes=False)
    assert "et 1 autre lieu," in plain(tell_siting(listed))[0]
    more = outcome((*names, "G"), (*gains, 5.0))
    assert "et 2 autres communes," in plain(tell_siting(more))[0]
    assert minutes_words(1.0) == "1\u00a0minute"
    assert minutes_words(12.5) == "12,5\u00a0minutes"


def test_the_gap_of_a_p_median_is_of_the_time_saved():
    notes = plain(siting_notes(outcome(model=Model.LEAST_MINUTES, proven=False, gap=0.124)))
    said = "le temps gagné est au plus 12,4 % sous le meilleur possible"
    assert any(said in note for note in notes)
