//! The report page in a real browser: it loads without a complaint, tells of the row beneath the pointer, hides what is not wanted, and
//! takes nothing a user wrote for markup.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic as tests do")]

use std::path::PathBuf;

use n2d::plot::RowKind;
use n2d::prelude::*;
use n2d::{ModelInfo, ModelReport};
use n2d_tests::browser::Browser;
use ndarray::Array2;
use serde_json::Value;

const N_ROWS: usize = 300;
const EVIL: &str = "</script><img src=x onerror=\"document.title='owned'\">&'\"<b>";

/// Three heaps of rows of so many columns, with a class for each heap.
fn heaps(n_columns: usize) -> Dataset {
    let value = |(row, column): (usize, usize)| {
        let wobble = ((row * 7_919 + column * 104_729) % 1_000) as f32 / 1_000.0;
        (row % 3 * (column % 2 + 1)) as f32 * 4.0 + wobble
    };
    let mut data = Dataset::new(EVIL, Array2::from_shape_fn((N_ROWS, n_columns), value));
    data.labels = Some(Labels::new((0..N_ROWS).map(|row| (row % 3) as i32).collect()).unwrap());
    data.label_names = [EVIL, "two", "three"].map(str::to_owned).to_vec();
    data
}

fn page(data: &Dataset) -> String {
    let config = PipelineConfig {
        encoder: PartChoice::new("identity"),
        manifold: PartChoice::new("pca"),
        ..PipelineConfig::new(3)
    };
    let mut config = config;
    config.set("pca.n_components=2").unwrap();
    let pipeline = Registry::default().build(&config).unwrap();
    let fit = pipeline
        .fit(data.samples().unwrap(), &mut FitContext::new(0))
        .unwrap();
    let info = ModelInfo {
        scaling: EVIL.to_owned(),
        ..ModelInfo::new(EVIL, 0)
            .with_config(config)
            .with_report(&fit.report)
    };
    let model = Model::new(fit.model, info);
    ModelReport::new(&model)
        .with_rows(data)
        .to_html(&mut FitContext::new(0))
        .unwrap()
}

/// Written where no other test writes.
fn written(name: &str, data: &Dataset) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    let file = folder.join(format!("report-{name}.html"));
    std::fs::write(&file, page(data)).unwrap();
    file
}

/// Opens a page that must have nothing to complain about.
fn visit(browser: &Browser, name: &str, data: &Dataset) {
    let ready =
        "document.querySelectorAll('.key').length === 3 && document.querySelector('#details section')";
    browser.visit(&written(name, data), ready).unwrap();
    // The first picture is drawn in the next frame.
    let drawn = "const map = document.getElementById('map'); return map.width > 400 && map.height > 400";
    assert_eq!(browser.eval(drawn).unwrap(), true);
    assert_eq!(browser.log().unwrap(), Vec::<String>::new(), "{name}");
}

/// Dots of a colour on the map, and where the last of them is in the window.
fn dots(browser: &Browser, cluster: usize) -> (u64, f64, f64) {
    let script = "
        const key = document.querySelectorAll('.key i')[CLUSTER];
        const [red, green, blue] = getComputedStyle(key).backgroundColor.match(/\\d+/g).map(Number);
        const map = document.getElementById('map'), edge = map.getBoundingClientRect();
        const data = map.getContext('2d').getImageData(0, 0, map.width, map.height).data;
        let count = 0, x = 0, y = 0;
        for (let at = 0; at < data.length; at += 4) {
          const far = Math.abs(data[at] - red) + Math.abs(data[at + 1] - green) + Math.abs(data[at + 2] - blue);
          if (far < 90) { count++; x = at / 4 % map.width; y = Math.floor(at / 4 / map.width); }
        }
        return [count, edge.left + x * edge.width / map.width, edge.top + y * edge.height / map.height]";
    let found = browser
        .eval(&script.replace("CLUSTER", &cluster.to_string()))
        .unwrap();
    let number = |at: usize| found[at].as_f64().unwrap();
    (number(0) as u64, number(1), number(2))
}

fn text(browser: &Browser, of: &str) -> String {
    let script = format!("return document.querySelector('{of}').innerText");
    browser
        .eval(&script)
        .unwrap()
        .as_str()
        .unwrap_or_default()
        .to_owned()
}

fn settle() {
    std::thread::sleep(std::time::Duration::from_millis(400));
}

#[test]
fn a_page_of_a_table() {
    let Some(browser) = Browser::start().unwrap() else {
        return;
    };
    let mut data = heaps(5);
    data.feature_names = ["height", EVIL, "c", "d", "e"].map(str::to_owned).to_vec();
    visit(&browser, "table", &data);

    // What users write is text, wherever it stands.
    assert_eq!(text(&browser, "h1"), EVIL);
    assert_eq!(browser.eval("return document.images.length").unwrap(), 0);
    assert_ne!(browser.eval("return document.title").unwrap(), "owned");
    assert!(text(&browser, "#details").contains(EVIL));

    // The row beneath the pointer.
    let (n_dots, x, y) = dots(&browser, 1);
    assert!(n_dots > 20, "{n_dots}");
    browser.point_at(x, y).unwrap();
    let tip = text(&browser, "#tip");
    assert!(
        tip.starts_with("row ") && tip.contains("cluster 1") && tip.contains("height"),
        "{tip}"
    );
    let row: usize = tip.lines().next().unwrap()[4..].parse().unwrap();
    let shown = format!("{}", (f64::from(data.x[[row, 0]]) * 1000.0).round() / 1000.0);
    assert!(tip.contains(&shown), "{tip} should have {shown}");

    // A click on a name hides its rows; another shows them.
    let click = "document.querySelectorAll('.key')[1].click()";
    browser.eval(click).unwrap();
    settle();
    assert_eq!(dots(&browser, 1).0, 0);
    assert!(dots(&browser, 0).0 > 20);
    browser.eval(click).unwrap();
    settle();
    assert_eq!(dots(&browser, 1).0, n_dots);

    // By class, then a row by its number.
    browser.eval("document.getElementById('by').click()").unwrap();
    assert!(text(&browser, "#keys").contains(EVIL));
    let find =
        "const f = document.getElementById('find'); f.value = 42; f.dispatchEvent(new Event('change'))";
    browser.eval(find).unwrap();
    assert!(text(&browser, "#tip").starts_with("row 42"));
    assert_eq!(browser.log().unwrap(), Vec::<String>::new());
}

#[test]
fn pages_of_pictures_and_sequences() {
    let Some(browser) = Browser::start().unwrap() else {
        return;
    };
    for (name, shape, kind) in [
        ("image", vec![6, 4], RowKind::Image { width: 4, height: 6 }),
        ("sequence", vec![12, 2], RowKind::Sequence { channels: 2 }),
    ] {
        let mut data = heaps(24);
        data.row_shape = shape;
        data.label_names.clear();
        assert_eq!(n2d::row_kind(&data), kind);
        visit(&browser, name, &data);
        let (_, x, y) = dots(&browser, 0);
        browser.point_at(x, y).unwrap();
        let tip = text(&browser, "#tip");
        assert_eq!(tip.matches("class ").count(), 1, "{tip}");
        let painted = "
            const canvas = document.querySelector('#tip canvas');
            const data = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
            return new Set(data.filter((_, at) => at % 4 < 3)).size > 1";
        assert_eq!(browser.eval(painted).unwrap(), true, "{name}");
        // Twelve rows or eight of each kind, the mean, and what sets it apart.
        let pictures = browser
            .eval("return document.querySelector('#details section').querySelectorAll('canvas').length")
            .unwrap();
        assert_eq!(
            pictures,
            Value::from(if name == "image" { 26 } else { 18 }),
            "{name}"
        );
        assert_eq!(browser.log().unwrap(), Vec::<String>::new(), "{name}");
    }
}
