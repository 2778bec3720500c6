//! What a fit can tell besides the embedding: densities, and rows back from places; and that threads change none of it.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic as tests do")]

mod support;

use n2d_core::{FitContext, FittedManifold, Labels, Parallelism, PartConfig, Samples, Transform};
use n2d_manifold::UmapConfig;
use n2d_manifold::umap::{Given, Init, Target};
use n2d_neighbors::{NeighborIndex, NeighborSearch};
use support::{bits, blobs, fit_seeded, pendigits, samples, small};

/// Groups of very different spread: densMAP keeps that.
#[test]
fn densmap_keeps_densities() {
    let mut values = blobs(400, 5, 2, 60.0, 1);
    for (row, values) in values.chunks_exact_mut(5).enumerate() {
        if row % 10 != 0 {
            values.iter_mut().for_each(|v| *v *= 0.1);
        }
    }
    let correlation = |config: &UmapConfig| {
        let config = UmapConfig {
            output_dens: true,
            n_epochs: Some(300),
            ..config.clone()
        };
        let model = fit_seeded(&config, &values, 5, 0).model;
        let radii = model.radii().unwrap();
        pearson(&radii.data, &radii.embedding)
    };
    let plain = correlation(&small(2));
    let dense = correlation(&UmapConfig {
        densmap: true,
        ..small(2)
    });
    assert!(dense > 0.75 && dense > plain + 0.2, "{dense} and {plain} without");
    let longer = UmapConfig {
        densmap: true,
        n_epochs: None,
        ..small(2)
    };
    assert_eq!(fit_seeded(&longer, &values, 5, 0).report.n_iter, 700);
    assert!(fit_seeded(&small(2), &values, 5, 0).model.radii().is_none());
}

fn pearson(a: &[f32], b: &[f32]) -> f64 {
    let mean = |v: &[f32]| v.iter().map(|&v| f64::from(v)).sum::<f64>() / v.len() as f64;
    let (mean_a, mean_b) = (mean(a), mean(b));
    let (mut ab, mut aa, mut bb) = (0.0, 0.0, 0.0);
    for (&a, &b) in a.iter().zip(b) {
        let (a, b) = (f64::from(a) - mean_a, f64::from(b) - mean_b);
        (ab, aa, bb) = (ab + a * b, aa + a * a, bb + b * b);
    }
    ab / (aa * bb).sqrt()
}

#[test]
fn places_come_back_as_rows() {
    let values = blobs(600, 8, 4, 6.0, 1);
    let new_rows = blobs(200, 8, 4, 6.0, 2);
    let model = fit_seeded(
        &UmapConfig {
            n_epochs: Some(200),
            ..UmapConfig::new(2)
        },
        &values,
        8,
        0,
    )
    .model;
    let placed = model.transform(samples(&new_rows, 8)).unwrap();
    let places = Samples::new(placed.view()).unwrap();
    let back = model.inverse_transform(places).unwrap();
    let error = |other: &dyn Fn(usize) -> Vec<f32>| -> f32 {
        let row = |row: usize| -> f32 {
            let apart = other(row)
                .into_iter()
                .zip(&new_rows[row * 8..])
                .map(|(a, b)| (a - b) * (a - b));
            apart.sum::<f32>().sqrt()
        };
        (0..200).map(row).sum::<f32>() / 200.0
    };
    let index = NeighborIndex::new(Samples::new(model.embedding()).unwrap(), NeighborSearch::Exact);
    let nearest = index.query(places, 1).unwrap();
    let of_nearest = error(&|row| values[nearest.indices(row)[0] as usize * 8..][..8].to_vec());
    let own = error(&|row| back.row(row).to_vec());
    // Rows lie about sqrt(8) from the centre of their own group.
    assert!(
        own < 0.85 * of_nearest && own < 3.0,
        "{own}, and {of_nearest} of the nearest"
    );
    let alone = model
        .inverse_transform(samples(placed.row(7).as_slice().unwrap(), 2))
        .unwrap();
    assert_eq!(alone.row(0), back.row(7));
    assert!(model.inverse_transform(samples(&[0.0; 3], 3)).is_err());
    for far in [1e10, f32::MAX, -f32::MAX] {
        let back = model.inverse_transform(samples(&[far, far], 2)).unwrap();
        assert!(back.iter().all(|v| v.is_finite() && v.abs() < 1000.0), "{back}");
    }
}

#[test]
fn every_option_gives_the_same_bits_for_any_number_of_threads() {
    let values = blobs(1100, 6, 40, 9.0, 1);
    let labels = Labels::new((0..1100).map(|row| row % 5 - 1).collect()).unwrap();
    let run = |threads: usize, config: &UmapConfig, target: Option<Target<'_>>| {
        let threads = Parallelism::threads(threads.try_into().unwrap()).unwrap();
        let mut ctx = FitContext::new(5).with_parallelism(threads.clone());
        let given = Given {
            target,
            ..Given::default()
        };
        let model = config
            .build()
            .unwrap()
            .fit_given(samples(&values, 6), &given, &mut ctx)
            .unwrap()
            .model;
        let back = threads.install(|| model.inverse_transform(samples(&[1.0; 9], 3)).unwrap());
        (bits(model.embedding()), bits(back.view()))
    };
    let target = Some(Target::labels(&labels));
    for (config, target) in [
        (
            UmapConfig {
                n_epochs: Some(10),
                densmap: true,
                dens_frac: Some(1.0),
                ..small(3)
            },
            target,
        ),
        (
            UmapConfig {
                n_epochs: Some(10),
                init: Init::Pca,
                n_neighbors: 3,
                ..small(3)
            },
            None,
        ),
    ] {
        let one = run(1, &config, target);
        assert_eq!(one, run(2, &config, target));
        assert_eq!(one, run(4, &config, target));
    }
}

/// umap-learn's own way back is farther from these rows than the nearest training row in the embedding is.
#[test]
fn places_of_real_data_come_back() {
    let Some(all) = pendigits(3300) else {
        return;
    };
    let (values, new_rows) = (&all[..1500 * 16], &all[3000 * 16..]);
    for n_components in [2, 10] {
        let config = UmapConfig {
            n_neighbors: 15,
            min_dist: 0.1,
            ..UmapConfig::new(n_components)
        };
        let model = fit_seeded(&config, values, 16, 0).model;
        let placed = model.transform(samples(new_rows, 16)).unwrap();
        let places = Samples::new(placed.view()).unwrap();
        let back = model.inverse_transform(places).unwrap();
        let index = NeighborIndex::new(Samples::new(model.embedding()).unwrap(), NeighborSearch::Exact);
        let nearest = index.query(places, 1).unwrap();
        let error = |other: &dyn Fn(usize) -> Vec<f32>| -> f32 {
            let row = |row: usize| -> f32 {
                let pairs = other(row).into_iter().zip(&new_rows[row * 16..]);
                pairs.map(|(a, b)| (a - b) * (a - b)).sum::<f32>().sqrt()
            };
            (0..300).map(row).sum::<f32>() / 300.0
        };
        let of_nearest = error(&|row| values[nearest.indices(row)[0] as usize * 16..][..16].to_vec());
        let own = error(&|row| back.row(row).to_vec());
        assert!(own < 0.9 * of_nearest, "{own}, and {of_nearest} of the nearest");
    }
}
