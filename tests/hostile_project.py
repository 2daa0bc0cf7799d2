"""A project whose every source plants hostile texts in every field, for whoever opens pages.

The files are the shipped demonstration's, moved to a département: each free text of each record
is a payload, then each other field in turn, one record per field, so that the records around it
are still read.
"""

from __future__ import annotations

import copy
import csv
import io
import json
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from cartoallier.catalogue import shipped
from cartoallier.cli import main
from cartoallier.pipeline import diagnose, write
from cartoallier.project import load_project

PAYLOADS = (
    "<script>window.hacked=1</script>",
    "</script><img src=x onerror=window.hacked=1>",
    '" onmouseover="window.hacked=1',
    "'-window.hacked=1-'<svg onload=window.hacked=1>",
    "{{7*7}}{% raw %}<b onclick=window.hacked=1>",
    "${7*7}`${window.hacked=1}`",
    "\u202egpj.exe\u202c",
    "zéro\u200blargeur\u200d\ufeff",
    "5" + "é" * 498 + "!",
    "=cmd|' /C calc'!A0",
    "<!--<script>\u2028javascript:window.hacked=1",
    "&lt;img src=x onerror=window.hacked=1&gt;&amp;lt;script&amp;gt;",
)
"""Tags, the end of a script, an attribute, templates, writing that turns, length, a formula."""

MARK = "hacked"
"""What a payload that ran has set on ``window``."""

KEPT = frozenset(
    {
        "adresse", "code_insee", "insee_com", "insee_dep", "citycode", "latitude", "longitude",
        "coordinates", "thematiques", "id", "id_fs", "lieu_id", "structure_id", "category",
        "status", "visibility", "date_maj", "type", "modes_accueil", "format_fs", "type_fs",
        "recurrence", "horaires_accueil", "zone_eligibilite", "zone_diffusion_type",
        "zone_diffusion_code", "labellisation_fs", "publics", "date_suspension", "categorie",
        "heures_semaine", "itinerant", "zone",
    }
)  # fmt: skip
"""Fields that decide whether a record is kept: hostile in one record each, not in all."""

DEMONSTRATION = {
    "france-services": "demonstration-france-services.csv",
    "data-inclusion": "demonstration-services-inclusion.csv",
    "structures": "demonstration-structures-inclusion.csv",
    "dora": "demonstration-dora.json",
    "soliguide": "demonstration-soliguide.json",
}
TABLEAU = {
    "nom": "Lieu", "type": "accueil", "structure": "Structure", "adresse": "1 rue", "commune": "",
    "code_postal": "", "code_insee": "", "latitude": "", "longitude": "",
    "jours": "lundi au vendredi 9h-12h", "heures_semaine": "20", "categorie": "FS", "themes": "",
    "publics": "familles", "porteur": "Porteur", "financement": "Fonds", "zone": "",
    "itinerant": "non", "public_age_min": "", "public_age_max": "", "telephone": "0102030405",
    "site_web": "https://exemple.org", "source": "liste", "date_maj": "2026-01-05",
}  # fmt: skip
THEMES = (
    "premier_accueil_social",
    "alimentation_durable",
    "frein_mobilite",
    "hebergement_femmes_enfant_moins3",
    "prevention_specialisee",
    "prevention_expulsions",
    "formation_professionnels",
    "theme_hostile",
)
"""Distance, distance, zone, sensitive, presence, distance without supply, organisation, own."""

FAMILIES = ("couverture", "geopackage", "cartes", "rapport", "provenance")
"""What the program writes, but for the pictures: they hold no text that a page could run."""

SMALL = ("alimentation_durable", "premier_accueil_social")
"""Themes of a small project; the last one alone where pages share nothing."""

SHORT = "<img src=x onerror=window.hacked=1>"
"""A payload short enough for a short title."""


def communes_of(departement: str) -> pd.DataFrame:
    """Return the shipped communes of a département: code, name, longitude, latitude, EPCI."""
    columns = ["code", "name", "departement_code", "epci_code", "longitude", "latitude"]
    frame = pd.read_parquet(shipped("geo/communes.parquet"), columns=columns)
    return frame[frame["departement_code"] == departement].reset_index(drop=True)


def _moved(record: dict[str, Any], place: Any) -> dict[str, Any]:
    """Put a record, nested or flat, in a commune."""
    words = {
        "code_insee": place.code, "insee_com": place.code, "insee_dep": place.departement_code,
        "cityCode": place.code, "departmentCode": place.departement_code,
        "latitude": str(place.latitude), "longitude": str(place.longitude),
    }  # fmt: skip
    for key, value in record.items():
        if key == "coordinates":
            record[key] = [place.longitude, place.latitude]
        elif isinstance(value, dict):
            _moved(value, place)
        elif key in words:
            record[key] = type(value)(words[key]) if isinstance(value, float) else words[key]
    return record


def _leaves(value: object, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Yield where a record holds a text, or nothing."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _leaves(inner, (*path, key))
    elif isinstance(value, list):
        for i, inner in enumerate(value):
            yield from _leaves(inner, (*path, i))
    elif value is None or isinstance(value, str):
        yield path


def _put(record: Any, path: tuple[str | int, ...], text: str) -> None:
    for step in path[:-1]:
        record = record[step]
    record[path[-1]] = text


def _free(path: tuple[str | int, ...]) -> bool:
    return not any(str(step).casefold() in KEPT for step in path)


def hostile_records(
    records: list[dict[str, Any]], places: pd.DataFrame, *, shift: int = 0
) -> list[dict[str, Any]]:
    """Return records that hold each payload in all free texts, then each field in turn hostile.

    ``shift`` sets the first commune: one name twice in one commune would be merged.
    """
    made = []
    keys = [key for key in ("id", "lieu_id", "id_fs") if key in records[0]]
    fields = sorted({path for record in records for path in _leaves(record)}, key=str)
    turns: list[tuple[str, tuple[str | int, ...] | None]] = [(text, None) for text in PAYLOADS]
    turns += [(PAYLOADS[i % len(PAYLOADS)], path) for i, path in enumerate(fields)]
    turns += [(PAYLOADS[(i + 1) % len(PAYLOADS)], path) for i, path in enumerate(fields)]
    for i, (text, path) in enumerate(turns):
        record = copy.deepcopy(records[i % len(records)])
        _moved(record, places.iloc[(i + shift) % len(places)])
        for key in keys:
            record[key] = 990_000 + i if isinstance(record[key], int) else f"hostile--{i}"
        for leaf in [leaf for leaf in _leaves(record) if _free(leaf)] if path is None else [path]:
            try:
                _put(record, leaf, text)
            except (KeyError, IndexError, TypeError):
                continue  # this record has no such field
        made.append(record)
    return made


def _demonstration(name: str, *, count: int = 6) -> list[dict[str, Any]]:
    """Return records of a shipped file, spread over it: each theme has some."""
    path = shipped("services/demonstration") / DEMONSTRATION[name]
    if path.suffix == ".csv":
        with path.open(encoding="utf-8", newline="") as file:
            rows: list[dict[str, Any]] = list(csv.DictReader(file))
    else:
        content = json.loads(path.read_text("utf-8"))
        rows = content if isinstance(content, list) else content["services"]
    return rows[:: max(1, len(rows) // count)]


def _csv(rows: list[dict[str, Any]], *, delimiter: str = ",") -> str:
    text = io.StringIO()
    table = csv.DictWriter(text, list(rows[0]), delimiter=delimiter, restval="")
    table.writeheader()
    table.writerows(rows)
    return text.getvalue()


def _written(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="")


def write_supply(folder: Path, departement: str) -> list[str]:
    """Write a hostile file of every kind; return ``[[offre]]`` blocks."""
    places = communes_of(departement)
    blocks = []
    forms = ("france-services", "data-inclusion", "dora", "soliguide")
    for shift, form in enumerate(forms, start=1):
        rows = hostile_records(_demonstration(form), places, shift=5 * shift)
        name = f"{form}.json" if form in {"dora", "soliguide"} else f"services-{form}.csv"
        if name.endswith(".json"):
            content = rows if form == "soliguide" else {"services": rows}
            _written(folder / name, json.dumps(content, ensure_ascii=False))
        else:
            _written(folder / name, _csv(rows))
        blocks.append(f'[[offre]]\nfichier = "{name}"\nformat = "{form}"\n')
    structures = hostile_records(_demonstration("structures"), places)
    _written(folder / "structures-data-inclusion.csv", _csv(structures))
    # the name of a file is a text as well
    own = "lieux <img src=x onerror=window.hacked=1> {{7*7}}.csv"
    _written(folder / own, _csv(_table(places), delimiter=";"))
    mobility = [
        TABLEAU | {"nom": text, "code_insee": places["code"][0], "zone": places["code"][0]}
        for text in PAYLOADS
    ]
    _written(folder / "mobilite.csv", _csv(mobility, delimiter=";"))
    blocks.append(f'[[offre]]\nfichier = "{own}"\nformat = "tableau"\n'
                  'themes = ["premier_accueil_social", "alimentation_durable"]\n')  # fmt: skip
    blocks.append('[[offre]]\nfichier = "mobilite.csv"\nformat = "tableau"\n'
                  'themes = ["frein_mobilite", "prevention_specialisee", '
                  '"hebergement_femmes_enfant_moins3"]\n')  # fmt: skip
    return blocks


def _table(places: pd.DataFrame) -> list[dict[str, Any]]:
    return hostile_records([TABLEAU], places)


def write_needs(folder: Path) -> list[str]:
    """Write hostile files of needs, every EPCI of France in one; return ``[[besoin]]`` blocks."""
    grouping = pd.read_csv(shipped("geo/epci.csv"), dtype="str")
    communes = pd.read_parquet(shipped("geo/communes.parquet"), columns=["code"])
    kinds = ("pensions", "salaires", "moins_30", "proprietaires", "locataires_prive")
    scored = (
        "part_menages_sans_voiture", "ppen", "q1", "taux_pauvrete_locataires_social",
        *(f"taux_pauvrete_{kind}" for kind in kinds),
    )  # fmt: skip
    texts = [PAYLOADS[i % len(PAYLOADS)] for i in range(len(grouping))]
    rows = [
        {"code": code, "nom": text} | {
            key: f"{5 + (n * (2 * k + 7)) % len(grouping) * 40 / len(grouping):.1f}"
            for k, key in enumerate(scored)
        }
        for n, (code, text) in enumerate(zip(grouping["code"], texts, strict=True))
    ]  # fmt: skip
    rows[3]["ppen"], rows[4]["q1"] = PAYLOADS[0], PAYLOADS[9]
    _written(folder / "epci.csv", _csv(rows, delimiter=";"))
    local = communes[communes["code"].str.startswith(("974", "2A", "75", "03"))]["code"]
    people = [
        {"code": code, "nom": PAYLOADS[i % len(PAYLOADS)], "taux_pauvrete": 10 + i % 17,
         PAYLOADS[1]: PAYLOADS[2]}
        for i, code in enumerate(local)
    ]  # fmt: skip
    people[1]["taux_pauvrete"] = PAYLOADS[0]
    people[2]["taux_pauvrete"] = "s"
    _written(folder / "communes <b>.csv", _csv(people, delimiter=";"))
    return [
        f'[[besoin]]\nfichier = "{name}"\nformat = "tableau"\nmillesime = "2021"\n'
        for name in ("epci.csv", "communes <b>.csv")
    ]


def write_catalogue(folder: Path) -> str:
    """Write a theme of the project's own, every text of it hostile; return its file's name."""
    quoted = [json.dumps(text, ensure_ascii=False) for text in PAYLOADS]
    said = json.dumps(" ".join(PAYLOADS[:7]), ensure_ascii=False)
    lines = [
        "[[theme]]",
        'cle = "theme_hostile"',
        'code = "A1.99"',
        "axe = 1",
        f"titre = {said}",
        f"titre_court = {json.dumps(SHORT)}",
        'mode = "proximity"',
        f"besoins = [{', '.join(quoted)}]",
        'indicateurs = ["taux_pauvrete", "part_65_plus"]',
        f"offre = {said}",
        'seuils = ["P_30MIN_INFO"]',
        f"note = {said}",
        "[theme.selecteurs]",
        "motif_nom = '.'",
        "[[theme.offre_attendue]]",
        f"nom = {quoted[0]}",
        'repere = "XS"',
        "motif_nom = 'hacked'",
        "[[theme.offre_attendue]]",
        f"nom = {quoted[1]}",
        'repere = "YS"',
        'reseaux = ["ccas"]',
    ]
    _written(folder / "themes.toml", "\n".join(lines) + "\n")
    return "themes.toml"


def write_zonings(folder: Path, places: pd.DataFrame) -> list[str]:
    """Write special territories, as polygons and as a list; return ``[[zonage]]`` blocks."""
    listed = [
        {"code_insee": code, "code": f"Z{i % 5}", "nom": PAYLOADS[i % len(PAYLOADS)]}
        for i, code in enumerate(places["code"])
    ]
    _written(folder / "zonage.csv", _csv(listed))
    features = []
    for i, place in enumerate(places.itertuples()):
        x, y, far = place.longitude, place.latitude, 0.004
        ring = [[x - far, y - far], [x + far, y - far], [x + far, y + far], [x - far, y - far]]
        named = {
            "code_qp": PAYLOADS[(i + 3) % 12],
            "lib_qp": PAYLOADS[i % 12],
            "nom": PAYLOADS[i % 12],
        }
        shape = {"type": "Polygon", "coordinates": [ring]}
        features.append({"type": "Feature", "properties": named, "geometry": shape})
    held = {"type": "FeatureCollection", "features": features}
    _written(folder / "quartiers.geojson", json.dumps(held, ensure_ascii=False))
    names = [json.dumps(" ".join(PAYLOADS[a:b]), ensure_ascii=False) for a, b in ((0, 5), (5, 12))]
    return [
        f'[[zonage]]\nnom = {names[0]}\nfichier = "zonage.csv"\n',
        f'[[zonage]]\nnom = {names[1]}\nfichier = "quartiers.geojson"\n',
    ]


def write_project(folder: Path, departement: str) -> Path:
    """Write the project of a département, with names and reasons that are hostile as well."""
    folder.mkdir(parents=True, exist_ok=True)
    places = communes_of(departement)
    zones = [
        {"code_insee": code, "code": str(i % len(PAYLOADS)), "nom": PAYLOADS[i % len(PAYLOADS)]}
        for i, code in enumerate(places["code"])
    ]
    _written(folder / "secteurs.csv", _csv(zones))
    candidates = [
        {"nom": PAYLOADS[i % len(PAYLOADS)], "code_insee": code, "cout": 1}
        for i, code in enumerate(places["code"])
    ]
    _written(folder / "candidats.csv", _csv(candidates, delimiter=";"))
    added = [TABLEAU | {"nom": PAYLOADS[0], "code_insee": places["code"].iloc[-1]}]
    _written(folder / "ajouts.csv", _csv(added, delimiter=";"))
    decisions = [{"id_a": PAYLOADS[0], "id_b": PAYLOADS[1], "decision": PAYLOADS[2]}]
    _written(folder / "decisions.csv", _csv(decisions))
    said = json.dumps(" ".join(PAYLOADS[:6]), ensure_ascii=False)
    blocks = [
        f'[territoire]\ndepartement = "{departement}"\n',
        f'[themes]\ncatalogue = "{write_catalogue(folder)}"\nretenus = ["theme_hostile"]\n',
        f"[seuils.premier_accueil_social]\nminutes = 10\ndecision = {said}\n",
        f"[seuils.theme_hostile]\nminutes = 12\ndecision = {said}\n",
        '[doublons]\ndecisions = "decisions.csv"\n',
        f"[[decoupage]]\nnom = {json.dumps(PAYLOADS[1])}\nfichier = \"secteurs.csv\"\n",
        f"[[variante]]\nnom = {said}\nseuil_min = 5\n",
        f'[[variante]]\nnom = {json.dumps(PAYLOADS[2])}\najouts = "ajouts.csv"\n',
        *write_zonings(folder, places),
        *write_supply(folder, departement),
        *write_needs(folder),
    ]  # fmt: skip
    _written(folder / "cartoallier.toml", "\n".join(blocks))
    return folder


def write_small_project(folder: Path, departement: str) -> Path:
    """Write a project of one hostile table, for shapes of territory."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "offre").mkdir(exist_ok=True)
    places = communes_of(departement)
    _written(folder / "offre" / "lieux.csv", _csv(_table(places), delimiter=";"))
    block = f'[[offre]]\nfichier = "offre/lieux.csv"\nthemes = {json.dumps(SMALL)}\n'
    _written(folder / "cartoallier.toml", f'[territoire]\ndepartement = "{departement}"\n{block}')
    return folder


@cache
def _diagnosed(folder: Path, departement: str) -> Path:
    """Run the program once for all the modules of a session."""
    whole = departement == "974"
    project = (write_project if whole else write_small_project)(folder / departement, departement)
    output = project / "maps"
    if not whole:
        # Corse-du-Sud: what pages have in common stands in files of its own
        chosen = [f"--theme={key}" for key in SMALL[departement != "2A" :]]
        chosen += ["--assets=partages"] if departement == "2A" else []
        assert main(["cartes", str(project), "--sortie", str(output), *chosen]) == 0
        return output
    read = load_project(project, departement=None, here=project)
    write(diagnose(read, only=THEMES)[0], output, families=FAMILIES)
    asked = ["--theme=premier_accueil_social", "--sites=3"]
    asked += [f"--candidats={project / 'candidats.csv'}", f"--sortie={output}"]
    assert main(["simuler", str(project), *asked]) == 0
    return output


@pytest.fixture(scope="session")
def hostile_atlas(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Everything the program writes for the hostile project: La Réunion, in full; else a map."""
    base = tmp_path_factory.getbasetemp() / "hostile"

    def of(departement: str = "974") -> Path:
        return _diagnosed(base, departement)

    return of
