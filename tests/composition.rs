//! Any encoder, manifold learner and clusterer compose, and the dynamic pipeline gives what the static one gives.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic as tests do")]

use n2d::prelude::*;
use n2d::{FittedN2d, PartChoice, PipelineConfig, Registry, Stage};
use n2d_tests::{Halves, pendigits};

fn quick(name: &str) -> PartChoice {
    let mut choice = PartChoice::new(name);
    let options: &[(&str, serde_json::Value)] = match name {
        "dense" => &[("hidden", serde_json::json!([16])), ("n_epochs", 2.into())],
        "umap" => &[("n_epochs", 20.into())],
        _ => &[],
    };
    choice.options.extend(
        options
            .iter()
            .map(|(option, value)| ((*option).to_owned(), value.clone())),
    );
    choice
}

#[test]
fn every_composition_runs() {
    let (x, classes) = pendigits(300);
    let x = Samples::new(x.view()).unwrap();
    let registry = Registry::default();
    for encoder in registry.names(Stage::Encoder) {
        for manifold in registry.names(Stage::Manifold) {
            for clusterer in registry.names(Stage::Clusterer) {
                let config = PipelineConfig {
                    n_clusters: Some(5),
                    latent_dim: Some(4),
                    encoder: quick(encoder),
                    manifold: quick(manifold),
                    clusterer: quick(clusterer),
                };
                let pipeline = registry.build(&config).unwrap();
                let fitted = pipeline.fit(x, &mut FitContext::new(0)).unwrap().model;
                let name = format!("{encoder} {manifold} {clusterer}");
                assert_eq!(fitted.clusterer().n_clusters(), 5, "{name}");
                assert!(fitted.assess(&classes).unwrap().acc > 0.2, "{name}");
                assert_eq!(fitted.predict(x).unwrap().len(), 300, "{name}");
            }
        }
    }
}

/// The labels of a static pipeline and of the same one boxed.
fn both<E, M, C>(pipeline: N2d<E, M, C>, x: Samples<'_>)
where
    E: Encoder + 'static,
    M: Manifold + 'static,
    C: Clusterer + 'static,
{
    let fixed: FittedN2d<_, _, _> = pipeline.fit(x, &mut FitContext::new(5)).unwrap().model;
    let boxed = pipeline.boxed().fit(x, &mut FitContext::new(5)).unwrap().model;
    assert_eq!(fixed.labels(), boxed.labels());
    assert_eq!(fixed.embedding(), boxed.embedding());
}

#[test]
fn static_and_dynamic_agree() {
    let (x, _) = pendigits(300);
    let x = Samples::new(x.view()).unwrap();
    let dense = || {
        let config = DenseAutoencoderConfig {
            hidden: vec![16],
            n_epochs: Some(2),
            ..DenseAutoencoderConfig::new(4)
        };
        config.build().unwrap()
    };
    let umap = || {
        UmapConfig {
            n_epochs: Some(20),
            ..UmapConfig::new(3)
        }
        .build()
        .unwrap()
    };
    both(
        N2d::new(
            dense(),
            ManifoldClusterer::new(umap(), GaussianMixtureConfig::new(3).build().unwrap()),
        ),
        x,
    );
    both(
        N2d::new(
            dense(),
            ManifoldClusterer::new(umap(), KMeansConfig::new(3).build().unwrap()),
        ),
        x,
    );
    both(N2d::new(dense(), ManifoldClusterer::new(umap(), Halves)), x);
    let raw = n2d::encoder::IdentityConfig::default().build().unwrap();
    both(N2d::new(raw, ManifoldClusterer::new(umap(), Halves)), x);
}
