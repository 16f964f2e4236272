"""The statement of reasons on the page, and as a page to print."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from safety.generation import GenerationRequest, Refused
from safety.policy.model import load_policy
from safety.records import Stage, Verdict
from safety.statement import Statement, as_json, as_text
from tests.fakes import fake_studio
from tests.fakes_page import PRESETS
from tests.ui.html.pages import NASTY, Html
from ui.cli.output import write_statement
from ui.html import statement
from ui.html.helplines import help_of


def stated(home: Path, prompt: str, mode: str = "general", language: str = "") -> Statement:
    studio, request = fake_studio(home), GenerationRequest(prompt, mode, language=language)
    refused = studio.create(request)
    assert isinstance(refused, Refused)
    return studio.statement(refused)


@pytest.mark.parametrize("language", ["en", "de", "es", "fr", "ja"])
@pytest.mark.parametrize(
    "prompt", [pytest.param("gore", id="refused"), pytest.param("a wound", id="waits"), "forbidden", "spoilt"]
)
def test_the_page_says_all_that_the_text_says(tmp_path: Path, prompt: str, language: str) -> None:
    refusal = stated(tmp_path, prompt, language=language)
    shown = Html(statement.section(refusal)).text
    row = as_json(refusal)
    for part in (row["case"], row["title"], row["possible"], row["appeal"]["how"], *row["stored"]):
        assert part in shown
    for ground in row["grounds"]:
        assert all(ground[name] in shown for name in ("code", "title", "clause", "text"))
        assert all(quote in shown for quote in ground["quotes"])
    lines = [line.strip() for line in as_text(refusal).splitlines() if line.strip()]
    assert row["case"] in "".join(lines) and all(f"{s['score']:.2f}" in shown for s in row["grounds"][0]["signals"])


def test_help_comes_before_anything_else(tmp_path: Path) -> None:
    refusal = stated(tmp_path, "forbidden", language="en-US")
    for html in (statement.section(refusal), statement.document(refusal)):
        text = Html(html).text
        assert text.index("stopncii.org") < text.index("Refused in every mode")


@pytest.mark.parametrize(
    ("country", "link"),
    [
        pytest.param("US", "tel:988", id="digits"),
        pytest.param("ES", "tel:900202010", id="without spaces"),
        pytest.param("CL", "tel:*4141", id="with its star"),
    ],
)
def test_a_helpline_is_called_by_its_link(country: str, link: str) -> None:
    messages = load_policy(PRESETS).messages(f"es-{country}")
    assert link in Html(help_of("self_harm", messages, Stage.PROMPT)).links


def test_the_page_to_print_fetches_nothing_and_runs_no_script(tmp_path: Path) -> None:
    html = Html(statement.document(stated(tmp_path, "gore")))
    assert not {"script", "img", "link", "iframe"} & set(html.tags)
    assert not [link for link in html.links if not link.startswith(("https:", "tel:", "sms:"))]


def test_text_from_outside_stays_text(tmp_path: Path) -> None:
    refusal = stated(tmp_path, f"gore {NASTY}")
    ground = replace(refusal.grounds[0], title=NASTY, text=NASTY, quotes=(NASTY,), clause=NASTY, code=NASTY)
    dirty = replace(refusal, grounds=(ground,), suggestions=(NASTY,), case=NASTY, mode=NASTY, stored=(NASTY,))
    for show in (statement.section, statement.document):
        assert not {"img", "script"} & set(Html(show(dirty)).tags)
        assert "alert(1)" in Html(show(dirty)).text


@pytest.mark.parametrize("name", ["a.html", "a.txt", "a.json", "A.HTML"])
def test_a_statement_is_written_in_the_form_that_its_name_says(tmp_path: Path, name: str) -> None:
    refusal = stated(tmp_path, "gore")
    write_statement(tmp_path / name, refusal)
    assert refusal.verdict is Verdict.BLOCK and refusal.case in (tmp_path / name).read_text("utf-8")
