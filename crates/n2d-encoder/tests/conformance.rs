//! Every encoder passes the conformance suite.

#![allow(clippy::unwrap_used, reason = "helpers of tests may panic as tests do")]

use n2d_core::PartConfig;
use n2d_encoder::{DenseAutoencoderConfig, Engine, IdentityConfig};
use n2d_testkit::Suite;

#[test]
fn identity() {
    let config = IdentityConfig::default();
    Suite::encoder(config.build().unwrap())
        .with_config(config)
        .decodes()
        .saves()
        .run();
}

fn dense(engine: Engine) {
    let config = DenseAutoencoderConfig {
        hidden: vec![8],
        n_epochs: Some(2),
        batch_size: 16,
        engine,
        ..DenseAutoencoderConfig::new(3)
    };
    Suite::encoder(config.build().unwrap())
        .with_config(config)
        .decodes()
        .saves()
        .allow("huge values", "their squares overflow: data is to be scaled")
        .run();
}

#[test]
fn dense_by_our_own_engine() {
    dense(Engine::Native);
}

#[test]
fn dense_by_burns_engine() {
    dense(Engine::Burn);
}
