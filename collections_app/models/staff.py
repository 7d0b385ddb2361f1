"""Who works here, what they may do, until when."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from collections_app.kernel import keys
from collections_app.kernel.history import History
from collections_app.kernel.personal import PersonalField


class StaffProfile(models.Model):
    """A member of staff: languages, identification, skills."""

    key = models.OneToOneField(keys.DataKey, primary_key=True, on_delete=models.PROTECT, related_name="staff")
    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="staff_profile")
    languages = models.JSONField(default=list)
    id_number = PersonalField(null=True, blank=True)
    agent_number = models.CharField(max_length=30, blank=True, help_text="What is shown at the door.")
    suspended = models.BooleanField(default=False, help_text="Out of the queue, by a conduct decision.")

    history = History()

    def __str__(self) -> str:
        return self.user.get_full_name() or self.user.get_username()


class Course(models.Model):
    """A training that a rule may ask for, by its certificate's code (`collection_training` …)."""

    id = models.BigAutoField(primary_key=True)
    code = models.CharField(max_length=40, unique=True)
    title = models.CharField(max_length=200)
    valid_months = models.PositiveSmallIntegerField(default=12)

    history = History()

    def __str__(self) -> str:
        return self.title


class Certification(models.Model):
    """A course passed: good up to and including `valid_until`."""

    id = models.BigAutoField(primary_key=True)
    staff = models.ForeignKey(StaffProfile, on_delete=models.PROTECT, related_name="certifications")
    course = models.ForeignKey(Course, on_delete=models.PROTECT, related_name="certifications")
    passed_on = models.DateField()
    valid_until = models.DateField()

    history = History()

    class Meta:
        indexes = [models.Index(fields=["staff", "course", "valid_until"], name="certificate_of_staff")]

    def __str__(self) -> str:
        return f"{self.course} until {self.valid_until}"
