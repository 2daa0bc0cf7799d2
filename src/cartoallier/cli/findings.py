"""How ``verifier`` and ``themes`` print their answers."""

from __future__ import annotations

import json
from typing import Any

from cartoallier.model import Theme
from cartoallier.model.finding import count_by_observation
from cartoallier.model.french import number
from cartoallier.pipeline import Reading

EXAMPLES = 3


def print_findings(reading: Reading) -> None:
    """Print each source, then what was found in it, with counts and examples."""
    groups = count_by_observation(reading.findings)
    for source in reading.sources:
        kept, read = number(source.rows_kept), number(source.rows_read)
        print(f"{source.path} ({source.format}) : {kept} lignes gardées sur {read}")
        for reason, count in source.dropped.items():
            print(f"  - {number(count)} écartée(s) : {reason}")
        for (file, what), found in groups.items():
            if file != source.path:
                continue
            print(f"  - {what} : {number(len(found))} fois ; {found[0].action}")
            for finding in found[:EXAMPLES]:
                line = "" if finding.line is None else f"ligne {finding.line}"
                place = ", ".join(part for part in (line, finding.column, finding.value) if part)
                print(f"      {place}")


def findings_as_json(reading: Reading) -> str:
    """Return the same for machines."""
    groups = count_by_observation(reading.findings)
    content = {
        "sources": [
            {
                "fichier": source.path,
                "format": source.format,
                "lignes_lues": source.rows_read,
                "lignes_gardees": source.rows_kept,
                "lignes_ecartees": source.dropped,
                "constats": [
                    {
                        "constat": what,
                        "nombre": len(found),
                        "action": found[0].action,
                        "exemples": [
                            {"ligne": f.line, "colonne": f.column, "valeur": f.value}
                            for f in found[:EXAMPLES]
                        ],
                    }
                    for (file, what), found in groups.items()
                    if file == source.path
                ],
            }
            for source in reading.sources
        ],
        "erreurs": [{"fichier": name, "message": text} for name, text in reading.errors],
        "modeles_vides": list(reading.skipped),
    }
    return json.dumps(content, ensure_ascii=False, indent=2)


def theme_as_dict(theme: Theme) -> dict[str, Any]:
    """Return what a machine may want of a theme."""
    return {
        "id": theme.key,
        "code": theme.code,
        "axe": theme.axis,
        "titre": theme.title,
        "titre_court": theme.short_title,
        "mode": theme.mode.value,
        "seuil_min": None if theme.retained is None else theme.retained.minutes,
        "seuils": [{"id": t.id, "libelle": t.label, "statut": t.status} for t in theme.thresholds],
        "classes": list(theme.classes),
        "publics": [public.value for public in theme.publics],
        "besoins": list(theme.needs),
        "offre": theme.supply,
        "offre_attendue": [kind.label for kind in theme.expected],
        "sensible": theme.sensitive,
    }
