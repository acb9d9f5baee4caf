"""Where a project's trained model is kept, and whether it is still the model of its files.

Beside the project's NLU data when that folder can be written to, else in the user's cache folder. The name holds
a hash of the training files and of the code that trains, so a stale model is never found.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from bot.project import Project

FOLDER = ".model"
_TRAINING_CODE = (
    "intents.py", "train.py", "needs.py", "negation.py", "refusal_words.py",
    "components.py", "need_model.py", "stance_model.py", "train_needs.py", "text.py", "typos.py", "nlu_yaml.py",
    "entity_tagger.py",
    "train_answers.py", "answers.py", "answer_gesture.py",
    "answer_model.py", "answer_choice.py", "answer_yes_no.py", "answer_words.py",
)  # fmt: skip


def fingerprint(files: Iterable[Path]) -> str:
    """A short hash of the training files and of the code that trains."""
    digest = hashlib.sha256()
    here = Path(__file__).resolve().parent
    for path in [here / name for name in _TRAINING_CODE] + sorted(files):
        if path.is_file():
            digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def find(project: Project, name: str) -> Path | None:
    """The kept model of that fingerprint, or None when there is none."""
    for folder in _folders(project):
        path = folder / f"nlu-{name}.npz"
        if path.is_file():
            return path
    return None


def save(project: Project, name: str, arrays: Mapping[str, npt.NDArray[Any]]) -> Path:
    """Write the model in the first folder that can be written to, and drop older ones of the project there."""
    problem: OSError | None = None
    for folder in _folders(project):
        try:
            return _write(folder, name, arrays)
        except OSError as error:
            problem = error
    raise OSError(f"nowhere to keep the model: {problem}")


def _write(folder: Path, name: str, arrays: Mapping[str, npt.NDArray[Any]]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    ignore = folder / ".gitignore"
    if not ignore.exists():
        ignore.write_text("*\n", encoding="utf-8")
    descriptor, unfinished = tempfile.mkstemp(dir=folder, suffix=".part")
    path = folder / f"nlu-{name}.npz"
    try:
        with os.fdopen(descriptor, "wb") as file:
            np.savez(file, **arrays)  # type: ignore[arg-type]
        Path(unfinished).replace(path)
    except BaseException:
        Path(unfinished).unlink(missing_ok=True)
        raise
    for old in folder.glob("nlu-*.npz"):
        if old != path:
            old.unlink(missing_ok=True)
    return path


def _folders(project: Project) -> tuple[Path, Path]:
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    place = hashlib.sha256(str(project.folder).encode()).hexdigest()[:12]
    return project.nlu_folder / FOLDER, cache / "connecteur" / place
