"""An operator's category in a real Chromium: judged while somebody types, explained by its examples."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from engines.testing import FakeEngine
from safety.policy.added_category import added_categories
from safety.prompt import classifier, load_prompt_checks
from safety.prompt.classifier import load_prompt_classifier
from safety.resources import MODELS
from tests.example_prompts import GAMBLING, MORE_GAMBLING, made_of
from tests.fakes import fake_studio
from tests.fakes_page import PRESETS
from tests.ui.web.test_page_browser import CHROMIUM, PROMPT, VERDICT, WAIT, browser, says

if TYPE_CHECKING:
    from playwright.sync_api import Browser

__all__ = ["browser"]

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(not CHROMIUM and not os.environ.get("CI"), reason="there is no Chromium on this machine"),
]


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serves a page whose operator has added a category of examples, and yields its address."""
    web = pytest.importorskip("ui.web.page")
    category = made_of(load_prompt_classifier(PRESETS, MODELS / classifier.FOLDER), GAMBLING, "block")
    studio = fake_studio(tmp_path_factory.mktemp("categories"), FakeEngine())
    policy = studio.policy.with_categories(added_categories([category]))
    studio.audit.messages = policy.messages()
    prompt = load_prompt_checks(PRESETS, MODELS, policy, [category])
    studio = replace(studio, policy=policy, checks=replace(studio.checks, prompt=prompt.checks))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    blocks = web.build(studio)
    web.launch(blocks, studio.review, "127.0.0.1", port, wait=False, studio=studio)
    yield f"http://127.0.0.1:{port}"
    blocks.close(verbose=False)


def test_what_comes_near_to_the_examples_is_refused_and_told_so(browser: Browser, address: str) -> None:
    context = browser.new_context()
    context.set_default_timeout(WAIT)
    page = context.new_page()
    page.goto(address)
    page.wait_for_selector(PROMPT)
    page.fill(PROMPT, MORE_GAMBLING[0])
    says(page, VERDICT, "Refused")
    says(page, "#sl-judgement", "No adverts for betting.")
    says(page, "#sl-judgement", "P801")
    page.click("#sl-go")
    says(page, "#sl-status", "comes near to these examples")
    page.fill(PROMPT, "a red apple on a blue background")
    says(page, VERDICT, "Allowed")
    page.goto(f"{address}/policy")
    says(page, "#gambling h3", "801")
    says(page, "#gambling", GAMBLING[0])
    context.close()
