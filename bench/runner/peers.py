"""The same flow as a team would build it from well-known packages; bench/peers has their code."""

import os
from pathlib import Path

from harness.ports import free_port

from .driver import SECRET
from .processes import Started, output_of

HERE = Path(__file__).resolve().parent.parent / "peers"
# Name, what it is, which store, how many processes served it best when it was tuned.
PEERS = {
    "pg_boss": ("pg-boss on PostgreSQL", "postgres"),
    "bullmq": ("BullMQ on Redis", "redis"),
    "outbox": ("hand-written outbox on pg", "postgres"),
}
PROCESSES = {"pg_boss": 1, "bullmq": 1, "outbox": 1}


def install() -> None:
    lock = HERE / "package-lock.json"
    installed = HERE / "node_modules/.package-lock.json"
    if not installed.exists() or installed.stat().st_mtime < lock.stat().st_mtime:
        output_of(["npm", "install", "--no-save", "--no-audit", "--no-fund"], timeout=600, cwd=HERE)


class Peer:
    def __init__(self, name: str, folder: Path, store_url: str, processes: int | None = None):
        folder.mkdir(parents=True, exist_ok=True)
        self.port = free_port()
        self.sink_port = free_port()
        environment = {
            "BENCH_PORT": str(self.port),
            "BENCH_TARGET": f"http://127.0.0.1:{self.sink_port}/callbacks",
            "BENCH_SECRET": SECRET,
            "BENCH_STORE": store_url,
            "BENCH_PROCESSES": str(processes or PROCESSES[name]),
            "NODE_ENV": "production",
        }
        self.process = Started([os.environ.get("BENCH_NODE", "node"), HERE / "main.js", name], folder / "peer.log", environment)
        self.process.wait_for_line("ready")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stop()
