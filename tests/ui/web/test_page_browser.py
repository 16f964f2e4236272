"""The page in a real Chromium: what a person types, pastes and undoes is what is judged, and nothing leaves."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from tests.ui.conftest import Served

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
FLAGS += ["--disable-sync", "--no-first-run"]
WAIT = 30_000  # ms
PROMPT, VERDICT = "#sl-prompt textarea", "#sl-judgement .sl-verdict"

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(not CHROMIUM and not os.environ.get("CI"), reason="there is no Chromium on this machine"),
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser, served: Served) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.set_default_timeout(WAIT)
    page = context.new_page()
    page.goto(served.url)
    page.wait_for_selector(PROMPT)
    yield page
    context.close()


def says(page: Page, selector: str, words: str) -> None:
    from playwright.sync_api import expect

    expect(page.locator(selector).first).to_contain_text(words, timeout=WAIT)


def test_a_prompt_typed_key_by_key_ends_with_the_judgement_of_the_whole(page: Page) -> None:
    page.locator(PROMPT).press_sequentially("a quiet apple, then gore", delay=15)
    says(page, VERDICT, "Refused")
    says(page, "#sl-prompt mark", "gore")
    says(page, "#sl-judgement", "P301")


def test_pasted_cut_and_undone_text_is_judged_too(page: Page) -> None:
    prompt = page.locator(PROMPT)
    prompt.fill("a wound")
    says(page, VERDICT, "Needs your confirmation")
    prompt.press("Control+a")
    prompt.press("Control+x")
    says(page, "#sl-judgement", "judged here while you type")
    prompt.press("Control+v")
    says(page, VERDICT, "Needs your confirmation")
    prompt.press("Control+z")
    says(page, "#sl-judgement", "judged here while you type")
    prompt.press_sequentially("gore")
    says(page, VERDICT, "Refused")
    for _ in "gore":
        prompt.press("Backspace")
    says(page, "#sl-judgement", "judged here while you type")


def test_another_mode_is_another_judgement(page: Page) -> None:
    page.locator(PROMPT).fill("gore")
    says(page, VERDICT, "Refused")
    says(page, "#sl-judgement", "with your confirmation")
    page.get_by_label("Art", exact=True).check()
    says(page, VERDICT, "Needs your confirmation")
    says(page, "#sl-mode", "art history")


@pytest.mark.parametrize(
    "attack",
    [
        pytest.param("<img src=x onerror=\"document.title='owned'\">", id="image"),
        pytest.param("<script>document.title='owned'</script>", id="script"),
        pytest.param("${document.title='owned'}", id="template"),
        pytest.param("{{#if 1}}<b onclick=1>{{/if}}", id="handlebars"),
        pytest.param("[x](javascript:document.title='owned')", id="markdown"),
    ],
)
def test_markup_in_a_prompt_shows_as_text_and_runs_nothing(page: Page, attack: str) -> None:
    page.locator(PROMPT).fill(f"{attack} gore")
    says(page, "#sl-prompt .sl-sheet", attack)
    page.click("#sl-go")
    says(page, "#sl-status", "Refused")
    assert page.title() == "Safelight"
    assert page.locator("#sl-prompt img, #sl-prompt script, #sl-status img, #sl-status script").count() == 0


def test_a_refused_prompt_shows_its_reasons_and_makes_nothing(page: Page, served: Served) -> None:
    made = served.engine.drawn
    page.locator(PROMPT).fill("gore on a plate")
    page.click("#sl-go")
    says(page, "#sl-status", "No picture was made")
    for words in ("P301", "with your confirmation"):
        says(page, "#sl-status", words)
    page.click("#sl-status .sl-more summary")
    for words in ("Policy 3.1", "Case"):
        says(page, "#sl-status", words)
    assert page.locator(PROMPT).input_value() == "gore on a plate"
    assert served.engine.drawn == made


def test_a_click_on_an_offered_mode_chooses_it_and_judges_again(page: Page) -> None:
    page.fill(PROMPT, "gore on a plate")
    says(page, VERDICT, "Refused")
    says(page, "#sl-use-mode-art", "Switch to Art mode")
    page.click("#sl-use-mode-art")
    says(page, VERDICT, "Needs your confirmation")
    assert page.locator("#sl-mode input:checked").get_attribute("value") == "art"
    page.wait_for_selector("#sl-use-mode-art", state="hidden")


def test_behind_a_hard_line_no_mode_is_offered(page: Page) -> None:
    page.fill(PROMPT, "forbidden")
    says(page, VERDICT, "Refused in every mode")
    assert not any(button.is_visible() for button in page.locator("#sl-modes button").all())


def test_a_wording_that_passes_goes_into_the_box_and_is_judged_again(page: Page) -> None:
    page.fill(PROMPT, "a wide battlefield full of gore")
    says(page, "#sl-wording-0", "a wide battlefield full of fog")
    page.click("#sl-use-0")
    says(page, VERDICT, "Allowed")
    assert page.input_value(PROMPT) == "a wide battlefield full of fog"
    page.wait_for_selector("#sl-use-0", state="hidden")


def test_the_downloaded_file_is_the_file_on_disk(page: Page, served: Served) -> None:
    page.locator(PROMPT).fill("a red apple")
    page.click("#sl-go")
    says(page, ".sl-picture", "Visible label")
    with page.expect_download() as download:
        page.get_by_role("button", name="Download").first.click()
    got = download.value.path().read_bytes()
    [on_disk] = [path for path in served.files() if path.name == download.value.suggested_filename]
    assert got == on_disk.read_bytes()
    shown = page.locator(".sl-slot img").first.get_attribute("src") or ""
    assert page.request.get(shown).body() == got


def test_a_warning_waits_for_a_confirmation_and_a_change_takes_it_back(page: Page, served: Served) -> None:
    made = served.engine.drawn
    page.locator(PROMPT).fill("a wound")
    says(page, VERDICT, "Needs your confirmation")
    page.click("#sl-go")
    says(page, "#sl-status", "No picture was made yet")
    assert served.engine.drawn == made
    page.locator("#sl-acknowledged input").check()
    page.locator(PROMPT).fill("a wound, again")
    page.wait_for_function("() => !document.querySelector('#sl-acknowledged input').checked")
    page.locator("#sl-acknowledged input").check()
    page.click("#sl-go")
    says(page, ".sl-picture", "Stamp")
    assert served.engine.drawn == made + 1


def test_a_veiled_picture_is_fetched_only_when_revealed(page: Page) -> None:
    fetched: list[str] = []
    page.on("request", lambda request: fetched.append(request.url))
    page.locator(PROMPT).fill("a shock")
    page.click("#sl-go")
    says(page, ".sl-picture", "veiled at first")
    assert not [url for url in fetched if "/file=" in url and url.endswith(".png")]
    page.get_by_role("button", name="Reveal the picture").click()
    page.wait_for_selector(".sl-slot .image-frame img")
    page.wait_for_selector(".sl-veil", state="detached")


def set_number(page: Page, place: int, value: str) -> None:
    """Sets the number of pictures (0) or of steps (1).

    Types as a person does; a value that is set at once may reach the page after the next click.
    """
    if place == 0:
        page.locator("#sl-count label", has_text=value).click()
        return
    field = page.locator("#sl-steps input[type=number]")
    field.press("ControlOrMeta+a")
    field.press_sequentially(value, delay=30)
    field.press("Tab")
    page.wait_for_timeout(300)


def test_stop_stops_the_work_and_the_page_goes_on(page: Page, served: Served) -> None:
    served.engine.pause, stopped = 0.05, served.engine.stopped
    try:
        page.locator(PROMPT).fill("a slow apple")
        page.click("#sl-settings > button")
        set_number(page, 1, "500")
        page.click("#sl-go")
        says(page, "#sl-status", "Drawing")
        says(page, "#sl-status .sl-previews", "Blurred until the picture check has passed")
        page.click("#sl-stop")
        says(page, "#sl-status", "Stopped")
        for _ in range(600):
            if served.engine.stopped > stopped:
                break
            page.wait_for_timeout(50)
        assert served.engine.stopped == stopped + 1
    finally:
        served.engine.pause = 0.0
    page.locator(PROMPT).fill("a quick apple")
    set_number(page, 1, "2")
    page.click("#sl-go")
    says(page, ".sl-picture", "Stamp")


def test_several_pictures_stand_side_by_side(page: Page) -> None:
    from playwright.sync_api import expect

    page.locator(PROMPT).fill("four apples")
    page.click("#sl-settings > button")
    set_number(page, 0, "4")
    page.click("#sl-go")
    says(page, ".sl-picture", "Stamp")
    expect(page.locator(".sl-slot:visible")).to_have_count(4, timeout=WAIT)


def test_a_file_that_is_no_picture_gets_a_sentence(page: Page, tmp_path: Any) -> None:
    (tmp_path / "a.png").write_bytes(b"no picture")
    page.get_by_role("tab", name="Verify").click()
    page.locator("#sl-file input[type=file]").set_input_files(tmp_path / "a.png")
    says(page, "#sl-report", "That did not work")


def test_no_request_leaves_the_machine_and_no_prompt_outlives_its_tab(browser: Browser, served: Served) -> None:
    context = browser.new_context()
    context.set_default_timeout(WAIT)
    hosts: set[str] = set()
    context.on("request", lambda request: hosts.add(urlsplit(request.url).hostname or ""))
    page = context.new_page()
    page.goto(served.url)
    page.locator(PROMPT).fill("an unmistakable apple")
    page.click("#sl-go")
    says(page, ".sl-picture", "Stamp")
    page.get_by_role("tab", name="Verify").click()
    kept = page.evaluate("JSON.stringify({...localStorage}) + document.cookie")
    bases = page.evaluate("indexedDB.databases().then(all => all.length)")
    context.close()
    assert hosts - {""} == {"127.0.0.1"}
    assert "unmistakable" not in kept and bases == 0


@pytest.mark.parametrize("width", [1280, 390])
def test_nothing_is_wider_than_the_window(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 844})
    page.locator(PROMPT).fill("gore and a wound " + "x" * 300)
    says(page, VERDICT, "Refused")
    page.click("#sl-go")
    says(page, "#sl-status", "No picture was made")
    page.click("#sl-settings > button")
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_every_control_has_a_name_and_the_keyboard_reaches_it(page: Page) -> None:
    page.click("#sl-settings > button")
    nameless = page.evaluate(
        """() => [...document.querySelectorAll('#sl-create :is(input, textarea, button)')]
            .filter(one => one.offsetParent && !(one.labels?.length || one.getAttribute('aria-label')
                || one.innerText || one.title)).map(one => one.outerHTML)"""
    )
    assert nameless == []
    page.locator(PROMPT).focus()
    focused = ""
    for _ in range(12):
        page.keyboard.press("Tab")
        focused += page.evaluate("document.activeElement.id + ' ' + document.activeElement.value + ';'")
    assert re.search(r"general|art|medical", focused) and "sl-go" in focused


def test_reasons_come_in_the_browsers_language_and_help_from_its_country(browser: Browser, served: Served) -> None:
    context = browser.new_context(viewport={"width": 1280, "height": 900}, locale="de-AT")
    context.set_default_timeout(WAIT)
    page = context.new_page()
    page.goto(served.url)
    says(page, "#sl-mode", "Für den Alltag")
    page.locator(PROMPT).fill("she is cutting her wrists")
    says(page, VERDICT, "Abgelehnt")
    says(page, "#sl-judgement .sl-help", "Telefon 142")
    page.click("#sl-go")
    says(page, "#sl-status h2", "Abgelehnt")
    first = page.locator("#sl-status .sl-statement > *").first
    assert "sl-help" in (first.get_attribute("class") or "")
    assert page.locator("#sl-status .sl-help a[href='tel:142']").count() == 1
    context.close()


def test_a_statement_prints_alone(page: Page) -> None:
    page.locator(PROMPT).fill("gore on a plate")
    page.click("#sl-go")
    says(page, "#sl-status h2", "Refused")
    page.click("#sl-status .sl-more summary")
    assert page.locator("#sl-status .sl-print").is_visible()
    page.emulate_media(media="print")
    assert page.locator("#sl-status .sl-statement").is_visible()
    for hidden in ("#sl-header", "#sl-request", "#sl-footer", "#sl-status .sl-print"):
        assert not page.locator(hidden).first.is_visible()


def test_no_script_in_markup_runs_and_the_page_needs_none(page: Page) -> None:
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.reload()
    page.wait_for_selector(PROMPT)
    page.locator(PROMPT).fill("<img src=x onerror='window.hacked = 1'> a wound")
    says(page, VERDICT, "Needs your confirmation")
    assert not [text for text in complaints if "Content Security Policy" in text]
    page.evaluate(
        """() => {
            const place = document.querySelector("#sl-judgement");
            place.innerHTML = "<img src='data:,x' onerror='window.hacked = 1'><a href='javascript:hacked=1'>x</a>";
            const script = document.createElement("script");
            script.textContent = "window.hacked = 1";
            place.append(script);
            place.querySelector("a").click();
        }"""
    )
    page.wait_for_timeout(300)
    assert page.evaluate("window.hacked") is None
    assert [text for text in complaints if "Content Security Policy" in text]
