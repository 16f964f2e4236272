"""Public lists of whom to trust for Content Credentials, as dated data: whose certificates, as of when, from where.

Shipped are those of presets/trust. What an operator puts into the studio's home (`trust update`) counts instead.
Nothing is fetched unless that command is run. The interim list is the older one, frozen since January 2026: it is told
apart.
"""

from __future__ import annotations

import json
import os
import re
import secrets
from base64 import b64decode
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from textwrap import wrap
from typing import Any

from safety.config import ConfigModel
from safety.errors import FileError, RequestError
from safety.resources import PRESETS

C2PA, TSA, INTERIM = NAMES = ("c2pa", "tsa", "interim")
FOLDER = PRESETS / "trust"
MAX_BYTES = 4_000_000  # of one list
CRLS = "revoked"  # the folder of certificate revocation lists in that of the lists
_BLOCK = re.compile(r"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", re.DOTALL)
_TRUSTED = "/trusted"  # how the status of a service ends that is on C2PA's list in force


class _Shipped(ConfigModel):
    title: str
    file: str
    as_of: str
    source: str
    address: str


class _ShippedLists(ConfigModel):
    c2pa: _Shipped
    tsa: _Shipped
    interim: _Shipped


@dataclass(frozen=True, slots=True)
class TrustList:
    """Holds one list: certificates as PEM, empty where there is none; `as_of` is a date such as "2026-09-24"."""

    name: str
    title: str
    as_of: str = ""
    source: str = ""
    certificates: str = ""

    def blocks(self) -> list[str]:
        """Returns its certificates, each as PEM."""
        return _BLOCK.findall(self.certificates)

    @property
    def count(self) -> int:
        """Returns how many certificates are on it."""
        return len(self.blocks())


@dataclass(frozen=True, slots=True)
class TrustLists:
    """Holds the lists of signers, the older one of them told apart, and that of time-stamp authorities."""

    c2pa: TrustList
    tsa: TrustList
    interim: TrustList

    def each(self) -> tuple[TrustList, ...]:
        """Returns them in the order in which they are asked."""
        return self.c2pa, self.tsa, self.interim


def load_trust_lists(folder: Path) -> TrustLists:
    """Returns the lists in force: of each the one in `folder`, else the one that is shipped. Raises PresetError."""
    shipped = _ShippedLists.load(FOLDER / "lists.toml")
    return TrustLists(*(_own(folder, name, getattr(shipped, name)) or _shipped(name, shipped) for name in NAMES))


def address_of(name: str) -> str:
    """Returns where a list is published. Raises PresetError."""
    return str(getattr(_ShippedLists.load(FOLDER / "lists.toml"), name).address)


def put_list(
    folder: Path,
    name: str,
    data: bytes,
    source: str,
    as_of: str = "",
    fetched: date | None = None,
    forced: bool = False,
) -> TrustList:
    """Puts a list into `folder`, as PEM or as C2PA's JSON, and returns it.

    `as_of` is its date; by default the one that it names, else that on which it was `fetched` from where it is
    published. A file may be of any age: without a date it is refused. So is, unless `forced`, a date of the future, and
    one older than that of the list in force. Raises RequestError for that and for another name or date; FileError where
    it holds no certificate that can be read, or cannot be written. The list in force then stays.
    """
    if name not in NAMES:
        raise RequestError(f"There is no list {name!r}.", f"Choose one of: {', '.join(NAMES)}.")
    certificates, issued = read_certificates(data)
    day = as_of or issued or (fetched.isoformat() if fetched else "")
    if not day:
        raise RequestError("The list names no date.", "Add --as-of with the day of the list, such as 2026-11-25.")
    try:
        day = date.fromisoformat(day).isoformat()
    except ValueError:
        raise RequestError(f"{day[:40]!r} is no date.", "Write it as 2026-11-29.") from None
    shipped = _ShippedLists.load(FOLDER / "lists.toml")
    if not forced:
        _require_newer(day, _own(folder, name, getattr(shipped, name)) or _shipped(name, shipped))
    # One file, so that no date ever stands beside certificates of another list.
    row = {"as_of": day, "source": source, "certificates": "".join(certificates)}
    write_whole(folder / f"{name}.json", json.dumps(row).encode())
    found = _own(folder, name, getattr(shipped, name))
    if found is None or not found.certificates:
        raise FileError(f"The list {name} was written and cannot be read.", "Check the disk.")
    return found


def _require_newer(day: str, used: TrustList) -> None:
    """Raises RequestError for the day of a list that lies in the future, or before that of the one in use."""
    if day > f"{datetime.now(UTC):%Y-%m-%d}":
        raise RequestError(f"The list is of {day}, which is still to come.", "Check its date, or add --force.")
    if day < used.as_of:
        raise RequestError(
            f"The list is of {day}, older than the one in use, of {used.as_of}.", "Get a newer one, or add --force."
        )


def read_certificates(data: bytes) -> tuple[list[str], str]:
    """Returns certificates as PEM, each once, from PEM or C2PA's list in JSON, and the day that it names, or "".

    Raises FileError.
    """
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import Encoding

    text = data.decode("utf-8-sig", "replace")
    found, issued = _from_json(text) if text.lstrip().startswith("{") else (_BLOCK.findall(text), "")
    try:
        read = [x509.load_pem_x509_certificate(pem.encode()) for pem in found]
        written = [each.public_bytes(Encoding.PEM).decode("ascii") for each in read]
    except ValueError as error:
        raise FileError("The list has a certificate that cannot be read.", "Get the list again.") from error
    if not written:
        raise FileError("The list holds no certificate.", "Give certificates as PEM, or C2PA's list as JSON.")
    return list(dict.fromkeys(written)), issued


def write_whole(path: Path, data: bytes) -> None:
    """Writes a file whole or not at all. Raises FileError."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with temporary.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        advice = "Check that you may write there, and that the disk has room."
        raise FileError(f"{path} cannot be written: {error.strerror or error}.", advice) from error
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


def _from_json(text: str) -> tuple[list[str], str]:
    """Reads C2PA's list in its JSON (ETSI TS 119 602): certificates of services that are trusted. Raises FileError."""
    try:
        scheme = json.loads(text)["LoTE"]
        issued = str(scheme["ListAndSchemeInformation"]["ListIssueDateTime"])[:10]
        return [_as_pem(value) for value in _values(scheme)], issued
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise FileError("The list is no C2PA trust list in JSON.", "Get the list again, or give it as PEM.") from error


def _values(scheme: Mapping[str, Any]) -> Iterator[str]:
    for entity in scheme["TrustedEntitiesList"]:
        for service in entity["TrustedEntityServices"]:
            told = service["ServiceInformation"]
            if str(told.get("ServiceStatus", _TRUSTED)).endswith(_TRUSTED):
                yield from (each["val"] for each in told["ServiceDigitalIdentity"]["X509Certificates"])


def _as_pem(value: str) -> str:
    b64decode(value, validate=True)
    return "\n".join(["-----BEGIN CERTIFICATE-----", *wrap(value, 64), "-----END CERTIFICATE-----"])


def _shipped(name: str, shipped: _ShippedLists) -> TrustList:
    one: _Shipped = getattr(shipped, name)
    certificates = (FOLDER / one.file).read_text("ascii") if one.file else ""
    return TrustList(name, one.title, one.as_of, one.source, certificates)


def _own(folder: Path, name: str, shipped: _Shipped) -> TrustList | None:
    """Returns the list that an operator put there; None without one. One that cannot be read has no certificate.

    An operator may have put it there to trust fewer: the shipped one does not take its place by itself.
    """
    place = folder / f"{name}.json"
    try:
        row = json.loads(place.read_text("utf-8"))
        return TrustList(name, shipped.title, *(str(row[key]) for key in ("as_of", "source", "certificates")))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return TrustList(name, shipped.title, source=f"{place} cannot be read: put the list in anew, or delete it")
