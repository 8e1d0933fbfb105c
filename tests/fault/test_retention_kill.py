"""Faults 1, 2 and 5 in retention: SIGKILL before any of its commits loses neither a row that was not to go nor a count."""

import json
import pathlib

import pytest

from harness.service import eventually
from harness.sink import Sink

OLD = "2020-01-01 00:00:00"
EVENTS = 120


@pytest.mark.parametrize("batch", [1, 2, 5])
def test_killed_between_writing_away_and_the_commit(make_service, tmp_path, batch):
    sink = Sink()
    kept = tmp_path / "kept"
    service = make_service(
        settings={"YIZHAN_RETENTION_INTERVAL_SECONDS": "1", "YIZHAN_RETENTION_BATCH_SIZE": "20",
                  "YIZHAN_RETENTION_PAUSE_MS": "0", "YIZHAN_RETENTION_EXPORT_DIR": str(kept)},
        crm={"base_url": sink.url}).start()
    assert service.stop() == 0
    values = ", ".join(f"('old-{n}', 'crm', 'test.event', '{{\"n\":{n}}}', 'delivered', '{OLD}', '{OLD}')"
                       for n in range(EVENTS))
    service.sql("INSERT INTO cs_platform_event_outbox (id, platform, event_type, payload, status, created_at, updated_at) "
                f"VALUES {values}, ('newest', 'crm', 'test.event', '', 'discarded', NULL, NULL)")
    service.start(fail_point=f"retention.before_commit:{batch}")
    service.wait_dead()
    total = service.ledger_total()
    assert (total["accepted"], total["delivered"], total["discarded"], total["mismatch"]) == (EVENTS + 1, EVENTS, 1, 0)
    # What the dead process held is free a minute later; here an operator frees it.
    service.sql("UPDATE retention_state SET holder = NULL, held_until = NULL")
    service.start()
    eventually(lambda: service.rows("SELECT count(*) FROM cs_platform_event_outbox")[0][0] == "1",
               what="what is old to go")
    total = service.ledger_total()
    assert (total["accepted"], total["delivered"], total["discarded"], total["mismatch"]) == (EVENTS + 1, EVENTS, 1, 0)
    lines = [json.loads(line) for file in pathlib.Path(kept).glob("events-*.jsonl")
             for line in file.read_text().splitlines()]
    payloads = {line["id"]: line["payload"] for line in lines if "payload" in line}
    assert payloads == {f"old-{n}": {"n": n} for n in range(EVENTS)}  # repeated perhaps, never missing
