"""Notices over HTTP, by people who are depicted or programs for them: no key is needed, limits count by address."""

from __future__ import annotations

import base64
from dataclasses import asdict, fields
from typing import TYPE_CHECKING, Any, Literal

from fastapi import APIRouter, Request
from pydantic import Field

from safety.review.client import client_of
from safety.review.notices import NoticeRequest
from studio.notice_intake import send_notice
from ui.http.access import Caller
from ui.http.context import ApiContext
from ui.http.image_request import Strict
from ui.http.problems import ApiError, error_of

if TYPE_CHECKING:
    from collections.abc import Callable

Row = dict[str, Any]


class NoticeBody(Strict):
    """Asks for the removal of a picture. `stamp`, `link` or `picture` names it; the page /report explains the rest."""

    reason: Literal["intimate", "minor", "deceptive", "other"]
    statement: str
    name: str = ""
    contact: str = ""
    behalf_of: str = ""
    stamp: str = ""
    link: str = ""
    picture: str = Field("", description="The file as base64, or as a data URL.")
    good_faith: bool = Field(False, description="That the statement is believed to be correct and complete.")

    def data(self) -> bytes:
        """Returns the bytes of the file, b"" without one. Raises ApiError where they are no base64."""
        try:
            return base64.b64decode(self.picture.rpartition("base64,")[2], validate=True)
        except ValueError:
            raise ApiError(400, "The field 'picture' is no base64.", "no_file", loc=("picture",)) from None


class ReceiptBody(Strict):
    """Asks how a notice went. The receipt is a secret: it stands in no address."""

    receipt: str


def routes(context: ApiContext) -> APIRouter:
    """Returns the endpoints."""
    router = APIRouter(prefix="/v1/safety/notices", tags=["safety"])
    studio = context.studio

    def answer(request: Request, work: Callable[[str], Any], *given: str) -> Row:
        client = client_of(request.client.host if request.client else None)
        with context.place(Caller(client), "others"):
            try:
                return asdict(work(client))
            except ApiError:
                raise
            except Exception as error:
                raise error_of(error, given) from error

    @router.post("", summary="Ask for the removal of a picture of you. No key is needed.", status_code=201)
    def notice(body: NoticeBody, request: Request) -> Row:
        data = body.data()
        asked = NoticeRequest(**{field.name: getattr(body, field.name) for field in fields(NoticeRequest)})
        words = (body.statement, body.name, body.contact, body.behalf_of)
        return answer(request, lambda client: send_notice(studio, asked, data, client), *words)

    @router.post("/status", summary="How a notice went, by its receipt. No key is needed.")
    def status(body: ReceiptBody, request: Request) -> Row:
        return answer(request, lambda client: studio.review.notices.status(body.receipt, client), body.receipt)

    return router
