//! The mean of several graphs, laid out once.

use n2d_core::{FitContext, FittedManifold, Manifold, PartConfig, Samples, Transform};
use n2d_manifold::UmapConfig;
use n2d_manifold::umap::AveragedUmapConfig;
use ndarray::{Array2, Axis, concatenate};

/// Three groups, so far apart; no two rows alike.
fn rows(apart: f32) -> Array2<f32> {
    let steps = [0.618_034, 0.414_213_6, 0.732_050_8];
    Array2::from_shape_fn((90, 3), |(row, column)| {
        (row % 3) as f32 * apart + (row as f32 * steps[column]).fract()
    })
}

fn umap() -> UmapConfig {
    UmapConfig {
        n_neighbors: 7,
        n_epochs: Some(40),
        ..UmapConfig::new(2)
    }
}

fn averaged(n_views: usize) -> AveragedUmapConfig {
    AveragedUmapConfig {
        n_views,
        umap: umap(),
    }
}

/// The mean of one graph, and of two or four equal ones, is that graph, to the last bit. In one piece: the start of pieces looks at the whole
/// rows, whose distances are larger.
#[test]
fn equal_views_are_one_view() {
    let one = rows(0.0);
    let x = Samples::new(one.view()).unwrap();
    let expected = umap()
        .build()
        .unwrap()
        .fit(x, &mut FitContext::new(3))
        .unwrap()
        .model;
    for n_views in [1, 2, 4] {
        let wide = concatenate(Axis(1), &vec![one.view(); n_views]).unwrap();
        let wide = wide.as_standard_layout();
        let z = Samples::new(wide.view()).unwrap();
        let part = averaged(n_views).build().unwrap();
        let fitted = part.fit(z, &mut FitContext::new(3)).unwrap().model;
        assert_eq!(fitted.embedding(), expected.embedding(), "{n_views} views");
        assert_eq!(fitted.transform(z).unwrap(), expected.transform(x).unwrap());
        assert_eq!((fitted.n_views(), fitted.n_features()), (n_views, 3 * n_views));
    }
}

#[test]
fn views_that_disagree_are_told() {
    let one = rows(5.0);
    // The second view says nothing of the groups.
    let other = Array2::from_shape_fn((90, 3), |(row, column)| ((row * 7 + column * 41) % 89) as f32);
    let both = concatenate![Axis(1), one, other];
    let both = both.as_standard_layout();
    let part = averaged(2).build().unwrap();
    let fitted = part
        .fit(Samples::new(both.view()).unwrap(), &mut FitContext::new(0))
        .unwrap()
        .model;
    let groups = n2d_core::Labels::new((0..90).map(|row| row % 3).collect()).unwrap();
    let agreement = fitted.agreement(&groups).unwrap();
    assert!(agreement.iter().all(|&share| share == 0.5 || share == 1.0));
    assert!(agreement.iter().sum::<f32>() < 80.0);

    // The first view has rows near their own group.
    let z = Samples::new(both.slice(ndarray::s![..3, ..])).unwrap();
    let of = |labels: [i32; 3]| {
        let labels = n2d_core::Labels::new(labels.to_vec()).unwrap();
        fitted.agreement_on(z, &groups, &labels).unwrap()
    };
    let own = of([0, 1, 2]);
    assert!(own.iter().all(|&share| share == 0.5 || share == 1.0), "{own:?}");
    // No view has most of a row's neighbours in two groups.
    let sums: Vec<f32> = (0..3)
        .map(|row| {
            [[0, 1, 2], [1, 2, 0], [2, 0, 1]]
                .map(|labels| of(labels)[row])
                .iter()
                .sum()
        })
        .collect();
    assert_eq!(sums, [1.0; 3]);
    assert!(
        fitted
            .agreement_on(Samples::new(one.view()).unwrap(), &groups, &groups)
            .is_err()
    );
}

#[test]
fn options_and_widths_are_checked() {
    let refused = |config: AveragedUmapConfig| config.build().unwrap_err().to_string();
    assert!(refused(averaged(0)).starts_with("averaged_umap.n_views must be "));
    let mut dense = averaged(1);
    dense.umap.densmap = true;
    assert!(refused(dense).starts_with("averaged_umap.umap.densmap must be false"));
    let data = rows(5.0);
    let part = averaged(2).build().unwrap();
    let error = part
        .fit(Samples::new(data.view()).unwrap(), &mut FitContext::new(0))
        .unwrap_err();
    assert!(std::error::Error::source(&error).is_some_and(|source| source.to_string().contains("n_views")));
}

/// Rows that are the same in one view alone are not the same.
#[test]
fn training_rows_lie_where_they_lay() {
    let other = Array2::from_shape_fn((90, 3), |(row, column)| ((row * 7 + column * 41) % 89) as f32);
    let mut both = concatenate![Axis(1), rows(5.0), other];
    for column in 0..3 {
        both[[10, column]] = both[[4, column]];
    }
    let both = both.as_standard_layout();
    let z = Samples::new(both.view()).unwrap();
    let part = averaged(2).build().unwrap();
    let fitted = part.fit(z, &mut FitContext::new(0)).unwrap().model;
    assert_eq!(fitted.transform(z).unwrap(), fitted.embedding());
}
