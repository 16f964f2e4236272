"""How the weights of the picture checks that we convert were made."""
