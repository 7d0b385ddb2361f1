"""The one exception of the domain: a code for programs, a sentence for people, ids for both."""

from __future__ import annotations


class DomainError(Exception):
    """Something the domain refuses.

    `code` is stable and for programs; `sentence` says what, where and what to do; `ids` name the rows
    concerned. The edge (admin, command, API) turns it into a message; nothing else catches it wholesale.
    """

    def __init__(self, code: str, sentence: str, **ids: object) -> None:
        super().__init__(sentence)
        self.code = code
        self.sentence = sentence
        self.ids = ids

    def __str__(self) -> str:
        return self.sentence

    def as_json(self) -> dict[str, object]:
        """`{"code", "sentence", ...ids}` for a command's JSON object."""
        return {"code": self.code, "sentence": self.sentence, **{k: _plain(v) for k, v in self.ids.items()}}


def _plain(value: object) -> object:
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(v) for v in value]
    return str(value)


class Refused(DomainError):
    """A transition or act that its guards, permission or four eyes did not allow; every failed sentence is told."""

    def __init__(self, code: str, sentences: list[str], **ids: object) -> None:
        super().__init__(code, " ".join(sentences), **ids)
        self.sentences = sentences
