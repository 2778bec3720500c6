//! Whole ensembles: that members differ, agree on what is plain, and come back from files.

use n2d_cluster::{FittedGaussianMixture, GaussianMixture, GaussianMixtureConfig, HdbscanConfig};
use n2d_core::persist::State;
use n2d_core::{
    CancelToken, Encoder, FitContext, FitError, FittedClusterer, FittedN2d, ManifoldClusterer, N2d,
    PartConfig, Samples,
};
use n2d_encoder::{DenseAutoencoder, DenseAutoencoderConfig, FittedDenseAutoencoder, IdentityConfig};
use n2d_ensemble::{Committee, Each, FittedCommittee, FittedEach, FittedVoting, N2dEnsemble, Voting};
use n2d_manifold::umap::FittedAveragedUmap;
use n2d_manifold::{FittedUmap, Umap, UmapConfig};
use ndarray::Array2;

type Member = N2d<DenseAutoencoder, Umap, GaussianMixture>;

/// Two groups of rows of four columns, no two rows alike.
fn data() -> Array2<f32> {
    Array2::from_shape_fn((80, 4), |(row, column)| {
        let wobble = ((row * (3 + 2 * column)) as f32 * 0.618_034).fract();
        (row % 2) as f32 * 0.8 + 0.2 * wobble
    })
}

#[expect(clippy::unwrap_used, reason = "a helper of tests may panic as tests do")]
fn member() -> Member {
    let encoder = DenseAutoencoderConfig {
        hidden: vec![16],
        n_epochs: Some(30),
        ..DenseAutoencoderConfig::new(2)
    };
    let umap = UmapConfig {
        n_neighbors: 8,
        n_epochs: Some(60),
        ..UmapConfig::new(2)
    };
    let later = ManifoldClusterer::new(
        umap.build().unwrap(),
        GaussianMixtureConfig::new(2).build().unwrap(),
    );
    N2d::new(encoder.build().unwrap(), later)
}

/// Whether rows of one group have one label, and those of the other another.
fn are_the_groups(labels: &[i32]) -> bool {
    labels[0] != labels[1]
        && labels
            .iter()
            .enumerate()
            .all(|(row, &label)| label == labels[row % 2])
}

type ByVotes = N2d<Committee<DenseAutoencoder>, Each<Umap>, Voting<GaussianMixture>>;

#[test]
fn votes_find_the_groups_and_come_back_from_a_file() {
    find_the_groups_and_come_back(N2dEnsemble::new(member(), 3).unwrap().by_votes());
}

#[test]
fn co_association_finds_the_groups_and_comes_back_from_a_file() {
    find_the_groups_and_come_back(N2dEnsemble::new(member(), 3).unwrap().by_co_association());
}

#[expect(clippy::unwrap_used, reason = "a helper of tests may panic as tests do")]
fn find_the_groups_and_come_back(ensemble: ByVotes) {
    let data = data();
    let x = Samples::new(data.view()).unwrap();
    let fitted = ensemble.fit(x, &mut FitContext::new(1)).unwrap().model;
    assert!(are_the_groups(fitted.labels().as_slice()));
    assert_eq!(fitted.embedding().dim(), (80, 6));
    assert!(fitted.clusterer().agreement().iter().all(|&share| share > 0.5));
    assert_eq!(&fitted.predict(x).unwrap(), fitted.labels());
    let proba = fitted.predict_proba(x).unwrap();
    assert!(proba.rows().into_iter().all(|row| (row.sum() - 1.0).abs() < 1e-5));

    let state = State::of(&fitted).unwrap();
    let loaded: FittedN2d<
        FittedCommittee<FittedDenseAutoencoder>,
        FittedEach<FittedUmap>,
        FittedVoting<FittedGaussianMixture>,
    > = FittedN2d::load_with(
        &state,
        |state| FittedCommittee::load_with(state, State::load),
        |state| FittedEach::load_with(state, State::load),
        |state| FittedVoting::load_with(state, State::load),
    )
    .unwrap();
    assert_eq!(loaded.clusterer().consensus(), fitted.clusterer().consensus());
    assert_eq!(loaded.predict_proba(x).unwrap(), proba);
    assert_eq!(loaded.clusterer().n_clusters(), 2);
}

#[test]
fn members_that_label_new_rows_approximately_vote_approximately() {
    let data = data();
    let x = Samples::new(data.view()).unwrap();
    let (encoder, later) = member().into_parts();
    let hdbscan = HdbscanConfig {
        min_cluster_size: 10,
        ..HdbscanConfig::default()
    };
    let later = ManifoldClusterer::new(later.into_parts().0, hdbscan.build().unwrap());
    let ensemble = N2dEnsemble::new(N2d::new(encoder, later), 3).unwrap();
    let fitted = ensemble
        .by_co_association()
        .fit(x, &mut FitContext::new(1))
        .unwrap()
        .model;
    assert!(fitted.clusterer().as_predict().is_none());
    let (labels, strengths) = fitted.approximate_predict(x).unwrap();
    assert!(are_the_groups(labels.as_slice()));
    assert!(strengths.iter().all(|strength| (0.0..=1.0).contains(strength)));
    assert!(strengths.iter().any(|&strength| strength > 0.5));
}

#[test]
fn a_mean_graph_finds_the_groups_and_comes_back_from_a_file() {
    let data = data();
    let x = Samples::new(data.view()).unwrap();
    let ensemble = N2dEnsemble::new(member(), 3).unwrap().by_mean_graph();
    let fitted = ensemble.fit(x, &mut FitContext::new(1)).unwrap().model;
    assert!(are_the_groups(fitted.labels().as_slice()));
    assert_eq!(fitted.embedding().dim(), (80, 2));
    let agreement = fitted.manifold().agreement(fitted.labels()).unwrap();
    assert!(agreement.iter().all(|&share| share == 1.0), "{agreement:?}");

    let state = State::of(&fitted).unwrap();
    let loaded: FittedN2d<
        FittedCommittee<FittedDenseAutoencoder>,
        FittedAveragedUmap,
        FittedGaussianMixture,
    > = FittedN2d::load_with(
        &state,
        |state| FittedCommittee::load_with(state, State::load),
        State::load,
        State::load,
    )
    .unwrap();
    assert_eq!(loaded.transform(x).unwrap(), fitted.transform(x).unwrap());
    assert_eq!(loaded.predict(x).unwrap(), fitted.predict(x).unwrap());
}

#[test]
fn members_differ_and_a_seed_fixes_them() {
    let data = data();
    let x = Samples::new(data.view()).unwrap();
    let committee = Committee::new(member().into_parts().0, 2);
    let fit = |seed| committee.fit(x, &mut FitContext::new(seed)).unwrap();
    let fitted = fit(1);
    assert_ne!(fitted.model.members()[0], fitted.model.members()[1]);
    assert_eq!(fitted.model, fit(1).model);
    assert_ne!(fitted.model, fit(2).model);
    assert_eq!(fitted.report.n_iter, 30);
    assert!(fitted.report.notes.contains(&"2 members".to_owned()));
}

#[test]
fn members_that_are_the_same_are_noted() {
    let data = data();
    let x = Samples::new(data.view()).unwrap();
    let fit = Committee::new(IdentityConfig::default().build().unwrap(), 3)
        .fit(x, &mut FitContext::new(1))
        .unwrap();
    assert!(
        fit.report
            .notes
            .iter()
            .any(|note| note.contains("does not depend on the seed")),
        "{:?}",
        fit.report.notes
    );
}

#[test]
fn a_cancelled_committee_ends() {
    let data = data();
    let token = CancelToken::new();
    token.cancel();
    let mut ctx = FitContext::new(1).with_cancel(token);
    let committee = Committee::new(member().into_parts().0, 2);
    let error = committee
        .fit(Samples::new(data.view()).unwrap(), &mut ctx)
        .unwrap_err();
    assert!(matches!(error, FitError::Cancelled { .. }));
}

#[test]
fn odd_files_are_refused() {
    let data = data();
    let x = Samples::new(data.view()).unwrap();
    let ensemble = N2dEnsemble::new(member(), 2).unwrap().by_votes();
    let fitted = ensemble.fit(x, &mut FitContext::new(1)).unwrap().model;
    let load = |state: &State| FittedVoting::<FittedGaussianMixture>::load_with(state, State::load);
    let whole = State::of(fitted.clusterer()).unwrap();
    assert!(load(&whole).is_ok());
    for (name, value) in [
        ("n_members", serde_json::json!(0)),
        ("n_members", serde_json::json!(3)),
        ("n_members", serde_json::json!(1_000_000)),
        ("reference", serde_json::json!(2)),
        ("mappings", serde_json::json!([[0, 1]])),
        ("mappings", serde_json::json!([[0, 1], [0, -2]])),
        ("mappings", serde_json::json!([[0, 1], [0, 9]])),
        ("mappings", serde_json::json!([[0, 1], [0, 2_000_000_000]])),
    ] {
        let mut damaged = whole.clone();
        damaged.set(name, &value);
        assert!(load(&damaged).is_err(), "{name} = {value}");
    }
}

#[test]
fn numbers_of_members_are_checked() {
    let error = N2dEnsemble::new(member(), 0).unwrap_err();
    assert_eq!(
        error.to_string(),
        "ensemble.n_members must be between 1 and 1000, but is 0"
    );
    assert!(N2dEnsemble::new(member(), 1001).is_err());
}
