"""The GeoPackage of a whole country, measured: written, weighed, opened and drawn in QGIS.

    python scripts/bench/geopackage.py [--themes 24] [--services 5000] [--keep FOLDER]

The run is invented on real outlines: the communes of metropolitan France as if they were one
département, with their EPCI and arrondissements, in Lambert-93. Services are thrown at random in
the communes, each for some themes; minutes are measured in a straight line for everybody and two
other publics; one need is known by commune, one by EPCI. Making the run is not counted: writing
is. QGIS, when the system has it, opens the file, then draws one theme by commune and by EPCI.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import os
import platform
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from cartoallier.access import CrowFly, measure
from cartoallier.catalogue import load_catalogue
from cartoallier.diagnosis import Context, cut_needs, summarise
from cartoallier.model import (
    NEEDS_COLUMNS,
    AccessParameters,
    Coverage,
    Level,
    Mode,
    Needs,
    Public,
    Run,
    Services,
    SourceRecord,
    Territory,
    Theme,
)
from cartoallier.model.supply import SERVICE_COLUMNS, TUPLE_COLUMNS
from cartoallier.model.territory import ORIGIN_COLUMNS
from cartoallier.outputs.geopackage import write_geopackage
from cartoallier.territory import load_territory, shipped

WHOLE_COUNTRY_KM = 1_500
SECONDS, MEGABYTES, SECONDS_TO_DRAW = 30, 300, 5
"""What is promised: time to write, size, time to open and draw."""
BY_COMMUNE, BY_EPCI = "part_65_plus", "taux_pauvrete"
CODE, NAME = "FR", "France"
PYTHON_OF_QGIS = "/usr/bin/python3"
DRAW = """
import json, sys, time
from qgis.core import (QgsApplication, QgsMapRendererParallelJob, QgsMapSettings, QgsVectorLayer)
from qgis.PyQt.QtCore import QSize
app = QgsApplication([], False)
app.initQgis()
path, folder, names = sys.argv[1], sys.argv[2], sys.argv[3:]
answer = {}
for name in names:
    start = time.perf_counter()
    layer = QgsVectorLayer(f"{path}|layername={name}", name, "ogr")
    opened = time.perf_counter()
    settings = QgsMapSettings()
    settings.setLayers([layer])
    settings.setDestinationCrs(layer.crs())
    settings.setOutputSize(QSize(1280, 800))
    settings.setExtent(layer.extent())
    job = QgsMapRendererParallelJob(settings)
    job.start()
    job.waitForFinished()
    drawn = time.perf_counter()
    job.renderedImage().save(f"{folder}/{name}.png")
    answer[name] = [opened - start, drawn - opened, layer.isValid(), layer.featureCount(),
                    layer.renderer().type()]
    del job, settings, layer
print(json.dumps(answer))
app.exitQgis()
"""


def whole_country() -> Territory:
    """Return metropolitan France as if it were one département."""
    around = load_territory("03", neighbourhood_km=WHOLE_COUNTRY_KM)
    communes = around.communes.assign(inside=True)
    drawn = communes[communes.geometry.notna() & (communes["population"] > 0)]
    origins = gpd.GeoDataFrame(
        {
            "name": drawn["name"],
            "commune_code": drawn.index.astype("str"),
            "population": drawn["population"],
            "area_km2": drawn.area / 1e6,
            "position": "mairie",
        },
        geometry=drawn.geometry.representative_point(),
        crs=communes.crs,
    )
    zones, members = _zones(communes)
    return replace(
        around,
        departement_code=CODE,
        departement_name=NAME,
        communes=communes,
        origins=origins[list(ORIGIN_COLUMNS)].rename_axis("id"),
        zones=zones,
        members=members,
        boundary=gpd.GeoSeries(
            [shapely.coverage_union_all(drawn.geometry.to_numpy())], crs=communes.crs
        ),
    )


def _zones(communes: gpd.GeoDataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    parts = [
        pd.DataFrame({"level": Level.DEPARTEMENT, "code": CODE, "name": NAME}, index=communes.index)
    ]
    for level, column, named in (
        (Level.ARRONDISSEMENT, "arrondissement_code", "arrondissements"),
        (Level.EPCI, "epci_code", "epci"),
    ):
        codes = communes[column].dropna()
        names = codes.map(shipped.zone_names(named))
        parts.append(pd.DataFrame({"level": level, "code": codes, "name": names}))
    parts.append(
        pd.DataFrame({"level": Level.COMMUNE, "code": communes.index, "name": communes["name"]})
        .set_axis(communes.index)
    )  # fmt: skip
    table = pd.concat(parts).astype("str")
    table["zone"] = table["level"] + ":" + table["code"]
    members = table["zone"].rename_axis("commune_code").reset_index()
    zones = table.drop_duplicates("zone").set_index("zone").assign(perimeter="entier")
    return zones.astype("str"), members[["zone", "commune_code"]].astype("str")


def supply(territory: Territory, themes: Iterable[str], count: int) -> Services:
    """Throw services at random in communes, more where people are; each has four themes."""
    rng = np.random.default_rng(1)
    origins, keys = territory.origins, np.array(list(themes))
    people = origins["population"].to_numpy()
    where = rng.choice(len(origins), size=count, p=people / people.sum())
    places = gpd.GeoSeries(origins.geometry.iloc[where]).translate(0).to_crs("EPSG:4326")
    frame = pd.DataFrame(dict.fromkeys(SERVICE_COLUMNS), index=range(count), dtype="object")
    for column in TUPLE_COLUMNS:
        frame[column] = [()] * count
    frame[["itinerant", "remote", "confidential", "closed", "stale"]] = False
    frame["source"], frame["file"], frame["precision"] = "tableau", "offre/a.csv", "adresse"
    frame["name"] = [f"Lieu d’accueil {i}" for i in range(count)]
    frame["structure"] = [f"Structure {i % 900}" for i in range(count)]
    frame["address"] = [f"{i % 90} rue de l’Essai" for i in range(count)]
    frame["commune_code"] = origins["commune_code"].to_numpy()[where]
    frame["weekly_hours"] = rng.choice([3.0, 12.0, 35.0], count)
    frame["updated_on"] = "2024-08-01"
    frame["longitude"], frame["latitude"] = places.x.to_numpy(), places.y.to_numpy()
    held = [tuple(sorted(rng.choice(keys, min(4, len(keys)), replace=False))) for _ in range(count)]
    frame["themes"] = held
    frame.index = pd.Index([f"tableau--{i}" for i in range(count)], name="id")
    return Services(frame.reindex(columns=list(SERVICE_COLUMNS)).astype(SERVICE_COLUMNS))


def needs(territory: Territory) -> Needs:
    """Invent a rate by commune, secret in one of twenty, and one by EPCI; two publics."""
    rng = np.random.default_rng(2)
    parts = []
    for indicator, level in ((BY_COMMUNE, Level.COMMUNE), (BY_EPCI, Level.EPCI)):
        zones = territory.zones[territory.zones["level"] == level]
        hidden = rng.random(len(zones)) < 0.05
        parts.append(
            pd.DataFrame(
                {
                    "indicator": indicator,
                    "level": str(level),
                    "code": zones["code"].to_numpy(),
                    "name": zones["name"].to_numpy(),
                    "perimeter": "entier",
                    "value": np.where(hidden, np.nan, rng.gamma(9, 2, len(zones))),
                    "unit": "%",
                    "status": np.where(hidden, "secret", "publie"),
                    "vintage": "2021",
                    "source": "Insee, essai",
                }
            )
        )
    people = territory.origins["population"]
    weights = pd.DataFrame({Public.OVER_65.value: people * 0.2, Public.UNDER_20.value: people / 4})
    labels = {public: f"{public} (essai)" for public in weights.columns}
    values = pd.concat(parts, ignore_index=True)[list(NEEDS_COLUMNS)].astype(NEEDS_COLUMNS)
    return Needs(values, weights, labels)


def invented(*, themes: int, services: int) -> Run:
    """Return a run of the whole country."""
    territory, catalogue = whole_country(), load_catalogue()
    told = [
        replace(
            theme, mode=Mode.PROXIMITY, indicators=((BY_COMMUNE, BY_EPCI)[rank % 2],), stand_ins=()
        )
        for rank, theme in enumerate(list(catalogue.themes.values())[:themes])
    ]
    held, need = supply(territory, [theme.key for theme in told], services), needs(territory)
    parameters = AccessParameters()
    engine = CrowFly(territory=territory, parameters=parameters)
    source = SourceRecord(path="offre/a.csv", label="Liste d’essai", format="tableau", sha256="0")
    context = Context(
        engine=engine,
        parameters=parameters,
        services=held,
        needs=need,
        indicators=catalogue.indicators,
        sources=(source,),
        decisions={},
    )
    coverages = {
        theme.key: measure(
            theme, services=held, engine=engine, weights=need.weights, threshold=20
        )
        for theme in told
    }  # fmt: skip
    context = replace(context, cuts=cut_needs(tuple(told), coverages, context))
    return _told(told, coverages, context)


def _told(themes: list[Theme], coverages: dict[str, Coverage], context: Context) -> Run:
    return Run(
        territory=context.territory,
        themes=tuple(themes),
        retained=(),
        sensitive=frozenset(theme.key for theme in themes if theme.sensitive),
        services=context.services,
        needs=context.needs,
        coverages=coverages,
        summaries={theme.key: summarise(theme, coverages[theme.key], context) for theme in themes},
        indicators=dict(context.indicators),
        findings=(),
        sources=context.sources,
        parameters=context.parameters,
        decisions={},
        date=dt.datetime(2024, 8, 1, tzinfo=dt.UTC),
        version="0.1.0",
        demonstration=True,
    )


def peak_megabytes() -> float:
    """Return the most memory this process has held."""
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / (1 << 20 if platform.system() == "Darwin" else 1 << 10)


def row(*cells: object) -> None:
    """Print one line of the table."""
    print("| " + " | ".join(str(cell) for cell in cells) + " |", flush=True)


def promised(figure: float, budget: float, *, decimals: int = 1) -> tuple[str, str, str]:
    """Return a figure, its budget, and whether it holds."""
    kept = "oui" if figure < budget else "NON"
    return f"{figure:.{decimals}f}".replace(".", ","), str(budget), kept


def draw(path: Path, layers: Iterable[str], folder: Path) -> None:
    """Time QGIS opening and drawing layers; its pictures stay in ``folder``."""
    names = list(layers)
    if not shutil.which(PYTHON_OF_QGIS):
        print("\nQGIS n’est pas installé : ni ouverture ni dessin")
        return
    done = subprocess.run(
        [PYTHON_OF_QGIS, "-c", DRAW, str(path), str(folder), *names],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"QT_QPA_PLATFORM": "offscreen"},
    )
    if done.returncode:
        print(f"\nPyQGIS a échoué : {done.stderr.strip().splitlines()[-1:]}")
        return
    for name, (opening, drawing, valid, features, kind) in json.loads(
        done.stdout.splitlines()[-1]
    ).items():
        told = f"{features} objets, {kind}" if valid else "couche illisible"
        what = f"QGIS : {name} ouverte ({opening:.1f} s) et dessinée, {told}"
        row(what, *promised(opening + drawing, SECONDS_TO_DRAW))


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--themes", type=int, default=24)
    parser.add_argument("--services", type=int, default=5_000)
    parser.add_argument("--keep", type=Path, help="folder that keeps the file and the pictures")
    asked = parser.parse_args()
    start = time.perf_counter()
    run = invented(themes=asked.themes, services=asked.services)
    made, before = time.perf_counter() - start, peak_megabytes()
    print(
        f"{len(run.territory.communes)} communes, {len(run.themes)} thèmes, "
        f"{len(run.services.records)} services ; run fait en {made:.0f} s\n",
        file=sys.stderr,
    )
    with tempfile.TemporaryDirectory() as scratch:
        folder = asked.keep or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        start, busy = time.perf_counter(), time.process_time()
        path = write_geopackage(run, folder)
        seconds, busy = time.perf_counter() - start, time.process_time() - busy
        row("mesure", "valeur", "budget", "tenu")
        row(*["---"] * 4)
        row("écriture (s)", *promised(seconds, SECONDS))
        row("dont processeur (s)", f"{busy:.1f}".replace(".", ","), "–", "–")
        row("taille (Mo)", *promised(path.stat().st_size / 1e6, MEGABYTES, decimals=0))
        row("mémoire, run compris (Mo)", f"{peak_megabytes():.0f}", f"run : {before:.0f}", "–")
        key = run.themes[0].key
        draw(path, (f"couverture_{key}_communes", f"couverture_{key}_epci"), folder)


if __name__ == "__main__":
    main()
