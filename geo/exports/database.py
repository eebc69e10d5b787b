"""The way to a PostGIS database: its address, the connection, and refusals as one sentence.

The password goes to the server and nowhere else: an `Address` shows itself without it, and what
the server or driver says is searched for it before it is repeated.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from geo.errors import OutputError, RequestError

if TYPE_CHECKING:
    from sqlalchemy import URL, Connection

__all__ = ["DEFAULT_SCHEMA", "Address", "check_postgis", "connected", "parse_address"]

DEFAULT_SCHEMA = "hongtu"
CONNECT_TIMEOUT_S = 5
LOCK_TIMEOUT_S = 30
"""How long to wait for a table that another session has locked."""

_SCHEMES = ("postgresql", "postgres", "postgresql+psycopg")
_NAME_BYTES = 63  # of an identifier in PostgreSQL


@dataclass(frozen=True)
class Address:
    """A database and the schema in it.

    Attributes
    ----------
    url
        SQLAlchemy's URL, the password in it; not shown.
    schema
        The schema to write to.
    """

    url: URL = field(repr=False)
    schema: str = DEFAULT_SCHEMA

    def __str__(self) -> str:
        """The address without password and options."""
        from sqlalchemy import URL

        url = self.url
        shown = URL.create("postgresql", url.username, None, url.host, url.port, url.database)
        return shown.render_as_string()


def parse_address(text: str) -> Address:
    """Read ``postgresql://user@host:port/database?schema=NAME&sslmode=require``.

    Options besides ``schema`` go to libpq, which also reads ``PGPASSWORD``, ``~/.pgpass``,
    ``PGHOST`` and so on for what the address does not say.

    Raises
    ------
    RequestError
        It is no such address, or `schema` is no name for one. The sentence never repeats the
        address.
    OutputError
        The packages of the extra ``postgis`` are not installed.
    """
    _check_packages()
    from sqlalchemy import make_url
    from sqlalchemy.exc import ArgumentError

    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        raise RequestError("database_address") from None
    if url.drivername not in _SCHEMES or not url.database:
        raise RequestError("database_address")
    asked = url.query.get("schema", DEFAULT_SCHEMA)
    schema = asked if isinstance(asked, str) else ""
    reserved = schema.startswith("pg_") or schema == "information_schema"
    if not schema or reserved or "\0" in schema or len(schema.encode()) > _NAME_BYTES:
        raise RequestError("database_schema", schema=schema)
    plain = url.set(drivername="postgresql+psycopg").difference_update_query(["schema"])
    return Address(plain, schema)


def check_postgis(address: Address) -> None:
    """Connect, and refuse early what would be refused after minutes of computing.

    Raises
    ------
    OutputError
        No connection, no PostGIS in the database, or no right to write to the schema.
    """
    with connected(address) as connection:
        _check_rights(connection, address)


@contextmanager
def connected(address: Address) -> Iterator[Connection]:
    """Give a connection inside one transaction: all that is done there happens, or nothing.

    The search path holds the schema in which PostGIS is installed, wherever that is.

    Raises
    ------
    OutputError
        No connection, no PostGIS in the database, or whatever the server refuses inside.
    """
    from sqlalchemy import create_engine, text
    from sqlalchemy.exc import SQLAlchemyError
    from sqlalchemy.pool import NullPool

    query = {"connect_timeout": str(CONNECT_TIMEOUT_S), **address.url.query}
    url = address.url.set(query={**query, "application_name": "hongtu"})
    engine = create_engine(url, poolclass=NullPool)
    try:
        with engine.begin() as connection:
            home = connection.scalar(
                text(
                    "SELECT quote_ident(nspname) FROM pg_extension JOIN pg_namespace n"
                    " ON n.oid = extnamespace WHERE extname = 'postgis'"
                )
            )
            if home is None:
                raise OutputError("database_no_postgis", database=str(address))
            path = dict.fromkeys(("public", home))
            connection.execute(text(f"SET LOCAL search_path TO {', '.join(path)}"))
            connection.execute(text(f"SET LOCAL lock_timeout TO '{LOCK_TIMEOUT_S}s'"))
            yield connection
    except (SQLAlchemyError, _driver_error()) as fault:
        raise _refusal(fault, address) from None
    finally:
        engine.dispose()


def _driver_error() -> type[Exception]:
    import psycopg

    return psycopg.Error


def _check_packages() -> None:
    from importlib.util import find_spec

    missing = [name for name in ("sqlalchemy", "geoalchemy2", "psycopg") if not find_spec(name)]
    if missing:
        raise OutputError("database_packages", names=", ".join(missing))


def _check_rights(connection: Connection, address: Address) -> None:
    from sqlalchemy import text

    may = connection.scalar(
        text(
            "SELECT CASE WHEN to_regnamespace(quote_ident(:name)) IS NULL"
            " THEN has_database_privilege(current_database(), 'CREATE')"
            " ELSE has_schema_privilege(:name, 'CREATE') END"
        ),
        {"name": address.schema},
    )
    if not may:
        raise OutputError("database_denied", database=str(address), schema=address.schema)


def _refusal(fault: Exception, address: Address) -> OutputError:
    """Return what the server or driver said as one sentence, without the password."""
    import psycopg

    cause: Any = getattr(fault, "orig", None) or fault
    told = {"database": str(address), "schema": address.schema, "detail": _first_line(cause)}
    for secret in (address.url.password, address.url.query.get("password")):
        if secret:
            told["detail"] = told["detail"].replace(str(secret), "***")
    codes = (
        (psycopg.errors.InsufficientPrivilege, "database_denied"),
        (psycopg.errors.LockNotAvailable, "database_locked"),
        (psycopg.errors.DependentObjectsStillExist, "database_dependents"),
        (psycopg.errors.DiskFull, "database_no_room"),
    )
    for kind, code in codes:
        if isinstance(cause, kind):
            return OutputError(code, **told)
    lost = isinstance(cause, psycopg.OperationalError) and cause.sqlstate is None
    refused = (cause.sqlstate or "")[:2] in ("28", "3D") if hasattr(cause, "sqlstate") else False
    return OutputError("database_connect" if lost or refused else "database_failed", **told)


def _first_line(fault: Exception) -> str:
    lines = [line.strip() for line in str(fault).splitlines() if line.strip()]
    return (lines[0] if lines else type(fault).__name__).rstrip(".。")
