"""A model's files from the hub: pinned to one commit, resumed after a break, checked by hash, whole or not at all.

huggingface_hub finds and fetches; what it leaves to its callers is here. Since 2.0 it starts a file anew in every call,
and it compares sizes, not hashes.
"""

from __future__ import annotations

import json
import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engines.diffusion.loading import INDEX
from engines.diffusion.repository import ModelFile, passing, sentence_for, sha256, wanted
from engines.interface import EngineCard, Progress
from safety.errors import EngineUnavailable, StudioError

DONE = "safelight.json"  # written last: commit, and the hash of every weights file
MARGIN = 1e9  # bytes that a disk keeps free
TRIES, PAUSE = 5, 1.0  # without a byte gained, and the seconds between them


@dataclass(frozen=True)
class Hub:
    """`home` keeps one folder a repository. `offline`: only what is there already is used."""

    home: Path
    offline: bool = False
    endpoint: str | None = None
    token: str | None = None

    def folder(self, repo: str) -> Path:
        return self.home / repo.replace("/", "--")

    def has(self, repo: str, revision: str = "") -> bool:
        """Whether all of it is there, of the commit that the card names."""
        commit = self.pinned(repo)
        return bool(commit) and revision in ("", commit)

    def pinned(self, repo: str) -> str:
        """The commit of what is there; empty if nothing whole is."""
        try:
            return str(json.loads((self.folder(repo) / DONE).read_text("utf-8"))["revision"])
        except (OSError, ValueError, KeyError):
            return ""

    def fetch(self, card: EngineCard, progress: Progress, only: str = "") -> Path:
        """The folder with every file of the card's model, or with `only` one. Raises EngineUnavailable, Cancelled."""
        repo, revision = (card.lora.model, card.lora.revision) if only and card.lora else (card.model, card.revision)
        folder = self.folder(repo)
        if self.has(repo, revision):
            return folder
        if self.offline:
            raise EngineUnavailable(
                f"{repo} is not on this machine, and SAFELIGHT_OFFLINE is set.",
                "Unset it for the download, or choose another engine.",
            )
        try:
            commit, parts = self._list(repo, revision, card.variant, only)
            self._room(folder, parts)
            total, before = sum(part.size for part in parts), 0
            for part in parts:
                self._get(repo, commit, part, folder, _Told(progress, before, total))
                before += part.size
        except StudioError:
            raise
        except Exception as error:  # the network, the hub and the disk fail in many ways
            raise sentence_for(card, repo, error) from error
        record = {"revision": commit, "sha256": {part.name: part.sha256 for part in parts if part.sha256}}
        (folder / DONE).write_text(json.dumps(record, indent=1), "utf-8")
        return folder

    def _list(self, repo: str, revision: str, variant: str, only: str) -> tuple[str, list[ModelFile]]:
        from huggingface_hub import HfApi

        api = HfApi(endpoint=self.endpoint, token=self.token)
        info = api.model_info(repo, revision=revision or None, files_metadata=True)
        files = {one.rfilename: one for one in info.siblings or []}
        names = [only] if only else list(wanted(list(files), variant))
        if missing := [name for name in names if name not in files] or (not names and [INDEX]):
            raise EngineUnavailable(f"{repo} has no {missing[0]}.", "Choose a repository in the layout of diffusers.")
        return str(info.sha), [ModelFile.of(files[name]) for name in names]

    def _room(self, folder: Path, parts: list[ModelFile]) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        there = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
        needed = sum(part.size for part in parts) - there + MARGIN
        free = shutil.disk_usage(folder).free
        if needed > free:
            raise EngineUnavailable(
                f"The disk is too full: the model needs {needed / 1e9:.1f} GB, {free / 1e9:.1f} GB are free.",
                "Free some space, or set SAFELIGHT_HOME to a folder on a larger disk.",
            )

    def _get(self, repo: str, commit: str, part: ModelFile, folder: Path, told: _Told) -> None:
        whole = folder / part.name
        if whole.is_file() and whole.stat().st_size == part.size:
            return
        beside = whole.with_name(f"{whole.name}.{commit[:8]}.part")  # of another commit: not the same file
        whole.parent.mkdir(parents=True, exist_ok=True)
        self._complete(repo, commit, part, beside, told)
        if part.sha256 and sha256(beside) != part.sha256:
            beside.unlink()
            raise EngineUnavailable(
                f"{part.name} of {repo} is not what the hub says it is (its SHA-256 differs); it was thrown away.",
                "Try again; if it happens again, do not use this model.",
            )
        beside.replace(whole)

    def _complete(self, repo: str, commit: str, part: ModelFile, beside: Path, told: _Told) -> None:
        """Goes on where the last try, or the last start, ended. Gives up after TRIES without a byte gained."""
        tries = TRIES
        while (have := beside.stat().st_size if beside.exists() else 0) < part.size or not beside.exists():
            try:
                self._stream(repo, commit, part, beside, told)
            except Exception as error:  # only what the network did is tried again
                gained = beside.exists() and beside.stat().st_size > have
                tries = TRIES if gained else tries - 1
                if tries <= 0 or not passing(error):
                    raise
                time.sleep(PAUSE)

    def _stream(self, repo: str, commit: str, part: ModelFile, beside: Path, told: _Told) -> None:
        from huggingface_hub import hf_hub_url
        from huggingface_hub.file_download import http_get
        from huggingface_hub.utils import build_hf_headers  # type: ignore[attr-defined]

        url = hf_hub_url(repo, part.name, revision=commit, endpoint=self.endpoint)
        with beside.open("ab") as file:
            have = file.tell()
            headers, bar = build_hf_headers(token=self.token), told.bar(have)
            http_get(url, file, resume_size=have, headers=headers, expected_size=part.size, tqdm_class=bar)


class _Told:
    """Passes bytes on to `progress`, as whole MB of the whole download. What that raises ends the download."""

    def __init__(self, progress: Progress, before: int, total: int) -> None:
        self._progress, self._before, self._total = progress, before, total

    def bar(self, have: int) -> Any:
        """What huggingface_hub takes for a class of progress bars."""
        tell = self._tell

        class Bar:
            def __init__(self, *_: Any, **__: Any) -> None:
                self.done = have
                tell(have)

            def __enter__(self) -> Bar:
                return self

            def __exit__(self, *_: object) -> None:
                pass

            def update(self, n: float = 1) -> None:
                self.done += int(n)
                tell(self.done)

        return Bar

    def _tell(self, done: int) -> None:
        self._progress("downloading the model (MB)", (self._before + done) // 10**6, max(1, self._total // 10**6))
