//! `n2d plot`: pictures of a model, of its training rows or of others.

use n2d::metrics::{Noise, assess, silhouette_samples};
use n2d::neighbors::Metric;
use n2d::plot::{ClusterSizes, Colours, ConfusionMatrix, Figure, PlotError, Scatter, Silhouettes};
use n2d::{
    FitContext, FitError, FittedClusterer, Labels, MapLayout, Model, Parallelism, ReportError, Samples,
    condensed_tree, learning_curve,
};
use ndarray::{Array2, ArrayView2};

use crate::applied::Applying;
use crate::args::{Picture, PlotArgs};
use crate::errors::CliError;
use crate::interrupt::Interrupt;
use crate::model_source::{Classes, for_model, load_model};
use crate::output::Output;
use crate::progress::{Screen, Watcher};
use crate::source::{DataOptions, Source};
use crate::text::counted;

/// Rows beyond these have no silhouette drawn: it takes the distance of every pair.
const MOST_SILHOUETTES: usize = 30_000;

/// Runs the command.
///
/// # Errors
/// A bad model, bad data, pictures that the model has not.
pub(crate) fn run(args: &PlotArgs) -> Result<(), CliError> {
    let mut inputs = vec![args.model.as_path()];
    inputs.extend(args.input.as_deref());
    let output = Output::new(&args.out, &inputs)?;
    let form = Form::of(&output)?;
    if args.map.is_some() && args.kind != Picture::Clusters {
        return Err(CliError::usage("--map is for --kind clusters"));
    }
    let model = load_model(&args.model)?;
    let screen = Screen::new(false);
    let interrupt = Interrupt::install(screen.clone())?;
    let mut shown = match &args.input {
        None => Shown::of_training(&model),
        Some(input) => {
            let options = DataOptions {
                labels: args.labels.as_deref(),
                drop: &args.drop,
                data_dir: args.data_dir.as_deref(),
            };
            let source = for_model(Source::of(input, options)?, &model, Classes::Taken);
            Shown::of_rows(&model, &source, (&screen, &interrupt))?
        }
    };
    if args.kind == Picture::Clusters {
        let map = args.map.map(MapLayout::from).unwrap_or_default();
        shown.lay_out(map, model.info().seed, (&screen, &interrupt))?;
    }
    let figure = shown.picture(args.kind, &model)?;
    output.write_bytes(&form.bytes(&figure)?)
}

/// What a picture's file is, by the end of its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    Png,
    Svg,
}

impl Form {
    /// # Errors
    /// Bad usage for any other ending.
    pub(crate) fn of(output: &Output) -> Result<Self, CliError> {
        let ending = output
            .path()
            .extension()
            .map(|ending| ending.to_string_lossy().to_lowercase());
        match ending.as_deref() {
            Some("png") => Ok(Self::Png),
            Some("svg") => Ok(Self::Svg),
            _ => Err(CliError::usage(format!(
                "{}: a picture's file ends in .png or .svg",
                output.path().display()
            ))),
        }
    }

    /// # Errors
    /// A picture too large.
    pub(crate) fn bytes(self, figure: &Figure) -> Result<Vec<u8>, CliError> {
        match self {
            Self::Png => figure.to_png().map_err(|error| refused(&error)),
            Self::Svg => Ok(figure.to_svg().into_bytes()),
        }
    }
}

fn refused(error: &PlotError) -> CliError {
    CliError::from_error(error)
}

/// Rows with their places, clusters and, where known, classes.
pub(crate) struct Shown {
    name: String,
    embedding: Array2<f32>,
    /// Their places on a map in two components, where it has another.
    display: Option<Array2<f32>>,
    clusters: Labels,
    classes: Option<Labels>,
    class_names: Vec<String>,
}

impl Shown {
    fn of_training(model: &Model) -> Self {
        Self {
            name: model.info().dataset.clone(),
            embedding: model.embedding().to_owned(),
            display: None,
            clusters: model.labels().clone(),
            classes: None,
            class_names: Vec::new(),
        }
    }

    fn of_rows(
        model: &Model,
        source: &Source,
        (screen, interrupt): (&Screen, &Interrupt),
    ) -> Result<Self, CliError> {
        let applied = Applying {
            model,
            screen,
            interrupt,
            parallelism: &Parallelism::default(),
            reconstruct: false,
        }
        .to(source)?;
        let (classes, class_names) = applied.classes.map(|known| (known.labels, known.names)).unzip();
        Ok(Self {
            embedding: applied.embedding,
            display: None,
            clusters: applied.labels,
            name: applied.name,
            classes,
            class_names: class_names.unwrap_or_default(),
        })
    }

    /// Rows take their places on a map in two components.
    fn lay_out(
        &mut self,
        map: MapLayout,
        seed: u64,
        (screen, interrupt): (&Screen, &Interrupt),
    ) -> Result<(), CliError> {
        interrupt.doing("the map");
        let mut watcher = Watcher::new(screen.clone());
        let mut ctx = FitContext::new(seed)
            .with_cancel(interrupt.token())
            .with_observer(&mut watcher);
        let display = display(self.embedding.view(), map, interrupt, &mut ctx);
        screen.clear();
        self.display = display?;
        interrupt.end();
        Ok(())
    }

    fn picture(&self, kind: Picture, model: &Model) -> Result<Figure, CliError> {
        match kind {
            Picture::Clusters => scatter(
                &self.name,
                (self.embedding.view(), self.display.as_ref()),
                &self.clusters,
                self.classes
                    .as_ref()
                    .map(|classes| (classes, &self.class_names[..])),
            ),
            Picture::Sizes => ClusterSizes::new(&self.clusters)
                .with_colours(&self.colours()?)
                .with_title(&self.name)
                .draw()
                .map_err(|error| refused(&error)),
            Picture::Confusion => self.confusion(),
            Picture::Silhouettes => self.silhouettes(),
            Picture::Curve => curve(model),
            Picture::Tree => tree(model),
        }
    }

    /// Those of the scatter of the same rows.
    fn colours(&self) -> Result<Colours, CliError> {
        match &self.classes {
            Some(classes) => Colours::matched(classes, &self.clusters).map_err(|error| refused(&error)),
            None => Ok(Colours::of_clusters(&self.clusters)),
        }
    }

    fn confusion(&self) -> Result<Figure, CliError> {
        let Some(classes) = &self.classes else {
            return Err(CliError::usage(
                "the classes are not known: a confusion matrix compares clusters with classes",
            )
            .with_hint("name rows with classes: n2d plot MODEL DATA --labels COLUMN|FILE --kind confusion"));
        };
        ConfusionMatrix::new(classes, &self.clusters)
            .with_class_names(&self.class_names)
            .with_title(&self.name)
            .draw()
            .map_err(|error| refused(&error))
    }

    fn silhouettes(&self) -> Result<Figure, CliError> {
        if self.clusters.len() > MOST_SILHOUETTES {
            return Err(CliError::usage(format!(
                "silhouettes are drawn of {} at most, but there are {}",
                counted(MOST_SILHOUETTES, "row"),
                counted(self.clusters.len(), "row")
            )));
        }
        let y = Samples::new(self.embedding.view()).map_err(|error| CliError::from_error(&error))?;
        let ctx = &mut FitContext::new(0);
        let values = silhouette_samples(y, &self.clusters, Noise::LeftOut, Metric::Euclidean, ctx)
            .map_err(|error| CliError::from_error(&error))?;
        Silhouettes::new(&values, &self.clusters)
            .with_colours(&self.colours()?)
            .with_title(&self.name)
            .draw()
            .map_err(|error| refused(&error))
    }
}

/// Where a map of two components shows rows of an embedding that has more.
///
/// # Errors
/// An interruption.
pub(crate) fn display(
    embedding: ArrayView2<'_, f32>,
    map: MapLayout,
    interrupt: &Interrupt,
    ctx: &mut FitContext<'_>,
) -> Result<Option<Array2<f32>>, CliError> {
    let y = Samples::new(embedding).map_err(|error| CliError::from_error(&error))?;
    map.places(y, ctx).map_err(|error| match error {
        ReportError::Fit(FitError::Cancelled { .. }) => interrupt.interrupted(),
        error => CliError::from_error(&error),
    })
}

/// The embedding, or its rows' places on a map for display, by cluster, and by class where they are known, in matching colours.
///
/// # Errors
/// What can't be drawn.
pub(crate) fn scatter(
    name: &str,
    (embedding, display): (ArrayView2<'_, f32>, Option<&Array2<f32>>),
    clusters: &Labels,
    classes: Option<(&Labels, &[String])>,
) -> Result<Figure, CliError> {
    let colours = match classes {
        Some((classes, _)) => Colours::matched(classes, clusters),
        None => Ok(Colours::of_clusters(clusters)),
    };
    let colours = colours.map_err(|error| refused(&error))?;
    let mut scatter = Scatter::new(embedding, clusters)
        .with_colours(&colours)
        .with_title(name);
    if let Some(display) = display {
        scatter = scatter.with_display(display.view());
    }
    if let Some((classes, names)) = classes {
        scatter = scatter.with_classes(classes).with_class_names(names);
        if let Ok(scores) = assess(classes, clusters) {
            scatter = scatter.with_facts(scores.to_string());
        }
    }
    scatter.draw().map_err(|error| refused(&error))
}

fn curve(model: &Model) -> Result<Figure, CliError> {
    let figure = learning_curve(model).map_err(|error| refused(&error))?;
    figure.ok_or_else(|| {
        CliError::usage("this model has no learning curve: its encoder was not trained in rounds")
    })
}

fn tree(model: &Model) -> Result<Figure, CliError> {
    let figure = condensed_tree(model).map_err(|error| refused(&error))?;
    figure.ok_or_else(|| {
        let name = model.pipeline().clusterer().name();
        CliError::usage(format!("{name} has no condensed tree: hdbscan has"))
            .with_hint("fit with --clusterer hdbscan for one")
    })
}
