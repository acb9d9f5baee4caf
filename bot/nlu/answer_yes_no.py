"""Whether an answer says yes or no, also without saying it: « bof », « pas encore », « il date de 2012 ».

What is planned does not exist yet, and what replaces a thing is not the thing: both are no. What exists, old or
imperfect, is yes. Used for yes/no questions and for choices that begin with « Oui » or « Non ».
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from bot.nlu.answer_words import STOP_WORDS, AnswerLexicon, Match, Reading

_LEAD_YES = frozenset(
    "oui ouais ouai ouaip yes yep ui we oe ue si affirmatif evidemment carrement exact ok okay absolument".split()
)
_LEAD_NO = frozenset("non nan no nope nop niet negatif jamais aucun aucune rien pas bof que".split())
_FILLERS = frozenset(
    "ah ben bah bha beh euh heu alors bon bonjour franchement mais hm hmm mh eh oh moi nous ma foi et ba la "
    "bin voyons "
    "honnetement heureusement malheureusement clairement sincerement normalement evidement surtout desole "
    "desolee hein enfin donc pour le moment coup pffff pff pfff".split()
)
_TURN = re.compile(r"\b(?:enfin|en fait|finalement|pardon|je veux dire|euh)\s+(oui|si|non)\b")
_LIMITED = re.compile(r"\b(?:juste|seulement|uniquement|que|c'est tout|simplement|plutot|encore)\b")
_QUESTION = re.compile(r"\?\s*$")
_NEGATIVE = re.compile(r"\b(?:pas|jamais|aucune?|rien|plus(?= (?:de|d'|maintenant|rien))|sans|ni)\b")
_HARMLESS = re.compile(
    r"\bpas (?:mal|seulement|que\b|uniquement|de souci|de probleme|plus tard qu)|\bpourquoi pas\b"
    r"|\bpas non\b|\brien a (?:redire|dire)\b"
    r"|\b(?:mais|sauf) (?:(?:je|on|il|elle|ca|c'est|j') ?)?(?:\w+ ){0,4}?(?:pas|plus|jamais|rien|sans)\b"
    r"|\bpas (?:terrible|top|a jour|genial|super|fameux|beau|ouf|complet|fini de)\b|\bplus a jour\b"
    r"|\bsans (?:probleme|souci|hesiter|faute|exception)\b"
)
_PAST = re.compile(
    r"\b(?:avais|avions|on (?:en )?avait|y avait|c'etait)\b.*\b(?:mais|avant|fini|ferme|arrete|plus|perdu)\b"
    r"|\bavant oui\b|\bautrefois\b"
    r"|\b(?:ai|a|avons|avait) (?:\w+ )?(?:arrete|supprime|ferme|resilie|abandonne|stoppe|cesse|perdu|rendu"
    r"|revendu"
    r"|laisse expirer|desinstalle|vire"
    r"|laisse tomber)\b|\b(?:puis|et) (?:on a |j'ai )?(?:arrete|abandonne|laisse tomber)\b"
    r"|\bavant j'en avais\b|\ba l'epoque\b|\bil y avait\b|\bs'est arrete\b|\ba ferme\b|\best mort\b"
    r"|\btombe en panne\b"
)
_HAVING = re.compile(
    r"\b(?:j'(?:en )?ai|on (?:en )?a|nous (?:en )?avons|y (?:en )?a|j'utilise|on utilise|je m'en sers"
    r"|je fais|on fait|il (?:existe|est)|elle (?:existe|est))\b"
)
_ALONE_ASKED = re.compile(
    r"\b(?:travaillez|etes)[- ]vous seule?\b|\bvous (?:travaillez|etes) (?:tout )?seule?\b|\bsans salarie\b"
)


@dataclass(frozen=True, slots=True)
class Polarity:
    """Yes or no with a confidence; `lead` when it was said in so many words at the beginning."""

    value: bool
    confidence: float
    lead: bool
    match: Match | None = None


def read_polarity(question: Reading, answer: Reading, lexicon: AnswerLexicon) -> Polarity | None:
    """What a text says to a yes/no question; None when it says neither."""
    words = answer.words
    if not words:
        return None
    plain = answer.n.plain
    at = 0
    while at < len(words) - 1 and words[at].word in _FILLERS:
        at += 1
    yes = _first(answer, "yes")
    if (
        yes is not None and yes.first == at and yes.last - yes.first >= 2
    ):  # « bien obligé, … », « y a intérêt »
        return Polarity(True, 0.88, True, yes)
    instead = _substitute(question, answer)
    planned = _first(answer, "not_yet")
    exists = _first(answer, "exists")
    if turn := _TURN.search(plain):
        return Polarity(turn.group(1) != "non", 0.85, True)
    first = words[at].word
    following = words[at + 1].word if at + 1 < len(words) else ""
    if first == "que" and following != "dalle":
        first = ""
    if first in _LEAD_YES and following in ("pas", "aucun", "aucune", "jamais"):  # « absolument pas »
        return Polarity(False, 0.93, True, Match("no", "no", at, at + 2))
    if first in _LEAD_YES and not (
        first == "si" and following in ("seulement", "on", "je", "c", "j", "ca", "vous", "tu")
    ):
        return _after_yes(answer, at, instead, planned, exists)
    denied = next((m for m in answer.of("no") if m.first == at and m.last - m.first >= 3), None)
    if denied is not None:  # « pas que je sache »
        return Polarity(False, 0.92, True, denied)
    if (
        first not in _LEAD_NO
        and words[-1].word in ("oui", "non")
        and len(words) > 1
        and words[-2].word != "que"
    ):
        return Polarity(words[-1].word == "oui", 0.85, False)
    if first == "pas" and following in ("mal", "seulement", "que", "uniquement", "plus"):
        return Polarity(True, 0.8, False)
    if re.search(r"\bmais (?:oui|si)\b", plain):
        return Polarity(True, 0.85, False)
    if exists is not None and exists.first == at and instead is None and planned is None:
        return Polarity(True, 0.88, False, exists)
    if planned is not None and planned.first <= at + 6:
        return Polarity(False, 0.9, first in _LEAD_NO, planned)
    if first in _LEAD_NO:
        return Polarity(False, 0.93, True, Match("no", "no", at, at + 1))
    if _PAST.search(plain):
        return Polarity(False, 0.82, False)
    head, but, _ = plain.partition(" mais ")
    if but and instead is None and _HAVING.search(head) and not _NEGATIVE.search(_HARMLESS.sub(" ", head)):
        return Polarity(True, 0.85, False)
    if instead is not None:
        return Polarity(False, 0.85 if _LIMITED.search(plain) or len(words) <= 6 else 0.75, False, instead)
    if planned is not None:
        return Polarity(False, 0.82, False, planned)
    no = _first(answer, "no")
    negative = _NEGATIVE.search(_HARMLESS.sub(" ", plain)) is not None
    if exists is not None and not answer.is_negated(exists) and not negative:
        return Polarity(True, 0.88, False, exists)
    if yes is not None and not (negative and yes.first > 0) and (no is None or yes.first <= no.first):
        return Polarity(True, 0.88 if yes.first <= at else 0.66, yes.first <= at, yes)
    if no is not None:
        rare = any(m.key == "frequence" and 0 < m.level <= 20 for m in answer.of("scale"))
        return Polarity(False, 0.6 if rare else 0.88, no.first <= at, no)
    if negative:
        return Polarity(False, 0.8, False)
    asked = {w.root for w in question.words if w.word not in STOP_WORDS}
    if any(
        w.root in asked and i not in answer.negated for i, w in enumerate(words) if w.word not in STOP_WORDS
    ):
        return Polarity(True, 0.69, False)
    if first in ("juste", "uniquement", "seulement") and following not in ("le", "un", "pour"):
        return Polarity(False, 0.5, False)
    if _HARMLESS.search(plain):
        return Polarity(True, 0.75, False)
    return None


def _after_yes(
    answer: Reading, at: int, instead: Match | None, planned: Match | None, exists: Match | None
) -> Polarity:
    """« Oui » may be taken back: « oui, mais juste sur Facebook », « oui, bientôt », « oui… enfin non »."""
    yes = Match("yes", "yes", at, at + 1)
    rest = answer.n.plain[answer.words[at].end :]
    if instead is not None and exists is None:
        return Polarity(False, 0.78, False, instead)
    if (
        planned is not None
        and exists is None
        and not re.search(r"\bmais\b", rest[: answer.words[planned.first].start])
    ):
        return Polarity(False, 0.75, False, planned)
    if re.match(r"\W*(?:mais |et )non\b", rest):
        return Polarity(False, 0.5, False, yes)
    if _PAST.search(rest) or re.search(r"\bavant\b\W*$", rest):
        return Polarity(False, 0.7, False, yes)
    return Polarity(True, 0.96, True, yes)


def _first(answer: Reading, section: str) -> Match | None:
    return next(iter(answer.of(section)), None)


def _substitute(question: Reading, answer: Reading) -> Match | None:
    """What the owner has in place of the thing asked: a page on a network for a site, a notebook for a "
    "program."""
    asked = {m.key for m in question.of("asked")}
    if not asked:
        return None
    named = {m.key for m in answer.of("asked") if not answer.is_negated(m)}
    for match in answer.of("instead"):
        if match.key in asked and not answer.is_negated(match):
            if match.key in named and not _LIMITED.search(answer.n.plain) and _precedes(answer, match):
                continue
            said = " ".join(w.word for w in answer.words[match.first : match.last])
            if said in question.n.plain:
                continue
            return match
    return None


def _precedes(answer: Reading, match: Match) -> bool:
    """Whether the thing itself is named as owned too: « un site et aussi Facebook »."""
    return any(
        m.key == match.key and m.first < match.first and not answer.is_negated(m) for m in answer.of("asked")
    )


def asks_if_alone(question: Reading) -> bool:
    """Whether the question is if the owner works alone: a headcount then answers it."""
    return _ALONE_ASKED.search(question.n.plain) is not None


def is_question(answer: Reading) -> bool:
    """Whether the message ends as a question."""
    return _QUESTION.search(answer.n.plain) is not None


def says_only_yes_or_no(answer: Reading) -> bool:
    """Whether there is nothing but « oui », « rien », « ben non » in a message."""
    bare = _LEAD_YES | _LEAD_NO | _FILLERS
    return bool(answer.words) and all(word.word in bare for word in answer.words)
