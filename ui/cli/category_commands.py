"""`category`: categories that an operator adds by examples, measured before they are switched on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from safety.prompt.example_categories import ExampleCategory
from studio.categories import RESTART, Categories, CategoryRequest, categories_of, problem_of
from studio.example_sets import read_pictures, read_prompts
from ui import serialize
from ui.cli.exit_codes import exit_status, file_name_in_errors, read, say

if TYPE_CHECKING:
    from studio import Studio

MAX_SHOWN = 100  # characters of a prompt
Name = Annotated[str, typer.Argument(help="Small letters, digits and underscores, such as gambling_adverts.")]
Json = Annotated[bool, typer.Option("--json", help="A JSON object.")]


def build(make_studio: Callable[[], Studio]) -> typer.Typer:
    """Returns the group of commands."""
    cli = typer.Typer(no_args_is_help=True, help="Categories by example: add one, measure it, switch it on or off.")
    _add_add(cli, make_studio)
    _add_reading(cli, make_studio)
    _add_changes(cli, make_studio)
    return cli


def _add_add(cli: typer.Typer, make_studio: Callable[[], Studio]) -> None:
    @cli.command()
    def add(
        name: Name,
        sentence: Annotated[str, typer.Option(help="What it is about, as people read it.")],
        examples: Annotated[Path, typer.Option(help="5 to 50 prompts that are meant: one a line, or a CSV with text.")],
        against: Annotated[Path | None, typer.Option(help="Prompts that are near and not meant.")] = None,
        ordinary: Annotated[Path | None, typer.Option(help="Ordinary prompts of your own, to measure it on.")] = None,
        pictures: Annotated[Path | None, typer.Option(help="A folder of pictures whose near-copies are meant.")] = None,
        title: Annotated[str, typer.Option(help="Its name for people; unset, made of NAME.")] = "",
        level: Annotated[str, typer.Option(help="What happens: note, warn or block.")] = "warn",
        share: Annotated[float, typer.Option(help="The share of ordinary prompts that it may stop.")] = 0.01,
        dry_run: Annotated[bool, typer.Option("--dry-run", help="Measure it and keep nothing.")] = False,
        json: Json = False,
    ) -> None:
        """Make a category of examples and measure it. It stops nothing until it is switched on."""
        with exit_status():
            categories = categories_of(make_studio())
            files = (_prompts(examples), _prompts(against), _prompts(ordinary))
            shown = read_pictures(pictures) if pictures else ()
            request = CategoryRequest(name, sentence, *files, shown, title=title, level=level, share=share)
            category = categories.draft(request)
            if not dry_run:
                categories.add(category)
            _show(categories, category, json)
            if dry_run:
                say("Nothing was kept.")
            elif not problem_of(category):
                say(f"It is switched off. To switch it on: python app.py category enable {name}")


def _add_reading(cli: typer.Typer, make_studio: Callable[[], Studio]) -> None:
    @cli.command("list")
    def list_() -> None:
        """All categories, one JSON object a line, without their examples."""
        with exit_status():
            for category in categories_of(make_studio()).known():
                typer.echo(serialize.line(serialize.example_category(category)))

    @cli.command()
    def show(name: Name, json: Json = False) -> None:
        """One category with its figures and examples, and what it changes in the cases whose words are kept."""
        with exit_status():
            categories = categories_of(make_studio())
            category = categories.get(name)
            _show(categories, category, json)
            if not json:
                for text in category.examples:
                    typer.echo(f"  + {_shown(text)}")
                for text in category.against:
                    typer.echo(f"  - {_shown(text)}")


def _add_changes(cli: typer.Typer, make_studio: Callable[[], Studio]) -> None:
    @cli.command()
    def enable(
        name: Name, force: Annotated[bool, typer.Option("--force", help="Whatever was measured.")] = False
    ) -> None:
        """Switch a category on."""
        with exit_status():
            categories = categories_of(make_studio())
            _show(categories, categories.get(name), False)
            _changed(categories.enable(name, force))

    @cli.command()
    def disable(name: Name) -> None:
        """Switch a category off and keep it."""
        with exit_status():
            _changed(categories_of(make_studio()).disable(name))

    @cli.command()
    def remove(name: Name) -> None:
        """Delete a category with its examples."""
        with exit_status():
            categories_of(make_studio()).remove(name)
            say(f"{name} is removed. {RESTART}")

    @cli.command()
    def refit(
        name: Name, ordinary: Annotated[Path | None, typer.Option(help="Ordinary prompts of your own.")] = None
    ) -> None:
        """Fit a category anew to its examples, such as after an update of Safelight."""
        with exit_status():
            categories = categories_of(make_studio())
            category = categories.refit(name, _prompts(ordinary))
            _show(categories, category, False)
            _changed(category)


def _prompts(file: Path | None) -> tuple[str, ...]:
    if file is None:
        return ()
    with file_name_in_errors(file):
        return read_prompts(read(file), str(file))


def _changed(category: ExampleCategory) -> None:
    say(f"{category.name} is switched {'on' if category.enabled else 'off'}. {RESTART}")


def _show(categories: Categories, category: ExampleCategory, json: bool) -> None:
    replay = categories.replay(category)
    if json:
        cases = {"cases": replay.cases, "stricter": replay.stricter}
        typer.echo(serialize.line({**serialize.example_category(category), "replay": cases}))
        return
    for line in _lines(category):
        typer.echo(line)
    typer.echo(f"  of {replay.cases} cases whose words are kept, {replay.stricter} would be judged more strictly")
    for text, before, after in replay.changed:
        typer.echo(f"    {before.name} -> {after.name}  {_shown(text)}")
    if problem := problem_of(category):
        say(problem)


def _lines(category: ExampleCategory) -> list[str]:
    """Returns what was measured, a line each."""
    figures = category.figures
    own = [f"  would stop {_of(figures.own_stopped, figures.own)} ordinary prompts of your own"] if figures.own else []
    return [
        f"{category.title} ({category.name}, version {category.version}, {'on' if category.enabled else 'off'})",
        f"  {category.sentence}",
        f"  level {category.level}, at most {category.share:.1%} of ordinary prompts",
        f"  would stop {_of(figures.stopped, figures.ordinary)} real prompts",
        f"  would stop {_of(figures.captions_stopped, figures.captions)} captions and prompts that only sound risky",
        *own,
        f"  left out one by one, {figures.found:.0%} of its {len(category.examples)} examples would be found",
    ]


def _of(part: int, whole: int) -> str:
    return f"{part} of {whole} ({part / whole:.1%})"


def _shown(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= MAX_SHOWN else line[: MAX_SHOWN - 1] + "…"
