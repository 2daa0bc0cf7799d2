"""Metadata of the file and of each layer: ISO 19115 in ISO 19139 XML (``gmd``).

One record tells of the whole file (a series), one of each layer, child of the first. Nobody is
named in them: who is responsible is for whoever publishes them to say. Elements are in the order
of the XSD of 2006 (``gmd``, ``gco``), which GDAL, QGIS and GeoNetwork read.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from xml.etree import ElementTree as ET

import geopandas as gpd
import pandas as pd
from pyproj import CRS, Transformer

from cartoallier.model import Run
from cartoallier.model.finding import SourceRecord
from cartoallier.model.french import typeset
from cartoallier.outputs.geopackage.columns import Dictionary, dictionary
from cartoallier.outputs.geopackage.compact import compact
from cartoallier.outputs.geopackage.contents import FICTION, NOTICE, Entry, contents, fictive
from cartoallier.outputs.geopackage.layers import layers
from cartoallier.outputs.geopackage.provenance import sources_of
from cartoallier.outputs.geopackage.views import views

URI = "http://www.isotc211.org/2005/gmd"
MIME = "text/xml"
SERIES, DATASET = "series", "dataset"
UNKNOWN = "non renseignée"
"""Organisation in charge: nobody is named by a computation."""
UNLICENSED = "licence non renseignée"
_GCO = "http://www.isotc211.org/2005/gco"
_LISTS = "http://standards.iso.org/iso/19139/resources/gmxCodelists.xml"
_LANGUAGES = "http://www.loc.gov/standards/iso639-2/"
_FORBIDDEN = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_DATE = re.compile(r"\d{4}(-\d\d(-\d\d)?)?")
_MADE = (
    ("territoire_", "Contours simplifiés des communes, réunis par territoire."),
    ("origines", "Points de départ des trajets : une position et une population par origine."),
    ("services_generalises", "Lieux à adresse protégée, comptés par zone."),
    ("services", "Fiches des annuaires fournis, rapprochées et dédoublonnées."),
    ("besoins", "Valeurs des fichiers de besoins fournis, par territoire."),
    ("scores", "Scores et rangs tirés des besoins, par EPCI entier."),
    ("zonages", "Contours des zonages fournis."),
)
"""How the name of a layer begins -> how it was made, when no duration is in it."""
_INSPIRE = (
    "Unités administratives",
    "Répartition de la population — démographie",
    "Services d’utilité publique et services publics",
)
"""Themes of the INSPIRE directive the file answers to."""
_THESAURUS = "GEMET - INSPIRE themes, version 1.0"
_TOPICS = ("society", "boundaries", "health")
_ATTRIBUTES = "textTable"


Box = tuple[float, float, float, float]


@dataclass(frozen=True, kw_only=True)
class Metadata:
    """One record.

    Attributes:
        scope: ``md_scope``: ``series`` for the file, ``dataset`` for a layer.
        uri: ``md_standard_uri``.
        mime: ``mime_type``.
        xml: the record.
        table: the layer it is about, ``None`` for the file.
    """

    scope: str
    uri: str
    mime: str
    xml: str
    table: str | None


def metadata_of(
    run: Run, *, bounds: Mapping[str, Box | None] | None = None
) -> tuple[Metadata, ...]:
    """Return the record of the file, then that of each layer in the order of the file.

    Args:
        run: of the file.
        bounds: left, bottom, right and top of each layer that has a geometry, in the projection
            of the territory, ``None`` for an empty one; measured when not given.
    """
    words, crs = dictionary(run), run.territory.crs
    drawn = _drawn(run) if bounds is None else bounds
    boxes = {name: None if box is None else _degrees(box, crs) for name, box in drawn.items()}
    # tables tell of whole EPCI
    boxes |= {entry.name: _extent(_whole(run)) for entry in contents(run) if not entry.geometry}
    known = [box for box in boxes.values() if box is not None]
    every = _around(known) if known else None
    return (
        _record(_file(run, every), table=None),
        *(
            _record(_layer(run, entry, words, boxes[entry.name]), table=entry.name)
            for entry in contents(run)
        ),
    )


def _drawn(run: Run) -> dict[str, Box | None]:
    """Measure the layers: their own rows, those of the layer it draws for a view."""
    found: dict[str, Box | None] = {}
    for layer in layers(run):
        box = layer.make().total_bounds
        left, bottom, right, top = (float(one) for one in box)
        found[layer.name] = None if pd.isna(box).any() else (left, bottom, right, top)
    for view in views(run, compact(run)):
        if view.drawn:
            found[view.name] = found[view.drawn]
    return found


def _around(boxes: Sequence[Box]) -> Box:
    west, south, east, north = zip(*boxes, strict=True)
    return min(west), min(south), max(east), max(north)


@dataclass(frozen=True, kw_only=True)
class _Subject:
    """What one record tells.

    Attributes:
        identifier: unique, the same for the same data.
        parent: identifier of the file, ``""`` for the file itself.
        title: of the layer.
        abstract: what it holds.
        keywords: in French.
        kind: how space is represented, ISO 19115 B.5.26.
        extent: west, south, east, north, degrees; ``None``: no row has a place.
        statement: how it was made.
        sources: (label, ISO date or ``""``).
        licences: (licence, labels of the sources under it).
        run: of the data.
    """

    identifier: str
    parent: str
    title: str
    abstract: str
    keywords: tuple[str, ...]
    kind: str
    extent: Box | None
    statement: str
    sources: tuple[tuple[str, str], ...]
    licences: tuple[tuple[str, tuple[str, ...]], ...]
    run: Run


def _file(run: Run, extent: Box | None) -> _Subject:
    place = f"{run.territory.departement_name} ({run.territory.departement_code})"
    themes = [typeset(theme.title) for theme in run.themes]
    fiction = f" {FICTION}" if run.demonstration else ""
    return _Subject(
        identifier=_identifier(run),
        parent="",
        title=f"Diagnostic territorial, {place}",
        abstract=typeset(
            "Où le besoin social est fort et l’aide hors de portée : territoires, services dont "
            "le lieu est public, couverture par thème, besoins, isochrones. "
            f"{NOTICE}.{fiction}"
        ),
        keywords=("accès aux services", "besoin social", "solidarités", place, *themes),
        kind="vector",
        extent=extent,
        statement=_method(run, ""),
        sources=_sources(run.sources),
        licences=_licences(run.sources),
        run=run,
    )


def _layer(run: Run, entry: Entry, words: Dictionary, extent: Box | None) -> _Subject:
    theme = words.kind(entry.name).theme
    titles = [typeset(one.title) for one in run.themes if one.key == theme]
    fiction = f" {FICTION}" if fictive(run, entry.name) else ""
    sources = sources_of(run, entry.name)
    return _Subject(
        identifier=f"{_identifier(run)}-{entry.name}",
        parent=_identifier(run),
        title=f"{entry.title}, {run.territory.departement_name}",
        abstract=typeset(f"{entry.summary} {NOTICE}.{fiction}"),
        keywords=("accès aux services", "besoin social", *titles),
        kind="vector" if entry.geometry else _ATTRIBUTES,
        extent=extent,
        statement=_made(run, entry.name, theme),
        sources=_sources(sources),
        licences=_licences(sources),
        run=run,
    )


def _identifier(run: Run) -> str:
    return f"cartoallier-{run.territory.departement_code}-{run.date.date().isoformat()}"


def _method(run: Run, theme: str) -> str:
    """Return the method line: that of a theme when it has one."""
    told = run.summaries[theme].method if theme else ""
    return typeset(f"{told or run.method} Calculé par cartoallier {run.version}.".strip())


def _made(run: Run, layer: str, theme: str) -> str:
    """Return how a layer was made: durations are told of those that hold some only."""
    if theme or layer in {"couverture", "isochrones"}:
        return _method(run, theme)
    told = next((words for start, words in _MADE if layer.startswith(start)), "")
    return typeset(f"{told} Calculé par cartoallier {run.version}.".strip())


def _sources(sources: Iterable[SourceRecord]) -> tuple[tuple[str, str], ...]:
    """Return the inputs, each once: label, date when it is one."""
    found = (
        (source.label, source.vintage if _DATE.fullmatch(source.vintage) else "")
        for source in sources
    )
    return tuple(dict.fromkeys(found))


def _licences(sources: Iterable[SourceRecord]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Return each licence once, with what is under it: that of roads stays apart from others."""
    found: dict[str, dict[str, None]] = {}
    for source in sources:
        found.setdefault(source.licence or UNLICENSED, {})[source.label] = None
    return tuple((licence, tuple(labels)) for licence, labels in found.items())


def _whole(run: Run) -> gpd.GeoDataFrame:
    """Return the communes of whole EPCI."""
    communes = run.territory.communes
    whole = set(run.territory.members["commune_code"])
    return gpd.GeoDataFrame(communes[communes.index.isin(whole)])


def _extent(communes: gpd.GeoDataFrame) -> Box | None:
    bounds = communes.geometry.total_bounds
    if pd.isna(bounds).any():
        return None
    left, bottom, right, top = (float(one) for one in bounds)
    return _degrees((left, bottom, right, top), CRS(communes.crs))


def _degrees(bounds: Box, crs: CRS) -> Box:
    """Return west, south, east and north of bounds, outwards to 0.0001 degree."""
    found = Transformer.from_crs(crs, "EPSG:4326", always_xy=True).transform_bounds(*bounds)
    west, south, east, north = (float(one) for one in found)
    step = 1e4
    return (west * step // 1 / step, south * step // 1 / step,
            -(-east * step // 1) / step, -(-north * step // 1) / step)  # fmt: skip


def _record(subject: _Subject, *, table: str | None) -> Metadata:
    scope = SERIES if table is None else DATASET
    root = ET.Element("gmd:MD_Metadata", {"xmlns:gmd": URI, "xmlns:gco": _GCO})
    _text(root, "fileIdentifier", subject.identifier)
    _language(root)
    _code(root, "characterSet", "MD_CharacterSetCode", "utf8")
    if subject.parent:
        _text(root, "parentIdentifier", subject.parent)
    _code(root, "hierarchyLevel", "MD_ScopeCode", scope)
    if table is not None:
        _text(root, "hierarchyLevelName", table)
    _contact(root, "contact")
    day = subject.run.date.date().isoformat()
    _add(_add(root, "dateStamp"), "gco:Date").text = day
    _text(root, "metadataStandardName", "ISO 19115:2003/19139")
    _text(root, "metadataStandardVersion", "1.0")
    _reference(root, subject.run)
    _identification(_add(root, "identificationInfo"), subject, day=day)
    _quality(_add(root, "dataQualityInfo"), subject, scope=scope)
    if table is None:
        ET.indent(root)  # people read that one; the others are many
    xml = '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode")
    return Metadata(scope=scope, uri=URI, mime=MIME, xml=xml, table=table)


def _reference(root: ET.Element, run: Run) -> None:
    crs = run.territory.crs
    authority = crs.to_authority()
    system = _add(_add(root, "referenceSystemInfo"), "MD_ReferenceSystem")
    identifier = _add(_add(system, "referenceSystemIdentifier"), "RS_Identifier")
    _text(identifier, "code", authority[1] if authority else crs.name)
    _text(identifier, "codeSpace", authority[0] if authority else "")


def _identification(parent: ET.Element, subject: _Subject, *, day: str) -> None:
    found = _add(parent, "MD_DataIdentification")
    _citation(_add(found, "citation"), subject.title, day, identifier=subject.identifier)
    _text(found, "abstract", subject.abstract)
    _contact(found, "pointOfContact")
    _keywords(found, subject.keywords)
    if not subject.parent:
        _keywords(found, _INSPIRE, thesaurus=_THESAURUS, day="2008-06-01")
    limits = _add(_add(found, "resourceConstraints"), "MD_Constraints")
    _text(limits, "useLimitation", typeset(NOTICE))
    for licence, labels in subject.licences:
        legal = _add(_add(found, "resourceConstraints"), "MD_LegalConstraints")
        kind = "license" if licence != UNLICENSED else "otherRestrictions"
        _code(legal, "useConstraints", "MD_RestrictionCode", kind)
        if kind == "license":
            _code(legal, "useConstraints", "MD_RestrictionCode", "otherRestrictions")
        _text(legal, "otherConstraints", typeset(f"{licence} : {' ; '.join(labels)}"))
    _code(found, "spatialRepresentationType", "MD_SpatialRepresentationTypeCode", subject.kind)
    _language(found)
    _code(found, "characterSet", "MD_CharacterSetCode", "utf8")
    for topic in _TOPICS:
        _add(_add(found, "topicCategory"), "MD_TopicCategoryCode").text = topic
    _box(_add(found, "extent"), subject)


def _box(parent: ET.Element, subject: _Subject) -> None:
    extent = _add(parent, "EX_Extent")
    name = subject.run.territory.departement_name
    empty = "" if subject.extent is not None else " (couche sans ligne située, sans emprise)"
    _text(extent, "description", f"{name}{empty}")
    if subject.extent is None:  # a box would tell of ground the layer does not hold
        return
    box = _add(_add(extent, "geographicElement"), "EX_GeographicBoundingBox")
    west, south, east, north = subject.extent
    for name, value in (
        ("westBoundLongitude", west),
        ("eastBoundLongitude", east),
        ("southBoundLatitude", south),
        ("northBoundLatitude", north),
    ):
        _add(_add(box, name), "gco:Decimal").text = f"{value:.4f}"


def _quality(parent: ET.Element, subject: _Subject, *, scope: str) -> None:
    quality = _add(parent, "DQ_DataQuality")
    _code(_add(_add(quality, "scope"), "DQ_Scope"), "level", "MD_ScopeCode", scope)
    lineage = _add(_add(quality, "lineage"), "LI_Lineage")
    _text(lineage, "statement", subject.statement)
    for label, date in subject.sources:
        source = _add(_add(lineage, "source"), "LI_Source")
        _text(source, "description", label)
        _citation(_add(source, "sourceCitation"), label, date)


def _citation(parent: ET.Element, title: str, day: str, *, identifier: str = "") -> None:
    """Write a title and its date; an unknown date is said to be."""
    citation = _add(parent, "CI_Citation")
    _text(citation, "title", title)
    if day:
        date = _add(_add(citation, "date"), "CI_Date")
        _add(_add(date, "date"), "gco:Date").text = day
        _code(date, "dateType", "CI_DateTypeCode", "revision" if identifier else "publication")
    else:
        _add(citation, "date").set("gco:nilReason", "unknown")
    if identifier:
        _text(_add(_add(citation, "identifier"), "MD_Identifier"), "code", identifier)


def _contact(parent: ET.Element, name: str) -> None:
    party = _add(_add(parent, name), "CI_ResponsibleParty")
    _text(party, "organisationName", UNKNOWN)
    _code(party, "role", "CI_RoleCode", "pointOfContact")


def _keywords(
    parent: ET.Element, words: Iterable[str], *, thesaurus: str = "", day: str = ""
) -> None:
    keywords = _add(_add(parent, "descriptiveKeywords"), "MD_Keywords")
    for word in _once(words):
        _text(keywords, "keyword", word)
    _code(keywords, "type", "MD_KeywordTypeCode", "theme")
    if thesaurus:
        _citation(_add(keywords, "thesaurusName"), thesaurus, day)


def _once(words: Iterable[str]) -> Iterator[str]:
    yield from dict.fromkeys(word for word in words if word)


def _language(parent: ET.Element) -> None:
    code = _add(_add(parent, "language"), "LanguageCode")
    code.attrib |= {"codeList": _LANGUAGES, "codeListValue": "fre"}
    code.text = "fre"


def _code(parent: ET.Element, name: str, kind: str, value: str) -> None:
    code = _add(_add(parent, name), kind)
    code.attrib |= {"codeList": f"{_LISTS}#{kind}", "codeListValue": value}
    code.text = value


def _text(parent: ET.Element, name: str, value: str) -> None:
    """Write a text; one that says nothing is said to be missing."""
    clean = _FORBIDDEN.sub(" ", value).strip()
    element = _add(parent, name)
    if clean:
        _add(element, "gco:CharacterString").text = clean
    else:
        element.set("gco:nilReason", "missing")


def _add(parent: ET.Element, name: str) -> ET.Element:
    return ET.SubElement(parent, name if ":" in name else f"gmd:{name}")
