"""What stands on the page while pictures develop, and how they were steered. Imports no gradio."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup
from PIL.Image import Image

from safety.generation import Generation, SteeringResult
from safety.messages.catalogue import Messages
from safety.records import Decision, Verdict
from ui.html.markup import joined, jpeg_address, notice
from ui.results import Step
from ui.texts import Texts, page_texts

# JPEG takes a millisecond a preview; WebP and PNG take twenty times that.
QUALITY = 70


def progress(step: Step) -> Markup:
    """Returns the stage in words, the steps, the seconds, and the pictures as far as they can be seen."""
    share = round(100 * step.done / step.total) if step.total else 0
    steps = f"{step.done} of {step.total}" if step.total > 1 else ""
    left = f", about {step.left:.0f} s left" if step.left is not None and step.left >= 1 else ""
    return Markup(
        '<div class="sl-progress"><p><b>{}</b> <span>{}</span><time>{:.0f} s{}</time></p>'
        '<div class="sl-bar" role="progressbar" aria-label="Progress" aria-valuenow="{}">'
        '<span style="width:{}%"></span></div>{}</div>'
    ).format(step.stage.capitalize(), steps, step.seconds, left, share, max(share, 3), previews(step.previews))


def previews(images: tuple[Image, ...]) -> Markup:
    """Returns the blurred pictures side by side; nothing before there are any."""
    if not images:
        return Markup("")
    shown = joined(
        Markup('<img alt="Picture {}, blurred while it develops" src="{}" width="{}" height="{}">').format(
            number, jpeg_address(image, QUALITY), image.width, image.height
        )
        for number, image in enumerate(images, 1)
    )
    return Markup(
        '<figure class="sl-previews"><div>{}</div>'
        "<figcaption>Developing. Blurred until the picture check has passed.</figcaption></figure>"
    ).format(shown)


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
        lines.append(f"No picture for the seed {seeds}: the model gave no usable numbers. Try another seed.")
    lines += steered(generation.steered, said) if generation.steered else []
    if allowed:
        lines.append(said.say("steered.allowed", categories=_names(allowed)))
    return joined(notice(line) for line in lines)


def steered(result: SteeringResult, said: Texts) -> list[str]:
    """Returns what a model was steered away from, or why it could not be; nothing where nothing called for it."""
    if not (result.method or result.lacking):
        return []
    names = {"categories": _names(result.steering.categories), "why": result.why}
    return [said.say("steered.away" if result.method else "steered.not", **names)]


def _names(categories: Sequence[str]) -> str:
    return " and ".join(category.replace("_", " ") for category in categories)
