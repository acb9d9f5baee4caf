"""What the real Bot API refuses, and how it says so: a call is looked at before the fake server takes it.

Methods, parameters and types are those of tests/data/bot_api.json; the rules that stand in words only (lengths,
alphabets, one kind of action a button) are from the same documentation.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

SPEC = json.loads((Path(__file__).parent / "data" / "bot_api.json").read_text(encoding="utf-8"))
METHODS: dict[str, Any] = SPEC["methods"]
TYPES: dict[str, Any] = SPEC["types"]

MAX_TEXT, MAX_CAPTION, MAX_CALLBACK_TEXT = 4096, 1024, 200
MAX_ROW, MAX_BUTTONS = 8, 100
MAX_FILE_BYTES, MAX_PHOTO_BYTES = 50 * 2**20, 10 * 2**20
BUTTON_LOOKS = ("text", "style", "icon_custom_emoji_id")
CHAT_ACTIONS = (
    *("typing", "upload_photo", "record_video", "upload_video", "record_voice", "upload_voice"),
    *("upload_document", "choose_sticker", "find_location", "record_video_note", "upload_video_note"),
)
PICTURES = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF8", b"RIFF")
MARKDOWN_V2_RESERVED = ".!#+-=|{}()>"
HTML_TAGS = frozenset(
    "a b blockquote code del em i ins pre s span strike strong tg-emoji tg-spoiler u".split()
)

Files = Mapping[str, tuple[str, bytes]]


def problem(method: str, arguments: Mapping[str, Any], files: Files) -> str | None:
    """Why the real server would answer 400 to this call; None when it would take it."""
    try:
        _check_fields(method, METHODS[method]["fields"], arguments, files)
        _check_texts(method, arguments)
        _check_keyboard(_json(arguments.get("reply_markup")))
        _check_files(method, arguments, files)
        _check_words(method, arguments)
    except Refused as refused:
        return str(refused)
    return None


class Refused(Exception):
    """The call breaks a rule."""


def units(text: str) -> int:
    """Characters as the Bot API counts them: UTF-16 code units."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


# ------------------------------------------------------------------ fields and types
def _check_fields(where: str, fields: Mapping[str, Any], given: Mapping[str, Any], files: Files) -> None:
    for name, about in fields.items():
        if about["required"] and name not in given and name not in files:
            raise Refused(f"{where}: {name} is required")
    for name, value in given.items():
        if name not in fields:
            raise Refused(f"{where}: unknown parameter {name}")
        if name not in files and not any(_fits(value, kind) for kind in fields[name]["types"]):
            raise Refused(f"{where}: {name} is no {' or '.join(fields[name]['types'])}: {value!r}")


def _fits(value: Any, kind: str) -> bool:
    if kind == "String":
        return isinstance(value, str)
    if kind == "Integer":
        return isinstance(value, int | str) and re.fullmatch(r"-?\d+", str(value)) is not None
    if kind == "Float":
        return isinstance(value, int | float | str) and re.fullmatch(r"-?\d+(\.\d+)?", str(value)) is not None
    if kind in ("Boolean", "True"):
        return value in (True, "true", "True") or (kind == "Boolean" and value in (False, "false", "False"))
    if kind == "InputFile":
        return False  # files come apart from the arguments
    try:
        value = _json(value)
    except json.JSONDecodeError:
        return False
    if kind.startswith("Array of "):
        return isinstance(value, list) and all(_fits(one, kind.removeprefix("Array of ")) for one in value)
    if kind not in TYPES or not isinstance(value, dict):
        return False
    try:
        _check_fields(kind, TYPES[kind]["fields"], value, {})
    except Refused:
        return False
    return True


# ------------------------------------------------------------------ texts
def _check_texts(method: str, arguments: Mapping[str, Any]) -> None:
    for name, limit in (("text", MAX_TEXT), ("caption", MAX_CAPTION)):
        if method == "answerCallbackQuery" or arguments.get(name) is None:
            continue
        text = str(arguments[name])
        _check_parse_mode(text, arguments.get("parse_mode"))
        if name == "text" and not text.strip():
            raise Refused("message text is empty")
        if units(text) > limit:
            raise Refused("message is too long" if name == "text" else "message caption is too long")
        entities = _json(arguments.get("entities" if name == "text" else "caption_entities")) or []
        for entity in entities:
            if (
                entity["offset"] < 0
                or entity["length"] < 1
                or entity["offset"] + entity["length"] > units(text)
            ):
                raise Refused("entity beyond the end of the text")


def _check_parse_mode(text: str, mode: Any) -> None:
    if mode is None:
        return
    if mode == "HTML":
        _check_html(text)
    elif mode == "MarkdownV2":
        _check_markdown(re.sub(r"\\.", "", text), ("*", "_", "~", "`"))
        bare = re.search(
            rf"[{re.escape(MARKDOWN_V2_RESERVED)}]", re.sub(r"\\.|\[[^\]]*\]\([^)]*\)", "", text)
        )
        if bare:
            raise Refused(
                f"can't parse entities: character '{bare[0]}' is reserved and must be escaped with '\\'"
            )
    elif mode == "Markdown":
        _check_markdown(re.sub(r"\\.", "", text), ("*", "_", "`"))
    else:
        raise Refused("unsupported parse_mode")


def _check_markdown(text: str, marks: tuple[str, ...]) -> None:
    for mark in marks:
        if text.count(mark) % 2:
            raise Refused(f"can't parse entities: can't find end of the entity that begins with {mark}")
    if re.search(r"\[(?![^\]]*\]\([^)]*\))", text):
        raise Refused("can't parse entities: can't find end of the link")


def _check_html(text: str) -> None:
    open_tags: list[str] = []
    for closing, tag in re.findall(r"<(/?)([^\s>/]*)[^>]*>?", text):
        if tag not in HTML_TAGS:
            raise Refused(f'can\'t parse entities: unsupported start tag "{tag}"')
        if not closing:
            open_tags.append(tag)
        elif not open_tags or open_tags.pop() != tag:
            raise Refused(f'can\'t parse entities: unexpected end tag "{tag}"')
    if open_tags:
        raise Refused(f"can't parse entities: can't find end tag of \"{open_tags[-1]}\"")


# ------------------------------------------------------------------ keyboards, files
def _check_keyboard(markup: Any) -> None:
    rows = (markup or {}).get("inline_keyboard") or []
    buttons = [button for row in rows for button in row]
    if len(buttons) > MAX_BUTTONS or any(len(row) > MAX_ROW for row in rows):
        raise Refused("reply markup is too long")
    for button in [button for row in (markup or {}).get("keyboard") or [] for button in row]:
        if not str(button["text"]).strip():
            raise Refused("button text must be non-empty")
        if len([name for name in button if name not in BUTTON_LOOKS]) > 1:
            raise Refused("at most one of a button's requests may be used")
    for button in buttons:
        if not str(button["text"]).strip():
            raise Refused("button text must be non-empty")
        if len([name for name in button if name not in BUTTON_LOOKS]) != 1:
            raise Refused("exactly one of a button's actions must be used")
        if "callback_data" in button and not 1 <= len(button["callback_data"].encode()) <= 64:
            raise Refused("BUTTON_DATA_INVALID")


def _check_files(method: str, arguments: Mapping[str, Any], files: Files) -> None:
    for name, (_, content) in files.items():
        if not content:
            raise Refused(f"file must be non-empty: {name}")
        if len(content) > (MAX_PHOTO_BYTES if name == "photo" else MAX_FILE_BYTES):
            raise Refused(f"file is too big: {name}")
        if name == "photo" and not content.startswith(PICTURES):
            raise Refused("IMAGE_PROCESS_FAILED")
    for name in ("photo", "document"):
        if name in arguments and not re.match(r"https?://|[\w-]{20,}$", str(arguments[name])):
            raise Refused(f"wrong file identifier/HTTP URL specified: {name}")


# ------------------------------------------------------------------ what stands in the words of the documentation
def _check_words(method: str, arguments: Mapping[str, Any]) -> None:
    if method == "answerCallbackQuery" and units(str(arguments.get("text") or "")) > MAX_CALLBACK_TEXT:
        raise Refused("MESSAGE_TOO_LONG")
    if method == "sendChatAction" and arguments["action"] not in CHAT_ACTIONS:
        raise Refused("wrong parameter action in request")
    if method.startswith("editMessage") and not ("chat_id" in arguments and "message_id" in arguments):
        raise Refused("message identifier is not specified")
    if method == "setMyCommands":
        _check_commands(_json(arguments["commands"]), str(arguments.get("language_code") or ""))
    if method == "setWebhook":
        if not re.fullmatch(r"[A-Za-z0-9_-]{1,256}", str(arguments.get("secret_token") or "x")):
            raise Refused("secret token contains unallowed characters")
        if not 1 <= int(arguments.get("max_connections") or 40) <= 100:
            raise Refused("bad webhook: max_connections")
        # The tests' own servers are on this machine; elsewhere the real one takes HTTPS only.
        if not re.match(r"https://|http://(127\.0\.0\.1|localhost)[:/]", str(arguments["url"])):
            raise Refused("bad webhook: HTTPS url must be provided for webhook")
    unknown = set(_json(arguments.get("allowed_updates")) or ()) - set(TYPES["Update"]["fields"])
    if unknown:
        raise Refused(f"unknown update types {sorted(unknown)}")


def _check_commands(commands: list[dict[str, str]], language: str) -> None:
    if language and not re.fullmatch(r"[a-z]{2}", language):
        raise Refused("invalid language code specified")
    if len(commands) > 100:
        raise Refused("BOT_COMMANDS_TOO_MUCH")
    for one in commands:
        if not re.fullmatch(r"[a-z0-9_]{1,32}", one["command"]):
            raise Refused("BOT_COMMAND_INVALID")
        if not 1 <= units(one["description"]) <= 256:
            raise Refused("BOT_COMMAND_DESCRIPTION_INVALID")


def _json(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) and value else value or None
