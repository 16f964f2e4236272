"""`audit`: what is on record, and whether the record is whole."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from safety.audit.proof import MAX_PROOF_BYTES, check_proof
from safety.errors import RequestError
from safety.marks.signed_record import fingerprint_of, is_signed_by
from safety.review.client import client_of
from ui import serialize
from ui.cli.exit_codes import UNSOUND, exit_status, read

if TYPE_CHECKING:
    from safety.audit.roots import SignedRoot
    from studio import Studio


def build(make_studio: Callable[[], Studio]) -> typer.Typer:
    """Returns the group of commands. `erase` and `tidy` delete, `root` signs, all on record; the others read."""
    cli = typer.Typer(no_args_is_help=True, help="The audit log: prove it, list its cases, show one.")

    @cli.command()
    def verify() -> None:
        """Prove that no row was changed, moved or removed. Exit 0 if so, else 1 with each row named."""
        with exit_status():
            studio = make_studio()
            problems = studio.verify_audit()
            for problem in problems:
                typer.echo(problem)
            if problems:
                raise typer.Exit(UNSOUND)
            rows, hash_ = studio.audit_end()
            typer.echo(f"The audit log is whole: {rows} rows, the last with the hash {hash_}.")
            if root := studio.audit.newest_root():
                typer.echo(_of_root(root))

    _add_roots(cli, make_studio)
    _add_reading(cli, make_studio)
    _add_one_person(cli, make_studio)
    return cli


def _of_root(root: SignedRoot) -> str:
    facts = root.facts()
    return (
        f"Root {root.number} of {root.time}: {facts['root']} over {facts['rows']} rows of {facts['partitions']} "
        f"partition(s), signed by the certificate with the fingerprint {fingerprint_of(root.certificate)}."
    )


def _add_roots(cli: typer.Typer, make_studio: Callable[[], Studio]) -> None:
    @cli.command()
    def root() -> None:
        """Sign a root over all rows now, as the server does every hour, and print the newest one."""
        with exit_status():
            audit = make_studio().audit
            newest = audit.sign_root() or audit.newest_root()
            typer.echo(_of_root(newest) if newest else "There is no row yet that a root could be over.")

    @cli.command()
    def prove(case: Annotated[str, typer.Argument(help="The id of a case.")]) -> None:
        """Prove to others that a case was on record when the newest root was signed: a JSON text."""
        with exit_status():
            typer.echo(make_studio().audit.prove(case))

    @cli.command("check-proof")
    def check_proof_(
        file: Annotated[Path, typer.Argument(metavar="FILE", help="What `prove` has written.")],
        certificate: Annotated[
            Path | None, typer.Option(metavar="PEM", help="The certificate to trust, instead of the one in the file.")
        ] = None,
    ) -> None:
        """Check such a proof. Needs no database and no key. Exit 0 if it holds, else 2 with what does not."""
        with exit_status():
            trusted = _pem(certificate) if certificate else ""
            text = read(file, MAX_PROOF_BYTES + 1)
            found = check_proof(text, is_signed_by, trusted)
            fingerprint = fingerprint_of(trusted or json.loads(text)["certificate"])
            typer.echo(
                f"The case {found.case} was on record with {len(found.rows)} rows when root {found.number} was signed "
                f"at {found.time}, by the certificate with the fingerprint {fingerprint}."
            )
            if not trusted:
                typer.echo("Compare it with the one that `python app.py audit verify` prints, or give --certificate.")


def _pem(path: Path) -> str:
    try:
        text = read(path, MAX_PROOF_BYTES).decode("ascii")
        fingerprint_of(text)
    except ValueError as error:
        raise RequestError(f"{path} is no certificate in PEM.") from error
    return text


def _add_reading(cli: typer.Typer, make_studio: Callable[[], Studio]) -> None:
    @cli.command("list")
    def list_(limit: Annotated[int, typer.Option(min=1, max=100_000, help="How many cases.")] = 20) -> None:
        """The newest cases, one JSON object a line, newest first."""
        with exit_status():
            for row in make_studio().list_cases(limit):
                typer.echo(serialize.line(row))

    @cli.command()
    def show(case: Annotated[str, typer.Argument(help="The id of a case.")]) -> None:
        """Every row of one case, one JSON object a line, oldest first."""
        with exit_status():
            try:
                rows = make_studio().show_case(case)
            except RequestError as error:
                # What a visitor of the page reads names no command.
                raise RequestError(str(error), "`python app.py audit list` shows the newest cases.") from error
            for row in rows:
                typer.echo(serialize.line(row))


def _add_one_person(cli: typer.Typer, make_studio: Callable[[], Studio]) -> None:
    @cli.command()
    def export(
        cases: Annotated[list[str] | None, typer.Argument(metavar="[CASE]...", help="The ids of cases.")] = None,
        client: Annotated[str, typer.Option(help="Or the address of a person, while that is kept.")] = "",
    ) -> None:
        """All that is on record of one person, a JSON object a case: rows, words, pictures (as base64)."""
        with exit_status():
            if not cases and not client:
                raise RequestError("Nobody is named.", "Name cases, or an address with --client.")
            address = client_of(client) if client else ""
            for row in make_studio().personal_data(cases or (), address):
                typer.echo(serialize.line(row))

    @cli.command()
    def erase(case: Annotated[str, typer.Argument(help="The id of a case.")]) -> None:
        """Delete what is kept of one case: words, pictures, files. The chain of keyed hashes stays whole."""
        with exit_status():
            erased = make_studio().erase(case)
            typer.echo(
                f"Deleted of case {case}: {', '.join(erased)}." if erased else f"Nothing is kept of case {case}."
            )

    @cli.command()
    def tidy() -> None:
        """Delete what has been kept for as long as presets/retention.toml says."""
        with exit_status():
            typer.echo(f"Deleted: {make_studio().purge()}.")
