"""Cells of a date column → dates; the order of day, month and year is taken from the whole column, or must be named."""

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from email.utils import parsedate_to_datetime
from numbers import Real

from brandlens.errors import UserError, printable

ORDERS = ("day-first", "month-first", "year-first")  # the last of years of two digits alone
PERIODS = ("day", "week", "month")
YEARS = range(1900, 2101)  # others are typos
EXCEL_START = date(1899, 12, 30)  # day 0 of serial numbers, from March 1900 on
EXCEL_DAYS, UNIX_SECONDS = (20_000, 80_000), (100_000_000, 5_000_000_000)  # 1954 to 2119; 1973 to 2128
MAX_DAILY, MAX_WEEKLY = 45, 800  # days from first to last that are summarized by day, by week

_TIME = r"(?:[T,]?\s*\d{1,2}:\d\d.*)?"
_YEAR_FIRST = re.compile(rf"(\d{{4}})([-/.]?)(\d{{1,2}})\2(\d{{1,2}})(?:T|\s|$|,){_TIME}")
_MONTH = re.compile(r"(\d{4})[-/](\d{1,2})")
_YEAR_LAST = re.compile(rf"(\d{{1,2}})([-/.])\s?(\d{{1,2}})\2\s?(\d{{4}}|\d\d){_TIME}")
_NAMED = re.compile(
    rf"(?:[^\W\d]+,?\s+)?(?:(\d{{1,2}})(?:st|nd|rd|th|\.)?[-\s]+([^\W\d]{{3,9}})\.?,?|"
    rf"([^\W\d]{{3,9}})\.?\s+(\d{{1,2}})(?:st|nd|rd|th)?,?)[-\s]+(\d{{4}}|\d\d){_TIME}"
)
_NUMBER = re.compile(r"\d+(?:[.,]\d*)?")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


Readings = dict[str, date]  # of a date such as 03/04/2024 or 24-03-04, in each order that can read it


def parse(cell: object) -> date | Readings | None:
    """Return the date of a cell as it is written there, whatever its time zone; None where there is none.

    Of several readings the column decides which is meant.
    Known are ISO 8601 and the like, numbers separated by slashes, hyphens or full stops (which only stand in day-first
    dates), English names of months, seconds and milliseconds since 1970 (in UTC), and serial numbers of spreadsheets.
    """
    if isinstance(cell, datetime):
        return _checked(cell.date())
    if isinstance(cell, date):
        return _checked(cell)
    if isinstance(cell, Real) and not isinstance(cell, bool):
        return _of_number(float(cell)) or _of_text(str(cell))
    return _of_text(cell.strip()) if isinstance(cell, str) else None


def _of_text(text: str) -> date | Readings | None:  # noqa: PLR0911, a form each
    match = _YEAR_FIRST.fullmatch(text)
    if match and (match[2] or len(match[3]) + len(match[4]) == 4):
        return _make(match[1], match[3], match[4])
    if match := _MONTH.fullmatch(text):
        return _make(match[1], match[2], "1")
    if match := _YEAR_LAST.fullmatch(text):
        return _read_orders(match[1], match[3], match[4], has_stops=match[2] == ".")
    if match := _NAMED.fullmatch(text):
        name = (match[2] or match[3])[:3].casefold()
        return (
            _make(_full_year(match[5]), str(_MONTHS.index(name) + 1), match[1] or match[4]) if name in _MONTHS else None
        )
    if _NUMBER.fullmatch(text):
        return _of_number(float(text.replace(",", ".")))
    with suppress(ValueError):  # ISO 8601 in other forms, such as with weeks
        return _checked(datetime.fromisoformat(text).date())
    try:
        return _checked(parsedate_to_datetime(text).date())
    except (ValueError, TypeError, IndexError):
        return None


def _read_orders(first: str, second: str, last: str, *, has_stops: bool) -> date | Readings | None:
    """Return what three numbers may mean. has_stops: full stops are between them."""
    year = _full_year(last)
    day_first = _make(year, second, first)
    if has_stops:
        return day_first
    dates = [day_first, _make(year, first, second)]
    if len(first) == len(second) == len(last) == 2:
        dates.append(_make(_full_year(first), second, last))
    if len(set(dates)) == 1:
        return day_first
    return {order: value for order, value in zip(ORDERS, dates, strict=False) if value}


def _full_year(year: str) -> str:
    return year if len(year) == 4 else f"{'20' if int(year) < 70 else '19'}{year}"


def _make(year: str, month: str, day: str) -> date | None:
    try:
        return _checked(date(int(year), int(month), int(day)))
    except ValueError:
        return None


def _checked(value: date) -> date | None:
    return value if value.year in YEARS else None


def _of_number(value: float) -> date | None:
    """Return the date of a spreadsheet's serial number, or of seconds, milli-, micro- or nanoseconds since 1970."""
    if EXCEL_DAYS[0] <= value < EXCEL_DAYS[1]:
        return EXCEL_START + timedelta(days=int(value))
    for unit in (1, 1e3, 1e6, 1e9):
        if UNIX_SECONDS[0] <= value / unit < UNIX_SECONDS[1]:
            return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=value / unit)).date()
    return None


@dataclass
class DateFormat:
    """How a column writes dates, found from all of its cells: `add` each of them, then `decide`, then `read`.

    order: one of ORDERS, a format of strptime, or None to find it.
    """

    order: str | None = None
    examples: dict[tuple[str, ...], str] = field(default_factory=dict)  # by the orders that can read it

    _spans: dict[str, tuple[date, date]] = field(default_factory=dict)  # first and last, as each order reads them

    def __post_init__(self) -> None:
        if self.order and self.order not in ORDERS and "%" not in self.order:
            raise UserError(
                f"--date-format {printable(self.order)}: neither {' nor '.join(ORDERS)}, nor a format such as %d/%m/%Y"
            )

    def add(self, cell: object, place: str) -> None:
        """Take note of a cell; place: what a message calls it, such as "row 12"."""
        value = self.read(cell) if self.order else parse(cell)
        if isinstance(value, dict):
            self.examples.setdefault(tuple(value), f'{place}: "{printable(str(cell))[:40]}"')
        readings = value if isinstance(value, dict) else dict.fromkeys(ORDERS, value) if value else {}
        for order, reading in readings.items():
            first, last = self._spans.get(order, (reading, reading))
            self._spans[order] = min(first, reading), max(last, reading)

    @property
    def span(self) -> tuple[date, date] | None:
        """The first and the last date of the cells, by the order that is decided; None without a date."""
        return self._spans.get(self.order if self.order in ORDERS else ORDERS[0])

    def decide(self, name: str) -> None:
        """Settle the order of the numbers; name: of the file and column. Raises UserError where not one is possible."""
        if self.order or not self.examples:
            return
        possible = [order for order in ORDERS if all(order in orders for orders in self.examples)]
        if len(possible) == 1:
            self.order = possible[0]
            return
        known = possible or [order for order in ORDERS if any(order in orders for orders in self.examples)]
        fix = f"say which is meant by {' or '.join(f'--date-format {order}' for order in known)}"
        if possible:
            example = self.examples[min(self.examples, key=len)]
            raise UserError(f"{name}: every date may be {' or '.join(possible)} ({example}); {fix}")
        least = [orders for orders in self.examples if not any(set(other) < set(orders) for other in self.examples)]
        found = " and ".join(f"{' or '.join(orders)} ({self.examples[orders]})" for orders in sorted(least))
        raise UserError(f"{name}: dates are both {found}; {fix}; others then count as bad dates")

    def read(self, cell: object) -> date | None:
        """Return a cell's date, None where it has none."""
        if self.order and "%" in self.order:
            try:
                return _checked(datetime.strptime(str(cell).strip(), self.order).date())
            except ValueError:
                return None
        value = parse(cell)
        return value.get(self.order or "") if isinstance(value, dict) else value


def choose_period(span: tuple[date, date] | None) -> str:
    """Return the period by which dates from first to last are summarized: day, week or month."""
    days = (span[1] - span[0]).days if span else 0
    return "day" if days <= MAX_DAILY else "week" if days <= MAX_WEEKLY else "month"


def period_start(day: date, period: str) -> date:
    """Return the first day of the day's period; weeks begin on Mondays, as in ISO 8601."""
    if period == "week":
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if period == "month" else day


NAMES: Mapping[str, str] = {"day": "%Y-%m-%d", "week": "%Y-%m-%d", "month": "%Y-%m"}


def period_name(start: date, period: str) -> str:
    """Return a period as tables name it: its first day, of a month without the day."""
    return start.strftime(NAMES[period])
