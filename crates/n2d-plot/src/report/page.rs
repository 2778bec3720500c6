//! The page's text.

use super::Report;
use super::data::Data;
use crate::svg::escape;

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// A table of more entries is folded.
const MOST_UNFOLDED: usize = 14;
/// Forbids the page to load anything.
const POLICY: &str =
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:";

pub(super) fn html(report: &Report<'_>, data: &Data) -> String {
    let title = escaped(report.scatter.title());
    let mut out = format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{POLICY}\">\
         <meta name=\"viewport\" content=\"width=device-width\">\n<title>{title}</title>\n<style>\n{STYLE}</style></head><body>\n\
         <h1>{title}</h1>\n<p class=\"facts\">{}</p>\n",
        escaped(&data.facts)
    );
    out.push_str(
        "<div class=\"map\"><div class=\"stage\" id=\"stage\"><canvas id=\"map\"></canvas><div class=\"box\" id=\"box\"></div>\
         <div class=\"tip\" id=\"tip\"></div></div>\n<div class=\"side\"><div class=\"tools\"><button type=\"button\" id=\"by\">colour by class</button> \
         <button type=\"button\" id=\"all\">show all</button> <label>row <input id=\"find\" type=\"number\" min=\"0\"></label></div>\
         <div id=\"keys\"></div>\
         <p class=\"note\">Wheel: zoom. Drag: move. Shift and drag: select. Double click: the whole map. Click a name: hide or show; \
         with shift: only this.</p></div></div>\n\
         <div id=\"chosen\"></div>\n",
    );
    if !report.details.is_empty() {
        out.push_str("<h2>Clusters</h2>\n");
    }
    out.push_str("<div id=\"details\"></div>\n");
    for (title, entries) in &report.tables {
        out.push_str(&table(title, entries));
    }
    out.push_str("<div class=\"figures\">\n");
    for (title, figure) in &report.figures {
        out.push_str(&format!(
            "<figure title=\"{}\">\n{}</figure>\n",
            escaped(title),
            figure.to_svg()
        ));
    }
    out.push_str(&format!(
        "</div>\n<script type=\"application/json\" id=\"data\">{}</script>\n<script>\n{SCRIPT}</script>\n</body></html>\n",
        json(data)
    ));
    out
}

/// A long table is folded.
fn table(title: &str, entries: &[(String, String)]) -> String {
    let rows: String = entries
        .iter()
        .map(|(name, value)| format!("<tr><th>{}</th><td>{}</td></tr>\n", escaped(name), escaped(value)))
        .collect();
    let title = escaped(title);
    match entries.len() > MOST_UNFOLDED {
        true => format!(
            "<details><summary>{title}, {} entries</summary>\n<table>\n{rows}</table></details>\n",
            entries.len()
        ),
        false => format!("<h2>{title}</h2>\n<table>\n{rows}</table>\n"),
    }
}

fn escaped(text: &str) -> String {
    let mut out = String::new();
    escape(&mut out, text);
    out
}

/// JSON in which nothing ends the script that holds it.
fn json(data: &Data) -> String {
    // Strings, finite numbers and lists of them have no way to fail.
    serde_json::to_string(data)
        .expect("plain data are JSON")
        .replace('<', "\\u003c")
}

#[cfg(test)]
mod tests {
    use n2d_core::Labels;
    use ndarray::array;

    use crate::{ClusterDetails, ClusterSizes, PlotError, Report, RowKind, Scatter};

    #[test]
    fn nothing_a_user_writes_becomes_markup() {
        let evil = "</script><script>alert(1)</script>";
        let (points, clusters) = (array![[0.0, 1.0], [1.0, 1e30]], Labels::new(vec![0, -1]).unwrap());
        let figure = ClusterSizes::new(&clusters).with_names([evil]).draw().unwrap();
        let html = Report::new(
            Scatter::new(points.view(), &clusters)
                .with_title(evil)
                .with_facts(evil)
                .with_cluster_names([evil]),
        )
        .with_table(evil, [(evil, evil)])
        .with_figure(evil, figure)
        .with_rows(
            points.view(),
            RowKind::Table {
                names: vec![evil.to_owned(), "b".to_owned()],
            },
        )
        .with_details(vec![ClusterDetails {
            label: 0,
            typical: vec![0],
            features: vec![(evil.to_owned(), 1.5)],
            ..Default::default()
        }])
        .to_html()
        .unwrap();
        assert_eq!(html.matches("<script").count(), 2);
        assert_eq!(html.matches("</script>").count(), 2);
        assert!(
            !html.contains("http://")
                || html.matches("http://").count() == html.matches("http://www.w3.org/2000/svg").count()
        );
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let (points, clusters) = (array![[0.0, 1.0], [1.0, 2.0]], Labels::new(vec![0, 1]).unwrap());
        let report = || Report::new(Scatter::new(points.view(), &clusters));
        let fails = |report: Report<'_>| report.to_html().unwrap_err();
        let names = |names: &[&str]| RowKind::Table {
            names: names.iter().map(|&name| name.to_owned()).collect(),
        };
        assert!(matches!(
            fails(report().with_rows(points.view(), names(&["a"]))),
            PlotError::LengthMismatch { given: 1, .. }
        ));
        let image = RowKind::Image { width: 3, height: 1 };
        assert!(matches!(
            fails(report().with_rows(points.view(), image)),
            PlotError::LengthMismatch { .. }
        ));
        for channels in [0, 3] {
            let kind = RowKind::Sequence { channels };
            assert!(matches!(
                fails(report().with_rows(points.view(), kind)),
                PlotError::LengthMismatch { .. }
            ));
        }
        let bad = array![[0.0], [f32::NAN]];
        assert!(matches!(
            fails(report().with_rows(bad.view(), names(&["a"]))),
            PlotError::Data(_)
        ));
        let of = |details| fails(report().with_details(vec![details]));
        assert!(matches!(
            of(ClusterDetails {
                label: 7,
                ..Default::default()
            }),
            PlotError::BadValue { .. }
        ));
        assert!(matches!(
            of(ClusterDetails {
                doubtful: vec![2],
                ..Default::default()
            }),
            PlotError::BadValue { .. }
        ));
        assert!(matches!(
            of(ClusterDetails {
                mean: Some(vec![1.0]),
                ..Default::default()
            }),
            PlotError::LengthMismatch { .. }
        ));
        let effect = ClusterDetails {
            features: vec![("a".to_owned(), f64::NAN)],
            ..Default::default()
        };
        assert!(matches!(of(effect), PlotError::BadValue { .. }));
    }

    #[test]
    fn the_same_input_gives_the_same_page() {
        let (points, clusters) = (array![[3.0], [3.0]], Labels::new(vec![0, 0]).unwrap());
        let page = || {
            let rows = RowKind::Sequence { channels: 1 };
            Report::new(Scatter::new(points.view(), &clusters))
                .with_rows(points.view(), rows)
                .to_html()
                .unwrap()
        };
        assert_eq!(page(), page());
    }
}
