"""The scheduler's rows and the results of tasks, in the look of the house; nothing of them is deleted by hand."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django_celery_beat.admin import ClockedScheduleAdmin as BeatClockedScheduleAdmin
from django_celery_beat.admin import CrontabScheduleAdmin as BeatCrontabScheduleAdmin
from django_celery_beat.admin import PeriodicTaskAdmin as BeatPeriodicTaskAdmin
from django_celery_beat.admin import PeriodicTaskForm, TaskSelectWidget
from django_celery_beat.models import ClockedSchedule, CrontabSchedule, IntervalSchedule, PeriodicTask, SolarSchedule
from django_celery_results.models import GroupResult, TaskResult
from unfold.admin import ModelAdmin
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from collections_app.kernel.admin import BaseAdmin, HouseRules

for _model in (
    PeriodicTask,
    IntervalSchedule,
    CrontabSchedule,
    SolarSchedule,
    ClockedSchedule,
    TaskResult,
    GroupResult,
):
    if admin.site.is_registered(_model):
        admin.site.unregister(_model)


class _TaskSelect(UnfoldAdminSelectWidget, TaskSelectWidget):
    pass


class _TaskForm(PeriodicTaskForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "task" in self.fields:
            self.fields["task"].widget = UnfoldAdminTextInputWidget()
        if "regtask" in self.fields:
            self.fields["regtask"].widget = _TaskSelect()


@admin.register(PeriodicTask)
class PeriodicTaskAdmin(HouseRules, BeatPeriodicTaskAdmin, ModelAdmin):
    """What the clock starts by itself."""

    form = _TaskForm


@admin.register(IntervalSchedule)
class IntervalScheduleAdmin(HouseRules, ModelAdmin):
    """Every so many seconds, minutes, hours, days."""


@admin.register(CrontabSchedule)
class CrontabScheduleAdmin(HouseRules, BeatCrontabScheduleAdmin, ModelAdmin):
    """At hours of days."""


@admin.register(SolarSchedule)
class SolarScheduleAdmin(HouseRules, ModelAdmin):
    """At sunrise and the like."""


@admin.register(ClockedSchedule)
class ClockedScheduleAdmin(HouseRules, BeatClockedScheduleAdmin, ModelAdmin):
    """Once."""


@admin.register(TaskResult)
class TaskResultAdmin(BaseAdmin):
    """What a task gave back."""

    list_display = ("task_id", "task_name", "status", "date_done")
    list_filter = ("status",)
    search_fields = ("=task_id", "task_name")
    ordering = ("-id",)


@admin.register(GroupResult)
class GroupResultAdmin(BaseAdmin):
    """What a group of tasks gave back."""

    list_display = ("group_id", "date_done")
    search_fields = ("=group_id",)
    ordering = ("-id",)
