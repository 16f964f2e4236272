"""What an operator may set: environment variables, read and checked once, before anything is built."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from safety.errors import PresetError
from safety.marks.settings import NO, YES, GetSetting, MarkSettings, setting_error
from safety.resources import data_folder
from safety.review.auth import strong_password
from safety.review.service import ReviewSettings, read_review_settings

MAX_PORT = 65_535
MIN_SECRET = 24  # characters
MAX_SHOWN = 40  # characters of a wrong value in its sentence
# The network of the proxy of Hugging Face Spaces: what reaches a Space has come through it.
SPACE_PROXY = "10.0.0.0/8"
# Who shows a Space in a frame.
SPACE_FRAME = "https://huggingface.co"
HOST_NAME = re.compile(r"(?!-)[a-z0-9-]+(\.[a-z0-9-]+)*", re.IGNORECASE)
BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
EXACT_ORIGIN = re.compile(r"https?://[a-z0-9-]+(\.[a-z0-9-]+)*(:\d+)?", re.IGNORECASE)
ORIGIN = re.compile(r"https?://(\*\.)?[a-z0-9-]+(\.[a-z0-9-]+)*(:\d+)?", re.IGNORECASE)


@dataclass(frozen=True)
class Settings:
    """Holds every setting of a studio; the comment above each field names its environment variable."""

    # SAFELIGHT_HOME: folder of keys, audit log and finished files
    home: Path
    # SAFELIGHT_HOST, SAFELIGHT_PORT: where the page is served; else GRADIO_SERVER_NAME, GRADIO_SERVER_PORT
    host: str = "127.0.0.1"
    port: int = 7860
    # SAFELIGHT_KEEP_PROMPTS: whether the audit log keeps prompts as text
    keep_prompts: bool = False
    # SAFELIGHT_NAMES: host names that the page answers to, beside those of this machine
    names: tuple[str, ...] = ()
    # SAFELIGHT_FRAMES: origins that may show the page in a frame
    frames: tuple[str, ...] = ()
    # SAFELIGHT_MODE: everybody's mode; unset, each person chooses
    mode: str = ""
    # SAFELIGHT_LANGUAGE: of the reasons, unless somebody chooses; "en-GB" adds a country's helplines
    language: str = ""
    # SAFELIGHT_LABEL_COUNTRY, SAFELIGHT_LABEL_CORNER, SAFELIGHT_LABEL_LANGUAGE, SAFELIGHT_LABEL_BADGE,
    # SAFELIGHT_PROVIDER, SAFELIGHT_VERIFY_URL, SAFELIGHT_SIGNING_CERT, SAFELIGHT_SIGNING_KEY, SAFELIGHT_TIME_AUTHORITY,
    # SAFELIGHT_TRUSTMARK, SAFELIGHT_TRAINING_MINING, SAFELIGHT_TRAINING_CONSTRAINTS
    marks: MarkSettings = MarkSettings()
    # SAFELIGHT_REVIEW_PASSWORD, SAFELIGHT_REVIEWERS, SAFELIGHT_PROXIES, SAFELIGHT_FEEDBACK (taken of whoever agrees),
    # SAFELIGHT_ANNOTATOR_PASSWORD
    review: ReviewSettings = ReviewSettings()
    # SAFELIGHT_TEACHER_PASSWORD: lets a teacher open a class
    teacher_password: str = field(default="", repr=False)
    # SAFELIGHT_STORE: postgresql://user:password@host/database; unset, audit.sqlite3 under `home`
    store: str = ""
    # SAFELIGHT_OUTPUTS: s3://bucket/prefix for finished pictures; unset, the folder outputs under `home`
    outputs: str = ""
    # SAFELIGHT_ENGINES: a file with more engine cards
    engines: str = ""
    # SAFELIGHT_OFFLINE, or HF_HUB_OFFLINE as everywhere with the hub: no model is downloaded
    offline: bool = False
    # SAFELIGHT_KEEP_MODELS: how many models stay loaded
    keep_models: int = 2
    # SAFELIGHT_WARM_UP: whether the models of the first picture are loaded once the page answers; never on a Space
    warm_up: bool = True
    # SAFELIGHT_UPSTREAM: a server of OpenAI's images API, up to and with /v1: its models are engines beside the others
    upstream: str = ""
    # SAFELIGHT_SERVER_KEY: key for an OpenAI-compatible server
    server_key: str = field(default="", repr=False)
    # SAFELIGHT_CORS: origins whose pages may call the API
    cors: tuple[str, ...] = ()
    # SAFELIGHT_LOG: "text", or "json" for one object a line, each call of the API among it
    log: str = "text"
    # SAFELIGHT_TRACES: spans of each call and layer, by OpenTelemetry
    traces: bool = False
    # SAFELIGHT_MCP: tools for language models at /mcp
    mcp: bool = False
    # SAFELIGHT_WEBHOOK, SAFELIGHT_WEBHOOK_SECRET: where decided cases are told, and what those calls are signed with
    webhook: str = ""
    webhook_secret: str = field(default="", repr=False)
    # HF_TOKEN, HF_ENDPOINT: of the hub, as everywhere with it
    hub_token: str = field(default="", repr=False)
    hub_address: str = ""
    # SPACES_ZERO_GPU, which ZeroGPU Spaces set themselves: the GPU is only lent while a picture is drawn
    zero_gpu: bool = False

    @classmethod
    def read(cls, environment: Mapping[str, str]) -> Settings:
        """Reads all settings from `environment`. Raises PresetError that names the variable and what it may be."""
        get = partial(_get, environment)
        # On Hugging Face Spaces the page is open to everybody, and no prompt is kept.
        public = bool(environment.get("SPACE_ID"))
        keep_prompts, offline = _switch(get, "KEEP_PROMPTS"), _switch(get, "OFFLINE")
        zero_gpu = environment.get("SPACES_ZERO_GPU", "").lower() in ("1", "true")
        return cls(
            home=Path(get("HOME", "") or data_folder()).expanduser().absolute(),
            host="0.0.0.0" if public else get("HOST", environment.get("GRADIO_SERVER_NAME", "").strip() or cls.host),
            port=_port(get, environment),
            names=_list(get, "NAMES", environment.get("SPACE_HOST", ""), HOST_NAME, "names such as studio.example.org"),
            frames=_list(get, "FRAMES", SPACE_FRAME if public else "", ORIGIN, "origins such as https://example.org"),
            keep_prompts=keep_prompts and not public,
            mode=get("MODE", ""),
            language=get("LANGUAGE", ""),
            marks=MarkSettings.read(get),
            review=_review(get, public, _has_hub_login(environment)),
            teacher_password=strong_password(get("TEACHER_PASSWORD", ""), "SAFELIGHT_TEACHER_PASSWORD"),
            store=_store(get("STORE", "")),
            outputs=_outputs(get("OUTPUTS", "")),
            engines=get("ENGINES", ""),
            offline=offline or environment.get("HF_HUB_OFFLINE", "") in YES,
            keep_models=_whole_number(get, "KEEP_MODELS", cls.keep_models),
            warm_up=_switch(get, "WARM_UP", "yes") and not (public or zero_gpu),
            upstream=_upstream(get("UPSTREAM", "")),
            server_key=get("SERVER_KEY", ""),
            cors=_list(get, "CORS", "", EXACT_ORIGIN, "origins such as https://shop.example.org"),
            log=_choice(get, "LOG", ("text", "json")),
            traces=_switch(get, "TRACES"),
            mcp=_switch(get, "MCP"),
            **_webhook(get("WEBHOOK", ""), get("WEBHOOK_SECRET", "")),
            hub_token=environment.get("HF_TOKEN", ""),
            hub_address=environment.get("HF_ENDPOINT", ""),
            zero_gpu=zero_gpu,
        )


def _get(environment: Mapping[str, str], name: str, default: str) -> str:
    return environment.get(f"SAFELIGHT_{name}", "").strip() or default


def _switch(get: GetSetting, name: str, default: str = "no") -> bool:
    value = get(name, default).lower()
    if value not in YES + NO:
        raise setting_error(name, value, "yes or no")
    return value in YES


def _choice(get: GetSetting, name: str, options: tuple[str, ...]) -> str:
    """Returns one of the options, the first where it is not set."""
    value = get(name, options[0]).lower()
    if value not in options:
        raise setting_error(name, value, " or ".join(options))
    return value


def _port(get: GetSetting, environment: Mapping[str, str]) -> int:
    """Returns SAFELIGHT_PORT, or else GRADIO_SERVER_PORT, which people who know Gradio set."""
    port = environment.get("GRADIO_SERVER_PORT", "").strip()
    if get("PORT", "") or not port:
        return _whole_number(get, "PORT", Settings.port, MAX_PORT)
    try:
        return _whole_number(lambda _, default: port, "PORT", Settings.port, MAX_PORT)
    except PresetError as error:
        what = f"GRADIO_SERVER_PORT is {port[:MAX_SHOWN]!r}."
        raise PresetError(what, f"Use a number from 1 to {MAX_PORT}.") from error


def _whole_number(get: GetSetting, name: str, default: int, maximum: int | None = None) -> int:
    """Returns the setting as a number from 1 to `maximum`, in ASCII digits."""
    value = get(name, str(default))
    if not (value.isascii() and value.isdecimal() and 1 <= int(value) <= (maximum or int(value))):
        raise setting_error(name, value, f"a number from 1 to {maximum}" if maximum else "a number from 1 on")
    return int(value)


def _list(get: GetSetting, name: str, default: str, form: re.Pattern[str], what: str) -> tuple[str, ...]:
    """Returns the setting's parts, with commas or spaces between. Raises PresetError for one of another form."""
    parts = tuple(get(name, default).replace(",", " ").split())
    for part in parts:
        if not form.fullmatch(part):
            raise setting_error(name, part, what)
    return parts


def _has_hub_login(environment: Mapping[str, str]) -> bool:
    """Tells whether Gradio sets up the real login at Hugging Face.

    Without all of these it would let a mocked one in instead, as the owner of the machine's token, under cookies that
    anybody can sign.
    """
    on_a_space = environment.get("SYSTEM") == "spaces" and bool(environment.get("SPACE_ID"))
    return on_a_space and bool(environment.get("OAUTH_CLIENT_SECRET"))


def _review(get: GetSetting, public: bool, hub_login: bool) -> ReviewSettings:
    proxies = get("PROXIES", SPACE_PROXY if public else "")
    settings = read_review_settings(get("REVIEW_PASSWORD", ""), get("REVIEWERS", ""), proxies, hub_login)
    password = strong_password(get("ANNOTATOR_PASSWORD", ""), "SAFELIGHT_ANNOTATOR_PASSWORD")
    return replace(settings, feedback=_switch(get, "FEEDBACK"), annotator_password=password)


def _webhook(url: str, key: str) -> dict[str, str]:
    place = urlsplit(url)
    if url and (place.scheme not in ("http", "https") or not place.netloc or place.username):
        raise setting_error("WEBHOOK", url, "an address such as https://example.org/safelight")
    if url and len(key) < MIN_SECRET:
        what = "SAFELIGHT_WEBHOOK needs SAFELIGHT_WEBHOOK_SECRET, which its calls are signed with."
        raise PresetError(what, f"Set it to a random text of at least {MIN_SECRET} characters.")
    return {"webhook": url, "webhook_secret": key}


def _upstream(url: str) -> str:
    place = urlsplit(url)
    if url and (place.scheme not in ("http", "https") or not place.netloc or place.username or place.query):
        raise setting_error("UPSTREAM", url, "an address such as http://127.0.0.1:8000/v1")
    return url.rstrip("/")


def _outputs(address: str) -> str:
    place = urlsplit(address)
    if address and (place.scheme != "s3" or not BUCKET.fullmatch(place.netloc) or place.query or place.fragment):
        # The sentence does not show the address, which may hold a key.
        what = "SAFELIGHT_OUTPUTS names no bucket that finished pictures can be kept in."
        raise PresetError(what, "Set it to s3://bucket/prefix, with credentials as AWS has them, or leave it unset.")
    return address.rstrip("/")


def _store(address: str) -> str:
    kind = address.partition(":")[0].partition("+")[0]
    if address and (kind not in ("sqlite", "postgresql", "postgres") or "://" not in address):
        # The sentence does not show the address, which may hold a password.
        what = "SAFELIGHT_STORE names no database that the audit log can be kept in."
        raise PresetError(what, "Set it to postgresql://user:password@host/database, or leave it unset for SQLite.")
    return address
