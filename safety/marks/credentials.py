"""Signs and reads Content Credentials (C2PA 2.x): a statement inside the file that any change of a byte breaks.

The studio signs with its own key, which stands on no public trust list: to others the statement says "the same
installation", not who that is. An operator may bring a certificate. The soft binding names the stamp that the pixels
carry, so that the two can be compared. What a manifest says is read by manifest.py.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from io import BytesIO
from typing import Any

from safety.errors import ExportError
from safety.marks.claim import CREATED, EARLIER, EditStep, manifest
from safety.marks.crjson import as_list, as_mapping
from safety.marks.keys import SigningKeys
from safety.marks.manifest import Credentials, ManifestSummary, parse_report
from safety.marks.manifest_store import MEDIA_TYPE
from safety.marks.provenance import Provenance
from safety.marks.signer_trust import Codes, SignerTrust, signer_trust
from safety.marks.trust_lists import TrustLists

# Neither reading nor signing may call out: no manifest by URL, no OCSP. A time-stamp authority is asked if one is set.
_OFFLINE = {"remote_manifest_fetch": False, "ocsp_fetch": False}
_NAMES = {"PNG": "image/png", "JPEG": "image/jpeg", "WEBP": "image/webp"}
_MAGIC = (
    (b"\x89PNG", "image/png"),
    (b"\xff\xd8", "image/jpeg"),
    (b"RIFF", "image/webp"),
    (b"GIF8", "image/gif"),
    (b"II*\0", "image/tiff"),
    (b"MM\0*", "image/tiff"),
)


def sign(
    data: bytes,
    format: str,
    provenance: Provenance,
    time: datetime,
    keys: SigningKeys,
    earlier: bytes = b"",
    steps: Sequence[EditStep] = (),
) -> bytes:
    """Returns the file with a signed manifest in it. `format` is Pillow's name. Raises ExportError.

    `earlier` is what `read_earlier` made of the file that the picture was taken from: its credentials are kept.
    `steps` are what was done to the picture; none for those of a picture that is marked.
    """
    import c2pa

    authority = keys.time_authority.encode() or None
    info = c2pa.C2paSignerInfo(keys.algorithm.encode(), keys.chain.encode(), keys.key.encode(), authority)
    builder_settings = {"thumbnail": {"enabled": False}, "created_assertion_labels": CREATED}
    settings = {"builder": builder_settings, "verify": _OFFLINE}
    out = BytesIO()
    try:
        with (
            c2pa.Context.from_dict(settings) as context,
            c2pa.Signer.from_info(info) as signer,
            c2pa.Builder(json.dumps(manifest(provenance, time, bool(earlier), steps)), context=context) as builder,
        ):
            if earlier:
                builder.add_ingredient_from_archive(BytesIO(earlier))
            builder.sign(signer, _NAMES[format], BytesIO(data), out)
    except c2pa.C2paError as error:
        raise _signing_error(str(error), keys) from error
    return out.getvalue()


def _signing_error(why: str, keys: SigningKeys) -> ExportError:
    """Says whether the time-stamp authority or the certificate is to blame, and what to do."""
    if "http" in why:
        return ExportError(
            f"The time-stamp authority {keys.time_authority} did not answer: {why}.",
            "Try again, or start without SAFELIGHT_TIME_AUTHORITY: the signature then proves no time.",
        )
    return ExportError(
        f"The picture cannot be signed: {why}.",
        "If the certificate has expired, renew it; the studio's own is made anew if signing.pem is moved away.",
    )


def read_earlier(data: bytes) -> tuple[bytes, None]:
    """Returns the credentials of a file as an ingredient that `sign` keeps, inside a worker process.

    Empty where there are none, or none that can be read.
    """
    import c2pa

    name = _media_type(data)
    settings = {"builder": {"thumbnail": {"enabled": False}}, "verify": _OFFLINE}
    ingredient = {"title": "The file as it came", "relationship": "parentOf", "label": EARLIER}
    out = BytesIO()
    if not name or _documents(data, {}) is None:
        return b"", None
    try:
        with c2pa.Context.from_dict(settings) as context, c2pa.Builder("{}", context=context) as builder:
            builder.add_ingredient(json.dumps(ingredient), name, BytesIO(data))
            builder.write_ingredient_archive(EARLIER, out)
    except c2pa.C2paError:
        return b"", None
    return out.getvalue(), None


def read(data: bytes, *known: SigningKeys) -> Credentials | None:
    """Reads the active manifest of a file of any maker; None if it has none that can be parsed.

    It is `trusted` if one of the `known` keys, or a certificate that their root signed, signed it.
    """
    found = _documents(data, _trust(known))
    return parse_report(*found) if found else None


def crjson(data: bytes, known: Sequence[SigningKeys], anchors: str = "") -> tuple[str, None]:
    """Returns what a validator says of a file, as crJSON, inside a worker process; "" where it has no manifest.

    `anchors` are certificates (PEM) that are trusted instead of the `known` keys, for signers and time-stamps alike.
    """
    found = _documents(data, {"trust_anchors": anchors} if anchors else _trust(known))
    return (json.dumps(found[1]) if found else ""), None


def _trust(known: Sequence[SigningKeys]) -> dict[str, str]:
    """Returns c2pa's settings of whom to trust; none where nobody is."""
    if not known:
        return {}
    anchors, leaves = "".join(keys.root for keys in known), "".join(keys.leaf for keys in known)
    return {"allowed_list": leaves} | ({"trust_anchors": anchors} if anchors else {})


def read_trust(data: bytes, lists: TrustLists) -> SignerTrust | None:
    """Returns what public lists say of whoever signed a file; None if it has no manifest that can be parsed."""
    found = _documents(data, {})
    if found is None:
        return None

    def ask(anchors: str, check_times: bool) -> Codes:
        asked = _documents(data, {"trust_anchors": anchors} if anchors else {}, check_times)
        told = parse_report(asked[0]) if asked else None
        summary = told.summary if told else ManifestSummary()
        return frozenset(summary.passed), frozenset(summary.problems)

    label = found[0].get("active_manifest")
    entry = next((one for one in map(as_mapping, as_list(found[1].get("manifests"))) if one.get("label") == label), {})
    return signer_trust(as_mapping(as_mapping(entry.get("signature")).get("certificateInfo")), ask, lists)


def _documents(
    data: bytes, trust: Mapping[str, str], check_times: bool = True
) -> tuple[Mapping[str, Any], Mapping[str, Any]] | None:
    """Returns c2pa's report on a file, and its crJSON; None if it has no manifest that can be parsed.

    Without `check_times`, a time-stamp counts whoever made it.
    """
    import c2pa

    name = _media_type(data)
    if not name:
        return None
    verify = {**_OFFLINE, "verify_trust": bool(trust), "verify_timestamp_trust": check_times}
    settings: dict[str, Any] = {"verify": verify}
    if trust:
        settings["trust"] = dict(trust)
    try:
        with c2pa.Context.from_dict(settings) as context, c2pa.Reader(name, BytesIO(data), context=context) as reader:
            report, document = json.loads(reader.json()), json.loads(reader.crjson())
    except (c2pa.C2paError, ValueError):
        return None
    return (report, document) if isinstance(report, Mapping) and isinstance(document, Mapping) else None


def _media_type(data: bytes) -> str:
    """Returns the media type of a file that may hold a manifest; empty for any other."""
    if data[4:8] == b"ftyp" and b"avif" in data[8:64]:
        return "image/avif"
    return next((name for magic, name in _MAGIC if data.startswith(magic)), "")


def read_store(store: bytes, *known: SigningKeys) -> Credentials | None:
    """Reads a manifest store without its file, whose hash then cannot fit; None if it cannot be parsed."""
    import c2pa

    trust = {
        "trust_anchors": "".join(keys.root for keys in known),
        "allowed_list": "".join(keys.leaf for keys in known),
    }
    settings: dict[str, Any] = {
        "verify": {**_OFFLINE, "verify_trust": bool(known)},
        "trust": {name: pem for name, pem in trust.items() if pem},
    }
    try:
        with (
            c2pa.Context.from_dict(settings) as context,
            c2pa.Reader(MEDIA_TYPE, BytesIO(store), context=context) as reader,
        ):
            return parse_report(json.loads(reader.json()), json.loads(reader.crjson()))
    except (c2pa.C2paError, ValueError):
        return None
