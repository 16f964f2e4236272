"""Gathers what happened to a request, for ui/html/happened.py to show."""

from __future__ import annotations

from typing import TYPE_CHECKING

from markupsafe import Markup

from safety.generation import Delivered, Enlarged, PictureResult, Refused
from safety.marks.mark_view import MarkView
from safety.records import Decision, Stage
from studio.layers import scores_of
from ui.html.happened import Happened, Judgement, happened
from ui.results import Problem, attempt

if TYPE_CHECKING:
    from studio import Studio


def of_picture(studio: Studio, outcome: Delivered, result: PictureResult, revealed: bool = False) -> Markup:
    """Returns the chips under a finished picture; a veiled one shows nothing of itself in them until it is revealed."""
    return happened(
        Happened(
            studio.messages(outcome.request.language),
            outcome.seconds,
            prompt=_judged(studio, outcome.prompt_decision),
            generation=outcome.generation,
            seed=result.picture.seed,
            picture=_judged(studio, result.decision),
            export=result.export,
            view=_view(studio, result, revealed),
        )
    )


def of_enlarged(studio: Studio, outcome: Enlarged, revealed: bool = False) -> Markup:
    """Returns the chips under a picture that was made larger."""
    result = outcome.result
    return happened(
        Happened(
            studio.messages(outcome.generation.request.language),
            {},
            generation=outcome.generation,
            seed=result.picture.seed,
            picture=_judged(studio, result.decision),
            export=result.export,
            view=_view(studio, result, revealed),
            enlarged=outcome.times,
        )
    )


def of_refusal(studio: Studio, refused: Refused) -> Markup:
    """Returns the chips under a refusal: as far as the work came."""
    judged = _judged(studio, refused.decision)
    earlier = _judged(studio, refused.prompt_decision) if refused.prompt_decision else None
    early = refused.decision.stage is Stage.PROMPT
    return happened(
        Happened(
            studio.messages(refused.request.language),
            refused.seconds,
            prompt=judged if early else earlier,
            generation=refused.generation,
            seed=refused.generation.pictures[0].seed if refused.generation else 0,
            picture=None if early else judged,
        )
    )


def _view(studio: Studio, result: PictureResult, revealed: bool) -> MarkView | None:
    if result.export is None or (result.veiled and not revealed):
        return None
    view = attempt(studio.see_mark, result)
    return None if isinstance(view, Problem) else view


def _judged(studio: Studio, decision: Decision) -> Judgement:
    return Judgement(decision, scores_of(decision, studio.policy))
