//! What a user may rely on: determinism, progress, stopping, placing new rows, and embeddings that keep neighbours.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic as tests do")]

mod support;

use n2d_core::{
    ApplyError, CancelToken, Control, Event, FitContext, FitError, FittedManifold, Parallelism, PartConfig,
    Termination, Transform,
};
use n2d_manifold::UmapConfig;
use n2d_neighbors::{NeighborIndex, NeighborSearch};
use ndarray::ArrayView2;
use support::{bits, blobs, fit, fit_seeded, notes, pendigits, samples};

fn quick(n_components: usize) -> UmapConfig {
    UmapConfig {
        n_neighbors: 12,
        n_epochs: Some(40),
        ..UmapConfig::new(n_components)
    }
}

/// Enough rows for several blocks of the layout.
#[test]
fn a_seed_fixes_every_bit_for_any_number_of_threads() {
    let values = blobs(2100, 6, 4, 8.0, 1);
    let new_rows = blobs(200, 6, 4, 8.0, 2);
    let run = |threads: usize, seed: u64| {
        let threads = Parallelism::threads(threads.try_into().unwrap()).unwrap();
        let mut ctx = FitContext::new(seed).with_parallelism(threads.clone());
        let model = fit(&quick(3), samples(&values, 6), &mut ctx).unwrap().model;
        let placed = threads
            .install(|| model.transform(samples(&new_rows, 6)))
            .unwrap();
        (bits(model.embedding()), bits(placed.view()))
    };
    let one = run(1, 5);
    assert_eq!(one, run(2, 5));
    assert_eq!(one, run(4, 5));
    let other = run(2, 6);
    assert_ne!(one.0, other.0);
    assert_ne!(one.1, other.1);
}

#[test]
fn progress_never_falls_and_ends_complete() {
    let values = blobs(5000, 3, 4, 8.0, 1);
    let mut seen: Vec<(&str, u64, u64)> = Vec::new();
    let mut watch = |event: &Event<'_>| {
        if let Event::Progress { progress, .. } = event {
            seen.push((progress.phase, progress.step, progress.total));
        }
        Control::Continue
    };
    let mut ctx = FitContext::new(0).with_observer(&mut watch);
    fit(&quick(2), samples(&values, 3), &mut ctx).unwrap();
    for phase in ["neighbours", "layout"] {
        let steps: Vec<_> = seen.iter().filter(|step| step.0 == phase).collect();
        assert!(steps.is_sorted_by(|a, b| a.1 < b.1 && a.2 == b.2), "{steps:?}");
        assert!(steps.last().is_some_and(|last| last.1 == last.2), "{steps:?}");
    }
    assert!(seen.is_sorted_by_key(|step| step.0 == "layout"));
}

#[test]
fn an_observer_ends_the_layout_early_with_a_usable_model() {
    let values = blobs(300, 4, 3, 8.0, 1);
    let mut watch = |event: &Event<'_>| match event {
        Event::Progress { progress, .. } if progress.phase == "layout" && progress.step == 7 => Control::Stop,
        _ => Control::Continue,
    };
    let mut ctx = FitContext::new(0).with_observer(&mut watch);
    let stopped = fit(&quick(2), samples(&values, 4), &mut ctx).unwrap();
    assert_eq!(
        (stopped.report.termination, stopped.report.n_iter),
        (Termination::Stopped, 7)
    );
    assert!(stopped.model.transform(samples(&values, 4)).is_ok());

    let whole = fit_seeded(&quick(2), &values, 4, 0);
    assert_eq!(
        (whole.report.termination, whole.report.n_iter),
        (Termination::Completed, 40)
    );
    assert_eq!(
        notes(&whole.report),
        ["the neighbour graph is in 3 pieces: each starts by itself"]
    );
}

#[test]
fn a_set_token_ends_the_fit() {
    let values = blobs(300, 4, 3, 8.0, 1);
    let x = samples(&values, 4);
    for phase in ["neighbours", "layout"] {
        let token = CancelToken::new();
        let setter = token.clone();
        let mut watch = move |event: &Event<'_>| {
            if matches!(event, Event::Progress { progress, .. } if progress.phase == phase) {
                setter.cancel();
            }
            Control::Continue
        };
        let mut ctx = FitContext::new(0).with_observer(&mut watch).with_cancel(token);
        let error = fit(&quick(2), x, &mut ctx).unwrap_err();
        assert!(matches!(error, FitError::Cancelled { part } if part == "umap"));
    }
}

#[test]
fn training_rows_lie_where_they_lay() {
    let mut values = blobs(400, 6, 4, 9.0, 1);
    // Of equal rows the first counts.
    values.copy_within(30..36, 60);
    let model = fit_seeded(&quick(3), &values, 6, 0).model;
    let again = model.transform(samples(&values, 6)).unwrap();
    for row in (0..400).filter(|&row| row != 10) {
        assert_eq!(again.row(row), model.embedding().row(row), "{row}");
    }
    assert_eq!(again.row(10), again.row(5));

    let neighbors = NeighborIndex::new(samples(&values, 6), NeighborSearch::Auto)
        .query(samples(&values, 6), 15)
        .unwrap();
    assert_eq!(model.transform_neighbors(&neighbors).unwrap(), again);
}

#[test]
fn new_rows_are_placed_each_by_itself() {
    let values = blobs(400, 6, 4, 9.0, 1);
    let new_rows = blobs(150, 6, 4, 9.0, 2);
    let model = fit_seeded(&quick(3), &values, 6, 0).model;
    let together = model.transform(samples(&new_rows, 6)).unwrap();
    for row in [0, 1, 77, 149] {
        let alone = model.transform(samples(&new_rows[row * 6..][..6], 6)).unwrap();
        assert_eq!(alone.row(0), together.row(row));
    }
    let error = model.transform(samples(&new_rows, 5)).unwrap_err();
    assert!(matches!(
        error,
        ApplyError::FeatureMismatch {
            expected: 6,
            given: 5,
            ..
        }
    ));
}

/// The share of the `k` nearest points of all rows that are of the row's own blob.
fn purity(rows: ArrayView2<'_, f32>, points: ArrayView2<'_, f32>, n_blobs: usize, k: usize) -> f64 {
    let index = NeighborIndex::new(
        samples(points.as_slice().unwrap(), points.ncols()),
        NeighborSearch::Auto,
    );
    let found = index
        .query(samples(rows.as_slice().unwrap(), rows.ncols()), k)
        .unwrap();
    let own = |row: usize| {
        let same = |&&i: &&u32| i as usize % n_blobs == row % n_blobs;
        found.indices(row).iter().filter(same).count()
    };
    (0..rows.nrows()).map(own).sum::<usize>() as f64 / (rows.nrows() * k) as f64
}

#[test]
fn blobs_stay_apart_and_new_rows_join_theirs() {
    let values = blobs(600, 10, 5, 10.0, 1);
    let new_rows = blobs(200, 10, 5, 10.0, 2);
    for n_components in [2, 5] {
        let model = fit_seeded(&UmapConfig::new(n_components), &values, 10, 0).model;
        let embedding = model.embedding();
        assert!(purity(embedding, embedding, 5, 15) >= 0.99);
        for rows in [&values, &new_rows] {
            let placed = model.transform(samples(rows, 10)).unwrap();
            assert!(purity(placed.view(), embedding, 5, 15) >= 0.99);
        }
    }
}

/// One minus what embedded neighbours cost that are not neighbours in the data (Venna and Kaski 2001).
fn trustworthiness(x: &[f32], d: usize, embedding: ArrayView2<'_, f32>, k: usize) -> f64 {
    let (x, n) = (samples(x, d), embedding.nrows());
    let y = samples(embedding.as_slice().unwrap(), embedding.ncols());
    let neighbours = NeighborIndex::new(y, NeighborSearch::Auto)
        .graph(y, k, &mut FitContext::new(0))
        .unwrap();
    let cost = |row: usize| -> usize {
        let squared =
            |other: &[f32]| -> f32 { x.row(row).iter().zip(other).map(|(a, b)| (a - b) * (a - b)).sum() };
        let distances: Vec<f32> = x.rows().map(squared).collect();
        // The row itself is nearer than all, so this counts ranks from one.
        let rank = |&i: &u32| distances.iter().filter(|&&d| d < distances[i as usize]).count();
        let costs = neighbours.indices(row).iter().map(|i| rank(i).saturating_sub(k));
        costs.sum()
    };
    let total = (0..n).map(cost).sum::<usize>() as f64;
    1.0 - 2.0 * total / (n * k * (2 * n - 3 * k - 1)) as f64
}

#[test]
fn neighbours_of_real_data_stay_neighbours() {
    let Some(values) = pendigits(3000) else {
        return;
    };
    let config = UmapConfig {
        n_epochs: Some(200),
        ..UmapConfig::new(10)
    };
    let model = fit_seeded(&config, &values, 16, 0).model;
    let trust = trustworthiness(&values, 16, model.embedding(), 15);
    assert!(trust >= 0.99, "{trust}");
}

#[test]
fn a_layout_that_flies_apart_is_an_error() {
    let values = blobs(200, 4, 3, 8.0, 1);
    let with_rate = |learning_rate| {
        let config = UmapConfig {
            learning_rate,
            ..quick(2)
        };
        fit(&config, samples(&values, 4), &mut FitContext::new(0))
    };
    // Wild, but numbers: checked in `fit`.
    assert!(with_rate(1000.0).is_ok());
    for learning_rate in [1e19, f32::MAX] {
        let error = with_rate(learning_rate).unwrap_err();
        assert!(
            matches!(&error, FitError::Diverged { part, unit: "epoch", step: 1.., .. } if part == "umap"),
            "{error}"
        );
    }
}

#[test]
fn the_widest_embedding_is_named() {
    let error = UmapConfig::new(257).build().unwrap_err();
    assert_eq!(
        error.to_string(),
        "umap.n_components must be between 1 and 256, but is 257"
    );
    let config = UmapConfig {
        n_epochs: Some(2),
        ..UmapConfig::new(256)
    };
    let values = blobs(300, 4, 1, 0.0, 1);
    assert_eq!(fit_seeded(&config, &values, 4, 0).model.n_components(), 256);
}
