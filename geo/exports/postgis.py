"""PostGIS out: a schema with a table for each layer and one that says where each run came from.

Everything happens in one transaction. Tables of ours are known by the mark that begins their
comments; a table of the same name without it belongs to somebody else and is never touched.
Each row carries ``run_id``, which refers to ``runs``: deleting a run there deletes its rows
everywhere.

Geometry is in EPSG:4326 or 4490; GCJ-02 and BD-09 have no system and get SRID 0. Text cannot
hold U+0000 in PostgreSQL: it becomes U+FFFD.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pandas as pd
import shapely

from geo.errors import OutputError
from geo.exports.database import Address, connected
from geo.exports.fieldnames import cut
from geo.exports.headings import heading
from geo.exports.layer import GEOMETRY_OF_KIND, Content, Layer, content_of, free_name
from geo.exports.provenance import Provenance
from geo.exports.values import plain, storable, utf8

if TYPE_CHECKING:
    from sqlalchemy import Connection, MetaData, Table

__all__ = ["MARK", "MODES", "RUNS", "write_postgis"]

MARK = "Hongtu 宏图"
"""How the comments of our tables begin."""

MODES = ("replace", "append")
RUNS = "runs"

_NAME_BYTES = 63
_SRID = {"wgs84": 4326, "cgcs2000": 4490, "gcj02": 0, "bd09": 0}
_OWN = ("fid", "run_id", "geom")


def write_postgis(
    layers: Iterable[Layer],
    address: Address,
    provenance: Provenance,
    *,
    summary: Mapping[str, Any] | None = None,
    mode: str = "replace",
    lang: str = "zh",
    keep_private: bool = False,
) -> dict[str, int]:
    """Write `layers` into tables of one schema, all of them or none.

    Tables have a key ``fid``, ``run_id``, the columns of the layer with their headings as
    comments, and ``geom`` with a GiST index; a layer without geometry is a plain table. Names
    longer than 63 bytes are cut.

    Parameters
    ----------
    layers
        At least one, of different names, none called ``runs``.
    address
        Where to; the schema is made where it is missing.
    provenance, keep_private
        As for `geo.exports.write_geojson`; the provenance becomes a row of ``runs``.
    summary
        Figures of the run, kept in ``runs.summary``.
    mode
        ``replace``: our tables in the schema then hold this run alone. A table that already has
        the right columns is emptied and filled, so that views and rights on it stay; another is
        made anew. ``append``: earlier runs stay, one of the same id is replaced, and columns
        that are new are added.
    lang
        Language of the comments on tables.

    Returns
    -------
    dict
        Rows written, by table.

    Raises
    ------
    RequestError
        A frame is not in EPSG:4326 degrees, or lacks its id column.
    OutputError
        No connection, no PostGIS, no right; a table of that name is somebody else's; with
        ``append`` a column has another type than before; or any other refusal of the server.
        Nothing is changed then.
    """
    found = [content_of(x, provenance, lang, keep_private=keep_private) for x in layers]
    names = [content.layer.name for content in found]
    if mode not in MODES or not names or len({RUNS, *names}) <= len(names):
        raise ValueError(f"no mode or no different names: {mode!r}, {names}")
    with connected(address) as connection:
        schema = _Schema(connection, address, provenance)
        schema.open(names)
        schema.runs(summary or {}, mode)
        for content in found:
            schema.fill(_Columns.of(content, provenance), content, replace=mode == "replace")
    return {content.layer.name: len(content.table) for content in found}


@dataclass(frozen=True, eq=False)
class _Columns:
    """A layer as columns of values for PostgreSQL, and the geometry type of its table."""

    data: dict[str, pd.Series]
    comments: dict[str, str]
    geometry: str | None
    dimension: int

    @classmethod
    def of(cls, content: Content, provenance: Provenance) -> _Columns:
        data: dict[str, pd.Series] = {}
        comments: dict[str, str] = {}
        taken = set(_OWN)
        for column in content.table.columns:
            # Room for a number behind a name that is cut to what another one is.
            whole = str(column).replace("\0", "\ufffd") or "column"
            fits = len(whole.encode()) <= _NAME_BYTES
            name = free_name(whole if fits else cut(whole, _NAME_BYTES - 3), taken)
            taken.add(name.lower())
            data[name] = storable(content.table[column])
            both = [heading(column, lang, content.layer.kind) for lang in ("zh", "en")]
            comments[name] = " · ".join(text for text in both if text) or (
                "" if name == str(column) else str(column)
            )
        shapes = content.geometries
        if shapes is None:
            return cls(data, comments, None, 2)
        dimensions = set(np.unique(shapely.get_dimensions(shapes))) - {-1}
        kinds = {0: "Point", 1: "MultiLineString", 2: "MultiPolygon"}
        kind = GEOMETRY_OF_KIND[content.layer.kind].replace("Unknown", "Geometry")
        if dimensions:
            kind = kinds[int(dimensions.pop())] if len(dimensions) == 1 else "Geometry"
        several = shapely.get_type_id(shapes) == shapely.GeometryType.MULTIPOINT
        if kind == "Point" and several.any():
            kind = "Geometry"
        return cls(data, comments, kind, 3 if shapely.has_z(shapes).any() else 2)

    def rows(self, run_id: str, geometries: Any, srid: int) -> Iterable[tuple[Any, ...]]:
        """Return the rows for COPY: the run, the columns, and the geometry as EWKB in hex."""
        count = len(next(iter(self.data.values()))) if self.data else len(geometries)
        columns = [[run_id] * count, *(_sql_values(column) for column in self.data.values())]
        if self.geometry is not None:
            columns.append(_ewkb(geometries, self.geometry, self.dimension, srid))
        return zip(*columns, strict=True)


@dataclass(frozen=True, eq=False)
class _Schema:
    """The schema of one run, inside its transaction."""

    connection: Connection
    address: Address
    provenance: Provenance

    @property
    def name(self) -> str:
        return self.address.schema

    @property
    def _driver(self) -> Any:
        """The driver's own connection, for COPY and for names with a ``%`` in them."""
        return cast(Any, self.connection.connection.dbapi_connection)

    def open(self, tables: list[str]) -> None:
        """Make the schema, keep other runs out of it, and refuse tables that are not ours."""
        from sqlalchemy import text
        from sqlalchemy.schema import CreateSchema

        lock = text("SELECT pg_advisory_xact_lock(hashtextextended('hongtu ' || :name, 0))")
        self.connection.execute(lock, {"name": self.name})
        there = text("SELECT to_regnamespace(quote_ident(:name)) IS NOT NULL")
        if not self.connection.scalar(there, {"name": self.name}):
            self.connection.execute(CreateSchema(self.name))
        comments = text(
            "SELECT relname, coalesce(obj_description(c.oid, 'pg_class'), '') FROM pg_class c"
            " JOIN pg_namespace n ON n.oid = relnamespace WHERE nspname = :name"
        )
        known = {a: b for a, b in self.connection.execute(comments, {"name": self.name})}
        for table in (RUNS, *tables):
            if not known.get(table, MARK).startswith(MARK):
                raise OutputError("database_foreign", schema=self.name, table=table)

    def runs(self, summary: Mapping[str, Any], mode: str) -> None:
        """Write the row of this run; rows of the runs it replaces go, in every table."""
        from sqlalchemy import delete, insert

        runs = self._runs_table()
        runs.create(self.connection, checkfirst=True)
        gone = delete(runs)
        if mode == "append":
            gone = gone.where(runs.c.run_id == self.provenance.run_id)
        self.connection.execute(gone)
        record = self.provenance.as_dict()
        row = {
            "run_id": record["run_id"],
            "created": record["created"],
            "version": record["version"],
            "command": record["command"],
            "datum": record["datum"],
            "flags": record["flags"],
            "attribution": record["attribution"],
            "parameters": record["parameters"],
            "network": record["network"],
            "points": record["points"],
            "summary": plain(summary),
        }
        self.connection.execute(insert(runs), [{k: _without_nul(v) for k, v in row.items()}])

    def fill(self, columns: _Columns, content: Content, *, replace: bool) -> None:
        """Bring the table of a layer into shape and copy its rows into it."""
        from psycopg.sql import SQL, Identifier

        table = self._table(columns, content)
        self._shape(table, replace)
        names = ["run_id", *columns.data]
        if columns.geometry is not None:
            names.append("geom")
        command = SQL("COPY {} ({}) FROM STDIN").format(
            Identifier(self.name, table.name), SQL(", ").join(map(Identifier, names))
        )
        srid = _SRID[self.provenance.datum_out]
        rows = columns.rows(self.provenance.run_id, content.geometries, srid)
        with self._driver.cursor() as cursor, cursor.copy(command) as copy:
            for row in rows:
                copy.write_row(row)

    def _shape(self, table: Table, replace: bool) -> None:
        """Make the table, let it be, or change it as far as the mode allows."""
        from psycopg.sql import SQL, Identifier
        from sqlalchemy import text

        asked = {c.name: c.type.compile(self.connection.dialect) for c in table.columns}
        there = text(
            "SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute"
            " WHERE attrelid = to_regclass(quote_ident(:schema) || '.' || quote_ident(:name))"
            " AND attnum > 0 AND NOT attisdropped"
        )
        spot = {"schema": self.name, "name": table.name}
        known = {a: b for a, b in self.connection.execute(there, spot)}
        if not known:
            table.create(self.connection)
            return
        new = [name for name in asked if name not in known]
        other = [n for n in asked if n in known and _type(known[n]) != _type(asked[n])]
        if replace and (new or other or len(known) > len(asked)):
            table.drop(self.connection)
            table.create(self.connection)
            return
        if other:
            raise OutputError(
                "database_types", schema=self.name, table=table.name, column=other[0],
                there=known[other[0]], here=asked[other[0]].lower(),
            )  # fmt: skip
        for name in new:
            self._driver.execute(
                SQL("ALTER TABLE {} ADD COLUMN {} {}").format(
                    Identifier(self.name, table.name), Identifier(name), SQL(asked[name])
                )
            )

    def _table(self, columns: _Columns, content: Content) -> Table:
        from geoalchemy2 import Geometry
        from sqlalchemy import BigInteger, Column, ForeignKey, Identity, Table, Text

        data = self._metadata()
        runs = self._runs_table(data)
        key = Column("fid", BigInteger, Identity(always=True), primary_key=True)
        owner = ForeignKey(runs.c.run_id, ondelete="CASCADE")
        run = Column("run_id", Text, owner, nullable=False, index=True)
        own: list[Any] = [
            Column(name, _sql_type(values), comment=columns.comments[name] or None)
            for name, values in columns.data.items()
        ]
        if columns.geometry is not None:
            kind = f"{columns.geometry}{'Z' if columns.dimension == 3 else ''}".upper()
            srid = _SRID[self.provenance.datum_out]
            own.append(Column("geom", Geometry(kind, srid=srid, dimension=columns.dimension)))
        told = f"{MARK}: {content.description}".rstrip(": ")
        return Table(content.layer.name, data, key, run, *own, comment=told)

    def _runs_table(self, data: MetaData | None = None) -> Table:
        from sqlalchemy import Column, Table, Text
        from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TIMESTAMP

        texts = [Column(name, Text) for name in ("version", "command", "datum", "attribution")]
        records = [Column(name, JSONB) for name in ("parameters", "network", "points", "summary")]
        return Table(
            RUNS,
            data if data is not None else self._metadata(),
            Column("run_id", Text, primary_key=True),
            Column("created", TIMESTAMP(timezone=True)),
            *texts,
            Column("flags", ARRAY(Text)),
            *records,
            comment=f"{MARK}: run_id, parameters, digests and flags of each run",
        )

    def _metadata(self) -> MetaData:
        from sqlalchemy import MetaData

        return MetaData(schema=self.name)


def _sql_type(column: pd.Series) -> Any:
    from sqlalchemy import BigInteger, Boolean, Double, Text
    from sqlalchemy.dialects.postgresql import TIMESTAMP

    dtype = column.dtype
    if pd.api.types.is_bool_dtype(dtype):
        return Boolean()
    if pd.api.types.is_integer_dtype(dtype):
        return BigInteger()
    if pd.api.types.is_float_dtype(dtype):
        return Double()
    if pd.api.types.is_datetime64_any_dtype(dtype):
        return TIMESTAMP(timezone=getattr(dtype, "tz", None) is not None)
    return Text()


def _type(text: str) -> str:
    """Return the name of a type as it compares: SRID 0 and the bare type are left unsaid."""
    return text.casefold().replace(",0)", ")").replace("geometry(geometry)", "geometry")


def _sql_values(column: pd.Series) -> list[Any]:
    values: list[Any] = column.astype(object).where(column.notna(), None).tolist()
    if pd.api.types.is_numeric_dtype(column.dtype):
        return values
    return [_clean(value) if isinstance(value, str) else value for value in values]


def _clean(text: str) -> str:
    return utf8(text).decode().replace("\0", "\ufffd")


def _without_nul(value: Any) -> Any:
    """Return a plain value that PostgreSQL's text and jsonb can hold."""
    if isinstance(value, str):
        return _clean(value)
    if isinstance(value, dict):
        return {_clean(key): _without_nul(item) for key, item in value.items()}
    return [_without_nul(item) for item in value] if isinstance(value, list) else value


def _ewkb(shapes: Any, kind: str, dimension: int, srid: int) -> list[str | None]:
    """Return geometries as EWKB in hex, in the type of their table."""
    found = shapes.copy()
    makers = {"MultiPolygon": shapely.multipolygons, "MultiLineString": shapely.multilinestrings}
    if kind in makers:
        for at in np.flatnonzero(~shapely.is_missing(found)):
            found[at] = makers[kind](shapely.get_parts(found[at]))
    if dimension == 3:
        found = shapely.force_3d(found)
    texts = shapely.to_wkb(shapely.set_srid(found, srid), hex=True, include_srid=srid > 0)
    return [None if text is None else str(text) for text in texts]
