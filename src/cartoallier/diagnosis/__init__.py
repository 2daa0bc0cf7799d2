"""From measures to what a page says: classes, headline, sentences."""

from cartoallier.diagnosis.summary import Context, summarise

__all__ = ["Context", "summarise"]
