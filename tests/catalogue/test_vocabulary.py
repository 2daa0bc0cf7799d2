"""Codes of the catalogue against the vocabularies they are taken from."""

import re
from pathlib import Path

import pytest

from cartoallier.catalogue import load_catalogue

THEMES = load_catalogue().themes
themes = pytest.mark.parametrize("theme", THEMES.values(), ids=THEMES)
RESEARCH = Path(__file__).resolve().parents[3] / "shared" / "research"


def selectors(theme):
    return [theme.selectors, *(kind.selectors for kind in theme.expected)]


def words(theme, name):
    return frozenset().union(*(getattr(s, name) for s in selectors(theme)))


@themes
@pytest.mark.parametrize(
    ("field", "enum"),
    [("di_v1", "Thematique"), ("networks", "ReseauPorteur"), ("publics", "Public")],
)
def test_data_inclusion_v1(theme, field, enum):
    v1 = pytest.importorskip("data_inclusion.schema.v1")
    assert words(theme, field) <= {member.value for member in getattr(v1, enum)}


@pytest.fixture(scope="module")
def formats():
    path = RESEARCH / "FORMATS.md"
    if not path.exists():
        pytest.skip("../shared/research/FORMATS.md n'est pas là : codes non vérifiés")
    return path.read_text(encoding="utf-8")


def section(text, title, until="\n#"):
    start = text.index(title)
    return text[start : text.index(until, start + len(title))]


def first_column(text):
    return set(re.findall(r"^\| `([^`]+)` \|", text, re.MULTILINE))


@themes
def test_data_inclusion_v0(theme, formats):
    thematics = first_column(section(formats, "#### 1.7.1"))
    typologies = first_column(section(formats, "#### 1.7.8"))
    assert len(thematics) == 149
    assert len(typologies) == 91
    assert words(theme, "di_v0") <= thematics
    assert words(theme, "typologies") <= typologies | {"MDA"}


@themes
def test_soliguide(theme, formats):
    table = section(formats, "### 3.2")
    legacy = set(re.findall(r"\b(\d{3,4})=", table))
    assert len(legacy) > 80
    assert words(theme, "soliguide") <= first_column(table)
    assert words(theme, "soliguide_legacy") <= legacy


@themes
def test_finess_and_bpe(theme, formats):
    # Codes met only in DOMAIN §7.4 are third-party labels or memory; both pages are accepted.
    domain = (RESEARCH / "DOMAIN.md").read_text(encoding="utf-8")
    pages = section(formats, "### 6.3", "\n### 6.5") + section(domain, "### 7.4", "\n## 8")
    bpe = set(re.findall(r"\b[A-F]\d{3}\b", pages))
    for first, last in re.findall(r"\b([A-F]\d{3})–([A-F]\d{3})\b", pages):
        bpe |= {f"{first[0]}{n}" for n in range(int(first[1:]), int(last[1:]) + 1)}
    assert words(theme, "finess") <= set(re.findall(r"\b\d{3}\b", pages))
    assert words(theme, "bpe") <= bpe


@themes
def test_nothing_of_the_research_page_is_lost(theme):
    yaml = pytest.importorskip("yaml")
    path = RESEARCH / "themes.yaml"
    if not path.exists():
        pytest.skip("../shared/research/themes.yaml n'est pas là : sélecteurs non comparés")
    page = {t["key"]: t for t in yaml.safe_load(path.read_text(encoding="utf-8"))["themes"]}
    wanted = page[theme.key]
    assert (theme.code, theme.axis, theme.mode) == (wanted["id"], wanted["axe"], wanted["mode"])
    assert [t.id for t in theme.thresholds] == wanted["seuils"]
    for ours, theirs in (
        ("di_v1", "di_v1"),
        ("di_v0", "di_v0"),
        ("typologies", "di_v0_typologies"),
        ("publics", "di_publics"),
        ("networks", "reseaux"),
        ("soliguide", "soliguide"),
        ("soliguide_legacy", "soliguide_legacy"),
        ("finess", "finess"),
        ("bpe", "bpe"),
    ):
        assert {str(code) for code in wanted.get(theirs, [])} <= getattr(theme.selectors, ours)
