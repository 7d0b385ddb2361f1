"""Production: secrets come from the environment; what is public or made for a laptop stops the start.

The refusals stand here and not only among the system checks, since neither gunicorn nor a worker runs those.
"""

from config import env
from config.logging import configuration as logging_configuration
from config.settings.base import *  # noqa: F403
from config.settings.base import PUBLIC_KEY_MARKS

ENVIRONMENT = "production"
DEBUG = False
env.text("ALLOWED_HOSTS")
# localhost is how the health check of the same container asks.
ALLOWED_HOSTS = [*env.words("ALLOWED_HOSTS"), "localhost"]
CSRF_TRUSTED_ORIGINS = env.words("CSRF_TRUSTED_ORIGINS")

# Named on purpose, so that nobody closes days in a forgotten SQLite file; `base` has read their values.
env.text("DATABASE_URL")
env.text("CELERY_BROKER_URL")

SECRET_KEY = env.text("SECRET_KEY")
FIELD_KEYS = env.keys("FIELD_KEYS")
BLIND_INDEX_KEY = env.key("BLIND_INDEX_KEY")
SIGNING_KEY = env.key("SIGNING_KEY")

for _name, _value in [
    ("SECRET_KEY", SECRET_KEY),
    *(("FIELD_KEYS", _key) for _key in FIELD_KEYS),
    ("BLIND_INDEX_KEY", BLIND_INDEX_KEY),
    ("SIGNING_KEY", SIGNING_KEY),
]:
    if _value.startswith(PUBLIC_KEY_MARKS):
        raise env.refuse(_name, "is the public key of the development settings", f"Make one: {env.MAKE_A_KEY}")

if env.flag("REGISTER_STAND_IN", False):
    raise env.refuse(
        "REGISTER_STAND_IN",
        "is on, and a stand-in must not answer for real people",
        "Remove it from the environment; without a register each contact waits for a person's approval.",
    )

# TLS ends at a proxy in front; it must set X-Forwarded-Proto itself and drop what a client sent.
if env.flag("BEHIND_TLS_PROXY", True):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_SSL_REDIRECT = env.flag("SECURE_SSL_REDIRECT", True)
# The health check comes from inside the house, in plain HTTP.
SECURE_REDIRECT_EXEMPT = [r"^healthz$"]
SECURE_HSTS_SECONDS = env.integer("SECURE_HSTS_SECONDS", 365 * 24 * 60 * 60, minimum=0)
SECURE_HSTS_INCLUDE_SUBDOMAINS = env.flag("SECURE_HSTS_INCLUDE_SUBDOMAINS", True)
SECURE_HSTS_PRELOAD = env.flag("SECURE_HSTS_PRELOAD", True)
SESSION_COOKIE_SECURE = True
CSRF_COOKIE_SECURE = True

STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

LOGGING = logging_configuration(
    level=env.choice("LOG_LEVEL", ("DEBUG", "INFO", "WARNING", "ERROR"), "INFO"),
    as_json=env.choice("LOG_FORMAT", ("json", "plain"), "json") == "json",
)
