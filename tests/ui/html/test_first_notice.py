"""What is told before the first use is the policy's own: every hard line, in every language, and nothing else."""

from __future__ import annotations

import re
from html import unescape

import pytest

from safety.policy.model import Policy, load_policy
from safety.resources import PRESETS
from ui.html.first_notice import first_notice
from ui.texts import all_texts

POLICY = load_policy(PRESETS)
HARD = [name for name, category in POLICY.category.items() if category.hard]


def sentences(policy: Policy, tag: str) -> list[str]:
    return [unescape(found) for found in re.findall("<li>(.*?)</li>", first_notice(policy, policy.messages(tag)))]


@pytest.mark.parametrize("tag", sorted(all_texts()))
def test_every_hard_line_is_said_in_a_sentence_of_the_readers_language(tag: str) -> None:
    assert HARD and sentences(POLICY, tag) == [POLICY.messages(tag).locale.category[name].prompt for name in HARD]
    assert all(one.endswith((".", "。")) for one in sentences(POLICY, tag))


def test_a_policy_with_other_hard_lines_gives_another_notice() -> None:
    nudity = POLICY.category["nudity"].model_copy(update={"hard": True})
    changed = POLICY.model_copy(update={"category": {**POLICY.category, "nudity": nudity}})
    assert set(sentences(changed, "en")) - set(sentences(POLICY, "en"))


def test_the_button_names_the_version_that_was_read() -> None:
    assert f'value="{POLICY.version}"' in first_notice(POLICY, POLICY.messages("en"))
