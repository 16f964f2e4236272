"""How many calls of which handlers run at once: few of those that keep the processor busy, or the page waits too."""

from __future__ import annotations

from typing import Any

# People whose work is under way; those who wait for the engine hear how many are before them.
CREATING: dict[str, Any] = {"concurrency_limit": 16, "concurrency_id": "create"}
JUDGING: dict[str, Any] = {"concurrency_limit": 2, "concurrency_id": "judging"}
SUGGESTING: dict[str, Any] = {"concurrency_limit": 2, "concurrency_id": "suggesting"}
# Lists that are judged, and lists that are drawn: each takes minutes, and none of the places of single pictures.
LISTING: dict[str, Any] = {"concurrency_limit": 1, "concurrency_id": "listing"}
LISTS: dict[str, Any] = {"concurrency_limit": 8, "concurrency_id": "lists"}
VERIFYING: dict[str, Any] = {"concurrency_limit": 2, "concurrency_id": "verifying"}
# Calls of one endpoint at once, where it says nothing else.
OTHERS = 4
# Calls that wait, of all sorts together: room for 200 browsers at once, each with a picture and one more call. A call
# that waits holds its words and a few kilobytes. Past this number the answer is that too many wait.
MAX_WAITING = 400
