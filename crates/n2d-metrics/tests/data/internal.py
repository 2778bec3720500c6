"""Reference values of measures of clusters alone and of embeddings, for tests/internal.rs and tests/embedding.rs.

Made with Python 3.11, numpy 2.4, scipy 1.17, scikit-learn 1.9.1, hdbscan 0.8.44, in this folder, by
    python internal.py > internal.json
All data are multiples of 1/64 or 1/16384, so that single and double precision hold the same values. Data of embeddings are drawn so that
no row has two others at one distance: the order of equals is left open by scikit-learn.
"""
import json

import numpy as np
from hdbscan.validity import validity_index
from scipy.spatial.distance import cdist
from sklearn import metrics
from sklearn.datasets import make_blobs, make_moons
from sklearn.manifold import trustworthiness
from sklearn.neighbors import KNeighborsClassifier, NearestNeighbors


def grid(x):
    return np.round(np.asarray(x) * 64) / 64


METRICS = {
    "euclidean": ("euclidean", {}),
    "manhattan": ("cityblock", {}),
    "chebyshev": ("chebyshev", {}),
    "minkowski:3": ("minkowski", {"p": 3}),
    "cosine": ("cosine", {}),
    "correlation": ("correlation", {}),
    "canberra": ("canberra", {}),
}


def dbcv(x, y, metric="euclidean", **options):
    validity, each = validity_index(x, y, metric=metric, per_cluster_scores=True, **options)
    present = np.unique(y[y >= 0])
    return {"validity": float(validity), "clusters": [[int(c), float(each[c])] for c in present]}


def clusters(name, x, y, which=("euclidean",)):
    case = {"name": name, "n_features": x.shape[1], "x": x.ravel().tolist(), "labels": y.tolist()}
    case["davies_bouldin"] = float(metrics.davies_bouldin_score(x, y))
    case["calinski_harabasz"] = float(metrics.calinski_harabasz_score(x, y))
    case["silhouettes"] = metrics.silhouette_samples(x, y).tolist()
    kept = y >= 0
    case["kept"] = {
        "davies_bouldin": float(metrics.davies_bouldin_score(x[kept], y[kept])),
        "calinski_harabasz": float(metrics.calinski_harabasz_score(x[kept], y[kept])),
        "silhouette": float(metrics.silhouette_score(x[kept], y[kept])),
    }
    case["by_metric"] = []
    for word in which:
        metric, options = METRICS[word]
        found = {"metric": word, "silhouette": float(metrics.silhouette_score(x, y, metric=metric, **options))}
        if np.bincount(y[kept]).max() > 1 and 1 not in np.bincount(y[kept]):
            found["dbcv"] = dbcv(x, y, metric, **options)
        case["by_metric"].append(found)
    return case


def recall(x, z, k):
    near = [NearestNeighbors(n_neighbors=k).fit(a).kneighbors(return_distance=False) for a in (x, z)]
    return float(np.mean([len(set(a) & set(b)) / k for a, b in zip(*near)]))


def left_out(x, y, k):
    rows = np.arange(len(y))
    right = [KNeighborsClassifier(k).fit(x[rows != i], y[rows != i]).predict(x[[i]])[0] == y[i] for i in rows]
    return float(np.mean(right))


def without_ties(x):
    d = cdist(x, x)
    return all(len(np.unique(row)) == len(row) for row in d)


def embedded(name, x, z, y):
    assert without_ties(x) and without_ties(z), name
    by_k = []
    for k in (1, 5, 12):
        by_k.append(
            {
                "k": k,
                "trustworthiness": float(trustworthiness(x, z, n_neighbors=k)),
                "continuity": float(trustworthiness(z, x, n_neighbors=k)),
                "recall": recall(x, z, k),
                "agreement": left_out(z, y, k),
            }
        )
    cosine = float(trustworthiness(x, z, n_neighbors=5, metric="cosine"))
    return {
        "name": name,
        "n_features": x.shape[1],
        "n_components": z.shape[1],
        "x": x.ravel().tolist(),
        "embedding": z.ravel().tolist(),
        "labels": y.tolist(),
        "by_k": by_k,
        "cosine_trustworthiness": cosine,
    }


rng = np.random.default_rng(11)
blobs, of_blobs = make_blobs(90, 3, centers=4, cluster_std=1.5, random_state=1)
blobs = grid(blobs)
noisy = np.where(rng.random(90) < 0.15, -1, of_blobs)
moons, of_moons = make_moons(120, noise=0.06, random_state=2)
few_values = rng.integers(0, 4, (60, 2)).astype(float)
wide = grid(np.vstack([rng.normal(m, 1, (20, 30)) for m in (0.0, 1.0, 2.5)]))
of_wide = np.repeat([0, 1, 2], 20)
single = np.append(of_blobs[:-1], 9)

out = {
    "clusters": [
        clusters("blobs", blobs, of_blobs, METRICS),
        clusters("blobs with noise", blobs, noisy, METRICS),
        clusters("gaps between labels", blobs, of_blobs * 7 + 3),
        clusters("moons", grid(moons), of_moons),
        clusters("moons, labels at random", grid(moons), rng.integers(0, 3, 120)),
        clusters("ties and duplicates", few_values, rng.integers(0, 3, 60)),
        clusters("wide", wide, of_wide, ["euclidean", "cosine"]),
        clusters("a cluster of one row", blobs, single),
        clusters("pairs of rows", blobs[:8], np.array([0, 0, 1, 1, 2, 2, 3, 3])),
    ],
}
plane = rng.normal(size=(70, 2))
lifted = np.column_stack([plane, np.sin(3 * plane[:, 0]), np.cos(2 * plane[:, 1]), 0.3 * rng.normal(size=(70, 3))])
big = np.round(lifted * 2**14) / 2**14
flat = np.round(plane * 2**14) / 2**14
scattered = np.round(rng.normal(size=(70, 2)) * 2**14) / 2**14
classes = (plane[:, 0] > 0).astype(int) + 2 * (plane[:, 1] > 0.5)
out["embeddings"] = [
    embedded("a sheet and its plane", big, flat, classes),
    embedded("at random", big, scattered, classes),
    embedded("itself", big, big, classes),
]
print(json.dumps(out))
