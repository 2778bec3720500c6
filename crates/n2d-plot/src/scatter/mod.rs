//! The embedding, coloured by cluster and by class.

mod check;
mod draw;
mod map;
mod names;
mod panel;
mod style;

use std::borrow::Cow;

use n2d_core::Labels;
use ndarray::ArrayView2;

use crate::groups::Names;
use crate::heading::Heading;
use crate::{Colours, Figure, PlotError};

pub(crate) use draw::plural;
pub(crate) use map::{GroupLook, MapData};
pub(crate) use names::{Room, write as write_names};
pub use style::ScatterStyle;

const NAME: &str = "scatter";

/// Every row of an embedding as a dot, by predicted cluster and, where classes are known, beside it by class.
///
/// Both halves share their axes, and a cluster has the colour of the class it stands for ([`Colours`]), so that what differs between
/// them is what is wrong. One unit is as long across as up. All rows are drawn, in an order that is shuffled by their number alone, so
/// that no group hides another; noise (label -1) is grey and lies beneath.
///
/// Of an embedding of more than two components the first two are shown, or those of [`with_components`](Self::with_components), or a
/// layout of two columns made for display ([`with_display`](Self::with_display)). Of one component the second axis is a scatter
/// that means nothing.
///
/// Takes `O(n log n)`.
///
/// ```
/// use n2d_core::Labels;
/// use n2d_plot::Scatter;
/// use ndarray::array;
///
/// let embedding = array![[0.0, 0.1], [0.2, 0.0], [5.0, 5.1], [5.2, 4.9]];
/// let clusters = Labels::new(vec![1, 1, 0, -1])?;
/// let classes = Labels::new(vec![0, 0, 1, 1])?;
/// let figure = Scatter::new(embedding.view(), &clusters)
///     .with_classes(&classes)
///     .with_class_names(["cat", "dog"])
///     .with_facts("ACC 0.750")
///     .draw()?;
/// assert!(figure.to_svg().contains("cat"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Scatter<'a> {
    points: ArrayView2<'a, f32>,
    clusters: &'a Labels,
    classes: Option<&'a Labels>,
    class_names: Names,
    cluster_names: Names,
    strengths: Option<&'a [f32]>,
    components: (usize, usize),
    display: Option<ArrayView2<'a, f32>>,
    colours: Option<&'a Colours>,
    heading: Heading,
    style: ScatterStyle,
}

impl<'a> Scatter<'a> {
    /// Of rows, `(n_samples, n_components)`, and the cluster of each.
    pub fn new(points: ArrayView2<'a, f32>, clusters: &'a Labels) -> Self {
        Self {
            points,
            clusters,
            classes: None,
            class_names: Names::default(),
            cluster_names: Names::default(),
            strengths: None,
            components: (0, 1),
            display: None,
            colours: None,
            heading: Heading::default(),
            style: ScatterStyle::default(),
        }
    }

    /// The class of each row, -1 where it is not known: a second half of the picture.
    pub fn with_classes(self, classes: &'a Labels) -> Self {
        Self {
            classes: Some(classes),
            ..self
        }
    }

    /// Names of the classes, by number. Default: their numbers.
    pub fn with_class_names<S: Into<String>>(self, names: impl IntoIterator<Item = S>) -> Self {
        Self {
            class_names: Names::new(names),
            ..self
        }
    }

    /// Names of the clusters, by number. Default: their numbers.
    pub fn with_cluster_names<S: Into<String>>(self, names: impl IntoIterator<Item = S>) -> Self {
        Self {
            cluster_names: Names::new(names),
            ..self
        }
    }

    /// How strongly each row belongs to its cluster, in `[0, 1]`: weak rows are paler in the half of the clusters.
    pub fn with_strengths(self, strengths: &'a [f32]) -> Self {
        Self {
            strengths: Some(strengths),
            ..self
        }
    }

    /// Other components than the first two, from zero: across, then up.
    pub fn with_components(self, across: usize, up: usize) -> Self {
        Self {
            components: (across, up),
            ..self
        }
    }

    /// Places of the rows for the eye alone, `(n_samples, 2)`, such as a UMAP of two components beside the one that was clustered.
    pub fn with_display(self, layout: ArrayView2<'a, f32>) -> Self {
        Self {
            display: Some(layout),
            ..self
        }
    }

    /// Colours shared with other plots. Default: those of these labels.
    pub fn with_colours(self, colours: &'a Colours) -> Self {
        Self {
            colours: Some(colours),
            ..self
        }
    }

    /// The title. Default `Embedding`.
    pub fn with_title(mut self, title: impl Into<String>) -> Self {
        self.heading.title = title.into();
        self
    }

    /// Facts for the line beneath the title, such as scores.
    pub fn with_facts(mut self, facts: impl Into<String>) -> Self {
        self.heading.facts = facts.into();
        self
    }

    /// Size and cover of the dots, and more.
    pub fn with_style(self, style: ScatterStyle) -> Self {
        Self { style, ..self }
    }

    /// Draws it.
    ///
    /// # Errors
    /// [`PlotError::Empty`] without rows or components; [`PlotError::LengthMismatch`] where labels, strengths or layout are not of the
    /// rows; [`PlotError::Data`] for a point that is NaN or infinite; [`PlotError::BadValue`] for a strength outside `[0, 1]`;
    /// [`PlotError::NoSuchComponent`]; [`PlotError::DisplayLayout`]; [`PlotError::Option`].
    pub fn draw(&self) -> Result<Figure, PlotError> {
        self.style.check()?;
        let shown = self.check()?;
        let colours = self.own_or_shared_colours()?;
        Ok(self.draw_checked(&shown, &colours))
    }

    fn own_or_shared_colours(&self) -> Result<Cow<'a, Colours>, PlotError> {
        Ok(match (self.colours, self.classes) {
            (Some(colours), _) => Cow::Borrowed(colours),
            (None, Some(classes)) => Cow::Owned(Colours::matched(classes, self.clusters)?),
            (None, None) => Cow::Owned(Colours::of_clusters(self.clusters)),
        })
    }
}
