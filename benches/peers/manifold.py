"""The Python contender of `cargo xtask compare manifold`. Methods return the seconds and the embedding, or distances of neighbours."""

import warnings

from contender import serve, timed

warnings.filterwarnings("ignore")

FITTED = {}


def umap(options, **more):
    from umap import UMAP

    given = {"n_neighbors": 20, "min_dist": 0.0, "n_components": options.get("n_components", 10)}
    return UMAP(**given, **more)


def umap_seeded(x, options):
    model = umap(options, random_state=options.get("seed", 0))
    return timed(lambda: model.fit(x)), model.embedding_


def umap_unseeded(x, options):
    model = umap(options)
    return timed(lambda: model.fit(x)), model.embedding_


def umap_transform(x, options):
    n_fitted = options["n_fitted"]
    if (len(x), n_fitted) not in FITTED:
        FITTED.clear()
        FITTED[len(x), n_fitted] = umap(options).fit(x[:n_fitted])
    places = []
    seconds = timed(lambda: places.append(FITTED[len(x), n_fitted].transform(x[n_fitted:])))
    return seconds, places[0]


def pynndescent(x, options):
    from pynndescent import NNDescent

    k = options["k"]
    index = []
    # The point itself is among its neighbours there.
    seconds = timed(lambda: index.append(NNDescent(x, n_neighbors=k + 1, random_state=0)))
    return seconds, index[0].neighbor_graph[1][:, 1:]


def sklearn_neighbors(x, options):
    from sklearn.neighbors import NearestNeighbors

    k = options["k"]
    found = []
    seconds = timed(lambda: found.append(NearestNeighbors(n_neighbors=k, n_jobs=-1).fit(x).kneighbors()))
    return seconds, found[0][0]


def opentsne(x, options):
    from openTSNE import TSNE

    model = TSNE(n_components=2, perplexity=30, n_jobs=-1, random_state=0)
    found = []
    seconds = timed(lambda: found.append(model.fit(x)))
    return seconds, found[0]


def isomap(x, options):
    from sklearn.manifold import Isomap

    model = Isomap(n_neighbors=options["n_neighbors"], n_components=options["n_components"], n_jobs=-1)
    return timed(lambda: model.fit(x)), model.embedding_


def spectral_embedding(x, options):
    from sklearn.manifold import SpectralEmbedding

    model = SpectralEmbedding(
        n_neighbors=options["n_neighbors"],
        n_components=options["n_components"],
        affinity="nearest_neighbors",
        random_state=0,
        n_jobs=-1,
    )
    return timed(lambda: model.fit(x)), model.embedding_


serve(
    {
        "umap-seeded": umap_seeded,
        "umap-unseeded": umap_unseeded,
        "umap-transform": umap_transform,
        "pynndescent": pynndescent,
        "sklearn-neighbors": sklearn_neighbors,
        "opentsne": opentsne,
        "isomap": isomap,
        "spectral_embedding": spectral_embedding,
    }
)
