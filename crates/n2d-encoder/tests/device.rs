//! Training on other devices than the processor, where they are compiled in: `cargo test -p n2d-encoder --features wgpu --test device`.
//!
//! A software driver of Vulkan is device enough. Where there is none, the test says that it was skipped, unless `N2D_NEED_DEVICE` is set.

#![cfg(any(feature = "wgpu", feature = "vulkan"))]
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic as tests do")]

use n2d_core::{Encoder, FitContext, FittedEncoder, PartConfig, Samples};
use n2d_encoder::{DenseAutoencoderConfig, Device, Engine};

const DEVICE: &str = if cfg!(feature = "vulkan") {
    "vulkan"
} else {
    "wgpu"
};

#[test]
fn a_few_steps_are_those_of_the_processor() {
    let values: Vec<f32> = (0..64 * 12).map(|i| ((i * 37) % 101) as f32 / 101.0).collect();
    let x = Samples::from_rows(&values, 12).unwrap();
    let fit = |device: Device| {
        let config = DenseAutoencoderConfig {
            hidden: vec![16],
            batch_size: 16,
            n_epochs: Some(3),
            engine: Engine::Burn,
            device,
            ..DenseAutoencoderConfig::new(3)
        };
        config.build().unwrap().fit(x, &mut FitContext::new(7))
    };
    let expected = fit(Device::CPU).unwrap();
    let found = match fit(DEVICE.parse().unwrap()) {
        Ok(found) => found,
        Err(error) if std::env::var_os("N2D_NEED_DEVICE").is_none() => {
            eprintln!("SKIPPED: {error}");
            return;
        }
        Err(error) => panic!("{error}"),
    };
    for (a, b) in found.report.history.iter().zip(&expected.report.history) {
        assert!((a - b).abs() < 1e-4 * b, "{a} or {b}");
    }
    let (a, b) = (found.model.encode(x).unwrap(), expected.model.encode(x).unwrap());
    assert!(a.iter().zip(&b).all(|(a, b)| (a - b).abs() < 1e-2), "{a} or {b}");
}
