"""The commands of advisors: `connecteur requests`, `connecteurs`, `skills`. Parse, call, print."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bot import project as projects
from bot import settings as settings_module

Add = Callable[..., argparse.ArgumentParser]
KINDS = (
    "call_back",
    "connecteur_signup",
    "skill_offer",
    "skill_search",
    "skill_match",
    "feedback",
    "handover",
)
STATES = ("new", "approved", "refused", "done", "proposed", "agreed", "confirmed")


def add_commands(
    command: Add, with_database: Callable[[argparse.ArgumentParser], argparse.ArgumentParser]
) -> None:
    """Add the advisors' commands to the command line."""

    def group(name: str, text: str) -> Any:
        return command(name, None, text).add_subparsers(required=True, metavar="ACTION")

    def action(parent: Any, name: str, run: Any, text: str) -> argparse.ArgumentParser:
        sub = with_database(command(name, run, text, parent=parent))
        sub.add_argument(
            "--chamber", default="demo", metavar="ID", help="the advisor's chamber (default: demo)"
        )
        return sub

    requests = group("requests", "what owners asked for: call-backs, sign-ups, offers, opinions")
    listed = action(requests, "list", _list, "the requests of a chamber")
    listed.add_argument("--kind", choices=KINDS)
    listed.add_argument("--state", choices=STATES)
    done = action(requests, "done", _done, "mark a request done, with what happened")
    done.add_argument("id")
    done.add_argument("--note", default="")

    connecteurs = group("connecteurs", "the volunteers of the network")
    for name, state, text in (
        ("approve", "approved", "put a volunteer in the directory"),
        ("refuse", "refused", "do not"),
    ):
        settle = action(connecteurs, name, _settle_volunteer, text)
        settle.add_argument("id")
        settle.set_defaults(state=state)

    skills = group("skills", "« PME numérique »: firms that lend each other a skill")
    action(skills, "match", _match, "find matches, and ask both sides whether they agree")
    confirm = action(
        skills, "confirm", _confirm, "confirm an agreed match: names and draft agreement are given"
    )
    draft = action(skills, "draft", _draft, "write the draft agreement of a match, with what each pays")
    for one in (confirm, draft):
        one.add_argument("id")
        one.add_argument("--gross", type=float, metavar="EUR", help="gross salary of the employee, a month")
        one.add_argument(
            "--charges", type=float, default=0.0, metavar="EUR", help="employer's charges, a month"
        )
        one.add_argument("--expenses", type=float, default=0.0, metavar="EUR")
        one.add_argument("--months", type=int, default=6)
        one.add_argument("--start", default="", metavar="YYYY-MM-DD")
        one.add_argument("--job", default="")
    draft.add_argument("file", type=Path, help="the PDF to write")
    action(skills, "cohort", _cohort, "the first trial at a glance")


def _settings(arguments: argparse.Namespace) -> settings_module.Settings:
    return settings_module.load().with_flags(database_url=arguments.database)


def _with_store(arguments: argparse.Namespace, use: Callable[[Any], Any]) -> Any:
    from bot import bootstrap

    store = bootstrap.open_store(_settings(arguments))
    try:
        return asyncio.run(use(store))
    finally:
        store.close()


def _list(arguments: argparse.Namespace) -> int:
    from bot.assistant import advisors

    found = _with_store(
        arguments, lambda s: advisors.list_requests(s, arguments.chamber, arguments.kind, arguments.state)
    )
    for one in found:
        print(advisors.request_line(one))
    if not found:
        print("Aucune demande.")
    return 0


def _done(arguments: argparse.Namespace) -> int:
    from bot.assistant import advisors

    one = _with_store(
        arguments, lambda s: advisors.settle(s, arguments.chamber, arguments.id, "done", arguments.note)
    )
    print(advisors.request_line(one))
    return 0


def _settle_volunteer(arguments: argparse.Namespace) -> int:
    from bot.assistant import advisors

    one = _with_store(
        arguments, lambda s: advisors.settle(s, arguments.chamber, arguments.id, arguments.state)
    )
    print(advisors.request_line(one))
    return 0


def _match(arguments: argparse.Namespace) -> int:
    from bot import bootstrap
    from bot.assistant import advisors

    async def run() -> None:
        async with bootstrap.running_parts(_settings(arguments)) as (assistant, store, hooks):
            made = await advisors.propose_matches(assistant, store, hooks, arguments.chamber)
            for one in made:
                print(advisors.request_line(one))
            if not made:
                print("Pas de nouvelle mise en relation.")

    asyncio.run(run())
    return 0


def _confirm(arguments: argparse.Namespace) -> int:
    from bot import bootstrap
    from bot.assistant import advisors

    terms = _terms(arguments)

    async def run() -> None:
        async with bootstrap.running_parts(_settings(arguments)) as (assistant, store, hooks):
            one = await advisors.confirm_match(
                assistant, store, hooks, arguments.chamber, arguments.id, terms
            )
            print(advisors.request_line(one))

    asyncio.run(run())
    return 0


def _terms(arguments: argparse.Namespace) -> Any:
    from bot.assistant import advisors

    if arguments.gross is None:
        return None
    return advisors.LoanTerms(
        arguments.gross,
        arguments.charges,
        arguments.expenses,
        arguments.months,
        arguments.start,
        arguments.job,
    )


def _draft(arguments: argparse.Namespace) -> int:
    from bot.assistant import advisors

    hooks, terms = projects.hooks(projects.find()), _terms(arguments)
    pdf = _with_store(
        arguments, lambda s: advisors.draft_agreement(s, hooks, arguments.chamber, arguments.id, terms)
    )
    arguments.file.write_bytes(pdf)
    print(f"Écrit : {arguments.file}")
    return 0


def _cohort(arguments: argparse.Namespace) -> int:
    from bot.assistant import advisors

    hooks = projects.hooks(projects.find())
    for line in _with_store(arguments, lambda s: advisors.cohort(s, hooks, arguments.chamber)):
        print(line)
    return 0
