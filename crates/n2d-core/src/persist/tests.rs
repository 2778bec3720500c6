use ndarray::array;
use proptest::prelude::*;

use super::*;
use crate::Labels;

#[derive(Debug, Clone, PartialEq)]
struct Inner {
    centers: ndarray::Array2<f64>,
    labels: Labels,
}

impl Persist for Inner {
    const KIND: &'static str = "inner";

    fn save(&self, state: &mut State) {
        state.put_matrix("centers", self.centers.view());
        state.put_labels("labels", &self.labels);
    }

    fn load(state: &State) -> Result<Self, LoadError> {
        Ok(Self {
            centers: state.finite_matrix("centers")?,
            labels: state.labels("labels")?,
        })
    }
}

#[derive(Debug, Clone, PartialEq)]
struct Outer {
    scale: f64,
    names: Vec<String>,
    bytes: Vec<u8>,
    inner: Inner,
}

impl Persist for Outer {
    const KIND: &'static str = "outer";

    fn save(&self, state: &mut State) {
        state.set("scale", &self.scale);
        state.set("names", &self.names);
        state.put_shaped("bytes", &[1, 1, self.bytes.len()], &self.bytes);
        self.inner.save(state.new_part("inner", Inner::KIND));
    }

    fn load(state: &State) -> Result<Self, LoadError> {
        Ok(Self {
            scale: state.get("scale")?,
            names: state.get("names")?,
            bytes: state.shaped("bytes")?.1,
            inner: state.part("inner")?.load()?,
        })
    }
}

fn outer() -> Outer {
    Outer {
        // One that a careless parser reads as its neighbour.
        scale: f64::from_bits(0x3fb9_9999_9999_999b),
        names: vec!["one".into(), "zwei \"ß\"".into()],
        bytes: vec![1, 2, 3, 255],
        inner: Inner {
            centers: array![[0.1, -0.0, 1e-310], [3.0, f64::MAX, 5.0]],
            labels: Labels::new(vec![0, -1, 7]).unwrap(),
        },
    }
}

#[test]
fn every_bit_comes_back_and_bytes_are_the_same_each_time() {
    let bytes = to_bytes(&outer()).unwrap();
    assert_eq!(bytes, to_bytes(&outer()).unwrap());
    let loaded: Outer = from_bytes(&bytes).unwrap();
    assert_eq!(loaded, outer());
    assert!(loaded.inner.centers[(0, 1)].is_sign_negative());
    assert_eq!(loaded.scale.to_bits(), outer().scale.to_bits());
}

#[test]
fn another_kind_is_named() {
    let error = from_bytes::<Inner>(&to_bytes(&outer()).unwrap()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the model is a part of kind `outer`, but `inner` is needed"
    );
}

#[test]
fn later_versions_and_strangers_are_refused() {
    let bytes = to_bytes(&outer()).unwrap();
    let version = br#"{\"version\":"#;
    let at = bytes
        .windows(version.len())
        .position(|found| found == version)
        .unwrap()
        + version.len();
    let mut later = bytes;
    later[at] = b'9';
    assert!(matches!(
        from_bytes::<Outer>(&later).unwrap_err(),
        LoadError::TooNew {
            found: 9,
            supported: 1
        }
    ));
    let stranger =
        safetensors::serialize(Vec::<(String, safetensors::tensor::TensorView<'_>)>::new(), None).unwrap();
    for bytes in [&stranger[..], b"", b"\0\0\0\0\0\0\0\0", b"not a model at all"] {
        let error = from_bytes::<Outer>(bytes).unwrap_err();
        assert!(matches!(error, LoadError::NotAModel { .. }), "{error}");
    }
}

#[test]
fn misfits_say_where() {
    let mut state = State::of(&outer()).unwrap();
    let shown = |state: &State| state.load::<Outer>().unwrap_err().to_string();

    state.set("scale", "wide");
    assert!(
        shown(&state).starts_with("the value `scale` is not understood"),
        "{}",
        shown(&state)
    );
    state.set("scale", &1.0);
    let inner = state.new_part("inner", Inner::KIND);
    inner.put("labels", &[0, -2]);
    assert_eq!(shown(&state), "the model has no array `inner/centers`");
    let inner = state.new_part("inner", Inner::KIND);
    inner.put("labels", &[0, -2]);
    inner.put_matrix("centers", array![[1.0_f32]].view());
    assert_eq!(
        shown(&state),
        "the array `inner/centers` is of f32, but must be of f64"
    );
    let inner = state.new_part("inner", Inner::KIND);
    inner.put("labels", &[0, -2]);
    inner.put_matrix("centers", array![[1.0, f64::NAN]].view());
    assert_eq!(shown(&state), "`inner/centers` must be finite numbers");
    let inner = state.new_part("inner", Inner::KIND);
    inner.put("centers", &[1.0]);
    assert_eq!(
        shown(&state),
        "the array `inner/centers` has the shape [1], but must be a matrix"
    );
    let inner = state.new_part("inner", Inner::KIND);
    inner.put_matrix("centers", array![[1.0]].view());
    inner.put("labels", &[0, -2]);
    assert_eq!(
        shown(&state),
        "`inner/labels` must be labels from 0 on, or -1 for noise"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]
    /// Bits flipped and bytes cut off or put in anywhere.
    #[test]
    fn damage_is_an_error(at: prop::sample::Index, what in 0..4_u8, bit in 0..8_u8) {
        let good = to_bytes(&outer()).unwrap();
        let mut bytes = good.clone();
        let at = at.index(bytes.len());
        match what {
            0 => bytes.truncate(at),
            1 => { bytes.remove(at); }
            2 => bytes.insert(at, bit),
            _ => bytes[at] ^= 1 << bit,
        }
        match from_bytes::<Outer>(&bytes) {
            Err(_) => {}
            // White space around the header's end carries no meaning.
            Ok(loaded) => prop_assert!(loaded == outer() && bytes.len() != good.len()),
        }
    }
}

/// PyTorch keeps counts in whole numbers beside weights.
#[test]
fn arrays_that_are_not_wanted_may_be_of_any_type() {
    let header = r#"{"count":{"dtype":"I64","shape":[1],"data_offsets":[4,12]},"weight":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#;
    let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
    bytes.extend(header.as_bytes());
    bytes.extend(1.5_f32.to_le_bytes());
    bytes.extend(7_i64.to_le_bytes());
    let found = arrays_from_bytes(bytes.clone(), |name| name == "weight").unwrap();
    assert_eq!(found.vec::<f32>("weight").unwrap(), [1.5]);
    assert!(!found.has_array("count"));
    let error = arrays_from_bytes(bytes, |_| true).unwrap_err().to_string();
    assert!(error.contains("count is of I64"), "{error}");
}
