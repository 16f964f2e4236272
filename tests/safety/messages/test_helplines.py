"""Help lines: what was checked has its day, what was not is known by name, and a reader gets no footnote."""

from __future__ import annotations

import json
from datetime import date

from safety.messages.helplines import Helpline, load_helplines
from safety.resources import PRESETS

HELP = load_helplines(PRESETS)
ALL = [
    (place, one)
    for category in HELP.categories
    for place in ("world", *HELP.places(category))
    for one in HELP.of(category, place)
]
UNCHECKED_NUMBERS = {("NL", "Stop it Now"), ("ZA", "Childline South Africa")}


def test_every_number_but_those_named_was_found_on_a_day_that_is_told() -> None:
    with_numbers = [(place, one) for place, one in ALL if one.phone or one.text]
    assert {(place, one.name) for place, one in with_numbers if one.checked is None} == UNCHECKED_NUMBERS
    assert all(date(2026, 11, 1) <= one.checked for _, one in with_numbers if one.checked)


def test_an_address_alone_is_not_said_to_be_checked() -> None:
    assert not [one.name for _, one in ALL if one.checked and not (one.phone or one.text)]


def test_what_was_checked_is_for_operators_and_not_for_readers() -> None:
    checked = Helpline(name="A", phone="1", checked=date(2026, 11, 29))
    assert "checked" not in json.dumps(checked.model_dump())
