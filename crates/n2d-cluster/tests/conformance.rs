//! Every clusterer passes the conformance suite.

use n2d_cluster::{
    Affinity, AgglomerativeConfig, BayesianGaussianMixtureConfig, DbscanConfig, GaussianMixtureConfig,
    GaussianMixtureSelectionConfig, HdbscanConfig, KMeansConfig, Linkage, MiniBatchKMeansConfig,
    OpticsConfig, SpectralClusteringConfig,
};
use n2d_core::PartConfig;
use n2d_neighbors::Metric;
use n2d_testkit::Suite;

const TOO_FEW: &str = "there must be as many rows as clusters";

#[test]
fn gmm() {
    let config = GaussianMixtureConfig {
        n_init: 2,
        ..GaussianMixtureConfig::new(3)
    };
    Suite::clusterer(config.build().unwrap())
        .with_config(config)
        .predicts()
        .predicts_proba()
        .saves()
        .allow("one sample", TOO_FEW)
        .allow("two samples", TOO_FEW)
        .run();
}

#[test]
fn gmm_auto() {
    let config = GaussianMixtureSelectionConfig {
        n_init: 1,
        ..GaussianMixtureSelectionConfig::new(2..=3)
    };
    Suite::clusterer(config.build().unwrap())
        .with_config(config)
        .predicts()
        .predicts_proba()
        .saves()
        .allow("one sample", TOO_FEW)
        .allow("two samples", TOO_FEW)
        .run();
}

#[test]
fn bayesian_gmm() {
    let config = BayesianGaussianMixtureConfig::new(3);
    Suite::clusterer(config.build().unwrap())
        .with_config(config)
        .predicts()
        .predicts_proba()
        .saves()
        .allow("one sample", TOO_FEW)
        .allow("two samples", TOO_FEW)
        .run();
}

#[test]
fn kmeans() {
    let config = KMeansConfig::new(3);
    Suite::clusterer(config.build().unwrap())
        .with_config(config)
        .predicts()
        .saves()
        .allow("one sample", TOO_FEW)
        .allow("two samples", TOO_FEW)
        .run();
}

#[test]
fn minibatch_kmeans() {
    let config = MiniBatchKMeansConfig {
        batch_size: 16,
        ..MiniBatchKMeansConfig::new(3)
    };
    Suite::clusterer(config.build().unwrap())
        .with_config(config)
        .predicts()
        .saves()
        .allow("one sample", TOO_FEW)
        .allow("two samples", TOO_FEW)
        .run();
}

#[test]
fn hdbscan() {
    for metric in [Metric::Euclidean, Metric::Manhattan] {
        let config = HdbscanConfig {
            metric,
            ..HdbscanConfig::default()
        };
        Suite::clusterer(config.build().unwrap())
            .with_config(config)
            .predicts_approximately()
            .saves()
            .run();
    }
}

#[test]
fn dbscan() {
    for metric in [Metric::Euclidean, Metric::Chebyshev] {
        let config = DbscanConfig {
            eps: 0.2,
            metric,
            ..DbscanConfig::default()
        };
        Suite::clusterer(config.build().unwrap())
            .with_config(config)
            .predicts_approximately()
            .saves()
            .run();
    }
}

#[test]
fn optics() {
    for max_eps in [None, Some(0.5)] {
        let config = OpticsConfig {
            max_eps,
            ..OpticsConfig::default()
        };
        Suite::clusterer(config.build().unwrap())
            .with_config(config)
            .saves()
            .allow("one sample", "there must be as many rows as min_samples")
            .allow("two samples", "there must be as many rows as min_samples")
            .run();
    }
}

#[test]
fn spectral() {
    let default = SpectralClusteringConfig::default();
    for (affinity, n_neighbors) in [
        (Affinity::NearestNeighbors, 4),
        (Affinity::Rbf, default.n_neighbors),
    ] {
        let config = SpectralClusteringConfig {
            affinity,
            n_neighbors,
            ..SpectralClusteringConfig::new(3)
        };
        let suite = Suite::clusterer(config.build().unwrap())
            .with_config(config)
            .saves()
            .allow("one sample", TOO_FEW)
            .allow("two samples", TOO_FEW);
        let suite = match affinity {
            Affinity::Rbf => suite.allow(
                "huge values",
                "all affinities vanish, and gamma is for small ones",
            ),
            _ => suite,
        };
        suite.run();
    }
}

#[test]
fn agglomerative() {
    for linkage in [
        Linkage::Ward,
        Linkage::Average,
        Linkage::Complete,
        Linkage::Single,
    ] {
        for n_neighbors in [None, Some(4)] {
            let config = AgglomerativeConfig {
                linkage,
                n_neighbors,
                ..AgglomerativeConfig::new(3)
            };
            Suite::clusterer(config.build().unwrap())
                .with_config(config)
                .saves()
                .allow("one sample", TOO_FEW)
                .allow("two samples", TOO_FEW)
                .run();
        }
    }
}

#[cfg(feature = "linfa")]
mod of_linfa {
    use super::*;
    use n2d_cluster::{LinfaDbscanConfig, LinfaGmmConfig, LinfaKMeansConfig, LinfaOpticsConfig};

    #[test]
    fn kmeans() {
        let config = LinfaKMeansConfig::new(3);
        Suite::clusterer(config.build().unwrap())
            .with_config(config)
            .predicts()
            .saves()
            .allow("one sample", TOO_FEW)
            .allow("two samples", TOO_FEW)
            .run();
    }

    #[test]
    fn gmm() {
        let config = LinfaGmmConfig::new(2);
        Suite::clusterer(config.build().unwrap())
            .with_config(config)
            .predicts()
            .predicts_proba()
            .saves()
            .allow("one sample", TOO_FEW)
            .allow("all rows equal", "linfa's start leaves a component without rows")
            .run();
    }

    #[test]
    fn dbscan() {
        let config = LinfaDbscanConfig {
            eps: 0.2,
            ..LinfaDbscanConfig::default()
        };
        Suite::clusterer(config.build().unwrap())
            .with_config(config)
            .saves()
            .run();
    }

    #[test]
    fn optics() {
        let config = LinfaOpticsConfig::default();
        Suite::clusterer(config.build().unwrap())
            .with_config(config)
            .saves()
            .run();
    }
}

#[cfg(feature = "hdbscan-crate")]
#[test]
fn hdbscan_crate() {
    let config = n2d_cluster::HdbscanCrateConfig::default();
    Suite::clusterer(config.build().unwrap())
        .with_config(config)
        .saves()
        .allow("one sample", "there must be as many rows as min_samples")
        .allow("two samples", "there must be as many rows as min_samples")
        .run();
}
