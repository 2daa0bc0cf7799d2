"""ISO metadata: the order of the XSD, the sources and their licences, nobody named."""

import dataclasses
from collections.abc import Callable, Sequence
from xml.etree import ElementTree as ET

import pytest

import toys
from cartoallier.model import Run, Territory
from cartoallier.model.finding import SourceRecord
from cartoallier.outputs.geopackage.contents import contents
from cartoallier.outputs.geopackage.metadata import Metadata, metadata_of
from whole_run import whole_run

GMD, GCO = "{http://www.isotc211.org/2005/gmd}", "{http://www.isotc211.org/2005/gco}"
ORDERS = {
    "MD_Metadata": (
        "fileIdentifier language characterSet parentIdentifier hierarchyLevel hierarchyLevelName "
        "contact dateStamp metadataStandardName metadataStandardVersion dataSetURI locale "
        "spatialRepresentationInfo referenceSystemInfo metadataExtensionInfo identificationInfo "
        "contentInfo distributionInfo dataQualityInfo"
    ),
    "MD_DataIdentification": (
        "citation abstract purpose credit status pointOfContact resourceMaintenance "
        "graphicOverview resourceFormat descriptiveKeywords resourceSpecificUsage "
        "resourceConstraints aggregationInfo spatialRepresentationType spatialResolution language "
        "characterSet topicCategory environmentDescription extent supplementalInformation"
    ),
    "CI_Citation": "title alternateTitle date edition editionDate identifier",
    "CI_Date": "date dateType",
    "CI_ResponsibleParty": "individualName organisationName positionName contactInfo role",
    "MD_Keywords": "keyword type thesaurusName",
    "MD_LegalConstraints": "useLimitation accessConstraints useConstraints otherConstraints",
    "RS_Identifier": "authority code codeSpace version",
    "EX_Extent": "description geographicElement temporalElement verticalElement",
    "EX_GeographicBoundingBox": (
        "extentTypeCode westBoundLongitude eastBoundLongitude southBoundLatitude northBoundLatitude"
    ),
    "DQ_DataQuality": "scope report lineage",
    "LI_Lineage": "statement processStep source",
    "LI_Source": "description scaleDenominator sourceReferenceSystem sourceCitation",
}
"""Sequences of gmd.xsd (ISO 19139, 2006) for the types written."""


@pytest.fixture
def whole(toy: Territory, with_scores: Callable[[Run], Run]) -> Run:
    return whole_run(toy, with_scores)


def parsed(record: Metadata) -> ET.Element:
    return ET.fromstring(record.xml)


def texts(root: ET.Element, path: str) -> list[str]:
    steps = "/".join(GMD + step for step in path.split("/"))
    return [one.findtext(f"{GCO}CharacterString", "") for one in root.iterfind(f".//{steps}")]


def test_one_record_for_the_file_then_one_per_layer(whole: Run) -> None:
    records = metadata_of(whole)
    assert [one.table for one in records] == [None, *(entry.name for entry in contents(whole))]
    assert [one.scope for one in records[:2]] == ["series", "dataset"]
    assert {one.uri for one in records} == {"http://www.isotc211.org/2005/gmd"}
    assert {one.mime for one in records} == {"text/xml"}
    identifiers = [texts(parsed(one), "fileIdentifier")[0] for one in records]
    assert len(set(identifiers)) == len(identifiers)
    assert texts(parsed(records[1]), "parentIdentifier") == identifiers[:1]


def in_order(names: Sequence[str], order: Sequence[str]) -> bool:
    ranks = [order.index(name) for name in names]
    return ranks == sorted(ranks)


def test_elements_are_in_the_order_of_the_schema(whole: Run) -> None:
    met = set()
    for record in metadata_of(whole):
        assert record.xml.startswith('<?xml version="1.0" encoding="UTF-8"?>')
        root = parsed(record)
        assert root.tag == f"{GMD}MD_Metadata"
        for element in root.iter():
            kind = element.tag.removeprefix(GMD)
            if kind in ORDERS:
                met.add(kind)
                names = [child.tag.removeprefix(GMD) for child in element]
                assert in_order(names, ORDERS[kind].split()), (kind, names)
    assert met == set(ORDERS)


def test_required_elements_are_there(whole: Run) -> None:
    for record in metadata_of(whole):
        root = parsed(record)
        for path in ("contact", "dateStamp", "identificationInfo"):
            assert root.find(GMD + path) is not None
        for citation in root.iter(f"{GMD}CI_Citation"):
            assert citation.find(f"{GMD}date") is not None
        assert all(texts(root, "MD_DataIdentification/abstract"))
        codes = [one for one in root.iter() if "codeListValue" in one.attrib]
        assert all(one.attrib["codeList"].startswith("http") for one in codes)
        assert all(one.text == one.attrib["codeListValue"] for one in codes)


def test_nobody_is_named(whole: Run) -> None:
    for record in metadata_of(whole):
        root = parsed(record)
        assert set(texts(root, "CI_ResponsibleParty/organisationName")) == {"non renseignée"}
        assert root.find(f".//{GMD}individualName") is None
        assert "@" not in record.xml


def test_each_licence_stands_apart(whole: Run) -> None:
    root = parsed(metadata_of(whole)[0])
    told = texts(root, "MD_LegalConstraints/otherConstraints")
    assert told == [
        "licence non renseignée\u00a0: Liste A",
        "Licence Ouverte 2.0\u00a0: IGN, ADMIN EXPRESS",
        "ODbL 1.0, © les contributeurs d’OpenStreetMap\u00a0: Réseau routier",
    ]
    limits = texts(root, "MD_Constraints/useLimitation")
    assert limits == ["Document de travail, ne vaut pas engagement"]


def test_lineage_tells_the_method_and_dated_sources_without_digests(whole: Run) -> None:
    record = metadata_of(whole)[0]
    root = parsed(record)
    (statement,) = texts(root, "LI_Lineage/statement")
    assert statement == "Modèle\u00a0: à vol d’oiseau. Calculé par cartoallier 0.1.0."
    assert texts(root, "LI_Source/description") == [
        "Liste A",
        "IGN, ADMIN EXPRESS",
        "Réseau routier",
    ]
    dates = [one.findtext(f".//{GCO}Date") for one in root.iterfind(f".//{GMD}sourceCitation")]
    assert dates == ["2024-08-01", "2026", "2026-01-01"]
    assert "sha256" not in record.xml


def test_an_unknown_date_is_said_to_be(toy: Territory) -> None:
    source = SourceRecord(path="a", label="A", format="x", sha256="0", vintage="vers 2020")
    run = dataclasses.replace(toys.run(toy), sources=(source,))
    root = parsed(metadata_of(run)[0])
    date = root.find(f".//{GMD}LI_Source/{GMD}sourceCitation/{GMD}CI_Citation/{GMD}date")
    assert date is not None
    assert date.attrib == {f"{GCO}nilReason": "unknown"}


def test_place_date_language_and_projection(whole: Run) -> None:
    root = parsed(metadata_of(whole)[0])
    assert root.findtext(f"{GMD}dateStamp/{GCO}Date") == "2024-08-01"
    assert texts(root, "RS_Identifier/code") == ["2154"]
    assert texts(root, "RS_Identifier/codeSpace") == ["EPSG"]
    assert {one.text for one in root.iter(f"{GMD}LanguageCode")} == {"fre"}
    west, east, south, north = (
        float(one.text or "nan") for one in root.iterfind(f".//{GCO}Decimal")
    )
    assert 2.9 < west < 3.01 < east < 3.3, "3° E is 700 000 m"
    assert 46.4 < south < 46.6
    assert 0 < north - south < 0.12, "isochrones go 6 km around"


def test_keywords_name_the_themes(whole: Run) -> None:
    root = parsed(metadata_of(whole)[0])
    assert {"Accueil", "besoin social", "Unités administratives"} <= set(
        texts(root, "MD_Keywords/keyword")
    )
    by_table = {one.table: one for one in metadata_of(whole)}
    theme = parsed(by_table["couverture_accueil_epci"])
    assert "Accueil" in texts(theme, "MD_Keywords/keyword")
    assert "Accueil" not in texts(parsed(by_table["services"]), "MD_Keywords/keyword")


def test_an_attribute_table_has_no_geometry(whole: Run) -> None:
    found = {one.table: parsed(one) for one in metadata_of(whole)}
    kind = f".//{GMD}MD_SpatialRepresentationTypeCode"
    assert found["couverture"].findtext(kind) == "textTable"
    assert found["services"].findtext(kind) == "vector"


def test_the_same_run_has_the_same_records(whole: Run) -> None:
    assert metadata_of(whole) == metadata_of(whole)


def test_words_of_others_stay_words(toy: Territory) -> None:
    run = toys.run(toy)
    rude = "</gco:CharacterString><x>\x00 & é"
    theme = dataclasses.replace(run.themes[0], title=rude, short_title=rude)
    source = dataclasses.replace(run.sources[0], label=rude, licence=rude)
    run = dataclasses.replace(run, themes=(theme,), sources=(source,))
    for record in metadata_of(run):
        root = parsed(record)
        assert "x" not in {element.tag for element in root.iter()}
    words = texts(parsed(metadata_of(run)[0]), "LI_Source/description")
    assert words == ["</gco:CharacterString><x>  & é"]


def test_a_layer_cites_its_own_sources_only(whole: Run) -> None:
    found = {one.table: parsed(one) for one in metadata_of(whole)}
    cited = {name: texts(root, "LI_Source/description") for name, root in found.items()}
    ground, supply, roads = "IGN, ADMIN EXPRESS", "Liste A", "Réseau routier"
    assert cited["territoire_communes"] == [ground]
    assert cited["services"] == [supply]
    assert cited["couverture_accueil_communes"] == [supply, ground, roads]
    assert cited["isochrones"] == [supply, ground, roads]
    assert cited["zonages"] == [ground]
    assert cited["besoins"] == []
    licences = texts(found["territoire_communes"], "MD_LegalConstraints/otherConstraints")
    assert licences == ["Licence Ouverte 2.0\u00a0: IGN, ADMIN EXPRESS"]


def test_only_what_is_made_of_invented_data_is_fictive(whole: Run) -> None:
    sources = [dataclasses.replace(s, demonstration=s.label == "Liste A") for s in whole.sources]
    run = dataclasses.replace(whole, demonstration=True, sources=tuple(sources))
    told = {one.table for one in metadata_of(run) if "fictives" in one.xml}
    assert {None, "services", "couverture", "couverture_accueil_communes"} <= told
    assert not told & {"territoire_communes", "besoins", "besoins_communes", "zonages"}


def test_each_layer_has_its_own_box(whole: Run) -> None:
    found = {one.table: parsed(one) for one in metadata_of(whole)}

    def box(layer: str) -> list[float]:
        return [float(one.text or "nan") for one in found[layer].iterfind(f".//{GCO}Decimal")]

    west, east, south, north = box("services")
    assert east - west <= 0.0002, "one point"
    assert north - south <= 0.0002
    assert box("isochrones") != box("territoire_communes")
    assert box("couverture_accueil_communes") == box("territoire_communes")
    empty = dataclasses.replace(whole, sensitive=frozenset({"accueil"}))
    found = {one.table: parsed(one) for one in metadata_of(empty)}
    assert box("services") == []
