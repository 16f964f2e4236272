"""Refits the judgement from reviewed cases: proposes, shows what it costs, and changes nothing until it is adopted."""
