"""What a catalogue holds, frozen."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from cartoallier.model import Composite, Indicator, Selectors, Theme, Threshold


class Body(StrEnum):
    """Who answers for a place; the value is what tables print."""

    DEPARTEMENT = "Département"
    STATE = "État et opérateurs"
    SOCIAL_SECURITY = "sécurité sociale"
    COMMUNES = "communes et EPCI"
    ASSOCIATIONS = "associations"
    UNKNOWN = "non déterminé"


class Use(StrEnum):
    """The block of the project file a format name is written in."""

    SUPPLY = "offre"
    NEED = "besoin"


@dataclass(frozen=True, kw_only=True)
class Source:
    """Where figures or services come from, as pages name it.

    Attributes:
        id: key (``rp2021``; for a supply export, the name of its format).
        label: French name.
        producer: who makes it.
        licence: its licence, ``""`` when unknown.
        mention: the words to print; the date of the data follows them.
        completeness: what it holds and does not hold, in French.
    """

    id: str
    label: str
    producer: str
    licence: str
    mention: str
    completeness: str


@dataclass(frozen=True, kw_only=True)
class Format:
    """A name that ``format = "…"`` accepts in the project file.

    Attributes:
        name: the word itself (``dora``).
        use: in which block.
        label: what it is, in French.
        readable: whether this version can read it.
    """

    name: str
    use: Use
    label: str
    readable: bool


@dataclass(frozen=True, kw_only=True)
class AnswerRule:
    """What makes a body answerable for a place.

    Attributes:
        id: key.
        body: who answers.
        selectors: words of the record that say so; the pattern is also held against its carrier.
        producers: formats of files, or producers of data·inclusion records, that say so.
    """

    id: str
    body: Body
    selectors: Selectors
    producers: frozenset[str] = frozenset()


@dataclass(frozen=True, eq=False, kw_only=True)
class Catalogue:
    """Everything the catalogue declares; each mapping is in the order of the files.

    Attributes:
        themes: key -> theme.
        thresholds: id -> threshold.
        indicators: id -> indicator.
        composites: id -> profile of poor households, then aggravating factor.
        sources: id -> source.
        formats: every format name, readable or not.
        answers: who answers for a place, the first rule that matches winning.
    """

    themes: dict[str, Theme]
    thresholds: dict[str, Threshold]
    indicators: dict[str, Indicator]
    sources: dict[str, Source]
    formats: tuple[Format, ...]
    answers: tuple[AnswerRule, ...] = ()
    composites: dict[str, Composite] = field(default_factory=dict)

    def format_names(self, use: Use, *, readable: bool = False) -> tuple[str, ...]:
        """Return the format names of one use, in the order of the catalogue.

        Args:
            use: supply or need.
            readable: only those this version can read.
        """
        return tuple(f.name for f in self.formats if f.use is use and (f.readable or not readable))
