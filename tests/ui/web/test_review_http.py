"""Reviewers' pages, appeals and limits over raw HTTP: what a page would not send is sent here."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from safety.review.service import ReviewSettings
from tests.ui.conftest import Served
from tests.ui.web.servers import PASSWORD, serving
from tests.ui.web.test_page_http import call, named

pytestmark = pytest.mark.slow

GORE = {"prompt": "gore", "width": 256, "height": 256, "steps": 1}
REASON = "A film prop, and said to be one."


@pytest.fixture(scope="module")
def reviewed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(tmp_path_factory.mktemp("review"), ReviewSettings(PASSWORD), login={"tries": 3}) as served:
        yield served


def ask(served: Served, name: str, *data: Any) -> dict[str, Any]:
    return dict(call(served, named(served, name), list(data))["data"][0])


def waiting(served: Served, prompt: str = "gore") -> str:
    case = str(ask(served, "create", GORE | {"prompt": prompt})["case"])
    answer = ask(served, "appeal", {"case": case, "prompt": prompt, "remark": "<b>please</b>"})
    assert answer["outcome"] == "waiting", answer
    return case


@pytest.fixture
def reviewer(reviewed: Served) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=reviewed.url) as client:
        assert client.post("/review/login", data={"name": "Ada", "password": PASSWORD}).status_code == 303
        yield client


def form_key(text: str) -> str:
    found = re.search(r'name="form_key" value="([0-9a-f]{64})"', text)
    assert found
    return found[1]


GET = ["/review", "/review/case/{case}", "/review/"]
POST = ["/review/case/{case}/decide", "/review/case/{case}/reveal", "/review/logout"]


@pytest.mark.parametrize(("method", "path"), [*(("GET", one) for one in GET), *(("POST", one) for one in POST)])
@pytest.mark.parametrize("cookie", ["", "guessed", "x" * 43])
def test_without_a_login_nothing_is_shown_or_done(reviewed: Served, method: str, path: str, cookie: str) -> None:
    case = waiting(reviewed)
    url = reviewed.url + path.format(case=case)
    data = {"outcome": "overturned", "reason": REASON, "form_key": ""}
    cookies = {"Cookie": f"safelight_review={cookie}"}
    answer = httpx.request(method, url, data=data if method == "POST" else None, headers=cookies)
    assert answer.status_code in (401, 307, 404)
    assert "gore" not in answer.text and case not in answer.text
    assert ask(reviewed, "outcome", case)["outcome"] == "waiting"


def test_a_login_shows_the_queue_and_the_case_escaped(reviewed: Served, reviewer: httpx.Client) -> None:
    case = waiting(reviewed)
    assert case in reviewer.get("/review").text
    page = reviewer.get(f"/review/case/{case}")
    assert (
        page.headers["cache-control"] == "no-store" and "default-src 'none'" in page.headers["content-security-policy"]
    )
    assert "<mark>gore</mark>" in page.text and "&lt;b&gt;please" in page.text and "<b>please" not in page.text
    assert "P301" in page.text and "0.90" in page.text and "general" in page.text


def test_a_form_of_another_site_does_not_count(reviewed: Served, reviewer: httpx.Client) -> None:
    case = waiting(reviewed)
    key = form_key(reviewer.get(f"/review/case/{case}").text)
    data = {"outcome": "overturned", "reason": REASON}
    for form, origin in (
        (data, ""),
        (data | {"form_key": "0" * 64}, ""),
        (data | {"form_key": key}, "http://evil.test"),
    ):
        headers = {"Origin": origin} if origin else {}
        assert reviewer.post(f"/review/case/{case}/decide", data=form, headers=headers).status_code == 403
    assert ask(reviewed, "outcome", case)["outcome"] == "waiting"


def test_a_decision_without_a_reason_is_refused_with_a_sentence(reviewed: Served, reviewer: httpx.Client) -> None:
    case = waiting(reviewed)
    form = {"outcome": "overturned", "reason": " ", "form_key": form_key(reviewer.get(f"/review/case/{case}").text)}
    answer = reviewer.post(f"/review/case/{case}/decide", data=form)
    assert answer.status_code == 400 and "needs a reason" in answer.text


def test_over_http_an_overturned_request_is_delivered_once(reviewed: Served, reviewer: httpx.Client) -> None:
    case = waiting(reviewed)
    form = {"outcome": "overturned", "reason": REASON, "form_key": form_key(reviewer.get(f"/review/case/{case}").text)}
    assert reviewer.post(f"/review/case/{case}/decide", data=form).status_code == 303
    assert ask(reviewed, "outcome", case)["reason"] == REASON
    assert not ask(reviewed, "create", GORE)["refused"]
    assert ask(reviewed, "create", GORE)["refused"]
    assert ask(reviewed, "outcome", case)["outcome"] == "used"


def test_a_withheld_picture_is_blurred_until_revealed_and_then_collected(
    reviewed: Served, reviewer: httpx.Client
) -> None:
    case = waiting(reviewed, "spoilt")
    page = reviewer.get(f"/review/case/{case}").text
    veiled = re.search(r'<img class="veiled"[^>]*base64,([^"]*)"', page)
    assert veiled and len(veiled[1]) < 4000 and "revealed" not in re.sub(r"<style>.*?</style>", "", page)
    revealed = reviewer.post(f"/review/case/{case}/reveal", data={"form_key": form_key(page)}).text
    assert 'class="revealed"' in revealed
    assert "picture_seen" in [row["event"] for row in reviewed.studio.audit.show(case)]
    assert "error" in ask(reviewed, "collect", case)
    form = {"outcome": "overturned", "reason": REASON, "form_key": form_key(page)}
    reviewer.post(f"/review/case/{case}/decide", data=form)
    picture = ask(reviewed, "collect", case)["pictures"][0]
    assert httpx.get(f"{reviewed.url}/gradio_api/file={picture['file']['path']}").content[:4] == b"\x89PNG"
    assert "error" in ask(reviewed, "collect", case)


@pytest.mark.parametrize(
    "data", [[{"case": "0" * 12, "prompt": "gore"}], [{"case": 3}], [{}], [None], [{"case": "x", "by": "y"}]]
)
def test_nonsense_appeals_get_one_sentence(reviewed: Served, data: list[Any]) -> None:
    answer = call(reviewed, named(reviewed, "appeal"), data)["data"][0]
    assert set(answer) == {"error"} and "Traceback" not in answer["error"]


def test_a_report_makes_a_case(reviewed: Served) -> None:
    assert ask(reviewed, "report", {"prompt": "gore", "remark": "Paint."})["kind"] == "report"


def test_no_function_of_a_reviewer_is_among_the_endpoints(reviewed: Served) -> None:
    config = json.dumps(httpx.get(f"{reviewed.url}/config").json()["dependencies"])
    assert "decide" not in config and "overturn" not in config


def test_guessing_the_password_is_slowed(tmp_path: Path) -> None:
    with serving(tmp_path, ReviewSettings(PASSWORD), login={"tries": 2}) as served:
        wrong = {"name": "x", "password": "wrong"}
        forged = [{"X-Forwarded-For": f"198.51.100.{number}"} for number in range(3)]
        tries = [httpx.post(f"{served.url}/review/login", data=wrong, headers=one) for one in forged]
        assert [one.status_code for one in tries] == [401, 401, 429]
        right = httpx.post(f"{served.url}/review/login", data=wrong | {"password": PASSWORD})
        assert right.status_code == 429 and int(right.headers["retry-after"]) > 0


def test_without_a_reviewer_there_is_no_page(served: Served) -> None:
    for path in ("/review", "/review/login"):
        answer = httpx.request("POST" if "login" in path else "GET", served.url + path, data={"password": ""})
        assert answer.status_code == 404 and answer.text == "No reviewer is set up here."


def create(served: Served, client: httpx.Client) -> dict[str, Any]:
    """As a program does it with Gradio's plain calls."""
    event = client.post("/gradio_api/call/create", json={"data": [GORE | {"prompt": "a red apple"}]}).json()["event_id"]
    text = client.get(f"/gradio_api/call/create/{event}", timeout=60).text
    return dict(json.loads(text.split("data: ", 1)[1].splitlines()[0])[0])


@pytest.mark.parametrize(
    ("proxies", "allowed"),
    [
        pytest.param((), [True, True, False, False], id="no proxy: the header is forged"),
        pytest.param(("192.0.2.0/24",), [True, True, False, False], id="another proxy: the header is forged"),
        pytest.param(("127.0.0.1",), [True, True, True, True], id="the proxy says who it is"),
    ],
)
def test_a_forged_header_buys_nothing(tmp_path: Path, proxies: tuple[str, ...], allowed: list[bool]) -> None:
    with serving(tmp_path, ReviewSettings(proxies=proxies), hour={"generations": 2}) as served:
        passed = []
        for number in range(4):
            forged = {
                "X-Forwarded-For": f"198.51.100.{number}",
                "X-Real-IP": "198.51.100.9",
                "Forwarded": "for=1.1.1.1",
            }
            with httpx.Client(base_url=served.url, headers=forged) as client:
                passed.append("error" not in create(served, client))
        assert passed == allowed


def test_what_stands_before_the_proxys_own_word_is_forged(tmp_path: Path) -> None:
    with serving(tmp_path, ReviewSettings(proxies=("127.0.0.1",)), hour={"generations": 1}) as served:
        answers = []
        for number in range(2):
            headers = {"X-Forwarded-For": f"198.51.100.{number}, 203.0.113.5"}
            with httpx.Client(base_url=served.url, headers=headers) as client:
                answers.append(create(served, client))
        assert "error" not in answers[0] and answers[1]["wait"] > 3000


def test_uploads_to_verify_are_counted(tmp_path: Path) -> None:
    with serving(tmp_path, hour={"verifications": 1}) as served, httpx.Client(base_url=served.url) as client:
        answers = []
        for _ in range(2):
            path = client.post("/gradio_api/upload", files={"files": ("a.png", b"no picture")}).json()[0]
            data = [{"path": path, "meta": {"_type": "gradio.FileData"}}]
            answers.append(str(call(served, named(served, "verify"), data)))
        assert "1 times an hour" not in answers[0] and "1 times an hour files are read" in answers[1]
