"""A form with a file, as anybody may send one: bounded before it is kept, and taken for nothing that it is not."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from starlette.requests import Request

from safety.errors import LimitError, RequestError
from ui.http.arriving import Arriving
from ui.web.form_body import MEGABYTE, PLAIN, Form, TooLargeError, read_form

MULTIPART = "multipart/form-data; boundary=edge"


def part(name: str, body: bytes, more: str = "") -> bytes:
    head = f'--edge\r\nContent-Disposition: form-data; name="{name}"{more}\r\n\r\n'
    return head.encode() + body + b"\r\n"


def form(*parts: bytes) -> bytes:
    return b"".join([*parts, b"--edge--\r\n"])


def asked(body: bytes, kind: str = MULTIPART, length: str = "", chunk: int = 64 * 1024) -> Request:
    pieces: Iterator[dict[str, Any]] = iter(
        [
            {"type": "http.request", "body": body[at : at + chunk], "more_body": True}
            for at in range(0, len(body), chunk)
        ]
        + [{"type": "http.request", "body": b"", "more_body": False}]
    )

    async def receive() -> dict[str, Any]:
        return next(pieces)

    headers = [(b"content-type", kind.encode())] + ([(b"content-length", length.encode())] if length else [])
    return Request({"type": "http", "method": "POST", "headers": headers}, receive)


def read(request: Request, megabytes: int = 1, arriving: Arriving | None = None) -> Form:
    with (arriving or Arriving(1 << 40, 1 << 40)).body("192.0.2.1") as count:
        return asyncio.run(read_form(request, megabytes, count))


def test_fields_are_text_and_the_file_is_bytes() -> None:
    body = form(part("statement", "Größe".encode()), part("file", b"\x89PNG\0", '; filename="a.png"'))
    assert read(asked(body)) == {"statement": "Größe", "file": b"\x89PNG\0"}
    plain = "application/x-www-form-urlencoded"
    assert read(asked(b"statement=a+b&name=%C3%B6", plain)) == {"statement": "a b", "name": "ö"}


def test_a_text_is_no_file_and_a_file_is_no_text() -> None:
    body = form(part("file", b"/etc/passwd"), part("statement", b"x", '; filename="a.png"'))
    assert read(asked(body)) == {}
    assert read(asked(b"file=%2Fetc%2Fpasswd", "application/x-www-form-urlencoded")) == {"file": "/etc/passwd"}


@pytest.mark.parametrize(
    ("body", "kind", "length"),
    [
        (form(part("file", b"x" * 2 * MEGABYTE, '; filename="a"')), MULTIPART, ""),
        (b"", MULTIPART, str(64 * MEGABYTE)),
        (b"", MULTIPART, "9" * 5000),
        (b"a=" + b"x" * PLAIN, "text/plain", ""),
    ],
    ids=["larger than it may be", "said to be", "a length of 5,000 digits", "no form at all"],
)
def test_what_is_too_large_is_read_no_further(body: bytes, kind: str, length: str) -> None:
    with pytest.raises(TooLargeError, match="too large"):
        read(asked(body, kind, length))


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (form(*(part(f"more{number}", b"x") for number in range(40))), MULTIPART),
        (b"&".join(b"a=b" for _ in range(100_000)), "application/x-www-form-urlencoded"),
        (b"statement=%ED%A0%80", "application/x-www-form-urlencoded"),
        (b"statement=\xff", "application/x-www-form-urlencoded"),
        (b"no form", MULTIPART),
        (form(part("statement", b"x", "\r\nX: " + "y" * 10_000)), MULTIPART),
    ],
    ids=["too many parts", "too many fields", "half a pair", "no text", "no parts", "a header without end"],
)
def test_what_is_no_form_is_said_in_a_sentence(body: bytes, kind: str) -> None:
    with pytest.raises(RequestError, match="did not arrive whole"):
        read(asked(body, kind))


def test_no_charset_of_the_sender_makes_other_text_of_it() -> None:
    body = form(part("statement", rb"\ud800 half a pair"))
    assert read(asked(body, f"{MULTIPART}; charset=unicode_escape")) == {"statement": r"\ud800 half a pair"}


def test_without_room_for_it_a_form_is_turned_away_and_the_room_is_free_again() -> None:
    arriving, body = Arriving(200_000, 300_000), form(part("file", b"x" * 150_000, '; filename="a"'))
    with arriving.body("192.0.2.1") as count:
        count(100_000)
        with pytest.raises(LimitError, match="at once"):
            read(asked(body), arriving=arriving)
        with arriving.body("192.0.2.2") as other:
            other(150_000)
            with pytest.raises(LimitError):  # all together
                other(50_001)
    assert read(asked(body), arriving=arriving)["file"] == b"x" * 150_000
    assert not arriving._held


def test_of_forms_that_arrive_together_those_go_on_for_which_there_is_room() -> None:
    """Each in small pieces by turns, so that none would be first to have them all."""
    arriving, body = Arriving(1 << 40, 500_000), form(part("file", b"x" * 150_000, '; filename="a"'))

    async def send(number: int) -> str:
        with arriving.body(f"192.0.2.{number}") as count:
            try:
                await read_form(asked(body, chunk=8192), 1, count)
            except LimitError:
                return "turned away"
            await asyncio.sleep(0.05)
            return "read"

    async def all_of_them() -> list[str]:
        return await asyncio.gather(*(send(number) for number in range(9)))

    assert asyncio.run(all_of_them()).count("read") == 3
