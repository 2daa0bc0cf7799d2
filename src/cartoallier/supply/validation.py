"""Rows of data·inclusion v1 against its published schema: what is missing, what is invalid.

The types and constraints are those of the ``data-inclusion-schema`` package, applied column by
column to distinct values: one model per row would cost minutes on a national file. A row is
never dropped for what is found here.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from functools import cache, partial
from typing import Annotated, Any, TypeAlias

from data_inclusion.schema import v1  # type: ignore[import-untyped]  # no annotations published
from pydantic import BaseModel, TypeAdapter, ValidationError

from cartoallier.files import Rows, map_cells
from cartoallier.model import Finding
from cartoallier.supply import cells

_LISTS = frozenset(
    {"publics", "modes_accueil", "modes_mobilisation", "mobilisable_par", "reseaux_porteurs"}
)
_CODES = frozenset({"code_postal", "code_insee"})
# Read elsewhere with their own findings, or never kept at all (people, free texts, mails).
_ELSEWHERE = frozenset(
    {"longitude", "latitude", "thematiques", "zone_eligibilite", "courriel", "telephone"}
    | {"contact_nom_prenom", "commune", "adresse", "complement_adresse", "horaires_accueil"}
    | {"frais_precisions", "publics_precisions", "conditions_acces", "mobilisation_precisions"}
)
_ANY_TEXT = frozenset({"source", "id", "structure_id"})
_LENGTHS = {
    "nom": (3, 150, "nom de moins de 3 ou de plus de 150 caractères", "gardé"),
    "description": (
        5,
        10_000,
        "description de moins de 5 ou de plus de 10 000 caractères",
        "sans effet\u202f: elle n'est pas gardée",
    ),
}
_SHAPES = {
    "code_postal": "code postal qui n'a pas cinq chiffres",
    "code_insee": "code commune qui n'a pas cinq caractères",
    "siret": "SIRET qui n'a pas quatorze chiffres",
    "date_maj": "date de mise à jour illisible ou d'un autre siècle",
    "volume_horaire_hebdomadaire": "nombre d'heures par semaine invalide",
    "nombre_semaines": "nombre de semaines invalide",
}
_ALONE = "tous-publics"
_Verdict: TypeAlias = tuple[str, str] | None
"""What is wrong and what was done; ``None`` for an empty cell."""
_RIGHT = ("", "")


def validate_services(rows: Rows) -> list[Finding]:
    """Compare services with the ``Service`` model of data·inclusion v1.

    Args:
        rows: one row per service, under the names of the schema.

    Returns:
        One finding per missing or invalid cell; a field that no row fills is found once.
    """
    return list(_findings(rows, v1.Service))


def validate_structures(rows: Rows) -> list[Finding]:
    """Compare structures with the ``Structure`` model: see :func:`validate_services`."""
    return list(_findings(rows, v1.Structure))


@cache
def _adapters(model: type[BaseModel]) -> dict[str, tuple[bool, TypeAdapter[Any]]]:
    """Return, for each field judged here, whether it is required and what its type accepts."""
    return {
        name: (field.is_required(), TypeAdapter(_annotated(field.annotation, field.metadata)))
        for name, field in model.model_fields.items()
        if name not in _ELSEWHERE
    }


def _annotated(annotation: object, metadata: list[Any]) -> Any:  # noqa: ANN401
    # A type made while running: no static type describes it.
    return Annotated[annotation, *metadata] if metadata else annotation


def _findings(rows: Rows, model: type[BaseModel]) -> Iterator[Finding]:
    if not len(rows):
        return
    for name, (required, adapter) in _adapters(model).items():
        if name not in rows and not required:
            continue
        yield from _of_column(rows, name, required=required, adapter=adapter)


def _of_column(
    rows: Rows, name: str, *, required: bool, adapter: TypeAdapter[Any]
) -> Iterator[Finding]:
    if name in _ANY_TEXT:
        judge: Callable[[object], _Verdict] = _is_there
    elif name in _LENGTHS:
        judge = partial(_judge_length, name)
    else:
        judge = partial(_judge, name, adapter=adapter)
    absent: list[int] = []
    for verdict, raw, line in zip(
        map_cells(rows.column(name), judge), rows.column(name), rows.lines, strict=True
    ):
        if verdict is None:
            absent.append(line)
        elif verdict[0]:
            yield Finding(
                file=rows.file,
                line=line,
                column=name,
                value=_shown(name, raw),
                what=verdict[0],
                action=verdict[1],
            )
    if required:
        yield from _missing(rows, name, absent)


def _missing(rows: Rows, name: str, absent: list[int]) -> Iterator[Finding]:
    # A field nobody fills is one thing to ask for, not as many as there are rows.
    everywhere = len(absent) == len(rows)
    for line in [None] if everywhere else absent:
        yield Finding(
            file=rows.file,
            line=line,
            column=name,
            what=f"champ obligatoire absent\u00a0: {name}",
            action="fiches gardées\u202f; à demander au producteur"
            if everywhere
            else "fiche gardée\u202f; à compléter par le producteur",
        )


def _is_there(raw: object) -> _Verdict:
    return _RIGHT if (raw.strip() if isinstance(raw, str) else cells.text(raw)) else None


def _judge_length(name: str, raw: object) -> _Verdict:
    # Hundreds of characters each, nearly all different: no model is needed to count them.
    size = len(raw.strip()) if isinstance(raw, str) else len(cells.text(raw))
    if not size:
        return None
    shortest, longest, what, action = _LENGTHS[name]
    return _RIGHT if shortest <= size <= longest else (what, action)


def _judge(name: str, raw: object, *, adapter: TypeAdapter[Any]) -> _Verdict:
    """Return what is wrong with a cell and what was done; ``None`` when it is empty."""
    value = _value(name, raw)
    if value in (None, "", []):
        return None
    if name == "date_maj":
        return _RIGHT if cells.date(value) else (_SHAPES[name], "date ignorée")
    try:
        adapter.validate_python(value)
    except ValidationError:
        return _explain(name, value, adapter)
    if name == "publics" and isinstance(value, list) and _ALONE in value and len(value) > 1:
        return "«\u00a0tous-publics\u00a0» à côté d'autres publics", "gardé tel quel"
    return _RIGHT


def _value(name: str, raw: object) -> object:
    if name in _LISTS:
        return list(cells.words(raw))
    if isinstance(raw, float) and math.isnan(raw):
        return None
    return raw.strip() if isinstance(raw, str) else raw


def _explain(name: str, value: object, adapter: TypeAdapter[Any]) -> tuple[str, str]:
    if name in _CODES:
        try:
            adapter.validate_python(cells.code(value))
        except ValidationError:
            return _SHAPES[name], "à corriger dans le fichier d'origine"
        return _RIGHT  # what a spreadsheet took away is counted where codes are put right
    if name in _SHAPES:
        return _SHAPES[name], "valeur ignorée"
    if name.startswith(("lien_", "site_", "accessibilite_")):
        return f"adresse web invalide\u00a0: {name}", "valeur ignorée"
    return f"valeur inconnue du schéma data·inclusion\u00a0: {name}", "gardée telle quelle"


def _shown(name: str, raw: object) -> str:
    if name == "description":
        return ""
    written = ", ".join(cells.words(raw)) if name in _LISTS else cells.text(raw)
    return written if len(written) <= 80 else written[:79] + "…"
