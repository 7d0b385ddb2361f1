"""Verbs over several models. They take `on` or `at`, `by` and `because`; they never ask the clock."""
