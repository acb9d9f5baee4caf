"""How long deciding aids and plan takes: the shipped catalogue, and one of five thousand aids."""

from __future__ import annotations

import gc
import random
import statistics
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import date

from actions.advice import advise_on
from actions.catalogue import NEEDS, AidIndex, Catalogue, shipped
from actions.conditions import Condition
from actions.profile import STATUSES, Profile
from actions.territory import REGION_NAMES

TODAY = date(2026, 11, 25)
SHIPPED_BAR_MS, LARGE_BAR_MS = 2.0, 10.0


def large_catalogue(count: int = 5_000, seed: int = 7) -> Catalogue:
    """The shipped catalogue with `count` aids: its own, copied with other thresholds, needs and regions."""
    rng = random.Random(seed)
    models = [aid for aid in shipped().aids.all if aid.status != "closed"]
    aids = []
    for number in range(count):
        model = rng.choice(models)
        region = rng.choice([*REGION_NAMES, None])
        needs = frozenset(rng.sample(NEEDS, 3))
        conditions = [Condition("need", among=needs)]
        if region is not None:
            conditions.append(Condition("place", among=frozenset({region}), words="region:" + region))
        conditions.append(Condition("headcount", high=float(rng.randint(3, 249))))
        conditions.append(Condition("turnover", high=float(rng.randint(1, 90) * 100_000)))
        conditions += [
            c for c in model.conditions if c.kind not in ("need", "place", "headcount", "turnover")
        ]
        aids.append(
            replace(
                model, id=f"aid-{number}", region=region, needs=needs, conditions=tuple(conditions), end=None
            )
        )
    return replace(shipped(), aids=AidIndex(aids))


def profiles(count: int = 300, seed: int = 3) -> list[Profile]:
    """Firms as owners tell them: a trade and place mostly, one to three needs."""
    rng = random.Random(seed)
    return [
        Profile.from_json(
            {
                "naf": rng.choice(["10.71C", "43.22A", "47.11B", "56.10A", "62.02A", "25.62B", "96.02A"]),
                "region": rng.choice(list(REGION_NAMES)),
                "headcount": rng.choice([None, 1, 3, 8, 20]),
                "status": rng.choice([None, *STATUSES]),
                "needs": rng.sample(NEEDS, rng.randint(1, 3)),
            }
        )
        for _ in range(count)
    ]


def times_ms(catalogue: Catalogue, firms: list[Profile]) -> list[float]:
    """Milliseconds that each advice took, sorted."""
    advise_on(catalogue, firms[0], TODAY)
    taken = []
    for firm in firms:
        start = time.perf_counter()
        advise_on(catalogue, firm, TODAY)
        taken.append((time.perf_counter() - start) * 1000)
    return sorted(taken)


def main(show: Callable[[str], None] = print) -> bool:
    """Print the figures; whether they are within the bars (95th percentile)."""
    large, nobody = large_catalogue(), [Profile()] * 60
    gc.collect()
    gc.freeze()  # as `serve` does once all is loaded
    rows = [
        ("75 aids", times_ms(shipped(), profiles()), SHIPPED_BAR_MS),
        ("75 aids, nothing known", times_ms(shipped(), nobody), SHIPPED_BAR_MS),
        ("5,000 aids", times_ms(large, profiles()), LARGE_BAR_MS),
        ("5,000 aids, nothing known", times_ms(large, nobody), LARGE_BAR_MS),
    ]
    good = True
    for name, taken, bar in rows:
        p95 = taken[int(len(taken) * 0.95)]
        good = good and p95 <= bar
        show(f"advice, {name}: p50 {statistics.median(taken):.2f} ms, p95 {p95:.2f} ms (bar {bar:.0f})")
    return good


if __name__ == "__main__":
    raise SystemExit(0 if main() else 1)
