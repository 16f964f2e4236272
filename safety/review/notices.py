"""Notices by people who are depicted, or for them: what they send, how it went, and what a picture's maker answers.

Nobody needs an account. Whoever sends a notice gets a secret receipt, by which they see how it went: no mail is sent.
The maker learns that a picture was removed, why, and how to answer; never who asked. To count notices for a report, see
safety/audit/notice_table.py.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from safety.audit import notice_state
from safety.audit.hash_chain import CLOSED, OPENED, canonical, timestamp
from safety.audit.log import AuditLog
from safety.audit.notice_state import NOTICE, NOTICED, REASONS, WAITING, NoticeState, QueuedNotice, read_notice_state
from safety.audit.serialize import parse_content
from safety.errors import LimitError, RequestError
from safety.generation import ExportRecord
from safety.marks.near_copy import describe
from safety.review import rate_limit, stored_pictures
from safety.review.blocked_pictures import is_blocked, read_blocks
from safety.review.client import LOCAL
from safety.review.free_text import require_readable
from safety.review.near_exports import descriptors_of
from safety.review.noted_pictures import descriptors
from safety.review.notice_answers import keep_answer, reason_for
from safety.review.rate_limit import MAX_ACTIVITIES, RateLimiter
from safety.review.retention import NoticeTerms

if TYPE_CHECKING:
    from PIL.Image import Image

    from safety.audit.database import DatabaseReader, DatabaseWriter
    from safety.audit.notice_state import Removal

# Crockford's base 32: no letter that is taken for a digit.
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
RECEIPT_GROUPS, GROUP = 4, 5  # 100 bits
LOOKALIKES = str.maketrans("OIL", "011")
TEXTS = ("statement", "name", "contact", "behalf_of", "link", "stamp")
STAMP = re.compile(r"(?<![0-9a-f])[0-9a-f]{16}(?![0-9a-f])")
MIN_STATEMENT, MAX_LINE = 20, 300  # characters
KEPT_SIDE = 1024  # pixels of the longer side of what is kept of a file
WAIT = 3600.0  # seconds after which somebody may have decided
# States in which the picture is gone.
GONE = (*notice_state.STANDING, notice_state.LIFTED)
NOT_FOUND = "There is no notice with this receipt."


@dataclass(frozen=True, slots=True)
class NoticeRequest:
    """Holds what a person sends. `reason` is one of REASONS.

    `stamp` or `link` names the picture where no file comes with it. `behalf_of` says for whom the notice is sent, ""
    for oneself. `name` stands for a signature; where the picture shows a minor, it and `contact` may be left out.
    """

    reason: str
    statement: str
    name: str = ""
    contact: str = ""
    behalf_of: str = ""
    link: str = ""
    stamp: str = ""
    good_faith: bool = False


@dataclass(frozen=True, slots=True)
class NotedPicture:
    """Holds what a notice is about, as far as the studio could tell.

    `record` is the export of this studio, None for a picture from elsewhere. `image`, RGB, is what was sent; a copy for
    the reviewer is kept only where `keep` says so.
    """

    given: str
    record: ExportRecord | None = None
    image: Image | None = None
    keep: bool = False


@dataclass(frozen=True, slots=True)
class NoticeStatus:
    """Tells the sender how a notice went. `reason` is the reviewer's answer; `decided` is "" until then.

    `blocks`: near-copies are withheld here now, for the sake of this notice or of another one. `earlier`: the timestamp
    at which the picture had been removed already, "" where it had not.
    """

    state: str
    received: str
    due: str
    decided: str = ""
    reason: str = ""
    blocks: bool = False
    earlier: str = ""


@dataclass(frozen=True, slots=True)
class SentNotice:
    """Holds the secret receipt, which is shown once and kept nowhere, and how the notice stands.

    `keeps_files`: there is room for copies of files. Without, the fingerprint alone is kept of a file that came with
    it, whatever it shows and wherever it was made.
    """

    receipt: str
    status: NoticeStatus
    keeps_files: bool = True


@dataclass(frozen=True, slots=True)
class RemovedPicture:
    """Tells the maker of a picture what became of it: nothing of who asked.

    `ground` is one of REASONS, `reason` the reviewer's words to the maker. `state` is how it stands with this maker:
    what others have answered is not in it. Until the timestamp `until` the maker may answer; `answer_reason` is what
    the reviewer said to that. `near`: it was a near-copy of the picture that was asked about. `blocks`: near-copies are
    withheld here now.
    """

    stamp: str
    case: str
    time: str
    ground: str
    reason: str
    state: str
    until: str
    answer_reason: str = ""
    near: bool = False
    blocks: bool = False

    def can_answer(self, time: str) -> bool:
        """Tells whether the maker may answer at a timestamp."""
        return self.state == notice_state.REMOVED and time <= self.until


def utc_clock() -> datetime:
    """Returns the time of now, in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class Notices:
    """Takes notices and answers, and tells how they went. `now` is a clock in UTC."""

    audit: AuditLog
    rate_limiter: RateLimiter
    terms: NoticeTerms
    now: Callable[[], datetime] = utc_clock

    # ---- for who sends one ----

    def require_complete(self, request: NoticeRequest, has_file: bool = False) -> None:
        """Raises RequestError, which names the field, for a notice that lacks something or is too long."""
        most = self.terms.statement_characters
        require_readable(**{field: getattr(request, field) for field in TEXTS})
        if request.reason not in REASONS:
            raise RequestError("Say what is wrong with the picture.", f"Choose one of: {', '.join(REASONS)}.", "reason")
        if not (has_file or request.stamp.strip() or request.link.strip()):
            raise RequestError("Say which picture it is.", "Send its file, a link to it, or its stamp.", "picture")
        if not MIN_STATEMENT <= len(request.statement.strip()) <= most:
            advice = f"Use {MIN_STATEMENT} to {most:,} characters."
            raise RequestError("Say in your own words what the picture shows and who is in it.", advice, "statement")
        for field in ("name", "contact", "behalf_of", "link", "stamp"):
            if len(getattr(request, field)) > MAX_LINE * (10 if field == "link" else 1):
                raise RequestError(f"The field {field} is too long.", f"Use at most {MAX_LINE} characters.", field)
        # EU 2022/2065, Article 16 (2) (c): no name is asked for where the picture may show the abuse of a child.
        for field in () if request.reason == "minor" else ("name", "contact"):
            if not getattr(request, field).strip():
                raise RequestError("Say who you are and how you can be reached.", "Fill in name and contact.", field)
        if not request.good_faith:
            advice = "Confirm it, or do not send the notice."
            raise RequestError("A notice needs your word that it is true.", advice, "good_faith")

    def require_room(self, client: str) -> None:
        """Raises LimitError for a client that has sent enough for now, or where the disk is full. Counts nothing."""
        self._require_free_disk()
        with self.audit.read_transaction() as reader:
            self._require_few_open(reader, client)

    def named_picture(self, request: NoticeRequest) -> NotedPicture:
        """Returns the picture that a stamp or a link names. Nothing is fetched. Raises RequestError for neither."""
        if stamp := request.stamp.strip().lower().replace("-", "").replace(" ", ""):
            if not STAMP.fullmatch(stamp):
                raise RequestError("This is no stamp.", "A stamp has 16 letters and digits.", "stamp")
            return NotedPicture("stamp", self.audit.find([stamp], ""))
        stamps = STAMP.findall(request.link.lower())
        if not stamps:
            raise RequestError("This link leads to no picture of this studio.", "Send the file itself.", "link")
        return NotedPicture("link", self.audit.find(stamps, ""))

    def submit(self, request: NoticeRequest, picture: NotedPicture, client: str = LOCAL) -> SentNotice:
        """Opens the case of a notice, which then waits for a reviewer. Raises RequestError, LimitError.

        Notices that somebody made up must keep nobody from sending one: where as many files are kept as may be, a
        notice is taken without a copy of its file.
        """
        self.require_complete(request, picture.given == "file")
        self._require_free_disk()
        receipt, case_id = _new_receipt(), secrets.token_hex(6)
        admission = self.rate_limiter.admission(client, rate_limit.NOTICE)
        received = self.now()
        due = timestamp(received + timedelta(hours=self.terms.hours))
        with self.audit.write_transaction() as writer:
            self._require_few_open(writer, client)
            admission(writer, case_id)
            keeps_files = picture.given != "file" or writer.notices.kept_files() < self.terms.kept_files
            queued = QueuedNotice(
                case_id,
                timestamp(received),
                due,
                WAITING,
                self._digest(receipt),
                picture.record.case if picture.record else "",
                picture.record.stamp if picture.record else "",
            )
            self._write(writer, queued, request, replace(picture, keep=picture.keep and keeps_files))
        return SentNotice(receipt, NoticeStatus(WAITING, queued.time, due), keeps_files)

    def status(self, receipt: str, client: str = LOCAL) -> NoticeStatus:
        """Returns how a notice went. Raises RequestError for an unknown receipt, LimitError."""
        self.rate_limiter.count(client, rate_limit.LOOKUP)
        with self.audit.read_transaction() as reader:
            queued = reader.notices.by_receipt(self._digest(_read_receipt(receipt)))
            if queued is None:
                raise RequestError(NOT_FOUND, "Look at it again: it has 20 letters and digits.", "receipt")
            state, content = self._state(reader, queued.case_id), reader.content_of(queued.case_id)
            blocks = state.state in GONE and self._is_blocked(reader, state, content)
        review = parse_content(content["review"]) if "review" in content else {}
        reason = str(review.get("reason", ""))
        return NoticeStatus(state.state, queued.time, state.due, state.decided, reason, blocks, state.earlier)

    # ---- for who made the picture ----

    def removed(self, person: str) -> Sequence[RemovedPicture]:
        """Returns what was removed of a person's pictures, newest first; nothing for nobody ("")."""
        if not person:
            return []
        with self.audit.read_transaction() as reader:
            removals = reader.notices.removals_of(self.audit.person_digest(person))
            return [self._removed(reader, one, removals) for one in removals]

    def answer(self, person: str, stamp: str, text: str, client: str = LOCAL) -> None:
        """Takes the answer of the maker of a removed picture, of each maker once. Raises RequestError, LimitError."""
        self.rate_limiter.count(client, rate_limit.LOOKUP)
        text, most = text.strip(), self.terms.statement_characters
        if not MIN_STATEMENT <= len(text) <= most:
            advice = f"Use {MIN_STATEMENT} to {most:,} characters."
            raise RequestError("Say why the picture should not have been removed.", advice, "answer")
        require_readable(answer=text)
        with self.audit.write_transaction() as writer:
            mine = writer.notices.removals_of(self.audit.person_digest(person)) if person else []
            one = next((one for one in mine if one.stamp == stamp.strip().lower()), None)
            if one is None:
                advice = "Another browser may have made it."
                raise RequestError("No picture of yours with this stamp was removed.", advice)
            if not self._removed(writer, one, mine).can_answer(timestamp(self.now())):
                raise RequestError("This removal has been answered already, or the days for it are over.")
            keep_answer(writer, one.notice, stamp, text)

    # ---- within a transaction ----

    def _write(
        self, writer: DatabaseWriter, queued: QueuedNotice, request: NoticeRequest, picture: NotedPicture
    ) -> None:
        """Adds the rows of a notice, what it keeps beside the chain, and its place in the queue."""
        case_id, keeps = queued.case_id, picture.image is not None and picture.keep
        content = {"notice": writer.keep_content(case_id, "notice", _words(request, picture, keeps))}
        if keeps and picture.image is not None:
            content["picture"] = writer.keep_content(case_id, "picture", _kept(picture.image))
        facts = {
            "reason": request.reason,
            "given": picture.given,
            "behalf": bool(request.behalf_of.strip()),
            "target": queued.target,
            "stamp": queued.stamp,
            "receipt": queued.receipt,
            "due": queued.due,
        }
        # All at once: a notice is no work that goes on, and a crash leaves nothing half sent.
        writer.append(case_id, OPENED, {"kind": NOTICE})
        writer.append(case_id, NOTICED, facts | content)
        writer.append(case_id, CLOSED, {"outcome": "received"})
        writer.notices.add(queued)

    def _require_free_disk(self) -> None:
        free = self.audit.free_megabytes()
        if free is not None and free < self.terms.free_megabytes:
            raise LimitError("The disk of this studio has no room for another notice.", WAIT)

    def _require_few_open(self, reader: DatabaseReader, client: str) -> None:
        """Raises LimitError for a client of whom enough notices wait."""
        if client == LOCAL:
            return
        digest = self.audit.client_digest(client)
        sent = reader.activity.newest(digest, rate_limit.NOTICE, "", MAX_ACTIVITIES)
        if sum(not one.outcome for one in sent) >= self.terms.open_each:
            raise LimitError(f"{self.terms.open_each} notices of this address wait for a reviewer.", WAIT)

    def _removed(self, reader: DatabaseReader, one: Removal, mine: Sequence[Removal]) -> RemovedPicture:
        """Returns what became of a picture; `mine` is all that was removed of its maker's."""
        state, content = self._state(reader, one.notice), reader.content_of(one.notice)
        stamps = {other.stamp for other in mine if other.notice == one.notice}
        said = parse_content(content["review"]) if "review" in content else {}
        facts = [entry.parse_facts() for entry in reader.exports([one.stamp], "")]
        known = [descriptor for row in facts for descriptor in descriptors_of(row)]
        return RemovedPicture(
            stamp=one.stamp,
            case=one.target,
            time=one.time,
            ground=state.reason,
            reason=str(said.get("maker_reason", "")),
            state=_stands(state, stamps),
            until=timestamp(datetime.fromisoformat(one.time) + timedelta(days=self.terms.answer_days)),
            answer_reason=reason_for(content, stamps),
            near=one.near,
            blocks=is_blocked(read_blocks(reader), known),
        )

    @staticmethod
    def _is_blocked(reader: DatabaseReader, state: NoticeState, content: Mapping[str, str]) -> bool:
        """Tells whether near-copies of a notice's picture are withheld now, as far as it is still known."""
        if state.blocks:
            return True
        return is_blocked(read_blocks(reader), descriptors(reader, state, content))

    def _state(self, reader: DatabaseReader, case_id: str) -> NoticeState:
        return read_notice_state(reader.entries_of(case_id), self.audit.keys)

    def _digest(self, receipt: str) -> str:
        return self.audit.keys.digest("receipt", receipt)


def _stands(state: NoticeState, stamps: set[str]) -> str:
    """Returns how a removal stands with the maker of some of its pictures."""
    if state.state == notice_state.LIFTED:
        return state.state
    if stamps.intersection(state.open_answers):
        return notice_state.CONTESTED
    return notice_state.UPHELD if stamps.intersection(state.answered) else notice_state.REMOVED


def _new_receipt() -> str:
    groups = ("".join(secrets.choice(ALPHABET) for _ in range(GROUP)) for _ in range(RECEIPT_GROUPS))
    return "-".join(groups)


def _read_receipt(text: str) -> str:
    """Returns a receipt as it was shown, from however somebody has written it down."""
    plain = re.sub(r"[^0-9A-Z]", "", text[:100].upper()).translate(LOOKALIKES)
    return "-".join(plain[start : start + GROUP] for start in range(0, len(plain), GROUP))


def _words(request: NoticeRequest, picture: NotedPicture, kept: bool) -> str:
    """Returns what is kept of a notice: the person's words, and the fingerprints of the picture that they sent."""
    words = {name: getattr(request, name).strip() for name in ("statement", "name", "contact", "behalf_of", "link")}
    known = {"descriptor": describe(picture.image).as_facts()} if picture.image is not None else {}
    sent = {"sent": picture.image is not None, "kept": kept, **known}
    return canonical(words | {"stamp": request.stamp.strip()} | sent)


def _kept(image: Image) -> str:
    """Returns a picture as text to be kept, no larger than a reviewer needs and without its file's metadata."""
    from PIL import Image as Pillow

    small = image.copy()
    small.thumbnail((KEPT_SIDE, KEPT_SIDE), Pillow.Resampling.LANCZOS)
    return stored_pictures.pack_image(small)
