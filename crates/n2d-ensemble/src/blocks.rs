//! Rows whose columns are blocks of equal width, one for each member, and what parts of members have in common.

use n2d_core::check::Options;
use n2d_core::persist::{LoadError, Save, SaveError, State};
use n2d_core::{FitError, Samples};
use ndarray::{Array2, s};

/// Most members: far above any use, so that a model file says nothing absurd.
pub(crate) const MOST_MEMBERS: usize = 1000;

/// The columns of one member, as rows of their own.
pub(crate) fn block(rows: Samples<'_>, n_members: usize, member: usize) -> Array2<f32> {
    let width = rows.n_features() / n_members;
    rows.view()
        .slice(s![.., member * width..(member + 1) * width])
        .as_standard_layout()
        .into_owned()
}

/// That there is a block of columns for each member.
pub(crate) fn check_blocks(part: &'static str, n_members: usize, rows: Samples<'_>) -> Result<(), FitError> {
    let n_columns = rows.n_features();
    if n_columns.is_multiple_of(n_members) {
        return Ok(());
    }
    let allowed = format!("a number that divides the {n_columns} columns of the rows");
    let error = Options::of(part).refuse("n_members", allowed, n_members);
    Err(FitError::Part {
        part: part.to_owned(),
        source: error.into(),
    })
}

/// Each member's state under its number.
pub(crate) fn save_members<'a>(
    members: impl ExactSizeIterator<Item = Saved<'a>>,
    state: &mut State,
) -> Result<(), SaveError> {
    state.set("n_members", &members.len());
    for (number, member) in members.enumerate() {
        state.put_part(&format!("member.{number}"), &member)?;
    }
    Ok(())
}

/// Each member by a function of its state; at least one.
pub(crate) fn load_members<F>(
    state: &State,
    member: impl Fn(&State) -> Result<F, LoadError>,
) -> Result<Vec<F>, LoadError> {
    let n_members: usize = state.get("n_members")?;
    let allowed = format!("from 1 to {MOST_MEMBERS}");
    state.expect("n_members", &allowed, (1..=MOST_MEMBERS).contains(&n_members))?;
    (0..n_members)
        .map(|number| member(state.part(&format!("member.{number}"))?))
        .collect()
}

/// A member that can be saved if it says so.
pub(crate) struct Saved<'a> {
    pub(crate) name: &'a str,
    pub(crate) part: Option<&'a dyn Save>,
}

impl Save for Saved<'_> {
    fn kind(&self) -> &str {
        self.part.map_or(self.name, Save::kind)
    }

    fn save_into(&self, state: &mut State) -> Result<(), SaveError> {
        match self.part {
            Some(part) => part.save_into(state),
            None => Err(SaveError::Unsupported {
                part: self.name.to_owned(),
            }),
        }
    }
}
