"""The tables as they are now, in SQL that SQLite and PostgreSQL share; migrations/ makes them.

entry     the chained rows, only ever added; no person's words
head      where the chain ends, that is its partition 0; partition_head: where each further partition ends
signed_root  the roots over all partitions, signed every hour; only ever added
kept      what a case keeps of a person's words and pictures, named by its keyed hash in the chain: deletable, so that
          erasing leaves the chain whole
appeal    the queue of appeals: an index of what the chain says of them
act       what each client did when, by a keyed hash of the address: what rate limits are counted on; deletable
notice    notices about pictures: an index of what the chain says of them. removal: the pictures that they removed
library   what each person has made, by a keyed hash of the person; deletable. library_choice: whose words it keeps
manifest  the signed manifest of each finished picture, and the outline that it is known again by; deletable
feedback  what people said of pictures and refusals, by a keyed hash of the person; deletable. feedback_consent: who
          has agreed that it is kept. feedback_gold: pairs of pictures with a known answer, by which annotators are
          measured
"""

from __future__ import annotations

import sqlalchemy as sa

REVISION = "0008"  # the newest step under migrations/
NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")

meta = sa.MetaData()
entry = sa.Table(
    "entry",
    meta,
    sa.Column("seq", NUMBER, primary_key=True, autoincrement=False),
    sa.Column("time", sa.Text, nullable=False),
    sa.Column("case_id", sa.Text, nullable=False, index=True),
    sa.Column("event", sa.Text, nullable=False, index=True),
    sa.Column("facts", sa.Text, nullable=False),
    sa.Column("stamp", sa.Text, index=True),
    sa.Column("sha256", sa.Text, index=True),
    sa.Column("previous", sa.Text, nullable=False),
    sa.Column("hash", sa.Text, nullable=False),
)
# Three tables and one column have older names than the code: `head` is the head of the chain, `kept` the content kept
# beside it, `act` the activity of clients, `ticket` the request digest. They keep them, since stores that exist have
# them, and their triggers with them: a rename would be a migration of everybody's store, and change nothing in it.
chain_head = sa.Table(
    "head",
    meta,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("seq", sa.BigInteger, nullable=False),
    sa.Column("hash", sa.Text, nullable=False),
    sa.Column("seal", sa.Text, nullable=False),
)
partition_head = sa.Table(
    "partition_head",
    meta,
    sa.Column("partition", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("seq", sa.BigInteger, nullable=False),
    sa.Column("hash", sa.Text, nullable=False),
    sa.Column("seal", sa.Text, nullable=False),
)
signed_root = sa.Table(
    "signed_root",
    meta,
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    *(sa.Column(name, sa.Text, nullable=False) for name in ("time", "body", "signature", "certificate")),
    *(sa.Column(name, sa.Text, nullable=False) for name in ("ends", "peaks")),
)
content = sa.Table(
    "kept",
    meta,
    sa.Column("case_id", sa.Text, primary_key=True),
    sa.Column("kind", sa.Text, primary_key=True),
    sa.Column("content", sa.Text, nullable=False),
    sa.Column("time", sa.Text, nullable=False),
)
appeal = sa.Table(
    "appeal",
    meta,
    sa.Column("case_id", sa.Text, primary_key=True),
    sa.Column("time", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False, index=True),
    sa.Column("ticket", sa.Text, key="request_digest", nullable=False, index=True),
)
activity = sa.Table(
    "act",
    meta,
    sa.Column("id", NUMBER, primary_key=True),
    sa.Column("time", sa.Text, nullable=False),
    sa.Column("client", sa.Text, nullable=False, index=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("case_id", sa.Text, nullable=False, index=True),
    sa.Column("outcome", sa.Text, nullable=False),
)
notice = sa.Table(
    "notice",
    meta,
    sa.Column("case_id", sa.Text, primary_key=True),
    *(sa.Column(name, sa.Text, nullable=False) for name in ("time", "due")),
    *(sa.Column(name, sa.Text, nullable=False, index=True) for name in ("state", "receipt")),
    *(sa.Column(name, sa.Text, nullable=False) for name in ("target", "stamp")),
)
removal = sa.Table(
    "removal",
    meta,
    sa.Column("stamp", sa.Text, primary_key=True),
    *(sa.Column(name, sa.Text, nullable=False, index=True) for name in ("target", "notice", "person")),
    sa.Column("time", sa.Text, nullable=False),
    sa.Column("near", sa.Integer, nullable=False, server_default="0"),
    sa.Column("pending", sa.Integer, nullable=False, server_default="0", index=True),
)
library = sa.Table(
    "library",
    meta,
    sa.Column("stamp", sa.Text, primary_key=True),
    *(sa.Column(name, sa.Text, nullable=False) for name in ("person", "case_id", "path", "sha256", "time")),
    *(sa.Column(name, sa.Text, nullable=False) for name in ("mode", "verdict", "engine", "style", "seed")),
    *(sa.Column(name, sa.Text, nullable=False) for name in ("settings", "prompt", "negative_prompt", "folder")),
    *(sa.Column(name, sa.Integer, nullable=False) for name in ("veiled", "favourite", "width", "height")),
    sa.Index("ix_library_person_time", "person", "time"),
    sa.Index("ix_library_case_id", "case_id"),
)
library_choice = sa.Table(
    "library_choice",
    meta,
    sa.Column("person", sa.Text, primary_key=True),
    sa.Column("keep_prompts", sa.Integer, nullable=False),
)

manifest = sa.Table(
    "manifest",
    meta,
    sa.Column("stamp", sa.Text, primary_key=True),
    sa.Column("id", sa.Text, nullable=False, index=True),
    sa.Column("case_id", sa.Text, nullable=False, index=True),
    sa.Column("time", sa.Text, nullable=False, index=True),
    sa.Column("outline", sa.Text, nullable=False),
    sa.Column("store", sa.LargeBinary, nullable=False),
)

feedback = sa.Table(
    "feedback",
    meta,
    sa.Column("case_id", sa.Text, primary_key=True),
    *(sa.Column(name, sa.Text, nullable=False) for name in ("time", "kind", "other")),
    *(sa.Column(name, sa.Text, nullable=False, index=True) for name in ("person", "target", "stamp")),
)
feedback_consent = sa.Table(
    "feedback_consent",
    meta,
    sa.Column("person", sa.Text, primary_key=True),
    *(sa.Column(name, sa.Text, nullable=False) for name in ("time", "version")),
)
feedback_gold = sa.Table(
    "feedback_gold",
    meta,
    *(sa.Column(name, sa.Text, primary_key=True) for name in ("stamp", "other")),
    *(sa.Column(name, sa.Text, nullable=False) for name in ("answer", "time")),
)

_BOTH: tuple[str, ...] = ("entry_no_update", "entry_no_delete", "head_no_delete", "head_no_insert", "kept_no_update")
_BOTH += ("partition_head_no_delete", "signed_root_no_update", "signed_root_no_delete")
# What makes a database append-only. One that lacks any of these is not sound.
TRIGGERS = {
    "sqlite": (*_BOTH, *(f"{name}_no_replace" for name in ("entry", "partition_head", "signed_root"))),
    "postgresql": (*_BOTH, *(f"{name}_no_truncate" for name in ("entry", "head", "partition_head", "signed_root"))),
}
