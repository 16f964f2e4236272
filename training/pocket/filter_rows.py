"""Takes what the embedded model would learn from through the studio's own filter of training data (docs/filter.md).

A row is one picture of one thing, on white, with its words: the checks, the policy and the stages are those of
`python app.py filter`, and the manifest says of each row what was decided. What it refuses is not learned.
"""

import base64
import hashlib
import io
import json
import shutil
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image

from studio.curation.filter_run import REPORT, FilterRun
from studio.curation.looking import FilterRules, Pipeline, make_pipeline
from studio.curation.place import DataPlace
from studio.curation.row_manifest import KEPT, read_manifest
from studio.curation.workers import LookingEngine
from training.pocket.objects import Removed, Thing

ROWS, FILTERED = "rows.jsonl", "filtered"
RULE = "safety.filter"  # the rule that is no list: a ruling of the studio's filter of training data
# Emoji on white are flat, and skin tones of one emoji are near copies: both are wanted here.
RULES = FilterRules(without=("quality", "duplicate"))


def rows(things: Sequence[Thing], pictures: Iterable[np.ndarray]) -> Iterator[dict[str, str]]:
    """Yield a row for each picture; `pictures`: uint8 RGBA, all pictures of all things in order."""
    faces = ((thing, number) for thing in things for number in range(len(thing.files)))
    for (thing, number), picture in zip(faces, pictures, strict=True):
        gender, _, tone = thing.notes[number].partition("|")
        words = " ".join(word for word in (gender, thing.label, f"with {tone} skin" if tone else "") if word)
        yield {"id": name(thing, number), "caption": words, "source": thing.files[number], "image": png(picture)}


def name(thing: Thing, number: int) -> str:
    """The id of a thing's picture in the manifest."""
    return f"{thing.label}/{number}"


def png(cutout: np.ndarray) -> str:
    """A cutout on white, as PNG in base64."""
    layer, file = Image.fromarray(np.asarray(cutout)), io.BytesIO()
    white = Image.new("RGB", layer.size, "white")
    white.paste(layer, mask=layer.getchannel("A"))
    white.save(file, "PNG")
    return base64.b64encode(file.getvalue()).decode()


def filtered(
    things: Sequence[Thing],
    pictures: Iterable[np.ndarray],
    work: Path,
    engine: LookingEngine,
    pipeline: Callable[[FilterRules], Pipeline] = make_pipeline,
) -> tuple[list[Thing], list[Removed]]:
    """Run the filter over all rows, in a folder of `work`/filtered; return what it keeps, and labels without pictures.

    A run of the same rows that was ended is gone on with; one that came to its end is done anew, since checks change.
    """
    digest = hashlib.sha256()
    with open(work / ROWS, "w", encoding="utf-8") as file:
        for row in rows(things, pictures):
            line = json.dumps(row) + "\n"
            digest.update(line.encode())
            file.write(line)
    out = work / FILTERED / digest.hexdigest()[:12]
    if (out / REPORT).exists():
        shutil.rmtree(out)
    FilterRun(str(work / ROWS), str(out), RULES, resume=out.exists(), dry_run=True, pipeline=pipeline).run(engine)
    return without_refused(things, out)


def without_refused(things: Sequence[Thing], out: Path) -> tuple[list[Thing], list[Removed]]:
    """The things with those pictures that the manifest in `out` keeps, and the labels of which it keeps none."""
    verdicts: defaultdict[str, str] = defaultdict(str)
    for row in read_manifest(DataPlace(str(out)), ["id", "verdict"]):
        verdicts[row["id"]] = row["verdict"]
    kept: list[Thing] = []
    removed: list[Removed] = []
    for thing in things:
        # A picture that the manifest does not know was not looked at.
        stay = [number for number in range(len(thing.files)) if verdicts[name(thing, number)] == KEPT]
        files, notes = (tuple(each[number] for number in stay) for each in (thing.files, thing.notes))
        if stay:
            kept.append(replace(thing, files=files, notes=notes))
        else:
            removed.append(Removed(thing.label, RULE))
    return kept, removed
