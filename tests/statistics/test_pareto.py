"""The Pareto front against a loop over pairs."""

import numpy as np
import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from longshelf.statistics import pareto

POINTS = st.lists(
    st.tuples(*[st.integers(0, 5).map(float)] * 2, st.sampled_from([0.0, 0.6, 2.0])), min_size=1
)


@given(POINTS)
def test_marks_are_those_of_a_loop(points):
    x, y, wide = (np.array(column) for column in zip(*points, strict=True))
    arms = pl.DataFrame(
        {
            "x": x, "y": y, "x_low": x - wide, "x_high": x + wide,
            "y_low": y - wide, "y_high": y + wide,
        }
    )  # fmt: skip
    expected = []
    for i in range(len(x)):
        mark = "front"
        for j in range(len(x)):
            if x[j] - wide[j] > x[i] + wide[i] and y[j] - wide[j] > y[i] + wide[i]:
                mark = "−"
                break
            if x[j] >= x[i] and y[j] >= y[i] and (x[j], y[j]) != (x[i], y[i]):
                mark = "~"
        expected.append(mark)
    assert pareto(arms)["front"].to_list() == expected
    assert "front" in expected
