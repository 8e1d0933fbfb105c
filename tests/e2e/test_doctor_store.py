"""`yizhan doctor` and the store: missing, full, damaged, of another version, not durable; and what an older system left."""

import os
import pathlib
import subprocess

import pytest

from harness.doctor import examine
from harness.postgres_server import PostgresServer
from harness.sink import Sink


def test_there_is_none_yet(sqlite_service):
    found = examine(sqlite_service(), "store")
    assert found.codes == ["store_missing"]
    assert "yizhan up" in found.one("store_missing")["mend"]
    assert found.status == 1


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 6 MiB; needs root, as the tests' machines give it."""
    mount = tmp_path / "small"
    mount.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", str(mount)], check=True)
    yield mount
    subprocess.run(["umount", "-l", str(mount)], check=True)


def test_fault_8_the_disk_is_full(small_disk, sqlite_service):
    service = sqlite_service(store=f"sqlite:{small_disk}/yizhan.db")
    service.command("migrate")
    (small_disk / "filler").write_bytes(b"x" * (5 << 20))
    found = examine(service, "store")
    assert "disk_full" in found.codes
    assert f"df -h {small_disk}" in found.one("disk_full")["mend"]
    subprocess.run(["mount", "-o", "remount,size=128m", str(small_disk)], check=True)
    assert examine(service, "store").codes == []
    (small_disk / "filler").write_bytes(b"x" * (117 << 20))
    assert examine(service, "store").codes == ["disk_low"]


def test_fault_9_the_file_is_damaged(sqlite_service):
    service = sqlite_service()
    service.command("migrate")
    path = pathlib.Path(service.store.removeprefix("sqlite:"))
    for beside in path.parent.glob(path.name + "-*"):
        beside.unlink()
    with open(path, "r+b") as file:
        file.write(os.urandom(4096))
    found = examine(service, "store")
    assert found.codes == ["store_corrupt"]
    assert "backup" in found.one("store_corrupt")["mend"]


@pytest.mark.parametrize("change, code", [
    ("DELETE FROM yizhan_migrations WHERE version > 3", "schema_outdated"),
    ("UPDATE yizhan_migrations SET version = 999 WHERE version = (SELECT max(version) FROM yizhan_migrations)", "store_newer"),
])
def test_another_version(make_service, change, code):
    service = make_service()
    service.command("migrate")
    service.sql(change)
    found = examine(service, "store", "tables", "accounting")
    assert found.codes == [code]
    assert found.one(code)["mend"]
    assert "accounting" in found.skipped


def test_what_an_older_system_left(postgres_service):
    """Section 2 of the seed's troubleshooting: the partial unique index on message_id, 42P10."""
    service = postgres_service()
    service.command("migrate")
    service.sql("DROP INDEX ux_express_notifications_message_id")
    service.sql("CREATE UNIQUE INDEX ux_express_notifications_message_id ON express_notifications (message_id) "
                "WHERE message_id IS NOT NULL")
    found = examine(service, "tables")
    assert found.codes == ["schema_to_mend"]
    assert found.one("schema_to_mend")["subject"] == "message_id_index_partial"
    assert found.status == 3


def test_settings_that_lose_events(services):
    with PostgresServer(durable=True, settings=["synchronous_commit = off", "full_page_writes = off",
                                                "autovacuum = off"]) as server:
        service = services(server.url)
        service.command("migrate")
        found = examine(service, "store")
    assert found.codes == ["durability_off", "durability_off", "store_setting_doubtful"]
    assert {each["subject"] for each in found.findings} == {"synchronous_commit", "full_page_writes", "autovacuum"}
    assert "ALTER SYSTEM SET" in found.findings[0]["mend"]


def test_a_store_that_does_not_answer(services):
    with PostgresServer() as server:
        service = services(server.url, crm={"base_url": Sink().url})
        service.command("migrate")
        server.stop()
        found = examine(service, "store")
    assert found.codes == ["store_unavailable"]
    assert found.status == 1
