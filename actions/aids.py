"""Public aids for a firm: which are open and possible, what is met and what is to be checked, and for how much.

`recommend_aids` decides; `aids_for` gives the conversation ready lines (amounts: `aid_amounts`);
`why` tells the whole story of one aid.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, NamedTuple

from .aid_amounts import amount_line
from .catalogue import AidSet, Catalogue, OpenAids, members, shipped
from .catalogue.aid import Aid
from .conditions import (
    KINDS,
    Condition,
    Verdict,
    describe,
    euros,
    great_euros,
    is_silent,
    judge,
    missing_field,
)
from .funds import FundBook
from .need_words import need_words
from .network import WAY_OUT, full_stop, who_to_ask
from .profile import Profile
from .territory import IN_REGION

MOST_NEEDS_TOLD = 3
MAYBE = "Vous pourriez être concerné"


class Recommendation(NamedTuple):
    """An open aid that nothing rules out. `to_check`: keys of conditions, `status`, or `ask: question`."""

    aid: Aid
    state: str
    to_check: tuple[str, ...]
    missing: tuple[str, ...]
    """The profile's empty fields that could still take the aid away."""


@dataclass(frozen=True, slots=True)
class AidProposal:
    """An aid as the conversation shows it: short French lines, each at most a bubble."""

    aid_id: str
    name: str
    state: str
    intro: str
    line: str
    met_lines: tuple[str, ...]
    to_check_lines: tuple[str, ...]
    page: str | None
    contact: str
    amount_line: str
    reminder: str
    signing: str

    @property
    def page_beside_contact(self) -> str:
        """The page, or nothing where the contact has just given the same address."""
        if self.page is None or self.contact.endswith(self.page):
            return ""
        return f"Sa page : {self.page}"


def recommend_aids(profile: Profile, catalogue: Catalogue, today: date) -> list[Recommendation]:
    """Choose the public aids that this firm may ask for, the surest first.

    An aid is left out when it is closed on `today`, or when a condition is known to fail. An unknown condition keeps
    it, with the condition in `to_check`: an owner loses more by an aid never shown than by one question.
    """
    said = [need for need in profile.needs if need not in profile.refused]
    opened = catalogue.aids.on(today)
    # Who asks for money only has not said what for: nothing is ruled out by that.
    wanted = () if said == ["financement"] else said
    left = opened.candidates(profile.region, wanted)
    left, doubts = _left_and_doubts(profile, left, opened, catalogue.funds)
    marks: dict[Doubt | str, AidSet] = {doubt: aids for doubt, aids in doubts.items()}
    if profile.region is not None:
        marks[_WIDE] = opened.of_region.get(None, 0)
    if profile.needs:
        marks[_BESIDE] = left & ~opened.of_need.get(profile.needs[0], 0)
    marks[_QUESTIONS] = opened.with_questions
    marks[_HEARSAY] = opened.hearsay
    shelves: dict[tuple[Any, ...], list[tuple[AidSet, list[Doubt]]]] = {}
    for group, found in _alike(left, marks):
        here = [mark for mark in found if isinstance(mark, tuple)]
        keys, fields = {key for key, _ in here}, {field for _, field in here if field is not None}
        # What may not exist any more comes after all that is known open.
        shelf = (
            _HEARSAY in found,
            _QUESTIONS in found or bool(here),
            _WIDE in found,
            "needs" in keys,
            _BESIDE in found,
        )
        shelves.setdefault((*shelf, "status" in keys, len(fields)), []).append((group, here))
    return [one for shelf in sorted(shelves) for one in _in_order(shelves[shelf], opened)]


Doubt = tuple[str, str | None]
"""The key in `to_check` of what is not known, and the profile's empty field or None."""
_WIDE, _BESIDE, _QUESTIONS = "of the whole country", "not for the first need", "with questions"
_HEARSAY = "not known to be open"


def _left_and_doubts(
    profile: Profile, left: AidSet, opened: OpenAids, funds: FundBook
) -> tuple[AidSet, dict[Doubt, AidSet]]:
    """What no condition takes away, and for each doubt the aids that it is about.

    Every distinct condition is judged once, and not at all when nobody is left who has it.
    """
    doubts: dict[Doubt, AidSet] = {("status", None): opened.to_check}
    for kind, conditions in opened.conditions.items():
        if is_silent(kind, profile):
            doubt = (KINDS[kind].key, missing_field(kind, profile))
            doubts[doubt] = doubts.get(doubt, 0) | opened.of_kind[kind]
            continue
        for condition, having in conditions.items():
            if not having & left:
                continue
            verdict = judge(condition, profile, funds)
            if verdict is Verdict.NOT_MET:
                left &= ~having
            elif verdict is Verdict.UNKNOWN:
                doubt = (KINDS[kind].key, missing_field(kind, profile))
                doubts[doubt] = doubts.get(doubt, 0) | having
    return left, doubts


def _alike(left: AidSet, marks: Mapping[Doubt | str, AidSet]) -> list[tuple[AidSet, tuple[Doubt | str, ...]]]:
    """The aids parted into groups that bear the same marks."""
    groups: list[tuple[AidSet, tuple[Doubt | str, ...]]] = [(left, ())] if left else []
    for mark, marked in marks.items():
        parts = []
        for group, found in groups:
            if inside := group & marked:
                parts.append((inside, (*found, mark)))
            if outside := group & ~marked:
                parts.append((outside, found))
        groups = parts
    return groups


def _in_order(groups: Iterable[tuple[AidSet, list[Doubt]]], opened: OpenAids) -> Iterator[Recommendation]:
    """The aids of the groups of one shelf, as the index has them: by kind, then id."""
    found: dict[int, tuple[str, tuple[str, ...], tuple[str, ...]]] = {}
    for group, doubts in groups:
        keys = dict.fromkeys(key for key, _ in doubts)
        missing = tuple(dict.fromkeys(field for _, field in doubts if field is not None))
        told: dict[int, tuple[str, tuple[str, ...], tuple[str, ...]]] = {}  # by number of the questions
        for place in members(group):
            number = opened.questions_of[place]
            if number not in told:
                to_check = (*keys, *opened.questions[number])
                told[number] = ("possible" if to_check else "met", to_check, missing)
            found[place] = told[number]
    for place in sorted(found):
        yield Recommendation(opened.aids[place], *found[place])


def ask_next(recommendations: Iterable[Recommendation], also: Mapping[str, int] | None = None) -> str | None:
    """The empty field of the profile whose answer can take away the most aids, or None when none can.

    `also` counts what else hangs on a field (the fund of the training).
    """
    counts: Counter[str] = Counter(also or {})
    for missing, times in Counter(one.missing for one in recommendations).items():
        for name in missing:
            counts[name] += times
    best = max(counts, key=lambda name: (counts[name], -_ASK_ORDER.index(name)), default=None)
    return best if best is not None and counts[best] > 0 else None


_ASK_ORDER = (
    *(
        "insee",
        "needs",
        "headcount",
        "naf",
        "status",
        "turnover_eur",
        "age_years",
        "legal_form",
        "training_for",
    ),
    *("budget_eur",),
)
ASK_SENTENCES = {
    "insee": "Dans quelle commune est votre entreprise ?",
    "needs": "De quoi avez-vous besoin en premier ?",
    "headcount": "Vous êtes combien à travailler, vous compris ?",
    "naf": "Quel est votre métier ?",
    "status": "Êtes-vous artisan, commerçant, en libéral, agriculteur, en micro-entreprise, ou dirigeant salarié ?",
    "age_years": "Votre entreprise existe depuis combien de temps ?",
    "legal_form": "Quelle est la forme de votre entreprise : à votre nom propre, ou une société ?",
    "training_for": "La formation serait pour vous, ou pour vos salariés ?",
    "budget_eur": "Combien pensez-vous dépenser pour ce projet, à peu près ?",
}


def ask_sentence(name: str, recommendations: Iterable[Recommendation]) -> str:
    """The question to put for a missing field; that of the turnover names the threshold that counts."""
    if name != "turnover_eur":
        return ASK_SENTENCES[name]
    highs: dict[float, int] = {}
    for one in recommendations:
        for condition in one.aid.conditions:
            if condition.kind == "turnover" and condition.high is not None:
                highs[condition.high] = highs.get(condition.high, 0) + 1
    if not highs:
        return "Quel est votre chiffre d'affaires, à peu près ?"
    most = max(highs, key=lambda value: (highs[value], -value))
    return f"Votre chiffre d'affaires dépasse-t-il {great_euros(most)} ?"


# ------------------------------------------------------------------ for the conversation
def aids_for(
    profile: Profile,
    need: str | None,
    today: date,
    *,
    spending_eur: float | None = None,
    catalogue: Catalogue | None = None,
) -> list[AidProposal]:
    """The aids to show for one need (or for those of the profile), as lines. Without a place, national ones only."""
    catalogue = catalogue or shipped()
    asked = profile if need is None else replace(profile, needs=(need,))
    chosen = [
        one
        for one in recommend_aids(asked, catalogue, today)
        if one.aid.region is None or profile.region is not None
    ]
    return [_proposal(one, asked, catalogue, today, spending_eur) for one in chosen]


def nothing_known(
    profile: Profile, proposals: Iterable[AidProposal], catalogue: Catalogue | None = None
) -> str | None:
    """What to say where the region has nothing known open; None when it has."""
    catalogue, proposals = catalogue or shipped(), list(proposals)
    if profile.region is None:
        return "Dites-moi votre commune : les aides changent d'une région à l'autre."
    if any(catalogue.aids.by_id[p.aid_id].region is not None for p in proposals):
        return None
    where = IN_REGION.get(profile.region, "dans votre région")
    if not proposals:
        return (
            f"Je ne connais pas d'aide ouverte pour cela, ni {where}, ni dans toute la France. "
            "Pour être sûr, demandez à Conseillers-Entreprises, c'est gratuit : "
            f"{catalogue.networks[WAY_OUT]['site']}"
        )
    return (
        f"Je ne connais pas d'aide ouverte {where} pour cela. Voici ce qui existe partout en France ; "
        "pour être sûr, demandez à Conseillers-Entreprises, c'est gratuit : "
        f"{catalogue.networks[WAY_OUT]['site']}"
    )


def _proposal(
    one: Recommendation, profile: Profile, catalogue: Catalogue, today: date, spending_eur: float | None
) -> AidProposal:
    aid = one.aid
    serves = need_words(sorted(aid.needs)[:MOST_NEEDS_TOLD])
    met, check = [], []
    for condition in aid.conditions:
        verdict = judge(condition, profile, catalogue.funds)
        sentence = explain(condition, verdict, profile, listed=True)
        if verdict is Verdict.MET and condition.kind != "need":
            met.append(sentence)
        elif verdict is Verdict.UNKNOWN:
            check.append(f"votre besoin ({serves})" if condition.kind == "need" else sentence)
    if "status" in one.to_check:
        check.insert(0, status_line(aid))
    signing = "Demandez avant de signer un devis." if aid.before_signing else ""
    reminder = signing
    if aid.de_minimis:
        ceiling = f"Elle compte sans doute dans le plafond européen d'aides ({_ceiling(profile)} en 3 ans)."
        reminder = f"{reminder} {ceiling}".strip()
    return AidProposal(
        aid_id=aid.id,
        name=aid.name,
        state=one.state,
        intro=f"{MAYBE} : {aid.name}. {aid.line}",
        line=aid.line,
        met_lines=tuple(met),
        to_check_lines=tuple(check),
        page=aid.page,
        contact=contact_line(aid, catalogue, profile),
        amount_line=amount_line(aid, spending_eur),
        reminder=reminder,
        signing=signing,
    )


def _ceiling(profile: Profile) -> str:
    """The European ceiling of small aids: farming and fishing have their own."""
    naf = profile.naf or ""
    if naf.startswith("03"):
        return "30 000 à 40 000 € dans la pêche,"
    return "50 000 € dans l'agriculture," if naf.startswith("01") else "300 000 €"


def status_line(aid: Aid) -> str:
    """Why it must be checked that the aid is still there."""
    if aid.checked is None:
        return "qu'elle est encore ouverte (je ne sais pas quand on l'a vérifiée)"
    if aid.status == "unknown":
        return f"qu'elle est encore ouverte (vue en {aid.seen})"
    return f"qu'elle est encore ouverte (ma dernière information date de {aid.seen})"


def contact_line(aid: Aid, catalogue: Catalogue, profile: Profile) -> str:
    """Who to ask about the aid and how."""
    row = catalogue.networks.get(aid.contact) or catalogue.networks[WAY_OUT]
    need = next((need for need in profile.needs if need in aid.needs), None)
    return who_to_ask(row, profile, need)


# ------------------------------------------------------------------ why
def explain(condition: Condition, verdict: Verdict, profile: Profile, *, listed: bool = False) -> str:
    """One line on a condition and on what is known of it; `listed` under « à vérifier », that is not said again."""
    what = describe(condition)
    if condition.kind == "ask":
        return what if listed else f"à demander : {what}"
    if condition.kind == "headcount" and verdict is Verdict.UNKNOWN and profile.headcount_max is not None:
        said = _people(profile)
        return f"{what} (vous avez dit {said} : tout près du seuil, et ce sont les salariés qu'on compte)"
    if verdict is Verdict.UNKNOWN:
        return what if listed else f"{what} : à vérifier"
    # A year or a turnover was chosen among some: the one kept for it is not what was said.
    said = "" if listed and condition.kind in ("age", "turnover") else _said(condition, profile)
    return f"{what} (vous avez dit {said})" if said else what


def _people(profile: Profile) -> str:
    low, high = profile.headcount_min, profile.headcount_max
    if low is not None and low == high:
        return "1 personne" if low == 1 else f"{low} personnes"
    if low is None:
        return f"au plus {high} personnes"
    return f"au moins {low} personnes" if high is None else f"{low} à {high} personnes"


def _said(condition: Condition, profile: Profile) -> str:
    kind = condition.kind
    if kind == "headcount":
        return _people(profile)
    if kind == "turnover" and profile.turnover_eur is not None:
        return euros(profile.turnover_eur)
    if kind == "age" and profile.age_years is not None:
        return f"{profile.age_years:g} an" + ("s" if profile.age_years > 1 else "")
    if kind == "spending" and profile.budget_eur is not None:
        return euros(profile.budget_eur)
    if kind in ("activity", "micro", "fund") and profile.status is not None:
        return STATUS_WORDS[profile.status]
    if kind == "naf" and profile.naf is not None:
        return f"code {profile.naf}"
    if kind == "legal_form" and profile.legal_form is not None:
        return profile.legal_form
    return ""


STATUS_WORDS = {
    "artisan": "artisan",
    "commercant": "commerçant",
    "liberal": "profession libérale",
    "agriculteur": "agriculteur",
    "micro_artisan": "artisan en micro-entreprise",
    "micro_commercant": "commerçant en micro-entreprise",
    "micro_liberal": "libéral en micro-entreprise",
    "association": "association",
    "dirigeant_salarie": "dirigeant salarié",
}


def why(aid_id: str, profile: Profile, catalogue: Catalogue, today: date) -> str:
    """Why an aid was or was not proposed, one line a condition.

    Raises:
        KeyError: no aid has this id.
    """
    aid = catalogue.aids.by_id[aid_id]
    lines = [f"{aid.name} ({aid.operator})", aid.line]
    verdicts = [(c, judge(c, profile, catalogue.funds)) for c in aid.conditions]
    if aid.status == "closed":
        end = f" depuis le {_day(aid.end)}" if aid.end else ""
        lines.append(f"Non proposée : elle est fermée{end}.")
    elif not aid.is_open(today):
        lines.append(f"Non proposée : elle a pris fin le {_day(aid.end)}.")
    elif any(v is Verdict.NOT_MET for _, v in verdicts):
        lines.append("Non proposée : une condition au moins n'est pas remplie.")
    elif any(v is Verdict.UNKNOWN for _, v in verdicts) or aid.needs_check(today):
        lines.append(f"Proposée comme possible. {MAYBE}, mais il reste à vérifier.")
    else:
        lines.append(f"Proposée : rien de connu ne s'y oppose. {MAYBE}.")
    if aid.status != "closed" and aid.needs_check(today):
        lines.append(f"  ? à vérifier : {status_line(aid)}")
    marks = {Verdict.MET: "✓", Verdict.NOT_MET: "✗", Verdict.UNKNOWN: "?"}
    for condition, verdict in verdicts:
        text = explain(condition, verdict, profile)
        if condition.kind == "need":
            text = _need_line(aid, profile, verdict)
        suffix = " : non rempli" if verdict is Verdict.NOT_MET and condition.kind != "need" else ""
        lines.append(f"  {marks[verdict]} {text}{suffix}")
    if amount := amount_line(aid):
        lines.append(f"Montant : {amount}")
    lines.append(f"Page officielle : {aid.page}" if aid.page else "Pas de page officielle connue.")
    lines.append(full_stop(contact_line(aid, catalogue, profile)))
    lines.append(last_check(aid))
    return "\n".join(lines)


def last_check(aid: Aid) -> str:
    """When the aid was last checked, as its source gives it."""
    if aid.checked is None:
        return "Date de vérification inconnue."
    # A source that gives its month or year only: no day is made up.
    has_day = len(aid.checked_as) > len("2026-07")
    return f"Vérifiée le {_day(aid.checked)}." if has_day else f"Vérifiée en {aid.seen}."


def _need_line(aid: Aid, profile: Profile, verdict: Verdict) -> str:
    serves = need_words(sorted(aid.needs))
    if verdict is Verdict.MET:
        return "répond à votre besoin : " + need_words(n for n in profile.needs if n in aid.needs)
    if verdict is Verdict.UNKNOWN:
        return f"besoin à préciser (l'aide sert à : {serves})"
    if aid.needs <= set(profile.refused):
        return f"vous n'en voulez pas (l'aide sert à : {serves})"
    return f"ne répond pas à votre besoin (elle sert à : {serves})"


def _day(day: date | None) -> str:
    return f"{day:%d/%m/%Y}" if day is not None else "?"
