"""What stands above and below the tabs: the name of the studio, the choice of a language, the policy. No gradio."""

from __future__ import annotations

import json
from collections.abc import Mapping

from markupsafe import Markup

from safety.resources import ASSETS
from ui.html.markup import joined
from ui.texts import Texts

NOTICE = "notice"  # the part of the page that ui/html/first_notice.py makes
# Names that Gradio has in English only; assets/page/care.js puts these in their place.
GRADIO = {"More tabs": "page.more_tabs", "Reset to default value": "page.reset"}


def header(texts: Texts, languages: Mapping[str, str]) -> Markup:
    """Returns the top of the page. `languages`: the own name of each by its tag."""
    logo = Markup((ASSETS / "logo.svg").read_text("utf-8"))
    return Markup('<header class="sl-top" data-gradio="{}">{}<div><h1>Safelight</h1><p>{}</p></div>{}</header>').format(
        json.dumps({english: texts[key] for english, key in GRADIO.items()}),
        *(logo, texts["page.about"], _menu(texts, languages)),
    )


def _menu(texts: Texts, languages: Mapping[str, str]) -> Markup:
    """Returns the choice of a language; assets/page/language.js shows the one of the page and keeps another."""
    if len(languages) < 2:
        return Markup("")
    options = joined(
        Markup('<option value="{}" lang="{}">{}</option>').format(tag, tag, name) for tag, name in languages.items()
    )
    return Markup('<select class="sl-language" aria-label="{}">{}</select>').format(texts["page.choose"], options)


def without_script(texts: Texts) -> Markup:
    """Returns what a browser shows that runs no script: what the page needs, and what works all the same."""
    links = (("report", texts["page.report"]), ("policy", texts["policy.title"]))
    items = joined(Markup('<li><a href="{}">{}</a></li>').format(*link) for link in links)
    return Markup(
        '<noscript><main style="padding: 1rem"><h1>Safelight</h1><p>{}</p><ul>{}<li>{}{}{}</li></ul></main></noscript>'
    ).format(
        texts["page.no_script"], items, texts["page.programs"], texts["page.colon"], texts["page.no_script_programs"]
    )


def footer(texts: Texts, version: str, digest: str, has_reviewers: bool) -> Markup:
    """Returns the foot of the page. What is linked to opens in a tab of its own: a Space shows the studio in a frame.

    The reviewers' pages refuse frames.
    """
    link = Markup(' &middot; <a href="review" target="_blank" rel="noopener">{}</a>').format(texts["page.reviewers"])
    return Markup(
        '<footer><p>{}</p><p><a href="policy" target="_blank" rel="noopener">{}</a> <code>{}</code>'
        ' &middot; <a href="report" target="_blank" rel="noopener">{}</a>'
        ' &middot; <a href="gradio_api/info">{}</a>{}</p></footer>'
    ).format(
        texts["page.made"],
        texts.say("page.policy", version=version),
        digest[:8],
        texts["page.report"],
        texts["page.programs"],
        link if has_reviewers else "",
    )
