"""The app's entry into Django."""

from django.apps import AppConfig


class LegalConfig(AppConfig):
    name = "legal"
    label = "legal"
    verbose_name = "Legal"
    default_auto_field = "django.db.models.BigAutoField"
