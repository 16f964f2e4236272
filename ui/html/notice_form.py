"""The pages for people who are depicted, and for who made a picture: HTML that needs no script and no account.

Another language is a button of the form: what was written, and the receipt, go along. A page that says a time says it
in UTC, and a small script adds the reader's own. Imports no gradio. Every string from outside is escaped by
`Markup.format`.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from markupsafe import Markup

from safety.audit.notice_state import REASONS
from safety.messages.catalogue import Messages
from safety.records import Stage
from safety.resources import ASSETS
from safety.review.notices import MAX_LINE, MIN_STATEMENT, NoticeStatus, RemovedPicture, SentNotice
from safety.review.retention import RetentionRules
from ui.html.helplines import help_of
from ui.html.markup import joined
from ui.html.review_frame import time_text
from ui.texts import Texts, languages

STYLE = ASSETS / "review.css"
HELP = {"intimate": "intimate_imagery", "minor": "child_safety"}  # what is wrong with a picture -> who helps with it
# The page that a receipt is shown on, and the same where no copy of a file was kept.
SENT, SENT_ALONE = "sent", "sent_alone"
# Nothing for somebody whose clock is UTC.
SCRIPT = """
for (const one of document.querySelectorAll("time[data-own]")) {
  const when = new Date(one.dateTime);
  const own = when.toLocaleString(document.documentElement.lang, { dateStyle: "medium", timeStyle: "short" });
  if (when.getTimezoneOffset()) one.append(` (${one.dataset.own.replace("{time}", own)})`);
}
"""
SCRIPT_HASH = "sha256-" + base64.b64encode(hashlib.sha256(SCRIPT.encode()).digest()).decode()


@dataclass(frozen=True)
class NoticePages:
    """Makes the pages in one language.

    `messages` name help in the reader's country. `rules` are the terms and days, `megabytes` the largest file. `root`
    leads from the page to the studio's own, `address` is that of the form, whole. `values` are what somebody wrote
    before, and `problem` what was wrong with it.
    """

    texts: Texts
    messages: Messages
    rules: RetentionRules
    megabytes: int
    root: str = "./"
    address: str = ""
    values: Mapping[str, str] = field(default_factory=dict)
    problem: str = ""

    def form(self) -> str:
        """Returns the form, with what somebody wrote before in it, and the way to a notice that was sent earlier."""
        said, terms = self.texts, self.rules.notice
        intro = [said["report.intro"], said.say("report.clock", hours=f"{terms.hours:g}"), said["report.no_mail"]]
        fields = [
            self._group("reason", joined(self._reason(name) for name in REASONS)),
            self._help("intimate"),
            self._group("picture", self._picture(), hint="report.picture_hint"),
            self._area("statement", terms.statement_characters),
            self._group("who", self._who(), hint="report.who_hint"),
            self._confirmation(),
        ]
        days = self.rules.days.notice
        kept = said.say("report.kept", days=f"{days:g}") if days else said["report.kept_always"]
        sending = Markup(
            '<form id="main" method="post" action="{}report?language={}" enctype="multipart/form-data" class="card">{}'
            '<p><small>{}</small></p><div class="buttons"><button>{}</button></div></form>'
        ).format(*self._place, joined(fields), kept, said["report.send"])
        return self._page("report.title", _paragraphs(intro) + sending + self._lookup("form"), own_form=True)

    def sent(self, sent: SentNotice, about: str = "") -> str:
        """Returns what is shown once a notice has arrived: its receipt, this once, and where to come back with it.

        `about` is what is wrong with the picture, one of REASONS; with some of them there is help.
        """
        said = self.texts
        told: list[str] = [self._say("report.due", time=self._time(sent.status.due))]
        told += [] if sent.keeps_files else [said["report.no_copy"]]
        body = Markup(
            '{}<section class="card"><h2>{}</h2><p class="receipt"><code>{}</code></p><p>{}</p>'
            '<p>{} <a href="{}"><code>{}</code></a></p></section>{}'
        ).format(
            _paragraphs(told),
            said["report.receipt"],
            sent.receipt,
            said["report.write_down"],
            *(said["report.come_back"], f"{self.root}report", self.address),
            self._help(about),
        )
        return self._page(
            "report.arrived",
            body + self._lookup(SENT if sent.keeps_files else SENT_ALONE, sent.receipt, about),
            own_form=True,
        )

    def status(self, status: NoticeStatus, receipt: str = "", about: str = "") -> str:
        """Returns how a notice went, by its receipt; `about` as for `sent`."""
        said, held = self.texts, status.state == "lifted" and status.blocks
        # Of one whose block was lifted while another one holds, the picture is removed, and not possible again.
        state = "removed" if held else status.state
        told = [said[f"report.is_{state}_text"]]
        if state == "waiting":
            told.append(self._say("report.due", time=self._time(status.due)))
        if status.earlier:
            told.append(self._say("report.earlier", time=self._time(status.earlier)))
        if held:
            told.append(said["report.blocks_other"])
        elif state in ("removed", "contested", "upheld"):
            told.append(said["report.blocks" if status.blocks else "report.blocks_not"])
        reason = Markup("<h2>{}</h2><blockquote>{}</blockquote>").format(said["report.answer"], status.reason)
        body = Markup('<section class="card status-{}" role="status"><h2>{}</h2>{}{}</section>').format(
            state,
            said[f"report.is_{state}"],
            _paragraphs(told),
            reason if status.reason else "",
        )
        body += self._help(about) + self._lookup("status", receipt, about)
        return self._page("report.how_it_went", body, own_form=True)

    def receipt(self) -> str:
        """Returns the page that asks for a receipt: after a wrong one, which stands there to be mended."""
        lookup = self._lookup("receipt", self.values.get("receipt", ""))
        return self._page("report.how_it_went", lookup, own_form=True)

    def removed(self, pictures: Sequence[RemovedPicture], now: str, answered: bool = False) -> str:
        """Returns what became of a maker's removed pictures; `now` is a timestamp. Nothing says who asked."""
        done = Markup('<p class="state" role="status">{}</p>').format(self.texts["removed.answered"])
        rows = joined(self._removed(one, now) for one in pictures)
        none = Markup('<p class="empty">{}</p>').format(self.texts["removed.none"])
        intro = _paragraphs([self.texts["removed.intro"]])
        return self._page("removed.title", (done if answered else Markup("")) + intro + (rows or none))

    # ---- parts ----

    @property
    def _place(self) -> tuple[str, str]:
        """Returns what leads to the addresses of forms, and the language that their answers are in."""
        return self.root, self.texts.tag

    def _page(self, title: str, body: Markup, own_form: bool = False) -> str:
        """Returns a page; `own_form`: it has a form with the id "main", which goes along into another language."""
        said = self.texts
        problem = Markup('<p class="notice" role="alert">{}</p>').format(self.problem) if self.problem else ""
        script = Markup("<script>{}</script>").format(Markup(SCRIPT)) if "<time " in body else ""
        return Markup(
            '<!doctype html><html lang="{}"><head><meta charset="utf-8"><title>{} - Safelight</title>'
            '<meta name="viewport" content="width=device-width, initial-scale=1"><style>{}</style></head>'
            '<body class="public"><header><a href="{}">Safelight</a><nav aria-label="{}">{}</nav></header>'
            "<main><h1>{}</h1>{}{}</main>{}</body></html>"
        ).format(
            said.tag,
            said[title],
            Markup(STYLE.read_text("utf-8")),
            self.root,
            said["policy.languages"],
            self._language_buttons() if own_form else self._language_links(),
            said[title],
            problem,
            body,
            script,
        )

    def _language_links(self) -> Markup:
        return joined(
            Markup('<a href="?language={}" hreflang="{}" lang="{}"{}>{}</a>').format(tag, tag, tag, current, name)
            for tag, name, current in self._languages()
        )

    def _language_buttons(self) -> Markup:
        """Returns a button for each language that sends the form as it stands, its file but for the name.

        Enter in a field presses the first button of its form, which is none of these: one that nobody sees.
        """
        buttons = joined(
            Markup(
                '<button form="main" formmethod="post" formaction="{}report/language?language={}" formnovalidate '
                'formenctype="application/x-www-form-urlencoded" lang="{}"{}>{}</button>'
            ).format(self.root, tag, tag, current, name)
            for tag, name, current in self._languages()
        )
        return Markup('<button form="main" class="unseen" tabindex="-1" aria-hidden="true"></button>') + buttons

    def _languages(self) -> Iterable[tuple[str, str, str]]:
        here = Markup(' aria-current="true"')
        return ((tag, name, here if tag == self.texts.tag else "") for tag, name in languages().items())

    def _say(self, key: str, **names: object) -> Markup:
        """Returns a string with its names filled in, which may be markup."""
        return Markup.escape(self.texts[key]).format(**names)

    def _time(self, iso: str) -> Markup:
        """Returns a time in UTC, for the script to add the reader's own."""
        own = self.texts["report.own_time"]
        return Markup('<time datetime="{}Z" data-own="{}">{}</time>').format(iso[:16], own, time_text(iso))

    def _help(self, about: str) -> Markup:
        return help_of(HELP[about], self.messages, Stage.PICTURE) if about in HELP else Markup("")

    def _group(self, name: str, body: Markup, hint: str = "") -> Markup:
        small = Markup("<small>{}</small>").format(self.texts[hint]) if hint else ""
        return Markup("<fieldset><legend>{}</legend>{}{}</fieldset>").format(self.texts[f"report.{name}"], small, body)

    def _reason(self, name: str) -> Markup:
        checked = Markup(" checked") if self.values.get("reason") == name else ""
        return Markup(
            '<label class="choice"><input type="radio" name="reason" value="{}" required{}><span>{}</span></label>'
        ).format(name, checked, self.texts[f"report.reason_{name}"])

    def _picture(self) -> Markup:
        again = Markup("<small><b>{}</b></small>").format(self.texts["report.file_again"])
        file = Markup(
            '<label>{}<small>{}</small>{}<input type="file" name="file" accept="image/png,image/jpeg,image/webp">'
            "</label>"
        ).format(
            self.texts["report.file"],
            self.texts.say("report.file_hint", megabytes=self.megabytes),
            again if self.values.get("file") else "",
        )
        return file + self._line("stamp") + self._line("link", most=10 * MAX_LINE)

    def _who(self) -> Markup:
        return self._line("name", "name") + self._line("contact", "email") + self._line("behalf_of")

    def _line(self, name: str, fills: str = "off", most: int = MAX_LINE) -> Markup:
        return Markup(
            '<label>{}<small>{}</small><input name="{}" maxlength="{}" autocomplete="{}" value="{}"></label>'
        ).format(
            self.texts[f"report.{name}"],
            self.texts[f"report.{name}_hint"],
            *(name, most, fills, self.values.get(name, "")),
        )

    def _area(self, name: str, most: int) -> Markup:
        hint = self.texts.say("report.length", least=MIN_STATEMENT, most=self.texts.number(most))
        return Markup(
            '<label>{}<small>{}</small><textarea name="{}" required minlength="{}" maxlength="{}" rows="5">{}'
            "</textarea></label>"
        ).format(self.texts[f"report.{name}"], hint, name, MIN_STATEMENT, most, self.values.get(name, ""))

    def _confirmation(self) -> Markup:
        checked = Markup(" checked") if self.values.get("good_faith") else ""
        return Markup(
            '<label class="choice"><input type="checkbox" name="good_faith" value="yes" required{}><span>{}</span>'
            "</label>"
        ).format(checked, self.texts["report.good_faith"])

    def _lookup(self, shown: str, receipt: str = "", about: str = "") -> Markup:
        """Returns the form that asks how a notice went; `shown` is the page that it stands on."""
        said = self.texts
        return Markup(
            '<form{} method="post" action="{}report/receipt?language={}" class="card"><h2>{}</h2>'
            '<input type="hidden" name="shown" value="{}"><input type="hidden" name="about" value="{}"><label>{}'
            '<input name="receipt" required maxlength="60" autocomplete="off" value="{}"></label>'
            '<div class="buttons"><button class="quiet">{}</button></div></form>'
        ).format(
            Markup("") if shown == "form" else Markup(' id="main"'),
            *self._place,
            *(said["report.have"], shown, about, said["report.receipt"], receipt, said["report.look"]),
        )

    def _removed(self, picture: RemovedPicture, now: str) -> Markup:
        said = self.texts
        ground = said[f"removed.ground_{picture.ground}" if picture.ground in REASONS else "removed.ground_other"]
        told = [said["removed.near"]] if picture.near else []
        told += self._stands(picture)
        later = Markup("<h3>{}</h3><blockquote>{}</blockquote>").format(said["removed.decided"], picture.answer_reason)
        return Markup(
            '<section class="card"><h2>{}</h2><p>{}</p><h3>{}</h3><blockquote>{}</blockquote>{}{}{}</section>'
        ).format(
            self._say("removed.picture", stamp=picture.stamp, time=self._time(picture.time)),
            ground,
            said["removed.reason"],
            picture.reason,
            _paragraphs(told),
            later if picture.answer_reason else "",
            self._answer(picture) if picture.can_answer(now) else "",
        )

    def _stands(self, picture: RemovedPicture) -> list[str]:
        """Returns how a removal stands, and whether near-copies are withheld now."""
        said, state = self.texts, picture.state
        if state == "lifted":
            return [said["removed.is_held" if picture.blocks else "removed.is_lifted"]]
        answered = [said[f"removed.is_{state}"]] if state in ("contested", "upheld") else []
        return [*answered, said["removed.is_removed" if picture.blocks else "removed.is_free"]]

    def _answer(self, picture: RemovedPicture) -> Markup:
        said, most = self.texts, self.rules.notice.statement_characters
        return Markup(
            '<form method="post" action="{}report/removed?language={}">'
            '<input type="hidden" name="stamp" value="{}"><label>{}<small>{}</small>'
            '<textarea name="answer" required minlength="{}" maxlength="{}" rows="4"></textarea></label>'
            '<div class="buttons"><button>{}</button></div></form>'
        ).format(
            *self._place,
            picture.stamp,
            said["removed.answer"],
            said.say("removed.answer_hint", until=picture.until[:10]),
            MIN_STATEMENT,
            most,
            said["removed.send"],
        )


def _paragraphs(sentences: Iterable[str]) -> Markup:
    return joined(Markup("<p>{}</p>").format(one) for one in sentences)
