//! Thirty colours that colour-blind people can tell apart, with marker shapes where colour alone gets narrow.

use serde::{Deserialize, Serialize};

use crate::Colour;

/// Colours of the palette; further groups repeat them.
pub const N_COLOURS: usize = 30;

/// What is drawn for a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Shape {
    /// A round dot.
    Disc,
    /// A square.
    Square,
    /// A triangle, point up.
    Triangle,
    /// A square on its corner.
    Diamond,
}

impl Shape {
    /// All of them.
    pub(crate) const ALL: [Self; 4] = [Self::Disc, Self::Square, Self::Triangle, Self::Diamond];
}

/// How the rows of one group look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Ink {
    /// Their colour.
    pub colour: Colour,
    /// Their marker.
    pub shape: Shape,
}

/// Rows of no group.
pub const NOISE_INK: Ink = Ink {
    colour: Colour::hex(0xbe_bebe),
    shape: Disc,
};

use Shape::{Diamond, Disc, Square, Triangle};

/// By search over the colours of sRGB in steps of 15, of OKLab lightness 0.38 to 0.86 and chroma 0.075 to 0.215: first the ten
/// whose least distance is greatest, then ten more beside them, then ten more. A distance is the least of those in OKLab
/// under deuteranopia, protanopia and tritanopia (times 1.15, since it is rare) in full, and with full sight (times 0.65).
const COLOURS: [(u32, Shape); N_COLOURS] = [
    (0x2d_b4ff, Disc),
    (0x69_1e69, Disc),
    (0x78_a51e, Disc),
    (0x5a_f0b4, Disc),
    (0x00_2db4, Disc),
    (0xe1_87a5, Disc),
    (0xff_c32d, Disc),
    (0x00_7878, Disc),
    (0x96_5ae1, Disc),
    (0xc3_000f, Disc),
    (0xd2_2d78, Diamond),
    (0x96_d2ff, Triangle),
    (0x78_1e00, Diamond),
    (0xb4_b45a, Triangle),
    (0x2d_6900, Triangle),
    (0xa5_87d2, Square),
    (0x96_0f4b, Square),
    (0x78_4ba5, Square),
    (0x69_78b4, Diamond),
    (0xb4_693c, Diamond),
    (0x96_5a5a, Triangle),
    (0x5a_4bd2, Diamond),
    (0x00_a569, Square),
    (0x5a_87ff, Triangle),
    (0xff_a587, Square),
    (0x2d_b4b4, Diamond),
    (0xff_6900, Square),
    (0x4b_2d87, Triangle),
    (0xe1_87f0, Diamond),
    (0xb4_7896, Triangle),
];

/// How group `number` looks: the colours in their order, and after the thirtieth again from the first with another shape.
///
/// The first ten differ in colour alone and are all discs. Any two of thirty that have the same shape differ by at least 0.08 in
/// OKLab under deuteranopia and protanopia, and by 0.06 under tritanopia, which is rare (simulated after Machado, Oliveira and
/// Fernandes 2009); with full sight any two of thirty differ by at least 0.08. From group 120 on a look comes twice.
///
/// ```
/// use n2d_plot::{Shape, palette};
///
/// assert_eq!(palette(0).colour.to_string(), "#2db4ff");
/// assert_eq!(palette(0).colour, palette(30).colour);
/// assert_ne!(palette(0).shape, palette(30).shape);
/// ```
pub fn palette(number: usize) -> Ink {
    let (rgb, shape) = COLOURS[number % N_COLOURS];
    let round = number / N_COLOURS;
    Ink {
        colour: Colour::hex(rgb),
        shape: Shape::ALL[(shape as usize + round) % Shape::ALL.len()],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::colour::{linear, oklab};

    /// Machado, Oliveira and Fernandes 2009, *A physiologically-based model for simulation of color vision deficiency*, at
    /// full severity; on linear light.
    const SIGHT: [(&str, [[f64; 3]; 3]); 4] = [
        ("full", [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]),
        (
            "protanopia",
            [
                [0.152286, 1.052583, -0.204868],
                [0.114503, 0.786281, 0.099216],
                [-0.003882, -0.048116, 1.051998],
            ],
        ),
        (
            "deuteranopia",
            [
                [0.367322, 0.860646, -0.227968],
                [0.280085, 0.672501, 0.047413],
                [-0.011820, 0.042940, 0.968881],
            ],
        ),
        (
            "tritanopia",
            [
                [1.255528, -0.076749, -0.178779],
                [-0.078411, 0.930809, 0.147602],
                [0.004733, 0.691367, 0.303900],
            ],
        ),
    ];

    fn seen(colour: Colour, sight: &[[f64; 3]; 3]) -> [f64; 3] {
        let light = linear(colour);
        oklab(sight.map(|row| {
            row.iter()
                .zip(light)
                .map(|(a, b)| a * b)
                .sum::<f64>()
                .clamp(0.0, 1.0)
        }))
    }

    fn distance(a: Colour, b: Colour, sight: &[[f64; 3]; 3]) -> f64 {
        let (a, b) = (seen(a, sight), seen(b, sight));
        (0..3).map(|i| (a[i] - b[i]).powi(2)).sum::<f64>().sqrt()
    }

    /// The least distance under each kind of sight among the pairs of the first `n` that `asked` is true for.
    fn least(n: usize, asked: impl Fn(Ink, Ink) -> bool) -> [f64; 4] {
        SIGHT.map(|(_, sight)| {
            let pairs = (0..n).flat_map(|a| (0..a).map(move |b| (palette(a), palette(b))));
            let apart = pairs
                .filter(|&(a, b)| asked(a, b))
                .map(|(a, b)| distance(a.colour, b.colour, &sight));
            apart.fold(f64::INFINITY, f64::min)
        })
    }

    fn all_above(found: [f64; 4], least: [f64; 4]) {
        for i in 0..4 {
            assert!(
                found[i] >= least[i],
                "{}: {} < {}",
                SIGHT[i].0,
                found[i],
                least[i]
            );
        }
    }

    #[test]
    fn ten_colours_are_told_apart_by_everyone() {
        all_above(least(10, |_, _| true), [0.198, 0.128, 0.128, 0.111]);
    }

    #[test]
    fn thirty_are_told_apart_by_colour_and_shape() {
        all_above(least(30, |_, _| true), [0.08, 0.053, 0.053, 0.046]);
        all_above(least(30, |a, b| a.shape == b.shape), [0.08, 0.08, 0.08, 0.06]);
    }

    #[test]
    fn noise_is_no_colour_of_the_palette() {
        for (name, sight) in SIGHT {
            for number in 0..N_COLOURS {
                let apart = distance(palette(number).colour, NOISE_INK.colour, &sight);
                assert!(apart > 0.05, "{name}: {number} is {apart} from noise");
            }
        }
    }

    #[test]
    fn colours_stand_out_from_paper() {
        for number in 0..N_COLOURS {
            assert!(palette(number).colour.lightness() < 0.87, "{number}");
        }
    }

    #[test]
    fn a_hundred_and_twenty_looks_are_all_different() {
        for a in 0..120 {
            assert!((0..a).all(|b| palette(a) != palette(b)), "{a}");
        }
        assert_eq!(palette(120), palette(0));
        palette(usize::MAX);
    }
}
