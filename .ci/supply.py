"""What this project is made of, from its lock file: licences, a bill of materials, known vulnerabilities.

    supply.py licences REQUIREMENTS.lock            exit 1 where a licence is not on the list, or cannot be told
    supply.py sbom REQUIREMENTS.lock OUT.json       CycloneDX 1.6
    supply.py vulnerabilities REQUIREMENTS.lock [ADVISORIES.zip]

Licences are those that the installed packages state: no network is asked. Vulnerabilities come from OSV's archive of
PyPI where one is at hand (https://osv-vulnerabilities.storage.googleapis.com/PyPI/all.zip), else from pip-audit. What
could not be looked at is named, and is no success.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

PIN = re.compile(r"^([\w.-]+)(?:\[[\w,-]+\])?==([^\s;\\]+)", re.MULTILINE)
HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")
# Licences that let anybody use, change and sell what is made with them, as their texts and classifiers are worded.
PERMISSIVE = re.compile(
    r"\b(MIT|BSD|Apache|ISC|PSF|Python Software Foundation|0BSD|Unlicense|CC0|Zlib|HPND|CMU|MPL|Mozilla|OFL|Artistic)",
    re.IGNORECASE,
)
# Weak copyleft holds for the library's own files, which are used as they are; the strong kinds would hold for ours.
RESTRICTIVE = re.compile(r"(?<!L)(?<!Lesser )\b(AGPL|GPL|GNU (Affero )?General|SSPL|non.?commercial)", re.IGNORECASE)
LIBRARY = re.compile(r"\b(LGPL|Lesser General)", re.IGNORECASE)
# Read by hand, since their packages state none: name -> licence.
READ_BY_HAND = {
    "nvidia": "NVIDIA's own: the runtime of CUDA, installed for torch and not shipped",
    "cuda-toolkit": "NVIDIA's own: names the packages of that runtime",
    "resvg-py": "MIT",
}


@dataclass(frozen=True)
class Package:
    """One pinned package. `licence` is what it states; "" where it is not installed or says nothing."""

    name: str
    version: str
    hashes: tuple[str, ...]
    licence: str = ""

    @property
    def is_allowed(self) -> bool:
        """Tells whether the licence is on the list."""
        if any(canonicalize_name(self.name).startswith(name) for name in READ_BY_HAND):
            return True
        allowed = PERMISSIVE.search(self.licence) or LIBRARY.search(self.licence)
        # "MIT OR GPL" leaves the choice to us.
        restricted = RESTRICTIVE.search(self.licence) and not re.search(r"\bOR\b", self.licence)
        return bool(allowed) and not restricted


def packages(lock: Path) -> list[Package]:
    """Returns the pins of a lock file with their hashes and stated licences, by name."""
    text = lock.read_text("utf-8")
    pins = list(PIN.finditer(text))
    ends = [pin.start() for pin in pins[1:]] + [len(text)]
    return [
        Package(pin[1], pin[2], tuple(HASH.findall(text[pin.end() : end])), stated_licence(pin[1]))
        for pin, end in zip(pins, ends, strict=True)
    ]


def stated_licence(name: str) -> str:
    """Returns the licence that an installed package states: as an expression, by classifiers, or in words."""
    try:
        info = metadata.metadata(name)
    except metadata.PackageNotFoundError:
        return ""
    if expression := info.get("License-Expression"):
        return str(expression)
    classifiers = [line for line in info.get_all("Classifier") or [] if line.startswith("License ::")]
    if named := [line.rpartition(":: ")[2] for line in classifiers if line != "License :: OSI Approved"]:
        return " AND ".join(named)
    return str(info.get("License") or "").strip().partition("\n")[0]


def sbom(found: Sequence[Package]) -> dict[str, Any]:
    """Returns a CycloneDX 1.6 bill of materials (ECMA-424). It names no time, so that the same lock gives the same."""
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": {"type": "application", "name": "safelight", "bom-ref": "safelight"}},
        "components": [_component(package) for package in found],
        "dependencies": [{"ref": "safelight", "dependsOn": [_purl(package) for package in found]}],
    }


def _component(package: Package) -> dict[str, Any]:
    licence = [{"license": {"name": package.licence}}] if package.licence else []
    return {
        "type": "library",
        "bom-ref": _purl(package),
        "name": package.name,
        "version": package.version,
        "purl": _purl(package),
        "licenses": licence,
        # One for each file that the lock lets pip install; a hash of a component would name a single one.
        "externalReferences": [
            {
                "type": "distribution",
                "url": f"https://pypi.org/project/{package.name}/{package.version}/",
                "hashes": [{"alg": "SHA-256", "content": content} for content in package.hashes],
            }
        ],
    }


def _purl(package: Package) -> str:
    return f"pkg:pypi/{canonicalize_name(package.name)}@{package.version}"


def known_vulnerabilities(found: Sequence[Package], archive: Path) -> Iterator[str]:
    """Yields a sentence for each advisory of an archive of OSV that holds for a pinned version."""
    pinned = {canonicalize_name(package.name): package.version for package in found}
    with zipfile.ZipFile(archive) as advisories:
        for name in advisories.namelist():
            advisory = json.loads(advisories.read(name))
            for affected in advisory.get("affected", []) if not advisory.get("withdrawn") else []:
                package = affected.get("package", {})
                version = pinned.get(canonicalize_name(package.get("name", "")))
                if package.get("ecosystem") == "PyPI" and version and _is_affected(version, affected):
                    yield f"{package['name']} {version}: {advisory['id']} {advisory.get('summary', '')}".rstrip()


def _is_affected(version: str, affected: dict[str, Any]) -> bool:
    if version in affected.get("versions", []):
        return True
    ranges = [one for one in affected.get("ranges", []) if one.get("type") == "ECOSYSTEM"]
    return any(_in_range(Version(version), one.get("events", [])) for one in ranges)


def _in_range(version: Version, events: Sequence[dict[str, str]]) -> bool:
    """Tells whether a version lies in a range of OSV: the last event at or below it counts."""
    inside = False
    for event in events:
        ((kind, text),) = event.items()
        try:
            at = Version("0.dev0" if text == "0" else text)
        except InvalidVersion:
            # What cannot be compared is taken to hold.
            return True
        if at <= version:
            inside = kind == "introduced" or (kind == "last_affected" and at == version)
    return inside


def check_licences(lock: Path) -> int:
    """Prints each package whose licence is not allowed or not known; returns the exit code."""
    found = packages(lock)
    wrong = [package for package in found if not package.is_allowed]
    for package in wrong:
        print(f"{package.name} {package.version}: {package.licence or 'not installed, or it states no licence'}")
    print(f"{len(found) - len(wrong)} of {len(found)} packages have a licence of the list.")
    return 1 if wrong else 0


def check_vulnerabilities(lock: Path, archive: Path | None) -> int:
    """Prints what is known to be vulnerable; returns 1 for findings and 3 where somebody could not be asked."""
    if archive is not None:
        findings = sorted(known_vulnerabilities(packages(lock), archive))
        print("\n".join(findings) or "No known vulnerability.")
        return 1 if findings else 0
    command = ["pip-audit", "-r", str(lock), "--no-deps", "--disable-pip", "--require-hashes", "-f", "json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    try:
        answers = json.loads(done.stdout)["dependencies"]
    except (ValueError, KeyError):
        print(f"pip-audit could not look: {done.stderr.strip().splitlines()[-1:]}")
        return 3
    for answer in answers:
        for one in answer.get("vulns", []):
            print(f"{answer['name']} {answer['version']}: {one['id']}, mended in {one['fix_versions']}")
    skipped = [answer["name"] for answer in answers if "skip_reason" in answer]
    if skipped:
        print(f"{len(skipped)} of {len(answers)} packages could not be looked up: give an archive of OSV instead.")
        return 3
    return 1 if any(answer.get("vulns") for answer in answers) else 0


def main(arguments: Sequence[str]) -> int:
    """Runs one command; returns its exit code."""
    match arguments:
        case ["licences", lock]:
            return check_licences(Path(lock))
        case ["sbom", lock, out]:
            Path(out).write_text(json.dumps(sbom(packages(Path(lock))), indent=1) + "\n", "utf-8")
            return 0
        case ["vulnerabilities", lock, *archive] if len(archive) <= 1:
            return check_vulnerabilities(Path(lock), Path(archive[0]) if archive else None)
    print(__doc__)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
