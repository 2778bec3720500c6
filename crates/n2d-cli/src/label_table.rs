//! Labels as a table of CSV, with what is known of each besides.

use std::borrow::Cow;
use std::fmt::Write;

use n2d::{DynFittedN2d, FittedClusterer, Labels};
use ndarray::Array2;

use crate::errors::CliError;

/// The rows' clusters, and columns of one figure for each row.
#[derive(Debug)]
pub(crate) struct LabelTable<'a> {
    labels: &'a Labels,
    columns: Vec<Column<'a>>,
}

#[derive(Debug)]
struct Column<'a> {
    name: &'static str,
    /// In words, for the list of what was written.
    meaning: &'static str,
    figures: Cow<'a, [f32]>,
}

impl<'a> LabelTable<'a> {
    /// Of labels, with how far the members of an ensemble agree on each, and how strongly each row belongs to its cluster.
    pub(crate) fn new(
        labels: &'a Labels,
        agreement: Option<Cow<'a, [f32]>>,
        strengths: Option<&'a [f32]>,
    ) -> Self {
        let columns = [
            ("agreement", "share of members that agree", agreement),
            ("strength", "strength", strengths.map(Into::into)),
        ];
        let known = |(name, meaning, figures): (_, _, Option<_>)| {
            figures.map(|figures| Column {
                name,
                meaning,
                figures,
            })
        };
        let columns = columns.into_iter().filter_map(known).collect();
        Self { labels, columns }
    }

    /// Of the rows that a pipeline was fitted to.
    ///
    /// # Errors
    /// What the members of an ensemble fail with.
    pub(crate) fn of_fit(fitted: &'a DynFittedN2d) -> Result<Self, CliError> {
        let agreement = n2d::agreement(fitted).map_err(|error| CliError::from_error(&error))?;
        let agreement = agreement.map(Cow::from);
        Ok(Self::new(
            fitted.labels(),
            agreement,
            fitted.clusterer().strengths(),
        ))
    }

    /// What is in it, in words.
    pub(crate) fn meaning(&self) -> String {
        let more = self.columns.iter().map(|column| column.meaning);
        ["labels: row", "cluster"]
            .into_iter()
            .chain(more)
            .collect::<Vec<_>>()
            .join(", ")
    }

    /// The lines, after a header where the first row is 0: `row,cluster`, then `agreement` and `strength` where they are known, then
    /// `p0,p1,...` where it is given how probable each cluster is.
    pub(crate) fn csv(&self, first_row: usize, proba: Option<&Array2<f32>>) -> String {
        let mut text = String::new();
        if first_row == 0 {
            text.push_str("row,cluster");
            for column in &self.columns {
                text.push_str(&format!(",{}", column.name));
            }
            let n_clusters = proba.map_or(0, Array2::ncols);
            (0..n_clusters).for_each(|cluster| text.push_str(&format!(",p{cluster}")));
            text.push('\n');
        }
        for (i, label) in self.labels.as_slice().iter().enumerate() {
            // Writing to a string can't fail.
            let _ = write!(text, "{},{label}", first_row + i);
            let shares = self.columns.iter().map(|column| &column.figures[i]);
            for share in shares.chain(proba.into_iter().flat_map(|proba| proba.row(i))) {
                let _ = write!(text, ",{share:?}");
            }
            text.push('\n');
        }
        text
    }
}
