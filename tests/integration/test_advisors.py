"""What advisors do with what owners asked for in the conversation, on a real database."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pypdf import PdfReader

from bot import bootstrap
from bot.assistant import Assistant, advisors
from bot.assistant.daytime import place_of
from bot.errors import ConnecteurError
from bot.messages import UserMessage
from bot.settings import Settings
from bot.store import conversations


async def say(assistant: Assistant, sender: str, *texts: str, chamber: str | None = None) -> list[str]:
    """Say these one after the other; the texts of the last replies."""
    said: list[str] = []
    for index, text in enumerate(texts):
        message = UserMessage(
            "rest", sender, f"{sender}-{index}-{text}", text, datetime.now(UTC), chamber=chamber
        )
        said = [one.text for one in await assistant.handle(message)]
    return said


OFFER = (
    "je voudrais prêter un salarié",
    "il sait faire les sites internet",
    "2 jours",
    "Vitré",
    "Anne, 02 99 00 00 01",
)
SEARCH = (
    "je cherche quelqu'un quelques jours par mois",
    "un site internet",
    "4 jours",
    "Fougères",
    "Bruno, bruno@exemple.fr",
)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(database_url=f"sqlite:///{tmp_path / 'store.sqlite'}", log_level="error")


async def test_two_firms_are_named_to_each_other_only_when_both_and_an_advisor_agreed(
    settings: Settings,
) -> None:
    async with bootstrap.running_parts(settings) as (assistant, store, hooks):
        await say(assistant, "anne", *OFFER)
        await say(assistant, "bruno", *SEARCH)

        (match,) = await advisors.propose_matches(assistant, store, hooks, "demo")
        assert match.data["days_a_month"] == 2
        assert 20 < match.data["distance_km"] < 40
        question = (await assistant.mailbox.unsent("rest", "bruno"))[-1]
        assert "Anne" not in question.text
        assert await advisors.propose_matches(assistant, store, hooks, "demo") == []

        await say(assistant, "anne", question.buttons[0].payload)
        with pytest.raises(ConnecteurError, match="pas encore dit oui"):
            await advisors.confirm_match(assistant, store, hooks, "demo", match.id)
        # Somebody else's « oui » is nobody's.
        await say(assistant, "carl", "bonjour", question.buttons[0].payload)
        with pytest.raises(ConnecteurError):
            await advisors.confirm_match(assistant, store, hooks, "demo", match.id)

        await say(assistant, "bruno", question.buttons[0].payload)
        terms = advisors.LoanTerms(gross_monthly_eur=2500, employer_charges_eur=1000, job="webmestre")
        done = await advisors.confirm_match(assistant, store, hooks, "demo", match.id, terms)

        assert done.state == "confirmed"
        told = await assistant.mailbox.unsent("rest", "bruno")
        assert any("Anne, 02 99 00 00 01" in one.text for one in told)
        document = next(one.document for one in told if one.document is not None)
        assert document.media_type == "application/pdf"
        assert document.content == await advisors.draft_agreement(store, hooks, "demo", match.id, terms)
        pages = PdfReader(io.BytesIO(document.content)).pages
        draft = " ".join(" ".join(page.extract_text() for page in pages).split())
        assert "Vitré" in draft
        assert "PROJET" in draft
        assert "L8241-2" in draft
        assert "323 €" in draft  # 2 days of 21.67 of 3 500 €
        assert "Aide publique : aucune connue" in draft


async def test_a_refusal_ends_the_match(settings: Settings) -> None:
    async with bootstrap.running_parts(settings) as (assistant, store, hooks):
        await say(assistant, "anne", *OFFER)
        await say(assistant, "bruno", *SEARCH)
        (match,) = await advisors.propose_matches(assistant, store, hooks, "demo")
        question = (await assistant.mailbox.unsent("rest", "bruno"))[-1]
        await say(assistant, "bruno", question.buttons[1].payload)
        (after,) = await advisors.list_requests(store, "demo", "skill_match")
        assert (after.id, after.state) == (match.id, "refused")


async def test_an_approved_volunteer_is_named_to_owners_of_his_departement(settings: Settings) -> None:
    async with bootstrap.running_parts(settings) as (assistant, store, _):
        await say(
            assistant,
            "zoe",
            "je voudrais devenir connecteur",
            "les factures",
            "Rennes",
            "Zoé, zoe@exemple.fr",
        )
        (signup,) = await advisors.list_requests(store, "demo", "connecteur_signup")
        assert signup.data["needs"] == ["gestion_facturation"]
        with pytest.raises(ConnecteurError):
            await advisors.settle(store, "cci-autre", signup.id, "approved")
        await advisors.settle(store, "demo", signup.id, "approved")
    async with bootstrap.running_parts(settings) as (assistant, _, _):
        said = await say(
            assistant, "paul", "plombier à Vitré, 3 personnes, je perds un temps fou sur les factures"
        )
        for turn in range(8):
            if "Est-ce que cela vous aide ?" in said:
                break
            message = UserMessage("rest", "paul", f"again-{turn}", "je sais pas", datetime.now(UTC))
            said = [one.text for one in await assistant.handle(message)]
        assert any("Zoé, zoe@exemple.fr" in text for text in said), said


async def test_a_call_back_is_settled_with_what_happened_by_its_own_chamber(settings: Settings) -> None:
    async with bootstrap.running_parts(settings) as (assistant, store, hooks):
        await say(assistant, "lea", "bonjour", "/call_back", "02 99 00 00 02", "mardi après 14 h")
        (asked,) = await advisors.list_requests(store, "demo", "call_back")
        assert asked.data["when"] == "mardi après 14 h"
        done = await advisors.settle(store, "demo", asked.id, "done", "rappelée, rendez-vous pris")
        assert (done.state, done.data["note"]) == ("done", "rappelée, rendez-vous pris")
        assert await advisors.list_requests(store, "demo", "call_back", "new") == []
        assert "entreprises sur 150" in (await advisors.cohort(store, hooks, "demo"))[0]


async def test_what_owners_said_is_found_in_their_kept_state(settings: Settings) -> None:
    async with bootstrap.running_parts(settings) as (assistant, store, hooks):
        await say(assistant, "eva", "coiffeuse à Saint-Pierre de la Réunion, 2 personnes", "/coup_oeil")
        for turn in range(4):
            message = UserMessage("rest", "eva", f"on-{turn}", "oui", datetime.now(UTC))
            await assistant.handle(message)
        row = await store.database.read(lambda c: conversations.find_by_address(c, "rest", "eva"))
        assert row is not None
        assert place_of(row) == "974"
        assert (await advisors.cohort(store, hooks, "demo"))[0].startswith("1 entreprise")


async def test_requests_go_with_their_conversation_to_another_chamber(settings: Settings) -> None:
    async with bootstrap.running_parts(settings) as (assistant, store, hooks):
        chamber = conversations.Chamber("cci-verte", "CCI Verte")
        await store.database.write(lambda c: conversations.save_chamber(c, chamber))
        await say(assistant, "anne", *OFFER)
        await say(assistant, "bruno", *SEARCH)
        (match,) = await advisors.propose_matches(assistant, store, hooks, "demo")
        said = await say(assistant, "anne", "/session_start", chamber="cci-verte")
        assert "suivie par CCI Verte" in said[0]
        assert [one.kind for one in await advisors.list_requests(store, "cci-verte")] == ["skill_offer"]
        left = await advisors.list_requests(store, "demo")
        assert [(one.kind, one.state) for one in left] == [
            ("skill_search", "new"),
            ("skill_match", "refused"),
        ]
        assert left[1].id == match.id


async def test_a_link_followed_while_a_person_has_the_conversation_changes_nothing(
    settings: Settings,
) -> None:
    async with bootstrap.running_parts(settings) as (assistant, store, _):
        chamber = conversations.Chamber("cci-verte", "CCI Verte")
        await store.database.write(lambda c: conversations.save_chamber(c, chamber))
        await say(assistant, "lea", "boulanger à Vitré, 3 personnes")
        conversation = await assistant.conversation_id("rest", "lea")
        assert conversation is not None
        await assistant.take_over(conversation, "Claire")
        assert await say(assistant, "lea", "/session_start", chamber="cci-verte") == []
        chamber_now = await assistant.chamber_of("rest", "lea")
        assert chamber_now is not None and chamber_now.id == "demo"
