"""`make bench`: runs the `main()` of every benchmark of this folder. They print figures and assert none."""

from __future__ import annotations

import importlib
import pkgutil
import sys
from pathlib import Path


def main() -> None:
    names = sorted(info.name for info in pkgutil.iter_modules([str(Path(__file__).parent)]))
    wanted = sys.argv[1:]
    for name in names:
        if name.startswith("_") or (wanted and name not in wanted):
            continue
        module = importlib.import_module(f"tests.benchmarks.{name}")
        if hasattr(module, "main"):
            print(f"== {name}", flush=True)
            module.main()


if __name__ == "__main__":
    main()
