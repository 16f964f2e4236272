"""The versions of the judgement that an operator adopted: signed files, only ever added, of which the last is in force.

A file holds limits and a head, no prompt. Taking one back adds a file with what held before. What is not signed by this
installation, or was made for another policy or other weights, is not used: the studio does not start, and says so.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import Field

from safety.audit.hash_chain import canonical
from safety.config import ConfigModel, parse
from safety.errors import PresetError, RequestError
from safety.marks.keys import existing_signing_keys, signing_keys
from safety.marks.signed_record import is_signed, sign_record
from safety.policy.adjustment import MovedLimits, with_limits
from safety.policy.model import Policy
from safety.prompt.correction import Correction
from studio.refit.guard_set import CorrectedPolicy
from studio.refit.regression_rows import FOLDER

KEYS = "keys"
FILE_NAME = re.compile(r"(\d{4,})\.json")
SHIPPED = 0  # the version that nobody adopted: the policy as it ships
ADVICE = "Take it back: `python app.py feedback rollback`."
LABEL = 6  # hex digits of what is adopted, behind the version of the policy


class AdoptedVersion(ConfigModel):
    """Holds one version. `policy`: digest of the shipped policy it is for. `restores`: the version taken back to.

    `limits` are absolute, by mode, key and step. `previous`: SHA-256 of the file before. `proposal`: its seal.
    """

    version: int = Field(default=1, ge=1)
    policy: str
    limits: dict[str, dict[str, dict[str, float]]] = {}
    head: Correction | None = None
    restores: int | None = None
    previous: str = ""
    proposal: str = ""
    by: str = ""
    time: str = ""

    @property
    def is_shipped(self) -> bool:
        """Tells whether it changes nothing."""
        return not self.limits and self.head is None


@dataclass(frozen=True, slots=True)
class InForce:
    """Says what judges: `version` 0 is the policy as it ships."""

    version: int
    judgement: CorrectedPolicy
    moved: MovedLimits


@dataclass(frozen=True)
class AdoptedVersions:
    """Reads and adds the versions of a studio in its `home`. `drift`: how far limits may be off the shipped policy."""

    home: Path
    drift: float

    @property
    def folder(self) -> Path:
        """Returns where the versions are."""
        return self.home / FOLDER

    def numbers(self) -> list[int]:
        """Returns the numbers of all versions, oldest first."""
        files = self.folder.iterdir() if self.folder.is_dir() else ()
        return sorted(int(found[1]) for path in files if (found := FILE_NAME.fullmatch(path.name)))

    def in_force(self, shipped: Policy) -> InForce:
        """Returns what judges now. Raises PresetError where the last version cannot be used, KeysError."""
        numbers = self.numbers()
        if not numbers:
            return InForce(SHIPPED, CorrectedPolicy(shipped), {})
        return self.applied(self.read(numbers[-1]), shipped)

    def applied(self, version: AdoptedVersion, shipped: Policy) -> InForce:
        """Returns what judges under a version. Raises PresetError where it is for another policy, or goes too far."""
        if version.is_shipped:
            return InForce(version.version, CorrectedPolicy(shipped), {})
        if version.policy != shipped.digest:
            raise PresetError(f"Version {version.version} was adopted for another policy than the one here.", ADVICE)
        policy = with_limits(shipped, version.limits, self.drift)
        content = canonical([version.limits, version.head.model_dump(mode="json") if version.head else None])
        digest = hashlib.sha256(f"{shipped.digest}\0{content}".encode()).hexdigest()
        named = policy.model_copy(update={"digest": digest, "version": f"{shipped.version}+{digest[:LABEL]}"})
        return InForce(version.version, CorrectedPolicy(named, version.head), version.limits)

    def read(self, number: int) -> AdoptedVersion:
        """Returns a version whose signature holds. Raises PresetError, KeysError, RequestError for one there is not."""
        path = self._path(number)
        if not path.exists():
            raise RequestError(f"There is no version {number}.", "`python app.py feedback history` lists them.")
        record = _record(path)
        keys = existing_signing_keys(self.home / KEYS)
        payload = record.get("payload")
        if keys is None or not is_signed(canonical(payload).encode(), str(record.get("signature", "")), keys):
            raise PresetError(f"{path} is not signed by this installation, or was changed.", ADVICE)
        version = parse(AdoptedVersion, payload, path)
        if version.version != number:
            raise PresetError(f"{path} holds version {version.version}.", ADVICE)
        return version

    def signed(self, version: AdoptedVersion, recorded: int = SHIPPED) -> tuple[AdoptedVersion, bytes]:
        """Returns a version as the next one, and the bytes of its file. Writes nothing but, at first use, the key.

        `recorded`: the highest number on record. None is given twice, even where somebody deleted its file.
        """
        numbers = self.numbers()
        last = numbers[-1] if numbers else SHIPPED
        numbered = version.model_copy(update={"version": max(last, recorded) + 1, "previous": self.sha256(last)})
        payload = json.loads(numbered.model_dump_json())
        signature = sign_record(canonical(payload).encode(), signing_keys(self.home / KEYS))
        return numbered, canonical({"payload": payload, "signature": signature}).encode()

    def add(self, version: AdoptedVersion, data: bytes) -> None:
        """Puts a signed version in force. Raises RequestError where somebody else added one meanwhile."""
        path = self._path(version.version)
        beside = path.with_name(f".{path.name}.{os.getpid()}")
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            beside.write_bytes(data)
            os.link(beside, path)  # whole or not at all, and never over another
        except FileExistsError:
            raise RequestError("Another version was adopted meanwhile.", "Look at `feedback history`.") from None
        except OSError as error:
            advice = "Make room, or see to its rights."
            raise RequestError(f"{path} cannot be written: {error.strerror}.", advice) from None
        finally:
            beside.unlink(missing_ok=True)

    def drop(self, number: int) -> None:
        """Takes away a version that could not be put on record."""
        self._path(number).unlink(missing_ok=True)

    def sha256(self, number: int) -> str:
        """Returns the SHA-256 of the file of a version as hex; "" where there is none."""
        path = self._path(number)
        return hashlib.sha256(path.read_bytes()).hexdigest() if path.exists() else ""

    def _path(self, number: int) -> Path:
        return self.folder / f"{number:04}.json"


def _record(path: Path) -> Mapping[str, Any]:
    try:
        record = json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise PresetError(f"{path} cannot be read: {error}.", ADVICE) from None
    if not isinstance(record, dict):
        raise PresetError(f"{path} is no adopted version.", ADVICE)
    return record
