"""The learned enlarger: taken over from its makers, converted and measured; see README.md."""
