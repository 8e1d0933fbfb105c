"""The seed's runbook: its SQL, typed as written into `yizhan sql`, and into sqlite3 and psql, on the running system."""

import json
import subprocess

import pytest

from harness.sink import Sink

PENDING = """SELECT id, platform, event_type, callback_target, status, attempt_count, next_attempt_at, last_error
FROM cs_platform_event_outbox
WHERE status IN ('pending', 'retrying')
ORDER BY next_attempt_at ASC, created_at ASC
LIMIT 100;"""
ATTEMPTS = """SELECT event_id, attempt_no, response_status, error_message, created_at
FROM cs_platform_event_delivery_attempts
ORDER BY created_at DESC
LIMIT 100;"""
DEAD_LETTERS = """SELECT event_id, platform, event_type, callback_target, attempt_count, final_error, created_at
FROM cs_platform_event_dead_letters
ORDER BY created_at DESC
LIMIT 100;"""
REPLAY = """UPDATE cs_platform_event_outbox
SET status = 'pending', next_attempt_at = NOW(), last_error = NULL, updated_at = NOW()
WHERE id = '{id}';"""
DELETE_DEAD_LETTER = "DELETE FROM cs_platform_event_dead_letters WHERE event_id = '{id}';"


def shell(service, statement):
    """Types a statement into the engine's own shell."""
    if service.store.startswith("sqlite:"):
        path = service.store.removeprefix("sqlite:")
        arguments = ["sqlite3", "-cmd", ".timeout 60000", path, statement.replace("NOW()", "datetime('now')")]
    else:
        arguments = ["psql", "-v", "ON_ERROR_STOP=1", "-At", service.store, "-c", statement]
    done = subprocess.run(arguments, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, (statement, done.stderr)
    return done.stdout


def own_command(service, statement):
    return service.sql(statement).stdout


@pytest.mark.parametrize("run", [shell, own_command])
@pytest.mark.parametrize("delete_first", [False, True])
def test_a_dead_letter_is_found_and_replayed_by_hand(start, run, delete_first):
    up = []
    sink = Sink(lambda callback, count: 200 if up else 500)
    service = start(crm={"base_url": sink.url, "max_retries": 1, "retry_schedule_sec": "0", "jitter": 0,
                         "poll_interval_ms": 200})
    event_id = service.emit("crm", {"n": 1})
    service.wait_status(event_id, "dead_letter")
    assert event_id not in run(service, PENDING)
    assert run(service, ATTEMPTS).count(event_id) == 2
    assert event_id in run(service, DEAD_LETTERS)
    up.append(True)
    statements = [REPLAY, DELETE_DEAD_LETTER]
    for statement in reversed(statements) if delete_first else statements:
        run(service, statement.format(id=event_id))
    event = service.wait_status(event_id, "delivered")
    assert [each["attempt_no"] for each in event["attempts"]] == [1, 2, 3]
    assert event_id not in run(service, DEAD_LETTERS)
    total = service.ledger_total()
    assert (total["accepted"], total["delivered"], total["dead_letter"]) == (1, 1, 0)


@pytest.mark.parametrize("run", [shell, own_command])
def test_an_event_handed_over_by_insert_is_delivered(start, run):
    sink = Sink()
    service = start(crm={"base_url": sink.url, "poll_interval_ms": 200})
    run(service, """INSERT INTO cs_platform_event_outbox (id, platform, event_type, callback_target, status, attempt_count,
        next_attempt_at, payload) VALUES ('evt-hand-1', 'crm', 'order.paid', '', 'pending', 0, NOW(), '{"a": "x\\ny"}');""")
    run(service, """INSERT INTO cs_platform_event_outbox (platform, event_type, payload)
        VALUES ('crm', 'order.paid', '{"b":2}');""")
    sink.wait_count(2)
    assert {each.body for each in sink.callbacks} == {b'{"a": "x\\ny"}', b'{"b":2}'}
    service.wait_status("evt-hand-1", "delivered")
    assert "evt-hand-1" in {each.headers["webhook-id"] for each in sink.callbacks}


def test_fault_18_impossible_values_are_refused(start):
    sink = Sink()
    service = start(crm={"base_url": sink.url})
    event_id = service.emit("crm", {"n": 1})
    service.wait_status(event_id, "delivered")
    for statement in (
        f"UPDATE cs_platform_event_outbox SET status = 'lost' WHERE id = '{event_id}'",
        f"UPDATE cs_platform_event_outbox SET attempt_count = -1 WHERE id = '{event_id}'",
        "INSERT INTO cs_platform_event_outbox (platform, event_type, payload) VALUES ('', 't', '1')",
    ):
        done = service.sql(statement, check=False)
        assert done.returncode != 0, statement
        assert done.stderr.strip(), statement
    assert service.event(event_id)["status"] == "delivered"


def test_an_event_of_an_unknown_platform_waits_with_the_reason(start):
    sink = Sink()
    service = start(crm={"base_url": sink.url, "poll_interval_ms": 200})
    service.sql("INSERT INTO cs_platform_event_outbox (id, platform, event_type, payload) VALUES ('e1', 'nobody', 't', '1')")

    from harness.service import eventually

    event = eventually(lambda: (lambda found: found if found["last_error"] else None)(service.event("e1")))
    assert event["status"] == "pending"
    assert "nobody" in event["last_error"]


def test_the_edit_of_an_event_in_flight_wins_over_its_late_result(start):
    sink = Sink(lambda callback, count: "hang" if count == 1 else 200)
    service = start(crm={"base_url": sink.url, "timeout_ms": 60000, "poll_interval_ms": 200})
    event_id = service.emit("crm", {"n": 1})
    sink.wait_count(1)
    service.sql(REPLAY.format(id=event_id))
    service.wait_status(event_id, "delivered")
    assert len(sink.of_event(event_id)) == 2
    sink.release()
    assert json.dumps(service.event(event_id)["attempts"]).count('"attempt_no"') == 1


def test_an_insert_is_picked_up_at_once_on_postgresql(postgres_service):
    """By its notification: the poll interval is far longer than the test waits."""
    sink = Sink()
    service = postgres_service(crm={"base_url": sink.url, "poll_interval_ms": 3600000}).start()
    shell(service, "INSERT INTO cs_platform_event_outbox (platform, event_type, payload) VALUES ('crm', 't', '1')")
    sink.wait_count(1)
    # A producer's own transaction: nothing leaves before it commits, and a rollback leaves nothing.
    shell(service, """BEGIN;
        INSERT INTO cs_platform_event_outbox (platform, event_type, payload) VALUES ('crm', 't', '2'); ROLLBACK;
        BEGIN; INSERT INTO cs_platform_event_outbox (platform, event_type, payload) VALUES ('crm', 't', '3'); COMMIT;""")
    sink.wait_count(2)
    assert [each.body for each in sink.callbacks] == [b"1", b"3"]
    assert service.ledger_total()["accepted"] == 2
