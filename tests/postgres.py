"""A PostgreSQL of the tests' own: Debian's, in a temporary folder, on a free port, gone when they end."""

from __future__ import annotations

import os
import secrets
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp

import pg8000.native

USER = "safelight"
UNPRIVILEGED = "postgres"  # the server refuses to run as root
MISSING = "PostgreSQL is not installed here (Debian: apt-get install postgresql)"


@dataclass(frozen=True)
class Cluster:
    port: int
    password: str

    def connect(self, database: str = "postgres") -> pg8000.native.Connection:
        return pg8000.native.Connection(USER, "127.0.0.1", database, self.port, self.password)

    def new_database(self) -> str:
        """The address of an empty database."""
        name = f"t{secrets.token_hex(6)}"
        connection = self.connect()
        connection.run(f"CREATE DATABASE {name}")
        connection.close()
        return f"postgresql://{USER}:{self.password}@127.0.0.1:{self.port}/{name}"


def programs() -> Path | None:
    """The folder of initdb and pg_ctl, newest version first."""
    on_path = shutil.which("initdb")
    found = [Path(on_path).parent] if on_path else []
    found += sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: -int(path.parent.name))
    return next((path for path in found if (path / "initdb").exists()), None)


@contextmanager
def cluster(bin_: Path) -> Iterator[Cluster]:
    """Started, ready, and stopped at the end."""
    folder = Path(mkdtemp(prefix="safelight-pg-"))
    password, port = secrets.token_hex(12), _free_port()
    (folder / "password").write_text(password)
    if os.getuid() == 0:
        for path in (folder, folder / "password"):
            shutil.chown(path, UNPRIVILEGED)
    data = folder / "data"
    initdb = [bin_ / "initdb", "-D", data, "-U", USER, "--pwfile", folder / "password", "-A", "scram-sha-256"]
    _run([*initdb, "--no-sync", "-E", "UTF8", "--locale=C"], folder)
    # No fsync: these tests kill clients, never the database or the machine.
    options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c fsync=off -c max_connections=60"
    _run([bin_ / "pg_ctl", "-D", data, "-w", "-t", "60", "-l", folder / "log", "-o", options, "start"], folder)
    try:
        yield Cluster(port, password)
    finally:
        _run([bin_ / "pg_ctl", "-D", data, "-w", "-m", "immediate", "stop"], folder)
        shutil.rmtree(folder, ignore_errors=True)


def _run(command: list[str | Path], folder: Path) -> None:
    prefix = (
        ["setpriv", f"--reuid={UNPRIVILEGED}", f"--regid={UNPRIVILEGED}", "--clear-groups"] if os.getuid() == 0 else []
    )
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "stdin": subprocess.DEVNULL}
    subprocess.run([*prefix, *map(str, command)], check=True, cwd=folder, timeout=120, **quiet)  # type: ignore[call-overload]


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])
