"""What a call for pictures may say, in OpenAI's shape, and the studio's own request that it becomes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from engines.interface import EngineCard
from engines.shapes import drawn_size, shown_sizes
from engines.validation import MAX_SEED
from safety.generation import GenerationRequest
from safety.policy.model import BASE_MODE
from ui.http.access import Caller
from ui.http.context import engine_of
from ui.http.problems import ApiError

if TYPE_CHECKING:
    from studio import Studio

MAX_N = 10
OPENAI_STYLES = (None, "vivid", "natural")
STYLE = "A name of presets/styles.toml, whose words are judged too; vivid and natural have no effect."
SIZE_PATTERN = r"^(auto|[1-9][0-9]{1,4}x[1-9][0-9]{1,4})$"
SIZE = "Width and height of the file. Models draw some sizes only; without one, the first of theirs."


class Strict(BaseModel):
    """A body in which nothing stands that is not read."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)


class SafetyOptions(Strict):
    """What only this studio knows. `warning`: the case of the warning that a person has read, which confirms it."""

    mode: str = BASE_MODE
    language: str = ""
    warning: str = ""
    keep_prompt: bool = False
    balanced: bool = False


class ImageRequest(Strict):
    """OpenAI's request for pictures. What stands under "no effect" is taken, so that clients need no change."""

    prompt: Annotated[str, Field(examples=["a red apple on a blue background"])]
    model: str | None = Field(default=None, description="An engine of GET /v1/models; the studio's first by default.")
    n: int = Field(default=1, ge=1, le=MAX_N)
    size: str | None = Field(default=None, pattern=SIZE_PATTERN, description=SIZE, examples=["512x512"])
    response_format: Literal["url", "b64_json"] = "b64_json"
    output_format: Literal["png", "jpeg", "webp"] = "png"
    stream: bool = False
    partial_images: int = Field(default=0, ge=0, le=3)
    seed: int | None = Field(default=None, ge=0, le=MAX_SEED)
    negative_prompt: str = ""
    steps: int | None = None
    num_inference_steps: int | None = None
    guidance: float | None = None
    guidance_scale: float | None = None
    safety: SafetyOptions = SafetyOptions()
    quality: str | None = Field(default=None, description="No effect.")
    style: str | None = Field(default=None, description=STYLE)
    background: str | None = Field(default=None, description="No effect.")
    moderation: str | None = Field(default=None, description="No effect: the policy of the studio holds.")
    output_compression: int | None = Field(default=None, description="No effect.")
    user: str | None = Field(default=None, description="No effect, and not kept.")

    @model_validator(mode="before")
    @classmethod
    def _without_nulls(cls, data: Any) -> Any:
        """Takes null for a field that is not there, as OpenAI does."""
        if not isinstance(data, dict):
            return data
        return {name: value for name, value in data.items() if value is not None or name not in cls.model_fields}


def read(body: ImageRequest, caller: Caller, studio: Studio, warning: str = "") -> GenerationRequest:
    """Returns the studio's own request. `warning` is what confirms it. Raises RequestError, ApiError."""
    engine = engine_of(studio, body.model)
    width, height = _size(body.size, studio.engine_cards()[engine])
    steps = body.steps if body.steps is not None else body.num_inference_steps
    guidance = body.guidance if body.guidance is not None else body.guidance_scale
    return GenerationRequest(
        prompt=body.prompt,
        mode=caller.mode(body.safety.mode),
        engine=engine,
        seed=body.seed,
        steps=steps,
        guidance=guidance,
        negative_prompt=body.negative_prompt,
        width=width,
        height=height,
        count=body.n,
        format=body.output_format,
        acknowledged=bool(warning),
        warning=warning,
        keep_prompt=body.safety.keep_prompt,
        balanced=body.safety.balanced,
        style="" if body.style in OPENAI_STYLES else body.style or "",
        language=body.safety.language,
    )


def _size(asked: str | None, card: EngineCard) -> tuple[int | None, int | None]:
    """Returns width and height as the model draws them; None for its own. Raises ApiError for what it does not draw."""
    if not asked or asked == "auto":
        return None, None
    width, height = drawn_size(card, *(int(side) for side in asked.split("x")))
    least, most, multiple = card.size.least, card.size.most, card.size_multiple
    if all(least <= side <= most and not side % multiple for side in (width, height)):
        return width, height
    known = ", ".join(f"{wide}x{high}" for wide, high in shown_sizes(card).values())
    any_other = f", or any sides from {least:g} to {most:g} that {multiple} divides" if least < most else ""
    sentence = f"{card.title} makes no pictures of {asked}. Use {known}{any_other}."
    raise ApiError(400, sentence, loc=("size",))
