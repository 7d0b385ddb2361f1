"""Verbs of the legal department, one file per subject. They write; who may is asked here and by the transitions."""
