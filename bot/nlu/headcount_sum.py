"""How many people groups come to: seasons make a range, a total holds what it includes, the rest adds up."""

from __future__ import annotations

import re
from dataclasses import dataclass

from bot.nlu import headcount_patterns as say


@dataclass(slots=True)
class Group:
    """People said together. `kind` is total, people, kin or bare (a number alone between commas)."""

    kind: str
    min: int | None
    max: int | None
    start: int
    end: int
    season: str = ""
    capped: bool = False


def alone_but_in_season(text: str, groups: list[Group], solo: tuple[int, int]) -> tuple[int, int] | None:
    """« L'hiver je suis seul, l'été on est dix »: from one to the high season's number, all told if it stands alone."""
    clause_start = max(text.rfind(mark, 0, solo[0]) for mark in ",.;!?") + 1
    clause = re.split(r"[,.;!?]", text[clause_start : solo[1] + 40])[0]
    high = [
        g
        for g in groups
        if g.max is not None and (g.season == "high" or "saisonnier" in text[g.start : g.end])
    ]
    quiet = say.LOW_SEASON.search(clause) or re.search(r"\b(?:l hiver|en hiver)\b", clause)
    if not high or len(groups) > 1 or not quiet:
        return None
    most, is_bare = high[0].max or 1, " " not in text[high[0].start : high[0].end]
    return 1, most if high[0].kind == "total" or is_bare else most + 1


def seasons(text: str, groups: list[Group]) -> tuple[int | None, int | None] | None:
    """Low and high season, when two groups tell them apart."""
    counted = [g for g in groups if g.kind != "kin" and g.max is not None]
    if len(counted) < 2:
        return None
    capped = next((g for g in counted if g.capped), None)
    if capped is not None:
        base = next(g for g in counted if g is not capped)
        return base.min, capped.max
    before = [say.SEASON_BEFORE.search(text[: g.start]) for g in counted]
    named = {found[1] for found in before if found}
    if {"hiver", "ete"} <= named:  # which of them is the quiet one, the numbers say
        return min(g.min or 0 for g in counted), max(g.max or 0 for g in counted)
    after = [say.SEASON_AFTER.match(text, g.end) for g in counted]
    if len({found[1] for found in after if found}) > 1:
        return min(g.min or 0 for g in counted), max(g.max or 0 for g in counted)
    high = [g for g in counted if g.season == "high"]
    low = [g for g in counted if g.season == "low"]
    if not high or (not low and not say.HIGH_SEASON.search(re.sub(r"saisonniers?", "", text))):
        return None
    peak = high[-1]
    base = low[0] if low else next((g for g in counted if g is not peak), peak)
    if base is peak or base.max is None or peak.max is None:
        return None
    said = text[peak.start : peak.end + 40]
    extra = re.search(
        r"saisonnier|vendang|cueill|en plus|de plus|supplementaire|interim|extras?\b|renfort", said
    ) or re.search(r"(?:\+|\bplus) \Z", text[: peak.start])
    owner = 1 if say.OWNER.search(text) and not say.WITHIN.search(text) else 0
    kin = sum(g.min or 0 for g in groups if g.kind == "kin")
    first = (base.min or 0) + owner + kin
    return first, (first + peak.max if extra else max(peak.max, first))


def total_of(
    text: str, groups: list[Group], solo: tuple[int, int] | None
) -> tuple[int | None, int | None] | None:
    """The bounds of all who work there; `solo` is where the text says that the owner is alone."""
    totals = [g for g in groups if g.kind == "total" or _holds_who_follow(text, g)]
    others = [g for g in groups if g.kind in ("people", "kin") or _is_joined(text, g, groups)]
    if totals:
        total = max(totals, key=lambda g: g.max or g.min or 0)
        counted = [total, *(g for g in others if g.start >= total.end and _adds(text, total, g, groups))]
        owner = 0
        if re.match(
            r"(?: [a-z]+){0,2} (?:plus|\+) (?:moi|le patron|la patronne|le gerant)\b", text[total.end :]
        ):
            owner = 1
    elif others:
        included = re.search(r"\b(?:dont|y compris)\b", text)
        counted = [g for g in others if included is None or g.start < included.start()] or others
        counted = [g for g in counted if not _repeats(g, counted)]
        owner = 1 if _owner_counts(text, counted, solo) else 0
    else:
        counted, owner = groups[:1], 1 if say.OWNER.search(text) and not say.WITHIN.search(text) else 0
    low = None if any(g.min is None for g in counted) else sum(g.min or 0 for g in counted) + owner
    high = None if any(g.max is None for g in counted) else sum(g.max or 0 for g in counted) + owner
    return (low, high) if (low, high) != (None, None) else None


def _holds_who_follow(text: str, group: Group) -> bool:
    """A number alone that counts those who are named after it: « 3 avec mon mari »."""
    return group.kind == "bare" and text.startswith(" avec ", group.end)


def _is_joined(text: str, group: Group, groups: list[Group]) -> bool:
    """A number alone before people that come on top of it: « trois plus un apprenti »."""
    return group.kind == "bare" and any(
        other.kind != "bare" and re.fullmatch(r" ?(?:\+|plus|et)(?: \w+)? ", text[group.end : other.start])
        for other in groups
        if other.start > group.end
    )


def _repeats(group: Group, counted: list[Group]) -> bool:
    return any(g is not group and g.start <= group.start and g.end >= group.end for g in counted)


def _adds(text: str, total: Group, group: Group, groups: list[Group]) -> bool:
    """Whether people said after a total come on top of it: "on est deux plus un apprenti"."""
    between = text[total.end : group.start]
    for other in groups:
        if total.end <= other.start and other.end <= group.start:
            between = between.replace(text[other.start : other.end], "")
    if re.search(r"\b(?:dont|avec|soit|compris)\b|[:(]", between):
        return False
    return (
        bool(re.search(r"(?:\+|\b(?:plus|et|ainsi que)) (?:\w+ )?\Z", between))
        and "," not in between.rstrip()[:-1]
        and len(between) < 40
    )


def _owner_counts(text: str, counted: list[Group], solo: tuple[int, int] | None) -> bool:
    """Whether the owner is named beside the people counted, so that one is added."""
    if counted[-1].kind == "people" and re.match(r" avec (?:moi|nous)\b", text[counted[-1].end :]):
        return True
    kin_with_me = any(
        g.kind == "kin" and re.match(r" [a-z ]{0,30}\bavec (?:moi|nous)\b", text[g.end :]) for g in counted
    )
    if kin_with_me:
        return True
    if say.WITHIN.search(text):
        return False
    if say.OWNER.search(text):
        return True
    first = counted[0]
    before = text[max(0, first.start - 60) : first.start]
    if any(g.kind == "kin" for g in counted):
        kin = next(g for g in counted if g.kind == "kin")
        return bool(
            re.search(r"\bavec \Z", text[: kin.start])
            or re.match(r"[a-z ]{0,30}\bavec (?:moi|nous)\b", text[kin.end :])
            or say.KIN_WORKS.match(text[kin.end : kin.end + 60])
        )
    said = text[first.start : first.end]
    if solo is not None and re.search(r"\bseule? avec \Z", before):
        return True
    if re.search(r"\b(?:je (?:suis|travaille|bosse)|suis|travaille|bosse) avec \Z", before):
        return True
    if re.search(r"\bavec (?:un |une |mes |nos |les |mon |ma )?\Z", before) and not re.search(
        r"salari|employ|person|agent", said
    ):
        return bool(say.JE.search(text) or not say.ESTABLISHMENT.search(text))
    return False
