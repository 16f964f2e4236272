"""Reads what a C2PA manifest says, whoever signed it. Every part may be missing or of another shape: nothing raises."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from safety.generation import Stamp
from safety.marks.crjson import lineage, manifests
from safety.marks.provenance import parse_stamp
from safety.marks.signals import Signals, signals
from safety.marks.training_permission import TrainingUse, reservations_of, uses_of

SOFT_BINDING = "safelight.tilemark"  # not on C2PA's list of algorithms: other tools show it, ours resolves it
EXPORT = "safelight.export"


@dataclass(frozen=True, slots=True)
class ManifestSummary:
    """Holds what the active manifest says, true or not.

    `sources` are the digital source types of its actions, and of what it was taken from if that had no manifest.
    """

    generator: str = ""
    issuer: str = ""
    time: str = ""
    model: str = ""
    actions: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()  # codes of C2PA's own list, if it does not validate
    passed: tuple[str, ...] = ()  # codes of the same list, for what was checked and fits
    signer: str = ""  # the name in the certificate that signed
    algorithm: str = ""  # of the signature, such as "Es256"
    time_authority: str = ""  # the time as an authority attested it; empty where `time` is the signer's word
    provider: str = ""
    source: str = ""  # the stamp of the picture that this one was enlarged from
    verify: str = ""  # how to reach the maker's own detector
    watermarks: tuple[str, ...] = ()  # algorithms of soft bindings: marks that the pixels should carry
    earlier: tuple[str, ...] = ()  # generators of the manifests that this one builds on
    earlier_sources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Credentials:
    """Holds a manifest. `valid`: the file is as it was signed. `trusted`: it was signed by this studio's own key.

    `signals` are those of all manifests that it builds on, too: what the signers state about AI. So are `training`,
    for what the picture may be used, and `reservations`, the assertions that keep it from training.
    """

    stamp: Stamp | None
    valid: bool
    trusted: bool
    summary: ManifestSummary
    manifest: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)
    signals: Signals = Signals()
    training: tuple[tuple[str, TrainingUse], ...] = ()
    reservations: tuple[str, ...] = ()
    id: str = ""  # C2PA's identifier of the active manifest

    def statements(self) -> dict[str, Any]:
        """Returns what the signers state, as plain values: on AI, by the public rubric's names, and on training.

        `complete`: all that was done is said to be listed.
        """
        found = self.signals
        return {
            "says_of_ai": str(found.statement),
            "signals": {
                "inceptions": list(found.inceptions),
                "transformations": list(found.transformations),
                "complete": found.complete,
            },
            "training": {entry: str(use) for entry, use in self.training},
        }


def parse_report(report: Mapping[str, Any], document: object = None) -> Credentials | None:
    """Returns c2pa's report as a record; None if it has no active manifest. `document` is the same as crJSON."""
    told = _dict(report.get("manifests"))
    name = str(report.get("active_manifest"))
    active = _dict(told.get(name))
    if not active:
        return None
    state = str(report.get("validation_state", ""))
    results = _dict(_dict(report.get("validation_results")).get("activeManifest"))
    earlier = [_dict(manifest) for key, manifest in told.items() if key != name]
    chain = list(lineage(manifests(document)))
    return Credentials(
        stamp=_stamp(active),
        valid=state in ("Valid", "Trusted"),
        trusted=state == "Trusted",
        summary=_summary(active, results, earlier),
        manifest=active,
        signals=signals(chain),
        training=uses_of(chain),
        reservations=reservations_of(chain),
        id=name,
    )


def _summary(
    active: Mapping[str, Any], results: Mapping[str, Any], earlier: Sequence[Mapping[str, Any]]
) -> ManifestSummary:
    signature = _dict(active.get("signature_info"))
    export = next(_assertions(active, EXPORT), {})
    actions = list(_actions(active))
    return ManifestSummary(
        generator=_generator(active),
        issuer=str(signature.get("issuer", "")),
        time=str(signature.get("time") or export.get("time") or _when(actions)),
        model=str(export.get("model", "")),
        actions=tuple(str(action.get("action", "")) for action in actions),
        sources=_sources(actions) + _sources(_list(active.get("ingredients")), "digital_source_type"),
        problems=_codes(results, "failure"),
        passed=_codes(results, "success"),
        signer=str(signature.get("common_name", "")),
        algorithm=str(signature.get("alg", "")),
        time_authority=str(signature.get("time") or ""),
        provider=str(export.get("provider", "")),
        source=str(parse_stamp(str(export.get("source", ""))) or ""),
        verify=str(export.get("verify", "")),
        watermarks=tuple(str(binding.get("alg", "")) for binding in _assertions(active, "c2pa.soft-binding")),
        earlier=tuple(filter(None, map(_generator, earlier))),
        earlier_sources=tuple(source for manifest in earlier for source in _sources(list(_actions(manifest)))),
    )


def _codes(results: Mapping[str, Any], kind: str) -> tuple[str, ...]:
    """Returns each code of one kind of validation results once."""
    return tuple(dict.fromkeys(str(_dict(result).get("code", "")) for result in _list(results.get(kind))))


def _sources(parts: Sequence[object], key: str = "digitalSourceType") -> tuple[str, ...]:
    """Returns each source type that actions or ingredients name once."""
    return tuple(dict.fromkeys(str(_dict(part)[key]) for part in parts if key in _dict(part)))


def _when(actions: Sequence[Mapping[str, Any]]) -> str:
    return next((str(action["when"]) for action in actions if "when" in action), "")


def _stamp(active: Mapping[str, Any]) -> Stamp | None:
    """Returns the stamp that our soft binding names."""
    for binding in _assertions(active, "c2pa.soft-binding"):
        if binding.get("alg") == SOFT_BINDING:
            return parse_stamp(next((str(_dict(block).get("value", "")) for block in _list(binding.get("blocks"))), ""))
    return None


def _generator(manifest: Mapping[str, Any]) -> str:
    """Returns name and version of the program that made a manifest, as version 2 or version 1 of C2PA writes it."""
    info = _dict(next(iter(_list(manifest.get("claim_generator_info"))), {}))
    name = " ".join(str(info[key]) for key in ("name", "version") if key in info)
    return name or str(manifest.get("claim_generator", ""))


def _actions(manifest: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for assertion in _assertions(manifest, "c2pa.actions"):
        yield from (_dict(action) for action in _list(assertion.get("actions")))


def _assertions(manifest: Mapping[str, Any], label: str) -> Iterator[Mapping[str, Any]]:
    """Yields the data of all assertions with a label; versions (".v2") and instances ("__1") count as the same."""
    for assertion in _list(manifest.get("assertions")):
        if str(_dict(assertion).get("label", "")).startswith(label):
            yield _dict(_dict(assertion).get("data"))


def _dict(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _list(value: object) -> Sequence[Any]:
    return value if isinstance(value, list) else []
