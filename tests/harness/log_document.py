"""What docs/logs.md says that lines of the log have."""

import pathlib
import re

DOCUMENT = pathlib.Path(__file__).resolve().parents[2] / "docs/logs.md"
IN_EVERY_LINE = {"time", "level", "event"}


def documented():
    """{event: {field}}"""
    rows = re.findall(r"^\| `(\w+)` \| [^|]+ \| ([^|]*) \| [^|]+ \|$", DOCUMENT.read_text(), re.M)
    return {event: set(re.findall(r"`(\w+)`", fields)) for event, fields in rows}


def check_documented(lines):
    """Lines as a running service wrote them."""
    known = documented()
    for line in lines:
        assert IN_EVERY_LINE <= set(line), line
        unknown = set(line) - IN_EVERY_LINE - known[line["event"]]
        assert not unknown, (line["event"], unknown)
