"""`yizhan up`, `down` and `status` with the real binary."""

import json
import os
import pathlib
import re
import signal
import socket
import subprocess

import pytest

from harness.service import binary, eventually, request


class Background:
    """Commands in one data directory. What they leave running ends with the test."""

    def __init__(self, directory):
        self.data = pathlib.Path(directory) / "data"
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith("YIZHAN_")}
        self.environment.update(
            YIZHAN_DATA_DIR=str(self.data),
            YIZHAN_API_LISTEN="127.0.0.1:0",
            YIZHAN_RECEIVE_LISTEN="127.0.0.1:0",
            YIZHAN_PUSH_LISTEN="127.0.0.1:0",
        )

    def run(self, *arguments, **extra):
        return subprocess.run([binary(), *arguments], env={**self.environment, **extra}, capture_output=True, text=True,
                              timeout=120, check=False)

    def pid(self):
        return int((self.data / "yizhan.pid").read_text().split()[0])

    def end(self):
        self.run("down", "--kill")


def ended(pid):
    """Gone, or only waiting for the machine's first process to take note of it."""
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
    except FileNotFoundError:
        return True


@pytest.fixture
def background(tmp_path):
    made = Background(tmp_path)
    yield made
    made.end()


def test_it_is_started_shown_and_stopped(background):
    before = background.run("status")
    assert before.returncode == 1 and "Not running" in before.stdout, before

    up = background.run("up")
    assert up.returncode == 0, up
    api = re.search(r"api=(\S+)", up.stdout).group(1)
    assert request("GET", f"http://{api}/ready").status == 200
    assert str(background.pid()) in up.stdout

    status = background.run("status")
    assert status.returncode == 0 and api in status.stdout and str(background.pid()) in status.stdout, status
    told = json.loads(background.run("status", "--json").stdout)
    assert told["ready"] and told["pid"] == background.pid() and told["listening"]["api"] == api

    again = background.run("up")
    assert again.returncode == 1 and "already_running" in again.stderr and str(background.pid()) in again.stderr, again

    pid = background.pid()
    down = background.run("down")
    assert down.returncode == 0 and str(pid) in down.stdout, down
    assert ended(pid)
    assert background.run("down").returncode == 0, "stopping what does not run is no failure"
    log = (background.data / "yizhan.log").read_text()
    assert '"stopped"' in log, log


def test_a_pid_file_that_a_crash_left_behind_is_recognised(background):
    background.run("up")
    pid = background.pid()
    os.kill(pid, signal.SIGKILL)
    eventually(lambda: ended(pid), what="its end")
    # Now the number in the file belongs to nobody; even if it belonged to somebody else, that one must not be touched.
    (background.data / "yizhan.pid").write_text(f"{os.getpid()}\n2026-01-01T00:00:00Z\nyizhan ready api=127.0.0.1:1\n")
    status = background.run("status", YIZHAN_API_LISTEN="127.0.0.1:1")
    assert status.returncode == 1 and "Not running" in status.stdout, status
    assert "Nothing runs" in background.run("down").stdout
    up = background.run("up")
    assert up.returncode == 0 and background.pid() != os.getpid(), up


def test_what_keeps_it_from_starting_is_shown(background):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        up = background.run("up", YIZHAN_API_LISTEN=f"127.0.0.1:{port}")
    assert up.returncode == 1 and "start_failed" in up.stderr, up
    assert f"{os.getpid()}" in up.stderr, "the owner of the port is named: " + up.stderr
    assert background.run("status", YIZHAN_API_LISTEN="127.0.0.1:1").returncode == 1

    bad = background.run("up", "--set", "log.level=loud")
    assert bad.returncode == 2 and "log.level" in bad.stderr, bad


def test_the_configuration_given_to_up_is_the_service_s(background):
    up = background.run("--set", "dispatch.in_flight_limit=77", "up", "--roles", "console")
    assert up.returncode == 0, up
    assert "api=" in up.stdout and "receive=" not in up.stdout, up.stdout


def test_one_that_does_not_end_in_time_is_named_and_can_be_killed(background):
    background.run("up")
    pid = background.pid()
    os.kill(pid, signal.SIGSTOP)  # it cannot hear that it should stop
    down = background.run("down", "--set", "stop_grace_seconds=0")
    assert down.returncode == 1 and "still_running" in down.stderr and str(pid) in down.stderr, down
    assert background.run("down", "--kill", "--set", "stop_grace_seconds=0").returncode == 0
    assert background.run("status", YIZHAN_API_LISTEN="127.0.0.1:1").returncode == 1
