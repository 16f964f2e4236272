"""The flow: judge, generate, judge again, mark. `studio.factory.make_studio(settings)` builds it."""

from studio.studio import Studio
from studio.views import CheckSuite

__all__ = ["CheckSuite", "Studio"]
