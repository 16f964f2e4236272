"""What the documents say of files is so: every path that they name exists, and the drawn tree is the tree."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import PurePosixPath

import pytest

from tests.sources import PACKAGES, ROOT, tracked_files

# Told as it was on the day: what they name may have moved since.
HISTORY = ("docs/changelog.md", "docs/decisions/")
ARCHITECTURE = "docs/architecture.md"

# A name in backticks is meant as a path where it has a slash, or ends as files do.
IN_BACKTICKS = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
PATH = re.compile(r"\.?[\w*][\w.*-]*(/[\w.*-]+)*/?")
FILE = re.compile(r".+\.(py|md|toml|tsv|txt|json|css|svg|sql|lock|onnx|safetensors|mjs|ttf|png|jpg|sqlite3)")
LINK = re.compile(r"\]\((?!\w+:|#)([^)#\s]+)")

# Path or pattern -> why it is named and is not among the files. An entry that no document needs has to go.
ELSEWHERE = {
    "build/*": "made by training and by benchmarks, never committed",
    "10.0.0.0/8": "a network",
    "SAFELIGHT_HOME/models": "in the operator's folder",
    "school.toml": "a mode that the reader is to write",
    "things.json": "written by training/pocket into its build folder",
    "vae/": "a folder of a training run's output",
    "unet/": "a folder of a training run's output",
    "train/": "a folder of the data that training/prompt_classifier is pointed at",
    "dev/": "a folder of the data that training/prompt_classifier is pointed at",
    "engine.toml": "written by training/align beside an adapter",
    "scale.txt": "written by training/pocket into its build folder",
    "figures.md": "written by training/pocket into its build folder",
    "cat.*": "a made-up picture and its sidecar files, in docs/filter.md",
    "data/": "written by `filter`",
    "quarantine/": "written by `filter`",
    "seen/": "written by `filter`",
    "report.*": "written by `filter`",
    "export.json": "written by `feedback export`",
}


def documents() -> list[str]:
    found = [path for path in tracked_files() if path.endswith(".md")]
    if not found:
        pytest.skip("This is no clone: which files belong to the repository is not known.")
    return found


def named_paths(text: str) -> Iterator[tuple[int, str]]:
    """Yields the line number and the path, for each path in backticks or behind a link."""
    for number, line in enumerate(text.splitlines(), 1):
        for name in IN_BACKTICKS.findall(line):
            if PATH.fullmatch(name) and ("/" in name or FILE.fullmatch(name)):
                yield number, name
        for target in LINK.findall(line):
            yield number, target


def exists(name: str, document: str) -> bool:
    """Says whether files have this path from the root or from the document's folder, or this bare name anywhere."""
    files = tracked_files()
    wanted = name.removesuffix("/")
    beside = (PurePosixPath(document).parent / wanted).as_posix()
    if "/" not in wanted and any(PurePosixPath(path).name == wanted for path in files):
        return True
    if ".." in wanted:
        return (ROOT / document).parent.joinpath(wanted).exists()
    return any(
        fnmatchcase(path, pattern) or fnmatchcase(path, f"{pattern}/*")
        for pattern in (wanted, beside)
        for path in files
    )


def test_every_path_that_a_document_names_exists() -> None:
    missing, excused = [], set()
    for document in documents():
        for line, name in named_paths((ROOT / document).read_text("utf-8")):
            if document.startswith(HISTORY) or exists(name, document):
                continue
            excuses = [pattern for pattern in ELSEWHERE if fnmatchcase(name, pattern)]
            excused.update(excuses)
            if not excuses:
                missing.append(f"{document}:{line}: {name}")
    missing += [f"{pattern}: in ELSEWHERE, and named nowhere" for pattern in ELSEWHERE if pattern not in excused]
    assert not missing, "\n" + "\n".join(missing)


# The tree of docs/architecture.md stands in one block fenced by ```tree. Each of its lines is a path from the root,
# then two or more spaces and a comment; a folder's path ends in a slash. Blank lines part groups.
TREE = re.compile(r"^```tree\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def drawn_tree() -> list[str]:
    documents()
    path = ROOT / ARCHITECTURE
    if not path.exists():
        pytest.skip(f"{ARCHITECTURE} is not written yet.")
    blocks = TREE.findall(path.read_text("utf-8"))
    assert len(blocks) == 1, f"{ARCHITECTURE} has {len(blocks)} blocks fenced by ```tree; there should be one."
    return [re.split(r" {2,}", line)[0].strip() for line in blocks[0].splitlines() if line.strip()]


def test_the_tree_draws_nothing_that_is_gone_and_nothing_twice() -> None:
    drawn = drawn_tree()
    folders = {f"{parent}/" for path in tracked_files() for parent in PurePosixPath(path).parents}
    wrong = [f"{path}: no such file or folder" for path in drawn if path not in folders | {*tracked_files()}]
    wrong += [f"{path}: drawn twice" for path in sorted({path for path in drawn if drawn.count(path) > 1})]
    assert not wrong, "\n" + "\n".join(wrong)


def test_the_tree_leaves_nothing_out() -> None:
    """Each folder at the root is drawn, and each folder and module of the program; `__init__` and migrations go
    without saying.
    """
    drawn, wanted = set(drawn_tree()), set[str]()
    for path in tracked_files():
        top, _, below = path.partition("/")
        if below and not top.startswith("."):
            wanted.add(f"{top}/")
        if path == "app.py" or (top in PACKAGES and path.endswith(".py") and "/migrations/" not in path):
            folder, _, name = path.rpartition("/")
            wanted.update({f"{folder}/" if folder else path, path} if name != "__init__.py" else {f"{folder}/"})
    missing = sorted(wanted - drawn)
    assert not missing, "\n" + "\n".join(missing)
