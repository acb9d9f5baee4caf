"""The dialogue engine alone: readings given, state in memory, no action, as a conversation grows to 5,000 events.

Run: python -m tests.benchmarks.dialogue
"""

from __future__ import annotations

import random
import statistics
import time

import orjson

from bot.dialogue import Model, Tracker
from tests.dialogue_talk import FORM_RULES, Talk, a_model, text_slot

RULES = SLOTS = 80
FORM_SLOTS = 40


def a_large_model() -> Model:
    """Eighty rules, eighty slots, a form of forty."""
    names = [f"s{number}" for number in range(SLOTS)]
    questions = {f"utter_ask_{name}": [{"text": f"{name} ?"}] for name in names}
    answers = {f"utter_{number}": [{"text": f"Réponse {number}."}] for number in range(RULES)}
    domain = {
        "intents": ["start", "inform", "faq", *(f"i{number}" for number in range(RULES))],
        "entities": names,
        "slots": {name: text_slot(entity=name) for name in names},
        "forms": {"f": {"required_slots": names[:FORM_SLOTS]}},
        "responses": {
            **questions,
            **answers,
            "utter_faq": [{"text": "Voilà."}],
            "utter_done": [{"text": "Fini."}],
        },
        "session_config": {"session_expiration_time": 0},
    }
    rules = [
        {"rule": f"r{number}", "steps": [{"intent": f"i{number}"}, {"action": f"utter_{number}"}]}
        for number in range(RULES)
    ]
    return a_model(domain, [*FORM_RULES, *rules])


def main() -> None:
    """Print the figures."""
    start = time.perf_counter()
    model = a_large_model()
    learning = (time.perf_counter() - start) * 1000
    talk, rng = Talk(model), random.Random(1)
    turns: list[tuple[int, float]] = []
    storing: list[float] = []
    reading: list[float] = []
    size = 0
    while talk.tracker.event_count < 5200:
        asked = talk.tracker.get_slot("requested_slot")
        chance = rng.random()
        if talk.tracker.active_loop_name is None:
            text = "/start" if chance < 0.3 else "/restart" if chance < 0.33 else f"/i{rng.randrange(RULES)}"
        elif chance < 0.6:
            text = f'/inform{{"{asked}": "v"}}'
        else:
            text = f"/i{rng.randrange(RULES)}" if chance < 0.8 else "bla bla"
        before = time.perf_counter()
        talk.say(text)
        turns.append((talk.tracker.event_count, (time.perf_counter() - before) * 1000))
        before = time.perf_counter()
        kept = orjson.dumps(talk.tracker.to_json())
        storing.append((time.perf_counter() - before) * 1000)
        before = time.perf_counter()
        talk.tracker = Tracker.from_json(model, orjson.loads(kept))
        reading.append((time.perf_counter() - before) * 1000)
        size = max(size, len(kept))
    times = sorted(time_ms for _, time_ms in turns)
    early = statistics.median(time_ms for count, time_ms in turns if count <= 500)
    late = statistics.median(time_ms for count, time_ms in turns if count > 4500)
    print(f"learning {learning:.1f} ms; {len(turns)} turns: p50 {statistics.median(times):.2f} ms, ", end="")
    print(f"p95 {times[int(0.95 * len(times))]:.2f} ms; late/early {late / early:.2f}")
    print(
        f"state: to JSON {statistics.median(storing):.2f} ms, back {statistics.median(reading):.2f} ms, ",
        end="",
    )
    print(f"at most {size / 1024:.0f} KB")


if __name__ == "__main__":
    main()
