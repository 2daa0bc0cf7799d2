"""What the columns of an unknown table seem to be, and a few of their values fit to be shown."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from cartoallier.files import Rows
from cartoallier.model.finding import MASKED
from cartoallier.supply import cells
from cartoallier.supply.secret_lists import why_secret
from cartoallier.supply.sensitivity import RULE_WORDS, speaks_of_danger

SHOWN = 3
"""Example values of a column."""
_LOOKED_AT = 500
"""Rows looked at to guess and to choose examples."""
_LONGEST = 60

_WORDS: Mapping[str, str] = {
    # key: header words, without accents; the first keys choose first
    "longitude": r"lon|lng|long|longitude|coord(onnee)?s?_?x(et)?|x|x_wgs84|lambert_?x",
    "latitude": r"lat|latitude|coord(onnee)?s?_?y(et)?|y|y_wgs84|lambert_?y",
    "code_insee": r"(code_)?insee(_\w+)?|code_(commune|com|geo)(_insee)?|depcom|codgeo|insee_com|"
    r"com_code|citycode|code_insee_\w+",
    "code_postal": r"(code_)?postal|cp|codpos|zip(code)?|postcode",
    "commune": r"commune|ville|localite|city|lib_com|libgeo|nom_(de_la_)?commune|bureau_"
    r"distributeur|libelle_(de_la_)?commune",
    "telephone": r"tel(ephone)?|phone|numero_de_telephone",
    "site_web": r"site(_web|_internet)?|url|web|lien",
    "adresse": r"adresse(_postale)?|address|rue|voie|libelle_(de_l_)?adresse",
    "structure": r"structure|organisme|association|nom_(de_la_)?structure",
    "nom": r"nom(_du_lieu|_lieu|_usuel|_du_service)?|raison_sociale|denomination|intitule|name|"
    r"enseigne|etablissement|libelle|lieu",
    "porteur": r"porteur|gestionnaire",
    "financement": r"financement|financeurs?",
    "themes": r"themes?|thematiques?",
    "publics": r"publics?(_accueillis)?",
    "capacite": r"capacite|nombre_de_places|places",
    "zone": r"zone|secteur|territoire|perimetre",
    "heures_semaine": r"heures(_par)?_semaine|volume_horaire",
    "jours": r"jours|horaires?(_d_ouverture)?|ouverture",
    "itinerant": r"itinerant|itinerance|mobile",
    "date_maj": r"date_maj|maj|(date_de_)?mise_a_jour|date_de_maj|updated_at",
    "categorie": r"categorie|type|typologie|nature|type_de_lieu",
}
_PEOPLE = re.compile(
    r"contact|referent|prenom|mail|courriel|responsable|directeur|directrice|beneficiaire|naissance"
)
_MOBILE_PHONE = re.compile(r"^(?:\+33|0033|0)\s*[67](?:[\s.-]?\d){8}$")
_LODGES = re.compile(
    r"h[ée]bergement|\b(?:chrs|chu|cph|cada|huda|foyer|refuge|siao)\b|maison d['’]accueil|"
    r"centre maternel|accueil m[èe]re|violence|sur orientation|non[ -]communiqu",
    re.IGNORECASE,
)


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column of an unknown table.

    Attributes:
        header: its name in the file.
        examples: at most three values, masked where they must not be shown.
        key: what it seems to be, a word of ``colonnes``; ``""`` when nothing does.
        reason: why, in French.
    """

    header: str
    examples: tuple[str, ...]
    key: str
    reason: str


def columns_of(rows: Rows, *, path: Path | None = None) -> tuple[Column, ...]:
    """Guess the columns of a table, and choose values to show of each.

    Args:
        rows: the table.
        path: the file, whose titles may say that no row of it must be shown.
    """
    keys = guess(rows)
    secret = _secret_rows(rows, path=path)
    return tuple(
        Column(
            header=header,
            examples=_examples(rows, header, secret=secret),
            key=keys.get(header, ("", ""))[0],
            reason=keys.get(header, ("", ""))[1],
        )
        for header in rows.header
    )


def guess(rows: Rows) -> dict[str, tuple[str, str]]:
    """Guess what columns are, by their header, then by their values.

    Returns:
        Header -> (key, reason in French); each key at most once.
    """
    found: dict[str, tuple[str, str]] = {}
    slugs = {header: _slug(header) for header in rows.header}
    for exact in (True, False):
        for key, pattern in _WORDS.items():
            if any(key == one for one, _ in found.values()):
                continue
            header = _named(pattern, slugs, taken=found, exact=exact)
            if header and _plausible(key, rows.column(header)):
                found[header] = (key, "d'après l'en-tête")
    _name_by_structure(found)
    for key, test in _BY_VALUES.items():
        if any(key == one for one, _ in found.values()):
            continue
        for header in rows.header:
            if header not in found and _share(rows.column(header), test) > 0.8:
                found[header] = (key, "d'après les valeurs")
                break
    return found


def _name_by_structure(found: dict[str, tuple[str, str]]) -> None:
    """Let the structure's name be the place's where nothing else names it."""
    keys = {key: header for header, (key, _) in found.items()}
    if "nom" not in keys and "structure" in keys:
        found[keys["structure"]] = ("nom", "d'après l'en-tête\u202f; rien d'autre ne nomme le lieu")


def _slug(header: str) -> str:
    plain = unicodedata.normalize("NFKD", header.lower()).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "_", plain).strip("_")


def _named(
    pattern: str, slugs: Mapping[str, str], *, taken: Mapping[str, object], exact: bool
) -> str | None:
    free = {header: slug for header, slug in slugs.items() if header not in taken}
    if exact:
        return next((h for h, slug in free.items() if re.fullmatch(pattern, slug)), None)
    inside = re.compile(rf"(?:^|_)(?:{pattern})(?:_|$)")
    return next(
        (h for h, slug in free.items() if inside.search(slug) and not _PEOPLE.search(slug)), None
    )


def _plausible(key: str, values: Sequence[object]) -> bool:
    """Return whether values do not belie what the header says."""
    test = _EXPECTED.get(key)
    return test is None or not any(cells.text(v) for v in values) or _share(values, test) > 0.5


def _share(values: Sequence[object], test: Callable[[str], bool]) -> float:
    texts = [text for text in map(cells.text, values[:_LOOKED_AT]) if text]
    return sum(map(test, texts)) / len(texts) if texts else 0.0


def _number_within(low: float, high: float) -> Callable[[str], bool]:
    def test(text: str) -> bool:
        number = cells.number(text)
        return number is not None and low <= number <= high

    return test


def _is_decimal_within(low: float, high: float) -> Callable[[str], bool]:
    within = _number_within(low, high)
    return lambda text: bool(re.search(r"[.,]\d{2}", text)) and within(text)


_EXPECTED: Mapping[str, Callable[[str], bool]] = {
    "longitude": _number_within(-180, 1_300_000),
    "latitude": _number_within(-90, 7_200_000),
    "code_insee": lambda text: bool(re.fullmatch(r"\d{4,5}(\.0)?|2[ABab]\d{3}", text)),
    "code_postal": lambda text: bool(re.fullmatch(r"\d{4,5}(\.0)?", text)),
    "telephone": lambda text: bool(re.search(r"\d{2,}", text)),
    "capacite": _number_within(0, 100_000),
    "heures_semaine": _number_within(0, 168),
    "date_maj": lambda text: bool(cells.date(text)),
}
_BY_VALUES: Mapping[str, Callable[[str], bool]] = {
    "latitude": _is_decimal_within(41, 51.6),
    "longitude": _is_decimal_within(-5.5, 10),
    "site_web": lambda text: bool(cells.website(text)),
    "telephone": lambda text: len(re.sub(r"\D", "", text)) >= 9 and bool(cells.phone(text)),
    "date_maj": lambda text: bool(cells.date(text)) and not text.isdigit(),
}


def _secret_rows(rows: Rows, *, path: Path | None) -> list[bool]:
    """Tell rows that may have a secret address: by excess, since nobody has read them yet."""
    count = min(len(rows), _LOOKED_AT)
    if why_secret(rows, path=path):
        return [True] * count
    columns = [rows.column(header)[:count] for header in rows.header]
    found: list[bool] = []
    for row in zip(*columns, strict=True):
        texts = [cells.text(value) for value in row]
        whole = " ".join(texts)
        found.append(
            bool(_LODGES.search(whole))
            or speaks_of_danger(whole)
            or not RULE_WORDS.isdisjoint(texts)
        )
    return found


def _examples(rows: Rows, header: str, *, secret: Sequence[bool]) -> tuple[str, ...]:
    texts = [cells.text(value) for value in rows.column(header)[: len(secret)]]
    if _PEOPLE.search(_slug(header)):
        return (MASKED,) if any(texts) else ()
    hidden = {text for text, one in zip(texts, secret, strict=True) if one and text}
    free = (text for text in dict.fromkeys(texts) if text and text not in hidden)
    shown: list[str] = []
    for text in free:
        personal = "@" in text or _MOBILE_PHONE.match(text)
        shown.append(MASKED if personal else text[:_LONGEST])
        if len(shown) == SHOWN:
            break
    if len(shown) < SHOWN and hidden:
        shown.append(MASKED)
    return tuple(dict.fromkeys(shown))
