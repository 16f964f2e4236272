"""A FastAPI route that judges prompts for a generator of your own.

uvicorn guard_a_route:app --app-dir examples

curl -s localhost:8000/judge -H 'content-type: application/json' -d '{"prompt": "a red apple", "mode": "art"}'
"""

from __future__ import annotations

from functools import lru_cache

from fastapi import FastAPI, HTTPException
from pydantic import BaseModel, Field

from safety import Guard, StudioError

app = FastAPI(title="Judges prompts")


class Request(BaseModel):
    """What is to be judged."""

    prompt: str = Field(max_length=10_000)
    mode: str = "general"
    language: str = ""


class Answer(BaseModel):
    """The verdict, the probability 0..1 that this should not be made, and why, as text."""

    allowed: bool
    verdict: str
    risk: float
    explanation: str


@lru_cache(maxsize=1)
def guard() -> Guard:
    """Loads the guard at the first request, once."""
    return Guard.load()


@app.post("/judge")
def judge(request: Request) -> Answer:
    """Judges one prompt. Nothing is recorded."""
    try:
        decision = guard().check_prompt(request.prompt, mode=request.mode)
        explanation = guard().explain(decision, language=request.language)
    except StudioError as error:
        raise HTTPException(422, error.sentence) from error
    return Answer(allowed=decision.allowed, verdict=decision.verdict.name, risk=decision.risk, explanation=explanation)
