from __future__ import annotations

import os
import stat
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from cryptography.x509.oid import ExtendedKeyUsageOID

from safety.errors import KeysError
from safety.marks.keys import (
    MAX_MARK_KEYS,
    SIGNING_FILE,
    existing_signing_keys,
    mark_keys,
    new_mark_key,
    secret,
    signing_keys,
)


def test_a_secret_is_made_once_and_kept(tmp_path: Path) -> None:
    first = secret(tmp_path / "keys", "audit")

    assert len(first) == 32
    assert secret(tmp_path / "keys", "audit") == first
    assert secret(tmp_path / "keys", "other") != first


def test_only_the_owner_can_read_the_keys(tmp_path: Path) -> None:
    secret(tmp_path / "keys", "audit")
    signing_keys(tmp_path / "keys")

    assert stat.S_IMODE((tmp_path / "keys").stat().st_mode) == 0o700
    for name in ("audit", SIGNING_FILE):
        assert stat.S_IMODE((tmp_path / "keys" / name).stat().st_mode) == 0o600


@pytest.mark.slow
def test_two_processes_that_start_at_once_get_the_same_keys(tmp_path: Path) -> None:
    with ProcessPoolExecutor(4, mp_context=get_context("spawn")) as pool:
        secrets = set(pool.map(partial(secret, tmp_path / "keys"), ["audit"] * 8))
        pairs = set(pool.map(signing_keys, [tmp_path / "keys"] * 8))

    assert len(secrets) == len(pairs) == 1
    assert sorted(os.listdir(tmp_path / "keys")) == ["audit", SIGNING_FILE]


def test_the_leaf_is_what_c2pa_asks_for(tmp_path: Path) -> None:
    keys = signing_keys(tmp_path)
    leaf, root = (x509.load_pem_x509_certificate(pem.encode()) for pem in (keys.leaf, keys.root))
    leaf.verify_directly_issued_by(root)
    usage = leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    lasts = leaf.not_valid_after_utc - leaf.not_valid_before_utc

    assert "BEGIN PRIVATE KEY" in keys.key  # PKCS#8
    assert load_pem_private_key(keys.key.encode(), None).public_key() == leaf.public_key()
    assert list(usage) == [ExtendedKeyUsageOID.EMAIL_PROTECTION]
    assert leaf.extensions.get_extension_for_class(x509.KeyUsage).value.digital_signature
    assert 9 * 365 < lasts.days < 11 * 365 <= (root.not_valid_after_utc - root.not_valid_before_utc).days


def test_looking_for_keys_makes_none(tmp_path: Path) -> None:
    assert existing_signing_keys(tmp_path) is None
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "damage",
    [pytest.param(b"", id="empty"), pytest.param(b"x" * 20, id="short"), pytest.param(b"\xff" * 40, id="not text")],
)
def test_a_damaged_key_is_named_with_what_to_do(tmp_path: Path, damage: bytes) -> None:
    for name in ("audit", SIGNING_FILE):
        (tmp_path / name).write_bytes(damage)

    for read in (partial(secret, tmp_path, "audit"), partial(signing_keys, tmp_path)):
        with pytest.raises(KeysError) as caught:
            read()
        assert str(tmp_path) in str(caught.value)
        assert caught.value.advice


def test_a_folder_that_cannot_be_made_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")

    with pytest.raises(KeysError) as caught:
        secret(tmp_path / "file" / "keys", "audit")
    assert "write" in caught.value.advice


def test_mark_keys_are_read_newest_first_and_none_is_made_unasked(tmp_path: Path) -> None:
    assert mark_keys(tmp_path / "keys") == ()

    files = [new_mark_key(tmp_path / "keys") for _ in range(3)]

    assert mark_keys(tmp_path / "keys") == tuple(file.read_bytes() for file in reversed(files))
    assert [file.name for file in files] == ["mark-0001", "mark-0002", "mark-0003"]


def test_a_full_ring_of_mark_keys_names_the_one_to_move_away(tmp_path: Path) -> None:
    files = [new_mark_key(tmp_path) for _ in range(MAX_MARK_KEYS)]
    with pytest.raises(KeysError) as caught:
        new_mark_key(tmp_path)

    assert str(files[0]) in caught.value.advice
    files[0].unlink()
    assert new_mark_key(tmp_path).name == "mark-0008"
    assert len(mark_keys(tmp_path)) == MAX_MARK_KEYS
