"""The page, its endpoints for programs, and the reviewers' pages. Only here is Gradio imported."""

from ui.web.gradio_start import write_no_stubs

write_no_stubs()
