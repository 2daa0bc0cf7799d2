"""Precision and recall: on invented supply, and on the real overlap of two directories."""

from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest

from cartoallier.supply import read_france_services
from cartoallier.supply.itinerant import mark_rounds
from cartoallier.supply.mednum import read_mednum
from cartoallier.supply.merging import Merged, merge
from cartoallier.territory import shipped

LABELS = {
    "premier lecteur": Path(__file__).with_name("labels_france_services_hinaura.csv"),
    "second lecteur": Path(__file__).with_name("labels_second_reader.csv"),
}
PAIRS = {"premier lecteur": 200, "second lecteur": 837}
REGION = ("01", "03", "07", "15", "26", "38", "42", "43", "63", "69", "73", "74")


def test_invented_supply_is_put_together(generator, bench, capsys) -> None:
    supply = generator.generate(services=5000, structures=2000, seed=3)
    precision, recall = generator.agreement(supply, bench.places(supply, merge(supply.records)))
    with capsys.disabled():
        print(f"\noffre inventée : précision {precision:.3f}, rappel {recall:.3f}")
    assert precision >= 0.95
    assert recall >= 0.90


def test_the_same_seed_invents_the_same_supply(generator) -> None:
    one, other = (generator.generate(services=100, structures=40, seed=1) for _ in range(2))
    pd.testing.assert_frame_equal(one.records, other.records)


@pytest.fixture(scope="module")
def overlap(shared_data: Path) -> Merged:
    """France Services (2024) and Hinaura (2022) of Auvergne-Rhône-Alpes, merged."""
    listed, _ = read_france_services(
        shared_data / "france-services-2025" / "liste-fs-20240801.csv", file="fs.csv"
    )
    listed = listed[listed["postal_code"].fillna("").str[:2].isin(REGION)]
    hinaura, _ = read_mednum(
        shared_data / "hinaura-2022" / "hinaura_aura_lieux_mediation_2022.csv", file="hinaura.csv"
    )
    communes = shipped.communes(REGION)
    communes = communes[communes.geometry.notna()]
    frames = [mark_rounds(_located(frame, communes), file="x")[0] for frame in (listed, hinaura)]
    return merge(pd.concat(frames))


def _located(frame: pd.DataFrame, communes: gpd.GeoDataFrame) -> pd.DataFrame:
    points = gpd.points_from_xy(frame["longitude"], frame["latitude"], crs=communes.crs)
    rows, hits = communes.sindex.query(points, predicate="intersects")
    codes = pd.Series(communes.index.to_numpy()[hits], index=frame.index[rows])
    codes = codes[~codes.index.duplicated()].reindex(frame.index).astype("str")
    return frame.assign(commune_code=codes)


@pytest.mark.parametrize("reader", LABELS)
def test_the_real_overlap_is_put_together(overlap: Merged, reader: str, capsys) -> None:
    labels = pd.read_csv(LABELS[reader], dtype="str")
    assert len(labels) == PAIRS[reader]
    labels = labels[labels["label"] != "?"]
    place = _places(overlap)
    found = pd.Series(
        [place[a] == place[b] for a, b in zip(labels["id_fs"], labels["id_hinaura"], strict=True)],
        index=labels.index,
    )
    real = labels["label"] == "1"
    right = (found & real).sum()
    precision, recall = right / found.sum(), right / real.sum()
    with capsys.disabled():
        print(f"\nFrance Services × Hinaura, {reader} : {precision=:.3f}, {recall=:.3f}")
    assert precision >= 0.95
    assert recall >= 0.90


def test_the_desks_of_ebreuil_stay_apart(overlap: Merged) -> None:
    place = _places(overlap)
    assert len({place[f"france-services--{i}"] for i in (17, 2566, 3068)}) == 3


def _places(merged: Merged) -> dict[str, str]:
    """The place of every record, of those merged into another too."""
    place: dict[str, str] = merged.records["place"].to_dict()
    rows = merged.duplicates[merged.duplicates["decision"] == "fusionne"]
    away = rows[~rows["id_autre"].isin(merged.records.index)]
    for other, kept in zip(away["id_autre"], away["id_garde"], strict=True):
        place[other] = place[kept]
    return place
