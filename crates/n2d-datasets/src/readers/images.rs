//! Folders of pictures.

use std::num::NonZeroU32;
use std::path::{Path, PathBuf};

use image::imageops::FilterType;
use image::{DynamicImage, ImageReader, Limits};
use ndarray::Array2;
use rayon::prelude::*;

use crate::error::{ReadError, ReadErrorKind};
use crate::{Dataset, NamedLabels};

const ENDINGS: [&str; 3] = ["png", "jpg", "jpeg"];
/// A picture that would take more memory than this is refused.
const MOST_BYTES: u64 = 512 << 20;

/// How pictures become rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ImageOptions {
    /// Pixels across and down that every picture is resized to; its proportions are not kept. Default: none, and all pictures must be of one size.
    pub size: Option<(NonZeroU32, NonZeroU32)>,
    /// Whether pixels keep their red, green and blue. Default: no, they become grey (the luma of ITU-R BT.709).
    pub colour: bool,
}

/// Reads the PNG and JPEG pictures of a folder, a row each, of values from 0 to 1, in the order of their names. Where the folder has folders
/// of pictures, each of those is a class; else no classes are known. Other files are left out.
///
/// Rows have the shape `[height, width]`, or `[height, width, 3]` with colours. Pictures are resized by a triangle filter. Transparency is left
/// out of the colours. In parallel; the same pictures give the same bits.
///
/// ```no_run
/// use std::num::NonZeroU32;
///
/// use n2d_datasets::{ImageOptions, read_images};
///
/// let side = NonZeroU32::new(64);
/// let flowers = read_images("flowers", &ImageOptions { size: side.zip(side), colour: false })?;
/// println!("{} pictures of {:?}", flowers.n_samples(), flowers.label_names);
/// # Ok::<(), n2d_datasets::ReadError>(())
/// ```
///
/// # Errors
/// [`ReadError`] with the file: a folder without pictures, a picture that can't be read, or one of another size than the first where none is
/// asked for.
pub fn read_images(folder: impl AsRef<Path>, options: &ImageOptions) -> Result<Dataset, ReadError> {
    let folder = folder.as_ref();
    let (files, classes) = files(folder)?;
    if files.is_empty() {
        return Err(ReadErrorKind::NoPictures.at(folder));
    }
    let size = match options.size {
        Some((width, height)) => (width.get() as usize, height.get() as usize),
        None => size_of(&files[0])?,
    };
    let read = |file: &PathBuf| row(file, size, options).map_err(|kind| kind.at(file));
    let rows: Vec<Vec<f32>> = files.par_iter().map(read).collect::<Result<_, _>>()?;
    let width = rows[0].len();
    let x = Array2::from_shape_vec((rows.len(), width), rows.concat());
    let x = x.map_err(|error| damaged(&error).at(folder))?;
    let name = folder
        .file_name()
        .map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    let mut data = Dataset::new(name, x);
    data.row_shape = match options.colour {
        true => vec![size.1, size.0, 3],
        false => vec![size.1, size.0],
    };
    if let Some(classes) = classes {
        data.set_labels(NamedLabels::from_texts(&classes))
            .map_err(|error| ReadErrorKind::from(error).at(folder))?;
    }
    Ok(data)
}

type Found = (Vec<PathBuf>, Option<Vec<String>>);

/// The pictures, and of each the name of its folder where there are such folders.
fn files(folder: &Path) -> Result<Found, ReadError> {
    let (own, folders) = listed(folder)?;
    let (mut files, mut classes) = (Vec::new(), Vec::new());
    for inner in folders {
        let (pictures, _) = listed(&inner)?;
        let class = inner
            .file_name()
            .map_or_else(String::new, |name| name.to_string_lossy().into_owned());
        classes.extend(pictures.iter().map(|_| class.clone()));
        files.extend(pictures);
    }
    if files.is_empty() {
        return Ok((own, None));
    }
    if let Some(stray) = own.first() {
        return Err(ReadErrorKind::StrayPicture.at(stray));
    }
    Ok((files, Some(classes)))
}

/// Pictures and folders, each sorted by name.
fn listed(folder: &Path) -> Result<(Vec<PathBuf>, Vec<PathBuf>), ReadError> {
    let refused = |error: std::io::Error| ReadErrorKind::from(error).at(folder);
    let (mut files, mut folders) = (Vec::new(), Vec::new());
    for entry in std::fs::read_dir(folder).map_err(refused)? {
        let path = entry.map_err(refused)?.path();
        let ending = path
            .extension()
            .map(|ending| ending.to_string_lossy().to_lowercase());
        if path.is_dir() {
            folders.push(path);
        } else if ending.is_some_and(|ending| ENDINGS.contains(&&*ending)) {
            files.push(path);
        }
    }
    files.sort();
    folders.sort();
    Ok((files, folders))
}

fn size_of(file: &Path) -> Result<(usize, usize), ReadError> {
    let picture = open(file).map_err(|kind| kind.at(file))?;
    Ok((picture.width() as usize, picture.height() as usize))
}

fn open(file: &Path) -> Result<DynamicImage, ReadErrorKind> {
    let mut reader = ImageReader::open(file)?.with_guessed_format()?;
    let mut limits = Limits::default();
    limits.max_alloc = Some(MOST_BYTES);
    reader.limits(limits);
    reader.decode().map_err(|error| damaged(&error))
}

fn damaged(error: &dyn std::fmt::Display) -> ReadErrorKind {
    ReadErrorKind::Damaged {
        detail: error.to_string(),
    }
}

fn row(
    file: &Path,
    (width, height): (usize, usize),
    options: &ImageOptions,
) -> Result<Vec<f32>, ReadErrorKind> {
    let mut picture = open(file)?;
    let found = (picture.width() as usize, picture.height() as usize);
    if found != (width, height) {
        if options.size.is_none() {
            return Err(ReadErrorKind::PictureSize {
                expected: (width, height),
                found,
            });
        }
        picture = picture.resize_exact(width as u32, height as u32, FilterType::Triangle);
    }
    // Sixteen bits, so that pictures of more than eight lose nothing.
    let values = match options.colour {
        true => picture.to_rgb16().into_raw(),
        false => picture.to_luma16().into_raw(),
    };
    Ok(values
        .into_iter()
        .map(|value| f32::from(value) / f32::from(u16::MAX))
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::{GrayImage, Luma, Rgb, RgbImage};

    #[test]
    fn folders_are_classes_and_pictures_rows() {
        let folder = tempfile::tempdir().unwrap();
        let put = |name: &str, picture: DynamicImage| {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            picture.save(path).unwrap();
        };
        put("dark/b.png", GrayImage::from_pixel(4, 3, Luma([0])).into());
        put("dark/a.jpg", GrayImage::from_pixel(4, 3, Luma([0])).into());
        put(
            "bright/x.PNG",
            RgbImage::from_pixel(4, 3, Rgb([255, 255, 255])).into(),
        );
        std::fs::write(folder.path().join("notes.txt"), "not a picture").unwrap();
        let data = read_images(folder.path(), &ImageOptions::default()).unwrap();
        assert_eq!((data.x.dim(), &data.row_shape[..]), ((3, 12), &[3, 4][..]));
        assert_eq!(data.label_names, ["bright", "dark"]);
        assert_eq!(data.labels.as_ref().unwrap().as_slice(), [0, 1, 1]);
        assert!(data.x.row(0).iter().all(|&value| value == 1.0));
        assert!(data.x.row(1).iter().all(|&value| value < 0.02));

        let options = ImageOptions {
            size: NonZeroU32::new(2).zip(NonZeroU32::new(2)),
            colour: true,
        };
        let small = read_images(folder.path(), &options).unwrap();
        assert_eq!((small.x.dim(), &small.row_shape[..]), ((3, 12), &[2, 2, 3][..]));

        put("dark/c.png", GrayImage::from_pixel(5, 3, Luma([0])).into());
        let error = read_images(folder.path(), &ImageOptions::default()).unwrap_err();
        assert!(
            error.to_string().contains("c.png: a picture of 5 x 3 pixels"),
            "{error}"
        );
        assert!(read_images(folder.path(), &options).is_ok());
        std::fs::write(folder.path().join("dark/d.png"), b"\x89PNG\r\n\x1a\nnonsense").unwrap();
        let error = read_images(folder.path(), &options).unwrap_err();
        assert!(error.to_string().contains("d.png: damaged"), "{error}");
    }

    #[test]
    fn folders_without_pictures_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let error = |of: &Path| read_images(of, &ImageOptions::default()).unwrap_err().to_string();
        assert!(error(folder.path()).contains("no PNG or JPEG"));
        assert!(error(&folder.path().join("none")).contains("No such file"));
    }
}
