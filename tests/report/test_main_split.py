"""Which of several splits a report is of."""

import polars as pl
import pytest

from longshelf.report.aggregate import _main_split


@pytest.mark.parametrize("plain", ["stratified", "fewer(train=50)"])
def test_a_report_is_of_the_texts_as_they_are(plain):
    rows = [
        {"dataset": "shop", "task": "classify", "split": split, "value": 0.5}
        for split in (plain, f"shifted(of={plain})", f"intervened(of={plain})")
        for _ in range(3 if split == plain else 4)
    ]
    kept, said = _main_split(pl.DataFrame(rows))
    assert kept["split"].unique().to_list() == [plain]
    assert f"shifted(of={plain})" in str(said)
    assert "intervened" not in str(said)
