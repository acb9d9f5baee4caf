"""`connecteur …`: parse arguments, call, print. No logic lives here.

Each command imports what it needs when it runs, so that `connecteur check` never waits for the language model.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import uuid
from collections.abc import Mapping, Sequence
from contextlib import nullcontext, redirect_stdout
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import bot
from bot import advisor_cli
from bot import project as projects
from bot import settings as settings_module
from bot.errors import ConnecteurError, SettingsError
from bot.settings import Settings


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; the return value is the exit code (2 with one sentence when something can be cured)."""
    arguments = _parser().parse_args(argv)
    try:
        code = arguments.run(arguments)
        return int(code or 0)
    except ConnecteurError as error:
        print(f"connecteur : {error}", file=sys.stderr)
        return error.exit_code
    except BrokenPipeError:
        sys.stderr.close()
        return 0
    except KeyboardInterrupt:
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="connecteur", description=bot.__doc__)
    parser.add_argument("--version", action="version", version=f"connecteur {bot.__version__}")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")

    def command(name: str, run: Any, text: str, *, parent: Any = commands) -> argparse.ArgumentParser:
        sub: argparse.ArgumentParser = parent.add_parser(name, help=text, description=text)
        sub.set_defaults(run=run)
        return sub

    def with_project(sub: argparse.ArgumentParser) -> argparse.ArgumentParser:
        sub.add_argument(
            "--project", type=Path, metavar="DIR", help="a project folder (default: the shipped one)"
        )
        return sub

    def with_database(sub: argparse.ArgumentParser) -> argparse.ArgumentParser:
        sub.add_argument("--database", metavar="URL", help="sqlite:///FILE or postgresql://…")
        return sub

    serve = with_database(
        with_project(command("serve", _serve, "the HTTP server (and Telegram, with a token)"))
    )
    serve.add_argument("--host", default="127.0.0.1")
    serve.add_argument("--port", type=int, default=8000)
    serve.add_argument("--workers", type=int, default=1)

    chat = with_database(with_project(command("chat", _chat, "the same assistant in the terminal")))
    chat.add_argument("--json", action="store_true", help="one JSON object a bot message")
    chat.add_argument("--events", action="store_true", help="also each event, as Rasa's tracker writes it")
    chat.add_argument("--sender", help="go on as this sender (default: a new one)")

    parse = with_project(command("parse", _parse, "the language part alone: JSON lines in, JSON lines out"))
    parse.add_argument("--jsonl", action="store_true", required=True)

    with_project(command("check", _check, "validate every content file (exit 1 and a list on findings)"))
    train = with_project(command("train", _train, "build the language model when missing or stale"))
    train.add_argument("--force", action="store_true", help="even when it is up to date")
    evaluate = with_project(
        command("evaluate", _evaluate, "figures of the language part on a labelled JSONL file")
    )
    evaluate.add_argument("file", type=Path)
    evaluate.add_argument("--perturb", action="store_true", help="without accents, a typo in each long word")
    evaluate.add_argument("--seed", type=int, default=11, metavar="N", help="which typos --perturb draws")
    evaluate.add_argument("--without", action="append", default=[], metavar="PART", help="leave a part out")

    advise = with_project(
        command("advise", _advise, "advice alone: one profile a line in, one answer a line out")
    )
    advise.add_argument("--jsonl", action="store_true", required=True)
    why = with_project(command("why", _why, "why an aid was or was not proposed"))
    why.add_argument("--aid", required=True, metavar="ID")
    why.add_argument("--profile", required=True, metavar="JSON")

    test = with_project(command("test", _test, "the dialogue tests of a project"))
    test.add_argument("files", nargs="*", type=Path, help="test files (default: those of the project)")

    export = command("export", None, "write the project for another program")
    formats = export.add_subparsers(required=True, metavar="FORMAT")
    rasa = with_project(
        command("rasa", _export_rasa, "a project that the real Rasa 3.6 trains", parent=formats)
    )
    rasa.add_argument("folder", type=Path)

    aids = command("aids", None, "the aids of the catalogue")
    aid_commands = aids.add_subparsers(required=True, metavar="ACTION")
    imports = with_project(
        command("import", _aids_import, "bring aids in from a CSV file", parent=aid_commands)
    )
    imports.add_argument("file", type=Path)

    chamber = command("chamber", None, "the chambers of the store")
    chamber_commands = chamber.add_subparsers(required=True, metavar="ACTION")
    add = with_database(command("add", _chamber_add, "make or change a chamber", parent=chamber_commands))
    add.add_argument("id")
    add.add_argument("--name", required=True)
    add.add_argument("--site", action="append", default=[], metavar="ORIGIN")
    add.add_argument("--departement", action="append", default=[])
    add.add_argument("--colour", metavar="#RRGGBB", help="of the titles and bars of the owner's report")
    add.add_argument("--phone")
    add.add_argument("--hours")
    add.add_argument("--retention-days", type=int)

    advisor_cli.add_commands(command, with_database)
    with_database(command("purge", _purge, "erase what is past its retention period"))
    return parser


# ------------------------------------------------------------------ talking
def _serve(arguments: argparse.Namespace) -> int:
    from bot import bootstrap

    bootstrap.serve(
        _settings(arguments),
        project_folder=arguments.project,
        host=arguments.host,
        port=arguments.port,
        workers=arguments.workers,
    )
    return 0


def _chat(arguments: argparse.Namespace) -> int:
    from bot import bootstrap
    from bot.terminal import run_chat

    output = sys.stdout
    # what an action prints is no part of the conversation that another program reads
    is_read_by_program = arguments.json or not sys.stdin.isatty()
    settings = _settings(arguments)
    if not is_read_by_program and settings.log_level == "info":
        settings = replace(settings, log_level="warning")  # a person is talking: no log between the lines

    def write(text: str) -> None:
        output.write(text + "\n")
        output.flush()

    async def talk() -> None:
        async with bootstrap.running_assistant(settings, arguments.project) as assistant:
            await run_chat(
                assistant,
                sender=arguments.sender or f"terminal-{uuid.uuid4().hex[:12]}",
                as_json=arguments.json,
                with_events=arguments.events,
                write=write,
            )

    with redirect_stdout(sys.stderr) if is_read_by_program else nullcontext():
        asyncio.run(talk())
    return 0


# ------------------------------------------------------------------ the language part
def _parse(arguments: argparse.Namespace) -> int:
    from bot.nlu.jsonl import parse_jsonl

    parse_jsonl(sys.stdin.buffer, sys.stdout.buffer, projects.find(arguments.project))
    return 0


def _train(arguments: argparse.Namespace) -> int:
    from bot.nlu.train import train

    print(train(projects.find(arguments.project), force=arguments.force))
    return 0


def _evaluate(arguments: argparse.Namespace) -> int:
    from bot.nlu.evaluate import evaluate

    print(
        evaluate(
            arguments.file,
            projects.find(arguments.project),
            perturbed=arguments.perturb,
            seed=arguments.seed,
            without=tuple(arguments.without),
        )
    )
    return 0


# ------------------------------------------------------------------ content and advice
def _check(arguments: argparse.Namespace) -> int:
    from bot.bootstrap import check_project

    findings, remarks = check_project(projects.find(arguments.project), _day(None, ""))
    for finding in findings:
        print(finding)
    for remark in remarks:
        print(f"remarque : {remark}")
    if not findings:
        print("Tout est en ordre.")
    return 1 if findings else 0


def _advise(arguments: argparse.Namespace) -> int:
    hooks = projects.hooks(projects.find(arguments.project))
    advise = hooks.advise
    if advise is None:
        raise ConnecteurError("Ce projet ne donne pas de conseil (pas de fonction advise).")
    for number, line in enumerate(sys.stdin.buffer, 1):
        if not line.strip():
            continue
        request = _json_object(line.decode("utf-8", "replace"), f"ligne {number}")
        today = _day(request.get("today"), f"ligne {number}")
        where, profile = f"ligne {number}", request.get("profile") or {}
        for key in request.keys() - {"id", "today", "profile"}:
            aside = f"« {key} » est laissé de côté ; ce qui décrit l'entreprise va dans « profile »"
            print(f"{where} : {aside}.", file=sys.stderr)
        _tell_remarks(hooks, profile, where)
        answer = {"id": request.get("id"), **advise(profile, today)}
        print(json.dumps(answer, ensure_ascii=False), flush=True)
    return 0


def _why(arguments: argparse.Namespace) -> int:
    hooks = projects.hooks(projects.find(arguments.project))
    why = hooks.why
    if why is None:
        raise ConnecteurError("Ce projet ne donne pas de conseil (pas de fonction why).")
    profile = _json_object(arguments.profile, "--profile")
    today = _day(profile.pop("today", None), "--profile")
    _tell_remarks(hooks, profile, "--profile")
    print(why(arguments.aid, profile, today))
    return 0


def _tell_remarks(hooks: projects.ProjectHooks, profile: Mapping[str, Any], where: str) -> None:
    """What of a profile counts for nothing, beside the answer: a slip would else pass for a firm that nobody knows."""
    if hooks.profile_remarks is not None:
        for remark in hooks.profile_remarks(profile):
            print(f"{where} : {remark}.", file=sys.stderr)


def _aids_import(arguments: argparse.Namespace) -> int:
    project = projects.find(arguments.project)
    module = projects.load_actions(project)
    import_aids = getattr(module, "import_aids_csv", None)
    if import_aids is None:
        raise ConnecteurError("Ce projet n'a pas de catalogue d'aides.")
    report, failed = import_aids(arguments.file)
    print(report)
    return 1 if failed else 0


def _test(arguments: argparse.Namespace) -> int:
    from bot.bootstrap import run_dialogue_tests

    return run_dialogue_tests(projects.find(arguments.project), arguments.files)


def _export_rasa(arguments: argparse.Namespace) -> int:
    from bot.rasa_export import export_rasa

    print(export_rasa(projects.find(arguments.project), arguments.folder))
    return 0


# ------------------------------------------------------------------ the store
def _chamber_add(arguments: argparse.Namespace) -> int:
    from bot import bootstrap

    bootstrap.add_chamber(
        _settings(arguments),
        chamber_id=arguments.id,
        name=arguments.name,
        sites=arguments.site,
        departements=arguments.departement,
        colour=arguments.colour,
        phone=arguments.phone,
        hours=arguments.hours,
        retention_days=arguments.retention_days,
    )
    print(f"Chambre « {arguments.name} » enregistrée sous {arguments.id}.")
    return 0


def _purge(arguments: argparse.Namespace) -> int:
    from bot import bootstrap

    erased = bootstrap.purge(_settings(arguments))
    print(f"{erased} conversation(s) effacée(s).")
    return 0


# ------------------------------------------------------------------ arguments
def _settings(arguments: argparse.Namespace) -> Settings:
    return settings_module.load().with_flags(database_url=arguments.database)


def _json_object(text: str, where: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except json.JSONDecodeError as error:
        raise SettingsError(f"{where} : ce n'est pas du JSON ({error}).") from error
    if not isinstance(value, dict):
        raise SettingsError(f"{where} : un objet JSON est attendu.")
    return value


def _day(value: Any, where: str) -> date:
    if value is None:
        return datetime.now(ZoneInfo("Europe/Paris")).date()  # the day of French aids, wherever this runs
    try:
        return date.fromisoformat(str(value))
    except ValueError as error:
        raise SettingsError(f"{where} : « {value} » n'est pas une date (AAAA-MM-JJ).") from error
