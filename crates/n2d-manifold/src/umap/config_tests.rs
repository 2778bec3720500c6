use n2d_core::PartConfig;

use super::{Init, UmapConfig};

#[test]
fn every_bad_option_is_named() {
    let good = UmapConfig::default;
    let bad = [
        (
            "n_neighbors",
            UmapConfig {
                n_neighbors: 1,
                ..good()
            },
        ),
        (
            "n_components",
            UmapConfig {
                n_components: 0,
                ..good()
            },
        ),
        (
            "min_dist",
            UmapConfig {
                min_dist: -0.1,
                ..good()
            },
        ),
        (
            "min_dist",
            UmapConfig {
                min_dist: 1.1,
                ..good()
            },
        ),
        (
            "spread",
            UmapConfig {
                spread: f32::NAN,
                ..good()
            },
        ),
        (
            "spread",
            UmapConfig {
                spread: 1e-38,
                ..good()
            },
        ),
        (
            "n_components",
            UmapConfig {
                n_components: 257,
                ..good()
            },
        ),
        (
            "a",
            UmapConfig {
                b: Some(1.0),
                ..good()
            },
        ),
        (
            "b",
            UmapConfig {
                a: Some(1.0),
                ..good()
            },
        ),
        (
            "a",
            UmapConfig {
                a: Some(0.0),
                b: Some(1.0),
                ..good()
            },
        ),
        (
            "n_epochs",
            UmapConfig {
                n_epochs: Some(0),
                ..good()
            },
        ),
        (
            "learning_rate",
            UmapConfig {
                learning_rate: 0.0,
                ..good()
            },
        ),
        (
            "repulsion_strength",
            UmapConfig {
                repulsion_strength: -1.0,
                ..good()
            },
        ),
        (
            "local_connectivity",
            UmapConfig {
                local_connectivity: 21.0,
                ..good()
            },
        ),
        (
            "set_op_mix_ratio",
            UmapConfig {
                set_op_mix_ratio: 1.5,
                ..good()
            },
        ),
        (
            "disconnection_distance",
            UmapConfig {
                disconnection_distance: Some(0.0),
                ..good()
            },
        ),
        (
            "dens_frac",
            UmapConfig {
                dens_frac: Some(0.5),
                ..good()
            },
        ),
        (
            "dens_frac",
            UmapConfig {
                densmap: true,
                dens_frac: Some(1.5),
                ..good()
            },
        ),
        (
            "dens_lambda",
            UmapConfig {
                densmap: true,
                dens_lambda: Some(-1.0),
                ..good()
            },
        ),
        (
            "dens_var_shift",
            UmapConfig {
                densmap: true,
                dens_var_shift: Some(0.0),
                ..good()
            },
        ),
    ];
    for (field, config) in bad {
        let error = config.build().unwrap_err();
        assert_eq!(
            (error.part.as_str(), error.field.as_str()),
            ("umap", field),
            "{error}"
        );
    }
    assert!(good().build().is_ok());
}

#[test]
fn unknown_fields_are_refused() {
    let error = serde_json::from_str::<UmapConfig>(r#"{"n_neighbours": 3}"#).unwrap_err();
    assert!(error.to_string().contains("n_neighbours"), "{error}");
    let config: UmapConfig = serde_json::from_str(r#"{"init": "random"}"#).unwrap();
    assert_eq!(
        config,
        UmapConfig {
            init: Init::Random,
            ..UmapConfig::default()
        }
    );
}
