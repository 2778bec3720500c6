"""Values of umap-learn that the unit tests of `src/umap` compare with.

Made with Python 3.11, umap-learn 0.5.12, numpy 2.4.6, scipy 1.17.1, numba 0.68.1, scikit-learn 1.9.1:

    python umap_reference.py > umap_reference.json
"""

import json
import sys

import numpy as np
from scipy.sparse.csgraph import connected_components
from scipy.spatial.distance import cdist
from umap.spectral import spectral_layout
from umap.umap_ import find_ab_params, fuzzy_simplicial_set, smooth_knn_dist

N, D, K, DIM = 60, 3, 8, 3


def numbers(values, digits=7):
    return [float(f"{v:.{digits}g}") for v in np.asarray(values, dtype=float).ravel()]


def curves():
    grid = [(s, m) for s in (0.5, 1.0, 2.0, 5.0) for m in (0.0, 0.05, 0.1, 0.5, 1.0, 2.0) if m <= s]
    return [numbers([s, m, *find_ab_params(s, m)], 9) for s, m in grid]


def surroundings():
    """Rows are distances to the neighbours, the point itself (0) first."""
    distances = np.array(
        [
            [0, 0.5, 0.7, 1.1, 1.2, 2.0],
            [0, 1.0, 1.0, 1.0, 1.0, 1.0],
            [0, 0.0, 0.0, 0.3, 0.9, 1.0],
            [0, 0.0, 0.0, 0.0, 0.0, 0.0],
            [0, 0.0, 0.0, 0.0, 0.0, 4.0],
            [0, 30.0, 31.0, 32.0, 33.0, 60.0],
            [0, 0.001, 0.002, 0.004, 0.005, 7.0],
        ],
        dtype=np.float32,
    )
    cases = []
    for connectivity in (1.0, 2.0, 1.5):
        sigma, rho = smooth_knn_dist(distances, float(distances.shape[1]), local_connectivity=connectivity)
        # Row 4 has one neighbour apart, fewer than some cases interpolate between: umap-learn then takes it.
        cases.append({"local_connectivity": connectivity, "sigma": numbers(sigma), "rho": numbers(rho)})
    return {"distances": [numbers(row[1:]) for row in distances], "cases": cases}


def graphs():
    x = np.random.RandomState(7).normal(size=(N, D)).round(4).astype(np.float32)
    distances = cdist(x.astype(float), x.astype(float)).astype(np.float32)
    indices = np.argsort(distances, axis=1, kind="stable")[:, :K]
    distances = np.take_along_axis(distances, indices, axis=1)
    edges = []
    for mix in (1.0, 0.5, 0.0):
        graph, _, _, _ = fuzzy_simplicial_set(
            x, K, None, "euclidean", knn_indices=indices, knn_dists=distances, set_op_mix_ratio=mix,
            return_dists=False,
        )
        upper = graph.tocoo()
        kept = sorted((int(i), int(j), float(f"{w:.7g}")) for i, j, w in zip(*upper.coords, upper.data) if i < j)
        edges.append({"set_op_mix_ratio": mix, "edges": kept})
        if mix == 1.0:
            assert connected_components(graph)[0] == 1
            layout = spectral_layout(x, graph, DIM, np.random.RandomState(0), tol=1e-10)
    return {
        "n_neighbors": K,
        "x": [numbers(row) for row in x],
        "graphs": edges,
        "spectral": [numbers(column) for column in layout.T],
    }


json.dump({"curves": curves(), "surroundings": surroundings(), **graphs()}, sys.stdout, separators=(",", ":"))
print()
