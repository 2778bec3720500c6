//! Fits that know more of the rows than their values.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic as tests do")]

mod support;

use n2d_core::{FitContext, FittedManifold, Labels, PartConfig, Transform};
use n2d_manifold::umap::{Given, Target};
use n2d_neighbors::SparseGraph;
use support::{blobs, fit_seeded, mixing, normal, notes, refused, samples, small};

/// Classes that the values say nothing about: the target alone can tell them apart.
#[test]
fn a_target_brings_classes_together() {
    let values = normal(300 * 4, 1);
    let x = samples(&values, 4);
    let class = |row: usize| (row % 3) as i32;
    let umap = small(2).build().unwrap();
    let plain = fit_seeded(&small(2), &values, 4, 0).model;
    assert!(mixing(plain.embedding(), class) > 0.95);
    let all = Labels::new((0..300).map(class).collect()).unwrap();
    let most = Labels::new(
        (0..300)
            .map(|row| if row % 10 != 0 { class(row) } else { -1 })
            .collect(),
    )
    .unwrap();
    let numbers: Vec<f32> = (0..300).map(|row| class(row) as f32).collect();
    let mut found = Vec::new();
    for target in [
        Target::Labels {
            labels: &all,
            weight: 0.9,
        },
        Target::Labels {
            labels: &most,
            weight: 0.9,
        },
        Target::Values {
            values: samples(&numbers, 1),
            weight: 0.9,
            n_neighbors: Some(15),
        },
    ] {
        let fit = umap.fit_supervised(x, target, &mut FitContext::new(0)).unwrap();
        assert!(fit.model.embedding().iter().all(|v| v.is_finite()));
        fit.model.transform(x).unwrap();
        found.push(mixing(fit.model.embedding(), class));
    }
    assert!(
        found[0] < 0.6 && found[1] < 0.95 && found[0] < found[1],
        "{found:?}"
    );
    assert!(found[2] < 0.8, "{found:?}");
}

#[test]
fn a_target_of_no_weight_or_no_labels_hardly_matters() {
    let values = blobs(200, 5, 3, 4.0, 1);
    let (x, ctx) = (samples(&values, 5), &mut FitContext::new(0));
    let umap = small(2).build().unwrap();
    let graph = umap.fuzzy_graph(x, &Given::default(), ctx).unwrap().model.graph;
    let unknown = Labels::new(vec![-1; 200]).unwrap();
    let given = Given {
        target: Some(Target::labels(&unknown)),
        ..Given::default()
    };
    let semi = umap.fuzzy_graph(x, &given, ctx).unwrap().model.graph;
    // All memberships fall by the same factor and rise again. Then both views are joined once more.
    for row in 0..200 {
        let columns = |graph: &SparseGraph| graph.row(row).map(|(column, _)| column).collect::<Vec<_>>();
        assert_eq!(columns(&graph), columns(&semi));
    }
}

#[test]
fn targets_that_do_not_fit_are_named() {
    let values = normal(30 * 2, 1);
    let x = samples(&values, 2);
    let umap = small(2).build().unwrap();
    let refusal = |target| {
        refused(
            umap.fit_supervised(x, target, &mut FitContext::new(0))
                .unwrap_err(),
        )
    };
    let (few, all) = (
        Labels::new(vec![0; 29]).unwrap(),
        Labels::new(vec![0; 30]).unwrap(),
    );
    assert_eq!(
        refusal(Target::labels(&few)).to_string(),
        "umap.target must be of 30 rows, as the data, but is 29"
    );
    for weight in [-0.1, 1.1, f32::NAN] {
        assert_eq!(
            refusal(Target::Labels { labels: &all, weight }).field,
            "target_weight"
        );
    }
    let numbers = Target::Values {
        values: x,
        weight: 0.5,
        n_neighbors: Some(1),
    };
    assert_eq!(refusal(numbers).field, "target_n_neighbors");
}

#[test]
fn all_classes_apart_leave_every_row_alone_and_still_embed() {
    let values = normal(40 * 2, 1);
    let labels = Labels::new((0..40).collect()).unwrap();
    let target = Target::Labels {
        labels: &labels,
        weight: 1.0,
    };
    let umap = small(2).build().unwrap();
    let fit = umap
        .fit_supervised(samples(&values, 2), target, &mut FitContext::new(0))
        .unwrap();
    assert!(fit.model.embedding().iter().all(|v| v.is_finite()));
    assert_eq!(
        notes(&fit.report),
        ["the neighbour graph is in 40 pieces: each starts by itself"]
    );
}
