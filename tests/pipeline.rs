//! The whole pipeline, as a user of the library meets it.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic as tests do")]

use n2d::prelude::*;
use n2d::{ApplyError, Capability, FitError, Stage};
use n2d_tests::{Halves, pendigits, small_encoder, small_preset};

#[test]
fn a_fitted_pipeline_answers_everything() {
    let (x, classes) = pendigits(700);
    let x = Samples::new(x.view()).unwrap();
    let pipeline = N2d::new(
        small_encoder().build().unwrap(),
        small_preset(10).build().unwrap(),
    );
    let fit = pipeline.fit(x, &mut FitContext::new(1)).unwrap();
    let fitted = fit.model;

    assert_eq!(
        fit.report
            .parts
            .iter()
            .map(|r| r.part.as_str())
            .collect::<Vec<_>>(),
        ["dense", "umap", "gmm"]
    );
    assert_eq!(fit.report.parts[0].history.len(), 4);
    assert_eq!(fitted.labels().len(), 700);
    assert_eq!(fitted.embedding().dim(), (700, 10));
    assert_eq!(fitted.encode(x).unwrap().dim(), (700, 5));
    assert_eq!(fitted.reconstruct(x).unwrap().dim(), (700, 16));
    assert_eq!(fitted.transform(x).unwrap().dim(), (700, 10));
    assert_eq!(fitted.predict(x).unwrap().len(), 700);
    let proba = fitted.predict_proba(x).unwrap();
    assert_eq!(Labels::from_proba(proba.view()), fitted.predict(x).unwrap());
    assert!(proba.rows().into_iter().all(|row| (row.sum() - 1.0).abs() < 1e-5));
    assert!(fitted.assess(&classes).unwrap().acc > 0.3);
    assert_eq!(fitted.encoder().latent_dim(), 5);
    assert_eq!(fitted.manifold().n_components(), 10);
    assert_eq!(fitted.clusterer().n_clusters(), 10);
}

/// The Python library transforms the training rows again, and so returns other labels than those it fitted.
#[test]
fn labels_are_those_of_the_fitted_embedding() {
    let (x, _) = pendigits(500);
    let x = Samples::new(x.view()).unwrap();
    let pipeline = N2d::new(
        small_encoder().build().unwrap(),
        small_preset(10).build().unwrap(),
    );
    let fitted = pipeline.fit(x, &mut FitContext::new(1)).unwrap().model;
    let embedding = Samples::new(fitted.embedding()).unwrap();
    assert_eq!(fitted.labels(), &fitted.clusterer().predict(embedding).unwrap());
    assert_eq!(
        fitted.labels(),
        &pipeline.fit_predict(x, &mut FitContext::new(1)).unwrap()
    );
}

/// A stage fitted before and handed in gives what the whole pipeline gives.
#[test]
fn stages_one_by_one_equal_the_whole() {
    let (x, _) = pendigits(400);
    let x = Samples::new(x.view()).unwrap();
    let pipeline = N2d::new(small_encoder().build().unwrap(), small_preset(4).build().unwrap());
    let whole = pipeline.fit(x, &mut FitContext::new(3)).unwrap().model;

    let mut ctx = FitContext::new(3);
    let encoder = pipeline.encoder().fit(x, &mut ctx).unwrap();
    let latents = encoder.model.encode(x).unwrap();
    let later = pipeline.manifold_clusterer();
    let z = Samples::new(latents.view()).unwrap();
    let manifold = later.manifold().fit(z, &mut ctx).unwrap();
    let from_manifold = later.fit_embedded(manifold, &mut ctx).unwrap().model;
    let from_encoder = pipeline.fit_encoded(encoder, x, &mut ctx).unwrap().model;

    assert_eq!(from_manifold.embedding(), whole.embedding());
    assert_eq!(from_manifold.labels(), whole.labels());
    assert_eq!(from_encoder.embedding(), whole.embedding());
    assert_eq!(from_encoder.labels(), whole.labels());
}

#[test]
fn a_capability_that_is_missing_is_a_typed_error_on_a_dynamic_pipeline() {
    let (x, _) = pendigits(300);
    let x = Samples::new(x.view()).unwrap();
    let encoder = n2d::encoder::IdentityConfig::default().build().unwrap();
    let later = ManifoldClusterer::new(n2d::manifold::IdentityConfig::default().build().unwrap(), Halves);
    let fitted = N2d::new(encoder, later)
        .boxed()
        .fit(x, &mut FitContext::new(0))
        .unwrap()
        .model;
    assert_eq!(fitted.labels().sizes(), [(0, 150), (1, 150)]);

    let errors = [
        (fitted.predict(x).unwrap_err(), Capability::Predict),
        (fitted.predict_proba(x).unwrap_err(), Capability::PredictProba),
        (
            fitted.approximate_predict(x).unwrap_err(),
            Capability::ApproximatePredict,
        ),
    ];
    for (error, expected) in errors {
        let ApplyError::MissingCapability { part, capability } = &error else {
            panic!("{error}")
        };
        assert_eq!((part.as_str(), *capability), ("halves", expected));
        assert_eq!(error.to_string(), format!("halves has no {expected}"));
    }
    assert!(fitted.transform(x).is_ok(), "the manifold learner can");
}

#[test]
fn a_box_can_be_opened() {
    let (x, _) = pendigits(300);
    let x = Samples::new(x.view()).unwrap();
    let pipeline = Registry::default().build(&PipelineConfig {
        encoder: PartChoice::new("identity"),
        ..PipelineConfig::new(3)
    });
    let fitted = pipeline.unwrap().fit(x, &mut FitContext::new(0)).unwrap().model;
    let clusterer: &dyn std::any::Any = &**fitted.clusterer();
    let gmm = clusterer
        .downcast_ref::<n2d::cluster::FittedGaussianMixture>()
        .unwrap();
    assert_eq!(gmm.n_clusters(), 3);
}

#[test]
fn observers_see_the_stages_in_order_and_steps_that_never_fall() {
    let (x, _) = pendigits(400);
    let x = Samples::new(x.view()).unwrap();
    let mut stages = Vec::new();
    let mut last = None;
    let mut watch = |event: &Event<'_>| {
        match event {
            Event::Started { stage, .. } => {
                stages.push(*stage);
                last = None;
            }
            Event::Progress { stage, progress } => {
                assert_eq!(Some(stage), stages.last());
                assert!(progress.step <= progress.total);
                if let Some((phase, step)) = last {
                    assert!(
                        phase != progress.phase || step <= progress.step,
                        "{phase}: {step} after {progress:?}"
                    );
                }
                last = Some((progress.phase, progress.step));
            }
            Event::Finished { stage, report } => {
                assert_eq!(Some(stage), stages.last());
                assert!(report.seconds >= 0.0);
            }
            _ => {}
        }
        Control::Continue
    };
    let pipeline = N2d::new(small_encoder().build().unwrap(), small_preset(4).build().unwrap());
    pipeline
        .fit(x, &mut FitContext::new(0).with_observer(&mut watch))
        .unwrap();
    assert_eq!(stages, [Stage::Encoder, Stage::Manifold, Stage::Clusterer]);
}

/// Cancelled at the first step of each stage in turn.
#[test]
fn a_cancelled_fit_names_the_part_at_work() {
    let (x, _) = pendigits(400);
    let x = Samples::new(x.view()).unwrap();
    let pipeline = N2d::new(small_encoder().build().unwrap(), small_preset(4).build().unwrap());
    for (stop_at, part) in [
        (Stage::Encoder, "dense"),
        (Stage::Manifold, "umap"),
        (Stage::Clusterer, "gmm"),
    ] {
        let token = CancelToken::new();
        let to_set = token.clone();
        let mut watch = move |event: &Event<'_>| {
            if matches!(event, Event::Started { stage, .. } if *stage == stop_at) {
                to_set.cancel();
            }
            Control::Continue
        };
        let mut ctx = FitContext::new(0).with_cancel(token).with_observer(&mut watch);
        match pipeline.fit(x, &mut ctx).unwrap_err() {
            FitError::Cancelled { part: at_work } => assert_eq!(at_work, part),
            other => panic!("{other}"),
        }
    }
}
