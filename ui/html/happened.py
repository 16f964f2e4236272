"""What happened to a request, layer by layer: what each looked at, its numbers beside the limits, its time.

Imports no gradio. Every string that comes from outside passes through `Markup.format`, which escapes it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from safety.generation import Export, Generation
from safety.marks.mark_view import TIMES, MarkView
from safety.messages.catalogue import Messages
from safety.records import Decision
from studio.layers import MARKS, PICTURE, PROMPT, CategoryScore
from ui.html.markup import facts, joined, jpeg_address
from ui.html.picture import mark_name
from ui.html.progress import steered
from ui.sentences import in_language
from ui.texts import Texts, page_texts

VIEW_QUALITY = 60  # of JPEG


@dataclass(frozen=True, slots=True)
class Judgement:
    """Holds the decision of one layer and its scores."""

    decision: Decision
    scores: Sequence[CategoryScore]


@dataclass(frozen=True)
class Happened:
    """Holds what there is to tell of one picture, or of a refusal; what was not reached is None.

    `seconds` is the time of each layer (studio/layers.py).
    """

    messages: Messages
    seconds: Mapping[str, float]
    prompt: Judgement | None = None
    generation: Generation | None = None
    seed: int = 0
    picture: Judgement | None = None
    export: Export | None = None
    view: MarkView | None = None
    # How many times larger it was made; 0 for a picture that was drawn.
    enlarged: int = 0


def happened(told: Happened) -> Markup:
    """Returns a chip for each layer, which unfolds."""
    said = page_texts(told.messages.tag)
    chips = (_prompt(told, said), _model(told, said), _picture(told, said), _marks(told, said))
    return Markup('<section class="sl-happened"><h2>{}</h2><div>{}</div></section>').format(
        said["happened.title"], joined(chips)
    )


def _chip(name: str, state: str, body: Markup) -> Markup:
    return Markup('<details class="sl-chip"><summary><b>{}</b> {}</summary>{}</details>').format(name, state, body)


def _skipped(name: str, said: Texts) -> Markup:
    return _note(name, said["happened.not_reached"])


def _note(name: str, text: str) -> Markup:
    return Markup('<span class="sl-chip"><b>{}</b> {}</span>').format(name, text)


def _prompt(told: Happened, said: Texts) -> Markup:
    if told.enlarged:
        return _note(said["happened.prompt"], said["happened.judged_before"])
    return _judged(told, told.prompt, PROMPT, said["happened.prompt"], said)


def _picture(told: Happened, said: Texts) -> Markup:
    return _judged(told, told.picture, PICTURE, said["happened.picture"], said)


def _judged(told: Happened, judged: Judgement | None, layer: str, name: str, said: Texts) -> Markup:
    if judged is None:
        return _skipped(name, said)
    decision, messages = judged.decision, told.messages
    looked = said.say("happened.looked", checks=", ".join(messages.check(each) for each in decision.ran))
    body = Markup("<p>{}</p>{}").format(looked, _table(judged.scores, decision, messages, said))
    title = messages.verdict(decision.stage, decision.verdict).title
    return _chip(name, f"{title}{_time(told.seconds.get(layer), said)}", body)


def _table(scores: Sequence[CategoryScore], decision: Decision, messages: Messages, said: Texts) -> Markup:
    """Returns the scores beside the limits of each mode; the mode of the work is set off."""
    if not scores:
        return Markup("<p>{}</p>").format(said["happened.no_scores"])
    modes = [each.mode for each in scores[0].limits]
    heads = joined(
        Markup('<th scope="col"{}>{}</th>').format(_own(mode, decision), messages.mode(mode).title) for mode in modes
    )
    rows = joined(_row(one, decision, messages, said) for one in scores)
    return Markup(
        '<div class="sl-wide" tabindex="0" role="group" aria-label="{}"><table><thead><tr><th scope="col">{}</th>'
        '<th scope="col">{}</th>{}</tr></thead><tbody>{}</tbody></table></div><p>{}</p>'
    ).format(
        said["happened.numbers"],
        said["happened.category"],
        said["happened.score"],
        heads,
        rows,
        said["happened.limits"],
    )


def _row(one: CategoryScore, decision: Decision, messages: Messages, said: Texts) -> Markup:
    cells = joined(
        Markup("<td{}>{} / {}</td>").format(_own(each.mode, decision), _number(each.warn), _number(each.block))
        for each in one.limits
    )
    title = messages.locale.category[one.category].title
    return Markup('<tr><th scope="row">{}</th><td>{:.2f}</td>{}</tr>').format(title, one.score, cells)


def _own(mode: str, decision: Decision) -> Markup:
    return Markup(' class="sl-own"') if mode == decision.mode else Markup("")


def _number(limit: float | None) -> str:
    return "–" if limit is None else f"{limit:.2f}"


def _model(told: Happened, said: Texts) -> Markup:
    generation = told.generation
    if generation is None:
        return _skipped(said["happened.model"], said)
    if told.enlarged:
        state = said.say("happened.enlarged", times=told.enlarged)
        pairs = [(said["happened.weights"], generation.model), (said["happened.seed"], str(told.seed))]
        return _chip(said["happened.model"], f"{state}{_time(generation.seconds, said)}", facts(pairs))
    request = generation.request
    pairs = [
        (said["happened.weights"], generation.model),
        (said["happened.seed"], str(told.seed)),
        (said["happened.steps"], str(request.steps)),
        (said["happened.guidance"], f"{request.guidance or 0:g}"),
    ]
    steering = generation.steered
    lines = (
        steered(steering, told.messages) or [said.say("happened.not_steered", why=in_language(steering.why, said.tag))]
        if steering
        else []
    )
    body = facts(pairs) + joined(Markup("<p>{}</p>").format(line) for line in lines)
    return _chip(said["happened.model"], f"{request.engine}{_time(generation.seconds, said)}", body)


def _marks(told: Happened, said: Texts) -> Markup:
    if told.export is None:
        return _skipped(said["happened.marks"], said)
    names = ", ".join(mark_name(name, said) for name in told.export.marks)
    body = Markup("<p>{}</p>{}").format(said.say("happened.read_back", marks=names), _view(told.view, said))
    state = said.say("happened.marks_count", count=len(told.export.marks))
    return _chip(said["happened.marks"], f"{state}{_time(told.seconds.get(MARKS), said)}", body)


def _view(view: MarkView | None, said: Texts) -> Markup:
    if view is None:
        return Markup("")
    before, after, difference = (
        jpeg_address(image, VIEW_QUALITY) for image in (view.before, view.after, view.difference)
    )
    width, height = view.before.size
    return Markup(
        '<p>{}</p><div class="sl-seen"><figure><div class="sl-split" style="aspect-ratio:{}/{}"><img alt="{}" src="{}">'
        '<img class="sl-over" alt="{}" src="{}"><input type="range" min="0" max="100" value="50" aria-label="{}"></div>'
        '<figcaption class="sl-sides"><span>{}</span><span>{}</span></figcaption></figure>'
        '<figure><img alt="{}" src="{}"><figcaption>{}</figcaption></figure></div>'
    ).format(
        said["happened.view"],
        *(width, height, said["happened.after"], after, said["happened.before"], before, said["happened.slider"]),
        *(said["happened.side_before"], said["happened.side_after"]),
        *(said.say("happened.difference", times=TIMES), difference, said.say("happened.difference", times=TIMES)),
    )


def _time(seconds: float | None, said: Texts) -> str:
    return "" if seconds is None else ", " + said.say("happened.time", seconds=f"{seconds:.2f}")
