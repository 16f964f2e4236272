"""Times the invisible mark of this checkout and of an earlier commit side by side, in turns, on the same pictures.

    python -m benchmarks.marks.side_by_side --against 52ba431

The commit is checked out into a folder of its own for as long as it takes. Each picture goes to both in turn, several
times, each time in a fresh process, so that whatever else the machine does falls on both alike. Printed are medians of
processor time of one thread, and their ratio.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from benchmarks.marks.pictures import ROOT
from benchmarks.marks.random_shapes import drawings, source_files
from benchmarks.marks.survival import WORK

# Runs in either checkout: marks a picture, reads it as made and reduced, and looks for a mark where there is none.
_TIMED = """
import json, sys, time
import cv2
from PIL import Image
from safety.generation import Stamp
from safety.marks.invisible.detect import detect
from safety.marks.invisible.embed import embed
cv2.setNumThreads(1)
def timed(work):
    started = time.process_time()
    result = work()
    return result, 1000 * (time.process_time() - started)
warm = Image.effect_noise((160, 160), 60).convert("RGB")
detect(embed(warm, Stamp(1)).resize((200, 200)))
image = Image.open(sys.argv[1]).convert("RGB")
marked, write = timed(lambda: embed(image, Stamp(5)))
reduced = marked.resize((marked.width * 3 // 4, marked.height * 3 // 4))
times = [timed(lambda: detect(picture))[1] for picture in (marked, reduced, image)]
print(json.dumps([write, *times]))
"""
MEASURED = ("write", "read as made", "read at three quarters", "say that there is none")


def ratios(here: list[list[float]], there: list[list[float]]) -> list[tuple[str, float, float, float]]:
    """Returns name, median here, median there (ms) and the median ratio of what was measured, run by run."""
    found = []
    for number, name in enumerate(MEASURED):
        new, old = ([run[number] for run in runs] for runs in (here, there))
        ratio = statistics.median(one / other for one, other in zip(new, old, strict=True))
        found.append((name, statistics.median(new), statistics.median(old), ratio))
    return found


def measure(checkout: Path, picture: Path) -> list[float]:
    """Returns the times in ms of one fresh process that runs in a checkout."""
    # One thread each: the libraries' own threads would count twice.
    environment = {**os.environ, "PYTHONPATH": str(checkout), "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    command = [sys.executable, "-c", _TIMED, str(picture)]
    done = subprocess.run(command, cwd=checkout, env=environment, check=True, capture_output=True, text=True)
    return [float(value) for value in json.loads(done.stdout.splitlines()[-1])]


def main() -> None:
    """Draws the pictures, times both versions on them in turns and prints the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--against", required=True, help="a commit")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--pictures", type=int, default=6)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--folder", type=Path, action="append", default=[], help="a folder of pictures of your own")
    parser.add_argument("--work", type=Path, default=WORK, help="where drawn pictures are kept")
    options = parser.parse_args()
    groups = source_files(options.work, options.folder, 40)
    here: list[list[float]] = []
    there: list[list[float]] = []
    with tempfile.TemporaryDirectory() as folder:
        earlier, picture = Path(folder) / "earlier", Path(folder) / "picture.png"
        git = ["git", "-C", str(ROOT), "worktree"]
        subprocess.run([*git, "add", "--quiet", "--detach", str(earlier), options.against], check=True)
        try:
            for drawing in drawings(np.random.default_rng(options.seed), groups, options.pictures):
                drawing.image.save(picture)
                for _ in range(options.rounds):
                    here.append(measure(ROOT, picture))
                    there.append(measure(earlier, picture))
        finally:
            subprocess.run([*git, "remove", "--force", str(earlier)], check=True)
    print(f"| ms, median of {len(here)} | here | {options.against} | ratio, median |\n|---|--:|--:|--:|")
    for name, new, old, ratio in ratios(here, there):
        print(f"| {name} | {new:.0f} | {old:.0f} | {ratio:.2f} |")


if __name__ == "__main__":
    main()
