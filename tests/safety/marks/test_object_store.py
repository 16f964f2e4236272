"""Finished pictures in an object store: an S3 on this machine (moto's), with its failures."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from safety.audit.notice_state import Removal
from safety.errors import ExportError, PresetError, RequestError, StoreError
from safety.generation import Delivered, EnlargeRequest, Export, GenerationRequest
from safety.marks import object_store
from safety.marks.finished_pictures import FinishedPictures
from safety.marks.object_store import ObjectStore
from safety.resources import PRESETS
from safety.review.retention import load_retention
from studio import Studio
from studio.enlarging import find_source, record_of
from studio.library import OWNER
from studio.settings import Settings
from tests.fakes import fake_studio

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::DeprecationWarning:(botocore|moto|aiobotocore|werkzeug|s3fs).*"),
]
moto_server = pytest.importorskip("moto.server", reason="moto is not installed (pip install 'moto[server]')")
pytest.importorskip("s3fs", reason="the extra `s3`")
SECRET_KEY = "a-key-that-nobody-may-see"


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """An S3 on this machine; its address and credentials are in the environment, as boto reads them."""
    patch = pytest.MonkeyPatch()
    running = moto_server.ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    running.start()
    address = "http://{}:{}".format(*running.get_host_and_port())
    patch.setenv("AWS_ENDPOINT_URL", address)
    patch.setenv("AWS_ACCESS_KEY_ID", "somebody")
    patch.setenv("AWS_SECRET_ACCESS_KEY", SECRET_KEY)
    patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    yield address
    running.stop()
    patch.undo()


@pytest.fixture
def store(server: str, request: pytest.FixtureRequest) -> ObjectStore:
    """An empty bucket."""
    import s3fs

    bucket = f"pictures-{abs(hash(request.node.nodeid))}"
    system = s3fs.S3FileSystem()
    system.mkdir(bucket)
    return ObjectStore(f"s3://{bucket}/studio")


@pytest.fixture
def studio(tmp_path: Path, store: ObjectStore) -> Iterator[Studio]:
    made = fake_studio(tmp_path, store=store)
    yield made
    made.audit.close()


@dataclass(frozen=True)
class LostStore(ObjectStore):
    """A store at which nobody listens; `at` names the one call that fails, "" all."""

    at: str = ""

    def __getattribute__(self, name: str) -> Any:
        if name in ("put", "get", "has", "names", "delete", "folders_before"):
            failing = object.__getattribute__(self, "at")
            if failing in ("", name):

                def lost(*_: object) -> None:
                    raise StoreError("The store of finished pictures cannot be reached (Lost).", object_store.ADVICE)

                return lost
        return object.__getattribute__(self, name)


def lost(studio: Studio, at: str = "") -> Studio:
    """Returns a studio of the same record whose store fails."""
    assert studio.store
    return fake_studio(studio.outputs.parent, store=LostStore(studio.store.address, at))


def create(studio: Studio, prompt: str = "a red apple", person: str = OWNER) -> tuple[str, Export]:
    outcome = studio.create(GenerationRequest(prompt, seed=7), person=person)
    assert isinstance(outcome, Delivered) and outcome.pictures[0].export
    return outcome.case, outcome.pictures[0].export


def forget_copies(studio: Studio) -> None:
    for path in studio.outputs.glob("*/*"):
        os.utime(path, (0, 0))
    studio.pictures.sweep()
    assert not list(studio.outputs.glob("*/*"))


# ---- the store itself ----


def test_an_object_is_put_read_listed_and_deleted(store: ObjectStore) -> None:
    assert store.get("a/1.png") is None and store.names("a") == [] and not store.has("a/1.png")
    store.put("a/1.png", b"one")
    store.put("a/2.png", b"two")
    assert store.get("a/1.png") == b"one" and store.names("a") == ["1.png", "2.png"] and store.has("a/2.png")
    for _ in range(2):
        store.delete("a/1.png")
    assert store.names("a") == ["2.png"] and not store.has("a/1.png")
    assert store.folders_before(datetime.now(UTC) + timedelta(minutes=1)) == ["a"]
    assert store.folders_before(datetime.now(UTC) - timedelta(minutes=1)) == []


def test_what_another_process_puts_and_deletes_is_seen_at_once(store: ObjectStore) -> None:
    other = ObjectStore(store.address)
    assert store.names("a") == []
    other.put("a/1.png", b"one")
    assert store.names("a") == ["1.png"]
    other.delete("a/1.png")
    assert store.names("a") == [] and store.get("a/1.png") is None


def test_a_store_that_cannot_be_reached_is_told_without_credentials(
    store: ObjectStore, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    import s3fs

    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    monkeypatch.setattr(s3fs.S3FileSystem, "retries", 1)
    s3fs.S3FileSystem.clear_instance_cache()
    gone = ObjectStore("s3://nowhere-at-all/studio")
    for call in (partial(gone.put, "a/1.png", b""), partial(gone.get, "a/1.png"), partial(gone.names, "a")):
        with pytest.raises(StoreError, match="store of finished pictures") as caught:
            call()
        assert SECRET_KEY not in caught.value.sentence and "Try again" in caught.value.sentence
    assert SECRET_KEY not in caplog.text
    s3fs.S3FileSystem.clear_instance_cache()


def test_a_bucket_that_is_not_there_is_told(server: str) -> None:
    with pytest.raises(StoreError, match=r"cannot keep a picture \(\w+\)"):
        ObjectStore("s3://no-such-bucket-here/studio").put("a/1.png", b"one")


# ---- the flow ----


def test_a_picture_is_kept_in_the_store_and_found_without_its_copy(studio: Studio, store: ObjectStore) -> None:
    case, export = create(studio)
    assert store.get(f"{case}/{export.path.name}") == export.path.read_bytes()
    forget_copies(studio)
    entry = studio.library.entry(OWNER, str(export.stamp))
    assert len(studio.library.file(entry)) > 100 and export.path.is_file()
    forget_copies(studio)
    record = record_of(studio.audit, str(export.stamp))
    source = find_source(studio.audit, studio.pictures, EnlargeRequest(str(export.stamp)), record)
    assert source.data == store.get(f"{case}/{export.path.name}") and export.path.is_file()
    assert studio.verify_audit() == []


def test_a_young_copy_is_not_swept(studio: Studio) -> None:
    _, export = create(studio)
    studio.purge()
    assert export.path.is_file()


@pytest.mark.parametrize("at", ["", "put"])
def test_without_its_store_no_picture_is_handed_out_and_the_case_is_closed(
    studio: Studio, store: ObjectStore, at: str
) -> None:
    without = lost(studio, at)
    with pytest.raises(ExportError, match="store of finished pictures"):
        without.create(GenerationRequest("a red apple", seed=7))
    (row,) = without.list_cases(1)
    assert row["outcome"] == "failed" and store.names(row["case"]) == []
    assert not list(studio.outputs.glob("*/*")), "a copy is left"
    assert "exported" not in [each["event"] for each in studio.show_case(row["case"])]
    without.audit.close()
    assert create(studio)[1].path.is_file() and studio.verify_audit() == []


def test_a_picture_that_cannot_be_read_now_is_not_taken_for_gone(studio: Studio) -> None:
    _, export = create(studio)
    forget_copies(studio)
    without = lost(studio)
    entry = without.library.entry(OWNER, str(export.stamp))
    with pytest.raises(StoreError, match="cannot be reached"):
        without.library.file(entry)
    without.audit.close()
    assert studio.library.file(entry)


def test_what_a_person_deletes_is_gone_from_the_store_and_from_all_copies(studio: Studio, store: ObjectStore) -> None:
    case, export = create(studio)
    other = fake_studio(studio.outputs.parent / "other", place=studio.audit.location, store=store)
    copy = other.outputs / case / export.path.name
    assert other.pictures.bring(copy)
    assert studio.library.delete(OWNER, [str(export.stamp)]) == 1
    assert store.names(case) == [] and not export.path.exists()
    assert not other.pictures.bring(copy) and not copy.exists()
    other.audit.close()


def test_a_picture_that_cannot_be_deleted_now_keeps_its_entry(studio: Studio, store: ObjectStore) -> None:
    case, export = create(studio)
    without = lost(studio, "delete")
    with pytest.raises(StoreError):
        without.library.delete(OWNER, [str(export.stamp)])
    with pytest.raises(StoreError):
        without.erase(case)
    without.audit.close()
    assert store.names(case) and studio.library.entry(OWNER, str(export.stamp))
    assert export.path.name in studio.erase(case) and store.names(case) == []


def test_a_changed_object_is_not_handed_out(studio: Studio, store: ObjectStore) -> None:
    case, export = create(studio)
    forget_copies(studio)
    store.put(f"{case}/{export.path.name}", b"another picture")
    with pytest.raises(RequestError, match="not the one that was made here"):
        studio.library.file(studio.library.entry(OWNER, str(export.stamp)))


@pytest.mark.parametrize("at", ["names", "delete"])
def test_a_removal_waits_for_the_store(studio: Studio, store: ObjectStore, at: str) -> None:
    case, export = create(studio)
    with studio.audit.write_transaction() as writer:
        removal = Removal(str(export.stamp), case, "n", "", datetime.now(UTC).isoformat(), False, pending=True)
        writer.notices.add_removals([removal])
    without = lost(studio, at)
    assert without.review.removals.finish() == 1 and store.names(case)
    without.audit.close()
    assert studio.review.removals.finish() == 0 and store.names(case) == []


def test_old_pictures_go_from_the_store(studio: Studio, store: ObjectStore) -> None:
    case, export = create(studio)
    days = load_retention(PRESETS).days.model_copy(update={"finished": 1})
    retention = replace(studio.review.retention, days=days)
    assert retention.purge() == 0 and store.names(case)
    retention.purge(datetime.now(UTC) + timedelta(days=2))
    assert store.names(case) == [] and not export.path.exists()
    with pytest.raises(RequestError):
        studio.library.entry(OWNER, str(export.stamp))


def test_what_others_keep_in_the_bucket_is_not_deleted_with_old_pictures(studio: Studio, store: ObjectStore) -> None:
    store.put("invoices/2020.pdf", b"not a picture of a case")
    days = load_retention(PRESETS).days.model_copy(update={"finished": 1})
    replace(studio.review.retention, days=days).purge(datetime.now(UTC) + timedelta(days=2))
    assert store.names("invoices") == ["2020.pdf"]


def test_a_rehearsal_puts_nothing_into_the_store(studio: Studio, store: ObjectStore) -> None:
    from studio.rehearsal import rehearsal

    with rehearsal(studio) as trial:
        create(trial)
    assert store.folders_before(datetime.now(UTC) + timedelta(days=1)) == []


# ---- settings ----


def test_an_address_is_a_bucket_and_a_folder() -> None:
    assert Settings.read({"SAFELIGHT_OUTPUTS": "s3://bucket/a/b/"}).outputs == "s3://bucket/a/b"
    assert Settings.read({}).outputs == ""


@pytest.mark.parametrize("address", ["s3://", "s3://key:secret@bucket/x", "/folder", "gs://bucket", "s3://bucket?x=1"])
def test_another_address_is_refused_and_not_shown(address: str) -> None:
    with pytest.raises(PresetError, match="SAFELIGHT_OUTPUTS") as caught:
        Settings.read({"SAFELIGHT_OUTPUTS": address})
    assert "secret" not in caught.value.sentence


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from studio import factory

    settings = Settings(tmp_path, outputs="s3://bucket")
    assert factory._outputs(settings)[0] == tmp_path / "copies"
    monkeypatch.setattr(factory, "find_spec", lambda name: None)
    with pytest.raises(PresetError, match="s3fs") as caught:
        factory._outputs(settings)
    assert "safelight[s3]" in caught.value.sentence


def test_without_a_store_the_folder_is_all_there_is(tmp_path: Path) -> None:
    assert Settings(tmp_path).outputs == "" and FinishedPictures(tmp_path).cases_before(datetime.now(UTC)) == []
