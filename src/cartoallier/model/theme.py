"""Themes and indicators: what the catalogue declares, frozen."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class Mode(StrEnum):
    """How a theme decides that a place is covered (DOMAIN §2.0)."""

    PROXIMITY = "proximity"
    ZONE = "zone"
    CAPACITY = "capacity"
    PRESENCE = "presence"
    ORGANISATIONAL = "organisational"


class Public(StrEnum):
    """People a measure is about; the value is what ``couverture.csv`` prints."""

    ALL = "ensemble"
    UNDER_20 = "moins_20"
    OVER_65 = "65_plus"
    AGED_0_2 = "0_2"
    AGED_12_25 = "12_25"
    POOR_HOUSEHOLDS = "menages_pauvres"


@dataclass(frozen=True, kw_only=True)
class Threshold:
    """A rule of access, and the authority it has.

    Attributes:
        id: key in the registry (``FS_30``).
        label: the rule in French, as pages print it.
        minutes: the bound in minutes, ``None`` when the rule is not a duration.
        transport: ``voiture``, ``marche``, ``transport`` (unspecified), or ``""``.
        status: ``sourcé`` when a source was read, else ``seuil de travail``.
        source: the source, or why there is none.
    """

    id: str
    label: str
    minutes: float | None
    transport: str
    status: str
    source: str

    @property
    def by_car(self) -> bool:
        """Whether the crow-fly car model can be held against it."""
        return self.minutes is not None and self.transport in {"voiture", "transport"}


@dataclass(frozen=True, kw_only=True)
class Selectors:
    """Vocabulary that recognises a service; one match in one vocabulary is enough.

    ``publics`` never selects alone: half of the services declare none.
    """

    di_v1: frozenset[str] = frozenset()
    di_v0: frozenset[str] = frozenset()
    typologies: frozenset[str] = frozenset()
    publics: frozenset[str] = frozenset()
    networks: frozenset[str] = frozenset()
    soliguide: frozenset[str] = frozenset()
    soliguide_legacy: frozenset[str] = frozenset()
    finess: frozenset[str] = frozenset()
    bpe: frozenset[str] = frozenset()
    name_pattern: str = ""


@dataclass(frozen=True, kw_only=True)
class ExpectedSupply:
    """One kind of place a theme expects (« offre attendue »), and how to recognise it.

    Attributes:
        label: the kind in French, as pages print it (« MSD »).
        letter: the one- or two-letter mark of this kind beside its number on the map.
        selectors: what recognises it among the services of the theme.
    """

    label: str
    letter: str
    selectors: Selectors


@dataclass(frozen=True, kw_only=True)
class Theme:
    """One question of Annex 1: need, supply, norm.

    Attributes:
        key: identifier on the command line and in files (``premier_accueil_social``).
        code: ``A3.3``.
        axis: 1 to 4.
        title: French, from Annex 1.
        short_title: French, at most 45 characters, for lists and small maps.
        mode: how coverage is decided.
        needs: need indicators in words, French.
        indicators: ids of catalogue indicators that can be drawn as its need today.
        stand_ins: ids of indicators drawn where none of ``indicators`` can be: a trait of the
            public of the theme, never its need; a page that draws one says so.
        supply: expected supply in words, French.
        expected: the kinds of places expected, for « compté / non reçu ».
        selectors: what makes a service answer the theme.
        thresholds: rules, the first in minutes by car being the one retained.
        classes: bounds in minutes of the access classes, increasing.
        publics: people concerned beyond everybody.
        focus: the one of ``publics`` the theme is about before all, if there is one.
        sensitive: never draw a point.
        note: method note, French.
    """

    key: str
    code: str
    axis: int
    title: str
    short_title: str
    mode: Mode
    needs: tuple[str, ...] = ()
    indicators: tuple[str, ...] = ()
    stand_ins: tuple[str, ...] = ()
    supply: str = ""
    expected: tuple[ExpectedSupply, ...] = ()
    selectors: Selectors = field(default_factory=Selectors)
    thresholds: tuple[Threshold, ...] = ()
    classes: tuple[float, ...] = (10, 15, 20, 30)
    publics: tuple[Public, ...] = ()
    focus: Public | None = None
    sensitive: bool = False
    note: str = ""

    @property
    def retained(self) -> Threshold | None:
        """The first threshold in minutes by car, or ``None``."""
        return next((t for t in self.thresholds if t.by_car), None)


@dataclass(frozen=True, kw_only=True)
class Indicator:
    """A need indicator.

    Attributes:
        id: key (``part_65_plus``).
        label: French name, as legends print it.
        unit: ``personnes``, ``logements``, ``%``…
        kind: ``effectif`` (summed), ``taux``, ``niveau`` (median, decile) or ``indice``.
        numerator: for a rate computed here, the id of the count above the line; ``""`` for a rate
            published as such.
        weight: for a rate, the id of the count below the line, which also weights its mean;
            ``""``: never aggregated.
        source: id of the source in the catalogue.
        vintage: year of the figures shipped; ``""``: that of the file.
        breaks: class bounds for the map, in the unit; empty: none frozen yet.
        codes: how files write it, see :mod:`cartoallier.needs.codes`: names of columns where
            ``{aa}`` is the year, sums and differences of them, after ``SHEET!`` when it is that of
            a sub-population.
        melodi: its code in Melodi files (``PR_MD60``).
        direction: ``+`` when more of it is more need, ``-`` when less is, ``""`` for neither.
        bounds: plausible lowest and highest value of an EPCI, in the unit, or ``None``.
        floor: lowest value that is published; it stands for itself or less. ``None``: no floor.
        secret_below: own outputs hide a count from 1 to this minus one (0: public figure).
        note: what to know before using it, French.
    """

    id: str
    label: str
    unit: str
    kind: str
    numerator: str = ""
    weight: str = ""
    source: str = ""
    vintage: str = ""
    breaks: tuple[float, ...] = ()
    codes: tuple[str, ...] = ()
    melodi: str = ""
    direction: str = ""
    bounds: tuple[float, float] | None = None
    floor: float | None = None
    secret_below: int = 0
    note: str = ""

    @property
    def drawable(self) -> bool:
        """Whether a map may tint it: a count of people only repeats where people live."""
        return self.kind != "effectif"


@dataclass(frozen=True, kw_only=True)
class Composite:
    """A score made of several indicators: a profile of poor households, or a factor.

    Attributes:
        id: key (``retraites``, ``mobilite``).
        label: French name.
        kind: ``profil`` or ``facteur``.
        terms: (indicator, weight) pairs; an indicator whose direction is ``-`` counts reversed.
        note: how to read it, French, with its source.
    """

    id: str
    label: str
    kind: str
    terms: tuple[tuple[str, float], ...]
    note: str = ""
