"""Names print as they are typed and parse back."""

import math
from dataclasses import MISSING, dataclass, fields

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from longshelf.components import KINDS, build, known, show, snake
from longshelf.errors import InputError
from longshelf.strategies import Chain, Focal, LogitAdjusted, Smote, Strategy


@pytest.fixture(scope="module", autouse=True)
def imported():
    """imbalanced-learn is imported before Hypothesis watches the random module."""
    known("strategy")["Imblearn"]()


def changed(value, draw):
    """Another value of the type of a default, small enough to be allowed."""
    if isinstance(value, bool):
        return draw(st.booleans())
    if isinstance(value, int):
        return value + draw(st.integers(0, 3))
    if isinstance(value, float):
        return draw(st.sampled_from([value, value / 2, round(value * 0.9, 3)]))
    return value


@st.composite
def strategies(draw):
    cls = known("strategy")[draw(st.sampled_from(sorted(known("strategy"))))]
    arguments = {}
    for field in fields(cls):
        if field.default is not MISSING and field.init:
            arguments[field.name] = changed(field.default, draw)
    try:
        return cls(**arguments)
    except InputError:
        return cls()


@settings(max_examples=300, deadline=None)
@given(strategies())
def test_any_strategy_parses_back(strategy):
    name = show(strategy)
    assert build("strategy", name) == strategy
    assert show(build("strategy", name)) == name
    assert build("strategy", repr(strategy).replace("Strategy()", "none")) == strategy


@settings(max_examples=100, deadline=None)
@given(st.lists(strategies(), min_size=2, max_size=3))
def test_any_chain_parses_back(parts):
    try:
        chain = Chain(*parts)
    except InputError:
        return
    if len(chain.parts) < 2:
        return
    assert build("strategy", show(chain)) == chain
    assert build("strategy", [show(part) for part in parts]).parts == chain.parts


def test_a_mapping_a_string_and_an_instance_are_one():
    smote = Smote(k=3)
    for spec in ("Smote(k=3)", "smote(k=3)", {"Smote": {"k": 3}}, smote, ["Smote(k=3)"]):
        assert build("strategy", spec) == smote
    assert build("strategy", "none") == build("strategy", {"none": None}) == Strategy()
    assert show(Strategy()) == "none"
    assert show(LogitAdjusted(tau=0.5) + Focal()) == "LogitAdjusted(tau=0.5) + Focal"


@pytest.mark.parametrize(
    ("kind", "spec", "said"),
    [
        ("strategy", "Smoet", "did you mean 'Smote'"),
        ("strategy", "Smote(kk=3)", "did you mean 'k'"),
        ("strategy", "Smote(3)", "arguments go by name"),
        ("strategy", "Smote(k=", "cannot read the strategy"),
        ("strategy", {"Smote": {}, "Focal": {}}, "one name with its arguments"),
        ("strategy", 7, "a name, a mapping or a list"),
        ("strategy", "no.such:Thing", "cannot load the strategy"),
        ("strategy", "math:pi", "must be a dataclass"),
        ("strategy", "Smote(k=__import__('os').getpid())", "cannot read|unknown"),
        ("model", ["linear", "mlp"], "only strategies can be chained"),
        ("features", "tfidff", "did you mean 'tf_idf'"),
        ("split", "stratified(test=2)", "sum to less than 1"),
        ("task", "parts", "unknown task"),
    ],
)
def test_what_cannot_be_built_is_said(kind, spec, said):
    with pytest.raises(InputError, match=said):
        build(kind, spec)


@dataclass(frozen=True, kw_only=True)
class Own(Strategy):
    """Of the user's own."""

    strength: float = math.inf


def test_the_users_own_is_named_by_its_module():
    assert show(Own(strength=2.0)) == f"{__name__}:Own(strength=2.0)"
    assert build("strategy", show(Own(strength=2.0))) == Own(strength=2.0)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "strategy"])
def test_other_kinds_print_in_snake_case(kind):
    for name, cls in known(kind).items():
        if any(one.default is MISSING and one.default_factory is MISSING for one in fields(cls)):
            continue
        assert show(cls()) == vars(cls).get("shown", snake(name))
        assert build(kind, snake(name)) == build(kind, name) == cls()
