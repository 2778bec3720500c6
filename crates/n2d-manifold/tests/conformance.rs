//! Every manifold learner passes the conformance suite.

use n2d_core::PartConfig;
use n2d_manifold::{IdentityConfig, UmapConfig};
use n2d_testkit::Suite;

#[test]
fn identity() {
    let config = IdentityConfig::default();
    Suite::manifold(config.build().unwrap())
        .with_config(config)
        .transforms()
        .saves()
        .run();
}

#[test]
fn umap() {
    let config = UmapConfig {
        n_neighbors: 6,
        n_epochs: Some(20),
        ..UmapConfig::default()
    };
    Suite::manifold(config.build().unwrap())
        .with_config(config)
        .transforms()
        .run();
}
