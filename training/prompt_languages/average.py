"""Averages runs that began at the same English run, and goes a little further than they went.

    python -m training.prompt_languages.average RUN.pt... [--work build/prompt_languages] [--out without_none.pt]

The runs must have left out the same rows (`--held`), for calibrate.py measures on these.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path

import torch
from torch import Tensor

FURTHER = 0.15  # of the way from the English run to the mean of the others


def average(first: Mapping[str, Tensor], runs: Sequence[Mapping[str, Tensor]], further: float) -> dict[str, Tensor]:
    """Returns the mean of the weights of `runs`, moved away from `first` by a share of their distance."""
    found = {}
    for name, start in first.items():
        mean = torch.stack([run[name].float() for run in runs]).mean(dim=0)
        found[name] = (mean + further * (mean - start.float())).to(start.dtype)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", nargs="+", help="files below the work folder")
    parser.add_argument("--work", type=Path, default=Path("build/prompt_languages"))
    parser.add_argument("--out", default="without_none.pt", help="file below the work folder")
    args = parser.parse_args()
    first, *runs = [torch.load(args.work / name, weights_only=True) for name in ("english.pt", *args.runs)]
    torch.save(average(first, runs, FURTHER), args.work / args.out)


if __name__ == "__main__":
    main()
