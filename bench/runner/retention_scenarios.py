"""What retention costs those who are served meanwhile: the same load on the same store, with and without it."""

import re
import urllib.request
from collections.abc import Callable

from .service import PLATFORM, Service

SERIES = "WITH RECURSIVE series(i) AS (SELECT {first} UNION ALL SELECT i + 1 FROM series WHERE i < {last})"
# Filled in pieces, so that neither engine holds all of it in memory.
FILLED_AT_ONCE = 100_000
PAYLOAD_BYTES = 600
# Numbers that the store gives out begin behind those that it was filled with.
FIRST_OWN_NUMBER = 1_000_000_000


class RetentionScenarios:
    def __init__(self, base):
        """`base`: the Scenarios of the same store, whose parts this is made of."""
        self.base = base

    def all(self) -> dict[str, Callable[[], str]]:
        return {"retention": self.retention}

    def fill(self, service: Service, count: int) -> None:
        """Events that were delivered in 2020, with an attempt each."""
        of = (lambda sqlite, postgres: postgres) if service.postgres else (lambda sqlite, postgres: sqlite)
        time = of("1577836800000000", "timestamptz '2020-01-01 00:00:00Z'")
        payload = of(f"CAST(printf('%0{PAYLOAD_BYTES}d', i) AS BLOB)", f"convert_to(lpad(i::text, {PAYLOAD_BYTES}, '0'), 'UTF8')")
        for first in range(1, count + 1, FILLED_AT_ONCE):
            series = SERIES.format(first=first, last=min(first + FILLED_AT_ONCE - 1, count))
            for table, columns, values in (
                (
                    "outbox_events",
                    "sequence, id, platform, event_type, callback_target, payload, correlation, order_key, traceparent, created_at",
                    f"i, 'old-' || i, '{PLATFORM}', 'bench.old', '', {payload}, '', '', '', {time}",
                ),
                ("outbox_delivered", "sequence, attempt_count, updated_at", f"i, 1, {time}"),
                (
                    "outbox_attempts",
                    "sequence, attempt_no, response_status, duration_ms, created_at",
                    f"i, 1, 200, 3, {time}",
                ),
            ):
                service.command("sql", f"{series} INSERT INTO {table} ({columns}) SELECT {values} FROM series")
        service.command(
            "sql",
            of(
                f"INSERT INTO cs_platform_event_outbox (platform, event_type, status) VALUES ('{PLATFORM}', 'bench.last', 'discarded')",
                f"SELECT setval('outbox_sequence', {FIRST_OWN_NUMBER})",
            ),
        )
        service.command("sql", "ANALYZE")

    @staticmethod
    def removed(service: Service) -> float:
        with urllib.request.urlopen(f"http://127.0.0.1:{service.api_port}/metrics", timeout=60) as answer:
            text = answer.read().decode()
        return float(re.search(r'^yizhan_retention_removed_total\{kind="delivered"\} (\S+)', text, re.MULTILINE).group(1))

    def round(self, service: Service, enabled: bool, rate: float) -> None:
        seconds = self.base.plan.short_seconds
        service.environment.update(
            YIZHAN_RETENTION_ENABLED="true" if enabled else "false",
            YIZHAN_RETENTION_INTERVAL_SECONDS="1",
            YIZHAN_RETENTION_DELIVERED_BODIES_DAYS="0",
        )
        # Where a stopped service held the pass, it is free a minute later: nobody waits for that here.
        service.command("sql", "UPDATE retention_state SET holder = NULL, held_until = NULL, next_at = NULL")
        service.start()
        name = "with" if enabled else "without"
        result = self.base.drive(service, f"retention, {name}", seconds, rate=rate)
        self.base.add(f"retention_{name}_p99_ms", result["due_to_delivered_us"]["p99"] / 1000)
        self.base.add(f"retention_{name}_p50_ms", result["due_to_delivered_us"]["p50"] / 1000)
        if enabled:
            self.base.add("retention_removed_per_second", self.removed(service) / (seconds + self.base.plan.warm_up_seconds))
        service.stop()

    def retention(self) -> str:
        """Live traffic at half of what the store takes, beside a pass over old delivered events; in alternation."""
        rate = max(self.base.half_rate(), 1)
        with self.base.fresh_service() as service:
            service.command("migrate")
            self.fill(service, self.base.plan.backlog_events)
            for _ in range(self.base.plan.repeat):
                self.round(service, False, rate)
                self.round(service, True, rate)

        def median(figure: str) -> float:
            return self.base.results.median(self.base.system, figure)

        self.base.add("retention_ratio", median("retention_with_p99_ms") / median("retention_without_p99_ms"))
        return (
            f"p99 {median('retention_with_p99_ms'):.1f} ms with retention, {median('retention_without_p99_ms'):.1f} ms without, "
            f"at {rate:,.0f} events/s; {median('retention_removed_per_second'):,.0f} events/s removed"
        )
