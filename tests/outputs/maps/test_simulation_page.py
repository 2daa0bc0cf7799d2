"""The page of a simulation: the same figures as its tables, inert, readable in black and white."""

import re
from collections.abc import Callable
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pytest

from cartoallier.model import Territory
from cartoallier.outputs.maps.leverage import draw_curve
from cartoallier.outputs.maps.simulation import simulation_page
from cartoallier.outputs.maps.simulation_tables import commune_minutes
from toy_simulations import toy_simulation

Visitor = Callable[[Path], Any]


class Outline(HTMLParser):
    """Tags of a page, with their attributes, and its text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.said: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.said.append(data)


def words(text: str) -> str:
    said = " ".join(Outline(text).said)
    return re.sub(r"\s+", " ", re.sub("[\u00a0\u202f]", " ", said))


@pytest.fixture
def page(toy: Territory) -> str:
    return simulation_page(toy_simulation(toy))


@pytest.fixture
def opened(page: str, tmp_path: Path, visit: Visitor) -> Any:
    path = tmp_path / "simulation.html"
    path.write_text(page, encoding="utf-8")
    return visit(path)


def test_it_says_what_it_is_worth_and_who_gains(page: str) -> None:
    assert '<html lang="fr">' in page
    said = words(page)
    for told in (
        "Document de travail, ne vaut pas engagement",
        "Données de démonstration, fictives",
        "Avec 2 sites ajoutés, 900 habitants passeraient à 10 minutes au plus",
        "Part à plus de 10 minutes : 90,0 % aujourd’hui, 0,0 % avec ces sites.",
        "la meilleure réponse possible, démontrée",
        "Une simulation n’est pas une décision.",
        "Méthode Modèle : vol d’oiseau.",
        "Source Liste A, licence ouverte",
        "données au 1er août 2024",
        "Personnes qu’aucun lieu candidat ne mettrait à 10 minutes au plus",
    ):
        assert told in said, told


def test_without_demonstration_no_banner_of_it(toy: Territory) -> None:
    assert "fictives" not in simulation_page(toy_simulation(toy, demonstration=False))


def test_the_tables_say_the_same(page: str) -> None:
    rows = {
        re.sub(r'" ?$', "", key): words(body)
        for key, body in re.findall(r'<tr[^>]* data-zone="([^"]+)">(.*?)</tr>', page)
    }
    assert rows["site:1"] == "1 Côte CC Est 600 700 70,0 %"
    assert rows["epci:100000001:entier"] == "CC Ouest entier 400 300 0 75,0 % 0,0 %"
    assert rows["epci:100000002"].startswith("CC Est partie dans le département 600")
    assert rows["nombre:2"] == "2 900 1 000 100,0 % 5,0"
    assert rows["commune:99003"] == "Côte CC Est 600 24,0 –", "missing is never a zero"


def test_text_from_others_stays_text(page: str) -> None:
    assert "<b>Bourg" not in page
    assert "<script>alert" not in page
    assert "<i>social" not in page
    assert "{{ 7 * 7 }}" in words(page)
    assert "=Aval</script>" in words(page)


def test_it_is_one_small_file_that_names_no_other(page: str) -> None:
    assert len(page.encode()) < 1_500_000
    for tag, attributes in Outline(page).tags:
        assert not {"src", "style", "onclick", "onerror"} & set(attributes), tag
        assert not re.match(r"(https?:)?//", attributes.get("href") or "")
    assert "unsafe" not in page.split("</head>", maxsplit=1)[0]
    tags = [tag for tag, _ in Outline(page).tags]
    assert tags.count("h1") == tags.count("main") == tags.count("header") == 1


def test_same_simulation_same_bytes(toy: Territory) -> None:
    assert simulation_page(toy_simulation(toy)) == simulation_page(toy_simulation(toy))


def test_a_sensitive_theme_shows_no_site_of_today(toy: Territory) -> None:
    page = simulation_page(toy_simulation(toy, sensitive=True))
    assert '"existing":[]' in page
    assert "ni nommés ni placés" in page
    assert "lieu existant" not in page
    shown = simulation_page(toy_simulation(toy))
    assert re.search(r'"existing":\[\[-?\d+,-?\d+,true\],\[-?\d+,-?\d+,false\]\]', shown)
    assert "lieu existant, hors du département" in shown


def test_nothing_to_add_has_a_page_too(toy: Territory) -> None:
    whole = toy_simulation(toy)
    page = simulation_page(
        toy_simulation(
            toy,
            chosen=whole.chosen.head(0),
            curve=whole.curve.head(1),
            unreachable=whole.unreachable.head(0),
            existing=gpd.GeoSeries([], crs=toy.crs),
            minutes=whole.minutes.assign(before=float("nan"), after=float("nan")),
        )
    )
    said = words(page)
    assert "Aucun site à ajouter" in said
    assert "Demandé : 2 sites." in said
    assert "Durée d’accès au lieu" not in said
    assert "<figure" not in page


def test_counts_that_may_not_be_told_are_dashes(toy: Territory) -> None:
    whole = toy_simulation(toy)
    hidden = whole.curve.assign(habitants_gagnes=[0.0, float("nan"), float("nan")])
    chosen = whole.chosen.assign(habitants_gagnes=float("nan"))
    page = simulation_page(toy_simulation(toy, curve=hidden, chosen=chosen))
    assert "Avec 2 sites ajoutés" in words(page)
    assert "nan" not in words(page)
    assert "+ –" not in words(page)


def test_hidden_counts_of_a_public_are_less_than_eleven(toy: Territory) -> None:
    whole = toy_simulation(toy)
    hidden = whole.curve.assign(habitants_gagnes=[0.0, float("nan"), float("nan")])
    chosen = whole.chosen.assign(habitants_gagnes=float("nan"))
    public = {"public": "65_plus", "public_words": "habitants de 65 ans et plus"}
    page = simulation_page(toy_simulation(toy, curve=hidden, chosen=chosen, **public))
    said = words(page)
    assert "Avec 2 sites ajoutés, moins de 11 habitants de 65 ans et plus passeraient" in said
    assert "1 Côte CC Est moins de 11 700 70,0 %" in said
    title = "Accueil <i>social</i>, pour les habitants de 65 ans et plus"
    assert f"Où ajouter des sites ? {title}" in said


def test_with_capacities_people_could_be_received(toy: Territory) -> None:
    whole = toy_simulation(toy)
    rising = whole.chosen.assign(habitants_gagnes=[300.0, 600.0])
    said = words(simulation_page(toy_simulation(toy, capacity=True, chosen=rising)))
    assert "Avec 2 sites ajoutés, 900 habitants pourraient être reçus par ces sites" in said
    assert "du plus utile au moins utile" not in said
    assert "du plus utile au moins utile" in words(simulation_page(whole))
    one = toy_simulation(toy, chosen=whole.chosen.head(1), capacity=True)
    assert "pourraient être reçus par ce site" in words(simulation_page(one))
    assert "avec ce site." in words(simulation_page(one))
    assert "avec les sites ajoutés" not in words(simulation_page(one))


def test_shares_are_never_rounded_to_everybody(toy: Territory) -> None:
    zones = toy_simulation(toy).zones
    zones.loc[0, ["part_hors_seuil_avant", "part_hors_seuil_apres"]] = [0.9996, 0.0004]
    said = words(simulation_page(toy_simulation(toy, zones=zones)))
    assert "plus de 99,9 % aujourd’hui, moins de 0,1 % avec ces sites" in said


def test_the_longest_name_takes_no_width_from_the_map(
    toy: Territory, tmp_path: Path, visit: Visitor
) -> None:
    chosen = toy_simulation(toy).chosen.assign(nom="A" * 400)
    path = tmp_path / "simulation.html"
    path.write_text(simulation_page(toy_simulation(toy, chosen=chosen)), encoding="utf-8")
    opened = visit(path)
    assert opened.errors == []
    wide = opened.page.evaluate(
        "[document.querySelector('.carte').clientWidth / innerWidth,"
        " document.documentElement.scrollWidth <= innerWidth]"
    )
    assert wide[0] > 0.6
    assert wide[1]


def test_a_p_median_answers_in_minutes(toy: Territory) -> None:
    said = words(
        simulation_page(toy_simulation(toy, model="p-mediane", solved="approché", gap=0.02))
    )
    assert "Avec 2 sites ajoutés, un trajet moyen de 5,0 minutes, contre 18,5 aujourd’hui" in said
    assert "trajet moyen, en minutes" in said
    assert "le temps gagné est au plus 2,0 % sous le meilleur possible" in said
    assert "Sites ajoutés et trajet moyen après chacun" in said
    assert "1 Côte CC Est 7,1 min" in said


def test_tours_are_a_table(toy: Territory) -> None:
    tours = pd.DataFrame(
        {"tournee": ["Bus <1>"], "arrets": [3], "heures_semaine": [7.5], "cout": [float("nan")],
         "retenue": [True], "habitants_a_portee": [120.0]}
    )  # fmt: skip
    said = words(simulation_page(toy_simulation(toy, tours=tours)))
    assert "Tournées proposées" in said
    assert "Bus <1> oui 3 7,5 – 120" in said


def test_minutes_of_a_commune_are_weighted_by_people(toy: Territory) -> None:
    simulation = toy_simulation(toy)
    toy.origins.loc["99002", "commune_code"] = "99001"  # 100 people at 5 min, 300 at 12
    found = commune_minutes(simulation, "before")
    assert found["99001"] == pytest.approx((100 * 5 + 300 * 12) / 400)
    assert found["99003"] == 24
    assert "99003" not in commune_minutes(simulation, "after").dropna()


def test_the_curve_stands_on_zero_and_marks_the_answer(toy: Territory) -> None:
    table = toy_simulation(toy).curve
    curve = draw_curve(table, column="habitants_gagnes", title="t", chosen=2)
    assert curve is not None
    assert curve.rows[0].label == "0"
    assert curve.marks[0].y == curve.bottom
    assert [mark.chosen for mark in curve.marks] == [False, False, True]
    assert [mark.label for mark in curve.marks] == ["", "600", "900"]
    tops = [mark.y for mark in curve.marks]
    assert tops == sorted(tops, reverse=True)
    assert curve.top <= min(tops)
    assert curve.right == curve.marks[-1].x


def test_a_long_curve_keeps_its_figures_apart() -> None:
    table = pd.DataFrame({"sites": range(61), "habitants_gagnes": [n * 10.0 for n in range(61)]})
    curve = draw_curve(table, column="habitants_gagnes", title="t", chosen=30)
    assert curve is not None
    written = [mark for mark in curve.marks if mark.label]
    assert any(mark.chosen for mark in written)
    assert min(b.x - a.x for a, b in pairwise(written)) >= 44
    assert len(curve.columns) <= 13
    flat = table.assign(habitants_gagnes=0.0)
    assert draw_curve(flat, column="habitants_gagnes", title="t", chosen=30) is not None
    gone = table.assign(habitants_gagnes=float("nan"))
    assert draw_curve(gone, column="habitants_gagnes", title="t", chosen=30) is None


def test_it_opens_alone_and_draws_the_sites(opened: Any) -> None:
    opened.page.wait_for_timeout(100)
    assert opened.foreign == []
    assert opened.errors == []
    assert opened.page.locator(".propose").count() == 2
    assert opened.page.locator(".leaflet-lieux-pane .lieu").count() == 2
    assert opened.page.locator('.leaflet-teintes-pane path[fill="url(#hachure)"]').count() == 1
    opened.page.hover(".propose >> nth=0")
    card = opened.page.locator(".bulle")
    assert card.locator("b").inner_text() == "2. <b>Bourg</b>"
    assert opened.page.locator(".carte script").count() == 0


def test_switches_drive_the_map(opened: Any) -> None:
    page = opened.page
    page.uncheck("input[name=lieux]")
    assert page.locator(".propose").count() == 0
    page.uncheck("input[name=cercles]")
    assert page.locator(".leaflet-lieux-pane .lieu").count() == 0
    page.check("input[value=avant]")
    assert page.locator('[data-teinte="avant"]').is_visible()
    assert not page.locator('[data-teinte="apres"]').is_visible()
    assert page.locator('.leaflet-teintes-pane path[fill="url(#hachure)"]').count() == 0
