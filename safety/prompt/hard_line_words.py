"""Holds the words of the two hard lines (presets/hardlines.toml)."""

from __future__ import annotations

from pydantic import Field

from safety.config import ConfigModel
from safety.prompt.lexicon import Score, Terms

FILE = "hardlines.toml"


class WordingWords(ConfigModel):
    """Holds the table `wording` of presets/hardlines.toml: what the lexicon has not, in both hard lines."""

    nude: Terms
    sexual: Terms
    # Beside a real person these ask for a confirmation in every mode, and no more.
    light: Terms


class ChildWords(ConfigModel):
    """Holds the table `child` of presets/hardlines.toml."""

    # From this score on a term of lexicon/sexual.toml is sexual wording.
    explicit_from: Score
    minor: Terms
    # Minors only when close by: the word is used of adults too.
    boy: Terms
    # Putti and the like: nude by tradition, never sexual.
    mythic: Terms
    # Cross the line by themselves.
    alone: Terms
    # Phrases inside which a minor term counts for nothing.
    no_minor: Terms
    # Phrases inside which a sexual or nude term counts for nothing.
    denial: Terms = Field(alias="said_no")
    # Birth and nursing: an adult may be nude beside a child.
    frame: Terms
    # A nude word right before one of these describes an adult.
    adult: Terms
    # A nude word right before one of these describes a work of art; with a word of `gallery`, children look at it.
    artwork: Terms
    gallery: Terms
    weak: Terms
    also_sexual: Terms
    # Parts and acts that captions of sick children name: crossed unless a word of `clinic` is there.
    clinical: Terms
    clinic: Terms
    # Terms of the nudity lexicon that say nothing of a child at a beach.
    harmless_parts: Terms


class PersonWords(ConfigModel):
    """Holds the table `person` of presets/hardlines.toml."""

    # From this score on a term of lexicon/sexual.toml, and one of lexicon/nudity.toml, crosses the line.
    sexual_from: Score
    nude_from: Score
    # From this score on a term of lexicon/sexual.toml asks for a confirmation: "sexy" with a name.
    suggestive_from: Score
    # Stand before the name of an artist: "nude by ...".
    credit: Terms
    # Cross the line by themselves.
    nudification: Terms = Field(alias="naked_made")
    artists: Terms
    fictional: Terms
    # Common given names.
    given_names: Terms = Field(alias="given")
    no_surname: Terms
    # Who takes clothes off whom: wording only beside somebody real.
    undressing: Terms


class IdentifiedWords(ConfigModel):
    """Holds the table `identified` of presets/hardlines.toml. Braces spell out forms."""

    # "my", "our": whose somebody is.
    owner: Terms
    # "boss", "ex": somebody whom the writer knows.
    relation: Terms
    # "class", "gym": whence the writer knows somebody.
    place: Terms
    person: Terms
    # "photo", "selfie": what shows a real person, whoever has it.
    photo: Terms
    # "picture", "image": what does if it is the writer's or was handed over.
    picture: Terms
    # "uploaded", "attached"
    handed_over: Terms
    # "actress", "singer": who is known by a work or a place.
    profession: Terms
    # "who plays", "from": what ties them to it.
    known_by: Terms
    # "president of", "first lady": an office that one person holds.
    office: Terms
    # Whole phrases, in any language.
    phrases: Terms


class AbsentWords(ConfigModel):
    """Holds the table `absent` of presets/hardlines.toml. Braces spell out forms."""

    # All that is worn.
    clothes: Terms
    # Pieces of it: missing they say nothing, taken off they do.
    garment: Terms
    # Pieces that say something by missing.
    underneath: Terms
    without: Terms
    # Before clothes, what leaves few or none.
    less: Terms
    foreign_without: Terms
    foreign_clothes: Terms
    # "wearing", "have": what is done with clothes.
    worn: Terms
    # What clothes are that are there no longer.
    gone: Terms
    removing: Terms
    seen_through: Terms
    replacing: Terms
    pictures: Terms
    # "dressed in": before what covers nothing.
    clad: Terms
    # Covers nothing.
    air: Terms
    # Covers too little where it is all.
    little: Terms
    # Whole phrases.
    phrases: Terms


class HardLineWords(ConfigModel):
    """Holds presets/hardlines.toml."""

    wording: WordingWords
    child: ChildWords
    person: PersonWords
    identified: IdentifiedWords
    absent: AbsentWords
