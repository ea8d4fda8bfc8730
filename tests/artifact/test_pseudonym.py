"""The keyed hash of ids is HMAC-SHA256, whatever the key and the id."""

import hmac

from hypothesis import given
from hypothesis import strategies as st

from longshelf.artifact import pseudonym


@given(st.text(), st.binary(min_size=1, max_size=200))
def test_it_is_the_first_half_of_the_standard_hmac(ident, key):
    assert pseudonym(ident, key) == hmac.digest(key, ident.encode(), "sha256").hex()[:32]


def test_what_one_id_added_the_next_does_not_see():
    key = b"k" * 32
    assert [pseudonym(one, key) for one in ("a", "b", "a")] == [
        hmac.digest(key, one, "sha256").hex()[:32] for one in (b"a", b"b", b"a")
    ]
