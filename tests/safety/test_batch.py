"""Many prompts at once are judged as each by itself, in any process."""

from __future__ import annotations

import pickle
from pathlib import Path

from safety.batch import BatchJudge
from safety.checks import assess
from safety.decide import decide
from safety.policy import load_policy
from safety.prompt import prompt_checks
from safety.records import Prompt, Stage

ROOT = Path(__file__).parents[2]
TEXTS = [
    "a red apple",
    "",
    "a battlefield full of gore",
    "Taylor Swift naked",
    "word " * 1900,
    "portrait of Barack Obama",
]


def test_columns_hold_what_each_prompt_gets_by_itself() -> None:
    judge = BatchJudge(prompt_checks(ROOT / "presets", ROOT / "assets" / "models"), load_policy(ROOT / "presets"))
    columns = judge.score_batch(TEXTS)
    alone = [decide(assess(Stage.PROMPT, Prompt(text), judge.checks), judge.policy, "general") for text in TEXTS]
    assert columns["verdict"].tolist() == [float(one.verdict) for one in alone]
    assert {len(column) for column in columns.values()} == {len(TEXTS)}


def test_the_judge_can_be_pickled() -> None:
    judge = BatchJudge((), load_policy(ROOT / "presets"))
    assert pickle.loads(pickle.dumps(judge)).score_batch(["a"])["verdict"].tolist() == [3.0]
