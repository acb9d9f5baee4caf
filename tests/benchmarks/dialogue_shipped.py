"""The dialogue engine on the shipped project: loading it, and its own share of each turn of a whole diagnosis.

The readings are given (payloads), the state is in memory; what the actions take is not counted. Times are of the
processor, so that other work on the machine does not change them.

Run: python -m tests.benchmarks.dialogue_shipped
"""

from __future__ import annotations

import asyncio
import random
import statistics
import subprocess
import sys
import time
from typing import Any

import orjson

from bot import project
from bot.bootstrap import build_runner, project_model
from bot.dialogue import BotUttered, CallAction, Model, Tracker, UserUttered, read_payload, turn
from bot.settings import Settings

CONVERSATIONS = 40
LOADING = """
import time
start = time.process_time()
from bot import project
from bot.bootstrap import project_model
imported = time.process_time()
model = project_model(project.find())
print(imported - start, time.process_time() - imported)
"""


class Owner:
    """Presses a button, answers at random, now and then asks something else."""

    def __init__(self, model: Model, seed: int) -> None:
        self.model = model
        self.rng = random.Random(seed)
        self.loop_intents = sorted(set(model.domain.intents) - {"restart", "session_start", "nlu_fallback"})

    def next_text(self, tracker: Tracker) -> str:
        """What is said next."""
        if tracker.is_empty:
            return "/greet"
        payloads = [
            str(button.get("payload"))
            for event in tracker.new_events
            if isinstance(event, BotUttered)
            for button in event.data.get("buttons") or ()
        ]
        if payloads and self.rng.random() < 0.85:
            return self.rng.choice(payloads)
        return "/" + self.rng.choice(self.loop_intents)


def drive(
    model: Model, runner: Any, tracker: Tracker, text: str, loop: asyncio.AbstractEventLoop
) -> tuple[Tracker, float]:
    """One turn, and the processor time (s) that the engine took of it."""
    parsed = read_payload(model, text) or {"text": text, "intent": {"name": None}, "entities": []}
    user = UserUttered(text=text, parse_data=parsed, input_channel="rest")
    own = 0.0
    result: Any = None
    start = time.process_time()
    steps = turn(model, tracker, user, now=time.time(), rng=random.Random(0))
    while True:
        try:
            call: CallAction = next(steps) if result is None else steps.send(result)
        except StopIteration as stop:
            return stop.value, own + time.process_time() - start
        own += time.process_time() - start
        result = loop.run_until_complete(runner.run_action(call))
        start = time.process_time()


def main() -> None:
    """Print the figures."""
    loads = []
    for _ in range(5):
        done = subprocess.run([sys.executable, "-c", LOADING], capture_output=True, text=True, check=True)
        loads.append([float(part) for part in done.stdout.split()])
    imports, loading = (statistics.median(row[i] for row in loads) for i in (0, 1))
    print(f"shipped project: loaded in {loading:.2f} s (imports before it {imports:.2f} s), processor time")
    shipped = project.find()
    model = project_model(shipped)
    runner = build_runner(Settings(), shipped, model)
    loop = asyncio.new_event_loop()
    times: list[float] = []
    storing: list[float] = []
    events = 0
    for seed in range(CONVERSATIONS):
        owner, tracker = Owner(model, seed), Tracker(model.domain, f"u{seed}")
        for _ in range(25):
            tracker, seconds = drive(model, runner, tracker, owner.next_text(tracker), loop)
            times.append(seconds * 1000)
            events += len(tracker.new_events)
            start = time.process_time()
            orjson.dumps(tracker.to_json(recent_events=0), default=str)
            storing.append((time.process_time() - start) * 1000)
    times.sort()
    p50, p95 = statistics.median(times), times[int(0.95 * len(times))]
    print(
        f"{len(times)} turns, {events / len(times):.1f} events each: engine alone p50 {p50:.3f} ms, "
        f"p95 {p95:.3f} ms; state to JSON p50 {statistics.median(storing):.3f} ms"
    )


if __name__ == "__main__":
    main()
