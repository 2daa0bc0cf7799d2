"""Shared assets: one folder beside the pages, the same pages, nothing fetched elsewhere."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cartoallier.model import Run
from cartoallier.outputs.maps.assets import share
from cartoallier.outputs.maps.writer import write_maps

Visitor = Callable[[Path], Any]


def test_shared_pages_show_the_same_from_a_disk(
    toy_run: Run, tmp_path: Path, visit: Visitor
) -> None:
    alone, shared = tmp_path / "seul", tmp_path / "clé usb é"
    write_maps(toy_run, alone)
    paths = write_maps(toy_run, shared, assets="partages")
    resources = shared / "cartes" / "ressources"
    assert sorted(path for path in paths if path.parent == resources) == sorted(resources.iterdir())
    names = [path.relative_to(shared) for path in paths if path.suffix == ".html"]
    assert str(names[-1]) == "index.html"
    for name in names:
        light, whole = visit(shared / name), visit(alone / name)
        assert light.errors == [], name
        assert all(url.startswith(resources.as_uri()) for url in light.foreign), name
        drawn = [seen.page.locator("path, tr").count() for seen in (light, whole)]
        assert drawn[0] == drawn[1], name
        light.page.close()
        whole.page.close()


def test_shared_folder_is_lighter_and_deterministic(toy_run: Run, tmp_path: Path) -> None:
    def size(paths: list[Path]) -> int:
        return sum(path.stat().st_size for path in paths)

    first = write_maps(toy_run, tmp_path / "a", assets="partages")
    second = write_maps(toy_run, tmp_path / "b", assets="partages")
    assert [p.read_bytes() for p in first] == [p.read_bytes() for p in second]
    assert [p.name for p in first] == [p.name for p in second]
    assert size(first) < size(write_maps(toy_run, tmp_path / "c")) / 3


def test_the_policy_only_opens_to_files_of_the_delivery(toy_run: Run, tmp_path: Path) -> None:
    for path in write_maps(toy_run, tmp_path, assets="partages"):
        if path.suffix != ".html":
            continue
        text = path.read_text("utf-8")
        policy = re.search(r'Content-Security-Policy" content="([^"]+)"', text)
        assert policy is not None
        words = policy[1].replace("&#39;", "'")
        assert words.startswith("default-src 'none'; ")
        assert "unsafe" not in words
        for link in re.findall(r'(?:src|rel="stylesheet" href)="([^"]+)"', text):
            assert (path.parent / link).resolve().is_file(), link


def test_a_word_that_is_neither_is_refused(toy_run: Run, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="assets"):
        write_maps(toy_run, tmp_path, assets="nuage")


def test_only_what_several_pages_hold_moves() -> None:
    long = "x" * 2000
    page = "<script>{}</script><style>{}</style>".format
    pages = {"index.html": page(long, "a" * 2000), "cartes/b.html": page(long, "b" * 2000)}
    lighter, files = share(pages, folder="cartes/ressources")
    ((name, text),) = files.items()
    assert text == long
    short = name.rsplit("/", 1)[-1]
    assert f'src="cartes/ressources/{short}"' in lighter["index.html"]
    assert f'src="ressources/{short}"' in lighter["cartes/b.html"]
    assert "<style>" in lighter["index.html"]


def test_pages_work_inside_a_frame(toy_run: Run, tmp_path: Path, visit: Visitor) -> None:
    write_maps(toy_run, tmp_path)
    host = tmp_path / "hote.html"
    host.write_text(
        "<!DOCTYPE html><title>hôte</title>"
        '<iframe src="cartes/comparer.html#vue=acces" width="1000" height="700"></iframe>'
        '<iframe src="index.html" width="1000" height="700"></iframe>'
    )
    seen = visit(host)
    seen.page.wait_for_timeout(300)
    compared = seen.page.frame_locator("iframe").first
    assert compared.locator("#carte-a path").count() > 3
    compared.locator("select[name=a]").select_option(index=1)
    index = seen.page.frame_locator("iframe").nth(1)
    index.locator("input[name=mots]").fill("accueil")
    assert "thème" in index.locator("output").inner_text()
    assert seen.errors == []
