//! Rows that stand many times over, and groups far apart.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic as tests do")]

mod support;

use n2d_core::{Fit, FitContext, FittedManifold, Manifold, PartConfig};
use n2d_manifold::{IsomapConfig, LocallyLinearEmbeddingConfig, SpectralEmbeddingConfig, TsneConfig, tsne};
use support::{normal, samples};

fn fitted<C: PartConfig<Part: Manifold>>(
    config: &C,
    values: &[f32],
    d: usize,
) -> Fit<<C::Part as Manifold>::Fitted> {
    let learner = config.build().unwrap();
    learner.fit(samples(values, d), &mut FitContext::new(0)).unwrap()
}

/// While attraction is exaggerated such rows come to rest: the layout proper begins there, and does not end. scikit-learn's exact method
/// reaches divergences between 0.09 and 0.18 on data of this kind; the exaggerated layout has more than 2.
#[test]
fn tsne_goes_on_when_exaggerated_groups_have_come_to_rest() {
    for seed in 0..4 {
        let values = normal(40 * 3, seed).repeat(10);
        for method in [tsne::Method::Exact, tsne::Method::BarnesHut] {
            let config = TsneConfig {
                method,
                ..TsneConfig::new(2)
            };
            let fit = fitted(&config, &values, 3);
            let (_, divergence) = fit.report.objective.unwrap();
            assert!(divergence < 0.4, "{method:?}, seed {seed}: {divergence}");
        }
    }
}

#[test]
fn tsne_says_that_only_exaggerated_rounds_were_made() {
    let values = normal(60 * 3, 1);
    let config = TsneConfig {
        max_iter: 20,
        perplexity: 5.0,
        ..TsneConfig::new(2)
    };
    let fit = fitted(&config, &values, 3);
    let notes = fit.report.notes.join("\n");
    assert!(
        notes.contains("max_iter = 20 is not above early_exaggeration_iter = 250"),
        "{notes}"
    );
}

/// What rows differ by within groups is there, however far the groups are apart. scikit-learn gives components of these lengths.
#[test]
fn isomap_keeps_what_is_within_far_groups() {
    for apart in [1000.0, 3000.0] {
        let mut values = normal(400 * 4, 3);
        values
            .chunks_exact_mut(4)
            .take(200)
            .for_each(|row| row[0] += apart);
        let fit = fitted(&IsomapConfig::new(3), &values, 4);
        for component in 1..3 {
            let column = fit.model.embedding().column(component).to_owned();
            let deviation = column.std(0.0);
            assert!(
                (0.5..2.0).contains(&deviation),
                "{apart} apart, component {component}: {deviation}"
            );
        }
    }
}

#[test]
fn too_wide_embeddings_are_refused() {
    let errors = [
        IsomapConfig::new(257).build().unwrap_err(),
        LocallyLinearEmbeddingConfig::new(257).build().unwrap_err(),
        SpectralEmbeddingConfig::new(usize::MAX).build().unwrap_err(),
    ];
    for error in errors {
        assert_eq!(error.field, "n_components");
        assert!(error.to_string().contains("between 1 and 256"), "{error}");
    }
}
