"""`lessons`: whether every lesson is whole, and what there is."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from safety.resources import PRESETS
from studio.lessons import load_lessons
from ui.cli.exit_codes import exit_status
from ui.learn.panels import require_panels

Folder = Annotated[Path, typer.Option(help="A presets folder; lessons are in its folder lessons/.")]


def build() -> typer.Typer:
    """Returns the group of commands. They need no model and write nothing."""
    cli = typer.Typer(no_args_is_help=True, help="The lessons: what there is, and whether each is whole.")

    @cli.command("check")
    def check(presets: Folder = PRESETS) -> None:
        """Check every lesson: its plan, its words in each language, its panels. Exit 2 names file and key."""
        with exit_status():
            lessons = load_lessons(presets)
            for lesson in lessons.values():
                require_panels(lesson)
                languages = ", ".join(sorted(lesson.texts))
                typer.echo(
                    f"{lesson.name}: {len(lesson.plan.step)} steps, {lesson.plan.minutes} minutes, in {languages}"
                )

    return cli
