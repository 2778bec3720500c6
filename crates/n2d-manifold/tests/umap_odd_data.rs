//! Data that has no neighbours to speak of, too many, or values at the ends of the range: the embedding is finite all the same.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic as tests do")]

mod support;

use n2d_core::{Fit, FittedManifold, Termination, Transform};
use n2d_manifold::umap::Init;
use n2d_manifold::{FittedUmap, UmapConfig};
use n2d_neighbors::{Metric, NeighborSearch};
use support::{bits, blobs, fit_seeded, normal, notes, samples};

/// Fits, checks, and places the training rows, and the first alone, again.
fn survives(config: &UmapConfig, values: &[f32], d: usize) -> Fit<FittedUmap> {
    let config = UmapConfig {
        n_epochs: Some(30),
        ..config.clone()
    };
    let fit = fit_seeded(&config, values, d, 3);
    let placed = fit.model.transform(samples(values, d)).unwrap();
    assert_eq!(placed.dim(), (values.len() / d, config.n_components));
    assert!(placed.iter().all(|v| v.is_finite()), "{placed}");
    let back = fit
        .model
        .inverse_transform(samples(placed.as_slice().unwrap(), config.n_components))
        .unwrap();
    assert_eq!(back.dim(), (values.len() / d, d));
    assert!(back.iter().all(|v| v.is_finite()), "{back}");
    let first = fit.model.transform(samples(&values[..d], d)).unwrap();
    assert_eq!(first.row(0), placed.row(0));
    fit
}

fn small(n_components: usize) -> UmapConfig {
    UmapConfig {
        n_neighbors: 5,
        ..UmapConfig::new(n_components)
    }
}

#[test]
fn one_row_lies_at_the_origin() {
    let fit = survives(&small(2), &[3.0, -1.0], 2);
    assert_eq!(fit.report.termination, Termination::ClosedForm);
    assert_eq!(fit.report.notes, ["a single point: placed at the origin"]);
    assert!(fit.model.embedding().iter().all(|&v| v == 0.0));
}

#[test]
fn few_rows_are_all_neighbours() {
    for n in [2, 3, 5, 19] {
        let fit = survives(&UmapConfig::new(2), &normal(n * 4, 1), 4);
        let note = format!("n_neighbors = {n}, all there are, instead of 20");
        assert!(fit.report.notes.contains(&note), "{:?}", fit.report.notes);
    }
    let fit = survives(&UmapConfig::new(2), &normal(20 * 4, 1), 4);
    assert!(notes(&fit.report).is_empty(), "{:?}", fit.report.notes);
}

#[test]
fn more_components_than_rows() {
    for n in [2, 5, 9] {
        survives(&small(8), &normal(n * 3, 1), 3);
    }
}

#[test]
fn rows_that_are_all_equal() {
    for n in [2, 50, 700] {
        survives(&small(2), &vec![1.5; n * 3], 3);
    }
}

#[test]
fn rows_half_of_which_are_one() {
    let mut values = normal(200 * 3, 1);
    values[..100 * 3].fill(0.25);
    for local_connectivity in [0.0, 1.0, 1.5, 5.0] {
        let config = UmapConfig {
            local_connectivity,
            ..small(2)
        };
        survives(&config, &values, 3);
    }
}

#[test]
fn one_column_and_constant_columns() {
    survives(&small(2), &normal(120, 1), 1);
    let with_constants: Vec<f32> = normal(120, 1).into_iter().flat_map(|v| [7.0, v, 0.0]).collect();
    let fit = survives(&small(2), &with_constants, 3);
    let alone = survives(&small(2), &normal(120, 1), 1);
    assert_eq!(bits(fit.model.embedding()), bits(alone.model.embedding()));
}

#[test]
fn graphs_in_pieces_say_how_they_started() {
    let two = blobs(80, 3, 2, 100.0, 1);
    let fit = survives(&small(2), &two, 3);
    assert_eq!(
        notes(&fit.report),
        ["the neighbour graph is in 2 pieces: each starts by itself"]
    );

    let many = blobs(120, 3, 12, 100.0, 1);
    let fit = survives(&small(2), &many, 3);
    assert_eq!(
        notes(&fit.report),
        ["the neighbour graph is in 12 pieces: each starts by itself"]
    );

    let config = UmapConfig {
        init: Init::Random,
        ..small(2)
    };
    assert!(notes(&survives(&config, &many, 3).report).is_empty());
}

#[test]
fn graphs_without_common_views() {
    let config = UmapConfig {
        set_op_mix_ratio: 0.0,
        n_neighbors: 2,
        ..UmapConfig::new(2)
    };
    // Each sees the one before it; only the first two see each other.
    let values: Vec<f32> = (0..40).map(|i| (1.5_f32).powi(i)).collect();
    survives(&config, &values, 1);
}

/// A power of two times the data is the same data.
#[test]
fn size_does_not_matter() {
    for d in [3, 30] {
        let values = normal(150 * d, 1);
        let usual = survives(&small(2), &values, d);
        for factor in [(-100_f32).exp2(), 100_f32.exp2(), 122_f32.exp2()] {
            let sized: Vec<f32> = values.iter().map(|v| v * factor).collect();
            let fit = survives(&small(2), &sized, d);
            assert_eq!(
                bits(fit.model.embedding()),
                bits(usual.model.embedding()),
                "{factor}"
            );
        }
    }
}

#[test]
fn values_at_the_ends_of_the_range() {
    for size in [f32::MIN_POSITIVE, 1e-45, 1e30, f32::MAX] {
        let values: Vec<f32> = normal(90 * 2, 1).iter().map(|v| v / 6.0 * size).collect();
        survives(&small(2), &values, 2);
    }
    let mut one_far = normal(90 * 2, 1);
    one_far[17] = f32::MAX;
    survives(&small(2), &one_far, 2);
    let model = survives(&small(2), &normal(90 * 2, 1), 2).model;
    for far in [1e19, 1e30, -f32::MAX] {
        let placed = model.transform(samples(&[far, far], 2)).unwrap();
        assert!(placed.iter().all(|v| v.is_finite()), "{far}: {placed}");
    }
}

#[test]
fn every_option_survives_odd_data() {
    let mut half_one = normal(60 * 3, 1);
    half_one[..30 * 3].fill(0.25);
    let mut one_far = normal(60 * 3, 1);
    one_far[17] = f32::MAX;
    let constant = normal(60, 1).into_iter().flat_map(|v| [7.0, v, 0.0]).collect();
    let mut data = vec![
        vec![1.5; 60 * 3],
        vec![0.0; 60 * 3],
        half_one,
        one_far,
        constant,
        normal(2 * 3, 1),
        normal(3 * 3, 1),
    ];
    data.extend(
        [1e-45, 1e-30, 1e30, f32::MAX].map(|size| normal(60 * 3, 1).iter().map(|v| v / 6.0 * size).collect()),
    );
    let dense = UmapConfig {
        densmap: true,
        dens_frac: Some(1.0),
        output_dens: true,
        ..small(2)
    };
    let options = [
        dense.clone(),
        UmapConfig {
            init: Init::Pca,
            ..small(2)
        },
        UmapConfig {
            disconnection_distance: Some(1e-3),
            ..dense
        },
        UmapConfig {
            metric: Metric::Cosine,
            ..small(2)
        },
        UmapConfig {
            metric: Metric::Manhattan,
            search: NeighborSearch::NnDescent,
            ..small(2)
        },
    ];
    for (at, values) in data.iter().enumerate() {
        for config in &options {
            let fit = survives(config, values, 3);
            let Some(radii) = fit.model.radii() else { continue };
            assert_eq!(radii.data.len(), values.len() / 3);
            assert!(
                radii.embedding.iter().all(|r| r.is_finite()),
                "{at}: {:?}",
                radii.embedding
            );
            if config.disconnection_distance.is_none() {
                assert!(radii.data.iter().all(|r| r.is_finite()), "{at}: {:?}", radii.data);
            }
        }
    }
}
