"""`/chat`: the conversation as a server-rendered page of plain forms, without JavaScript.

The session is one strictly necessary cookie, HttpOnly; its value is the sender's id in this channel. Each form
carries a fresh message id, so that pressing twice or reloading sends one message. Each button names the question under
which it stands: pressed in an old tab it answers that one, or is said to be past.
"""

from __future__ import annotations

import hmac
import re
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import orjson
from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from fastapi.templating import Jinja2Templates
from markupsafe import Markup, escape

from bot.messages import BotMessage, Question, UserMessage
from bot.web.health import count_turn

CHANNEL = "chat"
COOKIE = "connecteur_chat"
COOKIE_MAX_AGE_S = 400 * 24 * 3600
"""Browsers keep no cookie longer; the retention period of the chamber decides what it still opens."""
MAX_TEXT = 10_000
SHOWN_LINES = 200

router = APIRouter()
templates = Jinja2Templates(directory=Path(__file__).parent / "templates")


def french_spaces(text: str) -> str:
    """The text with spaces that do not break where French typography has one: « … », before ? ! : ; € and in 6 000."""
    text = re.sub(r" (?=[»?!:;€%])|(?<=«) ", "\u00a0", text)
    return re.sub(r"(?<=\d) (?=\d{3}(?!\d))", "\u202f", text)


ADDRESS = re.compile(
    r"(?P<page>https?://[^\s<>«»]*[^\s<>«».,;:!?)])|(?P<site>\b\d*[a-z][a-z0-9-]*\.gouv\.fr\b(?:/[\w/-]*)?)"
    r"|(?<=Téléphone : )(?P<phone>\d[\d ]+\d)"
)


def linked(text: str) -> Markup:
    """The text with French spaces, and with its addresses and telephone numbers as links."""
    parts: list[str] = []
    end = 0
    for match in ADDRESS.finditer(text):
        shown = match.group()
        goal = f"tel:{shown.replace(' ', '')}" if match["phone"] else shown
        goal = f"https://{shown}" if match["site"] else goal
        name = shown if match["page"] else french_spaces(shown)
        parts += [str(escape(french_spaces(text[end : match.start()])))]
        parts += [str(Markup('<a href="{}" rel="noopener noreferrer">{}</a>').format(goal, name))]
        end = match.end()
    return Markup("".join([*parts, str(escape(french_spaces(text[end:])))]))  # noqa: S704 (all of it escaped)


def file_size(size: int) -> str:
    """« 40 Ko »: what a file weighs before it is fetched."""
    return f"{max(1, round(size / 1024))} Ko"


templates.env.filters["french_spaces"] = french_spaces
templates.env.filters["linked"] = linked
templates.env.filters["file_size"] = file_size


@dataclass(frozen=True, slots=True)
class Choice:
    """A quick answer of a form: what is shown, and the value that is sent."""

    title: str
    value: str


FETCHERS = re.compile(r"bot\b|crawler|spider|preview|facebookexternalhit|whatsapp|skype", re.IGNORECASE)
"""Programs that look at every link they meet: one that serves once must not be used up by them."""


@dataclass(frozen=True, slots=True)
class Said:
    """What a form says: its text, the payload of what was pressed, the question under which that stood."""

    text: str
    payload: str | None = None
    question: str | None = None

    @property
    def digest(self) -> str:
        """Short, and another one for other words."""
        return sha256((self.payload or self.text).encode("utf-8", "replace")).hexdigest()[:8]


@router.get("/chat", response_class=HTMLResponse)
async def chat_page(request: Request, chamber: str | None = None, lien: str | None = None) -> Response:
    """The conversation so far, and the form to go on. `lien` carries a conversation here from another channel."""
    assistant = request.app.state.assistant
    sender = _sender(request) or secrets.token_urlsafe(24)
    if lien is not None and FETCHERS.search(request.headers.get("user-agent", "")):
        return Response(status_code=204)
    if lien is not None:
        # A new address for it: the conversation that this browser may have stays as it is, and stays its own.
        sender = secrets.token_urlsafe(24)
        if re.fullmatch(r"[A-Za-z0-9]{10,64}", lien) and await assistant.follow_link(lien, CHANNEL, sender):
            return _with_cookie(request, RedirectResponse("/chat#dernier", status_code=303), sender)
        return HTMLResponse(
            templates.get_template("link_over.html").render(request=request, kind="chat"), status_code=410
        )
    opened = await assistant.open(CHANNEL, sender, _chamber_id(chamber))
    await assistant.mailbox.mark_sent([message.id for message in opened])
    return await _render(request, sender)


@router.post("/chat", response_class=HTMLResponse)
async def chat_send(request: Request) -> Response:
    """Take one message (typed, pressed, or several ticked), then show the page again (303)."""
    sender = _sender(request)
    form = await request.form(max_fields=200, max_part_size=100_000)
    message_id = str(form.get("message_id") or "")
    if sender is None or not hmac.compare_digest(str(form.get("proof") or ""), _proof(request, sender)):
        # No cookie, or a form that another site made: begin, or show, without taking anything.
        return RedirectResponse("/chat", status_code=303)
    said = _read_form(form)
    if said.text or said.payload:
        message = UserMessage(
            channel=CHANNEL,
            sender=sender,
            # The same page sends another answer when its owner comes back to it: that is another message.
            message_id=f"{message_id[:64] or secrets.token_hex(8)}-{said.digest}",
            text=said.text[:MAX_TEXT],
            payload=said.payload,
            question=said.question,
            sent_at=datetime.now(UTC),
            chamber=_chamber_id(str(form.get("chamber") or "")),
        )
        with count_turn(CHANNEL):
            await request.app.state.assistant.handle(message, is_pulled=True)
    return RedirectResponse("/chat#dernier", status_code=303)


@router.get("/chat/document/{message_id}")
async def chat_document(request: Request, message_id: str) -> Response:
    """A file that the bot gave in this very conversation (the report, the owner's data)."""
    sender = _sender(request)
    message = None
    if sender is not None and re.fullmatch(r"[A-Za-z0-9_.-]{1,64}", message_id):
        message = await request.app.state.assistant.mailbox.bubble_of_conversation(
            CHANNEL, sender, message_id
        )
    if message is None or message.document is None:
        raise HTTPException(404, "Ce document n'est plus là. Demandez-le de nouveau dans la conversation.")
    document = message.document
    name = re.sub(r"[^A-Za-z0-9._-]", "_", document.filename)
    return Response(
        document.content,
        media_type=document.media_type,
        headers={"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"},
    )


@router.post("/chat/telegram")
async def chat_to_telegram(request: Request) -> Response:
    """Go on with this conversation on Telegram: a link that holds once, within the hour."""
    sender = _sender(request)
    form = await request.form(max_fields=5)
    bot_name = request.app.state.telegram_name
    if sender is None or not hmac.compare_digest(str(form.get("proof") or ""), _proof(request, sender)):
        return RedirectResponse("/chat", status_code=303)
    token = await request.app.state.assistant.link_token(CHANNEL, sender) if bot_name else None
    if token is None:
        return RedirectResponse("/chat", status_code=303)
    return RedirectResponse(f"https://t.me/{bot_name}?start=lien-{token}", status_code=303)


def _read_form(form: Any) -> Said:
    """What was typed or pressed."""
    if pressed := str(form.get("button") or ""):
        try:
            title, payload, question = orjson.loads(pressed)
        except (TypeError, ValueError):
            return Said("")
        return Said(str(title)[:200], str(payload)[:2000], str(question)[:200])
    if "several" in form:
        ticked = []
        for value in form.getlist("tick"):
            try:
                title, choice = orjson.loads(str(value))
            except (orjson.JSONDecodeError, ValueError):
                continue
            ticked.append((str(title), choice))
        slot = re.sub(r"[^A-Za-z0-9_]", "", str(form.get("several")))[:64]
        payload = "/answer" + orjson.dumps({slot: [choice for _, choice in ticked]}).decode()
        titles = ", ".join(title for title, _ in ticked)[:500]
        return Said(titles or "Aucune de ces réponses", payload, slot)
    return Said(str(form.get("text") or "").strip())


async def _render(request: Request, sender: str) -> Response:
    assistant = request.app.state.assistant
    lines = await assistant.transcript(CHANNEL, sender, SHOWN_LINES)
    chamber = await assistant.chamber_of(CHANNEL, sender)
    last_user = max((i for i, line in enumerate(lines) if line.who == "owner"), default=-1)
    latest = [line.message for line in lines[last_user + 1 :] if line.message is not None]
    question = next((m.question for m in reversed(latest) if m.question is not None), None)
    several = question if question is not None and question.type == "multi" else None
    # The buttons of the last bubble that has some stand at the end; those of the others under their own bubble.
    with_buttons = [i for i in range(last_user + 1, len(lines)) if (m := lines[i].message) and m.buttons]
    own = {i: _choices([m], None) for i in with_buttons[:-1] if (m := lines[i].message) is not None}
    latest_choices = [m for i in with_buttons[-1:] if (m := lines[i].message) is not None]
    response = templates.TemplateResponse(
        request,
        "chat.html",
        {
            "lines": lines,
            # Where reading goes on: at the owner's last message, so that a long answer is met from its beginning.
            "newest": last_user if last_user >= 0 else len(lines) - 1,
            "chamber": chamber,
            "choices": _choices(latest_choices, several),
            "own": own,
            "several": several,
            "ticks": _ticks(several),
            "message_id": secrets.token_hex(12),
            "proof": _proof(request, sender),
            "telegram": bool(request.app.state.telegram_name),
            "progress": next((m.progress for m in reversed(latest) if m.progress is not None), None),
        },
    )
    return _with_cookie(request, response, sender)


def _with_cookie(request: Request, response: Response, sender: str) -> Response:
    response.headers["Cache-Control"] = "no-store"
    response.set_cookie(
        COOKIE,
        sender,
        max_age=COOKIE_MAX_AGE_S,
        httponly=True,
        samesite="lax",
        secure=request.url.scheme == "https"
        or str(request.app.state.settings.public_url).startswith("https"),
        path="/chat",
    )
    return response


def _choices(latest: list[BotMessage], several: Question | None) -> list[Choice]:
    """The buttons of what the bot said last; those that a list of ticks shows already are left out."""
    shown = set(several.choices) if several else set()
    return [
        Choice(button.title, orjson.dumps([button.title, button.payload, asked]).decode())
        for message in latest
        for asked in [message.question.id if message.question is not None else ""]
        for button in message.buttons
        if button.title not in shown
    ]


def _ticks(several: Question | None) -> list[Choice]:
    if several is None:
        return []
    values = several.values or tuple(range(len(several.choices)))
    return [
        Choice(title, orjson.dumps([title, value]).decode())
        for title, value in zip(several.choices, values, strict=False)
    ]


def _sender(request: Request) -> str | None:
    value = request.cookies.get(COOKIE, "")
    return value if re.fullmatch(r"[A-Za-z0-9_-]{32}", value) else None


def _proof(request: Request, sender: str) -> str:
    """A value that only a page of ours, made for this cookie, can hold (against forms of other sites)."""
    key = (request.app.state.settings.secret_key or "connecteur").encode()
    return hmac.new(key, sender.encode(), sha256).hexdigest()[:32]


def _chamber_id(value: str | None) -> str | None:
    return value if value and re.fullmatch(r"[a-z0-9-]{1,64}", value) else None
