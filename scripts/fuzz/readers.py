"""Damage every sample many times and read it: one clear French error, or services and findings.

    python scripts/fuzz/readers.py [FOLDER…] [--times 10000] [--seed 3] [--keep DIR] [--rows 40]

Prints one line per file. ``normaux``: read, perhaps with findings; ``clairs``: a ``SourceError``
that names the file; ``constats``: findings of the normal ones; ``lents``: more than ten seconds;
``défauts``: anything else (a traceback, an English message, a frame the model refuses, a dead
process). Each distinct defect is told once with its place, and its file kept in ``--keep``.
Exit code 1 if there is any. One process at a time; a file long to read is cut to ``--rows``.
"""

from __future__ import annotations

import argparse
import json
import pickle
import random
import re
import signal
import subprocess
import sys
import tempfile
import time
import traceback
import warnings
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import FrameType
from typing import Any

from mutations import mutate

from cartoallier.errors import SourceError
from cartoallier.model import Services, Territory
from cartoallier.supply import SupplyInput, read_supply
from cartoallier.territory import load_territory

ROOT = Path(__file__).resolve().parents[2]
SHARED = ROOT.parent / "shared" / "data"
FOLDERS = (
    SHARED / "format-samples",
    SHARED / "france-services-2025",
    SHARED / "hinaura-2022",
    SHARED / "dirty-samples",
    ROOT / "data" / "services",
)
SUFFIXES = frozenset({".csv", ".json", ".geojson", ".xlsx", ".ods", ".parquet", ".gpkg"})
SLOW_S = 10
ENGLISH = re.compile(
    r"\b(error|invalid|expected|unexpected|not found|cannot|could not|failed|object|bytes?|got)\b",
    re.IGNORECASE,
)
HEADINGS = ("fichier", "mutations", "normaux", "clairs", "constats", "lents", "défauts", "secondes")


class TooSlowError(Exception):
    """The reader did not answer in time."""


@dataclass
class Tally:
    """What became of the mutations of one file."""

    mutations: int = 0
    normal: int = 0
    clear: int = 0
    findings: int = 0
    slow: int = 0
    broken: int = 0
    seconds: float = 0.0
    defects: dict[str, int] = field(default_factory=dict)


def samples(folders: list[Path]) -> list[Path]:
    """Return the files to damage."""
    return [
        path
        for folder in folders
        for path in (sorted(folder.rglob("*")) if folder.is_dir() else [folder])
        if path.suffix.lower() in SUFFIXES
    ]


def sparse(territory: Territory) -> Territory:
    """Return a territory of a few communes: reading costs what it knows of them."""
    communes = territory.communes.iloc[::12]
    return replace(
        territory,
        communes=communes,
        origins=territory.origins[territory.origins["commune_code"].isin(communes.index)],
        members=territory.members[territory.members["commune_code"].isin(communes.index)],
    )


def shortened(path: Path, *, rows: int) -> bytes:
    """Return the bytes of a sample, cut to some rows when it is long."""
    content = path.read_bytes()
    if path.suffix == ".csv" and content.count(b"\n") > rows:
        return b"\n".join(content.split(b"\n")[: rows + 1]) + b"\n"
    if path.suffix == ".json" and len(content) > 60_000:
        value = json.loads(content)
        lists = [value] if isinstance(value, list) else [*value.values()]
        for one in lists:
            if isinstance(one, list):
                del one[max(2, rows // 4) :]
        return json.dumps(value, ensure_ascii=False).encode()
    return content


def attempt(path: Path, *, territory: Territory, tally: Tally) -> str:
    """Read one damaged file; return the defect met, ``""`` if there is none."""
    source = SupplyInput(path=path, file=path.name)
    signal.setitimer(signal.ITIMER_REAL, SLOW_S)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            frame, findings, record = read_supply(source, territory=territory)
            Services(frame)
        if record.rows_kept != len(frame):
            return f"rows_kept {record.rows_kept}, {len(frame)} lignes"
        tally.normal += 1
        tally.findings += len(findings)
    except SourceError as error:
        told = str(error)
        if not told.startswith(path.name):
            return f"le fichier n'est pas nommé : {told[:120]}"
        plain = re.sub(r"«[^»]*»|colonnes lues.*", "", told.removeprefix(path.name))
        if ENGLISH.search(plain):
            return f"anglais : {told[:120]}"
        tally.clear += 1
    except TooSlowError:
        tally.slow += 1
        return _place("lent")
    except (Exception, RecursionError) as error:
        return _place(f"{type(error).__name__}: {str(error)[:100]}")
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
    return ""


def _place(what: str) -> str:
    """Return a defect with the innermost line of the product it went through."""
    frames = traceback.extract_tb(sys.exc_info()[2])
    ours = [f for f in frames if "cartoallier" in f.filename and "fuzz" not in f.filename]
    last = ours[-1] if ours else frames[-1]
    return f"{Path(last.filename).name}:{last.lineno} {what}"


def _alarm(_signal: int, _frame: FrameType | None) -> None:
    raise TooSlowError


def fuzz(path: Path, options: argparse.Namespace, *, territory: Territory) -> Tally:
    """Damage and read one sample."""
    content = shortened(path, rows=options.rows)
    draw = random.Random(f"{options.seed}/{path.name}")  # noqa: S311 (no secret is drawn)
    tally = Tally()
    start = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        victim = Path(folder) / path.name
        for number in range(options.times):
            kind, damaged = mutate(path.name, content, draw)
            victim.write_bytes(damaged)
            tally.mutations += 1
            defect = attempt(victim, territory=territory, tally=tally)
            if not defect:
                continue
            tally.broken += 1
            place, _, what = defect.partition(" ")
            key = f"{place} " + re.sub(r"0x[0-9a-f]+|\d{3,}", "…", what)
            tally.defects[key] = tally.defects.get(key, 0) + 1
            if tally.defects[key] == 1 and options.keep:
                kept = options.keep / f"{path.stem}-{number}-{kind}{path.suffix}"
                kept.write_bytes(damaged)
    tally.seconds = time.perf_counter() - start
    return tally


def alone(path: Path, options: argparse.Namespace, *, territory: Path) -> Tally:
    """Damage and read one sample in a process of its own: a crash is a result too."""
    command = [sys.executable, __file__, str(path), "--child", str(territory)]
    command += ["--times", str(options.times), "--seed", str(options.seed)]
    command += ["--rows", str(options.rows)]
    command += ["--keep", str(options.keep)] if options.keep else []
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    lines = answer.stdout.splitlines()
    if answer.returncode == 0 and lines:
        return Tally(**json.loads(lines[-1]))
    why = f"processus arrêté ({answer.returncode}) {answer.stderr.strip()[-300:]}"
    return Tally(broken=1, defects={why: 1})


def parsed(arguments: list[str]) -> argparse.Namespace:
    """Return the options of the command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n", maxsplit=1)[0])
    parser.add_argument("folders", nargs="*", type=Path)
    parser.add_argument("--times", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=3)
    parser.add_argument("--rows", type=int, default=40)
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--child", type=Path, help=argparse.SUPPRESS)
    return parser.parse_args(arguments)


def main(arguments: list[str]) -> int:
    """Damage every sample and print the table."""
    options = parsed(arguments)
    if options.keep:
        options.keep.mkdir(parents=True, exist_ok=True)
    if options.child:
        signal.signal(signal.SIGALRM, _alarm)
        territory: Any = pickle.loads(options.child.read_bytes())  # noqa: S301 (our own)
        print(json.dumps(vars(fuzz(options.folders[0], options, territory=territory))))
        return 0
    totals, defects = Tally(), dict[str, str]()
    print("\t".join(HEADINGS))
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "territoire.pickle"
        place.write_bytes(pickle.dumps(sparse(load_territory("03", neighbourhood_km=0))))
        for path in samples(options.folders or [f for f in FOLDERS if f.is_dir()]):
            tally = alone(path, options, territory=place)
            _print(path.name, tally)
            for name in ("mutations", "normal", "clear", "findings", "slow", "broken", "seconds"):
                setattr(totals, name, getattr(totals, name) + getattr(tally, name))
            for defect, times in tally.defects.items():
                defects.setdefault(defect, f"{path.name} ({times} fois)")
    _print("total", totals)
    for defect, where in sorted(defects.items()):
        print(f"défaut : {defect} — {where}")
    return 1 if defects else 0


def _print(name: str, tally: Tally) -> None:
    counts = (tally.mutations, tally.normal, tally.clear, tally.findings, tally.slow, tally.broken)
    print("\t".join([name, *map(str, counts), f"{tally.seconds:.0f}"]), flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
