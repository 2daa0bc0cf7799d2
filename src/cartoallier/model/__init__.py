"""The frozen types that rooms exchange, and their invariants.

Every type that holds a frame is ``eq=False`` and checks the frame once, when it is made:
whoever receives one need not check it again.
"""

from cartoallier.model.coverage import COVERAGE_COLUMNS, AccessParameters, Coverage
from cartoallier.model.finding import Finding, Findings, SourceRecord
from cartoallier.model.matching import matching
from cartoallier.model.needs import NEEDS_COLUMNS, Needs, Status
from cartoallier.model.run import ClassCount, Run, ThemeSummary
from cartoallier.model.supply import SERVICE_COLUMNS, TABLE_COLUMNS, Services, empty_services
from cartoallier.model.territory import Level, Passage, Territory
from cartoallier.model.theme import (
    ExpectedSupply,
    Indicator,
    Mode,
    Public,
    Selectors,
    Theme,
    Threshold,
)

__all__ = [
    "COVERAGE_COLUMNS",
    "NEEDS_COLUMNS",
    "SERVICE_COLUMNS",
    "TABLE_COLUMNS",
    "AccessParameters",
    "ClassCount",
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
    "SourceRecord",
    "Status",
    "Territory",
    "Theme",
    "ThemeSummary",
    "Threshold",
    "empty_services",
    "matching",
]
