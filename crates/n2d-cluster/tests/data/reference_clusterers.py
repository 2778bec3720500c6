"""Reference fits for tests/reference_clusterers.rs.

Made with Python 3.11, numpy 2.4, scipy 1.17, scikit-learn 1.9.1, in this folder, by
    python reference_clusterers.py
which writes clusterers.json. All data are multiples of 1/64 (`scatter`, without ties: of 2^-18), so that single and double precision hold the same values.
"""
import json
import warnings

import numpy as np
from sklearn.cluster import DBSCAN, OPTICS, AgglomerativeClustering, KMeans, SpectralClustering
from sklearn.datasets import make_circles, make_moons
from sklearn.neighbors import kneighbors_graph

warnings.simplefilter("ignore")  # disconnected graphs, on purpose


def grid(x):
    return np.round(np.asarray(x) * 64) / 64


def blobs(rng, n, d, k, spread):
    centers = rng.normal(0, spread, (k, d))
    return grid(centers[np.arange(n) % k] + rng.normal(size=(n, d)))


def numbers(values):
    """Infinity is no JSON: -1 stands for it."""
    return [-1.0 if np.isinf(v) else round(float(v), 12) for v in np.ravel(values)]


rng = np.random.default_rng(5)
data = {
    "plane": blobs(rng, 150, 2, 4, 4.0),
    "deep": blobs(rng, 120, 7, 3, 2.0),
    "moons": grid(make_moons(160, noise=0.06, random_state=1)[0] * 4),
    "circles": grid(make_circles(160, noise=0.03, factor=0.4, random_state=2)[0] * 4),
    "lattice": grid(np.stack(np.meshgrid(np.arange(8), np.arange(7)), -1).reshape(-1, 2)),
    "scatter": np.round(make_moons(120, noise=0.06, random_state=3)[0] * 2**20) / 2**18,
    "duplicates": grid(np.repeat(rng.normal(0, 4, (25, 3)), 3, axis=0)),
}
weights = {name: (rng.integers(0, 9, len(x)) / 4).tolist() for name, x in data.items()}


def dbscan(name, eps, min_samples, metric="euclidean", weighted=False):
    x = data[name]
    given = {"p": 3} if metric == "minkowski" else {}
    model = DBSCAN(eps=eps, min_samples=min_samples, metric=metric, **given)
    model.fit(x, sample_weight=weights[name] if weighted else None)
    return {
        "data": name,
        "eps": eps,
        "min_samples": min_samples,
        "metric": "minkowski:3" if metric == "minkowski" else metric,
        "weighted": weighted,
        "core": model.core_sample_indices_.tolist(),
        "labels": model.labels_.tolist(),
    }


def optics(name, min_samples, metric="euclidean", **options):
    x = data[name]
    model = OPTICS(min_samples=min_samples, metric=metric, algorithm="brute", **options).fit(x)
    hierarchy = getattr(model, "cluster_hierarchy_", np.zeros((0, 2)))
    return {
        "data": name,
        "config": {"min_samples": min_samples, "metric": metric, **options},
        "ordering": model.ordering_.tolist(),
        "reachability": numbers(model.reachability_),
        "core_distances": numbers(model.core_distances_),
        "predecessor": model.predecessor_.tolist(),
        "hierarchy": np.asarray(hierarchy, int).reshape(-1, 2).tolist(),
        "labels": model.labels_.tolist(),
    }


def agglomerative(name, linkage, metric="euclidean", n_neighbors=None, **options):
    x = data[name]
    graph = n_neighbors and kneighbors_graph(x, n_neighbors, include_self=False)
    model = AgglomerativeClustering(
        linkage=linkage, metric=metric, connectivity=graph, compute_distances=True, compute_full_tree=True, **options
    ).fit(x)
    return {
        "data": name,
        "config": {"linkage": linkage, "metric": metric, "n_neighbors": n_neighbors, **options},
        "distances": numbers(model.distances_),
        "labels": model.labels_.tolist(),
    }


def spectral(name, n_clusters, **options):
    x = data[name]
    model = SpectralClustering(n_clusters, random_state=0, **options).fit(x)
    return {"data": name, "config": {"n_clusters": n_clusters, **options}, "labels": model.labels_.tolist()}


def kmeans(name, n_clusters):
    x = data[name]
    model = KMeans(n_clusters, n_init=50, tol=0.0, random_state=0).fit(x, sample_weight=weights[name])
    return {
        "data": name,
        "n_clusters": n_clusters,
        "inertia": float(model.inertia_),
        "labels": model.labels_.tolist(),
        "distances": np.sort(model.transform(x[:5]), axis=1).ravel().tolist(),
        "score": float(model.score(x)),
    }


out = {
    "data": {k: {"n_features": v.shape[1], "x": v.ravel().tolist(), "weights": weights[k]} for k, v in data.items()},
    "kmeans": [kmeans("plane", 4), kmeans("deep", 3)],
    "dbscan": [
        dbscan("plane", 0.8, 5),
        dbscan("plane", 0.5, 3),
        dbscan("plane", 1.5, 8, metric="manhattan"),
        dbscan("plane", 0.8, 5, weighted=True),
        dbscan("deep", 2.5, 4),
        dbscan("deep", 1.8, 4, metric="minkowski"),
        dbscan("deep", 0.05, 4, metric="cosine"),
        dbscan("moons", 0.6, 5),
        dbscan("circles", 0.6, 4, metric="chebyshev"),
        dbscan("lattice", 1.0, 4),
        dbscan("lattice", 1.0, 5),
        dbscan("duplicates", 0.5, 3),
        dbscan("duplicates", 2.0, 4, weighted=True),
    ],
    "optics": [
        optics("plane", 5),
        optics("plane", 10, xi=0.1, min_cluster_size=4),
        optics("plane", 5, max_eps=1.0),
        optics("plane", 5, xi=0.15, predecessor_correction=False),
        optics("plane", 4, metric="manhattan", cluster_method="dbscan", eps=1.0),
        optics("deep", 5),
        optics("moons", 6, xi=0.08),
        optics("moons", 6, cluster_method="dbscan", eps=0.6),
        optics("circles", 4, max_eps=1.5),
        optics("lattice", 4),
        optics("duplicates", 3),
        optics("duplicates", 2, xi=0.3),
    ],
    "agglomerative": [
        agglomerative("plane", "ward", n_clusters=4),
        agglomerative("plane", "average", n_clusters=5),
        agglomerative("plane", "complete", n_clusters=4, metric="manhattan"),
        agglomerative("plane", "single", n_clusters=6),
        agglomerative("plane", "ward", n_clusters=None, distance_threshold=10.0),
        agglomerative("deep", "ward", n_clusters=3),
        agglomerative("deep", "average", n_clusters=3, metric="cosine"),
        agglomerative("deep", "complete", n_clusters=None, distance_threshold=6.0),
        agglomerative("moons", "single", n_clusters=2),
        agglomerative("moons", "ward", n_clusters=2, n_neighbors=8),
        agglomerative("scatter", "average", n_clusters=3, n_neighbors=6),
        agglomerative("scatter", "complete", n_clusters=4, n_neighbors=5),
        agglomerative("plane", "ward", n_clusters=4, n_neighbors=3),
        agglomerative("circles", "single", n_clusters=2, n_neighbors=6),
    ],
    "spectral": [
        spectral("plane", 4, affinity="nearest_neighbors", n_neighbors=25),
        spectral("plane", 4, affinity="nearest_neighbors"),
        spectral("moons", 2, affinity="nearest_neighbors", n_neighbors=10),
        spectral("circles", 2, affinity="nearest_neighbors", n_neighbors=8),
        spectral("deep", 3, affinity="nearest_neighbors", n_neighbors=20),
        spectral("plane", 4, affinity="rbf", gamma=0.5),
        spectral("circles", 2, affinity="rbf", gamma=4.0),
        spectral("deep", 3, affinity="nearest_neighbors", n_neighbors=20, assign_labels="cluster_qr"),
    ],
}


def lines(values):
    return "[\n" + ",\n".join(json.dumps(value) for value in values) + "\n]"


with open("clusterers.json", "w") as file:
    data_lines = ",\n".join(f"{json.dumps(k)}: {json.dumps(v)}" for k, v in out.pop("data").items())
    parts = [f'"data": {{\n{data_lines}\n}}'] + [f"{json.dumps(k)}: {lines(v)}" for k, v in out.items()]
    file.write("{\n" + ",\n".join(parts) + "\n}\n")
