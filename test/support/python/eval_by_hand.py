"""The figures of an evaluation by their textbook formulas, from rows on standard input: nothing of combot is in it."""

import json
import math
import sys
from statistics import NormalDist

given = json.load(sys.stdin)
rows = [row for row in given["rows"] if row["expected"] is not None]
strangers = [row for row in given["rows"] if row["expected"] is None]
target = given["target"]
Z = NormalDist().inv_cdf(0.975)


def wilson(right, n):
    p = right / n
    half = Z * math.sqrt(p * (1 - p) / n + Z**2 / (4 * n**2))
    return [(p + Z**2 / (2 * n) - half) / (1 + Z**2 / n), (p + Z**2 / (2 * n) + half) / (1 + Z**2 / n)]


def right(some):
    return sum(row["expected"] == row["predicted"] for row in some)


def label(name):
    tp = sum(row["expected"] == name == row["predicted"] for row in rows)
    fp = sum(row["expected"] != name and row["predicted"] == name for row in rows)
    fn = sum(row["expected"] == name and row["predicted"] != name for row in rows)
    precision = tp / (tp + fp) if tp + fp else None
    recall = tp / (tp + fn) if tp + fn else None
    f1 = 2 * tp / (2 * tp + fp + fn) if tp + fp + fn else None
    return {"label": name, "precision": precision, "recall": recall, "f1": f1}


def calibration_error():
    error = 0
    for low in range(10):
        inside = [r for r in rows if low / 10 <= r["score"] < (low + 1) / 10 or (low == 9 and r["score"] == 1)]
        if inside:
            gap = abs(right(inside) / len(inside) - sum(r["score"] for r in inside) / len(inside))
            error += len(inside) / len(rows) * gap
    return error


def from_score(score):
    answered = [row for row in rows if row["score"] >= score]
    return {
        "answered": len(answered) / len(rows),
        "accuracy": right(answered) / len(answered) if answered else None,
        "outOfScope": sum(row["score"] >= score for row in strangers) / len(strangers),
    }


def threshold():
    reached = []
    for score in {row["score"] for row in rows}:
        answered = [row for row in rows if row["score"] >= score]
        if right(answered) / len(answered) >= target:
            reached.append(score)
    return min(reached) if reached else None


def auroc():
    wins = 0
    for row in rows:
        for other in strangers:
            wins += 1 if row["score"] > other["score"] else 0.5 if row["score"] == other["score"] else 0
    return wins / (len(rows) * len(strangers))


def exact(b, c):
    n = b + c
    tail = sum(math.comb(n, k) for k in range(min(b, c) + 1))
    return min(1.0, 2 * tail / 2**n)


def continuity(b, c):
    return math.erfc(math.sqrt((abs(b - c) - 1) ** 2 / (b + c) / 2))


names = sorted({row["expected"] for row in rows} | {row["predicted"] for row in rows})
print(
    json.dumps(
        {
            "accuracy": right(rows) / len(rows),
            "interval": wilson(right(rows), len(rows)),
            "labels": [label(name) for name in names],
            "error": calibration_error(),
            "loss": -sum(math.log(max(5e-7, row["expectedScore"])) for row in rows) / len(rows),
            "meanScore": sum(row["score"] for row in rows) / len(rows),
            "coverage": [from_score(score) for score in given["scores"]],
            "threshold": threshold(),
            "auroc": auroc(),
            "exact": [exact(b, c) for b, c in given["exact"]],
            "continuity": [continuity(b, c) for b, c in given["continuity"]],
        }
    )
)
