"""Builds the parts from the settings: the only file that knows all of them."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import re
import socket
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, chdir, nullcontext
from datetime import date
from pathlib import Path
from typing import Any

import structlog
from ruamel.yaml.comments import CommentedMap

from bot import project as projects
from bot.actions_runner import ActionsRunner, HttpRunner, InProcessRunner, check_registered
from bot.assistant import Assistant
from bot.dialogue import Finding, Model, custom_actions, load_project_model
from bot.dialogue import check_project as check_dialogue
from bot.errors import ChannelError, ContentError, SettingsError
from bot.project import Project, ProjectHooks
from bot.settings import Settings
from bot.store import Store, conversations, erasure
from bot.store.conversations import Chamber

log = structlog.get_logger(__name__)


# ------------------------------------------------------------------ the assistant
@asynccontextmanager
async def running_assistant(
    settings: Settings,
    project_folder: Path | None = None,
    *,
    clock: Callable[[], float] = time.time,
) -> AsyncIterator[Assistant]:
    """The assistant of a project on a database, with everything that it needs; let go of at the end.

    Raises:
        ContentError: a file of the project is wrong, or an action of its domain is nobody's.
        StoreUnavailableError: the database cannot be opened.
    """
    configure_logging(settings.log_level)
    project = projects.find(project_folder)
    model = project_model(project)
    runner = build_runner(settings, project, model)
    _check_actions(runner, model)
    store = open_store(settings)
    try:
        assistant = Assistant(
            store=store,
            model=model,
            reader=load_reader(project),
            runner=runner,
            clock=clock,
            kept_events=settings.action_events,
            use_directory=projects.hooks(project).use_directory,
        )
        try:
            yield assistant
        finally:
            await assistant.close()
    finally:
        await runner.close()
        store.close()


@asynccontextmanager
async def running_parts(
    settings: Settings, project_folder: Path | None = None
) -> AsyncIterator[tuple[Assistant, Store, ProjectHooks]]:
    """The assistant with its store and the project's hooks, for what is done beside conversations (advisors)."""
    store = open_store(settings)
    try:
        async with running_assistant(settings, project_folder) as assistant:
            yield assistant, store, projects.hooks(projects.find(project_folder))
    finally:
        store.close()


def project_model(project: Project) -> Model:
    """The project's dialogue, with the part of its domain that it derives from its own content."""
    gc.disable()  # reading YAML makes many small objects, none of them garbage: a tenth of the time
    try:
        derive = projects.hooks(project).domain
        return load_project_model(project, derive() if derive is not None else None)
    finally:
        gc.enable()


def build_runner(settings: Settings, project: Project, model: Model) -> ActionsRunner:
    """Actions in the process, or on the action server of the settings."""
    domain = _plain(model.domain.raw)
    if settings.action_endpoint:
        return HttpRunner(
            settings.action_endpoint,
            domain,
            timeout_s=settings.action_timeout_s,
            max_events=settings.action_events,
            deflate=settings.action_deflate,
            wanting_domain=model.domain.actions_wanting_domain,
        )
    module = projects.load_actions(project)
    # the actions of a plain Rasa project are made where they expect to be, beside their files
    with chdir(project.folder) if project.is_plain_rasa else nullcontext():
        return InProcessRunner(
            module, domain, timeout_s=settings.action_timeout_s, max_events=settings.action_events
        )


def load_reader(project: Project) -> Any:
    """The language part; its model is trained first when it is missing or stale.

    A plain Rasa project without training examples is talked to by payloads alone, as under the real Rasa.
    """
    from bot.nlu import pipeline

    if not has_language(project):
        return None
    return pipeline.load(project)


def open_store(settings: Settings) -> Store:
    """The database of the settings, brought to this program's version.

    Raises:
        StoreUnavailableError: it cannot be opened or written.
    """
    store = Store(settings.database_url)
    try:
        store.migrate()
    except BaseException:
        store.close()
        raise
    return store


# ------------------------------------------------------------------ the server
def serve(settings: Settings, *, project_folder: Path | None, host: str, port: int, workers: int = 1) -> None:
    """Serve until stopped. Content and database are tried first, so that a mistake is one sentence, not a trace."""
    import uvicorn

    configure_logging(settings.log_level)
    if workers > 1 and settings.telegram_token and not settings.public_url:
        raise SettingsError(
            "Plusieurs processus et Telegram : donnez CONNECTEUR_PUBLIC_URL (webhook), ou un seul --workers."
        )
    if workers > 1:
        # Each worker is a process of its own, which builds its own parts from these.
        os.environ["CONNECTEUR_DATABASE_URL"] = settings.database_url
        os.environ["CONNECTEUR_SERVE_HOST"] = host
        os.environ["CONNECTEUR_SERVE_PROJECT"] = str(project_folder or "")
    project = projects.find(project_folder)
    check_at_start(settings, project)
    open_store(settings).close()
    check_port(host, port)
    shown = "localhost" if host in ("127.0.0.1", "0.0.0.0", "::1") else host  # noqa: S104 (compared, not bound)
    print(
        f"Connecteur : http://{shown}:{port}/ (démonstration), http://{shown}:{port}/chat (conversation). "
        "Ctrl+C pour arrêter.",
        flush=True,
    )
    options: dict[str, Any] = {"host": host, "port": port, "log_config": None, "access_log": False}
    if workers > 1:
        uvicorn.run("bot.bootstrap:worker_app", factory=True, workers=workers, **options)
    else:
        uvicorn.run(build_app(settings, project_folder, host), **options)


def check_port(host: str, port: int) -> None:
    """Try the address before it is printed as what to open.

    Raises:
        ChannelError: another program has it, or it may not be taken.
    """
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise ChannelError(
                f"L'adresse {host}:{port} ne peut pas servir ({error.strerror}) : un autre serveur y est "
                f"peut-être déjà. Arrêtez-le, ou donnez un autre port, par exemple --port {port + 1}."
            ) from error


def settle_memory() -> None:
    """Tell the collector that what is loaded by now stays: it would go through all of it again and again.

    0.1 s now, and no pause of 0.1 s later in somebody's turn.
    """
    gc.collect()
    gc.freeze()


def build_app(settings: Settings, project_folder: Path | None, host: str) -> Any:
    """The HTTP application with its assistant, and the nightly erasure beside it."""
    from bot.web.app import create_app

    @asynccontextmanager
    async def make() -> AsyncIterator[Assistant]:
        async with running_assistant(settings, project_folder) as assistant:
            settle_memory()
            nightly = asyncio.create_task(_purge_each_night(settings))
            try:
                async with AsyncExitStack() as channels:
                    if settings.telegram_token:
                        from bot.telegram.run import running_telegram

                        await channels.enter_async_context(running_telegram(assistant, settings, app.state))
                    yield assistant
            finally:
                nightly.cancel()

    app = create_app(make, settings, host=host)
    if settings.telegram_token:
        from bot.telegram.webhook import router

        app.include_router(router)
    return app


def worker_app() -> Any:
    """The application of one of several workers; what `serve` was told is in the environment."""
    from bot import settings as settings_module

    folder = os.environ.get("CONNECTEUR_SERVE_PROJECT")
    host = os.environ.get("CONNECTEUR_SERVE_HOST", "127.0.0.1")
    return build_app(settings_module.load(), Path(folder) if folder else None, host)


def check_at_start(settings: Settings, project: Project) -> None:
    """Load the dialogue and the actions, and read the language data, once, for their mistakes; train if need be.

    Raises:
        ContentError: with file and line where they are known.
    """
    from bot.nlu import rasa_pipeline
    from bot.nlu.train import trained_model

    model = project_model(project)
    _check_actions(build_runner(settings, project, model), model)
    if has_language(project):
        trained_model(project)
    if project.is_plain_rasa:
        rasa_pipeline.read_config(project.config_file)


def _check_actions(runner: ActionsRunner, model: Model) -> None:
    check_registered(runner, frozenset(custom_actions(model)), model.domain.raw.get("actions") or ())


def has_language(project: Project) -> bool:
    """Whether there is something to read texts with: a plain Rasa project may have no training examples.

    Raises:
        ProjectFileError: a file of the training data is wrong.
    """
    from bot.nlu import nlu_yaml

    if not project.is_plain_rasa:
        return True
    files = nlu_yaml.nlu_files(project.nlu_folder)
    return bool(files) and bool(nlu_yaml.read_files(files).examples)


async def _purge_each_night(settings: Settings) -> None:
    """Erase what is past its retention, in the night (Paris and UTC alike); one process of all does it."""
    store = open_store(settings)
    try:
        while True:
            await asyncio.sleep(_seconds_until_hour(2))
            async with store.locks.held("purge"):
                count = await store.database.write(
                    lambda c: erasure.purge(c, time.time(), settings.retention_days)
                )
                log.info("purged", conversations=count)
    finally:
        store.close()


def _seconds_until_hour(hour: int) -> float:
    return (hour * 3600 - time.time()) % 86_400 or 86_400.0


# ------------------------------------------------------------------ commands
def check_project(project: Project, today: date) -> tuple[list[str], list[str]]:
    """What is wrong with a project's files, and what is only worth a remark on that day; one sentence each."""
    from bot.nlu import nlu_yaml, rasa_pipeline, train_answers

    findings: list[Finding] = []
    remarks: list[Finding] = []
    derived: dict[str, Any] | None = None
    try:
        hooks = projects.hooks(project)
        findings += hooks.check() if hooks.check is not None else ()
        if hooks.catalogue_health is not None and not findings:
            remarks += hooks.catalogue_health(today)
        derived = hooks.domain() if hooks.domain is not None else None
    except ContentError as error:
        findings.append((error.file, error.line, error.message))
    report = check_dialogue(project, derived, _sources(project))
    findings += report.findings
    remarks += report.remarks
    try:
        model = load_project_model(project, derived)
        runner = build_runner(Settings(), project, model)
        _check_actions(runner, model)
        examples = nlu_yaml.read_files(nlu_yaml.nlu_files(project.nlu_folder))
        remarks += nlu_yaml.unknown_names(examples, model.domain.intents, model.domain.entities)
        remarks += nlu_yaml.odd_examples(examples)
        if project.is_plain_rasa:
            rasa_pipeline.read_config(project.config_file)
        else:
            train_answers.read_labelled(train_answers.answer_files(project.nlu_folder))
    except ContentError as error:
        findings.append((error.file, error.line, error.message))
    return _sentences(findings, project), _sentences(remarks, project)


def _sources(project: Project) -> str:
    """The text of the project's actions: a name that stands there is used."""
    path = project.actions_path
    if path is None:
        return ""
    files = path.parent.rglob("*.py") if path.parent.name == "actions" else [path]
    return "\n".join(file.read_text(encoding="utf-8", errors="replace") for file in files)


def _sentences(findings: Iterable[Finding], project: Project) -> list[str]:
    """`file:line: sentence`, each once; a file of the project by its name within it."""
    folder = f"{project.folder}/"
    places = (
        ("" if file is None else file.removeprefix(folder) + (": " if line is None else f":{line}: "))
        + sentence
        for file, line, sentence in findings
    )
    return list(dict.fromkeys(places))


def run_dialogue_tests(project: Project, files: Sequence[Path] = ()) -> int:
    """Play a project's dialogue tests on a database in memory, print what failed; the exit code."""
    from bot.dialogue_tests import read_tests, run_test

    tests = read_tests(files or project.test_files)
    if not tests:
        print("Aucun test de dialogue trouvé.")
        return 1

    async def play() -> int:
        failed = 0
        async with running_assistant(
            Settings(database_url="sqlite://", log_level="error"), project.folder
        ) as assistant:
            for test in tests:
                outcome = await run_test(assistant, test)
                failed += bool(outcome.problems)
                print(
                    f"{'échec' if outcome.problems else 'ok   '}  {test.name}  ({test.file.name}:{test.line})"
                )
                for problem in outcome.problems:
                    print(problem)
        print(f"{len(tests) - failed} réussis, {failed} en échec.")
        return 1 if failed else 0

    return asyncio.run(play())


def add_chamber(
    settings: Settings,
    *,
    chamber_id: str,
    name: str,
    sites: Sequence[str] = (),
    departements: Sequence[str] = (),
    colour: str | None = None,
    phone: str | None = None,
    hours: str | None = None,
    retention_days: int | None = None,
) -> None:
    """Make a chamber, or change a known one.

    Raises:
        SettingsError: an id that would not fit in an address, or a colour that is none.
    """
    if (
        not chamber_id
        or len(chamber_id) > 64
        or not set(chamber_id) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")
    ):
        raise SettingsError(
            f"« {chamber_id} » : un identifiant de chambre a des minuscules sans accent, des chiffres et des tirets."
        )
    if retention_days is not None and retention_days < 1:
        raise SettingsError("--retention-days : un nombre de jours, 1 au moins.")
    if colour is not None and not re.fullmatch(r"#[0-9a-fA-F]{6}", colour):
        raise SettingsError(f"--colour : « {colour} » n'est pas une couleur comme #1f4e79.")
    chamber = Chamber(
        id=chamber_id,
        name=name,
        departements=tuple(departements),
        sites=tuple(sites),
        colours=(("accent", colour),) if colour else (),
        phone=phone,
        hours=hours,
        retention_days=retention_days,
    )
    store = open_store(settings)
    try:
        store.database.write_now(lambda connection: conversations.save_chamber(connection, chamber))
    finally:
        store.close()


def purge(settings: Settings) -> int:
    """Erase the conversations past their retention; returns how many."""
    store = open_store(settings)
    try:
        return store.database.write_now(
            lambda connection: erasure.purge(connection, time.time(), settings.retention_days)
        )
    finally:
        store.close()


# ------------------------------------------------------------------ logging
def configure_logging(level: str) -> None:
    """JSON lines on standard error, ours and the libraries'. No text of an owner and no secret goes there."""
    number = logging.getLevelNamesMapping().get(level.upper())
    if number is None:
        raise SettingsError(f"CONNECTEUR_LOG_LEVEL : « {level} » (debug, info, warning, error).")
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    structlog.configure(
        processors=[*shared, structlog.processors.JSONRenderer(ensure_ascii=False)],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(ensure_ascii=False),
            ],
            foreign_pre_chain=shared,
        )
    )
    root = logging.getLogger()
    for old in [h for h in root.handlers if getattr(h, "is_connecteur", False)]:
        root.removeHandler(old)
    handler.is_connecteur = True  # type: ignore[attr-defined]
    root.addHandler(handler)
    # The libraries' own lines (requests with addresses that hold a token, SQL) are for whoever debugs them.
    root.setLevel(max(number, logging.WARNING))


def _plain(value: Any) -> Any:
    """The domain as plain dicts and lists: what an action gets, and what goes over the wire."""
    if isinstance(value, CommentedMap | dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value
