//! Any encoder, manifold learner and clusterer compose, the dynamic pipeline gives what the static one gives, and what is saved comes
//! back as it was.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic as tests do")]

use n2d::cluster::*;
use n2d::persist::State;
use n2d::prelude::*;
use n2d::{DynFittedN2d, FittedN2d, NamedConfig, Stage};
use n2d_tests::{Halves, pendigits};
use ndarray::s;
use serde_json::json;

const ROWS: usize = 300;
const NEW_ROWS: usize = 40;

/// A part with options for 300 rows in a second or less. Widths and numbers of clusters are among them, so that a static
/// pipeline has them too.
fn quick(stage: Stage, name: &str) -> PartChoice {
    let options = match name {
        "dense" => json!({"hidden": [16], "n_epochs": 2, "latent_dim": 4}),
        "conv1d" => json!({"channels": [4, 4], "n_epochs": 2, "latent_dim": 4}),
        "conv2d" => json!({"channels": [4, 4], "n_epochs": 2, "latent_dim": 4, "row_shape": [8, 2]}),
        "lstm" | "gru" => json!({"units": 4, "n_epochs": 2, "latent_dim": 4}),
        "variational" => json!({"hidden": [16], "n_epochs": 2, "latent_dim": 4}),
        "umap" => json!({"n_epochs": 20, "n_components": 3}),
        "gmm_auto" => json!({"max_clusters": 6, "n_init": 2}),
        "hdbscan" => json!({"min_cluster_size": 15}),
        "dbscan" => json!({"eps": 0.7}),
        "linfa_dbscan" | "linfa_optics" => json!({"eps": 0.7, "min_samples": 5}),
        "optics" => json!({"min_samples": 10}),
        "hdbscan_crate" => json!({"min_cluster_size": 15}),
        "tsne" => json!({"max_iter": 260}),
        "isomap" | "lle" | "spectral_embedding" => json!({"n_components": 3}),
        // A part of two stages.
        "pca" if stage == Stage::Encoder => json!({"latent_dim": 4}),
        "pca" => json!({"n_components": 3}),
        "identity" => json!({}),
        _ => json!({"n_clusters": 5}),
    };
    let mut choice = PartChoice::new(name);
    choice.options.extend(options.as_object().unwrap().clone());
    choice
}

/// The part of a choice, its type known.
fn part<C: NamedConfig>(stage: Stage) -> C::Part {
    let mut options = serde_json::to_value(C::default()).unwrap();
    options
        .as_object_mut()
        .unwrap()
        .extend(quick(stage, C::NAME).options);
    serde_json::from_value::<C>(options).unwrap().build().unwrap()
}

/// The pipeline that the registry builds of parts by their names, which comes back from its file.
fn dynamic(parts: [&str; 3], x: Samples<'_>) -> DynFittedN2d {
    let [encoder, manifold, clusterer] = parts;
    let config = PipelineConfig {
        encoder: quick(Stage::Encoder, encoder),
        manifold: quick(Stage::Manifold, manifold),
        ..PipelineConfig::without_clusters(quick(Stage::Clusterer, clusterer))
    };
    let pipeline = Registry::default().build(&config).unwrap();
    let fitted = pipeline.fit(x, &mut FitContext::new(5)).unwrap().model;
    let state = State::from_bytes(persist::to_bytes(&fitted).unwrap()).unwrap();
    answers_alike(&Registry::default().load(&state).unwrap(), &fitted, parts);
    fitted
}

/// Two pipelines give the same answers to every question, of rows that neither has seen.
fn answers_alike(one: &DynFittedN2d, other: &DynFittedN2d, parts: [&str; 3]) {
    let (x, _) = pendigits(ROWS + NEW_ROWS);
    let x = Samples::new(x.slice(s![ROWS.., ..])).unwrap();
    assert_eq!(one.labels(), other.labels(), "{parts:?}");
    assert_eq!(one.embedding(), other.embedding(), "{parts:?}");
    assert_eq!(one.encode(x).unwrap(), other.encode(x).unwrap(), "{parts:?}");
    assert_eq!(
        one.reconstruct(x).unwrap(),
        other.reconstruct(x).unwrap(),
        "{parts:?}"
    );
    assert_eq!(
        one.transform(x).unwrap(),
        other.transform(x).unwrap(),
        "{parts:?}"
    );
    let clusterer = other.clusterer();
    if clusterer.as_predict().is_some() {
        assert_eq!(one.predict(x).unwrap(), other.predict(x).unwrap(), "{parts:?}");
    }
    if clusterer.as_predict_proba().is_some() {
        let shares = other.predict_proba(x).unwrap();
        assert_eq!(one.predict_proba(x).unwrap(), shares, "{parts:?}");
    }
    if clusterer.as_approximate_predict().is_some() {
        let found = other.approximate_predict(x).unwrap();
        assert_eq!(found.1.len(), NEW_ROWS, "{parts:?}");
        assert_eq!(one.approximate_predict(x).unwrap(), found, "{parts:?}");
    }
}

/// Fits one composition through the static pipeline and through the dynamic one.
fn compose<E, M, C>(x: Samples<'_>, seen: &mut Vec<[&'static str; 3]>)
where
    E: NamedConfig<Part: Encoder<Fitted: Persist>>,
    M: NamedConfig<Part: Manifold<Fitted: Persist>>,
    C: NamedConfig<Part: Clusterer<Fitted: Persist>>,
{
    let parts = [E::NAME, M::NAME, C::NAME];
    let pipeline = N2d::new(
        part::<E>(Stage::Encoder),
        ManifoldClusterer::new(part::<M>(Stage::Manifold), part::<C>(Stage::Clusterer)),
    );
    let fitted = pipeline.fit(x, &mut FitContext::new(5)).unwrap().model;
    let by_name = dynamic(parts, x);
    assert_eq!(fitted.labels(), by_name.labels(), "{parts:?}");
    // The file of the one is the file of the other.
    let bytes = persist::to_bytes(&fitted).unwrap();
    let state = State::from_bytes(bytes).unwrap();
    let loaded = FittedN2d::<
        <E::Part as Encoder>::Fitted,
        <M::Part as Manifold>::Fitted,
        <C::Part as Clusterer>::Fitted,
    >::load(&state)
    .unwrap();
    answers_alike(&loaded.boxed(), &by_name, parts);
    assert_eq!(fitted.labels().len(), ROWS);
    seen.push(parts);
}

/// With every clusterer.
fn clusterers<E, M>(x: Samples<'_>, seen: &mut Vec<[&'static str; 3]>)
where
    E: NamedConfig<Part: Encoder<Fitted: Persist>>,
    M: NamedConfig<Part: Manifold<Fitted: Persist>>,
{
    compose::<E, M, GaussianMixtureConfig>(x, seen);
    compose::<E, M, GaussianMixtureSelectionConfig>(x, seen);
    compose::<E, M, BayesianGaussianMixtureConfig>(x, seen);
    compose::<E, M, KMeansConfig>(x, seen);
    compose::<E, M, MiniBatchKMeansConfig>(x, seen);
    compose::<E, M, HdbscanConfig>(x, seen);
    compose::<E, M, DbscanConfig>(x, seen);
    compose::<E, M, OpticsConfig>(x, seen);
    compose::<E, M, SpectralClusteringConfig>(x, seen);
    compose::<E, M, AgglomerativeConfig>(x, seen);
    compose::<E, M, LinfaKMeansConfig>(x, seen);
    compose::<E, M, LinfaGmmConfig>(x, seen);
    compose::<E, M, LinfaDbscanConfig>(x, seen);
    compose::<E, M, LinfaOpticsConfig>(x, seen);
    compose::<E, M, HdbscanCrateConfig>(x, seen);
}

/// With every manifold learner.
fn manifolds<E: NamedConfig<Part: Encoder<Fitted: Persist>>>(
    x: Samples<'_>,
    seen: &mut Vec<[&'static str; 3]>,
) {
    clusterers::<E, UmapConfig>(x, seen);
    clusterers::<E, n2d::manifold::TsneConfig>(x, seen);
    clusterers::<E, n2d::manifold::IsomapConfig>(x, seen);
    clusterers::<E, n2d::manifold::LocallyLinearEmbeddingConfig>(x, seen);
    clusterers::<E, n2d::manifold::SpectralEmbeddingConfig>(x, seen);
    clusterers::<E, n2d::manifold::PcaConfig>(x, seen);
    clusterers::<E, n2d::manifold::IdentityConfig>(x, seen);
}

/// With the paper's later stages.
fn networks<E: NamedConfig<Part: Encoder<Fitted: Persist>>>(
    x: Samples<'_>,
    seen: &mut Vec<[&'static str; 3]>,
) {
    compose::<E, UmapConfig, GaussianMixtureConfig>(x, seen);
}

#[test]
fn every_composition_gives_the_same_labels_static_and_dynamic() {
    let (x, _) = pendigits(ROWS);
    let x = Samples::new(x.view()).unwrap();
    let mut seen = Vec::new();
    manifolds::<DenseAutoencoderConfig>(x, &mut seen);
    manifolds::<n2d::encoder::IdentityConfig>(x, &mut seen);
    // What these compose with is the same for all.
    networks::<n2d::encoder::Conv1dConfig>(x, &mut seen);
    networks::<n2d::encoder::Conv2dConfig>(x, &mut seen);
    networks::<n2d::encoder::LstmConfig>(x, &mut seen);
    networks::<n2d::encoder::GruConfig>(x, &mut seen);
    networks::<n2d::encoder::VariationalConfig>(x, &mut seen);
    networks::<n2d::manifold::PcaEncoderConfig>(x, &mut seen);

    let registry = Registry::default();
    let (mut all, mut others) = (Vec::new(), Vec::new());
    for encoder in registry.names(Stage::Encoder) {
        if !["dense", "identity"].contains(&encoder) {
            others.push([encoder, "umap", "gmm"]);
            continue;
        }
        for manifold in registry.names(Stage::Manifold) {
            let clusterers = registry.names(Stage::Clusterer);
            all.extend(
                clusterers
                    .into_iter()
                    .map(|clusterer| [encoder, manifold, clusterer]),
            );
        }
    }
    all.extend(others);
    assert_eq!(seen, all, "a part that is registered is missing here");
}

/// What the static pipelines above leave out: every network before everything else, by name, through its file.
#[test]
fn every_other_composition_comes_back_from_its_file() {
    let (x, _) = pendigits(ROWS);
    let x = Samples::new(x.view()).unwrap();
    let registry = Registry::default();
    let mut n = 0;
    for encoder in registry.names(Stage::Encoder) {
        if ["dense", "identity"].contains(&encoder) {
            continue;
        }
        for manifold in registry.names(Stage::Manifold) {
            for clusterer in registry.names(Stage::Clusterer) {
                dynamic([encoder, manifold, clusterer], x);
                n += 1;
            }
        }
    }
    assert_eq!(n, 6 * 7 * 15);
}

#[test]
fn a_pipeline_of_ones_own_parts_can_be_boxed() {
    let (x, _) = pendigits(ROWS);
    let x = Samples::new(x.view()).unwrap();
    let encoder = part::<DenseAutoencoderConfig>(Stage::Encoder);
    let manifold = part::<UmapConfig>(Stage::Manifold);
    let pipeline = N2d::new(encoder, ManifoldClusterer::new(manifold, Halves));
    let fixed = pipeline.fit(x, &mut FitContext::new(5)).unwrap().model;
    let boxed = pipeline.boxed().fit(x, &mut FitContext::new(5)).unwrap().model;
    assert_eq!(fixed.labels(), boxed.labels());
    assert_eq!(fixed.embedding(), boxed.embedding());
}

#[test]
fn a_clusterer_that_needs_their_number_must_be_told_it() {
    let config = PipelineConfig::without_clusters(PartChoice::new("kmeans"));
    let error = Registry::default().build(&config).unwrap_err();
    assert_eq!(error.to_string(), "kmeans must be told the number of clusters");
    let config = PipelineConfig::without_clusters(PartChoice::new("hdbscan"));
    assert!(Registry::default().build(&config).is_ok());
}
