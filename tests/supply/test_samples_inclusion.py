"""Every real sample of data·inclusion, DORA and Soliguide: recognised, counted, explained."""

from functools import cache

import pytest

from cartoallier.errors import SourceError
from cartoallier.supply import SupplyInput, read_supply, recognise

try:
    from cartoallier.territory import load_territory
except ImportError:
    pytest.skip("load_territory n'est pas encore là", allow_module_level=True)

FAR = "hors du voisinage"
JOINED = "structures jointes au fichier de services"
OFFLINE = "fiche hors ligne ou brouillon"
CLOSED = "lieu fermé définitivement"
APART = "information temporaire, lue avec les fiches"
DI, DORA, SOLIGUIDE = "data-inclusion", "dora", "soliguide"

territory = cache(load_territory)

# folder, file, format, rows read, dropped by the reader, then kept in Allier, Réunion and Paris.
# What is neither kept nor dropped by the reader is elsewhere in France.
SAMPLES = [
    ("data_inclusion", "api_v1_service_detail_with_structure.json", DI, 1, {}, (0, 0, 1)),
    ("data_inclusion", "api_v1_test_list_services_all.json", DI, 1, {}, (0, 0, 0)),
    ("data_inclusion", "api_v1_test_list_structures_all.json", DI, 1, {JOINED: 1}, (0, 0, 0)),
    ("data_inclusion", "dedup_pair_v0_ids.json", DI, 2, {}, (2, 0, 0)),
    *(
        ("data_inclusion", f"reproduced_opendata_v1_services.{suffix}", DI, 6, {}, (2, 0, 1))
        for suffix in ("csv", "geojson", "json", "parquet", "xlsx")
    ),
    *(
        # The second structure is named by no service: it stays.
        (
            "data_inclusion",
            f"reproduced_opendata_v1_structures.{suffix}",
            DI,
            2,
            {JOINED: 1},
            (1, 0, 0),
        )
        for suffix in ("csv", "geojson", "json", "parquet", "xlsx")
    ),
    ("data_inclusion", "v0_api_doc_example.json", DI, 1, {}, (0, 0, 0)),
    ("data_inclusion", "v0_metabase_export_services_974.json", DI, 18, {}, (0, 18, 0)),
    ("data_inclusion", "v0_metabase_export_structures_974.json", DI, 15, {JOINED: 2}, (0, 13, 0)),
    ("data_inclusion", "v1_services_carif_oref.json", DI, 5, {}, (1, 0, 1)),
    ("dora", "api_v2_service.json", DORA, 1, {}, (0, 0, 0)),
    ("dora", "api_v2_structure.json", DORA, 1, {JOINED: 1}, (0, 0, 0)),
    ("dora", "v0_metabase_export_dora_services_974.json", DI, 10, {}, (0, 10, 0)),
    ("soliguide", "lieu_5447_api_2022.json", SOLIGUIDE, 4, {}, (0, 0, 0)),
    (
        # 21 places: 17 of one service, one of four, three of none.
        "soliguide",
        "lieux_testdb_mongo.json",
        SOLIGUIDE,
        24,
        {OFFLINE: 5, CLOSED: 1},
        (0, 0, 17),
    ),
    ("soliguide", "reproduced_admin_export_fr.csv", SOLIGUIDE, 6, {}, (6, 0, 0)),
    ("soliguide", "reproduced_admin_export_fr.xlsx", SOLIGUIDE, 6, {}, (6, 0, 0)),
    ("soliguide", "tempInfos_testdb_mongo.json", SOLIGUIDE, 13, {APART: 13}, (0, 0, 0)),
]
REFUSED = {
    "api_v1_openapi.json": "n'est pas une liste|non reconnu",  # the description of the API
    "structures-dora-03-tous-2026-02-14.header.csv": "aucune ligne",  # a header alone
}


@pytest.mark.parametrize("sample", SAMPLES, ids=[row[1] for row in SAMPLES])
def test_every_row_is_kept_or_explained(shared_data, sample):
    folder, name, kind, read, dropped, kept = sample
    path = shared_data / "format-samples" / folder / name
    assert recognise(path, file=name) == kind
    source = SupplyInput(path=path, file=name)
    for departement, here in zip(("03", "974", "75"), kept, strict=True):
        frame, findings, record = read_supply(source, territory=territory(departement))
        away = read - sum(dropped.values()) - here
        assert (record.format, record.rows_read, len(frame)) == (kind, read, here)
        assert record.dropped == dropped | ({FAR: away} if away else {})
        assert frame["name"].notna().all()
        assert all(one.what and one.action for one in findings)
        written = frame.to_csv() + repr(findings)
        assert "@" not in written
        assert "Camarade" not in written


def test_no_sample_is_forgotten(shared_data) -> None:
    root = shared_data / "format-samples"
    folders = ("data_inclusion", "dora", "soliguide")
    present = {path.name for folder in folders for path in (root / folder).iterdir()}
    assert present == {row[1] for row in SAMPLES} | set(REFUSED)


@pytest.mark.parametrize("name", REFUSED)
def test_what_holds_no_place_is_refused_with_a_reason(shared_data, name) -> None:
    path = next((shared_data / "format-samples").rglob(name))
    with pytest.raises(SourceError, match=REFUSED[name]):
        read_supply(SupplyInput(path=path, file=name), territory=territory("03"))


def test_what_samples_say_is_understood(shared_data) -> None:
    root = shared_data / "format-samples"
    path = root / "data_inclusion" / "v0_metabase_export_services_974.json"
    frame, findings, _ = read_supply(SupplyInput(path=path, file="m"), territory=territory("974"))
    assert frame["latitude"].max() < -20
    assert frame["structure"].notna().sum() == 2
    orphans = [one for one in findings if one.what == "structure absente du fichier de structures"]
    assert len(orphans) == 16
    path = root / "soliguide" / "lieux_testdb_mongo.json"
    frame, _, _ = read_supply(SupplyInput(path=path, file="s"), territory=territory("75"))
    rounds = frame[frame["itinerant"]]
    assert [len(stops) for stops in rounds["stops"]] == [2]
    # Emergency shelters, places on orientation, one for professionals only.
    assert frame["confidential"].sum() == 14
    path = root / "soliguide" / "reproduced_admin_export_fr.csv"
    frame, _, _ = read_supply(SupplyInput(path=path, file="e"), territory=territory("03"))
    assert frame["confidential"].sum() == 1
    assert "90002" not in frame.to_csv()
    assert "3.4267" not in frame.to_csv()


def test_every_format_of_the_open_data_says_the_same(shared_data) -> None:
    folder = shared_data / "format-samples" / "data_inclusion"
    frames = []
    for suffix in ("csv", "geojson", "json", "parquet", "xlsx"):
        name = f"reproduced_opendata_v1_services.{suffix}"
        source = SupplyInput(path=folder / name, file="services")
        frame, _, _ = read_supply(source, territory=territory("03"))
        frames.append(frame.drop(columns="line"))
    assert all(frame.equals(frames[0]) for frame in frames)
    # The remote workshop without a place of its own; its structure's networks are known.
    assert frames[0]["quality"].tolist() == [0.9, 1.0]
    assert frames[0]["networks"].tolist()[1] == ("mission-locale",)
    assert frames[0]["siret"].tolist()[1] == "13003013300016"
