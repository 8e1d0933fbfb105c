"""Other people's programs that the benchmark needs: nginx as the limit, PostgreSQL and Redis as stores. All of them are
our own instances, on ports of their own, below the runner's folder."""

import os
import shutil
import signal
import time
from pathlib import Path

from harness.ports import free_port

from .processes import Started, output_of

HERE = Path(__file__).resolve().parent.parent

# Segments of PostgreSQL's log that are there before anything is measured.
MIN_LOG_MIB = 2048

# The same for Yizhan and for the peers. What makes a commit durable stays at its safe default and is spelled out.
POSTGRES_SETTINGS = {
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "shared_buffers": "512MB",
    "max_wal_size": "4GB",
    "min_wal_size": f"{MIN_LOG_MIB}MB",
    "wal_buffers": "16MB",
    "max_connections": "100",
    "listen_addresses": "127.0.0.1",
}


def settle(postgres: "Postgres | None") -> None:
    """Everything that was written before goes to the disk now. Left to the system it goes there half a minute later, beside
    something that is measured, whose commits then take 100 ms each."""
    if postgres:
        postgres.checkpoint()
    os.sync()


class Nginx:
    def __init__(self, folder: Path):
        folder.mkdir(parents=True)
        self.port = free_port()
        configuration = folder / "nginx.conf"
        template = (HERE / "nginx/return_200.conf").read_text()
        configuration.write_text(template.replace("FOLDER", str(folder)).replace("PORT", str(self.port)))
        self.process = Started(["nginx", "-p", folder, "-c", configuration], folder / "output.log")
        self.process.wait_for_port(self.port)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stop()


class Postgres:
    """A cluster with `fsync` on; databases are made fresh from it."""

    def __init__(self, folder: Path):
        folder.mkdir(parents=True)
        self.programs = max(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
        self.user = "postgres" if os.geteuid() == 0 else None
        self.port = free_port()
        if self.user:
            shutil.chown(folder, self.user, self.user)
        data = folder / "data"
        log = folder / "initdb.log"
        initdb = Started(
            [self.programs / "initdb", "-D", data, "-U", "bench", "-A", "trust", "-E", "UTF8", "--locale=C"], log, user=self.user
        )
        if initdb.process.wait() != 0:
            raise RuntimeError(log.read_text())
        settings = {**POSTGRES_SETTINGS, "port": str(self.port), "unix_socket_directories": str(folder)}
        arguments = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        self.process = Started([self.programs / "postgres", "-D", data, *arguments], folder / "postgres.log", user=self.user)
        self.process.wait_for_port(self.port)
        self._wait_until_ready()
        self._fill_log()

    def _fill_log(self) -> None:
        """As on a server that has run for a while: segments of the log are there to be written again. A new cluster makes
        and syncs 16 MiB of zeros for each, inside the commit that needs it."""
        next_segment = "PERFORM pg_logical_emit_message(false, 'yizhan', ''); PERFORM pg_switch_wal();"
        self.sql("postgres", f"DO $$ BEGIN FOR i IN 1..{MIN_LOG_MIB // 16} LOOP {next_segment} END LOOP; END $$")
        self.sql("postgres", "checkpoint")

    def _wait_until_ready(self) -> None:
        while True:
            try:
                self.sql("postgres", "select 1")
                return
            except Exception:
                if self.process.process.poll() is not None:
                    raise
                time.sleep(0.05)

    def sql(self, database: str, statement: str) -> str:
        return output_of(["psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-c", statement, self.url(database)])

    def url(self, database: str) -> str:
        return f"postgresql://bench@127.0.0.1:{self.port}/{database}"

    def fresh(self, name: str) -> str:
        """Its URL."""
        self.sql("postgres", f"drop database if exists {name} with (force)")
        self.sql("postgres", f"create database {name}")
        return self.url(name)

    def checkpoint(self) -> None:
        self.sql("postgres", "checkpoint")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stop(signal.SIGINT)


class Redis:
    """Every write is synced to the append-only file before it is answered."""

    def __init__(self, folder: Path):
        folder.mkdir(parents=True)
        self.port = free_port()
        settings = {
            "port": self.port,
            "bind": "127.0.0.1",
            "dir": folder,
            "appendonly": "yes",
            "appendfsync": "always",
            "save": "",
            "maxmemory-policy": "noeviction",
        }
        arguments = [part for name, value in settings.items() for part in (f"--{name}", value)]
        self.process = Started(["redis-server", *arguments], folder / "redis.log")
        self.process.wait_for_port(self.port)

    def fresh(self, _name: str = "") -> str:
        output_of(["redis-cli", "-p", self.port, "flushall"])
        return f"redis://127.0.0.1:{self.port}"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stop()
