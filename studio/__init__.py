"""The flow: judge, generate, judge again, mark. `from studio import Studio`."""

from studio.studio import Studio

__all__ = ["Studio"]
