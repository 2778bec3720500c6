//! Every encoder passes the conformance suite.

#![allow(clippy::unwrap_used, reason = "helpers of tests may panic as tests do")]

use n2d_core::{Encoder, Fit, FitContext, FitError, PartConfig, Samples};
use n2d_encoder::{
    Autoencoder, Conv1dConfig, Conv2d, Conv2dConfig, DenseAutoencoderConfig, Engine, FittedAutoencoder,
    GruConfig, IdentityConfig, LstmConfig, VariationalConfig,
};
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

const OVERFLOW: (&str, &str) = ("huge values", "their squares overflow: data is to be scaled");

macro_rules! network {
    ($name:ident, $config:expr) => {
        #[test]
        fn $name() {
            let config = $config;
            Suite::encoder(config.build().unwrap())
                .with_config(config)
                .decodes()
                .saves()
                .allow(OVERFLOW.0, OVERFLOW.1)
                .run();
        }
    };
}

network!(
    conv1d,
    Conv1dConfig {
        channels: vec![4, 4],
        n_epochs: Some(2),
        batch_size: 16,
        ..Conv1dConfig::new(3)
    }
);
network!(
    lstm,
    LstmConfig {
        units: 4,
        n_epochs: Some(2),
        batch_size: 16,
        ..LstmConfig::new(3)
    }
);
network!(
    gru,
    GruConfig {
        units: 4,
        n_epochs: Some(2),
        batch_size: 16,
        ..GruConfig::new(3)
    }
);
network!(
    variational,
    VariationalConfig {
        hidden: vec![8],
        n_epochs: Some(2),
        batch_size: 16,
        ..VariationalConfig::new(3)
    }
);

/// Takes rows of any width as images of one column.
struct Column(Autoencoder<Conv2d>);

impl Encoder for Column {
    type Fitted = FittedAutoencoder<Conv2d>;

    fn fit(&self, x: Samples<'_>, ctx: &mut FitContext<'_>) -> Result<Fit<Self::Fitted>, FitError> {
        let shape = [x.n_features(), 1];
        self.0.fit(x.with_row_shape(&shape).unwrap(), ctx)
    }
}

#[test]
fn conv2d() {
    let config = Conv2dConfig {
        channels: vec![4, 4],
        n_epochs: Some(2),
        batch_size: 16,
        ..Conv2dConfig::new(3)
    };
    Suite::encoder(Column(config.build().unwrap()))
        .with_config(config)
        .decodes()
        .saves()
        .allow(OVERFLOW.0, OVERFLOW.1)
        .run();
}
