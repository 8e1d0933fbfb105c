"""Processes that the runner starts, each with its log, and all of them ended with the runner."""

import os
import pwd
import signal
import socket
import subprocess
import time
from pathlib import Path

STOP_SECONDS = 60


class Failed(Exception):
    """Something that was started did not do what it has to; the message says where to look."""


class Started:
    """A running process. A context manager that stops it."""

    def __init__(self, command: list[str], log: Path, environment: dict[str, str] | None = None, user: str | None = None):
        self.command = command
        self.log = log
        account = pwd.getpwnam(user) if user else None
        with log.open("ab") as output:
            self.process = subprocess.Popen(
                [str(part) for part in command],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env={**os.environ, **(environment or {})},
                user=account.pw_uid if account else None,
                group=account.pw_gid if account else None,
                extra_groups=[] if account else None,
            )

    @property
    def pid(self) -> int:
        return self.process.pid

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def wait_for_port(self, port: int, seconds: float = 30) -> None:
        def answers() -> bool:
            with socket.socket() as probe:
                return probe.connect_ex(("127.0.0.1", port)) == 0

        self._wait_for(answers, f"accepted no connection on port {port}", seconds)

    def wait_for_line(self, beginning: str, seconds: float = 60) -> str:
        """Looks in the whole log: a process that is started again needs a log of its own."""
        found: list[str] = []

        def printed() -> bool:
            found[:] = [line for line in self.log.read_text(errors="replace").splitlines() if line.startswith(beginning)]
            return bool(found)

        self._wait_for(printed, f"did not print “{beginning}”", seconds)
        return found[0]

    def _wait_for(self, condition, complaint: str, seconds: float) -> None:
        end = time.monotonic() + seconds
        while not condition():
            if self.process.poll() is not None:
                raise Failed(f"{self.command[0]} ended with status {self.process.returncode}:\n{self._end_of_log()}")
            if time.monotonic() > end:
                raise Failed(f"{self.command[0]} {complaint} in {seconds:.0f} s:\n{self._end_of_log()}")
            time.sleep(0.005)

    def _end_of_log(self) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-15:])

    def stop(self, by: signal.Signals = signal.SIGTERM) -> None:
        if self.process.poll() is not None:
            return
        self.process.send_signal(by)
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise Failed(f"{self.command[0]} did not stop within {STOP_SECONDS} s:\n{self._end_of_log()}") from None

    def kill(self) -> None:
        self.stop(signal.SIGKILL)


def output_of(command: list, timeout: float = 120, **options) -> str:
    result = subprocess.run([str(part) for part in command], capture_output=True, text=True, timeout=timeout, **options)
    if result.returncode != 0:
        raise Failed(f"{' '.join(map(str, command))} ended with status {result.returncode}:\n{result.stderr.strip()}")
    return result.stdout
