"""Reference values of the external measures for tests/reference.rs.

Made with Python 3.11, numpy 2.4, scipy 1.17, scikit-learn 1.9.1, in this folder, by
    python reference.py > reference.json
ACC is by scipy's linear_sum_assignment; rows whose true or predicted label is -1 never count as right. All else takes -1
for a label like any other; "left_out" is made without such rows, "apart" with each such row a group of its own.
"""
import json

import numpy as np
from scipy.optimize import linear_sum_assignment
from sklearn import metrics


def acc(y_true, y_pred):
    known = (y_true >= 0) & (y_pred >= 0)
    if not known.any():
        return 0.0
    table = np.zeros((y_pred.max() + 1, y_true.max() + 1), dtype=int)
    np.add.at(table, (y_pred[known], y_true[known]), 1)
    rows, cols = linear_sum_assignment(table, maximize=True)
    return float(table[rows, cols].sum() / len(y_true))


rng = np.random.default_rng(7)
n = 120
classes = rng.integers(0, 6, n)
noisy = np.where(rng.random(n) < 0.3, rng.integers(0, 6, n), classes)
perm = np.array([3, 0, 5, 1, 4, 2])
pairs = {
    "identical": (classes, classes),
    "permuted": (classes, perm[classes]),
    "noisy and permuted": (classes, perm[noisy]),
    "independent": (classes, rng.integers(0, 6, n)),
    "single cluster": (classes, np.zeros(n, int)),
    "single class": (np.zeros(n, int), classes),
    "both single": (np.zeros(n, int), np.full(n, 4)),
    "all distinct clusters": (classes, np.arange(n)),
    "all distinct both": (np.arange(n), np.arange(n)[::-1]),
    "more clusters than classes": (classes, noisy * 3 + rng.integers(0, 3, n)),
    "fewer clusters than classes": (classes, noisy // 2),
    "noise as a group": (classes, np.where(rng.random(n) < 0.2, -1, noisy)),
    "unlabelled rows": (np.where(rng.random(n) < 0.2, -1, classes), noisy),
    "noise on both sides": (
        np.where(rng.random(n) < 0.2, -1, classes),
        np.where(rng.random(n) < 0.2, -1, perm[noisy]),
    ),
    "all noise": (classes, np.full(n, -1)),
    "gaps between labels": (classes * 100, noisy * 37 + 5),
    "very unequal sizes": (np.minimum(rng.geometric(0.6, n) - 1, 8), np.minimum(rng.geometric(0.5, n) - 1, 8)),
    "two rows apart": (np.array([0, 1]), np.array([0, 0])),
    "one row": (np.array([0]), np.array([3])),
}


MEANS = ["arithmetic", "geometric", "min", "max"]


def scores(t, p):
    h, c, v2 = metrics.homogeneity_completeness_v_measure(t, p, beta=2.0)
    own = {
        "homogeneity": h,
        "completeness": c,
        "v_measure": metrics.v_measure_score(t, p),
        "v_beta_2": v2,
        "rand": metrics.rand_score(t, p),
        "fowlkes_mallows": metrics.fowlkes_mallows_score(t, p),
        "nmi": [metrics.normalized_mutual_info_score(t, p, average_method=mean) for mean in MEANS],
        "ami": [metrics.adjusted_mutual_info_score(t, p, average_method=mean) for mean in MEANS],
        "ari": metrics.adjusted_rand_score(t, p),
        "mutual_info": metrics.mutual_info_score(t, p),
        "pairs": (metrics.pair_confusion_matrix(t, p) // 2).ravel().tolist(),
        "purity": metrics.cluster.contingency_matrix(t, p).max(axis=0).sum() / len(t),
    }
    return {k: v if k == "pairs" else np.asarray(v, float).tolist() for k, v in own.items()}


def apart(y):
    return np.where(y < 0, 1000 + np.arange(len(y)), y)


out = []
for name, (t, p) in pairs.items():
    out.append(
        {
            "name": name,
            "y_true": t.tolist(),
            "y_pred": p.tolist(),
            "acc": acc(t, p),
            "own_cluster": scores(t, p),
        }
    )
    kept = (t >= 0) & (p >= 0)
    if not kept.all():
        out[-1]["left_out"] = scores(t[kept], p[kept]) if kept.any() else None
        out[-1]["apart"] = scores(apart(t), apart(p))
print("[\n" + ",\n".join(json.dumps(case) for case in out) + "\n]")
