//! `assess` on what has labels.

use n2d_core::{
    ApplyError, Clusterer, Encoder, Fit, FitContext, FitError, FittedClusterer, FittedEncoder,
    FittedManifold, Labels, Manifold, ManifoldClusterer, N2d, Report, Samples, Termination,
};
use n2d_metrics::{Assess, MetricError};
use ndarray::{Array2, ArrayView2};

/// A part for every stage that passes rows on, and clusters them by sign.
#[derive(Debug)]
struct Sign;

struct FittedSign {
    rows: Array2<f32>,
    labels: Labels,
}

fn fit(x: Samples<'_>) -> Result<Fit<FittedSign>, FitError> {
    let labels = x.rows().map(|row| i32::from(row[0] > 0.0)).collect();
    let model = FittedSign {
        rows: x.view().to_owned(),
        labels: Labels::new(labels).expect("0 and 1 are labels"),
    };
    Ok(Fit {
        model,
        report: Report::new("sign", Termination::ClosedForm),
    })
}

impl Encoder for Sign {
    type Fitted = FittedSign;
    fn fit(&self, x: Samples<'_>, _: &mut FitContext<'_>) -> Result<Fit<FittedSign>, FitError> {
        fit(x)
    }
}

impl Manifold for Sign {
    type Fitted = FittedSign;
    fn fit(&self, z: Samples<'_>, _: &mut FitContext<'_>) -> Result<Fit<FittedSign>, FitError> {
        fit(z)
    }
}

impl Clusterer for Sign {
    type Fitted = FittedSign;
    fn fit(&self, y: Samples<'_>, _: &mut FitContext<'_>) -> Result<Fit<FittedSign>, FitError> {
        fit(y)
    }
}

impl FittedEncoder for FittedSign {
    fn name(&self) -> &str {
        "sign"
    }
    fn n_features(&self) -> usize {
        self.rows.ncols()
    }
    fn latent_dim(&self) -> usize {
        self.rows.ncols()
    }
    fn encode(&self, x: Samples<'_>) -> Result<Array2<f32>, ApplyError> {
        Ok(x.view().to_owned())
    }
}

impl FittedManifold for FittedSign {
    fn name(&self) -> &str {
        "sign"
    }
    fn n_features(&self) -> usize {
        self.rows.ncols()
    }
    fn embedding(&self) -> ArrayView2<'_, f32> {
        self.rows.view()
    }
}

impl FittedClusterer for FittedSign {
    fn name(&self) -> &str {
        "sign"
    }
    fn n_features(&self) -> usize {
        self.rows.ncols()
    }
    fn n_clusters(&self) -> usize {
        2
    }
    fn labels(&self) -> &Labels {
        &self.labels
    }
}

#[test]
fn fitted_pipelines_are_assessed_by_their_labels() {
    let x = Samples::from_rows(&[-2.0, -1.0, 1.0, 2.0], 1).unwrap();
    let classes = Labels::new(vec![1, 1, 0, 1]).unwrap();
    let later = ManifoldClusterer::new(Sign, Sign);
    let half = later.fit(x, &mut FitContext::new(0)).unwrap().model;
    let pipeline = N2d::new(Sign, later);
    let whole = pipeline.fit(x, &mut FitContext::new(0)).unwrap().model;
    let dynamic = pipeline.boxed().fit(x, &mut FitContext::new(0)).unwrap().model;
    let direct = whole.labels().assess(&classes).unwrap();
    assert_eq!(direct.acc, 0.75);
    assert_eq!(half.assess(&classes), Ok(direct));
    assert_eq!(whole.assess(&classes), Ok(direct));
    assert_eq!(dynamic.assess(&classes), Ok(direct));
}

#[test]
fn labels_of_other_rows_are_refused() {
    let labels = Labels::new(vec![0, 1]).unwrap();
    let others = Labels::new(vec![0, 1, 1]).unwrap();
    assert_eq!(
        labels.assess(&others),
        Err(MetricError::LengthMismatch { y_true: 3, y_pred: 2 })
    );
}
