"""Does an answer ask not to be written to any more? In English and Chinese.

When in doubt, yes: a stop taken too early is undone by a person, a message after a stop is a breach. The words of
47 CFR 64.1200(a)(10) (stop, quit, end, revoke, opt out, cancel, unsubscribe) always count when they are the answer.
"""

from __future__ import annotations

import re
import unicodedata

# The whole answer, but for signs, "please" and the like.
_WHOLE = frozenset(
    "stop stopall end quit cancel revoke unsubscribe optout td t tt n 0000 "
    "停 停止 停发 停發 退 退订 退訂 取消 取消订阅 取消訂閱 拒收 拒絕 拒绝 终止 終止 回t 回td".split()
)
_POLITE = frozenset("please pls plz now all it thanks thank you the this these sms texts text messages message".split())

_SAYS = [
    re.compile(pattern)
    for pattern in (
        r"^stop\b",
        r"\bunsubscribe\b",
        r"\bopt(ing|ed)?[ -]?out\b",
        r"\b(stop|quit|cease)\b.{0,20}\b(text|texting|texts|call|calling|calls|contact|contacting|messag\w*|e?-?mail\w*|"
        r"writing|sending|bothering|harass\w*|sms)\b",
        r"\b(do not|don'?t|never)\b.{0,20}\b(text|call|contact|message|e?-?mail|write|bother)\b",
        r"\b(remove|delete|take)\b.{0,12}\b(me|my number|my e?-?mail)\b",
        r"\bleave me alone\b",
        r"退订|退訂|拒收|勿扰|勿擾|打扰我|打擾我|骚扰|騷擾",
        # 特别 (especially), 分别, 区别 and the like hold the sign of "do not" without its meaning.
        r"(不要|(?<![特分区區个個])[别別]|勿|停止|不准|不想|不希望).{0,6}"
        r"(发|發|联系|聯繫|聯絡|联络|打来|打來|打电话|打電話|致电|致電|短信|簡訊|短訊|讯息|訊息|邮件|郵件|电邮|電郵|消息)",
    )
]


def asks_to_stop(text: str) -> bool:
    """Whether the answer, as it came, asks for no more messages."""
    plain = unicodedata.normalize("NFKC", text).casefold().replace("’", "'")
    if any(pattern.search(plain.strip(" \t\r\n\"'“”「」【】[](){}*#.,;:!-")) for pattern in _SAYS):
        return True
    words = re.findall(r"\w+", plain)
    meant = [word for word in words if word not in _POLITE]
    return bool(meant) and (all(word in _WHOLE for word in meant) or "".join(meant) in _WHOLE)
