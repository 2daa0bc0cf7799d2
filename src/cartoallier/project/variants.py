"""The blocks ``[[variante]]`` of a project: what is run beside the base."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from cartoallier.model import AccessParameters, Mode, Theme
from cartoallier.model.variant import Variant
from cartoallier.project.access import ENGINES
from cartoallier.project.dropping import relative
from cartoallier.project.keys import Keys

CHANGES = (
    "seuil_min", "seuils", "moteur", "detour", "vitesse_kmh", "plancher_intracommunal",
    "sources_exclues", "sans_voisins", "fermetures", "ajouts",
)  # fmt: skip
KEYS = ("nom", *CHANGES, "themes")
"""Keys of a ``[[variante]]``."""


def read_variants(
    root: Keys,
    folder: Path,
    *,
    themes: Mapping[str, Theme],
    sources: Mapping[str, Path],
    parameters: AccessParameters,
    roads: bool,
) -> tuple[Variant, ...]:
    """Read the variants of a project.

    Args:
        root: the project file.
        folder: what its paths are relative to.
        themes: of the catalogue.
        sources: files of supply of the project, by name.
        parameters: of access, in the base.
        roads: the project gives a road network.

    Raises:
        ProjectError: an unknown key, a wrong value, a missing file, a variant that changes
            nothing, two of the same name.
    """
    found: list[Variant] = []
    for block in root.blocks("variante", KEYS):
        name = " ".join(block.require("nom").split())
        if not name:
            raise block.fail("nom", "cette clé est obligatoire")
        if any(name == one.name for one in found):
            raise block.fail("nom", f"deux variantes s’appellent « {name} » ; changez un des noms")
        closed, closed_file = _closed(block, folder)
        added = _added(block, folder, sources)
        variant = Variant(
            name=name,
            threshold=block.number("seuil_min", None, lower=1, upper=600),
            thresholds=_thresholds(block, themes),
            engine=_engine(block, parameters, roads=roads),
            detour=block.number("detour", None, lower=1, upper=5),
            speed_kmh=block.number("vitesse_kmh", None, lower=1, upper=130),
            floor=_floor(block),
            without_sources=_listed(block, "sources_exclues", sources),
            without_neighbours=block.flag("sans_voisins", default=False),
            closed=closed,
            closed_file=closed_file,
            closed_name=relative(closed_file, folder) if closed_file else "",
            added=added,
            added_name=relative(added, folder) if added else "",
            themes=_compared(block, themes),
        )
        _check(block, variant, parameters)
        found.append(variant)
    return tuple(found)


def _check(block: Keys, variant: Variant, parameters: AccessParameters) -> None:
    """Refuse a variant that changes nothing, or whose changes do not go together."""
    changed = variant.supplies or variant.threshold is not None or bool(variant.thresholds)
    travels = variant.engine not in {"", parameters.engine} or any(
        one is not None for one in (variant.detour, variant.speed_kmh, variant.floor)
    )
    if not changed and not travels:
        raise block.fail(
            "nom", f"cette variante ne change rien ; donnez au moins une clé : {', '.join(CHANGES)}"
        )
    if variant.threshold is not None and variant.thresholds:
        raise block.fail("seuils", "donnez « seuil_min » ou « seuils », pas les deux")
    if (variant.engine or parameters.engine) != "route":
        return
    for key in ("detour", "vitesse_kmh"):
        if key in block.content:
            raise block.fail(
                key,
                "cette clé ne sert qu’à vol d’oiseau ; "
                'ajoutez « moteur = "vol_oiseau" » à la variante, ou retirez-la',
            )


def _engine(block: Keys, parameters: AccessParameters, *, roads: bool) -> str:
    engine = block.word("moteur", ENGINES) or ""
    if engine == "route" and not roads:
        raise block.fail(
            "moteur",
            "le moteur « route » demande un fichier de routes ; donnez-le avec « reseau » dans "
            "la section [acces]",
        )
    return "" if engine == parameters.engine else engine


def _floor(block: Keys) -> bool | None:
    if "plancher_intracommunal" not in block.content:
        return None
    return block.flag("plancher_intracommunal", default=True)


def _thresholds(block: Keys, themes: Mapping[str, Theme]) -> dict[str, float]:
    section = block.section("seuils", list(themes))
    found = {}
    for key in section.content:
        _in_minutes(section, key, themes[key])
        minutes = section.number(key, None, lower=1, upper=600)
        if minutes is not None:
            found[key] = minutes
    return found


def _compared(block: Keys, themes: Mapping[str, Theme]) -> tuple[str, ...]:
    keys = block.words("themes", list(themes))
    for key in keys:
        _in_minutes(block, "themes", themes[key])
    return keys


def _in_minutes(keys: Keys, key: str, theme: Theme) -> None:
    if theme.mode is not Mode.PROXIMITY:
        raise keys.fail(
            key, f"le thème « {theme.key} » ne se mesure pas en minutes ; retirez-le de la variante"
        )


def _closed(block: Keys, folder: Path) -> tuple[tuple[str, ...], Path | None]:
    """Read ``fermetures``: ids, or the table that holds them."""
    if isinstance(block.content.get("fermetures"), str):
        return (), block.path("fermetures", folder)
    return _texts(block, "fermetures", "une liste d’identifiants ou un fichier"), None


def _added(block: Keys, folder: Path, sources: Mapping[str, Path]) -> Path | None:
    path = block.path("ajouts", folder)
    if path is None:
        return None
    if any(path.resolve() == one.resolve() for one in sources.values()):
        raise block.fail(
            "ajouts",
            "ce fichier est aussi lu comme offre existante ; rangez-le hors du dossier « offre » "
            "et des blocs [[offre]]",
        )
    return path


def _listed(block: Keys, key: str, valid: Iterable[str]) -> tuple[str, ...]:
    """Return a list of words, each one of those valid."""
    names = list(valid)
    for value in _texts(block, key, "une liste de noms de fichiers"):
        if not names:
            raise block.fail(key, "le projet ne lit aucun fichier d’offre ; retirez cette clé")
        Keys({key: value}, block.file, prefix=block.prefix).word(key, names)
    return _texts(block, key, "")


def _texts(block: Keys, key: str, words: str) -> tuple[str, ...]:
    values: object = block.content.get(key, [])
    if not isinstance(values, list) or not all(isinstance(one, str) for one in values):
        raise block.fail(key, f"la valeur attendue est {words}, pas « {values} »")
    texts: Sequence[str] = values
    return tuple(dict.fromkeys(text.strip() for text in texts if text.strip()))
