"""The pipeline of the shipped project, loaded once for all tests that need the whole of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.nlu import pipeline
from bot.project import Project

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="session")
def shipped() -> Project:
    """The shipped project as far as the reading needs it."""
    return Project(
        folder=ROOT,
        domain_files=(),
        data_files=(),
        nlu_folder=ROOT / "nlu_data",
        config_file=None,
        actions_path=None,
        is_plain_rasa=False,
    )


@pytest.fixture(scope="session")
def reader(shipped: Project) -> pipeline.Pipeline:
    """What reads the owners' texts."""
    return pipeline.load(shipped)
