"""The plain form of a text, and the way back."""

from bot.nlu.text import MAX_CHARS, normalise, plain


def test_plain_form_has_no_accents_capitals_or_ligatures() -> None:
    assert plain("Bœuf à l’Étable — « Noël »") == 'boeuf a l\'etable - " noel "'


def test_zero_width_characters_do_not_cut_words() -> None:
    assert [token.word for token in normalise("bou\u200blan\u00adger").tokens] == ["boulanger"]


def test_span_leads_back_to_the_typed_characters() -> None:
    text = "😀 Je suis la sœur d’un\u200b plâtrier"
    read = normalise(text)
    token = next(token for token in read.tokens if token.word == "platrier")
    start, end = read.span(token.start, token.end)
    assert text[start:end] == "plâtrier"
    token = next(token for token in read.tokens if token.word == "soeur")
    start, end = read.span(token.start, token.end)
    assert text[start:end] == "sœur"


def test_span_takes_combining_accents_with_it() -> None:
    text = "cafe\u0301 bar"
    read = normalise(text)
    start, end = read.span(read.tokens[0].start, read.tokens[0].end)
    assert text[start:end] == "cafe\u0301"


def test_long_text_is_cut() -> None:
    assert len(normalise("a" * (2 * MAX_CHARS)).plain) == MAX_CHARS
