//! One seed fixes every bit, for any number of threads.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic as tests do")]

use n2d::prelude::*;
use n2d_tests::{pendigits, small_encoder, small_preset};

/// Every number that a run makes, as bits.
fn bits_of_a_run(seed: u64, threads: usize) -> Vec<u32> {
    // Enough rows for several blocks of the layout, chunks of the mixture and batches of the network.
    let (x, _) = pendigits(1500);
    let x = Samples::new(x.view()).unwrap();
    let threads = Parallelism::threads(threads.try_into().unwrap()).unwrap();
    let mut ctx = FitContext::new(seed).with_parallelism(threads.clone());
    let pipeline = N2d::new(
        small_encoder().build().unwrap(),
        small_preset(10).build().unwrap(),
    );
    let fit = pipeline.fit(x, &mut ctx).unwrap();
    let fitted = fit.model;
    threads.install(|| {
        let mut bits: Vec<u32> = fitted
            .labels()
            .as_slice()
            .iter()
            .map(|&label| label as u32)
            .collect();
        let applied = [
            fitted.embedding().to_owned(),
            fitted.encode(x).unwrap(),
            fitted.reconstruct(x).unwrap(),
            fitted.transform(x).unwrap(),
            fitted.predict_proba(x).unwrap(),
        ];
        bits.extend(applied.iter().flatten().map(|v| v.to_bits()));
        bits.extend(
            fit.report
                .parts
                .iter()
                .flat_map(|part| &part.history)
                .map(|&v| (v as f32).to_bits()),
        );
        bits
    })
}

#[test]
fn threads_change_no_bit() {
    let one = bits_of_a_run(7, 1);
    assert!(one == bits_of_a_run(7, 2), "two threads differ from one");
    assert!(one == bits_of_a_run(7, 4), "four threads differ from one");
}

#[test]
fn another_seed_is_another_run() {
    assert!(bits_of_a_run(7, 2) != bits_of_a_run(8, 2));
}

/// A row's answer is the same alone as among many.
#[test]
fn batches_change_no_bit() {
    let (x, _) = pendigits(1000);
    let all = Samples::new(x.view()).unwrap();
    let pipeline = N2d::new(
        small_encoder().build().unwrap(),
        small_preset(10).build().unwrap(),
    );
    let fitted = pipeline.fit(all, &mut FitContext::new(2)).unwrap().model;
    let together = fitted.predict_proba(all).unwrap();
    for row in [0, 255, 256, 511, 999] {
        let alone = fitted
            .predict_proba(Samples::from_rows(&all.row(row).to_vec(), 16).unwrap())
            .unwrap();
        assert_eq!(alone.row(0), together.row(row), "row {row}");
    }
}
