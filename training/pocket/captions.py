"""Captions of a specification, in many wordings: they say now more and now less of what is in the picture."""

import random
from collections.abc import Mapping

from training.pocket.composer import Part, Spec
from training.pocket.objects import Thing
from training.pocket.words import Language, article, plural

TOLD, WHO = 0.25, 0.7  # shares of captions that tell the skin tone: of all, and of people at work
PLACED, TIMED, WEATHERED = 0.88, 0.72, 0.65  # shares of captions that say the place, the time of day, the weather
PRAISED = 0.12  # share of captions with a word of praise that changes nothing ("highly detailed")


class Captions:
    """Puts specifications into words."""

    def __init__(self, language: Language, things: Mapping[str, Thing]) -> None:
        self.language, self.things = language, things

    def bare(self, label: str) -> str | None:
        """A name without a colour of its own ("apple", not "red apple"), or None: never painted."""
        if self.things[label].group not in range(3, 8):
            return None
        names = self.language.names.get(label, [label])
        return next((name for name in names if name.split()[0] not in self.language.backgrounds), None)

    def many(self, label: str) -> str | None:
        """The plural of a thing's first name, if there is a simple one."""
        return plural(self.language.names.get(label, [label])[0])

    def say(self, spec: Spec, rng: random.Random) -> str:
        """One caption of a specification."""
        subject = self._subject(spec, rng)
        where = self._where(spec, rng)
        if spec.style:
            return self._praised(self._styled(spec.style, subject, where, rng), rng)
        if not where:
            return self._praised(subject, rng)
        return self._praised(self._joined(subject, where, rng), rng)

    def _subject(self, spec: Spec, rng: random.Random) -> str:
        first, forms = spec.parts[0], self.language.forms
        plainly = bool(spec.style or spec.place)
        if len(spec.parts) > 1 and len({part.label for part in spec.parts}) == 1:
            many = self.many(first.label) or first.label
            return rng.choice(self.language.counts[len(spec.parts)]).format(s=many)
        if len(spec.parts) > 1:
            names = [self._name(part, rng) for part in spec.parts]
            names = names[::-1] if spec.relation == "next to" and rng.random() < 0.3 else names
            return self.language.say(rng.choice(forms[spec.relation]), *names)
        if first.colour:
            return self._formed(f"{first.colour} {self.bare(first.label)}", plainly, rng)
        name = self._name(first, rng)
        if first.size:
            return (
                self.language.say(rng.choice(forms[first.size]), name)
                if article(name) != name
                else f"{first.size} {name}"
            )
        if first.spot:
            return self.language.say(rng.choice(forms[first.spot]), name)
        subject = self._formed(name, plainly, rng)
        return self.language.ground(subject, spec.ground or None, rng)

    def _formed(self, name: str, plainly: bool, rng: random.Random) -> str:
        """A name in one of the forms that ask for a picture; `plainly`: more words follow, so only with its article."""
        if plainly:
            return rng.choice((article(name), article(name), article(name), name))
        return self.language.say(rng.choice(self.language.forms["plain"]), name)

    def _name(self, part: Part, rng: random.Random) -> str:
        """A name, with the tone of the skin and the gender told or not."""
        thing = self.things[part.label]
        name = self.language.name(thing, rng)
        gender, tone = thing.notes[part.which or 0].split("|")
        genders = any(note.split("|")[0] for note in thing.notes)
        told = WHO if genders else TOLD
        toned = bool(tone) and rng.random() < told
        if gender and (toned or rng.random() < told):
            name = name.replace("person", gender, 1) if "person" in name else f"{gender} {name}"
        return f"{name} with {tone} skin" if toned else name

    def _where(self, spec: Spec, rng: random.Random) -> list[str]:
        """The words for place, time of day and weather, those that are said, in some order."""
        if not spec.place:
            return []
        told, said = self.language.places, []
        if rng.random() < PLACED:
            said.append(rng.choice(told["place"][spec.place]))
        if rng.random() < TIMED and (spec.time != "day" or rng.random() < 0.6):
            said.append(rng.choice(told["time"][spec.time]))
        if spec.weather != "clear" and rng.random() < WEATHERED:
            said.append(rng.choice(told["weather"][spec.weather]))
        if rng.random() < 0.25:
            rng.shuffle(said)
        return said

    @staticmethod
    def _joined(subject: str, where: list[str], rng: random.Random) -> str:
        draw = rng.random()
        if draw < 0.72:
            return " ".join([subject, *where])
        if draw < 0.88:
            return ", ".join([subject, *where])
        return ", ".join([*where, subject])

    def _styled(self, style: str, subject: str, where: list[str], rng: random.Random) -> str:
        scene = " ".join([subject, *where])
        before, after = (self.language.styles[style][key] for key in ("before", "after"))
        if rng.random() < 0.55:
            return rng.choice(before).format(a=scene)
        return f"{scene}, {rng.choice(after)}" if rng.random() < 0.7 else f"{rng.choice(after)}, {scene}"

    def _praised(self, caption: str, rng: random.Random) -> str:
        if rng.random() >= PRAISED:
            return caption
        words = rng.sample(self.language.praise, rng.choice((1, 1, 2, 3)))
        return ", ".join([caption, *words])
