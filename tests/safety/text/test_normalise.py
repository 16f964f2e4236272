"""Every variant leads back to what was typed, whatever was typed."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from safety.records import Span
from safety.text import TextVariant, normalise, plain
from safety.text.characters import MAX_EXPANSION, fold
from safety.text.decoding import decoded_pieces
from safety.text.english import undoes_disguise
from safety.text.folding import ROOM
from safety.text.normalise import MAX_GROWTH, MAX_VARIANTS
from safety.text.respelling import repaired

# Any code point, lone surrogates included, with more of those that normalisation is about.
TRICKY = "nude 4s3x.-_*\u200b\u202e\u0301\u0336аеоᴀ🅰🔫🔞ｎ𝓃ﬀﷺß한ไทย色\ud800\udfff\x00\n\u3164!|1$@"
ANY_TEXT = st.text(st.one_of(st.sampled_from(TRICKY), st.characters()), max_size=60)


def found(text: str, word: str) -> Span | None:
    """Where any variant has the word, as a span of the text as typed."""
    for variant in normalise(text).variants:
        if (start := f" {variant.text} ".find(f" {word} ")) >= 0:
            return variant.span(start, start + len(word))
    return None


@pytest.mark.parametrize(
    ("typed", "span"),
    [
        pytest.param("a NUDE b", (2, 6), id="capitals"),
        pytest.param("a ｎｕｄｅ b", (2, 6), id="full width"),
        pytest.param("a 𝓃𝓊𝒹𝑒 b", (2, 6), id="mathematical"),
        pytest.param("a ⓝⓤⓓⓔ b", (2, 6), id="circled"),
        pytest.param("a 🅝🅤🅓🅔 b", (2, 6), id="negative circled"),
        pytest.param("a ɴᴜᴅᴇ b", (2, 6), id="small capitals"),
        pytest.param("a 🇳🇺🇩🇪 b", (2, 6), id="regional indicators"),
        pytest.param("a n\u0336u\u0336d\u0336e\u0336 b", (2, 9), id="struck through"),
        pytest.param("a nu\u0301\u0302\u0303\u0304de b", (2, 10), id="zalgo"),
        pytest.param("a nu\u200b\u200dde b", (2, 8), id="zero width"),
        pytest.param("a nu\u202ed\u202ce b", (2, 8), id="bidi controls"),
        pytest.param("a nu\ud800de b", (2, 7), id="lone surrogate"),
        pytest.param("a nu\u00adde b", (2, 7), id="soft hyphen"),
        pytest.param("a nudе b", (2, 6), id="Cyrillic e"),
        pytest.param("a nυde b", (2, 6), id="Greek upsilon"),
        pytest.param("a nud3 b", (2, 6), id="leetspeak"),
        pytest.param("a n.u.d.e b", (2, 9), id="points between"),
        pytest.param("a n-u_d*e b", (2, 9), id="mixed signs between"),
        pytest.param("to n u d e now", (3, 10), id="spaced out"),
        pytest.param("a n u d e woman", (2, 9), id="spaced out after an article"),
        pytest.param("to n u d 3 now", (3, 10), id="spaced out and leetspeak"),
        pytest.param("a nuuuude b", (2, 9), id="stretched"),
        pytest.param("a nuude b", (2, 7), id="doubled"),
        pytest.param("a bigNude b", (5, 9), id="camel case"),
        pytest.param("big\u200bnude b", (4, 8), id="zero width for a space"),
    ],
)
def test_a_disguised_word_is_found_where_it_was_typed(typed: str, span: tuple[int, int]) -> None:
    assert found(typed, "nude") == Span(*span)


@pytest.mark.parametrize(
    ("typed", "word"),
    [
        pytest.param("s3x", "sex", id="digit 3"),
        pytest.param("pr0n", "pron", id="digit 0"),
        pytest.param("a$$", "ass", id="dollars"),
        pytest.param("sh!t", "shit", id="exclamation mark inside"),
        pytest.param("b1ood", "blood", id="1 for l"),
        pytest.param("k1ll", "kill", id="1 for i"),
        pytest.param("boooobs", "boobs", id="stretched to two"),
        pytest.param("🔫", "pistol", id="emoji"),
        pytest.param("а 🔞 b", "nsfw", id="emoji whose name misleads"),
        pytest.param("роrn", "porn", id="mixed scripts"),
        pytest.param("сосо", "coco", id="all look-alikes"),
    ],
)
def test_other_disguises_are_read_too(typed: str, word: str) -> None:
    assert found(typed, word) is not None


@pytest.mark.parametrize(
    ("typed", "word"),
    [
        pytest.param("as so on", "asso", id="words next to one another"),
        pytest.param("class hit", "shit", id="a word across a space"),
        pytest.param("an alpaca", "anal", id="article and noun"),
        pytest.param("a b c", "abc", id="three letters in a row keep a plain variant"),
        pytest.param("push it", "shit", id="end of one, start of the next"),
    ],
)
def test_the_plain_variant_never_joins_words(typed: str, word: str) -> None:
    assert word not in normalise(typed).plain.text


@pytest.mark.parametrize(
    "typed",
    [
        pytest.param("1024 x 768 pixels", id="numbers"),
        pytest.param("5 years old", id="age"),
        pytest.param("голая", id="Russian stays Russian"),
        pytest.param("色情", id="Chinese"),
    ],
)
def test_the_plain_variant_keeps_what_is_no_disguise(typed: str) -> None:
    assert normalise(typed).plain.text == typed


@pytest.mark.parametrize(
    ("typed", "word", "span"),
    [
        pytest.param("a na ked man", "naked", (2, 8), id="cut in two"),
        pytest.param("a wo man on a be d", "woman", (2, 8), id="cut in several places"),
        pytest.param("the nakedwoman", "naked", (4, 9), id="run into one another"),
        pytest.param("an elephnat here", "elephant", (3, 11), id="misspelt"),
        pytest.param("a dekan woman", "naked", (2, 7), id="one word backwards"),
        pytest.param("eldnac a fo niap a", "candle", (0, 6), id="all backwards"),
        pytest.param("n erq pnaqyr ba n gnoyr", "candle", (6, 12), id="rot13"),
        pytest.param("draw cmVkIGNhbmRsZQ== now", "candle", (5, 21), id="base64"),
        pytest.param("draw 63 61 6e 64 6c 65!", "candle", (5, 22), id="hexadecimal"),
        pytest.param("a c%61ndle", "candle", (2, 10), id="percent signs"),
        pytest.param("a \\u0063andle", "candle", (2, 13), id="Unicode escapes"),
        pytest.param("a &#99;andle", "candle", (2, 7), id="an entity"),
        pytest.param(
            "a cat\U000e006e\U000e0075\U000e0064\U000e0065", "nude", (5, 9), id="tag characters, drawn as nothing"
        ),
    ],
)
def test_what_is_cut_misspelt_or_in_code_is_found_where_it_was_typed(
    typed: str, word: str, span: tuple[int, int]
) -> None:
    place = found(typed, word)
    assert place is not None
    assert place.start <= span[0] or place == Span(*span)
    assert place.end >= span[0] + 1


@pytest.mark.parametrize(
    "typed",
    [
        pytest.param("hitchcock in sussex", id="names that hold other words"),
        pytest.param("an old man and a cat", id="short words"),
        pytest.param("the sun is up on a lake", id="words of two letters"),
        pytest.param("the portrait of fenghua zhong", id="names one letter from other words"),
        pytest.param("file IMG_20240101.png", id="a file name is no code"),
    ],
)
def test_plain_english_and_names_are_not_repaired(typed: str) -> None:
    assert repaired(normalise(typed).plain).text == typed.lower()
    assert not list(decoded_pieces(typed))


def test_a_bare_number_has_one_variant_only() -> None:
    assert len(normalise("1024 768 5").variants) == 1


@given(ANY_TEXT)
@example("RPN0S\rOL")  # backwards, two of its pieces are put together
def test_offsets_are_valid_and_never_turn(text: str) -> None:
    for variant in normalise(text).variants:
        assert len(variant.starts) == len(variant.ends) == len(variant.text)
        pairs = list(zip(variant.starts, variant.ends, strict=True))
        assert all(0 <= start <= end <= len(text) for start, end in pairs)
        assert list(variant.starts) in (sorted(variant.starts), sorted(variant.starts, reverse=True))
        assert list(variant.ends) in (sorted(variant.ends), sorted(variant.ends, reverse=True))


def longest(text: str) -> int:
    """What a variant may grow to."""
    return MAX_GROWTH * len(text) + ROOM + MAX_EXPANSION


@given(ANY_TEXT)
def test_the_work_is_bounded_by_the_length_of_the_text(text: str) -> None:
    variants = normalise(text).variants
    assert 1 <= len(variants) <= MAX_VARIANTS
    assert all(len(variant.text) <= longest(text) for variant in variants)


@given(st.characters())
def test_one_character_never_grows_beyond_the_bound(char: str) -> None:
    assert len(fold(char)) < MAX_EXPANSION


@given(ANY_TEXT)
def test_no_two_variants_are_alike_and_the_first_is_plain(text: str) -> None:
    texts = [variant.text for variant in normalise(text).variants]
    assert len(texts) == len(set(texts))
    assert texts[0] == plain(text)


@pytest.mark.parametrize(
    "unit",
    [
        pytest.param("a ", id="single letters"),
        pytest.param("a.", id="letters and points"),
        pytest.param(". ", id="points"),
        pytest.param("1a", id="leetspeak"),
        pytest.param("!|", id="signs"),
        pytest.param("o", id="one letter"),
        pytest.param("\u0301", id="marks only"),
        pytest.param("\u200b", id="invisible only"),
        pytest.param("🅰", id="symbols"),
        pytest.param("ﷺ", id="a ligature of eighteen"),
        pytest.param("🔫🔪💣", id="emoji in turn"),
        pytest.param("aB", id="camel case"),
        pytest.param("аb", id="mixed scripts"),
        pytest.param("a \n", id="spaces and lines"),
        pytest.param("xq", id="one strange word"),
        pytest.param("xqz vjk ", id="strange words"),
        pytest.param("na ke ", id="pieces of words"),
        pytest.param("%6e", id="percent signs"),
        pytest.param("\\\\u0061", id="escapes"),
        pytest.param("&#97;", id="entities"),
        pytest.param("bm9wZQ== ", id="base64"),
        pytest.param("6e ", id="hexadecimal"),
    ],
)
def test_ten_thousand_adversarial_characters_are_read_within_the_bounds(unit: str) -> None:
    text = (unit * 10_000)[:10_000]
    variants = normalise(text).variants
    assert len(variants) <= MAX_VARIANTS
    assert max(len(variant.text) for variant in variants) <= longest(text)


def test_a_variant_with_another_text_keeps_its_length() -> None:
    with pytest.raises(ValueError, match="keeps its length"):
        TextVariant("ab", range(2), range(1, 3)).with_text("abc")


def test_what_stands_in_code_is_decoded_and_what_was_typed_is_read_too() -> None:
    text = normalise("a cat Ymxvb2Qgb24gdGhlIGZsb29y")
    assert text.decoded.text.split() == ["a", "cat", "blood", "on", "the", "floor"]
    assert text.plain.text == "a cat ymxvb2qgb24gdghligzsb29y"


@pytest.mark.parametrize(
    ("before", "after", "whether"),
    [
        pytest.param("p4in7ing 0f a c4s7le", "painting of a castle", True, id="digits for letters"),
        pytest.param("eltsac a fo gnitniap", "painting of a castle", True, id="backwards"),
        pytest.param("painting of a castle", "painting of a castle", False, id="nothing to undo"),
        pytest.param("a girl on a sofa eltsac a fo gnitniap", "painting of a castle", False, id="words would be lost"),
        pytest.param("anal eltsac a fo gnitniap", "painting of a castle lana", False, id="a short word would be lost"),
        pytest.param("live eltsac a fo gnitniap", "painting of a castle evil", False, id="the rarer both ways"),
        pytest.param("evil eltsac a fo gnitniap", "painting of a castle live", True, id="the more common both ways"),
        pytest.param("a zorb", "a zero", False, id="one word may be a name"),
    ],
)
def test_a_disguise_is_undone_where_more_makes_sense_and_no_word_is_lost(
    before: str, after: str, whether: bool
) -> None:
    assert undoes_disguise(before, after) is whether
