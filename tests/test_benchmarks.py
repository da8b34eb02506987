"""Benchmarks still work, on little; what they measure is nobody's business here."""

from tests.benchmarks import Row, git


def test_repositories_can_be_measured(monkeypatch):
    for name, little in (("COMMITS", 3), ("FILES", 5), ("ROUNDS", 1)):
        monkeypatch.setattr(git, name, little)

    rows = [Row(*row) for row in git.measure()]

    assert [row.figure.endswith("of the time") for row in rows] == [True, True]
