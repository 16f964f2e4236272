"""Licences, bill of materials and vulnerabilities, all read from the lock file without a network."""

from __future__ import annotations

import importlib.util
import json
import sys
import zipfile
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tests.sources import ROOT


@pytest.fixture(scope="module")
def supply() -> ModuleType:
    spec = importlib.util.spec_from_file_location("supply", ROOT / ".ci" / "supply.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules["supply"] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def lock(tmp_path: Path) -> Path:
    file = tmp_path / "requirements.lock"
    hashes = f" \\\n    --hash=sha256:{'a' * 64} \\\n    --hash=sha256:{'b' * 64}\n"
    file.write_text(f"pydantic==2.0.0{hashes}    # via -r x\nuvicorn[standard]==0.30.1 ; x{hashes}", "utf-8")
    return file


def test_every_pin_of_the_real_lock_is_in_the_bill_of_materials(supply: ModuleType) -> None:
    bill = supply.sbom(supply.packages(ROOT / "requirements.lock"))
    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.6")
    references = [component["bom-ref"] for component in bill["components"]]
    assert len(set(references)) == len(references) > 50
    assert bill["dependencies"][0]["dependsOn"] == references
    assert all(component["externalReferences"][0]["hashes"] for component in bill["components"])


def test_a_pin_is_read_with_its_hashes(supply: ModuleType, lock: Path) -> None:
    read = [(package.name, package.version, len(package.hashes)) for package in supply.packages(lock)]
    assert read == [("pydantic", "2.0.0", 2), ("uvicorn", "0.30.1", 2)]


@pytest.mark.parametrize(
    ("licence", "allowed"),
    [
        ("MIT", True),
        ("BSD License", True),
        ("Apache-2.0 AND BSD-3-Clause", True),
        ("Mozilla Public License 2.0 (MPL 2.0)", True),
        ("MIT OR GPL-2.0-only", True),
        ("LGPL-3.0", True),
        ("GPL-3.0-only", False),
        ("AGPL-3.0", False),
        ("MIT AND GPL-3.0", False),
        ("GNU General Public License v3 (GPLv3)", False),
        ("CC-BY-NC: non-commercial", False),
        ("", False),
        ("All rights reserved", False),
    ],
)
def test_a_licence_is_allowed_by_what_it_says(supply: ModuleType, licence: str, allowed: bool) -> None:
    assert supply.Package("x", "1", (), licence).is_allowed is allowed


def events(*pairs: tuple[str, str]) -> dict[str, Any]:
    return {"ranges": [{"type": "ECOSYSTEM", "events": [{kind: version} for kind, version in pairs]}]}


@pytest.mark.parametrize(
    ("affected", "found"),
    [
        pytest.param({"versions": ["2.0.0"]}, True, id="named"),
        pytest.param({"versions": ["2.0.1"]}, False, id="another one named"),
        pytest.param(events(("introduced", "0"), ("fixed", "2.0.1")), True, id="before the fix"),
        pytest.param(events(("introduced", "0"), ("fixed", "2.0.0")), False, id="mended in it"),
        pytest.param(events(("introduced", "2.1")), False, id="later"),
        pytest.param(events(("introduced", "1.0"), ("last_affected", "2.0.0")), True, id="the last one"),
        pytest.param(events(("introduced", "0"), ("fixed", "no version")), True, id="what cannot be compared"),
    ],
)
def test_advisories_are_matched_without_a_network(
    supply: ModuleType, lock: Path, tmp_path: Path, affected: dict[str, Any], found: bool
) -> None:
    package = {"name": "Pydantic", "ecosystem": "PyPI"}
    advisory = {"id": "PYSEC-1", "affected": [{"package": package, **affected}]}
    elsewhere = {"id": "GHSA-2", "affected": [{"package": {**package, "ecosystem": "npm"}, "versions": ["2.0.0"]}]}
    withdrawn = {**advisory, "id": "PYSEC-3", "withdrawn": "2026-01-01T00:00:00Z"}
    archive = tmp_path / "all.zip"
    with zipfile.ZipFile(archive, "w") as out:
        for one in (advisory, elsewhere, withdrawn):
            out.writestr(f"{one['id']}.json", json.dumps(one))
    assert supply.check_vulnerabilities(lock, archive) == (1 if found else 0)
    assert [line.split()[2] for line in supply.known_vulnerabilities(supply.packages(lock), archive)] == (
        ["PYSEC-1"] if found else []
    )
