//! A fitted UMAP comes back from its file as it was, and hostile files are refused.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic as tests do")]

mod support;

use n2d_core::persist::{State, from_bytes, to_bytes};
use n2d_core::{FittedManifold, Transform};
use n2d_manifold::umap::GraphEmbedding;
use n2d_manifold::{FittedUmap, UmapConfig};
use n2d_neighbors::{Metric, NeighborSearch};
use serde_json::{Value, json};
use support::{bits, blobs, fit_seeded, samples};

fn quick() -> UmapConfig {
    UmapConfig {
        n_neighbors: 8,
        n_epochs: Some(20),
        ..UmapConfig::new(2)
    }
}

#[test]
fn everything_comes_back() {
    let values = blobs(150, 5, 3, 6.0, 1);
    let new_rows = blobs(50, 5, 3, 6.0, 2);
    let configs = [
        quick(),
        UmapConfig {
            search: NeighborSearch::NnDescent,
            ..quick()
        },
        UmapConfig {
            metric: Metric::Cosine,
            densmap: true,
            output_dens: true,
            ..quick()
        },
        UmapConfig {
            metric: Metric::Minkowski(3.0),
            disconnection_distance: Some(0.7),
            ..quick()
        },
    ];
    for config in configs {
        let fitted = fit_seeded(&config, &values, 5, 3).model;
        let bytes = to_bytes(&fitted).unwrap();
        let loaded: FittedUmap = from_bytes(&bytes).unwrap();
        assert_eq!(to_bytes(&loaded).unwrap(), bytes);
        assert_eq!(bits(loaded.embedding()), bits(fitted.embedding()));
        assert_eq!(loaded.radii(), fitted.radii());
        let new = samples(&new_rows, 5);
        assert_eq!(loaded.transform(new).unwrap(), fitted.transform(new).unwrap());
        let places = samples(&new_rows[..20], 2);
        assert_eq!(
            loaded.inverse_transform(places).unwrap(),
            fitted.inverse_transform(places).unwrap()
        );
        let graph: GraphEmbedding = from_bytes(&to_bytes(fitted.graph_embedding()).unwrap()).unwrap();
        assert_eq!(
            graph.place(&[vec![(3, 0.5)]]).unwrap(),
            fitted.graph_embedding().place(&[vec![(3, 0.5)]]).unwrap()
        );
    }
    let one = fit_seeded(&quick(), &[1.0, 2.0], 2, 0).model;
    let loaded: FittedUmap = from_bytes(&to_bytes(&one).unwrap()).unwrap();
    assert_eq!(
        loaded.transform(samples(&[5.0, 5.0], 2)).unwrap(),
        one.transform(samples(&[5.0, 5.0], 2)).unwrap()
    );
}

#[test]
fn hostile_files_are_refused() {
    let values = blobs(60, 3, 2, 6.0, 1);
    let fitted = fit_seeded(&quick(), &values, 3, 3).model;
    let whole = State::of(&fitted).unwrap();
    let refused = |change: &dyn Fn(&mut State)| {
        let mut state = whole.clone();
        change(&mut state);
        state.load::<FittedUmap>().unwrap_err().to_string()
    };
    let with = |name: &str, field: &str, value: Value| {
        let mut fields: Value = whole.get(name).unwrap();
        fields[field] = value;
        refused(&|state| state.set(name, &fields))
    };
    for (name, field, value) in [
        ("comparing", "n_neighbors", json!(0)),
        ("comparing", "n_neighbors", json!(61)),
        ("comparing", "mean_distance", json!(-1.0)),
        ("settling", "a", json!(0.0)),
        ("settling", "learning_rate", json!(-1.0)),
        ("settling", "n_epochs", json!(0)),
        ("settling", "seed", json!(-1)),
        ("settling", "more", json!(1)),
    ] {
        let error = with(name, field, value);
        assert!(error.contains(name), "{field}: {error}");
    }
    let index = |change: &dyn Fn(&mut State)| refused(&|state| change(state.part_mut("index").unwrap()));
    assert!(index(&|part| part.put_shaped("points", &[59, 3], &values[3..])).contains("index"));
    assert!(index(&|part| part.put_shaped("points", &[60, 3], &[f32::NAN; 180])).contains("points"));
    for (field, word) in [
        ("metric", "minkowski:0.5"),
        ("metric", "none"),
        ("search", "none"),
    ] {
        assert!(index(&|part| part.set(field, word)).contains(field));
    }
    assert!(refused(&|state| state.put_shaped("embedding", &[60, 0], &[0.0_f32; 0])).contains("embedding"));
    assert!(
        refused(&|state| state.put_shaped("embedding", &[1, 300], &[0.0_f32; 300])).contains("embedding")
    );
    assert!(refused(&|state| state.put("radii_data", &[0.0_f32; 3])).contains("radii_data"));
    assert!(refused(&|state| state.remove("index")).contains("index"));
}
