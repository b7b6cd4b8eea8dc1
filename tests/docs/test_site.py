"""The documentation site, read as files and seen in a browser."""

from __future__ import annotations

import os
import typing as t
import urllib.parse
from html.parser import HTMLParser
from pathlib import Path

import pytest
import yaml
from playwright.sync_api import Page, expect, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
COLLECTION = ROOT / "collections/ansible_collections/sysgenpro/odoo"
SITE = Path(os.environ.get("SITE", ROOT / ".cache/site")) / "html"
#: Where screenshots are left for people.
RESULTS = Path(os.environ.get("STAGE_RESULTS", ROOT / ".cache/test/docs"))
CHROMIUM_FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]


def pages() -> list[tuple[str, str]]:
    """File and what it is about, of everything that must have a page."""
    found = []
    for kind in ("modules", "lookup", "filter", "test", "callback", "inventory"):
        for path in sorted((COLLECTION / "plugins" / kind).glob("*.py")):
            name = kind.removesuffix("s")
            found.append((f"collections/{path.stem}_{name}.html", path.stem))
    found += [(f"collections/{path.name}_role.html", path.name) for path in sorted((COLLECTION / "roles").iterdir())]
    found += [
        (f"playbooks/{path.stem}_playbook.html", path.stem) for path in sorted((COLLECTION / "playbooks").glob("*.yml"))
    ]
    return found


PAGES = pages()


class Links(HTMLParser):
    """What a page links to and what it can be linked to by."""

    def __init__(self) -> None:
        super().__init__()
        self.targets: list[str] = []
        self.anchors: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self.anchors.add(values.get("id") or "")
        for name in ("href", "src"):
            if tag != "base" and values.get(name):
                self.targets.append(str(values[name]))


@pytest.fixture(scope="module")
def parsed() -> dict[Path, Links]:
    found = {}
    for path in SITE.rglob("*.html"):
        found[path] = Links()
        found[path].feed(path.read_text(encoding="utf-8"))
    return found


@pytest.mark.parametrize(("file", "subject"), PAGES, ids=[file for file, _subject in PAGES])
def test_it_has_a_page_that_speaks_of_it(file: str, subject: str) -> None:
    text = (SITE / file).read_text(encoding="utf-8")
    assert f"sysgenpro.odoo.{subject}" in text


def test_no_page_is_of_something_that_is_gone() -> None:
    made = {
        path.relative_to(SITE).as_posix()
        for folder in ("collections", "playbooks")
        for path in (SITE / folder).glob("*.html")
    }
    known = {file for file, _subject in PAGES} | {
        "collections/index.html",
        "playbooks/index.html",
        "collections/environment_variables.html",
    }
    assert made - known == set()


def test_every_link_within_the_site_leads_somewhere(parsed: dict[Path, Links]) -> None:
    broken = []
    for path, links in parsed.items():
        for target in links.targets:
            url = urllib.parse.urlsplit(target)
            if url.scheme or target.startswith(("//", "#")):
                continue
            there = (path.parent / urllib.parse.unquote(url.path)).resolve()
            if not there.exists() or (url.fragment and there in parsed and url.fragment not in parsed[there].anchors):
                broken.append(f"{path.relative_to(SITE)} → {target}")
    assert broken == []


def test_no_page_shows_an_error() -> None:
    pages = SITE.rglob("*.html")
    assert [path.name for path in pages if 'class="system-message' in path.read_text(encoding="utf-8")] == []


def test_nothing_is_loaded_from_elsewhere() -> None:
    text = (SITE / "index.html").read_text(encoding="utf-8")
    assert 'src="http' not in text
    assert 'rel="stylesheet" type="text/css" href="http' not in text


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[Page]:
    environment: dict[str, str | float | bool] = {**os.environ, "HOME": str(tmp_path_factory.mktemp("home"))}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=CHROMIUM_FLAGS, env=environment)
        opened = browser.new_context(viewport={"width": 1280, "height": 900}).new_page()
        opened.set_default_timeout(30_000)
        yield opened
        browser.close()


#: Elements of the text that a theme's style sheet puts an error before; no file has its words.
ERRORS = """[...document.querySelectorAll("article *")]
    .map(element => getComputedStyle(element, "::before").content).filter(content => content.includes("ERROR"))"""


def shot(page: Page, name: str) -> None:
    """Leave a picture of a page that shows no error."""
    assert page.evaluate(ERRORS) == []
    RESULTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=str(RESULTS / f"{name}.png"))


def test_a_reader_goes_from_the_front_page_to_a_playbook_a_role_and_a_module(page: Page) -> None:
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto((SITE / "index.html").as_uri())
    expect(page.locator("h1")).to_contain_text("sysgenpro.odoo")
    shot(page, "front")

    page.locator("article").get_by_role("link", name="Playbooks").first.click()
    page.locator("article").get_by_role("link", name="backup", exact=True).click()
    expect(page.locator("h1")).to_contain_text("sysgenpro.odoo.backup playbook")
    expect(page.locator("article table")).to_contain_text("Full, differential or incremental")
    shot(page, "playbook")

    page.locator("article").get_by_role("link", name="sysgenpro.odoo.postgresql").first.click()
    expect(page.locator("h1")).to_contain_text("sysgenpro.odoo.postgresql role")
    expect(page.locator("article").get_by_text("postgresql_cluster", exact=True).first).to_be_visible()
    shot(page, "role")

    page.goto((SITE / "collections/odoo_stack_module.html").as_uri())
    expect(page.locator("h1")).to_contain_text("sysgenpro.odoo.odoo_stack module")
    expect(page.get_by_role("heading", name="Parameters")).to_be_visible()
    shot(page, "module")
    assert errors == []


def test_a_telephone_reads_it_without_scrolling_sideways(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto((SITE / "playbooks/tenants_playbook.html").as_uri())
    expect(page.locator("h1")).to_be_visible()
    shot(page, "telephone")
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0


def test_every_variable_of_a_survey_is_on_its_playbooks_page() -> None:
    for path in (ROOT / "awx/job_templates").glob("*.yml"):
        for template in yaml.safe_load(path.read_text()).get("job_templates", []):
            text = (SITE / f"playbooks/{Path(template['playbook']).stem}_playbook.html").read_text(encoding="utf-8")
            for question in template.get("survey", []):
                assert question["variable"] in text
