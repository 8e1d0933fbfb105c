"""Faults 7 to 10, 13 and 14: the store fails, fills up, restarts, is locked; nothing acknowledged is lost."""

import concurrent.futures
import os
import pathlib
import shutil
import signal
import sqlite3
import subprocess
import urllib.parse

import pytest
from accounting import Producer, check_nothing_lost

from harness.postgres_server import binaries
from harness.service import Service, eventually
from harness.sink import Sink


def platform(sink, **more):
    return {"base_url": sink.url, "timeout_ms": 10000, "max_retries": 50, "retry_schedule_sec": "0", "jitter": 0,
            "poll_interval_ms": 100, "breaker_threshold": 0, **more}


def test_fault_7_fsync_fails(sqlite_service):
    """Every fsync of a while returns EIO: 503 then, nothing acknowledged is lost, and the service goes on afterwards."""
    sink = Sink()
    service = sqlite_service(crm=platform(sink))
    # From the 40th fsync on, twenty fail; strace follows the writer's thread.
    service.spawn(wrapper=["strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=fsync,fdatasync",
                           "-e", "inject=fsync,fdatasync:error=EIO:when=40..60"]).wait_ready()
    producer = Producer(service, "crm").start()
    sink.wait_count(500, timeout=120)
    producer.stop()
    assert "store" in service.log() and "I/O" in service.log() or "disk" in service.log()
    check_nothing_lost(service, sink, producer.acknowledged)


def test_fault_8_disk_full(small_disk, sqlite_service):
    up = []
    sink = Sink(lambda callback, count: 200 if up else 503)
    service = sqlite_service(store=f"sqlite:{small_disk}/yizhan.db", crm=platform(sink, retry_schedule_sec="1"))
    service.start()
    payload = {"filler": "x" * 50000}
    accepted = []

    def refused():
        answer = service.request(
            "POST", "/api/v1/events", {"platform": "crm", "event_type": "t", "payload": payload}, timeout=30
        )
        if answer.status == 202:
            accepted.append(answer.json()["id"])
        return answer if answer.status == 503 else None

    answer = eventually(refused, 60, "the disk to be full")
    assert answer.json()["code"] == "store_unavailable"
    assert "Retry-After" in answer.headers
    # Reading works, and the service says that it is not ready.
    assert service.event(accepted[0])["status"] in ("pending", "retrying")
    assert service.request("GET", "/ready").status == 503
    # Room again: it recovers by itself.
    subprocess.run(["mount", "-o", "remount,size=64m", str(small_disk)], check=True)
    up.append(True)
    eventually(lambda: service.request("GET", "/ready").status == 200, 30, "ready again")
    accepted.append(service.emit("crm", "after"))
    for each in accepted:
        service.wait_status(each, "delivered", 60)


def test_fault_9_a_corrupt_database_is_refused(sqlite_service):
    sink = Sink()
    service = sqlite_service(crm=platform(sink)).start()
    for n in range(50):
        service.emit("crm", {"n": n, "filler": "x" * 500})
    assert service.stop() == 0
    path = pathlib.Path(service.store.removeprefix("sqlite:"))
    with open(path, "r+b") as file:
        file.seek(100)
        file.write(os.urandom(4096))
    service.spawn()
    assert service.wait_dead() != 0
    assert "store_corrupt" in service.log()
    assert "backup" in service.log().lower() or "restore" in service.log().lower()


def test_fault_10_postgres_restarts(postgres_server, postgres_service):
    sink = Sink()
    service = postgres_service(crm=platform(sink)).start()
    producer = Producer(service, "crm").start()
    sink.wait_count(200, timeout=60)
    postgres_server.restart()
    seen = len(sink.callbacks)
    sink.wait_count(seen + 200, timeout=60)
    producer.stop()
    check_nothing_lost(service, sink, producer.acknowledged)
    assert service.alive()


def test_fault_13_the_connection_is_taken_up(postgres_server, postgres_service):
    """The one connection that writes does not come back: callers hear 503 with Retry-After in bounded time."""
    sink = Sink()
    service = postgres_service(crm=platform(sink)).start()
    first = service.emit("crm", {"n": "before"})
    service.wait_status(first, "delivered")
    backends = [int(pid) for pid in subprocess.run(
        [binaries() / "psql", "-qAt", postgres_server.superuser_url, "-c",
         "SELECT pid FROM pg_stat_activity WHERE application_name LIKE 'yizhan%' AND datname = "
         f"'{urllib.parse.urlsplit(service.store).path.lstrip('/')}'"],
        check=True, capture_output=True, text=True).stdout.split()]
    assert backends
    with concurrent.futures.ThreadPoolExecutor(64) as callers:
        for pid in backends:
            os.kill(pid, signal.SIGSTOP)
        try:
            answers = []

            def refused():
                answers.append(callers.submit(
                    service.request, "POST", "/api/v1/events",
                    {"platform": "crm", "event_type": "t", "payload": len(answers)}, timeout=60))
                done = [each.result() for each in answers if each.done()]
                return next((each for each in done if each.status == 503), None)

            answer = eventually(refused, what="a refusal")
            assert int(answer.headers["Retry-After"]) >= 1
            assert answer.json()["code"] == "store_busy"
            assert service.request("GET", "/ready").status == 503
        finally:
            for pid in backends:
                os.kill(pid, signal.SIGCONT)
        answers = [each.result() for each in answers]
    accepted = [each.json()["id"] for each in answers if each.status == 202]
    assert {each.status for each in answers} <= {202, 503}
    eventually(lambda: service.request("GET", "/ready").status == 200, what="the service to be ready again")
    for event_id in [*accepted, service.emit("crm", {"n": "after"})]:
        service.wait_status(event_id, "delivered")
    assert service.ledger_total()["accepted"] == len(accepted) + 2
    assert len(sink.callbacks) == len(accepted) + 2


def test_fault_14_a_second_writer_locks_the_file(sqlite_service):
    sink = Sink()
    service = sqlite_service(crm=platform(sink)).start()
    other = sqlite3.connect(service.store.removeprefix("sqlite:"), isolation_level=None, timeout=60)
    producer = Producer(service, "crm").start()
    for _ in range(20):
        other.execute("BEGIN IMMEDIATE")
        seen = len(sink.callbacks)
        other.execute("ROLLBACK")
        sink.wait(lambda each, seen=seen: len(each.callbacks) > seen)
    other.close()
    producer.stop()
    assert check_nothing_lost(service, sink, producer.acknowledged) == 0


def test_fault_45_a_second_service_on_the_same_file_is_refused(sqlite_service, tmp_path):
    sink = Sink()
    service = sqlite_service(crm=platform(sink)).start()
    second = Service(service.store, tmp_path / "second", service.variables).spawn()
    assert second.wait_dead() != 0
    assert "store_locked" in second.log()
    assert str(service.process.pid) in second.log()
    service.wait_status(service.emit("crm", 1), "delivered")


def test_fault_44_a_port_that_is_taken_is_named_with_its_owner(sqlite_service, tmp_path):
    sink = Sink()
    service = sqlite_service(crm=platform(sink)).start()
    port = service.api.rsplit(":", 1)[1]
    second = Service(f"sqlite:{tmp_path}/other.db", tmp_path / "second",
                     {**service.variables, "YIZHAN_API_LISTEN": f"127.0.0.1:{port}"})
    second.spawn(extra={"YIZHAN_API_LISTEN": f"127.0.0.1:{port}"})
    assert second.wait_dead() != 0
    assert "address_in_use" in second.log()
    assert port in second.log() and str(service.process.pid) in second.log()


def test_a_newer_database_is_refused(start):
    sink = Sink()
    service = start(crm=platform(sink))
    columns, values = ("applied_at", "NOW()") if service.store.startswith("sqlite:") else ("name", "'later'")
    service.sql(f"INSERT INTO yizhan_migrations (version, {columns}) VALUES (9999, {values})")
    service.stop()
    service.spawn()
    assert service.wait_dead() != 0
    assert "store_newer" in service.log()


assert shutil.which("strace"), "strace is needed: ./test installs it"
