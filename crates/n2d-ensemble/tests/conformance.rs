//! The parts of ensembles pass the conformance suites.
//!
//! Those behind a committee have one member only: the suites bring rows of any width, which a number of blocks above one need not divide.

use n2d_cluster::KMeansConfig;
use n2d_core::{ManifoldClusterer, N2d, PartConfig};
use n2d_encoder::{DenseAutoencoder, DenseAutoencoderConfig};
use n2d_ensemble::{Committee, Counting, Each, SelfTrained, Voting};
use n2d_manifold::{Umap, UmapConfig};
use n2d_testkit::Suite;

fn network() -> DenseAutoencoder {
    let config = DenseAutoencoderConfig {
        hidden: vec![6],
        n_epochs: Some(3),
        ..DenseAutoencoderConfig::new(2)
    };
    config.build().expect("valid")
}

fn umap() -> Umap {
    let config = UmapConfig {
        n_neighbors: 6,
        n_epochs: Some(20),
        ..UmapConfig::default()
    };
    config.build().expect("valid")
}

#[test]
fn committee() {
    Suite::encoder(Committee::new(network(), 3))
        .allow(
            "huge values",
            "a network diverges on them, as the members' own suite says",
        )
        .run();
}

#[test]
fn self_trained() {
    let later = ManifoldClusterer::new(umap(), KMeansConfig::new(2).build().unwrap());
    let member = N2d::new(network(), later);
    Suite::encoder(SelfTrained::new(member, 2, network()))
        .allow(
            "one sample",
            "members find two clusters, or there is nothing to teach",
        )
        .allow(
            "observer",
            "members have stages of their own, whose steps are told",
        )
        .allow(
            "more features than samples",
            "on so few rows members agree on none",
        )
        .allow(
            "huge values",
            "a network diverges on them, as the members' own suite says",
        )
        .run();
}

#[test]
fn each() {
    Suite::manifold(Each::new(umap(), 1)).transforms().run();
}

#[test]
fn voting() {
    for counting in [Counting::Matched, Counting::CoAssociation] {
        let voting = Voting::new(KMeansConfig::new(1).build().unwrap(), 1);
        Suite::clusterer(voting.with_counting(counting)).predicts().run();
    }
}
