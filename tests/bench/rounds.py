"""One run of a load through a proxy, and what many interleaved runs come to: medians, ranges and ratios. Which runs
there are, and how they are told of, is left to compare and score."""

import statistics
import time

import stage

SETTLE = 0.1


def run(tools, proxy, sink, load_options):
    """One run of one variant: what the load generator saw, and the proxy's CPU time in ms per message."""
    before = stage.cpu_seconds(proxy.pid) if proxy else 0.0
    seen = tools.run_load(proxy.port if proxy else sink.port, *load_options)
    time.sleep(SETTLE)  # closing belongs to a session too
    spent = stage.cpu_seconds(proxy.pid) - before if proxy else 0.0
    seen["cpu"] = 1000 * spent / seen["messages"]
    return seen


def median(runs, key):
    return statistics.median(seen[key] for seen in runs)


def spread(values, digits):
    low, high = min(values), max(values)
    return f"{statistics.median(values):.{digits}f} ({low:.{digits}f}-{high:.{digits}f})"


def ratio(runs, reference, key):
    """Median of the rounds' own ratios: what disturbs a round disturbs both runs of it."""
    if not runs or not reference or not all(other[key] for other in reference):
        return "-"
    return f"{statistics.median(mine[key] / other[key] for mine, other in zip(runs, reference)):.2f}"
