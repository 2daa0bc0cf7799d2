"""What a road file is, told by its first bytes, never by its name."""

from __future__ import annotations

import bz2
import gzip
import zlib
from pathlib import Path

from cartoallier.errors import SourceError
from cartoallier.model.french import typeset

PEEK = 4096
"""Bytes that tell what a file is."""

ACCEPTED = (
    "extrait OpenStreetMap (.osm.pbf, .osm, .osm.gz, .osm.bz2), GraphML, ou GeoPackage de l'IGN "
    "(BD TOPO, ROUTE 500)"
)

ELSEWHERE = (
    "aucune route de ce fichier ne touche le territoire ; prendre l'extrait de sa région, et de "
    "ses voisines si elle est au bord"
)
"""What is said of a file about somewhere else."""

_SQLITE = b"SQLite format 3\0"
_PBF = b"OSMHeader"


def layout_of(path: Path, *, file: str) -> str:
    """Return ``pbf``, ``osm``, ``osm.gz``, ``osm.bz2``, ``graphml`` or ``gpkg``.

    Args:
        path: the file.
        file: how errors name it.

    Raises:
        SourceError: it is missing, empty, cut short, or none of these.
    """
    head = _head(path, file=file)
    if head.startswith(_SQLITE):
        return "gpkg"
    if _PBF in head[:64]:
        return "pbf"
    text, packed = _unpacked(path, head, file=file)
    start = text.lstrip(b"\xef\xbb\xbf \t\r\n")
    if start.startswith(b"<") and b"<osm" in start:
        return f"osm{packed}"
    if start.startswith(b"<") and b"<graphml" in start and not packed:
        return "graphml"
    raise SourceError(typeset(_unknown(head, start.lower())), path=file)


def _unknown(head: bytes, start: bytes) -> str:
    if b"<html" in start or b"<!doctype html" in start:
        return (
            "c'est une page web, pas un réseau routier : le téléchargement a échoué ; le "
            "recommencer"
        )
    if head.startswith(b"PK"):
        return f"archive zip ; l'ouvrir et donner le fichier qu'elle contient : {ACCEPTED}"
    return f"format non reconnu ; attendu : {ACCEPTED}"


def _head(path: Path, *, file: str) -> bytes:
    try:
        with path.open("rb") as stream:
            head = stream.read(PEEK)
    except IsADirectoryError as error:
        raise SourceError(typeset("c'est un dossier ; donner le fichier"), path=file) from error
    except FileNotFoundError as error:
        what = "fichier introuvable ; vérifier « reseau » dans [acces] de cartoallier.toml"
        raise SourceError(typeset(what), path=file) from error
    except OSError as error:
        what = "fichier illisible ; vérifier les droits de lecture"
        raise SourceError(typeset(what), path=file) from error
    if not head:
        raise SourceError(typeset("fichier vide ; le télécharger de nouveau"), path=file)
    return head


def _unpacked(path: Path, head: bytes, *, file: str) -> tuple[bytes, str]:
    """Return the first bytes under the compression, and its suffix."""
    try:
        if head.startswith(b"\x1f\x8b"):
            with gzip.open(path) as stream:
                return stream.read(PEEK), ".gz"
        if head.startswith(b"BZh"):
            with bz2.open(path) as stream:
                return stream.read(PEEK), ".bz2"
    except (OSError, EOFError, zlib.error, ValueError) as error:
        what = "fichier compressé tronqué ou abîmé ; le télécharger de nouveau, en entier"
        raise SourceError(typeset(what), path=file) from error
    return head, ""
