"""Reference fits for tests/reference_mixtures.rs: every kind of covariance, and Bayesian mixtures.

Made with Python 3.11, numpy 2.4, scipy 1.17, scikit-learn 1.9.1, in this folder, by
    python mixtures.py
which writes mixtures.json and bayesian.json. Each fit begins with given shares ("responsibilities"), which scikit-learn
takes by way of `_initialize`. Data and shares are multiples of 1/64, so that single and double precision hold the same.
"""
import json
import warnings

import numpy as np
from sklearn.mixture import BayesianGaussianMixture, GaussianMixture

warnings.simplefilter("ignore")  # fits that are cut short on purpose

KINDS = ["full", "tied", "diag", "spherical"]


def grid(x):
    return np.round(np.asarray(x) * 64) / 64


def blobs(rng, n, d, k, spread, offset=0.0):
    centers = rng.normal(0, spread, (k, d))
    shapes = rng.normal(0, 0.5, (k, d, d)) + np.eye(d)
    which = rng.integers(0, k, n)
    noise = np.einsum("nd,nde->ne", rng.normal(size=(n, d)), shapes[which])
    return grid(centers[which] + noise + offset)


def start(x, k, rng):
    """Shares of 1/64 for every component, the rest for that of the nearest of k rows."""
    seeds = x[rng.choice(len(x), k, replace=False)]
    nearest = ((x[:, None] - seeds[None]) ** 2).sum(2).argmin(1)
    shares = np.full((len(x), k), 1 / 64)
    shares[np.arange(len(x)), nearest] += 1 - k / 64
    return nearest, shares


class Begun:
    """Begins with given shares."""

    def begin_with(self, shares):
        self.shares_ = shares
        return self

    def _initialize_parameters(self, X, random_state, xp=None):
        self._initialize(X, self.shares_)


class Mixture(Begun, GaussianMixture):
    pass


class Bayesian(Begun, BayesianGaussianMixture):
    pass


def fitted(name, model, x, nearest, options):
    return {
        "name": name,
        "n_features": x.shape[1],
        "x": x.ravel().tolist(),
        "nearest": nearest.tolist(),
        "options": options,
        "n_iter": model.n_iter_,
        "converged": bool(model.converged_),
        "lower_bounds": [np.asarray(bound).item() for bound in model.lower_bounds_],
        "weights": model.weights_.tolist(),
        "means": model.means_.ravel().tolist(),
        "covariances": model.covariances_.ravel().tolist(),
        "labels": model.predict(x).tolist(),
        "score": float(model.score(x)),
        "score_samples": model.score_samples(x[:10]).tolist(),
        "proba": model.predict_proba(x[:10]).ravel().tolist(),
    }


def mixture(name, x, k, rng, kind, max_iter, tol, reg_covar=1e-6):
    nearest, shares = start(x, k, rng)
    options = dict(covariance_type=kind, max_iter=max_iter, tol=tol, reg_covar=reg_covar)
    model = Mixture(k, **options).begin_with(shares).fit(x)
    case = fitted(name, model, x, nearest, dict(options, n_clusters=k))
    return case | {"n_parameters": model._n_parameters(), "aic": float(model.aic(x)), "bic": float(model.bic(x))}


def bayesian(name, x, k, rng, kind, prior_type, max_iter, tol, **priors):
    nearest, shares = start(x, k, rng)
    options = dict(
        covariance_type=kind, max_iter=max_iter, tol=tol, weight_concentration_prior_type=prior_type, **priors
    )
    model = Bayesian(n_components=k, **options).begin_with(shares).fit(x)
    concentration = np.atleast_2d(np.asarray(model.weight_concentration_))
    return fitted(name, model, x, nearest, dict(options, n_clusters=k)) | {
        "weight_concentration": concentration.ravel().tolist(),
        "mean_precision": model.mean_precision_.tolist(),
        "degrees_of_freedom": np.broadcast_to(model.degrees_of_freedom_, k).tolist(),
    }


def write(path, cases):
    with open(path, "w") as file:
        file.write("[\n" + ",\n".join(json.dumps(case) for case in cases) + "\n]\n")


rng = np.random.default_rng(23)
plane = blobs(rng, 80, 2, 3, 3.0)
deep = blobs(rng, 90, 5, 3, 2.0)
far = blobs(rng, 80, 2, 3, 3.0, offset=4096.0)
flat = np.column_stack([blobs(rng, 60, 2, 2, 4.0), np.full(60, 7.25)])
line = blobs(rng, 60, 1, 2, 4.0)
cases = []
for kind in KINDS:
    cases += [
        mixture(f"plane, {kind}", plane, 3, rng, kind, 200, 1e-3),
        mixture(f"five features, {kind}", deep, 4, rng, kind, 30, 0.0),
        mixture(f"far from the origin, {kind}", far, 3, rng, kind, 20, 0.0),
        mixture(f"a constant column, {kind}", flat, 2, rng, kind, 10, 0.0),
        mixture(f"one feature, much regularisation, {kind}", line, 3, rng, kind, 20, 0.0, reg_covar=0.5),
    ]
write("mixtures.json", cases)

cases = []
for prior_type in ["dirichlet_process", "dirichlet_distribution"]:
    for kind in KINDS:
        prior = {
            "full": [[2.0, 0.5], [0.5, 1.0]],
            "tied": [[2.0, 0.5], [0.5, 1.0]],
            "diag": [0.5, 2.0],
            "spherical": 0.75,
        }[kind]
        given = dict(
            weight_concentration_prior=0.01,
            mean_precision_prior=0.5,
            mean_prior=[0.5, -1.0],
            degrees_of_freedom_prior=3.5,
            covariance_prior=prior,
        )
        where = f"{kind}, {prior_type}"
        cases += [
            bayesian(f"plane, {where}", plane, 4, rng, kind, prior_type, 40, 0.0),
            bayesian(f"plane with priors, {where}", plane, 5, rng, kind, prior_type, 300, 1e-3, **given),
            bayesian(f"five features, {where}", deep, 4, rng, kind, prior_type, 20, 0.0),
        ]
write("bayesian.json", cases)
