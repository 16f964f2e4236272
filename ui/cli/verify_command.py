"""`verify`: every mark of a file, what a validator of C2PA says of it, and how the public rubric judges it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from safety.errors import RequestError
from safety.marks.rubric import evaluate
from safety.marks.summary import plain_times
from safety.marks.trust_lists import MAX_BYTES, read_certificates
from ui import serialize
from ui.cli.exit_codes import exit_status, file_name_in_errors, for_each, read, read_picture
from ui.texts import page_texts

if TYPE_CHECKING:
    from studio import Studio

AsJson = Annotated[bool, typer.Option("--json", help="A JSON object a line.")]
AsCrJson = Annotated[bool, typer.Option("--crjson", help="What a C2PA validator finds, as Content Credentials JSON.")]
Rubric = Annotated[bool, typer.Option("--rubric", help="Each rule of C2PA's public rubric, as JSON.")]
TrustList = Annotated[
    list[Path] | None,
    typer.Option(
        "--trust-list", metavar="PEM", help="Certificates to trust instead of this studio's; may be repeated."
    ),
]


def add_verify(cli: typer.Typer, make_studio: Callable[[], Studio]) -> None:
    """Adds the command `verify`."""

    @cli.command()
    def verify(
        files: Annotated[list[Path], typer.Argument(metavar="FILE...")],
        json: AsJson = False,
        crjson: AsCrJson = False,
        rubric: Rubric = False,
        trust_list: TrustList = None,
    ) -> None:
        """Read every mark of picture files. Exit 0 whatever was found, 2 if one could not be read."""
        with exit_status():
            if json + crjson + rubric > 1:
                raise RequestError("One form at a time.", "Choose --json, --crjson or --rubric.")
            if trust_list and not (crjson or rubric):
                raise RequestError("--trust-list is for --crjson and --rubric.", "Add one of the two, or leave it out.")
            anchors = "".join(_certificates(path) for path in trust_list or ())
            studio = make_studio()

            def verify_one(file: Path) -> None:
                if crjson or rubric:
                    document = studio.exporter.marks.crjson(read_picture(file), anchors)
                    typer.echo(serialize.line(document if crjson else serialize.rubric(str(file), evaluate(document))))
                    return
                row = serialize.verified(str(file), studio.verify(read_picture(file)))
                typer.echo(serialize.line(row) if json else "\n".join((f"{file}: {row['summary']}", *_given_back(row))))

            for_each(files, verify_one)


def _given_back(row: serialize.Row) -> Iterator[str]:
    """Yields what credentials say that a file lost and that were kept here; nothing where there are none."""
    if not (kept := row["given_back"]):
        return
    texts, claims = page_texts(), kept["claims"]
    signed = "signed by this studio" if kept["trusted"] else "signed" if kept["signed"] else "changed since signing"
    said = texts[f"verify.ai_{kept['says_of_ai']}"]
    yield f"  Given back: {said}; {signed}; {claims['generator']}; {plain_times(claims['time'])}."
    yield "  --json has them whole: given_back.store, a manifest store (.c2pa) in base64."


def _certificates(path: Path) -> str:
    """Reads a list of certificates, PEM or C2PA's JSON. Raises FileError for a file that holds none."""
    with file_name_in_errors(path):
        return "".join(read_certificates(read(path, MAX_BYTES))[0])
