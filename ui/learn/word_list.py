"""The panel in which a learner writes a list of blocked words, and sees it beside the studio's own judgement.

The list stays in the browser: the script looks its words up in the prompts of a set.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from safety.config import ConfigModel
from safety.errors import RequestError
from safety.policy.model import BASE_MODE
from ui.learn.panel import Desk, Json
from ui.learn.scored_set import scored_rows
from ui.learn.threshold import NOTHING_TO_ANSWER


class WordListSettings(ConfigModel):
    """`set` names the labelled prompts, `begin` the words that stand in the list at first."""

    set: str
    mode: str = BASE_MODE
    begin: tuple[str, ...] = ()


class WordListPanel:
    """Hands a set to the script, with what the studio decides; there is nothing to answer."""

    settings = WordListSettings
    most_bytes = 1024

    def open(self, desk: Desk[WordListSettings]) -> Json:
        """Returns the rows of the set, and the words to begin with."""
        chosen = desk.settings
        return {
            "words": desk.words("learn_word_list."),
            "rows": scored_rows(desk, chosen.set, chosen.mode),
            "begin": list(chosen.begin),
        }

    def answer(self, desk: Desk[WordListSettings], call: Mapping[str, Any]) -> Json:
        """Raises RequestError: the script looks the words up by itself."""
        raise RequestError(NOTHING_TO_ANSWER)
