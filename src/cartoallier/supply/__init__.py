"""Supply: one reader per export, then places, secrecy, merging, dates and themes.

Neighbours use :func:`read_supply` for each declared source, then over all of them
:func:`gather`, :func:`hide_twins`, :func:`merge`, :func:`judge`, :func:`assign_themes`,
:func:`assign_responsables` and :func:`settle_levels`, in that order. Readers of one format are
there for who wants a file as it is, before the territory and before secrecy: what they return
must not leave the machine.
"""

from cartoallier.supply.answering import assign_responsables
from cartoallier.supply.correspondence import read_correspondence, write_correspondence
from cartoallier.supply.data_inclusion import read_data_inclusion
from cartoallier.supply.dora import read_dora
from cartoallier.supply.france_services import read_france_services
from cartoallier.supply.gathering import gather
from cartoallier.supply.geocoding import Geocoder
from cartoallier.supply.itinerant import stops_table
from cartoallier.supply.judging import judge
from cartoallier.supply.levels import secret_counts, settle_levels
from cartoallier.supply.merging import Decisions, merge
from cartoallier.supply.reading import FORMATS, SupplyInput, read_supply
from cartoallier.supply.recognition import UnrecognisedError, recognise
from cartoallier.supply.selection import assign_themes
from cartoallier.supply.soliguide import read_soliguide
from cartoallier.supply.tableau import COLUMNS, read_tableau
from cartoallier.supply.templates import TEMPLATES, is_untouched_template, template_text
from cartoallier.supply.twins import hide_twins

__all__ = [
    "COLUMNS",
    "FORMATS",
    "TEMPLATES",
    "Decisions",
    "Geocoder",
    "SupplyInput",
    "UnrecognisedError",
    "assign_responsables",
    "assign_themes",
    "gather",
    "hide_twins",
    "is_untouched_template",
    "judge",
    "merge",
    "read_correspondence",
    "read_data_inclusion",
    "read_dora",
    "read_france_services",
    "read_soliguide",
    "read_supply",
    "read_tableau",
    "recognise",
    "secret_counts",
    "settle_levels",
    "stops_table",
    "template_text",
    "write_correspondence",
]
