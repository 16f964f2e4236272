"""What stands on the page while pictures develop, and how they were steered. Imports no gradio."""

from __future__ import annotations

import base64
import io

from markupsafe import Markup
from PIL.Image import Image

from safety.generation import Generation

QUALITY = 70  # JPEG: a millisecond a preview; WebP and PNG take twenty times that


def jpeg(image: Image) -> str:
    """As the address of an image on the page; nothing is written to disk."""
    memory = io.BytesIO()
    image.save(memory, "JPEG", quality=QUALITY)
    return "data:image/jpeg;base64," + base64.b64encode(memory.getvalue()).decode()


def previews(pictures: tuple[Image, ...]) -> Markup:
    """The blurred pictures side by side; nothing before there are any."""
    if not pictures:
        return Markup("")
    shown = Markup("").join(
        Markup('<img alt="Picture {}, blurred while it develops" src="{}" width="{}" height="{}">').format(
            number, jpeg(one), one.width, one.height
        )
        for number, one in enumerate(pictures, 1)
    )
    return Markup(
        '<figure class="sl-previews"><div>{}</div>'
        "<figcaption>Developing. Blurred until the picture check has passed.</figcaption></figure>"
    ).format(shown)


def remarks(generation: Generation) -> Markup:
    """Which pictures failed, and what the model was steered away from or why it was not."""
    lines = []
    if generation.failed:
        seeds = ", ".join(map(str, generation.failed))
        lines.append(f"No picture for the seed {seeds}: the model gave no usable numbers. Try another seed.")
    by = generation.steered
    if by and (by.method or by.lacking):
        away = " and ".join(one.replace("_", " ") for one in by.steering.categories)
        lines.append(f"Steered away from {away}. {by.why}" if by.method else f"Not steered. {by.why}")
    return Markup("").join(Markup('<p class="sl-notice">{}</p>').format(line) for line in lines)
