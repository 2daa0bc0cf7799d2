"""Opening hours of every dialect, counted when every word is understood."""

import math
import time

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cartoallier.supply.french_hours import french_week, is_by_appointment
from cartoallier.supply.hours import UNREAD, count_unread, day_by_day, soliguide_week, week_hours


@pytest.mark.parametrize(
    ("written", "hours"),
    [
        ("Mo-Fr 08:30-12:30; PH off", 20),
        ('Mo-Fr 10:00-20:00 "sur rendez-vous"; PH off', 50),
        ("Tu 09:00-12:00;We 14:00-17:00", 6),
        ("Mo 08:30-17:00 open, Tu closed, We 09:00-12:00 open; PH closed", 11.5),
        ("Mo-Fr 09:00-12:00,14:00-17:00; Jul-Aug off", 30),
        ("Mo-Fr 09:00-12:00; We off", 12),
        ("Mo[1] 09:00-12:00", 0.75),
        ("week 1-53/2 Mo 09:00-12:00", 1.5),
        ("Fr 22:00-02:00", 4),
        ("Mo - Fr 09:00 - 12:00", 15),
        ("24/7", 168),
        ("Mo-Fr 09:00-12:00; Sa off; PH,SH off", 15),
    ],
)
def test_osm(written, hours) -> None:
    assert week_hours(written) == pytest.approx(hours)


@pytest.mark.parametrize(
    "written",
    [
        "",
        'closed "fermeture temporaire"',
        "Jul-Aug Mo 09:00-12:00",  # not in a winter week: no year-round figure
        "Mo-Fr sunrise-sunset",
        "Mo-Fr 09:00+",
        "SH Mo 09:00-12:00",
        "09:00-12:00",
        "Mo,We 09:00-12:00 unknown",
        "12",
        "01/02/2024",
        "x" * 5000,
    ],
)
def test_what_is_not_sure_is_unknown(written) -> None:
    assert math.isnan(week_hours(written))


@pytest.mark.parametrize(
    ("written", "hours"),
    [
        ("Lundi au vendredi : 9h-12h et 14h-17h", 30),
        ("Lundi au vendredi: 9h à 12h - 14h à 17h\nSamedi: 9h à 12h", 33),
        ("Mardi: 9h à 12h\nAttention, fermé les jours fériés", 3),
        ("Ouvert 24h/24", 168),
        ("24h/24 7j/7", 168),
        ("Lundi: ouvert 24/24h", 24),
        ("du lundi au vendredi sauf le mercredi de 8h30 à 12h", 14),
        ("du lundi au vendredi 9h-17h sauf vendredi 9h-16h", 39),
        ("9h-12h du lundi au jeudi, 9h-11h le vendredi", 14),
        ("9h-12h lundi, mardi et jeudi", 9),
        ("mardi 9h-12h, fermé le mercredi", 3),
        ("Mercredi : Fermé ; jeudi : 9h00 – 12h30", 3.5),
        ("1er mardi du mois 9h-12h", 0.75),
        ("1er et 3e mardis du mois : 14h-16h", 1),
        ("mardi 9h-12h (semaines paires)", 1.5),
        ("un mardi sur deux de 9h à 12h", 1.5),
        ("Tous les jours sauf dimanche de 9h à 19h", 60),
        ("lun.-ven. 9:00-12:00 / 13:30-17:00", 32.5),
        ("Du lundi au vendredi, 8 h 30 - 12 h et 13 h 30 - 17 h", 35),
        ("LUNDI MARDI 08h30/12h00 13h30/17h30", 15),
        ("Lundi et jeudi 9-12h, 13h30-17h", 13),
        ("entre 9h et 12h le lundi", 3),
        ("de 9h à midi le samedi", 3),
        ("Jeudi 9h à12h", 3),
        ("le mardi de 9 heures à 12 heures 30", 3.5),
        ("Lundi 22h-2h", 4),
        ("lundi 9h-12h sur rendez-vous", 3),
        ("en semaine de 9h à 17h et le week-end de 10h à 12h", 44),
        ("lundi 9h-12h, lundi 11h-13h", 4),  # each minute once
    ],
)
def test_french(written, hours) -> None:
    assert week_hours(written) == pytest.approx(hours)


@pytest.mark.parametrize(
    "written",
    [
        "sur rendez-vous",
        "Fermé",
        "9h-12h",
        "lundi matin",
        "pendant les vacances 9h-12h",
        "Permanence téléphonique lundi 9h-12h",
        "lundi 9h-12h 14h",
        "lundi 25h-26h",
        "1er mardi 9h-12h",
        "appelez le 04 70 00 00 00",
    ],
)
def test_a_sentence_not_wholly_understood_is_unknown(written) -> None:
    assert math.isnan(week_hours(written))


def test_appointments_only() -> None:
    assert is_by_appointment("Sur rendez-vous uniquement")
    assert is_by_appointment("ouvert sur RDV")
    assert not is_by_appointment("lundi sur rendez-vous")
    assert not is_by_appointment("lundi 9h-12h")


def test_days_in_columns() -> None:
    days = {
        "Lundi": "Fermé",
        "Mardi": "9h à 12h et 14h à 17h",
        "Jeudi": "09:00 - 12:00 / 13:00 - 14:00",
    }
    assert day_by_day(days)[1] == 10
    assert math.isnan(day_by_day({"Lundi": "Fermé"})[1])
    assert math.isnan(day_by_day({"Lundi": "matin"})[1])


def test_soliguide() -> None:
    week = {"monday": {"open": True, "timeslot": [{"start": 830, "end": 1200}]}}
    assert soliguide_week(week) == ("Lundi 08:30 - 12:00", 3.5)


def test_unread_hours_are_counted_once() -> None:
    frame = pd.DataFrame(
        {
            "line": [2, 2, 3, 4, 5],
            "hours": ["le matin", "le matin", "sur rendez-vous", None, "au marché"],
            "weekly_hours": [math.nan] * 5,
        }
    )
    findings = count_unread(frame, file="a.csv", said=[5])
    assert [(f.line, f.what, f.value) for f in findings] == [(2, UNREAD, "le matin")]


@given(st.text(alphabet='lundimarvèjosf 0123456789h:-,;/àétMoTuWe[]()\n"+', max_size=60))
def test_any_text_is_unknown_or_a_week(written) -> None:
    hours = week_hours(written)
    assert math.isnan(hours) or 0 < hours <= 168
    assert french_week(written) <= 168 or math.isnan(french_week(written))


def test_two_hundred_thousand_rows_take_seconds() -> None:
    texts = [f"Lundi au vendredi 8h{i % 60:02d}-12h et 14h-17h" for i in range(100_000)]
    texts += [f"Mo-Fr 08:{i % 60:02d}-12:00; Jul-Aug off" for i in range(100_000)]
    start = time.perf_counter()
    total = sum(map(week_hours, texts))
    assert time.perf_counter() - start < 5
    assert total > 0
