"""Training of the model that reads prompts in thirteen further languages."""
