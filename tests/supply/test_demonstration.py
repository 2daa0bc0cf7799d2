"""The shipped demonstration: whole, labelled, built again byte for byte."""

import runpy
from pathlib import Path

import pandas as pd
import pytest

from cartoallier.catalogue import load_catalogue
from cartoallier.model import Services, Territory
from cartoallier.supply import SupplyInput, assign_themes, is_untouched_template, read_supply

ROOT = Path(__file__).resolve().parents[2]
SHIPPED = ROOT / "data" / "services"
FILES = sorted(p for p in (SHIPPED / "demonstration").iterdir() if p.suffix in {".csv", ".json"})


@pytest.fixture(scope="module")
def allier() -> Territory:
    territory = pytest.importorskip("cartoallier.territory")
    return territory.load_territory("03")


@pytest.fixture(scope="module")
def served(allier: Territory) -> pd.DataFrame:
    frames = []
    for path in FILES:
        source = SupplyInput(path=path, file=path.name, demonstration=True)
        frame, _, record = read_supply(source, territory=allier)
        assert record.demonstration
        assert "démonstration, fictives" in record.label
        frames.append(frame)
    records = assign_themes(pd.concat(frames), load_catalogue().themes.values())
    Services(records)
    return records


def test_every_theme_is_served(served: pd.DataFrame) -> None:
    found = {theme for themes in served["themes"] for theme in themes}
    assert found == set(load_catalogue().themes)


def test_it_shows_every_case(served: pd.DataFrame) -> None:
    assert 150 <= len(served) <= 260
    assert int(served["confidential"].sum()) == 1
    assert served["itinerant"].any()
    assert served["remote"].any()
    kinds = {zone.partition(":")[0] for zones in served["zone"] for zone in zones}
    assert kinds == {"commune", "epci", "departement", "region"}
    assert (served["precision"] == "commune").any()
    assert not served["commune_code"].dropna().str.startswith("03").all()


def test_it_is_visibly_invented(served: pd.DataFrame) -> None:
    open_rows = served[~served["confidential"]]
    assert open_rows["name"].str.contains(r"\(fictif\)").all()
    assert served["address"].dropna().str.contains("rue de l'Exemple").all()
    digits = served["phone"].dropna().str.replace("+33", "0")
    assert digits.str.startswith("0465710").all()
    assert all("@" not in path.read_text("utf-8") for path in FILES)


def test_templates_are_shipped_empty() -> None:
    templates = sorted((SHIPPED / "modeles").glob("*.csv"))
    assert [p.stem for p in templates] == ["ccas", "msd", "paej", "permanences"]
    assert all(is_untouched_template(path) for path in templates)


def test_the_script_gives_the_same_bytes(tmp_path: Path) -> None:
    main = runpy.run_path(str(ROOT / "scripts" / "build_demo_supply.py"))["main"]
    assert main(["--sortie", str(tmp_path)]) == 0
    built = sorted(p.relative_to(tmp_path) for p in tmp_path.rglob("*") if p.is_file())
    assert len(built) == 9
    for path in built:
        assert (tmp_path / path).read_bytes() == (SHIPPED / path).read_bytes(), path
