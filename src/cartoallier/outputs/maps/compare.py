"""« Comparer deux thèmes »: two linked maps and one table, whichever two themes are chosen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cartoallier.model import Level, Mode, Run, Theme, ThemeSummary
from cartoallier.model.french import NO_BREAK, typeset
from cartoallier.outputs.maps.assets import Inline, licensed, read
from cartoallier.outputs.maps.cells import EMPTY, missing, number, percent
from cartoallier.outputs.maps.geometry import Drawing
from cartoallier.outputs.maps.page import environment
from cartoallier.outputs.maps.payload import encode, territory_json
from cartoallier.outputs.maps.tints import Tint, threshold, tints

KEY = "comparer"
"""Name of the page, under ``cartes/``."""
TITLE = "Comparer deux thèmes"
VIEWS = {
    "acces": ("Accès, par commune", ("minutes", "zone")),
    "part": ("Part de la population au-delà du seuil, par EPCI", ("part",)),
    "besoin": ("Besoin", ("besoin",)),
    "croise": ("Besoin et durée d’accès croisés, par commune", ("croise",)),
}
"""What the maps may show -> its name, and the keys of the tints that show it."""
LINES = "0123456789abcdefghijklmnopqrstuvwxyz"
"""How the line of the legend a zone stands on is written in a row of zones."""
NO_LINE = "_"
FIGURES = ("duree_min", "part_hors_seuil", "population_hors_seuil", "part_couverte")
"""Columns of the coverage the table compares."""


def compare_page(run: Run, drawing: Drawing, *, links: tuple[str, ...] = ()) -> str:
    """Return the page that compares two themes, a single file; ``""`` with fewer than two.

    Args:
        run: what to show.
        drawing: its shapes.
        links: files beside the atlas, offered to download.
    """
    if len(run.themes) < 2:
        return ""
    themes = [_theme(run, theme, drawing) for theme in run.themes]
    offered = [key for key in VIEWS if any(key in theme["views"] for theme in themes)]
    inline = Inline(
        scripts=(licensed("leaflet.js"), read("comparer.js")),
        styles=(read("leaflet.css"), read("page.css"), read("comparer.css")),
    )
    return (
        environment()
        .get_template("comparer.html.j2")
        .render(
            run=run,
            title=TITLE,
            views=[(key, VIEWS[key][0]) for key in offered],
            axes=_axes(run),
            notes=_notes(run),
            links=links,
            inline=inline,
            territory_json=territory_json(run, drawing),
            compare_json=encode(
                {
                    "communes": _communes(run),
                    "groupings": _groupings(run, drawing),
                    "zones": _zones(run),
                    "themes": themes,
                    "first": _first_pair(themes),
                }
            ),
        )
    )


def _axes(run: Run) -> list[tuple[int, list[Theme]]]:
    axes = sorted({theme.axis for theme in run.themes})
    return [(axis, [t for t in run.themes if t.axis == axis]) for axis in axes]


def _inside(run: Run) -> list[str]:
    communes = run.territory.communes
    return [str(code) for code in communes.index[communes["inside"]]]


def _communes(run: Run) -> list[tuple[str, str]]:
    names = run.territory.communes["name"]
    return [(code, str(names[code])) for code in _inside(run)]


def _groupings(run: Run, drawing: Drawing) -> list[tuple[str, str]]:
    zones = run.territory.zones
    epci = zones[zones["level"] == Level.EPCI].drop_duplicates("code")
    names = dict(zip(epci["code"].astype(str), epci["name"].astype(str), strict=True))
    return [(code, names.get(code, code)) for code in drawing.groupings]


def _zones(run: Run) -> list[tuple[str, str]]:
    """Return name and population of the rows of the table; the département is the last one."""
    return [
        (
            f"{row['nom']} (partie dans le département)"
            if row["maille"] == Level.EPCI and row["perimetre"] == "partie"
            else str(row["nom"]),
            number(row["population"]),
        )
        for row in _rows(run, run.themes[0])
    ]


def _rows(run: Run, theme: Theme) -> list[Mapping[str, Any]]:
    coverage = run.coverages[theme.key]
    return [
        {str(key): value for key, value in row.items()}
        for level in (Level.EPCI, Level.DEPARTEMENT)
        for row in coverage.rows(level=level).to_dict("records")
    ]


def _theme(run: Run, theme: Theme, drawing: Drawing) -> dict[str, Any]:
    """Return what the page needs of one theme; figures are written as they are printed."""
    summary, coverage = run.summaries[theme.key], run.coverages[theme.key]
    bound = threshold(run, theme)
    worth = coverage.rows(level=Level.DEPARTEMENT)["fiabilite"].dropna()
    minutes = coverage.rows(level=Level.COMMUNE).set_index("code")["duree_min"]
    known = {tint.key: tint for tint in tints(run, theme)}
    return {
        "key": theme.key,
        "title": theme.short_title,
        "headline": summary.headline,
        "worth": str(worth.iloc[0]) if len(worth) else "",
        "missing": ", ".join(summary.missing),
        "uncrossed": _uncrossed(theme, summary),
        "limit": (
            "au-delà du seuil" if bound is None else f"à plus de {number(bound)}{NO_BREAK}minutes"
        ),
        "minutes": (
            [number(minutes.get(code), decimals=1) for code in _inside(run)]
            if minutes.notna().any()
            else []
        ),
        "figures": [_figures(row) for row in _rows(run, theme)],
        "views": {
            key: _view(run, drawing, known[one])
            for key, (_, keys) in VIEWS.items()
            for one in keys
            if one in known
        },
    }


def _figures(row: Mapping[str, Any]) -> list[str]:
    """Return the figures of a zone, ready to print, in the order of :data:`FIGURES`."""
    minutes, share, people, covered = (row[name] for name in FIGURES)
    shown = (number(minutes, decimals=1), percent(share), number(people), percent(covered))
    return ["" if text == EMPTY else text for text in shown]


def _view(run: Run, drawing: Drawing, tint: Tint) -> dict[str, Any]:
    codes = list(drawing.groupings) if tint.level == Level.EPCI else _inside(run)
    held = (tint.lines.get(code) for code in codes)
    return {
        "title": tint.title,
        "level": str(tint.level),
        "word": tint.zone_word,
        "lines": "".join(NO_LINE if line is None else LINES[line] for line in held),
        "legend": [(row.swatch, row.label, number(row.zones), number(row.inhabitants))
                   for row in tint.legend],
        "notes": tint.notes,
        "grid": tint.grid and {
            "title": f"{tint.grid.row_title} (lignes) × {tint.grid.column_title} (colonnes)",
            "rows": tint.grid.rows,
            "columns": tint.grid.columns,
        },
    }  # fmt: skip


def _uncrossed(theme: Theme, summary: ThemeSummary) -> str:
    """Say why a theme has no map of need and access crossed, ``""`` when it has one."""
    if summary.bivariate is not None:
        return ""
    if theme.mode != Mode.PROXIMITY:
        why = "il ne se mesure pas en minutes"
    elif not summary.access_class.notna().any():
        why = "aucune durée n’est mesurée"
    elif summary.need_indicator is None or not summary.need_class.notna().any():
        why = "aucun besoin n’est chiffré"
    elif summary.need_level != Level.COMMUNE:
        why = "le besoin n’est pas publié par commune"
    else:
        why = (
            "trop peu de communes ont un besoin et une durée, "
            "ou le besoin ne se partage pas en trois classes"
        )
    return typeset(f"Pas de carte croisée pour ce thème : {why} ; la carte montre l’accès.")


def _first_pair(themes: list[dict[str, Any]]) -> tuple[str, str]:
    """Return the two themes shown when the address names none: the first with a distance."""
    ranked = sorted(themes, key=lambda theme: not theme["minutes"])
    return ranked[0]["key"], ranked[1]["key"]


def _notes(run: Run) -> tuple[tuple[str, str], ...]:
    territory = run.territory
    sources = (f"{s.label}, {s.licence}" if s.licence else s.label for s in run.sources)
    lines = [
        (
            "Champ",
            f"habitants du département {territory.departement_code} "
            f"({territory.departement_name}), {territory.vintage}, et de ses EPCI ; un EPCI qui "
            "passe la limite a deux lignes, entier et partie dans le département.",
        ),
        (
            "Méthode",
            "les écarts sont ceux des chiffres affichés, B moins A ; chaque thème garde son propre "
            "seuil. Un chiffre absent n’est jamais un zéro : il n’a pas d’écart.",
        ),
    ]
    if run.method:
        lines.append(("Durées", run.method))
    lines.append(("Source", " ; ".join(dict.fromkeys(sources))))
    return tuple((head, typeset(words)) for head, words in lines if not missing(words))
