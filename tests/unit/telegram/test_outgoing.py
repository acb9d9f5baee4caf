from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bot.messages import BotMessage, Button, Question
from bot.telegram import keyboards
from bot.telegram.outgoing import MAX_CAPTION, MAX_TEXT, chosen, render, split_text, words_over_keyboard


def units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


@given(st.text(alphabet=st.sampled_from("ab. !\n\U0001f600é"), max_size=400), st.integers(10, 60))
def test_split_text_loses_nothing_but_blanks_and_keeps_the_limit(text: str, limit: int) -> None:
    parts = split_text(text, limit)
    assert "".join("".join(parts).split()) == "".join(text.split())
    assert all(0 < units(part) <= limit for part in parts)


def test_split_text_cuts_at_sentences() -> None:
    text = "Une phrase. " * 400
    assert all(part.endswith(".") for part in split_text(text))
    assert len(split_text(text)) == 2


def test_render_puts_the_keyboard_under_the_last_part() -> None:
    message = BotMessage("x " * 3000, buttons=(Button("Oui", "/affirm"),), id="turn-0")
    calls = render(message, 7, keyboards.keyboard_buttons(message))
    assert [call.method for call in calls] == ["sendMessage", "sendMessage"]
    assert "reply_markup" not in calls[0].arguments
    assert calls[1].arguments["reply_markup"]["inline_keyboard"][0][0]["callback_data"] == "bturn-0.0"


def test_render_sends_no_parse_mode_so_that_no_text_can_break_it() -> None:
    message = BotMessage("_*[`boulangerie_", id="t-1")
    (call,) = render(message, 7, [])
    assert "parse_mode" not in call.arguments
    assert call.arguments["text"] == "_*[`boulangerie_"
    assert len(call.arguments["text"]) <= MAX_TEXT


def test_list_of_ticks_shows_what_is_ticked_and_gives_the_payload() -> None:
    question = Question(
        "p_clients", "multi", "Vos clients ?", ("des particuliers", "des entreprises"), ("part", "pro")
    )
    buttons = tuple(Button(c, "/answer") for c in question.choices)
    message = BotMessage(
        "Vos clients ?", buttons=(*buttons, Button("Passer", "/skip")), question=question, id="t-2"
    )
    shown = keyboards.keyboard_buttons(message)
    assert [data for _, data in shown] == ["tt-2.0", "tt-2.1", "dt-2", "bt-2.2"]
    assert [title[0] for title, _ in shown[:2]] == ["☐", "☐"]
    assert [title[0] for title, _ in keyboards.keyboard_buttons(message, ["des entreprises"])[:2]] == [
        "☐",
        "☑",
    ]
    assert keyboards.several_payload(message, ["des entreprises"]) == '/answer{"p_clients":["pro"]}'
    assert keyboards.several_payload(message, question.choices[::-1]) == '/answer{"p_clients":["part","pro"]}'
    assert keyboards.several_titles(message, ["des entreprises"]) == ["des entreprises"]


@given(st.text(max_size=50), st.integers(0, 4200), st.text(max_size=5000))
def test_choice_stands_under_a_text_of_any_length(text: str, length: int, title: str) -> None:
    shown = chosen((text or "x") * (length // max(1, len(text))), title)
    assert units(shown) <= MAX_TEXT
    assert "✓ " in shown


def test_what_a_picture_shows_is_told_in_full_and_its_buttons_stand_under_it() -> None:
    alt = "Une barre. " * 150
    buttons = (Button("Oui", "/affirm"),)
    message = BotMessage(image="data:image/png;base64,iVBORw0KGgo=", image_alt=alt, buttons=buttons, id="t-4")
    photo, rest = render(message, 7, keyboards.keyboard_buttons(message))
    assert (photo.method, rest.method) == ("sendPhoto", "sendMessage")
    assert f"{photo.arguments['caption']} {rest.arguments['text']}".split() == alt.split()
    assert photo.arguments["caption"].endswith(".")
    assert "reply_markup" in photo.arguments
    assert words_over_keyboard(message) == (photo.arguments["caption"], True)
    assert units(chosen(photo.arguments["caption"], "Oui", MAX_CAPTION)) <= MAX_CAPTION


def test_buttons_without_a_word_get_one() -> None:
    message = BotMessage(buttons=(Button("Oui", "/affirm"),), id="t-5")
    (call,) = render(message, 7, keyboards.keyboard_buttons(message))
    assert call.arguments["text"] == words_over_keyboard(message)[0] == "Que choisissez-vous ?"
    assert "reply_markup" in call.arguments
