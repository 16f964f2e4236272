"""Reads what an operator may set about marks, at the start, so that no first export fails for a wrong certificate."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from unicodedata import category
from urllib.parse import urlsplit

from safety.errors import PresetError
from safety.marks import Marks
from safety.marks.certificates import OwnCertificate
from safety.marks.label import TEXT, LabelStyle, label_words, read_badge
from safety.marks.label_rules import LabelDemand, load_label_rules, together
from safety.marks.provenance import Operator
from safety.marks.training_permission import ENTRIES, MAX_CONSTRAINTS, TrainingPermission, TrainingUse
from safety.marks.trustmark import TrustMarkReader
from safety.marks.visible import Corner

# Returns a setting by its name, without SAFELIGHT_; the second argument is what holds if it is not set.
GetSetting = Callable[[str, str], str]
YES, NO = ("1", "true", "yes", "on"), ("0", "false", "no", "off", "")
MAX_PROVIDER = 100  # characters


@dataclass(frozen=True, slots=True)
class MarkSettings:
    """Holds every setting of the marks; the names of the variables are in `read`."""

    corner: Corner | None = None
    language: str = ""
    badge: Path | None = None
    operator: Operator = Operator()
    certificate: OwnCertificate | None = None
    time_authority: str = ""
    trustmark: bool = False
    countries: tuple[str, ...] = ()

    @classmethod
    def read(cls, get: GetSetting) -> MarkSettings:
        """Reads the settings. Raises PresetError that names the variable and what it may be."""
        corner, trustmark = get("LABEL_CORNER", ""), get("TRUSTMARK", "no").lower()
        if corner not in ("", *Corner):
            raise setting_error("LABEL_CORNER", corner, "one of " + ", ".join(Corner))
        if trustmark not in YES + NO:
            raise setting_error("TRUSTMARK", trustmark, "yes or no")
        provider = _line(get, "PROVIDER", MAX_PROVIDER)
        return cls(
            corner=Corner(corner) if corner else None,
            language=get("LABEL_LANGUAGE", "").lower(),
            badge=_path(get("LABEL_BADGE", "")),
            operator=Operator(provider, _address(get, "VERIFY_URL"), _training(get)),
            certificate=_certificate(get("SIGNING_CERT", ""), get("SIGNING_KEY", "")),
            time_authority=_address(get, "TIME_AUTHORITY"),
            trustmark=trustmark in YES,
            countries=tuple(dict.fromkeys(get("LABEL_COUNTRY", "").upper().replace(",", " ").split())),
        )

    def marks(self, home: Path, presets: Path) -> Marks:
        """Makes the marks as set. Raises PresetError, or KeysError for a certificate that cannot be used."""
        demand, style, corner = self.require_label(presets)
        if self.certificate:
            self.certificate.load()
        return Marks(
            keys=home / "keys",
            corner=corner,
            style=style,
            operator=self.operator,
            certificate=self.certificate,
            time_authority=self.time_authority,
            trustmark=TrustMarkReader(home / "models" / "trustmark") if self.trustmark else None,
            demand=demand,
        )

    def require_label(self, presets: Path) -> tuple[LabelDemand, LabelStyle, Corner]:
        """Returns what the rules set ask of the label, and how and where it is drawn. Raises PresetError."""
        demand = self.demand(presets)
        words = label_words(presets)
        language = self.language or demand.language
        if language not in ("", *words):
            raise setting_error("LABEL_LANGUAGE", language, "one of " + ", ".join(words))
        style = LabelStyle(words.get(language, ""), read_badge(self.badge) if self.badge else "", demand.height)
        corner = self.corner or Corner(demand.corners[0] if demand.corners else Corner.TOP_RIGHT)
        self._require_fit(demand, style, corner)
        return demand, style, corner

    def demand(self, presets: Path) -> LabelDemand:
        """Returns what the rules of the countries set ask of the label. Raises PresetError."""
        rules = load_label_rules(presets)
        if unknown := [country for country in self.countries if country not in rules]:
            raise setting_error("LABEL_COUNTRY", " ".join(unknown), "one or several of " + ", ".join(rules))
        return together(rules, self.countries)

    def _require_fit(self, demand: LabelDemand, style: LabelStyle, corner: Corner) -> None:
        """Raises PresetError for a setting that the rules of the countries do not allow, or one that they need."""
        rule = f"the rules of {', '.join(demand.countries)} (SAFELIGHT_LABEL_COUNTRY)"
        if lacking := demand.lacking(TEXT + style.words):
            what = f"The label has to have {lacking} by {rule}."
            raise PresetError(what, "Set SAFELIGHT_LABEL_LANGUAGE to a language that has it, or leave it unset.")
        if demand.corners and corner not in demand.corners:
            raise setting_error("LABEL_CORNER", corner, f"one of {', '.join(demand.corners)}, by {rule}")
        given = {"PROVIDER": self.operator.provider, "VERIFY_URL": self.operator.verify_url}
        for name in demand.needs:
            if not given[name]:
                raise PresetError(
                    f"SAFELIGHT_{name} is not set, which {rule} need.", "Set it, or name fewer countries."
                )


def setting_error(name: str, value: str, allowed: str) -> PresetError:
    """Returns the error that names a setting, its value and what it may be."""
    return PresetError(f"SAFELIGHT_{name} is {value!r}.", f"Set it to {allowed}, or leave it unset.")


def _line(get: GetSetting, name: str, most: int) -> str:
    """Returns a text that every file will say. Raises PresetError for one that no file could."""
    value = get(name, "")
    if len(value) > most or any(category(char) in ("Cc", "Cs") for char in value):
        raise setting_error(name, value, f"a text of at most {most} characters, on one line")
    return value


def _address(get: GetSetting, name: str) -> str:
    """Returns a web address or nothing. Raises PresetError for anything else."""
    value = get(name, "")
    try:
        parts = urlsplit(value)
        reachable = bool(parts.hostname) and parts.port != 0
    except ValueError:
        parts, reachable = urlsplit(""), False
    if value and (parts.scheme not in ("http", "https") or not reachable or not value.isprintable() or " " in value):
        raise setting_error(name, value, "an address that begins with https:// or http://")
    return value


def _training(get: GetSetting) -> TrainingPermission:
    """Returns for what pictures may be used in training. Raises PresetError for what cannot be stated so."""
    value, constraints = get("TRAINING_MINING", ""), _line(get, "TRAINING_CONSTRAINTS", MAX_CONSTRAINTS)
    try:
        permission = TrainingPermission.parse(value, constraints)
        if value and not permission.uses:
            raise ValueError(value)
    except ValueError:
        uses, entries = ", ".join(TrainingUse), ", ".join(ENTRIES)
        allowed = f'one of {uses} for all uses, or pairs such as "ai_training=notAllowed" of {entries}'
        raise setting_error("TRAINING_MINING", value, allowed) from None
    constrained = TrainingUse.CONSTRAINED in dict(permission.uses).values()
    if constrained and not constraints:
        raise PresetError(
            f"SAFELIGHT_TRAINING_MINING is {value!r}, and on which conditions is not said.",
            "Set SAFELIGHT_TRAINING_CONSTRAINTS to them, in words or as an address, or choose notAllowed.",
        )
    if constraints and not constrained:
        raise PresetError(
            "SAFELIGHT_TRAINING_CONSTRAINTS is set, and no use is constrained.",
            "Set SAFELIGHT_TRAINING_MINING=constrained, or leave both unset.",
        )
    return permission


def _certificate(chain: str, key: str) -> OwnCertificate | None:
    """Names the files of the operator's certificate; None if neither is set. Raises PresetError if only one is."""
    if bool(chain) != bool(key):
        name, other = ("SIGNING_CERT", "SIGNING_KEY") if chain else ("SIGNING_KEY", "SIGNING_CERT")
        raise PresetError(f"SAFELIGHT_{name} is set, SAFELIGHT_{other} is not.", "Set both, or neither.")
    return OwnCertificate(Path(chain).expanduser(), Path(key).expanduser()) if chain else None


def _path(value: str) -> Path | None:
    return Path(value).expanduser() if value else None
