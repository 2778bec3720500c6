//! Every manifold learner passes the conformance suite.

use n2d_core::PartConfig;
use n2d_manifold::umap::AveragedUmapConfig;
use n2d_manifold::{
    IdentityConfig, IsomapConfig, LocallyLinearEmbeddingConfig, PcaConfig, PcaEncoderConfig,
    SpectralEmbeddingConfig, TsneConfig, UmapConfig,
};
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
fn pca_as_an_encoder() {
    let config = PcaEncoderConfig {
        latent_dim: 1,
        ..PcaEncoderConfig::default()
    };
    Suite::encoder(config.build().unwrap())
        .with_config(config)
        .decodes()
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
        .saves()
        .run();
}

#[test]
fn averaged_umap() {
    let config = AveragedUmapConfig {
        n_views: 1,
        umap: UmapConfig {
            n_neighbors: 6,
            n_epochs: Some(20),
            ..UmapConfig::default()
        },
    };
    Suite::manifold(config.build().unwrap())
        .with_config(config)
        .transforms()
        .saves()
        .run();
}

#[test]
fn tsne() {
    let config = TsneConfig {
        perplexity: 5.0,
        max_iter: 60,
        ..TsneConfig::default()
    };
    Suite::manifold(config.build().unwrap())
        .with_config(config)
        .transforms()
        .saves()
        .run();
}

#[test]
fn isomap() {
    let config = IsomapConfig::default();
    Suite::manifold(config.build().unwrap())
        .with_config(config)
        .transforms()
        .saves()
        .run();
}

#[test]
fn lle() {
    let config = LocallyLinearEmbeddingConfig::default();
    Suite::manifold(config.build().unwrap())
        .with_config(config)
        .transforms()
        .saves()
        .run();
}

#[test]
fn spectral_embedding() {
    let config = SpectralEmbeddingConfig::default();
    Suite::manifold(config.build().unwrap())
        .with_config(config)
        .transforms()
        .saves()
        .run();
}

#[test]
fn pca() {
    let config = PcaConfig::new(1);
    Suite::manifold(config.build().unwrap())
        .with_config(config)
        .transforms()
        .saves()
        .run();
}
