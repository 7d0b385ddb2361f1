import datetime

import django.contrib.postgres.indexes
import django.db.models.deletion
import django_fsm
import simple_history.models
from django.conf import settings
from django.db import migrations, models

import collections_app.kernel.fsm
import collections_app.kernel.money
import collections_app.kernel.personal


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("auth", "__first__"),
    ]

    operations = [
        migrations.CreateModel(
            name="Contact",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("group", models.BigIntegerField()),
                (
                    "party",
                    models.CharField(
                        choices=[
                            ("debtor", "Debtor"),
                            ("co_debtor", "Co Debtor"),
                            ("guarantor", "Guarantor"),
                            ("spouse", "Spouse"),
                            ("parent_of_minor", "Parent Of Minor"),
                            ("guardian", "Guardian"),
                            ("executor", "Executor"),
                            ("confirmed_successor", "Confirmed Successor"),
                            ("attorney", "Attorney"),
                            ("adviser", "Adviser"),
                            ("contact_person", "Contact Person"),
                            ("relative", "Relative"),
                            ("employer", "Employer"),
                            ("unrelated_third", "Unrelated Third"),
                        ],
                        default="debtor",
                        max_length=20,
                    ),
                ),
                ("channel", models.CharField(max_length=20)),
                ("direction", models.CharField(default="out", max_length=3)),
                ("purpose", models.CharField(default="collect", max_length=30)),
                ("step", models.CharField(blank=True, max_length=60)),
                (
                    "occurrence",
                    models.IntegerField(default=0, help_text="Ladder day + 1,000 for each time that the anchor moved."),
                ),
                (
                    "attempt",
                    models.PositiveSmallIntegerField(
                        default=0, help_text="0 is the plan, each fallback after a failure the next."
                    ),
                ),
                ("template", models.CharField(blank=True, max_length=60)),
                ("language", models.CharField(default="en", max_length=10)),
                ("business_on", models.DateField()),
                ("ladder_day", models.SmallIntegerField(blank=True, null=True)),
                ("stage", models.CharField(blank=True, max_length=10)),
                ("not_before", models.DateTimeField(help_text="Planned for this instant; later when withheld.")),
                (
                    "needs_approval",
                    models.CharField(
                        blank=True, help_text="The group that must approve, by the ladder.", max_length=30
                    ),
                ),
                ("approved_because", models.TextField(blank=True)),
                (
                    "claim_stop_seq",
                    models.PositiveIntegerField(blank=True, help_text="What the claim saw of the person.", null=True),
                ),
                ("claimed_at", models.DateTimeField(blank=True, null=True)),
                ("attempted_at", models.DateTimeField(blank=True, null=True)),
                ("sent_at", models.DateTimeField(blank=True, null=True)),
                ("settled_at", models.DateTimeField(blank=True, null=True)),
                ("text_sha256", models.CharField(blank=True, max_length=64)),
                (
                    "text",
                    collections_app.kernel.personal.PersonalField(blank=True, editable=True, null=True, owner="person"),
                ),
                (
                    "external_ref",
                    models.CharField(blank=True, help_text="Gateway's id, or the tracking number.", max_length=120),
                ),
                ("failure", models.CharField(blank=True, max_length=300)),
                (
                    "outcome",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("no_answer", "No Answer"),
                            ("voicemail", "Voicemail"),
                            ("promise", "Promise"),
                            ("wants_plan", "Wants Plan"),
                            ("hardship", "Hardship"),
                            ("dispute", "Dispute"),
                            ("refuses", "Refuses"),
                            ("call_back", "Call Back"),
                            ("wrong_number", "Wrong Number"),
                            ("stop_calling", "Stop Calling"),
                            ("spoke", "Spoke"),
                            ("not_met", "Not Met"),
                            ("met", "Met"),
                        ],
                        max_length=20,
                    ),
                ),
                (
                    "outcome_note",
                    collections_app.kernel.personal.PersonalField(blank=True, editable=True, null=True, owner="person"),
                ),
                (
                    "state_because",
                    models.CharField(blank=True, help_text="Why it was withheld or cancelled.", max_length=200),
                ),
                (
                    "withheld_by",
                    models.CharField(
                        blank=True, help_text="Rule ids that withheld it, joined by blanks.", max_length=200
                    ),
                ),
                (
                    "state",
                    django_fsm.FSMField(
                        choices=[
                            ("planned", "Planned"),
                            ("awaiting_approval", "Awaiting Approval"),
                            ("withheld", "Withheld"),
                            ("cancelled", "Cancelled"),
                            ("lapsed", "Lapsed"),
                            ("sending", "Sending"),
                            ("sent", "Sent"),
                            ("delivered", "Delivered"),
                            ("failed", "Failed"),
                            ("unconfirmed", "Unconfirmed"),
                            ("revealed", "Revealed"),
                            ("completed", "Completed"),
                        ],
                        default="planned",
                        max_length=50,
                        protected=True,
                    ),
                ),
                (
                    "agent",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "approved_by",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("direction", "out"), ("state__in", ["planned", "withheld"])),
                        fields=["not_before", "id"],
                        name="contact_waiting",
                    ),
                    models.Index(
                        condition=models.Q(("state__in", ["awaiting_approval", "sending", "unconfirmed", "revealed"])),
                        fields=["state", "id"],
                        name="contact_open",
                    ),
                    models.Index(
                        condition=models.Q(
                            ("direction", "out"), ("state__in", ["planned", "awaiting_approval", "withheld"])
                        ),
                        fields=["group"],
                        name="contact_waiting_of_group",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state__in", ["sent", "delivered"]), _negated=True),
                            ("direction", "in"),
                            models.Q(("text_sha256", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="contact_sent_means_text",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "state__in",
                                [
                                    "planned",
                                    "awaiting_approval",
                                    "withheld",
                                    "cancelled",
                                    "lapsed",
                                    "sending",
                                    "sent",
                                    "delivered",
                                    "failed",
                                    "unconfirmed",
                                    "revealed",
                                    "completed",
                                ],
                            )
                        ),
                        name="contact_state",
                    ),
                ],
            },
            bases=(collections_app.kernel.fsm.RefreshableFSM, models.Model),
        ),
        migrations.CreateModel(
            name="ContactPoint",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("mobile", "Mobile"),
                            ("landline", "Landline"),
                            ("work_phone", "Work Phone"),
                            ("email", "Email"),
                            ("work_email", "Work Email"),
                            ("home_address", "Home Address"),
                            ("work_address", "Work Address"),
                            ("app", "App"),
                        ],
                        max_length=20,
                    ),
                ),
                ("value", collections_app.kernel.personal.PersonalField(editable=True, owner="person")),
                ("place", models.CharField(blank=True, max_length=10)),
                (
                    "provenance",
                    models.JSONField(default=list, help_text="How we came by it, in the words of the rules page."),
                ),
                ("employer_forbids", models.BooleanField(default=False)),
                ("inbound_text_at", models.DateTimeField(blank=True, null=True)),
                ("reassigned_number_check_at", models.DateTimeField(blank=True, null=True)),
                ("notice_sent_on", models.DateField(blank=True, null=True)),
                ("opt_out_by", models.DateField(blank=True, null=True)),
                ("preference", models.SmallIntegerField(default=0, help_text="Lower is tried first.")),
                ("generated", models.BooleanField(default=False)),
                (
                    "state",
                    django_fsm.FSMField(
                        choices=[
                            ("unverified", "Unverified"),
                            ("verified", "Verified"),
                            ("invalid", "Invalid"),
                            ("refused", "Refused"),
                        ],
                        default="unverified",
                        max_length=50,
                        protected=True,
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["unverified", "verified", "invalid", "refused"])),
                        name="contact_point_state",
                    )
                ],
            },
            bases=(collections_app.kernel.fsm.RefreshableFSM, models.Model),
        ),
        migrations.CreateModel(
            name="Course",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("code", models.CharField(max_length=40, unique=True)),
                ("title", models.CharField(max_length=200)),
                ("valid_months", models.PositiveSmallIntegerField(default=12)),
            ],
        ),
        migrations.CreateModel(
            name="DataKey",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("person", "Person"),
                            ("staff", "Staff"),
                            ("batch", "Batch"),
                            ("pack", "Pack"),
                            ("print", "Print"),
                            ("house", "House"),
                        ],
                        max_length=10,
                    ),
                ),
                ("wrapped", models.BinaryField()),
                ("created_at", models.DateTimeField()),
                ("destroyed_at", models.DateTimeField(blank=True, null=True)),
            ],
        ),
        migrations.CreateModel(
            name="FactSheet",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("digest", models.CharField(max_length=64, unique=True)),
                ("content", models.JSONField()),
            ],
        ),
        migrations.CreateModel(
            name="Lender",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=200, unique=True)),
                ("address", models.TextField(blank=True)),
                ("phone", models.CharField(blank=True, max_length=40)),
                ("email", models.EmailField(blank=True, max_length=254)),
                ("hours", models.CharField(blank=True, max_length=120)),
                ("how_to_pay", models.TextField(blank=True)),
                (
                    "creditor_group",
                    models.CharField(default="house", help_text="The creditor with all its agencies.", max_length=60),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Case",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("group", models.BigIntegerField()),
                (
                    "episode",
                    models.PositiveIntegerField(default=1, help_text="First, second … time this loan fell behind."),
                ),
                ("started_on", models.DateField(help_text="The run that opened it.")),
                (
                    "anchor_due_on",
                    models.DateField(help_text="The due date that the days are counted from before stopped days."),
                ),
                (
                    "counts_from_on",
                    models.DateField(
                        help_text="Ladder day = run date − this; moved by stopped days and by part payment."
                    ),
                ),
                ("stopped_days", models.PositiveIntegerField(default=0)),
                (
                    "anchor_count",
                    models.PositiveSmallIntegerField(
                        default=0,
                        help_text="How often the anchor moved: the steps of a new anchor are new occurrences.",
                    ),
                ),
                ("contacts_held_until", models.DateField(default=datetime.date(1, 1, 1))),
                ("clock_held_until", models.DateField(default=datetime.date(1, 1, 1))),
                ("fees_held_until", models.DateField(default=datetime.date(1, 1, 1))),
                ("legal_held_until", models.DateField(default=datetime.date(1, 1, 1))),
                ("ladder_because", models.CharField(blank=True, help_text="Why it is on this ladder.", max_length=200)),
                (
                    "stage",
                    django_fsm.FSMField(
                        choices=[
                            ("early", "Early"),
                            ("mid", "Mid"),
                            ("late", "Late"),
                            ("legal", "Legal"),
                            ("closed", "Closed"),
                        ],
                        default="early",
                        max_length=50,
                        protected=True,
                    ),
                ),
                ("stage_on", models.DateField(help_text="The day of the last stage change.")),
                (
                    "stage_step",
                    models.CharField(blank=True, help_text="The ladder's stage or exit that moved it.", max_length=60),
                ),
                (
                    "write_off_review_on",
                    models.DateField(blank=True, help_text="Since when a supervisor should look at it.", null=True),
                ),
                ("closed_on", models.DateField(blank=True, null=True)),
                (
                    "closed_reason",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("cured", "Cured"),
                            ("paid_off", "Paid Off"),
                            ("settled", "Settled"),
                            ("restructured", "Restructured"),
                            ("written_off", "Written Off"),
                            ("sold", "Sold"),
                        ],
                        max_length=20,
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="cases",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "requested_by",
                    models.ForeignKey(
                        blank=True,
                        help_text="Who asked for the legal exit.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "permissions": [
                    ("work_case", "Can work cases: log calls, promises, requests"),
                    ("refer_to_legal", "Can refer a case to the legal department"),
                    ("return_from_legal", "Can take a case back from the legal department"),
                    ("assign_case", "Can give cases to colleagues"),
                    ("approve_contact", "Can approve contacts that need a second person"),
                    ("approve_hold", "Can approve holds"),
                    ("settle_suspects", "Can decide on payments that look like doubles"),
                    ("stop_sending", "Can stop all sending"),
                    ("reveal_contact", "Can reveal numbers and addresses through the gate"),
                    ("release_policy", "Can release ladders and presets"),
                    ("run_day", "Can start a daily run and retry what was set aside"),
                ],
                "indexes": [
                    models.Index(fields=["stage", "id"], name="case_stage"),
                    models.Index(
                        condition=models.Q(("stage__in", ["early", "mid", "late"])),
                        fields=["counts_from_on", "id"],
                        name="case_counts_from",
                    ),
                    models.Index(
                        condition=models.Q(("stage", "closed"), _negated=True), fields=["group"], name="case_group"
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("stage__in", ["early", "mid", "late", "legal", "closed"])),
                        name="case_stage_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("closed_on__isnull", False),
                                ("stage", "closed"),
                                models.Q(("closed_reason", ""), _negated=True),
                            ),
                            models.Q(
                                models.Q(("stage", "closed"), _negated=True), ("closed_on", None), ("closed_reason", "")
                            ),
                            _connector="OR",
                        ),
                        name="case_closed_with_reason",
                    ),
                ],
            },
            bases=(collections_app.kernel.fsm.RefreshableFSM, models.Model),
        ),
        migrations.CreateModel(
            name="Clearance",
            fields=[
                (
                    "contact",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="cleared",
                        serialize=False,
                        to="collections_app.contact",
                    ),
                ),
                ("expires_at", models.DateTimeField()),
            ],
        ),
        migrations.AddField(
            model_name="contact",
            name="case",
            field=models.ForeignKey(
                blank=True,
                help_text="The case that leads: the furthest of those covered; empty for a reminder.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="contacts",
                to="collections_app.case",
            ),
        ),
        migrations.AddField(
            model_name="contact",
            name="requested_by",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.CreateModel(
            name="ContactEvent",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("kind", models.CharField(max_length=40)),
                ("at", models.DateTimeField()),
                ("known_at", models.DateTimeField()),
                ("party", models.CharField(default="debtor", max_length=20)),
                ("channel", models.CharField(blank=True, max_length=20)),
                ("direction", models.CharField(default="out", max_length=3)),
                ("purpose", models.CharField(default="collect", max_length=30)),
                ("place", models.CharField(blank=True, max_length=10)),
                ("creditor_group", models.CharField(default="house", max_length=60)),
                ("by", models.CharField(help_text="We, an agency, a dialler.", max_length=80)),
                ("flags", models.JSONField(blank=True, default=list)),
                ("external_ref", models.CharField(blank=True, max_length=120)),
                (
                    "note",
                    collections_app.kernel.personal.PersonalField(blank=True, editable=True, null=True, owner="person"),
                ),
                (
                    "contact",
                    models.ForeignKey(
                        blank=True,
                        help_text="Empty: inbound, dialler, imported.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="contact_events",
                        to="collections_app.contact",
                    ),
                ),
                (
                    "contact_point",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="collections_app.contactpoint",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("external_ref", ""), _negated=True),
                        fields=("by", "external_ref"),
                        name="one_event_a_ref",
                    )
                ],
            },
        ),
        migrations.AddField(
            model_name="contact",
            name="contact_point",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="contacts",
                to="collections_app.contactpoint",
            ),
        ),
        migrations.CreateModel(
            name="DailyRun",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("date", models.DateField(unique=True)),
                ("opened_at", models.DateTimeField()),
                ("closed_at", models.DateTimeField(blank=True, null=True)),
                ("started_by", models.CharField(max_length=150)),
                (
                    "newest",
                    models.BooleanField(
                        default=True, help_text="False: caught up later, only the newest day's contacts are made."
                    ),
                ),
                ("result", models.JSONField(default=dict)),
                (
                    "state",
                    django_fsm.FSMField(
                        choices=[("open", "Open"), ("closed", "Closed")], default="open", max_length=50, protected=True
                    ),
                ),
            ],
            options={
                "ordering": ["-date"],
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("state__in", ["open", "closed"])), name="run_state")
                ],
            },
            bases=(collections_app.kernel.fsm.RefreshableFSM, models.Model),
        ),
        migrations.CreateModel(
            name="Person",
            fields=[
                (
                    "key",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="person",
                        serialize=False,
                        to="collections_app.datakey",
                    ),
                ),
                (
                    "source_ref",
                    models.CharField(
                        blank=True, help_text="The source's number.", max_length=80, null=True, unique=True
                    ),
                ),
                ("name", collections_app.kernel.personal.PersonalField(editable=True, owner="key")),
                (
                    "born_on",
                    collections_app.kernel.personal.PersonalField(blank=True, editable=True, null=True, owner="key"),
                ),
                (
                    "id_number",
                    collections_app.kernel.personal.PersonalField(blank=True, editable=True, null=True, owner="key"),
                ),
                ("language", models.CharField(default="en", max_length=10)),
                ("country", models.CharField(blank=True, help_text="ISO 3166; empty: not known.", max_length=2)),
                ("region", models.CharField(blank=True, help_text="For example US-NY-NYC.", max_length=20)),
                (
                    "zones",
                    models.JSONField(
                        blank=True, default=dict, help_text="Source to IANA zone, as the presets name the sources."
                    ),
                ),
                ("preferred_channel", models.CharField(blank=True, max_length=20)),
                ("group", models.BigIntegerField(db_index=True, default=0)),
                ("stop_seq", models.PositiveIntegerField(default=0)),
                (
                    "generated",
                    models.BooleanField(default=False, help_text="Made up, because the tape has no persons."),
                ),
            ],
            options={
                "verbose_name_plural": "people",
            },
        ),
        migrations.CreateModel(
            name="ImportBatch",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("kind", models.CharField(max_length=10)),
                ("file_name", models.CharField(max_length=255)),
                ("sha256", models.CharField(max_length=64)),
                ("mapping", models.CharField(max_length=120)),
                ("mapping_sha256", models.CharField(max_length=64)),
                ("as_of", models.DateField(blank=True, null=True)),
                ("started_at", models.DateTimeField()),
                ("finished_at", models.DateTimeField(blank=True, null=True)),
                ("result", models.JSONField(default=dict)),
                (
                    "key",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="collections_app.datakey"
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "import batches",
                "indexes": [models.Index(fields=["sha256", "kind"], name="batch_of_file")],
            },
        ),
        migrations.CreateModel(
            name="ImportRow",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("line", models.BigIntegerField()),
                ("column", models.CharField(blank=True, max_length=120)),
                ("code", models.CharField(max_length=60)),
                ("reason", models.TextField()),
                (
                    "raw",
                    collections_app.kernel.personal.PersonalField(blank=True, editable=True, null=True, owner="key"),
                ),
                (
                    "batch",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="refused",
                        to="collections_app.importbatch",
                    ),
                ),
                (
                    "key",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="collections_app.datakey"
                    ),
                ),
            ],
            options={
                "ordering": ["batch", "line"],
            },
        ),
        migrations.CreateModel(
            name="Judgement",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "phase",
                    models.CharField(choices=[("plan", "Plan"), ("send", "Send"), ("record", "Record")], max_length=6),
                ),
                ("at", models.DateTimeField(help_text="The instant that was judged.")),
                (
                    "verdict",
                    models.CharField(
                        choices=[("allow", "Allow"), ("warn", "Warn"), ("approve", "Approve"), ("deny", "Deny")],
                        max_length=7,
                    ),
                ),
                (
                    "by",
                    models.CharField(
                        blank=True,
                        help_text="Ids of all rules that gave the verdict, joined by blanks.",
                        max_length=200,
                    ),
                ),
                ("next_allowed_at", models.DateTimeField(blank=True, null=True)),
                ("permit", models.BigIntegerField(blank=True, null=True, unique=True)),
                (
                    "approved_by",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "asked_by",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "contact",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="judgements",
                        to="collections_app.contact",
                    ),
                ),
                (
                    "event",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="judgements",
                        to="collections_app.contactevent",
                    ),
                ),
                (
                    "facts",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="judgements",
                        to="collections_app.factsheet",
                    ),
                ),
                (
                    "requested_by",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "run",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="collections_app.dailyrun",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("permit", None),
                            models.Q(
                                ("contact__isnull", False),
                                ("permit", models.F("id")),
                                ("phase", "send"),
                                models.Q(
                                    ("verdict__in", ["allow", "warn"]),
                                    models.Q(
                                        ("approved_by__isnull", False),
                                        ("requested_by__isnull", False),
                                        ("verdict", "approve"),
                                        models.Q(("approved_by", models.F("requested_by")), _negated=True),
                                    ),
                                    _connector="OR",
                                ),
                            ),
                            _connector="OR",
                        ),
                        name="judgement_permit_is_permitted",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("contact__isnull", False), ("event", None)),
                            models.Q(("contact", None), ("event__isnull", False)),
                            _connector="OR",
                        ),
                        name="judgement_of_one_thing",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("verdict__in", ["allow", "warn", "approve", "deny"])),
                        name="judgement_verdict",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Loan",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("number", models.CharField(max_length=40, unique=True)),
                ("group", models.BigIntegerField(db_index=True)),
                ("product", models.CharField(default="personal_loan", max_length=30)),
                ("debt_kind", models.CharField(default="consumer", max_length=20)),
                ("agreement_kind", models.CharField(blank=True, max_length=20)),
                ("lender_type", models.CharField(default="bank", max_length=20)),
                ("collector_role", models.CharField(default="first_party", max_length=20)),
                ("contract_law", models.CharField(blank=True, help_text="ISO 3166; empty: not known.", max_length=2)),
                (
                    "law_on",
                    models.DateField(
                        blank=True,
                        help_text="Presets, rules and ladder in force are asked for this day instead of the real one (old tapes). Assumed.",
                        null=True,
                    ),
                ),
                ("currency", collections_app.kernel.money.CurrencyField(max_length=3)),
                ("principal", collections_app.kernel.money.MoneyField()),
                (
                    "apr_ppm",
                    models.PositiveIntegerField(
                        blank=True, help_text="Rate a year in parts of a million: 57500 is 5.75 %.", null=True
                    ),
                ),
                ("contract_on", models.DateField(blank=True, null=True)),
                ("paid_out_on", models.DateField(blank=True, null=True)),
                (
                    "opened_on",
                    models.DateField(
                        blank=True, help_text="The ledger begins here; before it, only the opening balance.", null=True
                    ),
                ),
                (
                    "instalment",
                    collections_app.kernel.money.MoneyField(
                        help_text="The regular instalment, from which the tolerance is taken."
                    ),
                ),
                (
                    "tolerance",
                    collections_app.kernel.money.MoneyField(
                        help_text="Arrears up to this are none: the ladder's currency_tolerance."
                    ),
                ),
                (
                    "oldest_open_due_on",
                    models.DateField(
                        blank=True,
                        help_text="Earliest due date at which what is open in all exceeds the tolerance; may lie ahead; empty: nothing open.",
                        null=True,
                    ),
                ),
                (
                    "due_day",
                    models.PositiveSmallIntegerField(
                        blank=True,
                        help_text="Day of the month that instalments fall on; an extension lands on it again.",
                        null=True,
                    ),
                ),
                (
                    "allocation",
                    models.CharField(
                        default="charge,instalment", help_text="Order in which money is appropriated.", max_length=60
                    ),
                ),
                (
                    "state",
                    django_fsm.FSMField(
                        choices=[
                            ("active", "Active"),
                            ("past_due", "Past Due"),
                            ("paid_off", "Paid Off"),
                            ("restructured", "Restructured"),
                            ("settled", "Settled"),
                            ("written_off", "Written Off"),
                            ("sold", "Sold"),
                        ],
                        default="active",
                        max_length=50,
                        protected=True,
                    ),
                ),
                ("ended_on", models.DateField(blank=True, null=True)),
                (
                    "generated",
                    models.BooleanField(default=False, help_text="The contract paper is a stand-in, made up."),
                ),
                (
                    "row_digest",
                    models.CharField(
                        blank=True,
                        help_text="Of the row that was imported last: the same row changes nothing.",
                        max_length=64,
                    ),
                ),
                (
                    "lender",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="loans", to="collections_app.lender"
                    ),
                ),
                (
                    "debtor",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="loans", to="collections_app.person"
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("state__in", ["active", "past_due"])),
                        fields=["oldest_open_due_on", "id"],
                        name="loan_oldest_open",
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "state__in",
                                ["active", "past_due", "paid_off", "restructured", "settled", "written_off", "sold"],
                            )
                        ),
                        name="loan_state",
                    )
                ],
            },
            bases=(collections_app.kernel.fsm.RefreshableFSM, models.Model),
        ),
        migrations.CreateModel(
            name="LenderShare",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("parts_per_million", models.PositiveIntegerField(default=1000000)),
                (
                    "lender",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="shares", to="collections_app.lender"
                    ),
                ),
                (
                    "loan",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="shares", to="collections_app.loan"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("loan", "lender"), name="one_share_per_lender"),
                    models.CheckConstraint(
                        condition=models.Q(("parts_per_million__gte", 1), ("parts_per_million__lte", 1000000)),
                        name="share_within_whole",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Instalment",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("sequence", models.PositiveIntegerField()),
                ("due_on", models.DateField()),
                (
                    "contract_due_on",
                    models.DateField(help_text="As agreed first; an extension moves due_on, never this."),
                ),
                ("currency", collections_app.kernel.money.CurrencyField(max_length=3)),
                ("amount", collections_app.kernel.money.MoneyField()),
                ("paid", collections_app.kernel.money.MoneyField(default=0)),
                (
                    "loan",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="instalments",
                        to="collections_app.loan",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("paid__lt", models.F("amount"))),
                        fields=["loan", "due_on", "sequence"],
                        include=("amount", "paid"),
                        name="instalment_open",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("loan", "sequence"), name="one_instalment_a_number"),
                    models.CheckConstraint(condition=models.Q(("amount__gt", 0)), name="instalment_positive"),
                    models.CheckConstraint(
                        condition=models.Q(("paid__gte", 0), ("paid__lte", models.F("amount"))),
                        name="instalment_not_overpaid",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="HistoricalPayment",
            fields=[
                ("id", models.BigIntegerField(blank=True, db_index=True)),
                ("currency", collections_app.kernel.money.CurrencyField(max_length=3)),
                ("amount", collections_app.kernel.money.MoneyField()),
                ("value_on", models.DateField()),
                ("received_at", models.DateTimeField()),
                ("method", models.CharField(blank=True, max_length=30)),
                ("source", models.CharField(max_length=60)),
                ("reference", models.CharField(help_text="The source's own reference: its identity.", max_length=120)),
                ("reversed_on", models.DateField(blank=True, null=True)),
                (
                    "state",
                    django_fsm.FSMField(
                        choices=[
                            ("received", "Received"),
                            ("suspect", "Suspect"),
                            ("rejected", "Rejected"),
                            ("reversed", "Reversed"),
                        ],
                        default="received",
                        max_length=50,
                        protected=True,
                    ),
                ),
                ("history_change_reason", models.TextField()),
                ("history_id", models.BigAutoField(editable=False, primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField()),
                (
                    "history_type",
                    models.CharField(choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1),
                ),
                (
                    "history_run",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="collections_app.dailyrun",
                    ),
                ),
                (
                    "history_user",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "batch",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="collections_app.importbatch",
                    ),
                ),
                (
                    "loan",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="collections_app.loan",
                    ),
                ),
            ],
            options={
                "verbose_name": "historical payment",
                "verbose_name_plural": "historical payments",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
                "indexes": [
                    django.contrib.postgres.indexes.BrinIndex(fields=["history_date"], name="hist_0dd5cc94_brin")
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("history_change_reason", ""), _negated=True), name="hist_0dd5cc94_reason"
                    )
                ],
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="HistoricalLoanEvent",
            fields=[
                ("id", models.BigIntegerField(blank=True, db_index=True)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("extension", "Extension"),
                            ("write_off", "Write Off"),
                            ("pay_off", "Pay Off"),
                            ("settlement", "Settlement"),
                            ("restructuring", "Restructuring"),
                            ("sale", "Sale"),
                            ("recovery", "Recovery"),
                            ("return", "Return"),
                        ],
                        max_length=20,
                    ),
                ),
                ("on", models.DateField()),
                ("received_at", models.DateTimeField()),
                ("months", models.PositiveSmallIntegerField(default=0, help_text="Extension: so many months later.")),
                ("currency", collections_app.kernel.money.CurrencyField(max_length=3)),
                ("amount", collections_app.kernel.money.MoneyField(default=0)),
                ("source_ref", models.CharField(max_length=120)),
                ("history_change_reason", models.TextField()),
                ("history_id", models.BigAutoField(editable=False, primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField()),
                (
                    "history_type",
                    models.CharField(choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1),
                ),
                (
                    "history_run",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="collections_app.dailyrun",
                    ),
                ),
                (
                    "history_user",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "loan",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="collections_app.loan",
                    ),
                ),
            ],
            options={
                "verbose_name": "historical loan event",
                "verbose_name_plural": "historical loan events",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
                "indexes": [
                    django.contrib.postgres.indexes.BrinIndex(fields=["history_date"], name="hist_6fa298c4_brin")
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("history_change_reason", ""), _negated=True), name="hist_6fa298c4_reason"
                    )
                ],
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="HistoricalLenderShare",
            fields=[
                ("id", models.BigIntegerField(blank=True, db_index=True)),
                ("parts_per_million", models.PositiveIntegerField(default=1000000)),
                ("history_change_reason", models.TextField()),
                ("history_id", models.BigAutoField(editable=False, primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField()),
                (
                    "history_type",
                    models.CharField(choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1),
                ),
                (
                    "history_run",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="collections_app.dailyrun",
                    ),
                ),
                (
                    "history_user",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "lender",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="collections_app.lender",
                    ),
                ),
                (
                    "loan",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="collections_app.loan",
                    ),
                ),
            ],
            options={
                "verbose_name": "historical lender share",
                "verbose_name_plural": "historical lender shares",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
                "indexes": [
                    django.contrib.postgres.indexes.BrinIndex(fields=["history_date"], name="hist_22a6a761_brin")
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("history_change_reason", ""), _negated=True), name="hist_22a6a761_reason"
                    )
                ],
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="HistoricalInstalment",
            fields=[
                ("id", models.BigIntegerField(blank=True, db_index=True)),
                ("sequence", models.PositiveIntegerField()),
                ("due_on", models.DateField()),
                (
                    "contract_due_on",
                    models.DateField(help_text="As agreed first; an extension moves due_on, never this."),
                ),
                ("currency", collections_app.kernel.money.CurrencyField(max_length=3)),
                ("amount", collections_app.kernel.money.MoneyField()),
                ("history_change_reason", models.TextField()),
                ("history_id", models.BigAutoField(editable=False, primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField()),
                (
                    "history_type",
                    models.CharField(choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1),
                ),
                (
                    "history_run",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="collections_app.dailyrun",
                    ),
                ),
                (
                    "history_user",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "loan",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="collections_app.loan",
                    ),
                ),
            ],
            options={
                "verbose_name": "historical instalment",
                "verbose_name_plural": "historical instalments",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
                "indexes": [
                    django.contrib.postgres.indexes.BrinIndex(fields=["history_date"], name="hist_dd6324a8_brin")
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("history_change_reason", ""), _negated=True), name="hist_dd6324a8_reason"
                    )
                ],
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="HistoricalCharge",
            fields=[
                ("id", models.BigIntegerField(blank=True, db_index=True)),
                ("kind", models.CharField(max_length=30)),
                ("on", models.DateField()),
                ("currency", collections_app.kernel.money.CurrencyField(max_length=3)),
                ("amount", collections_app.kernel.money.MoneyField()),
                ("authority", models.CharField(blank=True, max_length=200)),
                ("source_ref", models.CharField(blank=True, max_length=80)),
                ("history_change_reason", models.TextField()),
                ("history_id", models.BigAutoField(editable=False, primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField()),
                (
                    "history_type",
                    models.CharField(choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1),
                ),
                (
                    "history_run",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="collections_app.dailyrun",
                    ),
                ),
                (
                    "history_user",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "loan",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="collections_app.loan",
                    ),
                ),
            ],
            options={
                "verbose_name": "historical charge",
                "verbose_name_plural": "historical charges",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
                "indexes": [
                    django.contrib.postgres.indexes.BrinIndex(fields=["history_date"], name="hist_18ade8ab_brin")
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("history_change_reason", ""), _negated=True), name="hist_18ade8ab_reason"
                    )
                ],
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="EventDebt",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "event",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="debts",
                        to="collections_app.contactevent",
                    ),
                ),
                (
                    "loan",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="collections_app.loan"
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("event", "loan"), name="one_debt_once")],
            },
        ),
        migrations.CreateModel(
            name="ContactCase",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("step", models.CharField(max_length=60)),
                ("occurrence", models.IntegerField()),
                ("attempt", models.PositiveSmallIntegerField(default=0)),
                (
                    "case",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="covered_by",
                        to="collections_app.case",
                    ),
                ),
                (
                    "contact",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="covers",
                        to="collections_app.contact",
                    ),
                ),
                (
                    "instalment",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="covered_by",
                        to="collections_app.instalment",
                    ),
                ),
                (
                    "loan",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="collections_app.loan",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("case", None), ("instalment__isnull", False)),
                            models.Q(("case__isnull", False), ("instalment", None)),
                            _connector="OR",
                        ),
                        name="covers_exactly_one",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("case__isnull", False)),
                        fields=("case", "step", "occurrence", "attempt"),
                        name="case_step_once",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("instalment__isnull", False)),
                        fields=("instalment", "step", "occurrence", "attempt"),
                        name="instalment_step_once",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Charge",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("kind", models.CharField(max_length=30)),
                ("on", models.DateField()),
                ("currency", collections_app.kernel.money.CurrencyField(max_length=3)),
                ("amount", collections_app.kernel.money.MoneyField()),
                ("paid", collections_app.kernel.money.MoneyField(default=0)),
                ("authority", models.CharField(blank=True, max_length=200)),
                ("source_ref", models.CharField(blank=True, max_length=80)),
                (
                    "loan",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="charges", to="collections_app.loan"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("amount__gt", 0)), name="charge_positive"),
                    models.CheckConstraint(
                        condition=models.Q(("paid__gte", 0), ("paid__lte", models.F("amount"))),
                        name="charge_not_overpaid",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("source_ref", ""), _negated=True),
                        fields=("loan", "source_ref"),
                        name="one_charge_a_reference",
                    ),
                ],
            },
        ),
        migrations.AddField(
            model_name="case",
            name="loan",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="cases", to="collections_app.loan"
            ),
        ),
        migrations.CreateModel(
            name="LoanEvent",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("extension", "Extension"),
                            ("write_off", "Write Off"),
                            ("pay_off", "Pay Off"),
                            ("settlement", "Settlement"),
                            ("restructuring", "Restructuring"),
                            ("sale", "Sale"),
                            ("recovery", "Recovery"),
                            ("return", "Return"),
                        ],
                        max_length=20,
                    ),
                ),
                ("on", models.DateField()),
                ("received_at", models.DateTimeField()),
                ("months", models.PositiveSmallIntegerField(default=0, help_text="Extension: so many months later.")),
                ("currency", collections_app.kernel.money.CurrencyField(max_length=3)),
                ("amount", collections_app.kernel.money.MoneyField(default=0)),
                ("source_ref", models.CharField(max_length=120)),
                ("booked_on", models.DateField(blank=True, null=True)),
                (
                    "loan",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="events",
                        to="collections_app.loan",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(condition=models.Q(("booked_on", None)), fields=["loan", "on"], name="event_waiting")
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("loan", "kind", "source_ref"), name="one_event_a_reference")
                ],
            },
        ),
        migrations.CreateModel(
            name="Payment",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("currency", collections_app.kernel.money.CurrencyField(max_length=3)),
                ("amount", collections_app.kernel.money.MoneyField()),
                ("value_on", models.DateField()),
                ("received_at", models.DateTimeField()),
                ("method", models.CharField(blank=True, max_length=30)),
                ("source", models.CharField(max_length=60)),
                ("reference", models.CharField(help_text="The source's own reference: its identity.", max_length=120)),
                (
                    "booked_on",
                    models.DateField(
                        blank=True, help_text="Business date of the run (or late news) that booked it.", null=True
                    ),
                ),
                ("unallocated", collections_app.kernel.money.MoneyField(default=0, help_text="More than was owed.")),
                ("reversed_on", models.DateField(blank=True, null=True)),
                (
                    "state",
                    django_fsm.FSMField(
                        choices=[
                            ("received", "Received"),
                            ("suspect", "Suspect"),
                            ("rejected", "Rejected"),
                            ("reversed", "Reversed"),
                        ],
                        default="received",
                        max_length=50,
                        protected=True,
                    ),
                ),
                (
                    "batch",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="payments",
                        to="collections_app.importbatch",
                    ),
                ),
                (
                    "loan",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="payments", to="collections_app.loan"
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("booked_on", None), ("state", "received")),
                        fields=["loan", "value_on", "id"],
                        name="payment_waiting",
                    ),
                    models.Index(
                        condition=models.Q(("state", "reversed")),
                        fields=["loan"],
                        name="payment_reversed",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("source", "reference"), name="one_payment_a_reference"),
                    models.CheckConstraint(condition=models.Q(("amount__gt", 0)), name="payment_positive"),
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["received", "suspect", "rejected", "reversed"])),
                        name="payment_state",
                    ),
                ],
            },
            bases=(collections_app.kernel.fsm.RefreshableFSM, models.Model),
        ),
        migrations.CreateModel(
            name="Allocation",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("currency", collections_app.kernel.money.CurrencyField(max_length=3)),
                ("amount", collections_app.kernel.money.MoneyField()),
                ("on", models.DateField(help_text="Business date of the booking.")),
                (
                    "charge",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="allocations",
                        to="collections_app.charge",
                    ),
                ),
                (
                    "instalment",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="allocations",
                        to="collections_app.instalment",
                    ),
                ),
                (
                    "loan",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="collections_app.loan"
                    ),
                ),
                (
                    "payment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="allocations",
                        to="collections_app.payment",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("charge__isnull", False), ("instalment", None)),
                            models.Q(("charge", None), ("instalment__isnull", False)),
                            _connector="OR",
                        ),
                        name="allocation_to_one_thing",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("amount", 0), _negated=True), name="allocation_not_nothing"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="PolicyVersion",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "kind",
                    models.CharField(choices=[("ladder", "Ladder"), ("jurisdiction", "Jurisdiction")], max_length=12),
                ),
                ("ident", models.CharField(max_length=60)),
                ("version", models.CharField(max_length=30)),
                ("title", models.CharField(blank=True, max_length=200)),
                ("jurisdiction", models.CharField(blank=True, max_length=10)),
                ("digest", models.CharField(max_length=64)),
                ("effective_from", models.DateField()),
                ("effective_to", models.DateField(blank=True, null=True)),
                ("source", models.TextField(help_text="The file as it was loaded.")),
                ("loaded_at", models.DateTimeField()),
                (
                    "state",
                    django_fsm.FSMField(
                        choices=[("draft", "Draft"), ("approved", "Approved"), ("superseded", "Superseded")],
                        default="draft",
                        max_length=50,
                        protected=True,
                    ),
                ),
                (
                    "released_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "requested_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("kind", "ident", "version"), name="one_policy_a_version"),
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["draft", "approved", "superseded"])), name="policy_state"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("released_by", None),
                            ("requested_by", None),
                            models.Q(("released_by", models.F("requested_by")), _negated=True),
                            _connector="OR",
                        ),
                        name="policy_four_eyes",
                    ),
                ],
            },
            bases=(collections_app.kernel.fsm.RefreshableFSM, models.Model),
        ),
        migrations.CreateModel(
            name="LadderStep",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("code", models.CharField(max_length=60)),
                ("position", models.PositiveSmallIntegerField()),
                ("days", models.JSONField()),
                ("channel", models.CharField(max_length=20)),
                ("summary", models.TextField()),
                (
                    "policy",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="ladder_steps",
                        to="collections_app.policyversion",
                    ),
                ),
            ],
            options={
                "ordering": ["policy", "position"],
            },
        ),
        migrations.AddField(
            model_name="case",
            name="ladder",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="cases", to="collections_app.policyversion"
            ),
        ),
        migrations.CreateModel(
            name="PresetRule",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("rule_id", models.CharField(db_index=True, max_length=60)),
                ("type", models.CharField(max_length=20)),
                ("level", models.CharField(max_length=12)),
                ("verdict", models.CharField(max_length=7)),
                ("cite", models.TextField(blank=True)),
                ("confidence", models.CharField(blank=True, max_length=60)),
                ("summary", models.TextField(blank=True)),
                (
                    "policy",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="preset_rules",
                        to="collections_app.policyversion",
                    ),
                ),
            ],
            options={
                "ordering": ["policy", "id"],
            },
        ),
        migrations.CreateModel(
            name="PrintBatch",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("made_at", models.DateTimeField()),
                ("business_on", models.DateField()),
                ("letters_count", models.PositiveIntegerField(default=0)),
                (
                    "key",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="collections_app.datakey"
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "print batches",
            },
        ),
        migrations.AddField(
            model_name="contact",
            name="print_batch",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="letters",
                to="collections_app.printbatch",
            ),
        ),
        migrations.CreateModel(
            name="RunWindow",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("step", models.CharField(max_length=60)),
                ("position", models.PositiveSmallIntegerField(help_text="Of the step in the day's list.")),
                ("number", models.PositiveIntegerField()),
                ("first", models.BigIntegerField()),
                ("last", models.BigIntegerField()),
                ("done", models.BooleanField(default=False)),
                ("result", models.JSONField(default=dict)),
                ("seconds", models.FloatField(default=0)),
                (
                    "run",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="windows",
                        to="collections_app.dailyrun",
                    ),
                ),
            ],
            options={
                "ordering": ["run", "position", "number"],
                "constraints": [models.UniqueConstraint(fields=("run", "step", "number"), name="one_window_a_number")],
            },
        ),
        migrations.CreateModel(
            name="SendingStop",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("channel", models.CharField(blank=True, max_length=20)),
                ("because", models.TextField()),
                ("stopped_at", models.DateTimeField()),
                ("lifted_at", models.DateTimeField(blank=True, null=True)),
                ("lifted_because", models.TextField(blank=True)),
                (
                    "lifted_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "stopped_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("lifted_by", None),
                            models.Q(("lifted_by", models.F("stopped_by")), _negated=True),
                            _connector="OR",
                        ),
                        name="stop_lifted_by_another",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("lifted_at", None), ("lifted_by", None)),
                            models.Q(("lifted_at__isnull", False), ("lifted_by__isnull", False)),
                            _connector="OR",
                        ),
                        name="stop_lifted_whole",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="SetAside",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("step", models.CharField(max_length=60)),
                ("reason", models.TextField()),
                ("resolved_at", models.DateTimeField(blank=True, null=True)),
                (
                    "loan",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="collections_app.loan",
                    ),
                ),
                (
                    "run",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="set_aside",
                        to="collections_app.dailyrun",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "set aside",
            },
        ),
        migrations.CreateModel(
            name="StoredDocument",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("sha256", models.CharField(max_length=64)),
                ("size", models.BigIntegerField()),
                ("media_type", models.CharField(max_length=255)),
                ("title", models.CharField(max_length=200)),
                ("pages", models.PositiveIntegerField(blank=True, null=True)),
                ("stored_at", models.DateTimeField()),
                ("generated", models.BooleanField(default=False)),
                (
                    "key",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="documents",
                        to="collections_app.datakey",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("key", "sha256"), name="one_blob_an_owner"),
                    models.CheckConstraint(condition=models.Q(("size__gt", 0)), name="document_not_empty"),
                ],
            },
        ),
        migrations.AddField(
            model_name="printbatch",
            name="document",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="collections_app.storeddocument",
            ),
        ),
        migrations.CreateModel(
            name="LoanDocument",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("contract", "Contract"),
                            ("payout_proof", "Payout Proof"),
                            ("schedule", "Schedule"),
                            ("notice", "Notice"),
                            ("proof_of_delivery", "Proof Of Delivery"),
                            ("other", "Other"),
                        ],
                        max_length=20,
                    ),
                ),
                ("dated_on", models.DateField()),
                (
                    "contact",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="documents",
                        to="collections_app.contact",
                    ),
                ),
                (
                    "loan",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="documents", to="collections_app.loan"
                    ),
                ),
                (
                    "document",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="of_loans",
                        to="collections_app.storeddocument",
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("loan", "document", "kind"), name="one_paper_once")],
            },
        ),
        migrations.AddField(
            model_name="contact",
            name="document",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="collections_app.storeddocument",
            ),
        ),
        migrations.CreateModel(
            name="AccessRecord",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("kind", models.CharField(choices=[("reveal", "Reveal"), ("download", "Download")], max_length=10)),
                ("what", models.CharField(help_text="model:id, never a value.", max_length=80)),
                ("at", models.DateTimeField()),
                ("because", models.CharField(blank=True, max_length=200)),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["what", "at"], name="access_of_object")],
            },
        ),
        migrations.AddField(
            model_name="contact",
            name="clearance",
            field=models.OneToOneField(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="collections_app.clearance",
            ),
        ),
        migrations.AddField(
            model_name="clearance",
            name="judgement",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="clearances",
                to="collections_app.judgement",
                to_field="permit",
            ),
        ),
        migrations.CreateModel(
            name="StatedHours",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("agreed_contact_window", "Agreed"),
                            ("consumer_stated_hours", "Consumer Stated"),
                            ("inconvenient", "Inconvenient"),
                        ],
                        max_length=30,
                    ),
                ),
                ("days", models.JSONField(blank=True, default=list, help_text="ISO week days 1–7; empty: every day.")),
                ("from_clock", models.CharField(help_text="HH:MM", max_length=8)),
                ("to_clock", models.CharField(help_text="HH:MM; 24:00 is the end of the day", max_length=8)),
                ("to_inclusive", models.BooleanField(default=False)),
                ("holidays", models.BooleanField(default=False, help_text="Agreed for holidays too.")),
                ("channels", models.JSONField(blank=True, default=list)),
                ("places", models.JSONField(blank=True, default=list)),
                ("known_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="stated_hours",
                        to="collections_app.person",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "stated hours",
                "indexes": [models.Index(fields=["person", "kind"], name="hours_of_person")],
            },
        ),
        migrations.CreateModel(
            name="RegisterCheck",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("state", models.CharField(max_length=40)),
                ("checked_at", models.DateTimeField()),
                ("source", models.CharField(max_length=60)),
                (
                    "stand_in",
                    models.BooleanField(
                        default=False, help_text="Answered by the stand-in of dev and test, not by a register."
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="register_checks",
                        to="collections_app.person",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["state", "person", "checked_at"], name="newest_check")],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("person", None)),
                        fields=("state", "checked_at"),
                        name="one_sweep_an_instant",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Promise",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("made_on", models.DateField()),
                ("due_on", models.DateField()),
                ("currency", collections_app.kernel.money.CurrencyField(max_length=3)),
                ("amount", collections_app.kernel.money.MoneyField()),
                ("method", models.CharField(blank=True, max_length=30)),
                ("settled_on", models.DateField(blank=True, null=True)),
                (
                    "state",
                    django_fsm.FSMField(
                        choices=[("open", "Open"), ("kept", "Kept"), ("broken", "Broken"), ("withdrawn", "Withdrawn")],
                        default="open",
                        max_length=50,
                        protected=True,
                    ),
                ),
                (
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="promises", to="collections_app.case"
                    ),
                ),
                (
                    "contact",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="promises",
                        to="collections_app.contact",
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="promises",
                        to="collections_app.person",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(condition=models.Q(("state", "open")), fields=["due_on"], name="promise_open")
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state", "open")), fields=("case",), name="one_open_promise_a_case"
                    ),
                    models.CheckConstraint(condition=models.Q(("amount__gt", 0)), name="promise_positive"),
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["open", "kept", "broken", "withdrawn"])), name="promise_state"
                    ),
                ],
            },
            bases=(collections_app.kernel.fsm.RefreshableFSM, models.Model),
        ),
        migrations.CreateModel(
            name="LoanParty",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "role",
                    models.CharField(
                        choices=[
                            ("debtor", "Debtor"),
                            ("co_debtor", "Co Debtor"),
                            ("guarantor", "Guarantor"),
                            ("spouse", "Spouse"),
                            ("parent_of_minor", "Parent Of Minor"),
                            ("guardian", "Guardian"),
                            ("executor", "Executor"),
                            ("confirmed_successor", "Confirmed Successor"),
                            ("attorney", "Attorney"),
                            ("adviser", "Adviser"),
                            ("contact_person", "Contact Person"),
                            ("relative", "Relative"),
                            ("employer", "Employer"),
                            ("unrelated_third", "Unrelated Third"),
                        ],
                        max_length=20,
                    ),
                ),
                ("liability_in_force", models.BooleanField(default=True)),
                (
                    "loan",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="parties", to="collections_app.loan"
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="parties", to="collections_app.person"
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "loan parties",
                "constraints": [models.UniqueConstraint(fields=("loan", "person", "role"), name="one_role_once")],
            },
        ),
        migrations.CreateModel(
            name="Hold",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "reason",
                    models.CharField(
                        choices=[
                            ("hardship", "Hardship"),
                            ("complaint", "Complaint"),
                            ("dispute", "Dispute"),
                            ("investigation", "Investigation"),
                            ("vulnerable", "Vulnerable"),
                            ("other", "Other"),
                        ],
                        max_length=20,
                    ),
                ),
                (
                    "evidence",
                    collections_app.kernel.personal.PersonalField(blank=True, editable=True, null=True, owner="person"),
                ),
                ("from_on", models.DateField()),
                ("until_on", models.DateField(blank=True, help_text="Last day; empty: open end.", null=True)),
                ("stops_contacts", models.BooleanField(default=True)),
                ("stops_clock", models.BooleanField(default=True)),
                ("stops_fees", models.BooleanField(default=False)),
                ("stops_legal", models.BooleanField(default=True)),
                (
                    "clock_counted",
                    models.BooleanField(default=False, help_text="Its stopped days were added to the case."),
                ),
                (
                    "state",
                    django_fsm.FSMField(
                        choices=[
                            ("requested", "Requested"),
                            ("active", "Active"),
                            ("ended", "Ended"),
                            ("refused", "Refused"),
                        ],
                        default="requested",
                        max_length=50,
                        protected=True,
                    ),
                ),
                (
                    "approved_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="holds", to="collections_app.case"
                    ),
                ),
                (
                    "requested_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="holds", to="collections_app.person"
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["state", "until_on"], name="hold_ending")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("approved_by", None),
                            models.Q(("approved_by", models.F("requested_by")), _negated=True),
                            _connector="OR",
                        ),
                        name="hold_four_eyes",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("until_on", None), ("until_on__gte", models.F("from_on")), _connector="OR"),
                        name="hold_dates_in_order",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["requested", "active", "ended", "refused"])),
                        name="hold_state",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("stops_contacts", True),
                            ("stops_clock", True),
                            ("stops_fees", True),
                            ("stops_legal", True),
                            _connector="OR",
                        ),
                        name="hold_stops_something",
                    ),
                ],
            },
            bases=(collections_app.kernel.fsm.RefreshableFSM, models.Model),
        ),
        migrations.CreateModel(
            name="HistoricalStatedHours",
            fields=[
                ("id", models.BigIntegerField(blank=True, db_index=True)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("agreed_contact_window", "Agreed"),
                            ("consumer_stated_hours", "Consumer Stated"),
                            ("inconvenient", "Inconvenient"),
                        ],
                        max_length=30,
                    ),
                ),
                ("days", models.JSONField(blank=True, default=list, help_text="ISO week days 1–7; empty: every day.")),
                ("from_clock", models.CharField(help_text="HH:MM", max_length=8)),
                ("to_clock", models.CharField(help_text="HH:MM; 24:00 is the end of the day", max_length=8)),
                ("to_inclusive", models.BooleanField(default=False)),
                ("holidays", models.BooleanField(default=False, help_text="Agreed for holidays too.")),
                ("channels", models.JSONField(blank=True, default=list)),
                ("places", models.JSONField(blank=True, default=list)),
                ("known_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
                ("history_change_reason", models.TextField()),
                ("history_id", models.BigAutoField(editable=False, primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField()),
                (
                    "history_type",
                    models.CharField(choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1),
                ),
                (
                    "history_run",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="collections_app.dailyrun",
                    ),
                ),
                (
                    "history_user",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="collections_app.person",
                    ),
                ),
            ],
            options={
                "verbose_name": "historical stated hours",
                "verbose_name_plural": "historical stated hours",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
                "indexes": [
                    django.contrib.postgres.indexes.BrinIndex(fields=["history_date"], name="hist_c4554211_brin")
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("history_change_reason", ""), _negated=True), name="hist_c4554211_reason"
                    )
                ],
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="HistoricalPromise",
            fields=[
                ("id", models.BigIntegerField(blank=True, db_index=True)),
                ("made_on", models.DateField()),
                ("due_on", models.DateField()),
                ("currency", collections_app.kernel.money.CurrencyField(max_length=3)),
                ("amount", collections_app.kernel.money.MoneyField()),
                ("method", models.CharField(blank=True, max_length=30)),
                ("settled_on", models.DateField(blank=True, null=True)),
                (
                    "state",
                    django_fsm.FSMField(
                        choices=[("open", "Open"), ("kept", "Kept"), ("broken", "Broken"), ("withdrawn", "Withdrawn")],
                        default="open",
                        max_length=50,
                        protected=True,
                    ),
                ),
                ("history_change_reason", models.TextField()),
                ("history_id", models.BigAutoField(editable=False, primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField()),
                (
                    "history_type",
                    models.CharField(choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1),
                ),
                (
                    "case",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="collections_app.case",
                    ),
                ),
                (
                    "contact",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="collections_app.contact",
                    ),
                ),
                (
                    "history_run",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="collections_app.dailyrun",
                    ),
                ),
                (
                    "history_user",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="collections_app.person",
                    ),
                ),
            ],
            options={
                "verbose_name": "historical promise",
                "verbose_name_plural": "historical promises",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
                "indexes": [
                    django.contrib.postgres.indexes.BrinIndex(fields=["history_date"], name="hist_fbf16b09_brin")
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("history_change_reason", ""), _negated=True), name="hist_fbf16b09_reason"
                    )
                ],
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="HistoricalLoanParty",
            fields=[
                ("id", models.BigIntegerField(blank=True, db_index=True)),
                (
                    "role",
                    models.CharField(
                        choices=[
                            ("debtor", "Debtor"),
                            ("co_debtor", "Co Debtor"),
                            ("guarantor", "Guarantor"),
                            ("spouse", "Spouse"),
                            ("parent_of_minor", "Parent Of Minor"),
                            ("guardian", "Guardian"),
                            ("executor", "Executor"),
                            ("confirmed_successor", "Confirmed Successor"),
                            ("attorney", "Attorney"),
                            ("adviser", "Adviser"),
                            ("contact_person", "Contact Person"),
                            ("relative", "Relative"),
                            ("employer", "Employer"),
                            ("unrelated_third", "Unrelated Third"),
                        ],
                        max_length=20,
                    ),
                ),
                ("liability_in_force", models.BooleanField(default=True)),
                ("history_change_reason", models.TextField()),
                ("history_id", models.BigAutoField(editable=False, primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField()),
                (
                    "history_type",
                    models.CharField(choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1),
                ),
                (
                    "history_run",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="collections_app.dailyrun",
                    ),
                ),
                (
                    "history_user",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "loan",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="collections_app.loan",
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="collections_app.person",
                    ),
                ),
            ],
            options={
                "verbose_name": "historical loan party",
                "verbose_name_plural": "historical loan parties",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
                "indexes": [
                    django.contrib.postgres.indexes.BrinIndex(fields=["history_date"], name="hist_dd99dc83_brin")
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("history_change_reason", ""), _negated=True), name="hist_dd99dc83_reason"
                    )
                ],
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="HistoricalLoan",
            fields=[
                ("id", models.BigIntegerField(blank=True, db_index=True)),
                ("number", models.CharField(max_length=40)),
                ("group", models.BigIntegerField()),
                ("product", models.CharField(default="personal_loan", max_length=30)),
                ("debt_kind", models.CharField(default="consumer", max_length=20)),
                ("agreement_kind", models.CharField(blank=True, max_length=20)),
                ("lender_type", models.CharField(default="bank", max_length=20)),
                ("collector_role", models.CharField(default="first_party", max_length=20)),
                ("contract_law", models.CharField(blank=True, help_text="ISO 3166; empty: not known.", max_length=2)),
                (
                    "law_on",
                    models.DateField(
                        blank=True,
                        help_text="Presets, rules and ladder in force are asked for this day instead of the real one (old tapes). Assumed.",
                        null=True,
                    ),
                ),
                ("currency", collections_app.kernel.money.CurrencyField(max_length=3)),
                ("principal", collections_app.kernel.money.MoneyField()),
                (
                    "apr_ppm",
                    models.PositiveIntegerField(
                        blank=True, help_text="Rate a year in parts of a million: 57500 is 5.75 %.", null=True
                    ),
                ),
                ("contract_on", models.DateField(blank=True, null=True)),
                ("paid_out_on", models.DateField(blank=True, null=True)),
                (
                    "opened_on",
                    models.DateField(
                        blank=True, help_text="The ledger begins here; before it, only the opening balance.", null=True
                    ),
                ),
                (
                    "instalment",
                    collections_app.kernel.money.MoneyField(
                        help_text="The regular instalment, from which the tolerance is taken."
                    ),
                ),
                (
                    "tolerance",
                    collections_app.kernel.money.MoneyField(
                        help_text="Arrears up to this are none: the ladder's currency_tolerance."
                    ),
                ),
                (
                    "oldest_open_due_on",
                    models.DateField(
                        blank=True,
                        help_text="Earliest due date at which what is open in all exceeds the tolerance; may lie ahead; empty: nothing open.",
                        null=True,
                    ),
                ),
                (
                    "due_day",
                    models.PositiveSmallIntegerField(
                        blank=True,
                        help_text="Day of the month that instalments fall on; an extension lands on it again.",
                        null=True,
                    ),
                ),
                (
                    "allocation",
                    models.CharField(
                        default="charge,instalment", help_text="Order in which money is appropriated.", max_length=60
                    ),
                ),
                (
                    "state",
                    django_fsm.FSMField(
                        choices=[
                            ("active", "Active"),
                            ("past_due", "Past Due"),
                            ("paid_off", "Paid Off"),
                            ("restructured", "Restructured"),
                            ("settled", "Settled"),
                            ("written_off", "Written Off"),
                            ("sold", "Sold"),
                        ],
                        default="active",
                        max_length=50,
                        protected=True,
                    ),
                ),
                ("ended_on", models.DateField(blank=True, null=True)),
                (
                    "generated",
                    models.BooleanField(default=False, help_text="The contract paper is a stand-in, made up."),
                ),
                (
                    "row_digest",
                    models.CharField(
                        blank=True,
                        help_text="Of the row that was imported last: the same row changes nothing.",
                        max_length=64,
                    ),
                ),
                ("history_change_reason", models.TextField()),
                ("history_id", models.BigAutoField(editable=False, primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField()),
                (
                    "history_type",
                    models.CharField(choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1),
                ),
                (
                    "history_run",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="collections_app.dailyrun",
                    ),
                ),
                (
                    "history_user",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "lender",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="collections_app.lender",
                    ),
                ),
                (
                    "debtor",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="collections_app.person",
                    ),
                ),
            ],
            options={
                "verbose_name": "historical loan",
                "verbose_name_plural": "historical loans",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
                "indexes": [
                    django.contrib.postgres.indexes.BrinIndex(fields=["history_date"], name="hist_59c6f780_brin")
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("history_change_reason", ""), _negated=True), name="hist_59c6f780_reason"
                    )
                ],
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="HistoricalHold",
            fields=[
                ("id", models.BigIntegerField(blank=True, db_index=True)),
                (
                    "reason",
                    models.CharField(
                        choices=[
                            ("hardship", "Hardship"),
                            ("complaint", "Complaint"),
                            ("dispute", "Dispute"),
                            ("investigation", "Investigation"),
                            ("vulnerable", "Vulnerable"),
                            ("other", "Other"),
                        ],
                        max_length=20,
                    ),
                ),
                (
                    "evidence",
                    collections_app.kernel.personal.PersonalField(blank=True, editable=True, null=True, owner="person"),
                ),
                ("from_on", models.DateField()),
                ("until_on", models.DateField(blank=True, help_text="Last day; empty: open end.", null=True)),
                ("stops_contacts", models.BooleanField(default=True)),
                ("stops_clock", models.BooleanField(default=True)),
                ("stops_fees", models.BooleanField(default=False)),
                ("stops_legal", models.BooleanField(default=True)),
                (
                    "clock_counted",
                    models.BooleanField(default=False, help_text="Its stopped days were added to the case."),
                ),
                (
                    "state",
                    django_fsm.FSMField(
                        choices=[
                            ("requested", "Requested"),
                            ("active", "Active"),
                            ("ended", "Ended"),
                            ("refused", "Refused"),
                        ],
                        default="requested",
                        max_length=50,
                        protected=True,
                    ),
                ),
                ("history_change_reason", models.TextField()),
                ("history_id", models.BigAutoField(editable=False, primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField()),
                (
                    "history_type",
                    models.CharField(choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1),
                ),
                (
                    "approved_by",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "case",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="collections_app.case",
                    ),
                ),
                (
                    "history_run",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="collections_app.dailyrun",
                    ),
                ),
                (
                    "history_user",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "requested_by",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="collections_app.person",
                    ),
                ),
            ],
            options={
                "verbose_name": "historical hold",
                "verbose_name_plural": "historical holds",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
                "indexes": [
                    django.contrib.postgres.indexes.BrinIndex(fields=["history_date"], name="hist_83dff784_brin")
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("history_change_reason", ""), _negated=True), name="hist_83dff784_reason"
                    )
                ],
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="HistoricalDatedFact",
            fields=[
                ("id", models.BigIntegerField(blank=True, db_index=True)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("bereavement", "bereavement"),
                            ("calamity", "calamity"),
                            ("wedding", "wedding"),
                            ("festival", "festival"),
                        ],
                        max_length=20,
                    ),
                ),
                ("from_on", models.DateField()),
                ("until_on", models.DateField()),
                ("known_at", models.DateTimeField()),
                ("history_change_reason", models.TextField()),
                ("history_id", models.BigAutoField(editable=False, primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField()),
                (
                    "history_type",
                    models.CharField(choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1),
                ),
                (
                    "history_run",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="collections_app.dailyrun",
                    ),
                ),
                (
                    "history_user",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="collections_app.person",
                    ),
                ),
            ],
            options={
                "verbose_name": "historical dated fact",
                "verbose_name_plural": "historical dated facts",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
                "indexes": [
                    django.contrib.postgres.indexes.BrinIndex(fields=["history_date"], name="hist_410fc3fa_brin")
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("history_change_reason", ""), _negated=True), name="hist_410fc3fa_reason"
                    )
                ],
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="HistoricalContactPoint",
            fields=[
                ("id", models.BigIntegerField(blank=True, db_index=True)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("mobile", "Mobile"),
                            ("landline", "Landline"),
                            ("work_phone", "Work Phone"),
                            ("email", "Email"),
                            ("work_email", "Work Email"),
                            ("home_address", "Home Address"),
                            ("work_address", "Work Address"),
                            ("app", "App"),
                        ],
                        max_length=20,
                    ),
                ),
                ("value", collections_app.kernel.personal.PersonalField(editable=True, owner="person")),
                ("place", models.CharField(blank=True, max_length=10)),
                (
                    "provenance",
                    models.JSONField(default=list, help_text="How we came by it, in the words of the rules page."),
                ),
                ("employer_forbids", models.BooleanField(default=False)),
                ("inbound_text_at", models.DateTimeField(blank=True, null=True)),
                ("reassigned_number_check_at", models.DateTimeField(blank=True, null=True)),
                ("notice_sent_on", models.DateField(blank=True, null=True)),
                ("opt_out_by", models.DateField(blank=True, null=True)),
                ("preference", models.SmallIntegerField(default=0, help_text="Lower is tried first.")),
                ("generated", models.BooleanField(default=False)),
                (
                    "state",
                    django_fsm.FSMField(
                        choices=[
                            ("unverified", "Unverified"),
                            ("verified", "Verified"),
                            ("invalid", "Invalid"),
                            ("refused", "Refused"),
                        ],
                        default="unverified",
                        max_length=50,
                        protected=True,
                    ),
                ),
                ("history_change_reason", models.TextField()),
                ("history_id", models.BigAutoField(editable=False, primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField()),
                (
                    "history_type",
                    models.CharField(choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1),
                ),
                (
                    "history_run",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="collections_app.dailyrun",
                    ),
                ),
                (
                    "history_user",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="collections_app.person",
                    ),
                ),
            ],
            options={
                "verbose_name": "historical contact point",
                "verbose_name_plural": "historical contact points",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
                "indexes": [
                    django.contrib.postgres.indexes.BrinIndex(fields=["history_date"], name="hist_9828bf57_brin")
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("history_change_reason", ""), _negated=True), name="hist_9828bf57_reason"
                    )
                ],
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="HistoricalContact",
            fields=[
                ("id", models.BigIntegerField(blank=True, db_index=True)),
                ("group", models.BigIntegerField()),
                (
                    "party",
                    models.CharField(
                        choices=[
                            ("debtor", "Debtor"),
                            ("co_debtor", "Co Debtor"),
                            ("guarantor", "Guarantor"),
                            ("spouse", "Spouse"),
                            ("parent_of_minor", "Parent Of Minor"),
                            ("guardian", "Guardian"),
                            ("executor", "Executor"),
                            ("confirmed_successor", "Confirmed Successor"),
                            ("attorney", "Attorney"),
                            ("adviser", "Adviser"),
                            ("contact_person", "Contact Person"),
                            ("relative", "Relative"),
                            ("employer", "Employer"),
                            ("unrelated_third", "Unrelated Third"),
                        ],
                        default="debtor",
                        max_length=20,
                    ),
                ),
                ("channel", models.CharField(max_length=20)),
                ("direction", models.CharField(default="out", max_length=3)),
                ("purpose", models.CharField(default="collect", max_length=30)),
                ("step", models.CharField(blank=True, max_length=60)),
                (
                    "occurrence",
                    models.IntegerField(default=0, help_text="Ladder day + 1,000 for each time that the anchor moved."),
                ),
                (
                    "attempt",
                    models.PositiveSmallIntegerField(
                        default=0, help_text="0 is the plan, each fallback after a failure the next."
                    ),
                ),
                ("template", models.CharField(blank=True, max_length=60)),
                ("language", models.CharField(default="en", max_length=10)),
                ("business_on", models.DateField()),
                ("ladder_day", models.SmallIntegerField(blank=True, null=True)),
                ("stage", models.CharField(blank=True, max_length=10)),
                ("not_before", models.DateTimeField(help_text="Planned for this instant; later when withheld.")),
                (
                    "needs_approval",
                    models.CharField(
                        blank=True, help_text="The group that must approve, by the ladder.", max_length=30
                    ),
                ),
                ("approved_because", models.TextField(blank=True)),
                (
                    "claim_stop_seq",
                    models.PositiveIntegerField(blank=True, help_text="What the claim saw of the person.", null=True),
                ),
                ("claimed_at", models.DateTimeField(blank=True, null=True)),
                ("sent_at", models.DateTimeField(blank=True, null=True)),
                ("settled_at", models.DateTimeField(blank=True, null=True)),
                ("text_sha256", models.CharField(blank=True, max_length=64)),
                (
                    "text",
                    collections_app.kernel.personal.PersonalField(blank=True, editable=True, null=True, owner="person"),
                ),
                (
                    "external_ref",
                    models.CharField(blank=True, help_text="Gateway's id, or the tracking number.", max_length=120),
                ),
                ("failure", models.CharField(blank=True, max_length=300)),
                (
                    "outcome",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("no_answer", "No Answer"),
                            ("voicemail", "Voicemail"),
                            ("promise", "Promise"),
                            ("wants_plan", "Wants Plan"),
                            ("hardship", "Hardship"),
                            ("dispute", "Dispute"),
                            ("refuses", "Refuses"),
                            ("call_back", "Call Back"),
                            ("wrong_number", "Wrong Number"),
                            ("stop_calling", "Stop Calling"),
                            ("spoke", "Spoke"),
                            ("not_met", "Not Met"),
                            ("met", "Met"),
                        ],
                        max_length=20,
                    ),
                ),
                (
                    "outcome_note",
                    collections_app.kernel.personal.PersonalField(blank=True, editable=True, null=True, owner="person"),
                ),
                (
                    "state_because",
                    models.CharField(blank=True, help_text="Why it was withheld or cancelled.", max_length=200),
                ),
                (
                    "withheld_by",
                    models.CharField(
                        blank=True, help_text="Rule ids that withheld it, joined by blanks.", max_length=200
                    ),
                ),
                (
                    "state",
                    django_fsm.FSMField(
                        choices=[
                            ("planned", "Planned"),
                            ("awaiting_approval", "Awaiting Approval"),
                            ("withheld", "Withheld"),
                            ("cancelled", "Cancelled"),
                            ("lapsed", "Lapsed"),
                            ("sending", "Sending"),
                            ("sent", "Sent"),
                            ("delivered", "Delivered"),
                            ("failed", "Failed"),
                            ("unconfirmed", "Unconfirmed"),
                            ("revealed", "Revealed"),
                            ("completed", "Completed"),
                        ],
                        default="planned",
                        max_length=50,
                        protected=True,
                    ),
                ),
                ("history_change_reason", models.TextField()),
                ("history_id", models.BigAutoField(editable=False, primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField()),
                (
                    "history_type",
                    models.CharField(choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1),
                ),
                (
                    "agent",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "approved_by",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "case",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        db_index=False,
                        help_text="The case that leads: the furthest of those covered; empty for a reminder.",
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="collections_app.case",
                    ),
                ),
                (
                    "contact_point",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="collections_app.contactpoint",
                    ),
                ),
                (
                    "history_run",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="collections_app.dailyrun",
                    ),
                ),
                (
                    "history_user",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "requested_by",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "print_batch",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="collections_app.printbatch",
                    ),
                ),
                (
                    "document",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="collections_app.storeddocument",
                    ),
                ),
                (
                    "clearance",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="collections_app.clearance",
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="collections_app.person",
                    ),
                ),
            ],
            options={
                "verbose_name": "historical contact",
                "verbose_name_plural": "historical contacts",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
                "indexes": [
                    django.contrib.postgres.indexes.BrinIndex(fields=["history_date"], name="hist_2c9faea1_brin")
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("history_change_reason", ""), _negated=True), name="hist_2c9faea1_reason"
                    )
                ],
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="HistoricalConsent",
            fields=[
                ("id", models.BigIntegerField(blank=True, db_index=True)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("night_contact", "Night Contact"),
                            ("agreed_frequency", "Agreed Frequency"),
                            ("attorney_consent", "Attorney Consent"),
                            ("call_prior", "Call Prior"),
                            ("out_of_hours_contact", "Out Of Hours Contact"),
                            ("work_contact", "Work Contact"),
                        ],
                        max_length=30,
                    ),
                ),
                ("given_at", models.DateTimeField()),
                ("withdrawn_at", models.DateTimeField(blank=True, null=True)),
                ("known_at", models.DateTimeField()),
                ("how", models.CharField(help_text="For example: told on a recorded call.", max_length=60)),
                (
                    "proof",
                    collections_app.kernel.personal.PersonalField(blank=True, editable=True, null=True, owner="person"),
                ),
                ("history_change_reason", models.TextField()),
                ("history_id", models.BigAutoField(editable=False, primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField()),
                (
                    "history_type",
                    models.CharField(choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1),
                ),
                (
                    "history_run",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="collections_app.dailyrun",
                    ),
                ),
                (
                    "history_user",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="collections_app.person",
                    ),
                ),
            ],
            options={
                "verbose_name": "historical consent",
                "verbose_name_plural": "historical consents",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
                "indexes": [
                    django.contrib.postgres.indexes.BrinIndex(fields=["history_date"], name="hist_03ef4089_brin")
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("history_change_reason", ""), _negated=True), name="hist_03ef4089_reason"
                    )
                ],
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="HistoricalCase",
            fields=[
                ("id", models.BigIntegerField(blank=True, db_index=True)),
                ("group", models.BigIntegerField()),
                (
                    "episode",
                    models.PositiveIntegerField(default=1, help_text="First, second … time this loan fell behind."),
                ),
                ("started_on", models.DateField(help_text="The run that opened it.")),
                (
                    "anchor_due_on",
                    models.DateField(help_text="The due date that the days are counted from before stopped days."),
                ),
                (
                    "counts_from_on",
                    models.DateField(
                        help_text="Ladder day = run date − this; moved by stopped days and by part payment."
                    ),
                ),
                ("stopped_days", models.PositiveIntegerField(default=0)),
                (
                    "anchor_count",
                    models.PositiveSmallIntegerField(
                        default=0,
                        help_text="How often the anchor moved: the steps of a new anchor are new occurrences.",
                    ),
                ),
                ("contacts_held_until", models.DateField(default=datetime.date(1, 1, 1))),
                ("clock_held_until", models.DateField(default=datetime.date(1, 1, 1))),
                ("fees_held_until", models.DateField(default=datetime.date(1, 1, 1))),
                ("legal_held_until", models.DateField(default=datetime.date(1, 1, 1))),
                ("ladder_because", models.CharField(blank=True, help_text="Why it is on this ladder.", max_length=200)),
                (
                    "stage",
                    django_fsm.FSMField(
                        choices=[
                            ("early", "Early"),
                            ("mid", "Mid"),
                            ("late", "Late"),
                            ("legal", "Legal"),
                            ("closed", "Closed"),
                        ],
                        default="early",
                        max_length=50,
                        protected=True,
                    ),
                ),
                ("stage_on", models.DateField(help_text="The day of the last stage change.")),
                (
                    "stage_step",
                    models.CharField(blank=True, help_text="The ladder's stage or exit that moved it.", max_length=60),
                ),
                (
                    "write_off_review_on",
                    models.DateField(blank=True, help_text="Since when a supervisor should look at it.", null=True),
                ),
                ("closed_on", models.DateField(blank=True, null=True)),
                (
                    "closed_reason",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("cured", "Cured"),
                            ("paid_off", "Paid Off"),
                            ("settled", "Settled"),
                            ("restructured", "Restructured"),
                            ("written_off", "Written Off"),
                            ("sold", "Sold"),
                        ],
                        max_length=20,
                    ),
                ),
                ("history_change_reason", models.TextField()),
                ("history_id", models.BigAutoField(editable=False, primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField()),
                (
                    "history_type",
                    models.CharField(choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1),
                ),
                (
                    "history_run",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="collections_app.dailyrun",
                    ),
                ),
                (
                    "history_user",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "requested_by",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        db_index=False,
                        help_text="Who asked for the legal exit.",
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "loan",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="collections_app.loan",
                    ),
                ),
                (
                    "ladder",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="collections_app.policyversion",
                    ),
                ),
                (
                    "debtor",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="collections_app.person",
                    ),
                ),
            ],
            options={
                "verbose_name": "historical case",
                "verbose_name_plural": "historical cases",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
                "indexes": [
                    django.contrib.postgres.indexes.BrinIndex(fields=["history_date"], name="hist_e41d6387_brin")
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("history_change_reason", ""), _negated=True), name="hist_e41d6387_reason"
                    )
                ],
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="HistoricalBreach",
            fields=[
                ("id", models.BigIntegerField(blank=True, db_index=True)),
                ("strength", models.CharField(max_length=7)),
                ("rules", models.CharField(max_length=200)),
                ("opened_at", models.DateTimeField()),
                (
                    "assessment",
                    collections_app.kernel.personal.PersonalField(blank=True, editable=True, null=True, owner="person"),
                ),
                (
                    "state",
                    django_fsm.FSMField(
                        choices=[("open", "Open"), ("assessed", "Assessed"), ("closed", "Closed")],
                        default="open",
                        max_length=50,
                        protected=True,
                    ),
                ),
                ("history_change_reason", models.TextField()),
                ("history_id", models.BigAutoField(editable=False, primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField()),
                (
                    "history_type",
                    models.CharField(choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1),
                ),
                (
                    "event",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="collections_app.contactevent",
                    ),
                ),
                (
                    "history_run",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="collections_app.dailyrun",
                    ),
                ),
                (
                    "history_user",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "judgement",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="collections_app.judgement",
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="collections_app.person",
                    ),
                ),
            ],
            options={
                "verbose_name": "historical breach",
                "verbose_name_plural": "historical breaches",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
                "indexes": [
                    django.contrib.postgres.indexes.BrinIndex(fields=["history_date"], name="hist_727e87ea_brin")
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("history_change_reason", ""), _negated=True), name="hist_727e87ea_reason"
                    )
                ],
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="HistoricalBorrowerState",
            fields=[
                ("id", models.BigIntegerField(blank=True, db_index=True)),
                ("name", models.CharField(max_length=40)),
                ("channels", models.JSONField(blank=True, default=list)),
                ("from_at", models.DateTimeField()),
                ("until_at", models.DateTimeField(blank=True, null=True)),
                ("known_at", models.DateTimeField()),
                ("source", models.CharField(max_length=60)),
                (
                    "proof",
                    collections_app.kernel.personal.PersonalField(blank=True, editable=True, null=True, owner="person"),
                ),
                ("history_change_reason", models.TextField()),
                ("history_id", models.BigAutoField(editable=False, primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField()),
                (
                    "history_type",
                    models.CharField(choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1),
                ),
                (
                    "contact_point",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="collections_app.contactpoint",
                    ),
                ),
                (
                    "history_run",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="collections_app.dailyrun",
                    ),
                ),
                (
                    "history_user",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "loan",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="collections_app.loan",
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="collections_app.person",
                    ),
                ),
            ],
            options={
                "verbose_name": "historical borrower state",
                "verbose_name_plural": "historical borrower states",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
                "indexes": [
                    django.contrib.postgres.indexes.BrinIndex(fields=["history_date"], name="hist_de4409b2_brin")
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("history_change_reason", ""), _negated=True), name="hist_de4409b2_reason"
                    )
                ],
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="DatedFact",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("bereavement", "bereavement"),
                            ("calamity", "calamity"),
                            ("wedding", "wedding"),
                            ("festival", "festival"),
                        ],
                        max_length=20,
                    ),
                ),
                ("from_on", models.DateField()),
                ("until_on", models.DateField()),
                ("known_at", models.DateTimeField()),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="dated_facts",
                        to="collections_app.person",
                    ),
                ),
            ],
        ),
        migrations.AddField(
            model_name="contactpoint",
            name="person",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="contact_points", to="collections_app.person"
            ),
        ),
        migrations.AddField(
            model_name="contactevent",
            name="person",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="contact_events",
                to="collections_app.person",
            ),
        ),
        migrations.AddField(
            model_name="contact",
            name="person",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="contacts", to="collections_app.person"
            ),
        ),
        migrations.CreateModel(
            name="Consent",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("night_contact", "Night Contact"),
                            ("agreed_frequency", "Agreed Frequency"),
                            ("attorney_consent", "Attorney Consent"),
                            ("call_prior", "Call Prior"),
                            ("out_of_hours_contact", "Out Of Hours Contact"),
                            ("work_contact", "Work Contact"),
                        ],
                        max_length=30,
                    ),
                ),
                ("given_at", models.DateTimeField()),
                ("withdrawn_at", models.DateTimeField(blank=True, null=True)),
                ("known_at", models.DateTimeField()),
                ("how", models.CharField(help_text="For example: told on a recorded call.", max_length=60)),
                (
                    "proof",
                    collections_app.kernel.personal.PersonalField(blank=True, editable=True, null=True, owner="person"),
                ),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="consents",
                        to="collections_app.person",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["person", "kind"], name="consent_of_person")],
            },
        ),
        migrations.AddField(
            model_name="case",
            name="debtor",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="cases", to="collections_app.person"
            ),
        ),
        migrations.CreateModel(
            name="Breach",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("strength", models.CharField(max_length=7)),
                ("rules", models.CharField(max_length=200)),
                ("opened_at", models.DateTimeField()),
                (
                    "assessment",
                    collections_app.kernel.personal.PersonalField(blank=True, editable=True, null=True, owner="person"),
                ),
                (
                    "state",
                    django_fsm.FSMField(
                        choices=[("open", "Open"), ("assessed", "Assessed"), ("closed", "Closed")],
                        default="open",
                        max_length=50,
                        protected=True,
                    ),
                ),
                (
                    "event",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="breaches",
                        to="collections_app.contactevent",
                    ),
                ),
                (
                    "judgement",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="breach",
                        to="collections_app.judgement",
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="breaches",
                        to="collections_app.person",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "breaches",
                "permissions": [("assess_breach", "Can assess and close breaches")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["open", "assessed", "closed"])), name="breach_state"
                    )
                ],
            },
            bases=(collections_app.kernel.fsm.RefreshableFSM, models.Model),
        ),
        migrations.CreateModel(
            name="BorrowerState",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=40)),
                ("channels", models.JSONField(blank=True, default=list)),
                ("from_at", models.DateTimeField()),
                ("until_at", models.DateTimeField(blank=True, null=True)),
                ("known_at", models.DateTimeField()),
                ("source", models.CharField(max_length=60)),
                (
                    "proof",
                    collections_app.kernel.personal.PersonalField(blank=True, editable=True, null=True, owner="person"),
                ),
                (
                    "contact_point",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="collections_app.contactpoint",
                    ),
                ),
                (
                    "loan",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="collections_app.loan",
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="states", to="collections_app.person"
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["person", "name"], name="state_of_person")],
            },
        ),
        migrations.CreateModel(
            name="StaffProfile",
            fields=[
                (
                    "key",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="staff",
                        serialize=False,
                        to="collections_app.datakey",
                    ),
                ),
                ("languages", models.JSONField(default=list)),
                (
                    "id_number",
                    collections_app.kernel.personal.PersonalField(blank=True, editable=True, null=True, owner="key"),
                ),
                ("agent_number", models.CharField(blank=True, help_text="What is shown at the door.", max_length=30)),
                ("suspended", models.BooleanField(default=False, help_text="Out of the queue, by a conduct decision.")),
                (
                    "user",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="staff_profile",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="HistoricalCertification",
            fields=[
                ("id", models.BigIntegerField(blank=True, db_index=True)),
                ("passed_on", models.DateField()),
                ("valid_until", models.DateField()),
                ("history_change_reason", models.TextField()),
                ("history_id", models.BigAutoField(editable=False, primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField()),
                (
                    "history_type",
                    models.CharField(choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1),
                ),
                (
                    "course",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="collections_app.course",
                    ),
                ),
                (
                    "history_run",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="collections_app.dailyrun",
                    ),
                ),
                (
                    "history_user",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "staff",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="collections_app.staffprofile",
                    ),
                ),
            ],
            options={
                "verbose_name": "historical certification",
                "verbose_name_plural": "historical certifications",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
                "indexes": [
                    django.contrib.postgres.indexes.BrinIndex(fields=["history_date"], name="hist_020d3c2c_brin")
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("history_change_reason", ""), _negated=True), name="hist_020d3c2c_reason"
                    )
                ],
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="Certification",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("passed_on", models.DateField()),
                ("valid_until", models.DateField()),
                (
                    "course",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="certifications",
                        to="collections_app.course",
                    ),
                ),
                (
                    "staff",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="certifications",
                        to="collections_app.staffprofile",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["staff", "course", "valid_until"], name="certificate_of_staff")],
            },
        ),
        migrations.CreateModel(
            name="BlindIndex",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "kind",
                    models.SmallIntegerField(choices=[(1, "Name Word"), (2, "Phone"), (3, "Email"), (4, "Id Number")]),
                ),
                ("digest", models.BinaryField(max_length=16)),
                (
                    "key",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="blind_indexes",
                        to="collections_app.datakey",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["kind", "digest"], name="blind_kind_digest")],
            },
        ),
        migrations.CreateModel(
            name="HistoricalCourse",
            fields=[
                ("id", models.BigIntegerField(blank=True, db_index=True)),
                ("code", models.CharField(max_length=40)),
                ("title", models.CharField(max_length=200)),
                ("valid_months", models.PositiveSmallIntegerField(default=12)),
                ("history_change_reason", models.TextField()),
                ("history_id", models.BigAutoField(editable=False, primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField()),
                (
                    "history_type",
                    models.CharField(choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1),
                ),
                (
                    "history_run",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="collections_app.dailyrun",
                    ),
                ),
                (
                    "history_user",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "historical course",
                "verbose_name_plural": "historical courses",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
                "indexes": [
                    django.contrib.postgres.indexes.BrinIndex(fields=["history_date"], name="hist_5b582326_brin")
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("history_change_reason", ""), _negated=True), name="hist_5b582326_reason"
                    )
                ],
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="HistoricalLender",
            fields=[
                ("id", models.BigIntegerField(blank=True, db_index=True)),
                ("name", models.CharField(max_length=200)),
                ("address", models.TextField(blank=True)),
                ("phone", models.CharField(blank=True, max_length=40)),
                ("email", models.EmailField(blank=True, max_length=254)),
                ("hours", models.CharField(blank=True, max_length=120)),
                ("how_to_pay", models.TextField(blank=True)),
                (
                    "creditor_group",
                    models.CharField(default="house", help_text="The creditor with all its agencies.", max_length=60),
                ),
                ("history_change_reason", models.TextField()),
                ("history_id", models.BigAutoField(editable=False, primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField()),
                (
                    "history_type",
                    models.CharField(choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1),
                ),
                (
                    "history_run",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="collections_app.dailyrun",
                    ),
                ),
                (
                    "history_user",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "historical lender",
                "verbose_name_plural": "historical lenders",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
                "indexes": [
                    django.contrib.postgres.indexes.BrinIndex(fields=["history_date"], name="hist_e046b61e_brin")
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("history_change_reason", ""), _negated=True), name="hist_e046b61e_reason"
                    )
                ],
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="HistoricalPerson",
            fields=[
                (
                    "source_ref",
                    models.CharField(blank=True, help_text="The source's number.", max_length=80, null=True),
                ),
                ("name", collections_app.kernel.personal.PersonalField(editable=True, owner="key")),
                (
                    "born_on",
                    collections_app.kernel.personal.PersonalField(blank=True, editable=True, null=True, owner="key"),
                ),
                (
                    "id_number",
                    collections_app.kernel.personal.PersonalField(blank=True, editable=True, null=True, owner="key"),
                ),
                ("language", models.CharField(default="en", max_length=10)),
                ("country", models.CharField(blank=True, help_text="ISO 3166; empty: not known.", max_length=2)),
                ("region", models.CharField(blank=True, help_text="For example US-NY-NYC.", max_length=20)),
                (
                    "zones",
                    models.JSONField(
                        blank=True, default=dict, help_text="Source to IANA zone, as the presets name the sources."
                    ),
                ),
                ("preferred_channel", models.CharField(blank=True, max_length=20)),
                ("group", models.BigIntegerField(default=0)),
                (
                    "generated",
                    models.BooleanField(default=False, help_text="Made up, because the tape has no persons."),
                ),
                ("history_change_reason", models.TextField()),
                ("history_id", models.BigAutoField(editable=False, primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField()),
                (
                    "history_type",
                    models.CharField(choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1),
                ),
                (
                    "history_run",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="collections_app.dailyrun",
                    ),
                ),
                (
                    "history_user",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "key",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="collections_app.datakey",
                    ),
                ),
            ],
            options={
                "verbose_name": "historical person",
                "verbose_name_plural": "historical people",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
                "indexes": [
                    django.contrib.postgres.indexes.BrinIndex(fields=["history_date"], name="hist_791a9de9_brin")
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("history_change_reason", ""), _negated=True), name="hist_791a9de9_reason"
                    )
                ],
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="HistoricalPolicyVersion",
            fields=[
                ("id", models.BigIntegerField(blank=True, db_index=True)),
                (
                    "kind",
                    models.CharField(choices=[("ladder", "Ladder"), ("jurisdiction", "Jurisdiction")], max_length=12),
                ),
                ("ident", models.CharField(max_length=60)),
                ("version", models.CharField(max_length=30)),
                ("title", models.CharField(blank=True, max_length=200)),
                ("jurisdiction", models.CharField(blank=True, max_length=10)),
                ("digest", models.CharField(max_length=64)),
                ("effective_from", models.DateField()),
                ("effective_to", models.DateField(blank=True, null=True)),
                ("source", models.TextField(help_text="The file as it was loaded.")),
                ("loaded_at", models.DateTimeField()),
                (
                    "state",
                    django_fsm.FSMField(
                        choices=[("draft", "Draft"), ("approved", "Approved"), ("superseded", "Superseded")],
                        default="draft",
                        max_length=50,
                        protected=True,
                    ),
                ),
                ("history_change_reason", models.TextField()),
                ("history_id", models.BigAutoField(editable=False, primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField()),
                (
                    "history_type",
                    models.CharField(choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1),
                ),
                (
                    "history_run",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="collections_app.dailyrun",
                    ),
                ),
                (
                    "history_user",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "released_by",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "requested_by",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "historical policy version",
                "verbose_name_plural": "historical policy versions",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
                "indexes": [
                    django.contrib.postgres.indexes.BrinIndex(fields=["history_date"], name="hist_02ca8804_brin")
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("history_change_reason", ""), _negated=True), name="hist_02ca8804_reason"
                    )
                ],
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="HistoricalSendingStop",
            fields=[
                ("id", models.BigIntegerField(blank=True, db_index=True)),
                ("channel", models.CharField(blank=True, max_length=20)),
                ("because", models.TextField()),
                ("stopped_at", models.DateTimeField()),
                ("lifted_at", models.DateTimeField(blank=True, null=True)),
                ("lifted_because", models.TextField(blank=True)),
                ("history_change_reason", models.TextField()),
                ("history_id", models.BigAutoField(editable=False, primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField()),
                (
                    "history_type",
                    models.CharField(choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1),
                ),
                (
                    "history_run",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="collections_app.dailyrun",
                    ),
                ),
                (
                    "history_user",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "lifted_by",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "stopped_by",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "historical sending stop",
                "verbose_name_plural": "historical sending stops",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
                "indexes": [
                    django.contrib.postgres.indexes.BrinIndex(fields=["history_date"], name="hist_36383748_brin")
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("history_change_reason", ""), _negated=True), name="hist_36383748_reason"
                    )
                ],
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="HistoricalStaffProfile",
            fields=[
                ("languages", models.JSONField(default=list)),
                (
                    "id_number",
                    collections_app.kernel.personal.PersonalField(blank=True, editable=True, null=True, owner="key"),
                ),
                ("agent_number", models.CharField(blank=True, help_text="What is shown at the door.", max_length=30)),
                ("suspended", models.BooleanField(default=False, help_text="Out of the queue, by a conduct decision.")),
                ("history_change_reason", models.TextField()),
                ("history_id", models.BigAutoField(editable=False, primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField()),
                (
                    "history_type",
                    models.CharField(choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1),
                ),
                (
                    "history_run",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="collections_app.dailyrun",
                    ),
                ),
                (
                    "history_user",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "key",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="collections_app.datakey",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "historical staff profile",
                "verbose_name_plural": "historical staff profiles",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
                "indexes": [
                    django.contrib.postgres.indexes.BrinIndex(fields=["history_date"], name="hist_274e41a0_brin")
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("history_change_reason", ""), _negated=True), name="hist_274e41a0_reason"
                    )
                ],
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.AddIndex(
            model_name="contactpoint",
            index=models.Index(fields=["person", "kind", "preference"], name="contact_point_of_person"),
        ),
        migrations.AddIndex(
            model_name="contactevent",
            index=models.Index(fields=["person", "at"], name="event_of_person"),
        ),
        migrations.AddConstraint(
            model_name="contact",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("direction", "in"),
                    ("state__in", ["planned", "awaiting_approval", "withheld", "cancelled", "lapsed"]),
                    models.Q(("clearance__isnull", False), ("clearance", models.F("id"))),
                    _connector="OR",
                ),
                name="contact_leaves_by_clearance",
            ),
        ),
        migrations.AddConstraint(
            model_name="contact",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("approved_by", None),
                    ("requested_by", None),
                    models.Q(("approved_by", models.F("requested_by")), _negated=True),
                    _connector="OR",
                ),
                name="contact_four_eyes",
            ),
        ),
        migrations.AddConstraint(
            model_name="case",
            constraint=models.UniqueConstraint(
                condition=models.Q(("stage", "closed"), _negated=True), fields=("loan",), name="one_open_case_a_loan"
            ),
        ),
    ]
