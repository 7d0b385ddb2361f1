"""Adapters to the outside: SMS, e-mail, letter, push, calls and visits, and the outbox in their place.

Only `services.dispatch` (out) and `services.receipts` (in) may import this package; it knows nothing of cases.
"""
