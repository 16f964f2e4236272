"""Placeholders in a page become the strings of a language, in HTML as in JSON."""

from __future__ import annotations

import json

import pytest
from markupsafe import Markup

from ui.placeholders import fill, for_any_reader, plain
from ui.texts import all_texts, page_texts


@pytest.mark.parametrize("tag", sorted(all_texts()))
def test_a_page_built_once_is_filled_in_for_each_language(tag: str) -> None:
    texts, built = page_texts(tag), for_any_reader()
    html = Markup("<p title='{}'>{}</p>").format(built["create.go"], built.say("page.policy", version="<1>"))
    config = json.dumps({"html": html, "label": plain("picture.title", number=2)})
    filled = json.loads(fill(config, texts))
    policy = Markup("{}").format(texts.say("page.policy", version="<1>"))
    assert filled["html"] == f"<p title='{texts['create.go']}'>{policy}</p>"
    assert filled["label"] == texts.say("picture.title", number=2)


def test_an_unknown_key_fails_where_it_is_written() -> None:
    for write in (plain, for_any_reader().say, for_any_reader().__getitem__):
        with pytest.raises(KeyError):
            write("create.nothing")


def test_a_string_that_a_script_completes_keeps_its_braces() -> None:
    assert fill(for_any_reader()["queue.soon"], page_texts()) == page_texts()["queue.soon"]
