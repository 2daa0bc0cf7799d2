"""The command line as its user meets it: French, exit codes, nothing heavy for --help."""

import json
import re
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import openpyxl
import pytest

from cartoallier.cli import main

COMMANDS = [
    "diagnostic", "couverture", "cartes", "geopackage", "verifier", "themes", "nouveau", "rapport",
    "simuler",
]  # fmt: skip
ROOT = Path(__file__).resolve().parents[2]


def run(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "cartoallier", *arguments],
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
        encoding="utf-8",
    )


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys\n"
        "from cartoallier.cli import main\n"
        "main(['--help'])\n"
        "heavy = {'pandas', 'geopandas', 'numpy', 'shapely', 'rich', 'folium'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)


def test_help_is_as_quick_as_typer() -> None:
    """A ratio in one run: the best of seven, so that a busy machine does not decide."""

    def best(*arguments: str) -> float:
        times = []
        for _ in range(7):
            start = time.perf_counter()
            subprocess.run([sys.executable, *arguments], check=True, capture_output=True)
            times.append(time.perf_counter() - start)
        return min(times)

    assert best("-m", "cartoallier", "--help") <= 2 * best("-c", "import typer")


@pytest.mark.parametrize("command", [[], *[[name] for name in COMMANDS]])
def test_help_is_french(command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*command, "--help"]) == 0
    text = capsys.readouterr().out
    assert text.startswith("Usage : cartoallier")
    assert "Afficher cette aide." in text
    for english in ("Show", "Commands", "default", "required", "TEXT", "PATH", "Arguments:"):
        assert english not in text


def test_every_command_has_help_and_is_in_the_readme() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for command in COMMANDS:
        assert f"cartoallier {command}" in readme


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["diagnostc"], ["commande inconnue", "diagnostic"]),
        (["diagnostic", "--sorti", "x"], ["option inconnue", "--sortie"]),
        (["diagnostic", "--theme"], ["--theme", "attend une valeur"]),
        (["diagnostic", "a", "b"], ["argument en trop", "b"]),
        (["nouveau"], ["il manque", "DOSSIER"]),
        (["verifier", "--json=1"], ["--json", "ne prend pas de valeur"]),
        (["diagnostic", "--theme", "premier_acueil"], ["thème inconnu", "premier_acueil"]),
    ],
)
def test_wrong_usage_is_french_and_exits_2(
    arguments: list[str],
    words: list[str],
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(arguments) == 2
    error = capsys.readouterr().err
    assert "--help" in error
    for word in words:
        assert word in error


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out.startswith("cartoallier 0.")


def test_themes(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["themes"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 24
    assert main(["themes", "--json"]) == 0
    entries = json.loads(capsys.readouterr().out)
    assert [e["id"] for e in entries if e["code"] == "A3.3"] == ["premier_accueil_social"]


@pytest.mark.parametrize(
    ("make", "arguments", "words"),
    [
        (None, ["diagnostic", "absent"], ["absent", "n’existe pas"]),
        (None, ["diagnostic", "--departement", "100"], ["100"]),
        (None, ["diagnostic", "--departement", "975"], ["975"]),
        ("[territoire]\ndepartement = '03'\nville = 1\n", ["diagnostic"], ["territoire.ville"]),
        (
            "[territoire]\ndepartement = '03'\n[[offre]]\nfichier = 'vide.csv'\n",
            ["diagnostic"],
            ["vide.csv"],
        ),
        (
            "[territoire]\ndepartement = '03'\n[[offre]]\nfichier = 'mauvais.json'\n",
            ["couverture"],
            ["mauvais.json"],
        ),
    ],
)
def test_a_problem_is_one_french_sentence_and_leaves_nothing(
    tmp_path: Path, make: str | None, arguments: list[str], words: list[str]
) -> None:
    (tmp_path / "vide.csv").write_text("", encoding="utf-8")
    (tmp_path / "mauvais.json").write_text('[{"id": 1,', encoding="utf-8")
    if make is not None:
        (tmp_path / "cartoallier.toml").write_text(make, encoding="utf-8")
    before = sorted(tmp_path.rglob("*"))
    done = run(*arguments, cwd=tmp_path)
    assert done.returncode == 1
    errors = [line for line in done.stderr.splitlines() if line.startswith("Erreur")]
    assert len(errors) == 1
    for word in words:
        assert word in errors[0]
    assert "Traceback" not in done.stderr
    assert sorted(tmp_path.rglob("*")) == before


def test_needs_only_is_no_supply_and_exit_0(tmp_path: Path) -> None:
    (tmp_path / "besoin").mkdir()
    (tmp_path / "besoin" / "revenus.csv").write_text(
        "CODGEO;LIBGEO;MED21\n03190;Moulins;18900\n03185;Montluçon;s\n", encoding="utf-8"
    )
    done = run("couverture", "--departement", "03", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "aucune offre fournie" in done.stderr
    told = (tmp_path / "maps" / "tableaux" / "besoins.csv").read_text(encoding="utf-8")
    assert "niveau_vie_median,commune,03190,Moulins,18900,€,publie,2021" in told
    assert "niveau_vie_median,commune,03185,Montluçon,,€,secret,2021" in told


def test_check_reads_the_other_sources(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("", encoding="utf-8")
    (tmp_path / "b.csv").write_text(
        "nom;longitude;latitude\n=1+1;3.33;46.56\nLieu;x;46\n", encoding="utf-8"
    )
    (tmp_path / "cartoallier.toml").write_text(
        "[territoire]\ndepartement = '03'\n"
        "[[offre]]\nfichier = 'a.csv'\nformat = 'tableau'\n"
        "[[offre]]\nfichier = 'b.csv'\nformat = 'tableau'\nthemes = ['non_recours']\n",
        encoding="utf-8",
    )
    done = run("verifier", "--json", cwd=tmp_path)
    assert done.returncode == 1
    answer = json.loads(done.stdout)
    assert [e["fichier"] for e in answer["erreurs"]] == ["a.csv"]
    assert [s["fichier"] for s in answer["sources"]] == ["b.csv"]
    assert answer["sources"][0]["lignes_lues"] == 2
    source = answer["sources"][0]
    assert (source["lignes_gardees"], source["lignes_ecartees"]) == (2, {})
    assert source["communes_avec_fiche"] == 1
    assert sum(one["fiches"] for one in source["fiches_par_epci"]) == 1
    assert len(source["epci_sans_fiche"]) == len(source["fiches_par_epci"]) - 1
    assert source["fiches_sans_date"] == 2
    text = run("verifier", "--sortie", "retour", cwd=tmp_path)
    assert text.returncode == 1
    assert "b.csv (tableau)" in text.stdout
    assert "communes du département avec au moins une fiche\u00a0: 1 sur 317" in text.stdout
    assert "EPCI sans aucune fiche" in text.stdout
    assert "aucune fiche n’est datée" in text.stdout
    assert "ligne 3" in text.stdout
    assert (tmp_path / "retour" / "tableaux" / "anomalies.csv").is_file()
    book = openpyxl.load_workbook(tmp_path / "retour" / "tableaux" / "a_renvoyer.xlsx")
    assert book.sheetnames == ["b.csv"]
    heads = [cell.value for cell in book["b.csv"][1]]
    assert heads == ["Fichier", "Ligne", "Colonne", "Valeur", "Constat", "Action"]
    assert book["b.csv"]["B2"].value == 3


def test_a_new_project_then_its_diagnosis(tmp_path: Path) -> None:
    made = run("nouveau", "projet", "--departement", "03", cwd=tmp_path)
    assert made.returncode == 0, made.stderr
    done = run("couverture", "projet", "--sortie", "sorties", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "modèle laissé vide" in done.stderr
    assert "aucune offre fournie" in done.stderr
    assert (tmp_path / "sorties" / "tableaux" / "couverture.csv").is_file()


def test_the_delivery_in_one_file_has_the_same_bytes(tmp_path: Path) -> None:
    """Two runs of the demonstration, for one theme."""
    command = ["diagnostic", "--theme", "premier_accueil_social", "--zip", "--sortie"]
    packed = []
    for name in ("un", "deux"):
        (tmp_path / name).mkdir()
        done = run(*command, "livraison", cwd=tmp_path / name)
        assert done.returncode == 0, done.stderr
        told = done.stdout.splitlines()[-1]
        assert re.fullmatch(r"À envoyer : livraison\.zip \(\d,\d\u00a0Mo\)", told), told
        packed.append((tmp_path / name / "livraison.zip").read_bytes())
    assert packed[0] == packed[1]
    with zipfile.ZipFile(tmp_path / "un" / "livraison.zip") as archive:
        assert archive.testzip() is None
        names = set(archive.namelist())
    folder = tmp_path / "un"
    assert names == {
        path.relative_to(folder).as_posix()
        for path in (folder / "livraison").rglob("*")
        if path.is_file()
    }
    assert "livraison/index.html" in names
