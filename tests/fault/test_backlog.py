"""Fault 29: a million events wait for the future. What it costs an event, in time and memory, is measured in bench/."""

import pathlib
import re

from harness.sink import Sink

WAITING = 1_000_000
AT_ONCE = 1000
MEMORY_LIMIT = 256 << 20
FAR_FUTURE = "2099-01-01T00:00:00Z"


def resident_bytes(service):
    status = pathlib.Path(f"/proc/{service.process.pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+) kB", status).group(1)) * 1024


def test_fault_29_a_million_waiting_events(start):
    """They stay in the store: memory is bounded, a restart need not read them, and live events go past them."""
    sink = Sink()
    service = start(crm={"base_url": sink.url})
    waiting = [
        {"platform": "crm", "event_type": "later", "payload": {"n": n}, "not_before": FAR_FUTURE} for n in range(AT_ONCE)
    ]
    for _ in range(WAITING // AT_ONCE):
        assert service.request("POST", "/api/v1/events", waiting).status == 202
    assert resident_bytes(service) < MEMORY_LIMIT

    service.stop()
    # Waits until it accepts, for less time than it takes to look at each of a million events.
    service.start()
    live = [service.emit("crm", {"live": n}) for n in range(100)]
    sink.wait_count(len(live))
    assert {each.headers["webhook-id"] for each in sink.callbacks} == set(live)
    for event_id in live:
        service.wait_status(event_id, "delivered")
    assert resident_bytes(service) < MEMORY_LIMIT
    total = service.ledger_total()
    assert (total["pending"], total["delivered"]) == (WAITING, len(live))
