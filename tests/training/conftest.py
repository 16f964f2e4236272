"""What tests of training share: the tiny pipelines that tests of engines draw with."""

from tests.engines.conftest import one_thread, tiny_models, tiny_pipeline

__all__ = ["one_thread", "tiny_models", "tiny_pipeline"]
