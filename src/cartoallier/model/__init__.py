"""The frozen types that rooms exchange, and their invariants.

Every type that holds a frame is ``eq=False`` and checks the frame once, when it is made:
whoever receives one need not check it again.
"""

from cartoallier.model.calibration import CALIBRATION_COLUMNS, Calibration
from cartoallier.model.country import COUNTRY_COLUMNS, Country
from cartoallier.model.coverage import COVERAGE_COLUMNS, AccessParameters, Coverage
from cartoallier.model.finding import Finding, Findings, SourceRecord
from cartoallier.model.matching import matching
from cartoallier.model.measures import (
    BASKET_COLUMNS,
    FLAG_COLUMNS,
    INDICATIVE,
    MEASURE_COLUMNS,
    ORDER,
    RELIABILITY_COLUMNS,
    RELIABLE,
    VARIANT_COLUMNS,
)
from cartoallier.model.needs import HELD_COLUMNS, NEEDS_COLUMNS, VALUED, Needs, Status, no_values
from cartoallier.model.run import Bivariate, ClassCount, Run, ThemeSummary
from cartoallier.model.scores import SCORE_COLUMNS
from cartoallier.model.simulation import Simulation
from cartoallier.model.supply import SERVICE_COLUMNS, TABLE_COLUMNS, Services, empty_services
from cartoallier.model.territory import Level, Passage, Territory
from cartoallier.model.theme import (
    Composite,
    ExpectedSupply,
    Indicator,
    Mode,
    Public,
    Selectors,
    Theme,
    Threshold,
)

__all__ = [
    "BASKET_COLUMNS",
    "CALIBRATION_COLUMNS",
    "COUNTRY_COLUMNS",
    "COVERAGE_COLUMNS",
    "FLAG_COLUMNS",
    "HELD_COLUMNS",
    "INDICATIVE",
    "MEASURE_COLUMNS",
    "NEEDS_COLUMNS",
    "ORDER",
    "RELIABILITY_COLUMNS",
    "RELIABLE",
    "SCORE_COLUMNS",
    "SERVICE_COLUMNS",
    "TABLE_COLUMNS",
    "VALUED",
    "VARIANT_COLUMNS",
    "AccessParameters",
    "Bivariate",
    "Calibration",
    "ClassCount",
    "Composite",
    "Country",
    "Coverage",
    "ExpectedSupply",
    "Finding",
    "Findings",
    "Indicator",
    "Level",
    "Mode",
    "Needs",
    "Passage",
    "Public",
    "Run",
    "Selectors",
    "Services",
    "Simulation",
    "SourceRecord",
    "Status",
    "Territory",
    "Theme",
    "ThemeSummary",
    "Threshold",
    "empty_services",
    "matching",
    "no_values",
]
