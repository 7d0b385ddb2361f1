"""A permit clears the contact it was given for, and no other: a foreign key cannot compare two rows, a trigger can.

SQLite drops triggers when a migration rebuilds the table: a migration that changes Clearance must make it again.
"""

from __future__ import annotations

from typing import Any

from django.db import migrations

JUDGEMENT, CLEARANCE = "collections_app_judgement", "collections_app_clearance"
SENTENCE = "a clearance needs a permit of its own contact"

POSTGRESQL = [
    f"""
    CREATE FUNCTION clearance_of_its_contact() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF NOT EXISTS (SELECT 1 FROM {JUDGEMENT} j WHERE j.permit = NEW.judgement_id AND j.contact_id = NEW.contact_id) THEN
            RAISE EXCEPTION '{SENTENCE}' USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        RETURN NEW;
    END $$
    """,
    f"""
    CREATE TRIGGER clearance_of_its_contact BEFORE INSERT OR UPDATE ON {CLEARANCE}
    FOR EACH ROW EXECUTE FUNCTION clearance_of_its_contact()
    """,
]
SQLITE = [
    f"""
    CREATE TRIGGER clearance_of_its_contact_{event.lower()} BEFORE {event} ON {CLEARANCE}
    WHEN NOT EXISTS (SELECT 1 FROM {JUDGEMENT} j WHERE j.permit = NEW.judgement_id AND j.contact_id = NEW.contact_id)
    BEGIN SELECT RAISE(ABORT, '{SENTENCE}'); END
    """
    for event in ("INSERT", "UPDATE")
]


def make(apps: Any, schema_editor: Any) -> None:
    for statement in POSTGRESQL if schema_editor.connection.vendor == "postgresql" else SQLITE:
        schema_editor.execute(statement)


def drop(apps: Any, schema_editor: Any) -> None:
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(f"DROP TRIGGER clearance_of_its_contact ON {CLEARANCE}")
        schema_editor.execute("DROP FUNCTION clearance_of_its_contact()")
    else:
        schema_editor.execute("DROP TRIGGER clearance_of_its_contact_insert")
        schema_editor.execute("DROP TRIGGER clearance_of_its_contact_update")


class Migration(migrations.Migration):
    dependencies = [("collections_app", "0001_initial")]
    operations = [migrations.RunPython(make, drop)]
