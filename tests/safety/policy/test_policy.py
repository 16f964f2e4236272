"""The policy file: what loads, what stops the start, what no mode can move."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from safety.errors import PresetError, RequestError
from safety.policy.model import Mode, Policy, Thresholds, load_policy
from safety.records import Stage, Verdict

PRESETS = Path(__file__).parents[3] / "presets"
POLICY = load_policy(PRESETS)
CODES = {
    "child_safety": 101,
    "intimate_imagery": 102,
    "sexual": 201,
    "nudity": 202,
    "violence": 301,
    "shocking": 302,
    "self_harm": 303,
    "hate": 401,
    "harassment": 402,
    "deception": 501,
    "dangerous": 502,
    "protected_works": 601,
    "stereotype": 602,
    "agreement": 603,
    "unread": 701,
}
NEVER_RELAXED = {"self_harm.method", "hate.propaganda", "deception.photoreal", "dangerous.instructions", "dangerous"}
scores = st.floats(0, 1)


@pytest.fixture
def presets(tmp_path: Path) -> Path:
    shutil.copytree(PRESETS, tmp_path / "presets")
    return tmp_path / "presets"


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")


def test_the_categories_keep_their_public_codes() -> None:
    assert {name: category.code for name, category in POLICY.category.items()} == CODES


def test_every_category_has_a_limit_for_prompts_and_for_pictures() -> None:
    limited = {stage: {key.partition(".")[0] for key in limits} for stage, limits in POLICY.limits.items()}
    in_words = limited.pop(Stage.TEXT)
    assert limited == {Stage.PROMPT: set(CODES) - {"agreement"}, Stage.PICTURE: set(CODES)}
    assert in_words < limited[Stage.PROMPT]


HARD_OR_GRAVE = ["child_safety.", "intimate_imagery.", "hate.grave", "sexual.grave", "self_harm.method", "violence."]


@pytest.mark.parametrize("mode", sorted(POLICY.mode))
@pytest.mark.parametrize("key", HARD_OR_GRAVE)
def test_words_in_pictures_without_limits_of_their_own_have_those_of_prompts(key: str, mode: str) -> None:
    category, _, aspect = key.partition(".")
    limits = [POLICY.thresholds(stage, category, aspect, mode) for stage in (Stage.TEXT, Stage.PROMPT)]
    assert limits[0] is not None
    assert limits[0] == limits[1]


@pytest.mark.parametrize("mode", sorted(POLICY.mode))
def test_words_in_pictures_with_limits_of_their_own_have_them_in_every_mode(mode: str) -> None:
    for key in POLICY.limits[Stage.TEXT]:
        category, _, aspect = key.partition(".")
        own = POLICY.thresholds(Stage.TEXT, category, aspect, mode)
        assert own == POLICY.mode[mode].limits.get(Stage.TEXT, {}).get(key, POLICY.limits[Stage.TEXT][key])


@pytest.mark.parametrize("mode", sorted(POLICY.mode))
def test_no_mode_relaxes_a_young_face(mode: str) -> None:
    limits = POLICY.thresholds(Stage.PICTURE, "sexual", "young_face", mode)
    assert limits is not None
    assert limits.at(Verdict.BLOCK) == 0.5


@pytest.mark.parametrize(
    ("file", "old", "new", "named"),
    [
        pytest.param("policy.toml", "code = 201", "code = 'x'", "category.sexual.code", id="wrong type"),
        pytest.param("policy.toml", "code = 201", "code = 201, colour = 1", "category.sexual.colour", id="unknown key"),
        pytest.param("policy.toml", 'version = "2026.11"', "", "version", id="missing key"),
        pytest.param(
            "policy.toml",
            "[limits.prompt.nudity]\nwarn = 0.4",
            "[limits.prompt.nudity]\nwarn = 1.4",
            "limits.prompt.nudity",
            id="above 1",
        ),
        pytest.param(
            "policy.toml",
            "[limits.prompt.nudity]\nwarn = 0.4",
            "[limits.prompt.nudity]\nwarn = 0.8",
            "must rise",
            id="falling thresholds",
        ),
        pytest.param("policy.toml", "[category]", "[category", "line", id="broken syntax names the line"),
        pytest.param(
            "policy.toml",
            "[limits.prompt.sexual]",
            "[limits.prompt.sexuall]",
            "sexuall: no such category",
            id="unknown category",
        ),
        pytest.param(
            "policy.toml",
            "[limits.prompt.child_safety]\nhard",
            "[limits.prompt.child_safety]\nblock",
            "child_safety",
            id="softened",
        ),
        pytest.param(
            "policy.toml",
            "[limits.picture.hate]\nblock",
            "[limits.picture.hate]\nhard",
            "only a category with hard",
            id="hardened by threshold",
        ),
        pytest.param(
            "modes/art.toml",
            "[limits.prompt.nudity]",
            "[limits.prompt.child_safety]\n[limits.prompt.nudity]",
            "hard line",
            id="mode: child safety",
        ),
        pytest.param(
            "modes/art.toml",
            "[limits.prompt.nudity]",
            "[limits.prompt.intimate_imagery]\nblock = 0.9\n[limits.prompt.nudity]",
            "hard line",
            id="mode: intimate",
        ),
        pytest.param(
            "modes/medical.toml",
            "[limits.prompt.nudity]",
            "[limits.prompt.sexual]\nblock = 0.9\n[limits.prompt.nudity]",
            "must be reached at 0.8",
            id="mode: too loose",
        ),
        pytest.param(
            "modes/medical.toml",
            "[limits.prompt.nudity]",
            '[limits.prompt."self_harm.method"]\nwarn = 0.5\n[limits.prompt.nudity]',
            "self_harm.method",
            id="mode: method",
        ),
        pytest.param(
            "modes/art.toml",
            "[limits.prompt.violence]\nwarn",
            "[limits.prompt.violence]\nnote",
            "violence",
            id="mode: warn dropped",
        ),
        pytest.param(
            "modes/art.toml",
            "[limits.prompt.nudity]",
            "[limits.prompt.colour]\n[limits.prompt.nudity]",
            "no such limit",
            id="mode: unknown key",
        ),
        pytest.param("modes/art.toml", "title", 'inherits = "wild"\ntitle', "no mode 'wild'", id="unknown parent"),
        pytest.param("modes/art.toml", "title", 'inherits = "art"\ntitle', "circle", id="its own parent"),
        pytest.param("modes/general.toml", "title", 'inherits = "art"\ntitle', "policy itself", id="general inherits"),
        pytest.param(
            "modes/art.toml",
            "[contradicted.prompt]",
            "[contradicted.prompt]\ncolour = 0.5",
            "no such limit",
            id="mode: contradicted by the unknown",
        ),
        pytest.param("locales/de.toml", "title =", "titel =", "titel", id="locale: unknown key"),
        pytest.param("locales/de.toml", "{check}", "{chek}", "chek", id="locale: unknown name"),
        pytest.param("locales/de.toml", "{check}", "{check", "{check", id="locale: broken name"),
        pytest.param("help.toml", "world =", "World =", "self_harm.world is missing", id="help: nothing for the world"),
        pytest.param("help.toml", "https://findahelpline", "http://findahelpline", "url", id="help: unsafe address"),
    ],
)
def test_a_file_that_is_not_valid_stops_the_start_and_is_named(
    presets: Path, file: str, old: str, new: str, named: str
) -> None:
    edit(presets / file, old, new)
    with pytest.raises(PresetError) as caught:
        load_policy(presets)
    assert named in str(caught.value)
    assert str(presets) in str(caught.value)
    assert caught.value.advice


def test_a_missing_general_mode_stops_the_start(presets: Path) -> None:
    (presets / "modes" / "general.toml").unlink()
    with pytest.raises(PresetError, match="general"):
        load_policy(presets)


def test_the_digest_changes_with_any_file(presets: Path) -> None:
    edit(
        presets / "modes" / "art.toml", "[limits.prompt.violence]\nwarn = 0.8", "[limits.prompt.violence]\nwarn = 0.79"
    )
    assert load_policy(presets).digest != POLICY.digest == load_policy(PRESETS).digest


def test_an_operator_may_add_a_stricter_mode(presets: Path) -> None:
    (presets / "modes" / "school.toml").write_text(
        'title = "School"\ndescription = "For a class."\n[limits.prompt]\nviolence = { block = 0.2 }\n', "utf-8"
    )
    policy = load_policy(presets)
    assert verdict(policy, Stage.PROMPT, "violence", "school", 0.3) is Verdict.BLOCK


def test_a_mode_inherits_what_it_does_not_say_itself(presets: Path) -> None:
    (presets / "modes" / "museum.toml").write_text(
        'inherits = "art"\ntitle = "Museum"\ndescription = "Guided."\n[limits.prompt.violence]\nwarn = 0.3\n', "utf-8"
    )
    policy = load_policy(presets)
    assert verdict(policy, Stage.PROMPT, "violence", "museum", 0.35) is Verdict.WARN
    for key in ("nudity", "shocking", "hate"):
        for score in (0.3, 0.45, 0.65, 0.85, 0.97):
            assert verdict(policy, Stage.PROMPT, key, "museum", score) == verdict(
                policy, Stage.PROMPT, key, "art", score
            )
    assert policy.mode["museum"].context_conflicts == policy.mode["art"].context_conflicts


def test_a_mode_may_inherit_more_than_once_but_not_in_a_circle(presets: Path) -> None:
    for name, parent in (("a", "b"), ("b", "c"), ("c", "art")):
        (presets / "modes" / f"{name}.toml").write_text(
            f'inherits = "{parent}"\ntitle = "{name}"\ndescription = ""\n', "utf-8"
        )
    assert load_policy(presets).mode["a"].limits == load_policy(presets).mode["art"].limits
    edit(presets / "modes" / "c.toml", '"art"', '"a"')
    with pytest.raises(PresetError, match="circle"):
        load_policy(presets)


def test_a_locked_mode_is_in_force_whatever_is_asked_for() -> None:
    policy = load_policy(PRESETS, locked="general")
    assert policy.effective_mode("art") == policy.effective_mode("general") == "general"
    with pytest.raises(RequestError):
        policy.effective_mode("wild")


def test_a_lock_or_a_language_that_does_not_exist_stops_the_start() -> None:
    with pytest.raises(PresetError, match=r"SAFELIGHT_MODE is 'wild'; the modes are art, general, medical"):
        load_policy(PRESETS, locked="wild")
    with pytest.raises(PresetError) as caught:
        load_policy(PRESETS, language="xx")
    assert "SAFELIGHT_LANGUAGE" in caught.value.sentence and "en, de" in caught.value.sentence


def test_an_unknown_mode_is_an_error_that_lists_the_known_ones() -> None:
    with pytest.raises(RequestError) as caught:
        POLICY.mode_of("Art")
    assert "art, general, medical" in caught.value.sentence


def verdict(policy: Policy, stage: Stage, key: str, mode: str, score: float) -> Verdict:
    category, _, subcategory = key.partition(".")
    thresholds = policy.thresholds(stage, category, subcategory, mode)
    assert thresholds is not None
    return thresholds.verdict_for(score)[0]


keys = st.sampled_from([(stage, key) for stage, limits in POLICY.limits.items() for key in limits])
modes = st.sampled_from(sorted(POLICY.mode))


@given(keys, modes, scores, scores)
def test_a_higher_score_never_lowers_the_verdict(at: tuple[Stage, str], mode: str, a: float, b: float) -> None:
    low, high = sorted((a, b))
    assert verdict(POLICY, *at, mode, low) <= verdict(POLICY, *at, mode, high)


@given(keys, st.sampled_from(["art", "medical"]), scores)
def test_art_and_medical_are_never_stricter_than_general_and_looser_only_where_allowed(
    at: tuple[Stage, str], mode: str, score: float
) -> None:
    stage, key = at
    general, here = verdict(POLICY, stage, key, "general", score), verdict(POLICY, stage, key, mode, score)
    assert here <= general
    limits = POLICY.limits[stage][key]
    if limits.loosest is None or key in NEVER_RELAXED:
        assert here is general
    else:
        assert here >= min(general, limits.loosest.verdict_for(score)[0])


@given(keys, modes, scores)
def test_no_mode_turns_a_hard_line_into_anything_else(at: tuple[Stage, str], mode: str, score: float) -> None:
    stage, key = at
    if POLICY.category[key.partition(".")[0]].hard and score >= (POLICY.limits[stage][key].hard or 1):
        assert verdict(POLICY, stage, key, mode, score) is Verdict.HARD_BLOCK


@given(modes, scores)
def test_a_stereotype_never_blocks(mode: str, score: float) -> None:
    assert all(verdict(POLICY, stage, "stereotype", mode, score) <= Verdict.NOTE for stage in Stage)


@given(st.lists(scores.filter(bool), min_size=1, max_size=3), scores)
def test_thresholds_judge_by_the_worst_step_reached(levels: list[float], score: float) -> None:
    note, warn, block = (sorted(levels) + [None, None])[:3]
    reached, at = Thresholds(note=note, warn=warn, block=block).verdict_for(score)
    assert at is None if reached is Verdict.ALLOW else at is not None and score >= at


@pytest.mark.parametrize("category", ["hate", "sexual"])
@given(score=scores)
def test_what_rules_call_hate_and_explicit_sex_is_judged_alike_in_art_and_in_general(
    category: str, score: float
) -> None:
    verdicts = []
    for mode in ("art", "general"):
        thresholds = POLICY.thresholds(Stage.PROMPT, category, "", mode)
        assert thresholds is not None
        verdicts.append(thresholds.verdict_for(score)[0])
    assert verdicts[0] == verdicts[1]


def test_a_mode_that_is_added_is_held_to_what_its_file_would_be(presets: Path) -> None:
    table = {
        "title": "Ours",
        "description": "",
        "limits": {"prompt": {"nudity": {"warn": 0.9}, "violence": {"block": 0.3}}},
    }
    added = POLICY.with_mode("ours", Mode.model_validate(table))
    toml = "[limits.prompt]\nnudity = { warn = 0.9 }\nviolence = { block = 0.3 }\n"
    (presets / "modes" / "ours.toml").write_text(f'title = "Ours"\ndescription = ""\n{toml}')
    assert added.mode == load_policy(presets).mode
    assert added.digest != POLICY.digest and "ours" not in POLICY.mode
    assert added.messages().mode("ours").title == "Ours"


LOOSER = {
    "past the loosest": ({"nudity": {"warn": 0.96}}, "nudity: WARN must be reached at 0.95"),
    "a refusal taken away": ({"hate": {"warn": 0.5}}, "hate: BLOCK must be reached at 0.85"),
    "not for any mode": ({"self_harm.method": {"block": 0.51}}, "BLOCK must be reached at 0.5"),
    "a hard line": ({"child_safety": {"block": 0.4}}, "a hard line holds in every mode"),
    "no such limit": ({"violent": {"block": 0.4}}, "no such limit"),
}


@pytest.mark.parametrize(("limits", "told"), LOOSER.values(), ids=LOOSER)
def test_a_mode_that_loosens_too_much_is_not_added(limits: dict[str, dict[str, float]], told: str) -> None:
    mode = Mode.model_validate({"title": "Ours", "description": "", "limits": {"prompt": limits}})
    with pytest.raises(PresetError, match=told):
        POLICY.with_mode("ours", mode)


@given(st.dictionaries(st.sampled_from(sorted(POLICY.limits[Stage.PROMPT])), scores, max_size=4), scores)
def test_no_mode_that_can_be_added_lets_more_through_than_loosest(limits: dict[str, float], score: float) -> None:
    table = {key: {"block": at} for key, at in limits.items() if at > 0}
    try:
        added = POLICY.with_mode(
            "ours", Mode.model_validate({"title": "", "description": "", "limits": {"prompt": table}})
        )
    except PresetError:
        return
    for key, base in POLICY.limits[Stage.PROMPT].items():
        category, _, aspect = key.partition(".")
        found = added.thresholds(Stage.PROMPT, category, aspect, "ours")
        assert found is not None
        for verdict, at in base.steps():
            assert found.at(verdict) <= (base.loosest.at(verdict) if base.loosest else at)
        if POLICY.category[category].hard:
            assert found == base
