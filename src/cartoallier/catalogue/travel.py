"""The ways to travel of ``deplacements.toml``, read and checked."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType
from typing import Any

from cartoallier.catalogue.reading import Problem, Readable, nearest, refuse
from cartoallier.errors import CatalogueError
from cartoallier.model.french import quoted, typeset
from cartoallier.model.travel import TravelProfile

SHIPPED = "deplacements.toml"
KEYS = ("voiture", "pied", "velo")
FASTEST_KMH = 140.0
"""Above any legal limit of the country: an absurd speed."""

_TEXTS = ("acces", "ferme", "ouvre", "interdits", "sens_uniques", "barrieres", "bac_exclu_par",
          "acces_ign", "ferme_ign")  # fmt: skip
_SPEEDS = ("vitesses", "plafonds", "autorisees", "natures", "importances")
_FACTORS = ("revetements", "chemins")
_FLAGS = ("contresens", "vitesse_moyenne")
_NUMBERS: Mapping[str, tuple[float, float]] = MappingProxyType(
    {
        "part_limite": (0.0, 1.0),
        "bac_kmh": (0.0, 60.0),
        "carrefour_secondes": (0.0, 120.0),
        "feu_secondes": (0.0, 120.0),
        "acces_kmh": (0.5, 60.0),
        "rattachement_km": (0.01, 20.0),
    }
)
"""Key -> least and greatest value."""
_WORDS = ("cle", "libelle", "maniere")
_ALL = (*_WORDS, *_TEXTS, *_SPEEDS, *_FACTORS, *_FLAGS, *_NUMBERS)


def load_travel_profiles(path: Path | None = None) -> dict[str, TravelProfile]:
    """Load the ways to travel.

    Args:
        path: a file laid out as the shipped ``deplacements.toml``; it need not hold everything:
            the ways to travel and the implicit limits it leaves out are the shipped ones. Its
            limits hold for every way to travel, shipped or not.

    Returns:
        Key (``voiture``, ``pied``, ``velo``) -> profile, in the order of the shipped file.

    Raises:
        CatalogueError: the file cannot be read, or a key is unknown, missing or ill-typed, or a
            speed or factor is zero, negative or absurd; every problem in one message.
    """
    shipped = files("cartoallier.catalogue").joinpath(SHIPPED)
    profiles, limits = _read(shipped, path=SHIPPED, whole=True, limits=MappingProxyType({}))
    if path is not None:
        own, limits = _read(Path(path), path=str(path), whole=False, limits=limits)
        profiles = {
            key: own.get(key, replace(profile, limits=limits)) for key, profile in profiles.items()
        }
    return profiles


def _read(
    file: Readable, *, path: str, whole: bool, limits: Mapping[str, float]
) -> tuple[dict[str, TravelProfile], Mapping[str, float]]:
    """Return the profiles of a file, and its implicit limits over ``limits``."""
    document = _document(file, path=path)
    checks = _Checks(path)
    checks.unknown("", document, ("deplacement", "limites"))
    told = document.get("limites", {})
    checks.numbers("limites", "limites", told, least=0.0, most=FASTEST_KMH)
    if not checks.problems:
        limits = _frozen({**limits, **told})
    blocks = document.get("deplacement", [])
    if not isinstance(blocks, list) or not all(isinstance(block, dict) for block in blocks):
        checks.add("deplacement", "écrire chaque mode dans un bloc [[deplacement]]")
        blocks = []
    profiles: dict[str, TravelProfile] = {}
    for rank, block in enumerate(blocks, start=1):
        before = len(checks.problems)
        key = block.get("cle")
        if not isinstance(key, str) or not key.strip():
            key = f"deplacement n° {rank}"
        checks.block(key, block)
        if key in profiles:
            checks.add(key, "écrit dans deux blocs [[deplacement]]")
        if len(checks.problems) == before:
            profiles[key] = _profile(block, limits)
    missing = [key for key in KEYS if key not in profiles]
    if whole and missing and not checks.problems:
        checks.add(missing[0], "bloc [[deplacement]] manquant")
    refuse(checks.problems)
    return profiles, limits


def _document(file: Readable, *, path: str) -> dict[str, Any]:
    try:
        # Windows editors put a mark at the head of UTF-8 files, which TOML refuses.
        return tomllib.loads(file.read_bytes().decode("utf-8-sig").replace("\r\n", "\n"))
    except UnicodeDecodeError as error:
        what = "le fichier n'est pas en UTF-8 ; l'enregistrer dans cet encodage"
        raise CatalogueError(typeset(what), path=path) from error
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        what = f"syntaxe TOML incorrecte ({error}) ; vérifier guillemets, crochets et signe égal"
        raise CatalogueError(typeset(what), path=path) from error
    except OSError as error:
        what = "fichier introuvable ou illisible ; vérifier le chemin et les droits de lecture"
        raise CatalogueError(typeset(what), path=path) from error


class _Checks:
    """What is wrong in one file, gathered."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.problems: list[Problem] = []

    def add(self, key: str, what: str) -> None:
        """Note a problem of ``key``."""
        self.problems.append(Problem(what=typeset(what), path=self.path, line=None, key=key))

    def unknown(self, key: str, table: Mapping[str, object], known: Iterable[str]) -> None:
        """Note the keys of ``table`` that nothing reads."""
        for word in table:
            if word not in known:
                self.add(key or word, f"clé inconnue {quoted(word)} ; {nearest(word, known)}")

    def block(self, key: str, block: Mapping[str, Any]) -> None:
        """Note what is wrong in one ``[[deplacement]]``."""
        self.unknown(key, block, _ALL)
        absent = [name for name in _ALL if name not in block]
        for name in absent:
            self.add(key, f"clé manquante : {quoted(name)}")
        if absent:
            return
        # a key that is no text is told below, with the other texts
        if key not in KEYS and key == block["cle"]:
            self.add(key, f"déplacement inconnu ; {nearest(key, KEYS)}")
        self._texts(key, block)
        for name in _FLAGS:
            if not isinstance(block[name], bool):
                self.add(key, f"{quoted(name)} attend true ou false")
        self._values(key, block)

    def _values(self, key: str, block: Mapping[str, Any]) -> None:
        for name in _SPEEDS:
            self.numbers(key, name, block[name], least=0.0, most=FASTEST_KMH)
        for name in _FACTORS:
            self.numbers(key, name, block[name], least=0.0, most=1.0)
        for name, (least, most) in _NUMBERS.items():
            if not _is_number(block[name]) or not least <= block[name] <= most:
                self.add(key, f"{quoted(name)} attend un nombre de {least:g} à {most:g}")
        if not block["vitesses"]:
            self.add(key, f"{quoted('vitesses')} est vide : aucune route ne serait praticable")

    def _texts(self, key: str, block: Mapping[str, Any]) -> None:
        for name in _WORDS:
            if not isinstance(block[name], str) or not block[name].strip():
                self.add(key, f"{quoted(name)} attend un texte entre guillemets")
        for name in _TEXTS:
            value = block[name]
            if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
                self.add(key, f"{quoted(name)} attend une liste de textes")
            elif name == "interdits" and not all("=" in item for item in value):
                self.add(key, f"{quoted(name)} attend des textes de la forme clé=valeur")

    def numbers(self, key: str, name: str, table: object, *, least: float, most: float) -> None:
        """Note the values of a table that are not numbers above ``least`` and up to ``most``."""
        if not isinstance(table, dict):
            self.add(key, f"{quoted(name)} attend une table de nombres")
            return
        for word, value in table.items():
            if not _is_number(value) or not least < value <= most:
                unit = " km/h" if most == FASTEST_KMH else ""
                where = f"{quoted(f'{name}.{word}')} attend un nombre"
                self.add(key, f"{where} plus grand que {least:g}, au plus {most:g}{unit}")


def _is_number(value: object) -> bool:
    # for Python true is a number; for whoever writes the file it is not
    known = isinstance(value, int | float) and not isinstance(value, bool)
    return known and math.isfinite(float(str(value)))


def _profile(block: Mapping[str, Any], limits: Mapping[str, float]) -> TravelProfile:
    def numbers(name: str) -> Mapping[str, float]:
        return _frozen(block[name])

    pairs = (text.split("=", 1) for text in block["interdits"])
    return TravelProfile(
        key=block["cle"],
        label=typeset(block["libelle"]),
        manner=typeset(block["maniere"]),
        speeds=numbers("vitesses"),
        ceilings=numbers("plafonds"),
        permitted=numbers("autorisees"),
        limit_share=float(block["part_limite"]),
        limits=limits,
        surfaces=numbers("revetements"),
        tracktypes=numbers("chemins"),
        access=tuple(block["acces"]),
        closing=frozenset(block["ferme"]),
        opening=frozenset(block["ouvre"]),
        forbidden=tuple((key, value) for key, value in pairs),
        oneway=tuple(block["sens_uniques"]),
        contraflow=block["contresens"],
        barriers=frozenset(block["barrieres"]),
        ferry_kmh=float(block["bac_kmh"]),
        ferry_refused=tuple(block["bac_exclu_par"]),
        crossing_seconds=float(block["carrefour_secondes"]),
        signal_seconds=float(block["feu_secondes"]),
        access_kmh=float(block["acces_kmh"]),
        snap_km=float(block["rattachement_km"]),
        natures=numbers("natures"),
        importances=numbers("importances"),
        mean_speed=block["vitesse_moyenne"],
        ign_access=tuple(block["acces_ign"]),
        ign_closing=frozenset(block["ferme_ign"]),
    )


def _frozen(table: Mapping[str, float]) -> Mapping[str, float]:
    return MappingProxyType({key: float(value) for key, value in table.items()})
