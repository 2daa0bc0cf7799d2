"""Which year and which file are believed."""

import pandas as pd

from need_values import brought, communes, extract, said


def what(findings) -> list[str]:
    return [finding.what for finding in findings]


def test_a_newer_year_of_a_few_zones_does_not_blank_the_others(toy) -> None:
    whole = extract(*communes("mediane", 1, 2, 3, 4), file="2021.csv")
    few = extract(("mediane", "commune", "99001", 9), file="2022.csv", vintage="2022")
    needs, findings = brought(toy, whole, few)
    assert said(needs, "mediane", "commune", "99001") == (1, "publie")
    assert said(needs, "mediane", "commune", "99003") == (3, "publie")
    told = [f for f in findings if f.file == "2022.csv"]
    assert told[0].what == "année plus récente, mais donnée pour 1\u00a0zone au lieu de 4"


def test_files_of_one_year_complete_each_other(toy) -> None:
    one = extract(*communes("personnes", 100, 300), file="ouest.csv")
    rows = communes("personnes", 0, 0, 600, 1000)[2:]
    needs, findings = brought(toy, one, extract(*rows, file="est.csv"))
    assert said(needs, "personnes", "departement", "99") == (1000, "publie")
    assert said(needs, "personnes", "epci", "100000002") == (1600, "publie")
    assert not any("contredisent" in one for one in what(findings))


def test_files_that_contradict_each_other_are_told(toy) -> None:
    first = extract(("mediane", "epci", "100000001", 19), file="a.csv")
    second = extract(("mediane", "epci", "100000001", 17), file="b.csv")
    needs, findings = brought(toy, first, second)
    assert said(needs, "mediane", "epci", "100000001") == (19, "publie")
    (told,) = [f for f in findings if "contredisent" in f.what]
    assert told.what.endswith("a.csv, b.csv")
    assert told.value == "1\u00a0zone, dont 100000001"


def test_a_merged_commune_is_not_counted_with_its_old_parts_from_another_file(toy) -> None:
    """99009 became part of 99002, which the first file already knows."""
    first = extract(*communes("personnes", 100, 300, 600, 1000), file="neuf.csv")
    second = extract(("personnes", "commune", "99009", 50), file="vieux.csv")
    needs, _ = brought(toy, first, second)
    assert said(needs, "personnes", "commune", "99002") == (300, "publie")


def test_an_older_file_left_aside_is_told(toy) -> None:
    old = extract(*communes("mediane", 9, 9, 9, 9), file="vieux.csv", vintage="2018")
    needs, findings = brought(toy, old, extract(*communes("mediane", 1, 2, 3, 4)))
    assert said(needs, "mediane", "commune", "99001") == (1, "publie")
    assert [f.what for f in findings if f.file == "vieux.csv"] == [
        "année plus ancienne que 2021, que donne un autre fichier"
    ]


def test_the_country_keeps_its_own_year(toy) -> None:
    """A table of the territory alone is its newest, never that of the EPCI it is ranked among."""
    rows = (("mediane", "epci", "100000001", 9), ("mediane", "epci", "100000002", 8))
    needs, _ = brought(toy, extract(*rows, vintage="2023"))
    assert pd.unique(needs.reference["vintage"]).tolist() == ["2023"]


def test_a_part_beyond_its_whole_is_no_rate(toy) -> None:
    needs, _ = brought(
        toy,
        extract(*communes("personnes", 30, 300, 600, 1000), *communes("seules", 40, 90, 60, 500)),
    )
    assert said(needs, "part_seules", "commune", "99001") == (None, "non_disponible")
    assert said(needs, "part_seules", "commune", "99002") == (30, "publie")
