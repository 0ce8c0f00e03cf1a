"""Prometheus text as it is served, docs/metrics.md, and the dashboard's queries."""

import json
import re

from prometheus_client.parser import text_string_to_metric_families

from .nginx import ROOT

_DOCUMENTED = re.compile(r"^\| `(\w+)` \| (gauge|counter|histogram) \|([^|]*)\| (.+) \|$", re.M)
_SUFFIXES = ("_bucket", "_sum", "_count")
_KEYWORDS = {"sum", "min", "max", "by", "rate", "increase", "topk", "bottomk", "sort_desc", "time", "histogram_quantile",
             "and", "or"}


class Family:
    """One metric: its type, its help, and the labels of its samples."""

    def __init__(self, name, kind, help, labels):
        self.name, self.kind, self.help, self.labels = name, kind, help, set(labels)


def served(text):
    """The families on a page, by name as it stands there."""
    found = {}
    for family in text_string_to_metric_families(text):
        name = family.name + ("_total" if family.type == "counter" else "")
        labels = {label for sample in family.samples for label in sample.labels} - {"le"}
        assert name not in found, f"{name} is announced twice"
        found[name] = Family(name, family.type, family.documentation, labels)
    return found


def documented():
    """The same from docs/metrics.md."""
    rows = _DOCUMENTED.findall((ROOT / "docs/metrics.md").read_text())
    return {name: Family(name, kind, what, re.findall(r"`(\w+)`", labels)) for name, kind, labels, what in rows}


def samples(text, name):
    """{labels: value} of a metric, labels as a sorted tuple of pairs."""
    return {tuple(sorted(s.labels.items())): s.value for f in text_string_to_metric_families(text) for s in f.samples
            if s.name == name}


def queries():
    """(where, expression) of every query of the dashboard, its variables' too."""
    board = json.loads((ROOT / "docker/grafana/sluice.json").read_text())
    for panel in board["panels"]:
        for target in panel.get("targets", []):
            yield panel["title"], target["expr"]
    for variable in board["templating"]["list"]:
        if call := re.match(r"label_values\((.*), *(\w+)\)$", str(variable.get("query"))):
            yield variable["name"], f"sum by ({call[2]}) ({call[1]})"


def family_of(name, families):
    """The family that a name in a query belongs to; a histogram has three names."""
    for suffix in _SUFFIXES:
        base = name.removesuffix(suffix)
        if base != name and base in families and families[base].kind == "histogram":
            return families[base]
    return families.get(name)


def names_in(expression):
    """(metrics, labels) that a query names."""
    labels = {word for group in re.findall(r"\bby \(([^)]*)\)", expression) for word in re.findall(r"\w+", group)}
    labels |= set(re.findall(r"(\w+)=~?\"", expression))
    bare = re.sub(r"\{[^}]*\}|\[[^\]]*\]|\bby \([^)]*\)|\"[^\"]*\"", " ", expression)
    return set(re.findall(r"\b[a-z_]{3,}\b", bare)) - _KEYWORDS, labels
