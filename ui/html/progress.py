"""What stands on the page while pictures develop, and how they were steered. Imports no gradio."""

from __future__ import annotations

import re
from collections.abc import Sequence

from markupsafe import Markup
from PIL.Image import Image

from safety.generation import Generation, SteeringResult
from safety.messages.catalogue import Messages
from safety.records import Decision, Verdict
from ui.html.markup import joined, jpeg_address, notice
from ui.results import Step
from ui.sentences import in_language
from ui.texts import ENGLISH, Texts, page_texts

# JPEG takes a millisecond a preview; WebP and PNG take twenty times that.
QUALITY = 70


def progress(step: Step, language: str = ENGLISH) -> Markup:
    """Returns the stage in words, the steps, the seconds, and the pictures as far as they can be seen."""
    texts = page_texts(language)
    share = round(100 * step.done / step.total) if step.total else 0
    steps = texts.say("progress.steps", done=step.done, total=step.total) if step.total > 1 else ""
    left = texts.say("progress.left", seconds=f"{step.left:.0f}") if step.left is not None and step.left >= 1 else ""
    return Markup(
        '<div class="sl-progress"><p><b>{}</b> <span>{}</span><time>{:.0f} s{}</time></p>'
        '<div class="sl-bar" role="progressbar" aria-label="{}" aria-valuenow="{}">'
        '<span style="width:{}%"></span></div>{}</div>'
    ).format(
        _stage(step.stage, texts),
        steps,
        step.seconds,
        left and f", {left}",
        texts["progress.title"],
        share,
        max(share, 3),
        previews(step.previews, texts),
    )


def _stage(stage: str, texts: Texts) -> str:
    """Returns a stage of the work in words; what an engine alone calls it stays as it is."""
    return texts.strings.get(f"progress.stage_{'_'.join(re.findall('[a-z]+', stage.lower()))}", stage.capitalize())


def previews(images: tuple[Image, ...], texts: Texts) -> Markup:
    """Returns the blurred pictures side by side; nothing before there are any."""
    if not images:
        return Markup("")
    shown = joined(
        Markup('<img alt="{}" src="{}" width="{}" height="{}">').format(
            texts.say("progress.blurred", number=number), jpeg_address(image, QUALITY), image.width, image.height
        )
        for number, image in enumerate(images, 1)
    )
    return Markup('<figure class="sl-previews"><div>{}</div><figcaption>{}</figcaption></figure>').format(
        shown, texts["progress.developing"]
    )


def allowed_by(decision: Decision, messages: Messages) -> Markup:
    """Returns who let a prompt through that the rules alone would not have; nothing where they did."""
    kinds = {Verdict.WARN: "confirmed", Verdict.BLOCK: "overturned"}
    if decision.verdict not in kinds:
        return Markup("")
    kind = kinds[decision.verdict]
    return Markup('<p class="sl-notice sl-{}">{}</p>').format(kind, page_texts(messages.tag)[f"outcome.{kind}"])


def remarks(generation: Generation, messages: Messages, allowed: Sequence[str] = ()) -> Markup:
    """Returns which pictures failed, what the model was steered away from or why not, and what a person `allowed`."""
    lines, said = [], page_texts(messages.tag)
    if generation.failed:
        seeds = ", ".join(map(str, generation.failed))
        lines.append(said.say("picture.failed", seeds=seeds))
    lines += steered(generation.steered, messages) if generation.steered else []
    if allowed:
        lines.append(said.say("steered.allowed", categories=_names(allowed, messages)))
    return joined(notice(line) for line in lines)


def steered(result: SteeringResult, messages: Messages) -> list[str]:
    """Returns what a model was steered away from, or why it could not be; nothing where nothing called for it."""
    if not (result.method or result.lacking):
        return []
    said, names = (
        page_texts(messages.tag),
        {"categories": _names(result.steering.categories, messages), "why": in_language(result.why, messages.tag)},
    )
    return [said.say("steered.away" if result.method else "steered.not", **names)]


def _names(categories: Sequence[str], messages: Messages) -> str:
    return ", ".join(messages.locale.category[category].title for category in categories)
