"""`make bench`: runs the `main()` of every benchmark of this folder. They print figures and assert none."""

from __future__ import annotations

import importlib
import pkgutil
import subprocess
import sys
from pathlib import Path

_LOAD_S = 1.8
"""Loading spaCy's French model with its own tokenizer, without the lemmatizer, where the bars were set."""


def _slowness() -> float:
    """How long that takes here, in a process of its own, against there."""
    said = subprocess.run([sys.executable, "-c", _LOAD], check=True, capture_output=True, text=True).stdout
    return float(said) / _LOAD_S


_LOAD = """
import time, spacy
started = time.perf_counter()
spacy.load("fr_core_news_sm", exclude=["lemmatizer"])
print(time.perf_counter() - started)
"""


def main() -> None:
    names = sorted(info.name for info in pkgutil.iter_modules([str(Path(__file__).parent)]))
    wanted = sys.argv[1:]
    print(f"this machine: {_slowness():.1f} times as slow as the one on which the bars were set")
    for name in names:
        if name.startswith("_") or (wanted and name not in wanted):
            continue
        module = importlib.import_module(f"tests.benchmarks.{name}")
        if hasattr(module, "main"):
            print(f"== {name}", flush=True)
            module.main()


if __name__ == "__main__":
    main()
