"""Need files of a project, from the folder they are dropped in to what is written."""

import csv
import json
import subprocess
import sys
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from cartoallier.catalogue import load_catalogue

POOR_SHEETS = (
    "TRAGERF_1", "TRAGERF_5", "TRAGERF_6", "OCCTYPR_1", "OCCTYPR_2", "OCCTYPD_2", "OCCTYPD_3",
    "OPRDEC_1", "OPRDEC_2", "OPRDEC_3", "OPRDEC_4", "TYPMENR_5",
)  # fmt: skip


def run(folder: Path, command: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "cartoallier", command, *arguments],
        cwd=folder,
        check=False,
        capture_output=True,
        text=True,
        encoding="utf-8",
    )


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def poor_book(path: Path, codes: list[str]) -> None:
    """An invented workbook of poor people: each sub-population ranks EPCI in its own order."""
    book = openpyxl.Workbook()
    for place, name in enumerate(("ENSEMBLE", *POOR_SHEETS)):
        sheet = book.create_sheet(name)
        sheet.append(["Revenus des personnes pauvres, données inventées pour les tests"])
        sheet.append(["Champ : invention"])
        sheet.append([])
        sheet.append(["Code géographique", "Libellé géographique", "Taux de pauvreté"])
        sheet.append(["CODGEO", "LIBGEO", "TP6019"])
        for number, code in enumerate(codes):
            rate = 6 + (number * (2 * place + 7)) % len(codes) * 30 / len(codes)
            sheet.append([code, "", round(rate, 1)])
    book.remove(book.worksheets[0])
    book.save(path)


@pytest.fixture(scope="module")
def done(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("projet")
    needs = folder / "besoin"
    needs.mkdir()
    epci = shared_data / "filosofi-disp-2016-2019" / "epci" / "FILO2019_DISP_EPCI.csv"
    for path in (
        epci,
        shared_data / "filosofi-2021-communes" / "cc_filosofi_2021_COM.csv",
        shared_data / "neet-2008-2018" / "neet_epci_2018.csv",
    ):
        (needs / path.name).write_bytes(path.read_bytes())
    codes = pd.read_csv(epci, sep=";", dtype="str")["CODGEO"].tolist()
    poor_book(needs / "FILO2019_DISP_Pauvres_EPCI.xlsx", codes)
    answer = run(folder, "diagnostic", "--departement", "03", "--theme", "premier_accueil_social")
    assert answer.returncode == 0, answer.stderr
    return folder


def test_poverty_is_published_secret_or_estimated_and_said(done: Path) -> None:
    needs = rows(done / "maps" / "tableaux" / "besoins.csv")
    rate = [row for row in needs if row["indicateur"] == "taux_pauvrete"]
    communes = pd.Series([r["statut"] for r in rate if r["maille"] == "commune"]).value_counts()
    assert communes.to_dict() == {"secret": 294, "publie": 23}
    median = [
        r for r in needs if (r["indicateur"], r["maille"]) == ("niveau_vie_median", "commune")
    ]
    assert sum(r["statut"] == "publie" for r in median) == 310
    assert all((r["valeur"] != "") == (r["statut"] in {"publie", "estime"}) for r in rate)
    assert {r["millesime"] for r in rate if r["maille"] == "commune"} == {"2021"}


def test_a_published_rate_is_never_replaced_by_an_estimate(done: Path) -> None:
    """The invented workbook publishes the rate of everybody: nothing is estimated for EPCI."""
    needs = rows(done / "maps" / "tableaux" / "besoins.csv")
    epci = [r for r in needs if (r["indicateur"], r["maille"]) == ("taux_pauvrete", "epci")]
    assert len(epci) == 12
    assert {r["statut"] for r in epci} <= {"publie", "sous_seuil"}


def test_every_epci_has_profiles_and_one_dominates(done: Path) -> None:
    scores = rows(done / "maps" / "tableaux" / "profils.csv")
    profiles = [c.id for c in load_catalogue().composites.values() if c.kind == "profil"]
    assert len(scores) == 12 * len(profiles) == 72
    assert {row["profil"] for row in scores} == set(profiles)
    dominant = [row["code"] for row in scores if row["dominant"] == "true"]
    assert sorted(dominant) == sorted({row["code"] for row in scores})
    for row in scores:
        if row["score"]:
            assert 0 <= float(row["score"]) <= 100
            assert int(row["rang_bas"]) <= int(row["rang"]) <= int(row["rang_haut"])
            assert int(row["rang_haut"]) <= int(row["sur"]) <= 1240
    assert (done / "maps" / "cartes" / "profils.html").is_file()


def test_each_file_is_in_the_provenance_and_in_the_table_of_indicators(done: Path) -> None:
    provenance = json.loads((done / "maps" / "provenance.json").read_text("utf-8"))
    paths = {source["chemin"] for source in provenance["sources"]}
    given = {f"besoin/{path.name}" for path in (done / "besoin").iterdir()}
    assert given <= paths
    held = rows(done / "maps" / "tableaux" / "indicateurs.csv")
    assert {row["fichier"] for row in held} == given | {"cartoallier:needs/rp2021_communes.parquet"}
    for row in held:
        words = ("publie", "sous_seuil", "secret", "non_disponible", "absent", "estime")
        assert sum(int(row[word]) for word in words) == int(row["zones"])


def test_verifier_tells_need_files_to_people_and_machines(done: Path) -> None:
    told = run(done, "verifier", "--departement", "03")
    assert told.returncode == 0, told.stderr
    assert "besoin/cc_filosofi_2021_COM.csv (insee)" in told.stdout
    assert "EPCI inconnus du découpage" in told.stdout
    content = json.loads(run(done, "verifier", "--departement", "03", "--json").stdout)
    files = {entry["fichier"]: entry for entry in content["besoins"]}
    held = files["besoin/cc_filosofi_2021_COM.csv"]["indicateurs"]
    (rate,) = [one for one in held if one["indicateur"] == "taux_pauvrete"]
    assert (rate["zones"], rate["maille"]) == (34_909, "commune")


def test_a_need_file_that_cannot_be_read_stops_the_run_and_is_explained(tmp_path: Path) -> None:
    (tmp_path / "besoin").mkdir()
    (tmp_path / "besoin" / "notes.csv").write_text("a;b\n1;2\n", encoding="utf-8")
    answer = run(tmp_path, "couverture", "--departement", "03")
    assert answer.returncode == 1
    assert "besoin/notes.csv" in answer.stderr
    assert "Traceback" not in answer.stderr
    checked = run(tmp_path, "verifier", "--departement", "03")
    assert checked.returncode == 1
    assert "besoin/notes.csv" in checked.stderr
