"""Reads a form and its one file into memory, within bounds of size and time. Nothing of it goes to disk."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import suppress
from typing import Any
from urllib.parse import parse_qsl

from starlette.datastructures import Headers, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import ClientDisconnect, Request

from safety.errors import LimitError, RequestError
from ui.web.uploads import boundary

MEGABYTE = 1024 * 1024
OVERHEAD = 256 * 1024  # bytes of a form around its file
PLAIN = 512 * 1024  # bytes of a form that can hold no file
MAX_FIELDS = 20
SLOWEST = 120.0  # seconds for a form to arrive: a phone on a train sends a photograph
DRAINED = 4  # times the largest form: so much is read and let go of one that is too large, so that its sender is told
TOO_LARGE = "This file is too large. Send one of at most {megabytes} MB, or the picture's stamp."
UNREADABLE = "This form did not arrive whole. Send it again."
FILE = "file"  # the one field that is a file; of a form that can hold none it is a name
Form = dict[str, Any]


class TooLargeError(RequestError):
    """A form has more bytes than one may have."""


class _InMemory(MultiPartParser):
    """Reads a form without writing its file to disk: what is sent here may be what nobody should keep."""

    spool_max_size = 1 << 40


async def read_form(request: Request, megabytes: int, count: Callable[[int], None]) -> Form:
    """Returns the fields of a form as text, FILE of one that can hold files as bytes; it has at most so many megabytes.

    `count` is told of bytes before they are kept, and raises LimitError where there is no room for them. Raises
    TooLargeError, and RequestError for a form that does not arrive whole.
    """
    try:
        async with asyncio.timeout(SLOWEST):
            return await _read(request, megabytes, count)
    # A form of far too many fields, or of bytes that are no text, is a ValueError.
    except (TimeoutError, MultiPartException, ClientDisconnect, ValueError):
        raise RequestError(UNREADABLE) from None


async def _read(request: Request, megabytes: int, count: Callable[[int], None]) -> Form:
    mark = boundary(request.headers)
    most = megabytes * MEGABYTE + OVERHEAD if mark else PLAIN
    stream = request.stream()
    stated = request.headers.get("content-length", "0")

    async def bounded() -> AsyncGenerator[bytes, None]:
        size = 0
        async for chunk in stream:
            size += len(chunk)
            if size > most:
                raise TooLargeError(TOO_LARGE.format(megabytes=megabytes))
            count(len(chunk))
            yield chunk

    try:
        if stated.isdecimal() and (len(stated) > len(str(most)) or int(stated) > most):
            raise TooLargeError(TOO_LARGE.format(megabytes=megabytes))
        return await (_with_file(bounded(), mark) if mark else _plain(bounded()))
    except (TooLargeError, LimitError):
        await _drain(stream, DRAINED * most)
        raise


async def _plain(stream: AsyncGenerator[bytes, None]) -> Form:
    body = b"".join([chunk async for chunk in stream])
    return dict(parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=MAX_FIELDS, errors="strict"))


async def _with_file(stream: AsyncGenerator[bytes, None], mark: bytes) -> Form:
    # Nothing else of the header: a sender's own charset could make anything of the text.
    headers = Headers({"Content-Type": f'multipart/form-data; boundary="{mark.decode("latin-1")}"'})
    parser = _InMemory(headers, stream, max_files=1, max_fields=MAX_FIELDS, max_part_size=OVERHEAD)
    data = await parser.parse()
    form: Form = {}
    for name, value in data.items():
        if isinstance(value, UploadFile) == (name == FILE):
            form[name] = await value.read() if isinstance(value, UploadFile) else value
    await data.close()
    return form


async def _drain(stream: AsyncGenerator[bytes, None], most: int) -> None:
    """Reads on and keeps nothing: a browser that is cut off while it sends shows no answer."""
    with suppress(ClientDisconnect):
        async for chunk in stream:
            most -= len(chunk)
            if most < 0:
                break
