"""Formats the results of benchmarks/marks/survival.py as Markdown."""

from __future__ import annotations

import statistics
from collections.abc import Iterable
from typing import Any

from benchmarks.marks.attacks import ATTACKS, BEYOND, RESEARCH, SAME_GEOMETRY
from benchmarks.marks.methods import METHODS

Row = dict[str, Any]
ORDER = {name: number for number, name in enumerate(METHODS)}


def tables(rows: list[Row]) -> str:
    """Returns one table a size, methods side by side, and below it our own figures by group of pictures."""
    parts = []
    for size in sorted({row["size"] for row in rows}):
        of_size = [row for row in rows if row["size"] == size]
        named = sorted({row["method"] for row in of_size}, key=lambda name: ORDER.get(name, len(ORDER)))
        by_method = {name: [row for row in of_size if row["method"] == name] for name in named}
        parts += [f"## {size} x {size} px", *table(by_method), "", *by_group(by_method.get("safelight", [])), ""]
    return "\n".join(parts)


def table(by_method: dict[str, list[Row]]) -> Iterable[str]:
    """Yields the lines of a table.

    Cells: mean bit accuracy / **share whose whole payload came back**, in per cent (of how many, if not all).
    """
    marked = {name: [row for row in rows if "bits" in row] for name, rows in by_method.items()}
    yield _line("", marked)
    yield _line("---", ["---"] * len(marked))
    yield _line(
        "pictures (refused)", [f"{len(kept)} ({len(by_method[name]) - len(kept)})" for name, kept in marked.items()]
    )
    yield _line("PSNR mean / least, dB", [_mean_and_min(rows, "psnr", 1) for rows in marked.values()])
    yield _line("SSIM mean / least", [_mean_and_min(rows, "ssim", 3) for rows in marked.values()])
    for key, title in (("embed_ms", "embed"), ("read_ms", "read, untouched"), ("negative_ms", "read, no mark")):
        yield _line(f"{title}: CPU ms, median", [f"{_median(rows, key):.0f}" for rows in marked.values()])
    for name in ATTACKS:
        yield _line(f"{name}{' *' if name in BEYOND else ''}", [_cell(rows, [name]) for rows in marked.values()])
    for title, names in (("mean of the research list", RESEARCH), ("mean beyond it (*)", BEYOND)):
        yield _line(f"**{title}**", [_cell(rows, list(names)) for rows in marked.values()])
    yield _line("**mean, same geometry**", [_cell(rows, list(SAME_GEOMETRY)) for rows in marked.values()])


def by_group(rows: list[Row]) -> Iterable[str]:
    """Yields the lines of our own figures, and which pictures were refused."""
    if not rows:
        return
    yield "Safelight by group of pictures:"
    yield ""
    yield _line("group", ["pictures", "PSNR", "SSIM", "research list", "beyond it", "same geometry"])
    yield _line("---", ["---"] * 6)
    for group in dict.fromkeys(row["group"] for row in rows):
        kept = [row for row in rows if row["group"] == group and "bits" in row]
        if kept:
            shares = [_cell(kept, list(names)) for names in (RESEARCH, BEYOND, SAME_GEOMETRY)]
            yield _line(
                group, [str(len(kept)), _mean_and_min(kept, "psnr", 1), _mean_and_min(kept, "ssim", 3), *shares]
            )
    for row in rows:
        if "refused" in row:
            yield f"\nRefused: {row['picture']}: {row['refused']}"


def _cell(rows: list[Row], names: list[str]) -> str:
    bits = [row["bits"][name] for row in rows for name in names if name in row["bits"]]
    if not bits:
        return "–"
    count = "" if len(bits) >= len(rows) else f" ({len(bits)})"
    return f"{100 * statistics.mean(bits):.0f} / **{100 * statistics.mean(bit == 1 for bit in bits):.1f}**{count}"


def _mean_and_min(rows: list[Row], key: str, digits: int) -> str:
    values = [row[key] for row in rows]
    return f"{statistics.mean(values):.{digits}f} / {min(values):.{digits}f}" if values else "–"


def _median(rows: list[Row], key: str) -> float:
    return statistics.median(row[key] for row in rows) if rows else float("nan")


def _line(head: str, cells: Iterable[str]) -> str:
    return f"| {head} | {' | '.join(cells)} |"
