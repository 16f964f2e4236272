"""Reads crJSON, the JSON in which C2PA's conformance programme has a validator tell what it found (format 2.4).

Documents come from files of any maker: a part that is missing or of another shape is empty, and nothing raises.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

_URN = "urn:"
_STORE = "/c2pa/"


@dataclass(frozen=True, slots=True)
class Action:
    """Holds one action: its name, the source type that it names, and its parameters; empty where there is none."""

    name: str
    source_type: str
    parameters: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Ingredient:
    """Holds one ingredient. `manifest` is the label of its manifest; empty for a file that had none."""

    relationship: str
    manifest: str
    source_type: str
    is_validated: bool


@dataclass(frozen=True, slots=True)
class Manifest:
    """Holds one manifest of a document. `results` are codes by kind ("success", "failure"); None where none stand."""

    label: str
    assertions: Mapping[str, Mapping[str, Any]]
    claim: Mapping[str, Any]
    results: Mapping[str, tuple[str, ...]] | None

    def action_lists(self) -> list[Mapping[str, Any]]:
        """Returns the assertions that list actions."""
        return [data for data in self.assertions.values() if isinstance(data.get("actions"), list)]

    def actions(self) -> list[Action]:
        """Returns all actions in their order."""
        actions = (as_mapping(action) for data in self.action_lists() for action in as_list(data["actions"]))
        return [
            Action(text(action, "action"), text(action, "digitalSourceType"), as_mapping(action.get("parameters")))
            for action in actions
        ]

    def ingredients(self) -> list[Ingredient]:
        """Returns all ingredients in their order."""
        return [
            Ingredient(
                text(data, "relationship"),
                _urn(text(as_mapping(data.get("activeManifest")), "url")),
                text(data, "digitalSourceType"),
                "validationResults" in data,
            )
            for data in self.assertions.values()
            if "relationship" in data
        ]

    def builds_on(self) -> list[str]:
        """Returns the labels of the manifests that its ingredients had; until version 3 they are named otherwise."""
        named = (data.get(key) for data in self.assertions.values() for key in ("activeManifest", "c2pa_manifest"))
        urls = [text(as_mapping(one), "url") for one in named]
        # Older labels have their maker's name before "urn:".
        return [url.partition(_STORE)[2].partition("/")[0] or _urn(url) for url in urls if url]

    def listed(self, kind: str) -> list[str]:
        """Returns the addresses of assertions that the claim lists as "created_assertions" or "gathered_assertions"."""
        return [text(as_mapping(one), "url") for one in as_list(self.claim.get(kind))]

    def generator(self) -> Mapping[str, Any]:
        """Returns the facts on the program that wrote the claim."""
        info = self.claim.get("claim_generator_info")
        return as_mapping(next(iter(info), None) if isinstance(info, list) else info)


def manifests(document: object) -> list[Manifest]:
    """Returns the manifests of a document, the active one first."""
    return [_manifest(as_mapping(one)) for one in as_list(as_mapping(document).get("manifests"))]


def lineage(all_manifests: Sequence[Manifest]) -> Iterator[Manifest]:
    """Yields the active manifest and all that it builds on, each once; others of the file say nothing about it."""
    known = {manifest.label: manifest for manifest in all_manifests}
    waiting, seen = list(all_manifests[:1]), set[str]()
    while waiting:
        manifest = waiting.pop(0)
        if manifest.label not in seen:
            seen.add(manifest.label)
            yield manifest
            waiting += [known[label] for label in manifest.builds_on() if label in known]


def as_mapping(value: object) -> Mapping[str, Any]:
    """Returns a JSON object; an empty one for anything else."""
    return value if isinstance(value, Mapping) else {}


def as_list(value: object) -> Sequence[Any]:
    """Returns a JSON array; an empty one for anything else."""
    return value if isinstance(value, list) else []


def text(data: Mapping[str, Any], key: str) -> str:
    """Returns a string of a JSON object; empty for anything else."""
    value = data.get(key)
    return value if isinstance(value, str) else ""


def _manifest(data: Mapping[str, Any]) -> Manifest:
    results = data.get("validationResults")
    kinds = as_mapping(results)
    return Manifest(
        label=text(data, "label"),
        assertions={str(name): as_mapping(value) for name, value in as_mapping(data.get("assertions")).items()},
        claim=as_mapping(data.get("claim.v2") or data.get("claim")),
        results={
            kind: tuple(text(as_mapping(entry), "code") for entry in as_list(kinds.get(kind)))
            for kind in ("success", "informational", "failure")
        }
        if isinstance(results, Mapping)
        else None,
    )


def _urn(url: str) -> str:
    """Returns the label of the manifest that an address inside the file leads to."""
    return _URN + url.partition(_URN)[2].partition("/")[0] if _URN in url else ""
