//! Against hdbscan 0.8.44: `tests/data/hdbscan_*.json`, made by the script beside them.
//!
//! Where several edges of the spanning tree weigh the same, and with a row's core distance as the weight of its edges that is
//! the rule, their order is arbitrary there. So all that comes after the tree is compared exactly on the tree of hdbscan, and
//! fits from rows are compared in what does not depend on that order.

use std::collections::BTreeMap;

use n2d_core::{ApproximatePredict, Clusterer, FitContext, FittedClusterer, Labels, PartConfig, Samples};
use n2d_neighbors::{Metric, NeighborIndex, NeighborSearch};
use ndarray::Array2;
use serde::Deserialize;

use super::fitted::{FittedHdbscan, Space};
use super::linkage::{LinkageRow, SpanningEdge};
use super::prim::Distances;
use super::{HdbscanConfig, SpanningAlgorithm};

#[derive(Deserialize)]
struct File {
    sets: Vec<Set>,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Set {
    name: String,
    unit: f64,
    n_features: usize,
    x: Vec<i64>,
}

impl Set {
    fn rows(&self, whole: &[i64]) -> Vec<f32> {
        whole.iter().map(|&x| (x as f64 / self.unit) as f32).collect()
    }
}

#[derive(Deserialize)]
struct Case {
    set: String,
    options: HdbscanConfig,
    linkage: Vec<(usize, usize, f64, usize)>,
    edges: Vec<(u32, u32)>,
    condensed: Vec<(usize, usize, Option<f64>, usize)>,
    labels: Vec<i32>,
    probabilities: Vec<Option<f64>>,
    outlier_scores: Vec<Option<f64>>,
    persistence: Vec<Option<f64>>,
    validity: f64,
    dbscan: Vec<Cut>,
    new: Option<New>,
    membership: Option<Vec<Option<f64>>>,
}

#[derive(Deserialize)]
struct Cut {
    epsilon: f64,
    labels: Vec<i32>,
}

#[derive(Deserialize)]
struct New {
    rows: Vec<i64>,
    labels: Vec<i32>,
    strengths: Vec<Option<f64>>,
    connecting: Vec<usize>,
    scores: Vec<Option<f64>>,
    exemplars: Vec<Vec<usize>>,
    membership: Option<Vec<Option<f64>>>,
}

fn files() -> [File; 3] {
    [
        include_str!("../../tests/data/hdbscan_1.json"),
        include_str!("../../tests/data/hdbscan_2.json"),
        include_str!("../../tests/data/hdbscan_3.json"),
    ]
    .map(|text| serde_json::from_str(text).unwrap())
}

fn each(check: impl Fn(&Case, &Set, Samples<'_>, &str)) -> usize {
    let files = files();
    let mut count = 0;
    for file in &files {
        for case in &file.cases {
            let set = file.sets.iter().find(|set| set.name == case.set).unwrap();
            let rows = set.rows(&set.x);
            let y = Samples::from_rows(&rows, set.n_features).unwrap();
            check(case, set, y, &format!("{}: {:?}", case.set, case.options));
            count += 1;
        }
    }
    count
}

/// What is not finite there has a defined value here, which other tests are about.
fn assert_close<T: Copy + Into<f64>>(what: &str, ours: &[T], reference: &[Option<f64>], tolerance: f64) {
    assert_eq!(ours.len(), reference.len(), "{what}");
    for (at, (&ours, reference)) in ours.iter().zip(reference).enumerate() {
        let ours = ours.into();
        assert!(!ours.is_nan(), "{what}[{at}]");
        if let Some(reference) = reference {
            let close = (ours - reference).abs() <= tolerance * (1.0 + reference.abs());
            assert!(close, "{what}[{at}]: {ours} for {reference}");
        }
    }
}

/// Everything after the spanning tree, on that of hdbscan.
fn on_their_tree(case: &Case, y: Samples<'_>) -> FittedHdbscan {
    let config = &case.options;
    let k = config.min_samples.unwrap_or(config.min_cluster_size);
    let distances = match config.metric {
        Metric::Euclidean => Distances::Euclidean(y),
        other => Distances::Other(y, other),
    };
    let core = super::prim::core_distances(distances, k, &mut FitContext::new(0)).unwrap();
    let weigh = |&(a, b): &(u32, u32)| {
        let distance = distances.between(a as usize, b as usize) / config.alpha;
        let weight = distance.max(core[a as usize][1]).max(core[b as usize][1]);
        SpanningEdge { a, b, weight }
    };
    let mut edges: Vec<SpanningEdge> = case.edges.iter().map(weigh).collect();
    edges.sort_by(|x, y| x.weight.total_cmp(&y.weight));
    let merge = |&(left, right, distance, size): &(usize, usize, f64, usize)| LinkageRow {
        left,
        right,
        distance,
        size,
    };
    let euclidean = config.metric == Metric::Euclidean;
    let space = Space {
        n_samples: y.n_samples(),
        n_features: y.n_features(),
        rows: Some(y.as_slice().to_vec()),
        index: euclidean.then(|| {
            let search = NeighborSearch::KdTree;
            (search, NeighborIndex::new(y, search))
        }),
        metric: config.metric,
        min_samples: k,
        core,
        edges,
        linkage: case.linkage.iter().map(merge).collect(),
    };
    FittedHdbscan::new(space.into(), config.into())
}

#[test]
fn all_that_is_made_of_the_tree_is_equal() {
    let n_cases = each(|case, set, y, name| {
        let model = on_their_tree(case, y);
        let table: Vec<_> = model
            .tree
            .rows
            .iter()
            .map(|r| (r.parent, r.child, r.size))
            .collect();
        let expected: Vec<_> = case.condensed.iter().map(|r| (r.0, r.1, r.3)).collect();
        assert_eq!(table, expected, "{name}");
        let lambdas: Vec<f64> = model.tree.rows.iter().map(|r| r.lambda).collect();
        let expected: Vec<_> = case.condensed.iter().map(|r| r.2).collect();
        for (lambda, expected) in lambdas.iter().zip(&expected) {
            assert_eq!(lambda.is_infinite(), expected.is_none(), "{name}");
        }
        // hdbscan simplifies by persistence in single precision.
        assert_close(name, &lambdas, &expected, 1e-7);
        assert_eq!(model.labels().as_slice(), case.labels, "{name}");
        assert_close(name, model.probabilities(), &case.probabilities, 1e-6);
        assert_close(name, model.outlier_scores(), &case.outlier_scores, 1e-6);
        assert_close(name, model.cluster_persistence(), &case.persistence, 1e-6);
        assert_close(name, &[model.relative_validity()], &[Some(case.validity)], 1e-6);
        if let Some(expected) = &case.membership {
            let ours: Vec<f32> = model.membership_vectors().unwrap().into_iter().collect();
            assert_close(&format!("membership {name}"), &ours, expected, 1e-5);
        }
        if let Some(new) = &case.new {
            check_new(&model, new, set, name);
        }
    });
    assert_eq!(n_cases, 17);
}

fn check_new(model: &FittedHdbscan, new: &New, set: &Set, name: &str) {
    let rows = set.rows(&new.rows);
    let rows = Samples::from_rows(&rows, set.n_features).unwrap();
    let exemplars: Vec<Vec<usize>> = model
        .exemplars()
        .into_iter()
        .map(|mut some| {
            some.sort_unstable();
            some
        })
        .collect();
    assert_eq!(exemplars.len(), new.exemplars.len(), "{name}");
    let (labels, strengths) = model.approximate_predict(rows).unwrap();
    // Of several training rows at one distance, either may be the one that is joined.
    let connecting = model.connecting_points(rows).unwrap();
    let same: Vec<usize> = (0..connecting.len())
        .filter(|&at| connecting[at] == new.connecting[at])
        .collect();
    assert!(
        same.len() * 10 >= connecting.len() * 8,
        "{name}: {} of {}",
        same.len(),
        connecting.len()
    );
    for at in (0..connecting.len()).filter(|at| !same.contains(at)) {
        let ours = reach(model, rows, at, connecting[at]);
        let theirs = reach(model, rows, at, new.connecting[at]);
        // The index nominates neighbours by single-precision squares.
        assert!(
            (ours - theirs).abs() <= 1e-6 * theirs,
            "{name}: new row {at} joins at {ours}, not {theirs}"
        );
    }
    let scores = model.approximate_predict_scores(rows).unwrap();
    let n_clusters = model.n_clusters();
    let ours = model.membership_vector(rows).unwrap();
    for at in same {
        let name = format!("{name}: new row {at}");
        assert_eq!(labels.as_slice()[at], new.labels[at], "{name}");
        assert_close(&name, &strengths[at..=at], &new.strengths[at..=at], 1e-6);
        assert_close(
            &name,
            &scores[at..=at],
            &[new.scores[at].map(|s| s.max(0.0))],
            1e-6,
        );
        if let Some(expected) = &new.membership {
            let ours = ours.row(at).to_vec();
            assert_close(&name, &ours, &expected[at * n_clusters..][..n_clusters], 1e-4);
        }
    }
}

/// By the plainest way: the mutual reachability of a new row and a training row.
fn reach(model: &FittedHdbscan, new: Samples<'_>, at: usize, row: usize) -> f64 {
    let rows = model.rows().unwrap().chunks_exact(new.n_features());
    let from = new.row(at).to_slice().unwrap().to_vec();
    let distances: Vec<f64> = rows
        .map(|other| model.space.metric.distance(&from, other))
        .collect();
    let mut sorted = distances.clone();
    sorted.sort_by(f64::total_cmp);
    let own = sorted[model.space.min_samples.min(sorted.len() - 1)];
    distances[row].max(own).max(model.space.core[row][0])
}

/// One label of ours for each of theirs and the other way; noise is noise.
fn assert_one_to_one(pairs: impl Iterator<Item = (usize, i32, i32)>, name: &str) {
    let mut theirs_of = BTreeMap::from([(Labels::NOISE, Labels::NOISE)]);
    let mut ours_of = theirs_of.clone();
    for (row, ours, theirs) in pairs {
        let known = (
            *theirs_of.entry(ours).or_insert(theirs),
            *ours_of.entry(theirs).or_insert(ours),
        );
        assert_eq!(known, (theirs, ours), "{name}: row {row}: {ours} for {theirs}");
    }
}

/// The same groups, whatever their numbers, apart from rows that leave their cluster as it comes to be: which side of a split
/// such a row goes to is a matter of the order of equal edges.
fn assert_same_groups(model: &FittedHdbscan, case: &Case, name: &str) {
    // Here many groups merge at one height, and hdbscan itself finds 22 or 23 clusters, depending on the order of the rows.
    if name.starts_with("repeated rows") {
        return;
    }
    assert_eq!(model.n_clusters(), case.persistence.len(), "{name}");
    let clear = |row: usize| {
        let (home, lambda) = model.home[row];
        let between = model.tree.clusters[home].birth == lambda;
        !between && model.flat.root_bar.is_none_or(|bar| bar != lambda)
    };
    let pairs = paired(model.labels(), &case.labels).filter(|&(row, ..)| clear(row));
    assert_one_to_one(pairs, name);
}

fn paired<'a>(ours: &'a Labels, theirs: &'a [i32]) -> impl Iterator<Item = (usize, i32, i32)> + 'a {
    assert_eq!(ours.len(), theirs.len());
    let pairs = ours.as_slice().iter().zip(theirs).enumerate();
    pairs.map(|(row, (&ours, &theirs))| (row, ours, theirs))
}

#[test]
fn fits_from_rows_are_equal_up_to_equal_edges() {
    for algorithm in [SpanningAlgorithm::Boruvka, SpanningAlgorithm::Prim] {
        each(|case, _, y, name| {
            let boruvka = algorithm == SpanningAlgorithm::Boruvka;
            if boruvka && case.options.metric != Metric::Euclidean {
                return;
            }
            let config = HdbscanConfig {
                algorithm,
                ..case.options.clone()
            };
            let model = config
                .build()
                .unwrap()
                .fit(y, &mut FitContext::new(0))
                .unwrap()
                .model;
            let heights: Vec<f64> = model.single_linkage_tree().iter().map(|m| m.distance).collect();
            let expected: Vec<_> = case.linkage.iter().map(|m| Some(m.2)).collect();
            assert_close(name, &heights, &expected, 1e-7);
            assert_same_groups(&model, case, name);
            for cut in &case.dbscan {
                let labels = model.dbscan_clustering(cut.epsilon, 4);
                assert_one_to_one(paired(&labels, &cut.labels), name);
            }
        });
    }
}

#[test]
fn given_distances_give_the_same_fit() {
    each(|case, _, y, name| {
        let n = y.n_samples();
        let metric = case.options.metric;
        let at = |row: usize| y.row(row).to_slice().unwrap().to_vec();
        let distances = Array2::from_shape_fn((n, n), |(a, b)| metric.distance(&at(a), &at(b)) as f32);
        let hdbscan = case.options.build().unwrap();
        let model = hdbscan
            .fit_precomputed(distances.view(), &mut FitContext::new(0))
            .unwrap()
            .model;
        let heights: Vec<f64> = model.single_linkage_tree().iter().map(|m| m.distance).collect();
        let expected: Vec<_> = case.linkage.iter().map(|m| Some(m.2)).collect();
        assert_close(name, &heights, &expected, 1e-6);
        assert_same_groups(&model, case, name);
    });
}
