//! The built-in sets as data; `load` reads them, `embedded` holds those compiled in.

pub(crate) mod embedded;
mod load;

use crate::UnknownName;

/// A data set known by name.
///
/// ```
/// use n2d_datasets::BuiltIn;
///
/// let set: BuiltIn = "fashion-mnist".parse()?;
/// assert_eq!(set, BuiltIn::Fashion);
/// assert_eq!(set.info().label_names[9], "Ankle Boot");
/// # Ok::<(), n2d_datasets::UnknownName>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum BuiltIn {
    /// Handwritten digits, 28 x 28 pixels.
    Mnist,
    /// The test set of MNIST alone.
    MnistTest,
    /// Clothes, 28 x 28 pixels.
    Fashion,
    /// Human activities from a phone's sensors.
    Har,
    /// Handwritten digits as strokes of a pen.
    Pendigits,
    /// Handwritten digits of the US Postal Service, 16 x 16 pixels.
    Usps,
}

/// What is known of a built-in set before it is loaded.
#[derive(Debug)]
#[non_exhaustive]
pub struct SetInfo {
    /// Its name, as on a command line.
    pub name: &'static str,
    /// Other names it goes by.
    pub aliases: &'static [&'static str],
    /// One line about it.
    pub description: &'static str,
    /// Number of rows; training rows come before test rows.
    pub n_samples: usize,
    /// The shape of one row; see [`Dataset::row_shape`](crate::Dataset::row_shape).
    pub row_shape: &'static [usize],
    /// The name of each class, by its label.
    pub label_names: &'static [&'static str],
    /// How its values are scaled, in words.
    pub scaling: &'static str,
    /// Its folder in a data directory, and other folders in which it is found.
    pub folders: &'static [&'static str],
    /// Its files, within that folder.
    pub files: &'static [SetFile],
    /// Addresses under which the files lie, the preferred first; empty where the set can't be fetched.
    pub mirrors: &'static [&'static str],
    /// How a person gets it, in words.
    pub how_to_get: &'static str,
    /// Who made it.
    pub source: &'static str,
    /// Under which licence.
    pub licence: &'static str,
}

/// A file of a built-in set.
///
/// It is found with and without `.gz` at the end of its name. Length and digest are those of the decompressed content:
/// mirrors compress the same content in different ways.
#[derive(Debug)]
#[non_exhaustive]
pub struct SetFile {
    /// Its path within the set's folder, with `/`.
    pub name: &'static str,
    /// Bytes of its content; 0 where not known.
    pub bytes: u64,
    /// SHA-256 of its content, in hexadecimal; empty where not known.
    pub sha256: &'static str,
}

impl SetInfo {
    /// Number of columns.
    pub fn n_features(&self) -> usize {
        self.row_shape.iter().product()
    }

    /// Number of classes.
    pub fn n_classes(&self) -> usize {
        self.label_names.len()
    }
}

impl BuiltIn {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Mnist,
        Self::MnistTest,
        Self::Fashion,
        Self::Har,
        Self::Pendigits,
        Self::Usps,
    ];

    /// What is known of it.
    pub fn info(self) -> &'static SetInfo {
        match self {
            Self::Mnist => &MNIST,
            Self::MnistTest => &MNIST_TEST,
            Self::Fashion => &FASHION,
            Self::Har => &HAR,
            Self::Pendigits => &PENDIGITS,
            Self::Usps => &USPS,
        }
    }

    /// Its name, as on a command line.
    pub fn name(self) -> &'static str {
        self.info().name
    }
}

impl std::fmt::Display for BuiltIn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

impl std::str::FromStr for BuiltIn {
    type Err = UnknownName;

    /// By name or alias; `_` counts as `-`, and case does not count.
    fn from_str(given: &str) -> Result<Self, UnknownName> {
        let wanted = given.to_ascii_lowercase().replace('_', "-");
        let goes_by = |set: &Self| set.name() == wanted || set.info().aliases.contains(&wanted.as_str());
        Self::ALL.into_iter().find(goes_by).ok_or_else(|| UnknownName {
            what: "data set",
            given: given.to_owned(),
            known: Self::ALL.map(Self::name).to_vec(),
        })
    }
}

const DIGITS: &[&str] = &["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"];
const MNIST_MIRRORS: &[&str] = &[
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
];
const MNIST_HOW: &str = "put its four .gz files, from https://ossci-datasets.s3.amazonaws.com/mnist/, into a folder `mnist` of a data directory";
const MNIST_LICENCE: &str = "CC BY-SA 3.0";
const MNIST_SOURCE: &str = "Y. LeCun and C. Cortes, http://yann.lecun.com/exdb/mnist/";
const OF_BYTES: &str = "divided by 255, to 0..1";

const T10K_IMAGES: SetFile = SetFile {
    name: "t10k-images-idx3-ubyte.gz",
    bytes: 7_840_016,
    sha256: "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
};
const T10K_LABELS: SetFile = SetFile {
    name: "t10k-labels-idx1-ubyte.gz",
    bytes: 10_008,
    sha256: "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
};

static MNIST: SetInfo = SetInfo {
    name: "mnist",
    aliases: &[],
    description: "handwritten digits, 28 x 28 pixels, training and test set",
    n_samples: 70_000,
    row_shape: &[28, 28],
    label_names: DIGITS,
    scaling: OF_BYTES,
    folders: &["mnist"],
    files: &[
        SetFile {
            name: "train-images-idx3-ubyte.gz",
            bytes: 47_040_016,
            sha256: "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
        },
        SetFile {
            name: "train-labels-idx1-ubyte.gz",
            bytes: 60_008,
            sha256: "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
        },
        T10K_IMAGES,
        T10K_LABELS,
    ],
    mirrors: MNIST_MIRRORS,
    how_to_get: MNIST_HOW,
    source: MNIST_SOURCE,
    licence: MNIST_LICENCE,
};

static MNIST_TEST: SetInfo = SetInfo {
    name: "mnist-test",
    aliases: &[],
    description: "the test set of MNIST alone",
    n_samples: 10_000,
    row_shape: &[28, 28],
    label_names: DIGITS,
    scaling: OF_BYTES,
    folders: &["mnist"],
    files: &[T10K_IMAGES, T10K_LABELS],
    mirrors: MNIST_MIRRORS,
    how_to_get: MNIST_HOW,
    source: MNIST_SOURCE,
    licence: MNIST_LICENCE,
};

static FASHION: SetInfo = SetInfo {
    name: "fashion",
    aliases: &["fashion-mnist"],
    description: "Fashion-MNIST: clothes, 28 x 28 pixels, training and test set",
    n_samples: 70_000,
    row_shape: &[28, 28],
    label_names: &[
        "T-shirt",
        "Trouser",
        "Pullover",
        "Dress",
        "Coat",
        "Sandal",
        "Shirt",
        "Sneaker",
        "Bag",
        "Ankle Boot",
    ],
    scaling: OF_BYTES,
    folders: &["fashion-mnist", "fashion"],
    files: &[
        SetFile {
            name: "train-images-idx3-ubyte.gz",
            bytes: 47_040_016,
            sha256: "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
        },
        SetFile {
            name: "train-labels-idx1-ubyte.gz",
            bytes: 60_008,
            sha256: "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
        },
        SetFile {
            name: "t10k-images-idx3-ubyte.gz",
            bytes: 7_840_016,
            sha256: "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
        },
        SetFile {
            name: "t10k-labels-idx1-ubyte.gz",
            bytes: 10_008,
            sha256: "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
        },
    ],
    mirrors: &[
        "https://storage.googleapis.com/tensorflow/tf-keras-datasets/",
        "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
        "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
    ],
    how_to_get: "put its four .gz files, from https://github.com/zalandoresearch/fashion-mnist/tree/master/data/fashion, into a folder `fashion-mnist` of a data directory",
    source: "H. Xiao, K. Rasul and R. Vollgraf, Zalando Research, arXiv 1708.07747",
    licence: "MIT",
};

static HAR: SetInfo = SetInfo {
    name: "har",
    aliases: &[],
    description: "human activities, 561 features of windows of a phone's sensors, training and test set",
    n_samples: 10_299,
    row_shape: &[561],
    label_names: &[
        "Walking",
        "Upstairs",
        "Downstairs",
        "Sitting",
        "Standing",
        "Laying",
    ],
    scaling: "as published, -1..1",
    folders: &["har", "har/UCI HAR Dataset", "UCI HAR Dataset"],
    files: &[
        unverified("train/X_train.txt"),
        unverified("train/y_train.txt"),
        unverified("test/X_test.txt"),
        unverified("test/y_test.txt"),
    ],
    mirrors: &[],
    how_to_get: "unpack the archive of https://archive.ics.uci.edu/dataset/240, or take data/har of https://github.com/rymc/n2d, as a folder `har` of a data directory",
    source: "D. Anguita et al., ESANN 2013, https://archive.ics.uci.edu/dataset/240",
    licence: "CC BY 4.0 according to UCI; its README forbids commercial use",
};

static PENDIGITS: SetInfo = SetInfo {
    name: "pendigits",
    aliases: &[],
    description: "handwritten digits as 8 points along the stroke of a pen, training and test set",
    n_samples: 10_992,
    row_shape: &[16],
    label_names: DIGITS,
    scaling: "divided by 100, to 0..1",
    folders: &["pendigits"],
    files: &[
        SetFile {
            name: "pendigits.tra",
            bytes: 502_098,
            sha256: "e2b9eb9f0d0467e2b64a4816a3420edf2b8043447576f4b84337aba44a9f97d3",
        },
        SetFile {
            name: "pendigits.tes",
            bytes: 234_366,
            sha256: "8bd03229c5c5291fefe43e45465dd948d2645bf23328b9d993e0b777666b2015",
        },
    ],
    mirrors: &[
        "https://archive.ics.uci.edu/ml/machine-learning-databases/pendigits/",
        "https://raw.githubusercontent.com/rymc/n2d/6c359365601f4389d1d23a28f1f43619187a4ece/data/pendigits/",
    ],
    how_to_get: "put pendigits.tra and pendigits.tes, from https://archive.ics.uci.edu/dataset/81, into a folder `pendigits` of a data directory",
    source: "E. Alpaydin and F. Alimoglu, https://doi.org/10.24432/C5MG6K",
    licence: "CC BY 4.0",
};

static USPS: SetInfo = SetInfo {
    name: "usps",
    aliases: &[],
    description: "handwritten digits of the US Postal Service, 16 x 16 pixels, training and test set",
    n_samples: 9_298,
    row_shape: &[16, 16],
    label_names: DIGITS,
    scaling: "as published, 0..2",
    folders: &["usps"],
    files: &[unverified("usps_train.jf"), unverified("usps_test.jf")],
    mirrors: &[],
    how_to_get: "put usps_train.jf and usps_test.jf, from data/usps of https://github.com/rymc/n2d, into a folder `usps` of a data directory",
    source: "J. J. Hull, IEEE PAMI 16(5), 1994; as distributed by D. Keysers, RWTH Aachen",
    licence: "not stated",
};

const fn unverified(name: &'static str) -> SetFile {
    SetFile {
        name,
        bytes: 0,
        sha256: "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_set_is_found_by_its_names_and_no_name_is_two_sets() {
        let mut names = Vec::new();
        for set in BuiltIn::ALL {
            for name in set.info().aliases.iter().chain([&set.name()]) {
                assert_eq!(name.parse(), Ok(set));
                assert!(!names.contains(name));
                names.push(name);
            }
        }
        assert_eq!("Fashion_MNIST".parse(), Ok(BuiltIn::Fashion));
        let error = "minst".parse::<BuiltIn>().unwrap_err();
        assert_eq!(
            error.to_string(),
            "there is no data set \"minst\"; there are mnist, mnist-test, fashion, har, pendigits, usps"
        );
    }

    #[test]
    fn what_can_be_fetched_can_be_verified() {
        for set in BuiltIn::ALL.map(BuiltIn::info) {
            for file in set.files {
                assert_eq!(file.sha256.is_empty(), set.mirrors.is_empty(), "{}", file.name);
                assert!(file.sha256.is_empty() || file.sha256.len() == 64 && file.bytes > 0);
            }
            assert!(set.mirrors.iter().all(|mirror| mirror.ends_with('/')));
        }
    }
}
