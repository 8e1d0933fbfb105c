"""The machine that is measured: which processors are used, and what has to be said about it beside every figure."""

import os
import platform
from pathlib import Path

CORES = 2


def use_two_cores() -> list[int]:
    """Everything started from now on shares the same two cores."""
    cores = sorted(os.sched_getaffinity(0))[:CORES]
    os.sched_setaffinity(0, cores)
    return cores


def describe(folder: Path, cores: list[int]) -> dict[str, str]:
    fields = {}
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        name, _, value = line.partition(":")
        fields.setdefault(name.strip(), value.strip())
    memory_kib = int(Path("/proc/meminfo").read_text().split()[1])
    return {
        "processor": f"{fields.get('model name', platform.machine())}, {len(cores)} cores used of {os.cpu_count()}",
        "memory": f"{memory_kib / 2**20:.0f} GiB",
        "kernel": platform.release(),
        "system": next(
            (
                line.partition("=")[2].strip('"')
                for line in Path("/etc/os-release").read_text().splitlines()
                if line.startswith("PRETTY_NAME=")
            ),
            platform.system(),
        ),
        "file system": file_system_of(folder),
        "load before": " ".join(f"{load:.2f}" for load in os.getloadavg()),
    }


def file_system_of(folder: Path) -> str:
    best = ("", "unknown")
    for line in Path("/proc/mounts").read_text().splitlines():
        device, mount, kind, *_ = line.split()
        if str(folder.resolve()).startswith(mount) and len(mount) >= len(best[0]):
            best = (mount, f"{kind} on {device}")
    return best[1]


def resident_mebibytes(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise RuntimeError(f"process {pid} shows no resident memory")


def cpu_seconds(pid: int) -> float:
    after_name = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(after_name[11]) + int(after_name[12])) / os.sysconf("SC_CLK_TCK")
