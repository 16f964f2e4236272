"""Reviewers who log in at Hugging Face: Gradio's own login, mocked by Gradio itself, since this is no Space."""

from __future__ import annotations

import base64
import hashlib
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from safety.review.service import ReviewSettings
from tests.ui.conftest import Served
from tests.ui.web.servers import PASSWORD, serving

oauth = pytest.importorskip("gradio.oauth")
itsdangerous = pytest.importorskip("itsdangerous")
pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore:Gradio does not support OAuth")]
MOCKED_SECRET = hashlib.sha256(b"-v4").hexdigest()  # Gradio's, where there is no OAUTH_CLIENT_SECRET


@dataclass(frozen=True)
class Hub:
    """The studio, and who Hugging Face says is there."""

    served: Served
    person: dict[str, Any]

    def log_in(self, name: str) -> httpx.Response:
        """What a browser does after a click on the reviewers' login. Its cookie is for https only: sent by hand."""
        self.person["userinfo"] = {"preferred_username": name}
        with httpx.Client(base_url=self.served.url, timeout=60) as client:
            back = client.get("/login/huggingface", params={"_target_url": "/review"})
            while back.headers["location"] != "/review":  # the mock comes by its own callback twice
                back = client.get(back.headers["location"])
        return self.look(back.headers["set-cookie"].partition(";")[0])

    def look(self, cookie: str) -> httpx.Response:
        return httpx.get(f"{self.served.url}/review", headers={"Cookie": cookie}, timeout=60)


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    person: dict[str, Any] = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(oauth, "_get_mocked_oauth_info", lambda: {})
        patch.setattr(oauth, "_redirect_to_target", _remembering(person, oauth._redirect_to_target))
        with serving(tmp_path_factory.mktemp("hub"), ReviewSettings(reviewers=("ada",))) as served:
            yield Hub(served, person)


def _remembering(person: dict[str, Any], redirect: Any) -> Any:
    def answer(request: Any, *rest: Any) -> Any:
        request.session["oauth_info"].update(person)
        return redirect(request, *rest)

    return answer


def cookie(name: str, lasts: float, secret: str = MOCKED_SECRET) -> str:
    info = {"oauth_info": {"userinfo": {"preferred_username": name}, "expires_at": time.time() + lasts}}
    return "session=" + itsdangerous.TimestampSigner(secret).sign(base64.b64encode(json.dumps(info).encode())).decode()


def test_without_a_login_the_page_offers_one_and_shows_nothing(hub: Hub) -> None:
    answer = hub.look("")
    assert answer.status_code == 401 and "/login/huggingface?_target_url=/review" in answer.text
    assert "password" not in answer.text.partition("</style>")[2]


def test_who_is_on_the_list_sees_the_queue_under_their_name(hub: Hub) -> None:
    answer = hub.log_in("ada")
    assert answer.status_code == 200 and "ada" in answer.text and "Nobody waits" in answer.text


@pytest.mark.parametrize("name", ["eve", "Ada", "ada ", "", "ada,eve"])
def test_who_is_not_on_the_list_sees_nothing(hub: Hub, name: str) -> None:
    assert hub.log_in(name).status_code == 401


def test_a_login_that_has_run_out_or_was_signed_by_somebody_else_does_not_count(hub: Hub) -> None:
    assert hub.look(cookie("ada", 60)).status_code == 200  # the test's own cookie is a right one ...
    assert hub.look(cookie("ada", -60)).status_code == 401  # ... which has run out here
    assert hub.look(cookie("ada", 60, "another secret")).status_code == 401


def test_the_button_is_in_the_page_only_where_reviewers_are_named(hub: Hub, tmp_path: Path) -> None:
    def offers(served: Served) -> bool:
        parts = httpx.get(f"{served.url}/config", timeout=60).json()["components"]
        return any(part["props"].get("elem_id") == "sl-reviewers" for part in parts)

    assert offers(hub.served)
    with serving(tmp_path, ReviewSettings(PASSWORD)) as served:
        assert not offers(served)
