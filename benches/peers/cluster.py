"""The Python contender of `cargo xtask compare cluster`."""

from contender import serve, timed


def clusters(labels):
    return f"{labels.max() + 1} clusters, {(labels == -1).mean():.1%} noise"


def hdbscan(x, options):
    import hdbscan

    model = hdbscan.HDBSCAN(core_dist_n_jobs=-1, **options)
    return timed(lambda: model.fit(x)), clusters(model.labels_)


def fast_hdbscan(x, options):
    import fast_hdbscan

    model = fast_hdbscan.HDBSCAN(**options)
    return timed(lambda: model.fit(x)), clusters(model.labels_)


def gmm(x, options):
    from sklearn.mixture import GaussianMixture

    model = GaussianMixture(options["n_clusters"], n_init=options["n_init"], random_state=0)
    seconds = timed(lambda: model.fit(x))
    return seconds, f"log-likelihood {model.lower_bound_:.4f} after {model.n_iter_} rounds"


def kmeans(x, options):
    from sklearn.cluster import KMeans

    model = KMeans(options["n_clusters"], n_init=options["n_init"], random_state=0)
    return timed(lambda: model.fit(x)), f"inertia {model.inertia_:.6g}"


serve({"hdbscan": hdbscan, "fast_hdbscan": fast_hdbscan, "gmm": gmm, "kmeans": kmeans})
