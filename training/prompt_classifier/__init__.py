"""How the weights of the prompt check that reads meaning were made: prompt sets -> one small encoder."""
