"""The wheel: what is in it, and that it works in an empty environment from any folder."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [
            sys.executable,
            "-m",
            "pip",
            "wheel",
            "-q",
            "--no-deps",
            "--no-build-isolation",
            "-w",
            str(folder),
            str(ROOT),
        ],
        check=True,
        capture_output=True,
    )
    return next(folder.glob("*.whl"))


def test_wheel_holds_one_package_and_the_shipped_project(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.split("/")[0].split("-")[0] for name in names} == {"bot", "connecteur"}
    for folder in ("dialogues", "nlu_data", "actions"):
        assert any(name.startswith(f"bot/_project/{folder}/") for name in names)
    assert not [name for name in names if "__pycache__" in name or "/tests/" in name]


def test_wheel_installed_alone_checks_and_talks_from_any_folder(wheel: Path, tmp_path: Path) -> None:
    """The packages that it needs come from this environment; only ours is installed anew."""
    environment = tmp_path / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(environment)], check=True)
    site = next((environment / "lib").glob("python*/site-packages"))
    zipfile.ZipFile(wheel).extractall(site)
    ours = Path(pytest.__file__).resolve().parents[1]
    # After our own folder on the path, and without the editable install's own line.
    (site / "rest.pth").write_text(str(ours))
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    python = environment / "bin" / "python"
    env = {**os.environ, "PYTHONPATH": "", "XDG_CACHE_HOME": str(tmp_path / "cache")}

    def run(*arguments: str, said: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            [str(python), "-m", "bot", *arguments],
            cwd=elsewhere,
            env=env,
            input=said,
            capture_output=True,
            timeout=300,
        )

    where = subprocess.run(
        [str(python), "-c", "import bot; print(bot.__file__)"],
        cwd=elsewhere,
        env=env,
        capture_output=True,
        text=True,
    )
    assert str(environment) in where.stdout
    checked = run("check")
    assert checked.returncode == 0, checked.stdout.decode() + checked.stderr.decode()
    talked = run("chat", "--json", "--database", "sqlite:///talk.sqlite", said=b"bonjour\n")
    assert talked.returncode == 0, talked.stderr.decode()
    assert b'"turn":0' in talked.stdout
