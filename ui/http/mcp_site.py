"""The studio's tools for language models (Model Context Protocol): judge, create, look, mark, verify, at /mcp.

Each tool is one call of the API under the caller's own key: the same limits, the same refusals.
"""

from __future__ import annotations

import asyncio
import base64
import json
from typing import Any

import httpx
from fastapi import FastAPI, Request
from mcp.server import MCPServer
from mcp.server.mcpserver import Context, Image
from starlette.concurrency import run_in_threadpool
from starlette.types import ASGIApp, Receive, Scope, Send

from ui.http.body import Bodies
from ui.http.problems import ApiError, response_of

PATH = "/mcp"
MOST = 4  # MB of one call: as much as the protocol's own library reads
NO_STREAM = "Calls of tools are sent by POST. Nothing is told here but their answers."
TIMEOUT = 600.0  # seconds for one tool
ABOUT = (
    "Safelight judges prompts and pictures, makes pictures that are marked as AI-generated, and reads such marks. A "
    "refusal says why and what would pass. Where a person has to confirm first, show them the reasons; never confirm "
    "for them."
)
CREATE = "Make a picture. `warning`: the id of a warning that the person has read and confirmed."
MARK = "Mark a picture that is AI-generated, given as base64: label, invisible mark, credentials."


class McpSite:
    """Answers /mcp and hands on the rest to `app`. Starts with the first call: it needs the server's event loop."""

    def __init__(self, app: ASGIApp, api: FastAPI) -> None:
        self.app, self.access = app, api.state.access
        server = make_server(api)
        site = server.streamable_http_app(streamable_http_path=PATH, stateless_http=True, json_response=True)
        self._site = Bodies(site, files=(), pictures=(PATH,), megabytes=MOST)
        self._manager = server.session_manager
        self._started: asyncio.Future[None] | None = None
        self._running: asyncio.Task[None] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].rstrip("/") != PATH:
            await self.app(scope, receive, send)
            return
        request = Request(scope)
        try:
            if scope["method"] != "POST":
                # Each call is answered at once: there is nothing to listen to, and nothing to end.
                raise ApiError(405, NO_STREAM, "method_not_allowed")
            await run_in_threadpool(self.access.known, request)
        except ApiError as error:
            await response_of(request, error)(scope, receive, send)
            return
        if self._running is None:
            self._started = asyncio.get_running_loop().create_future()
            self._running = asyncio.create_task(self._run(self._started))
        if self._started is not None:
            await asyncio.shield(self._started)
        await self._site(scope, receive, send)

    async def _run(self, started: asyncio.Future[None]) -> None:
        """Keeps the manager of sessions running as long as the server does."""
        async with self._manager.run():
            started.set_result(None)
            await asyncio.Event().wait()


def make_server(api: FastAPI) -> MCPServer[Any]:
    """Returns the server with its tools."""
    server: MCPServer[Any] = MCPServer("safelight", title="Safelight", instructions=ABOUT)

    @server.tool(description="Judge a prompt: may a picture of it be made, and why not. Makes nothing.")
    async def judge(prompt: str, context: Context[Any, Any], mode: str = "general") -> str:
        return (await _post(api, context, "/v1/safety/judge", {"prompt": prompt, "mode": mode, "suggest": True})).text

    @server.tool(description=CREATE, structured_output=False)
    async def create(
        prompt: str, context: Context[Any, Any], mode: str = "general", seed: int | None = None, warning: str = ""
    ) -> list[Any]:
        body = {"prompt": prompt, "seed": seed, "safety": {"mode": mode, "warning": warning}}
        answer = await _post(api, context, "/v1/images/generations", body)
        row = answer.json()
        pictures = [base64.b64decode(one.pop("b64_json")) for one in row.get("data", ())]
        return [*(Image(data=data, format="png") for data in pictures), json.dumps(row)]

    @server.tool(description="Judge a picture, given as base64.")
    async def look(picture: str, context: Context[Any, Any], mode: str = "general", prompt: str = "") -> str:
        return (await _post(api, context, "/v1/safety/look", {"picture": picture, "mode": mode, "prompt": prompt})).text

    @server.tool(description="Read every mark of a picture, given as base64: what made it, was it changed.")
    async def verify(picture: str, context: Context[Any, Any]) -> str:
        return (await _send_file(api, context, "/v1/safety/verify", picture)).text

    @server.tool(description=MARK, structured_output=False)
    async def mark(picture: str, context: Context[Any, Any]) -> list[Any]:
        answer = await _send_file(api, context, "/v1/safety/mark", picture)
        if answer.status_code != httpx.codes.OK:
            return [answer.text]
        return [Image(data=answer.content, format="png"), json.dumps({"stamp": answer.headers["x-safelight-stamp"]})]

    return server


async def _post(api: FastAPI, context: Context[Any, Any], path: str, body: dict[str, Any]) -> httpx.Response:
    async with _client(api, context) as client:
        return await client.post(path, json=body)


async def _send_file(api: FastAPI, context: Context[Any, Any], path: str, picture: str) -> httpx.Response:
    try:
        data = base64.b64decode(picture, validate=True)
    except ValueError:
        return httpx.Response(400, text="The picture is no base64.")
    async with _client(api, context) as client:
        return await client.post(path, content=data, headers={"content-type": "image/png"})


def _client(api: FastAPI, context: Context[Any, Any]) -> httpx.AsyncClient:
    """Returns a client of the API that calls as whoever calls the tool."""
    request: Any = context.request_context.request
    key = request.headers.get("authorization", "")
    address = (request.client.host, request.client.port) if request.client else ("", 0)
    transport = httpx.ASGITransport(app=api, client=address, raise_app_exceptions=False)
    headers = {"authorization": key} if key else {}
    return httpx.AsyncClient(transport=transport, base_url="http://localhost", headers=headers, timeout=TIMEOUT)
