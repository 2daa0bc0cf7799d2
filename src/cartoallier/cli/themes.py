"""How ``themes`` answers a machine."""

from __future__ import annotations

from typing import Any

from cartoallier.model import Theme


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
