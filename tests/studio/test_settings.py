"""Settings from the environment: every variable, and what is said of a wrong one."""

from __future__ import annotations

from pathlib import Path

import pytest

from safety.errors import PresetError
from safety.marks.certificates import OwnCertificate
from safety.marks.provenance import Operator
from safety.marks.settings import MarkSettings
from safety.marks.visible import Corner
from studio.settings import Settings


def test_without_an_environment_only_this_machine_is_served() -> None:
    settings = Settings.read({})
    assert (settings.host, settings.port, settings.keep_prompts) == ("127.0.0.1", 7860, False)
    assert settings.home.name == "safelight"


def test_every_setting_can_be_set(tmp_path: Path) -> None:
    variables = {
        "HOME": str(tmp_path),
        "HOST": "::1",
        "PORT": "80",
        "KEEP_PROMPTS": "Yes",
        "LABEL_CORNER": "bottom-left",
    }
    variables |= {
        "LABEL_LANGUAGE": "DE",
        "LABEL_BADGE": "b.svg",
        "PROVIDER": "ACME",
        "VERIFY_URL": "https://acme.example/v",
    }
    variables |= {
        "SIGNING_CERT": "c.pem",
        "SIGNING_KEY": "k.pem",
        "TIME_AUTHORITY": "http://tsa.example",
        "TRUSTMARK": "1",
    }
    read = Settings.read({f"SAFELIGHT_{name}": value for name, value in variables.items()})
    marks = MarkSettings(
        Corner.BOTTOM_LEFT,
        "de",
        Path("b.svg"),
        Operator("ACME", "https://acme.example/v"),
        OwnCertificate(Path("c.pem"), Path("k.pem")),
        "http://tsa.example",
        trustmark=True,
    )
    assert read == Settings(tmp_path, "::1", 80, True, marks=marks)


def test_a_space_is_open_to_everybody_and_keeps_no_prompt() -> None:
    settings = Settings.read({"SPACE_ID": "someone/safelight", "SAFELIGHT_KEEP_PROMPTS": "1"})
    assert (settings.host, settings.keep_prompts) == ("0.0.0.0", False)


def test_gradios_own_variables_say_where_the_page_is_unless_ours_do() -> None:
    gradio = {"GRADIO_SERVER_NAME": "192.168.1.5", "GRADIO_SERVER_PORT": "8080"}
    settings = Settings.read(gradio)
    assert (settings.host, settings.port) == ("192.168.1.5", 8080)
    settings = Settings.read({**gradio, "SAFELIGHT_HOST": "::1", "SAFELIGHT_PORT": "80"})
    assert (settings.host, settings.port) == ("::1", 80)


@pytest.mark.parametrize(
    ("name", "value", "allowed"),
    [
        pytest.param("SAFELIGHT_PORT", "http", "1 to 65535", id="port no number"),
        pytest.param("SAFELIGHT_PORT", "0", "1 to 65535", id="port too low"),
        pytest.param("SAFELIGHT_PORT", "65536", "1 to 65535", id="port too high"),
        pytest.param("SAFELIGHT_PORT", "٨٠", "1 to 65535", id="digits of another script"),
        pytest.param("GRADIO_SERVER_PORT", "http", "1 to 65535", id="Gradio's port no number"),
        pytest.param("SAFELIGHT_KEEP_PROMPTS", "maybe", "yes or no", id="neither yes nor no"),
        pytest.param("SAFELIGHT_REVIEWERS", "ada", "SAFELIGHT_REVIEW_PASSWORD", id="names that nobody vouches for"),
        pytest.param("SAFELIGHT_PROXIES", "10.0.0.0/8, proxy.example", "10.0.0.0/8", id="a proxy by name"),
        pytest.param("SAFELIGHT_PROXIES", "10.0.0.1/8", "10.0.0.0/8", id="no network"),
        pytest.param("SAFELIGHT_PROXIES", "*", "10.0.0.0/8", id="everybody a proxy"),
        pytest.param(
            "SAFELIGHT_STORE", "postgresql:/a:b@host/db", "names no database", id="a database without slashes"
        ),
        pytest.param("SAFELIGHT_REVIEW_PASSWORD", "short", "12 characters", id="a password to guess"),
        pytest.param("SAFELIGHT_ANNOTATOR_PASSWORD", "short", "12 characters", id="an annotators' password to guess"),
        pytest.param("SAFELIGHT_FEEDBACK", "some", "yes or no", id="neither yes nor no for feedback"),
        pytest.param("SAFELIGHT_LABEL_CORNER", "middle", "top-right", id="no corner"),
        pytest.param("SAFELIGHT_TRUSTMARK", "perhaps", "yes or no", id="neither yes nor no for TrustMark"),
        pytest.param("SAFELIGHT_VERIFY_URL", "verify.example", "https://", id="no address"),
        pytest.param("SAFELIGHT_VERIFY_URL", "http://[", "https://", id="a broken address"),
        pytest.param("SAFELIGHT_TIME_AUTHORITY", "ftp://tsa.example", "http://", id="no web address"),
        pytest.param("SAFELIGHT_TRAINING_MINING", "no", "notAllowed", id="no permission"),
        pytest.param("SAFELIGHT_TRAINING_MINING", "reading=allowed", "ai_training", id="no use that is known"),
        pytest.param("SAFELIGHT_TRAINING_MINING", "ai_training=allowed, ai_training=notAllowed", "pairs", id="twice"),
        pytest.param("SAFELIGHT_TRAINING_CONSTRAINTS", "CC BY", "constrained", id="conditions of nothing"),
        pytest.param("SAFELIGHT_TRAINING_MINING", "constrained", "SAFELIGHT_TRAINING_CONSTRAINTS", id="no conditions"),
        pytest.param("SAFELIGHT_PROVIDER", "x" * 101, "at most 100", id="a very long name"),
        pytest.param("SAFELIGHT_PROVIDER", "A\udcff", "on one line", id="a name of bytes that are no text"),
        pytest.param("SAFELIGHT_PROVIDER", "A\nB", "on one line", id="a name on two lines"),
        pytest.param("SAFELIGHT_TRAINING_CONSTRAINTS", "\udcff", "on one line", id="conditions that are no text"),
        pytest.param("SAFELIGHT_TRAINING_MINING", ",", "pairs such as", id="a comma for a use"),
        pytest.param("SAFELIGHT_TIME_AUTHORITY", "https://a b", "begins with https", id="an address with a space"),
        pytest.param("SAFELIGHT_TIME_AUTHORITY", "https://a:99999", "begins with https", id="no such port"),
        pytest.param("SAFELIGHT_VERIFY_URL", "https://:80/", "begins with https", id="an address of nobody"),
        pytest.param("SAFELIGHT_SIGNING_CERT", "c.pem", "Set both", id="a certificate without its key"),
        pytest.param("SAFELIGHT_SIGNING_KEY", "k.pem", "Set both", id="a key without its certificate"),
    ],
)
def test_a_wrong_setting_is_named_with_what_it_may_be(name: str, value: str, allowed: str) -> None:
    with pytest.raises(PresetError) as caught:
        Settings.read({name: value})
    assert name in caught.value.sentence and allowed in caught.value.sentence


SPACE = {"SPACE_ID": "someone/safelight", "SYSTEM": "spaces", "OAUTH_CLIENT_SECRET": "of the host"}


def test_reviewers_are_named_where_hugging_face_vouches_for_them() -> None:
    read = Settings.read({**SPACE, "SAFELIGHT_REVIEWERS": " ada, grace  linus"})
    assert read.review.reviewers == ("ada", "grace", "linus") and read.review.password == ""


@pytest.mark.parametrize("missing", sorted(SPACE))
def test_without_a_real_login_no_reviewer_is_believed(missing: str) -> None:
    """Gradio would mock the login: whoever presses the button would be the owner of the machine's token."""
    environment = {**SPACE, "SAFELIGHT_REVIEWERS": "ada", missing: ""}
    with pytest.raises(PresetError, match="hf_oauth"):
        Settings.read(environment)


@pytest.mark.parametrize(
    ("environment", "proxies"),
    [
        pytest.param({}, (), id="nobody, as shipped"),
        pytest.param({"SPACE_ID": "someone/safelight"}, ("10.0.0.0/8",), id="the host's own network on a Space"),
        pytest.param({"SPACE_ID": "s/s", "SAFELIGHT_PROXIES": "192.0.2.7"}, ("192.0.2.7",), id="what is set counts"),
        pytest.param(
            {"SAFELIGHT_PROXIES": "192.0.2.7, 2001:db8::/32 ::1"},
            ("192.0.2.7", "2001:db8::/32", "::1"),
            id="commas and spaces",
        ),
    ],
)
def test_only_named_proxies_are_believed(environment: dict[str, str], proxies: tuple[str, ...]) -> None:
    assert Settings.read(environment).review.proxies == proxies


def test_a_password_shows_in_no_text_of_the_settings() -> None:
    assert "a password for reviewers" not in repr(
        Settings.read({"SAFELIGHT_REVIEW_PASSWORD": "a password for reviewers"})
    )


@pytest.mark.parametrize(("value", "lent"), [("", False), ("0", False), ("1", True), ("True", True)])
def test_a_zerogpu_space_says_that_its_gpu_is_only_lent(value: str, lent: bool) -> None:
    assert Settings.read({"SPACES_ZERO_GPU": value}).zero_gpu is lent


def test_names_and_frames_are_lists_and_a_space_has_its_own() -> None:
    read = Settings.read(
        {"SAFELIGHT_NAMES": "a.example, b", "SAFELIGHT_FRAMES": "https://c.example https://*.d.example:8"}
    )
    assert (read.names, read.frames) == (("a.example", "b"), ("https://c.example", "https://*.d.example:8"))
    space = Settings.read({"SPACE_ID": "someone/safelight", "SPACE_HOST": "someone-safelight.hf.space"})
    assert (space.names, space.frames) == (("someone-safelight.hf.space",), ("https://huggingface.co",))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("NAMES", "https://a.example"),
        ("NAMES", "a.example/x"),
        ("NAMES", "*"),
        ("FRAMES", "*"),
        ("FRAMES", "a.example"),
        ("FRAMES", "https://a.example; script-src *"),
    ],
)
def test_a_name_or_a_frame_of_another_form_stops_the_start(name: str, value: str) -> None:
    with pytest.raises(PresetError, match=f"SAFELIGHT_{name}"):
        Settings.read({f"SAFELIGHT_{name}": value})


def test_feedback_is_off_unless_an_operator_switches_it_on() -> None:
    assert not Settings.read({}).review.feedback
    read = Settings.read({"SAFELIGHT_FEEDBACK": "yes", "SAFELIGHT_ANNOTATOR_PASSWORD": "a long password"}).review
    assert read.feedback and read.annotator_password == "a long password" and not read.password
