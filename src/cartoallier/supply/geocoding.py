"""Addresses without a point, asked of a batch geocoder (Base Adresse Nationale) and remembered.

The service is any that speaks the CSV protocol of the Base Adresse Nationale: ``POST
<base>/search/csv/`` with a file, the same file coming back with ``result_*`` columns.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import math
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from cartoallier.download import Client, DownloadError, checked_url, host_of
from cartoallier.model import Finding, Territory
from cartoallier.model.run import Geocoding
from cartoallier.supply.communes import CHECK, CommuneJudge, declared_communes
from cartoallier.supply.secrecy import is_secret

THRESHOLD = 0.5
"""Score under which an answer of the Base Adresse Nationale is not believed."""

CACHE_FILE = "adresses.jsonl"
_UNANSWERED = "sans réponse"
_ROUNDS = 3
_PRECISION = {
    "housenumber": "adresse",
    "street": "adresse",
    "locality": "adresse",
    "municipality": "commune",
}
_COLUMNS = ("result_score", "latitude", "longitude", "result_type", "result_citycode")
_BOXES = re.compile(r"\b(?:b\.?p\.?|c\.?s\.?|tsa)\s*\d+\b", re.IGNORECASE)
_CEDEX = re.compile(r"\bcedex\b\s*\d*", re.IGNORECASE)
_TOWN = re.compile(r"[\s,]*\b\d{5}\b\s+[^\d,]*$")


@dataclass(frozen=True)
class Address:
    """One address to find.

    Attributes:
        street: number and street, without post office boxes.
        commune: name of the commune.
        citycode: current INSEE code, which the answer must lie in.
    """

    street: str
    commune: str
    citycode: str

    @property
    def key(self) -> str:
        """SHA-256 of the address, without case, accents or punctuation."""
        whole = f"{self.street}|{self.commune}|{self.citycode}".casefold()
        letters = unicodedata.normalize("NFD", whole)
        bare = "".join(c for c in letters if not unicodedata.combining(c))
        plain = "|".join(" ".join(re.findall(r"\w+", part)) for part in bare.split("|"))
        return hashlib.sha256(plain.encode()).hexdigest()


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What the geocoder says of one address.

    Attributes:
        score: 0 to 1; 0 when nothing was found.
        longitude: WGS84 degrees, NaN when nothing was found.
        latitude: WGS84 degrees, NaN when nothing was found.
        kind: ``housenumber``, ``street``, ``locality``, ``municipality`` or ``""``.
        citycode: INSEE code of the commune found.
    """

    score: float
    longitude: float
    latitude: float
    kind: str
    citycode: str


@dataclass(frozen=True, eq=False, kw_only=True)
class Geocoder:
    """A batch geocoder and what it already answered.

    Attributes:
        base_url: address of the service, before ``/search/csv/``.
        cache: folder that remembers answers (hashes of addresses, no text), or ``None``.
        client: how to speak to it.
        chunk: addresses a request.
        threshold: score under which an answer is not believed.
        strict: raise when the service fails, rather than fall back to town halls.
        outcomes: what became of each address put to it, by key: ``""`` when its point was
            used. It grows with every file read, so that an address of two files counts once.
    """

    base_url: str
    cache: Path | None = None
    client: Client = field(default_factory=Client)
    chunk: int = 5_000
    threshold: float = THRESHOLD
    strict: bool = False
    outcomes: dict[str, str] = field(default_factory=dict)

    @property
    def told(self) -> Geocoding:
        """What was asked so far, and what became of the answers."""
        counts = Counter(self.outcomes.values())
        missing, _ = counts.pop(_UNANSWERED, 0), counts.pop("", 0)
        asked = len(self.outcomes)
        host = host_of(self.base_url)
        return Geocoding(host=host, asked=asked, answered=asked - missing, refused=dict(counts))

    @classmethod
    def at(cls, url: str, *, cache: Path | None = None, client: Client | None = None) -> Geocoder:
        """Return the geocoder of a service.

        Raises:
            ProjectError: ``url`` is not an address one can call.
        """
        base = checked_url(url, key="service")
        return cls(base_url=base, cache=cache, client=client or Client())

    def find(self, addresses: Sequence[Address]) -> tuple[dict[str, Answer], str]:
        """Return the answers by key, and why some are missing (``""``: none is).

        What is remembered is not asked again; each answer is remembered as soon as it comes,
        so an interrupted run goes on where it stopped. The first request that fails for good
        ends the asking.

        Raises:
            DownloadError: the service failed and ``strict`` is set.
        """
        known = self._remembered()
        wanted = {one.key: one for one in addresses}
        todo = [one for key, one in wanted.items() if key not in known]
        reason = ""
        for start in range(0, len(todo), self.chunk):
            try:
                self._ask(todo[start : start + self.chunk], known)
            except DownloadError as error:
                if self.strict:
                    raise
                reason = str(error)
                break
        found = {key: known[key] for key in wanted if key in known}
        if not reason and len(found) < len(wanted):
            reason = "réponses incomplètes"
        return found, reason

    def _ask(self, addresses: Sequence[Address], known: dict[str, Answer]) -> None:
        """Ask for a chunk, then again for the rows an answer left out."""
        left = list(addresses)
        for _ in range(_ROUNDS):
            if not left:
                return
            text = self.client.post_file(
                f"{self.base_url}/search/csv/",
                name="adresses.csv",
                content=_as_csv(left),
                fields=_fields(),
                accept=_is_answer,
            )
            fresh = {left[i].key: answer for i, answer in _answers(text, size=len(left))}
            known |= fresh
            self._remember(fresh)
            left = [one for one in left if one.key not in fresh]

    def _remembered(self) -> dict[str, Answer]:
        known: dict[str, Answer] = {}
        path = self.cache / CACHE_FILE if self.cache else None
        if path is None or not path.is_file():
            return known
        with path.open(encoding="utf-8", errors="replace") as lines:
            for line in lines:
                entry = _entry(line)
                if entry:
                    known[entry[0]] = entry[1]
        return known

    def _remember(self, answers: dict[str, Answer]) -> None:
        if self.cache is None or not answers:
            return
        self.cache.mkdir(parents=True, exist_ok=True)
        lines = [
            json.dumps(
                [key, a.score, _or_none(a.longitude), _or_none(a.latitude), a.kind, a.citycode]
            )
            for key, a in answers.items()
        ]
        path = self.cache / CACHE_FILE
        # A run killed while writing may have left half a line: the next begins on its own.
        with path.open("a+b") as file:
            if file.tell():
                file.seek(-1, io.SEEK_END)
                lines[0] = lines[0] if file.read(1) == b"\n" else f"\n{lines[0]}"
            file.write(("\n".join(lines) + "\n").encode())


def _or_none(number: float) -> float | None:
    return None if math.isnan(number) else number


def _entry(line: str) -> tuple[str, Answer] | None:
    """Read one line of the cache, ``None`` when it is torn."""
    try:
        key, score, longitude, latitude, kind, citycode = json.loads(line)
        return str(key), Answer(
            score=float(score),
            longitude=math.nan if longitude is None else float(longitude),
            latitude=math.nan if latitude is None else float(latitude),
            kind=str(kind),
            citycode=str(citycode),
        )
    except (ValueError, TypeError):
        return None


def _as_csv(addresses: Sequence[Address]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("id", "adresse", "commune", "code_insee"))
    writer.writerows((i, a.street, a.commune, a.citycode) for i, a in enumerate(addresses))
    return text.getvalue().encode()


def _fields() -> list[tuple[str, str]]:
    asked = [("columns", "adresse"), ("columns", "commune"), ("citycode", "code_insee")]
    return asked + [("result_columns", column) for column in _COLUMNS]


def _is_answer(text: str) -> bool:
    """Return whether a text is the CSV asked for, not a page that says sorry."""
    header = next(csv.reader([text.partition("\n")[0]]), [])
    return "id" in header and set(_COLUMNS) <= set(header)


def _answers(text: str, *, size: int) -> Iterator[tuple[int, Answer]]:
    """Read the whole rows of an answer; a row cut short is left out, to be asked again."""
    whole = text if text.endswith("\n") else text[: text.rfind("\n") + 1]
    try:
        for row in csv.DictReader(io.StringIO(whole, newline="")):
            given = row.get("id") or ""
            values = [row.get(column) for column in _COLUMNS]
            if not given.isdigit() or int(given) >= size or None in values:
                continue
            answer = _answer([value or "" for value in values])
            if answer:
                yield int(given), answer
    except csv.Error:
        return


def _answer(values: list[str]) -> Answer | None:
    score, latitude, longitude, kind, citycode = values
    if not (latitude or longitude):
        return Answer(score=0.0, longitude=math.nan, latitude=math.nan, kind="", citycode="")
    try:
        found = Answer(
            score=float(score),
            longitude=float(longitude),
            latitude=float(latitude),
            kind=kind,
            citycode=citycode,
        )
    except ValueError:
        return None
    sound = abs(found.longitude) <= 180 and abs(found.latitude) <= 90 and 0 <= found.score <= 2
    return found if sound else None


def geocode(
    records: pd.DataFrame,
    *,
    geocoder: Geocoder | None,
    territory: Territory,
    file: str,
    withheld: frozenset[int] = frozenset(),
) -> tuple[pd.DataFrame, list[Finding]]:
    """Give a point to the services that have an address in the neighbourhood and none.

    Addresses that must stay secret are never sent, nor those of rounds and of services only at a
    distance. An answer under the threshold, or in another commune than the one declared, is not
    used: the service stays without a point, for :func:`~cartoallier.supply.places.place` to put
    at its town hall.

    Args:
        records: columns ``SERVICE_COLUMNS``, as a reader made them.
        geocoder: the service, ``None`` to stay offline: nothing changes.
        territory: communes of the neighbourhood, and old codes.
        file: name the findings give.
        withheld: lines of the file that another source shows to be secret: never sent.

    Returns:
        A frame with the same rows, and the findings.

    Raises:
        DownloadError: the service failed and the geocoder is strict.
    """
    if geocoder is None or records.empty:
        return records, []
    may_ask = ~records["line"].isin(list(withheld))
    addresses = _addresses(records, may_ask=may_ask, territory=territory)
    if not addresses:
        return records, []
    answers, reason = geocoder.find(list(addresses.values()))
    longitude = records["longitude"].to_numpy(dtype="float64", copy=True)
    latitude = records["latitude"].to_numpy(dtype="float64", copy=True)
    precision = records["precision"].astype("object").to_numpy(copy=True)
    lines = records["line"].to_numpy()
    findings: list[Finding] = []
    for position, address in addresses.items():
        answer = answers.get(address.key)
        if answer is None:
            geocoder.outcomes[address.key] = _UNANSWERED
            continue
        refusal = _refusal(answer, address, geocoder=geocoder, territory=territory)
        geocoder.outcomes[address.key] = refusal
        if not refusal:
            longitude[position], latitude[position] = answer.longitude, answer.latitude
            precision[position] = _PRECISION[answer.kind]
        findings.append(
            Finding(
                file=file,
                line=int(lines[position]),
                column="adresse",
                value=f"score {answer.score:.2f}".replace(".", ","),
                what=refusal or "coordonnées absentes",
                action=f"réponse du géocodeur ignorée ; {CHECK}"
                if refusal
                else f"géocodé (précision : {precision[position]})",
            )
        )
    if reason:
        missing = sum(address.key not in answers for address in addresses.values())
        findings.append(_interrupted(missing, reason, file))
    places = {"longitude": longitude, "latitude": latitude}
    words = pd.Series(precision, index=records.index, dtype="str")
    return records.assign(**places, precision=words), list(dict.fromkeys(findings))


def _interrupted(missing: int, reason: str, file: str) -> Finding:
    return Finding(
        file=file,
        column="adresse",
        value=f"{missing} adresse{'s' if missing > 1 else ''}",
        what="géocodage interrompu",
        action=f"placées à la mairie de leur commune ({reason}) ; relancez plus tard : "
        "les réponses déjà reçues sont gardées",
    )


def _refusal(answer: Answer, address: Address, *, geocoder: Geocoder, territory: Territory) -> str:
    """Return why an answer is not used, ``""`` when it is."""
    if answer.score < geocoder.threshold or answer.kind not in _PRECISION:
        return "adresse non trouvée par le géocodeur"
    if address.citycode not in (answer.citycode, *territory.passage.current(answer.citycode)):
        return "adresse trouvée dans une autre commune"
    return ""


def _addresses(
    records: pd.DataFrame, *, may_ask: pd.Series, territory: Territory
) -> dict[int, Address]:
    """Return row position -> address, of the rows that may and need to be asked."""
    asked = may_ask & records["longitude"].isna() & records["address"].notna()
    asked &= ~records["remote"] & ~records["itinerant"]
    # Decided before anything is written for the network.
    asked &= ~records["confidential"] & ~is_secret(records)
    nowhere = pd.Series(np.nan, index=records.index, dtype="str")
    judge = CommuneJudge.of(territory)
    codes = declared_communes(records, located=nowhere, judge=judge, file="").codes
    asked &= codes.isin(list(territory.communes.index))
    names = territory.communes["name"]
    found: dict[int, Address] = {}
    for position in np.flatnonzero(asked.to_numpy()):
        street = _street(str(records["address"].iloc[position]))
        if street:
            code = str(codes.iloc[position])
            found[int(position)] = Address(street, str(names.at[code]), code)
    return found


def _street(written: str) -> str:
    """Return an address without boxes, CEDEX or the town after it; ``""`` if nothing is left."""
    bare = _CEDEX.sub(" ", _BOXES.sub(" ", written))
    street = _TOWN.sub("", bare) or bare
    street = " ".join(re.sub(r"\s*,(?:\s*,)*\s*", ", ", street).strip(" ,").split())
    return street[:200] if re.search(r"[^\W\d_]{2}", street) else ""
