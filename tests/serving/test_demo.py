"""The demo as a new user has it: from a benchmark to a click in a browser and a trial's report."""

import re
import subprocess
import sys
import time
from pathlib import Path

import pytest
from running import free_port

ROOT = Path(__file__).resolve().parents[2]
SUITE = """
about: A shop small enough for a test.
datasets: ["marketplace(problem='interactions', users=300, items=150)"]
task: rank
split: leave_last_out
seeds: 1
features: [ids]
models: [implicit_als(width=8)]
strategies: [none, Ips]
"""

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.filterwarnings("default"),
]


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    folder = tmp_path_factory.mktemp("demo")
    (folder / "small.yaml").write_text(SUITE)
    port = free_port()
    words = [
        "--folder", folder / "shop", "--suite", folder / "small.yaml", "--port", port,
        "--visits", 400, "--pace", 40, "--every", 2,
    ]  # fmt: skip
    with (folder / "out.txt").open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, str(ROOT / "scripts" / "demo.py"), *map(str, words)], stdout=out,
            stderr=subprocess.STDOUT,
        )  # fmt: skip
    told = lambda: (folder / "out.txt").read_text(encoding="utf-8")  # noqa: E731
    for _ in range(600):
        if "storefront http" in told() or process.poll() is not None:
            break
        time.sleep(0.2)
    assert "storefront http" in told(), told()
    yield folder / "shop", f"http://127.0.0.1:{port}/", process, told
    process.kill()


def told_why(page):
    """Ask why the first item is shown, and again where the busy shop refuses to say."""
    first, notice = page.locator("#list article").first, page.locator("#notice")
    for _ in range(20):
        first.locator(".why").click()
        first.locator(".reasons p, .why[aria-expanded=false]").first.wait_for()
        if first.locator(".reasons p").count():
            return
        time.sleep(0.5)
    raise AssertionError(f"never told why; the page says: {notice.text_content()!r}")


def test_a_visitor_among_the_simulated_ones(browser, demo):
    folder, address, process, told = demo
    page = browser.new_page()
    page.set_default_timeout(20_000)
    page.goto(address)
    page.wait_for_selector("#list article")
    assert "trial remedy, arm" in page.locator("#about").inner_text()
    told_why(page)
    page.locator("#list .buy").first.click()
    for _ in range(100):
        if (folder / "monitor.html").exists():
            break
        time.sleep(0.2)
    page.goto((folder / "monitor.html").as_uri())
    page.wait_for_selector("text=Trial remedy")
    exposures = page.locator("body").inner_text()
    assert re.search(r"sample ratio holds", exposures)
    page.close()
    assert process.wait(120) == 0, told()
    said = told()
    assert "400 visits" in said
    assert "sample ratio holds" in said
    worth = re.search(r"plain list earns ([\d.]+) clicks, a remedied one ([\d.]+)", said)
    assert all(0 < float(one) < 10 for one in worth.groups())
