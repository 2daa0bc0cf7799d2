"""Several files of one directory in one project."""

import pandas as pd

from cartoallier.model import Services
from cartoallier.supply import gather


def _place(day: str, **changes: object) -> dict[str, object]:
    return {
        "lieu_id": 7,
        "name": "Foyer Les Mimosas",
        "status": "ONLINE",
        "position": {"location": {"coordinates": [3.01, 46.51]}, "address": "1 rue X"},
        "services_all": [{"serviceObjectId": "a", "category": "shower"}],
        "updatedAt": day,
    } | changes


def test_the_newest_export_wins(write, read) -> None:
    old = read(write([_place("2025-01-01"), _place("2025-01-01", lieu_id=8)], "ancien.json"))[0]
    new = read(write([_place("2026-01-01")], "nouveau.json"))[0]
    frame, findings = gather([old, new])
    Services(frame)
    assert frame.loc["soliguide--7-a", "file"] == "nouveau.json"
    assert len(frame) == 2
    assert [(f.file, f.line) for f in findings] == [("ancien.json", 1)]


def test_secret_in_one_export_is_secret_in_all(write, read) -> None:
    hidden = _place("2025-01-01", modalities={"orientation": {"checked": True}})
    old = read(write([hidden], "ancien.json"))[0]
    new = read(write([_place("2026-01-01")], "nouveau.json"))[0]
    for frames in ([old, new], [new, old]):
        frame, findings = gather(frames)
        assert frame["confidential"].tolist() == [True]
        assert "Mimosas" not in frame.to_csv() + repr(findings)


def test_nothing_gathered_is_an_empty_frame() -> None:
    frame, findings = gather([])
    Services(frame)
    assert (len(frame), findings) == (0, [])
    assert isinstance(frame, pd.DataFrame)


def test_a_file_of_closed_places_is_read_and_empty(write, read) -> None:
    frame, _, record = read(write([_place("2026-01-01", status="OFFLINE")], "s.json"))
    Services(frame)
    assert (len(frame), record.rows_read, record.rows_kept) == (0, 1, 0)
    assert record.dropped == {"fiche hors ligne ou brouillon": 1}
