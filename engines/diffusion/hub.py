"""Fetches a model's files from the hub: pinned to one commit, resumed after a break, checked by hash, whole or not.

huggingface_hub finds and fetches; what it leaves to its callers is here. Since 2.0 it starts a file anew in every call,
and it compares sizes, not hashes.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engines.diffusion.loading import INDEX, first_line
from engines.interface import EngineCard, Progress
from safety.errors import EngineUnavailable, StudioError

# Written last, so that it vouches for the whole: the commit, and the hash of every weights file.
MANIFEST = "safelight.json"
MIN_FREE_BYTES = 1e9  # that a disk keeps
MAX_TRIES = 5  # without a byte gained
RETRY_SECONDS = 1.0  # between two tries
# Weights that hold no code, configuration, vocabularies and chat templates.
ALLOWED_SUFFIXES = (".safetensors", ".json", ".txt", ".model", ".jinja")
CHUNK_BYTES = 2**22


@dataclass(frozen=True, slots=True)
class ModelFile:
    """Describes one file of a repository; `size` is in bytes.

    `sha256` is "" for small files, which the hub keeps under another hash.
    """

    name: str
    size: int
    sha256: str

    @classmethod
    def of(cls, sibling: Any) -> ModelFile:
        """Returns the description that the hub gives of a file."""
        return cls(sibling.rfilename, sibling.size or 0, sibling.lfs.sha256 if sibling.lfs else "")


@dataclass(frozen=True)
class Hub:
    """Keeps models of the hub, one folder a repository under `home`. `offline`: only what is there already is used."""

    home: Path
    offline: bool = False
    endpoint: str | None = None
    token: str | None = None

    def folder(self, repo: str) -> Path:
        """Returns the folder of a repository, whether it is there or not."""
        return self.home / repo.replace("/", "--")

    def has(self, repo: str, revision: str = "") -> bool:
        """Tells whether all of a repository is there, of the commit `revision` where one is named."""
        commit = self.pinned(repo)
        return bool(commit) and revision in ("", commit)

    def pinned(self, repo: str) -> str:
        """Returns the commit of what is there of a repository; "" if it is not whole."""
        try:
            return str(json.loads((self.folder(repo) / MANIFEST).read_text("utf-8"))["revision"])
        except (OSError, ValueError, KeyError):
            return ""

    def fetch(self, card: EngineCard, progress: Progress, lora_file: str = "") -> Path:
        """Returns the folder with every file of the card's model, or with one file of its LoRA.

        Raises EngineUnavailable, Cancelled.
        """
        lora = card.lora if lora_file else None
        repo, revision = (lora.model, lora.revision) if lora else (card.model, card.revision)
        folder = self.folder(repo)
        if self.has(repo, revision):
            return folder
        if self.offline:
            raise EngineUnavailable(
                f"{repo} is not on this machine, and SAFELIGHT_OFFLINE is set.",
                "Unset it for the download, or choose another engine.",
            )
        try:
            commit, files = self._list(repo, revision, card.variant, lora_file)
            self._require_disk_space(folder, files)
            total, before = sum(file.size for file in files), 0
            for file in files:
                self._get(repo, commit, file, folder, _ByteProgress(progress, before, total))
                before += file.size
        except StudioError:
            raise
        except Exception as error:  # the network, the hub and the disk fail in many ways
            raise download_error(card, repo, error) from error
        manifest = {"revision": commit, "sha256": {file.name: file.sha256 for file in files if file.sha256}}
        (folder / MANIFEST).write_text(json.dumps(manifest, indent=1), "utf-8")
        return folder

    def _list(self, repo: str, revision: str, variant: str, lora_file: str) -> tuple[str, list[ModelFile]]:
        """Returns the commit and the files that are needed of a repository."""
        from huggingface_hub import HfApi

        api = HfApi(endpoint=self.endpoint, token=self.token)
        info = api.model_info(repo, revision=revision or None, files_metadata=True)
        siblings = {sibling.rfilename: sibling for sibling in info.siblings or []}
        names = [lora_file] if lora_file else list(required_files(list(siblings), variant))
        if missing := [name for name in names if name not in siblings] or (not names and [INDEX]):
            raise EngineUnavailable(f"{repo} has no {missing[0]}.", "Choose a repository in the layout of diffusers.")
        return str(info.sha), [ModelFile.of(siblings[name]) for name in names]

    def _require_disk_space(self, folder: Path, files: list[ModelFile]) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        present = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
        needed = sum(file.size for file in files) - present + MIN_FREE_BYTES
        free = shutil.disk_usage(folder).free
        if needed > free:
            raise EngineUnavailable(
                f"The disk is too full: the model needs {needed / 1e9:.1f} GB, {free / 1e9:.1f} GB are free.",
                "Free some space, or set SAFELIGHT_HOME to a folder on a larger disk.",
            )

    def _get(self, repo: str, commit: str, file: ModelFile, folder: Path, progress: _ByteProgress) -> None:
        """Puts one file in place, whole and with the right hash."""
        path = folder / file.name
        if path.is_file() and path.stat().st_size == file.size:
            return
        # The commit is in the name: a part of another commit is not the same file.
        partial = path.with_name(f"{path.name}.{commit[:8]}.part")
        path.parent.mkdir(parents=True, exist_ok=True)
        self._complete(repo, commit, file, partial, progress)
        if file.sha256 and sha256(partial) != file.sha256:
            partial.unlink()
            raise EngineUnavailable(
                f"{file.name} of {repo} is not what the hub says it is (its SHA-256 differs); it was thrown away.",
                "Try again; if it happens again, do not use this model.",
            )
        partial.replace(path)

    def _complete(self, repo: str, commit: str, file: ModelFile, partial: Path, progress: _ByteProgress) -> None:
        """Goes on where the last try, or the last start, ended. Gives up after MAX_TRIES without a byte gained."""
        tries = MAX_TRIES
        while (size := partial.stat().st_size if partial.exists() else 0) < file.size or not partial.exists():
            try:
                self._stream(repo, commit, file, partial, progress)
            except Exception as error:  # only what the network did is tried again
                gained = partial.exists() and partial.stat().st_size > size
                tries = MAX_TRIES if gained else tries - 1
                if tries <= 0 or not is_temporary(error):
                    raise
                time.sleep(RETRY_SECONDS)

    def _stream(self, repo: str, commit: str, file: ModelFile, partial: Path, progress: _ByteProgress) -> None:
        """Appends to the partial file what the hub sends of the rest."""
        from huggingface_hub import hf_hub_url
        from huggingface_hub.file_download import http_get
        from huggingface_hub.utils import build_hf_headers  # type: ignore[attr-defined]

        url = hf_hub_url(repo, file.name, revision=commit, endpoint=self.endpoint)
        with partial.open("ab") as out:
            size = out.tell()
            headers, bar = build_hf_headers(token=self.token), progress.bar(size)
            http_get(url, out, resume_size=size, headers=headers, expected_size=file.size, tqdm_class=bar)


class _ByteProgress:
    """Reports bytes to a `Progress`, as whole MB of the whole download. What that raises ends the download."""

    def __init__(self, progress: Progress, before: int, total: int) -> None:
        self._progress, self._before, self._total = progress, before, total

    def bar(self, size: int) -> Any:
        """Returns what huggingface_hub takes for a class of progress bars; `size` bytes are there already."""
        report = self._report

        class Bar:
            def __init__(self, *_: Any, **__: Any) -> None:
                self.done = size
                report(size)

            def __enter__(self) -> Bar:
                return self

            def __exit__(self, *_: object) -> None:
                pass

            def update(self, n: float = 1) -> None:
                self.done += int(n)
                report(self.done)

        return Bar

    def _report(self, done: int) -> None:
        self._progress("downloading the model (MB)", (self._before + done) // 10**6, max(1, self._total // 10**6))


def required_files(names: list[str], variant: str = "") -> Iterator[str]:
    """Yields the files that a diffusers pipeline is loaded from: of each part the variant's weights where it has some.

    Weights beside the index (one-file copies of the whole model) and all that could hold code are left out. Yields
    nothing for a repository in another layout.
    """
    if INDEX not in names:
        return
    # The second form is the one in the names of shards.
    marks = (f".{variant}.", f".{variant}-")
    of_variant = {name for name in names if variant and name.endswith(".safetensors") and any(m in name for m in marks)}
    folders_with_variant = {name.rpartition("/")[0] for name in of_variant}
    for name in names:
        folder = name.rpartition("/")[0]
        weights = name.endswith(".safetensors")
        if not name.endswith(ALLOWED_SUFFIXES) or (weights and not folder) or folder == "safety_checker":
            continue
        if folder.count("/") or (weights and folder in folders_with_variant and name not in of_variant):
            continue
        # These are the weights of another variant.
        if weights and folder not in folders_with_variant and name.count(".") > 1:
            continue
        yield name


def sha256(path: Path) -> str:
    """Returns the SHA-256 of a file as hex."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()


def is_temporary(error: Exception) -> bool:
    """Tells whether a second try may work: for the network and a busy server, not for the disk or the hub's refusal."""
    if (response := getattr(error, "response", None)) is not None:
        return bool(response.status_code >= 500)
    return type(error).__module__.partition(".")[0] in ("httpx", "httpx2") or type(error) is OSError and not error.errno


def download_error(card: EngineCard, repo: str, error: Exception) -> EngineUnavailable:
    """Returns an error that says in one sentence what went wrong with a download, and what to do."""
    kind = type(error).__name__
    page = f"https://huggingface.co/{repo}"
    if kind == "GatedRepoError" or (card.gated and kind in ("RepositoryNotFoundError", "HfHubHTTPError")):
        return EngineUnavailable(
            f"The makers of {repo} ask for your consent first.",
            f"Accept their terms at {page}, make a token, and start Safelight with it in HF_TOKEN.",
        )
    if kind in ("RepositoryNotFoundError", "RevisionNotFoundError"):
        return EngineUnavailable(f"The hub has no such model: {repo}.", "Check its card in presets/engines.toml.")
    if isinstance(error, OSError) and error.errno is not None and error.filename is not None or kind == "OSError":
        return EngineUnavailable(
            f"The model cannot be written to disk: {first_line(error)}.", "Free some space, then try again."
        )
    return EngineUnavailable(
        f"The download of {repo} broke off: {first_line(error)}.",
        "Try again when the connection is back: it goes on where it ended.",
    )
