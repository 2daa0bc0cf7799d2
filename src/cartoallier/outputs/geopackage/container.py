"""The file as an SQLite base: what GDAL leaves to others, and what the standard asks of it.

Sources: OGC GeoPackage 1.3 (12-128r17), annexes F.8 « metadata » and F.9 « schema »; QGIS 3.22
for ``layer_styles`` and ``qgis_projects``, which it reads and does not document.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from cartoallier.outputs.geopackage.compact import Table
from cartoallier.outputs.geopackage.domains import RANGES, VALUES
from cartoallier.outputs.geopackage.metadata import Metadata
from cartoallier.outputs.geopackage.names import GEOMETRY_COLUMN, quoted, text
from cartoallier.outputs.geopackage.views import View

PAGE_BYTES = 4096
_IDENTITY = '"fid" INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL'
_SCHEMA = """
CREATE TABLE gpkg_data_columns (table_name TEXT NOT NULL, column_name TEXT NOT NULL, name TEXT,
    title TEXT, description TEXT, mime_type TEXT, constraint_name TEXT,
    CONSTRAINT pk_gdc PRIMARY KEY (table_name, column_name),
    CONSTRAINT gdc_tn UNIQUE (table_name, name));
CREATE TABLE gpkg_data_column_constraints (constraint_name TEXT NOT NULL,
    constraint_type TEXT NOT NULL, value TEXT, min NUMERIC, min_is_inclusive BOOLEAN, max NUMERIC,
    max_is_inclusive BOOLEAN, description TEXT,
    CONSTRAINT gdcc_ntv UNIQUE (constraint_name, constraint_type, value));
"""
_METADATA = """
CREATE TABLE gpkg_metadata (id INTEGER CONSTRAINT m_pk PRIMARY KEY ASC NOT NULL,
    md_scope TEXT NOT NULL DEFAULT 'dataset', md_standard_uri TEXT NOT NULL,
    mime_type TEXT NOT NULL DEFAULT 'text/xml', metadata TEXT NOT NULL DEFAULT '');
CREATE TABLE gpkg_metadata_reference (reference_scope TEXT NOT NULL, table_name TEXT,
    column_name TEXT, row_id_value INTEGER,
    timestamp DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')),
    md_file_id INTEGER NOT NULL, md_parent_id INTEGER,
    CONSTRAINT crmr_mfi_fk FOREIGN KEY (md_file_id) REFERENCES gpkg_metadata(id),
    CONSTRAINT crmr_mpi_fk FOREIGN KEY (md_parent_id) REFERENCES gpkg_metadata(id));
"""
_STYLES = """
CREATE TABLE layer_styles (id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    f_table_catalog TEXT(256), f_table_schema TEXT(256), f_table_name TEXT(256),
    f_geometry_column TEXT(256), styleName TEXT(256), styleQML TEXT, styleSLD TEXT,
    useAsDefault BOOLEAN, description TEXT, owner TEXT(30), ui TEXT(30),
    update_time DATETIME DEFAULT CURRENT_TIMESTAMP);
"""
_PROJECTS = "CREATE TABLE qgis_projects (name TEXT PRIMARY KEY, metadata BLOB, content BLOB)"
_SCHEMA_URI = "http://www.geopackage.org/spec130/#extension_schema"
_METADATA_URI = "http://www.geopackage.org/spec130/#extension_metadata"


@dataclass(frozen=True, kw_only=True)
class Described:
    """What ``gpkg_data_columns`` says of a column: French title and comment."""

    layer: str
    column: str
    title: str
    comment: str
    domain: str | None = None


@dataclass(frozen=True, kw_only=True)
class Style:
    """A row of ``layer_styles``."""

    layer: str
    name: str
    qml: str
    sld: str
    default: bool
    description: str


@dataclass(frozen=True, eq=False)
class Container:
    """An open GeoPackage.

    Attributes:
        base: the connection; nothing is kept to undo what it does.
        stamp: date of the run, as the standard writes it.
    """

    base: sqlite3.Connection
    stamp: str

    def fill(self, table: Table) -> None:
        """Create a table that is not a layer, and write its rows."""
        columns = "".join(f", {quoted(name)} {kind}" for name, kind in table.columns)
        self.base.execute(f"CREATE TABLE {quoted(table.name)} ({_IDENTITY}{columns})")
        marks = ", ".join("?" * (1 + len(table.columns)))
        statement = f"INSERT INTO {quoted(table.name)} VALUES ({marks})"  # noqa: S608 (quoted)
        self.base.executemany(statement, table.rows)

    def index(self, table: str, columns: Sequence[str], *, unique: bool = False) -> None:
        """Index a table by some columns."""
        name = quoted(f"idx_{table}_{'_'.join(columns)}")
        kind = "UNIQUE INDEX" if unique else "INDEX"
        listed = ", ".join(quoted(column) for column in columns)
        self.base.execute(f"CREATE {kind} {name} ON {quoted(table)} ({listed})")

    def view(self, view: View, title: str, description: str) -> None:
        """Create a view and register it as a layer, its extent and its rows known beforehand."""
        self.base.execute(f"CREATE VIEW {quoted(view.name)} AS {view.select}")
        kept = (view.name, title, description, self.stamp)
        if view.drawn:
            self.base.execute(
                "INSERT INTO gpkg_contents SELECT ?, data_type, ?, ?, ?, min_x, min_y, max_x, "
                "max_y, srs_id FROM gpkg_contents WHERE table_name = ?",
                (*kept, view.drawn),
            )
            self.base.execute(
                "INSERT INTO gpkg_geometry_columns SELECT ?, column_name, geometry_type_name, "
                "srs_id, z, m FROM gpkg_geometry_columns WHERE table_name = ?",
                (view.name, view.drawn),
            )
        else:
            self._attributes(*kept[:3])
        self.base.execute(
            "INSERT INTO gpkg_ogr_contents SELECT ?, coalesce(?, "
            "(SELECT feature_count FROM gpkg_ogr_contents WHERE table_name = ?))",
            (view.name, view.rows, view.drawn),
        )

    def follow(self, drawn: str, views: Iterable[str]) -> None:
        """Keep the number of rows of views true when somebody edits the layer they draw."""
        listed = ", ".join(text(name) for name in views)
        for event, step in (("INSERT", "+ 1"), ("DELETE", "- 1")):
            name = quoted(f"trigger_{event.lower()}_view_count_{drawn}")
            self.base.execute(
                f"CREATE TRIGGER {name} AFTER {event} ON {quoted(drawn)} BEGIN "  # noqa: S608
                f"UPDATE gpkg_ogr_contents SET feature_count = feature_count {step} "
                f"WHERE table_name IN ({listed}); END"
            )

    def _attributes(self, name: str, title: str, description: str) -> None:
        self.base.execute(
            "INSERT INTO gpkg_contents (table_name, data_type, identifier, description, "
            "last_change, srs_id) VALUES (?, 'attributes', ?, ?, ?, 0)",
            (name, title, description, self.stamp),
        )

    def columns(self, layer: str) -> tuple[str, ...]:
        """Return the columns of a layer, ``fid`` and geometry included."""
        rows = self.base.execute("SELECT name FROM pragma_table_info(?)", (layer,))
        return tuple(str(name) for (name,) in rows)

    def layers(self) -> tuple[str, ...]:
        """Return the names of the layers, in the order they were registered."""
        rows = self.base.execute("SELECT table_name FROM gpkg_contents ORDER BY rowid")
        return tuple(str(name) for (name,) in rows)

    def describe(self, columns: Iterable[Described]) -> None:
        """Write French titles and comments of columns, and the values they may take."""
        self._create(_SCHEMA)
        for name in ("gpkg_data_columns", "gpkg_data_column_constraints"):
            self._extend(name, "gpkg_schema", _SCHEMA_URI)
        self.base.executemany(
            "INSERT INTO gpkg_data_columns VALUES (?, ?, ?, ?, ?, NULL, ?)",
            ((c.layer, c.column, c.column, c.title, c.comment, c.domain) for c in columns),
        )
        self.base.executemany(
            "INSERT INTO gpkg_data_column_constraints VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            _constraints(),
        )

    def document(self, records: Iterable[Metadata]) -> None:
        """Write ISO metadata: the record of the file first, then those of layers, its children."""
        self._create(_METADATA)
        for name in ("gpkg_metadata", "gpkg_metadata_reference"):
            self._extend(name, "gpkg_metadata", _METADATA_URI)
        for number, one in enumerate(records, start=1):
            self.base.execute(
                "INSERT INTO gpkg_metadata VALUES (?, ?, ?, ?, ?)",
                (number, one.scope, one.uri, one.mime, one.xml),
            )
            scope, parent = ("table", 1) if one.table else ("geopackage", None)
            self.base.execute(
                "INSERT INTO gpkg_metadata_reference VALUES (?, ?, NULL, NULL, ?, ?, ?)",
                (scope, one.table, self.stamp, number, parent),
            )

    def style(self, styles: Iterable[Style], *, title: str, description: str) -> None:
        """Write the styles QGIS opens layers with.

        Registered as a layer: as soon as a file holds an attribute table, QGIS 3.22 sees no
        other table. The schema is an empty text: a missing one makes it ignore the style.
        """
        self._create(_STYLES)
        self.base.executemany(
            "INSERT INTO layer_styles (f_table_catalog, f_table_schema, f_table_name, "
            "f_geometry_column, styleName, styleQML, styleSLD, useAsDefault, description, owner, "
            "ui, update_time) VALUES ('', '', ?, ?, ?, ?, ?, ?, ?, '', NULL, ?)",
            (
                (s.layer, GEOMETRY_COLUMN, s.name, s.qml, s.sld, int(s.default), s.description,
                 self.stamp)
                for s in styles
            ),
        )  # fmt: skip
        self._attributes("layer_styles", title, description)

    def project(self, name: str, archive: bytes) -> None:
        """Write a QGIS project, as QGIS does: the archive in hexadecimal."""
        self.base.execute(_PROJECTS)
        told = {"last_modified_time": self.stamp.removesuffix("Z"), "last_modified_user": ""}
        self.base.execute(
            "INSERT INTO qgis_projects VALUES (?, ?, ?)",
            (name, json.dumps(told), archive.hex()),
        )

    def _create(self, script: str) -> None:
        for statement in filter(None, map(str.strip, script.split(";"))):
            self.base.execute(statement)

    def _extend(self, table: str, extension: str, uri: str) -> None:
        self.base.execute(
            "INSERT INTO gpkg_extensions VALUES (?, NULL, ?, ?, 'read-write')",
            (table, extension, uri),
        )


@contextmanager
def opened(path: Path, *, stamp: str) -> Iterator[Container]:
    """Open a GeoPackage that GDAL has written; what is done to it is done at once, then packed.

    Nothing is kept to undo it: a file that could not be finished is to be thrown away. Packing
    writes every page anew: what was deleted on the way is nowhere in the file.
    """
    with closing(sqlite3.connect(path, isolation_level=None)) as base:
        base.execute("PRAGMA journal_mode = OFF")
        base.execute("PRAGMA synchronous = OFF")
        base.execute("PRAGMA foreign_keys = ON")
        base.execute("BEGIN EXCLUSIVE")
        yield Container(base, stamp)
        base.execute("COMMIT")
        base.execute(f"PRAGMA page_size = {PAGE_BYTES}")
        base.execute("VACUUM")


def _constraints() -> Iterator[tuple[object, ...]]:
    for name, values in VALUES.items():
        for value, words in values.items():
            yield (name, "enum", value, None, None, None, None, words)
    for name, bounds in RANGES.items():
        yield (name, "range", None, bounds.lowest, 1, bounds.highest, 1, None)
