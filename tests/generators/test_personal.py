"""What is personal data, and what only looks like it."""

import pytest

from longshelf.generators.personal import personal


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("mail jane.doe+x@mail.example.co.uk now", "e-mail"),
        ("电话13812345678联系", "phone"),
        ("call 138-1234-5678", "phone"),
        ("+86 138 1234 5678", "phone"),
        ("008613812345678", "phone"),
        ("8613812345678", "phone"),
        ("ring +44 20 7946 0958", "phone"),
        ("tel 010-62345678", "phone"),
        ("(555) 123-4567", "phone"),
        ("555-123-4567", "phone"),
        ("pay 4111 1111 1111 1111", "card"),
        ("4012888888881881", "card"),
        ("amex 3782 822463 10005", "card"),
        ("卡号6222021234567890128", "card"),
        ("卡号6222021234567890127", None),
        ("UnionPay 6250947000000014", "card"),
        ("身份证11010519491231002X", "resident id"),
        ("440524188001010014 is an id", "resident id"),
        ("440524188001010015 is none", None),
        ("440524188013410014 has no such month", None),
        ("4111 1111 1111 1112", None),
        ("Nikon Coolpix P7100 1920x1080", None),
        ("EAN 6901234567892", None),
        ("EAN 4006381333931", None),
        ("2010 2011 2012 2013", None),
        ("12812345678", None),
        ("138123456789", None),
        ("price 1299.00 then 999", None),
        ("Nike 2 for 1 @ store", None),
        ("model 555-1234", None),
        ("", None),
    ],
)
def test_each_is_told_apart(text: str, what: str | None) -> None:
    assert personal(text) == what


def luhn(digits: str) -> int:
    """The check digit that makes a number pass."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if place % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return (10 - total % 10) % 10


def test_one_check_digit_in_ten_makes_a_card() -> None:
    body = "422233344455566"
    found = [check for check in range(10) if personal(f"{body}{check}") == "card"]
    assert found == [luhn(body)]
