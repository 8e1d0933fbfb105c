"""`yizhan doctor`, run beside a service as an operator would, and what it says."""

import json
import os

# The heaviest first (docs/operations.md, "What `yizhan doctor` says").
STATUS_OF_WEIGHT = {"down": 1, "loss": 3, "trouble": 3, "warning": 3, "note": 0}


class Examination:
    def __init__(self, done):
        self.status = done.returncode
        self.text = done.stdout
        assert not done.stderr, done.stderr
        lines = [json.loads(line) for line in done.stdout.splitlines()]
        self.findings = [line for line in lines if "code" in line]
        self.skipped = {line["skipped"]: line["reason"] for line in lines if "skipped" in line}
        self.codes = [finding["code"] for finding in self.findings if finding["weight"] != "note"]
        weights = [finding["weight"] for finding in self.findings]
        assert weights == sorted(weights, key=list(STATUS_OF_WEIGHT).index), "the heaviest first"
        assert self.status == (STATUS_OF_WEIGHT[weights[0]] if weights else 0), (self.status, weights)

    def one(self, code):
        """The one finding of this code; every finding says what was seen and what to do."""
        found = [finding for finding in self.findings if finding["code"] == code]
        assert len(found) == 1, (code, self.findings)
        assert found[0]["evidence"] and found[0]["mend"], found[0]
        return found[0]


def examine(service, *arguments, injection=None):
    """With --json; `arguments` are checks and options. `injection`: what the kernel does otherwise than it would, as
    `strace -e inject=…` takes it."""
    how = {}
    if injection:
        wrapper = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=" + injection.split(":")[0], "-e",
                   "inject=" + injection]
        # Nobody can be traced twice, and the sanitizer's search for leaks traces.
        options = os.environ.get("ASAN_OPTIONS", "") + ":detect_leaks=0"
        how = {"wrapper": wrapper, "extra": {"ASAN_OPTIONS": options.lstrip(":")}}
    return Examination(service.command("--json", "doctor", "--verbose", *arguments, check=False, **how))
