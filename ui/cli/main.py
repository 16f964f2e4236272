"""The command line: reads arguments, calls the studio once a subject, prints. docs/cli.md describes it."""

from __future__ import annotations

import gc
import json as json_
import sys
import time
from collections.abc import Callable, Iterable
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from safety.errors import RequestError
from safety.image_io import open_untrusted
from safety.policy.model import BASE_MODE
from ui import serialize
from ui.cli import (
    audit,
    category_commands,
    create,
    engines,
    feedback_commands,
    filter_commands,
    gateway,
    health,
    key_commands,
    lesson_commands,
    notice_commands,
    policy,
    report,
    review,
    trust_commands,
    upscale,
    verify_command,
)
from ui.cli.exit_codes import exit_status, file_name_in_errors, for_each, read, read_picture
from ui.cli.serving import require_free, say_how_to_teach, work_beside
from ui.reach import Reach

if TYPE_CHECKING:
    from safety.marks.settings import MarkSettings
    from studio import Studio

Mode = Annotated[str, typer.Option(help="The context that the work belongs to.")]
Language = Annotated[str, typer.Option(help="Of the reasons: en or de; en-GB adds help in that country.")]
Files = Annotated[list[Path], typer.Argument(metavar="FILE...")]


def build(
    make_studio: Callable[..., Studio],
    host: str,
    port: int,
    reach: Reach | None = None,
    marks: MarkSettings | None = None,
) -> typer.Typer:
    """Returns the program with all commands. A command calls `make_studio` once it needs the studio.

    The page is served at `host` and `port`, and may be reached as `reach` says. `marks` are the settings of marks.
    """
    cli = typer.Typer(
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
        help="Safelight: pictures from words, with the safety in plain sight. Without a command: the page.",
    )
    create.add_create(cli, make_studio)
    _add_check(cli, make_studio)
    _add_look(cli, make_studio)
    verify_command.add_verify(cli, make_studio)
    upscale.add_upscale(cli, make_studio)
    create.add_mark(cli, make_studio)
    create.add_reveal(cli, make_studio)
    health.add_health(cli, make_studio)
    health.add_hash(cli)
    create.add_new_mark_key(cli, make_studio)
    engines.add_engines(cli, make_studio)
    _add_serve(cli, make_studio, host, port, reach or Reach())
    gateway.add_gateway(cli, make_studio, host, port, reach or Reach())
    report.add_report(cli, make_studio)
    cli.add_typer(audit.build(make_studio), name="audit")
    cli.add_typer(review.build(make_studio), name="review")
    cli.add_typer(notice_commands.build(make_studio), name="notices")
    cli.add_typer(policy.build(make_studio, marks), name="policy")
    cli.add_typer(category_commands.build(make_studio), name="category")
    cli.add_typer(key_commands.build(make_studio), name="keys")
    cli.add_typer(trust_commands.build(make_studio), name="trust")
    cli.add_typer(lesson_commands.build(), name="lessons")
    cli.add_typer(feedback_commands.build(make_studio), name="feedback")
    cli.add_typer(filter_commands.build(), name="filter")
    return cli


def _add_check(cli: typer.Typer, make_studio: Callable[[], Studio]) -> None:
    @cli.command()
    def check(
        file: Annotated[str, typer.Argument(metavar="FILE", help="A text file, or - for standard input.")],
        mode: Mode = BASE_MODE,
        language: Language = "",
        jsonl: Annotated[bool, typer.Option("--jsonl", help="Each line is a JSON string.")] = False,
        suggestions: Annotated[bool, typer.Option(help="Look for other wordings of what is blocked.")] = True,
        negative_prompt: Annotated[str, typer.Option(help="What should not be in it, for all of them.")] = "",
    ) -> None:
        """Judge prompts, one a line: a JSON object a line. Nothing is made or recorded."""
        with exit_status(), file_name_in_errors(Path(file)):
            studio = make_studio()
            studio.require_mode(mode)
            messages = studio.messages(language)
            for number, line in enumerate(_lines(file), 1):
                text = _text(line, number, jsonl)
                start = time.perf_counter()
                decision = studio.check(text, mode, negative_prompt)
                seconds = time.perf_counter() - start
                found = studio.suggest(text, mode, decision, negative_prompt) if suggestions else ()
                typer.echo(serialize.line(serialize.checked_prompt(text, decision, messages, seconds, found)))
                sys.stdout.flush()


def _add_look(cli: typer.Typer, make_studio: Callable[[], Studio]) -> None:
    @cli.command()
    def look(files: Files, mode: Mode = BASE_MODE, language: Language = "") -> None:
        """Judge picture files: a JSON object a line. Exit 2 if one could not be read."""
        with exit_status():
            studio = make_studio()
            studio.require_mode(mode)
            messages = studio.messages(language)

            def look_at(file: Path) -> None:
                decision = studio.look(open_untrusted(read_picture(file)), mode)
                typer.echo(serialize.line(serialize.checked_picture(str(file), decision, messages)))

            for_each(files, look_at)


def _add_serve(cli: typer.Typer, make_studio: Callable[..., Studio], host: str, port: int, reach: Reach) -> None:
    @cli.command()
    def serve(
        host: Annotated[str, typer.Option(help="The address to listen at; 0.0.0.0 for every one.")] = host,
        port: Annotated[int, typer.Option(min=1, max=65535, help="The port to listen at.")] = port,
        classroom: Annotated[bool, typer.Option("--classroom", help="A teacher may open a class.")] = False,
    ) -> None:
        """Serve the page until it is stopped."""
        # What is loaded now stays: looking through it for garbage, again and again, takes a fifth of the start. The
        # server turns the collector on again once it answers.
        gc.disable()
        with exit_status():
            require_free(host, port)
            studio = make_studio(classroom=True) if classroom else make_studio()
            studio.resume()
            work_beside(studio)
            if studio.classroom:
                say_how_to_teach(studio.classroom, host, port)
            # Here and not above, since Gradio takes seconds to import.
            from ui.web.page import serve as serve_page

            serve_page(studio, host, port, reach)


def _lines(file: str) -> Iterable[bytes]:
    """Yields lines as they come in: another program may wait for each answer."""
    return sys.stdin.buffer if file == "-" else BytesIO(read(Path(file)))


def _text(line: bytes, number: int, jsonl: bool) -> str:
    """Returns the prompt of a line. Raises RequestError where a line of JSON is no string.

    Bytes that are no UTF-8 become lone surrogates, which the studio refuses to judge.
    """
    text = line.decode("utf-8-sig" if number == 1 else "utf-8", "surrogateescape")
    if not jsonl:
        return text.removesuffix("\n").removesuffix("\r")
    try:
        value = json_.loads(text)
    except ValueError:
        value = None
    if not isinstance(value, str):
        raise RequestError(f"Line {number} is no JSON string.", 'Write it as "a red apple", one prompt a line.')
    return value
