"""Cells → dates, and the order of day and month."""

from datetime import UTC, date, datetime

import pytest

from brandlens.errors import UserError
from brandlens.sentiment.summary import dates
from brandlens.sentiment.summary.dates import DateFormat

DAY = date(2024, 3, 5)
WRITTEN = (
    "2024-03-05", "2024-03-05T23:11:12Z", "2024-03-05 10:11:12.5+02:00", "20240305", "20240305T101112Z", "2024/3/5",
    "2024-W10-2", "5.3.2024", "05.03.24", " 5 Mar 2024 ", "March 5th, 2024", "Tuesday, March 5, 2024", "5-Mar-24",
    "Tue, 05 Mar 2024 12:00:00 +0000", "Mar 5, 2024 10:00", "45356", "45356,5", 45356.5, 1709600000, 1709600000123,
    "1709600000", DAY, datetime(2024, 3, 5, tzinfo=UTC),
)  # fmt: skip


@pytest.mark.parametrize("cell", WRITTEN)
def test_written_dates(cell: object) -> None:
    assert dates.parse(cell) == DAY


@pytest.mark.parametrize(
    "cell",
    [
        "",
        " ",
        "n/a",
        "2024-13-05",
        "32.01.2024",
        "2024",
        "0024-03-05",
        None,
        float("nan"),
        float("inf"),
        True,
        "12:30",
        7,
    ],
)
def test_no_dates(cell: object) -> None:
    assert dates.parse(cell) is None


def decided(*cells: object, order: str | None = None) -> DateFormat:
    format = DateFormat(order)
    for number, cell in enumerate(cells, 2):
        format.add(cell, f"row {number}")
    format.decide("x.csv")
    return format


def test_no_cells() -> None:
    assert decided().span is None


@pytest.mark.parametrize(
    ("cells", "read"),
    [
        pytest.param(["03/04/2024", "13/04/2024 9:30"], date(2024, 4, 3), id="day first"),
        pytest.param(["03/04/2024", "04/13/2024"], date(2024, 3, 4), id="month first"),
        pytest.param(["24-01-02", "99-12-31"], date(2024, 1, 2), id="year first"),
        pytest.param(["24-01-02", "13-04-2024"], date(2002, 1, 24), id="a year of four digits is last"),
        pytest.param(["24/01/02", "1/02/03"], date(2002, 1, 24), id="a year has no single digit"),
    ],
)
def test_the_column_tells_the_order(cells: list[str], read: date) -> None:
    assert decided(*cells).read(cells[0]) == read


def test_either_order_is_refused_and_can_be_named() -> None:
    with pytest.raises(UserError, match=r'x.csv: every date .*row 2: "03/04/2024".*--date-format day-first'):
        decided("03/04/2024", "05/05/2024")
    assert decided("03/04/2024", order="month-first").read("03/04/2024") == date(2024, 3, 4)
    assert decided("03/04/2024", order="%d/%m/%Y").read("03/04/2024") == date(2024, 4, 3)


def test_a_year_of_two_digits_may_be_first() -> None:
    with pytest.raises(UserError, match=r'day-first or year-first \(row 2: "24-01-02"\).*--date-format year-first'):
        decided("24-01-02", "24-02-03")
    assert decided("24-01-02", order="year-first").read("24-01-02") == date(2024, 1, 2)
    assert decided("24-01-02", order="year-first").span == (date(2024, 1, 2), date(2024, 1, 2))


def test_both_orders_are_refused() -> None:
    with pytest.raises(UserError, match=r"both day-first \(row 2.*month-first \(row 3"):
        decided("13/04/2024", "04/13/2024")
    with pytest.raises(UserError, match="neither day-first nor month-first"):
        DateFormat("american")


def test_the_span_is_of_the_order_that_is_meant() -> None:
    assert decided("01/12/2024", "13/12/2024").span == (date(2024, 12, 1), date(2024, 12, 13))


def test_a_date_of_one_reading_needs_no_order() -> None:
    assert decided("05/05/2024").read("05/05/2024") == date(2024, 5, 5)


def test_periods() -> None:
    assert [dates.choose_period((DAY, last)) for last in (DAY, date(2024, 9, 1), date(2030, 1, 1))] == [
        "day", "week", "month",
    ]  # fmt: skip
    assert dates.choose_period(None) == "day"
    starts = [dates.period_start(date(2024, 3, 6), by) for by in dates.PERIODS]
    assert starts == [date(2024, 3, 6), date(2024, 3, 4), date(2024, 3, 1)]
    assert dates.period_name(starts[2], "month") == "2024-03"
