"""The steps from one shape of the store to the next, oldest first; alembic runs them once each, in order.

A step that has shipped is never edited: a new one is added, and `tables.REVISION` names it.
"""
