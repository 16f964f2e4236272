"""The server fetches nothing for anybody."""

from __future__ import annotations

import gradio as gr
import pytest
from gradio import processing_utils

from ui.web.no_remote_fetch import FETCHERS, block_remote_fetch


@pytest.mark.parametrize("name", FETCHERS)
def test_an_address_in_place_of_a_file_is_refused_before_anything_is_sent(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for fetcher in FETCHERS:
        monkeypatch.setattr(processing_utils, fetcher, getattr(processing_utils, fetcher))  # put back afterwards
    block_remote_fetch()
    with pytest.raises(gr.Error, match="Upload the file itself"):
        getattr(processing_utils, name)("https://example.org/a.png", "cache")


def test_a_gradio_without_these_fetchers_stops_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(processing_utils, FETCHERS[0])
    with pytest.raises(RuntimeError, match="see how it fetches"):
        block_remote_fetch()
