"""A laptop: all from nothing, nothing leaves the house. The keys are public ones; production refuses them."""

from config import env
from config.settings.base import *  # noqa: F403

ENVIRONMENT = "dev"
DEBUG = env.flag("DEBUG", True)
ALLOWED_HOSTS = ["localhost", "127.0.0.1", "[::1]", *env.words("ALLOWED_HOSTS")]

# INSECURE: public defaults, so that a fresh clone starts. Whoever has this file can read what they encrypt.
SECRET_KEY = env.text("SECRET_KEY", "INSECURE-development-only-" + "0" * 40)
FIELD_KEYS = env.keys("FIELD_KEYS", ["SU5TRUNVUkUtZGV2LW9ubHktZmllbGQta2V5LS0wMDE="])
BLIND_INDEX_KEY = env.key("BLIND_INDEX_KEY", "SU5TRUNVUkUtZGV2LW9ubHktYmxpbmQta2V5LS0wMDI=")
SIGNING_KEY = env.key("SIGNING_KEY", "SU5TRUNVUkUtZGV2LW9ubHktc2lnbmluZy1rZXkwMDM=")

REGISTER_STAND_IN = env.flag("REGISTER_STAND_IN", True)

# Static files straight from the apps: no collectstatic on a laptop.
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = True
