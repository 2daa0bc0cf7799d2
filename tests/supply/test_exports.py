"""France Services, and what every reader does with a broken document."""

import pytest

from cartoallier.errors import SourceError
from cartoallier.supply import (
    read_data_inclusion,
    read_dora,
    read_france_services,
    read_soliguide,
)
from cartoallier.supply.hours import osm_in_french


@pytest.mark.parametrize("reader", [read_dora, read_soliguide, read_data_inclusion])
@pytest.mark.parametrize("content", ['[{"nom": "A', "[1, 2", "{}", '"texte"', "nul", "[" * 5000])
def test_broken_documents_are_explained(write, reader, content: str) -> None:
    with pytest.raises(SourceError, match=r"casse\.json"):
        reader(write(content, "casse.json"), file="casse.json")


HEADER = "id_fs;lib_fs;insee_com;latitude;longitude;h_lundi;h_mardi;h_samedi;format_fs"


def test_france_services_formats_and_hours(write) -> None:
    forms = ["Fixe", "Fixe_antenne(s)", "Multisites", "Bus_équivalent", "Itinérante", "Fusée"]
    hours = ["09:00 - 12:00 / 13:30 - 17:00;09:00 - 12:00;", "sur demande;;", ";;"]
    lines = [f"{i};FS {i};3190;46,5;3,3;{hours[min(i, 2)]};{form}" for i, form in enumerate(forms)]
    path = write("\n".join([HEADER, *lines]))
    frame, findings = read_france_services(path, file="fs.csv")
    assert frame["itinerant"].tolist() == [False, False, False, True, True, False]
    assert frame["weekly_hours"].tolist()[0] == 9.5
    assert frame["weekly_hours"].isna().tolist() == [False, True, True, True, True, True]
    assert frame["hours"].iloc[1] == "Lundi sur demande"
    assert frame["networks"].iloc[0] == ("france-service",)
    told = [(f.line, f.column) for f in findings if f.line]
    assert told == [(7, "format_fs"), (3, "h_lundi…h_samedi")]


def test_france_services_without_its_columns(write) -> None:
    with pytest.raises(SourceError, match="lib_fs"):
        read_france_services(write("id_fs;nom\n1;A\n"), file="fs.csv")


def test_real_france_services(shared_data) -> None:
    path = shared_data / "france-services-2025" / "liste-fs-20240801.csv"
    frame, _ = read_france_services(path, file="liste-fs-20240801.csv")
    assert len(frame) == 2845
    allier = frame[frame["commune_code"].str.startswith("03")]
    assert len(allier) == 24
    assert int(allier["itinerant"].sum()) == 3
    assert frame["weekly_hours"].notna().mean() > 0.95


@pytest.mark.parametrize(
    ("written", "french"),
    [
        ("Mo-Fr 09:00-12:00; PH off", "lun.-ven. 09:00-12:00; fermé les jours fériés"),
        ("Tu 09:00-12:00;We 14:00-17:00", "mar. 09:00-12:00;mer. 14:00-17:00"),
        ("Mo 08:30-17:00 open, Tu closed", "lun. 08:30-17:00, mar. fermé"),
        ("Sur rendez-vous à la Maison", "Sur rendez-vous à la Maison"),
        ("", ""),
    ],
)
def test_osm_hours_are_written_in_french(written, french):
    assert osm_in_french(written) == french
