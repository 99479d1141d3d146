"""Options of the test run, for tests and tutorials alike."""

import pytest


def pytest_addoption(parser):
    parser.addoption("--no-skips", action="store_true", help="fail if any test was skipped or expected to fail")


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session):
    """Turn a green run into a red one where a test did not really run."""
    if left_out(session.config) and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter, config):
    reports = left_out(config)
    if reports:
        terminalreporter.section(f"--no-skips: {len(reports)} did not run", red=True)
        for report in reports:
            terminalreporter.line(f"{report.outcome} {report.nodeid}")


def left_out(config):
    """The reports of skipped and expectedly failing tests, where `--no-skips` forbids them."""
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if reporter is None or not config.getoption("--no-skips"):
        return []
    return [*reporter.stats.get("skipped", ()), *reporter.stats.get("xfailed", ())]
