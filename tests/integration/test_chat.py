"""`/chat` over HTTP, as a browser sends its forms: an owner follows links, goes on, presses in an old tab."""

from __future__ import annotations

import html
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx

from bot.assistant import Assistant
from bot.bootstrap import running_assistant
from bot.settings import Settings
from bot.store.conversations import Chamber, save_chamber
from bot.web.app import create_app
from bot.web.chat import linked


@asynccontextmanager
async def a_browser(folder: Path) -> AsyncIterator[tuple[httpx.AsyncClient, Assistant]]:
    settings = Settings(database_url=f"sqlite:///{folder / 'chat.sqlite'}", log_level="error")
    async with running_assistant(settings) as assistant:

        @asynccontextmanager
        async def same_assistant() -> AsyncIterator[Assistant]:
            yield assistant

        app = create_app(same_assistant, settings, host="127.0.0.1")
        app.state.assistant, app.state.telegram_name = assistant, None
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(
            transport=transport, base_url="http://test", follow_redirects=True
        ) as browser:
            yield browser, assistant


async def write(browser: httpx.AsyncClient, page: str, text: str) -> str:
    """Write in this page's form, whatever other tabs did since."""
    return (await browser.post("/chat", data={**hidden(page, "t"), "text": text})).text


async def press(browser: httpx.AsyncClient, page: str, title: str) -> str:
    """Press the last button of that title on this page."""
    value = next(
        html.unescape(value)
        for value, shown in reversed(re.findall(r'<button name="button" value="([^"]*)">([^<]*)<', page))
        if html.unescape(shown) == title
    )
    return (await browser.post("/chat", data={**hidden(page, ""), "button": value})).text


def hidden(page: str, form: str) -> dict[str, str]:
    """The hidden fields of one of the page's forms."""
    message_id = re.search(rf'name="message_id" value="(\w{{24}}{form})"', page)
    proof = re.search(r'name="proof" value="(\w+)"', page)
    assert message_id is not None and proof is not None
    return {"message_id": message_id[1], "proof": proof[1]}


async def test_link_of_another_chamber_is_asked_about_once(tmp_path: Path) -> None:
    async with a_browser(tmp_path) as (browser, assistant):
        for name in ("bleue", "verte"):
            chamber = Chamber(f"cci-{name}", f"CCI {name.title()}")
            await assistant._store.database.write(lambda c, chamber=chamber: save_chamber(c, chamber))
        page = (await browser.get("/chat")).text
        await write(browser, page, "boulanger à Vitré, 3 personnes")
        assert "suivie par CCI Bleue" in (await browser.get("/chat?chamber=cci-bleue")).text
        asked = (await browser.get("/chat?chamber=cci-verte")).text
        assert asked.count("Ce lien est celui de CCI Verte") == 1
        assert "session_start" not in asked
        again = (await browser.get("/chat?chamber=cci-verte")).text
        assert again.count("Ce lien est celui de CCI Verte") == 1
        sender = browser.cookies["connecteur_chat"]
        chamber_before = await assistant.chamber_of("chat", sender)
        assert chamber_before is not None and chamber_before.id == "cci-bleue"
        moved = await press(browser, again, "Oui, changer")
        assert "suivie par CCI Verte" in moved
        assert '<p class="chamber">CCI Verte' in moved
        assert "boulanger à Vitré" in moved


async def test_button_of_an_old_tab_answers_its_own_question_or_is_said_to_be_past(tmp_path: Path) -> None:
    async with a_browser(tmp_path) as (browser, assistant):

        async def slots() -> dict[str, Any]:
            return (await assistant.log.tracker_of("chat", browser.cookies["connecteur_chat"])).slots

        page = (await browser.get("/chat")).text
        old_tab = await write(browser, page, "boulanger à Vitré")
        assert "Vous êtes combien" in old_tab
        page = await press(browser, old_tab, "Juste moi")
        before = await slots()
        asked = before["requested_slot"]
        assert asked != "effectif"
        # « Passer » of the old question passes nothing: it is said so, and the open question stands there again.
        page = await press(browser, old_tab, "Passer")
        assert "Cette question est passée." in page
        after = await slots()
        assert (after["requested_slot"], after.get(asked)) == (asked, None)
        assert after["effectif"] == before["effectif"]
        assert asked in re.findall(r'name="several" value="(\w+)"', page)
        # Another answer of the old tab changes the answer that it belonged to.
        await press(browser, old_tab, "2 à 5")
        after = await slots()
        assert after["requested_slot"] == asked
        assert after["effectif"] != before["effectif"]
        # The same page and the same button again: one message.
        count = len(await assistant.log.events_of("chat", browser.cookies["connecteur_chat"]))
        await press(browser, old_tab, "2 à 5")
        assert len(await assistant.log.events_of("chat", browser.cookies["connecteur_chat"])) == count


async def test_what_does_not_exist_is_a_page_for_a_browser_and_json_for_a_program(tmp_path: Path) -> None:
    async with a_browser(tmp_path) as (browser, _):
        page = await browser.get("/chatt", headers={"accept": "text/html"})
        assert page.status_code == 404
        assert "Cette page n'existe pas" in html.unescape(page.text)
        assert 'href="/chat"' in page.text
        program = await browser.get("/chatt", headers={"accept": "application/json"})
        assert program.status_code == 404
        assert program.json()["error"]["code"] == "http_404"


async def test_reading_goes_on_at_the_owners_last_message(tmp_path: Path) -> None:
    async with a_browser(tmp_path) as (browser, _):
        page = (await browser.get("/chat")).text
        page = await write(browser, page, "je veux parler à quelqu'un")
        newest = re.search(r'<li class="(\w+)" id="dernier">', page)
        assert newest is not None
        assert newest[1] == "owner"
        assert page.count('id="dernier"') == 1


def test_addresses_and_numbers_are_links_and_nothing_else_is_markup() -> None:
    shown = linked("Allez sur 17cyber.gouv.fr. <b>Téléphone : 0 800 100 200 · https://a.fr/b?x=1&y=2.")
    assert (
        '<a href="https://17cyber.gouv.fr" rel="noopener noreferrer">17cyber.gouv.fr</a>. &lt;b&gt;' in shown
    )
    assert '<a href="tel:0800100200"' in shown
    assert '<a href="https://a.fr/b?x=1&amp;y=2" rel="noopener noreferrer">' in shown
    assert "<b>" not in shown
