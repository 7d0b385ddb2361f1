"""Segments: the kinds of borrowers that may have a ladder of their own. Declared once, for all ladders."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path as FilePath
from types import MappingProxyType

from .preset import ID_MEANING, ID_PATTERN
from .reader import Table, parse, read_text

STANDARD = "standard"  # what no other segment takes; always declared


@dataclass(frozen=True)
class Segment:
    id: str
    title: Mapping[str, str]
    note: str = ""


def parse_segments(text: str, source: str) -> tuple[Segment, ...]:
    """The segments that `text` declares; `PolicyError` if one stands twice or `standard` is missing."""
    data, origin = parse(text, source)
    document = Table(data, origin, (), "a segments file", ("segment",))
    found: list[Segment] = []
    for table in document.tables("segment", "a segment", ("id", "title", "note")):
        segment_id = table.text("id", pattern=ID_PATTERN, meaning=ID_MEANING)
        table.owner = f"segment {segment_id}"
        if any(segment_id == other.id for other in found):
            table.refuse("policy-twice", "another segment above has this id; each id is unique.", "id")
        found.append(Segment(segment_id, MappingProxyType(table.title("title")), table.maybe_text("note") or ""))
    if not any(segment.id == STANDARD for segment in found):
        document.refuse(
            "policy-missing-key",
            f'the segment "{STANDARD}" is not declared; add it, it takes whom no other segment takes.',
            "segment",
        )
    return tuple(found)


def read_segments(path: FilePath) -> tuple[Segment, ...]:
    """The segments of a file; see `parse_segments`."""
    return parse_segments(read_text(path), path.name)
