"""A PostgreSQL server with PostGIS of our own, in a temporary folder, while tests run."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PASSWORD = "p@ss word/№7"


def programs() -> Path | None:
    """Return the folder of the newest server programs, Debian's or those on the path."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda p: int(p.parts[-3]))
    on_path = shutil.which("initdb")
    return found[-1].parent if found else Path(on_path).parent if on_path else None


def why_not() -> str:
    """Return why no server can be started here, empty where one can."""
    place = programs()
    if place is None:
        return "no PostgreSQL server programs (Debian: postgresql)"
    told = subprocess.run(
        [place / "pg_config", "--sharedir"], capture_output=True, text=True, check=False
    )
    shares = [Path(told.stdout.strip()), Path("/usr/share/postgresql") / place.parent.name]
    if not any((share / "extension" / "postgis.control").is_file() for share in shares):
        return "no PostGIS for this PostgreSQL (Debian: postgresql-15-postgis-3)"
    if os.geteuid() == 0 and _account() is None:
        return "the server does not run as root, and there is no user postgres"
    return ""


@dataclass(frozen=True)
class Server:
    """A running server; its superuser is ``postgres`` with `PASSWORD`."""

    port: int

    def url(self, database: str, user: str = "postgres", password: str = PASSWORD) -> str:
        from sqlalchemy import URL

        url = URL.create("postgresql", user, password, "127.0.0.1", self.port, database)
        return url.render_as_string(hide_password=False)

    def sql(self, database: str, *statements: str) -> list[tuple[Any, ...]]:
        """Run statements as superuser, each committed; return the rows of the last."""
        import psycopg

        rows: list[tuple[Any, ...]] = []
        with psycopg.connect(
            host="127.0.0.1", port=self.port, dbname=database, user="postgres", password=PASSWORD,
            autocommit=True,
        ) as connection:  # fmt: skip
            for statement in statements:
                cursor = connection.execute(statement.encode())
                rows = cursor.fetchall() if cursor.description else []
        return rows


@contextmanager
def running() -> Iterator[Server]:
    """Start a server on a free port of the loopback, and stop it and remove it at the end."""
    place, account = programs(), _account()
    assert place is not None
    folder = Path(tempfile.mkdtemp(prefix="hongtu-postgres-"))
    server: dict[str, Any] = {}
    if os.geteuid() == 0:
        assert account is not None
        os.chown(folder, account.pw_uid, account.pw_gid)
        server = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}

    def run(*words: object) -> None:
        done = subprocess.run(
            [str(word) for word in words], cwd=folder, stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE, text=True, timeout=120, **server,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr

    secret = folder / "secret"
    secret.write_text(PASSWORD, encoding="utf-8")
    secret.chmod(0o644)
    data = folder / "data"
    try:
        run(place / "initdb", "-D", data, "-U", "postgres", "-A", "scram-sha-256",
            f"--pwfile={secret}", "--encoding=UTF8", "--locale=C", "--no-sync")  # fmt: skip
        for attempt in range(5):  # a port that was free a moment ago may be another test's by now
            port = _free_port()
            options = f"-p {port} -c listen_addresses=127.0.0.1 -k {folder} -c fsync=off"
            try:
                run(
                    place / "pg_ctl", "-D", data, "-w", "-l", folder / "log", "-o", options, "start"
                )
                break
            except AssertionError:
                if attempt == 4:
                    raise
        try:
            yield Server(port)
        finally:
            run(place / "pg_ctl", "-D", data, "-m", "immediate", "-w", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _account() -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam("postgres")
    except KeyError:
        return None


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
