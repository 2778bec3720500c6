//! The sets compiled in, as files by name.

use crate::BuiltIn;

/// The compressed files of a set that is compiled in.
pub(crate) fn files(set: BuiltIn) -> Option<&'static [(&'static str, &'static [u8])]> {
    match set {
        #[cfg(feature = "embedded-pendigits")]
        BuiltIn::Pendigits => Some(PENDIGITS),
        #[cfg(feature = "embedded-mnist-test")]
        BuiltIn::MnistTest => Some(MNIST_TEST),
        _ => None,
    }
}

#[cfg(feature = "embedded-pendigits")]
static PENDIGITS: &[(&str, &[u8])] = &[
    ("pendigits.tra", include_bytes!("../../data/pendigits.tra.gz")),
    ("pendigits.tes", include_bytes!("../../data/pendigits.tes.gz")),
];

#[cfg(feature = "embedded-mnist-test")]
static MNIST_TEST: &[(&str, &[u8])] = &[
    (
        "t10k-images-idx3-ubyte.gz",
        include_bytes!("../../data/t10k-images-idx3-ubyte.gz"),
    ),
    (
        "t10k-labels-idx1-ubyte.gz",
        include_bytes!("../../data/t10k-labels-idx1-ubyte.gz"),
    ),
];
