"""What bounds every figure on this machine; taken again and again during the run, because the machine's speed drifts."""

from collections.abc import Callable
from pathlib import Path

from .driver import SECRET, Driver, wrk
from .engines import HERE, Nginx
from .plan import Plan
from .results import LIMITS, Results


class Limits:
    def __init__(self, nginx: Nginx, driver: Driver, folder: Path, plan: Plan, results: Results, say: Callable[[str], None]):
        self.nginx = nginx
        self.driver = driver
        self.folder = folder
        self.plan = plan
        self.results = results
        self.say = say

    def take(self) -> None:
        seconds = self.plan.limit_seconds
        by_wrk = wrk(self.nginx.port, seconds, HERE / "nginx/post_600_bytes.lua")
        by_driver = self.driver.run(seconds, port=self.nginx.port, warm_up=1)
        callbacks = self.driver.run(seconds, port=self.nginx.port, warm_up=1, callback_secret=SECRET)
        fsync = self.driver.fsync(self.folder, min(seconds, 3))
        self.results.add(LIMITS, "nginx_wrk", by_wrk)
        self.results.add(LIMITS, "nginx_driver", by_driver["accepted_per_second"])
        self.results.add(LIMITS, "nginx_callbacks", callbacks["accepted_per_second"])
        self.results.add(LIMITS, "fsync", fsync["per_second"])
        self.results.add(LIMITS, "fsync_p99_ms", fsync["p99_ms"])
        self.say(
            f"limits: nginx {by_wrk:,.0f}/s under wrk, {by_driver['accepted_per_second']:,.0f}/s under the driver, "
            f"{callbacks['accepted_per_second']:,.0f}/s with signed callbacks; {fsync['per_second']:,.0f} fsync/s"
        )
