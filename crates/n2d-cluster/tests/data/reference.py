"""Reference fits for tests/reference_gmm.rs and tests/reference_kmeans.rs.

Made with Python 3.11, numpy 2.4, scikit-learn 1.9.1, in this folder, by
    python reference.py
which writes gmm.json and kmeans.json. All data are multiples of 1/64 (iris: single-precision numbers), so that single
and double precision hold the same values. Iris: R. A. Fisher (1936), as it comes with scikit-learn.
"""
import json
import warnings

import numpy as np
from sklearn.cluster import KMeans
from sklearn.datasets import load_iris
from sklearn.mixture import GaussianMixture

warnings.simplefilter("ignore")  # fits that are cut short on purpose


def grid(x):
    return np.round(np.asarray(x) * 64) / 64


def blobs(rng, n, d, k, spread, offset=0.0):
    centers = rng.normal(0, spread, (k, d))
    shapes = rng.normal(0, 0.5, (k, d, d)) + np.eye(d)
    which = rng.integers(0, k, n)
    noise = np.einsum("nd,nde->ne", rng.normal(size=(n, d)), shapes[which])
    return grid(centers[which] + noise + offset)


def start(x, k, rng):
    means = x[rng.choice(len(x), k, replace=False)]
    covariances = np.stack([np.cov(x.T).reshape(x.shape[1], -1) + 0.5 * np.eye(x.shape[1])] * k)
    weights = rng.dirichlet(np.full(k, 5.0))
    return weights, means, covariances


def mixture(name, x, k, rng, max_iter, tol, reg_covar=1e-6):
    weights, means, covariances = start(x, k, rng)
    model = GaussianMixture(
        k,
        max_iter=max_iter,
        tol=tol,
        reg_covar=reg_covar,
        weights_init=weights,
        means_init=means,
        precisions_init=np.linalg.inv(covariances),
    ).fit(x)
    return {
        "name": name,
        "n_features": x.shape[1],
        "x": x.ravel().tolist(),
        "max_iter": max_iter,
        "tol": tol,
        "reg_covar": reg_covar,
        "start": {"weights": weights.tolist(), "means": means.tolist(), "covariances": covariances.tolist()},
        "n_iter": model.n_iter_,
        "converged": bool(model.converged_),
        "lower_bounds": list(map(float, model.lower_bounds_)),
        "weights": model.weights_.tolist(),
        "means": model.means_.ravel().tolist(),
        "covariances": model.covariances_.ravel().tolist(),
        "labels": model.predict(x).tolist(),
        "score_samples": model.score_samples(x[:20]).tolist(),
        "proba": model.predict_proba(x[:20]).ravel().tolist(),
        "aic": float(model.aic(x)),
        "bic": float(model.bic(x)),
    }


def centers(name, x, k, rng, n_start=None):
    first = x[rng.choice(len(x), k, replace=False)] if n_start is None else n_start
    model = KMeans(k, init=first, n_init=1, tol=0.0).fit(x)
    return {
        "name": name,
        "n_features": x.shape[1],
        "x": x.ravel().tolist(),
        "start": first.ravel().tolist(),
        "centers": model.cluster_centers_.ravel().tolist(),
        "inertia": float(model.inertia_),
        "labels": model.labels_.tolist(),
    }


def write(path, cases):
    with open(path, "w") as file:
        file.write("[\n" + ",\n".join(json.dumps(case) for case in cases) + "\n]\n")


rng = np.random.default_rng(11)
iris = load_iris().data.astype(np.float32).astype(float)
plane = blobs(rng, 150, 2, 3, 3.0)
deep = blobs(rng, 160, 5, 4, 2.0)
far = blobs(rng, 120, 2, 3, 3.0, offset=65536.0)
flat = np.column_stack([blobs(rng, 90, 2, 2, 4.0), np.full(90, 7.25)])
write(
    "gmm.json",
    [
        mixture("plane, one iteration", plane, 3, rng, 1, 0.0),
        mixture("plane, five iterations", plane, 3, rng, 5, 0.0),
        mixture("plane, to the end", plane, 3, rng, 200, 1e-3),
        mixture("five features", deep, 4, rng, 30, 0.0),
        mixture("far from the origin", far, 3, rng, 20, 0.0),
        mixture("a constant column", flat, 2, rng, 10, 0.0),
        mixture("much regularisation", plane, 4, rng, 20, 0.0, reg_covar=0.5),
        mixture("iris", iris, 3, rng, 300, 1e-6),
        mixture("one component", deep, 1, rng, 100, 1e-3),
    ],
)
tight = grid(np.repeat(rng.normal(0, 10, (4, 3)), 10, axis=0))
write(
    "kmeans.json",
    [
        centers("plane", plane, 3, rng),
        centers("plane, many", plane, 12, rng),
        centers("five features", deep, 4, rng),
        centers("far from the origin", far, 3, rng),
        centers("iris", iris, 3, rng),
        centers("one cluster", deep, 1, rng),
        centers("equal rows", tight, 4, rng, tight[::10]),
        centers("a centre without rows", plane, 3, rng, np.vstack([plane[:2], [[1000.0, 1000.0]]])),
    ],
)
