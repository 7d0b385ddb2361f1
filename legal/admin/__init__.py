"""The admin of the legal department: the file's page, and every row readable."""

from . import file, rows

__all__ = ["file", "rows"]
