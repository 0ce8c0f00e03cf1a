"""Medians, percentiles, and runs that take turns."""

import math
import statistics


def median(values):
    """The median of what is not None; None when nothing is."""
    values = [v for v in values if v is not None]
    return statistics.median(values) if values else None


def percentile(values, percent):
    """Nearest rank, as the load tools do it."""
    ordered = sorted(values)
    return ordered[max(math.ceil(percent / 100 * len(ordered)), 1) - 1] if ordered else None


def dig(result, path):
    """result["a"]["b"] for "a.b"; None when a part is missing."""
    for key in path.split("."):
        result = result.get(key) if isinstance(result, dict) else None
    return result


def middle(results, path):
    """The median over the runs."""
    return median([dig(result, path) for result in results])


def ratio(results, others, path):
    """The median of the run-by-run quotients: what slows the machine down hits neighbours alike."""
    pairs = [(dig(a, path), dig(b, path)) for a, b in zip(results, others)]
    return median([a / b for a, b in pairs if a is not None and b])


def difference(results, others, path):
    """The median of the run-by-run differences."""
    pairs = [(dig(a, path), dig(b, path)) for a, b in zip(results, others)]
    return median([a - b for a, b in pairs if a is not None and b is not None])


def take_turns(runs, contestants, progress):
    """Runs A B C A B C …; {name: [result of each run]}. `contestants` maps names to functions."""
    results = {name: [] for name in contestants}
    for run in range(runs):
        for name, measure in contestants.items():
            progress(f"{name}, run {run + 1} of {runs}")
            results[name].append(measure())
    return results
