"""How the house is set up: settings, addresses, schedule, worker. Nothing in the house imports it."""

from config.celery import app as celery_app

__all__ = ["celery_app"]
