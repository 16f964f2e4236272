"""The page, its endpoints for programs, and the reviewers' pages. Only here is Gradio imported."""
