"""The picture: a word and a bar for each axis, in words and as an image."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence

from rasa_sdk.executor import CollectingDispatcher

from .chamber import chamber_in
from .day import today_in_france
from .flow import State
from .report import AxisLine, Report, letterhead_of, to_picture
from .report_content import best_words
from .scoring import AxisScore, best_first, strong_point
from .shipped_content import QUESTIONNAIRE
from .speech import say

BAR = 8


def tell_picture(dispatcher: CollectingDispatcher, state: State) -> None:
    """A word and a bar for each axis, the best first."""
    ranked = best_first(state.scores)
    if not ranked:
        dispatcher.utter_message(response="utter_picture_unknown")
        return
    strong = strong_point(ranked)
    lines = [
        QUESTIONNAIRE.say("bilan_titre_debut")
        if strong is None
        else QUESTIONNAIRE.say("bilan_titre", meilleur_axe=strong.axis.name)
    ]
    for score in ranked:
        full = round((score.value or 0) * BAR / 100)
        word = "" if score.level is None else score.level.name
        bar = "■" * full + "□" * (BAR - full)
        before = level_name(state.memory.picture.get(score.axis.id))
        if before is None:
            lines.append(f"{bar} {score.axis.name} : {word}")
        else:
            lines.append(
                QUESTIONNAIRE.say("bilan_avant", barre=bar, axe=score.axis.name, niveau=word, avant=before)
            )
    unknown = [score.axis.name for score in state.scores if score.value is None and score.answered]
    if unknown:
        lines.append(QUESTIONNAIRE.say("bilan_inconnu", axes=", ".join(unknown)))
    say(dispatcher, lines)
    alt = QUESTIONNAIRE.say(
        "bilan_image",
        liste=" ; ".join(f"{one.axis.name}, {'' if one.level is None else one.level.name}" for one in ranked),
    )
    dispatcher.utter_message(image=picture_url(state, ranked), image_alt=alt)
    checks = [QUESTIONNAIRE.questions[name].short for score in state.scores for name in score.to_check]
    if checks:
        say(
            dispatcher,
            [QUESTIONNAIRE.say("bilan_verifier", liste=" ".join(f"« {text} »" for text in checks[:3]))],
        )


def picture_url(state: State, ranked: Sequence[AxisScore]) -> str:
    """The picture as an image, in a `data:` URL."""
    lines = tuple(AxisLine(s.axis.name, s.value or 0, s.level.name if s.level else "") for s in ranked)
    report = Report(
        firm="",
        day=today_in_france(),
        letterhead=letterhead_of(chamber_in(state.slots)),
        best=best_words(ranked),
        axes=lines,
    )
    return "data:image/png;base64," + b64encode(to_picture(report)).decode("ascii")


def level_name(value: float | None) -> str | None:
    """The word for a score of an axis; None without one."""
    if value is None:
        return None
    return next((level.name for level in QUESTIONNAIRE.levels if level.low <= value <= level.high), None)
