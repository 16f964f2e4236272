"""What public lists say of whoever signed a file: on which list, as of when, expired, revoked.

A claim's signer counts by the lists of signers alone, and a time-stamp by the list of time-stamp authorities alone:
c2pa is asked once for each. An expired certificate counts where a listed authority attests that it signed before.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from safety.marks.crjson import as_mapping, text
from safety.marks.trust_lists import TrustList, TrustLists

# C2PA's codes (specification 2.4, 15.2).
TRUSTED, TIME_TRUSTED = "signingCredential.trusted", "timeStamp.trusted"
REVOKED = ("signingCredential.ocsp.revoked", "signingCredential.revoked")
OUTSIDE = ("signingCredential.expired", "claimSignature.outsideValidity")
Codes = tuple[frozenset[str], frozenset[str]]  # what passed, and what failed
# Returns the codes of a file where these certificates (PEM) are the only ones trusted; the second argument says whether
# a time-stamp by others counts for nothing.
Ask = Callable[[str, bool], Codes]


@dataclass(frozen=True, slots=True)
class SignerTrust:
    """Holds what lists say of a signer. `list` is the name of the one that has it, or empty; `as_of` that one's date.

    `time_as_of` is the date of the list that has the time-stamp's authority, or empty. `expired`: the certificate is
    past its end now; `outside`: it was when it signed, as far as is attested. `revocation_unknown`: its issuer's list
    of revoked ones is kept here and cannot be believed. `issuer` and `serial` (hex) name it in such lists.
    """

    list: str = ""
    title: str = ""
    as_of: str = ""
    time_as_of: str = ""
    not_after: str = ""
    expired: bool = False
    outside: bool = False
    revoked: bool = False
    revocation_unknown: bool = False
    issuer: tuple[tuple[str, str], ...] = ()
    serial: str = ""

    @property
    def holds(self) -> bool:
        """Tells whether a list vouches for the signer, with nothing against it."""
        return bool(self.list) and not (self.revoked or self.outside or (self.expired and not self.time_as_of))

    def as_json(self) -> dict[str, Any]:
        """Returns plain values."""
        return {**asdict(self), "issuer": dict(self.issuer), "holds": self.holds}


def signer_trust(
    certificate: Mapping[str, Any], ask: Ask, lists: TrustLists, now: datetime | None = None
) -> SignerTrust:
    """Returns what the lists say. `certificate` is what crJSON says of the signer's (`certificateInfo`)."""
    time_passed, failed = ask(lists.tsa.certificates, True)
    time_known = TIME_TRUSTED in time_passed
    found = next((each for each in _asked(lists) if TRUSTED in ask(each.certificates, False)[0]), None)
    not_after = text(as_mapping(certificate.get("validity")), "notAfter")
    return SignerTrust(
        list=found.name if found else "",
        title=found.title if found else "",
        as_of=found.as_of if found else "",
        time_as_of=lists.tsa.as_of if time_known else "",
        not_after=not_after,
        expired=_is_past(not_after, now or datetime.now(UTC)),
        outside=bool(failed.intersection(OUTSIDE)),
        revoked=bool(failed.intersection(REVOKED)),
        issuer=tuple((str(name), str(value)) for name, value in as_mapping(certificate.get("issuer")).items()),
        serial=text(certificate, "serialNumber"),
    )


def _asked(lists: TrustLists) -> Iterator[TrustList]:
    yield from (each for each in (lists.c2pa, lists.interim) if each.certificates)


def _is_past(time: str, now: datetime) -> bool:
    try:
        return datetime.fromisoformat(time) < now
    except (ValueError, TypeError):
        return False
