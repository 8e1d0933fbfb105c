"""docs/logs.md lists every event of the log with its fields, as the code writes them, and no other."""

import pathlib
import re
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from harness.log_document import documented  # noqa: E402

SOURCE = pathlib.Path(__file__).resolve().parents[2]

# Events whose name or fields are not written down in the call itself.
ALERT = {"alert", "cause", "title", "count", "raisedAt"}
ELSEWHERE = {
    "src/app/alert_watch.cpp": {"alert_raised": ALERT, "alert_continues": ALERT, "alert_cleared": ALERT},
    "src/notify/notify_step.cpp": {"notify_claim_refused": {"code", "message"}, "notify_record_refused": {"code", "message"}},
}
# Written by base/log_output.cpp itself.
OWN_LINES = {"log_lines_dropped": {"count"}}


def argument_text(text, begin):
    """What stands between the parenthesis before `begin` and its partner."""
    depth, position, in_string = 1, begin, False
    while depth:
        character = text[position]
        if in_string and character == "\\":
            position += 1
        elif character == '"':
            in_string = not in_string
        elif not in_string:
            depth += {"(": 1, ")": -1}.get(character, 0)
        position += 1
    return text[begin : position - 1]


def events_in_code():
    events = {}
    for path in sorted((SOURCE / "src").rglob("*.cpp")):
        if path.parent.name == "base":
            continue
        text = path.read_text()
        name = path.relative_to(SOURCE).as_posix()
        for event, fields in ELSEWHERE.get(name, {}).items():
            assert f'"{event}"' in text, f"{event} has gone from {name}: take it out of ELSEWHERE"
            events.setdefault(event, set()).update(fields)
        for call in re.finditer(r"\blog::(?:debug|info|warning|error|write)\(", text):
            arguments = argument_text(text, call.end())
            event = re.match(r'[^"{]*?"([^"]+)"', arguments)
            if event is None:
                assert name in ELSEWHERE, f"{name}: the event's name is no literal: {arguments[:60]}"
                continue
            fields = set(re.findall(r'\{"([^"]+)",', arguments))
            if name == "src/receive/callback_log.cpp":
                fields |= set(re.findall(r'(?:add\(|emplace_back\()"(\w+)"', text))
                fields |= set(re.findall(r'\{"\w+", "(\w+)"\}', text))
            events.setdefault(event.group(1), set()).update(fields)
    return {**events, **OWN_LINES}


def test_the_document_has_every_event_and_field_and_no_other():
    code, document = events_in_code(), documented()
    assert len(code) > 40 and "attempt" in code, code
    assert sorted(code) == sorted(document), set(code) ^ set(document)
    for event, fields in code.items():
        assert fields == document[event], (event, fields ^ document[event])


def test_names_are_of_one_kind():
    for event, fields in events_in_code().items():
        assert re.fullmatch(r"[a-z]+(_[a-z0-9]+)*", event), f"{event}: an event is in snake_case"
        for field in fields:
            assert re.fullmatch(r"[a-z]+([A-Z][a-z0-9]*)*", field), f"{event}: its field {field} is in camelCase"


if __name__ == "__main__":
    sys.exit(pytest.main(["-q", "-p", "no:cacheprovider", __file__]))
