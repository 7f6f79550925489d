"""The console in a real Chromium: English and Chinese, empty and with 5,000 mini programs, on a desk and on a phone."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright
from sqlalchemy import Engine

from service.store import orders
from service.store.engine import reading
from tests.support.console import PASSWORDS, console, fill
from tests.support.servers import eventually

MANY = 5_000
DESK, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
PAGES = ["/", "/apps", "/versions", "/pushes", "/causes", "/dead", "/orders"]
APPROVED = "wx0000000000000001"
WORDS = {
    "en-US": {"release": "Release", "cancel": "Cancel", "ordered": "Ordered.", "overview": "Overview"},
    "zh-CN": {"release": "发布", "cancel": "取消", "ordered": "已下达", "overview": "概览"},
}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Start Debian's Chromium."""
    chromium = shutil.which("chromium")
    assert chromium, "make test installs it: apt-get install chromium"
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield started
        started.close()


@contextmanager
def looking(browser: Browser, url: str, locale: str, size: dict[str, int], name: str = "zhang") -> Iterator[Page]:
    """Let somebody sign in; whatever a browser complains of is a fault."""
    context = browser.new_context(locale=locale, viewport=size)  # type: ignore[arg-type]
    page, complaints = context.new_page(), []
    page.on("console", lambda said: complaints.append(said.text) if said.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    # What was still on its way when another page was asked for is no fault.
    page.on("requestfailed", lambda at: complaints.append(at.url) if at.failure != "net::ERR_ABORTED" else None)
    page.on("request", lambda asked: None if asked.url.startswith(url[:20]) else complaints.append(asked.url))
    page.goto(url)
    page.fill("#username", name)
    page.fill("#password", PASSWORDS[name])
    page.click("button[type=submit]")
    yield page
    assert complaints == []
    context.close()


def sticks_out(page: Page) -> bool:
    """Tell whether a page is wider than its window."""
    return bool(page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"))


@pytest.mark.parametrize("locale", ["en-US", "zh-CN"])
@pytest.mark.parametrize("number", [0, MANY])
def test_every_page_is_shown_and_nothing_sticks_out(browser: Browser, store: Engine, locale: str, number: int) -> None:
    """No page is wider than a desk's window or a phone's, and no script or style is refused or fails."""
    if number:
        fill(store, number)
    with console(store) as url, looking(browser, url, locale, DESK) as page:
        expect(page.locator("h2")).to_have_text(WORDS[locale]["overview"])
        if number:
            expect(page.locator(".apexcharts-bar-series")).not_to_have_count(0)
        for path in PAGES + ([f"/apps/{APPROVED}", f"/pushes/{7:032x}"] if number else []):
            page.goto(f"{url}{path}")
            expect(page.locator(".page-body .card, .page-body .row").first).to_be_visible()
            for size in (PHONE, DESK):
                page.set_viewport_size(size)  # type: ignore[arg-type]
                # A chart is drawn anew when the window changes.
                eventually(lambda: not sticks_out(page), f"{path} to fit into {size['width']} pixels")


@pytest.mark.parametrize(("locale", "size"), [("en-US", DESK), ("zh-CN", PHONE)], ids=["desk", "phone"])
def test_a_button_asks_once(browser: Browser, store: Engine, locale: str, size: dict[str, int]) -> None:
    """Whoever cancels ordered nothing; whoever confirms sees it said, and listed."""
    fill(store, 20)
    words = WORDS[locale]
    with console(store) as url, looking(browser, url, locale, size) as page:
        page.goto(f"{url}/apps/{APPROVED}")
        asked = page.locator("#do-release")
        page.click("[popovertarget=do-release]")
        expect(asked).to_be_visible()
        asked.get_by_text(words["cancel"]).click()
        expect(asked).to_be_hidden()
        with reading(store) as connection:
            assert orders.newest(connection) == []
        page.click("[popovertarget=do-release]")
        asked.locator("button[type=submit]").click()
        expect(page.locator(".alert")).to_contain_text(words["ordered"])
        page.goto(f"{url}/orders")
        expect(page.locator("table")).to_contain_text("zhang")


def test_the_language_is_chosen_in_the_page(browser: Browser, store: Engine) -> None:
    """And kept."""
    with console(store) as url, looking(browser, url, "en-US", DESK) as page:
        page.click("header .dropdown-toggle")
        page.click("header [data-sa-lang=zh]")
        expect(page.locator("h2")).to_have_text("概览")
        page.goto(f"{url}/apps")
        expect(page.locator("h2")).to_have_text("小程序")


def test_on_a_phone_the_menu_opens(browser: Browser, store: Engine) -> None:
    """And leads to the pages."""
    with console(store) as url, looking(browser, url, "zh-CN", PHONE) as page:
        page.click(".navbar-toggler")
        page.locator("#sidebar-menu").get_by_text("推送").click()
        expect(page.locator("h2")).to_have_text("推送")


def test_a_password_can_be_looked_at(browser: Browser, store: Engine) -> None:
    """By whoever types it."""
    with console(store) as url:
        page = browser.new_page()
        page.goto(url)
        page.click("#toggle-password")
        expect(page.locator("#password")).to_have_attribute("type", "text")
        page.close()


def test_who_may_only_look_finds_no_button(browser: Browser, store: Engine) -> None:
    """But why there is none."""
    fill(store, 20)
    with console(store) as url, looking(browser, url, "en-US", DESK, "li") as page:
        page.goto(f"{url}/apps/{APPROVED}")
        expect(page.locator("[popovertarget]")).to_have_count(0)
        expect(page.locator("#do-release-why")).to_have_text("this account may only look")
