"""Statistical secrecy of what leaves: no count of 1 to 10 people, nor the means of one.

The run measures with protected needs, then protects what it measured::

    protected = protect_needs(needs, territory=territory, indicators=indicators)
    coverage = measure(theme, weights=protected.needs.weights, ...)
    coverages, findings = protect_coverage(coverages, hidden=protected.hidden, territory=territory)
"""

from cartoallier.diagnosis.secrecy.coverage import protect_coverage
from cartoallier.diagnosis.secrecy.masking import Protected, protect_needs

__all__ = ["Protected", "protect_coverage", "protect_needs"]
