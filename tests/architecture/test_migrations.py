"""The migrations make what the models say, on an empty database and without asking upper floors."""

import ast
import io
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.migrations.loader import MigrationLoader

ROOT = Path(__file__).resolve().parents[2]
APPS = ("collections_app", "legal")


@pytest.fixture(autouse=True)
def migrations_on(settings):
    """Also where the run itself made its tables without them (`--nomigrations`)."""
    settings.MIGRATION_MODULES = {}


@pytest.mark.django_db
def test_no_migration_is_missing():
    out = io.StringIO()
    try:
        call_command("makemigrations", *APPS, "--check", "--dry-run", stdout=out, no_color=True)
    except SystemExit:
        pytest.fail(f"the models changed and no migration says so:\n{out.getvalue()}")


@pytest.mark.parametrize("app", APPS)
def test_each_app_has_one_last_migration(app):
    leaves = MigrationLoader(None, ignore_no_migrations=True).graph.leaf_nodes(app)
    assert len(leaves) == 1, f"two people added a migration at once: {leaves}"


def test_the_collections_floor_never_waits_for_legal():
    loader = MigrationLoader(None, ignore_no_migrations=True)
    for (app, name), migration in loader.disk_migrations.items():
        if app == "collections_app":
            assert not [d for d in migration.dependencies if d[0] == "legal"], name


@pytest.mark.parametrize(
    "path", sorted(p for app in APPS for p in (ROOT / app / "migrations").glob("0*.py")), ids=lambda p: p.stem
)
def test_a_migration_uses_the_kernel_and_no_model_of_today(path):
    """A model imported by a migration changes under it, and then an old database can no longer be brought up."""
    for node in ast.walk(ast.parse(path.read_text())):
        names = [a.name for a in node.names] if isinstance(node, ast.Import) else (
            [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        )  # fmt: skip
        for name in names:
            if name.split(".")[0] in APPS:
                assert name.startswith("collections_app.kernel"), f"{path.name} imports {name}"


@pytest.mark.django_db
def test_every_table_of_the_models_is_there_with_its_columns():
    from django.apps import apps

    with connection.cursor() as cursor:
        for app in APPS:
            for model in apps.get_app_config(app).get_models():
                there = {c.name for c in connection.introspection.get_table_description(cursor, model._meta.db_table)}
                assert there == {f.column for f in model._meta.concrete_fields}, model.__name__
