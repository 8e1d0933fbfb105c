"""`yizhan doctor`, run beside a service as an operator would, and what it says."""

import json
import socket


class Examination:
    def __init__(self, done):
        self.status = done.returncode
        self.text = done.stdout
        assert not done.stderr, done.stderr
        lines = [json.loads(line) for line in done.stdout.splitlines()]
        self.findings = [line for line in lines if "code" in line]
        self.skipped = {line["skipped"]: line["reason"] for line in lines if "skipped" in line}
        self.codes = [finding["code"] for finding in self.findings if finding["weight"] != "note"]

    def one(self, code):
        """The one finding of this code; every finding says what was seen and what to do."""
        found = [finding for finding in self.findings if finding["code"] == code]
        assert len(found) == 1, (code, self.findings)
        assert found[0]["evidence"] and found[0]["mend"], found[0]
        return found[0]


def examine(service, *arguments):
    """With --json; `arguments` are checks and options."""
    return Examination(service.command("--json", "doctor", "--verbose", *arguments, check=False))


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]
