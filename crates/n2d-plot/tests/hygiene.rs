//! Ordinary and awkward inputs: a picture or a typed error, never a panic, and the same bytes each time.

#![allow(clippy::unwrap_used, reason = "helpers of tests may panic as tests do")]

use n2d_core::{DataError, Labels};
use n2d_plot::{ClusterSizes, Figure, PlotError, Scatter, ScatterStyle, palette};
use ndarray::{Array2, array};
use proptest::prelude::*;

fn labels(values: &[i32]) -> Labels {
    Labels::new(values.to_vec()).unwrap()
}

fn is_sound(figure: &Figure) {
    let svg = figure.to_svg();
    assert!(svg.starts_with("<svg") && svg.ends_with("</svg>\n"));
    assert!(!svg.contains("NaN") && !svg.contains("\"inf") && !svg.contains(",inf"));
    assert_eq!(svg, figure.to_svg());
    let figure = figure.clone().with_dpi(72).unwrap();
    let png = figure.to_png().unwrap();
    assert!(png.starts_with(b"\x89PNG"));
    assert_eq!(png, figure.to_png().unwrap());
}

/// Three heaps of points.
fn heaps(n: usize) -> (Array2<f32>, Labels) {
    let at = |(row, column): (usize, usize)| {
        let noise = ((row * 7_919 + column * 104_729) % 1_000) as f32 / 1_000.0;
        (row % 3) as f32 * 2.0 + noise * (1.0 + column as f32)
    };
    let clusters: Vec<i32> = (0..n).map(|row| (row % 3) as i32).collect();
    (Array2::from_shape_fn((n, 2), at), labels(&clusters))
}

#[test]
fn points_that_are_no_numbers_are_named() {
    let points = array![[0.0, 1.0], [2.0, f32::NAN]];
    let clusters = labels(&[0, 0]);
    let error = Scatter::new(points.view(), &clusters).draw().unwrap_err();
    assert!(
        matches!(
            error,
            PlotError::Data(DataError::NotFinite {
                row: 1,
                column: 1,
                ..
            })
        ),
        "{error}"
    );
}

#[test]
fn nothing_and_what_does_not_match_is_refused() {
    let (points, clusters) = heaps(4);
    let empty = Array2::<f32>::zeros((0, 2));
    let none = labels(&[]);
    assert!(matches!(
        Scatter::new(empty.view(), &none).draw(),
        Err(PlotError::Empty { what: "rows", .. })
    ));
    let no_columns = Array2::<f32>::zeros((4, 0));
    assert!(matches!(
        Scatter::new(no_columns.view(), &clusters).draw(),
        Err(PlotError::Empty { .. })
    ));
    let short = labels(&[0, 1]);
    let error = Scatter::new(points.view(), &short).draw().unwrap_err();
    assert_eq!(
        error.to_string(),
        "scatter: there are 4 rows but 2 labels of clusters; each row needs one"
    );
    let plot = || Scatter::new(points.view(), &clusters);
    assert!(matches!(
        plot().with_classes(&short).draw(),
        Err(PlotError::LengthMismatch { .. })
    ));
    assert!(matches!(
        plot().with_strengths(&[1.0]).draw(),
        Err(PlotError::LengthMismatch { .. })
    ));
    assert!(matches!(
        plot().with_strengths(&[1.0, 0.0, f32::NAN, 2.0]).draw(),
        Err(PlotError::BadValue { at: 2, .. })
    ));
    assert!(matches!(
        plot().with_components(0, 2).draw(),
        Err(PlotError::NoSuchComponent { component: 2, .. })
    ));
    assert!(matches!(
        plot().with_display(no_columns.view()).draw(),
        Err(PlotError::DisplayLayout { given: 0, .. })
    ));
    let style = ScatterStyle {
        alpha: Some(-1.0),
        ..ScatterStyle::default()
    };
    assert!(matches!(
        plot().with_style(style).draw(),
        Err(PlotError::Option(_))
    ));
}

#[test]
fn one_row_equal_rows_and_extremes_are_drawn() {
    for points in [
        array![[3.0, 4.0]],
        array![[3.0, 4.0], [3.0, 4.0]],
        array![[1e30, -1e30], [-1e30, 1e30]],
        array![[1e-30, 0.0], [0.0, 2e-30]],
        array![[f32::MAX, f32::MIN], [f32::MIN, f32::MAX]],
        array![[0.0], [1.0], [5.0]],
        array![[7.0]],
    ] {
        let rows = points.nrows();
        for label in [0, -1, 5_000] {
            let clusters = labels(&vec![label; rows]);
            let classes = labels(&vec![-1; rows]);
            is_sound(&Scatter::new(points.view(), &clusters).draw().unwrap());
            is_sound(
                &Scatter::new(points.view(), &clusters)
                    .with_classes(&classes)
                    .draw()
                    .unwrap(),
            );
        }
    }
}

#[test]
fn two_hundred_clusters_with_very_long_names_fit_on_a_page() {
    let (points, _) = heaps(2_000);
    let clusters = labels(&(0..2_000).map(|row| row % 200).collect::<Vec<_>>());
    let names: Vec<String> = (0..200)
        .map(|number| format!("{number} {}", "an endless name ".repeat(40)))
        .collect();
    let named = ScatterStyle {
        names_on_plot: Some(true),
        ..ScatterStyle::default()
    };
    let figure = Scatter::new(points.view(), &clusters)
        .with_cluster_names(names)
        .with_style(named)
        .draw()
        .unwrap();
    let (width, height) = figure.size();
    assert!(width < 1_000.0 && height < 600.0, "{width} x {height}");
    is_sound(&figure);
}

#[test]
fn classes_clusters_and_strengths_are_all_in_the_picture() {
    let (points, clusters) = heaps(300);
    let classes = labels(&(0..300).map(|row| 2 - row % 3).collect::<Vec<_>>());
    let strengths: Vec<f32> = (0..300).map(|row| row as f32 / 299.0).collect();
    let plot = Scatter::new(points.view(), &clusters)
        .with_classes(&classes)
        .with_class_names(["a<b", "dog", "cow"]);
    let svg = plot.clone().with_facts("ACC 1.000").draw().unwrap().to_svg();
    assert!(
        svg.contains("a&lt;b")
            && svg.contains("cow")
            && svg.contains("ACC 1.000")
            && svg.contains("by class")
    );
    // 300 rows, drawn twice, and one marker for each class in the legend.
    let circles = svg.matches("<circle").count();
    assert_eq!(circles, 603);
    assert_eq!(svg.matches(&palette(2).colour.to_string()).count(), 201);
    is_sound(&plot.with_strengths(&strengths).draw().unwrap());
}

#[test]
fn a_display_layout_and_other_components_are_shown_and_said() {
    let wide = Array2::from_shape_fn((30, 5), |(row, column)| (row * (column + 1) % 11) as f32);
    let (layout, clusters) = heaps(30);
    let svg = |plot: Scatter<'_>| plot.draw().unwrap().to_svg();
    assert!(svg(Scatter::new(wide.view(), &clusters)).contains("components 1 and 2 of 5"));
    assert!(
        svg(Scatter::new(wide.view(), &clusters).with_components(4, 2)).contains("components 5 and 3 of 5")
    );
    let shown = svg(Scatter::new(wide.view(), &clusters).with_display(layout.view()));
    assert!(shown.contains("a layout for display of 5 components"));
}

#[test]
fn a_million_rows_are_one_picture_of_bounded_size() {
    let (points, clusters) = heaps(1_000_000);
    let figure = Scatter::new(points.view(), &clusters).draw().unwrap();
    let svg = figure.to_svg();
    assert_eq!(
        (svg.matches("<image").count(), svg.matches("<circle").count()),
        (1, 3)
    );
    assert!(svg.len() < 6_000_000, "{}", svg.len());
    assert!(figure.with_dpi(72).unwrap().to_png().is_ok());
}

#[test]
fn files_are_what_their_names_say() {
    let folder = tempfile::tempdir().unwrap();
    let figure = ClusterSizes::new(&labels(&[0, 1, 1])).draw().unwrap();
    for (name, start) in [("a.png", b"\x89PNG".as_slice()), ("a.SVG", b"<svg")] {
        let path = folder.path().join(name);
        figure.save(&path).unwrap();
        assert!(std::fs::read(&path).unwrap().starts_with(start));
    }
    assert_eq!(
        std::fs::read_dir(folder.path()).unwrap().count(),
        2,
        "nothing else is left behind"
    );
    for name in ["a.jpg", "a", ".png"] {
        let error = figure.save(folder.path().join(name)).unwrap_err();
        assert!(matches!(error, PlotError::UnknownFormat { .. }), "{error}");
    }
    assert!(matches!(
        figure.save(folder.path().join("none/a.png")),
        Err(PlotError::Write { .. })
    ));
}

#[test]
fn dots_an_inch_have_bounds() {
    let figure = ClusterSizes::new(&labels(&[0])).draw().unwrap();
    assert!(matches!(figure.clone().with_dpi(10), Err(PlotError::Option(_))));
    let size = |dpi| {
        let png = figure.clone().with_dpi(dpi).unwrap().to_png().unwrap();
        u32::from_be_bytes([png[16], png[17], png[18], png[19]])
    };
    assert!((f64::from(size(144)) / f64::from(size(72)) - 2.0).abs() < 0.01);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn any_finite_points_are_drawn(
        rows in prop::collection::vec((prop::num::f32::NORMAL | prop::num::f32::ZERO, -1e3_f32..1e3, -1..40_i32, -1..5_i32), 1..40),
    ) {
        let points = Array2::from_shape_fn((rows.len(), 2), |(row, column)| if column == 0 { rows[row].0 } else { rows[row].1 });
        let clusters = labels(&rows.iter().map(|row| row.2).collect::<Vec<_>>());
        let classes = labels(&rows.iter().map(|row| row.3).collect::<Vec<_>>());
        let figure = Scatter::new(points.view(), &clusters).with_classes(&classes).draw().unwrap();
        let svg = figure.to_svg();
        prop_assert!(!svg.contains("NaN") && !svg.contains("inf"));
        prop_assert!(figure.with_dpi(36).unwrap().to_png().is_ok());
    }
}
