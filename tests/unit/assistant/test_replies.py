"""From bot events to bubbles, and from the log to a transcript."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

from bot.assistant.replies import apology, bubble, effect_of, rest_parts
from bot.assistant.transcript import events_in_scope, transcript_lines
from bot.messages import BotMessage, Button, Document, Progress


def event(text: str | None = None, data: dict[str, Any] | None = None, **metadata: Any) -> dict[str, Any]:
    return {"event": "bot", "text": text, "data": data or {}, "metadata": metadata, "timestamp": 1.0}


def test_bubble_has_all_that_the_event_says() -> None:
    said = bubble(
        event(
            "Un site ?",
            {"buttons": [{"title": "Oui", "payload": "/affirm"}], "image": "x.png", "custom": {"a": 1}},
            image_alt="un dessin",
            progress={"current": 2, "total": 5},
            question={"id": "t_site", "type": "yes_no", "text": "Un site ?"},
            document={
                "filename": "r.pdf",
                "media_type": "application/pdf",
                "base64": b64encode(b"%PDF").decode(),
            },
        )
    )
    assert said is not None
    assert (said.buttons, said.image_alt) == ((Button("Oui", "/affirm"),), "un dessin")
    assert said.progress == Progress(2, 5)
    assert said.document == Document("r.pdf", "application/pdf", b"%PDF")
    assert said.question is not None
    assert said.question.id == "t_site"
    assert said.custom == {"a": 1}


def test_effect_alone_shows_nothing_and_beside_a_text_only_the_text() -> None:
    effect = {"effect": {"type": "erase"}}
    assert bubble(event(None, {"custom": effect})) is None
    with_text = bubble(event("Fait.", {"custom": effect}))
    assert with_text is not None
    assert (with_text.text, with_text.custom) == ("Fait.", None)


def test_custom_with_more_than_an_effect_is_the_projects_own() -> None:
    assert effect_of(event(None, {"custom": {"effect": {"type": "erase"}, "b": 1}})) is None
    assert effect_of(event(None, {"custom": {"effect": {"type": "erase"}}})) == {"type": "erase"}


def test_broken_extras_never_lose_the_text() -> None:
    said = bubble(
        event(
            "Bonjour",
            {"buttons": ["x"]},
            progress={"current": "a"},
            document={"filename": "x", "base64": "!"},
        )
    )
    assert said is not None
    assert (said.text, said.buttons, said.progress, said.document) == ("Bonjour", (), None, None)


def test_apology_gives_the_reference_of_the_log() -> None:
    assert "0123abcd" in apology("0123abcdef")


def test_transcript_numbers_the_bubbles_of_a_turn_as_the_outbox_does() -> None:
    log = [
        (0, "t1", {"event": "user", "text": "bonjour", "timestamp": 1.0}),
        (1, "t1", event("Un")),
        (2, "t1", event(None, {"custom": {"effect": {"type": "export"}}})),
        (3, "t1", event("Deux")),
        (4, "t2", {"event": "agent", "text": "Oui", "data": {"first_name": "Claire"}, "timestamp": 2.0}),
    ]
    lines = transcript_lines(log, {})
    assert [(line.who, line.text) for line in lines] == [
        ("owner", "bonjour"),
        ("bot", "Un"),
        ("bot", "Deux"),
        ("person", "Claire : Oui"),
    ]
    assert [line.message.id for line in lines if line.message] == ["t1-0", "t1-1"]


def test_events_in_scope_are_those_of_rasa() -> None:
    log = [
        {"event": kind}
        for kind in (
            "action",
            "user",
            "restart",
            "action",
            "user",
            "action",
            "action",
            "user",
            "bot",
            "rewind",
        )
    ]
    assert events_in_scope(log, "ALL") == log
    assert events_in_scope(log, "AFTER_RESTART")[0]["event"] == "action"
    assert len(events_in_scope(log, "AFTER_RESTART")) == 7
    assert [e["event"] for e in events_in_scope(log, "APPLIED")] == ["action", "user", "action"]


def test_button_keeps_all_that_a_project_put_into_it() -> None:
    buttons = [{"title": "Yes", "payload": "/yes", "type": "postback"}, {"title": "No", "payload": "/no"}]
    said = bubble({"event": "bot", "text": "Sure?", "data": {"buttons": buttons}})
    assert said is not None
    kept = BotMessage.from_json(said.to_json())
    assert rest_parts(kept) == [{"text": "Sure?", "buttons": buttons}]
