"""Roads: from a network file to minutes along the fastest path."""

from cartoallier.access.road.calibration import calibrate, density_classes
from cartoallier.access.road.network import Network
from cartoallier.access.road.reading import read_network
from cartoallier.access.road.road_engine import RoadEngine

__all__ = ["Network", "RoadEngine", "calibrate", "density_classes", "read_network"]
