"""The project folder and its ``cartoallier.toml``, read into one typed value (DESIGN §4.2)."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from cartoallier.catalogue import Catalogue, Use, load_catalogue, shipped
from cartoallier.errors import ProjectError
from cartoallier.model import TABLE_COLUMNS, AccessParameters, Mode, Theme
from cartoallier.model.variant import Variant
from cartoallier.project.access import TravelFiles, read_access
from cartoallier.project.dropping import dropped, numbered, relative, set_aside
from cartoallier.project.keys import Keys
from cartoallier.project.needs import NEEDS_FOLDER, NeedSource, read_needs
from cartoallier.project.variants import read_variants
from cartoallier.project.zonings import ZoningSource, read_zonings

FILE_NAME = "cartoallier.toml"
SUPPLY_FOLDER = "offre"
DEMONSTRATION = "03"
GRID = "carreaux-insee"
POPULATION_FORMATS = ("tableau", GRID)
"""Formats of the file of people that replaces the town halls."""


@dataclass(frozen=True, kw_only=True)
class Source:
    """One declared or dropped file.

    Attributes:
        path: where it is.
        name: how the project names it (relative to the project's folder).
        format: catalogue name of the format, ``auto`` when nothing was declared.
        themes: keys of the themes every row answers; empty: the selectors decide.
        columns: our name of a column -> the file's.
    """

    path: Path
    name: str
    format: str
    themes: tuple[str, ...] = ()
    columns: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class Decision:
    """The committee's threshold for one theme, and its reason."""

    minutes: float
    reason: str


@dataclass(frozen=True, kw_only=True)
class Project:
    """Everything a run is asked to do.

    Attributes:
        folder: what relative paths are relative to.
        file: the project file, ``None`` for a bare folder or the demonstration.
        departement: code, as text.
        catalogue: shipped themes, with the project's own.
        retained: themes chosen at kick-off; empty: all.
        decisions: theme key -> threshold decided.
        outlines: boundaries that replace the shipped ones.
        divisions: (name, file) of the other levels.
        population: grid of people that replaces the town halls.
        supply: files of services.
        needs: files of need indicators.
        skipped_needs: correspondences of the needs folder left as they were made.
        set_aside: what the drop folders hold that is not read.
        geocoder: base URL of a Base Adresse Nationale geocoder, ``None`` offline.
        merge_decisions: the user's word on duplicates, a CSV.
        parameters: of access.
        travel: files that access reads: roads, profiles, timetables.
        variants: what is run beside the base.
        zonings: special territories shown over the maps.
        demonstration: the supply is the shipped, invented one.
    """

    folder: Path
    file: Path | None
    departement: str
    catalogue: Catalogue
    retained: tuple[str, ...] = ()
    decisions: Mapping[str, Decision]
    outlines: Path | None = None
    divisions: tuple[tuple[str, Path], ...] = ()
    population: Source | None = None
    supply: tuple[Source, ...] = ()
    needs: tuple[NeedSource, ...] = ()
    skipped_needs: tuple[str, ...] = ()
    set_aside: tuple[str, ...] = ()
    geocoder: str | None = None
    merge_decisions: Path | None = None
    parameters: AccessParameters
    travel: TravelFiles = field(default_factory=TravelFiles)
    variants: tuple[Variant, ...] = ()
    zonings: tuple[ZoningSource, ...] = ()
    demonstration: bool = False


def load_project(path: Path | None, *, departement: str | None, here: Path) -> Project:
    """Read the project, or fall back on the demonstration.

    Args:
        path: the folder or the file; ``None``: ``here`` if it looks like a project, else the
            demonstration.
        departement: overrides the project's; required in a folder without a file.
        here: the current folder.

    Raises:
        ProjectError: an unknown key, a wrong value, a missing file.
    """
    if departement is not None and not departement.strip():
        raise ProjectError("donnez un code, par exemple 03", key="--departement")
    if path is None:
        if not any((here / name).exists() for name in (FILE_NAME, SUPPLY_FOLDER, NEEDS_FOLDER)):
            return _demonstration(here, departement or DEMONSTRATION)
        path = here
    if not path.exists():
        raise ProjectError(
            "ce dossier de projet n’existe pas ; créez-le avec « cartoallier nouveau DOSSIER »",
            path=path,
        )
    file = path / FILE_NAME if path.is_dir() else path
    if file.exists():
        return _from_file(file, departement)
    if departement is None:
        raise ProjectError(
            f"ce dossier ne contient pas de {FILE_NAME} ; "
            "ajoutez « --departement 03 » ou lancez « cartoallier nouveau »",
            path=path,
        )
    return _assemble(Keys({}, file), folder=path, file=None, departement=departement)


def _demonstration(here: Path, departement: str) -> Project:
    folder = shipped("services/demonstration")
    return Project(
        folder=here,
        file=None,
        departement=departement,
        catalogue=load_catalogue(),
        decisions={},
        supply=tuple(
            Source(path=path, name=f"cartoallier:{path.name}", format="auto", columns={})
            for path in sorted(folder.iterdir())
            if path.suffix in {".csv", ".json"}
        ),
        parameters=AccessParameters(),
        demonstration=True,
    )


def _from_file(file: Path, departement: str | None) -> Project:
    try:
        content = tomllib.loads(file.read_text(encoding="utf-8-sig"))
    except UnicodeDecodeError as error:
        raise ProjectError(
            "ce fichier n’est pas en UTF-8 ; enregistrez-le à nouveau avec cet encodage", path=file
        ) from error
    except OSError as error:
        raise ProjectError(f"lecture impossible ({error.strerror})", path=file) from error
    except RecursionError as error:
        raise ProjectError("des crochets sont imbriqués sans fin", path=file) from error
    except tomllib.TOMLDecodeError as error:
        place = re.search(r"at line (\d+), column (\d+)", str(error))
        raise ProjectError(
            "écriture incorrecte"
            + (f" à la colonne {place[2]}" if place else " à la fin du fichier")
            + " ; un texte s’écrit entre guillemets droits, une clé une seule fois",
            path=file,
            line=int(place[1]) if place else None,
        ) from error
    return _assemble(Keys(content, file), folder=file.parent, file=file, departement=departement)


def _assemble(reader: Keys, *, folder: Path, file: Path | None, departement: str | None) -> Project:
    root = reader.table(
        allowed=[
            "territoire", "themes", "seuils", "decoupage", "population", "offre", "besoin",
            "acces", "variante", "geocodage", "doublons", "zonage",
        ]
    )  # fmt: skip
    place = root.section("territoire", ["departement", "contours", "voisinage_km"])
    chosen = root.section("themes", ["retenus", "catalogue"])
    catalogue = load_catalogue(chosen.path("catalogue", folder))
    themes = list(catalogue.themes)
    if file is not None and departement is None:
        place.require("departement")
    populations = root.blocks("population", ["fichier", "format", "colonnes"])
    if len(populations) > 1:
        raise ProjectError("un seul bloc [[population]] est possible", path=file)
    needs, skipped = read_needs(root, folder, catalogue)
    parameters, travel = read_access(root, place, folder)
    supply = _supply(root, folder, catalogue)
    return Project(
        folder=folder,
        file=file,
        departement=departement or place.text("departement") or "",
        catalogue=catalogue,
        retained=chosen.words("retenus", themes),
        decisions=_decisions(root, catalogue.themes),
        outlines=place.path("contours", folder),
        divisions=tuple(
            (block.require("nom"), block.required_path("fichier", folder))
            for block in root.blocks("decoupage", ["nom", "fichier"])
        ),
        population=_population(populations[0], folder) if populations else None,
        supply=supply,
        needs=needs,
        skipped_needs=skipped,
        set_aside=tuple(
            relative(path, folder)
            for name in (SUPPLY_FOLDER, NEEDS_FOLDER)
            for path in set_aside(folder / name)
        ),
        geocoder=_geocoder(root),
        merge_decisions=root.section("doublons", ["decisions"]).path("decisions", folder),
        parameters=parameters,
        travel=travel,
        variants=read_variants(
            root,
            folder,
            themes=catalogue.themes,
            sources={source.name: source.path for source in supply},
            parameters=parameters,
            roads=travel.network is not None,
        ),
        zonings=read_zonings(root, folder),
    )


def _decisions(root: Keys, themes: Mapping[str, Theme]) -> dict[str, Decision]:
    section = root.section("seuils", list(themes))
    decisions = {}
    for key in section.content:
        if themes[key].mode is not Mode.PROXIMITY:
            raise section.fail(key, "ce thème ne se mesure pas en minutes ; retirez ce seuil")
        entry = section.section(key, ["minutes", "decision"])
        minutes = entry.number("minutes", None, lower=1, upper=600)
        if minutes is None:
            entry.require("minutes")
        else:
            decisions[key] = Decision(minutes=minutes, reason=entry.text("decision") or "")
    return decisions


def _population(block: Keys, folder: Path) -> Source:
    form = block.word("format", POPULATION_FORMATS) or POPULATION_FORMATS[0]
    if form == GRID and "colonnes" in block.content:
        raise block.fail(
            "colonnes", "les colonnes des carreaux de l’INSEE sont connues\u202f; retirez cette clé"
        )
    path = block.required_path("fichier", folder)
    return Source(
        path=path,
        name=relative(path, folder),
        format=form,
        columns=block.mapping("colonnes", ["longitude", "latitude", "population"]),
    )


def _supply(root: Keys, folder: Path, catalogue: Catalogue) -> tuple[Source, ...]:
    blocks = root.blocks("offre", ["fichier", "format", "themes", "colonnes"])
    if not blocks:
        return tuple(
            Source(path=path, name=relative(path, folder), format="auto", columns={})
            for path in dropped(folder / SUPPLY_FOLDER)
        )
    sources = []
    for block in blocks:
        form = block.word("format", catalogue.format_names(Use.SUPPLY)) or "auto"
        if form not in catalogue.format_names(Use.SUPPLY, readable=True):
            block.not_yet("format", f"le format « {form} » n’est pas encore lu par cette version")
        path = block.required_path("fichier", folder)
        sources.append(
            Source(
                path=path,
                name=relative(path, folder),
                format=form,
                themes=block.words("themes", list(catalogue.themes)),
                columns=block.mapping("colonnes", TABLE_COLUMNS),
            )
        )
    names = numbered(source.name for source in sources)
    return tuple(replace(source, name=name) for source, name in zip(sources, names, strict=True))


def _geocoder(root: Keys) -> str | None:
    section = root.section("geocodage", ["service"])
    url = section.text("service")
    if url is not None and not url.startswith(("https://", "http://")):
        raise section.fail("service", "l’adresse doit commencer par https://")
    return url
