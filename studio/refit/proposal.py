"""A proposal as a file: what would change, for which policy, with the evidence; sealed, so that no change goes unseen.

The seal is a keyed hash under the secret of the installation's record: a proposal holds here alone.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from safety.audit.hash_chain import Keys, canonical
from safety.config import ConfigModel, parse
from safety.errors import RequestError
from safety.prompt.correction import Correction

FORMAT = 1
PURPOSE = "policy proposal"
SEAL = "seal"
REFIT_AGAIN = "Run `feedback refit` again."


class Proposal(ConfigModel):
    """Holds a proposal. `shipped`, `in_force`: digests of the policy it was made for. `model`: SHA-256 of the weights.

    `limits`: all that are off the shipped policy, by mode, key and step. `changes`: what moves, in words. `evidence`:
    studio/refit/evidence.py. `notes`: what was not proposed, and why. `regression`: ids of the reviewed cases that it
    judges as the reviewer did.
    """

    format: int = FORMAT
    made: str
    shipped: str
    in_force: str
    version: int
    model: str
    limits: dict[str, dict[str, dict[str, float]]]
    head: Correction | None
    head_share: float
    changes: tuple[str, ...]
    notes: tuple[str, ...]
    rows: int
    persons: int
    evidence: dict[str, Any]
    regression: tuple[str, ...]


def sealed(proposal: Proposal, keys: Keys) -> dict[str, Any]:
    """Returns a proposal as plain data under its seal."""
    content = json.loads(proposal.model_dump_json())
    return {**content, SEAL: keys.digest(PURPOSE, canonical(content))}


def read_proposal(path: Path, keys: Keys) -> tuple[Proposal, str]:
    """Returns a proposal and its seal. Raises RequestError for a file that is none, or was changed."""
    try:
        content = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise RequestError(f"{path} cannot be read: {error}.", REFIT_AGAIN) from None
    if not isinstance(content, dict):
        raise RequestError(f"{path} is no proposal.", REFIT_AGAIN)
    seal = str(content.pop(SEAL, ""))
    if not hmac.compare_digest(_seal(content, keys), seal.encode("ascii", "replace").decode()):
        raise RequestError(f"{path} was changed, or was made by another installation.", REFIT_AGAIN)
    return parse(Proposal, content, path), seal


def _seal(content: Mapping[str, Any], keys: Keys) -> str:
    try:
        return keys.digest(PURPOSE, canonical(content))
    except ValueError:
        return ""
