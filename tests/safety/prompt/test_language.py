"""What the checks cannot read is said, and in which language it is; English is never held up."""

from __future__ import annotations

import pytest

from safety.prompt.language import NO_LANGUAGE, TAUGHT, LanguageCheck, load_languages
from safety.records import Finding, Prompt
from tests.safety.prompt.conftest import PRESETS

LANGUAGES = load_languages(PRESETS)
CHECK = LanguageCheck(LANGUAGES)


def findings(text: str) -> list[Finding]:
    return list(CHECK.detect(Prompt(text)))


@pytest.mark.parametrize(
    ("text", "code"),
    [
        pytest.param("un gato negro durmiendo en la ventana", "es", id="Spanish"),
        pytest.param("portrait d'une femme en robe rouge, lumière douce", "fr", id="French"),
        pytest.param("eine schwarze Katze schläft am Fenster", "de", id="German"),
        pytest.param("un gatto nero che dorme alla finestra", "it", id="Italian"),
        pytest.param("um gato preto dormindo na janela", "pt", id="Portuguese"),
        pytest.param("een zwarte kat slaapt bij het raam", "nl", id="Dutch"),
        pytest.param("czarny kot śpi na oknie", "pl", id="Polish"),
        pytest.param("siyah bir kedi pencerede uyuyor", "tr", id="Turkish"),
        pytest.param("чёрная кошка спит на окне", "ru", id="Russian"),
        pytest.param("一只黑猫睡在窗边", "zh", id="Chinese"),
        pytest.param("窓辺で眠る黒い猫", "ja", id="Japanese"),
        pytest.param("창가에서 자는 검은 고양이", "ko", id="Korean"),
        pytest.param("قطة سوداء نائمة على النافذة", "ar", id="Arabic"),
        pytest.param("खिड़की पर सोती हुई काली बिल्ली", "hi", id="Hindi"),
        pytest.param("แมวดำนอนอยู่ริมหน้าต่าง", "th", id="Thai"),
        pytest.param("μια μαύρη γάτα κοιμάται στο παράθυρο", "el", id="Greek"),
    ],
)
def test_another_language_is_named(text: str, code: str) -> None:
    (finding,) = findings(text)
    assert finding.subcategory == code
    assert finding.score >= 0.5


def test_letters_without_a_language_are_said_to_be_none() -> None:
    (finding,) = findings("tghvqk wplorn zzebu frandl qwotch grumv")
    assert finding.evidence == NO_LANGUAGE or finding.subcategory


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("a red apple on a blue background", id="plain English"),
        pytest.param("portrait of Greg Rutkowski by Alphonse Mucha, artstation, octane render", id="names and jargon"),
        pytest.param("behelit, elden ring", id="two strange words"),
        pytest.param("a b4ttl3f13ld full of r0s3s at d4wn", id="leetspeak that the checks undo"),
        pytest.param("a re d ap ple on a blu e ta ble", id="pieces that the checks put together"),
        pytest.param("draw cmVkIGNhbmRsZQ== on the table", id="base64 that the checks open"),
        pytest.param("a palace by 司機 and 黃鳳年, trending on artstation", id="a few foreign signs"),
        pytest.param("", id="nothing"),
        pytest.param("1024 768 !!!", id="no letters"),
    ],
)
def test_what_can_be_read_passes(text: str) -> None:
    assert findings(text) == []


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("wodniw eht yb gnipeels tac kcalb a fo gnitniap", id="backwards"),
        pytest.param("cnvagvat bs n oynpx png fyrrcvat ol gur jvaqbj", id="shifted by thirteen"),
        pytest.param("cGFpbnRpbmcgb2YgYSBibGFjayBjYXQgc2xlZXBpbmcgYnkgdGhlIHdpbmRvdw==", id="base64"),
    ],
)
def test_english_in_disguise_passes_for_no_other_language(text: str) -> None:
    assert not findings(text)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        pytest.param("chasse à courre, tableau ancien", "fr", id="French that could be put together as English"),
        pytest.param("хрен на грядке, ботаника", "ru", id="Russian that could be Bulgarian"),
        pytest.param("Esel liest Kindern vor, Aquarell", "de", id="German that could be Dutch"),
        pytest.param("perros durmiendo, playa", "es", id="three words"),
        pytest.param("zombie qui attend le bus, BD", "fr", id="French of words that are English, too"),
        pytest.param("el islam en la Edad Media, mural", "es", id="Spanish of words that are English, too"),
    ],
)
def test_a_short_text_is_taken_for_a_language_that_was_taught(text: str, code: str) -> None:
    assert LANGUAGES.identify(text).code == code
    assert LANGUAGES.english_part(text) == ""


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("portrait of Greg Rutkowski by Alphonse Mucha, artstation, octane render", id="names and jargon"),
        pytest.param("a b4ttl3f13ld full of r0s3s at d4wn", id="leetspeak"),
        pytest.param("wodniw eht yb gnipeels tac kcalb a fo gnitniap", id="backwards"),
        pytest.param("cnvagvat bs n oynpx png fyrrcvat ol gur jvaqbj", id="shifted by thirteen"),
        pytest.param("a palace by 司機 and 黃鳳年, trending on artstation", id="a few foreign signs"),
        pytest.param("", id="nothing"),
    ],
)
def test_english_is_left_to_the_model_that_reads_english(text: str) -> None:
    assert LANGUAGES.english_part(text).split()[:1] == text.split()[:1]


def test_both_models_read_a_mixture() -> None:
    text = "黑猫坐在屋顶上, highly detailed, artstation"
    assert LANGUAGES.identify(text).taught
    assert LANGUAGES.english_part(text) == "       , highly detailed, artstation"


def test_disguised_english_among_other_letters_is_read_as_english() -> None:
    text = "一个女孩在图书馆看书，一个女孩在图书馆看书 n4k3d g1rls"
    assert LANGUAGES.english_part(text).split() == ["，", "n4k3d", "g1rls"]


def test_a_language_that_a_model_reads_is_not_reported() -> None:
    with_model = LanguageCheck(LANGUAGES, reads_taught=True)
    assert not list(with_model.detect(Prompt("eine schwarze Katze schläft am Fenster")))
    assert list(with_model.detect(Prompt("een zwarte kat slaapt bij het raam")))


def test_thirteen_languages_were_taught() -> None:
    assert len(TAUGHT) == 13
