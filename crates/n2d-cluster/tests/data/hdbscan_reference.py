"""Reference fits for src/hdbscan/reference.rs.

Made with Python 3.11, numpy 2.4, scikit-learn 1.9.1, hdbscan 0.8.44, in this folder, by
    python hdbscan_reference.py
which writes hdbscan_1.json, hdbscan_2.json and hdbscan_3.json. All data are whole numbers times 1/64, or 1/10 for iris (taken in single
precision), so that single and double precision hold the same values. Iris: R. A. Fisher (1936); digits: E. Alpaydin and
C. Kaynak (1998), their principal components; both as they come with scikit-learn. Distances are those of Prim's way, which
is always exact.
"""
import json
import warnings

import hdbscan
import numpy as np
from hdbscan.prediction import approximate_predict_scores
from sklearn.datasets import load_digits, load_iris, make_blobs, make_moons
from sklearn.decomposition import PCA
from sklearn.metrics import pairwise_distances

warnings.simplefilter("ignore")  # exemplars and predictions where there are no clusters
rng = np.random.default_rng(5)


def grid(x, unit=64):
    return np.round(np.asarray(x) * unit).astype(int)


def sets():
    moons, _ = make_moons(200, noise=0.06, random_state=1)
    blobs, _ = make_blobs(160, centers=4, cluster_std=0.6, random_state=3)
    noise = rng.uniform(-12, 12, (40, 2))
    dense = rng.normal((0, 0), 0.1, (80, 2))
    wide = rng.normal((4, 4), 1.0, (80, 2))
    stretched = rng.normal(size=(180, 2)) @ [[0.6, -0.6], [-0.4, 0.8]] + rng.choice([-3, 0, 3], (180, 1))
    repeated = np.repeat(rng.normal(0, 3, (40, 3)), rng.integers(1, 7, 40), axis=0)
    digits = PCA(5, svd_solver="full").fit_transform(load_digits().data[:360])
    deep = np.vstack([rng.normal(c, 1.0, (50, 12)) for c in rng.normal(0, 2.5, (4, 12))])
    return {
        "moons": (64, grid(moons)),
        "blobs with noise": (64, grid(np.vstack([blobs, noise]))),
        "two densities": (64, grid(np.vstack([dense, wide]))),
        "stretched": (64, grid(stretched)),
        "repeated rows": (64, grid(repeated)),
        "iris": (10, grid(load_iris().data, 10)),
        "digits": (64, grid(digits)),
        "twelve features": (64, grid(deep)),
    }


def floats(x, digits=8):
    return [float(f"{v:.{digits}g}") if np.isfinite(v) else None for v in np.ravel(x)]


def values(unit, x):
    return (x / unit).astype(np.float32).astype(float)


def new_rows(x, n=25):
    low, high = x.min(axis=0), x.max(axis=0)
    near = x[rng.choice(len(x), n - 10)] + np.round(rng.normal(0, (high - low) / 20, (n - 10, x.shape[1])))
    far = rng.integers(low - (high - low) // 3, high + (high - low) // 3 + 1, (10, x.shape[1]))
    return np.vstack([near, far]).astype(int)


def case(data, name, soft=True, predict=True, precomputed=False, **options):
    unit, grid_x = data[name]
    x = values(unit, grid_x)
    metric = options.get("metric", "euclidean")
    asked = {k: v for k, v in options.items() if k != "metric"}
    if precomputed:
        model = hdbscan.HDBSCAN(metric="precomputed", algorithm="generic", gen_min_span_tree=True, **asked)
        model.fit(pairwise_distances(x, metric=metric))
    else:
        model = hdbscan.HDBSCAN(metric=metric, algorithm="prims_kdtree", gen_min_span_tree=True, **asked)
        model.fit(x)
    tree = model._condensed_tree
    result = {
        "set": name,
        "options": options,
        "linkage": [[int(a), int(b), float(f"{w:.14g}"), int(s)] for a, b, w, s in model._single_linkage_tree],
        "edges": [[int(min(a, b)), int(max(a, b))] for a, b, _ in model._min_spanning_tree],
        "condensed": [[int(r["parent"]), int(r["child"]), floats(r["lambda_val"], 11)[0], int(r["child_size"])] for r in tree],
        "labels": model.labels_.tolist(),
        "probabilities": floats(model.probabilities_, 7),
        "outlier_scores": floats(model.outlier_scores_, 7),
        "persistence": floats(model.cluster_persistence_),
        "validity": floats(model.relative_validity_)[0] if model.labels_.max() >= 0 else 0.0,
        "dbscan": [
            {"epsilon": float(e), "labels": model.dbscan_clustering(float(e), 4).tolist()}
            for e in [np.median(model._single_linkage_tree[:, 2]) * 1.3]
        ],
    }
    if predict and not precomputed:
        model.generate_prediction_data()
        new = new_rows(grid_x)
        at = values(unit, new)
        labels, strengths, joints = hdbscan.approximate_predict(model, at, return_connecting_points=True)
        result["new"] = {
            "rows": new.ravel().tolist(),
            "labels": labels.tolist(),
            "strengths": floats(strengths, 7),
            "connecting": joints.tolist(),
            "scores": floats(approximate_predict_scores(model, at), 7),
        }
        points = [np.sort((x[:, None] == e[None]).all(-1).argmax(0)).tolist() for e in model.prediction_data_.exemplars]
        result["new"]["exemplars"] = points
        if soft:
            result["new"]["membership"] = floats(hdbscan.membership_vector(model, at), 6)
            result["membership"] = floats(hdbscan.all_points_membership_vectors(model), 6)
    return result


def write(path, data, cases):
    used = {c["set"] for c in cases}
    with open(path, "w") as file:
        made = [
            {"name": k, "unit": u, "n_features": x.shape[1], "x": x.ravel().tolist()} for k, (u, x) in data.items() if k in used
        ]
        lines = ",\n".join(json.dumps(s, separators=(",", ":")) for s in made)
        file.write('{"sets":[\n' + lines + '\n],"cases":[\n')
        file.write(",\n".join(json.dumps(c, separators=(",", ":")) for c in cases) + "\n]}\n")


data = sets()
write(
    "hdbscan_1.json",
    data,
    [
        case(data, "moons"),
        case(data, "moons", min_cluster_size=12, min_samples=3, cluster_selection_method="leaf"),
        case(data, "blobs with noise"),
        case(data, "blobs with noise", min_cluster_size=6, min_samples=2, cluster_selection_epsilon=0.9, soft=False),
    ],
)
write(
    "hdbscan_3.json",
    data,
    [
        case(data, "two densities", min_cluster_size=8),
        case(data, "two densities", min_cluster_size=6, max_cluster_size=60, soft=False),
        case(data, "iris"),
        case(data, "digits", min_samples=4, min_cluster_size=10, soft=False),
    ],
)
write(
    "hdbscan_2.json",
    data,
    [
        case(data, "stretched", alpha=0.7, soft=False),
        case(data, "stretched", min_cluster_size=5, cluster_selection_method="leaf", cluster_selection_epsilon=0.6, soft=False),
        case(data, "stretched", min_cluster_size=20, allow_single_cluster=True, predict=False),
        case(data, "repeated rows", min_cluster_size=4, min_samples=3, predict=False),
        case(data, "iris", min_cluster_size=40, allow_single_cluster=True, cluster_selection_epsilon=1.0, predict=False),
        case(data, "iris", min_samples=1, cluster_selection_persistence=0.4, predict=False),
        case(data, "twelve features", min_cluster_size=9, min_samples=5, metric="manhattan", soft=False),
        case(data, "twelve features", min_cluster_size=5, min_samples=15, cluster_selection_epsilon_max=6.0, predict=False),
        case(data, "blobs with noise", min_cluster_size=9, min_samples=4, precomputed=True),
    ],
)
