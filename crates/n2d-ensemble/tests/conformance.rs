//! The parts of ensembles pass the conformance suites.
//!
//! One member only: the suites bring rows of any width, which a number of blocks above one need not divide.

use n2d_cluster::KMeansConfig;
use n2d_core::PartConfig;
use n2d_encoder::DenseAutoencoderConfig;
use n2d_ensemble::{Committee, Counting, Each, Voting};
use n2d_manifold::UmapConfig;
use n2d_testkit::Suite;

#[test]
fn committee() {
    let config = DenseAutoencoderConfig {
        hidden: vec![6],
        n_epochs: Some(3),
        ..DenseAutoencoderConfig::new(2)
    };
    Suite::encoder(Committee::new(config.build().unwrap(), 3))
        .allow(
            "huge values",
            "a network diverges on them, as the members' own suite says",
        )
        .run();
}

#[test]
fn each() {
    let config = UmapConfig {
        n_neighbors: 6,
        n_epochs: Some(20),
        ..UmapConfig::default()
    };
    Suite::manifold(Each::new(config.build().unwrap(), 1))
        .transforms()
        .run();
}

#[test]
fn voting() {
    for counting in [Counting::Matched, Counting::CoAssociation] {
        let voting = Voting::new(KMeansConfig::new(1).build().unwrap(), 1);
        Suite::clusterer(voting.with_counting(counting)).predicts().run();
    }
}
