"""The operator's command `keys`: a key with a priority and a share of its own, and what cannot be."""

from __future__ import annotations

from collections.abc import Callable

from studio import Studio
from tests.ui.cli import test_main
from tests.ui.cli.test_main import Result

home, studio, run = test_main.home, test_main.studio, test_main.run
Run = Callable[..., Result]


def test_a_key_is_made_with_a_priority_and_a_weight_and_listed_with_both(run: Run, studio: Studio) -> None:
    made = run("keys", "make", "nightly", "--priority", "batch", "--weight", "3").row
    assert (made["priority"], made["weight"]) == ("batch", 3)
    run("keys", "make", "shop")
    listed = {(row["name"], row["priority"], row["weight"]) for row in run("keys", "list").rows}
    assert listed == {("nightly", "batch", 3), ("shop", "interactive", 1)}


def test_a_priority_that_there_is_not_makes_no_key_and_names_those_there_are(run: Run, studio: Studio) -> None:
    refused = run("keys", "make", "shop", "--priority", "urgent")
    assert refused.code != 0 and "interactive, batch" in refused.err
    assert run("keys", "list").rows == []
