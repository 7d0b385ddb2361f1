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
        ("collections_app", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="LegalFile",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("court", models.CharField(default="plain", help_text="Id of the court layout.", max_length=60)),
                (
                    "court_name",
                    models.CharField(
                        blank=True, help_text="As the cover says it: In the County Court …", max_length=200
                    ),
                ),
                ("claim_number", models.CharField(blank=True, max_length=40)),
                (
                    "sent_at",
                    models.DateTimeField(
                        blank=True, help_text="When the lawyer was given it, the last time.", null=True
                    ),
                ),
                ("opened_on", models.DateField()),
                (
                    "collected_on",
                    models.DateField(blank=True, help_text="The business day that the exhibits are as of.", null=True),
                ),
                (
                    "missing_count",
                    models.PositiveSmallIntegerField(
                        blank=True, help_text="Items missing and defects not mended; empty: never collected.", null=True
                    ),
                ),
                (
                    "state",
                    django_fsm.FSMField(
                        choices=[
                            ("open", "Open"),
                            ("collecting", "Collecting"),
                            ("complete", "Complete"),
                            ("in_review", "In Review"),
                            ("returned", "Returned"),
                            ("accepted", "Accepted"),
                            ("claim_sent", "Claim Sent"),
                            ("filed", "Filed"),
                            ("served", "Served"),
                            ("judgment", "Judgment"),
                            ("enforcement", "Enforcement"),
                            ("closed", "Closed"),
                        ],
                        default="open",
                        max_length=50,
                        protected=True,
                    ),
                ),
                ("state_on", models.DateField(help_text="The day of the last change of state.")),
                ("closed_on", models.DateField(blank=True, null=True)),
                (
                    "closed_reason",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("paid", "Paid"),
                            ("settled", "Settled"),
                            ("dismissed", "Dismissed"),
                            ("withdrawn", "Withdrawn"),
                        ],
                        max_length=20,
                    ),
                ),
                (
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="legal_files",
                        to="collections_app.case",
                    ),
                ),
                (
                    "clerk",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="legal_files_as_clerk",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "lawyer",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="legal_files_as_lawyer",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        help_text="The debtor, who owns the data.",
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="legal_files",
                        to="collections_app.person",
                    ),
                ),
            ],
            options={
                "permissions": [
                    ("work_file", "Can work legal files: collect, upload, order, note costs and deadlines"),
                    ("assign_lawyer", "Can give a legal file to a lawyer"),
                    ("send_to_lawyer", "Can send a complete file to its lawyer"),
                    ("review_file", "Can accept or return the files given to them as a lawyer"),
                    (
                        "pursue_claim",
                        "Can take an accepted file to court: claim, filing, service, judgment, enforcement",
                    ),
                    ("close_file", "Can close a legal file"),
                ],
                "indexes": [
                    models.Index(fields=["state", "id"], name="legal_file_state"),
                    models.Index(fields=["lawyer", "state"], name="legal_file_lawyer"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state", "closed"), _negated=True),
                        fields=("case",),
                        name="one_open_file_a_case",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "state__in",
                                [
                                    "open",
                                    "collecting",
                                    "complete",
                                    "in_review",
                                    "returned",
                                    "accepted",
                                    "claim_sent",
                                    "filed",
                                    "served",
                                    "judgment",
                                    "enforcement",
                                    "closed",
                                ],
                            )
                        ),
                        name="legal_file_state_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("closed_on__isnull", False),
                                ("state", "closed"),
                                models.Q(("closed_reason", ""), _negated=True),
                            ),
                            models.Q(
                                models.Q(("state", "closed"), _negated=True), ("closed_on", None), ("closed_reason", "")
                            ),
                            _connector="OR",
                        ),
                        name="legal_file_closed_with_reason",
                    ),
                ],
            },
            bases=(collections_app.kernel.fsm.RefreshableFSM, models.Model),
        ),
        migrations.CreateModel(
            name="Pack",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("version", models.PositiveIntegerField()),
                ("court", models.CharField(max_length=60)),
                ("court_version", models.CharField(max_length=30)),
                ("as_of", models.DateField(help_text="The day that the statement of account is as of.")),
                ("inputs_sha256", models.CharField(max_length=64)),
                ("manifest_sha256", models.CharField(max_length=64)),
                ("sha256", models.CharField(max_length=64)),
                ("zip_sha256", models.CharField(max_length=64)),
                (
                    "file_name",
                    models.CharField(help_text="Without its ending; it says nothing of a person.", max_length=120),
                ),
                ("pages", models.PositiveIntegerField()),
                ("files", models.PositiveIntegerField(help_text="Files in the ZIP.")),
                (
                    "missing",
                    models.JSONField(blank=True, default=list, help_text="Items that must be there and are not."),
                ),
                (
                    "unreadable",
                    models.JSONField(blank=True, default=list, help_text="Tabs whose file could not be shown."),
                ),
                ("too_large", models.BooleanField(default=False, help_text="Larger than the court's mailbox takes.")),
                ("made_at", models.DateTimeField()),
                ("sealed_at", models.DateTimeField(blank=True, null=True)),
                (
                    "state",
                    django_fsm.FSMField(
                        choices=[("draft", "Draft"), ("sealed", "Sealed")],
                        default="draft",
                        max_length=50,
                        protected=True,
                    ),
                ),
                (
                    "file",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="packs", to="legal.legalfile"
                    ),
                ),
                (
                    "key",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="packs", to="collections_app.datakey"
                    ),
                ),
                (
                    "made_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "manifest",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="collections_app.storeddocument",
                    ),
                ),
                (
                    "pdf",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="collections_app.storeddocument",
                    ),
                ),
                (
                    "sealed_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "zip",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="collections_app.storeddocument",
                    ),
                ),
            ],
            options={
                "ordering": ["file", "-version"],
                "permissions": [
                    ("build_pack", "Can build a draft of a pack"),
                    ("seal_pack", "Can seal a pack"),
                    ("download_pack", "Can download packs"),
                ],
                "indexes": [
                    models.Index(fields=["manifest_sha256"], name="pack_by_manifest"),
                    models.Index(fields=["sha256"], name="pack_by_pdf"),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("file", "version"), name="one_pack_a_version"),
                    models.UniqueConstraint(
                        condition=models.Q(("state", "draft")), fields=("file",), name="one_draft_a_file"
                    ),
                    models.CheckConstraint(condition=models.Q(("state__in", ["draft", "sealed"])), name="pack_state"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("sealed_at", None), ("sealed_by", None), ("state", "draft")),
                            models.Q(
                                ("missing", []),
                                ("sealed_at__isnull", False),
                                ("sealed_by__isnull", False),
                                ("state", "sealed"),
                            ),
                            _connector="OR",
                        ),
                        name="pack_sealed_whole",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("files__gte", 1), ("pages__gte", 1), ("version__gte", 1)),
                        name="pack_not_empty",
                    ),
                ],
            },
            bases=(collections_app.kernel.fsm.RefreshableFSM, models.Model),
        ),
        migrations.AddField(
            model_name="legalfile",
            name="pack",
            field=models.ForeignKey(
                blank=True,
                help_text="The sealed version that the lawyer was given.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="legal.pack",
            ),
        ),
        migrations.CreateModel(
            name="LawyerReview",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("decision", models.CharField(choices=[("accept", "Accept"), ("return", "Return")], max_length=6)),
                ("decided_at", models.DateTimeField()),
                (
                    "note",
                    collections_app.kernel.personal.PersonalField(blank=True, editable=True, null=True, owner="person"),
                ),
                (
                    "lawyer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="legal_reviews",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="collections_app.person"
                    ),
                ),
                (
                    "file",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="reviews", to="legal.legalfile"
                    ),
                ),
                (
                    "pack",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="reviews", to="legal.pack"
                    ),
                ),
            ],
            options={
                "ordering": ["-decided_at", "-id"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("decision__in", ["accept", "return"])), name="review_decision"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="HistoricalLegalFile",
            fields=[
                ("id", models.BigIntegerField(blank=True, db_index=True)),
                ("court", models.CharField(default="plain", help_text="Id of the court layout.", max_length=60)),
                (
                    "court_name",
                    models.CharField(
                        blank=True, help_text="As the cover says it: In the County Court …", max_length=200
                    ),
                ),
                ("claim_number", models.CharField(blank=True, max_length=40)),
                (
                    "sent_at",
                    models.DateTimeField(
                        blank=True, help_text="When the lawyer was given it, the last time.", null=True
                    ),
                ),
                ("opened_on", models.DateField()),
                (
                    "collected_on",
                    models.DateField(blank=True, help_text="The business day that the exhibits are as of.", null=True),
                ),
                (
                    "missing_count",
                    models.PositiveSmallIntegerField(
                        blank=True, help_text="Items missing and defects not mended; empty: never collected.", null=True
                    ),
                ),
                (
                    "state",
                    django_fsm.FSMField(
                        choices=[
                            ("open", "Open"),
                            ("collecting", "Collecting"),
                            ("complete", "Complete"),
                            ("in_review", "In Review"),
                            ("returned", "Returned"),
                            ("accepted", "Accepted"),
                            ("claim_sent", "Claim Sent"),
                            ("filed", "Filed"),
                            ("served", "Served"),
                            ("judgment", "Judgment"),
                            ("enforcement", "Enforcement"),
                            ("closed", "Closed"),
                        ],
                        default="open",
                        max_length=50,
                        protected=True,
                    ),
                ),
                ("state_on", models.DateField(help_text="The day of the last change of state.")),
                ("closed_on", models.DateField(blank=True, null=True)),
                (
                    "closed_reason",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("paid", "Paid"),
                            ("settled", "Settled"),
                            ("dismissed", "Dismissed"),
                            ("withdrawn", "Withdrawn"),
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
                    "clerk",
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
                    "lawyer",
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
                        help_text="The debtor, who owns the data.",
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="collections_app.person",
                    ),
                ),
                (
                    "pack",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        db_index=False,
                        help_text="The sealed version that the lawyer was given.",
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="legal.pack",
                    ),
                ),
            ],
            options={
                "verbose_name": "historical legal file",
                "verbose_name_plural": "historical legal files",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
                "indexes": [
                    django.contrib.postgres.indexes.BrinIndex(fields=["history_date"], name="hist_4db7c4e2_brin")
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("history_change_reason", ""), _negated=True), name="hist_4db7c4e2_reason"
                    )
                ],
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="HistoricalLawyerReview",
            fields=[
                ("id", models.BigIntegerField(blank=True, db_index=True)),
                ("decision", models.CharField(choices=[("accept", "Accept"), ("return", "Return")], max_length=6)),
                ("decided_at", models.DateTimeField()),
                (
                    "note",
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
                    "lawyer",
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
                (
                    "file",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="legal.legalfile",
                    ),
                ),
                (
                    "pack",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="legal.pack",
                    ),
                ),
            ],
            options={
                "verbose_name": "historical lawyer review",
                "verbose_name_plural": "historical lawyer reviews",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
                "indexes": [
                    django.contrib.postgres.indexes.BrinIndex(fields=["history_date"], name="hist_1445bb8b_brin")
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("history_change_reason", ""), _negated=True), name="hist_1445bb8b_reason"
                    )
                ],
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="PackLink",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("what", models.CharField(choices=[("pdf", "Pdf"), ("zip", "Zip")], max_length=3)),
                ("because", models.CharField(max_length=200)),
                ("token_sha256", models.CharField(max_length=64, unique=True)),
                ("made_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField()),
                (
                    "pack",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="links", to="legal.pack"
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("because", ""), _negated=True), name="link_with_reason"),
                    models.CheckConstraint(
                        condition=models.Q(("expires_at__gt", models.F("made_at"))), name="link_ends_later"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="PackDownload",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("at", models.DateTimeField()),
                ("because", models.CharField(max_length=200)),
                (
                    "pack",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="downloads", to="legal.pack"
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "link",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="downloads", to="legal.packlink"
                    ),
                ),
            ],
            options={
                "ordering": ["-at", "-id"],
            },
        ),
        migrations.CreateModel(
            name="ServiceAttempt",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "what",
                    models.CharField(help_text="The document: letter of claim, claim form, judgment …", max_length=60),
                ),
                (
                    "method",
                    models.CharField(
                        choices=[
                            ("personal", "Personal"),
                            ("substituted", "Substituted"),
                            ("post", "Post"),
                            ("registered_post", "Registered Post"),
                            ("electronic", "Electronic"),
                            ("by_court", "By Court"),
                            ("publication", "Publication"),
                        ],
                        max_length=20,
                    ),
                ),
                (
                    "recipient",
                    collections_app.kernel.personal.PersonalField(
                        editable=True, help_text="Who took it, or whose door or mailbox it was.", owner="person"
                    ),
                ),
                (
                    "place",
                    collections_app.kernel.personal.PersonalField(blank=True, editable=True, null=True, owner="person"),
                ),
                ("at", models.DateTimeField()),
                (
                    "deemed_on",
                    models.DateField(blank=True, help_text="The day that the law takes it as served.", null=True),
                ),
                (
                    "served_by",
                    collections_app.kernel.personal.PersonalField(
                        blank=True, editable=True, help_text="Process server, bailiff, post.", null=True, owner="person"
                    ),
                ),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("served", "Served"),
                            ("not_found", "Not Found"),
                            ("refused", "Refused"),
                            ("came_back", "Came Back"),
                        ],
                        max_length=12,
                    ),
                ),
                (
                    "note",
                    collections_app.kernel.personal.PersonalField(blank=True, editable=True, null=True, owner="person"),
                ),
                (
                    "file",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="service_attempts",
                        to="legal.legalfile",
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        help_text="Whom it is meant for.",
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="collections_app.person",
                    ),
                ),
                (
                    "proof",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="collections_app.storeddocument",
                    ),
                ),
                (
                    "recorded_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "ordering": ["at", "id"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("outcome", "served"), _negated=True), ("proof__isnull", False), _connector="OR"
                        ),
                        name="served_means_proof",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("outcome__in", ["served", "not_found", "refused", "came_back"])),
                        name="service_outcome",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="HistoricalDefect",
            fields=[
                ("id", models.BigIntegerField(blank=True, db_index=True)),
                ("number", models.PositiveSmallIntegerField()),
                ("text", collections_app.kernel.personal.PersonalField(editable=True, owner="person")),
                (
                    "answer",
                    collections_app.kernel.personal.PersonalField(blank=True, editable=True, null=True, owner="person"),
                ),
                ("mended_on", models.DateField(blank=True, null=True)),
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
                    "mended_by",
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
                (
                    "review",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="legal.lawyerreview",
                    ),
                ),
            ],
            options={
                "verbose_name": "historical defect",
                "verbose_name_plural": "historical defects",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
                "indexes": [
                    django.contrib.postgres.indexes.BrinIndex(fields=["history_date"], name="hist_9cb53963_brin")
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("history_change_reason", ""), _negated=True), name="hist_9cb53963_reason"
                    )
                ],
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="Defect",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("number", models.PositiveSmallIntegerField()),
                ("text", collections_app.kernel.personal.PersonalField(editable=True, owner="person")),
                (
                    "answer",
                    collections_app.kernel.personal.PersonalField(blank=True, editable=True, null=True, owner="person"),
                ),
                ("mended_on", models.DateField(blank=True, null=True)),
                (
                    "mended_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="collections_app.person"
                    ),
                ),
                (
                    "review",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="defects", to="legal.lawyerreview"
                    ),
                ),
            ],
            options={
                "ordering": ["review", "number"],
                "constraints": [
                    models.UniqueConstraint(fields=("review", "number"), name="one_defect_a_number"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("mended_by", None), ("mended_on", None)),
                            models.Q(("mended_by__isnull", False), ("mended_on__isnull", False)),
                            _connector="OR",
                        ),
                        name="defect_mended_by_somebody",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="HistoricalServiceAttempt",
            fields=[
                ("id", models.BigIntegerField(blank=True, db_index=True)),
                (
                    "what",
                    models.CharField(help_text="The document: letter of claim, claim form, judgment …", max_length=60),
                ),
                (
                    "method",
                    models.CharField(
                        choices=[
                            ("personal", "Personal"),
                            ("substituted", "Substituted"),
                            ("post", "Post"),
                            ("registered_post", "Registered Post"),
                            ("electronic", "Electronic"),
                            ("by_court", "By Court"),
                            ("publication", "Publication"),
                        ],
                        max_length=20,
                    ),
                ),
                (
                    "recipient",
                    collections_app.kernel.personal.PersonalField(
                        editable=True, help_text="Who took it, or whose door or mailbox it was.", owner="person"
                    ),
                ),
                (
                    "place",
                    collections_app.kernel.personal.PersonalField(blank=True, editable=True, null=True, owner="person"),
                ),
                ("at", models.DateTimeField()),
                (
                    "deemed_on",
                    models.DateField(blank=True, help_text="The day that the law takes it as served.", null=True),
                ),
                (
                    "served_by",
                    collections_app.kernel.personal.PersonalField(
                        blank=True, editable=True, help_text="Process server, bailiff, post.", null=True, owner="person"
                    ),
                ),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("served", "Served"),
                            ("not_found", "Not Found"),
                            ("refused", "Refused"),
                            ("came_back", "Came Back"),
                        ],
                        max_length=12,
                    ),
                ),
                (
                    "note",
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
                        help_text="Whom it is meant for.",
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="collections_app.person",
                    ),
                ),
                (
                    "proof",
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
                    "recorded_by",
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
                    "file",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="legal.legalfile",
                    ),
                ),
            ],
            options={
                "verbose_name": "historical service attempt",
                "verbose_name_plural": "historical service attempts",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
                "indexes": [
                    django.contrib.postgres.indexes.BrinIndex(fields=["history_date"], name="hist_a131fe34_brin")
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("history_change_reason", ""), _negated=True), name="hist_a131fe34_reason"
                    )
                ],
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="HistoricalPack",
            fields=[
                ("id", models.BigIntegerField(blank=True, db_index=True)),
                ("version", models.PositiveIntegerField()),
                ("court", models.CharField(max_length=60)),
                ("court_version", models.CharField(max_length=30)),
                ("as_of", models.DateField(help_text="The day that the statement of account is as of.")),
                ("inputs_sha256", models.CharField(max_length=64)),
                ("manifest_sha256", models.CharField(max_length=64)),
                ("sha256", models.CharField(max_length=64)),
                ("zip_sha256", models.CharField(max_length=64)),
                (
                    "file_name",
                    models.CharField(help_text="Without its ending; it says nothing of a person.", max_length=120),
                ),
                ("pages", models.PositiveIntegerField()),
                ("files", models.PositiveIntegerField(help_text="Files in the ZIP.")),
                (
                    "missing",
                    models.JSONField(blank=True, default=list, help_text="Items that must be there and are not."),
                ),
                (
                    "unreadable",
                    models.JSONField(blank=True, default=list, help_text="Tabs whose file could not be shown."),
                ),
                ("too_large", models.BooleanField(default=False, help_text="Larger than the court's mailbox takes.")),
                ("made_at", models.DateTimeField()),
                ("sealed_at", models.DateTimeField(blank=True, null=True)),
                (
                    "state",
                    django_fsm.FSMField(
                        choices=[("draft", "Draft"), ("sealed", "Sealed")],
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
                    "key",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="collections_app.datakey",
                    ),
                ),
                (
                    "made_by",
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
                    "manifest",
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
                    "pdf",
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
                    "sealed_by",
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
                    "zip",
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
                    "file",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="legal.legalfile",
                    ),
                ),
            ],
            options={
                "verbose_name": "historical pack",
                "verbose_name_plural": "historical packs",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
                "indexes": [
                    django.contrib.postgres.indexes.BrinIndex(fields=["history_date"], name="hist_7e1779eb_brin")
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("history_change_reason", ""), _negated=True), name="hist_7e1779eb_reason"
                    )
                ],
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="HistoricalExhibit",
            fields=[
                ("id", models.BigIntegerField(blank=True, db_index=True)),
                (
                    "origin",
                    models.CharField(
                        choices=[("collected", "Collected"), ("uploaded", "Uploaded")],
                        default="collected",
                        max_length=10,
                    ),
                ),
                (
                    "item",
                    models.CharField(
                        blank=True, help_text="What the court layout asks for and this answers.", max_length=60
                    ),
                ),
                ("section", models.CharField(max_length=60)),
                ("position", models.BigIntegerField(help_text="Its order within the section.")),
                (
                    "tab",
                    models.CharField(
                        blank=True, help_text="Its number in the pack, as of the last collection.", max_length=6
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[("file", "File"), ("statement", "Statement"), ("contact_log", "Contact Log")],
                        default="file",
                        max_length=12,
                    ),
                ),
                ("title", collections_app.kernel.personal.PersonalField(editable=True, owner="person")),
                (
                    "note",
                    collections_app.kernel.personal.PersonalField(blank=True, editable=True, null=True, owner="person"),
                ),
                ("dated_on", models.DateField(blank=True, null=True)),
                ("dated_until", models.DateField(blank=True, null=True)),
                ("source", models.CharField(max_length=80)),
                (
                    "history_ids",
                    models.JSONField(blank=True, default=list, help_text="Versions of the rows that it was made from."),
                ),
                (
                    "sha256",
                    models.CharField(help_text="Of the source: a file's bytes, or the canonical lines.", max_length=64),
                ),
                (
                    "made_here",
                    models.BooleanField(default=False, help_text="Pages made by this system from its records."),
                ),
                ("generated", models.BooleanField(default=False, help_text="Made up for a demonstration.")),
                (
                    "included",
                    models.BooleanField(
                        default=True, help_text="Off: a person took it out of the pack; it is kept here."
                    ),
                ),
                (
                    "present",
                    models.BooleanField(
                        default=True, help_text="Off: the last collection did not find its source any more."
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
                (
                    "file",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="legal.legalfile",
                    ),
                ),
            ],
            options={
                "verbose_name": "historical exhibit",
                "verbose_name_plural": "historical exhibits",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
                "indexes": [
                    django.contrib.postgres.indexes.BrinIndex(fields=["history_date"], name="hist_433ac270_brin")
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("history_change_reason", ""), _negated=True), name="hist_433ac270_reason"
                    )
                ],
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="HistoricalDeadline",
            fields=[
                ("id", models.BigIntegerField(blank=True, db_index=True)),
                (
                    "kind",
                    models.CharField(
                        choices=[("do_by", "Do By"), ("not_before", "Not Before"), ("limitation", "Limitation")],
                        default="do_by",
                        max_length=10,
                    ),
                ),
                ("what", models.CharField(max_length=120)),
                ("on", models.DateField()),
                ("counted_from", models.DateField()),
                (
                    "counted_because",
                    models.CharField(help_text="What happened on that day: letter dated, returned …", max_length=120),
                ),
                ("rule", models.CharField(help_text="Rule id and citation, or house.", max_length=120)),
                ("done_on", models.DateField(blank=True, null=True)),
                ("history_change_reason", models.TextField()),
                ("history_id", models.BigAutoField(editable=False, primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField()),
                (
                    "history_type",
                    models.CharField(choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1),
                ),
                (
                    "done_by",
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
                    "file",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="legal.legalfile",
                    ),
                ),
            ],
            options={
                "verbose_name": "historical deadline",
                "verbose_name_plural": "historical deadlines",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
                "indexes": [
                    django.contrib.postgres.indexes.BrinIndex(fields=["history_date"], name="hist_fa52d4a5_brin")
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("history_change_reason", ""), _negated=True), name="hist_fa52d4a5_reason"
                    )
                ],
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="HistoricalCost",
            fields=[
                ("id", models.BigIntegerField(blank=True, db_index=True)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("court_fee", "Court Fee"),
                            ("lawyer_fee", "Lawyer Fee"),
                            ("service_fee", "Service Fee"),
                            ("enforcement_fee", "Enforcement Fee"),
                            ("other", "Other"),
                        ],
                        max_length=20,
                    ),
                ),
                ("on", models.DateField()),
                ("currency", collections_app.kernel.money.CurrencyField(max_length=3)),
                ("amount", collections_app.kernel.money.MoneyField()),
                ("claimed", models.BooleanField(default=True, help_text="Part of the sum claimed.")),
                (
                    "authority",
                    models.CharField(help_text="The tariff, rule or agreement that allows it.", max_length=200),
                ),
                ("history_change_reason", models.TextField()),
                ("history_id", models.BigAutoField(editable=False, primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField()),
                (
                    "history_type",
                    models.CharField(choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1),
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
                    "file",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="legal.legalfile",
                    ),
                ),
            ],
            options={
                "verbose_name": "historical cost",
                "verbose_name_plural": "historical costs",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
                "indexes": [
                    django.contrib.postgres.indexes.BrinIndex(fields=["history_date"], name="hist_f1efb334_brin")
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("history_change_reason", ""), _negated=True), name="hist_f1efb334_reason"
                    )
                ],
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="Exhibit",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "origin",
                    models.CharField(
                        choices=[("collected", "Collected"), ("uploaded", "Uploaded")],
                        default="collected",
                        max_length=10,
                    ),
                ),
                (
                    "item",
                    models.CharField(
                        blank=True, help_text="What the court layout asks for and this answers.", max_length=60
                    ),
                ),
                ("section", models.CharField(max_length=60)),
                ("position", models.BigIntegerField(help_text="Its order within the section.")),
                (
                    "tab",
                    models.CharField(
                        blank=True, help_text="Its number in the pack, as of the last collection.", max_length=6
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[("file", "File"), ("statement", "Statement"), ("contact_log", "Contact Log")],
                        default="file",
                        max_length=12,
                    ),
                ),
                ("title", collections_app.kernel.personal.PersonalField(editable=True, owner="person")),
                (
                    "note",
                    collections_app.kernel.personal.PersonalField(blank=True, editable=True, null=True, owner="person"),
                ),
                ("dated_on", models.DateField(blank=True, null=True)),
                ("dated_until", models.DateField(blank=True, null=True)),
                ("source", models.CharField(max_length=80)),
                (
                    "history_ids",
                    models.JSONField(blank=True, default=list, help_text="Versions of the rows that it was made from."),
                ),
                (
                    "sha256",
                    models.CharField(help_text="Of the source: a file's bytes, or the canonical lines.", max_length=64),
                ),
                (
                    "made_here",
                    models.BooleanField(default=False, help_text="Pages made by this system from its records."),
                ),
                ("generated", models.BooleanField(default=False, help_text="Made up for a demonstration.")),
                (
                    "included",
                    models.BooleanField(
                        default=True, help_text="Off: a person took it out of the pack; it is kept here."
                    ),
                ),
                (
                    "present",
                    models.BooleanField(
                        default=True, help_text="Off: the last collection did not find its source any more."
                    ),
                ),
                (
                    "document",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="exhibits",
                        to="collections_app.storeddocument",
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="collections_app.person"
                    ),
                ),
                (
                    "file",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="exhibits", to="legal.legalfile"
                    ),
                ),
            ],
            options={
                "ordering": ["position", "id"],
                "constraints": [
                    models.UniqueConstraint(fields=("file", "source"), name="one_exhibit_a_source"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("document__isnull", False), ("kind", "file")),
                            models.Q(models.Q(("kind", "file"), _negated=True), ("document", None)),
                            _connector="OR",
                        ),
                        name="exhibit_file_has_document",
                    ),
                    models.CheckConstraint(condition=models.Q(("sha256", ""), _negated=True), name="exhibit_hashed"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Deadline",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "kind",
                    models.CharField(
                        choices=[("do_by", "Do By"), ("not_before", "Not Before"), ("limitation", "Limitation")],
                        default="do_by",
                        max_length=10,
                    ),
                ),
                ("what", models.CharField(max_length=120)),
                ("on", models.DateField()),
                ("counted_from", models.DateField()),
                (
                    "counted_because",
                    models.CharField(help_text="What happened on that day: letter dated, returned …", max_length=120),
                ),
                ("rule", models.CharField(help_text="Rule id and citation, or house.", max_length=120)),
                ("done_on", models.DateField(blank=True, null=True)),
                (
                    "done_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "file",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="deadlines", to="legal.legalfile"
                    ),
                ),
            ],
            options={
                "ordering": ["on", "id"],
                "indexes": [
                    models.Index(condition=models.Q(("done_on", None)), fields=["on"], name="deadline_waiting")
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ["do_by", "not_before", "limitation"])), name="deadline_kind"
                    ),
                    models.CheckConstraint(condition=models.Q(("rule", ""), _negated=True), name="deadline_with_rule"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("done_by", None), ("done_on", None)),
                            models.Q(("done_by__isnull", False), ("done_on__isnull", False)),
                            _connector="OR",
                        ),
                        name="deadline_done_by_somebody",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Cost",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("court_fee", "Court Fee"),
                            ("lawyer_fee", "Lawyer Fee"),
                            ("service_fee", "Service Fee"),
                            ("enforcement_fee", "Enforcement Fee"),
                            ("other", "Other"),
                        ],
                        max_length=20,
                    ),
                ),
                ("on", models.DateField()),
                ("currency", collections_app.kernel.money.CurrencyField(max_length=3)),
                ("amount", collections_app.kernel.money.MoneyField()),
                ("claimed", models.BooleanField(default=True, help_text="Part of the sum claimed.")),
                (
                    "authority",
                    models.CharField(help_text="The tariff, rule or agreement that allows it.", max_length=200),
                ),
                (
                    "document",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="collections_app.storeddocument",
                    ),
                ),
                (
                    "file",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="costs", to="legal.legalfile"
                    ),
                ),
            ],
            options={
                "ordering": ["on", "id"],
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("amount__gt", 0)), name="cost_positive"),
                    models.CheckConstraint(
                        condition=models.Q(("authority", ""), _negated=True), name="cost_with_authority"
                    ),
                ],
            },
        ),
        migrations.AddConstraint(
            model_name="legalfile",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("state__in", ["open", "collecting", "complete", "closed"]),
                    models.Q(("lawyer__isnull", False), ("pack__isnull", False), ("sent_at__isnull", False)),
                    _connector="OR",
                ),
                name="legal_file_reviewed_by_somebody",
            ),
        ),
    ]
