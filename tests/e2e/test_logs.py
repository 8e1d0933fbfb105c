"""Where the log of the real binary goes: to a rotated file, to the journal, and nowhere when there is no room."""

import collections
import contextlib
import json
import os
import pathlib
import re
import signal
import socket
import subprocess

import pytest

from harness.log_document import check_documented
from harness.service import eventually
from harness.sink import Sink


def lines_of(*paths):
    """Each is whole, but for one at the end that is being written."""
    return [json.loads(line) for path in paths for line in pathlib.Path(path).read_text().split("\n")[:-1]]


def moved_away(path, target):
    """Not where the service is just moving it away itself."""
    with contextlib.suppress(FileNotFoundError):
        return path.rename(target)


def rotated(path):
    """The log file with those before it, oldest first."""
    before = sorted(path.parent.glob(path.name + ".*"), key=lambda each: -int(each.suffix[1:]))
    return [*before, path]


def test_a_rotated_file_has_every_attempt_once_and_each_line_whole(sqlite_service, tmp_path):
    sink = Sink()
    log = tmp_path / "logs" / "station.log"
    log.parent.mkdir()
    service = sqlite_service(
        settings={"YIZHAN_LOG_TO": "file", "YIZHAN_LOG_FILE": str(log), "YIZHAN_LOG_ROTATE_SIZE": "4096",
                  "YIZHAN_LOG_ROTATE_KEEP": "1000", "YIZHAN_LOG_ATTEMPTS": "all"},
        crm={"base_url": sink.url}).start()
    ids = [service.emit("crm", {"n": number}) for number in range(100)]
    moved = 0
    for event_id in ids[:50]:
        service.wait_status(event_id, "delivered")
    # Somebody else moves the file away, and says so; and does not say so.
    for reload in (True, False):
        moved += 1
        eventually(lambda: moved_away(log, tmp_path / f"moved-{moved}.log"), what="the log file to be there")
        if reload:
            service.process.send_signal(signal.SIGHUP)
        eventually(lambda: service.emit("crm", {"after": moved}) and log.exists(), what="the log file to be made anew")
    for event_id in ids:
        service.wait_status(event_id, "delivered")
    assert service.stop() == 0
    assert all(path.read_text().endswith("\n") for path in rotated(log))
    files = [*(tmp_path / f"moved-{number}.log" for number in range(1, moved + 1)), *rotated(log)]
    assert len(files) > 5
    assert all(path.stat().st_size <= 4096 for path in rotated(log))
    lines = lines_of(*files)
    check_documented(lines)
    attempts = collections.Counter(line["eventId"] for line in lines if line["event"] == "attempt")
    assert [attempts[event_id] for event_id in ids] == [1] * 100
    assert lines[-1]["event"] == "stopped"
    # Nothing went to standard error.
    assert service.log() == ""


def test_the_journal_gets_each_line_with_its_fields(sqlite_service, tmp_path):
    sink = Sink(lambda callback, count: 500)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as journal:
        journal.bind(str(tmp_path / "journal"))
        journal.settimeout(30)
        service = sqlite_service(
            settings={"YIZHAN_LOG_TO": "journald", "YIZHAN_LOG_JOURNAL_SOCKET": str(tmp_path / "journal")},
            crm={"base_url": sink.url, "max_retries": 0}).start()
        event_id = service.emit("crm", {"n": 1})
        entries = []
        while not any(entry.get("YIZHAN_EVENT") == "dead_letter" for entry in entries):
            datagram = journal.recv(1 << 20).decode()
            entries.append(dict(line.split("=", 1) for line in datagram.splitlines()))
        dead = entries[-1]
        assert (dead["YIZHAN_EVENT_ID"], dead["PRIORITY"], dead["SYSLOG_IDENTIFIER"]) == (event_id, "4", "yizhan")
        assert dead["YIZHAN_ERROR_CLASS"] == "http_5xx"
        line = json.loads(dead["MESSAGE"])
        assert (line["event"], line["eventId"]) == ("dead_letter", event_id)
        # A journal that takes nothing any more holds nobody up.
        for number in range(200):
            service.emit("crm", {"n": number})
    assert service.request("GET", "/ready").status == 200
    assert service.stop() == 0


def test_each_decision_about_an_endpoint_is_a_line(start):
    ailing = Sink(lambda callback, count: 200 if count > 3 else 500)
    gone = Sink(lambda callback, count: 410 if count == 1 else 200)
    service = start(
        ailing={"base_url": ailing.url, "breaker_threshold": 2, "breaker_open_ms": 100, "retry_schedule_sec": "0", "max_retries": 9},
        gone={"base_url": gone.url, "retry_schedule_sec": "0"})
    ailing_id = service.emit("ailing", {})
    service.wait_status(ailing_id, "delivered")
    # Lines that can wait follow within some milliseconds.
    eventually(lambda: "closed" in [line["state"] for line in service.log_lines("breaker")])
    states = [line["state"] for line in service.log_lines("breaker")]
    assert states[:2] == ["open", "half_open"] and states[-1] == "closed", states
    attempts = [(line["status"], bool(line["nextAttemptAt"])) for line in service.log_lines("attempt")
                if line["eventId"] == ailing_id]
    assert attempts == [("retrying", True)] * 3

    gone_id = service.emit("gone", {})
    disabled, = eventually(lambda: service.log_lines("endpoint_disabled"))
    assert (disabled["platform"], disabled["endpoint"]) == ("gone", gone.url + "/")
    service.command("endpoints", "enable", "gone", gone.url)
    service.wait_status(gone_id, "delivered")
    enabled, = eventually(lambda: service.log_lines("endpoint_enabled"))
    assert enabled["endpoint"] == disabled["endpoint"]
    check_documented(service.log_lines())


def test_a_full_disk_under_the_log_stops_nothing_and_is_said_later(sqlite_service, tmp_path):
    # Fault 8, of the log alone: a file system of 64 KiB.
    room = tmp_path / "room"
    room.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", room], capture_output=True, text=True, check=False)
    assert mounted.returncode == 0, mounted.stderr
    try:
        sink = Sink()
        log = room / "yizhan.log"
        service = sqlite_service(
            settings={"YIZHAN_LOG_TO": "file", "YIZHAN_LOG_FILE": str(log), "YIZHAN_LOG_ATTEMPTS": "all"},
            crm={"base_url": sink.url}).start()

        def dropped():
            text = service.request("GET", "/metrics").body.decode()
            return int(re.search(r"^yizhan_log_lines_dropped_total (\d+)", text, re.M).group(1))

        def deliver(count):
            for event_id in [service.emit("crm", {"n": number}) for number in range(count)]:
                service.wait_status(event_id, "delivered")

        deliver(300)
        lost = eventually(dropped, what="lines to be dropped")
        assert lost > 0
        eventually(lambda: log.read_text().endswith("}\n"), what="its end to be a whole line")

        def said():  # reading it, each line is whole
            return sum(line["count"] for line in lines_of(log) if line["event"] == "log_lines_dropped")

        before = said()  # such a line is short: it may have found room
        os.truncate(log, 0)
        eventually(lambda: deliver(1) or before + said() >= lost, what="the report of what is missing")
        assert service.stop() == 0
    finally:
        subprocess.run(["umount", "-l", room], check=True)


@pytest.mark.parametrize("settings, code", [
    ({"YIZHAN_LOG_TO": "file", "YIZHAN_LOG_FILE": "/proc/no/such.log"}, "log_file_unusable"),
    ({"YIZHAN_LOG_TO": "journald", "YIZHAN_LOG_JOURNAL_SOCKET": "/proc/no/socket"}, "log_journal_unusable"),
])
def test_a_place_that_cannot_be_used_is_said_before_anything_starts(sqlite_service, settings, code):
    service = sqlite_service(settings=settings).spawn()
    assert service.wait_dead() != 0
    assert code in service.log()
