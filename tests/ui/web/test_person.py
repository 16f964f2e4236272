"""Who somebody is: a cookie that this studio signed, or nobody."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from studio.library import OWNER
from ui.web.person import COOKIE, PERSON, Persons, person_of

KEY = b"a secret of 32 bytes for testing"


def called(cookie: str = "", path: str = "/", method: str = "GET", scheme: str = "http", **options: Any) -> Any:
    """Returns the person that a call is taken for, and the cookie that its answer sets."""
    seen: dict[str, Any] = {}

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.update(scope)
        await send({"type": "http.response.start", "status": 200, "headers": []})

    async def send(message: Any) -> None:
        seen["set"] = dict(message["headers"]).get(b"set-cookie", b"").decode()

    headers = [(b"cookie", f"{COOKIE}={cookie}".encode()), (b"host", b"studio.test")]
    scope = {"type": "http", "method": method, "path": path, "headers": headers, "scheme": scheme, "query_string": b""}
    scope |= {"session": options.pop("session")} if "session" in options else {}
    asyncio.run(Persons(app, lambda: KEY, **options)(scope, None, send))  # type: ignore[arg-type]
    return seen[PERSON], seen["set"]


def fresh() -> str:
    return called()[1].partition(";")[0].partition("=")[2]


def test_a_browser_gets_a_cookie_once_and_is_known_by_it() -> None:
    person, cookie = called()
    assert person == "" and "HttpOnly" in cookie and "SameSite=Lax" in cookie
    value = cookie.partition(";")[0].partition("=")[2]
    assert called(value) == (f"cookie:{value.partition('.')[0]}", "")
    assert called(value, "/gradio_api/queue/join", "POST")[0] == called(value)[0]


def test_two_browsers_are_two_people() -> None:
    assert called(fresh())[0] != called(fresh())[0]


@pytest.mark.parametrize(
    "forge",
    [
        pytest.param(lambda value: value.partition(".")[0], id="without a signature"),
        pytest.param(lambda value: "0" * 32 + value[32:], id="another id"),
        pytest.param(lambda value: value[:-1] + ("0" if value[-1] != "0" else "1"), id="another signature"),
        pytest.param(lambda value: Persons(None, lambda: b"another key").new(), id="another key"),  # type: ignore
        pytest.param(lambda value: f"{OWNER}.{'0' * 64}", id="the owner"),
        pytest.param(lambda value: value.upper(), id="capitals"),
        pytest.param(lambda value: "", id="empty"),
    ],
)
def test_a_forged_cookie_is_nobodys_and_replaced(forge: Any) -> None:
    person, cookie = called(forge(fresh()))
    assert person == "" and COOKIE in cookie


def test_a_studio_that_only_its_machine_reaches_is_one_persons() -> None:
    assert called(alone=True) == (OWNER, "") == called(fresh(), alone=True)


def test_in_a_frame_of_another_site_the_cookie_says_so() -> None:
    assert "SameSite=None; Secure; Partitioned" in called(scheme="https", framed=True)[1]
    assert "SameSite=Lax" in called(framed=True)[1]


@pytest.mark.parametrize(
    ("hub", "expires", "person"),
    [pytest.param(True, 4e9, "hub:ada", id="logged in"), pytest.param(True, 1, "", id="run out"),
     pytest.param(False, 4e9, "", id="no hub here")],
)  # fmt: skip
def test_a_login_counts_before_the_cookie(hub: bool, expires: float, person: str) -> None:
    session = {"oauth_info": {"userinfo": {"preferred_username": "ada"}, "expires_at": expires}}
    assert called(session=session, hub=hub)[0] == person


def test_a_call_that_came_by_no_server_is_nobodys() -> None:
    assert person_of(None) == ""
