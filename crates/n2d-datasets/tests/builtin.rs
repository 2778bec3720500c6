//! The built-in sets: those compiled in, small stand-ins for the others, and the real ones where they lie in
//! `../shared/data` beside the repository.
// Clippy sees no test in the helpers of an integration test.
#![allow(clippy::unwrap_used)]

use std::path::{Path, PathBuf};

use n2d_datasets::{BuiltIn, DataDirs, Dataset, LoadError, Location, ReadOptions, read_labels, read_path};

fn counts(data: &Dataset) -> Vec<usize> {
    data.labels
        .as_ref()
        .unwrap()
        .sizes()
        .iter()
        .map(|(_, n)| *n)
        .collect()
}

#[cfg(feature = "embedded-pendigits")]
#[test]
fn pendigits_is_compiled_in() {
    let data = BuiltIn::Pendigits.load(&DataDirs::none()).unwrap();
    assert_eq!(data.x.dim(), (10_992, 16));
    assert_eq!(data.name, "pendigits");
    assert_eq!(data.row_shape, [16]);
    // The first row of pendigits.tra, and the first of pendigits.tes.
    let first = [
        47., 100., 27., 81., 57., 37., 26., 0., 0., 23., 56., 53., 100., 90., 40., 98.,
    ];
    assert_eq!(data.x.row(0).to_vec(), first.map(|v: f32| v / 100.0));
    let labels = data.labels.as_ref().unwrap().as_slice();
    assert_eq!((labels[0], labels[7494]), (8, 8));
    assert_eq!(
        counts(&data),
        [1143, 1143, 1144, 1055, 1144, 1055, 1056, 1142, 1055, 1055]
    );
    data.samples().unwrap();
}

#[cfg(feature = "embedded-mnist-test")]
#[test]
fn mnist_test_is_compiled_in() {
    let data = BuiltIn::MnistTest.load(&DataDirs::none()).unwrap();
    assert_eq!(data.x.dim(), (10_000, 784));
    assert_eq!(data.row_shape, [28, 28]);
    assert_eq!(
        counts(&data),
        [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
    );
    assert_eq!(data.labels.as_ref().unwrap().as_slice()[..5], [7, 2, 1, 0, 4]);
    let (least, most) = data
        .x
        .iter()
        .fold((1.0_f32, 0.0_f32), |(a, b), &v| (a.min(v), b.max(v)));
    assert_eq!((least, most), (0.0, 1.0));
    let listed = DataDirs::none().list();
    let listing = listed
        .iter()
        .find(|listing| listing.set == BuiltIn::MnistTest)
        .unwrap();
    assert_eq!(listing.location, Ok(Location::Embedded));
    assert_eq!(listing.bytes, Some(1_648_877 + 4_542));
}

#[test]
fn missing_data_says_where_it_was_looked_for_and_how_to_get_it() {
    let dir = tempfile::tempdir().unwrap();
    let there = dir.path().join("there");
    std::fs::create_dir_all(there.join("mnist")).unwrap();
    std::fs::write(there.join("mnist/train-labels-idx1-ubyte"), b"").unwrap();
    let dirs = DataDirs::new([there.clone(), dir.path().join("nowhere"), there]);
    assert_eq!(dirs.as_slice().len(), 2);
    let error = BuiltIn::Mnist.load(&dirs).unwrap_err();
    assert!(matches!(error, LoadError::Missing(_)));
    let root = dir.path().display();
    assert_eq!(
        error.to_string(),
        format!(
            "the data set mnist is not there: looked in {root}/there/mnist (lacks train-images-idx3-ubyte.gz, \
             t10k-images-idx3-ubyte.gz, t10k-labels-idx1-ubyte.gz), {root}/nowhere/mnist (no such folder); \
             `n2d datasets fetch mnist` fetches it, or put its four .gz files, from \
             https://ossci-datasets.s3.amazonaws.com/mnist/, into a folder `mnist` of a data directory"
        )
    );
    let error = BuiltIn::Usps.load(&DataDirs::none()).unwrap_err().to_string();
    assert!(
        error.contains("no folder, as none was given; put usps_train.jf"),
        "{error}"
    );
    let missing = dirs
        .list()
        .into_iter()
        .find(|listing| listing.set == BuiltIn::Har)
        .unwrap();
    assert!(missing.location.is_err() && missing.bytes.is_none());
}

#[test]
fn har_is_read_as_uci_lays_it_out() {
    let dir = tempfile::tempdir().unwrap();
    write_har(&dir.path().join("har"));
    let data = BuiltIn::Har.load(&DataDirs::new([dir.path()])).unwrap();
    assert_eq!(data.x.dim(), (10_299, 561));
    assert_eq!((data.x[[7351, 560]], data.x[[7352, 0]]), (-0.5, 0.25));
    assert_eq!(data.labels.as_ref().unwrap().as_slice()[7351..7354], [5, 0, 1]);
    assert_eq!(data.label_names[5], "Laying");
}

#[test]
fn har_is_found_in_the_folder_of_ucis_archive() {
    for folder in ["har", "UCI HAR Dataset", "har/UCI HAR Dataset"] {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join(folder);
        for part in ["train", "test"] {
            std::fs::create_dir_all(root.join(part)).unwrap();
            std::fs::write(root.join(format!("{part}/X_{part}.txt")), "").unwrap();
            std::fs::write(root.join(format!("{part}/y_{part}.txt")), "").unwrap();
        }
        assert_eq!(
            DataDirs::new([dir.path()]).find(BuiltIn::Har),
            Ok(Location::Folder(root))
        );
    }
}

fn write_har(folder: &Path) {
    for (part, n_rows, value) in [
        ("train", 7352, " -5.0000000e-001"),
        ("test", 2947, "  2.5000000e-001"),
    ] {
        std::fs::create_dir_all(folder.join(part)).unwrap();
        let rows = format!("{}\n", value.repeat(561)).repeat(n_rows);
        std::fs::write(folder.join(format!("{part}/X_{part}.txt")), rows).unwrap();
        let labels: String = (0..n_rows)
            .map(|i| {
                if i == 7351 {
                    "6\n".into()
                } else {
                    format!("{}\n", i % 6 + 1)
                }
            })
            .collect();
        std::fs::write(folder.join(format!("{part}/y_{part}.txt")), labels).unwrap();
    }
}

#[test]
fn usps_is_read_as_the_authors_have_it() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("usps");
    std::fs::create_dir(&folder).unwrap();
    for (name, n_rows, value) in [("usps_train.jf", 7291, " 1.991"), ("usps_test.jf", 2007, " 0")] {
        let rows: String = (0..n_rows)
            .map(|i| format!("{}{}\n", i % 10, value.repeat(256)))
            .collect();
        std::fs::write(folder.join(name), format!("10 256\n{rows}-1\n")).unwrap();
    }
    let data = BuiltIn::Usps.load(&DataDirs::new([dir.path()])).unwrap();
    assert_eq!(data.x.dim(), (9_298, 256));
    assert_eq!((data.x[[7290, 255]], data.x[[7291, 0]]), (1.991, 0.0));
    assert_eq!(data.row_shape, [16, 16]);

    std::fs::write(folder.join("usps_test.jf"), "10 256\n1 2 3\n-1\n").unwrap();
    let error = BuiltIn::Usps.load(&DataDirs::new([dir.path()])).unwrap_err();
    assert!(
        error
            .to_string()
            .ends_with("line 2 has 3 columns, but the first row has 257"),
        "{error}"
    );
}

#[test]
fn a_file_of_another_set_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("pendigits");
    std::fs::create_dir(&folder).unwrap();
    let row = "1,".repeat(16);
    std::fs::write(folder.join("pendigits.tra"), format!("{row}9\n{row}10\n")).unwrap();
    std::fs::write(folder.join("pendigits.tes"), format!("{row}9\n")).unwrap();
    let error = BuiltIn::Pendigits.load_folder(&folder).unwrap_err().to_string();
    assert!(
        error.contains("pendigits.tra: 1 labels that are its classes, but pendigits has 2"),
        "{error}"
    );
    std::fs::write(folder.join("pendigits.tra"), format!("{row}9\n")).unwrap();
    let error = BuiltIn::Pendigits.load_folder(&folder).unwrap_err().to_string();
    assert!(error.contains("2 rows, but pendigits has 10992"), "{error}");
}

/// The real files, where this machine has them.
fn shared() -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .nth(3)?
        .join("shared/data");
    root.is_dir().then_some(root)
}

#[test]
fn real_sets_where_they_are() {
    let Some(root) = shared() else { return };
    let dirs = DataDirs::new([root]);
    for (set, counted) in [
        (
            BuiltIn::Mnist,
            [6903, 7877, 6990, 7141, 6824, 6313, 6876, 7293, 6825, 6958],
        ),
        (BuiltIn::Fashion, [7000; 10]),
    ] {
        let data = set.load(&dirs).unwrap();
        assert_eq!(data.x.dim(), (70_000, 784));
        assert_eq!(counts(&data), counted);
        data.samples().unwrap();
    }
}

#[test]
fn real_sequences_where_they_are() {
    let Some(root) = shared() else { return };
    let mut data = read_path(root.join("hapt/windows.f32.npy.gz"), &ReadOptions::default()).unwrap();
    assert_eq!(data.x.dim(), (10_411, 768));
    assert_eq!(data.row_shape, [128, 6]);
    assert_eq!(data.name, "windows.f32");
    let labels = read_labels(root.join("hapt/activity.u8.npy.gz"), None).unwrap();
    data.set_labels(labels).unwrap();
    assert!(data.n_classes().is_some_and(|n| n >= 6));
    let subjects = read_labels(root.join("hapt/subject.u8.npy.gz"), None).unwrap();
    assert_eq!(subjects.labels.len(), 10_411);
    assert_eq!(subjects.names.len(), 30);
}
