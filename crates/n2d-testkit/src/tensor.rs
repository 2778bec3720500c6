//! Arrays of states as numbers, to be changed.

use n2d_core::persist::{Dtype, State};
use n2d_core::rng::SplitMix64;

/// An array whose elements are held as `f64`, which holds those of all types.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Tensor {
    pub(crate) dtype: Dtype,
    pub(crate) shape: Vec<usize>,
    pub(crate) values: Vec<f64>,
}

/// Reads or writes by the type of the elements; what a later version adds is left alone.
macro_rules! by_dtype {
    ($dtype:expr, $with:ident, $otherwise:expr) => {
        match $dtype {
            Dtype::F32 => $with!(f32),
            Dtype::F64 => $with!(f64),
            Dtype::I32 => $with!(i32),
            Dtype::U32 => $with!(u32),
            Dtype::U8 => $with!(u8),
            _ => $otherwise,
        }
    };
}

impl Tensor {
    pub(crate) fn of(state: &State, name: &str) -> Option<Self> {
        let (_, array) = state.arrays().find(|(of, _)| *of == name)?;
        let dtype = array.dtype();
        macro_rules! read {
            ($type:ty) => {
                state
                    .shaped::<$type>(name)
                    .ok()
                    .map(|(shape, values)| Self {
                        dtype,
                        shape: shape.to_vec(),
                        values: values.into_iter().map(f64::from).collect(),
                    })
            };
        }
        by_dtype!(dtype, read, None)
    }

    pub(crate) fn put(&self, state: &mut State, name: &str) {
        macro_rules! write {
            ($type:ty) => {{
                let values: Vec<$type> = self.values.iter().map(|&value| value as $type).collect();
                state.put_shaped(name, &self.shape, &values);
            }};
        }
        by_dtype!(self.dtype, write, ());
    }

    /// Elements of one row, and rows.
    fn rows(&self) -> (usize, usize) {
        let width: usize = self.shape.iter().skip(1).product();
        (width, self.shape.first().copied().unwrap_or(0))
    }

    /// Fewer rows, or more: the last one again and again. Nothing, where that would be vastly more elements.
    fn with_rows(&mut self, n: usize) {
        let (width, _) = self.rows();
        let len = n.checked_mul(width);
        if len.is_none_or(|len| len > 2 * self.values.len() + 64) {
            return;
        }
        if let Some(first) = self.shape.first_mut() {
            *first = n;
            let last = self.values.len().saturating_sub(width);
            let repeated = self.values[last..].to_vec();
            self.values.extend(repeated);
            self.values.resize(n * width, 1.0);
        }
    }

    fn set(&mut self, at: usize, value: f64) {
        if let Some(one) = self.values.get_mut(at) {
            *one = value;
        }
    }

    /// A random element becomes one that is awkward, or another's.
    pub(crate) fn disturb(&mut self, rng: &mut SplitMix64) {
        if self.values.is_empty() {
            return;
        }
        let n = self.values.len();
        let (at, from) = (rng.below(n), rng.below(n));
        let awkward = AWKWARD.get(rng.below(2 * AWKWARD.len()));
        self.values[at] = awkward.copied().unwrap_or(self.values[from]);
    }
}

/// Numbers that are often at the border of what is allowed.
const AWKWARD: [f64; 14] = [
    f64::NAN,
    f64::INFINITY,
    f64::NEG_INFINITY,
    f64::MAX,
    f64::MIN_POSITIVE,
    f32::MAX as f64,
    0.0,
    -0.0,
    1.0,
    -1.0,
    -2.0,
    i32::MAX as f64,
    u32::MAX as f64,
    0.5,
];

/// What is done to whole arrays, with words for it.
pub(crate) type Edit = (&'static str, fn(&mut Tensor));

/// Changes of form: the same elements, fewer, more or none.
pub(crate) const FORMS: &[Edit] = &[
    ("as one dimension", |t| t.shape = vec![t.values.len()]),
    ("as one column", |t| t.shape = vec![t.values.len(), 1]),
    ("as one row", |t| t.shape = vec![1, t.values.len()]),
    ("with its extents reversed", |t| t.shape.reverse()),
    ("with another dimension", |t| t.shape.insert(0, 1)),
    ("without a row", |t| t.with_rows(0)),
    ("without a column", |t| {
        t.values.clear();
        t.shape.push(0);
    }),
    ("of a vast number of empty rows", |t| {
        t.values.clear();
        t.shape = vec![1 << 40, 0];
    }),
    ("of no rows, but vast ones", |t| {
        t.values.clear();
        t.shape = vec![0, 1 << 40];
    }),
    ("of more empty rows than there can be", |t| {
        t.values.clear();
        t.shape = vec![usize::MAX, 0];
    }),
    ("with its last row left out", |t| {
        t.with_rows(t.rows().1.saturating_sub(1));
    }),
    ("with one row only", |t| t.with_rows(1)),
    ("with its last row twice", |t| {
        t.with_rows(t.rows().1.saturating_add(1));
    }),
    ("twice as long", |t| t.with_rows(t.rows().1.saturating_mul(2))),
    ("backwards", |t| t.values.reverse()),
    ("with two elements swapped", |t| {
        let last = t.values.len().saturating_sub(1);
        if last > 0 {
            t.values.swap(0, last);
        }
    }),
    ("rotated by one", |t| {
        if !t.values.is_empty() {
            t.values.rotate_left(1);
        }
    }),
    ("as f32", |t| t.dtype = Dtype::F32),
    ("as f64", |t| t.dtype = Dtype::F64),
    ("as i32", |t| t.dtype = Dtype::I32),
    ("as u32", |t| t.dtype = Dtype::U32),
    ("as u8", |t| t.dtype = Dtype::U8),
];

/// An awkward number everywhere, or in the first, the middle or the last place.
pub(crate) fn contents() -> impl Iterator<Item = (String, usize, f64)> {
    let n = AWKWARD.len();
    (0..4 * n).map(move |at| {
        let (place, value) = (at / n, AWKWARD[at % n]);
        let whole = ["all", "its first", "its middle", "its last"][place];
        (format!("{whole} {value}"), place, value)
    })
}

impl Tensor {
    /// Sets what `place` of [`contents`] means.
    pub(crate) fn fill(&mut self, place: usize, value: f64) {
        let n = self.values.len();
        match place {
            0 => self.values.fill(value),
            1 => self.set(0, value),
            2 => self.set(n / 2, value),
            _ => self.set(n.saturating_sub(1), value),
        }
    }
}
