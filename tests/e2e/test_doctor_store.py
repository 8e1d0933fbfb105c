"""`yizhan doctor` and the store: missing, full, damaged, of another version, not durable; and what an older system left."""

import contextlib
import json
import os
import pathlib
import re
import sqlite3
import subprocess

import pytest

from harness.doctor import examine
from harness.postgres_server import PostgresServer
from harness.service import eventually
from harness.sink import Sink


@pytest.fixture
def sqlite_service(sqlite_service, quick_disk):
    """Where nobody finds the disk slow."""
    return lambda store=None, **options: sqlite_service(store or f"sqlite:{quick_disk}/yizhan.db", **options)


def test_there_is_none_yet(sqlite_service):
    found = examine(sqlite_service(), "store")
    assert found.codes == ["store_missing"]
    assert "yizhan up" in found.one("store_missing")["mend"]
    assert found.status == 1


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


def test_a_standby_that_may_lack_the_last_events(services):
    """Fault 12: what a failover can lose depends on whether commits wait for the standby."""
    with PostgresServer(durable=True, standby=True) as server:
        service = services(server.url)

        def server_waits_for(names):
            server.wait_for_standbys(names)
            eventually(lambda: service.rows("SHOW synchronous_standby_names") == [(names,)], what="the setting in force")

        service.command("migrate")
        server_waits_for("*")
        assert service.rows("SELECT count(*) FROM pg_stat_replication") == [("1",)]
        assert examine(service, "store").codes == []
        server_waits_for("")
        found = examine(service, "store")
        assert found.codes == ["failover_can_lose"]
        finding = found.one("failover_can_lose")
        assert finding["weight"] == "warning"
        assert "synchronous_standby_names is empty" in finding["evidence"]
        assert "name a standby in synchronous_standby_names" in finding["mend"]
        assert found.status == 3
        server.standby.stop()
        eventually(lambda: service.rows("SELECT count(*) FROM pg_stat_replication") == [("0",)], what="no standby")
        assert examine(service, "store").codes == [], "nobody is there to fail over to"


def test_a_disk_that_is_slow(sqlite_service):
    """Each sync takes 120 ms longer than it would."""
    service = sqlite_service()
    service.command("migrate")
    found = examine(service, "store", injection="fdatasync:delay_exit=120000")
    assert found.codes == ["sync_slow"]
    finding = found.one("sync_slow")
    assert finding["subject"] == service.store.removeprefix("sqlite:")
    assert finding["weight"] == "warning"
    taken, = re.findall(r"^A sync of 4 KiB takes (\d+) ms there; every commit waits for one\.$", finding["evidence"])
    assert int(taken) >= 120
    assert "local disk" in finding["mend"]
    assert found.status == 3


def test_somebody_keeps_a_transaction_open(sqlite_service):
    """The log cannot be moved into the database: it grows until the reader ends."""
    service = sqlite_service(later={"base_url": "http://127.0.0.1:1/", "signing": "none"})
    service.start()
    path = pathlib.Path(service.store.removeprefix("sqlite:"))
    log = path.with_name(path.name + "-wal")
    reader = sqlite3.connect(path, isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM outbox_events").fetchone()

    def length_with_one_more():
        service.emit("later", {"text": "x" * 900_000}, not_before="2099-01-01T00:00:00Z")
        return log.stat().st_size

    eventually(lambda: length_with_one_more() > 140 << 20, what="the log to grow")
    told = service.wait_logged("store_log_held")[-1]
    assert told["path"] == str(log) and told["mebibytes"] >= 128
    found = examine(service, "store")
    assert found.codes == ["log_held"]
    assert found.one("log_held")["subject"] == str(log)
    assert f"fuser {path}" in found.one("log_held")["mend"]
    reader.close()
    eventually(lambda: length_with_one_more() <= 64 << 20, what="the log to be short")
    assert examine(service, "store").codes == []


def room_taken(service):
    """In bytes, as the service counts them."""
    return json.loads(service.command("--json", "retention", "status", check=False).stdout)["used_bytes"]


def test_the_quota(make_service):
    service = make_service()
    service.command("migrate")
    used = room_taken(service)

    def codes_at(share):
        service.variables["YIZHAN_RETENTION_DISK_QUOTA"] = str(int(used / share))
        found = examine(service, "store")
        return found, [code for code in found.codes if code.startswith("quota_")]

    assert codes_at(0.7)[1] == []
    low, codes = codes_at(0.9)
    assert codes == ["quota_low"]
    finding = low.one("quota_low")
    assert (finding["subject"], finding["weight"]) == ("retention.disk_quota", "warning")
    assert re.search(r"^The store takes .* of .* \((89|90|91) %\)\.$", finding["evidence"]), finding
    assert "raise retention.disk_quota" in finding["mend"] and "yizhan retention status" in finding["mend"]
    assert low.status == 3
    exceeded, codes = codes_at(1.25)
    assert codes == ["quota_exceeded"]
    finding = exceeded.one("quota_exceeded")
    assert (finding["subject"], finding["weight"]) == ("retention.disk_quota", "trouble")
    assert re.search(r"\((12[456]) %\)", finding["evidence"]), finding
    assert exceeded.status == 3


def test_without_a_quota_the_file_system_is_what_there_is(small_disk, sqlite_service):
    subprocess.run(["mount", "-o", "remount,size=512m", str(small_disk)], check=True)
    service = sqlite_service(store=f"sqlite:{small_disk}/yizhan.db")
    service.command("migrate")
    assert examine(service, "store").codes == []
    with contextlib.closing(sqlite3.connect(small_disk / "yizhan.db")) as database:
        database.execute("CREATE TABLE filler AS SELECT zeroblob(100 << 20) AS bytes")
    # A sixth is left: too much for disk_low, and the store took the rest.
    subprocess.run(["mount", "-o", f"remount,size={room_taken(service) * 6 // 5}", str(small_disk)], check=True)
    found = examine(service, "store")
    assert found.codes == ["quota_low"]
    assert found.one("quota_low")["subject"] == f"{small_disk}/yizhan.db"
    assert "make the file system larger" in found.one("quota_low")["mend"]
