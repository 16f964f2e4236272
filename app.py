"""Puts the parts together: settings from the environment -> Studio -> the page, or the command line.

The only file that knows every part, and the only one that reads the environment.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from engines.cards import read_cards
from engines.diffusion.hub import Hub
from engines.diffusion.model_cache import ModelCache
from engines.diffusion.model_store import ModelStore
from engines.diffusion.zerogpu import lender
from engines.hardware import measure
from engines.interface import Engine
from engines.registry import make_engines
from safety.audit import AuditLog
from safety.errors import PresetError, StudioError
from safety.image import fetch_models, picture_checks
from safety.marks.export import Exporter
from safety.marks.keys import secret
from safety.marks.settings import NO, YES, MarkSettings
from safety.messages.catalogue import ENGLISH
from safety.policy.model import load_policy
from safety.policy.steering import load_steering
from safety.prompt import open_people, prompt_checks
from safety.prompt.rewrite import load_rewriter
from safety.review.rate_limit import load_limits
from safety.review.retention import load_retention
from safety.review.service import ReviewSettings, Rules, make_review_service, reviewing
from studio import Studio

ROOT = Path(__file__).resolve().parent
PRESETS, MODELS = ROOT / "presets", ROOT / "assets" / "models"
# Libraries that would otherwise report to their makers. Read by them when they are imported.
QUIET = {"GRADIO_ANALYTICS_ENABLED": "False", "HF_HUB_DISABLE_TELEMETRY": "1", "DO_NOT_TRACK": "1"}
SPACE_PROXY = "10.0.0.0/8"


@dataclass(frozen=True)
class Settings:
    """What an operator may set, with the environment variable that sets it."""

    home: Path  # SAFELIGHT_HOME: keys, audit log, finished files
    host: str = "127.0.0.1"  # SAFELIGHT_HOST
    port: int = 7860  # SAFELIGHT_PORT
    keep_prompts: bool = False  # SAFELIGHT_KEEP_PROMPTS: in the audit log, as text
    mode: str = ""  # SAFELIGHT_MODE: everybody's mode; unset, each person chooses
    language: str = ""  # SAFELIGHT_LANGUAGE: of the reasons, unless somebody chooses; "en-GB" adds a country's help
    # SAFELIGHT_LABEL_CORNER, SAFELIGHT_LABEL_LANGUAGE, SAFELIGHT_LABEL_BADGE, SAFELIGHT_PROVIDER, SAFELIGHT_VERIFY_URL,
    # SAFELIGHT_SIGNING_CERT, SAFELIGHT_SIGNING_KEY, SAFELIGHT_TIME_AUTHORITY, SAFELIGHT_TRUSTMARK
    marks: MarkSettings = MarkSettings()
    review: ReviewSettings = ReviewSettings()  # SAFELIGHT_REVIEW_PASSWORD, SAFELIGHT_REVIEWERS, SAFELIGHT_PROXIES
    store: str = ""  # SAFELIGHT_STORE: postgresql://user:password@host/database; else audit.sqlite3 under `home`
    engines: str = ""  # SAFELIGHT_ENGINES: a file with more engine cards
    offline: bool = False  # SAFELIGHT_OFFLINE: no model is downloaded
    keep_models: int = 2  # SAFELIGHT_KEEP_MODELS: how many stay loaded
    server_key: str = field(default="", repr=False)  # SAFELIGHT_SERVER_KEY: for an OpenAI-compatible server
    hub_token: str = field(default="", repr=False)  # HF_TOKEN, as everywhere with the hub
    hub_address: str = ""  # HF_ENDPOINT, likewise

    @classmethod
    def read(cls, environment: Mapping[str, str]) -> Settings:
        """Raises PresetError that names the variable and what it may be."""
        get = partial(_get, environment)
        public = bool(environment.get("SPACE_ID"))  # Hugging Face Spaces: open to everybody
        keep, offline = _switch(environment, "KEEP_PROMPTS"), _switch(environment, "OFFLINE")
        models = get("KEEP_MODELS", "2")
        if not (models.isascii() and models.isdecimal() and int(models) >= 1):
            raise _wrong("KEEP_MODELS", models, "a number from 1 on")
        port = get("PORT", "7860")
        if not (port.isascii() and port.isdecimal() and 1 <= int(port) <= 65535):
            raise _wrong("PORT", port, "a number from 1 to 65535")
        return cls(
            home=Path(get("HOME", "") or _data_folder()).expanduser().absolute(),
            host="0.0.0.0" if public else get("HOST", cls.host),
            port=int(port),
            keep_prompts=keep and not public,
            marks=MarkSettings.read(get),
            mode=get("MODE", ""),
            language=get("LANGUAGE", ""),
            review=_review(get, public, _vouched(environment)),
            store=_store(get("STORE", "")),
            engines=get("ENGINES", ""),
            offline=offline or environment.get("HF_HUB_OFFLINE", "") in YES,
            keep_models=int(models),
            server_key=get("SERVER_KEY", ""),
            hub_token=environment.get("HF_TOKEN", ""),
            hub_address=environment.get("HF_ENDPOINT", ""),
        )


def _get(environment: Mapping[str, str], name: str, default: str) -> str:
    return environment.get(f"SAFELIGHT_{name}", "").strip() or default


def _vouched(environment: Mapping[str, str]) -> bool:
    """Whether Gradio sets up the login at Hugging Face. Without all of these it would let a mocked one in instead,
    as the owner of the machine's token, under cookies that anybody can sign.
    """
    on_a_space = environment.get("SYSTEM") == "spaces" and bool(environment.get("SPACE_ID"))
    return on_a_space and bool(environment.get("OAUTH_CLIENT_SECRET"))


def _review(get: Callable[[str, str], str], public: bool, vouched: bool) -> ReviewSettings:
    # What reaches a Space has come through the host's own proxy, which answers from this private network.
    proxies = get("PROXIES", SPACE_PROXY if public else "")
    return reviewing(get("REVIEW_PASSWORD", ""), get("REVIEWERS", ""), proxies, vouched)


def _store(address: str) -> str:
    kind = address.partition(":")[0].partition("+")[0]
    if address and kind not in ("sqlite", "postgresql", "postgres"):  # not shown: it may hold a password
        what = "SAFELIGHT_STORE names no database that the audit log can be kept in."
        raise PresetError(what, "Set it to postgresql://user:password@host/database, or leave it unset for SQLite.")
    return address


def _switch(environment: Mapping[str, str], name: str) -> bool:
    value = _get(environment, name, "no").lower()
    if value not in YES + NO:
        raise _wrong(name, value, "yes or no")
    return value in YES


def _wrong(name: str, value: str, allowed: str) -> PresetError:
    return PresetError(f"SAFELIGHT_{name} is {value!r}.", f"Set it to {allowed}, or leave it unset.")


def _data_folder() -> str:
    from platformdirs import user_data_dir

    return user_data_dir("safelight", appauthor=False)


def make_studio(settings: Settings) -> Studio:
    """Every part in its place. Models, keys and the database are opened at first use."""
    home = settings.home
    policy = load_policy(PRESETS, settings.mode, settings.language)
    audit = AuditLog(
        settings.store or home / "audit.sqlite3",
        partial(_audit_secret, home),
        settings.keep_prompts,
        policy.messages(ENGLISH),
    )
    rules = Rules(load_limits(PRESETS), load_retention(PRESETS))
    prompts = prompt_checks(PRESETS, MODELS)
    pictures = picture_checks(MODELS, PRESETS, prompts)
    return Studio(
        policy=policy,
        prompt_checks=prompts,
        image_checks=pictures.checks,
        described=pictures.described,
        fetch=partial(fetch_models, PRESETS),
        people=open_people(PRESETS),
        suggester=load_rewriter(PRESETS),
        engines=_engines(settings),
        exporter=Exporter(settings.marks.marks(home, PRESETS)),
        audit=audit,
        outputs=home / "outputs",
        steering=load_steering(PRESETS, policy),
        house=make_review_service(audit, rules, home / "outputs", settings.review),
    )


def _engines(settings: Settings) -> dict[str, Engine]:
    cards = read_cards(PRESETS / "engines.toml")
    if settings.engines:
        cards |= read_cards(Path(settings.engines).expanduser().absolute())
    hub = Hub(settings.home / "models", settings.offline, settings.hub_address or None, settings.hub_token or None)
    source = ModelStore(
        MODELS, hub, partial(measure, os.environ), ModelCache(settings.keep_models), lend=lender(os.environ)
    )
    return make_engines(cards, source, settings.server_key)


def _audit_secret(home: Path) -> bytes:
    with suppress(OSError):  # what cannot be made is reported, with a sentence, by what comes next
        home.mkdir(mode=0o700, parents=True, exist_ok=True)  # pictures and records are nobody else's
    return secret(home / "keys", "audit")


def main() -> None:
    """`python app.py` serves the page; with arguments it is the command line."""
    from ui.cli import main as cli

    os.environ.update(QUIET)
    try:
        settings = Settings.read(os.environ)
        # Copies of what a person may see go to the studio's own folder, not to one that all users of the machine share.
        os.environ.setdefault("GRADIO_TEMP_DIR", str(settings.home / "page"))
    except StudioError as error:
        print(error.sentence, file=sys.stderr)
        sys.exit(2)
    arguments = sys.argv[1:] or ["serve"]
    cli.build(partial(make_studio, settings), settings.host, settings.port)(arguments, prog_name="python app.py")


if __name__ == "__main__":
    main()
