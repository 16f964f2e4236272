"""The statement of reasons on the page, and as a page to print."""

from __future__ import annotations

from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from safety.generation import GenerationRequest, Refused
from safety.records import Verdict
from safety.statement import Statement, as_json, as_text
from tests.fakes import fake_studio
from ui.cli.statement import form_of
from ui.html import statement

NASTY = "<img src=x onerror=alert(1)>'\"&${1+1}{{x}}</div><script>alert(1)</script>"


class Tags(HTMLParser):
    """What a browser would see: tags, attributes and text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self.text = ""
        self.feed(str(html))
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [value or "" for name, value in attrs if name in ("src", "href")]

    def handle_data(self, data: str) -> None:
        self.text += data


def stated(home: Path, prompt: str, mode: str = "general", language: str = "") -> Statement:
    studio, request = fake_studio(home), GenerationRequest(prompt, mode, language=language)
    refused = studio.create(request)
    assert isinstance(refused, Refused)
    return studio.statement(refused, request)


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize(
    "prompt", [pytest.param("gore", id="refused"), pytest.param("a wound", id="waits"), "forbidden", "spoilt"]
)
def test_the_page_says_all_that_the_text_says(tmp_path: Path, prompt: str, language: str) -> None:
    one = stated(tmp_path, prompt, language=language)
    shown = Tags(statement.section(one)).text
    told = as_json(one)
    for part in (told["case"], told["title"], told["possible"], told["appeal"]["how"], *told["stored"]):
        assert part in shown
    for ground in told["grounds"]:
        assert all(ground[name] in shown for name in ("code", "title", "clause", "text"))
        assert all(quote in shown for quote in ground["quotes"])
    lines = [line.strip() for line in as_text(one).splitlines() if line.strip()]
    assert told["case"] in "".join(lines) and all(f"{s['score']:.2f}" in shown for s in told["grounds"][0]["signals"])


def test_help_comes_before_anything_else(tmp_path: Path) -> None:
    one = stated(tmp_path, "forbidden", language="en-US")
    for html in (statement.section(one), statement.document(one)):
        text = Tags(html).text
        assert text.index("stopncii.org") < text.index("Refused in every mode")


def test_the_page_to_print_fetches_nothing_and_runs_no_script(tmp_path: Path) -> None:
    html = Tags(statement.document(stated(tmp_path, "gore")))
    assert not {"script", "img", "link", "iframe"} & set(html.tags)
    assert not [link for link in html.links if not link.startswith(("https:", "tel:", "sms:"))]


def test_text_from_outside_stays_text(tmp_path: Path) -> None:
    one = stated(tmp_path, f"gore {NASTY}")
    ground = replace(one.grounds[0], title=NASTY, text=NASTY, quotes=(NASTY,), clause=NASTY, code=NASTY)
    dirty = replace(one, grounds=(ground,), suggestions=(NASTY,), case=NASTY, mode=NASTY, stored=(NASTY,))
    for show in (statement.section, statement.document):
        assert not {"img", "script"} & set(Tags(show(dirty)).tags)
        assert "alert(1)" in Tags(show(dirty)).text


@pytest.mark.parametrize("name", ["a.html", "a.txt", "a.json", "A.HTML"])
def test_a_statement_is_written_in_the_form_that_its_name_says(tmp_path: Path, name: str) -> None:
    one = stated(tmp_path, "gore")
    assert one.verdict is Verdict.BLOCK and one.case in form_of(Path(name))(one)
