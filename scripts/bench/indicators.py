"""Which file gives which indicator, and how many zones have a value: a Markdown table.

    python scripts/bench/indicators.py [FOLDER…]

Reads every file of the folders as ``besoin/`` would, with ``format = "auto"``, and the shipped
census; without a folder, the real files that stand beside the project. The newest year of each
indicator at each level is printed. A file that is no need file is named
with the reason.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd

from cartoallier.catalogue import load_catalogue
from cartoallier.errors import CartoError
from cartoallier.model import Status
from cartoallier.needs import NeedInput, count_values, estimate_poverty, read_census, read_needs
from cartoallier.needs.values import Extract, gathered

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"
FOLDERS = (
    "filosofi-2021-communes", "filosofi-disp-2016-2019", "neet-2008-2018",
    "demandeurs-emploi-2025", "rp2021-iris",
)  # fmt: skip
HEADINGS = ("indicateur", "fichier", "maille", "millésime", "zones", *(s.value for s in Status))


def newest(table: pd.DataFrame) -> pd.DataFrame:
    """Keep the newest year of each indicator at each level, in the order of the catalogue."""
    turn = {key: i for i, key in enumerate(load_catalogue().indicators)}
    table = table.assign(turn=table["indicateur"].map(turn))
    order = table.sort_values(["turn", "maille", "millesime"], kind="stable")
    return order.drop_duplicates(["indicateur", "maille"], keep="last")


def main(folders: list[Path]) -> int:
    """Print the table, then what no file gives."""
    indicators = load_catalogue().indicators
    extracts: list[Extract] = []
    refused: list[str] = []
    for path in sorted(file for folder in folders for file in folder.rglob("*.csv")):
        try:
            extract, _ = read_needs(NeedInput(path=path, file=path.name), indicators=indicators)
            extracts.append(extract)
        except CartoError as error:
            refused.append(str(error))
    values = gathered(extract.values for extract in extracts)
    estimates, _ = estimate_poverty(values, indicators)
    census, _ = read_census()
    extracts += [Extract(values=estimates), census]
    table = newest(count_values(extracts, indicators=indicators))
    print("| " + " | ".join(HEADINGS) + " |\n|" + "---|" * len(HEADINGS))
    for row in table.to_dict("records"):
        cells = [f"`{row['indicateur']}`", Path(row["fichier"]).name, row["maille"]]
        cells += [row["millesime"], *(str(row[name]) for name in ("zones", *map(str, Status)))]
        print("| " + " | ".join(cells) + " |")
    given = set(table["indicateur"])
    computed = [
        key for key, one in indicators.items() if {one.numerator, one.weight} <= given - {""}
    ]
    missing = [k for k in indicators if k not in given and k not in computed]
    print(f"\nCalculés sur ces effectifs : {', '.join(computed)}.")
    print(f"\nSans fichier ici : {', '.join(missing)}.")
    for message in refused:
        print(f"\nNon lu : {message}")
    return 0


if __name__ == "__main__":
    sys.exit(main([Path(word) for word in sys.argv[1:]] or [SHARED / name for name in FOLDERS]))
