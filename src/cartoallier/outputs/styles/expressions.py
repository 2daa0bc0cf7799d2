"""Conditions as QGIS writes them; names and texts are quoted whatever they hold."""

from __future__ import annotations

from collections.abc import Iterable

from cartoallier.outputs.styles.renderers import Categorised, Graduated, Where


def column(name: str) -> str:
    """Return a column as an expression names it."""
    return '"' + name.replace('"', '""') + '"'


def literal(value: float | str | bool) -> str:
    """Return a value as an expression writes it."""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, str):
        # a backslash escapes in QGIS expressions
        return "'" + value.replace("\\", "\\\\").replace("'", "''") + "'"
    return plain(value)


def plain(value: float) -> str:
    """Write a number so that it is read back the same, without an exponent when it is whole."""
    return str(int(value)) if value == int(value) and abs(value) < 1e15 else repr(float(value))


def condition(where: Where) -> str:
    """Return one condition."""
    name = column(where.column)
    if where.sign == "null":
        return f"{name} IS NULL"
    if where.sign == "known":
        return f"{name} IS NOT NULL"
    if where.sign == "other":
        return f"coalesce({name} <> {literal(where.value)}, TRUE)"
    if where.sign == "listed":
        return f"array_contains(string_to_array({name}, ', '), {literal(where.value)})"
    return f"{scaled(where.column, where.factor)} {where.sign} {literal(where.value)}"


def conditions(wheres: Iterable[Where]) -> str:
    """Return conditions that must all hold; always true without any."""
    return " AND ".join(condition(where) for where in wheres) or "TRUE"


def scaled(name: str, factor: float) -> str:
    """Return a column times a factor."""
    return column(name) if factor == 1 else f"{plain(factor)} * {column(name)}"


def graduated(renderer: Graduated) -> str:
    """Return the number a graduated renderer cuts: the value, or the code of what is missing.

    Codes lie under any value: they are those of the expression alone, no column holds them.
    """
    cases = [
        f"WHEN {conditions(gap.where)} THEN {plain(code(renderer, rank))}"
        for rank, gap in enumerate(renderer.gaps[:-1])
    ]
    if renderer.first:
        cases.append(f"WHEN {conditions(renderer.first)} THEN {plain(renderer.lowest)}")
    rest = plain(code(renderer, len(renderer.gaps) - 1)) if renderer.gaps else "NULL"
    name = column(renderer.column)
    value = scaled(renderer.column, renderer.factor)
    return " ".join(("CASE", *cases, f"WHEN {name} IS NULL THEN {rest}", f"ELSE {value}", "END"))


def code(renderer: Graduated, rank: int) -> float:
    """Return the code of a class of what is missing: the last is the nearest to figures."""
    return renderer.lowest - (len(renderer.gaps) - rank)


def categorised(renderer: Categorised) -> str:
    """Return what a categorised renderer reads: a column, or an expression made of one.

    Without a column it is the rank of the first class whose conditions hold, from 1, or NULL.
    With one it is its value, but for classes that other columns decide: minus their rank.
    """
    cases = [
        f"WHEN {conditions(one.where)} THEN {literal(category(renderer, rank))}"
        for rank, one in enumerate(renderer.classes)
        if one.where and not (renderer.column and own(renderer, rank))
    ]
    rest = column(renderer.column) if renderer.column else "NULL"
    if not cases:
        return renderer.column
    return " ".join(("CASE", *cases, f"ELSE {rest}", "END"))


def own(renderer: Categorised, rank: int) -> bool:
    """Tell whether a class is one value of the column of its renderer."""
    where = renderer.classes[rank].where
    return len(where) == 1 and where[0].sign == "=" and where[0].column == renderer.column


def category(renderer: Categorised, rank: int) -> float | str | bool:
    """Return the value that stands for a class, ``""`` for all that no other class holds."""
    if not renderer.classes[rank].where:
        return ""
    if renderer.column and own(renderer, rank):
        return renderer.classes[rank].where[0].value
    return -(rank + 1) if renderer.column else rank + 1
