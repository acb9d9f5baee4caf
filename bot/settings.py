"""Settings: environment and `connecteur.toml`, turned into one frozen `Settings`. Flags of the command line win."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bot.errors import SettingsError

ENV_PREFIX = "CONNECTEUR_"


def default_database_url() -> str:
    """SQLite in the folder from which the program is started."""
    return f"sqlite:///{Path.cwd() / 'connecteur.sqlite'}"


@dataclass(frozen=True, slots=True)
class Settings:
    """All that a deployment may set; each field is the environment variable `CONNECTEUR_<FIELD>`.

    `action_events` bounds the events handed to an action (None: all, as Rasa). `telegram_rate` is in messages
    a second, of all processes on the database; `telegram_timeout_s` is how long an answer of the Bot API is waited for.
    `action_deflate` compresses what is sent to an action server.
    `action_endpoint` is the address of a Rasa action server; without it the actions run in the process. Times are in
    seconds.
    """

    database_url: str = ""
    telegram_token: str | None = None
    telegram_api: str = "https://api.telegram.org"
    telegram_rate: float = 30.0
    telegram_timeout_s: float = 20.0
    action_endpoint: str | None = None
    action_timeout_s: float = 30.0
    action_events: int | None = 200
    action_deflate: bool = False
    secret_key: str | None = None
    api_token: str | None = None
    jwt_secret: str | None = None
    jwt_method: str = "HS256"
    public_url: str | None = None
    retention_days: int = 365
    log_level: str = "info"

    def with_flags(self, **flags: Any) -> Settings:
        """The same settings with the flags that were given (those that are not None)."""
        return replace(self, **{name: value for name, value in flags.items() if value is not None})


def load(environ: Mapping[str, str] | None = None, toml_path: Path | None = None) -> Settings:
    """Read `connecteur.toml` (in the current folder unless a path is given), then the environment.

    Raises:
        SettingsError: the file is not TOML, a name is unknown, or a value cannot be read.
    """
    environ = os.environ if environ is None else environ
    toml_path = toml_path or Path("connecteur.toml")
    raw: dict[str, Any] = {}
    if toml_path.is_file():
        try:
            raw.update(tomllib.loads(toml_path.read_text(encoding="utf-8")))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise SettingsError(f"{toml_path}: ce fichier n'est pas du TOML lisible ({error}).") from error
    known = Settings.__dataclass_fields__
    for name in raw:
        if name not in known:
            raise SettingsError(f"{toml_path}: réglage inconnu « {name} ». Réglages : {', '.join(known)}.")
    for name in known:
        if (value := environ.get(ENV_PREFIX + name.upper())) not in (None, ""):
            raw[name] = value
    values = {name: _read(name, value) for name, value in raw.items()}
    settings = Settings(**values)
    return settings if settings.database_url else replace(settings, database_url=default_database_url())


def _read(name: str, value: Any) -> Any:
    try:
        if name == "action_events":
            return None if str(value).lower() == "all" else max(1, int(value))
        if name == "retention_days":
            return max(1, int(value))
        if name == "action_deflate":
            return {"true": True, "1": True, "false": False, "0": False}[str(value).lower()]
        if name in ("action_timeout_s", "telegram_rate", "telegram_timeout_s"):
            return float(value)
    except ValueError as error:
        raise SettingsError(f"{ENV_PREFIX}{name.upper()} : « {value} » n'est pas un nombre.") from error
    except KeyError as error:
        raise SettingsError(f"{ENV_PREFIX}{name.upper()} : « {value} » (true ou false).") from error
    return str(value)
