use std::fmt;

/// What an array is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Dtype {
    /// 32-bit floats.
    F32,
    /// 64-bit floats.
    F64,
    /// Signed 32-bit integers.
    I32,
    /// Unsigned 32-bit integers.
    U32,
    /// Bytes.
    U8,
}

impl Dtype {
    /// Bytes of one element.
    pub const fn size(self) -> usize {
        match self {
            Self::F64 => 8,
            Self::F32 | Self::I32 | Self::U32 => 4,
            Self::U8 => 1,
        }
    }
}

impl fmt::Display for Dtype {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::F32 => "f32",
            Self::F64 => "f64",
            Self::I32 => "i32",
            Self::U32 => "u32",
            Self::U8 => "u8",
        })
    }
}

/// A type that arrays in files are made of: `f32`, `f64`, `i32`, `u32` or `u8`. Files are little-endian.
pub trait Element: sealed::Sealed + Copy + Send + Sync + 'static {
    /// Its name in files.
    const DTYPE: Dtype;
}

pub(super) mod sealed {
    pub trait Sealed: Sized {
        fn append(self, bytes: &mut Vec<u8>);
        /// From a whole number of elements.
        fn read_all(bytes: &[u8]) -> Vec<Self>;
    }
}

macro_rules! element {
    ($($type:ty => $dtype:ident),*) => {$(
        impl Element for $type {
            const DTYPE: Dtype = Dtype::$dtype;
        }

        impl sealed::Sealed for $type {
            fn append(self, bytes: &mut Vec<u8>) {
                bytes.extend_from_slice(&self.to_le_bytes());
            }

            fn read_all(bytes: &[u8]) -> Vec<Self> {
                let (elements, _) = bytes.as_chunks::<{ size_of::<$type>() }>();
                elements.iter().map(|element| <$type>::from_le_bytes(*element)).collect()
            }
        }
    )*};
}

element!(f32 => F32, f64 => F64, i32 => I32, u32 => U32, u8 => U8);
