//! A fitted UMAP as plain arrays: the index of the training rows, and their embedding.

use n2d_core::persist::{LoadError, Persist, Save, State};
use n2d_core::{PartConfig, Samples};
use n2d_neighbors::NeighborIndex;
use serde::{Deserialize, Serialize};

use super::averaged::{AveragedUmapConfig, FittedAveragedUmap, MOST_VIEWS};
use super::config::{MOST_EPOCHS, MOST_NEGATIVE_SAMPLES};
use super::curve::Curve;
use super::density::Radii;
use super::fitted::{FittedUmap, Seen};
use super::kernel::Forces;
use super::layout::Layout;
use super::{GraphEmbedding, UmapConfig};
use crate::numbers::MAX_COMPONENTS;

/// How new points settle.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Settling {
    a: f32,
    b: f32,
    repulsion_strength: f32,
    n_epochs: usize,
    learning_rate: f32,
    negative_sample_rate: usize,
    seed: u64,
}

/// How new rows are compared with the training rows.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Comparing {
    n_neighbors: usize,
    disconnection_distance: Option<f32>,
    local_connectivity: f64,
    mean_distance: f64,
    #[serde(default)]
    keeps_rows: bool,
}

impl Persist for GraphEmbedding {
    const KIND: &'static str = "graph_embedding";

    fn save(&self, state: &mut State) {
        let layout = &self.layout;
        let (Curve { a, b }, repulsion_strength) = layout.forces.parameters();
        let settling = Settling {
            a,
            b,
            repulsion_strength,
            n_epochs: layout.n_epochs,
            learning_rate: layout.learning_rate,
            negative_sample_rate: layout.negative_sample_rate,
            seed: layout.seed,
        };
        state.set("settling", &settling);
        state.put_matrix("embedding", self.embedding());
    }

    fn load(state: &State) -> Result<Self, LoadError> {
        let settling: Settling = state.get("settling")?;
        let positive = |v: f32| v.is_finite() && v > 0.0;
        let allowed =
            "positive and finite numbers, epochs and negative samples within the bounds of the options";
        let usable = [settling.a, settling.b, settling.learning_rate]
            .into_iter()
            .all(positive)
            && (settling.repulsion_strength == 0.0 || positive(settling.repulsion_strength))
            && (1..=MOST_EPOCHS).contains(&settling.n_epochs)
            && settling.negative_sample_rate <= MOST_NEGATIVE_SAMPLES;
        state.expect("settling", allowed, usable)?;
        let embedding = state.finite_matrix("embedding")?;
        let allowed = format!("at most {MAX_COMPONENTS} columns wide and of rows that `Samples` can hold");
        let usable = embedding.ncols() <= MAX_COMPONENTS && Samples::new(embedding.view()).is_ok();
        state.expect("embedding", &allowed, usable)?;
        let curve = Curve {
            a: settling.a,
            b: settling.b,
        };
        Ok(Self {
            embedding,
            layout: Layout {
                forces: Forces::new(curve, settling.repulsion_strength),
                n_epochs: settling.n_epochs,
                learning_rate: settling.learning_rate,
                negative_sample_rate: settling.negative_sample_rate,
                seed: settling.seed,
            },
        })
    }
}

impl Seen {
    fn save(&self, state: &mut State) {
        let comparing = Comparing {
            n_neighbors: self.n_neighbors,
            disconnection_distance: self.cut,
            local_connectivity: self.local_connectivity,
            mean_distance: self.mean_distance,
            keeps_rows: self.keeps_rows,
        };
        state.set("comparing", &comparing);
        let part = state.new_part("index", self.index.kind());
        self.index
            .save_into(part)
            .expect("a metric that an option can name is one that a file can hold");
    }

    /// For an embedding of `n` rows.
    fn load(state: &State, n: usize) -> Result<Self, LoadError> {
        let index = NeighborIndex::load(state.part("index")?)?;
        let allowed = format!("of {n} rows, as the embedding");
        state.expect("index", &allowed, index.n_samples() == n)?;
        let comparing: Comparing = state.get("comparing")?;
        let allowed =
            format!("at least 1 and at most {n} neighbours, and numbers that are finite and not negative");
        let usable = |v: f64| v.is_finite() && v >= 0.0;
        let cut = comparing.disconnection_distance.unwrap_or(1.0);
        state.expect(
            "comparing",
            &allowed,
            (1..=n).contains(&comparing.n_neighbors)
                && usable(comparing.local_connectivity)
                && usable(comparing.mean_distance)
                && usable(cut.into()),
        )?;
        Ok(Self {
            index,
            n_neighbors: comparing.n_neighbors,
            cut: comparing.disconnection_distance,
            local_connectivity: comparing.local_connectivity,
            mean_distance: comparing.mean_distance,
            keeps_rows: comparing.keeps_rows,
        })
    }
}

impl Persist for FittedUmap {
    const KIND: &'static str = UmapConfig::NAME;

    fn save(&self, state: &mut State) {
        self.placed.save(state);
        self.seen.save(state);
        if let Some(radii) = &self.radii {
            state.put("radii_data", &radii.data);
            state.put("radii_embedding", &radii.embedding);
        }
    }

    fn load(state: &State) -> Result<Self, LoadError> {
        let placed = GraphEmbedding::load(state)?;
        let n = placed.embedding().nrows();
        let seen = Seen::load(state, n)?;
        let radii = match state.has_array("radii_data") {
            true => Some(Radii {
                data: state.vec_of("radii_data", n)?,
                embedding: state.vec_of("radii_embedding", n)?,
            }),
            false => None,
        };
        Ok(Self { seen, placed, radii })
    }
}

impl Persist for FittedAveragedUmap {
    const KIND: &'static str = AveragedUmapConfig::NAME;

    fn save(&self, state: &mut State) {
        self.placed.save(state);
        state.set("n_views", &self.views.len());
        for (view, seen) in self.views.iter().enumerate() {
            seen.save(state.new_part(&format!("view.{view}"), "view"));
        }
    }

    fn load(state: &State) -> Result<Self, LoadError> {
        let placed = GraphEmbedding::load(state)?;
        let n_views: usize = state.get("n_views")?;
        let allowed = format!("from 1 to {MOST_VIEWS}");
        state.expect("n_views", &allowed, (1..=MOST_VIEWS).contains(&n_views))?;
        let view = |view: usize| Seen::load(state.part(&format!("view.{view}"))?, placed.embedding().nrows());
        let views: Vec<Seen> = (0..n_views).map(view).collect::<Result<_, _>>()?;
        let width = views[0].index.n_features();
        let same = views.iter().all(|seen| seen.index.n_features() == width);
        state.expect("n_views", "of one width", same)?;
        Ok(Self { views, placed })
    }
}
