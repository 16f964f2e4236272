"""Stages that look at files: whether they can be read, are listed, may be used, and are any good."""

from __future__ import annotations

import hashlib
import re
import weakref
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from safety.errors import FileError, StudioError
from safety.files.limits import ReadingLimits
from safety.files.pool import WorkerPool
from safety.image_io import DECODING_SECONDS
from safety.marks.training_rights import read_for_training
from safety.perceptual_hash import BITS, as_hex, pdq
from studio.curation.filter_config import DuplicateLimits, PermissionRules, QualityLimits, WatermarkHints
from studio.curation.near_copies import MAX_DISTANCE, NearCopies
from studio.curation.observation import Observation
from studio.curation.rows import MAX_PICTURE_BYTES, Fate
from studio.curation.stages import Ruling, Subject, open_subjects, pictured

if TYPE_CHECKING:
    from PIL.Image import Image

READINGS = 2000  # files that a process decodes before it is replaced
HASH_SIDE = 1024  # pixels; PDQ itself looks at 512
# Pixels; a larger picture is judged at this side, which is more than any check looks at, so that memory stays bounded.
JUDGED_SIDE = 2048
QUALITY_SIDE = 256  # pixels at which entropy and sharpness are measured
NOTHING_SAID = {"", "nan", "none", "null", "n/a", "<na>"}  # in a cell of a reservation
HASHES = {32: "md5", 40: "sha1", 2 * BITS // 8: "sha256"}  # by their hex digits


class Decoding:
    """Decodes pictures in a process under limits, and reads what their files say. What cannot be read has failed."""

    name = "decode"

    def __init__(self) -> None:
        self._pool: WorkerPool | None = None

    def look(self, subjects: Sequence[Subject]) -> None:
        """Decodes every picture, and hashes it."""
        from PIL import Image

        if self._pool is None:
            self._pool = WorkerPool(ReadingLimits(readings=READINGS), workers=1)
            weakref.finalize(self, self._pool.close)
        for subject in open_subjects(subjects):
            data, seen = subject.row.picture, subject.seen
            if data is None:
                continue
            seen.has_picture, seen.size, seen.sha256 = True, len(data), hashlib.sha256(data).hexdigest()
            try:
                if len(data) > MAX_PICTURE_BYTES:
                    raise FileError(f"The file has more than {MAX_PICTURE_BYTES / 1e6:,.0f} MB.")
                rights, (size, pixels) = self._pool.run(read_for_training, data, seconds=DECODING_SECONDS)
            except StudioError as error:
                seen.fail(self.name, str(error))
                continue
            subject.image = _reduced(Image.frombytes("RGB", size, bytes(pixels)), JUDGED_SIDE)
            seen.width, seen.height, seen.format = *size, rights.format
            seen.reservations, seen.generated, seen.watermarks = rights.reservations, rights.generated, rights.rights
            bits, seen.pdq_quality = pdq(_reduced(subject.image, HASH_SIDE))
            seen.pdq = as_hex(bits)

    def rule(self, seen: Observation) -> Ruling | None:
        """Says what kept a row from being judged."""
        return Ruling(seen.problem_stage, (seen.problem,), fate=Fate.LEAVE) if seen.problem else None


class ListedHashes:
    """Finds pictures of an operator's lists first of all: nothing else looks at them, and they are copied nowhere.

    A list has a hash a line, then perhaps a name: MD5 (32 hex digits), SHA-1 (40), SHA-256 or PDQ (64).
    """

    name = "listed"

    def __init__(self, files: Sequence[Path]) -> None:
        self._exact: dict[str, str] = {}
        self._near = NearCopies(MAX_DISTANCE)
        self._kinds: set[str] = set()
        for file in files:
            self._read(file)

    def _read(self, file: Path) -> None:
        try:
            lines = file.read_text("utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            why = error.strerror if isinstance(error, OSError) else "it is no text in UTF-8"
            raise FileError(f"The hash list {file} cannot be read: {why}.", "Check its name.") from None
        for number, line in enumerate(lines, 1):
            digits = line.split()[0].lower() if line.split() else ""
            if not digits or digits.startswith("#"):
                continue
            if len(digits) not in HASHES or digits.strip("0123456789abcdef"):
                advice = "Write an MD5, SHA-1, SHA-256 or PDQ hash in hex, then perhaps a name."
                raise FileError(f"{file}, line {number}: no hash.", advice)
            self._kinds.add(HASHES[len(digits)])
            self._exact[digits] = file.stem
            if len(digits) == 2 * BITS // 8:
                # It may be either; a SHA-256 is near to no PDQ hash.
                self._near.add(digits, file.stem)

    def look(self, subjects: Sequence[Subject]) -> None:
        """Compares every picture, as a file and by what it looks like, mirrored too."""
        from PIL import ImageOps

        if not self._exact:
            return
        for subject, image in pictured(subjects):
            data = subject.row.picture or b""
            found = [self._exact.get(hashlib.new(kind, data).hexdigest(), "") for kind in sorted(self._kinds)]
            mirrored = pdq(ImageOps.mirror(_reduced(image, HASH_SIDE)))[0]
            found += [self._near.find(each) for each in (subject.seen.pdq, as_hex(mirrored))]
            if listed := next(filter(None, found), ""):
                # Nothing more is written down of it, as of a row behind a hard line.
                subject.seen.listed, subject.seen.caption = listed, ""

    def rule(self, seen: Observation) -> Ruling | None:
        """Takes out what is listed."""
        if not seen.listed:
            return None
        return Ruling(self.name, (f"The picture is on the list {seen.listed}.",), ("listed",), fate=Fate.LEAVE)


class Permission:
    """Honours what authors and sites reserve, and keeps to the licences that are named."""

    name = "permission"

    def __init__(self, rules: PermissionRules, licences: Sequence[str] = ()) -> None:
        self._rules = rules
        self._licences = {licence.casefold() for licence in (*rules.licences, *licences)}

    def look(self, subjects: Sequence[Subject]) -> None:
        """Reads the columns; what the files say was read when they were decoded."""
        for subject in subjects:
            fields = {re.sub(r"[^a-z0-9]", "_", name.casefold()): value for name, value in subject.row.fields.items()}
            reserved = [
                name
                for name, values in self._rules.reserving_columns.items()
                if _words(fields.get(name, "")) & {*values}
            ]
            reserved += [
                name
                for name, values in self._rules.permitting_columns.items()
                if _words(fields.get(name, "")) - {*values}
            ]
            subject.seen.reservations += tuple(f"column {name}" for name in reserved)
            subject.seen.licence = next((fields[name] for name in self._rules.licence_columns if fields.get(name)), "")

    def rule(self, seen: Observation) -> Ruling | None:
        """Takes out what is reserved, and what has another licence than those that are named."""
        if seen.reservations:
            reasons = tuple(f"Training is reserved: {reservation}." for reservation in seen.reservations)
            return Ruling(self.name, reasons, ("opt-out",))
        if self._licences and seen.licence.casefold() not in self._licences:
            said = f"The licence is {seen.licence}." if seen.licence else "No licence is named."
            return Ruling(self.name, (said,), ("licence",))
        return None


def _words(value: str) -> set[str]:
    """Returns the words of a cell in lower case, none of an empty one; 1.0, as gaps make it of a one, is 1."""
    words = {re.sub(r"^(\d+)\.0+$", r"\1", word) for word in re.split(r"[\s,;]+", value.casefold())}
    return words - NOTHING_SAID


class WatermarkHint:
    """Notes names of agencies that mark their previews: a hint for people, which takes nothing out."""

    name = "watermark"

    def __init__(self, hints: WatermarkHints) -> None:
        self._hints = hints.hints

    def look(self, subjects: Sequence[Subject]) -> None:
        """Looks through caption, columns and the rights that the file names."""
        for subject in subjects:
            places = (subject.seen.caption, *subject.row.fields.values(), *subject.seen.watermarks)
            text = " ".join(places).casefold()
            subject.seen.watermarks = tuple(hint for hint in self._hints if hint in text)

    def rule(self, seen: Observation) -> Ruling | None:
        """Has nothing against any row."""
        return None


class Quality:
    """Measures pictures: small, long, empty and blurred ones teach a model little."""

    name = "quality"

    def __init__(self, limits: QualityLimits) -> None:
        self._limits = limits

    def look(self, subjects: Sequence[Subject]) -> None:
        """Measures the entropy of grey, in bits, and the variance of its Laplacian."""
        for subject, image in pictured(subjects):
            grey = np.asarray(_reduced(image.convert("L"), QUALITY_SIDE), np.float32)
            shares = np.histogram(grey, 256, (0, 256))[0] / grey.size
            shares = shares[shares > 0]
            subject.seen.entropy = round(float(-(shares * np.log2(shares)).sum()), 3)
            if min(grey.shape) >= 3:
                inner = grey[1:-1, 1:-1]
                laplacian = grey[:-2, 1:-1] + grey[2:, 1:-1] + grey[1:-1, :-2] + grey[1:-1, 2:] - 4 * inner
                subject.seen.sharpness = round(float(laplacian.var()), 2)

    def rule(self, seen: Observation) -> Ruling | None:
        """Takes out what has less than the settings ask for."""
        if not seen.has_picture:
            return None
        limits, (short, long) = self._limits, sorted((seen.width, seen.height))
        found = {
            f"The picture has {short} pixels on its short side.": short < limits.min_side,
            f"The picture is {long / max(short, 1):.1f} times as long as wide.": long > limits.max_ratio * short,
            f"The picture shows next to nothing (entropy {seen.entropy:.1f} bits).": seen.entropy < limits.min_entropy,
            f"The picture is blurred (sharpness {seen.sharpness:.1f}).": seen.sharpness < limits.min_sharpness,
        }
        reasons = tuple(reason for reason, holds in found.items() if holds)
        return Ruling(self.name, reasons, ("quality",)) if reasons else None


class Duplicates:
    """Takes out copies. It rules last, on rows in their order that nothing else takes out: the first of them stays."""

    name = "duplicate"

    def __init__(self, limits: DuplicateLimits) -> None:
        self._limits = limits
        self._exact: dict[bytes, str] = {}
        self._near = NearCopies(max(limits.near, 0))

    def look(self, subjects: Sequence[Subject]) -> None:
        """Has nothing to look at: the hashes are there."""

    def rule(self, seen: Observation) -> Ruling | None:
        """Compares a row with those before it, and remembers it if it is no copy."""
        if not seen.has_picture:
            return None
        key = bytes.fromhex(seen.sha256)[:16]
        if self._limits.exact:
            if key in self._exact:
                return Ruling(self.name, (f"The same file as {self._exact[key]}.",), ("exact copy",))
            self._exact[key] = seen.id
        if self._limits.near >= 0 and seen.pdq and seen.pdq_quality >= self._limits.min_pdq_quality:
            if first := self._near.find(seen.pdq):
                return Ruling(self.name, (f"Nearly the same picture as {first}.",), ("near copy",))
            self._near.add(seen.pdq, seen.id)
        return None


def _reduced(image: Image, side: int) -> Image:
    """Returns an image whose longer side is `side` at most."""
    if max(image.size) <= side:
        return image
    smaller = image.copy()
    smaller.thumbnail((side, side))
    return smaller
