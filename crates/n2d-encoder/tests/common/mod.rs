//! Data and configurations that several test programs share.

use n2d_core::Samples;
use n2d_encoder::DenseAutoencoderConfig;

pub(crate) const ROWS: usize = 90;
pub(crate) const WIDTH: usize = 12;

pub(crate) fn values() -> Vec<f32> {
    let cell = |i: usize| 0.5 + 0.4 * ((i / WIDTH) as f32 * 0.37 + (i % WIDTH) as f32 * 0.9).sin();
    (0..ROWS * WIDTH).map(cell).collect()
}

/// Each row six steps of two channels.
pub(crate) fn samples(values: &[f32]) -> Samples<'_> {
    Samples::from_rows(values, WIDTH)
        .unwrap()
        .with_row_shape(&[6, 2])
        .unwrap()
}

/// Three batches an epoch.
pub(crate) fn dense() -> DenseAutoencoderConfig {
    DenseAutoencoderConfig {
        hidden: vec![16],
        batch_size: 32,
        n_epochs: Some(8),
        ..DenseAutoencoderConfig::new(2)
    }
}
