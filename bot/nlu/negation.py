"""Decides of each mention of a need whether the owner wants it, refuses it, or only names it.

The text is cut into clauses (punctuation, « mais », « par contre », « et » before a verb); a refusal reaches
from its cue to the end of its clause, or backwards when it follows (« Facebook, c'est fini »). spaCy's
analysis, where it is given, tells a verb after « et » or a comma from one more noun of the refused list.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import pairwise

from bot.messages import Span
from bot.nlu import refusal_words as words
from bot.nlu.needs import Mention
from bot.nlu.text import Normalised


class Stance(Enum):
    """What the owner makes of a need that he speaks of. NAMED: he does not say."""

    WANTED = "wanted"
    REFUSED = "refused"
    HAS = "has"
    NAMED = "named"


@dataclass(frozen=True, slots=True)
class Judged:
    """A mention and the stance on it."""

    mention: Mention
    stance: Stance


# what stands further from a mention says nothing of it; keeps the time linear in long texts
_REACH_CHARS = 160
_CONTEXT_CHARS = 40


def judge(
    n: Normalised, mentions: Sequence[Mention], starts_clause: Callable[[int], bool] | None = None
) -> list[Judged]:
    """The stance on each mention.

    `starts_clause(i)` says of the token after an « et » or a comma that a verb of its own governs what follows.
    """
    if not mentions:
        return []
    clauses = _clauses(n, mentions, starts_clause)
    judged = []
    for mention in mentions:
        start, end = n.tokens[mention.start].start, n.tokens[mention.end - 1].end
        index = next(i for i, (a, b) in enumerate(clauses) if a <= start < b)
        judged.append(Judged(mention, _stance(n, mention, mentions, start, end, clauses, index)))
    return judged


def hangs_on_syntax(n: Normalised, judged: Sequence[Judged]) -> Span | None:
    """The stretch of plain text where a refusal reached a mention over an « et » or a comma.

    A new clause may have begun there; None where no refusal went so far.
    """
    stretch: Span | None = None
    for one in judged:
        if one.stance is not Stance.REFUSED:
            continue
        start, end = n.tokens[one.mention.start].start, n.tokens[one.mention.end - 1].end
        joints = list(words.JOINED.finditer(n.plain, max(0, start - _REACH_CHARS), start))
        # « on est 5, je ne veux pas vendre »: a joint before the refusal cuts nothing off it
        if joints and not _is_refused_before(n.plain[joints[-1].end() : start], n.plain[start:end]):
            first = max(0, joints[0].start() - _CONTEXT_CHARS)
            stretch = (min(first, stretch[0]) if stretch else first, end)
    return stretch


def _clauses(
    n: Normalised, mentions: Sequence[Mention], starts_clause: Callable[[int], bool] | None
) -> list[tuple[int, int]]:
    inside = [(n.tokens[m.start].start, n.tokens[m.end - 1].end) for m in mentions]
    cuts = {0, len(n.plain)}
    for match in (*words.STRONG_CUT.finditer(n.plain), *words.SOFT_CUT.finditer(n.plain)):
        if not any(a < match.start() < b for a, b in inside):
            cuts.add(match.start())
    if starts_clause is not None:
        for i in range(1, len(n.tokens)):
            before = n.plain[n.tokens[i - 1].end : n.tokens[i].start]
            joined = n.tokens[i - 1].word in ("et", "puis") or "," in before
            if joined and starts_clause(i) and not any(a < n.tokens[i].start < b for a, b in inside):
                cuts.add(n.tokens[i].start)
    ordered = sorted(cuts)
    return list(pairwise(ordered)) or [(0, len(n.plain) + 1)]


def _stance(
    n: Normalised,
    mention: Mention,
    mentions: Sequence[Mention],
    start: int,
    end: int,
    clauses: Sequence[tuple[int, int]],
    index: int,
) -> Stance:
    first = clauses[index][0]
    before = n.plain[max(first, start - _REACH_CHARS) : start]
    said = n.plain[start:end]
    next_at = min((at for m in mentions if (at := n.tokens[m.start].start) >= end), default=len(n.plain))
    until_next = n.plain[end : min(next_at, end + _REACH_CHARS)]
    if next_at < min(len(n.plain), end + _REACH_CHARS):
        # « …, mais surtout pas de Facebook » turns down what follows, not what stands before
        until_next = words.OF_THE_NEXT.sub("", until_next)
    is_nuisance = words.NUISANCE.search(said) is not None
    refused_before = _is_refused_before(before, said)
    if not refused_before and not is_nuisance and _is_refused_after(until_next):
        return Stance.REFUSED
    if mention.strong:
        return _strong_stance(said, before, is_nuisance)
    lacking = words.LACK.search(before.rstrip()) is not None
    if (
        lacking
        or (
            words.CONTRAST.match(before)
            and words.NONE_LEFT.search(before)
            and not words.TURNED_DOWN.search(before)
        )
    ) and not words.PROUD.search(until_next):
        return Stance.WANTED
    has = bool(words.HAS_BEFORE.search(before)) or bool(words.HAS_AFTER.match(until_next[:90]))
    if _is_spoilt(n, end, clauses, index, next_at):
        return Stance.REFUSED if refused_before and not has else Stance.WANTED
    if refused_before:
        return Stance.WANTED if is_nuisance else Stance.REFUSED
    if has:
        return Stance.HAS
    if words.TRADE_VERB.search(before):
        return Stance.NAMED
    if is_nuisance:
        return Stance.WANTED
    if words.POSSESSES.search(before) and not words.WANT.search(before) and not words.WANT.match(said):
        return Stance.HAS if words.GOOD.match(until_next[:50]) else Stance.NAMED
    return Stance.WANTED


def _strong_stance(said: str, before: str, is_nuisance: bool) -> Stance:
    """A complaint holds its own « pas »: only a wish turned down before it takes it back."""
    if words.STARTS_WITH_NOT.match(said):
        # « je ne demande pas d'argent » refuses, « il n'y a pas d'argent » complains
        return Stance.REFUSED if words.WISH_VERB_LAST.search(before) else Stance.WANTED
    cues = list(words.TURNED_DOWN.finditer(_without_false_refusals(before)))
    if not cues or is_nuisance:
        return Stance.WANTED
    return Stance.WANTED if words.WANT.search(before, cues[-1].end()) else Stance.REFUSED


def _is_spoilt(n: Normalised, end: int, clauses: Sequence[tuple[int, int]], index: int, next_at: int) -> bool:
    """Whether what is there is old, slow or useless, said of it in its clause or in a « mais… » behind."""
    until = min(next_at, clauses[index][1], end + _REACH_CHARS)
    if words.SPOILT.search(n.plain, end, until):
        return True
    if index + 1 >= len(clauses):
        return False
    start, last = clauses[index + 1]
    text = n.plain[start : min(next_at, last, start + _REACH_CHARS)]
    return bool(words.OF_THE_SAME.match(text) and words.SPOILT.search(text))


def _without_false_refusals(text: str) -> str:
    return words.NOT_REFUSAL.sub(lambda match: "_" * len(match.group()), text)


def _is_refused_before(before: str, said: str) -> bool:
    """Whether a refusal stands before the mention, in its clause, with no wish in between."""
    if words.INSTEAD.search(before):
        return True
    if words.MAY_REFUSE.search(before) is None:
        return False
    # with the thing itself: « plus d'avis » refuses none
    kept = _without_false_refusals(before + said)[: len(before)]
    cues = list(words.REFUSAL.finditer(kept))
    if not cues:
        return False
    wish = words.WANT.search(kept, cues[-1].end())
    return wish is None or wish.group() in words.NO_WISH


def _is_refused_after(until_next: str) -> bool:
    if words.REFUSED_AFTER.match(until_next[:80]):
        return True
    return bool(words.REFUSED_LATER.search(until_next[:70]) and not re.search(r"\bmais\b", until_next[:30]))
