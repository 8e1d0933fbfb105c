"""The service under test: the release binary on an embedded file or on PostgreSQL."""

import http.client
import json
import os
import time
from pathlib import Path

from harness.ports import free_port

from .driver import SECRET
from .engines import Postgres, settle
from .processes import Failed, Started, output_of

# Platforms by the path of their callbacks, which tells the sink how to behave.
PLATFORM = "bench"
HANGING_PLATFORM = "hanging"
FLAKY_PLATFORM = "flaky"
SOURCE = "bench"
EXPRESS_PATH = "/webhook/express/status"
PATHS = {PLATFORM: "/callbacks", HANGING_PLATFORM: "/hang", FLAKY_PLATFORM: "/fail-first"}
RETRY_SECONDS = 1
SETTLE_SECONDS = 60


class Service:
    """One database and the processes that are started on it, one after the other."""

    def __init__(self, binary: Path, folder: Path, store_url: str, postgres: Postgres | None = None):
        folder.mkdir(parents=True, exist_ok=True)
        self.binary = binary
        self.folder = folder
        self.postgres = postgres
        self.api_port = free_port()
        self.receive_port = free_port()
        self.push_port = free_port()
        self.sink_port = free_port()
        self.starts = 0
        self.process: Started | None = None
        self.environment = {
            "YIZHAN_DATA_DIR": str(folder),
            "YIZHAN_STORE": store_url,
            "YIZHAN_API_LISTEN": f"127.0.0.1:{self.api_port}",
            "YIZHAN_RECEIVE_LISTEN": f"127.0.0.1:{self.receive_port}",
            "YIZHAN_PUSH_LISTEN": f"127.0.0.1:{self.push_port}",
            f"YIZHAN_SOURCE_{SOURCE.upper()}_KIND": "github",
            f"YIZHAN_SOURCE_{SOURCE.upper()}_SECRET": SECRET,
            # Carriers' callbacks, and the cloud function that pushes.
            "WEBHOOK_SECRET": SECRET,
            "WEBHOOK_REJECT_INVALID_SIGNATURE": "true",
            "CLOUD_FUNC_URL": f"http://127.0.0.1:{self.sink_port}/push",
            "YIZHAN_OUTBOUND_ALLOW": "127.0.0.0/8",
            # Exact delays, so that a late departure shows.
            f"YIZHAN_PLATFORM_{FLAKY_PLATFORM.upper()}_RETRY_SCHEDULE_SEC": str(RETRY_SECONDS),
            f"YIZHAN_PLATFORM_{FLAKY_PLATFORM.upper()}_JITTER": "0",
        }
        for platform, path in PATHS.items():
            prefix = f"YIZHAN_PLATFORM_{platform.upper()}_"
            self.environment[prefix + "BASE_URL"] = f"http://127.0.0.1:{self.sink_port}{path}"
            self.environment[prefix + "SIGNING"] = "x-cs"
            self.environment[prefix + "SECRET"] = SECRET

    def start(self, roles: str | None = None) -> None:
        settle(self.postgres)
        self.launch(roles)
        self.process.wait_for_line("yizhan ready")

    def launch(self, roles: str | None = None) -> None:
        """Starts the process and does not wait until it accepts."""
        self.starts += 1
        command = [self.binary, "serve"] + (["--roles", roles] if roles else [])
        log = self.folder / f"serve-{self.starts}.log"
        self.process = Started(command, log, self.environment)

    def stop(self) -> None:
        if self.process:
            self.process.stop()
            self.process = None

    def kill(self) -> None:
        self.process.kill()
        self.process = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    @property
    def watch(self) -> dict[str, int]:
        watched = {"service": self.process.pid}
        if self.postgres:
            watched["store"] = self.postgres.process.pid
        return watched

    def wait_for_first_acceptance(self, seconds: float = 60) -> None:
        """Posts one event, again and again, until it is accepted. It is due in the far future."""
        event = {"platform": PLATFORM, "event_type": "probe", "payload": {}, "not_before": "2099-01-01T00:00:00Z"}
        body = json.dumps(event)
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            connection = http.client.HTTPConnection("127.0.0.1", self.api_port, timeout=5)
            try:
                connection.request("POST", "/api/v1/events", body, {"Content-Type": "application/json"})
                if connection.getresponse().status == 202:
                    return
            except OSError:
                pass
            finally:
                connection.close()
            time.sleep(0.002)
        raise Failed(f"the service accepted nothing in {seconds:.0f} s")

    def command(self, *arguments: str) -> str:
        """What a command of the binary prints, on the same store."""
        return output_of([self.binary, *arguments], timeout=600, env={**os.environ, **self.environment})

    def ledger(self) -> dict[str, int]:
        """Events by state, over all platforms."""
        return json.loads(self.command("ledger", "--json"))

    def wait_until_recorded(self, delivered: int) -> None:
        """Until the ledger balances and shows so many events as delivered: they are recorded, not only delivered."""
        begin = time.monotonic()
        while time.monotonic() - begin < SETTLE_SECONDS:
            ledger = self.ledger()
            if ledger["delivered"] == delivered and ledger["balanced"]:
                return
        raise Failed(f"{delivered:,} events were delivered, the ledger shows {ledger}")
