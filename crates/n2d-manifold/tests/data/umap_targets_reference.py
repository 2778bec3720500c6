"""Values of umap-learn that the unit tests of `src/umap` compare with: graphs with a target, densities, principal components.

Made with Python 3.11, umap-learn 0.5.12, numpy 2.4.6, scipy 1.17.1, numba 0.68.1, scikit-learn 1.9.1:

    python umap_targets_reference.py > umap_targets_reference.json
"""

import json
import sys

import numpy as np
from scipy.spatial.distance import cdist
from sklearn.decomposition import PCA
from umap.layouts import _optimize_layout_euclidean_densmap_epoch_init
from umap.umap_ import (
    discrete_metric_simplicial_set_intersection,
    fuzzy_simplicial_set,
    general_simplicial_set_intersection,
    reset_local_connectivity,
    simplicial_set_embedding,
)

N, D, K = 40, 3, 6
A, B = 1.9, 0.8


def numbers(values, digits=7):
    return [float(f"{v:.{digits}g}") for v in np.asarray(values, dtype=float).ravel()]


def neighbors(x, k):
    distances = cdist(x.astype(float), x.astype(float)).astype(np.float32)
    indices = np.argsort(distances, axis=1, kind="stable")[:, :k]
    return indices, np.take_along_axis(distances, indices, axis=1)


def graph_of(x, k, return_dists=False):
    indices, distances = neighbors(x, k)
    found = fuzzy_simplicial_set(
        x, k, None, "euclidean", knn_indices=indices, knn_dists=distances, return_dists=return_dists
    )
    return found[0], found[3]


def upper(graph):
    graph = graph.tocoo()
    graph.sum_duplicates()
    rows = zip(*graph.coords, graph.data)
    return sorted((int(i), int(j), float(f"{w:.7g}")) for i, j, w in rows if i < j and w > 0)


def targets(graph, labels, values):
    cases = []
    for weight in (0.0, 0.5, 0.9, 1.0):
        # As UMAP.fit has it.
        far = 2.5 * (1.0 / (1.0 - weight)) if weight < 1.0 else 1.0e12
        by_labels = discrete_metric_simplicial_set_intersection(graph.copy(), labels, far_dist=far)
        of_values, _ = graph_of(values, 5)
        mixed = reset_local_connectivity(general_simplicial_set_intersection(graph, of_values, weight))
        cases.append({"weight": weight, "by_labels": upper(by_labels), "by_values": upper(mixed)})
    return cases


def radii(x, graph, distances, embedding):
    """What the function that lays out a graph says of densities, with no epoch made."""
    kwds = {"graph_dists": distances, "n_neighbors": K, "lambda": 2.0, "frac": 0.3, "var_shift": 0.1}
    _, found = simplicial_set_embedding(
        x, graph.copy(), 2, 1.0, A, B, 1.0, 5, 0, embedding, np.random.RandomState(0), "euclidean", {},
        False, kwds, True,
    )
    # Of squared distances, as those in the data are; the function takes them as they are.
    of_embedding, dists = graph_of(embedding, K, True)
    of_embedding = of_embedding.tocoo()
    sums, total = np.zeros(N), np.zeros(N)
    for i, j, mu in zip(*of_embedding.coords, of_embedding.data):
        sums[i] += mu * dists[i, j] ** 2
        total[i] += mu
    return {"data": numbers(found["rad_orig"]), "embedding": numbers(np.log(1e-8 + sums / total))}


def densities(graph, embedding):
    graph = graph.tocoo()
    log_radii, similarities = np.zeros(N, np.float32), np.zeros(N, np.float32)
    _optimize_layout_euclidean_densmap_epoch_init(
        embedding, embedding, graph.row, graph.col, A, B, log_radii, similarities
    )
    # Both ends of both directions were summed.
    return {"log_radii": numbers(log_radii), "similarities": numbers(similarities / 2)}


def main():
    random = np.random.RandomState(3)
    x = random.normal(size=(N, D)).round(4).astype(np.float32)
    labels = random.randint(-1, 3, size=N)
    values = random.normal(size=(N, 1)).round(3).astype(np.float32)
    embedding = random.normal(scale=2.0, size=(N, 2)).round(4).astype(np.float32)
    graph, distances = graph_of(x, K, True)
    return {
        "n_neighbors": K,
        "a": A,
        "b": B,
        "x": [numbers(row) for row in x],
        "labels": [int(label) for label in labels],
        "values": numbers(values),
        "target_n_neighbors": 5,
        "embedding": [numbers(row) for row in embedding],
        "targets": targets(graph, labels, values),
        "radii": radii(x, graph, distances, embedding),
        "densities": densities(graph, embedding),
        "principal": [numbers(column) for column in PCA(2, svd_solver="full").fit_transform(x).T],
    }


json.dump(main(), sys.stdout, separators=(",", ":"))
print()
