"""What the user decided of pairs of records: « fusionner » or « séparer »."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from cartoallier.errors import SourceError
from cartoallier.files import read_table
from cartoallier.model import Finding
from cartoallier.supply import cells
from cartoallier.supply.headers import columns_read

MERGE = "fusionner"
SEPARATE = "separer"

_SAID = {
    MERGE: True,
    SEPARATE: False,
    "fusionne_par_decision": True,
    "separe_par_decision": False,
}
_OURS = frozenset({"", "fusionne", "a_verifier"})
_KEYS = (("id_garde", "id_autre"), ("id_a", "id_b"))


@dataclass(frozen=True, kw_only=True)
class Decision:
    """One line of the decisions file.

    Attributes:
        first: id of a record.
        second: id of another.
        merged: they are one desk; else two.
        line: 1-based row in the file.
    """

    first: str
    second: str
    merged: bool
    line: int | None = None


@dataclass(frozen=True, kw_only=True)
class Decisions:
    """The user's decisions on pairs of records.

    Attributes:
        pairs: in the order of the file; the last word on a pair counts.
        file: as the project names it.
        findings: lines that could not be understood.
    """

    pairs: tuple[Decision, ...] = ()
    file: str = "decisions.csv"
    findings: tuple[Finding, ...] = ()

    @classmethod
    def read(cls, path: Path, *, file: str | None = None) -> Decisions:
        """Read a table with ``id_garde`` and ``id_autre`` (or ``id_a``, ``id_b``), ``decision``.

        ``doublons.csv`` itself, its column ``decision`` filled with ``fusionner`` or
        ``separer`` where the user has something to say, is such a table: what it says on its
        own (``fusionne``, ``a_verifier``…) is left aside.

        Args:
            path: the table.
            file: its name, as the project writes it.

        Returns:
            The decisions; ids are checked when records are known, by ``merge``.

        Raises:
            SourceError: the table is unreadable or lacks a column.
        """
        name = file or path.name
        rows = read_table(path, file=name)
        keys = next((pair for pair in _KEYS if pair[0] in rows and pair[1] in rows), None)
        if keys is None or "decision" not in rows:
            raise SourceError(
                "colonnes attendues : id_garde, id_autre (ou id_a, id_b) et decision ; "
                f"{columns_read(rows.header, most=8)}",
                path=name,
                line=1,
            )
        pairs: list[Decision] = []
        findings = list(rows.findings)
        columns = [rows.parse(key, cells.text) for key in (*keys, "decision")]
        for line, first, second, said in zip(rows.lines, *columns, strict=True):
            word = said.lower().replace("é", "e")
            whole = bool(first and second and first != second)
            if word in _SAID and whole:
                pairs.append(Decision(first=first, second=second, merged=_SAID[word], line=line))
            elif word not in _OURS:
                findings.append(_unread(name, line, said, first, second))
        return cls(pairs=tuple(pairs), file=name, findings=tuple(findings))

    def unknown_id(self, decision: Decision, one: str) -> Finding:
        """Return what is said of a decision about a record that is not there."""
        return Finding(
            file=self.file,
            line=decision.line,
            column="id",
            value=one,
            what="décision sur une fiche absente",
            action="décision laissée de côté\u00a0; l'identifiant est à vérifier dans doublons.csv",
        )

    def two_ways(self, decision: Decision) -> Finding:
        """Return what is said of a round and a fixed desk to be merged."""
        return Finding(
            file=self.file,
            line=decision.line,
            column="decision",
            value=f"{decision.first} ; {decision.second}",
            what="fusion demandée d'une tournée ou d'un service à distance avec un lieu fixe",
            action="décision laissée de côté\u00a0; les deux fiches restent distinctes",
        )


def _unread(file: str, line: int, said: str, first: str, second: str) -> Finding:
    whole = bool(first and second and first != second)
    return Finding(
        file=file,
        line=line,
        column="decision" if whole else "id",
        value=said[:60],
        what="décision non comprise" if whole else "décision sans ses deux identifiants",
        action="écrivez «\u00a0fusionner\u00a0» ou «\u00a0separer\u00a0» et deux identifiants",
    )
