"""Tests. `DATABASE_URL` and `CELERY_BROKER_URL` are honoured; without the first SQLite runs in memory, so
that two test runs never meet in one file.
"""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

# What a test writes goes to a folder of its own process and never into the checkout's var/. Processes that a
# test starts inherit it. This stands before the import, which reads VAR_DIR.
if "DUNWELL_TEST_DIR" not in os.environ:
    os.environ["DUNWELL_TEST_DIR"] = tempfile.mkdtemp(prefix="dunwell-tests-")
    atexit.register(shutil.rmtree, os.environ["DUNWELL_TEST_DIR"], ignore_errors=True)
os.environ["VAR_DIR"] = str(Path(os.environ["DUNWELL_TEST_DIR"]) / os.environ.get("PYTEST_XDIST_WORKER", "main"))

from config import env
from config.settings.dev import *  # noqa: F403
from config.settings.dev import DATABASES

ENVIRONMENT = "test"
DEBUG = False
ALLOWED_HOSTS = ["localhost", "127.0.0.1", "testserver"]

# A SQLite file that DATABASE_URL names is tested as a file (`test_NAME` beside it): locks between processes
# then are the real ones.
if DATABASES["default"]["ENGINE"].endswith("sqlite3") and env.given("DATABASE_URL"):
    _file = Path(DATABASES["default"]["NAME"])
    DATABASES["default"]["TEST"] = {"NAME": str(_file.with_name(f"test_{_file.name}"))}

# A fast one: the tests log in many users and none of them is real.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

OUTBOUND = "outbox"
OUTBOUND_ALLOWLIST = []
REGISTER_STAND_IN = True
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"

# Tasks run where they are called; a test that wants the real broker turns this off for itself.
CELERY_TASK_ALWAYS_EAGER = True
CELERY_TASK_EAGER_PROPAGATES = True
