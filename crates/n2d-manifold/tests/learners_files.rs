//! Files that hold what no fit could have made are refused, with the name of what is wrong.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic as tests do")]

mod support;

use n2d_core::persist::{LoadError, Persist, State};
use n2d_core::{FitContext, Manifold, PartConfig};
use n2d_manifold::{
    IsomapConfig, LocallyLinearEmbeddingConfig, PcaConfig, SpectralEmbeddingConfig, TsneConfig,
};
use support::{normal, samples};

/// The state of a part fitted on 40 rows of 3 features in 2 components.
fn state<C: PartConfig<Part: Manifold<Fitted: Persist>>>(config: &C) -> State {
    let values = normal(120, 1);
    let fit = config
        .build()
        .unwrap()
        .fit(samples(&values, 3), &mut FitContext::new(0))
        .unwrap();
    State::of(&fit.model).unwrap()
}

/// That each change makes the state one that is refused, and that without any it is not.
fn refuses<P: Persist>(state: &State, changes: &[(&str, &dyn Fn(&mut State))]) {
    assert!(state.load::<P>().is_ok());
    for (name, change) in changes {
        let mut changed = state.clone();
        change(&mut changed);
        let error = changed
            .load::<P>()
            .err()
            .unwrap_or_else(|| panic!("{name} was accepted"));
        assert!(error.to_string().contains(name), "{name}: {error}");
        let mut without = state.clone();
        without.remove(name);
        assert!(
            matches!(without.load::<P>(), Err(LoadError::Missing { .. })),
            "{name}"
        );
    }
}

#[test]
fn tsne_checks_what_it_loads() {
    let config = TsneConfig {
        max_iter: 5,
        perplexity: 5.0,
        ..TsneConfig::default()
    };
    refuses::<n2d_manifold::FittedTsne>(
        &state(&config),
        &[
            ("angle", &|state| state.set("angle", &2.0)),
            ("embedding", &|state| {
                state.put_shaped("embedding", &[40, 2], &[f32::NAN; 80]);
            }),
            ("embedding", &|state| state.put("embedding", &[0.0_f32; 80])),
            ("rows", &|state| {
                state.put_shaped("rows", &[39, 3], &[0.0_f32; 117]);
            }),
            ("rows", &|state| {
                state.put_shaped("rows", &[40, 3], &[f32::INFINITY; 120]);
            }),
        ],
    );
}

#[test]
fn pca_checks_what_it_loads() {
    refuses::<n2d_manifold::FittedPca>(
        &state(&PcaConfig::default()),
        &[
            ("mean", &|state| state.put("mean", &[0.0_f64; 2])),
            ("components", &|state| {
                state.put_shaped("components", &[2, 3], &[f64::NAN; 6]);
            }),
            ("variances", &|state| state.put("variances", &[1.0, -1.0])),
            ("total_variance", &|state| {
                state.put("total_variance", &[0.0_f64; 0]);
            }),
            ("embedding", &|state| {
                state.put_shaped("embedding", &[40, 1], &[0.0_f32; 40]);
            }),
            ("whiten", &|state| state.set("whiten", "perhaps")),
        ],
    );
}

#[test]
fn isomap_checks_what_it_loads() {
    let state = state(&IsomapConfig::default());
    let links = state.vec::<u32>("links.to").unwrap().len();
    refuses::<n2d_manifold::FittedIsomap>(
        &state,
        &[
            ("n_neighbors", &|state| state.set("n_neighbors", &40)),
            ("landmarks", &|state| state.put("landmarks", &[40_u32; 40])),
            ("means", &|state| state.put("means", &[0.0_f64; 3])),
            ("eigenvalues", &|state| state.put("eigenvalues", &[1.0_f64; 3])),
            ("directions", &|state| {
                state.put_shaped("directions", &[2, 40], &[f64::INFINITY; 80]);
            }),
            ("links.counts", &|state| {
                state.put("links.counts", &[u32::MAX; 40]);
            }),
            ("links.to", &|state| state.put("links.to", &vec![40_u32; links])),
            // All rows lead to the first: most are cut off from it.
            ("links.to", &|state| state.put("links.to", &vec![0_u32; links])),
            ("links.lengths", &|state| {
                state.put("links.lengths", &vec![-1.0_f32; links]);
            }),
        ],
    );
}

#[test]
fn lle_checks_what_it_loads() {
    refuses::<n2d_manifold::FittedLocallyLinearEmbedding>(
        &state(&LocallyLinearEmbeddingConfig::default()),
        &[
            ("n_neighbors", &|state| state.set("n_neighbors", &40)),
            ("reg", &|state| state.set("reg", &0.0)),
            ("embedding", &|state| {
                state.put_shaped("embedding", &[0, 2], &[0.0_f32; 0]);
            }),
            ("rows", &|state| state.put_shaped("rows", &[40, 0], &[0.0_f32; 0])),
        ],
    );
}

#[test]
fn spectral_embedding_checks_what_it_loads() {
    refuses::<n2d_manifold::FittedSpectralEmbedding>(
        &state(&SpectralEmbeddingConfig::default()),
        &[
            ("n_neighbors", &|state| state.set("n_neighbors", &0)),
            ("eigenvalues", &|state| state.put("eigenvalues", &[f64::NAN, 0.0])),
            ("eigenvalues", &|state| state.put("eigenvalues", &[0.5_f64; 3])),
        ],
    );
}
