"""From measures to what a page says: secrecy, scores, classes, headline, sentences, who answers."""

from cartoallier.diagnosis.actors import ActorTables, tell_actors
from cartoallier.diagnosis.completeness import completeness, epci_records
from cartoallier.diagnosis.composites import explain_missing, score
from cartoallier.diagnosis.secrecy import Protected, protect_coverage, protect_needs
from cartoallier.diagnosis.summary import Context, summarise

__all__ = [
    "ActorTables",
    "Context",
    "Protected",
    "completeness",
    "epci_records",
    "explain_missing",
    "protect_coverage",
    "protect_needs",
    "score",
    "summarise",
    "tell_actors",
]
