"""The proofs: each example runs, and its figures say what it is there to show."""

import os
import re
import runpy
import subprocess
import sys
import warnings
from pathlib import Path

import pytest

HOME = Path(__file__).parents[2]
SMALL = "marketplace(items=1200)"


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def example(cache, tmp_path, monkeypatch, capsys):
    """Run an example by its number in a folder of its own; its printed lines."""

    def run(number, *arguments, rows=10_000):
        """``rows`` are drawn in an epoch at least: fewer where a figure need not be good."""
        path = place(number)
        monkeypatch.chdir(tmp_path)
        monkeypatch.setenv("LONGSHELF_CACHE", str(cache))
        monkeypatch.setattr(sys, "argv", [str(path), *arguments])
        monkeypatch.setattr("longshelf.training.LEAST", rows)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            runpy.run_path(str(path), run_name="__main__")
        return capsys.readouterr().out.splitlines()

    return run


def place(number):
    (path,) = (HOME / "examples").glob(f"{number}_*.py")
    return path


def figures(line):
    """The numbers of a line after its name, in order."""
    return [float(number) for number in re.findall(r"-?\d+\.\d+|\b\d+\b", line)]


def arms(lines):
    """What each line says of the arm it names: its numbers, in order."""
    words = "balanced accuracy|tail macro-F1|macro-F1|nDCG@20|MAE|head|distinct-2"
    found = {}
    for line in lines:
        if told := re.match(rf"(\S.*?):?\s+(?:{words})\b(.*)", line):
            found[told[1].split(":")[-1]] = figures(told[2])
    return found


def real(test):
    """Also on real data, where LONGSHELF_DATA names them."""
    missing = not os.environ.get("LONGSHELF_DATA")
    skip = pytest.mark.skipif(missing, reason="LONGSHELF_DATA names no folder of real data")
    return pytest.mark.real_data(pytest.mark.slow(skip(test)))


def easy_ensemble(lines):
    plain, ensemble = arms(lines).values()
    assert ensemble[0] > plain[0]
    assert ensemble[3] < ensemble[2]


def test_easy_ensemble_balances_and_its_probabilities_are_corrected(cache, tmp_path):
    """As a user starts it: by its file, in a folder of its own."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", place("01"), "marketplace(problem='purchase', users=600)"],
        capture_output=True, text=True, cwd=tmp_path, timeout=500,
        env={**os.environ, "LONGSHELF_CACHE": str(cache), "OMP_NUM_THREADS": "1"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    easy_ensemble(done.stdout.splitlines())


@real
def test_easy_ensemble_on_shoppers(example):
    easy_ensemble(example("01", "shoppers"))


def chain_of_three(lines):
    found = arms(lines)
    assert list(found) == ["none", "Smote", "Smote + Focal", "Smote + Focal + PerClassThreshold"]
    counts = [numbers[-1] for numbers in found.values()]
    assert counts[0] < counts[1] == counts[2] == counts[3]
    macro = [numbers[0] for numbers in found.values()]
    assert len(set(macro)) >= 3
    assert found["Smote"][1] > found["none"][1] - 0.05


def test_three_hooks_in_one_chain(example):
    chain_of_three(example("02", SMALL, rows=3000))


@real
def test_three_hooks_on_fashion(example):
    chain_of_three(example("02", "fashion"))


def test_decoupled_stages_keep_the_encoder_and_need_one(example):
    lines = example("03", SMALL, rows=2000)
    assert [len(numbers) for numbers in arms(lines[:2]).values()] == [3, 3]
    assert lines[2].startswith("linear: not applicable: Crt keeps an encoder")


@real
def test_decoupled_stages_on_fashion(example):
    found = arms(example("03", "fashion")[:2])
    assert found["Crt"] != found["none"]
    assert min(found["Crt"][:2]) > 0.6


def adversarial(lines):
    plain, fgm, both = arms(lines).values()
    assert all(0 <= value <= 1 for value in plain + fgm + both)
    assert len({tuple(plain), tuple(fgm), tuple(both)}) >= 2


def test_adversarial_steps_inside_a_bert(example):
    adversarial(example("04", "marketplace(items=500)", rows=2500))


def test_a_gan_writes_features(example):
    found = arms(example("05", "marketplace(items=600)", rows=4000))
    assert set(found) == {"none", "RandomOver", "FeatureGan"}
    assert len({tuple(values) for values in found.values()}) == 3
    assert all(0 < value < 1 for values in found.values() for value in values)
    assert found["FeatureGan"][0] > found["none"][0] / 2


def test_expansion_encodes_only_what_is_new(example):
    counts = [
        figures(line.split("texts found")[1])
        for line in example("06", "marketplace(items=400)", rows=1)
    ]
    (found, made), again, expanded = counts
    assert (found, made) == (0, again[0])
    assert again[1] == 0
    assert expanded[0] == again[0]
    assert expanded[1] > 0


def factorisation(lines):
    found = arms(lines)
    ndcg, coverage = 0, 2
    assert len(found) == 5
    assert found["LogQ, then MMR"] != found["+ LogQ"]
    assert found["in-batch softmax"] != found["+ LogQ"]
    assert all(0 <= value <= 1 for values in found.values() for value in values)
    assert found["+ LogitAdjusted"][coverage] != found["+ LogQ"][coverage]
    assert max(values[ndcg] for values in found.values()) > 0
    return found


def test_ranking_by_the_same_hooks(example):
    factorisation(example("07", "marketplace(problem='interactions', users=500, items=400)"))


@real
def test_ranking_groceries(example):
    factorisation(example("07", "amazon_grocery"))


def rare_values(lines):
    found = arms(lines)
    assert next(iter(found)) == "none"
    assert len({tuple(values) for values in found.values()}) == 4
    best = min(values[2] for name, values in found.items() if name != "none")
    assert best < found["none"][2]


def test_smoothing_serves_rare_values(example):
    rare_values(example("08"))


@real
def test_smoothing_serves_rare_demand(example):
    rare_values(example("08", "item_demand"))


def several_labels(lines):
    found = arms(lines)
    plain, focal, own = found.values()
    assert list(found)[1:] == ["Focal", "Asymmetric"]
    assert len({tuple(plain), tuple(focal), tuple(own)}) == 3
    assert all(0 < value <= 1 for value in plain + own)


def test_several_labels_and_a_loss_of_ones_own(example):
    several_labels(example("09", SMALL, rows=3000))


@real
def test_several_labels_of_fashion(example):
    several_labels(example("09", "fashion", "season", "usage", "baseColour"))


def test_titles_are_written_per_category(example):
    lines = example("10", "marketplace(items=500)")
    heads = arms(line for line in lines if not line.startswith("    "))
    titles = [line.strip() for line in lines if line.startswith("    ")]
    assert len(heads) == 2
    assert len(titles) >= 6
    assert all(title.partition(": ")[2] for title in titles)
    assert all(0 < value <= 1 for numbers in heads.values() for value in numbers)


def test_rows_split_after_they_were_written_flatter(example):
    found = arms(example("11", SMALL, rows=3000))
    plain, apart, by_row, late = (numbers[0] for numbers in found.values())
    assert late > max(plain, apart, by_row) + 0.1
    assert abs(apart - plain) < late - by_row


def test_every_example_is_short_and_tested():
    here = Path(__file__).read_text()
    paths = sorted((HOME / "examples").glob("*.py"))
    assert [path.name[:2] for path in paths] == [f"{i:02}" for i in range(1, 12)]
    for path in paths:
        number = path.name[:2]
        assert f'example("{number}"' in here
        code = [line for line in path.read_text().splitlines() if line.strip()]
        assert len(code) < 90
