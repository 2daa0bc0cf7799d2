"""The layers of the house (docs/architecture.md): imports only look down."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[1] / "src" / "cartoallier"
LEVELS = {
    "__init__": 0,
    "errors": 0,
    "model": 1,
    "catalogue": 2,
    "download": 2,
    "files": 2,
    "territory": 3,
    "supply": 3,
    "needs": 3,
    "access": 3,
    "project": 3,
    "diagnosis": 4,
    "outputs": 4,
    "pipeline": 5,
    "cli": 6,
    "__main__": 7,
}
BANNED_NAMES = {"utils", "helpers", "common", "misc"}


def room_of(module: str) -> str:
    """Return the room of ``cartoallier.room.module``."""
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else "__init__"


def imported(tree: ast.AST, module: str, *, package: bool = False) -> Iterator[tuple[int, str]]:
    """Yield (line, absolute module) for every import of the package, wherever it stands."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level:
            base = module.split(".")[: len(module.split(".")) - node.level + package]
            names = [".".join([*base, *([node.module] if node.module else [])])]
        elif isinstance(node, ast.ImportFrom):
            names = [
                f"cartoallier.{alias.name}" if node.module == "cartoallier" else node.module or ""
                for alias in node.names
            ]
        else:
            continue
        for name in names:
            if name.split(".")[0] == "cartoallier":
                yield node.lineno, name


def violations(package: Path) -> list[str]:
    """Return every import that does not look strictly down, and every banned name."""
    found = []
    for path in sorted(package.rglob("*.py")):
        parts = path.relative_to(package).with_suffix("").parts
        is_package = parts[-1] == "__init__"
        module = ".".join(["cartoallier", *(parts[:-1] if is_package else parts)])
        room = room_of(module)
        if room not in LEVELS:
            found.append(f"{module}: unknown room « {room} »")
            continue
        if path.stem in BANNED_NAMES:
            found.append(f"{module}: banned name")
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for line, target in imported(tree, module, package=is_package):
            other = room_of(target)
            if other in {"__init__", "__version__"}:
                continue  # the version, at the root
            if other != room and LEVELS.get(other, 99) >= LEVELS[room]:
                found.append(f"{module}:{line} imports {target}")
    return found


def test_imports_look_down() -> None:
    assert violations(PACKAGE) == []


@pytest.mark.parametrize(
    ("room", "statement"),
    [
        ("access/engine.py", "from cartoallier.supply import Services"),
        ("model/run.py", "import cartoallier.catalogue"),
        ("outputs/tables.py", "from cartoallier import pipeline"),
        ("needs/read.py", "from ..territory import load_territory"),
        ("supply/read.py", "def f():\n    from cartoallier.pipeline import diagnose"),
        ("territory/utils.py", ""),
        ("attic/old.py", ""),
    ],
)
def test_a_forbidden_import_is_seen(tmp_path: Path, room: str, statement: str) -> None:
    target = tmp_path / room
    target.parent.mkdir(parents=True)
    target.write_text(statement, encoding="utf-8")
    assert len(violations(tmp_path)) == 1


def test_an_import_that_looks_down_is_allowed(tmp_path: Path) -> None:
    target = tmp_path / "supply" / "read.py"
    target.parent.mkdir(parents=True)
    target.write_text(
        "from cartoallier import __version__\nfrom ..model import Services\nfrom . import place\n",
        encoding="utf-8",
    )
    assert violations(tmp_path) == []
