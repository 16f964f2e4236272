"""Compares what other implementations of C2PA read in exports of every kind and format with what is read here.

    (cd benchmarks/marks/credentials_elsewhere && npm install --ignore-scripts)
    pip install encypher-c2pa      # in an environment of its own, if wanted: `--python` names its interpreter
    python -m benchmarks.marks.readers_elsewhere [--readers FOLDER] [--python PATH]

For each file: labels of all manifests, their actions with source types, their ingredients; and whether it validates.
Each is read once more with one byte changed, which every reader has to refuse.
"""

from __future__ import annotations

import argparse
import json
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from safety.generation import Stamp
from safety.marks import Marks
from safety.marks.crjson import as_mapping, manifests
from safety.marks.export import Exporter, Provenance
from safety.marks.keys import signing_keys
from safety.marks.rubric import evaluate
from tests.fakes_marks import file_of, flat_art, photograph

FOLDER = Path(__file__).parent / "credentials_elsewhere"
SUFFIXES = (".png", ".jpg", ".webp")
MADE = Provenance(engine="pocket", model="pocket 1")
# encypher-c2pa is a validator in Rust that shares no code with c2pa-rs. It is asked for no network and no telemetry.
ENCYPHER = """
import json, sys, encypher_c2pa
kinds = {".png": "image/png", ".jpg": "image/jpeg", ".webp": "image/webp"}
encypher_c2pa.configure_telemetry(False)
for path in sys.argv[1:]:
    said = json.loads(encypher_c2pa.verify_bytes(open(path, "rb").read(), kinds[path[path.rindex("."):]], "{}"))
    print(json.dumps({"file": path, "said": said}))
"""


# Label of each manifest -> its actions with their source types, and its ingredients with the manifests that they name.
Chain = Mapping[str, tuple[tuple[tuple[str, ...], ...], tuple[tuple[str, ...], ...]]]


@dataclass(frozen=True, slots=True)
class Reading:
    """Holds what one reader says of a file."""

    is_valid: bool
    chain: Chain


def exports(folder: Path) -> Iterator[Path]:
    """Writes an export of each kind in each format; the last kind is one of another studio, marked here."""
    exporter, other = Exporter(Marks(folder / "keys")), Exporter(Marks(folder / "other keys"))
    first = other.export(photograph(1), MADE, folder / "other.jpg").path
    small = exporter.export(flat_art(2), Provenance(Stamp(7), engine="pocket", model="pocket 1"), folder / "small.png")
    picture, earlier = exporter.marks.open_file(small.path.read_bytes())
    for suffix in SUFFIXES:
        yield exporter.export(photograph(3), Provenance(engine="pocket"), folder / f"made{suffix}").path
        enlarged = Provenance(engine="pocket", source=str(small.stamp))
        large = picture.resize((1024, 1024))
        yield exporter.export(large, enlarged, folder / f"enlarged{suffix}", earlier).path
        another = Provenance(small.stamp, engine="pocket")
        yield exporter.reencode(small.path, another, folder / f"in-another-format{suffix}").path
        foreign, credentials = exporter.marks.open_file(first.read_bytes())
        yield exporter.export(foreign, Provenance(), folder / f"marked{suffix}", credentials).path
        plain, _ = exporter.marks.open_file(file_of(photograph(4), "JPEG"))
        yield exporter.export(plain, Provenance(), folder / f"marked-without-credentials{suffix}").path


def broken(path: Path) -> Path:
    """Writes a copy of a file with one byte of its pixels changed; returns where."""
    data = bytearray(path.read_bytes())
    # Well before the end, so that the file still ends as its format wants; in WebP the manifest lies at the end.
    place = len(data) // 2 if path.suffix == ".webp" else -40
    data[place] ^= 1
    copy = path.with_name(f"broken-{path.name}")
    copy.write_bytes(data)
    return copy


def read_here(path: Path, marks: Marks) -> Reading:
    """Reads a file as Verify does."""
    document = marks.crjson(path)
    failures = as_mapping(as_mapping(document["manifests"][0]).get("validationResults")).get("failure")
    return Reading(not failures, _chain(document))


def read_by_node(readers: Path, root: Path, files: list[Path]) -> dict[str, dict[str, Reading]]:
    """Reads files with the readers of read.mjs; returns reader -> file -> reading."""
    command = ["node", str(readers / "read.mjs"), str(root), *map(str, files)]
    found: dict[str, dict[str, Reading]] = {}
    for row in _json_lines(command):
        for reader, said in row["readers"].items():
            chain = {
                one["label"]: (tuple(map(tuple, one["actions"])), tuple(map(tuple, one["ingredients"])))
                for one in said["manifests"]
            }
            found.setdefault(reader, {})[row["file"]] = Reading(said["valid"], chain)
    return found


def read_by_encypher(python: str, files: list[Path]) -> dict[str, Reading]:
    """Reads files with encypher-c2pa; returns file -> reading. It knows no trust list here: "untrusted" is no fault."""
    found = {}
    for row in _json_lines([python, "-c", ENCYPHER, *map(str, files)]):
        report = as_mapping(row["said"].get("manifest_report"))
        document = {
            "manifests": [
                {"label": label, "assertions": {one["label"]: one["data"] for one in manifest["assertions"]}}
                for label, manifest in as_mapping(report.get("manifests")).items()
            ]
        }
        found[row["file"]] = Reading(row["said"].get("validation_state") in ("Valid", "Trusted"), _chain(document))
    return found


def _chain(document: object) -> Chain:
    return {
        one.label: (
            tuple((action.name, action.source_type) for action in one.actions()),
            tuple((ingredient.relationship, ingredient.manifest) for ingredient in one.ingredients()),
        )
        for one in manifests(document)
    }


def _json_lines(command: list[str]) -> Iterator[dict[str, Any]]:
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    yield from map(json.loads, done.stdout.splitlines())


def main() -> None:
    """Prints for each reader how many files it agrees on, and every file that it does not agree on."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--readers", type=Path, default=FOLDER, help="where npm install was run")
    parser.add_argument("--python", default="", help="an interpreter that has encypher-c2pa")
    given = parser.parse_args()
    with TemporaryDirectory() as name:
        folder = Path(name)
        files = list(exports(folder))
        marks = Marks(folder / "keys")
        rules = [result for path in files for result in evaluate(marks.crjson(path))]
        kept = sum(result.is_kept for result in rules)
        print(f"{len(files)} exports; rules of the public rubric kept: {kept} of {len(rules)}")
        changed = [broken(path) for path in files]
        root = folder / "root.pem"
        root.write_text(signing_keys(folder / "keys").root)
        here = {str(path): read_here(path, marks) for path in files + changed}
        readers = read_by_node(given.readers, root, files + changed)
        if given.python:
            readers["encypher-c2pa"] = read_by_encypher(given.python, files + changed)
        for reader, found in readers.items():
            same = [path for path in map(str, files) if found[path] == here[path]]
            refused = [path for path in map(str, changed) if not found[path].is_valid]
            print(f"{reader}: agrees on {len(same)} of {len(files)}; refuses {len(refused)} of {len(changed)} changed")
            for path in sorted(set(map(str, files)) - set(same)):
                print(f"  {Path(path).name}: {found[path]} instead of {here[path]}")


if __name__ == "__main__":
    main()
