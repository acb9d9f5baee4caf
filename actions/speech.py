"""How the bot speaks: bubbles short enough to be read, buttons, questions with their choices."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from rasa_sdk.executor import CollectingDispatcher

from .flow import FORM, State
from .questionnaire import Choice, Question
from .shipped_content import QUESTIONNAIRE, TRADES
from .territory import REGION_NAMES

BUBBLE = 320
# The end of a sentence: not the point of « 9. », and with the quotation mark that closes it.
SENTENCE_END = re.compile(r"(?<!\d)[.!?;](?:\s»)?\s(?!»)")
Button = dict[str, str]


def button(title: str, intent: str, **entities: Any) -> Button:
    """A quick answer that sends `/intent{"entity": value}`."""
    values = json.dumps(entities, ensure_ascii=False, separators=(", ", ": ")) if entities else ""
    return {"title": title, "payload": f"/{intent}{values}"}


def bubbles(lines: Iterable[str], between: str = "\n") -> list[str]:
    """Put lines together into bubbles of at most 320 characters, and cut a longer line at a sentence or a word."""
    found: list[str] = []
    for line in lines:
        for part in _pieces(line.strip()):
            if found and len(found[-1]) + len(between) + len(part) <= BUBBLE:
                found[-1] += between + part
            elif part:
                found.append(part)
    return found


def _pieces(line: str) -> list[str]:
    if len(line) <= BUBBLE:
        return [line]
    pieces: list[str] = []
    rest = line
    while len(rest) > BUBBLE:
        cut = _cut(rest)
        pieces.append(rest[:cut].strip())
        rest = rest[cut:].strip()
    return [*pieces, rest]


def _cut(line: str) -> int:
    """Where a line that is too long is best cut: after a sentence, between the items of a list, at a word."""
    head = line[:BUBBLE]
    ends = [match.end() for match in SENTENCE_END.finditer(head)]
    # What is quoted stays in one piece where it can.
    whole = [end for end in ends if head[:end].count("«") == head[:end].count("»")]
    for cuts in (whole, [head.rfind(" · ") + 3], ends, [head.rfind(": ") + 2], [head.rfind(" ")]):
        if cuts and cuts[-1] > BUBBLE // 3:
            return cuts[-1]
    return BUBBLE


def say(dispatcher: CollectingDispatcher, lines: Iterable[str], buttons: list[Button] | None = None) -> None:
    """Say some lines; the buttons stand under the last bubble."""
    texts = bubbles(lines)
    for index, text in enumerate(texts):
        dispatcher.utter_message(text=text, buttons=buttons if index == len(texts) - 1 else None)


def say_remarks(dispatcher: CollectingDispatcher, state: State) -> None:
    """Say what this turn has to say, once."""
    remarks, state.memory.remarks = state.memory.remarks, []
    for text in bubbles(remarks, between=" "):
        dispatcher.utter_message(text=text)


def effect(dispatcher: CollectingDispatcher, kind: str, **fields: Any) -> None:
    """Ask for something outside the conversation."""
    kept = {key: value for key, value in fields.items() if value is not None}
    dispatcher.utter_message(json_message={"effect": {"type": kind, **kept}})


def is_asking(tracker: Any) -> bool:
    """Whether a question is open."""
    return bool(tracker.active_loop_name == FORM)


def door_buttons(without: Iterable[str] = ()) -> list[Button]:
    """The ways in."""
    return [
        button(one.label, "answer", porte=one.id)
        for one in QUESTIONNAIRE.door.choices
        if one.id not in without
    ]


def person_button() -> Button:
    """A person, please."""
    return button(QUESTIONNAIRE.say("bouton_personne"), "ask_human")


def gestures(with_back: bool, in_full: bool, choices: Iterable[str] = ()) -> list[Button]:
    """What is always possible; « je ne sais pas » stands once, where a choice says it too."""
    unknown = QUESTIONNAIRE.say("bouton_nsp")
    found = [] if any(one.startswith(unknown) for one in choices) else [button(unknown, "dont_know")]
    found.append(button(QUESTIONNAIRE.say("bouton_passer"), "skip"))
    if in_full:
        found.append(button(QUESTIONNAIRE.say("bouton_pourquoi"), "explain_why"))
    if with_back:
        found.append(button(QUESTIONNAIRE.say("bouton_revenir"), "back"))
    return found


def ask(dispatcher: CollectingDispatcher, state: State, question: Question, is_again: bool) -> None:
    """Put a question: in full the first time, shorter when it is put again."""
    text, kind, choices = _form_of(state, question)
    current, total = state.progress
    is_narrower = text not in (question.text, question.short)
    spoken = QUESTIONNAIRE.say("question_suite", question=text) if is_again and not is_narrower else text
    if not is_again and total > 1:
        spoken = QUESTIONNAIRE.say("question_numero", numero=current, total=total, question=text)
    values = [value for _, value in choices]
    dispatcher.utter_message(
        text=spoken,
        buttons=[
            *(
                button(label, "answer", **{question.id: _payload(question, value)})
                for label, value in choices
            ),
            *gestures(with_back=current > 1, in_full=not is_again, choices=[label for label, _ in choices]),
        ],
        question={
            "id": question.id,
            "type": kind,
            "text": text,
            "choices": [] if kind == "number" else [label for label, _ in choices],
            "values": [] if kind == "number" else values,
        },
        progress={"current": current, "total": total},
    )


def ask_beside(
    dispatcher: CollectingDispatcher,
    slot: str,
    kind: str,
    text: str,
    choices: Mapping[str, str] | None = None,
    buttons: Iterable[Button] = (),
) -> None:
    """Put a question that is none of the questionnaire's; the answer is read as to any other.

    `kind` is a type of `bot.messages.Question`; `choices` are the values that can be read, each with its words.
    """
    known = dict(choices or {})
    question = {
        "id": slot,
        "type": kind,
        "text": text,
        "choices": list(known.values()),
        "values": list(known),
    }
    dispatcher.utter_message(text=text, buttons=list(buttons), question=question)


def _payload(question: Question, value: Any) -> Any:
    return [value] if question.type == "multi" else value


def _form_of(state: State, question: Question) -> tuple[str, str, list[tuple[str, Any]]]:
    """The words, type and choices of a question at this moment."""
    offers = state.memory.offers.get(question.id)
    if question.id == "activite" and offers:
        return (
            QUESTIONNAIRE.say("metier_hesite"),
            "choice",
            [(_short(one["label"]), one["naf"]) for one in offers],
        )
    if question.id == "activite" and state.memory.tries.get("activite"):
        families = [(one.name, f"famille:{one.id}") for one in TRADES.families.values()]
        return QUESTIONNAIRE.say("metier_famille"), "choice", families
    if question.id == "lieu" and offers:
        places = [(_place_label(one), one.get("insee")) for one in offers if one.get("insee")]
        return QUESTIONNAIRE.say("lieu_hesite"), "choice", places
    is_again = question.id in state.memory.asked or question.id == state.memory.redo
    shown: Iterable[Choice] = question.shown_choices(state.traits)
    if offers and question.type in ("choice", "multi"):
        # Once only: the question put again has all its choices.
        state.memory.offers.pop(question.id)
        shown = [one for one in shown if one.id in offers]
    return (
        question.short if is_again else question.text,
        question.type,
        [(one.label_for(state.traits), one.id) for one in shown],
    )


def _short(label: Any) -> str:
    text = str(label)
    return text if len(text) <= 60 else text[:59].rsplit(" ", 1)[0] + "…"


def _place_label(place: Mapping[str, Any]) -> str:
    inside = [place.get("departement"), REGION_NAMES.get(str(place.get("region")))]
    return f"{place.get('commune')} ({', '.join(one for one in inside if one)})"


def out_of_scope(dispatcher: CollectingDispatcher, state: State) -> None:
    """What can be done here; whoever has a plan is not sent to the questions again."""
    done = "_done" if state.slots.get("plan") else ""
    dispatcher.utter_message(response=f"utter_out_of_scope{done}")


def capital(text: str) -> str:
    """The text with a capital first."""
    return text[:1].upper() + text[1:]
