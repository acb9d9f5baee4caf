"""What an advisor does with what owners asked for: plain functions, so that pages can be put on them.

An advisor sees the requests of his own chamber only: every function takes the chamber, and a request of another
chamber is as if there were none.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from bot.assistant.assistant import Assistant
from bot.dialogue import slots_kept
from bot.errors import ConnecteurError
from bot.messages import BotMessage, Button, Document
from bot.project import ProjectHooks
from bot.store import Store, conversations, records
from bot.store.records import Record

KINDS = (
    "call_back",
    "connecteur_signup",
    "skill_offer",
    "skill_search",
    "skill_match",
    "feedback",
    "handover",
)


class NoSuchRequestError(ConnecteurError):
    """There is no request of that id in this chamber, or it is of another kind."""


@dataclass(frozen=True, slots=True)
class LoanTerms:
    """What the draft agreement needs beyond the match. Amounts in euros a month."""

    gross_monthly_eur: float
    employer_charges_eur: float
    expenses_eur: float = 0.0
    months: int = 6
    start: str = ""
    job: str = ""


# ------------------------------------------------------------------ requests
async def list_requests(
    store: Store, chamber: str, kind: str | None = None, state: str | None = None
) -> list[Record]:
    """The requests of a chamber, oldest first."""
    kinds = KINDS if kind is None else (kind,)
    return await store.database.read(
        lambda c: [
            one for name in kinds for one in records.list_records(c, name, chamber=chamber, state=state)
        ]
    )


async def settle(store: Store, chamber: str, record_id: str, state: str, note: str = "") -> Record:
    """Move a request on, and record what happened.

    Raises:
        NoSuchRequestError: none of that id in this chamber.
    """
    found = await _of_chamber(store, chamber, record_id)
    now = time.time()
    data = {**found.data, **({"note": note[:2000]} if note else {}), "settled_at": now}

    def write(connection: Any) -> None:
        records.set_record_data(connection, record_id, data, now)
        records.set_record_state(connection, record_id, state, now)

    await store.database.write(write)
    return await _of_chamber(store, chamber, record_id)


async def _of_chamber(store: Store, chamber: str, record_id: str, kind: str | None = None) -> Record:
    found = await store.database.read(lambda c: records.get_record(c, record_id))
    if found is None or found.chamber != chamber or (kind is not None and found.kind != kind):
        raise NoSuchRequestError(f"Il n'y a pas de demande « {record_id} » pour la chambre « {chamber} ».")
    return found


# ------------------------------------------------------------------ connecteurs
async def approved_connecteurs(store: Store) -> list[dict[str, Any]]:
    """The sign-ups that an advisor approved: the directory."""
    found = await store.database.read(
        lambda c: records.list_records(c, "connecteur_signup", state="approved")
    )
    return [one.data for one in found]


# ------------------------------------------------------------------ skills
async def propose_matches(
    assistant: Assistant, store: Store, hooks: ProjectHooks, chamber: str
) -> list[Record]:
    """Match the open offers and searches of a chamber, and ask both sides of each new match whether they agree.

    Nobody's name is in what is asked.
    """
    match_skills = _hook(hooks.match_skills, "match_skills")
    notices = [
        *await list_requests(store, chamber, "skill_offer"),
        *await list_requests(store, chamber, "skill_search"),
    ]
    open_ones = {one.id: one for one in notices if one.state in ("new", "proposed")}
    known = {(m.data["offer"], m.data["search"]) for m in await list_requests(store, chamber, "skill_match")}
    rows = [{**one.data, "id": one.id, "side": one.kind.removeprefix("skill_")} for one in open_ones.values()]
    made: list[Record] = []
    for match in match_skills(rows):
        offer, search = open_ones[match["offer"]], open_ones[match["search"]]
        if (offer.id, search.id) in known:
            continue
        data = {
            **match,
            "offer_conversation": offer.conversation_id,
            "search_conversation": search.conversation_id,
        }
        match_id = await _add_match(store, chamber, data)
        for conversation in (offer.conversation_id, search.conversation_id):
            if conversation is not None:
                await assistant.tell(conversation, [_consent_question(match_id, str(match["line"]))])
        made.append(await _of_chamber(store, chamber, match_id))
    return made


async def _add_match(store: Store, chamber: str, data: Mapping[str, Any]) -> str:
    return await store.database.write(
        lambda c: records.add_record(c, "skill_match", chamber, None, data, time.time(), state="proposed")
    )


def _consent_question(match_id: str, line: str) -> BotMessage:
    def payload(says: str) -> str:
        return f"/skill_consent{orjson.dumps({'match': match_id, 'dit': says}).decode()}"

    return BotMessage(
        text=f"Une entreprise convient : {line} Voulez-vous que je lui donne votre nom, et à vous le sien ?",
        buttons=(Button("Oui, donnez mon nom", payload("oui")), Button("Non", payload("non"))),
    )


async def confirm_match(
    assistant: Assistant,
    store: Store,
    hooks: ProjectHooks,
    chamber: str,
    match_id: str,
    terms: LoanTerms | None = None,
) -> Record:
    """An advisor confirms a match to which both sides agreed: each gets the other's contact, and the draft.

    Raises:
        NoSuchRequestError: no such match here.
        ConnecteurError: a side has not agreed.
    """
    match = await _of_chamber(store, chamber, match_id, "skill_match")
    if match.state != "agreed":
        raise ConnecteurError(
            "Les deux entreprises n'ont pas encore dit oui : leurs noms ne peuvent pas être donnés."
        )
    sides = await _sides(store, chamber, match)
    document = Document("projet-de-convention.pdf", "application/pdf", _draft(hooks, match, sides, terms))
    for side, other in (("offer", "search"), ("search", "offer")):
        conversation = sides[side].conversation_id
        if conversation is not None:
            text = f"Un conseiller a confirmé. Votre contact : {sides[other].data.get('contact')}. {match.data['line']}"
            await assistant.tell(conversation, [BotMessage(text=text), BotMessage(document=document)])
    for one in sides.values():
        await settle(store, chamber, one.id, "done")
    return await settle(store, chamber, match_id, "confirmed")


async def draft_agreement(
    store: Store, hooks: ProjectHooks, chamber: str, match_id: str, terms: LoanTerms | None = None
) -> bytes:
    """The draft agreement of a match as a PDF for the advisor, whatever the sides said so far.

    Raises:
        NoSuchRequestError: no such match here.
    """
    match = await _of_chamber(store, chamber, match_id, "skill_match")
    return _draft(hooks, match, await _sides(store, chamber, match), terms)


async def _sides(store: Store, chamber: str, match: Record) -> dict[str, Record]:
    return {side: await _of_chamber(store, chamber, match.data[side]) for side in ("offer", "search")}


def _draft(hooks: ProjectHooks, match: Record, sides: Mapping[str, Record], terms: LoanTerms | None) -> bytes:
    loan_draft = _hook(hooks.loan_draft, "loan_draft")
    return bytes(loan_draft(match.data, {side: one.data for side, one in sides.items()}, terms))


async def cohort(store: Store, hooks: ProjectHooks, chamber: str) -> list[str]:
    """The first trial at a glance: firms, steps of the label, matches."""
    view = _hook(hooks.cohort_lines, "cohort_lines")
    states = await store.database.read(lambda c: conversations.states_of_chamber(c, chamber))
    matches = await list_requests(store, chamber, "skill_match")
    return list(view([slots_kept(state) for state in states], [one.data for one in matches]))


def _hook(function: Callable[..., Any] | None, name: str) -> Callable[..., Any]:
    if function is None:
        raise ConnecteurError(f"Ce projet ne met pas les entreprises en relation (pas de fonction {name}).")
    return function


def request_line(one: Record) -> str:
    """A request in one line: id, kind, state, and what was given."""
    hidden = ("case", "consent", "offer_conversation", "search_conversation", "settled_at")
    kept: Iterable[tuple[str, Any]] = (
        (key, value) for key, value in one.data.items() if key not in hidden and value
    )
    parts: Sequence[str] = [f"{key}={value}" for key, value in kept]
    return f"{one.id}  {one.kind}  {one.state}  {' · '.join(parts)}"
