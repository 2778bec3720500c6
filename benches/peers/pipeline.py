"""The Python contenders of `cargo xtask compare pipeline`: one fit in a process of its own, whose peak memory is thus that of the fit.

    python pipeline.py METHOD ROWS.npy CLASSES.npy N_CLUSTERS EPOCHS SEED

What loading and compiling takes is in no figure: everything is imported, and numba compiles on a few rows, before the clock starts.

METHOD is `n2d`, the pipeline of the Python library n2d 0.3.2 (autoencoder in Keras, UMAP with its labels from the fitted embedding, Gaussian
mixture) with the paper's settings; `clustpy`, ClustPy's own N2D with the same; or `umap-hdbscan`, what one would try first without an encoder (UMAP without a seed, on all cores).
The last line of what it says is JSON.
"""

import json
import os
import resource
import sys
import time

import numpy as np

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")


def timed(seconds, name, work):
    start = time.perf_counter()
    made = work()
    seconds[name] = time.perf_counter() - start
    return made


def load(method, seed):
    """Imports what the method needs, and has numba compile it, on rows enough for umap-learn to search as in many."""
    if method == "n2d":
        import keras
        from sklearn.mixture import GaussianMixture
    if method == "clustpy":
        import clustpy.deep
    few = np.random.default_rng(0).random((5000, 10), dtype=np.float32)
    if method == "umap-hdbscan":
        umap_hdbscan(few, 2, None, None, {})
    else:
        embed(few, 2, seed)


def encode(x, latent_dim, epochs, seed):
    """The paper's autoencoder; latents of all rows."""
    import keras

    keras.utils.set_random_seed(seed)
    widths = [500, 500, 2000]
    rows = keras.Input((x.shape[1],))
    layer = rows
    for width in widths:
        layer = keras.layers.Dense(width, activation="relu")(layer)
    latents = keras.layers.Dense(latent_dim)(layer)
    layer = latents
    for width in reversed(widths):
        layer = keras.layers.Dense(width, activation="relu")(layer)
    network = keras.Model(rows, keras.layers.Dense(x.shape[1])(layer))
    network.compile(loss="mse", optimizer="adam")
    network.fit(x, x, batch_size=256, epochs=epochs, verbose=0)
    return keras.Model(rows, latents).predict(x, batch_size=256, verbose=0)


def umap_options(n_components, seed):
    """Those of the paper. Without a seed umap-learn works on all cores."""
    return {"n_neighbors": 20, "n_components": n_components, "min_dist": 0.0, "random_state": seed}


def embed(x, n_components, seed):
    import umap

    return umap.UMAP(**umap_options(n_components, seed)).fit_transform(x)


def n2d(x, n_clusters, epochs, seed, seconds):
    from sklearn.mixture import GaussianMixture

    z = timed(seconds, "encoder", lambda: encode(x, n_clusters, epochs, seed))
    y = timed(seconds, "manifold", lambda: embed(z, n_clusters, seed))
    mixture = GaussianMixture(n_clusters, random_state=seed)
    return timed(seconds, "clusterer", lambda: mixture.fit_predict(y))


def clustpy(x, n_clusters, epochs, seed, seconds):
    import torch
    import umap
    from clustpy.deep import N2D
    from clustpy.deep.neural_networks import FeedforwardAutoencoder

    layers = [x.shape[1], 500, 500, 2000, n_clusters]
    pipeline = N2D(
        n_clusters,
        pretrain_epochs=epochs,
        neural_network=(FeedforwardAutoencoder, {"layers": layers, "activation_fn": torch.nn.ReLU}),
        embedding_size=n_clusters,
        manifold_class=umap.UMAP,
        manifold_params=umap_options(n_clusters, seed),
        random_state=seed,
    )
    # It does not say what its stages took.
    return pipeline.fit(x).labels_


def umap_hdbscan(x, n_clusters, epochs, seed, seconds):
    import hdbscan

    y = timed(seconds, "manifold", lambda: embed(x, n_clusters, None))
    clusterer = hdbscan.HDBSCAN(min_cluster_size=max(2, len(x) // 100), min_samples=10, core_dist_n_jobs=-1)
    return timed(seconds, "clusterer", lambda: clusterer.fit_predict(y))


def accuracy(classes, labels):
    """Noise is never right."""
    from scipy.optimize import linear_sum_assignment

    table = np.zeros((labels.max() + 1, classes.max() + 1), int)
    np.add.at(table, (labels[labels >= 0], classes[labels >= 0]), 1)
    return table[linear_sum_assignment(-table)].sum() / len(classes)


def main():
    from sklearn.metrics import adjusted_rand_score, normalized_mutual_info_score

    method, rows, classes, n_clusters, epochs, seed = sys.argv[1:]
    x, classes = np.load(rows), np.load(classes)
    fit = {"n2d": n2d, "clustpy": clustpy, "umap-hdbscan": umap_hdbscan}[method]
    seconds = {}
    load(method, int(seed))
    labels = timed(seconds, "total", lambda: fit(x, int(n_clusters), int(epochs), int(seed), seconds))
    answer = {
        "acc": accuracy(classes, labels),
        "nmi": normalized_mutual_info_score(classes, labels),
        "ari": adjusted_rand_score(classes, labels),
        "seconds": seconds,
        "peak_rss_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }
    print(json.dumps(answer))


main()
