"""From measures to what a page says: secrecy, scores, classes, headline, sentences, who answers."""

from cartoallier.diagnosis.actors import ActorTables, tell_actors
from cartoallier.diagnosis.completeness import completeness, epci_records
from cartoallier.diagnosis.composites import explain_missing, score
from cartoallier.diagnosis.flags import doubtful, flag_paths
from cartoallier.diagnosis.reliability import reliability, reliability_line, with_reliability
from cartoallier.diagnosis.secrecy import Protected, protect_coverage, protect_needs
from cartoallier.diagnosis.summary import Context, cut_needs, summarise
from cartoallier.diagnosis.travel_words import divided_communes, travelled
from cartoallier.diagnosis.variants import tell_variants

__all__ = [
    "ActorTables",
    "Context",
    "Protected",
    "completeness",
    "cut_needs",
    "divided_communes",
    "doubtful",
    "epci_records",
    "explain_missing",
    "flag_paths",
    "protect_coverage",
    "protect_needs",
    "reliability",
    "reliability_line",
    "score",
    "summarise",
    "tell_actors",
    "tell_variants",
    "travelled",
    "with_reliability",
]
