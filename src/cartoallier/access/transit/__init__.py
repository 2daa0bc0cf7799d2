"""Public transport: from a GTFS feed to door-to-door minutes."""

from cartoallier.access.transit.gtfs import Feed, read_gtfs
from cartoallier.access.transit.timetable import Timetable, Window
from cartoallier.access.transit.transit_engine import Habits, TransitEngine
from cartoallier.access.transit.walking import Walk

__all__ = ["Feed", "Habits", "Timetable", "TransitEngine", "Walk", "Window", "read_gtfs"]
