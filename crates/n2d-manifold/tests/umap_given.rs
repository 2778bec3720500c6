//! What a fit can be given: neighbours, a metric, a start, a graph.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic as tests do")]

mod support;

use n2d_core::{FitContext, FittedManifold, PartConfig, Samples, Transform};
use n2d_manifold::UmapConfig;
use n2d_manifold::umap::{Given, Init};
use n2d_neighbors::{Metric, NeighborIndex, NeighborSearch, Neighbors, SparseGraph};
use ndarray::Array2;
use support::{bits, blobs, fit_seeded, mixing, refused, samples, small};

#[test]
fn neighbours_that_are_given_are_those_that_are_found() {
    let values = blobs(300, 5, 3, 4.0, 1);
    let x = samples(&values, 5);
    let found = fit_seeded(&small(2), &values, 5, 3).model;
    let mut ctx = FitContext::new(3);
    // More than are needed: the nearest are used.
    let neighbors = NeighborIndex::new(x, NeighborSearch::Auto)
        .graph(x, 12, &mut ctx)
        .unwrap();
    let umap = small(2).build().unwrap();
    let given = Given {
        neighbors: Some(&neighbors),
        ..Given::default()
    };
    let fit = umap.fit_given(x, &given, &mut ctx).unwrap();
    assert_eq!(bits(fit.model.embedding()), bits(found.embedding()));
    assert_eq!(fit.model.transform(x).unwrap(), found.transform(x).unwrap());

    let few = NeighborIndex::new(x, NeighborSearch::Auto)
        .graph(x, 8, &mut ctx)
        .unwrap();
    let given = Given {
        neighbors: Some(&few),
        ..Given::default()
    };
    let error = refused(umap.fit_given(x, &given, &mut ctx).unwrap_err());
    assert_eq!(
        error.to_string(),
        "umap.neighbors must be at least n_neighbors - 1 = 9 others of each row, but is 8"
    );
    let other = Neighbors::from_arrays(
        Array2::from_shape_fn((7, 6), |(row, at)| (at + usize::from(at >= row)) as u32).view(),
        Array2::ones((7, 6)).view(),
    );
    let other = other.unwrap();
    let given = Given {
        neighbors: Some(&other),
        ..Given::default()
    };
    assert_eq!(
        refused(umap.fit_given(x, &given, &mut ctx).unwrap_err()).field,
        "neighbors"
    );
}

#[test]
fn metrics_other_than_euclidean() {
    let values = blobs(240, 6, 3, 5.0, 1);
    for metric in [
        Metric::Manhattan,
        Metric::Cosine,
        Metric::Chebyshev,
        Metric::Correlation,
    ] {
        let config = UmapConfig { metric, ..small(2) };
        let model = fit_seeded(&config, &values, 6, 0).model;
        assert!(
            mixing(model.embedding(), |row| (row % 3) as i32) < 0.6,
            "{metric}"
        );
        let placed = model.transform(samples(&values, 6)).unwrap();
        assert!(mixing(placed.view(), |row| (row % 3) as i32) < 0.6, "{metric}");
    }
    let config = UmapConfig {
        metric: Metric::Minkowski(0.5),
        ..small(2)
    };
    assert_eq!(config.build().unwrap_err().field, "metric");
}

#[test]
fn starts_are_where_they_are_asked_for() {
    let values = blobs(120, 4, 3, 6.0, 1);
    let x = samples(&values, 4);
    let after_one = |config: &UmapConfig, start: Option<Samples<'_>>| {
        // An epoch that moves nothing to speak of.
        let config = UmapConfig {
            n_epochs: Some(1),
            learning_rate: 1e-6,
            ..config.clone()
        };
        let given = Given {
            start,
            ..Given::default()
        };
        let fit = config
            .build()
            .unwrap()
            .fit_given(x, &given, &mut FitContext::new(0));
        fit.unwrap().model.embedding().to_owned()
    };
    let start: Vec<f32> = (0..240)
        .map(|i| if i % 2 == 0 { i as f32 } else { 7.0 })
        .collect();
    let embedding = after_one(&small(2), Some(samples(&start, 2)));
    for (row, y) in embedding.rows().into_iter().enumerate() {
        assert!((y[0] - 10.0 * row as f32 / 119.0).abs() < 1e-3, "{y}");
        assert!(y[1].abs() < 1e-3, "{y}");
    }
    let principal = after_one(
        &UmapConfig {
            init: Init::Pca,
            ..small(2)
        },
        None,
    );
    for column in principal.columns() {
        let (low, high) = column
            .iter()
            .fold((f32::MAX, f32::MIN), |(l, h), &v| (l.min(v), h.max(v)));
        assert!(low.abs() < 1e-3 && (high - 10.0).abs() < 1e-3, "{low} {high}");
    }
    let umap = small(2).build().unwrap();
    let given = Given {
        start: Some(x),
        ..Given::default()
    };
    assert_eq!(
        refused(umap.fit_given(x, &given, &mut FitContext::new(0)).unwrap_err()).to_string(),
        "umap.start must be rows of n_components = 2 values, but is 4 values wide"
    );
    let wide = UmapConfig {
        init: Init::Pca,
        ..small(5)
    }
    .build()
    .unwrap();
    let error = refused(
        wide.fit_given(x, &Given::default(), &mut FitContext::new(0))
            .unwrap_err(),
    );
    assert_eq!(error.field, "n_components");
}

#[test]
fn a_graph_is_laid_out_as_its_fit_does() {
    let values = blobs(300, 5, 3, 3.0, 1);
    let x = samples(&values, 5);
    let umap = small(2).build().unwrap();
    let fit = umap
        .fit_given(x, &Given::default(), &mut FitContext::new(4))
        .unwrap()
        .model;
    let fuzzy = umap
        .fuzzy_graph(x, &Given::default(), &mut FitContext::new(4))
        .unwrap()
        .model;
    assert_eq!((fuzzy.sigmas.len(), fuzzy.rhos.len()), (300, 300));
    let laid_out = umap
        .fit_graph(&fuzzy.graph, Some(x), None, &mut FitContext::new(4))
        .unwrap()
        .model;
    assert_eq!(bits(laid_out.embedding()), bits(fit.embedding()));
    let new = blobs(100, 5, 3, 3.0, 2);
    let new = samples(&new, 5);
    let memberships = fit.memberships(new).unwrap();
    assert_eq!(laid_out.place(&memberships).unwrap(), fit.transform(new).unwrap());

    for bad in [
        vec![],
        vec![(300, 1.0)],
        vec![(0, 0.0)],
        vec![(0, f32::NAN)],
        vec![(0, 1.0), (0, 0.5)],
    ] {
        let error = laid_out.place(&[vec![(0, 1.0)], bad]).unwrap_err();
        assert!(error.to_string().contains("new point 1"), "{error}");
    }
}

#[test]
fn graphs_that_are_none_are_refused() {
    let umap = small(2).build().unwrap();
    let refusal = |umap: &n2d_manifold::Umap, rows| {
        let graph = SparseGraph::from_rows(rows);
        refused(
            umap.fit_graph(&graph, None, None, &mut FitContext::new(0))
                .unwrap_err(),
        )
        .field
    };
    assert_eq!(refusal(&umap, vec![]), "graph");
    assert_eq!(refusal(&umap, vec![vec![(1, 0.5)], vec![]]), "graph");
    assert_eq!(refusal(&umap, vec![vec![(0, 0.5)]]), "graph");
    let nan = vec![vec![(1, f32::NAN)], vec![(0, f32::NAN)]];
    assert_eq!(refusal(&umap, nan), "graph");
    let pair = || vec![vec![(1, 0.5)], vec![(0, 0.5)]];
    for (field, config) in [
        (
            "densmap",
            UmapConfig {
                densmap: true,
                ..small(2)
            },
        ),
        (
            "output_dens",
            UmapConfig {
                output_dens: true,
                ..small(2)
            },
        ),
        (
            "init",
            UmapConfig {
                init: Init::Pca,
                ..small(2)
            },
        ),
    ] {
        assert_eq!(refusal(&config.build().unwrap(), pair()), field);
    }
    // Without an edge, and in many pieces, without rows that say where.
    for rows in [vec![vec![]; 1], vec![vec![]; 9], pair()] {
        let graph = SparseGraph::from_rows(rows);
        let fit = umap
            .fit_graph(&graph, None, None, &mut FitContext::new(0))
            .unwrap();
        assert!(fit.model.embedding().iter().all(|v| v.is_finite()));
    }
}
