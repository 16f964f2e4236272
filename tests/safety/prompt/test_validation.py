"""What can be judged is judged; what cannot says why."""

from __future__ import annotations

import pytest

from safety.prompt.validation import MAX_PROMPT, prompt_problem


@pytest.mark.parametrize(
    ("text", "fine"),
    [
        pytest.param("a", True, id="one character"),
        pytest.param("🍎", True, id="emoji only"),
        pytest.param("תפוח אדום", True, id="right to left"),
        pytest.param("x" * MAX_PROMPT, True, id="as long as allowed"),
        pytest.param("x" * (MAX_PROMPT + 1), False, id="one too long"),
        pytest.param("", False, id="empty"),
        pytest.param("\u200b \u2003", False, id="nothing but blanks"),
        pytest.param("\u3164\u115f\u1160", False, id="Hangul fillers"),
        pytest.param("\u2800", False, id="an empty Braille cell"),
        pytest.param("\u0301\u0336", False, id="accents without a letter"),
        pytest.param("\u17b4\ufe0f\u200d", False, id="vowels and selectors drawn as nothing"),
        pytest.param("e\u0301", True, id="an accent on a letter"),
        pytest.param("apple\x00pear", False, id="a null byte"),
        pytest.param("\ud800", False, id="half a surrogate pair"),
    ],
)
def test_a_prompt_can_be_judged_or_says_why_not(text: str, fine: bool) -> None:
    assert (prompt_problem(text) == "") is fine
