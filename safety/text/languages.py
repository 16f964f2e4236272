"""Identifies the language of a text with py3langid (BSD-3-Clause): naive Bayes over byte n-grams, offline.

Lui and Baldwin, "langid.py: an off-the-shelf language identification tool", ACL 2012. The model is loaded at the
first text that is hardly English.
"""

from __future__ import annotations

import threading
from functools import lru_cache
from typing import Any

ENGLISH = "en"
_NAMES = """
ar Arabic (العربية); bg Bulgarian (български); bn Bengali (বাংলা); cs Czech (čeština); da Danish (dansk);
de German (Deutsch); el Greek (ελληνικά); en English; eo Esperanto; es Spanish (español); fa Persian (فارسی);
fi Finnish (suomi); fr French (français); he Hebrew (עברית); hi Hindi (हिन्दी); hr Croatian (hrvatski);
hu Hungarian (magyar); id Indonesian (Bahasa Indonesia); it Italian (italiano); ja Japanese (日本語);
ka Georgian (ქართული); ko Korean (한국어);
nl Dutch (Nederlands); no Norwegian (norsk); pl Polish (polski); pt Portuguese (português);
ro Romanian (română); ru Russian (русский); sk Slovak (slovenčina); sv Swedish (svenska); ta Tamil (தமிழ்);
th Thai (ไทย); tr Turkish (Türkçe); uk Ukrainian (українська); ur Urdu (اردو); vi Vietnamese (Tiếng Việt);
zh Chinese (中文)
"""
NAMES = dict(entry.strip().split(" ", 1) for entry in _NAMES.split(";") if entry.strip())

_lock = threading.Lock()


def language_probabilities(text: str) -> dict[str, float]:
    """Returns the probability, 0..1, of each language of NAMES by its code, the likeliest first.

    Safe to call from threads.
    """
    with _lock:
        return {code: float(probability) for code, probability in _identifier().rank(text.lower())}


@lru_cache(maxsize=1)
def _identifier() -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    identifier.set_languages(list(NAMES))
    return identifier
