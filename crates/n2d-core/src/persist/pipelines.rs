//! Pipelines hold their parts: in the whole's state, `encoder`, `manifold` and `clusterer` stand beside one another.

use super::{LoadError, Persist, Save, SaveError, State};
use crate::{FittedClusterer, FittedEncoder, FittedManifold, FittedManifoldClusterer, FittedN2d};

const N2D: &str = "n2d";
const ENCODER: &str = "encoder";
const MANIFOLD: &str = "manifold";
const CLUSTERER: &str = "clusterer";

impl<M: Save, C: Save> Save for FittedManifoldClusterer<M, C> {
    fn kind(&self) -> &str {
        "manifold_clusterer"
    }

    fn save_into(&self, state: &mut State) -> Result<(), SaveError> {
        state.put_part(MANIFOLD, self.manifold())?;
        state.put_part(CLUSTERER, self.clusterer())
    }
}

impl<M: FittedManifold, C: FittedClusterer> FittedManifoldClusterer<M, C> {
    /// Makes both parts again from a saved state.
    ///
    /// # Errors
    /// [`LoadError`], also where the parts do not fit together.
    pub fn load(state: &State) -> Result<Self, LoadError>
    where
        M: Persist,
        C: Persist,
    {
        Self::load_with(state, State::load, State::load)
    }

    /// As [`load`](Self::load), with each part made by a function of its state: the way for parts whose kind the state says.
    ///
    /// # Errors
    /// As [`load`](Self::load), and what the functions return.
    pub fn load_with(
        state: &State,
        manifold: impl FnOnce(&State) -> Result<M, LoadError>,
        clusterer: impl FnOnce(&State) -> Result<C, LoadError>,
    ) -> Result<Self, LoadError> {
        let manifold = manifold(state.part(MANIFOLD)?)?;
        let clusterer = clusterer(state.part(CLUSTERER)?)?;
        fits(state, CLUSTERER, manifold.n_components(), clusterer.n_features())?;
        let (rows, labels) = (manifold.embedding().nrows(), clusterer.labels().len());
        let allowed = format!("of one label for each of the manifold's {rows} rows, not {labels}");
        state.expect(CLUSTERER, &allowed, rows == labels)?;
        Ok(Self::from_fitted(manifold, clusterer))
    }
}

impl<E: Save, M: Save, C: Save> Save for FittedN2d<E, M, C> {
    fn kind(&self) -> &str {
        N2D
    }

    fn save_into(&self, state: &mut State) -> Result<(), SaveError> {
        state.put_part(ENCODER, self.encoder())?;
        self.manifold_clusterer().save_into(state)
    }
}

impl<E: FittedEncoder, M: FittedManifold, C: FittedClusterer> FittedN2d<E, M, C> {
    /// Makes the pipeline again from a saved state. It answers as the one that was saved, bit for bit.
    ///
    /// ```no_run
    /// # use n2d_core::{FittedEncoder, FittedManifold, FittedClusterer, FittedN2d, persist::{self, LoadError, Persist}};
    /// # use std::path::Path;
    /// # fn example<E: FittedEncoder + Persist, M: FittedManifold + Persist, C: FittedClusterer + Persist>(
    /// #     fitted: FittedN2d<E, M, C>,
    /// # ) -> Result<(), Box<dyn std::error::Error>> {
    /// let path = Path::new("digits.n2d");
    /// persist::write_file(path, &fitted)?;
    /// let again: FittedN2d<E, M, C> = FittedN2d::load(&persist::read_file(path)?)?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`LoadError`], also where the parts do not fit together.
    pub fn load(state: &State) -> Result<Self, LoadError>
    where
        E: Persist,
        M: Persist,
        C: Persist,
    {
        if state.kind() != N2D {
            return Err(state.wrong_kind(format!("`{N2D}`")));
        }
        Self::load_with(state, State::load, State::load, State::load)
    }

    /// As [`load`](Self::load), with each part made by a function of its state: the way for parts whose kind the state says. The
    /// state's own kind is not looked at: a larger whole may hold the parts of its pipeline beside other things.
    ///
    /// # Errors
    /// As [`load`](Self::load), and what the functions return.
    pub fn load_with(
        state: &State,
        encoder: impl FnOnce(&State) -> Result<E, LoadError>,
        manifold: impl FnOnce(&State) -> Result<M, LoadError>,
        clusterer: impl FnOnce(&State) -> Result<C, LoadError>,
    ) -> Result<Self, LoadError> {
        let encoder = encoder(state.part(ENCODER)?)?;
        let later = FittedManifoldClusterer::load_with(state, manifold, clusterer)?;
        fits(
            state,
            MANIFOLD,
            encoder.latent_dim(),
            later.manifold().n_features(),
        )?;
        Ok(Self::from_fitted(encoder, later))
    }
}

/// That a part takes the rows which the one before it makes.
fn fits(state: &State, part: &str, given: usize, taken: usize) -> Result<(), LoadError> {
    let allowed = format!("for rows of {given} features, as the part before it makes, not {taken}");
    state.expect(part, &allowed, given == taken)
}
