"""Values of scikit-learn for tests/learners_reference.rs and for the unit tests of `src/tsne`.

Made with Python 3.11, numpy 2.4.6, scipy 1.17.1, scikit-learn 1.9.1:

    python learners_reference.py > learners_reference.json

All data are multiples of 1/64, so that single and double precision hold the same values.
"""

import json
import sys
import warnings

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.decomposition import PCA
from sklearn.manifold import TSNE, Isomap, LocallyLinearEmbedding, SpectralEmbedding
from sklearn.manifold import _t_sne
from sklearn.neighbors import NearestNeighbors

warnings.simplefilter("ignore")  # graphs in pieces, on purpose


N_ITER = 8  # of a descent; small differences grow in more


def numbers(values, digits=7):
    return [float(f"{v:.{digits}g}") for v in np.asarray(values, dtype=float).ravel()]


def grid(x):
    return np.round(np.asarray(x) * 64) / 64


def roll(n, seed):
    """A rolled-up sheet."""
    rng = np.random.RandomState(seed)
    t = 1.5 + 3.0 * rng.uniform(size=n)
    return grid(np.c_[3 * t * np.cos(2 * t), 6 * rng.uniform(size=n), 3 * t * np.sin(2 * t)])


def pca():
    x = grid(np.random.RandomState(1).normal(size=(40, 5)) * [5, 3, 2, 1, 0.5])
    wide = grid(np.random.RandomState(2).normal(size=(6, 9)))
    cases = []
    for rows, n in ((x, 3), (x, 5), (wide, 4)):
        plain = PCA(n, svd_solver="full").fit(rows)
        white = PCA(n, svd_solver="full", whiten=True).fit(rows)
        cases.append({
            "n_features": rows.shape[1], "x": numbers(rows, 9), "n_components": n,
            "components": numbers(plain.components_, 10), "variance": numbers(plain.explained_variance_, 10),
            "ratio": numbers(plain.explained_variance_ratio_, 10),
            "embedding": numbers(plain.transform(rows)), "whitened": numbers(white.transform(rows)),
        })
    return cases


def spectral():
    x = roll(90, 3)
    nearest = SpectralEmbedding(3, affinity="nearest_neighbors", n_neighbors=9, eigen_solver="arpack", random_state=0)
    rbf = SpectralEmbedding(3, affinity="rbf", gamma=0.02, eigen_solver="arpack", random_state=0)
    return {"x": numbers(x, 9), "nearest_neighbors": numbers(nearest.fit_transform(x)), "rbf": numbers(rbf.fit_transform(x))}


def isomap():
    cases = []
    apart = np.r_[roll(30, 5), roll(30, 6) + [40, 0, 0], roll(20, 7) + [0, 50, 0]]
    for x, k, n in ((roll(90, 3), 6, 3), (apart, 5, 2)):
        model = Isomap(n_neighbors=k, n_components=n, eigen_solver="dense").fit(x)
        new = grid(x[::9] + 0.3)
        cases.append({
            "x": numbers(x, 9), "n_neighbors": k, "n_components": n, "embedding": numbers(model.embedding_),
            "error": float(model.reconstruction_error()), "new": numbers(new, 9), "placed": numbers(model.transform(new)),
        })
    return cases


def lle():
    cases = []
    for n_rows in (90, 450):
        x = roll(n_rows, 4)
        new = grid(x[::9] + 0.3)[:20]
        for method in ("standard", "modified"):
            model = LocallyLinearEmbedding(
                n_neighbors=8, n_components=2, method=method, eigen_solver="dense" if n_rows < 400 else "arpack", tol=1e-12,
                max_iter=10000, random_state=0,
            ).fit(x)
            cases.append({
                "method": method, "x": numbers(x, 9), "embedding": numbers(model.embedding_),
                "error": float(model.reconstruction_error_), "new": numbers(new, 9), "placed": numbers(model.transform(new)),
            })
    return cases


def tsne():
    x = grid(np.random.RandomState(7).normal(size=(60, 4)) + np.arange(60)[:, None] % 3 * [2, 0, -2, 1])
    perplexity = 8.0
    k = min(59, int(3 * perplexity + 1))
    graph = NearestNeighbors(n_neighbors=k).fit(x).kneighbors_graph(mode="distance")
    graph.data **= 2
    p = csr_matrix(_t_sne._joint_probabilities_nn(graph, perplexity, 0))
    entries = p.tocoo()
    upper = sorted((int(i), int(j), float(f"{v:.7g}")) for i, j, v in zip(*entries.coords, entries.data) if i < j)
    cases = []
    for d in (1, 2):
        y = np.random.RandomState(d).normal(size=(60, d)).round(4).astype(np.float32)
        divergence, gradient = _t_sne._kl_divergence_bh(y.ravel(), p, 1, 60, d, angle=0.0, num_threads=1)
        options = {"args": [p * 12.0, 1, 60, d], "kwargs": {"angle": 0.0, "num_threads": 1, "skip_num_points": 0}}
        moved, _, _ = _t_sne._gradient_descent(
            _t_sne._kl_divergence_bh, y.ravel(), it=0, max_iter=N_ITER, n_iter_check=50, momentum=0.5, learning_rate=3.0,
            min_grad_norm=0, **options,
        )
        cases.append({
            "n_components": d, "y": numbers(y), "divergence": float(divergence), "gradient": numbers(gradient),
            "moved": numbers(moved),
        })
    final = TSNE(2, perplexity=perplexity, init="pca", angle=0.1, random_state=0).fit(x)
    return {"x": numbers(x, 9), "perplexity": perplexity, "p": upper, "cases": cases, "divergence": float(final.kl_divergence_)}


json.dump(
    {"pca": pca(), "spectral": spectral(), "isomap": isomap(), "lle": lle(), "tsne": tsne()}, sys.stdout, separators=(",", ":")
)
print()
