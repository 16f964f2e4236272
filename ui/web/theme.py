"""The theme of the page: Gradio's variables point to the colours that assets/app.css defines for light and dark."""

from __future__ import annotations

import gradio as gr

SANS = ("ui-sans-serif", "system-ui", "-apple-system", "Segoe UI", "Roboto", "Helvetica Neue", "sans-serif")
MONO = ("ui-monospace", "SFMono-Regular", "Menlo", "Consolas", "Liberation Mono", "monospace")
COLOURS = {
    "body_background_fill": "bg",
    "body_text_color": "text",
    "body_text_color_subdued": "muted",
    "background_fill_primary": "surface",
    "background_fill_secondary": "sunken",
    "border_color_primary": "line",
    "border_color_accent": "accent",
    "color_accent_soft": "soft",
    "link_text_color": "accent-text",
    "block_background_fill": "surface",
    "block_border_color": "line",
    "block_info_text_color": "muted",
    "block_label_text_color": "muted",
    "block_label_background_fill": "surface",
    "block_title_text_color": "text",
    "input_background_fill": "field",
    "input_background_fill_focus": "field",
    "input_border_color": "line",
    "input_border_color_focus": "accent",
    "input_placeholder_color": "muted",
    "slider_color": "accent",
    "loader_color": "accent",
    "checkbox_background_color": "field",
    "checkbox_background_color_selected": "accent",
    "checkbox_border_color": "line-strong",
    "checkbox_border_color_selected": "accent",
    "checkbox_label_background_fill": "field",
    "checkbox_label_background_fill_hover": "soft",
    "checkbox_label_background_fill_selected": "soft",
    "checkbox_label_border_color": "line",
    "checkbox_label_text_color": "text",
    "checkbox_label_text_color_selected": "text",
    "button_primary_background_fill": "accent",
    "button_primary_background_fill_hover": "accent-strong",
    "button_primary_border_color": "accent",
    "button_primary_text_color": "on-accent",
    "button_secondary_background_fill": "sunken",
    "button_secondary_background_fill_hover": "soft",
    "button_secondary_border_color": "line",
    "button_secondary_text_color": "text",
    "button_cancel_background_fill": "sunken",
    "button_cancel_background_fill_hover": "soft",
    "button_cancel_border_color": "stop",
    "button_cancel_text_color": "stop",
}


def make_theme() -> gr.themes.Base:
    """Returns the theme. It names no web fonts, so that nothing is fetched from another host."""
    variables = {name: f"var(--sl-{colour})" for name, colour in COLOURS.items()}
    dark = {f"{name}_dark": value for name, value in variables.items()}
    base = gr.themes.Base(primary_hue="amber", neutral_hue="stone", font=SANS, font_mono=MONO, radius_size="lg")
    bordered, flat = ("input_border_width", "checkbox_label_border_width"), ("block_shadow", "block_label_shadow")
    widths = dict.fromkeys(bordered, "1px") | dict.fromkeys(flat, "none") | {"block_border_width": "0px"}
    return base.set(**variables, **dark, **widths)
