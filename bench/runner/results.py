"""What was measured: every run of every figure, and what went wrong."""

import statistics
from collections import defaultdict


LIMITS = "limits"


class Results:
    def __init__(self):
        # system → figure → one value for each run
        self.values: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
        # The same; how often the limits had been taken before the run.
        self.limits_before: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
        self.raw: list[dict] = []
        self.problems: list[str] = []

    def add(self, system: str, figure: str, value: float) -> None:
        self.values[system][figure].append(value)
        self.limits_before[system][figure].append(max(map(len, self.values[LIMITS].values()), default=0))

    def add_latencies(self, system: str, result: dict) -> None:
        for figure, key in (("", "accepted_to_delivered_us"), ("due_", "due_to_delivered_us"), ("acknowledge_", "acknowledge_us")):
            for percentile in ("p50", "p99", "p999"):
                self.add(system, f"{figure}{percentile}_ms", result[key][percentile] / 1000)

    def keep(self, system: str, scenario: str, result: dict) -> None:
        """The driver's own words, for the JSON file."""
        self.raw.append({"system": system, "scenario": scenario, **result})

    def problem(self, system: str, scenario: str, text: str) -> None:
        self.problems.append(f"{system}, {scenario}: {text}")

    def median(self, system: str, figure: str) -> float | None:
        values = self.values[system][figure]
        return statistics.median(values) if values else None

    def share(self, system: str, figure: str, limit: str) -> float | None:
        """Of the limit as it was found just before and just after each run: the machine's speed drifts."""
        limits = self.values[LIMITS][limit]
        shares = [
            value / statistics.mean(around)
            for value, before in zip(self.values[system][figure], self.limits_before[system][figure], strict=True)
            if (around := limits[max(before - 1, 0) : before + 1])
        ]
        return statistics.median(shares) if shares else None

    def spread(self, system: str, figure: str) -> float | None:
        """Half the distance between the lowest and the highest run, as a share of the median: the noise."""
        values = self.values[system][figure]
        middle = statistics.median(values) if len(values) > 1 else 0
        return (max(values) - min(values)) / 2 / middle if middle else None
