"""The HTTP API: OpenAI's shapes for images and moderations, the studio's own for the rest."""
