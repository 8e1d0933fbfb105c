"""Every code of `yizhan doctor` is brought about by an end-to-end test, with the real program and real parts."""

import pathlib
import re
import sys

import pytest

SOURCE = pathlib.Path(__file__).resolve().parents[2]

# Codes that no machine of the tests can bring about, each with the reason.
NOT_BROUGHT_ABOUT: dict[str, str] = {}


def codes():
    return re.findall(r'\bSymptom\{"(\w+)"', (SOURCE / "src/doctor/finding.h").read_text())


def looked_for():
    """What the tests of the command name, in quotes."""
    tests = sorted((SOURCE / "tests/e2e").glob("test_doctor_*.py"))
    return {name for test in tests for name in re.findall(r'"(\w+)"', test.read_text())}


def test_every_code_is_brought_about_or_said_why_not():
    missing = set(codes()) - looked_for() - set(NOT_BROUGHT_ABOUT)
    assert not missing, f"bring about in tests/e2e/test_doctor_*.py, or give the reason in NOT_BROUGHT_ABOUT: {sorted(missing)}"


def test_the_exceptions_are_still_some():
    for code, reason in NOT_BROUGHT_ABOUT.items():
        assert reason and code in codes() and code not in looked_for(), f"take {code} out of NOT_BROUGHT_ABOUT"


def test_the_codes_are_found():
    assert len(codes()) > 70 and "port_taken" in codes() and "clock_unsynchronised" in codes()


if __name__ == "__main__":
    sys.exit(pytest.main(["-q", "-p", "no:cacheprovider", __file__]))
