"""Draws for a lesson: one picture with what each step left, or steered away from a harmless concept.

The judgements are those of `Studio.create`, and stricter: what is not plainly allowed is not drawn, and of a picture
that a check stops nothing is shown, neither finished nor half drawn. Each picture is a case on record, and all that is
handed out is marked. No client's limits count: words and settings are a lesson's, and the picture is for everybody.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from engines.interface import StepState
from safety.audit import Case
from safety.errors import RequestError
from safety.generation import EMBEDDED, Generation, GenerationRequest, Steering, SteeringResult
from safety.marks.export import file_name, provenance_of
from safety.prompt.request_syntax import prompts_to_draw
from safety.records import Decision
from studio.handing_out import put_on_record

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from studio.studio import Studio

LESSON = "lesson"  # the kind of its cases
FORMAT = "webp"
COLUMNS = 7  # of a sheet of steps
LABEL_STRIP = 72  # pixels above and below them, for the visible mark, whichever corner it has
ANOTHER = "Choose another one."
STOPPED_WORDS = "This studio does not draw these words in a lesson."
STOPPED_PICTURE = "The picture was withheld: a check of pictures stopped it."
STEERED_ANYWAY = "These words are steered away from something by this studio's own rules."
NO_STEPS = "This engine does not tell what its steps leave."


@dataclass(frozen=True, slots=True)
class Demonstration:
    """Asks for a lesson's picture. `concept` is what the model is steered away from, `strength` how strongly.

    A strength of "" steers as the studio itself does. `with_steps`: what each step left is wanted, too.
    """

    prompt: str
    seed: int
    guidance: float | None = None
    concept: str = ""
    strength: str = ""
    with_steps: bool = False


@dataclass(frozen=True, slots=True)
class DenoisingStep:
    """Holds what one step left: latents, float32 of shape (channels, height, width), and their picture, 8-bit RGB."""

    latents: NDArray[np.float32]
    picture: Image.Image


@dataclass(frozen=True, slots=True)
class Demonstrated:
    """Holds a lesson's picture. `file` is what may be handed out; `image` is as drawn, to be measured only.

    `steps` has what each step left, the noise first; `sheet` is a marked file of their pictures, COLUMNS in a row.
    Both are empty where no steps were asked for.
    """

    case: str
    image: Image.Image
    file: bytes
    steered: SteeringResult | None
    steps: tuple[DenoisingStep, ...] = ()
    sheet: bytes = b""


def demonstrate(studio: Studio, asked: Demonstration) -> Demonstrated:
    """Judges, draws, judges again and marks. Raises RequestError for what is stopped, and what `create` raises."""
    request = studio.completed(
        GenerationRequest(asked.prompt, engine=EMBEDDED, seed=asked.seed, guidance=asked.guidance, format=FORMAT)
    )
    with studio.audit.case(request, kind=LESSON) as case:
        # Words to steer away from could ask for something by leaving it out, as those of a negative prompt can.
        decision = studio.check(request.prompt, request.mode, asked.concept)
        case.record_decision(decision)
        if not decision.allowed:
            case.close_refused(decision)
            raise RequestError(STOPPED_WORDS, ANOTHER)
        steps: list[DenoisingStep] = []
        generation = _draw(studio, request, _steering(studio, decision, asked), steps if asked.with_steps else None)
        case.record_generation(generation)
        shown = [generation.pictures[0].image, *([sheet_of(steps)] if asked.with_steps else [])]
        for image in shown:
            judged = studio.look(image, request.mode, request.prompt)
            case.record_decision(judged)
            if not judged.allowed:
                case.close_refused(judged)
                raise RequestError(STOPPED_PICTURE, ANOTHER)
        files = [_marked(studio, case, generation, image) for image in shown]
        case.close("delivered", {"stamps": [stamp for stamp, _ in files], "withheld": 0})
    file, sheet = (*(data for _, data in files), b"")[:2]
    return Demonstrated(case.id, shown[0], file, generation.steered, tuple(steps), sheet)


def _steering(studio: Studio, decision: Decision, asked: Demonstration) -> Steering | None:
    """Returns what this picture is steered away from. Raises RequestError where the studio itself steers it.

    A lesson's concept takes the place of nothing that works: of none, or of the general one, which a model that was
    trained on filtered pictures does not use.
    """
    own = studio.steering.route(decision, studio.policy) if studio.steering else None
    if not asked.strength:
        return own
    if own and not (own.general and studio.engines[EMBEDDED].card.content == "filtered"):
        raise RequestError(STEERED_ANYWAY, ANOTHER)
    return Steering((asked.concept,), asked.concept, asked.strength)


def _draw(
    studio: Studio, request: GenerationRequest, steering: Steering | None, steps: list[DenoisingStep] | None
) -> Generation:
    """Draws one picture; adds what each step left to `steps`, where it is wanted."""
    wanted, left_out = prompts_to_draw(request.prompt, request.negative_prompt)
    drawn = replace(request, prompt=wanted, negative_prompt=left_out)

    def observe(states: tuple[StepState, ...], /) -> None:
        if steps is not None:
            steps.append(_step(states[0]))

    generation = studio.engines[EMBEDDED].generate(
        drawn,
        [request.seed or 0],
        lambda *_: None,
        steering=steering,
        observe=observe if steps is not None else None,
    )
    if steps is not None and not steps:
        raise RequestError(NO_STEPS)
    return replace(generation, request=request)


def _marked(studio: Studio, case: Case, generation: Generation, image: Image.Image) -> tuple[str, bytes]:
    """Marks a picture and puts it on record; returns its stamp and its file, which stays on no disk."""
    provenance = provenance_of(case.id, generation, generation.pictures[0])
    with TemporaryDirectory() as folder:
        export = studio.exporter.export(image, provenance, Path(folder) / file_name(provenance, FORMAT))
        put_on_record(studio, export, image, case.record_export)
        return str(export.stamp), export.path.read_bytes()


def sheet_of(steps: Sequence[DenoisingStep]) -> Image.Image:
    """Returns the pictures of all steps in rows of COLUMNS, with room for the visible mark above and below."""
    width, height = steps[0].picture.size
    rows = -(-len(steps) // COLUMNS)
    sheet = Image.new("RGB", (COLUMNS * width, rows * height + 2 * LABEL_STRIP), "white")
    for number, step in enumerate(steps):
        sheet.paste(step.picture, (number % COLUMNS * width, LABEL_STRIP + number // COLUMNS * height))
    return sheet


def mean_difference(one: Image.Image, other: Image.Image) -> float:
    """Returns how much two pictures of one size differ on average, in levels of 255: over all pixels and channels."""
    return float(np.abs(np.asarray(one, np.float64) - np.asarray(other, np.float64)).mean())


def _step(state: StepState) -> DenoisingStep:
    levels = np.clip(np.rint(state.pixels * 255.0), 0, 255).astype(np.uint8)
    return DenoisingStep(state.latents, Image.fromarray(levels))
