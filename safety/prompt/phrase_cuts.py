"""Finds what can be left out of a clause so that the rest is what a person would write.

No grammar is parsed: a phrase begins at a small word or a verb form after the thing that it is about ("holding a ...",
"covered in ...", "with a ..."), and goes on to the end of the clause or to where it takes place ("in a kitchen").
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from safety.prompt.attribution import FUNCTION_WORDS, PARTICLES

MAX_NESTED = 4  # words from a "with" to the verb of what it is with
MIN_VERB = 5  # letters of a word in -ing or -ed that may be a verb: no "ring", no "red"

_OPENS = "with who whose while as being that having covered full without after wearing"
_PLACES = "in at under near beside inside outside behind beneath on"
# What somebody is on by himself, not what something is done on.
_STOOD_ON = (
    "beach street road balcony sofa couch bed chair throne stage hill mountain wall roof rooftop bridge pyramid rock "
    "battlefield field deck ship boat train horse snow sand island cliff stairs porch"
)
_NO_VERBS = (
    "painting lighting drawing building evening morning ceiling string sibling viking wedding clothing setting being "
    "rendering king beijing pudding dumpling duckling wing spring sterling shading shooting engraving sacred hundred "
    "naked wicked rugged crooked bearded red hooded haired eyed armed"
)
_IRREGULAR = "torn shot hung cut eaten beaten slain blown split ripped broken sliced"
# A place that is a part of somebody belongs to what is done to them.
_PARTS = (
    "face chest neck head back eye eyes hand hands body stomach belly mouth leg legs foot feet throat arm arms skin "
    "heart mind blood gore pain agony lap tongue breasts ass butt crotch knees"
)
# Words that say how a picture is made, not what it shows.
_MANNER = (
    "photo photograph photography picture image painting drawing illustration art artwork digital portrait render "
    "sketch 4k 8k hd uhd detailed highly ultra hyper realistic hyperrealistic photorealistic cinematic lighting light "
    "style masterpiece best quality trending artstation raw dslr 35mm close closeup up shot full wide view scene"
)
_OPENING, _PLACE, _BASES = (frozenset(words.split()) for words in (_OPENS, _PLACES, _STOOD_ON))
_NOT_VERBS, _PARTICIPLES = frozenset(_NO_VERBS.split()), frozenset(_IRREGULAR.split())
_BODY, _MANNER_WORDS = frozenset(_PARTS.split()), frozenset(_MANNER.split())


def find_cuts(words: Sequence[str], marked: Collection[int], clause: range) -> Iterator[list[int]]:
    """Yields the numbers of words of a clause to leave out, the fewest first; each holds a marked word.

    `words` are as they read now, "" for those left out. What comes before the first cut stays.
    """
    here = [number for number in clause if words[number]]
    cuts = []
    for at in range(1, len(here)):
        if not _opens(words, here, at):
            continue
        start = _start(words, here, at)
        # Where the thing itself would not stay, nothing is left to ask for.
        if not any(is_thing(words[number]) for number in here[:start]):
            continue
        ends = [len(here), *(end for end in range(at + 1, len(here)) if _is_place(words, here, end))]
        cuts += [here[start:end] for end in ends]
    return (cut for cut in sorted(cuts, key=len) if not set(cut).isdisjoint(marked))


def is_thing(word: str) -> bool:
    """Tells whether a word may name what a picture shows."""
    return bool(word) and word.lower() not in FUNCTION_WORDS and word.lower() not in _MANNER_WORDS


def is_verb(word: str) -> bool:
    """Tells whether a word looks like a verb form in -ing or -ed, or is one that ends in neither."""
    word = word.lower()
    looks = len(word) >= MIN_VERB and word.endswith(("ing", "ed"))
    return word not in _NOT_VERBS and (looks or word in _PARTICIPLES)


def _opens(words: Sequence[str], here: Sequence[int], at: int) -> bool:
    word, before = words[here[at]].lower(), words[here[at - 1]].lower()
    after = words[here[at + 1]].lower() if at + 1 < len(here) else ""
    if word in _OPENING:
        return True
    # After a small word it describes: "a screaming man".
    verb = is_verb(word) and before not in FUNCTION_WORDS
    passive = word.endswith("ed") or word in _PARTICIPLES
    return verb and (not passive or not after or after in FUNCTION_WORDS)


def _start(words: Sequence[str], here: Sequence[int], at: int) -> int:
    """Returns where a cut begins so that nothing dangles: "dripping with", "his legs blown", "cutting a head off"."""
    nested = (start for start in range(max(1, at - MAX_NESTED), at) if words[here[start]].lower() == "with")
    at = next(nested, at)
    if words[here[at - 1]].lower() in PARTICLES:
        verbs = (start for start in range(at - 2, 0, -1) if is_verb(words[here[start]]))
        at = next(verbs, at)
    while at > 1 and (words[here[at - 1]].lower() in FUNCTION_WORDS or is_verb(words[here[at - 1]])):
        at -= 1
    return at


def _is_place(words: Sequence[str], here: Sequence[int], at: int) -> bool:
    word, before = words[here[at]].lower(), words[here[at - 1]]
    # "feeding on", "standing under": that may belong to the verb.
    if word not in _PLACE or (word in ("on", "under") and is_verb(before)):
        return False
    phrase = [words[number].lower() for number in here[at + 1 : at + 4]]
    things = [word for word in phrase if word not in FUNCTION_WORDS][:2]
    return bool(things) and _BODY.isdisjoint(things) and (word != "on" or not _BASES.isdisjoint(things))
