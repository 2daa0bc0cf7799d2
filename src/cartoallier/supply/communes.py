"""Which commune a row declares: by its code, decided by its name where the code is doubtful."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache

import pandas as pd

from cartoallier.model import Finding, Territory

CHECK = "à vérifier auprès de qui a transmis le fichier"
COLUMN = "code commune"

_ARTICLES = frozenset({"LE", "LA", "LES", "L"})
_FULL_WORDS = {"ST": "SAINT", "STE": "SAINTE", "STS": "SAINTS", "STES": "SAINTES", "S": "SUR"}
_DISTRICT = frozenset({"ER", "E", "EME", "ARRONDISSEMENT", "ARR", "ARRDT"})
_ACCENTS = re.compile("[\u0300-\u034e]+")
_DIGIT = re.compile(r"\d")
_SIGNS = re.compile(r"[^A-Z]+")


def plain_name(name: str) -> str:
    """Return a commune's name without case, accents, hyphens, CEDEX or abbreviations.

    « ST-POURÇAIN S/ SIOULE CEDEX 2 » gives ``SAINT POURCAIN SUR SIOULE``; numbers (postal codes,
    arrondissements) are left out.
    """
    letters = unicodedata.normalize("NFD", name.upper().replace("Œ", "OE").replace("’", "'"))
    words = _words(letters)
    if "CEDEX" in words:
        words = words[: words.index("CEDEX")]
    if any(map(str.isdigit, words)):
        words = [word for word in words if not word.isdigit() and word not in _DISTRICT]
    return " ".join([_FULL_WORDS.get(word, word) for word in words])


def _words(letters: str) -> list[str]:
    latin = _ACCENTS.sub("", letters)
    if latin.isascii() and not _DIGIT.search(latin):
        # Nearly every name: faster than letter by letter.
        return _SIGNS.sub(" ", latin).split()
    bare = "".join(c if c.isalnum() else " " for c in letters if not unicodedata.combining(c))
    return re.sub(r"(\d)", r" \1 ", bare).split()


def without_article(plain: str) -> str:
    """Return a plain name without the article before it, or after it (« MONTET LE »)."""
    words = plain.split()
    while len(words) > 1 and words[0] in _ARTICLES:
        words = words[1:]
    while len(words) > 1 and words[-1] in _ARTICLES:
        words = words[:-1]
    return " ".join(words)


def departement_of(code: str) -> str:
    """Return the département of a commune code (``97411`` -> ``974``, ``2A004`` -> ``2A``)."""
    return code[:3] if code.startswith(("97", "98")) and len(code) == 5 else code[:2]


def departements_of_postal(code: str) -> frozenset[str]:
    """Return the départements a postal code may be in: those of Corsica begin with 20."""
    if code.startswith("20"):
        return frozenset({"2A", "2B"})
    return frozenset({departement_of(code), code[:2]})


@dataclass(frozen=True, eq=False)
class CommuneNames:
    """Communes of the territory by their name.

    Attributes:
        plain: plain name -> codes.
        bare: plain name without its article -> codes.
        names: code -> plain name.
        departements: code -> département.
    """

    plain: Mapping[str, tuple[str, ...]]
    bare: Mapping[str, tuple[str, ...]]
    names: Mapping[str, str]
    departements: Mapping[str, str]

    @classmethod
    def of(cls, territory: Territory) -> CommuneNames:
        """Index the communes of ``territory``; once for all the files of a run."""
        communes = territory.communes
        departements = communes["departement_code"].astype("str")
        return _index_of(
            tuple(map(str, communes.index.tolist())),
            tuple(map(str, communes["name"].tolist())),
            tuple(map(str, departements.tolist())),
        )

    def find(self, name: str, *, departements: Collection[str] | None = None) -> tuple[str, ...]:
        """Return the communes of that name, in ``departements`` if given; sorted codes."""
        wanted = plain_name(name)
        found = self.plain.get(wanted, ()) or self.bare.get(without_article(wanted), ())
        if departements is None:
            return found
        return tuple(code for code in found if self.departements[code] in departements)

    def same(self, name: str, code: str) -> bool:
        """Return whether ``name`` is how one may write the commune ``code`` (unknown: no)."""
        known = self.names.get(code)
        wanted = plain_name(name)
        return known is not None and without_article(known) == without_article(wanted)


@lru_cache(maxsize=1)
def _index_of(
    codes: tuple[str, ...], written: tuple[str, ...], departements: tuple[str, ...]
) -> CommuneNames:
    """Index communes by their names: a second of work over the whole country."""
    names = {code: plain_name(name) for code, name in zip(codes, written, strict=True)}
    plain: dict[str, tuple[str, ...]] = {}
    bare: dict[str, tuple[str, ...]] = {}
    for code, name in sorted(names.items()):
        plain[name] = (*plain.get(name, ()), code)
        short = without_article(name)
        bare[short] = (*bare.get(short, ()), code)
    return CommuneNames(plain, bare, names, dict(zip(codes, departements, strict=True)))


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What a declared code, name and postal code come to.

    Attributes:
        code: current commune code, ``""`` when none can be believed.
        away: the row is in another part of the country.
        what: the observation, ``""`` when there is nothing to say.
        action: what was done.
    """

    code: str = ""
    away: bool = False
    what: str = ""
    action: str = ""


@dataclass(frozen=True, eq=False)
class CommuneJudge:
    """Decides of the commune of rows, one distinct declaration at a time."""

    territory: Territory
    names: CommuneNames
    near: frozenset[str]

    @classmethod
    def of(cls, territory: Territory) -> CommuneJudge:
        """Prepare for ``territory``."""
        names = CommuneNames.of(territory)
        return cls(territory, names, frozenset(names.departements.values()))

    def judge(self, code: str, *, name: str, postal: str, here: str) -> Verdict:
        """Decide of one declaration; an empty text is a missing one.

        Args:
            code: in the column of commune codes.
            name: of the commune.
            postal: postal code.
            here: commune that holds the row's point.
        """
        if not code:
            return self._by_name(name, postal=postal) if not here else Verdict()
        now = self.territory.passage.current(code)
        if len(now) == 1:
            doubtful = self._postal_code(code, now[0], name=name, postal=postal, here=here)
            if doubtful:
                return doubtful
            if now[0] == code or code in self.territory.origins.index:
                return Verdict(code=now[0])  # a municipal arrondissement is no old code
            return Verdict(code=now[0], what="code commune ancien", action=f"remplacé par {now[0]}")
        if now:
            return self._split(now, name=name, postal=postal, here=here)
        return self._unknown(code, name=name, postal=postal, here=here)

    def _split(self, now: tuple[str, ...], *, name: str, postal: str, here: str) -> Verdict:
        what = "code d'une commune qui a été partagée"
        alike = [code for code in now if self.names.same(name, code)]
        if not (alike or here):
            alike = [code for code in (self._by_name(name, postal=postal).code,) if code]
        if here in now:
            return Verdict(code=here, what=what, action=f"commune retrouvée par le point : {here}")
        if len(alike) == 1:
            return Verdict(
                code=alike[0], what=what, action=f"commune retrouvée par son nom : {alike[0]}"
            )
        return Verdict(what=what, action=f"code retiré ; {CHECK}")

    def _postal_code(
        self, code: str, now: str, *, name: str, postal: str, here: str
    ) -> Verdict | None:
        """Doubt a code that is also a postal code and whose commune has another name."""
        looks_postal = code == postal or (not postal and code.endswith("0"))
        if not (name and looks_postal) or here == now or self.names.same(name, now):
            return None
        if now not in self.names.names and departement_of(code) not in self.near:
            return None
        found = self.names.find(name, departements=departements_of_postal(code))
        if len(found) == 1:
            return Verdict(
                code=found[0],
                what="code postal à la place du code commune",
                action=f"commune retrouvée par son nom : {found[0]}",
            )
        if code == postal and now in self.names.names and not found:
            return Verdict(
                what="code postal à la place du code commune",
                action=f"code retiré : le nom n'est pas celui de cette commune ; {CHECK}",
            )
        return None

    def _unknown(self, code: str, *, name: str, postal: str, here: str) -> Verdict:
        where = departements_of_postal(postal or code)
        near = departement_of(code) in self.near or bool(here)
        found = self.names.find(name, departements=where) if name else ()
        if not found and near and not here:
            found = tuple(filter(None, (self._by_name(name, postal=postal).code,)))
        if len(found) == 1:
            as_postal = code == postal or code.endswith("0")
            return Verdict(
                code=found[0],
                what="code postal à la place du code commune"
                if as_postal
                else "code commune inconnu",
                action=f"commune retrouvée par son nom : {found[0]}",
            )
        if not near:
            return Verdict(away=True)
        return Verdict(what="code commune inconnu", action=f"code retiré ; {CHECK}")

    def _by_name(self, name: str, *, postal: str) -> Verdict:
        where = departements_of_postal(postal) if postal else None
        away = where is not None and self.near.isdisjoint(where)
        if away or not name:
            return Verdict(away=away)
        found = self.names.find(name, departements=where)
        if len(found) == 1:
            how = "le nom et le code postal" if postal else "le nom seul"
            return Verdict(
                code=found[0],
                what="code commune absent",
                action=f"retrouvé par {how} : {found[0]}",
            )
        if found:
            return Verdict(
                what="plusieurs communes de ce nom dans le voisinage",
                action=f"aucune n'est choisie : {', '.join(found[:5])} ; donnez le code commune",
            )
        return Verdict()


@dataclass(frozen=True, eq=False)
class Declared:
    """Communes of rows.

    Attributes:
        codes: current codes, missing where none can be believed.
        elsewhere: rows in another part of the country although their commune is unknown.
        findings: what was put right or could not be.
    """

    codes: pd.Series
    elsewhere: pd.Series
    findings: list[Finding]


def declared_communes(
    records: pd.DataFrame, *, located: pd.Series, judge: CommuneJudge, file: str
) -> Declared:
    """Decide of the commune of every row, by its code, its name and its postal code.

    Args:
        records: columns ``SERVICE_COLUMNS``.
        located: commune that holds each row's point, missing without one.
        judge: of the territory.
        file: name the findings give.
    """
    known: dict[tuple[str, str, str, str], Verdict] = {}
    verdicts: list[Verdict] = []
    rows = list(
        zip(
            _texts(records["commune_code"]),
            _texts(records["commune_name"]),
            _texts(records["postal_code"]),
            _texts(located),
            strict=True,
        )
    )
    for row in rows:
        if row not in known:
            code, name, postal, here = row
            known[row] = judge.judge(code, name=name, postal=postal, here=here)
        verdicts.append(known[row])
    findings = [
        Finding(
            file=file,
            line=int(line),
            column=COLUMN,
            value=row[0] or (row[1] if "plusieurs" in verdict.what else ""),
            what=verdict.what,
            action=verdict.action,
        )
        for line, row, verdict in zip(records["line"].tolist(), rows, verdicts, strict=True)
        if verdict.what
    ]
    index = records.index
    return Declared(
        codes=pd.Series([one.code or None for one in verdicts], index=index, dtype="str"),
        elsewhere=pd.Series([one.away for one in verdicts], index=index, dtype="bool"),
        findings=findings,
    )


def _texts(column: pd.Series) -> list[str]:
    texts: list[str] = column.astype("object").where(column.notna(), "").tolist()
    return texts
