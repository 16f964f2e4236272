"""The library's addresses: each answers its own person, and nobody with a cookie of somebody else's making."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anyio.from_thread
import httpx
import pytest
from PIL import Image

from safety.generation import Delivered, GenerationRequest
from studio import Studio
from studio.library_zip import zip_of
from tests.fakes import fake_studio
from ui.web import library_site
from ui.web.library_site import LibrarySite
from ui.web.person import COOKIE, Persons

KEY = b"a secret of 32 bytes for testing"


class Visitor:
    """A browser of its own at one studio."""

    def __init__(self, studio: Studio, cookie: str | None = None) -> None:
        self.studio = studio
        self.persons = Persons(LibrarySite(_nowhere, studio), lambda: KEY)
        self.cookie = self.persons.new() if cookie is None else cookie
        self.person = self.persons.read(self.cookie)

    async def get(self, path: str, **headers: str) -> httpx.Response:
        async with self._client() as client:
            return await client.get(f"/library/{path}", headers=headers)

    async def post(self, path: str, call: object) -> httpx.Response:
        async with self._client() as client:
            return await client.post(f"/library/{path}", content=json.dumps(call))

    def make(self, prompt: str = "a red apple", **settings: Any) -> str:
        outcome = self.studio.create(GenerationRequest(prompt, **settings), person=self.person)
        assert isinstance(outcome, Delivered) and outcome.pictures[0].export
        return str(outcome.pictures[0].export.stamp)

    def _client(self) -> httpx.AsyncClient:
        transport = httpx.ASGITransport(app=self.persons)
        return httpx.AsyncClient(
            transport=transport, base_url="http://studio", headers={"cookie": f"{COOKIE}={self.cookie}"}
        )


async def _nowhere(scope: Any, receive: Any, send: Any) -> None:
    raise AssertionError("not one of the library's addresses")


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


pytestmark = pytest.mark.anyio


@pytest.fixture
def ada(tmp_path: Path) -> Iterator[Visitor]:
    studio = fake_studio(tmp_path)
    yield Visitor(studio)
    studio.audit.close()


async def cards(visitor: Visitor, **wanted: Any) -> dict[str, Any]:
    row: dict[str, Any] = (await visitor.post("cards", wanted)).json()
    return row


async def test_a_person_finds_what_they_made(ada: Visitor) -> None:
    stamp = ada.make()
    row = await cards(ada)
    assert row["total"] == 1 and stamp in row["html"]
    small = await ada.get(f"thumb/{stamp}")
    assert small.headers["content-type"] == "image/webp" and len(small.content) < 40_000
    assert max(Image.open(io.BytesIO(small.content)).size) == 320 and stamp.encode() in small.content
    large = await ada.get(f"picture/{stamp}")
    assert large.content == next(ada.studio.outputs.rglob("*.png")).read_bytes()
    assert (await ada.get(f"thumb/{stamp}", **{"if-none-match": small.headers["etag"]})).status_code == 304


@pytest.mark.parametrize("path", ["thumb/{}", "picture/{}", "one/{}"])
async def test_what_is_handed_out_runs_nothing_and_is_kept_by_no_proxy(ada: Visitor, path: str) -> None:
    answer = await ada.get(path.format(ada.make()))
    assert answer.status_code == 200 and "private" in answer.headers["cache-control"]
    if "one" not in path:
        assert "sandbox" in answer.headers["content-security-policy"]


@pytest.mark.parametrize("who", ["another person", "nobody", "a forger"])
async def test_nobody_else_reaches_a_picture_by_any_call(ada: Visitor, who: str) -> None:
    stamp = ada.make()
    forged = ada.cookie[:-1] + ("0" if ada.cookie[-1] != "0" else "1")
    eve = Visitor(ada.studio, {"another person": None, "nobody": "", "a forger": forged}[who])
    for path in (f"thumb/{stamp}", f"picture/{stamp}", f"one/{stamp}"):
        assert (await eve.get(path)).status_code == 404
    assert (await cards(eve))["total"] == 0 and (await eve.get(f"compare?stamps={stamp},{stamp}")).status_code == 400
    assert (await eve.post("zip", {"stamps": [stamp]})).status_code == 400
    assert (await eve.post("act", {"do": "reveal", "stamps": [stamp]})).status_code == 404
    for call in ({"do": "delete"}, {"do": "star", "on": True}, {"do": "move", "folder": "mine"}):
        answer = await eve.post("act", {**call, "stamps": [stamp]})
        assert answer.json()["said"] == "Done: 0. Not there any more: 1."
    assert (await ada.get(f"picture/{stamp}")).status_code == 200


@pytest.mark.parametrize(
    ("path", "call"),
    [
        pytest.param("cards", "all", id="no table"),
        pytest.param("act", [], id="no object"),
        pytest.param("act", {"do": "burn", "stamps": []}, id="unknown"),
        pytest.param("act", {"do": "delete", "stamps": "all"}, id="no list"),
        pytest.param("act", {"do": "delete", "stamps": [1]}, id="numbers"),
        pytest.param("act", {"do": "delete", "stamps": ["\ud800"]}, id="half a pair"),
        pytest.param("act", {"do": "delete", "stamps": ["0"] * 501}, id="too many"),
        pytest.param("act", {"do": "move", "stamps": [], "folder": "x" * 61}, id="long name"),
        pytest.param("act", {"x": "y" * 40_000}, id="too long"),
        pytest.param("zip", {"stamps": []}, id="nothing"),
    ],
)
async def test_a_malformed_call_is_told_in_one_sentence(ada: Visitor, path: str, call: object) -> None:
    answer = await ada.post(path, call)
    assert answer.status_code in (400, 413) and answer.json()["error"]


async def test_a_veiled_picture_shows_colours_until_it_is_revealed(ada: Visitor) -> None:
    stamp = ada.make("a shock")
    veiled = await ada.get(f"thumb/{stamp}")
    assert max(Image.open(io.BytesIO(veiled.content)).size) == 12
    assert (await ada.get(f"picture/{stamp}")).status_code == 400
    assert (await ada.post("zip", {"stamps": [stamp]})).json()["error"].startswith("It is veiled")
    assert f"picture/{stamp}" in (await ada.post("act", {"do": "reveal", "stamps": [stamp]})).json()["html"]
    assert max(Image.open(io.BytesIO((await ada.get(f"thumb/{stamp}")).content)).size) == 320


async def test_a_zip_has_the_marked_files_and_says_what_was_left_out(ada: Visitor) -> None:
    good, gone = ada.make(seed=3), ada.make(seed=4)
    next(ada.studio.outputs.rglob(f"*{gone}*")).unlink()
    answer = await ada.post("zip", {"stamps": [good, gone]})
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        manifest = json.loads(archive.read("manifest.json"))
        (picture,) = manifest["pictures"]
        assert archive.read(picture["file"]) == (await ada.get(f"picture/{good}")).content
    assert picture["settings"]["seed"] == "3" and "prompt" not in picture["settings"]
    assert manifest["left_out"][0]["stamp"] == gone and "gone" in manifest["left_out"][0]["why"]
    assert "The file is gone" in (await cards(ada))["html"]


async def test_two_tabs_that_delete_the_same_picture_do_not_mix(ada: Visitor) -> None:
    one, two = ada.make(), ada.make()
    assert (await ada.post("act", {"do": "delete", "stamps": [one]})).json()["said"] == "Done: 1."
    answer = await ada.post("act", {"do": "delete", "stamps": [one, two]})
    assert answer.json()["said"] == "Done: 1. Not there any more: 1." and ada.studio.verify_audit() == []
    assert not list((ada.studio.outputs.parent / "thumbnails").rglob("*.webp"))


async def test_the_page_says_whether_words_are_kept(ada: Visitor) -> None:
    assert "Your prompts are not kept" in (await ada.get("frame")).json()["html"]
    await ada.post("act", {"do": "keep", "on": True})
    assert "Untick it and they are deleted" in (await ada.get("frame")).json()["html"]
    assert "keeps no cookie" in (await Visitor(ada.studio, "").get("frame")).json()["html"]
    assert "keeps no cookie" in (await Visitor(ada.studio, "").post("act", {"do": "keep", "on": True})).json()["error"]


async def test_markup_in_words_and_folders_is_text(ada: Visitor) -> None:
    await ada.post("act", {"do": "keep", "on": True})
    stamp = ada.make("<img src=x onerror=alert(1)>")
    await ada.post("act", {"do": "move", "stamps": [stamp], "folder": "<script>"})
    for text in [(await ada.get(path)).json()["html"] for path in ("frame", f"one/{stamp}")] + [
        (await cards(ada))["html"]
    ]:
        assert "<script" not in text and "<img src=x" not in text


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        pytest.param({"words": "apple"}, 1, id="words"),
        pytest.param({"words": "100%"}, 0, id="a sign of the database"),
        pytest.param({"mode": "art"}, 1, id="mode"),
        pytest.param({"mode": ["art"], "start": -5, "favourite": 0}, 0, id="other types"),
        pytest.param({"day": "2001-01-01"}, 0, id="another day"),
        pytest.param({"start": "x", "engine": None}, 2, id="no filter"),
    ],
)
async def test_cards_are_filtered(ada: Visitor, wanted: dict[str, Any], found: int) -> None:
    await ada.post("act", {"do": "keep", "on": True})
    ada.make("a red apple", mode="art")
    ada.make("a lake")
    assert (await cards(ada, **wanted))["total"] == found


async def test_one_zip_is_put_together_at_a_time(ada: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    stamp, held = ada.make(), list[httpx.Response]()

    def meanwhile(library: Any, entries: Any) -> Any:
        if not held:
            held.append(anyio.from_thread.run(ada.post, "zip", {"stamps": [stamp]}))
        return zip_of(library, entries)

    monkeypatch.setattr(library_site, "zip_of", meanwhile)
    answer = await ada.post("zip", {"stamps": [stamp]})
    assert answer.status_code == 200
    assert held[0].status_code == 400 and "Another ZIP" in held[0].text
    assert (await ada.post("zip", {"stamps": [stamp]})).status_code == 200
