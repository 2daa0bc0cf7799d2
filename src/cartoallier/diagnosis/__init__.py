"""From measures to what a page says: classes, headline, sentences, who answers."""

from cartoallier.diagnosis.actors import ActorTables, tell_actors
from cartoallier.diagnosis.completeness import completeness, epci_records
from cartoallier.diagnosis.summary import Context, summarise

__all__ = [
    "ActorTables",
    "Context",
    "completeness",
    "epci_records",
    "summarise",
    "tell_actors",
]
