"""What Rasa does beyond the recorded cases: sessions, failures, fallbacks, stories, responses."""

from __future__ import annotations

from typing import Any

from bot.dialogue import ActionResult, ConversationPaused, ConversationResumed, Tracker
from tests.dialogue_talk import FORM_RULES, Talk, a_form_domain, a_model, gives, says, text_slot


def simple(domain: dict[str, Any], *pairs: tuple[str, str], **more: Any) -> Talk:
    """Rules that answer an intent by an action."""
    rules = [{"rule": intent, "steps": [{"intent": intent}, {"action": action}]} for intent, action in pairs]
    return Talk(a_model(domain, rules), more.get("actions"))


# ------------------------------------------------------------------ sessions
def test_form_ends_with_its_session_and_slots_are_carried_over() -> None:
    talk = Talk(a_model(a_form_domain(), FORM_RULES))
    talk.say("/start")
    talk.say('/inform{"a": "1"}')
    talk.time += 61 * 60
    talk.say("/faq")
    assert talk.tracker.active_loop is None
    assert talk.tracker.get_slot("a") == "1"


def test_session_that_never_expires_keeps_the_form_for_days() -> None:
    domain = a_form_domain(session_config={"session_expiration_time": 0})
    talk = Talk(a_model(domain, FORM_RULES))
    talk.say("/start")
    talk.time += 30 * 24 * 3600
    assert talk.say('/inform{"a": "1"}') == ["B ?"]


def test_opening_starts_the_session_once() -> None:
    domain = a_form_domain(actions=["action_session_start"])
    opening = gives({"event": "session_started"}, {"event": "action", "name": "action_listen"})
    talk = Talk(a_model(domain, FORM_RULES), {"action_session_start": opening})
    talk.open()
    talk.open()
    talk.say("/faq")
    assert talk.called == ["action_session_start"]


def test_metadata_of_the_first_message_is_kept_in_its_slot() -> None:
    talk = Talk(a_model(a_form_domain(), FORM_RULES))
    talk.say("/faq", metadata={"page": "accueil"})
    slots = [e for e in talk.log if e["event"] == "slot"]
    assert slots[0]["name"] == "session_started_metadata"
    assert slots[0]["value"] == {"page": "accueil"}


# ------------------------------------------------------------------ actions that fail
def test_failing_action_is_told_and_leaves_the_turn_going() -> None:
    domain = {
        "intents": ["go"],
        "actions": ["act"],
        "responses": {"utter_after": [{"text": "Suite."}], "utter_action_failed": [{"text": "Désolé."}]},
    }
    rules = [{"rule": "go", "steps": [{"intent": "go"}, {"action": "act"}, {"action": "utter_after"}]}]
    talk = Talk(a_model(domain, rules), {"act": lambda tracker: ActionResult(error="boom")})
    assert talk.say("/go") == ["Désolé.", "Suite."]
    assert talk.tracker.failures == ({"action": "act", "error": "boom"},)
    executed = next(e for e in talk.log if e["event"] == "action" and e["name"] == "act")
    assert executed["metadata"] == {"error": "boom", "failed_action": "act"}


def test_unreadable_answer_of_an_action_is_a_failure() -> None:
    talk = simple(
        {"intents": ["go"], "actions": ["act"]}, ("go", "act"), actions={"act": gives({"event": "odd"})}
    )
    talk.say("/go")
    assert "odd" in talk.tracker.failures[0]["error"]


def test_unknown_follow_up_is_told_and_passed_over() -> None:
    follow = gives({"event": "followup", "name": "nowhere"})
    talk = simple({"intents": ["go"], "actions": ["act"]}, ("go", "act"), actions={"act": follow})
    talk.say("/go")
    assert talk.tracker.failures[0]["action"] == "nowhere"
    assert talk.tracker.latest_action_name == "action_listen"


def test_turn_stops_after_ten_actions() -> None:
    again = gives({"event": "followup", "name": "act"})
    talk = simple({"intents": ["go"], "actions": ["act"]}, ("go", "act"), actions={"act": again})
    talk.say("/go")
    assert talk.called == ["act"] * 10
    assert talk.tracker.latest_action_name == "act"


def test_rejecting_action_gives_way_to_the_fallback() -> None:
    domain = {"intents": ["go"], "actions": ["act"], "responses": {"utter_default": [{"text": "Pardon ?"}]}}
    talk = simple(domain, ("go", "act"), actions={"act": lambda tracker: ActionResult(rejected=True)})
    assert talk.say("/go") == ["Pardon ?"]


# ------------------------------------------------------------------ slots
def test_global_check_sees_the_candidates_and_may_refuse_them() -> None:
    domain = a_form_domain(actions=["action_validate_slot_mappings"])
    seen: list[Any] = []

    def check(tracker: Tracker) -> ActionResult:
        seen.append(tracker.get_slot("a"))
        return ActionResult(events=[{"event": "slot", "name": "a", "value": None}])

    talk = Talk(a_model(domain, FORM_RULES), {"action_validate_slot_mappings": check})
    talk.say('/faq{"a": "1", "b": "2"}')
    assert seen == ["1"]
    assert (talk.tracker.get_slot("a"), talk.tracker.get_slot("b")) == (None, "2")


def test_custom_mapping_runs_its_action_once_for_all_its_slots() -> None:
    mapping = [{"type": "custom", "action": "action_read"}]
    domain = {
        "intents": ["go"],
        "slots": {
            name: {"type": "text", "influence_conversation": False, "mappings": mapping} for name in "xy"
        },
        "actions": ["action_read"],
        "responses": {"utter_ok": [{"text": "{x}{y}"}]},
    }
    events = [{"event": "slot", "name": name, "value": name} for name in "xy"]
    read = gives(*events, {"event": "followup", "name": "action_restart"})
    talk = simple(domain, ("go", "utter_ok"), actions={"action_read": read})
    assert talk.say("/go") == ["xy"]
    assert talk.called == ["action_read"]


def test_ignored_intent_fills_no_slot_of_its_form() -> None:
    slot = {"type": "text", "influence_conversation": False, "mappings": [{"type": "from_text"}]}
    domain = a_form_domain(
        slots={"a": slot}, forms={"f": {"required_slots": ["a", "b"], "ignored_intents": ["faq"]}}
    )
    talk = Talk(a_model(domain, FORM_RULES))
    talk.say("/start")
    # the words of /start had filled it at once, as a mapping without conditions does
    assert talk.tracker.get_slot("a") == "/start"
    talk.say("/faq")
    assert talk.tracker.get_slot("a") == "/start"
    talk.say("/affirm")
    assert talk.tracker.get_slot("a") == "/affirm"


def test_categorical_slot_lets_rules_tell_values_apart() -> None:
    kind = {
        "type": "categorical",
        "values": ["Petit", "grand"],
        "mappings": [{"type": "from_entity", "entity": "kind"}],
    }
    domain = {
        "intents": ["go"],
        "entities": ["kind"],
        "slots": {"kind": kind},
        "responses": {f"utter_{name}": [{"text": name}] for name in ("petit", "grand", "default")},
    }
    rules = [
        {
            "rule": name,
            "condition": [{"slot_was_set": [{"kind": name}]}],
            "steps": [{"intent": "go"}, {"action": f"utter_{name}"}],
        }
        for name in ("petit", "grand")
    ]
    talk = Talk(a_model(domain, rules))
    assert talk.say('/go{"kind": "PETIT"}') == ["petit"]
    assert talk.say('/go{"kind": "grand"}') == ["grand"]
    assert talk.say('/go{"kind": "moyen"}') == ["default"]


# ------------------------------------------------------------------ forms
def test_validator_may_choose_the_next_question() -> None:
    domain = a_form_domain(
        slots={"c": text_slot()}, actions=["validate_f"], responses={"utter_ask_c": [{"text": "C ?"}]}
    )
    choose = gives({"event": "slot", "name": "requested_slot", "value": "c"})
    talk = Talk(a_model(domain, FORM_RULES), {"validate_f": choose})
    assert talk.say("/start") == ["C ?"]
    assert talk.tracker.get_slot("requested_slot") == "c"


def test_validator_may_end_the_form() -> None:
    domain = a_form_domain(actions=["validate_f"])
    events = iter([[], [], [{"event": "slot", "name": "requested_slot", "value": None}]])
    talk = Talk(
        a_model(domain, FORM_RULES), {"validate_f": lambda tracker: ActionResult(events=next(events))}
    )
    talk.say("/start")
    assert talk.say('/inform{"a": "1"}') == ["Fini 1 None."]
    assert talk.tracker.active_loop is None


def test_custom_question_is_asked_by_its_action() -> None:
    domain = a_form_domain(actions=["action_ask_f_a"])
    talk = Talk(a_model(domain, FORM_RULES), {"action_ask_f_a": says("Alors, A ?")})
    assert talk.say("/start") == ["Alors, A ?"]


# ------------------------------------------------------------------ stories
def test_checkpoints_and_or_join_stories() -> None:
    names = ("hi", "yes", "no", "done", "default")
    domain = {
        "intents": ["hello", "yes", "no", "thanks"],
        "responses": {f"utter_{name}": [{"text": name}] for name in names},
    }
    stories = [
        {"story": "hello", "steps": [{"intent": "hello"}, {"action": "utter_hi"}, {"checkpoint": "asked"}]},
        {
            "story": "answer",
            "steps": [
                {"checkpoint": "asked"},
                {"or": [{"intent": "yes"}, {"intent": "no"}]},
                {"action": "utter_yes"},
                {"checkpoint": "answered"},
            ],
        },
        {
            "story": "end",
            "steps": [{"checkpoint": "answered"}, {"intent": "thanks"}, {"action": "utter_done"}],
        },
    ]
    config = {"policies": [{"name": "MemoizationPolicy"}, {"name": "RulePolicy"}]}
    for answer in ("yes", "no"):
        talk = Talk(a_model(domain, [], stories, config=config))
        assert [talk.say(text) for text in ("/hello", f"/{answer}", "/thanks")] == [["hi"], ["yes"], ["done"]]
    talk = Talk(a_model(domain, [], stories, config=config))
    assert talk.say("/thanks") == ["default"]


AUGMENTED_DOMAIN = {
    "intents": ["hello", "mood", "odd"],
    "responses": {f"utter_{name}": [{"text": name}] for name in ("hi", "fine", "default", "odd")},
}
AUGMENTED_STORIES = [
    {
        "story": "mood",
        "steps": [{"intent": "hello"}, {"action": "utter_hi"}, {"intent": "mood"}, {"action": "utter_fine"}],
    },
    {"story": "odd", "steps": [{"intent": "odd"}, {"action": "utter_odd"}]},
]


def test_augmented_memoization_forgets_older_turns() -> None:
    answers = {}
    for name in ("MemoizationPolicy", "AugmentedMemoizationPolicy"):
        config = {"policies": [{"name": name, "max_history": 6}, {"name": "RulePolicy"}]}
        talk = Talk(a_model(AUGMENTED_DOMAIN, [], AUGMENTED_STORIES, config=config))
        answers[name] = [talk.say(text)[0] for text in ("/odd", "/hello", "/mood")]
    assert answers["MemoizationPolicy"] == ["odd", "default", "default"]
    assert answers["AugmentedMemoizationPolicy"] == ["odd", "hi", "fine"]


def test_nearest_story_stands_in_for_a_trained_policy() -> None:
    talk = Talk(a_model(AUGMENTED_DOMAIN, [], AUGMENTED_STORIES, config={"policies": None}))
    assert [talk.say(text)[0] for text in ("/odd", "/hello", "/mood")] == ["odd", "hi", "fine"]


def test_rule_by_the_users_words() -> None:
    domain = {
        "intents": ["go"],
        "responses": {"utter_hi": [{"text": "hi"}], "utter_default": [{"text": "?"}]},
    }
    rules = [{"rule": "words", "steps": [{"user": "coucou"}, {"action": "utter_hi"}]}]
    talk = Talk(a_model(domain, rules))
    assert (talk.say("coucou"), talk.say("bonjour")) == (["hi"], ["?"])


# ------------------------------------------------------------------ responses
def test_variation_is_chosen_by_condition_and_channel() -> None:
    slot = {
        "type": "text",
        "influence_conversation": False,
        "mappings": [{"type": "from_entity", "entity": "tier"}],
    }
    condition = [{"type": "slot", "name": "tier", "value": "OR"}]
    domain = {
        "intents": ["go"],
        "entities": ["tier"],
        "slots": {"tier": slot},
        "responses": {
            "utter_go": [
                {"text": "tous"},
                {"text": "or", "condition": condition},
                {"text": "télégramme", "channel": "telegram"},
                {"text": "or par télégramme", "channel": "telegram", "condition": condition},
            ]
        },
    }
    talk = simple(domain, ("go", "utter_go"))
    assert talk.say("/go") == ["tous"]
    assert talk.say("/go", channel="telegram") == ["télégramme"]
    assert talk.say('/go{"tier": "or"}') == ["or"]
    assert talk.say("/go", channel="telegram") == ["or par télégramme"]


def test_unset_slot_prints_none_only_for_a_plain_rasa_project() -> None:
    domain = a_form_domain(responses={"utter_faq": [{"text": "[{a}] {{b}} {zzz"}]})
    assert Talk(a_model(domain, FORM_RULES)).say("/faq") == ["[{a}] {{b}} {zzz"]
    domain = a_form_domain(responses={"utter_faq": [{"text": "[{a}]"}]})
    assert Talk(a_model(domain, FORM_RULES)).say("/faq") == ["[None]"]
    assert Talk(a_model(domain, FORM_RULES, strict_rasa=False)).say("/faq") == ["[]"]


def test_keywords_of_an_action_go_to_the_bot_events_metadata() -> None:
    question = {"id": "site", "type": "yes_no"}
    response = {"text": "Un site ?", "buttons": [], "custom": {}, "image": None, "question": question}
    talk = simple(
        {"intents": ["go"], "actions": ["act"]},
        ("go", "act"),
        actions={"act": lambda tracker: ActionResult(responses=[response])},
    )
    talk.say("/go")
    bot = next(event for event in talk.log if event["event"] == "bot")
    assert bot["metadata"] == {"question": question}
    assert {key for key, value in bot["data"].items() if value} == set()


def test_retrieval_intent_answers_by_its_second_half() -> None:
    domain = {
        "intents": ["faq"],
        "responses": {"utter_faq/prix": [{"text": "Gratuit."}], "utter_faq/delai": [{"text": "Demain."}]},
    }
    rules = [{"rule": "faq", "steps": [{"intent": "faq"}, {"action": "utter_faq"}]}]
    talk = Talk(a_model(domain, rules))
    data = {"intent": {"name": "faq/delai", "confidence": 0.9}, "entities": [], "text": "quand ?"}
    assert talk.say("quand ?", parse_data=data) == ["Demain."]


# ------------------------------------------------------------------ other events
def test_paused_conversation_is_silent_until_resumed() -> None:
    talk = Talk(a_model(a_form_domain(), FORM_RULES))
    talk.say("/faq")
    talk.tracker = talk.tracker.after([ConversationPaused(timestamp=1.0)])
    assert talk.say("/faq") == []
    talk.tracker = talk.tracker.after([ConversationResumed(timestamp=2.0)])
    assert talk.say("/faq") == ["Voilà."]


def test_state_for_an_action_server_has_rasas_fields_and_bounded_events() -> None:
    talk = Talk(a_model(a_form_domain(), FORM_RULES))
    talk.say("/start")
    state = talk.tracker.current_state(3)
    assert list(state) == [
        "sender_id",
        "slots",
        "latest_message",
        "latest_event_time",
        "followup_action",
        "paused",
        "events",
        "latest_input_channel",
        "active_loop",
        "latest_action",
        "latest_action_name",
    ]
    assert [event["event"] for event in state["events"]] == ["slot", "bot", "action"]
    assert state["active_loop"]["name"] == "f"
    assert state["latest_action"] == {"action_name": "action_listen"}


def test_turn_leaves_the_state_before_it_as_it_was() -> None:
    talk = Talk(a_model(a_form_domain(), FORM_RULES))
    talk.say("/start")
    before = talk.tracker
    kept = before.to_json()
    talk.say('/inform{"a": "1"}')
    assert before.to_json() == kept


# ------------------------------------------------------------------ fallbacks
def test_asked_back_intent_is_the_second_of_the_ranking() -> None:
    domain = {"intents": ["nlu_fallback", "hello"], "responses": {"utter_default": [{"text": "?"}]}}
    action = "action_two_stage_fallback"
    rules = [
        {"rule": "two", "steps": [{"intent": "nlu_fallback"}, {"action": action}, {"active_loop": action}]}
    ]
    talk = Talk(a_model(domain, rules))
    ranking = [{"name": "nlu_fallback", "confidence": 0.3}, {"name": "hello", "confidence": 0.2}]
    data = {"intent": ranking[0], "entities": [], "intent_ranking": ranking, "text": "hm"}
    assert talk.say("hm", parse_data=data) == ["Did you mean 'hello'?"]


def test_reverting_a_fallback_told_in_stories_reverts_nothing_as_in_rasa_3_6() -> None:
    domain = {
        "intents": ["odd", "hello", "out_of_scope"],
        "responses": {"utter_ask_rephrase": [{"text": "Autrement ?"}], "utter_hello": [{"text": "Bonjour."}]},
    }
    stories = [
        {
            "story": "fallback",
            "steps": [
                {"intent": "odd"},
                {"action": "action_default_ask_affirmation"},
                {"intent": "out_of_scope"},
                {"action": "action_default_ask_rephrase"},
                {"intent": "hello"},
                {"action": "action_revert_fallback_events"},
                {"action": "utter_hello"},
            ],
        },
        {"story": "hello", "steps": [{"intent": "hello"}, {"action": "utter_hello"}]},
    ]
    config = {"policies": [{"name": "MemoizationPolicy"}, {"name": "RulePolicy"}]}
    talk = Talk(a_model(domain, [], stories, config=config))
    talk.say("/odd")
    assert talk.say("/out_of_scope") == ["Autrement ?"]
    assert talk.say("/hello") == ["Bonjour."]
    said = [event.intent_name for event in talk.tracker.applied if event.type_name == "user"]
    assert said == ["odd", "out_of_scope", "hello"]
