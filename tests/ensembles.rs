//! Ensembles by configuration, and the choice among candidates.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic as tests do")]

use n2d::metrics::adjusted_rand_index;
use n2d::persist::State;
use n2d::prelude::*;
use n2d::selection::{Criterion, Selection, SelectionError};
use n2d::{RunConfig, agreement};
use n2d_tests::pendigits;
use ndarray::Array2;

const ROWS: usize = 300;

fn quick(settings: &[&str]) -> PipelineConfig {
    let mut config = PipelineConfig::new(5);
    let short = ["dense.hidden=[16]", "dense.n_epochs=3", "umap.n_epochs=30"];
    for setting in short.iter().chain(settings) {
        config.set(setting).unwrap();
    }
    config
}

#[test]
fn all_kinds_come_back_from_files_and_say_how_far_members_agree() {
    let (x, _) = pendigits(ROWS);
    let x = Samples::new(x.view()).unwrap();
    for consensus in ["graph", "votes", "co_association", "self_training"] {
        let config = quick(&["ensemble.n_members=3", &format!("ensemble.consensus={consensus}")]);
        let pipeline = Registry::default().build(&config).unwrap();
        let fitted = pipeline.fit(x, &mut FitContext::new(5)).unwrap().model;
        let shares = agreement(&fitted).unwrap().unwrap();
        assert_eq!(shares.len(), ROWS, "{consensus}");
        assert!(shares.iter().all(|share| (0.0..=1.0).contains(share)));
        assert!(shares.iter().sum::<f32>() > 0.5 * ROWS as f32, "{consensus}");

        let state = State::from_bytes(persist::to_bytes(&fitted).unwrap()).unwrap();
        let loaded = Registry::default().load(&state).unwrap();
        assert_eq!(loaded.labels(), fitted.labels(), "{consensus}");
        assert_eq!(
            loaded.predict(x).unwrap(),
            fitted.predict(x).unwrap(),
            "{consensus}"
        );
        assert_eq!(loaded.predict_proba(x).unwrap(), fitted.predict_proba(x).unwrap());
        assert_eq!(agreement(&loaded).unwrap().unwrap(), shares, "{consensus}");
        let alone = x.view().slice(ndarray::s![7..8, ..]).to_owned();
        let alone = Samples::new(alone.view()).unwrap();
        assert_eq!(
            fitted.predict(alone).unwrap().as_slice()[0],
            fitted.predict(x).unwrap().as_slice()[7]
        );
        agrees_on_new_rows(Model::new(loaded, ModelInfo::new("example", 5)), x, consensus);
    }
}

/// A third, two thirds or all of three members; none where they are not kept.
fn agrees_on_new_rows(model: Model, x: Samples<'_>, consensus: &str) {
    // Between two rows that were fitted.
    let between = Array2::from_shape_fn(x.view().dim(), |(row, column)| {
        (x.view()[[row, column]] + x.view()[[(row + 1) % ROWS, column]]) / 2.0
    });
    let answers = model.answers(Samples::new(between.view()).unwrap()).unwrap();
    let shares = model.agreement_on(&answers).unwrap();
    assert_eq!(shares.is_some(), consensus != "self_training", "{consensus}");
    let Some(shares) = shares else { return };
    assert_eq!(shares.len(), ROWS, "{consensus}");
    let of_members = |share: &f32| [0.0, 1.0, 2.0, 3.0].map(|n| n / 3.0_f32).contains(share);
    assert!(shares.iter().all(of_members), "{consensus}: {shares:?}");
    assert!(shares.iter().sum::<f32>() > 0.5 * ROWS as f32, "{consensus}");
}

#[test]
fn an_encoder_of_another_kind_can_be_taught() {
    let (x, classes) = pendigits(ROWS);
    let x = Samples::new(x.view()).unwrap().with_row_shape(&[4, 4]).unwrap();
    for taught in ["conv1d", "conv2d"] {
        let settings = [
            "ensemble.n_members=1",
            "ensemble.consensus=self_training",
            "ensemble.taught_epochs=30",
        ];
        let kind = format!("ensemble.taught={taught}");
        let config = quick(&[&settings[..], &[&*kind]].concat());
        let fitted = Registry::default()
            .build(&config)
            .unwrap()
            .fit(x, &mut FitContext::new(5))
            .unwrap();
        let note = &fitted.report.parts[0].notes[0];
        assert!(note.contains("taught by the inner"), "{note}");
        let fitted = fitted.model;
        let ari = adjusted_rand_index(&classes, fitted.labels()).unwrap();
        assert!(ari > 0.15, "{taught}: {ari}");
        assert!(
            fitted.encoder().as_decode().is_none(),
            "it has not learnt to reconstruct"
        );
        let state = State::from_bytes(persist::to_bytes(&fitted).unwrap()).unwrap();
        let loaded = Registry::default().load(&state).unwrap();
        assert_eq!(loaded.predict(x).unwrap(), fitted.predict(x).unwrap());
        let shares = agreement(&loaded).unwrap();
        assert_eq!(shares, agreement(&fitted).unwrap());
        let is_it = |share: &f32| *share == 0.0 || *share == 1.0;
        assert!(
            shares.unwrap().iter().all(is_it),
            "{taught}: one member agrees, or not"
        );
    }
}

#[test]
fn a_single_pipeline_has_no_members_to_agree() {
    let (x, _) = pendigits(ROWS);
    let pipeline = Registry::default().build(&quick(&[])).unwrap();
    let fitted = pipeline
        .fit(Samples::new(x.view()).unwrap(), &mut FitContext::new(5))
        .unwrap();
    assert_eq!(agreement(&fitted.model).unwrap(), None);
}

#[test]
fn a_mean_graph_needs_umap() {
    let mut config = quick(&["ensemble.n_members=3"]);
    config.manifold = PartChoice::new("pca");
    let error = Registry::default().build(&config).unwrap_err().to_string();
    assert_eq!(
        error,
        "ensemble.consensus=graph: needs the manifold learner umap, not pca; votes and co_association take any"
    );
    for takes_any in ["votes", "co_association", "self_training"] {
        config.set(&format!("ensemble.consensus={takes_any}")).unwrap();
        assert!(Registry::default().build(&config).is_ok(), "{takes_any}");
    }
    config.encoder = PartChoice::new("identity");
    assert!(Registry::default().build(&config).is_ok());
    config.set("ensemble.consensus=votes").unwrap();
    config.set("ensemble.taught_epochs=3").unwrap();
    assert_eq!(
        Registry::default().build(&config).unwrap_err().to_string(),
        "ensemble.taught_epochs: is for ensemble.consensus=self_training alone"
    );
    config.set("ensemble.consensus=self_training").unwrap();
    config.set("ensemble.taught_epochs=0").unwrap();
    assert_eq!(
        Registry::default().build(&config).unwrap_err().to_string(),
        "ensemble.taught_epochs must be at least 1, but is 0"
    );
    let error = config.set("ensemble.taught=lstm").unwrap_err().to_string();
    assert!(error.contains("`auto`, `dense`, `conv1d`, `conv2d`"), "{error}");
    let error = config.set("ensemble.consensus=luck").unwrap_err().to_string();
    assert!(
        error.contains("`graph`, `votes`, `co_association`, `self_training`"),
        "{error}"
    );
    let error = config.set("ensemble.members=3").unwrap_err().to_string();
    assert!(error.contains("unknown field"), "{error}");
    config.set("ensemble.n_members=0").unwrap();
    let error = Registry::default().build(&config).unwrap_err().to_string();
    assert!(
        error.starts_with("ensemble.n_members must be between 1 and 1000"),
        "{error}"
    );
}

#[test]
fn ensembles_are_in_configuration_files() {
    let text = "n_clusters = 5\n[ensemble]\nn_members = 7\nconsensus = \"votes\"\n";
    let run = RunConfig::from_toml(text).unwrap();
    let again = RunConfig::from_toml(&run.to_toml(&Registry::default()).unwrap()).unwrap();
    assert_eq!(again.pipeline.ensemble, run.pipeline.ensemble);
    assert_eq!(run.pipeline.ensemble.unwrap().n_members, 7);
    assert!(RunConfig::from_toml("[ensemble]\nmembers = 7\n").is_err());
}

#[test]
fn what_is_selected_is_what_a_fit_gives() {
    let (x, _) = pendigits(ROWS);
    let x = Samples::new(x.view()).unwrap();
    let registry = Registry::default();
    let selection = Selection::new(quick(&[]))
        .with_seeds(vec![3, 4])
        .unwrap()
        .with_varied("clusterer=gmm|kmeans")
        .unwrap()
        .with_varied("umap.n_neighbors=8|20")
        .unwrap();
    let mut encoders = 0;
    let selected = selection
        .run(x, &registry, &mut |event: &Event<'_>| {
            if matches!(
                event,
                Event::Started {
                    stage: n2d::Stage::Encoder,
                    ..
                }
            ) {
                encoders += 1;
            }
            Control::Continue
        })
        .unwrap();
    assert_eq!(encoders, 2, "one for each seed");
    assert_eq!(selected.candidates.len(), 8);
    for candidate in &selected.candidates {
        let pipeline = registry.build(&candidate.config).unwrap();
        let alone = pipeline.fit(x, &mut FitContext::new(candidate.seed)).unwrap();
        assert_eq!(
            candidate.labels.as_ref(),
            Some(alone.model.labels()),
            "{}",
            candidate.describe()
        );
        let scores = candidate.scores;
        assert!(scores.silhouette.is_some() && scores.dbcv.is_some() && scores.stability.is_some());
        assert!(scores.trustworthiness.unwrap() > 0.8);
        let is_mixture = candidate.config.clusterer.name == "gmm";
        assert_eq!(scores.likelihood.is_some(), is_mixture);
        assert_eq!(scores.bic.is_some(), is_mixture);
        assert!(scores.stability_nmi.is_some());
    }
    let best = &selected.candidates[selected.best];
    assert_eq!(best.labels.as_ref(), Some(selected.model.labels()));
    assert_eq!(selected.reports.len(), 3);
    let most = selected
        .candidates
        .iter()
        .filter_map(|candidate| candidate.scores.silhouette);
    assert_eq!(best.scores.silhouette, most.max_by(f64::total_cmp));
}

#[test]
fn what_was_fitted_before_an_interruption_is_told() {
    let (x, _) = pendigits(ROWS);
    let x = Samples::new(x.view()).unwrap();
    let token = CancelToken::new();
    let selection = Selection::new(quick(&[])).with_seeds(vec![0, 1, 2]).unwrap();
    let mut encoders = 0;
    let stop_at_the_third = &mut |event: &Event<'_>| {
        let stage = n2d::Stage::Encoder;
        encoders += usize::from(matches!(event, Event::Started { stage: s, .. } if *s == stage));
        if encoders == 3 {
            token.cancel();
        }
        Control::Continue
    };
    let error = selection
        .with_cancel(token.clone())
        .run(x, &Registry::default(), stop_at_the_third)
        .unwrap_err();
    let SelectionError::Cancelled { candidate, finished } = error else {
        panic!("{error}");
    };
    assert_eq!((candidate.as_str(), finished.len()), ("seed 2", 2));
    assert!(
        finished
            .iter()
            .all(|candidate| candidate.scores.stability.is_some())
    );
}

#[test]
fn numbers_of_clusters_share_what_does_not_follow_them() {
    let (x, _) = pendigits(ROWS);
    let x = Samples::new(x.view()).unwrap();
    let fits = |settings: &[&str]| {
        let selection = Selection::new(quick(settings))
            .with_varied("n_clusters=3|4")
            .unwrap();
        let (mut encoders, mut manifolds) = (0, 0);
        let selection = selection.with_criterion(Criterion::Silhouette);
        selection
            .run(x, &Registry::default(), &mut |event: &Event<'_>| {
                if let Event::Started { stage, .. } = event {
                    encoders += usize::from(*stage == n2d::Stage::Encoder);
                    manifolds += usize::from(*stage == n2d::Stage::Manifold);
                }
                Control::Continue
            })
            .unwrap();
        (encoders, manifolds)
    };
    assert_eq!(fits(&[]), (2, 2), "widths follow the number of clusters");
    assert_eq!(fits(&["dense.latent_dim=4"]), (1, 2));
    assert_eq!(fits(&["dense.latent_dim=4", "umap.n_components=2"]), (1, 1));
}

#[test]
fn an_encoder_that_fails_is_not_tried_again_and_does_not_keep_others_from_theirs() {
    let (x, _) = pendigits(ROWS);
    let x = Samples::new(x.view()).unwrap();
    let selection = Selection::new(quick(&[]))
        .with_varied("dense.learning_rate=1e30|0.001")
        .unwrap()
        .with_varied("umap.n_neighbors=10|15")
        .unwrap();
    let mut encoders = 0;
    let watch = &mut |event: &Event<'_>| {
        let Event::Started { stage, .. } = event else {
            return Control::Continue;
        };
        encoders += usize::from(*stage == n2d::Stage::Encoder);
        Control::Continue
    };
    let selected = selection.run(x, &Registry::default(), watch).unwrap();
    assert_eq!(encoders, 2);
    let failures: Vec<Option<&str>> = selected
        .candidates
        .iter()
        .map(|candidate| candidate.failure.as_deref())
        .collect();
    assert!(
        failures[0].is_some_and(|reason| reason.contains("dense")),
        "{failures:?}"
    );
    assert_eq!(failures[1..], [failures[0], None, None]);
    assert!(selected.best >= 2);
}

#[test]
fn a_candidate_that_fails_says_why_and_a_cancelled_choice_ends() {
    let (x, _) = pendigits(ROWS);
    let x = Samples::new(x.view()).unwrap();
    let registry = Registry::default();
    let watch = &mut |_: &Event<'_>| Control::Continue;
    let selection = Selection::new(without_encoder(2))
        .with_varied(&format!("n_clusters=3|{}", ROWS + 1))
        .unwrap();
    let selected = selection.run(x, &registry, watch).unwrap();
    assert_eq!(selected.best, 0);
    let failure = selected.candidates[1].failure.as_deref().unwrap();
    assert!(failure.contains("n_clusters"), "{failure}");
    let error = Selection::new(quick(&[]))
        .with_criterion(Criterion::Stability)
        .run(x, &registry, watch)
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "stability compares seeds: at least 2 are needed, but there is 1"
    );
    let token = CancelToken::new();
    token.cancel();
    let error = Selection::new(quick(&[]))
        .with_cancel(token)
        .run(x, &registry, watch)
        .unwrap_err();
    assert!(
        matches!(&error, SelectionError::Cancelled { finished, .. } if finished.is_empty()),
        "{error}"
    );
    assert!(Selection::new(quick(&[])).with_seeds(vec![]).is_err());
    assert!(Selection::new(quick(&[])).with_seeds(vec![1, 1]).is_err());
    let twice = Selection::new(quick(&[])).with_varied("n_clusters=3|4").unwrap();
    assert_eq!(
        twice.with_varied("n_clusters=5").unwrap_err().to_string(),
        "n_clusters=5: n_clusters is varied already"
    );
}

/// Nothing to train: one embedding of the rows as they are, of this width.
fn without_encoder(n_components: usize) -> PipelineConfig {
    let mut base = PipelineConfig::new(3);
    base.encoder = PartChoice::new("identity");
    base.set("umap.n_epochs=30").unwrap();
    base.set(&format!("umap.n_components={n_components}")).unwrap();
    base
}

#[test]
fn what_has_collapsed_is_chosen_by_no_criterion_of_clusters() {
    let (x, _) = pendigits(ROWS);
    let x = Samples::new(x.view()).unwrap();
    let registry = Registry::default();
    let watch = &mut |_: &Event<'_>| Control::Continue;
    let choice = Selection::new(without_encoder(2)).with_seeds(vec![0, 1]).unwrap();
    for criterion in [Criterion::Combined, Criterion::Stability, Criterion::StabilityNmi] {
        let choice = choice.clone().with_criterion(criterion);
        let selected = choice.with_varied("n_clusters=1|3").unwrap();
        let selected = selected.run(x, &registry, watch).unwrap();
        assert_eq!(selected.model.labels().n_clusters(), 3, "{criterion}");
        assert_eq!(selected.candidates[0].scores.get(criterion), None);
    }
    let mut noise = without_encoder(2);
    noise.clusterer = PartChoice::new("hdbscan");
    noise.n_clusters = None;
    // No group is as large: all is noise.
    noise.set("hdbscan.min_cluster_size=200").unwrap();
    let choice = Selection::new(noise).with_seeds(vec![0, 1]).unwrap();
    let selected = choice
        .clone()
        .with_varied("hdbscan.min_cluster_size=200|20")
        .unwrap()
        .run(x, &registry, watch)
        .unwrap();
    assert!(selected.model.labels().n_clusters() > 1);
    let error = choice.run(x, &registry, watch).unwrap_err().to_string();
    assert_eq!(
        error,
        "no candidate can be compared by silhouette: it takes two clusters or more, and fewer than rows"
    );
}

#[test]
fn bic_weighs_the_number_of_clusters_where_likelihood_takes_the_most() {
    let (x, _) = pendigits(ROWS);
    let x = Samples::new(x.view()).unwrap();
    let chosen = |criterion| {
        let selected = Selection::new(without_encoder(2))
            .with_criterion(criterion)
            .with_varied("n_clusters=2|8|100")
            .unwrap()
            .run(x, &Registry::default(), &mut |_: &Event<'_>| Control::Continue)
            .unwrap();
        let best = selected.candidates[selected.best].config.n_clusters;
        let embedding = Samples::new(selected.model.embedding()).unwrap();
        for candidate in &selected.candidates {
            let registry = Registry::default().build(&candidate.config).unwrap();
            let alone = registry.fit(x, &mut FitContext::new(0)).unwrap().model;
            assert_eq!(alone.embedding(), embedding.view(), "of one embedding");
        }
        best
    };
    assert_eq!(chosen(Criterion::Likelihood), Some(100));
    assert_eq!(chosen(Criterion::Bic), Some(8));
}
