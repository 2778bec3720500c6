//! Readers of user data: arrays as NumPy's format has them (written by another crate), text, and every kind of bad file.
// Clippy sees no test in the helpers of an integration test.
#![allow(clippy::unwrap_used)]

use std::io::{Cursor, Write};

use flate2::Compression;
use flate2::write::GzEncoder;
use n2d_datasets::{Dataset, Delimiter, Header, ReadErrorKind, ReadOptions, read_bytes, read_labels};
use npyz::WriterBuilder;

fn read(name: &str, bytes: impl AsRef<[u8]>) -> Result<Dataset, ReadErrorKind> {
    read_bytes(name, bytes.as_ref(), &ReadOptions::default()).map_err(|error| error.kind)
}

fn refused(name: &str, bytes: impl AsRef<[u8]>) -> String {
    read(name, bytes).unwrap_err().to_string()
}

fn with_labels(column: &str) -> ReadOptions {
    ReadOptions {
        label_column: Some(column.into()),
        ..ReadOptions::default()
    }
}

fn gz(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn npy<T: npyz::AutoSerialize + Clone>(shape: &[u64], order: npyz::Order, values: &[T]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let options = npyz::WriteOptions::new()
        .default_dtype()
        .shape(shape)
        .order(order);
    let mut writer = options.writer(&mut bytes).begin_nd().unwrap();
    writer.extend(values.iter().cloned()).unwrap();
    writer.finish().unwrap();
    bytes
}

fn npz(arrays: &[(&str, &[u64])]) -> Vec<u8> {
    let mut archive = npyz::npz::NpzWriter::new(Cursor::new(Vec::new()));
    for (name, shape) in arrays {
        let values: Vec<i32> = (0..shape.iter().product::<u64>() as i32).collect();
        let array = archive.array(name, Default::default()).unwrap();
        let mut writer = array.default_dtype().shape(shape).begin_nd().unwrap();
        writer.extend(values).unwrap();
        writer.finish().unwrap();
    }
    archive.zip_writer().finish().unwrap().into_inner()
}

fn header_only(descr: &str, shape: &str) -> Vec<u8> {
    let header = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}\n");
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((header.len() as u16).to_le_bytes());
    bytes.extend(header.as_bytes());
    bytes
}

#[test]
fn every_numeric_type_in_either_byte_order() {
    fn check<const N: usize>(descr: &str, values: [[u8; N]; 2]) {
        for (order, swap) in [('<', false), ('>', true)] {
            let mut bytes = header_only(&format!("{order}{descr}"), "(2, 1)");
            for mut value in values {
                if swap {
                    value.reverse();
                }
                bytes.extend(value);
            }
            let data = read("a.npy", bytes).unwrap();
            assert_eq!(data.x, ndarray::array![[0.0], [1.0]], "{order}{descr}");
        }
    }
    check("b1", [[0], [1]]);
    check("u1", [[0], [1]]);
    check("i1", [[0], [1]]);
    check("u2", [0_u16, 1].map(u16::to_le_bytes));
    check("i2", [0_i16, 1].map(i16::to_le_bytes));
    check("u4", [0_u32, 1].map(u32::to_le_bytes));
    check("i4", [0_i32, 1].map(i32::to_le_bytes));
    check("u8", [0_u64, 1].map(u64::to_le_bytes));
    check("i8", [0_i64, 1].map(i64::to_le_bytes));
    check("f2", [0.0, 1.0].map(|v| half::f16::from_f32(v).to_le_bytes()));
    check("f4", [0.0_f32, 1.0].map(f32::to_le_bytes));
    check("f8", [0.0_f64, 1.0].map(f64::to_le_bytes));
}

#[test]
fn both_orders_and_many_dimensions() {
    let values: Vec<f64> = (0..24).map(f64::from).collect();
    let c = read("a.npy", npy(&[2, 3, 4], npyz::Order::C, &values)).unwrap();
    assert_eq!(c.row_shape, [3, 4]);
    assert_eq!(
        c.x.row(1).to_vec(),
        (12..24).map(|v| v as f32).collect::<Vec<_>>()
    );
    // The same array in Fortran order: element (i, j, k) at i + 2 (j + 3 k).
    let at = |i: usize, j: usize, k: usize| values[(i * 3 + j) * 4 + k];
    let mut fortran = Vec::new();
    for k in 0..4 {
        for j in 0..3 {
            fortran.extend([at(0, j, k), at(1, j, k)]);
        }
    }
    assert_eq!(
        read("a.npy", npy(&[2, 3, 4], npyz::Order::Fortran, &fortran)).unwrap(),
        c
    );
    let place = fortran.iter().position(|&v| v == at(1, 2, 1)).unwrap();
    fortran[place] = f64::NAN;
    let error = refused("a.npy", npy(&[2, 3, 4], npyz::Order::Fortran, &fortran));
    assert!(
        error.starts_with("row 1, column 9 (both from 0): a value is missing (\"NaN\")"),
        "{error}"
    );
}

#[test]
fn compression_is_seen_through_whatever_the_name() {
    let plain = npy(&[2, 2], npyz::Order::C, &[1_u8, 2, 3, 4]);
    let expected = read("a.npy", &plain).unwrap();
    assert_eq!(read("a.npy.gz", gz(&plain)).unwrap(), expected);
    assert_eq!(read("a.npy", gz(&plain)).unwrap(), expected);
    let two_members = [gz(b"1,2\n"), gz(b"3,4\n")].concat();
    assert_eq!(read("a.csv.gz", two_members).unwrap().x, expected.x);
    let archive = npz(&[("x", &[2, 2])]);
    assert_eq!(
        read("a.npz.gz", gz(&archive)).unwrap().x,
        read("a.npz", &archive).unwrap().x
    );
}

#[test]
fn one_dimension_is_no_rows_but_may_be_labels() {
    let bytes = npy(&[3], npyz::Order::C, &[5_u64, 7, 5]);
    assert!(refused("y.npy", &bytes).starts_with("one dimension of 3 values"));
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("y.npy");
    std::fs::write(&path, &bytes).unwrap();
    let labels = read_labels(&path, None).unwrap();
    assert_eq!(
        (labels.labels.as_slice(), &labels.names[..]),
        (&[0, 1, 0][..], &["5".to_string(), "7".into()][..])
    );
    std::fs::write(&path, npy(&[2], npyz::Order::C, &[0.5_f32, 1.0])).unwrap();
    assert!(
        read_labels(&path, None)
            .unwrap_err()
            .to_string()
            .contains("label of row 0 (from 0) is 0.5")
    );
    std::fs::write(&path, npy(&[2, 2], npyz::Order::C, &[1_u8; 4])).unwrap();
    assert!(
        read_labels(&path, None)
            .unwrap_err()
            .to_string()
            .contains("shape is [2, 2]")
    );
}

#[test]
fn hostile_and_truncated_arrays() {
    let huge = header_only("<f8", "(1099511627776, 1099511627776)");
    assert!(matches!(
        read("a.npy", &huge).unwrap_err(),
        ReadErrorKind::Truncated {
            declared: u64::MAX,
            available: 0
        }
    ));
    let large = header_only("<f8", "(1000000000, 100)");
    assert!(matches!(
        read("a.npy", gz(&large)).unwrap_err(),
        ReadErrorKind::Truncated {
            declared: 800_000_000_000,
            ..
        }
    ));
    let good = npy(&[100, 4], npyz::Order::C, &[1.0_f32; 400]);
    let error = refused("a.npy", &good[..good.len() - 8]);
    assert!(
        error.ends_with("it declares 1600 bytes of values, but there are at most 1592"),
        "{error}"
    );
    let packed = gz(&good);
    assert!(refused("a.npy.gz", &packed[..packed.len() - 8]).contains("cut short"));
    let mut damaged = packed;
    let crc = damaged.len() - 6;
    damaged[crc] ^= 1;
    assert!(refused("a.npy.gz", &damaged).contains("damaged"));
    let mut long_header = b"\x93NUMPY\x02\x00".to_vec();
    long_header.extend(u32::MAX.to_le_bytes());
    assert!(refused("a.npy", long_header).contains("a header of 4294967295 bytes"));
    assert!(refused("a.npy", header_only("<f4", "(0, 3)")).contains("no data"));
    assert!(refused("a.npy", b"not numpy at all").contains("does not begin as a .npy file does"));
    assert!(refused("a.npy", b"\x93NUM").contains("cut short: the .npy header"));
    assert!(refused("a.npy", npy(&[1, 2], npyz::Order::C, &[1e300, 0.0])).contains("is 1e300"));
    assert!(
        refused("a.npy", npy(&[1, 2], npyz::Order::C, &[0.0, f32::INFINITY]))
            .contains("column 1 (both from 0) is inf")
    );
}

#[test]
fn archives_of_arrays() {
    let data = read("a.npz", npz(&[("x", &[3, 2]), ("y", &[3])])).unwrap();
    assert_eq!(data.x.dim(), (3, 2));
    assert_eq!(data.labels.unwrap().as_slice(), [0, 1, 2]);
    let data = read("a.npz", npz(&[("points", &[3, 2, 2]), ("kind", &[3])])).unwrap();
    assert_eq!((data.row_shape, data.labels), (vec![2, 2], None));
    let data = read_bytes(
        "a.npz",
        &npz(&[("points", &[3, 2]), ("kind", &[3])]),
        &with_labels("kind"),
    )
    .unwrap();
    assert_eq!(data.n_classes(), Some(3));

    let error = refused("a.npz", npz(&[("x_train", &[3, 2]), ("x_test", &[1, 2])]));
    assert_eq!(
        error,
        "which array is meant? There are x_train [3, 2], x_test [1, 2]; save the data as `x`"
    );
    let error = read_bytes("a.npz", &npz(&[("x", &[3, 2])]), &with_labels("kind")).unwrap_err();
    assert!(
        error
            .to_string()
            .ends_with("there is no array \"kind\"; there are x [3, 2]"),
        "{error}"
    );
    let error = refused("a.npz", npz(&[("x", &[3, 2]), ("y", &[4])]));
    assert!(error.starts_with("4 labels for 3 rows"), "{error}");
    assert!(refused("a.npz", npz(&[("x", &[3])])).starts_with("one dimension of 3 values"));
    let archive = npz(&[("x", &[300, 2])]);
    assert!(refused("a.npz", &archive[..archive.len() / 2]).contains("cut short: the archive"));
    let mut damaged = archive;
    damaged[200] ^= 1;
    assert!(read("a.npz", damaged).is_err());
    assert!(refused("a.xlsx", npz(&[])).contains("a spreadsheet?"));
}

#[test]
fn idx_files() {
    let mut bytes = vec![0, 0, 0x0b, 3];
    for length in [2_u32, 1, 2] {
        bytes.extend(length.to_be_bytes());
    }
    for value in [-1_i16, 2, 300, 4] {
        bytes.extend(value.to_be_bytes());
    }
    let data = read("a-idx3", &bytes).unwrap();
    assert_eq!(data.x, ndarray::array![[-1.0, 2.0], [300.0, 4.0]]);
    assert_eq!(data.row_shape, [1, 2]);
    assert!(refused("a-idx3", &bytes[..bytes.len() - 1]).contains("cut short, or its header is wrong"));
    assert!(refused("a-idx3", &bytes[..9]).contains("cut short: the IDX header"));
    let error = read_bytes("a-idx3", &bytes, &with_labels("kind")).unwrap_err();
    assert!(error.to_string().contains("IDX files have no named columns"));
    let hostile = [&[0, 0, 8, 4][..], &[0xff; 16]].concat();
    assert!(matches!(
        read("a", hostile).unwrap_err(),
        ReadErrorKind::Truncated { .. }
    ));
}

#[test]
fn tables_with_labels_and_dropped_columns() {
    let text = "id,\"length\",kind,width\n\na7, 1.5 ,\"b, c\",2e1\r\nb8,-3,a,+4\n";
    let options = ReadOptions {
        drop_columns: vec!["id".into()],
        ..with_labels("kind")
    };
    let data = read_bytes("some/flowers.csv.gz", &gz(text.as_bytes()), &options).unwrap();
    assert_eq!(data.name, "flowers");
    assert_eq!(data.feature_names, ["length", "width"]);
    assert_eq!(data.x, ndarray::array![[1.5, 20.0], [-3.0, 4.0]]);
    assert_eq!(data.label_names, ["a", "b, c"]);
    assert_eq!(data.labels.unwrap().as_slice(), [1, 0]);

    let data = read_bytes(
        "a.csv",
        b"5.1,setosa\n4.9,setosa\n6.1,virginica",
        &with_labels("1"),
    )
    .unwrap();
    assert_eq!((data.x.dim(), data.feature_names.len()), ((3, 1), 0));
    assert_eq!(data.label_names, ["setosa", "virginica"]);
}

#[test]
fn delimiters_and_headers() {
    let expected = ndarray::array![[1.0, 2.0], [3.0, 4.0]];
    for text in [
        "1\t2\n3\t4",
        "1;2\n3;4\n",
        "1|2\n3|4\n",
        " 1   2\n 3\t4 \n",
        "a b\n1 2\n3 4",
        "\u{feff}1,2\n3,4",
    ] {
        assert_eq!(read("a.txt", text).unwrap().x, expected, "{text:?}");
    }
    assert_eq!(
        read("a.tsv", "x y\tz\n1\t2\n3\t4").unwrap().feature_names,
        ["x y", "z"]
    );
    let absent = ReadOptions {
        header: Header::Absent,
        delimiter: Delimiter::Comma,
        ..ReadOptions::default()
    };
    assert!(read_bytes("a.csv", b"a,b\n1,2\n", &absent).is_err());
    let present = ReadOptions {
        header: Header::Present,
        ..ReadOptions::default()
    };
    assert_eq!(
        read_bytes("a.csv", b"2001,2002\n1,2\n", &present)
            .unwrap()
            .feature_names,
        ["2001", "2002"]
    );
}

#[test]
fn bad_tables_say_what_and_where() {
    for (text, expected) in [
        ("", "there is no data in it"),
        ("\n\n", "there is no data in it"),
        ("a,b\n", "there is a header (line 1) but no row of data below it"),
        ("1,2\n\n3\n", "line 3 has 1 columns, but the first row has 2"),
        ("1,2\n3,4,5\n", "line 2 has 3 columns, but the first row has 2"),
        (
            "name,x\nAnn,1\nBob,2\n",
            "line 2, column \"name\": \"Ann\" is no number; correct it; where all of the column is so, leave that out, or name it as the column of labels",
        ),
        (
            "1,2\n3,x\n",
            "line 2, column 1 (from 0): \"x\" is no number; correct it; where all of the column is so, leave that out, or name it as the column of labels",
        ),
        (
            "\"1,5\",2\n3,4\n",
            "line 1, column 0 (from 0): \"1,5\" is no number; write decimals with a point",
        ),
        (
            "x,y\n1,\n",
            "line 2, column \"y\": a value is missing (\"\"); fill it in, or leave its row or column out",
        ),
        (
            "1,NA\n2,3",
            "line 1, column 1 (from 0): a value is missing (\"NA\"); fill it in, or leave its row or column out",
        ),
        (
            "1,2\n2,-inf",
            "line 2, column 1 (from 0) is -inf; every value must be finite and within the range of 32-bit floats",
        ),
        (
            "1e39,2\n",
            "line 1, column 0 (from 0) is 1e39; every value must be finite and within the range of 32-bit floats",
        ),
    ] {
        assert_eq!(refused("a.csv", text), expected, "{text:?}");
    }
    let long = format!("1,2\n3,{}\n", "ä".repeat(1000));
    assert!(refused("a.csv", long).len() < 250);
    let error = read_bytes("a.csv", b"x,y\n1,2\n", &with_labels("z")).unwrap_err();
    assert_eq!(
        error.to_string(),
        "a.csv: there is no column \"z\"; there are x, y"
    );
    let error = read_bytes("a.csv", b"x,x\n1,2\n", &with_labels("x")).unwrap_err();
    assert_eq!(
        error.to_string(),
        "a.csv: 2 columns are called \"x\"; rename all but one"
    );
    let error = read_bytes("a.csv", b"1,2\n1,2\n", &with_labels("2"))
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("the file has no header: name one of its 2 columns by number, from 0"),
        "{error}"
    );
    let error = read_bytes("a.csv", b"x,y\n1,a\n2,\n", &with_labels("y"))
        .unwrap_err()
        .to_string();
    assert_eq!(error, "a.csv: line 3: the label is missing (\"\")");
    let error = read_bytes("a.csv", b"y\na\nb\n", &with_labels("y"))
        .unwrap_err()
        .to_string();
    assert!(error.contains("no column is left"), "{error}");
}

#[test]
fn unknown_formats_and_paths() {
    let known = "the formats known are .npy, .npz, .csv, .tsv, .txt and IDX, each also compressed as .gz";
    let damaged = refused("a.parquet", b"PAR1\0\0");
    if cfg!(feature = "arrow") {
        assert!(damaged.starts_with("damaged: "), "{damaged}");
    } else {
        assert!(
            damaged.contains("the feature `arrow`") && damaged.contains(known),
            "{damaged}"
        );
    }
    assert!(refused("a.bin", [1, 2, 0, 3]).starts_with("this is neither text nor any array file known"));
    assert!(refused("a.json", "{\"x\": 1}").contains("JSON"));
    assert!(refused("a.csv", b"\xff\xfea\0,\0").contains("UTF-16"));
    let folder = tempfile::tempdir().unwrap();
    let error = n2d_datasets::read_path(folder.path(), &ReadOptions::default()).unwrap_err();
    assert!(matches!(error.kind, ReadErrorKind::Folder), "{error}");
    let error = n2d_datasets::read_path(folder.path().join("none.csv"), &ReadOptions::default()).unwrap_err();
    assert!(error.to_string().contains("none.csv: No such file"), "{error}");
}

#[test]
fn files_of_labels() {
    let dir = tempfile::tempdir().unwrap();
    let labels = |text: &str, column| {
        let path = dir.path().join("labels.csv");
        std::fs::write(&path, text).unwrap();
        read_labels(&path, column)
            .map(|l| (l.labels.into_vec(), l.names))
            .map_err(|e| e.kind.to_string())
    };
    let named = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>();
    assert_eq!(labels("3\n1\n3\n", None), Ok((vec![1, 0, 1], named(&["1", "3"]))));
    assert_eq!(labels("class\n3\n-1\n", None), Ok((vec![0, -1], named(&["3"]))));
    assert_eq!(
        labels("cat\ndog\ncat\n", None),
        Ok((vec![0, 1, 0], named(&["cat", "dog"])))
    );
    assert_eq!(
        labels("Label\ndog\ncat", None),
        Ok((vec![1, 0], named(&["cat", "dog"])))
    );
    assert_eq!(
        labels("row,label\n0,5\n1,4", None),
        Ok((vec![1, 0], named(&["4", "5"])))
    );
    assert_eq!(
        labels("a,b\n0,5\n1,4", Some("a")),
        Ok((vec![0, 1], named(&["0", "1"])))
    );
    assert_eq!(
        labels("a,b\n0,5\n1,4", None).unwrap_err(),
        "2 columns, but labels are one; name the column that holds them"
    );
    assert_eq!(
        labels("a,b\n0,5\n1,4", Some("c")).unwrap_err(),
        "there is no column \"c\"; there are a, b"
    );
    assert_eq!(
        labels("1\nNA\n", None).unwrap_err(),
        "line 2: the label is missing (\"NA\")"
    );
    assert_eq!(
        labels("label\n", None).unwrap_err(),
        "there is a header (line 1) but no row of data below it"
    );
    assert_eq!(labels("", None).unwrap_err(), "there is no data in it");
}
