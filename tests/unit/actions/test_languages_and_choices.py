"""Texts that hold nothing to read in French, and the words of a choice typed instead of pressed."""

from __future__ import annotations

import pytest

from actions.choices import choices_meant
from actions.firm_words import plain
from actions.languages import unread

STOLEN = [
    ("a", "Rien : j'ai une copie ailleurs, et je l'ai déjà essayée"),
    ("b", "Sans doute rien : il y a une copie, jamais essayée"),
    ("c", "Une partie"),
    ("d", "Tout"),
]


@pytest.mark.parametrize(
    "text, expected",
    [
        ("Hello, I own a bakery in Paris, can you help me?", "autre_langue"),
        ("hola, tengo una panadería y necesito ayuda", "autre_langue"),
        ("Ich habe eine Bäckerei", "autre_langue"),
        ("مرحبا أنا صاحب مخبز", "autre_langue"),
        ("Привет", "autre_langue"),
        ("😀😀😀", "sans_mots"),
        ("...", "sans_mots"),
        ("", None),
        ("4", None),
        ("je tiens une boulangerie à Rennes", None),
        ("boulangerie", None),
        ("le marketing et le business plan", None),
        ("JE VEUX UN SITE", None),
    ],
)
def test_what_cannot_be_read_is_named(text: str, expected: str | None) -> None:
    assert unread(text) == expected


@pytest.mark.parametrize(
    "text, ids",
    [("tout", "d"), ("une partie", "c"), ("rien", "ab"), ("jamais essayé", "b"), ("copie", "ab"), ("", "")],
)
def test_words_of_a_choice_mean_it(text: str, ids: str) -> None:
    assert "".join(choices_meant(plain(text), STOLEN).ids) == ids
