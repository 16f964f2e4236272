"""Harmless rows by code, of the kinds that a guard blocks for no reason: bare nouns, risky museum titles, styles.

Guards learn from these where the sets have none: a short noun phrase ("a capybara") is no insult, a title
on a museum wall is no wish, and "trending on artstation" says nothing about what is shown.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace

from training.prompt_classifier.rows import CATEGORIES, HARM, HEADS, Row, full

FRAMES = (
    "{}",
    "a {}",
    "a {}",
    "the {}",
    "a drawing of a {}",
    "a photo of a {}",
    "a {}'s face",
    "two {}s",
    "{}, close-up",
)
_NO_NOUN = ("flag", "skin_tone", "button", "keycap", "finger", "o’clock", "letter", "_hand", "symbol")
SUBJECTS = {
    "nudity": "Nude|Reclining Nude|Standing Nude|Female Nude|Two Nudes|Naked Figures|Naked Woman Reclining|Naked Man|"
    "Nude in an Interior|Seated Nude, Back View|Bathers|Venus and Cupid|Venus Rising|A Naked Couple|Nude Asleep"
    "|Study of a Nude|The Lovers|Adam and Eve|Woman Bathing|Figures on a Bed",
    "violence": "The Death of Nelson|Dead Soldier|The Wounded Man|The Dying Gladiator|War|Battle of the Nile|Blood|"
    "Crucifixion|The Deposition|The Rape of Lucrece|Violence|The Murderer|Explosion|Guns and Swords|The Last Battle|"
    "The Massacre|Cain and Abel|Execution|Civil War|Suicide of Ajax|The Hanged Man|Dead Christ|Revolver",
    "shocking": "Skull|Anatomical Study|The Devil|Satan|The Dead Bird|Corpse of a Knight|Witches|Skeleton|Flayed Man|"
    "The Anatomy Lesson|Dead Hare|Death and the Maiden|Hell|Vanitas|Severed Head of Medusa|Monster",
}
ART_SCORE, ART_HARM = 0.4, 0.08
STAGES = (
    "Study for {}",
    "{}",
    "{}",
    "{} II",
    "Sketch for {}",
    "{} and Other Studies",
    "?{}",
    "{}, verso: Landscape",
    "The {}",
)
MEDIA = (
    "graphite on paper",
    "oil paint on canvas",
    "etching on paper",
    "bronze",
    "watercolour on paper",
    "screenprint on paper",
)


def nouns(count: int, seed: int = 0) -> list[Row]:
    """Things with a name, as the Unicode emoji list has them, in short frames."""
    import emoji

    names = sorted({data["en"].strip(":") for data in emoji.EMOJI_DATA.values()})
    things = [name.replace("_", " ") for name in names if not any(part in name.lower() for part in _NO_NOUN)]
    rng = random.Random(seed)
    return [full(rng.choice(FRAMES).format(rng.choice(things)), "everyday/noun", 0.0) for _ in range(count)]


def titles(tate: Sequence[Row], count: int, seed: int = 0) -> list[Row]:
    """Risky subjects with the tails of real museum titles: a medium, an artist, or nothing."""
    rng = random.Random(seed)
    tails = [row.text[row.text.index(" by ") :] for row in tate if " by " in row.text]
    rows = []
    for _ in range(count):
        category = rng.choice(list(SUBJECTS))
        subject = rng.choice(STAGES).format(rng.choice(SUBJECTS[category].split("|")))
        medium = f", {rng.choice(MEDIA)}" if rng.random() < 0.5 else ""
        tail = rng.choice(tails) if tails and rng.random() < 0.5 else ""
        target = {HARM: ART_HARM} | dict.fromkeys(CATEGORIES, 0.0) | {category: ART_SCORE}
        rows.append(Row(subject + medium + tail, "everyday/title", target, dict.fromkeys(HEADS, 1.0)))
    return rows


def styled(rows: Sequence[Row], prompts: Sequence[Row], count: int, seed: int = 0) -> list[Row]:
    """Rows with the tail of a real prompt: style words, which change no label."""
    rng = random.Random(seed)
    tails = [row.text[row.text.index(",") :] for row in prompts if "," in row.text]
    tails = [tail for tail in tails if len(tail) < 120]
    if not tails:
        return []
    chosen = rng.choices(rows, k=count)
    return [replace(row, text=row.text.rstrip(" .") + rng.choice(tails)) for row in chosen]
