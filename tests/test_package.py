"""What is installed: data travels in wheels and editable installs; pins name no registry."""

import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from cartoallier.catalogue import shipped

ROOT = Path(__file__).resolve().parents[1]
DATA = (
    "geo/communes.parquet",
    "geo/LICENCE",
    "needs/rp2021_communes.parquet",
    "services/README.md",
    "services/modeles/paej.csv",
)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder)]
    subprocess.run([*command, str(ROOT)], check=True, capture_output=True)
    return next(folder.glob("*.whl"))


def test_an_editable_install_finds_its_data() -> None:
    for name in DATA:
        assert shipped(name).samefile(ROOT / "data" / name)


def test_a_wheel_carries_its_data(wheel: Path, tmp_path: Path) -> None:
    """Installed alone in a folder, the wheel reads its own data, not the checkout's."""
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index"]
    subprocess.run([*command, "--target", str(tmp_path / "site"), str(wheel)], check=True)
    code = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from cartoallier.catalogue import shipped\n"
        "from cartoallier.territory import load_territory\n"
        "assert str(shipped('geo/communes.parquet')).startswith(sys.argv[1])\n"
        "print(int(load_territory('03').communes['inside'].sum()))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "site")],
        check=True,
        capture_output=True,
        text=True,
        cwd=tmp_path,
    )
    assert done.stdout.strip() == "317"


def test_what_the_wheel_holds(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    for name in DATA:
        assert f"cartoallier/data/{name}" in names
    for name in ("cartoallier/py.typed", "cartoallier/catalogue/themes/axe1.toml"):
        assert name in names
    assert not [n for n in names if n.startswith(("tests/", "scripts/", "data/", "maps/"))]
    licences = [n for n in names if ".dist-info/licenses/" in n]
    assert {Path(n).name for n in licences} >= {"LICENSE", "LICENCES.md"}
    assert wheel.stat().st_size < 20_000_000


def test_pins_name_no_registry() -> None:
    for path in (ROOT / "requirements").glob("*.txt"):
        for line in path.read_text(encoding="utf-8").splitlines():
            assert re.fullmatch(r"#.*|[A-Za-z0-9._-]+==[\w.]+|", line), line
