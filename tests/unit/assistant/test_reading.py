"""From readings to parse data."""

from __future__ import annotations

from typing import Any

import pytest

from bot.assistant.reading import ANSWER_THRESHOLD, open_question, parse_data, payload_typed
from bot.messages import (
    Answer,
    Entity,
    Headcount,
    Intent,
    Need,
    NluReading,
    Place,
    Question,
    Sector,
    SectorGuess,
)

SITE = Question("t_site", "choice", "Un site ?", ("Non", "Oui", "Une page"), ("none", "own", "network"))


def a_reading(**more: Any) -> NluReading:
    intent = Intent("express_need", 0.8)
    return NluReading(**{"text": "x", "intent": intent, "ranking": (intent, Intent("greet", 0.1)), **more})


def entities(data: dict[str, Any]) -> dict[str, Any]:
    return {entity["entity"]: entity["value"] for entity in data["entities"]}


def test_facts_become_entities_with_their_spans() -> None:
    rennes = Place(
        "Rennes", "35238", "35", "53", (3, 9), (Place("Rennes-le-Château", "11309", "11", "76", (3, 9)),)
    )
    data = parse_data(
        a_reading(
            sector=Sector("10.71C", "Boulangerie", 0.9, (0, 5), "C", (SectorGuess("47.24Z", "Pain", 0.1),)),
            place=rennes,
            headcount=Headcount(5, 5, (10, 12)),
            needs=(Need("visibilite_locale", (20, 25)),),
            negated_needs=(Need("vente_en_ligne", (26, 30)),),
        ),
        None,
    )
    found = entities(data)
    assert found["sector"]["naf"] == "10.71C"
    assert found["sector"]["alternatives"] == [{"naf": "47.24Z", "label": "Pain", "confidence": 0.1}]
    assert found["place"]["insee"] == "35238"
    assert [other["insee"] for other in found["place"]["alternatives"]] == ["11309"]
    assert (found["headcount"], found["need"], found["negated_need"]) == (
        {"min": 5, "max": 5},
        "visibilite_locale",
        "vente_en_ligne",
    )
    assert (data["entities"][1]["start"], data["entities"][1]["end"]) == (3, 9)


def test_value_answers_the_questions_slot_with_what_the_choice_stands_for() -> None:
    data = parse_data(a_reading(answer=Answer("value", 2, 0.9, (0, 1))), SITE)
    assert data["intent"] == {"name": "answer", "confidence": 0.9}
    assert entities(data) == {"t_site": "network"}
    assert [one["name"] for one in data["intent_ranking"]] == ["answer", "express_need", "greet"]


@pytest.mark.parametrize(
    ("question", "value", "expected"),
    [
        (Question("q", "multi", "?", ("A", "B", "C"), ("a", "b", "c")), [0, 2], ["a", "c"]),
        (Question("q", "choice", "?", ("A", "B")), 1, 1),
        (Question("q", "yes_no", "?"), False, False),
        (Question("q", "yes_no", "?", ("Oui", "Non"), ("yes", "no")), False, "no"),
        (Question("q", "yes_no", "?", ("Non", "Oui"), ("no", "yes")), True, "yes"),
        (Question("q", "number", "?"), {"min": 2, "max": 3}, {"min": 2, "max": 3}),
        (Question("q", "place", "?"), "dep:35", "dep:35"),
    ],
)
def test_value_is_put_as_the_slot_takes_it(question: Question, value: Any, expected: Any) -> None:
    assert entities(parse_data(a_reading(answer=Answer("value", value, 0.9)), question)) == {"q": expected}


@pytest.mark.parametrize("kind", ["dont_know", "skip", "back", "explain_why"])
def test_steering_answer_gives_its_name_to_the_intent(kind: str) -> None:
    data = parse_data(a_reading(answer=Answer(kind, None, 0.7)), SITE)
    assert data["intent"]["name"] == kind
    assert data["entities"] == []


def test_unsure_answer_leaves_what_was_read_in_the_text() -> None:
    data = parse_data(a_reading(answer=Answer("value", 1, ANSWER_THRESHOLD - 0.01)), SITE)
    assert data["intent"]["name"] == "express_need"
    assert data["entities"] == []


def test_answer_of_kind_none_leaves_the_intent() -> None:
    assert parse_data(a_reading(answer=Answer("none", None, 0.9)), SITE)["intent"]["name"] == "express_need"


def test_entities_of_a_rasa_project_pass_in_its_wire_form() -> None:
    entity = Entity("city", "Rennes", 0, 6, role="from", confidence=0.8, extractor="x")
    assert parse_data(a_reading(entities=(entity,)), None)["entities"] == [
        {
            "entity": "city",
            "value": "Rennes",
            "start": 0,
            "end": 6,
            "role": "from",
            "extractor": "x",
            "confidence_entity": 0.8,
        }
    ]


def test_question_is_open_only_while_its_slot_is_asked_for() -> None:
    assert open_question(SITE, {"requested_slot": "t_site"}) is SITE
    assert open_question(SITE, {"requested_slot": "other"}) is None
    assert open_question(SITE, {}) is None
    assert open_question(None, {"requested_slot": "t_site"}) is None


def test_typed_title_says_what_its_button_says_until_the_owner_said_something_else() -> None:
    bot = {
        "event": "bot",
        "data": {"buttons": [{"title": "Oui, tout effacer", "payload": "/delete_data"}]},
        "metadata": {},
    }
    asked = {**bot, "metadata": {"question": {"id": "t_site"}}}
    user = {"event": "user", "text": "non"}
    assert payload_typed([user, bot], "oui,  tout effacer.") == "/delete_data"
    assert payload_typed([user, bot, asked], "Oui, tout effacer") == "/delete_data"
    assert payload_typed([bot, user], "Oui, tout effacer") is None
    assert payload_typed([user, asked], "Oui, tout effacer") is None


def test_bare_yes_is_the_button_that_begins_with_it_unless_a_question_was_put_since() -> None:
    user = {"event": "user", "text": "/delete_data"}
    bot = {
        "event": "bot",
        "data": {
            "buttons": [
                {"title": "Oui, tout effacer", "payload": "/delete_data"},
                {"title": "Non, garder", "payload": "/resume"},
            ]
        },
        "metadata": {},
    }
    asked = {"event": "bot", "data": {}, "metadata": {"question": {"id": "t_site"}}}
    for yes in ("oui", "Oui.", "d'accord", "oui, allez-y", "ok merci"):
        assert payload_typed([asked, user, bot], yes) == "/delete_data"
        assert payload_typed([asked, user, bot, asked], yes) is None
        assert payload_typed([bot, user], yes) is None
    for other in ("oui mais non", "oui, j'ai un site", "non", "ouistiti", ""):
        assert payload_typed([asked, user, bot], other) is None


def test_a_title_that_several_buttons_bear_names_none_of_them() -> None:
    user = {"event": "user", "text": "rien"}
    actions = [
        {
            "event": "bot",
            "data": {"buttons": [{"title": "Pas ça", "payload": f'/not_this{{"besoin": "{need}"}}'}]},
        }
        for need in ("export", "formation")
    ]
    assert payload_typed([user, *actions], "pas ça") is None
    assert payload_typed([user, actions[0]], "pas ça") == '/not_this{"besoin": "export"}'


def test_wish_beside_a_question_on_how_things_are_is_no_unsure_answer_to_it() -> None:
    answer = Answer("value", 1, 0.6)
    wish = a_reading(text="je voudrais plus de clients", answer=answer)
    assert "t_site" not in entities(parse_data(wish, SITE))
    told = a_reading(text="une page facebook", answer=answer)
    assert entities(parse_data(told, SITE))["t_site"] == "own"
    asked = Question("but", "choice", "Que voulez-vous d'abord ?", ("A", "B", "C"), ("a", "b", "c"))
    assert entities(parse_data(wish, asked))["but"] == "b"


def test_who_tells_only_how_many_they_are_answers_nothing_else() -> None:
    text = "on est 2 avec mon mari"
    people = a_reading(text=text, headcount=Headcount(2, 2, (0, len(text))), answer=Answer("value", 1, 0.75))
    assert "t_site" not in entities(parse_data(people, SITE))
    asked = Question("e", "choice", "Vous êtes combien ?", ("1", "2"), ("seul", "deux"))
    assert entities(parse_data(people, asked))["e"] == "deux"


def test_bare_number_is_the_place_of_a_button_said_last() -> None:
    user = {"event": "user", "text": "bonjour"}
    buttons = [{"title": title, "payload": f"/{title}"} for title in ("a", "b", "c", "d")]
    doors = {"event": "bot", "data": {"buttons": buttons}, "metadata": {}}
    question = {"id": "t_site", "type": "choice", "choices": ["a", "b"]}
    asked = {**doors, "metadata": {"question": question}}
    assert payload_typed([user, doors], "2") == "/b"
    assert payload_typed([user, doors], "5") is None
    assert payload_typed([doors, user], "2") is None
    # « Bonjour », which the greeting of the session answered already.
    begun = [doors, {"event": "session_started"}, {"event": "action", "name": "action_listen"}]
    assert payload_typed([*begun, user], "2") == "/b"
    assert payload_typed([*begun, user, {"event": "bot", "text": "Bonjour."}], "2") is None
    assert payload_typed([user, asked], "2") is None  # a choice, read as an answer
    assert payload_typed([user, asked], "4") == "/d"  # « Passer », below the choices
    yes_or_no = {**doors, "metadata": {"question": {**question, "type": "yes_no"}}}
    assert payload_typed([user, yes_or_no], "2") == "/b"  # « Non »
    counted = {**doors, "metadata": {"question": {**question, "type": "number"}}}
    assert payload_typed([user, counted], "4") is None
