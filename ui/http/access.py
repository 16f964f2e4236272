"""Who calls the API and what they may do: by key, or without one on this machine alone."""

from __future__ import annotations

import ipaddress
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from safety.review.client import client_of
from studio.api_keys import CREATE, JUDGE, MARK, OPERATE, ApiKey, ApiKeys
from studio.library import OWNER
from ui.http.problems import ApiError

NO_KEY = "This studio is called with a key: Authorization: Bearer sl-... Its operator makes one with `keys make`."
WRONG_KEY = "This key does not hold. It may have been revoked."
NOT_IN_SCOPE = "This key may not {what}. Its operator gives a key that may: `keys make --scope {scope}`."


@dataclass(frozen=True)
class Caller:
    """Says who calls. `client` is what limits are counted by: the key, else the address. `key` is None without one."""

    client: str
    key: ApiKey | None = None

    def mode(self, asked: str) -> str:
        """Returns the mode of a call: that of the key, where the operator has set one for it."""
        return self.key.mode if self.key and self.key.mode else asked

    @property
    def person(self) -> str:
        """Returns whose the pictures are: the key's, or the owner's of a studio that only this machine reaches."""
        return self.client if self.key else OWNER

    @property
    def per_hour(self) -> int:
        """Returns how many creations an hour this key has; 0: as many as everybody."""
        return self.key.per_hour if self.key else 0


@dataclass(frozen=True)
class Access:
    """Decides who may call. `open_here`: calls from this machine itself need no key."""

    keys: ApiKeys
    open_here: bool = True

    def caller(self, request: Request, scope: str) -> Caller:
        """Returns who calls. Raises ApiError 401 without a key that holds, 403 for one that may not do this."""
        caller = self.known(request)
        if caller.key and scope not in caller.key.scopes:
            sentence = NOT_IN_SCOPE.format(what=WHAT[scope], scope=scope)
            raise ApiError(403, sentence, "insufficient_scope", "permission_error")
        return caller

    def known(self, request: Request) -> Caller:
        """Returns who calls, whatever they may do. Raises ApiError 401 without a key that holds."""
        host = request.client.host if request.client else None
        kind, _, token = request.headers.get("authorization", "").partition(" ")
        if not token.strip() and self.open_here and _is_this_machine(host):
            return Caller(client_of(host))
        if kind.lower() != "bearer" or not token.strip():
            raise ApiError(401, NO_KEY, "no_key", "authentication_error")
        key = self.keys.find(token.strip())
        if key is None:
            if token.strip() in ("none", "unused", "EMPTY") and self.open_here and _is_this_machine(host):
                return Caller(client_of(host))  # what clients send that insist on a key
            raise ApiError(401, WRONG_KEY, "invalid_api_key", "authentication_error")
        return Caller(f"key:{key.id}", key)


WHAT = {JUDGE: "judge", CREATE: "make pictures", MARK: "mark pictures", OPERATE: "read metrics"}


def _needs(scope: str) -> Callable[[Request], Awaitable[Caller]]:
    # Not in a thread of its own, as FastAPI does with plain functions: that would cost more than looking a key up.
    async def find(request: Request) -> Caller:
        access: Access = request.app.state.access
        caller = access.caller(request, scope)
        request.state.caller = caller
        return caller

    return find


Judging = Annotated[Caller, Depends(_needs(JUDGE))]
Creating = Annotated[Caller, Depends(_needs(CREATE))]
Marking = Annotated[Caller, Depends(_needs(MARK))]
Operating = Annotated[Caller, Depends(_needs(OPERATE))]


def _is_this_machine(host: str | None) -> bool:
    try:
        return ipaddress.ip_address((host or "").partition("%")[0]).is_loopback
    except ValueError:
        return False
