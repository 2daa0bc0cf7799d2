"""Bytes of a source, and the text they hold: what spreadsheets and exports do to accents."""

from __future__ import annotations

import hashlib
from pathlib import Path

from cartoallier.errors import SourceError
from cartoallier.files.workbooks import CONTROL
from cartoallier.model import Finding

_CONTROL_BYTES = bytes(code for code in range(128) if CONTROL.match(chr(code)))
_UTF16 = (b"\xff\xfe", b"\xfe\xff")


def read_bytes(path: Path, *, file: str) -> bytes:
    """Return the bytes of a source.

    Raises:
        SourceError: the file is absent, unreadable or empty.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise SourceError(
            "le fichier n'a pas pu être ouvert ; vérifiez son nom et qu'il n'est pas ouvert "
            "dans un autre logiciel",
            path=file,
        ) from error
    if not content.strip():
        raise SourceError("le fichier est vide ; redemandez l'export", path=file)
    return content


def decode(content: bytes, *, file: str) -> tuple[str, list[Finding]]:
    """Return the text of a file: UTF-8, UTF-16, else Windows; what was odd is found.

    A few wrong bytes in a UTF-8 file are replaced; a UTF-8 file once taken for a Windows one
    (« Ã© ») is put right.

    Raises:
        SourceError: the bytes are no text.
    """
    text, findings = _decoded(content, file=file)
    # Most files have none: counting bytes is ten times faster than a pattern over the text.
    clean = len(content.translate(None, _CONTROL_BYTES)) == len(content)
    clean = clean and "\ufeff" not in text and "\ufffe" not in text
    controls = 0 if clean else len(CONTROL.findall(text))
    if controls > 16 and controls > len(text) / 10:
        raise _not_text(file)
    if controls:
        text = CONTROL.sub("", text)
        findings.append(
            Finding(
                file=file,
                what="le fichier contient des caractères de contrôle",
                action="caractères retirés",
            )
        )
    return text, findings


def _decoded(content: bytes, *, file: str) -> tuple[str, list[Finding]]:
    wide = utf16_codec(content)
    if wide:
        try:
            return content.decode(wide), []
        except UnicodeDecodeError as error:
            raise _not_text(file) from error
    try:
        return _unmistaken(content.decode("utf-8-sig"), file=file)
    except UnicodeDecodeError:
        pass
    lenient = content.decode("utf-8-sig", errors="replace")
    wrong = lenient.count("\ufffd")
    if sum(1 for char in lenient if char > "\x7f") - wrong > 5 * wrong:
        line = lenient.count("\n", 0, lenient.index("\ufffd")) + 1
        finding = Finding(
            file=file,
            line=line,
            what="des caractères sont illisibles",
            action="remplacés par « � » ; redemandez l'export en UTF-8",
        )
        return lenient, [finding]
    try:
        text = content.decode("cp1252")
    except UnicodeDecodeError as error:
        raise _not_text(file) from error
    finding = Finding(
        file=file,
        what="le fichier n'est pas en UTF-8",
        action="lu comme un fichier Windows (cp1252) ; vérifiez les accents",
    )
    return text, [finding]


def _not_text(file: str) -> SourceError:
    return SourceError(
        "ce n'est pas un fichier texte lisible ; enregistrez-le en CSV UTF-8", path=file
    )


def utf16_codec(content: bytes) -> str:
    """Return the UTF-16 codec of the bytes, by their mark or by their zeros, else ``""``."""
    if content.startswith(_UTF16):
        return "utf-16"
    start = content[:4096]
    zeros = start[1::2].count(0), start[::2].count(0)
    for codec, (many, few) in (("utf-16-le", zeros), ("utf-16-be", zeros[::-1])):
        if many > 0.3 * len(start) and few == 0:
            return codec
    return ""


def _unmistaken(text: str, *, file: str) -> tuple[str, list[Finding]]:
    """Put right a text encoded twice: « Ã© » for « é »."""
    if "Ã©" not in text and "Ã¨" not in text:
        return text, []
    try:
        repaired = text.encode("cp1252").decode("utf-8")
    except (UnicodeEncodeError, UnicodeDecodeError):
        repaired = text
        for letter in "éèêëàâçîïôùûÉ":
            wrong = letter.encode().decode("cp1252", errors="ignore")
            repaired = repaired.replace(wrong, letter) if len(wrong) == 2 else repaired
    finding = Finding(
        file=file,
        what="les accents ont été encodés deux fois",
        action="remis en ordre ; redemandez l'export en UTF-8",
    )
    return repaired, [finding]


def sha256_of(path: Path) -> str:
    """Return the digest of a file's bytes, read in pieces."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
