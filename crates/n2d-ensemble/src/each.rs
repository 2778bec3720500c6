//! A manifold learner for each member of a committee.

use n2d_core::check::{made_by, same_features};
use n2d_core::persist::{LoadError, Save, SaveError, State};
use n2d_core::{
    ApplyError, Capability, Fit, FitContext, FitError, FittedManifold, Manifold, Samples, Stage, Transform,
};
use ndarray::{Array2, ArrayView2, s};

use crate::blocks::{MOST_MEMBERS, Saved, block, check_blocks, load_members, save_members};
use crate::committee::of_members;

pub(crate) const NAME: &str = "each";

/// One manifold learner fitted to each block of columns by itself; its embedding is those of all, side by side.
///
/// Takes what a [`Committee`](crate::Committee) of as many members makes. Takes the time of all members, one after the other;
/// deterministic as they are.
#[derive(Debug, Clone)]
pub struct Each<M> {
    member: M,
    n_members: usize,
}

impl<M> Each<M> {
    /// `n_members` of a manifold learner.
    ///
    /// # Panics
    /// For a number below 1 or above 1000.
    pub fn new(member: M, n_members: usize) -> Self {
        assert!((1..=MOST_MEMBERS).contains(&n_members), "{n_members} members");
        Self { member, n_members }
    }
}

impl<M: Manifold> Manifold for Each<M> {
    type Fitted = FittedEach<M::Fitted>;

    /// Fits every member.
    ///
    /// # Errors
    /// What members return, and [`FitError::Part`] where the number of members does not divide the columns.
    fn fit(&self, z: Samples<'_>, ctx: &mut FitContext<'_>) -> Result<Fit<Self::Fitted>, FitError> {
        ctx.run_stage(Stage::Manifold, NAME, |ctx| {
            check_blocks(NAME, self.n_members, z)?;
            let fit = |index| {
                let own = block(z, self.n_members, index);
                let rows = made_by(NAME, own.view())?;
                ctx.run_member(index, self.n_members, |ctx| self.member.fit(rows, ctx))
            };
            let fits = (0..self.n_members).map(fit).collect::<Result<Vec<_>, _>>()?;
            let report = of_members(NAME, fits.iter().map(|fit| &fit.report));
            let model = FittedEach::of(fits.into_iter().map(|fit| fit.model).collect());
            Ok(Fit { model, report })
        })
    }
}

/// A fitted [`Each`].
#[derive(Debug, Clone)]
pub struct FittedEach<F> {
    members: Vec<F>,
    embedding: Array2<f32>,
}

impl<F> FittedEach<F> {
    /// The kind by which files know it.
    pub const KIND: &'static str = NAME;

    /// The fitted manifold learners, in the order of the blocks of columns.
    pub fn members(&self) -> &[F] {
        &self.members
    }
}

impl<F: FittedManifold> FittedEach<F> {
    fn of(members: Vec<F>) -> Self {
        let embedding = side_by_side(members.iter().map(|member| member.embedding().to_owned()));
        Self { members, embedding }
    }

    /// Makes the part again, each member by a function of its state: the way for members whose kind the state says.
    ///
    /// # Errors
    /// [`LoadError`], also where members are of different shapes, and what the function returns.
    pub fn load_with(
        state: &State,
        member: impl Fn(&State) -> Result<F, LoadError>,
    ) -> Result<Self, LoadError> {
        let members = load_members(state, member)?;
        let shape = |member: &F| (member.n_features(), member.embedding().dim());
        let same = members.iter().all(|member| shape(member) == shape(&members[0]));
        state.expect("n_members", "manifold learners of rows of one shape", same)?;
        Ok(Self::of(members))
    }
}

/// Matrices of one shape as one, the columns of the first first.
fn side_by_side(blocks: impl Iterator<Item = Array2<f32>>) -> Array2<f32> {
    let blocks: Vec<Array2<f32>> = blocks.collect();
    let (n_rows, width) = blocks[0].dim();
    let mut whole = Array2::zeros((n_rows, blocks.len() * width));
    for (number, block) in blocks.iter().enumerate() {
        whole
            .slice_mut(s![.., number * width..(number + 1) * width])
            .assign(block);
    }
    whole
}

impl<F: FittedManifold> FittedManifold for FittedEach<F> {
    fn name(&self) -> &str {
        NAME
    }

    fn n_features(&self) -> usize {
        self.members.iter().map(FittedManifold::n_features).sum()
    }

    fn embedding(&self) -> ArrayView2<'_, f32> {
        self.embedding.view()
    }

    fn as_transform(&self) -> Option<&dyn Transform> {
        self.members
            .iter()
            .all(|member| member.as_transform().is_some())
            .then_some(self)
    }

    fn as_save(&self) -> Option<&dyn Save> {
        self.members
            .iter()
            .all(|member| member.as_save().is_some())
            .then_some(self)
    }
}

impl<F: FittedManifold> Transform for FittedEach<F> {
    fn transform(&self, z: Samples<'_>) -> Result<Array2<f32>, ApplyError> {
        same_features(NAME, self.n_features(), z)?;
        let place = |(index, member): (usize, &F)| {
            let own = block(z, self.members.len(), index);
            let rows = made_by(NAME, own.view())?;
            let part = member
                .as_transform()
                .ok_or_else(|| ApplyError::MissingCapability {
                    part: member.name().to_owned(),
                    capability: Capability::Transform,
                })?;
            part.transform(rows)
        };
        let blocks = self.members.iter().enumerate().map(place);
        Ok(side_by_side(blocks.collect::<Result<Vec<_>, _>>()?.into_iter()))
    }
}

impl<F: FittedManifold> Save for FittedEach<F> {
    fn kind(&self) -> &str {
        NAME
    }

    fn save_into(&self, state: &mut State) -> Result<(), SaveError> {
        let members = self.members.iter().map(|member| Saved {
            name: member.name(),
            part: member.as_save(),
        });
        save_members(members, state)
    }
}
