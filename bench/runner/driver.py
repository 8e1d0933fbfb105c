"""Runs yizhan_bench_drive and yizhan_bench_fsync and reads what they print."""

import json
import re
import socket
import subprocess
import time
from pathlib import Path

from .processes import Failed, output_of

CONNECTIONS = 64
SECRET = "bench-callback-secret"
# More would only wait: at 30,000 a second this is a third of a second of deliveries.
WINDOW = 10_000


class Driver:
    def __init__(self, programs: Path):
        self.drive_program = programs / "yizhan_bench_drive"
        self.fsync_program = programs / "yizhan_bench_fsync"

    def start(self, seconds: float, watch: dict[str, int] | None = None, **options) -> "Running":
        """Options as the program names them, with underscores. True is a flag; None is left out."""
        command = [str(self.drive_program), "--seconds", str(seconds)]
        for name, value in options.items():
            if value is None or value is False:
                continue
            command.append("--" + name.replace("_", "-"))
            if value is not True:
                command.append(str(value))
        for name, pid in (watch or {}).items():
            command += ["--watch", f"{name}={pid}"]
        return Running(command, longest=seconds + 180)

    def run(self, seconds: float, watch: dict[str, int] | None = None, **options) -> dict:
        return self.start(seconds, watch, **options).result()

    def fsync(self, folder: Path, seconds: float) -> dict:
        return json.loads(output_of([self.fsync_program, folder / "fsync.bin", seconds], timeout=seconds + 60))


class Running:
    """A driver at work."""

    def __init__(self, command: list[str], longest: float):
        self.longest = longest
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def wait_until_it_listens(self, port: int) -> None:
        while self.process.poll() is None:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    return
            time.sleep(0.01)

    def result(self) -> dict:
        try:
            output, complaint = self.process.communicate(timeout=self.longest)
        except BaseException:
            self.process.kill()
            self.process.wait()
            raise
        if self.process.returncode != 0:
            raise Failed(f"the driver ended with status {self.process.returncode}: {complaint.strip()}")
        return json.loads(output)


def wrk(port: int, seconds: float, script: Path) -> float:
    """Requests a second: 64 connections, one thread for each core, as the driver's body but nothing else."""
    text = output_of(["wrk", "-t2", f"-c{CONNECTIONS}", f"-d{seconds:.0f}s", "-s", script, f"http://127.0.0.1:{port}/"])
    if "Non-2xx" in text or "Socket errors" in text:
        raise RuntimeError(f"wrk saw errors:\n{text}")
    return float(re.search(r"Requests/sec:\s+([\d.]+)", text).group(1))


def problems_of(result: dict) -> list[str]:
    """What must not be in a result, whatever the speed."""
    found = []
    total = result["total"]
    for name in ("missing", "duplicates", "unexpected", "delivered_unaccepted", "refused"):
        if total[name] > 0:
            found.append(f"{total[name]:,} {name.replace('_', ' ')}")
    for name in ("bad_signatures", "bad_bodies"):
        if result.get("sink", {}).get(name, 0) > 0:
            found.append(f"{result['sink'][name]:,} {name.replace('_', ' ')}")
    if result["first_refusal"]:
        found.append(f"first refusal: {result['first_refusal']}")
    return found
