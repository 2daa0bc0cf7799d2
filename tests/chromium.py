"""A real browser without network, for the pages that people open."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, sync_playwright

CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium; without it these tests fail under CI and are skipped elsewhere."""
    if shutil.which(CHROMIUM) is None:
        reason = f"{CHROMIUM} n’est pas là : les pages ne sont pas ouvertes"
        (pytest.fail if os.environ.get("CI") else pytest.skip)(reason)
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield started
        started.close()


class Visit:
    """One page opened without network, with everything it asked for and complained of."""

    def __init__(self, context: BrowserContext, path: Path) -> None:
        self.page = context.new_page()
        self.requests: list[str] = []
        self.errors: list[str] = []
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("console", lambda message: self.errors.append(message.text))
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("dialog", lambda dialog: self.errors.append(f"dialog {dialog.message}"))
        self.page.goto(path.as_uri(), wait_until="load")
        self.own = path.as_uri()

    @property
    def foreign(self) -> list[str]:
        """Requests other than the page itself."""
        return [url for url in self.requests if url != self.own and not url.startswith("data:")]


@pytest.fixture
def visit(browser: Browser) -> Iterator[Callable[[Path], Visit]]:
    """Open a page at 1280 × 800, offline."""
    context = browser.new_context(offline=True, viewport={"width": 1280, "height": 800})
    yield lambda path: Visit(context, path)
    context.close()
