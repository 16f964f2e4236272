"""Text normalised once: several variants of one text, each with a map back to what was typed."""

from safety.text.normalise import Normalised, normalise, plain
from safety.text.variant import TextVariant

__all__ = ["Normalised", "TextVariant", "normalise", "plain"]
