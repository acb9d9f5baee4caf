"""Rare requests known by their words alone: « et les autres ? », « prêter un salarié ».

What Rasa's KeywordIntentClassifier does, for intents of the project that have too few ways to be said to be learnt from
examples. They stand in `nlu_data/requests.yml`; `connecteur parse` knows nothing of them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from bot.errors import ContentError
from bot.messages import Span
from bot.nlu.text import Normalised, plain

FILE = "requests.yml"
_DENIED = re.compile(r"\b(?:pas|plus|ni|sans|jamais|aucun|aucune)(?: \w+){0,2} $")


class Request(NamedTuple):
    """The intent of a request, the characters that make it, whether it is never an answer, and whether it stands in a
    sentence that presents the firm too."""

    intent: str
    span: Span
    is_firm: bool
    is_beside: bool


class RequestReader:
    """Finds the request that a text makes."""

    def __init__(self, phrases: Mapping[str, str]) -> None:
        """`phrases`: each phrase in plain form, and the intent that it says.

        `=` first: alone in its message; `!` first: it is a request even where it could answer the open question; `+`
        first: even in a sentence that presents the firm.
        """
        self._firm = {text[1:].strip() for text in phrases if text.startswith("!")}
        self._beside = self._firm | {text[1:].strip() for text in phrases if text.startswith("+")}
        phrases = {text.lstrip("!+").strip(): intent for text, intent in phrases.items()}
        self._alone = {text[1:].strip(): intent for text, intent in phrases.items() if text.startswith("=")}
        self._intents = {text: intent for text, intent in phrases.items() if not text.startswith("=")}
        longest_first = sorted(self._intents, key=len, reverse=True)
        self._pattern = re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, longest_first))})(?!\w)")

    @classmethod
    def load(cls, folder: Path) -> RequestReader | None:
        """The requests of a project's `nlu_data/`; None where it has none.

        Raises:
            ContentError: the file is no list of phrases under each intent.
        """
        found = read_requests(folder)
        return (
            cls({plain(one): intent for intent, listed in found.items() for one in listed}) if found else None
        )

    def read(self, n: Normalised) -> Request | None:
        """The first request that is not denied."""
        if (alone := self._alone.get(n.plain.strip(" .,!…"))) is not None:
            return Request(alone, n.span(0, len(n.plain)), is_firm=False, is_beside=False)
        if not self._intents:
            return None
        for match in self._pattern.finditer(n.plain):
            if not _DENIED.search(n.plain[: match.start()]):
                words = match.group()
                return Request(
                    self._intents[words], n.span(*match.span()), words in self._firm, words in self._beside
                )
        return None


def _phrases(line: str) -> list[str]:
    mark = line[0] if line.startswith(("!", "+")) else ""
    return [mark + one.strip() for one in line.removeprefix(mark).split(",") if one.strip()]


def read_requests(folder: Path) -> dict[str, list[str]]:
    """The phrases of each intent in `requests.yml`, as they are written; empty where there is no such file.

    Raises:
        ContentError: the file is no list of phrases under each intent.
    """
    path = folder / FILE
    if not path.is_file():
        return {}
    try:
        data = YAML(typ="safe").load(path)
        return {
            str(intent): [one for line in listed for one in _phrases(str(line))]
            for intent, listed in data.items()
        }
    except (YAMLError, OSError, UnicodeDecodeError, AttributeError, TypeError) as error:
        raise ContentError(
            f"il faut des demandes, et sous chacune une liste de mots : {error}.", str(path)
        ) from error
