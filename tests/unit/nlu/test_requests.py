"""Requests that the project knows by their words (`nlu_data/requests.yml`)."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.errors import ContentError
from bot.nlu.requests import RequestReader
from bot.nlu.text import normalise

SHIPPED = RequestReader.load(Path(__file__).parents[3] / "nlu_data")


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("et les autres, ils font comment ?", "compare"),
        ("Je voudrais PRÊTER UN SALARIÉ", "offer_skill"),
        ("vendre à l’étranger", "abroad"),
        ("un peu", "feedback"),
        ("un peu d'aide pour mon site", None),
        ("je ne veux pas vendre à l'étranger", None),
        ("sans prêter un salarié", None),
        ("je fais du pain", None),
    ],
)
def test_request_is_known_by_its_words_unless_denied(text: str, intent: str | None) -> None:
    assert SHIPPED is not None
    found = SHIPPED.read(normalise(text))
    assert (found and found[0]) == intent


def test_span_is_in_characters_of_the_text() -> None:
    assert SHIPPED is not None
    text = "Bonjour ! Et les autres ?"
    found = SHIPPED.read(normalise(text))
    assert found is not None
    assert text[slice(*found[1])] == "Et les autres"


def test_file_that_is_no_list_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "requests.yml").write_text("compare: 3\n", encoding="utf-8")
    with pytest.raises(ContentError, match="une liste de mots"):
        RequestReader.load(tmp_path)
    assert RequestReader.load(tmp_path / "nowhere") is None


def test_a_firm_request_is_marked_for_its_whole_line() -> None:
    assert SHIPPED is not None
    offer, abroad = (SHIPPED.read(normalise(one)) for one in ("proposer une compétence", "exporter"))
    assert offer is not None
    assert offer.is_firm
    assert abroad is not None
    assert not abroad.is_firm


def test_only_a_marked_request_stands_in_a_sentence_that_presents_the_firm() -> None:
    assert SHIPPED is not None
    for text, is_beside in (
        ("boulanger à Lyon, on voudrait acheter à plusieurs", True),
        ("boulanger à Vitré, devenir connecteur", True),
        ("fleuriste à Aubagne, je veux mutualiser", False),
    ):
        found = SHIPPED.read(normalise(text))
        assert found is not None
        assert found.is_beside is is_beside, text
