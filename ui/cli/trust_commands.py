"""`trust`: public lists of whom to trust for Content Credentials, which are dated data, and revoked certificates."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from http.client import HTTPException, HTTPMessage
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated
from urllib.request import HTTPRedirectHandler, Request, build_opener

import typer

from safety.errors import FileError, RequestError
from safety.marks.revocations import keep_revocations
from safety.marks.trust_lists import (
    C2PA,
    MAX_BYTES,
    NAMES,
    TSA,
    TrustList,
    address_of,
    load_trust_lists,
    put_list,
)
from ui import serialize
from ui.cli.exit_codes import exit_status

if TYPE_CHECKING:
    from studio import Studio

HTTPS_ALONE = "A list is fetched by https alone."
TIMEOUT = 30.0  # seconds
LISTS = ", ".join(NAMES)


def build(make_studio: Callable[[], Studio]) -> typer.Typer:
    """Returns the group of commands."""
    cli = typer.Typer(no_args_is_help=True, help="Whom Verify trusts: public lists, dated, and revoked certificates.")

    def folder() -> Path:
        return make_studio().exporter.marks.trust_folder

    @cli.command("list")
    def list_() -> None:
        """The lists in force, one JSON object a line: date, source, number of certificates."""
        with exit_status():
            for each in load_trust_lists(folder()).each():
                typer.echo(serialize.line(_row(each)))

    _add_update(cli, folder)
    _add_revoked(cli, folder)
    return cli


def _add_update(cli: typer.Typer, folder: Callable[[], Path]) -> None:
    @cli.command()
    def update(
        source: Annotated[
            str, typer.Option("--from", help="A file or an https address; by default, where it is published.")
        ] = "",
        name: Annotated[str, typer.Option("--list", help=f"Which list: {LISTS}. Without --from: c2pa and tsa.")] = "",
        as_of: Annotated[str, typer.Option(help="The list's date, as 2026-11-25; a file without one needs it.")] = "",
        force: Annotated[
            bool, typer.Option("--force", help="Take a list of a day to come, or older than the one in use.")
        ] = False,
    ) -> None:
        """Put a newer list (PEM, or C2PA's JSON) into the studio's home, where it counts instead of the shipped one."""
        with exit_status():
            home = folder()
            for one in [name or C2PA] if source or name else [C2PA, TSA]:
                place = source or address_of(_known(one))
                put = put_list(home, one, _read(place), place, as_of, _fetched(place), force)
                typer.echo(serialize.line(_row(put)))


def _add_revoked(cli: typer.Typer, folder: Callable[[], Path]) -> None:
    @cli.command()
    def revoked(
        file: Annotated[Path, typer.Argument(help="A certificate revocation list (CRL), DER or PEM.")],
        issuer: Annotated[
            Path | None, typer.Option(metavar="PEM", help="The certificate of its issuer, where no list has it.")
        ] = None,
    ) -> None:
        """Keep a list of revoked certificates that its issuer has signed: what they sign is called so from now on."""
        with exit_status():
            issuers = _read(str(issuer)) if issuer else b""
            place = keep_revocations(folder(), _read(str(file)), issuers)
            typer.echo(serialize.line({"kept": place.name}))


class HttpsAlone(HTTPRedirectHandler):
    """Follows no redirect that leaves https: whoever sits on the way would choose where the list comes from."""

    def redirect_request(
        self, req: Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> Request | None:
        """Returns the next request. Raises RequestError for an address without https."""
        if not newurl.startswith("https:"):
            raise RequestError(HTTPS_ALONE, f"The address leads to {newurl}: take another.")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


OPENER = build_opener(HttpsAlone)


def _known(name: str) -> str:
    if name not in NAMES:
        raise RequestError(f"There is no list {name!r}.", f"Choose one of: {LISTS}.")
    return name


def _fetched(place: str) -> date | None:
    """Returns today for an address: what is published there holds now. None for a file, which may be of any age."""
    return datetime.now(UTC).date() if _is_address(place) else None


def _is_address(place: str) -> bool:
    return place.lower().startswith("https:")


def _row(each: TrustList) -> dict[str, object]:
    row = {"list": each.name, "title": each.title, "as_of": each.as_of, "source": each.source}
    return {**row, "certificates": each.count}


def _read(source: str) -> bytes:
    """Returns a list from a file or an https address. Raises FileError, RequestError."""
    if "://" in source and not _is_address(source):
        raise RequestError(HTTPS_ALONE, "Write the address with https://.")
    try:
        if _is_address(source):
            with OPENER.open(source, timeout=TIMEOUT) as answer:
                data = bytes(answer.read(MAX_BYTES + 1))
        else:
            with Path(source).open("rb") as file:
                data = file.read(MAX_BYTES + 1)
    # An address that is none, a name with a zero in it, and an answer that breaks off are no OSError.
    except (OSError, HTTPException, ValueError) as error:
        why = getattr(error, "reason", None) or getattr(error, "strerror", None) or error
        raise FileError(
            f"The list cannot be read from {source!r}: {why}.", "Get it by hand, and give it with --from."
        ) from error
    if len(data) > MAX_BYTES:
        raise FileError("This is far too long for a list.", "Check the address.")
    return data
