//! Graphs in pieces: where the pieces start is where they end, more or less.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic as tests do")]

mod support;

use n2d_core::{FittedManifold, Transform};
use n2d_manifold::UmapConfig;
use ndarray::ArrayView2;
use support::{blobs, fit_seeded, normal, notes, samples};

/// Two groups far apart, each of 60 rows at 17 places.
fn places(seed: u64) -> Vec<f32> {
    let places = normal(34 * 4, seed);
    (0..120)
        .flat_map(|row| {
            let (group, place) = (row % 2, row / 2 % 17);
            let values = &places[(group * 17 + place) * 4..][..4];
            values
                .iter()
                .map(move |v| v + 20.0 * group as f32)
                .collect::<Vec<_>>()
        })
        .collect()
}

/// How well the best plane across the line between the groups' means tells them apart.
fn separation(embedding: ArrayView2<'_, f32>) -> f64 {
    let d = embedding.ncols();
    let mean = |group: usize| -> Vec<f32> {
        let rows = embedding.rows().into_iter().skip(group).step_by(2);
        let n = embedding.nrows() as f32 / 2.0;
        rows.fold(vec![0.0; d], |sum, row| {
            sum.iter().zip(row).map(|(s, v)| s + v / n).collect()
        })
    };
    let (a, b) = (mean(0), mean(1));
    let nearer_to_b = |row: usize| {
        let squared = |to: &[f32]| {
            embedding
                .row(row)
                .iter()
                .zip(to)
                .map(|(v, t)| (v - t) * (v - t))
                .sum::<f32>()
        };
        squared(&b) < squared(&a)
    };
    (0..embedding.nrows())
        .filter(|&row| nearer_to_b(row) == (row % 2 == 1))
        .count() as f64
        / embedding.nrows() as f64
}

#[test]
fn groups_of_copies_stay_groups() {
    for n_components in [2, 10, 40] {
        for (seed, n_neighbors) in [(1, 20), (2, 20), (3, 20), (4, 10), (5, 10), (6, 5)] {
            let config = UmapConfig {
                n_neighbors,
                ..UmapConfig::new(n_components)
            };
            let fit = fit_seeded(&config, &places(seed), 4, seed);
            let notes = &fit.report.notes;
            assert!(
                notes.iter().any(|note| note.contains("linked to those around")),
                "{notes:?}"
            );
            let found = separation(fit.model.embedding());
            assert!(
                found > 0.85,
                "{n_components} components, {n_neighbors} neighbours, seed {seed}: {found}"
            );
        }
    }
}

/// Twelve blobs in two far groups, by the parity of the row: as they lie before a layout moves them.
#[test]
fn pieces_start_where_their_means_are() {
    let mut values = normal(360 * 4, 1);
    for (row, values) in values.chunks_exact_mut(4).enumerate() {
        let blob = row % 12;
        values[blob / 2 % 3] += if blob < 6 { 40.0 } else { -40.0 };
        values[3] += 500.0 * (row % 2) as f32;
    }
    for n_components in [2, 5, 10] {
        let config = UmapConfig {
            n_neighbors: 8,
            n_epochs: Some(1),
            learning_rate: 1e-6,
            ..UmapConfig::new(n_components)
        };
        let fit = fit_seeded(&config, &values, 4, 0);
        assert_eq!(
            notes(&fit.report),
            ["the neighbour graph is in 12 pieces: each starts by itself"]
        );
        let found = separation(fit.model.embedding());
        // More components hold more than the way from group to group.
        assert!(found > 0.9, "{n_components} components: {found}");
    }
}

#[test]
fn rows_farther_than_the_disconnection_distance_are_no_neighbours() {
    let mut values = blobs(90, 3, 2, 30.0, 1);
    values[..3].fill(500.0);
    let config = UmapConfig {
        n_neighbors: 8,
        n_epochs: Some(50),
        disconnection_distance: Some(15.0),
        ..UmapConfig::new(2)
    };
    let fit = fit_seeded(&config, &values, 3, 0);
    assert_eq!(
        notes(&fit.report),
        [
            "the neighbour graph is in 3 pieces: each starts by itself",
            "7 neighbours are at disconnection_distance or farther; 1 rows have none left"
        ]
    );
    // A new row that has none either lies at its nearest, and where it lies does not depend on the others.
    let placed = fit
        .model
        .transform(samples(&[499.0, 499.0, 499.0, 0.0, 0.0, 0.0], 3))
        .unwrap();
    assert!(placed.iter().all(|v| v.is_finite()));
    let memberships = fit.model.memberships(samples(&[9e9, 0.0, 0.0], 3)).unwrap();
    assert_eq!(memberships[0].len(), 1);
    assert_eq!(memberships[0][0].1, 1.0);

    let all_alone = UmapConfig {
        disconnection_distance: Some(1e-6),
        ..config
    };
    let fit = fit_seeded(&all_alone, &values, 3, 0);
    assert!(
        fit.report.notes[0].contains("90 pieces"),
        "{:?}",
        fit.report.notes
    );
}

#[test]
fn thousands_of_pieces_take_no_time_to_speak_of() {
    // Pairs: every row and its only neighbour.
    let values: Vec<f32> = normal(3000, 1)
        .iter()
        .flat_map(|v| [*v * 1000.0, *v * 1000.0 + 1e-3])
        .collect();
    let config = UmapConfig {
        n_neighbors: 2,
        n_epochs: Some(5),
        ..UmapConfig::new(2)
    };
    let fit = fit_seeded(&config, &values, 1, 0);
    assert!(
        fit.report.notes[0].contains("pieces: each starts by itself"),
        "{:?}",
        fit.report.notes
    );
}
