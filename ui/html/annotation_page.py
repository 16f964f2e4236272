"""The annotators' page: two pictures of one prompt, answered by a key; what it asks for comes by its own script."""

from __future__ import annotations

from markupsafe import Markup

from safety.resources import ASSETS

STYLES = (ASSETS / "review.css", ASSETS / "annotation" / "annotation.css")
ROOT = "/annotate"
ABOUT = (
    "You see two pictures of one prompt, made by people who agreed that they are shown here. Say which comes nearer to "
    "what was asked. Some pairs have a known answer: by them it is told how carefully answers are given."
)
CONSENT = (
    "I agree that my answers are kept under my name as a keyed hash, and used to improve this studio. I can take that "
    "back here at any time, and all of them are deleted."
)


def page(title: str, body: Markup, name: str = "", form_key: str = "") -> str:
    """Returns a whole page: a header with the logout form for whoever is logged in, title and body."""
    logout = Markup(
        '<form method="post" action="{}/logout"><input type="hidden" name="form_key" value="{}"><span>{}</span>'
        '<button class="quiet">Log out</button></form>'
    ).format(ROOT, form_key, name)
    styles = Markup("\n".join(path.read_text("utf-8") for path in STYLES))
    return Markup(
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{} - Safelight</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="robots" content="noindex">'
        '<style>{}</style></head><body class="annotation"><header><a href="{}">Safelight annotation</a>{}</header>'
        "<main><h1>{}</h1>{}</main></body></html>"
    ).format(title, styles, ROOT, logout if name else "", title, body)


def login(problem: str = "", by_password: bool = True, hugging_face: bool = False) -> str:
    """Returns the page with the logins that are set up; `problem` says why the last try failed."""
    said = Markup('<p class="notice" role="alert">{}</p>').format(problem) if problem else ""
    form = Markup(
        '<form method="post" action="{}/login" class="card"><label>Your name, the same each time<input name="name" '
        'maxlength="60" required autocomplete="name"></label><label>Password<input name="password" type="password" '
        'required autocomplete="current-password"></label><button>Log in</button></form>'
    ).format(ROOT)
    hub = Markup('<p><a class="button" href="/login/huggingface?_target_url={}">Log in with Hugging Face</a></p>')
    parts = (
        said,
        Markup("<p>{}</p>").format(ABOUT),
        form if by_password else "",
        hub.format(ROOT) if hugging_face else "",
    )
    return page("Log in", Markup("").join(parts))


def pairs(name: str, form_key: str, agreed: bool) -> str:
    """Returns the page on which pairs are compared, once its annotator has agreed."""
    side = Markup('<button type="button" class="side" data-answer="{}"><img alt="{}"><kbd>{}</kbd></button>').format
    body = Markup(
        '<p class="about">{}</p><section id="work" data-key="{}"{}><p class="prompt" id="prompt" dir="auto"></p>'
        '<div class="two">{}{}</div><p class="answers"><button type="button" class="quiet" data-answer="none"><kbd>0'
        '</kbd> Neither is better</button><button type="button" class="quiet" data-back disabled><kbd>Backspace</kbd> '
        'One back</button></p></section><p id="said" role="status" aria-live="polite"></p>'
        '<p class="consent"><label class="choice"><input type="checkbox" id="agree"{}><span>{}</span></label></p>'
        '<script src="{}/files/annotation.js"></script>'
    ).format(
        ABOUT,
        form_key,
        Markup("") if agreed else Markup(" hidden"),
        side("first", "The left picture is better", "1"),
        side("second", "The right picture is better", "2"),
        Markup(" checked") if agreed else Markup(""),
        CONSENT,
        ROOT,
    )
    return page("Which one is better?", body, name, form_key)
