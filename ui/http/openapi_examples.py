"""What answers look like: an example for each route, and the schema that it and every real answer fits."""

from __future__ import annotations

from typing import Any

Row = dict[str, Any]
CASE, STAMP = "6eb5a5a87b22", "10b82fc36dfdf6b1"
PICTURE = "iVBORw0KGgoAAAANSUhEUg..."
SHA256 = "edf344f3f7cd1803d5aa43fdd422abf81c2bfdde720dfca989f3c1feb29e9e10"
SENTENCE = "The prompt seems to ask for killing, torture or wounds in detail."
ALLOWED: Row = {"verdict": "ALLOW", "risk": 0.0, "scores": {"violence": 0.03}, "reasons": []}
REASON: Row = {
    "category": "violence",
    "code": "P301",
    "verdict": "BLOCK",
    "clause": "3.1: no graphic violence or gore",
    "text": SENTENCE,
    "spans": [[0, 4]],
    "score": 0.9,
    "threshold": 0.7,
    "margins": {"art": 0.1, "general": 0.5, "medical": 0.3},
}
BLOCKED: Row = {"verdict": "BLOCK", "risk": 0.83, "scores": {"violence": 0.9}, "reasons": [REASON]}
CATEGORIES = ("harassment", "hate", "illicit", "self-harm", "sexual", "violence", "violence/graphic")
MODERATED: Row = {
    "flagged": True,
    "categories": {name: name == "violence" for name in CATEGORIES},
    "category_scores": {name: 0.9 if name == "violence" else 0.0 for name in CATEGORIES},
    "category_applied_input_types": {name: ["text"] if name == "violence" else [] for name in CATEGORIES},
    "safety": BLOCKED,
}
DRAWN: Row = {
    "revised_prompt": None,
    "b64_json": PICTURE,
    "safety": {"stamp": STAMP, "sha256": SHA256, "width": 512, "height": 512, "seed": 7, "picture": ALLOWED}
    | {"marks": ["visible", "credentials", "invisible", "metadata"]},
}
MODEL: Row = {
    "id": "pocket",
    "object": "model",
    "created": 0,
    "owned_by": "pocket",
    "safety": {"title": "Pocket", "sizes": ["512x512"], "most_pictures": 4},
}
REVIEW: Row = {"case": CASE, "outcome": "waiting", "kind": "appeal", "stage": "prompt", "reason": "", "until": ""}
VERIFIED: Row = {
    "sha256": SHA256,
    "layers": {
        "credentials": {"found": True, "valid": True, "stamp": STAMP},
        "invisible": {"found": True, "score": 0.97, "stamp": STAMP},
        "metadata": {"found": True, "stamp": STAMP},
        "registry": {"found": True, "case": CASE, "unchanged": True, "stamp": STAMP},
    },
    "foreign": [],
    "unread": [],
    "reveals": [],
    "contradictions": [],
    "given_back": None,
    "summary": "Made by AI in this studio on 2026-11-22 21:11 UTC (case 4ffa94499032), and unchanged since.",
}
NOTICE: Row = {
    "state": "waiting",
    "received": "2026-11-29T12:00:00.000000+00:00",
    "due": "2026-12-01T12:00:00.000000+00:00",
    "decided": "",
    "reason": "",
    "blocks": False,
    "earlier": "",
}
RECEIPT = "7K3QD-0M4XB-92HTV-PZ6RC"
MANIFEST_ID = "urn:c2pa:2b5c8a1e-6f0d-4f6e-9f43-2f1d6b1c7a90"
KEPT: Row = {
    "compared": False,
    "stamp": STAMP,
    "alg": "safelight.tilemark",
    "manifest_id": MANIFEST_ID,
    "signed": True,
    "trusted": True,
    "claims": {"generator": "Safelight 0.1.0", "model": "pocket", "time": "2026-11-29T12:00:00+00:00"},
    "store": "AAAQCGp1bWIAAAAeanVtZGMycGE...",
}
MATCHES: Row = {"matches": [{"manifestId": MANIFEST_ID}]}
FEEDBACK_CASE = "0f4c1be2a9d7"
GIVEN: Row = {"case": FEEDBACK_CASE, "at": "2026-11-29T12:00:00.000000+00:00", "kind": "refusal", "target": CASE}
GIVEN |= {"prompt": "gore", "mode": "general", "value": "wrongly_refused", "reasons": []}
REFUSED: Row = {"case": CASE, **BLOCKED, "categories": ["violence"], "passes_in": ["art", "medical"], "warning": ""}
ERROR: Row = {
    "error": {
        "message": SENTENCE,
        "type": "image_generation_user_error",
        "param": "prompt",
        "code": "moderation_blocked",
        "safety": REFUSED,
    }
}
PROBLEM: Row = {
    "type": "urn:safelight:problem:unknown_field",
    "title": "The call is wrong",
    "status": 400,
    "detail": "There is no field 'colour' here.",
    "request": "8ac9bd0761e847bcb15e650417f5aad8",
    "loc": ["colour"],
}

# By method and path: the body that is sent, and the answer to it; None where it is no JSON.
REQUESTS: dict[tuple[str, str], Row] = {
    ("post", "/v1/images/generations"): {
        "prompt": "a red apple on a blue background",
        "n": 1,
        "seed": 7,
        "safety": {"mode": "art"},
    },
    ("post", "/v1/moderations"): {"input": "gore"},
    ("post", "/v1/safety/judge"): {"prompt": "gore", "mode": "general", "suggest": True},
    ("post", "/v1/safety/look"): {"picture": PICTURE, "prompt": "a red apple", "mode": "general"},
    ("post", "/v1/c2pa/matches/byBinding"): {"alg": "safelight.tilemark", "value": STAMP},
    ("post", "/v1/safety/appeals"): {"case": CASE, "prompt": "gore", "remark": "For a film about surgery."},
    ("post", "/v1/safety/reports"): {"prompt": "gore", "mode": "general", "remark": "For a film about surgery."},
    ("post", "/v1/safety/notices"): {
        "reason": "deceptive",
        "statement": "It shows me at a place where I have never been.",
        "name": "Ada Example",
        "contact": "ada@example.org",
        "stamp": STAMP,
        "good_faith": True,
    },
    ("post", "/v1/safety/notices/status"): {"receipt": RECEIPT},
    ("post", "/v1/safety/feedback"): {"case": CASE, "prompt": "gore", "consent": True, "person": "reader 7"},
    ("post", "/v1/safety/feedback/given"): {"person": "reader 7"},
    ("post", "/v1/safety/feedback/withdraw"): {"person": "reader 7"},
}
ANSWERS: dict[tuple[str, str], Row | None] = {
    ("post", "/v1/images/generations"): {
        "created": 1795946179,
        "data": [DRAWN],
        "output_format": "png",
        "size": "512x512",
        "safety": {"case": CASE, "prompt": ALLOWED, "withheld": []},
    },
    ("post", "/v1/images/edits"): None,
    ("post", "/v1/images/variations"): None,
    ("get", "/v1/models"): {"object": "list", "data": [MODEL]},
    ("get", "/v1/models/{model}"): MODEL,
    ("post", "/v1/moderations"): {"id": "modr-8ac9bd07", "model": "safelight", "results": [MODERATED]},
    ("post", "/v1/safety/judge"): {
        "text": "gore",
        **BLOCKED,
        "suggestions": [],
        "ms": 1.0,
        "passes": False,
        "passes_in": ["art", "medical"],
    },
    ("post", "/v1/safety/look"): ALLOWED,
    ("post", "/v1/safety/verify"): VERIFIED,
    ("post", "/v1/safety/mark"): None,
    ("post", "/v1/safety/appeals"): REVIEW,
    ("post", "/v1/safety/reports"): REVIEW | {"kind": "report"},
    ("get", "/v1/safety/cases/{case}"): REVIEW,
    ("post", "/v1/safety/notices"): {"receipt": RECEIPT, "status": NOTICE, "keeps_files": True},
    ("post", "/v1/safety/notices/status"): NOTICE,
    ("post", "/v1/safety/feedback"): {"case": FEEDBACK_CASE, "kind": "refusal", "about": CASE, "at": GIVEN["at"]},
    ("post", "/v1/safety/feedback/given"): {"feedback": [GIVEN]},
    ("post", "/v1/safety/feedback/withdraw"): {"erased": 3},
    ("get", "/v1/safety/policy"): {
        "version": "2026.11",
        "digest": SHA256,
        "modes": {"general": {"title": "General", "about": "For everyday work and mixed audiences."}},
        "limits": {"general": {"prompt": {"violence": {"note": 0.4, "warn": 0.55, "block": 0.7}}}},
        "added": [
            {
                "category": "gambling",
                "title": "Gambling",
                "sentence": "No adverts for betting.",
                "code": 801,
                "clause": "8.1",
                "level": "warn",
            }
        ],
    },
    ("get", "/v1/safety/manifests/{stamp}"): KEPT,
    ("get", "/v1/c2pa/matches/byBinding"): MATCHES,
    ("post", "/v1/c2pa/matches/byBinding"): MATCHES,
    ("post", "/v1/c2pa/matches/byContent"): {"matches": [{"manifestId": MANIFEST_ID, "similarityScore": 92}]},
    ("get", "/v1/c2pa/manifests/{manifestId}"): None,
    ("get", "/v1/c2pa/services/supportedAlgorithms"): {
        "watermarks": [{"alg": "safelight.tilemark"}],
        "fingerprints": [],
    },
    ("get", "/metrics"): None,
    ("get", "/health/live"): {"live": True},
    ("get", "/health/ready"): {"ready": True, "blind": []},
}
