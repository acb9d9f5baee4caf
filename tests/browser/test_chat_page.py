"""`/chat` in a real browser, as an owner has it: a phone, no JavaScript, the keyboard alone.

Needs Chromium on the machine (`.ci/run` installs it); without one these tests say so and skip.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, sync_playwright

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = pytest.mark.skipif(
    CHROMIUM is None, reason="no Chromium on this machine: install it to run these"
)

PHONE = {"width": 360, "height": 740}
LAST_WORDS = "Est-ce que cela vous aide ?"
NEVER_PRESSED = ("Je ne sais pas", "Passer", "Pourquoi ?", "Revenir")


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    folder = tmp_path_factory.mktemp("browser")
    env = {**os.environ, "CONNECTEUR_DATABASE_URL": f"sqlite:///{folder / 'chat.sqlite'}"}
    command = [sys.executable, "-m", "bot", "serve", "--port", str(port)]
    server = subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}"
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        try:
            if httpx.get(f"{url}/readyz").status_code == 200:
                break
        except httpx.HTTPError:
            time.sleep(0.1)
    yield url
    server.terminate()
    server.wait(timeout=30)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture
def page(browser: Any) -> Iterator[Page]:
    context = browser.new_context(viewport=PHONE, java_script_enabled=False, locale="fr-FR")
    yield context.new_page()
    context.close()


def said(page: Page) -> str:
    """What stands on the page, with plain spaces."""
    return " ".join(page.inner_text("main").split())


def assert_readable(page: Page) -> None:
    """Nothing runs out of the phone, and whoever hears the page knows what each thing is."""
    tree = page.locator("body").aria_snapshot()
    assert "heading" in tree
    box = page.locator("body").bounding_box()
    assert box is not None
    for element in page.locator("main *:visible").all():
        inside = element.bounding_box()
        if inside is not None and inside["height"] > 1 and inside["width"] > 1:
            assert inside["x"] + inside["width"] <= PHONE["width"] + 1, element.inner_text()[:80]
    assert page.locator("html").get_attribute("lang") == "fr"
    assert page.get_by_label("Votre message").count() == 1
    assert page.get_by_role("log").count() == 1


def test_whole_conversation_on_a_phone_without_javascript(address: str, page: Page) -> None:
    page.goto(f"{address}/chat")
    assert "Je suis un programme" in said(page)
    assert_readable(page)
    page.get_by_label("Votre message").fill("coiffeuse à Mende, je suis seule")
    page.get_by_role("button", name="Envoyer").click()
    for _ in range(14):
        if LAST_WORDS in said(page):
            break
        assert_readable(page)
        ticks = page.locator("input[type=checkbox]")
        if ticks.count():
            ticks.first.check()
            page.get_by_role("button", name="C'est tout").click()
            continue
        titles = [
            one
            for one in page.locator(".answer .choices button").all_inner_texts()
            if one not in NEVER_PRESSED
        ]
        page.locator(".answer .choices").get_by_role("button", name=titles[0], exact=True).click()
    text = said(page)
    assert LAST_WORDS in text
    assert "dans l'ordre" in text
    # Each action of the plan has its own buttons, under it.
    assert page.locator("li.bot .choices button", has_text="Pas ça").count() >= 2
    assert page.locator(".answer .choices button", has_text="Pas ça").count() == 0
    assert_readable(page)


def test_keyboard_alone_answers(address: str, page: Page) -> None:
    page.goto(f"{address}/chat")
    page.keyboard.press("Tab")
    assert page.locator(":focus").inner_text() == "Aller au contenu"
    page.get_by_label("Votre message").focus()
    page.keyboard.type("plombier à Lille, 3 personnes")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert "J'ai compris : plombier" in said(page)
    page.locator(".answer .choices button").first.focus()
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert "plombier" in said(page)


def test_reload_sends_nothing_twice_and_the_conversation_is_found_again(address: str, page: Page) -> None:
    page.goto(f"{address}/chat")
    page.get_by_label("Votre message").fill("fleuriste à Metz, 2 personnes")
    page.get_by_role("button", name="Envoyer").click()
    before = page.locator("li.owner").count()
    page.reload()
    assert page.locator("li.owner").count() == before
    page.goto(f"{address}/chat")
    assert "fleuriste" in said(page)


def test_document_that_the_bot_gives_is_there_for_its_owner_only(
    address: str, page: Page, browser: Any
) -> None:
    page.goto(f"{address}/chat")
    page.get_by_label("Votre message").fill("boulanger à Vitré, 3 personnes")
    page.get_by_role("button", name="Envoyer").click()
    page.get_by_label("Votre message").fill("je veux une copie de mes données")
    page.get_by_role("button", name="Envoyer").click()
    if page.locator(".document a").count() == 0:
        page.get_by_role("button", name="Une copie").click()
    link = page.locator(".document a").last.get_attribute("href")
    assert link is not None
    mine = page.request.get(f"{address}{link}")
    assert mine.status == 200
    assert "Vitré" in mine.text()
    assert httpx.get(f"{address}{link}").status_code == 404


@pytest.mark.parametrize("path", ["/", "/confidentialite", "/accessibilite"])
def test_other_pages_fit_a_phone(address: str, page: Page, path: str) -> None:
    page.goto(f"{address}{path}")
    assert page.get_by_role("heading", level=1).count() == 1
    assert page.locator("html").get_attribute("lang") == "fr"
    for element in page.locator("main *:visible").all():
        inside = element.bounding_box()
        if inside is not None and inside["width"] > 1:
            assert inside["x"] + inside["width"] <= PHONE["width"] + 1
