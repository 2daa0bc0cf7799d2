"""Every style of a run, by layer."""

from __future__ import annotations

from cartoallier.model import Run
from cartoallier.outputs.styles.ground import overlay_styles, place_styles, territory_styles
from cartoallier.outputs.styles.legends import levels_drawn, theme_legends
from cartoallier.outputs.styles.style import LayerStyle
from cartoallier.outputs.styles.thematic import (
    need_styles,
    score_styles,
    theme_styles,
)


def layer_styles(run: Run) -> tuple[LayerStyle, ...]:
    """Return the styles of a run, in the order of its layers; each layer has one by default.

    Classes, colours and labels are those of the atlas; nothing is computed here.
    """
    levels = levels_drawn(run)
    made = {theme.key: theme_legends(run, theme, levels) for theme in run.themes}
    return (
        *territory_styles(run),
        *place_styles(run),
        *need_styles(run, made),
        *score_styles(run),
        *overlay_styles(run),
        *theme_styles(run, made),
    )
