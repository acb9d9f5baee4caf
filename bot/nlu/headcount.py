"""How many people work in the firm, read in an owner's text, by the rules of the guideline.

People are found as groups: a total ("on est 5", "une équipe de 8"), counted people ("4 salariés"), relatives
and
helpers who work there ("mon frère et moi"), the owner alone. A total wins over what it includes; groups add
up; two
groups with a season make a range.
"""

from __future__ import annotations

import re
from dataclasses import replace

from bot.messages import Headcount
from bot.nlu import headcount_patterns as say
from bot.nlu.headcount_sum import Group, alone_but_in_season, seasons, total_of
from bot.nlu.headcount_words import NOT_COUNTED, Canonical, canonical, is_person
from bot.nlu.numbers import Amount, find_amounts
from bot.nlu.text import Normalised

MOST_AMOUNTS = 40
"""Amounts considered in a text, so that the time is bounded."""
MOST_PEOPLE = 5000
"""More people than this in a small firm are something else."""


def read_headcount(n: Normalised, typed: Normalised | None = None) -> Headcount | None:
    """The people at work in the firm as said in a free message, or None; `typed` before its spelling was corrected."""
    form = canonical(n, typed)
    return _made(n, form, _groups(form, answer=False), answer=False)


def read_headcount_answer(n: Normalised) -> Headcount | None:
    """The people said in a text that answers "how many are you?": a bare number is enough."""
    form = canonical(n)
    groups = _groups(form, answer=True)
    return _made(n, form, groups, answer=True)


# ------------------------------------------------------------------ groups
def _groups(form: Canonical, *, answer: bool) -> list[Group]:
    text = form.text
    amounts = [a for a in find_amounts(text) if _is_plausible(a)][:MOST_AMOUNTS]
    groups: list[Group] = []
    for amount in amounts:
        if any(amount.start < g.end and amount.end > g.start for g in groups):
            continue
        group = _counted(text, amount) or _total(text, amount)
        if group is not None and (teams := say.TIMES.search(text[: amount.start])) is not None:
            group = _several(group, teams)
        if (
            group is None
            and answer
            and not say.UNIT.match(text[amount.end :])
            and not _is_article(text, amount)
            and not _counts_things(text, amount)
        ):
            group = Group("bare", _whole(amount.min), _whole(amount.max), amount.start, amount.end)
        if group is not None:
            groups.append(group)
    for amount in amounts:
        apart = not any(amount.start < g.end and amount.end > g.start for g in groups)
        if apart and (group := _joined(text, amount, groups)) is not None:
            groups.append(group)
    if not groups:
        groups.extend(g for amount in amounts if (g := _lonely(text, amount)) is not None)
    groups.extend(_relatives(text, groups))
    groups.sort(key=lambda g: g.start)
    if len(groups) > 1:
        groups = [g for g in groups[:-1] if not say.PAST.search(text[: g.start])] + groups[-1:]
    for position, group in enumerate(groups):
        following = groups[position + 1].start if position + 1 < len(groups) else len(text)
        preceding = groups[position - 1].end if position else 0
        group.season = _season(text, group, preceding, following)
    return groups


def _is_plausible(amount: Amount) -> bool:
    values = [v for v in (amount.min, amount.max) if v is not None]
    return all(v == int(v) and 0 <= v <= MOST_PEOPLE for v in values)


def _whole(value: float | None) -> int | None:
    return None if value is None else int(value)


def _counts_things(text: str, amount: Amount) -> bool:
    word = re.match(r" ([a-z]+)", text[amount.end :])
    return word is not None and word[1] in NOT_COUNTED


def _several(group: Group, teams: re.Match[str]) -> Group:
    """« Deux équipes de trois »: as many groups as are told."""
    said = find_amounts(teams[1])
    times = int(said[0].min) if said and said[0].exact and said[0].min else 1
    low, high = (None if bound is None else bound * times for bound in (group.min, group.max))
    return replace(group, min=low, max=high, start=teams.start())


def _is_article(text: str, amount: Amount) -> bool:
    return text[amount.start : amount.end] in ("un", "une")


def _counted(text: str, amount: Amount) -> Group | None:
    """An amount followed by people: "4 salariés", "une vingtaine d'ouvriers", "deux jeunes apprentis"."""
    rest = text[amount.number_end : amount.number_end + 60]
    offset = 0
    if of := re.match(r" (?:de|d|des) ", rest):
        offset = of.end() - 1
    while adjective := say.ADJECTIVES.match(rest, offset):
        following = re.match(r" ([a-z]+)", rest[adjective.end() :])
        if following is None or not (is_person(following[1]) or say.ADJECTIVES.match(rest, adjective.end())):
            break
        offset = adjective.end()
    noun = re.match(r" ?([a-z]+)(?: (?:et|ou|/) (?:de )?[a-z]+(?:s|x)\b)?", rest[offset:])
    word = re.match(r" ?([a-z]+)", rest[offset:])
    if word is None or noun is None:
        return None
    end = amount.number_end + offset + word.end()
    post = say.POST.match(rest)
    if not is_person(word[1]):
        if post is None or _is_article(text, amount):
            return None
        end = amount.number_end + post.end()
    before = text[max(0, amount.start - 200) : amount.start]
    if word[1] in ("temps",) and not post:
        return None
    if word[1].rstrip("s") == "aide" and not say.HELPER_AFTER.match(text[end : end + 40]):
        return None
    if word[1] == "couple":
        return Group("people", 2, 2, amount.start, end) if amount.exact else None
    after = text[end : end + 40]
    if say.NOT_PEOPLE_AFTER.match(after) or re.match(r" (?:sous|volant|benevole\w*|stagiaire\w*)\b", after):
        return None
    clause = re.split(r"[.;!?\n]|, (?!\d)", before)[-1] + ""
    own = re.search(r"\b(?:mes|nos) \Z", before) and say.TRAINED.search(clause)  # « former mes 4 vendeuses »
    if not own and say.ASKED.search(clause + ("" if clause.endswith(" ") else " ")):
        return None
    if re.search(r"\bpour \Z", before) and amount.exact:
        return None
    home_help = re.match(r" (?:femme|homme) (?:de (?:menage|chambre)|a tout faire)", rest) is not None
    if _is_article(text, amount) and (
        (word[1] in say.OUTSIDERS and not home_help) or not _article_counts(before, after)
    ):
        return None
    total = bool(
        say.SUBJECT.search(before) or (re.match(r"\Apersonnes?\b", word[1]) and not say.MORE.search(before))
    )
    kind = "total" if (total and word[1].startswith("person")) or say.SUBJECT.search(before) else "people"
    minimum, maximum = _whole(amount.min), _whole(amount.max)
    return Group(kind, minimum, maximum, amount.start, end, capped=_is_capped(text, amount))


def _is_capped(text: str, amount: Amount) -> bool:
    return amount.min is None and "jusqu" in text[amount.start : amount.end]


def _article_counts(before: str, after: str) -> bool:
    """Whether "un apprenti" counts one: after "j'ai", "avec", "et", in a list; not "je suis un plombier"."""
    tail = before[-40:]
    if re.search(
        r"\b(?:rdv|rendez vous|parler|discuter|contact|appel\w*|voir|besoin|papier|echang\w+)\b", tail
    ) or re.match(
        r" (?:pour (?:ca|cela|s|m|me|le|la|les)|de (?:la|chez)|du|exterieur\w*|qui s (?:en )?(?:charge|"
        r"occupe)|qui (?:me )?fait|s (?:en )?(?:charge|occupe)|externe|independant|(?:\w+ ){0,3}?a besoin)\b",
        after,
    ):
        return False
    if re.search(
        r"\b(?:suis|es|est|c est|comme|pour|d|de|par|qu|chez|que|a|si|trouver|former|devenir|faut|"
        r"voudrais|veux|etre) \Z",
        tail,
    ):
        return False
    if re.fullmatch(r"(?:.*[.;!?] )?", before):  # at the head of a list: "un boulanger, une vendeuse et moi"
        return bool(re.search(r"(?:,|et|\+|plus) (?:un|une|deux|\d|moi)\b", after))
    return bool(
        re.search(
            r"(?:\b(?:j ai|ai|a|avec|et|plus|que|avons|emploie|ya|il y a|seulement|dont|juste|ou|puis)|"
            r"[,+&(:]) ?\Z|\b(?:\d+|deux|trois|quatre|cinq|six|huit|dix) [a-z]+(?:s|x) \Z",
            tail,
        )
    )


def _total(text: str, amount: Amount) -> Group | None:
    """A number that is all the people: "on est 5", "une équipe de 8", "à trois", "7 dans l'équipe"."""
    before, after = text[max(0, amount.start - 200) : amount.start], text[amount.end : amount.end + 50]
    if _is_article(text, amount) or say.UNIT.match(after):
        return None
    group = Group(
        "total",
        _whole(amount.min),
        _whole(amount.max),
        amount.start,
        amount.end,
        capped=_is_capped(text, amount),
    )
    word = re.match(r" ([a-z]+)", after)
    thing = bool(
        word and word[1] not in say.SMALL_WORDS and (word[1] in NOT_COUNTED or _looks_like_thing(word[1]))
    )
    if say.AFTER_TOTAL.match(after):
        return group
    if say.SUBJECT.search(before[-60:]):
        return None if thing else group
    if say.TEAM.search(before[-60:]) and not thing:
        return group
    if re.search(r"\bmoi (?:et|\+|plus|avec) \Z", before) and not thing:
        return Group("people", group.min, group.max, group.start, group.end)
    if (
        say.AT.search(before[-40:])
        and not thing
        and (amount.in_words or re.match(r"(?: (?:sur|dans|au|en|a|avec|depuis|et)\b| ?[,.;!?)]|\Z)", after))
    ):
        return group
    return None


def _looks_like_thing(word: str) -> bool:
    """A plain noun after the number that is neither a person nor a small word of the sentence."""
    return word not in say.SMALL_WORDS and not is_person(word) and len(word) > 2


def _joined(text: str, amount: Amount, groups: list[Group]) -> Group | None:
    """A number without a noun beside a group: "4 salariés l'hiver et 10 l'été", "on est 3, 8 en saison"."""
    part_time = re.match(r" a (?:mi temps|temps (?:partiel|plein|complet))\b", text[amount.end :])
    if (_is_article(text, amount) and not part_time) or say.UNIT.match(text[amount.end :]):
        return None
    after = text[amount.end : amount.end + 40]
    if say.ASKED.search(re.split(r"[.;!?\n,]", text[max(0, amount.start - 200) : amount.start])[-1]):
        return None
    seasonal = (
        say.HIGH_SEASON.match(after.lstrip())
        or say.LOW_SEASON.match(after.lstrip())
        or say.SEASON_BEFORE.search(text[: amount.start])
    )
    near = [g for g in groups if -1 <= amount.start - g.end <= 45 or -1 <= g.start - amount.end <= 45]
    linked = any(
        re.fullmatch(r" ?(?:et|\+|plus|puis) ", text[g.end : amount.start])
        for g in groups
        if g.end <= amount.start
    )
    if near and (
        seasonal or (linked and re.match(r"(?: ?[,.;!?)]|\Z| (?:a|en|au|aux|dans|sur|cote)\b)", after))
    ):
        return Group(
            "people",
            _whole(amount.min),
            _whole(amount.max),
            amount.start,
            amount.end,
            capped=_is_capped(text, amount),
        )
    return None


def _lonely(text: str, amount: Amount) -> Group | None:
    """A number alone between two marks: "boucherie, 4, Brest"; also with a season: "4 à l'année, 15 l'été"."""
    said = text[amount.start : amount.end]
    listed = text[amount.end :].startswith(")") and not text[: amount.start].endswith("(")  # « 1) un site »
    if (
        listed
        or _is_article(text, amount)
        or re.match(r"0\d", said)
        or re.fullmatch(r"\d{4,}|[3-9]\d\d", said)
    ):
        return None
    before, after = (
        text[max(0, amount.start - 200) : amount.start].rstrip(" "),
        text[amount.end : amount.end + 40],
    )
    if say.ASKED.search(re.split(r"[.;!?\n,]", text[max(0, amount.start - 200) : amount.start])[-1]):
        return None
    if say.HIGH_SEASON.match(after.lstrip()) or say.LOW_SEASON.match(after.lstrip()):
        return Group("people", _whole(amount.min), _whole(amount.max), amount.start, amount.end)
    opened = before.endswith((",", ";", "(", " -", ":")) and before.strip(" ,;(-:") != ""
    approximate = not amount.exact and amount.in_words and before.endswith((",", ";"))
    opened = opened or (
        not before and not amount.exact and re.match(r" (?:selon|suivant)\b", after) is not None
    )
    closed = (
        re.match(r" ?(?:\Z|[,.;!)\n]| - )", after)
        or (approximate and re.match(r" (?:dans|a|en|sur)\b", after))
        or re.match(r" (?:selon|suivant)\b", after)
    )
    if (
        not (opened and closed)
        or (before.endswith("(") and "<" in text)
        or (before.endswith("(") and amount.exact and amount.min is not None and amount.min >= 10)
    ):
        return None
    if len(re.findall(r"(?:\A|[,;(])\s*\d+\s*(?=[,;)]|\Z)", text)) > 1:
        return None
    return Group("bare", _whole(amount.min), _whole(amount.max), amount.start, amount.end)


def _relatives(text: str, groups: list[Group]) -> list[Group]:
    """Relatives and helpers who work there: with "et moi", "avec …", "… m'aide", or beside counted people."""
    found: list[Group] = []
    kin = [*say.KIN_GROUP.finditer(text), *say.KIN_MANY.finditer(text), *say.KIN_ADDED.finditer(text)]
    kin += [match for match in say.KIN_WITH_ME.finditer(text) if match["kin"] not in NOT_COUNTED]
    # Twice: who stands beside somebody who counts is found in the second round.
    for match in [*kin[:MOST_AMOUNTS], *kin[:MOST_AMOUNTS]]:
        if any(match.start() < g.end and match.end() > g.start for g in [*groups, *found]):
            continue
        before, after = text[: match.start()], text[match.end() : match.end() + 60]
        if say.SHARED_WITH.search(before[-80:]):
            continue
        if re.search(
            r"\b(?:de|chez|a|pour|par|du|que|c est|comme|dit|demande a|d apres) \Z", before
        ) and not re.search(
            r"\b(?:aide de|tenue? par|gere\w* par|cree\w* par|repris\w* par|plus|juste que) \Z", before
        ):
            continue
        with_owner = re.match(
            r"(?: [a-z]+){0,4}? ?(?:et|,|\+|&|plus) (?:\w+ ){0,4}?moi\b(?! (?:j|je|qui|c)\b)", after
        )
        if re.search(r"\bpour moi et \Z", before):
            continue
        after_owner = re.search(
            r"\bmoi(?: meme)? ?(?:et|,|\+|&|plus|avec|ainsi que)(?: [a-z]+){0,4} \Z| moi , \Z|"
            r"\bmoi [a-z ]{0,20} et \Z",
            before,
        )
        beside = any(
            re.fullmatch(
                r" ?(?:,|et|\+|&|plus|,? ainsi que|avec|:)? ?(?:et )?",
                text[min(g.end, match.end()) : max(g.start, match.start())],
            )
            for g in [*groups, *found]
        )
        accompanied = re.search(r"\bavec \Z", before)
        works = say.KIN_WORKS.match(after)
        if with_owner or after_owner or beside or accompanied or works:
            size = 2 if match["kin"].endswith("parents") else 1
            if match["kin"] == "stagiaire":
                continue
            found.append(Group("kin", size, size, match.start(), match.end()))
    return found


def _season(text: str, group: Group, preceding: int, following: int) -> str:
    around = text[group.start : min(following, group.end + 45)]
    if group.kind != "kin":
        around = re.split(r"[.;]|, \d|\bet \d|\bet jusqu|\ba \d", around)[0]
        lead = text[max(preceding, group.start - 22) : group.start]
        around = (
            re.split(r"[,.;]", lead)[-1] + around
            if not re.search(r"\b(?:ete|hiver|saison|annee)\b", around)
            else around
        )
    low, high = say.LOW_SEASON.search(around), say.HIGH_SEASON.search(around)
    if low and not (high and high.start() < low.start() and "permanents" in low[0]):
        return "low"
    return "high" if high else ""


# ------------------------------------------------------------------ the sum
def _made(n: Normalised, form: Canonical, groups: list[Group], *, answer: bool) -> Headcount | None:
    text = form.text
    if groups and all(g.max == 0 for g in groups):
        groups = []
    solo = say.find_solo(text, answer=answer)
    if not groups:
        if solo is None:
            return None
        return Headcount(1, 1, n.span(*form.span(*solo)))
    span = n.span(*form.span(min(g.start for g in groups), max(g.end for g in groups)))
    if solo is not None and (season := alone_but_in_season(text, groups, solo)) is not None:
        return Headcount(*season, span)
    if solo is not None and all(g.kind == "bare" for g in groups) and not answer:
        return Headcount(1, 1, n.span(*form.span(*solo)))
    bounds: tuple[int | None, int | None] | None = seasons(text, groups) or total_of(text, groups, solo)
    return None if bounds is None else Headcount(*bounds, span)
