//! An index as plain arrays: its points, and the graph of an approximate one. Trees are made anew.

use n2d_core::Samples;
use n2d_core::persist::{LoadError, Save, SaveError, State};
use ndarray::{Array2, ArrayView2};

use crate::descent::NnDescent;
use crate::engine::Engine;
use crate::index::NAME;
use crate::scale::Scale;
use crate::{Metric, NeighborIndex, NeighborSearch};

impl Save for NeighborIndex {
    fn kind(&self) -> &str {
        NAME
    }

    /// Refuses a user's own [`Distance`](crate::Distance), which no file can hold.
    fn save_into(&self, state: &mut State) -> Result<(), SaveError> {
        let Some(metric) = self.measure.named() else {
            return Err(SaveError::Unsupported {
                part: format!("an index by `{}`", self.measure),
            });
        };
        state.set("metric", &metric);
        state.set("search", &self.search);
        state.set("asked", &self.asked);
        let points = self.points();
        let points = ArrayView2::from_shape((self.n_samples(), self.n_features()), &points);
        state.put_matrix("points", points.expect("as many values"));
        if let Engine::Descent(descent) = &self.engine {
            state.set("seed", &descent.seed());
            if let Some(graph) = descent.graph() {
                state.put_matrix("graph", graph.all_indices());
            }
        }
        Ok(())
    }
}

impl NeighborIndex {
    /// Makes a saved index again; it answers as the saved one, bit for bit.
    ///
    /// ```
    /// use n2d_core::Samples;
    /// use n2d_core::persist::State;
    /// use n2d_neighbors::{NeighborIndex, NeighborSearch};
    ///
    /// let x = Samples::from_rows(&[0.0, 1.0, 3.0, 7.0], 1)?;
    /// let index = NeighborIndex::new(x, NeighborSearch::Auto);
    /// let again = NeighborIndex::load(&State::of(&index)?)?;
    /// assert_eq!(again.query(x, 2)?, index.query(x, 2)?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`LoadError`] where something is missing or of another form, points are not finite, the metric has no such search, or
    /// the graph is none of these points.
    pub fn load(state: &State) -> Result<Self, LoadError> {
        let metric: Metric = state.get("metric")?;
        let search: NeighborSearch = state.get("search")?;
        let possible = search.possible(&metric.into());
        let chosen = !matches!(search, NeighborSearch::Auto | NeighborSearch::Exact);
        state.expect("search", &format!("a search for {metric}"), possible && chosen)?;
        let points: Array2<f32> = state.finite_matrix("points")?;
        let points =
            Samples::new(points.view()).map_err(|error| state.refuse("points", &error.to_string()))?;
        let asked = state.get("asked")?;
        let index = match search {
            NeighborSearch::NnDescent => Self::load_approximate(state, points, metric)?,
            _ => Self::exact_by(points, metric.into(), search),
        };
        Ok(Self { asked, ..index })
    }

    fn load_approximate(state: &State, points: Samples<'_>, metric: Metric) -> Result<Self, LoadError> {
        let measure = metric.into();
        let scale = Scale::for_measure(points, &measure);
        let scaled = scale.apply(points);
        let n_features = points.n_features();
        let scaled = Samples::from_rows(&scaled, n_features).expect("as many finite values as before");
        let graph: Option<Array2<u32>> = match points.n_samples() {
            1 => None,
            _ => Some(state.matrix("graph")?),
        };
        let graph = graph.as_ref().map(|graph| graph.view());
        let descent = NnDescent::restored(scaled, &measure, state.get("seed")?, graph)
            .map_err(|error| state.refuse("graph", &format!("a graph of the points ({error})")))?;
        Ok(Self {
            engine: Engine::Descent(descent),
            measure,
            asked: NeighborSearch::NnDescent,
            search: NeighborSearch::NnDescent,
            scale,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Measure;
    use n2d_core::FitContext;
    use n2d_core::rng::SplitMix64;

    fn values(n: usize) -> Vec<f32> {
        let mut rng = SplitMix64::new(5, 0, 0);
        (0..n).map(|_| rng.below(1000) as f32 - 500.0).collect()
    }

    fn state(metric: Metric, search: NeighborSearch, scale: f32) -> (NeighborIndex, State, Vec<f32>) {
        let values: Vec<f32> = values(900).iter().map(|v| v * scale).collect();
        let x = Samples::from_rows(&values, 3).unwrap();
        let index = NeighborIndex::build(x, metric, search, 4, &mut FitContext::new(1)).unwrap();
        let state = State::of(&index).unwrap();
        (index, state, values)
    }

    #[test]
    fn every_search_comes_back() {
        let searches = [
            NeighborSearch::Auto,
            NeighborSearch::BruteForce,
            NeighborSearch::NnDescent,
        ];
        for metric in [
            Metric::Euclidean,
            Metric::Manhattan,
            Metric::Cosine,
            Metric::Canberra,
        ] {
            for (search, scale) in searches.into_iter().zip([1.0, 1e30, 1e-30]) {
                let (index, state, values) = state(metric, search, scale);
                let x = Samples::from_rows(&values, 3).unwrap();
                let again = NeighborIndex::load(&state).unwrap();
                assert_eq!(again.description(), index.description());
                assert_eq!(again.query(x, 5).unwrap(), index.query(x, 5).unwrap());
                let mut ctx = FitContext::new(2);
                assert_eq!(
                    again.graph(x, 5, &mut ctx).unwrap(),
                    index.graph(x, 5, &mut ctx).unwrap()
                );
            }
        }
    }

    #[test]
    fn hostile_states_are_refused() {
        let spoil = |change: &dyn Fn(&mut State)| {
            let (_, mut state, _) = state(Metric::Cosine, NeighborSearch::NnDescent, 1.0);
            change(&mut state);
            NeighborIndex::load(&state).unwrap_err().to_string()
        };
        let short: Array2<u32> = Array2::from_shape_fn((7, 2), |(_, at)| at as u32 + 1);
        let wide: Array2<u32> = Array2::from_elem((300, 1), 300);
        spoil(&|state| state.remove("points"));
        spoil(&|state| state.put_matrix("points", Array2::from_elem((300, 3), f32::NAN).view()));
        spoil(&|state| state.put_matrix("points", Array2::<f32>::zeros((0, 3)).view()));
        spoil(&|state| state.set("metric", "minkowski:0.1"));
        spoil(&|state| state.set("search", "auto"));
        spoil(&|state| state.set("search", "ball_tree"));
        spoil(&|state| state.set("seed", "one"));
        spoil(&|state| state.remove("graph"));
        spoil(&|state| state.put_matrix("graph", Array2::<u32>::zeros((300, 0)).view()));
        assert!(spoil(&|state| state.put_matrix("graph", short.view())).contains("graph"));
        assert!(spoil(&|state| state.put_matrix("graph", wide.view())).contains("below 300"));
    }

    #[test]
    fn own_metrics_can_not_be_saved() {
        let x = Samples::from_rows(&[0.0, 1.0], 1).unwrap();
        let measure = Measure::own(|a: &[f32], b: &[f32]| f64::from((a[0] - b[0]).abs()));
        let index =
            NeighborIndex::build(x, measure, NeighborSearch::Auto, 1, &mut FitContext::new(0)).unwrap();
        let error = State::of(&index).unwrap_err();
        assert!(error.to_string().contains("own metric"), "{error}");
    }
}
