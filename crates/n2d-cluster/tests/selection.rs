//! What the choice of a number of clusters promises.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic as tests do")]

mod common;

use common::{heaps, samples, threads};
use n2d_cluster::{Collapsed, CovarianceType, GaussianMixtureSelectionConfig, MixtureCriterion, MixtureInit};
use n2d_core::{
    CancelToken, Clusterer, Control, Event, FitContext, FitError, FittedClusterer, PartConfig, Termination,
};

fn config(most: usize) -> GaussianMixtureSelectionConfig {
    GaussianMixtureSelectionConfig {
        n_init: 2,
        ..GaussianMixtureSelectionConfig::new(1..=most)
    }
}

#[test]
fn the_number_of_heaps_is_found() {
    let rows = heaps(900, 2, 4, 1);
    let y = samples(&rows, 2);
    for covariance_type in [
        CovarianceType::Full,
        CovarianceType::Diag,
        CovarianceType::Spherical,
    ] {
        let config = GaussianMixtureSelectionConfig {
            covariance_type,
            ..config(7)
        };
        let fit = config
            .build()
            .unwrap()
            .select(y, &mut FitContext::new(3))
            .unwrap();
        assert_eq!(fit.model.best.n_clusters(), 4, "{covariance_type}");
        assert_eq!(fit.report.part, "gmm_auto");
        assert_eq!(fit.report.notes, ["n_clusters = 4 has the lowest BIC of 1 to 7"]);
    }
}

#[test]
fn the_table_is_of_fits_alone_and_threads_change_no_bit() {
    let rows = heaps(1500, 3, 3, 2);
    let y = samples(&rows, 3);
    let config = config(5);
    let with = |n| config.build().unwrap().select(y, &mut threads(8, n)).unwrap();
    let fit = with(1);
    let scores: Vec<_> = fit
        .model
        .candidates
        .iter()
        .map(|one| one.score.unwrap())
        .collect();
    for (candidate, score) in fit.model.candidates.iter().zip(&scores) {
        let gmm = config.candidate(candidate.n_clusters).build().unwrap();
        let alone = gmm.fit(y, &mut FitContext::new(8)).unwrap();
        assert_eq!(score.bic, alone.model.bic(y).unwrap());
        assert_eq!(score.aic, alone.model.aic(y).unwrap());
        let likelihood = alone.model.score(y).unwrap() * 1500.0;
        assert!((score.log_likelihood - likelihood).abs() < 1e-9 * likelihood.abs());
        assert_eq!(score.n_iter, alone.report.n_iter);
        assert_eq!(
            score.converged,
            alone.report.termination == Termination::Converged
        );
        if candidate.n_clusters == fit.model.best.n_clusters() {
            assert_eq!(alone.model.parameters(), fit.model.best.parameters());
            assert_eq!(alone.model.labels(), fit.model.best.labels());
        }
    }
    let least = scores.iter().map(|score| score.bic).fold(f64::INFINITY, f64::min);
    assert_eq!(fit.model.best.bic(y).unwrap(), least);
    assert_eq!(with(3).model.candidates, fit.model.candidates);
    let as_clusterer = config.build().unwrap().fit(y, &mut FitContext::new(8)).unwrap();
    assert_eq!(as_clusterer.model.labels(), fit.model.best.labels());
}

#[test]
fn the_criterion_decides() {
    let rows = heaps(120, 2, 3, 6);
    let y = samples(&rows, 2);
    let by = |criterion| {
        let config = GaussianMixtureSelectionConfig {
            criterion,
            ..config(8)
        };
        config
            .build()
            .unwrap()
            .select(y, &mut FitContext::new(0))
            .unwrap()
            .model
    };
    let (bic, aic) = (by(MixtureCriterion::Bic), by(MixtureCriterion::Aic));
    assert_eq!(bic.candidates, aic.candidates);
    assert!(bic.best.n_clusters() <= aic.best.n_clusters());
    let least = aic
        .candidates
        .iter()
        .map(|one| one.score.unwrap().criterion(MixtureCriterion::Aic));
    assert_eq!(aic.best.aic(y).unwrap(), least.fold(f64::INFINITY, f64::min));
}

#[test]
fn candidates_that_collapse_are_out() {
    // Three different rows: without regularisation only one component has any spread.
    let rows: Vec<f32> = (0..30).map(|row| (row % 3) as f32).collect();
    let config = GaussianMixtureSelectionConfig {
        reg_covar: 0.0,
        init: MixtureInit::KMeans,
        ..config(3)
    };
    let fit = config
        .build()
        .unwrap()
        .select(samples(&rows, 1), &mut FitContext::new(0))
        .unwrap();
    assert_eq!(fit.model.best.n_clusters(), 1);
    assert_eq!(fit.model.candidates[2].score, None);
    let equal = config
        .build()
        .unwrap()
        .select(samples(&[1.0; 30], 1), &mut FitContext::new(0));
    let Err(FitError::Part { source, .. }) = equal else {
        panic!("{equal:?}")
    };
    assert_eq!(source.downcast_ref::<Collapsed>().unwrap().n_clusters, 3);
}

#[test]
fn hard_data_and_bad_options() {
    let one = GaussianMixtureSelectionConfig::new(1..=1).build().unwrap();
    let fit = one
        .select(samples(&[1.0, 2.0], 2), &mut FitContext::new(0))
        .unwrap();
    assert_eq!(fit.model.best.labels().as_slice(), [0]);
    let error = config(5)
        .build()
        .unwrap()
        .fit(samples(&[1.0, 2.0], 1), &mut FitContext::new(0));
    assert_eq!(
        error.unwrap_err().to_string(),
        "gmm_auto: 5 rows are needed for max_clusters = 5, but there are only 2"
    );
    let few = GaussianMixtureSelectionConfig::default().build().unwrap();
    let fit = few
        .select(samples(&[1.0, 2.0], 1), &mut FitContext::new(0))
        .unwrap();
    assert_eq!(fit.model.candidates.len(), 2, "no more candidates than rows");
    let refused = |config: GaussianMixtureSelectionConfig| config.build().unwrap_err().to_string();
    assert_eq!(
        refused(GaussianMixtureSelectionConfig {
            min_clusters: 4,
            max_clusters: Some(3),
            ..Default::default()
        }),
        "gmm_auto.max_clusters must be at least 4, but is 3"
    );
    assert!(refused(GaussianMixtureSelectionConfig::new(0..=3)).contains("min_clusters"));
    let parsed: GaussianMixtureSelectionConfig =
        serde_json::from_str(r#"{"max_clusters": 6, "criterion": "aic", "covariance_type": "tied"}"#)
            .unwrap();
    assert_eq!(
        (parsed.max_clusters, parsed.criterion),
        (Some(6), MixtureCriterion::Aic)
    );
}

#[test]
fn the_observer_stops_and_the_token_cancels() {
    let rows = heaps(300, 2, 3, 4);
    let y = samples(&rows, 2);
    let mut last = 0;
    let mut stop = |event: &Event<'_>| match event {
        Event::Progress { progress, .. } => {
            assert!(progress.step > last && progress.step <= progress.total);
            last = progress.step;
            if progress.step > 2 * 2 * 100 {
                Control::Stop
            } else {
                Control::Continue
            }
        }
        _ => Control::Continue,
    };
    let mut ctx = FitContext::new(0).with_observer(&mut stop);
    let fit = config(6).build().unwrap().select(y, &mut ctx).unwrap();
    assert_eq!(fit.model.candidates.len(), 3, "the rest was not tried");
    assert!(fit.report.notes.last().unwrap().ends_with("of 1 to 3"));
    let token = CancelToken::new();
    token.cancel();
    let mut ctx = FitContext::new(0).with_cancel(token);
    let error = config(6).build().unwrap().fit(y, &mut ctx).unwrap_err();
    assert!(matches!(error, FitError::Cancelled { part } if part == "gmm_auto"));
}
