"""Reads TrustMark (Adobe, MIT), a mark written by a trained model. Opt-in: package and model files are not installed.

The package `trustmark` brings code only. Its model files lie on Adobe's network and are fetched once, when a person
has asked for it, checked against the hashes below before anything is loaded from them, and kept in the studio's folder.

A payload is trusted only in the schema BCH_SUPER (40 bits, 56 check bits). The decoder finds the schema in two bits of
what it read: of 20,000 random words it took 9.2 % for BCH_3, 1.4 % for BCH_4, 0.2 % for BCH_5 and none for BCH_SUPER.
"""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.request import urlopen

from safety.errors import WeightsError
from safety.marks.third_party import ThirdPartyMark

if TYPE_CHECKING:
    from PIL.Image import Image

ADDRESS = "https://cai-watermark.adobe.net/watermarking/trustmark-models/"
# MD5, the only hash that its maker publishes (trustmark 0.9.2): it names the file, and stands up to everybody but them.
FILES = {
    "trustmark_Q.yaml": "fe40df84a7feeebfceb7a7678d7e6ec6",
    "decoder_Q.ckpt": "4ced90e9cfe13e3295ad082887fe9187",
}
TRUSTED_SCHEMA = 0  # BCH_SUPER
MAX_BYTES = 200_000_000
INSTALL = "Run: python -m pip install trustmark, or start without SAFELIGHT_TRUSTMARK."


def download(name: str) -> bytes:
    """Downloads one model file from its maker. Raises OSError."""
    with urlopen(ADDRESS + name, timeout=60) as response:
        return bytes(response.read(MAX_BYTES))


@dataclass(slots=True)
class TrustMarkReader:
    """Reads marks of variant Q; the model is loaded at first use and kept.

    `folder` keeps the model files; `fetch` returns the bytes of one by its name.
    """

    folder: Path
    fetch: Callable[[str], bytes] = download
    _model: Any = field(default=None, repr=False)

    def detect(self, image: Image) -> tuple[ThirdPartyMark, ...]:
        """Returns the payload of an RGB picture, at most one. Raises WeightsError if the model cannot be loaded."""
        if self._model is None:
            self._model = self._load()
        payload, present, schema = self._model.decode(image, MODE="binary")
        if not present or schema != TRUSTED_SCHEMA:
            return ()
        return (ThirdPartyMark("TrustMark (Adobe)", "TrustMark Q, BCH_SUPER", 1.0, str(payload)),)

    def _load(self) -> Any:
        try:
            from trustmark import TrustMark
        except ImportError as error:
            raise WeightsError("TrustMark is asked for, but its package is not installed.", INSTALL) from error
        paths = {name: _cached_file(self.folder / name, self.fetch) for name in FILES}

        class Pinned(TrustMark):  # type: ignore[misc]  # the package has no types
            """Loads the decoder alone, and from checked files only."""

            def check_and_download(self, filename: str) -> None:
                if Path(filename) not in paths.values():
                    raise WeightsError(f"{filename} is not one of the model files that were checked.")

            def load_model(self, config: str, weights: str, *args: Any, part: str = "all", **kwargs: Any) -> Any:
                if part != "decoder":
                    return None
                config, weights = (str(paths[Path(path).name]) for path in (config, weights))
                return super().load_model(config, weights, *args, part=part, **kwargs)

        encoding = TrustMark.Encoding.BCH_SUPER
        return Pinned(verbose=False, model_type="Q", encoding_type=encoding, device="cpu", loadRemover=False)


def _cached_file(path: Path, fetch: Callable[[str], bytes]) -> Path:
    """Returns `path`, whose file is checked, and fetched first if it is not there. Raises WeightsError."""
    try:
        if not path.exists():
            data = fetch(path.name)
            _verify(path.name, data)
            path.parent.mkdir(parents=True, exist_ok=True)
            # Written beside and renamed, so that no half of a file stands under its name.
            temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
            temporary.write_bytes(data)
            os.replace(temporary, path)
        _verify(path.name, path.read_bytes())
    except OSError as error:
        why = f"TrustMark's model file {path.name} cannot be had: {error}."
        raise WeightsError(why, f"Put it into {path.parent} by hand, from {ADDRESS}, or try again.") from error
    return path


def _verify(name: str, data: bytes) -> None:
    """Raises WeightsError where the bytes are not those that the maker published."""
    if hashlib.md5(data, usedforsecurity=False).hexdigest() != FILES[name]:
        why = f"TrustMark's model file {name} is not the one that its maker published."
        raise WeightsError(why, "Nothing was loaded from it. Remove it and try again.")
