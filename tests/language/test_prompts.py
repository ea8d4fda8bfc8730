"""Templates, worked by hand."""

import pytest

from longshelf.errors import InputError
from longshelf.language.prompts import TEMPLATES, Template, described


@pytest.mark.parametrize(
    ("language", "wanted"),
    [
        ("en", "Title: red dress\nCategory: Dresses\n\nTitle: a tie\nCategory:"),
        ("zh", "标题：red dress\n类别：Dresses\n\n标题：a tie\n类别："),
    ],
)
def test_examples_and_question_read_as_one_text(language, wanted):
    template = Template.read(TEMPLATES[language])
    assert template.show([("red  dress\n", "Dresses")]) + template.ask("a tie") == wanted


def test_braces_in_a_title_stay_as_they_are():
    template = Template.read("{text} is a kind of {label}.")
    assert template.show([("{label} {0}", "Mug")]) == "{label} {0} is a kind of Mug."


@pytest.mark.parametrize(
    "wrong", ["{label}: {text}", "{text}{label}", "Title: {text}", "{text}\n{label} {label}"]
)
def test_a_template_that_lacks_a_place_is_refused(wrong):
    with pytest.raises(InputError, match="a template holds"):
        Template.read(wrong)


def test_labels_are_listed_with_what_is_said_of_them():
    assert described(["A", "B"], None) == "- A\n- B"
    assert described(["A", "B"], ["first", "B"]) == "- A: first\n- B"
