//! Colours, and mixing them as the eye does.

use std::fmt;

/// A colour by its red, green and blue, as screens take them (sRGB). Shown as `#rrggbb`.
///
/// ```
/// use n2d_plot::Colour;
///
/// assert_eq!(Colour::new(0x2d, 0xb4, 0xff).to_string(), "#2db4ff");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Colour {
    /// Red.
    pub r: u8,
    /// Green.
    pub g: u8,
    /// Blue.
    pub b: u8,
}

impl Colour {
    /// Of these parts.
    pub const fn new(r: u8, g: u8, b: u8) -> Self {
        Self { r, g, b }
    }

    /// Of `0xrrggbb`.
    pub(crate) const fn hex(rgb: u32) -> Self {
        Self::new((rgb >> 16) as u8, (rgb >> 8) as u8, rgb as u8)
    }

    /// `share` of the other colour, the rest of this one, mixed in OKLab: lightness changes evenly.
    pub(crate) fn mix(self, other: Self, share: f64) -> Self {
        let (a, b) = (oklab(linear(self)), oklab(linear(other)));
        let mixed = std::array::from_fn(|i| a[i] + (b[i] - a[i]) * share);
        from_linear(linear_of_oklab(mixed))
    }

    /// How light it looks, from 0 for black to 1 for white.
    #[cfg(test)]
    pub(crate) fn lightness(self) -> f64 {
        oklab(linear(self))[0]
    }
}

impl fmt::Display for Colour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{:02x}{:02x}{:02x}", self.r, self.g, self.b)
    }
}

/// Red, green and blue in proportion to light.
pub(crate) fn linear(colour: Colour) -> [f64; 3] {
    [colour.r, colour.g, colour.b].map(|value| {
        let value = f64::from(value) / 255.0;
        if value <= 0.04045 {
            value / 12.92
        } else {
            ((value + 0.055) / 1.055).powf(2.4)
        }
    })
}

/// The nearest colour that a screen has.
pub(crate) fn from_linear(light: [f64; 3]) -> Colour {
    let [r, g, b] = light.map(|value| {
        let value = value.clamp(0.0, 1.0);
        let curved = if value <= 0.003_130_8 {
            value * 12.92
        } else {
            1.055 * value.powf(1.0 / 2.4) - 0.055
        };
        (curved * 255.0).round() as u8
    });
    Colour::new(r, g, b)
}

/// Lightness and two axes of hue, in which equal steps look equal (Ottosson 2020, *A perceptual color space for image
/// processing*).
pub(crate) fn oklab(light: [f64; 3]) -> [f64; 3] {
    let [r, g, b] = light;
    let cones = [
        0.412_221_470_8 * r + 0.536_332_536_3 * g + 0.051_445_992_9 * b,
        0.211_903_498_2 * r + 0.680_699_545_1 * g + 0.107_396_956_6 * b,
        0.088_302_461_9 * r + 0.281_718_837_6 * g + 0.629_978_700_5 * b,
    ];
    let [l, m, s] = cones.map(f64::cbrt);
    [
        0.210_454_255_3 * l + 0.793_617_785_0 * m - 0.004_072_046_8 * s,
        1.977_998_495_1 * l - 2.428_592_205_0 * m + 0.450_593_709_9 * s,
        0.025_904_037_1 * l + 0.782_771_766_2 * m - 0.808_675_766_0 * s,
    ]
}

fn linear_of_oklab(lab: [f64; 3]) -> [f64; 3] {
    let [lightness, a, b] = lab;
    let l = (lightness + 0.396_337_777_4 * a + 0.215_803_757_3 * b).powi(3);
    let m = (lightness - 0.105_561_345_8 * a - 0.063_854_172_8 * b).powi(3);
    let s = (lightness - 0.089_484_177_5 * a - 1.291_485_548_0 * b).powi(3);
    [
        4.076_741_662_1 * l - 3.307_711_591_3 * m + 0.230_969_929_2 * s,
        -1.268_438_004_6 * l + 2.609_757_401_1 * m - 0.341_319_396_5 * s,
        -0.004_196_086_3 * l - 0.703_418_614_7 * m + 1.707_614_701_0 * s,
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_and_back_is_the_same_colour() {
        for rgb in [
            0x00_0000, 0xff_ffff, 0x12_3456, 0xff_0000, 0x00_ff00, 0x00_00ff, 0xab_cdef,
        ] {
            let colour = Colour::hex(rgb);
            assert_eq!(from_linear(linear_of_oklab(oklab(linear(colour)))), colour);
            assert_eq!(colour.to_string(), format!("#{rgb:06x}"));
        }
    }

    #[test]
    fn mixing_goes_from_one_to_the_other() {
        let (black, white) = (Colour::hex(0), Colour::hex(0xff_ffff));
        assert_eq!(black.mix(white, 0.0), black);
        assert_eq!(black.mix(white, 1.0), white);
        let middle = black.mix(white, 0.5);
        assert!((middle.lightness() - 0.5).abs() < 0.01, "{middle}");
    }
}
