"""Gathers what happened to a request, for ui/html/happened.py to show."""

from __future__ import annotations

from typing import TYPE_CHECKING

from markupsafe import Markup

from safety.generation import Delivered, PictureResult, Refused
from safety.records import Decision, Stage
from studio.layers import scores_of
from ui.html.happened import Happened, Judgement, happened
from ui.results import Problem, attempt

if TYPE_CHECKING:
    from studio import Studio


def of_picture(studio: Studio, outcome: Delivered, result: PictureResult) -> Markup:
    """Returns the chips under a finished picture; a veiled one shows nothing of itself in them."""
    view = None if result.veiled or result.export is None else attempt(studio.see_mark, result)
    return happened(
        Happened(
            studio.messages(outcome.request.language),
            outcome.seconds,
            prompt=_judged(studio, outcome.prompt_decision),
            generation=outcome.generation,
            seed=result.picture.seed,
            picture=_judged(studio, result.decision),
            export=result.export,
            view=None if isinstance(view, Problem) else view,
        )
    )


def of_refusal(studio: Studio, refused: Refused) -> Markup:
    """Returns the chips under a refusal: as far as the work came."""
    judged = _judged(studio, refused.decision)
    early = refused.decision.stage is Stage.PROMPT
    return happened(
        Happened(
            studio.messages(refused.request.language),
            refused.seconds,
            prompt=judged if early else None,
            picture=None if early else judged,
        )
    )


def _judged(studio: Studio, decision: Decision) -> Judgement:
    return Judgement(decision, scores_of(decision, studio.policy))
