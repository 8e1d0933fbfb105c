"""Retention, its export and `yizhan export` with the real binary."""

import json
import pathlib

from harness.service import eventually
from harness.sink import Sink

OLD = "2020-01-01 00:00:00"
EAGER = {"YIZHAN_RETENTION_INTERVAL_SECONDS": "1", "YIZHAN_RETENTION_PAUSE_MS": "0"}


def add_old(service, count, status="delivered", prefix="old"):
    """Events that ended in 2020, as an import would hand them over."""
    values = ", ".join(f"('{prefix}-{n}', 'crm', 'test.event', '{{\"n\":{n}}}', '{status}', '{OLD}', '{OLD}')"
                       for n in range(count))
    service.sql("INSERT INTO cs_platform_event_outbox (id, platform, event_type, payload, status, created_at, updated_at) "
                f"VALUES {values}")


def newest(service):
    """An event of today: the newest one is never deleted."""
    event_id = service.emit("crm", {"n": "newest"})
    service.wait_status(event_id, "delivered")
    return event_id


def left(service, prefix="old"):
    return int(service.rows(f"SELECT count(*) FROM cs_platform_event_outbox WHERE id LIKE '{prefix}-%'")[0][0])


def lines_of(directory, kind="events"):
    return [json.loads(line) for file in sorted(pathlib.Path(directory).glob(f"{kind}-*.jsonl"))
            for line in file.read_text().splitlines()]


def test_a_running_service_takes_away_what_is_old_and_the_ledger_stays(make_service):
    sink = Sink()
    service = make_service(settings=EAGER, crm={"base_url": sink.url}).start()
    add_old(service, 300)
    add_old(service, 3, "dead_letter", "dead")
    kept = newest(service)
    eventually(lambda: left(service) == 0, what="what is old to go")
    assert left(service, "dead") == 3  # kept for ever unless somebody sets an age
    assert service.event(kept)["status"] == "delivered"
    total = service.ledger_total()
    assert (total["accepted"], total["delivered"], total["dead_letter"], total["mismatch"]) == (304, 301, 3, 0)
    metrics = eventually(
        lambda: (text := service.request("GET", "/metrics").body.decode())
        and 'yizhan_retention_removed_total{kind="delivered"} 300' in text and text, what="the metric")
    assert "yizhan_store_bytes" in metrics
    eventually(lambda: "retention_pass" in service.log(), what="the line in the log")
    assert service.stop() == 0


def test_what_goes_is_written_away_first(make_service, tmp_path):
    sink = Sink()
    kept = tmp_path / "kept"
    service = make_service(settings={**EAGER, "YIZHAN_RETENTION_EXPORT_DIR": str(kept)},
                           crm={"base_url": sink.url}).start()
    add_old(service, 40)
    newest(service)
    eventually(lambda: left(service) == 0, what="what is old to go")
    # Once when its body went, once when its row went.
    events = [line for line in lines_of(kept) if line["id"].startswith("old-")]
    assert {line["id"] for line in events} == {f"old-{n}" for n in range(40)}
    with_payload = {line["id"]: line["payload"] for line in events if "payload" in line}
    assert with_payload == {f"old-{n}": {"n": n} for n in range(40)}
    assert all(line["kind"] == "event" and line["status"] == "delivered" for line in events)


def test_what_cannot_be_written_away_stays(make_service, tmp_path):
    sink = Sink()
    (tmp_path / "file").write_text("no directory")
    service = make_service(settings={**EAGER, "YIZHAN_RETENTION_EXPORT_DIR": str(tmp_path / "file" / "kept")},
                           crm={"base_url": sink.url}).start()
    add_old(service, 5)
    newest(service)
    eventually(lambda: "archive_failed" in service.log(), what="the warning")
    assert left(service) == 5
    assert service.ledger_total()["mismatch"] == 0


def test_a_removed_payload_is_told_and_not_sent_again(make_service):
    sink = Sink()
    service = make_service(settings={**EAGER, "YIZHAN_RETENTION_DELIVERED_DAYS": "0"},
                           crm={"base_url": sink.url}).start()
    add_old(service, 1)
    newest(service)
    eventually(lambda: "payload_removed_bytes" in service.event("old-0"), what="the payload to go")
    assert service.event("old-0")["payload_removed_bytes"] == len('{"n":0}')
    answer = service.request("POST", "/api/v1/replay", {"selection": {"ids": ["old-0"], "statuses": ["delivered"]}})
    assert answer.status == 200 and answer.json()["replayed"] == 0, answer.body
    assert service.event("old-0")["status"] == "delivered"
    assert len(sink.callbacks) == 1


def test_the_commands_beside_a_service(make_service, tmp_path):
    sink = Sink()
    service = make_service(settings={"YIZHAN_RETENTION_INTERVAL_SECONDS": "86400"}, crm={"base_url": sink.url}).start()
    add_old(service, 120)
    newest(service)
    status = json.loads(service.command("--json", "retention", "status").stdout)
    assert status["due"]["delivered"] == status["due"]["event_bodies"] == 120
    assert status["used_bytes"] > 0 and status["enabled"] is True
    dry = json.loads(service.command("--json", "retention", "run", "--dry-run").stdout)
    assert dry["dry_run"] is True and dry["would_remove"]["delivered"] == 120
    assert left(service) == 120

    exported = service.command("export", "events", "--status", "delivered", "--before", "30d").stdout.splitlines()
    assert [json.loads(line)["id"] for line in exported] == [f"old-{n}" for n in range(120)]
    service.command("export", "events", "--platform", "crm", "--output", str(tmp_path / "all.jsonl"))
    everything = [json.loads(line) for line in (tmp_path / "all.jsonl").read_text().splitlines()]
    assert len(everything) == 121
    assert [attempt["response_status"] for attempt in everything[-1]["attempts"]] == [200]
    assert service.command("export", "callbacks").stdout == ""

    done = json.loads(service.command("--json", "retention", "run").stdout)
    assert done["removed"]["delivered"] == 120
    assert left(service) == 0
    total = service.ledger_total()
    assert (total["accepted"], total["delivered"], total["mismatch"]) == (121, 121, 0)
    assert "removed" in service.command("retention", "status").stdout


def test_nothing_goes_where_it_is_off(make_service):
    sink = Sink()
    service = make_service(settings={**EAGER, "YIZHAN_RETENTION_ENABLED": "false"}, crm={"base_url": sink.url}).start()
    add_old(service, 5)
    newest(service)

    def passes():
        text = service.request("GET", "/metrics").body.decode()
        return float(text.split("\nyizhan_retention_passes_total ")[1].split("\n")[0])

    eventually(lambda: passes() >= 2, what="two passes")
    assert left(service) == 5
    refused = service.command("retention", "run", check=False)
    assert refused.returncode == 1 and "retention.enabled" in refused.stderr


def test_little_room_is_told(make_service):
    sink = Sink()
    service = make_service(settings={**EAGER, "YIZHAN_RETENTION_DISK_QUOTA": "100000"}, crm={"base_url": sink.url}).start()
    eventually(lambda: "retention_space" in service.log(), what="the warning")
    status = service.command("--json", "retention", "status", check=False)
    assert status.returncode == 3
    assert json.loads(status.stdout)["used_bytes"] > json.loads(status.stdout)["quota_bytes"] == 100000
    metrics = service.request("GET", "/metrics").body.decode()
    assert "\nyizhan_store_quota_bytes 100000\n" in metrics


def test_a_reload_puts_other_ages_in_force(make_service):
    sink = Sink()
    off = "[retention]\nenabled = false\ninterval_seconds = 1\n"
    service = make_service(config=off, crm={"base_url": sink.url})
    service.start()
    add_old(service, 5)
    newest(service)
    assert left(service) == 5
    (service.directory / "yizhan.toml").write_text(off.replace("false", "true"))
    service.command("reload")
    eventually(lambda: left(service) == 0, what="what is old to go")
