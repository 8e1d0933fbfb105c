"""Fixtures of the end-to-end and fault tests: the real binary on a real SQLite file or a real PostgreSQL."""

import itertools
import pathlib
import subprocess
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from harness.http_server import HttpServer  # noqa: E402
from harness.postgres_server import PostgresServer, binaries  # noqa: E402
from harness.service import Service  # noqa: E402

STORES = ("sqlite", "postgres")
_numbers = itertools.count(1)


def platform_variables(platforms):
    """{"crm": {"base_url": …}} as YIZHAN_PLATFORM_CRM_BASE_URL; sinks are signed for with their own secret by default."""
    variables = {}
    for name, settings in platforms.items():
        settings = {"signing": "none", "event_id_header": "webhook-id", **settings}
        if settings["signing"] != "none" and settings["event_id_header"] == "webhook-id":
            settings["event_id_header"] = "X-Yizhan-Event-Id"
        for setting, value in settings.items():
            variables[f"YIZHAN_PLATFORM_{name.upper()}_{setting.upper()}"] = str(value)
    return variables


@pytest.fixture(scope="session")
def postgres_server():
    with PostgresServer() as server:
        yield server


@pytest.fixture
def new_postgres_database(postgres_server):
    """Makes an empty database, answers its URL."""

    def make():
        name = f"test_{next(_numbers)}"
        done = subprocess.run(
            [binaries() / "psql", "-q", postgres_server.superuser_url, "-c", f"CREATE DATABASE {name} OWNER yizhan"],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return postgres_server.url.replace("/yizhan?", f"/{name}?")

    return make


@pytest.fixture
def services(tmp_path):
    """Makes services and ends them with the test."""
    made = []

    def make(store, settings=None, roles=None, config=None, **platforms):
        directory = tmp_path / f"service-{len(made)}"
        service = Service(store, directory, {**platform_variables(platforms), **(settings or {})}, roles, config)
        made.append(service)
        return service

    yield make
    for service in made:
        service.kill()


@pytest.fixture
def sqlite_service(services, tmp_path):
    def make(store=None, **options):
        return services(store or f"sqlite:{tmp_path}/yizhan.db", **options)

    return make


@pytest.fixture
def quick_disk(tmp_path):
    """A file system in memory: a sync takes no time there, however busy the machine's disk is. Needs root, as the tests'
    machines give it."""
    mount = tmp_path / "quick"
    mount.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=512m", "tmpfs", str(mount)], check=True)
    yield mount
    subprocess.run(["umount", "-l", str(mount)], check=True)


@pytest.fixture
def postgres_service(services, new_postgres_database):
    def make(store=None, **options):
        return services(store or new_postgres_database(), **options)

    return make


@pytest.fixture(params=STORES)
def make_service(request):
    """A service on each store in turn, not started yet."""
    return request.getfixturevalue(f"{request.param}_service")


@pytest.fixture
def start(make_service):
    """A service on each store in turn, started and ready."""

    def start_one(fail_point=None, **options):
        return make_service(**options).start(fail_point=fail_point)

    return start_one


@pytest.fixture(autouse=True)
def _close_servers(monkeypatch):
    """Sinks and other servers that a test makes end with it."""
    made = []
    original = HttpServer.__init__

    def remember(self, *arguments, **options):
        original(self, *arguments, **options)
        made.append(self)

    monkeypatch.setattr(HttpServer, "__init__", remember)
    yield
    for server in made:
        server.close()


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 6 MiB; needs root, as the tests' machines give it."""
    mount = tmp_path / "small"
    mount.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", str(mount)], check=True)
    yield mount
    subprocess.run(["umount", "-l", str(mount)], check=True)
