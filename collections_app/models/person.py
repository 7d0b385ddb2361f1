"""A human being, its role on a loan, where it can be reached, what it agreed to and when."""

from __future__ import annotations

from typing import Any

from django.db import models
from django_fsm import FSMField

from collections_app.kernel import keys
from collections_app.kernel.fsm import RefreshableFSM, transition
from collections_app.kernel.history import History
from collections_app.kernel.personal import PersonalField


class Role(models.TextChoices):
    """What a person is to a loan: the parties of the rules page."""

    DEBTOR = "debtor"
    CO_DEBTOR = "co_debtor"
    GUARANTOR = "guarantor"
    SPOUSE = "spouse"
    PARENT_OF_MINOR = "parent_of_minor"
    GUARDIAN = "guardian"
    EXECUTOR = "executor"
    CONFIRMED_SUCCESSOR = "confirmed_successor"
    ATTORNEY = "attorney"
    ADVISER = "adviser"
    CONTACT_PERSON = "contact_person"
    RELATIVE = "relative"
    EMPLOYER = "employer"
    UNRELATED_THIRD = "unrelated_third"


class PersonQuerySet(models.QuerySet["Person"]):
    def named(self, name: str) -> PersonQuerySet:
        """People whose name has all these words (CJK: these pairs of characters)."""
        return self.filter(key__in=keys.owners_matching(keys.BlindIndex.Kind.NAME_WORD, sorted(keys.name_words(name))))

    def with_phone(self, number: str) -> PersonQuerySet:
        return self.filter(key__in=keys.owners_matching(keys.BlindIndex.Kind.PHONE, [keys.normal_phone(number)]))

    def with_email(self, address: str) -> PersonQuerySet:
        return self.filter(key__in=keys.owners_matching(keys.BlindIndex.Kind.EMAIL, [keys.normal_email(address)]))


class Person(models.Model):
    """A human being. Its primary key *is* the key that its personal data are encrypted with.

    `group` joins the people who share loans (debtors, co-debtors, guarantors): the run and the dispatch lock a group
    as a whole. `stop_seq` rises with each payment, hold or STOP, so that a message claimed before is not spoken.
    """

    key = models.OneToOneField(keys.DataKey, primary_key=True, on_delete=models.PROTECT, related_name="person")
    source_ref = models.CharField(max_length=80, unique=True, null=True, blank=True, help_text="The source's number.")
    name = PersonalField()
    born_on = PersonalField(null=True, blank=True)
    id_number = PersonalField(null=True, blank=True)
    language = models.CharField(max_length=10, default="en")
    country = models.CharField(max_length=2, blank=True, help_text="ISO 3166; empty: not known.")
    region = models.CharField(max_length=20, blank=True, help_text="For example US-NY-NYC.")
    zones = models.JSONField(
        default=dict, blank=True, help_text="Source to IANA zone, as the presets name the sources."
    )
    preferred_channel = models.CharField(max_length=20, blank=True)
    group = models.BigIntegerField(db_index=True, default=0)
    stop_seq = models.PositiveIntegerField(default=0)
    generated = models.BooleanField(default=False, help_text="Made up, because the tape has no persons.")

    objects = PersonQuerySet.as_manager()
    history = History(excluded_fields=["stop_seq"])

    class Meta:
        verbose_name_plural = "people"

    def __str__(self) -> str:
        return f"person {self.pk}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self.group and self.key_id:
            self.group = self.key_id
        super().save(*args, **kwargs)


class LoanParty(models.Model):
    """The role of a person on a loan."""

    id = models.BigAutoField(primary_key=True)
    loan = models.ForeignKey("collections_app.Loan", on_delete=models.PROTECT, related_name="parties")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="parties")
    role = models.CharField(max_length=20, choices=Role)
    liability_in_force = models.BooleanField(default=True)

    history = History()

    class Meta:
        verbose_name_plural = "loan parties"
        constraints = [models.UniqueConstraint(fields=["loan", "person", "role"], name="one_role_once")]

    def __str__(self) -> str:
        return f"{self.get_role_display()} of loan {self.loan_id}"


class ContactPoint(RefreshableFSM, models.Model):
    """A phone number, e-mail or postal address of a person, and how we came by it."""

    class Kind(models.TextChoices):
        MOBILE = "mobile"
        LANDLINE = "landline"
        WORK_PHONE = "work_phone"
        EMAIL = "email"
        WORK_EMAIL = "work_email"
        HOME_ADDRESS = "home_address"
        WORK_ADDRESS = "work_address"
        APP = "app"

    class State(models.TextChoices):
        UNVERIFIED = "unverified"
        VERIFIED = "verified"
        INVALID = "invalid"
        REFUSED = "refused"

    PLACES = {
        Kind.MOBILE: "own_phone",
        Kind.LANDLINE: "home",
        Kind.HOME_ADDRESS: "home",
        Kind.WORK_PHONE: "work",
        Kind.WORK_EMAIL: "work",
        Kind.WORK_ADDRESS: "work",
        Kind.EMAIL: "own_phone",
        Kind.APP: "own_phone",
    }
    FOR_CHANNEL = {
        "sms": (Kind.MOBILE,),
        "voice": (Kind.MOBILE, Kind.LANDLINE),
        "email": (Kind.EMAIL,),
        "letter": (Kind.HOME_ADDRESS,),
        "visit": (Kind.HOME_ADDRESS,),
        "push": (Kind.APP,),
    }

    id = models.BigAutoField(primary_key=True)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="contact_points")
    kind = models.CharField(max_length=20, choices=Kind)
    value = PersonalField(owner="person")
    place = models.CharField(max_length=10, blank=True)
    provenance = models.JSONField(default=list, help_text="How we came by it, in the words of the rules page.")
    employer_forbids = models.BooleanField(default=False)
    inbound_text_at = models.DateTimeField(null=True, blank=True)
    reassigned_number_check_at = models.DateTimeField(null=True, blank=True)
    notice_sent_on = models.DateField(null=True, blank=True)
    opt_out_by = models.DateField(null=True, blank=True)
    preference = models.SmallIntegerField(default=0, help_text="Lower is tried first.")
    generated = models.BooleanField(default=False)
    state = FSMField(default=State.UNVERIFIED, choices=State, protected=True)

    history = History()

    class Meta:
        indexes = [models.Index(fields=["person", "kind", "preference"], name="contact_point_of_person")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state__in=["unverified", "verified", "invalid", "refused"]),
                name="contact_point_state",
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} of person {self.person_id}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.place = self.place or self.PLACES[self.Kind(self.kind)]
        super().save(*args, **kwargs)

    @transition(state, [State.UNVERIFIED, State.INVALID], State.VERIFIED)
    def verify(self) -> None:
        """Confirmed: it reaches this person."""

    @transition(state, [State.UNVERIFIED, State.VERIFIED], State.INVALID)
    def mark_invalid(self) -> None:
        """It does not reach this person."""

    @transition(state, [State.UNVERIFIED, State.VERIFIED, State.INVALID], State.REFUSED)
    def refuse(self) -> None:
        """The person does not want to be contacted here."""

    @transition(state, [State.REFUSED], State.VERIFIED)
    def accept_again(self) -> None:
        """The person agreed again to be contacted here."""


class Consent(models.Model):
    """What a person agreed to, with the proof. Withdrawn from `withdrawn_at` on; earlier use stays valid."""

    class Kind(models.TextChoices):
        NIGHT_CONTACT = "night_contact"
        AGREED_FREQUENCY = "agreed_frequency"
        ATTORNEY_CONSENT = "attorney_consent"
        CALL_PRIOR = "call_prior"
        OUT_OF_HOURS_CONTACT = "out_of_hours_contact"
        WORK_CONTACT = "work_contact"

    id = models.BigAutoField(primary_key=True)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="consents")
    kind = models.CharField(max_length=30, choices=Kind)
    given_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    known_at = models.DateTimeField()
    how = models.CharField(max_length=60, help_text="For example: told on a recorded call.")
    proof = PersonalField(owner="person", null=True, blank=True)

    history = History()

    class Meta:
        indexes = [models.Index(fields=["person", "kind"], name="consent_of_person")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} of person {self.person_id}"


class StatedHours(models.Model):
    """Hours that a person named: agreed or wished for (they replace the rule's window), or inconvenient (denied)."""

    class Kind(models.TextChoices):
        AGREED = "agreed_contact_window"
        CONSUMER_STATED = "consumer_stated_hours"
        INCONVENIENT = "inconvenient"

    id = models.BigAutoField(primary_key=True)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="stated_hours")
    kind = models.CharField(max_length=30, choices=Kind)
    days = models.JSONField(default=list, blank=True, help_text="ISO week days 1–7; empty: every day.")
    from_clock = models.CharField(max_length=8, help_text="HH:MM")
    to_clock = models.CharField(max_length=8, help_text="HH:MM; 24:00 is the end of the day")
    to_inclusive = models.BooleanField(default=False)
    holidays = models.BooleanField(default=False, help_text="Agreed for holidays too.")
    channels = models.JSONField(default=list, blank=True)
    places = models.JSONField(default=list, blank=True)
    known_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    history = History()

    class Meta:
        verbose_name_plural = "stated hours"
        indexes = [models.Index(fields=["person", "kind"], name="hours_of_person")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.from_clock}–{self.to_clock}"


class DatedFact(models.Model):
    """Days of bereavement, calamity, wedding or festival: some presets forbid calls and visits then."""

    id = models.BigAutoField(primary_key=True)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="dated_facts")
    kind = models.CharField(max_length=20, choices=[(k, k) for k in ("bereavement", "calamity", "wedding", "festival")])
    from_on = models.DateField()
    until_on = models.DateField()
    known_at = models.DateTimeField()

    history = History()

    def __str__(self) -> str:
        return f"{self.kind} {self.from_on}–{self.until_on}"


class BorrowerState(models.Model):
    """A fact with a legal effect, and only here: represented, bankrupt, deceased, medium refused, cease in writing …

    About all debts of the person where `loan` is empty, all addresses where `contact_point` is empty, all channels
    where `channels` is empty. Seen only by a judgement whose knowledge reaches `known_at`.
    """

    id = models.BigAutoField(primary_key=True)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="states")
    name = models.CharField(max_length=40)
    loan = models.ForeignKey("collections_app.Loan", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    contact_point = models.ForeignKey(ContactPoint, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    channels = models.JSONField(default=list, blank=True)
    from_at = models.DateTimeField()
    until_at = models.DateTimeField(null=True, blank=True)
    known_at = models.DateTimeField()
    source = models.CharField(max_length=60)
    proof = PersonalField(owner="person", null=True, blank=True)

    history = History()

    class Meta:
        indexes = [models.Index(fields=["person", "name"], name="state_of_person")]

    def __str__(self) -> str:
        return f"{self.name} of person {self.person_id}"


class RegisterCheck(models.Model):
    """When an outside register was last looked into for a state: of one person, or of everybody (`person` empty)."""

    id = models.BigAutoField(primary_key=True)
    state = models.CharField(max_length=40)
    person = models.ForeignKey(Person, null=True, blank=True, on_delete=models.PROTECT, related_name="register_checks")
    checked_at = models.DateTimeField()
    source = models.CharField(max_length=60)
    stand_in = models.BooleanField(
        default=False, help_text="Answered by the stand-in of dev and test, not by a register."
    )

    class Meta:
        indexes = [models.Index(fields=["state", "person", "checked_at"], name="newest_check")]
        constraints = [
            models.UniqueConstraint(
                fields=["state", "checked_at"], condition=models.Q(person=None), name="one_sweep_an_instant"
            )
        ]

    def __str__(self) -> str:
        return f"{self.state} checked {self.checked_at:%Y-%m-%d}"
