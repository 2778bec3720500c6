"""Reference labels for tests/adapters_linfa.rs and tests/adapters_hdbscan.rs.

Made with Python 3.11, numpy 2.4, scikit-learn 1.9.1, hdbscan 0.8.44, in this folder, by
    python adapters.py > adapters.json
The hdbscan package does not count the row itself among its min_samples; the crate of that name in Rust does.
"""

import json

import numpy as np
from hdbscan import HDBSCAN
from sklearn.cluster import DBSCAN, OPTICS, cluster_optics_dbscan

rng = np.random.default_rng(7)
angle = rng.uniform(0, np.pi, 120)
moons = np.vstack([
    np.column_stack([np.cos(angle[:60]), np.sin(angle[:60])]),
    np.column_stack([1 - np.cos(angle[60:]), 0.5 - np.sin(angle[60:])]),
])
rows = np.vstack([
    moons + rng.normal(0, 0.05, moons.shape),
    rng.normal((4, 0), 0.2, (50, 2)),
    rng.normal((4.5, 1.6), 0.15, (40, 2)),
    rng.uniform(-2, 6, (30, 2)),
])
rows = rows[rng.permutation(len(rows))].round(4).astype(np.float32).astype(np.float64)

dbscan = []
for eps, min_samples, metric in [(0.3, 5, "euclidean"), (0.35, 4, "manhattan"), (0.25, 6, "chebyshev")]:
    fit = DBSCAN(eps=eps, min_samples=min_samples, metric=metric).fit(rows)
    # Core distances are those of OPTICS without a bound.
    optics = OPTICS(min_samples=min_samples, max_eps=np.inf, metric=metric).fit(rows)
    cut = cluster_optics_dbscan(
        reachability=optics.reachability_, core_distances=optics.core_distances_, ordering=optics.ordering_, eps=eps
    )
    dbscan.append({
        "eps": eps,
        "min_samples": min_samples,
        "metric": metric,
        "labels": fit.labels_.tolist(),
        "core_rows": fit.core_sample_indices_.tolist(),
        "core_distances": [round(x, 12) for x in optics.core_distances_.tolist()],
        "optics_noise": int((cut == -1).sum()),
    })

hdbscan = []
for min_cluster_size, min_samples, epsilon, single, metric in [
    (5, None, 0.0, False, "euclidean"),
    (10, 3, 0.0, False, "euclidean"),
    (5, 4, 0.4, False, "euclidean"),
    (12, 4, 0.0, False, "manhattan"),
    (8, 8, 0.0, False, "chebyshev"),
]:
    fit = HDBSCAN(
        min_cluster_size=min_cluster_size,
        min_samples=(min_samples or min_cluster_size) - 1,
        algorithm="generic",
        cluster_selection_epsilon=epsilon,
        allow_single_cluster=single,
        metric=metric,
    ).fit(rows)
    hdbscan.append({
        "config": {
            "min_cluster_size": min_cluster_size,
            "min_samples": min_samples,
            "epsilon": epsilon,
            "allow_single_cluster": single,
            "metric": metric,
        },
        "labels": fit.labels_.tolist(),
    })

print(json.dumps({"rows": rows.round(4).tolist(), "dbscan": dbscan, "hdbscan": hdbscan}, separators=(",", ":")))
