#!/usr/bin/env python3
"""A PostgreSQL server of one's own for a test run: a fresh cluster in a temporary directory, on a private socket.

From Python:   with PostgresServer() as server: … server.url …
As a command:  postgres_server.py hold [--durable] [--standby]
    prints the connection URL of a database whose owner is an ordinary role, and on a second line the superuser's URL;
    then obeys the words it reads from standard input, one a line, and answers each with `ok`:
        restart    stop at once, as a crash would (`-m immediate`), and start again
        stop       stop at once, and stay down
        start      start again
        failover   with --standby: stop at once, and let the standby take over
    At the end of its input it stops the server and removes the cluster, so that no server outlives who asked for it.

PostgreSQL refuses to run as root; started by root, the server runs as the system user `postgres`, or else `nobody`.
Without --durable, fsync is off: such a cluster survives a crash of the server, though not of the machine. With --standby
there is a second server that follows synchronously; the URLs name both, and lead to the one that takes writes.
"""

import argparse
import getpass
import os
import pathlib
import pwd
import shutil
import subprocess
import sys
import tempfile

ROLE = "yizhan"
DATABASE = "yizhan"
# The longest that a server may take to read its log again after a crash, on a machine that has other work.
START_SECONDS = 600


def binaries():
    """The newest PostgreSQL that is installed; YIZHAN_POSTGRES_BIN names another."""
    named = os.environ.get("YIZHAN_POSTGRES_BIN")
    if named:
        return pathlib.Path(named)
    found = sorted(
        pathlib.Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: float(path.parents[1].name)
    )
    if found:
        return found[-1].parent
    on_path = shutil.which("initdb")
    if on_path:
        return pathlib.Path(on_path).parent
    raise RuntimeError("no PostgreSQL server is installed; install the package `postgresql`")


def unprivileged_user():
    """Whom the server runs as; None for ourselves."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise RuntimeError("started by root, and there is no user to run PostgreSQL as")


class PostgresServer:
    def __init__(self, durable=False, settings=(), standby=False):
        """`settings`: further lines for postgresql.conf."""
        self.durable = durable
        self.settings = list(settings)
        self.directory = None
        self.standby = PostgresServer(durable, settings) if standby else None

    def __enter__(self):
        return self.create()

    def __exit__(self, *_):
        self.remove()

    @property
    def url(self):
        """For the owner of the database, an ordinary role."""
        return self._url(ROLE)

    @property
    def superuser_url(self):
        return self._url("postgres")

    def _url(self, role):
        if self.standby:
            # libpq wants a port for each host.
            hosts = f"host={self.directory},{self.standby.directory}&port=5432,5432"
            return f"postgresql://{role}@/{DATABASE}?{hosts}&target_session_attrs=read-write"
        return f"postgresql://{role}@/{DATABASE}?host={self.directory}"

    def create(self):
        self._make_directory()
        try:
            self._run("initdb", "-D", self._data(), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "-N")
            with open(self._data() / "postgresql.conf", "a", encoding="ascii") as configuration:
                configuration.write("\n".join(self._configuration()) + "\n")
            self.start()
            for statement in (f"CREATE ROLE {ROLE} LOGIN", f"CREATE DATABASE {DATABASE} OWNER {ROLE}"):
                self._psql(statement)
            if self.standby:
                self.standby.follow(self)
                # Only now: without a standby, every commit would wait for one.
                self.wait_for_standbys("*")
        except BaseException:
            self.remove()
            raise
        return self

    def follow(self, primary):
        """Starts as the standby of another server."""
        self._make_directory()
        self._run("pg_basebackup", "-D", self._data(), "-h", primary.directory, "-U", "postgres", "-R", "-c", "fast")
        with open(self._data() / "postgresql.conf", "a", encoding="ascii") as configuration:
            configuration.write("\n".join(self._configuration()) + "\n")
        self.start()

    def failover(self):
        """This server stops as a crash would, and its standby takes over."""
        self.stop()
        self.standby._control("promote")

    def wait_for_standbys(self, names):
        """Commits wait for these standbys (synchronous_standby_names); for none where it is empty. In force as soon as
        the server has read it."""
        self._psql(f"ALTER SYSTEM SET synchronous_standby_names = '{names}'")
        self._psql("SELECT pg_reload_conf()")

    def _make_directory(self):
        self.user = unprivileged_user()
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="yizhan-postgres-"))
        if self.user:
            os.chown(self.directory, self.user.pw_uid, self.user.pw_gid)

    def _psql(self, statement):
        self._run("psql", "-q", "-h", self.directory, "-U", "postgres", "-d", "postgres", "-c", statement)

    def start(self):
        self._control("-l", self.directory / "server.log", "start")

    def stop(self):
        """As a crash would."""
        self._control("-m", "immediate", "stop")

    def restart(self):
        self.stop()
        self.start()

    def remove(self):
        if self.standby:
            self.standby.remove()
        if self.directory is None:
            return
        if (self._data() / "postmaster.pid").exists():
            self._control("-m", "immediate", "stop", check=False)
        shutil.rmtree(self.directory, ignore_errors=True)
        self.directory = None

    def _control(self, *arguments, check=True):
        self._run("pg_ctl", "-D", self._data(), "-w", "-t", START_SECONDS, "-s", *arguments, check=check)

    def _data(self):
        return self.directory / "data"

    def _configuration(self):
        yield "listen_addresses = ''"
        yield f"unix_socket_directories = '{self.directory}'"
        yield "max_connections = 200"
        yield "shared_buffers = '256MB'"
        yield "log_min_messages = 'fatal'"
        yield "deadlock_timeout = '100ms'"
        # So that there is little to read again after a crash.
        yield "checkpoint_timeout = '30s'"
        yield "max_wal_size = '256MB'"
        if not self.durable:
            yield "fsync = off"
        yield from self.settings

    def _run(self, program, *arguments, check=True):
        identity = {"user": self.user.pw_uid, "group": self.user.pw_gid, "extra_groups": []} if self.user else {}
        done = subprocess.run(
            [binaries() / program, *map(str, arguments)],
            cwd=self.directory,
            env={**os.environ, "HOME": str(self.directory), "USER": self.user.pw_name if self.user else getpass.getuser()},
            stdin=subprocess.DEVNULL,
            # A server keeps what it inherits: a pipe would never end.
            stdout=open(self.directory / "output.log", "ab"),
            stderr=subprocess.STDOUT,
            check=False,
            **identity,
        )
        if check and done.returncode != 0:
            output = (self.directory / "output.log").read_text(errors="replace")
            log = self.directory / "server.log"
            if log.exists():
                output += log.read_text(errors="replace")
            raise RuntimeError(f"{program} failed:\n{output}")


def hold(arguments):
    with PostgresServer(durable=arguments.durable, standby=arguments.standby) as server:
        print(server.url, server.superuser_url, sep="\n", flush=True)
        words = {"restart": server.restart, "stop": server.stop, "start": server.start, "failover": server.failover}
        for line in sys.stdin:
            words[line.strip()]()
            print("ok", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True, metavar="command")
    command = commands.add_parser("hold", help="run a server until standard input ends")
    command.add_argument("--durable", action="store_true", help="leave fsync on")
    command.add_argument("--standby", action="store_true", help="with a second server that follows synchronously")
    command.set_defaults(run=hold)
    arguments = parser.parse_args()
    arguments.run(arguments)


if __name__ == "__main__":
    main()
