//! The kinds of fitted parts that model files may hold.

use n2d_cluster as cluster;
use n2d_core::persist::{LoadError, Persist, State};
use n2d_core::{DynFittedN2d, FittedClusterer, FittedEncoder, FittedManifold, FittedN2d};

use n2d_encoder::FittedAutoencoder;
use n2d_ensemble::{FittedCommittee, FittedEach, FittedSelfTrained, FittedVoting};
use n2d_manifold as manifold;

use crate::Registry;

/// How each kind of one stage is loaded.
pub(crate) struct Kinds<T: ?Sized>(Vec<Kind<T>>);

struct Kind<T: ?Sized> {
    name: &'static str,
    load: fn(&State) -> Result<Box<T>, LoadError>,
}

impl<T: ?Sized> std::fmt::Debug for Kinds<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list()
            .entries(self.0.iter().map(|kind| kind.name))
            .finish()
    }
}

impl<T: ?Sized> Default for Kinds<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T: ?Sized> Kinds<T> {
    fn put(&mut self, name: &'static str, load: fn(&State) -> Result<Box<T>, LoadError>) {
        self.0.retain(|kind| kind.name != name);
        self.0.push(Kind { name, load });
    }

    fn load(&self, state: &State) -> Result<Box<T>, LoadError> {
        match self.0.iter().find(|kind| kind.name == state.kind()) {
            Some(kind) => (kind.load)(state),
            None => {
                let known: Vec<&str> = self.0.iter().map(|kind| kind.name).collect();
                Err(state.wrong_kind(format!("one of {}", known.join(", "))))
            }
        }
    }
}

impl Registry {
    /// With an encoder that model files may hold. One of the same kind is replaced.
    pub fn with_fitted_encoder<P: FittedEncoder + Persist>(mut self) -> Self {
        self.fitted_encoders
            .put(P::KIND, |state| Ok(Box::new(state.load::<P>()?)));
        self
    }

    /// With a manifold learner that model files may hold. One of the same kind is replaced.
    pub fn with_fitted_manifold<P: FittedManifold + Persist>(mut self) -> Self {
        self.fitted_manifolds
            .put(P::KIND, |state| Ok(Box::new(state.load::<P>()?)));
        self
    }

    /// With a clusterer that model files may hold. One of the same kind is replaced.
    pub fn with_fitted_clusterer<P: FittedClusterer + Persist>(mut self) -> Self {
        self.fitted_clusterers
            .put(P::KIND, |state| Ok(Box::new(state.load::<P>()?)));
        self
    }

    /// The fitted pipeline in a saved state, whatever parts it has, as long as their kinds are registered.
    ///
    /// # Errors
    /// [`LoadError`]; [`LoadError::WrongKind`] names the kinds that are known.
    pub fn load(&self, state: &State) -> Result<DynFittedN2d, LoadError> {
        FittedN2d::load_with(
            state,
            |state| self.load_encoder(state),
            |state| self.load_manifold(state),
            |state| self.load_clusterer(state),
        )
    }

    // Parts whose members are of any kind: theirs is found in the same table.

    fn load_encoder(&self, state: &State) -> Result<Box<dyn FittedEncoder>, LoadError> {
        let member = |state: &State| self.fitted_encoders.load(state);
        if state.kind() == FittedCommittee::<Box<dyn FittedEncoder>>::KIND {
            return Ok(Box::new(FittedCommittee::load_with(state, member)?));
        }
        if state.kind() == FittedSelfTrained::<Box<dyn FittedEncoder>>::KIND {
            return Ok(Box::new(FittedSelfTrained::load_with(state, member)?));
        }
        member(state)
    }

    fn load_manifold(&self, state: &State) -> Result<Box<dyn FittedManifold>, LoadError> {
        if state.kind() != FittedEach::<Box<dyn FittedManifold>>::KIND {
            return self.fitted_manifolds.load(state);
        }
        Ok(Box::new(FittedEach::load_with(state, |member| {
            self.fitted_manifolds.load(member)
        })?))
    }

    fn load_clusterer(&self, state: &State) -> Result<Box<dyn FittedClusterer>, LoadError> {
        if state.kind() != FittedVoting::<Box<dyn FittedClusterer>>::KIND {
            return self.fitted_clusterers.load(state);
        }
        Ok(Box::new(FittedVoting::load_with(state, |member| {
            self.fitted_clusterers.load(member)
        })?))
    }

    pub(crate) fn with_fitted_parts(self) -> Self {
        self.with_fitted_encoder::<n2d_encoder::FittedDenseAutoencoder>()
            .with_fitted_encoder::<FittedAutoencoder<n2d_encoder::Conv1d>>()
            .with_fitted_encoder::<FittedAutoencoder<n2d_encoder::Conv2d>>()
            .with_fitted_encoder::<FittedAutoencoder<n2d_encoder::Lstm>>()
            .with_fitted_encoder::<FittedAutoencoder<n2d_encoder::Gru>>()
            .with_fitted_encoder::<FittedAutoencoder<n2d_encoder::Variational>>()
            .with_fitted_encoder::<manifold::FittedPcaEncoder>()
            .with_fitted_encoder::<n2d_encoder::FittedIdentity>()
            .with_fitted_manifold::<manifold::FittedUmap>()
            .with_fitted_manifold::<manifold::umap::FittedAveragedUmap>()
            .with_fitted_manifold::<manifold::FittedTsne>()
            .with_fitted_manifold::<manifold::FittedIsomap>()
            .with_fitted_manifold::<manifold::FittedLocallyLinearEmbedding>()
            .with_fitted_manifold::<manifold::FittedSpectralEmbedding>()
            .with_fitted_manifold::<manifold::FittedPca>()
            .with_fitted_manifold::<manifold::FittedIdentity>()
            .with_fitted_clusterer::<cluster::FittedGaussianMixture>()
            .with_fitted_clusterer::<cluster::FittedBayesianGaussianMixture>()
            .with_fitted_clusterer::<cluster::FittedKMeans>()
            .with_fitted_clusterer::<cluster::FittedHdbscan>()
            .with_fitted_clusterer::<cluster::FittedDbscan>()
            .with_fitted_clusterer::<cluster::FittedOptics>()
            .with_fitted_clusterer::<cluster::FittedSpectralClustering>()
            .with_fitted_clusterer::<cluster::FittedAgglomerative>()
            .with_fitted_parts_of_other_crates()
    }

    fn with_fitted_parts_of_other_crates(self) -> Self {
        #[cfg(feature = "linfa")]
        let registry = self
            .with_fitted_clusterer::<cluster::FittedLinfaKMeans>()
            .with_fitted_clusterer::<cluster::FittedLinfaGmm>()
            .with_fitted_clusterer::<cluster::FittedLinfaOptics>();
        #[cfg(not(feature = "linfa"))]
        let registry = self;
        #[cfg(any(feature = "linfa", feature = "hdbscan-crate"))]
        let registry = registry.with_fitted_clusterer::<cluster::FittedLabels>();
        registry
    }
}
