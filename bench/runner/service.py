"""The service under test: the release binary on an embedded file or on PostgreSQL."""

import http.client
import json
import time
from pathlib import Path

from .driver import SECRET
from .engines import Postgres
from .machine import free_port
from .processes import Failed, Started, output_of

# Platforms whose callbacks the configuration signs as x-cs by default.
PLATFORM = "sub2api"
HANGING_PLATFORM = "newapi"
SETTLE_SECONDS = 30


class Service:
    """One database and the processes that are started on it, one after the other."""

    def __init__(self, binary: Path, folder: Path, store_url: str, postgres: Postgres | None = None):
        folder.mkdir(parents=True, exist_ok=True)
        self.binary = binary
        self.folder = folder
        self.postgres = postgres
        self.api_port = free_port()
        self.sink_port = free_port()
        self.starts = 0
        self.process: Started | None = None
        self.environment = {
            "YIZHAN_DATA_DIR": str(folder),
            "YIZHAN_STORE": store_url,
            "YIZHAN_API_LISTEN": f"127.0.0.1:{self.api_port}",
            "YIZHAN_RECEIVE_LISTEN": "127.0.0.1:0",
            "YIZHAN_PUSH_LISTEN": "127.0.0.1:0",
            "YIZHAN_OUTBOUND_ALLOW": "127.0.0.0/8",
            **self.platform_settings(PLATFORM, "/callbacks"),
            **self.platform_settings(HANGING_PLATFORM, "/hang"),
        }

    def platform_settings(self, platform: str, path: str) -> dict[str, str]:
        prefix = f"AI_CS_PLATFORM_{platform.upper()}_"
        return {
            prefix + "ENABLED": "true",
            prefix + "CALLBACK_BASE_URL": f"http://127.0.0.1:{self.sink_port}{path}",
            prefix + "CALLBACK_SECRET": SECRET,
        }

    def start(self, roles: str | None = None, settings: dict[str, str] | None = None) -> None:
        self.launch(roles, settings)
        self.process.wait_for_line("yizhan ready")

    def launch(self, roles: str | None = None, settings: dict[str, str] | None = None) -> None:
        """Starts the process and does not wait until it accepts."""
        self.starts += 1
        command = [self.binary, "serve"] + (["--roles", roles] if roles else [])
        log = self.folder / f"serve-{self.starts}.log"
        self.process = Started(command, log, {**self.environment, **(settings or {})})

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

    def ledger(self) -> dict[str, int]:
        """Events by state, over all platforms."""
        text = output_of([self.binary, "ledger", "--json"], env=self.environment)
        return json.loads(text)["total"]

    def wait_until_recorded(self, delivered: int) -> float:
        """Seconds until the ledger shows so many events as delivered: deliveries are recorded, not only made."""
        begin = time.monotonic()
        while time.monotonic() - begin < SETTLE_SECONDS:
            ledger = self.ledger()
            if ledger["delivered"] == delivered and ledger.get("mismatch", 0) == 0:
                return time.monotonic() - begin
        raise Failed(f"{delivered:,} events were delivered, the ledger shows {ledger}")
