"""Work for the background: ids in, one function called, counts out. Losing a message or taking it twice is harmless."""

from __future__ import annotations

from celery import shared_task
from django.contrib.auth import get_user_model

from collections_app.kernel import clock
from legal.models import LegalFile
from legal.services.business_day import business_day
from legal.services.exhibits import collect_exhibits
from legal.services.packs import build_pack as build
from legal.services.packs import seal_pack as seal


@shared_task(name="legal.tasks.collect")
def collect(file_id: int, user_id: int) -> dict[str, int]:
    """Bring the exhibits of a file up to date for the person who asked."""
    found = collect_exhibits(
        LegalFile.objects.get(pk=file_id),
        on=business_day(),
        at=clock.now(),
        by=get_user_model().objects.get(pk=user_id),
    )
    return {"added": found.added, "changed": found.changed, "gone": found.gone, "missing": found.checklist.count}


@shared_task(name="legal.tasks.build_pack")
def build_pack(file_id: int, user_id: int) -> dict[str, int]:
    """Build the draft of the next version, for the person who asked."""
    built = build(
        LegalFile.objects.get(pk=file_id),
        on=business_day(),
        at=clock.now(),
        by=get_user_model().objects.get(pk=user_id),
    )
    return {"pack": built.pack.pk, "version": built.pack.version, "pages": built.pack.pages, "made": int(built.made)}


@shared_task(name="legal.tasks.seal_pack")
def seal_pack(file_id: int, user_id: int) -> dict[str, int]:
    """Seal the next version, for the person who asked."""
    built = seal(
        LegalFile.objects.get(pk=file_id),
        on=business_day(),
        at=clock.now(),
        by=get_user_model().objects.get(pk=user_id),
    )
    return {"pack": built.pack.pk, "version": built.pack.version, "pages": built.pack.pages, "made": int(built.made)}
