"""W3C Trace Context through the real binary: taken in by every way, passed on with each attempt, found in log and trace."""

import re

from harness.senders import code_host, hub_source
from harness.service import eventually
from harness.sink import Sink

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
PARENT = "00f067aa0ba902b7"
TRACEPARENT = f"00-{TRACE}-{PARENT}-01"
SECRET = "hook-secret"
ROUTE = """
[[routes]]
source = "hub"
platform = "crm"
"""


def spans(sink, event_id):
    """The span of each attempt, after a look at the rest of the header."""
    found = []
    for callback in sink.of_event(event_id):
        trace, span = re.fullmatch(r"00-(\w{32})-(\w{16})-01", callback.headers["traceparent"]).groups()
        assert trace == TRACE
        found.append(span)
    return found


def test_each_attempt_is_a_span_of_the_trace_that_came_in(start):
    sink = Sink(lambda callback, count: 503 if count == 1 else 200)
    service = start(settings={"YIZHAN_LOG_ATTEMPTS": "all"}, crm={"base_url": sink.url, "retry_schedule_sec": "0", "max_retries": 3})
    # By the header, by the field of one event of several, by SQL.
    answer = service.request("POST", "/api/v1/events", {"platform": "crm", "event_type": "t", "payload": 1},
                             {"traceparent": TRACEPARENT, "tracestate": "vendor=1"})
    by_header = answer.json()["id"]
    by_field = service.request("POST", "/api/v1/events", [
        {"platform": "crm", "event_type": "t", "payload": 1, "traceparent": TRACEPARENT},
        {"platform": "crm", "event_type": "t", "payload": 1, "traceparent": "00-nonsense"}]).json()
    service.sql("INSERT INTO cs_platform_event_outbox (id, platform, event_type, payload, traceparent) "
                f"VALUES ('by-sql', 'crm', 't', '1', '{TRACEPARENT}')")
    ids = [by_header, by_field[0]["id"], by_field[1]["id"], "by-sql"]
    for event_id in ids:
        service.wait_status(event_id, "delivered")
    all_spans = []
    for event_id in (ids[0], ids[1], ids[3]):
        found = spans(sink, event_id)
        assert len(found) == 2
        all_spans += found
        # What came in stays as it was.
        assert service.event(event_id)["traceparent"] == TRACEPARENT
        assert TRACE in service.command("trace", event_id).stdout
    assert len({PARENT, *all_spans}) == 7, all_spans
    # A malformed one is ignored; tracestate is not passed on.
    assert all("traceparent" not in callback.headers for callback in sink.of_event(ids[2]))
    assert all("tracestate" not in callback.headers for callback in sink.callbacks)

    def logged():
        attempts = [line for line in service.log_lines("attempt") if line["traceId"]]
        return attempts if len(attempts) == 6 else None

    attempts = eventually(logged, what="a line for each attempt")
    assert {line["traceId"] for line in attempts} == {TRACE}
    assert sorted(line["spanId"] for line in attempts) == sorted(all_spans)


def test_what_a_callback_causes_is_of_its_trace(start):
    sink = Sink()
    service = start(config=hub_source(SECRET) + ROUTE, crm={"base_url": sink.url})
    notice = code_host("hub", SECRET, "d-1", "push", {"a": 1})
    assert service.callback(notice._replace(headers={**notice.headers, "traceparent": TRACEPARENT})).status == 200
    malformed = code_host("hub", SECRET, "d-2", "push", {"a": 2})
    assert service.callback(malformed._replace(headers={**malformed.headers, "traceparent": TRACEPARENT[:-1]})).status == 200
    sink.wait_count(2)
    headers = [callback.headers.get("traceparent") for callback in sink.callbacks]
    assert sorted(header is None for header in headers) == [False, True], headers
    assert next(filter(None, headers))[:36] == f"00-{TRACE}-"

    lines = eventually(lambda: len(service.log_lines("callback")) == 2 and service.log_lines("callback"))
    assert [line.get("traceId") for line in lines] == [TRACE, None]
