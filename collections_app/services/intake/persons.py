"""Made-up people for tapes that have none. The same seed and loan number always give the same person.

Nobody can ever be reached through them: phone numbers come from ranges that are kept free for fiction
(555-0100 to 555-0199 of a United States area code; Ofcom's drama range +44 7700 900000 to 900999), e-mail
addresses from the example domains of RFC 2606, and addresses name themselves as invented. Mainland China,
Hong Kong and Taiwan keep no range for fiction, so their made-up people have a number of Ofcom's range.
Everything is marked `generated`.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from dataclasses import dataclass

from collections_app.kernel.errors import DomainError

from .records import ContactPointRecord, PersonRecord


@dataclass(frozen=True, slots=True)
class State:
    """A state of the United States: the zone of its capital, what other zones it has, and area codes in
    that zone.
    """

    name: str
    zone: str
    codes: tuple[str, ...]
    note: str = ""


def _state(name: str, zone: str, codes: str, note: str = "") -> State:
    return State(name, zone, tuple(codes.split()), note)


_NY, _CHI, _DEN, _LA = "America/New_York", "America/Chicago", "America/Denver", "America/Los_Angeles"

# Area codes that lie wholly in the zone given (North American Numbering Plan); zones of the tz database.
US_STATES: dict[str, State] = {
    "AL": _state("Alabama", _CHI, "205 251 256 334"),
    "AK": _state("Alaska", "America/Anchorage", "907", "the western Aleutians keep America/Adak"),
    "AZ": _state("Arizona", "America/Phoenix", "480 520 602 623", "the Navajo Nation keeps America/Denver"),
    "AR": _state("Arkansas", _CHI, "479 501 870"),
    "CA": _state("California", _LA, "209 213 310 323 408 415 510 530 559 562 619 626 650 661 707 714 760 805 818 831 "
                 "858 909 916 925 949 951"),
    "CO": _state("Colorado", _DEN, "303 719 720 970"),
    "CT": _state("Connecticut", _NY, "203 475 860 959"),
    "DE": _state("Delaware", _NY, "302"),
    "DC": _state("District of Columbia", _NY, "202"),
    "FL": _state("Florida", _NY, "239 305 321 352 386 407 561 727 754 772 786 813 863 904 941 954",
                 "the western panhandle keeps America/Chicago"),
    "GA": _state("Georgia", _NY, "229 404 470 478 678 706 770 912"),
    "HI": _state("Hawaii", "Pacific/Honolulu", "808"),
    "ID": _state("Idaho", "America/Boise", "208", "the north keeps America/Los_Angeles"),
    "IL": _state("Illinois", _CHI, "217 309 312 618 630 708 773 815 847"),
    "IN": _state("Indiana", "America/Indiana/Indianapolis", "260 317 765",
                 "counties in the north-west and south-west keep America/Chicago"),
    "IA": _state("Iowa", _CHI, "319 515 563 641 712"),
    "KS": _state("Kansas", _CHI, "316 785 913", "four counties in the west keep America/Denver"),
    "KY": _state("Kentucky", _NY, "502 606 859", "the west keeps America/Chicago"),
    "LA": _state("Louisiana", _CHI, "225 318 337 504 985"),
    "ME": _state("Maine", _NY, "207"),
    "MD": _state("Maryland", _NY, "240 301 410 443"),
    "MA": _state("Massachusetts", _NY, "339 351 413 508 617 774 781 857 978"),
    "MI": _state("Michigan", "America/Detroit", "231 248 269 313 517 586 616 734 810 989",
                 "four counties in the north-west keep America/Menominee"),
    "MN": _state("Minnesota", _CHI, "218 320 507 612 651 763 952"),
    "MS": _state("Mississippi", _CHI, "228 601 662 769"),
    "MO": _state("Missouri", _CHI, "314 417 573 636 660 816"),
    "MT": _state("Montana", _DEN, "406"),
    "NE": _state("Nebraska", _CHI, "402 531", "the west keeps America/Denver"),
    "NV": _state("Nevada", _LA, "702 725", "West Wendover keeps America/Denver"),
    "NH": _state("New Hampshire", _NY, "603"),
    "NJ": _state("New Jersey", _NY, "201 551 609 732 848 856 862 908 973"),
    "NM": _state("New Mexico", _DEN, "505 575"),
    "NY": _state("New York", _NY, "212 315 347 516 518 585 607 631 646 716 718 845 914 917"),
    "NC": _state("North Carolina", _NY, "252 336 704 828 910 919 980"),
    "ND": _state("North Dakota", _CHI, "701", "the south-west keeps America/Denver"),
    "OH": _state("Ohio", _NY, "216 234 330 419 440 513 567 614 740 937"),
    "OK": _state("Oklahoma", _CHI, "405 539 580 918"),
    "OR": _state("Oregon", _LA, "503 971", "most of Malheur County keeps America/Boise"),
    "PA": _state("Pennsylvania", _NY, "215 267 412 484 570 610 717 724 814 878"),
    "RI": _state("Rhode Island", _NY, "401"),
    "SC": _state("South Carolina", _NY, "803 843 864"),
    "SD": _state("South Dakota", _CHI, "605", "the west keeps America/Denver"),
    "TN": _state("Tennessee", _CHI, "615 731 901", "the east keeps America/New_York"),
    "TX": _state("Texas", _CHI, "210 214 254 281 325 361 409 469 512 682 713 806 817 830 832 903 936 940 956 972 979",
                 "El Paso and Hudspeth counties keep America/Denver"),
    "UT": _state("Utah", _DEN, "385 435 801"),
    "VT": _state("Vermont", _NY, "802"),
    "VA": _state("Virginia", _NY, "276 434 540 571 703 757 804"),
    "WA": _state("Washington", _LA, "206 253 360 425 509"),
    "WV": _state("West Virginia", _NY, "304 681"),
    "WI": _state("Wisconsin", _CHI, "262 414 608 715 920"),
    "WY": _state("Wyoming", _DEN, "307"),
    "PR": _state("Puerto Rico", "America/Puerto_Rico", "787 939"),
    "GU": _state("Guam", "Pacific/Guam", "671"),
    "VI": _state("U.S. Virgin Islands", "America/St_Thomas", "340"),
}  # fmt: skip

COUNTRY_ZONES = {
    "CN": "Asia/Shanghai", "HK": "Asia/Hong_Kong", "TW": "Asia/Taipei", "GB": "Europe/London",
}  # fmt: skip
LANGUAGE_OF_COUNTRY = {"US": "en", "GB": "en", "CN": "zh-hans", "HK": "zh-hant", "TW": "zh-hant"}

# (given names, family names) of several origins; where an origin occurs twice, it is drawn twice as often.
_ORIGINS: tuple[tuple[str, str], ...] = (
    ("James Mary Robert Linda Michael Susan David Karen Thomas Nancy Daniel Laura Kevin Amy Brian Rachel",
     "Smith Johnson Brown Miller Davis Wilson Anderson Taylor Moore Clark Lewis Walker Hall Young Wright "
     "Baker"),
    ("James Mary Robert Linda Michael Susan David Karen Thomas Nancy Daniel Laura Kevin Amy Brian Rachel",
     "Carter Mitchell Roberts Turner Phillips Campbell Parker Evans Edwards Collins Stewart Morris Rogers "
     "Reed"),
    ("María José Luis Carmen Juan Ana Carlos Rosa Miguel Elena Jorge Lucía Rafael Sofía Diego Isabel",
     "García Martínez López Hernández González Pérez Sánchez Ramírez Torres Flores Rivera Gómez Díaz Reyes "
     "Cruz"),
    ("Jamal Aaliyah Darius Imani Malik Ebony Terrence Keisha Andre Monique Marcus Latoya Isaiah Nia",
     "Washington Jefferson Booker Banks Jackson Coleman Freeman Dorsey Gaines Mosley Battle Hairston"),
    ("Anna Piotr Katarzyna Tomasz Ingrid Lars Greta Klaus Chiara Marco Giulia Paolo Aoife Liam",
     "Kowalski Nowak Schmidt Weber Rossi Bianchi Larsen Johansson Murphy Kelly Novak Horvat Dubois"),
    ("Priya Arjun Ananya Rohan Lakshmi Vikram Deepa Sanjay Meera Rahul Kavita Amit",
     "Sharma Patel Reddy Iyer Singh Gupta Nair Rao Mehta Khan Das Banerjee"),
    ("Linh Minh Huong Tuan Ji-woo Min-jun Seo-yeon Hyun Maria Jose Angel Grace",
     "Nguyen Tran Pham Le Kim Park Choi Jung Santos Cruz Bautista Ocampo"),
    ("Fatima Omar Layla Yusuf Amina Karim Chinedu Ngozi Emeka Abena Kwame Zainab",
     "Hassan Ahmed Haddad Rahman Okafor Adeyemi Mensah Diallo Osei Abubakar"),
)  # fmt: skip
_HAN_HANS = (
    "王李张刘陈杨黄赵周吴徐孙马朱胡郭何林罗梁",
    "伟芳娜敏静丽强磊军洋艳勇杰娟涛明超霞平刚佳宁思雨浩然梓涵嘉怡",
)
_HAN_HANT = (
    "陳林黃張李王吳劉蔡楊許鄭謝郭洪曾邱廖賴徐",
    "偉芳雅敏靜麗強建軍怡君志豪俊傑淑惠美玲家豪佳穎宗翰詩涵子軒",
)
_STREETS = "Invented Imaginary Fictional Make-Believe Pretend Sample Example Placeholder".split()
_STREET_KINDS = "Street Avenue Road Lane Court Drive".split()
_EXAMPLE_DOMAINS = ("example.com", "example.org", "example.net")
# Old enough at the contract of the oldest tape (2012), and not too old at the newest.
_BORN = (dt.date(1950, 1, 1), dt.date(1993, 12, 31))


class _Draws:
    """Numbers drawn from a digest: the same text gives the same numbers on every machine and Python."""

    def __init__(self, text: str) -> None:
        self._value = int.from_bytes(hashlib.blake2b(text.encode(), digest_size=64).digest(), "big")

    def below(self, limit: int) -> int:
        self._value, drawn = divmod(self._value, limit)
        return drawn

    def of(self, options: tuple[str, ...] | list[str] | str) -> str:
        return options[self.below(len(options))]


def us_state(code: str) -> State:
    """The state of a two-letter code; a domain error that names it otherwise."""
    found = US_STATES.get(code)
    if found is None:
        raise DomainError("unknown_state", f"“{code}” is no state of the United States such as MO.", state=code)
    return found


def zone_of(country: str, region: str) -> tuple[str, str]:
    """IANA zone and a note on what else it could be; two empty texts for a country of which we know none."""
    if country == "US":
        if not region:
            return "", ""
        state = us_state(region.split("-")[1] if "-" in region else region)
        return state.zone, f"{state.name}: {state.note}" if state.note else ""
    return COUNTRY_ZONES.get(country, ""), ""


def generate(
    seed: str, loan_number: str, region: str, *, country: str = "US", language: str | None = None
) -> PersonRecord:
    """A made-up debtor of a loan. `region` is `US-MO` (or `MO`), or a region of another country, or empty
    there.

    Without a language most get that of their country; one in twenty in the United States reads Chinese.
    """
    draw = _Draws(f"{seed}|{loan_number}")
    state = None
    if country == "US":
        state = us_state(region.split("-")[1] if "-" in region else region)
        region = region if "-" in region else f"US-{region}"
    elif country not in COUNTRY_ZONES:
        raise DomainError(
            "no_made_up_people", f"Made-up people can be had for US, CN, HK, TW and GB, not for “{country}”."
        )
    chosen = draw.below(40)
    if language is None:
        language = LANGUAGE_OF_COUNTRY[country]
        if country == "US" and chosen < 2:
            language = ("zh-hans", "zh-hant")[chosen]
    name, local_part = _name(draw, language)
    zone, note = zone_of(country, region)
    if state is not None:
        phone = f"+1{draw.of(state.codes)}55501{draw.below(100):02d}"
        zones = {"physical_address": zone, "phone_area_code": zone}
    else:
        phone = f"+447700900{draw.below(1000):03d}"
        zones = {"physical_address": zone}
    mark = hashlib.blake2b(f"{seed}|{loan_number}".encode(), digest_size=4).hexdigest()
    born = _BORN[0] + dt.timedelta(days=draw.below((_BORN[1] - _BORN[0]).days))
    email = f"{local_part}.{mark}@{draw.of(_EXAMPLE_DOMAINS)}"
    return PersonRecord(
        reference=f"made-up:{loan_number}",
        name=name,
        language=language,
        country=country,
        region=region,
        born_on=born,
        zones=zones,
        zone_note=note,
        contact_points=(
            ContactPointRecord("mobile", phone, ("direct_consent",), generated=True),
            ContactPointRecord("email", email, ("consumer_used_it",), generated=True),
            ContactPointRecord("home_address", _address(draw, country, state, region), ("contract",), generated=True),
        ),
        generated=True,
    )


def _name(draw: _Draws, language: str) -> tuple[str, str]:
    """A name and how it begins an e-mail address."""
    if language.startswith("zh"):
        family, given = _HAN_HANT if language == "zh-hant" else _HAN_HANS
        first, second = draw.of(given), draw.of(given)
        return draw.of(family) + first + (second if draw.below(4) else ""), "borrower"
    given_names, family_names = _ORIGINS[draw.below(len(_ORIGINS))]
    name = f"{draw.of(given_names.split())} {draw.of(family_names.split())}"
    plain = name.translate(str.maketrans("áéíóúñÁÉÍÓÚÑ", "aeiounAEIOUN")).lower()
    return name, re.sub(r"[^a-z]+", ".", plain)


def _address(draw: _Draws, country: str, state: State | None, region: str) -> str:
    number = 1 + draw.below(980)
    street, kind = draw.of(_STREETS), draw.of(_STREET_KINDS)
    town = draw.of(("Sampleton", "Exampleville", "Mockford", "Fictionburg", "Placeholder Falls"))
    if state is not None:
        return f"{number} {street} {kind}\n{town}, {region.split('-')[1]} 00000"
    if country == "CN":
        return f"示例市虚构区样本路{number}号"
    if country == "HK":
        return f"香港虛構道{number}號示例大廈{1 + draw.below(30)}樓"
    if country == "TW":
        return f"示例市虛構區樣本路{number}號"
    return f"{number} {street} {kind}\n{town}\nZZ99 9ZZ"
