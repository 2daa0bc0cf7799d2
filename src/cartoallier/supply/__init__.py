"""Supply: one reader per export, then places, secrecy and themes.

Neighbours use :func:`read_supply` for each declared source, :func:`gather` over the frames, then
:func:`assign_themes` once. Readers of one format are there for who wants a file as it is, before
the territory and before secrecy: what they return must not leave the machine.
"""

from cartoallier.supply.data_inclusion import read_data_inclusion
from cartoallier.supply.dora import read_dora
from cartoallier.supply.france_services import read_france_services
from cartoallier.supply.gathering import gather
from cartoallier.supply.reading import FORMATS, SupplyInput, read_supply
from cartoallier.supply.recognition import recognise
from cartoallier.supply.selection import assign_themes
from cartoallier.supply.soliguide import read_soliguide
from cartoallier.supply.tableau import COLUMNS, read_tableau
from cartoallier.supply.templates import TEMPLATES, is_untouched_template, template_text

__all__ = [
    "COLUMNS",
    "FORMATS",
    "TEMPLATES",
    "SupplyInput",
    "assign_themes",
    "gather",
    "is_untouched_template",
    "read_data_inclusion",
    "read_dora",
    "read_france_services",
    "read_soliguide",
    "read_supply",
    "read_tableau",
    "recognise",
    "template_text",
]
