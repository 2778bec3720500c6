//! What all learners keep to: odd data have defined results, threads change nothing, cancelling is heard, and files give the same part.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic as tests do")]

mod support;

use n2d_core::persist::{Persist, from_bytes, to_bytes};
use n2d_core::{
    ApplyError, CancelToken, Control, Event, Fit, FitContext, FitError, FittedManifold, Manifold,
    Parallelism, PartConfig, Termination, Transform,
};
use n2d_manifold::isomap::Landmarks;
use n2d_manifold::spectral::Affinity;
use n2d_manifold::{
    IsomapConfig, LocallyLinearEmbeddingConfig, ManifoldError, PcaConfig, SpectralEmbeddingConfig,
    TsneConfig, lle, tsne,
};
use support::{bits, blobs, normal, notes, samples};

/// A learner as the tests want it: any width, and quick.
trait Learner: PartConfig<Part: Manifold<Fitted: Transform + Persist>> {
    fn wide(n_components: usize) -> Self;
}

impl Learner for TsneConfig {
    fn wide(n_components: usize) -> Self {
        let method = if n_components > 3 {
            tsne::Method::Exact
        } else {
            tsne::Method::Auto
        };
        Self {
            perplexity: 5.0,
            max_iter: 60,
            early_exaggeration_iter: 30,
            method,
            ..Self::new(n_components)
        }
    }
}

impl Learner for SpectralEmbeddingConfig {
    fn wide(n_components: usize) -> Self {
        Self {
            n_neighbors: 6,
            ..Self::new(n_components)
        }
    }
}

impl Learner for IsomapConfig {
    fn wide(n_components: usize) -> Self {
        Self::new(n_components)
    }
}

impl Learner for LocallyLinearEmbeddingConfig {
    fn wide(n_components: usize) -> Self {
        Self::new(n_components)
    }
}

type Fitted<C> = <<C as PartConfig>::Part as Manifold>::Fitted;

/// Fits, checks, saves and loads, and places the training rows, and the first alone, again.
fn survives<C: Learner>(config: &C, values: &[f32], d: usize) -> Fit<Fitted<C>> {
    let x = samples(values, d);
    let fit = config.build().unwrap().fit(x, &mut FitContext::new(3)).unwrap();
    let embedding = fit.model.embedding();
    assert_eq!(
        (embedding.nrows(), fit.model.n_features(), fit.model.name()),
        (values.len() / d, d, C::NAME)
    );
    assert!(
        embedding.iter().all(|v| v.is_finite()),
        "{}: {embedding}",
        C::NAME
    );
    let placed = fit.model.transform(x).unwrap();
    assert_eq!(placed.dim(), embedding.dim());
    assert!(placed.iter().all(|v| v.is_finite()), "{}: {placed}", C::NAME);
    let first = fit.model.transform(samples(&values[..d], d)).unwrap();
    assert_eq!(first.row(0), placed.row(0), "{}", C::NAME);
    let loaded: Fitted<C> = from_bytes(&to_bytes(&fit.model).unwrap()).unwrap();
    assert_eq!(bits(loaded.embedding()), bits(embedding));
    assert_eq!(
        bits(loaded.transform(x).unwrap().view()),
        bits(placed.view()),
        "{}",
        C::NAME
    );
    let narrow = vec![0.0; d + 1];
    let error = fit.model.transform(samples(&narrow, d + 1)).unwrap_err();
    assert!(matches!(error, ApplyError::FeatureMismatch { .. }));
    fit
}

fn odd_data<C: Learner>() {
    let config = C::wide(2);
    let one = survives(&config, &[3.0, -1.0], 2);
    assert!(one.model.embedding().iter().all(|&v| v == 0.0));
    assert_eq!(one.report.termination, Termination::ClosedForm);
    assert_eq!(one.report.notes, ["a single point: placed at the origin"]);
    for n in [2, 3, 5] {
        assert!(
            !notes(&survives(&config, &normal(n * 4, 1), 4).report).is_empty(),
            "{n}"
        );
        survives(&C::wide(8), &normal(n * 4, 1), 4);
    }
    survives(&config, &vec![1.5; 50 * 3], 3);
    let mut half = normal(120 * 3, 1);
    half[..60 * 3].fill(0.25);
    survives(&config, &half, 3);
    survives(&C::wide(1), &normal(90, 1), 1);
    let constants: Vec<f32> = normal(90, 1).into_iter().flat_map(|v| [7.0, v, 0.0]).collect();
    survives(&config, &constants, 3);
    survives(&config, &blobs(90, 3, 3, 100.0, 1), 3);
    survives(&config, &blobs(160, 3, 40, 100.0, 1), 3);
    for size in [f32::MIN_POSITIVE, 1e-45, 1e-30, 1e30, f32::MAX] {
        let values: Vec<f32> = normal(60 * 2, 1).iter().map(|v| v / 6.0 * size).collect();
        survives(&config, &values, 2);
    }
    let mut far = normal(60 * 2, 1);
    far[17] = f32::MAX;
    survives(&config, &far, 2);
}

#[test]
fn odd_data_for_tsne() {
    odd_data::<TsneConfig>();
}

#[test]
fn odd_data_for_spectral_embedding() {
    odd_data::<SpectralEmbeddingConfig>();
    let rbf = SpectralEmbeddingConfig {
        affinity: Affinity::Rbf,
        ..SpectralEmbeddingConfig::new(2)
    };
    for values in [normal(90 * 3, 1), vec![1.5; 30 * 3], vec![0.0, 1.0, 2.0]] {
        survives(&rbf, &values, 3);
    }
}

#[test]
fn odd_data_for_isomap() {
    odd_data::<IsomapConfig>();
}

#[test]
fn odd_data_for_lle() {
    odd_data::<LocallyLinearEmbeddingConfig>();
    let modified = LocallyLinearEmbeddingConfig {
        method: lle::Method::Modified,
        ..LocallyLinearEmbeddingConfig::new(2)
    };
    for values in [
        normal(2 * 3, 1),
        normal(90 * 3, 1),
        vec![1.5; 30 * 3],
        blobs(90, 3, 3, 100.0, 1),
    ] {
        survives(&modified, &values, 3);
    }
}

#[test]
fn odd_data_for_pca() {
    let fit = |config: &PcaConfig, values: &[f32], d: usize| {
        let fit = config
            .build()
            .unwrap()
            .fit(samples(values, d), &mut FitContext::new(0))
            .unwrap();
        assert!(fit.model.embedding().iter().all(|v| v.is_finite()));
        let loaded: n2d_manifold::FittedPca = from_bytes(&to_bytes(&fit.model).unwrap()).unwrap();
        assert_eq!(
            bits(loaded.transform(samples(values, d)).unwrap().view()),
            bits(fit.model.embedding())
        );
        fit.model
    };
    for whiten in [false, true] {
        let two = PcaConfig {
            whiten,
            ..PcaConfig::new(2)
        };
        let equal = fit(&two, &[1.5; 60], 3);
        assert!(
            equal.embedding().iter().all(|&v| v == 0.0) && equal.explained_variance_ratio() == [0.0, 0.0]
        );
        fit(
            &PcaConfig {
                whiten,
                ..PcaConfig::new(1)
            },
            &[3.0, 4.0],
            2,
        );
        let line: Vec<f32> = normal(50, 1).into_iter().flat_map(|v| [7.0, v, 0.0]).collect();
        assert!(
            fit(&two, &line, 3)
                .embedding()
                .column(1)
                .iter()
                .all(|v| v.abs() < 1e-6)
        );
        for size in [1e-45, 1e-30, 1e30, f32::MAX] {
            let values: Vec<f32> = normal(60 * 2, 1).iter().map(|v| v / 6.0 * size).collect();
            fit(&two, &values, 2);
        }
    }
    let model = fit(&PcaConfig::new(3), &normal(60, 1), 3);
    let back = model
        .inverse_transform(samples(model.embedding().as_slice().unwrap(), 3))
        .unwrap();
    assert!(back.iter().zip(normal(60, 1)).all(|(a, b)| (a - b).abs() < 1e-5));
    let error = PcaConfig::new(4)
        .build()
        .unwrap()
        .fit(samples(&normal(60, 1), 3), &mut FitContext::new(0))
        .unwrap_err();
    assert!(
        error
            .to_string()
            .ends_with("n_components = 4 is more than the 3 features of the data"),
        "{error}"
    );
    let error = PcaConfig::new(2)
        .build()
        .unwrap()
        .fit(samples(&[1.0, 2.0], 2), &mut FitContext::new(0))
        .unwrap_err();
    assert!(matches!(
        error,
        FitError::TooFewSamples {
            needed: 2,
            given: 1,
            ..
        }
    ));
}

fn threads_change_nothing<C: Learner>(config: &C, n: usize, n_features: usize) {
    let values = blobs(n, n_features, 4, 3.0, 2);
    let fit = |threads: usize| {
        let threads = Parallelism::threads(threads.try_into().unwrap()).unwrap();
        let mut ctx = FitContext::new(5).with_parallelism(threads.clone());
        let model = config
            .build()
            .unwrap()
            .fit(samples(&values, n_features), &mut ctx)
            .unwrap()
            .model;
        let placed = threads.install(|| {
            model
                .transform(samples(&values[..70 * n_features], n_features))
                .unwrap()
        });
        (bits(model.embedding()), bits(placed.view()))
    };
    assert!(fit(1) == fit(3), "{}", C::NAME);
}

#[test]
fn bits_are_those_of_one_thread() {
    for method in [tsne::Method::Exact, tsne::Method::BarnesHut, tsne::Method::Fft] {
        let config = TsneConfig {
            method,
            ..TsneConfig::wide(2)
        };
        threads_change_nothing(&config, 2500, 4);
    }
    threads_change_nothing(&SpectralEmbeddingConfig::wide(3), 3000, 4);
    threads_change_nothing(
        &IsomapConfig {
            n_neighbors: 8,
            ..IsomapConfig::wide(3)
        },
        700,
        4,
    );
    let landmarks = Landmarks::Count(150);
    threads_change_nothing(
        &IsomapConfig {
            n_neighbors: 8,
            landmarks,
            ..IsomapConfig::wide(3)
        },
        700,
        4,
    );
    threads_change_nothing(
        &LocallyLinearEmbeddingConfig {
            n_neighbors: 8,
            ..LocallyLinearEmbeddingConfig::wide(3)
        },
        700,
        4,
    );
    let values = blobs(3000, 7, 4, 3.0, 2);
    let pca = |threads: usize| {
        let mut ctx =
            FitContext::new(5).with_parallelism(Parallelism::threads(threads.try_into().unwrap()).unwrap());
        bits(
            PcaConfig::new(3)
                .build()
                .unwrap()
                .fit(samples(&values, 7), &mut ctx)
                .unwrap()
                .model
                .embedding(),
        )
    };
    assert_eq!(pca(1), pca(3));
}

/// Asks for an end at each progress in turn.
fn cancelling_is_heard<C: Learner>(config: &C) {
    let values = blobs(300, 3, 3, 4.0, 2);
    for at in 0.. {
        let token = CancelToken::new();
        let mut steps = 0;
        let mut watch = |event: &Event<'_>| {
            if matches!(event, Event::Progress { .. }) {
                if steps == at {
                    token.cancel();
                }
                steps += 1;
            }
            Control::Continue
        };
        let mut ctx = FitContext::new(0)
            .with_cancel(token.clone())
            .with_observer(&mut watch);
        match config.build().unwrap().fit(samples(&values, 3), &mut ctx) {
            Err(FitError::Cancelled { part }) => assert_eq!(part, C::NAME),
            Err(error) => panic!("{error}"),
            Ok(_) => {
                assert!(!token.is_cancelled() && at > 0, "{} went on", C::NAME);
                return;
            }
        }
    }
}

#[test]
fn cancelled_fits_end() {
    cancelling_is_heard(&TsneConfig {
        max_iter: 10,
        ..TsneConfig::wide(2)
    });
    cancelling_is_heard(&SpectralEmbeddingConfig::wide(2));
    cancelling_is_heard(&IsomapConfig::wide(2));
    cancelling_is_heard(&LocallyLinearEmbeddingConfig::wide(2));
}

/// Landmarks give what all rows give, nearly, on a surface that can be laid flat.
#[test]
fn landmarks_are_near_all() {
    let sheet: Vec<f32> = (0..900)
        .flat_map(|i| {
            let (u, v) = ((i % 45) as f32 * 0.2, (i / 45) as f32 * 0.21);
            [(u * 0.6).cos() * 3.0, (u * 0.6).sin() * 3.0, v]
        })
        .collect();
    let config = IsomapConfig {
        n_neighbors: 8,
        ..IsomapConfig::new(2)
    };
    let all = survives(&config, &sheet, 3).model;
    let some = survives(
        &IsomapConfig {
            landmarks: Landmarks::Count(100),
            ..config
        },
        &sheet,
        3,
    )
    .model;
    assert_eq!((all.landmarks().len(), some.landmarks().len()), (900, 100));
    for column in 0..2 {
        let [a, b] = [&all, &some].map(|model| model.embedding().column(column).to_owned());
        let dot = |a: &ndarray::Array1<f32>, b: &ndarray::Array1<f32>| {
            a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>()
        };
        let r = dot(&a, &b) / (dot(&a, &a) * dot(&b, &b)).sqrt();
        assert!(r.abs() > 0.99, "{column}: {r}");
    }
}

#[test]
fn what_has_no_room_is_refused() {
    let many = vec![0.5; Isomap::MAX_EXACT + 1];
    let fit = |landmarks| {
        let config = IsomapConfig {
            landmarks,
            ..IsomapConfig::new(2)
        };
        config
            .build()
            .unwrap()
            .fit(samples(&many, 1), &mut FitContext::new(0))
            .unwrap_err()
    };
    use n2d_manifold::{Isomap, SpectralEmbedding};
    for landmarks in [Landmarks::None, Landmarks::Count(usize::MAX)] {
        let FitError::Part { source, .. } = fit(landmarks) else {
            panic!("{landmarks}")
        };
        assert!(
            matches!(source.downcast_ref(), Some(ManifoldError::TooManyRows { .. })),
            "{source}"
        );
    }
    let rbf = SpectralEmbeddingConfig {
        affinity: Affinity::Rbf,
        ..SpectralEmbeddingConfig::new(2)
    };
    let rows = samples(&many[..SpectralEmbedding::MAX_RBF_SAMPLES + 1], 1);
    let error = rbf
        .build()
        .unwrap()
        .fit(rows, &mut FitContext::new(0))
        .unwrap_err();
    assert!(
        error.to_string().contains("use affinity = nearest_neighbors"),
        "{error}"
    );
    let apart = [0.0, 1.0, 1000.0, 1001.0];
    let error = rbf
        .build()
        .unwrap()
        .fit(samples(&apart, 1), &mut FitContext::new(0))
        .unwrap_err();
    assert!(
        error
            .to_string()
            .contains("fall into 2 groups whose affinities vanish"),
        "{error}"
    );
}

#[test]
fn layouts_stop_on_request_and_say_when_they_diverge() {
    let values = normal(300 * 3, 1);
    let mut stop = |event: &Event<'_>| match event {
        Event::Progress { progress, .. } if progress.phase == "layout" && progress.step == 7 => Control::Stop,
        _ => Control::Continue,
    };
    let mut ctx = FitContext::new(0).with_observer(&mut stop);
    let fit = TsneConfig::wide(2)
        .build()
        .unwrap()
        .fit(samples(&values, 3), &mut ctx)
        .unwrap();
    assert_eq!(
        (fit.report.termination, fit.report.n_iter),
        (Termination::Stopped, 7)
    );

    let wild = TsneConfig {
        learning_rate: Some(1e38),
        ..TsneConfig::wide(2)
    };
    let error = wild
        .build()
        .unwrap()
        .fit(samples(&values, 3), &mut FitContext::new(0))
        .unwrap_err();
    assert!(matches!(error, FitError::Diverged { .. }), "{error}");
}

/// New rows lie with the group they belong to.
#[test]
fn new_rows_are_placed_with_their_like() {
    let values = blobs(600, 4, 3, 20.0, 1);
    let new = blobs(60, 4, 3, 20.0, 9);
    let config = TsneConfig {
        perplexity: 20.0,
        max_iter: 400,
        ..TsneConfig::new(2)
    };
    let model = config
        .build()
        .unwrap()
        .fit(samples(&values, 4), &mut FitContext::new(0))
        .unwrap()
        .model;
    let placed = model.transform(samples(&new, 4)).unwrap();
    for (row, place) in placed.rows().into_iter().enumerate() {
        let distance = |other: usize| {
            let other = model.embedding().row(other).to_owned();
            place
                .iter()
                .zip(&other)
                .map(|(a, b)| (a - b).powi(2))
                .sum::<f32>()
        };
        let nearest = (0..600)
            .min_by(|&a, &b| distance(a).total_cmp(&distance(b)))
            .unwrap();
        assert_eq!(nearest % 3, row % 3, "row {row}");
    }
}
