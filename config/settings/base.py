"""What all environments share. Each variable is read here or in the file of its environment, by `config.env`,
and nowhere else; `docs/operations.md` lists them.
"""

from pathlib import Path
from typing import Any

from config import env
from config.logging import configuration as logging_configuration
from config.schedule import BEAT_SCHEDULE
from config.schedule import DAILY_STEPS as DAILY_STEPS
from config.schedule import DEMO_STEPS as DEMO_STEPS

BASE_DIR = Path(__file__).resolve().parents[2]
# All that a running system writes outside its database: outbox, blobs, messages of the file broker.
VAR_DIR = env.folder("VAR_DIR", BASE_DIR / "var")

# --- Django -------------------------------------------------------------------------------------------------

# "dev", "test" or "production"; each file says its own. Code asks this only to refuse what is unsafe there.
ENVIRONMENT = "base"

# How a key begins that stands in this repository for everybody to read (plain, and in base64). Production
# refuses it.
PUBLIC_KEY_MARKS = ("INSECURE", "SU5TRUNVUk")

DEBUG = False
ALLOWED_HOSTS: list[str] = []
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
ASGI_APPLICATION = "config.asgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    # unfold stands before the admin whose templates it replaces.
    "unfold",
    "unfold.contrib.filters",
    "unfold.contrib.forms",
    "unfold.contrib.simple_history",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "simple_history",
    "django_celery_beat",
    "django_celery_results",
    "collections_app",
    "legal",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    # After authentication: it lends the request's user to the history rows.
    "simple_history.middleware.HistoryRequestMiddleware",
]

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

DATABASES: dict[str, dict[str, Any]] = {"default": env.database("DATABASE_URL", VAR_DIR / "dunwell.sqlite3")}

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "admin:login"
LOGIN_REDIRECT_URL = "admin:index"

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("zh-hans", "简体中文"), ("zh-hant", "繁體中文")]
# A covering index keeps its extra columns on PostgreSQL and does without them on SQLite, as meant.
SILENCED_SYSTEM_CHECKS = ["models.W040"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

STATIC_URL = "/static/"
STATIC_ROOT = env.folder("STATIC_ROOT", VAR_DIR / "static")

# Values that were tried: unfold's Alpine evaluates expressions ('unsafe-eval'), its pages carry style
# attributes; scripts in the page are never allowed, and nothing comes from another host.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "script-src": ["'self'", "'unsafe-eval'"],
        "style-src": ["'self'", "'unsafe-inline'"],
        "img-src": ["'self'", "data:"],
        "object-src": ["'none'"],
        "base-uri": ["'self'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_AGE = 12 * 60 * 60

LOGGING = logging_configuration(level=env.choice("LOG_LEVEL", ("DEBUG", "INFO", "WARNING", "ERROR"), "INFO"))

# --- History ------------------------------------------------------------------------------------------------

# Revert would write an old stage past the state machine.
SIMPLE_HISTORY_REVERT_DISABLED = True

# --- Celery -------------------------------------------------------------------------------------------------

# The lender's calendar decides what a business day is and when 02:05 is; borrowers have their own zones.
LENDER_TIME_ZONE = env.text("LENDER_TIME_ZONE", "UTC")

CELERY_BROKER_URL, CELERY_BROKER_TRANSPORT_OPTIONS = env.celery_broker("CELERY_BROKER_URL", VAR_DIR / "broker")
CELERY_RESULT_BACKEND = "django-db"
CELERY_RESULT_EXPIRES = 7 * 24 * 60 * 60
CELERY_TIMEZONE = LENDER_TIME_ZONE
CELERY_BEAT_SCHEDULER = "django_celery_beat.schedulers:DatabaseScheduler"
CELERY_BEAT_SCHEDULE = BEAT_SCHEDULE
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# The row, not the message, holds the truth: a task that is lost or run twice does no harm, so it is taken off
# the broker only when it is done.
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False

# --- What leaves the house ----------------------------------------------------------------------------------

# "outbox": every message becomes a file in OUTBOX_DIR and nothing leaves; the default.
# "allowlist": only the numbers (E.164) and e-mail addresses of OUTBOUND_ALLOWLIST are really written to.
# "live": real messages to real people; refused while a policy or a template in use is a draft.
OUTBOUND = env.choice("OUTBOUND", ("outbox", "allowlist", "live"), "outbox")
OUTBOUND_ALLOWLIST = env.words("OUTBOUND_ALLOWLIST")
OUTBOX_DIR = env.folder("OUTBOX_DIR", VAR_DIR / "outbox")

# Letters, notices, exhibits and packs, encrypted, by owner and digest.
BLOB_DIR = env.folder("BLOB_DIR", VAR_DIR / "blobs")

# The generic SMS gateway: a JSON POST per message, signed with the key. Without a URL SMS can only go to the
# outbox.
SMS_GATEWAY_URL = env.text("SMS_GATEWAY_URL", "")
SMS_GATEWAY_KEY = env.text("SMS_GATEWAY_KEY", "")

EMAIL_HOST = env.text("EMAIL_HOST", "localhost")
EMAIL_PORT = env.integer("EMAIL_PORT", 25, minimum=1)
EMAIL_HOST_USER = env.text("EMAIL_HOST_USER", "")
EMAIL_HOST_PASSWORD = env.text("EMAIL_HOST_PASSWORD", "")
EMAIL_USE_TLS = env.flag("EMAIL_USE_TLS", False)
EMAIL_USE_SSL = env.flag("EMAIL_USE_SSL", False)
EMAIL_TIMEOUT = env.integer("EMAIL_TIMEOUT", 20, minimum=1)

# Who writes: printed in letters and packs, spoken in scripts, and the sender of e-mail. The defaults are made
# up (example domain, number of the range kept for fiction); production names the real lender.
LENDER_NAME = env.text("LENDER_NAME", "Dunwell Example Lending")
LENDER_ADDRESS = env.text("LENDER_ADDRESS", "1 Example Street, Springfield, IL 62701, United States")
LENDER_PHONE = env.text("LENDER_PHONE", "+12175550100")
LENDER_EMAIL = env.text("LENDER_EMAIL", "collections@lender.example")
DEFAULT_FROM_EMAIL = LENDER_EMAIL

# --- Rules that a lender sets -------------------------------------------------------------------------------

# In which order a payment is appropriated, per jurisdiction (its name as the loans carry it, or "default" for
# all others): "charge" (fees and costs), "instalment" (oldest due first). ALLOCATION_ORDER in the environment
# is laid over it: "default=charge,instalment; cn=instalment,charge".
ALLOCATION_ORDER = env.orders("ALLOCATION_ORDER", {"default": ["charge", "instalment"]}, of=("charge", "instalment"))

# A stand-in for the register of bankruptcies, for generated persons: it answers the daily check "nothing
# found". True only in dev and test; production refuses to start with it. Without it, and without a real
# register, every contact waits for a person's approval.
REGISTER_STAND_IN = False

# --- Where tests and the walk find the real tapes, which are not part of the repository ---------------------

SHARED_DATA_DIR = env.existing_folder("TAPES_DIR", [BASE_DIR.parent / "shared" / "data"])

# --- The admin's look ---------------------------------------------------------------------------------------

UNFOLD: dict[str, Any] = {
    "SITE_TITLE": "Dunwell",
    "SITE_HEADER": "Dunwell",
    "SITE_SYMBOL": "account_balance",
    "SITE_URL": None,
    "SHOW_HISTORY": True,
    "SHOW_VIEW_ON_SITE": False,
    "SHOW_LANGUAGES": True,
    "BORDER_RADIUS": "6px",
    "COLORS": {
        "base": {
            "50": "#f7f8fa",
            "100": "#eef0f4",
            "200": "#e2e5ea",
            "300": "#cbd1da",
            "400": "#8a94a3",
            "500": "#566070",
            "600": "#465060",
            "700": "#374151",
            "800": "#222832",
            "900": "#171b22",
            "950": "#11151b",
        },
        "primary": {
            "50": "#f2f7fd",
            "100": "#e8f0fb",
            "200": "#c9d6e8",
            "300": "#a9cbf7",
            "400": "#93bdf6",
            "500": "#4f7bb5",
            "600": "#1d4f91",
            "700": "#1a4680",
            "800": "#16396a",
            "900": "#1b2b42",
            "950": "#101c2e",
        },
    },
}
