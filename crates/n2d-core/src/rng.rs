//! Randomness that is passed in: every generator is derived from the seed, what it is for, and a chunk number.
//!
//! The generator is ChaCha with 8 rounds, whose stream is fixed by its specification, on every platform and for
//! ever. Work that is split over threads draws from one generator a *fixed-size* chunk, never one a thread, so
//! that the number of threads changes nothing.

use rand::SeedableRng;
pub use rand_chacha::ChaCha8Rng;

/// The generator for one purpose and one chunk of it.
///
/// ```
/// use n2d_core::rng::generator;
/// use rand::Rng;
///
/// let mut first = generator(42, "shuffle", 0);
/// let mut again = generator(42, "shuffle", 0);
/// let mut other = generator(42, "shuffle", 1);
/// assert_eq!(first.next_u64(), again.next_u64());
/// assert_ne!(first.next_u64(), other.next_u64());
/// ```
pub fn generator(seed: u64, purpose: &str, chunk: u64) -> ChaCha8Rng {
    let mut rng = ChaCha8Rng::seed_from_u64(derive(seed, purpose));
    rng.set_stream(chunk);
    rng
}

/// A seed for one purpose, from a seed for all.
pub fn derive(seed: u64, purpose: &str) -> u64 {
    // FNV-1a over the purpose, then mixed with the seed so that near seeds give far results.
    let hash = purpose.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    mix(mix(seed) ^ hash)
}

/// A cheap generator for inner loops: SplitMix64 (Steele, Lea and Flood 2014), one state word, passes BigCrush.
///
/// Made for many short streams, one for each (epoch, row), say, where setting up ChaCha would cost more than
/// the numbers drawn from it.
#[derive(Clone, Debug)]
pub struct SplitMix64(u64);

impl SplitMix64 {
    /// The stream of a seed, for one row of one round of some work.
    pub fn new(seed: u64, round: u64, row: u64) -> Self {
        Self(mix(mix(seed ^ mix(round)) ^ row))
    }

    /// The next 64 bits.
    #[inline]
    pub fn next_u64(&mut self) -> u64 {
        let out = mix(self.0);
        self.0 = self.0.wrapping_add(GOLDEN);
        out
    }

    /// A number below `n`, by the high half of a product (bias below `n / 2^64`).
    #[inline]
    pub fn below(&mut self, n: usize) -> usize {
        ((u128::from(self.next_u64()) * n as u128) >> 64) as usize
    }
}

const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;

/// SplitMix64's output function: a bijection whose every output bit depends on every input bit.
#[inline]
fn mix(z: u64) -> u64 {
    let z = z.wrapping_add(GOLDEN);
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::Rng;

    /// A saved seed must mean the same for ever: these values may never change.
    #[test]
    fn streams_are_pinned() {
        assert_eq!(derive(0, "encoder"), 10_404_409_151_365_367_813);
        assert_eq!(generator(42, "shuffle", 3).next_u64(), 4_188_717_100_101_922_308);
        // The reference implementation's first outputs for state 0.
        let mut reference = SplitMix64(0);
        assert_eq!(reference.next_u64(), 0xe220_a839_7b1d_cdaf);
        assert_eq!(reference.next_u64(), 0x6e78_9e6a_a1b9_65f4);
    }

    #[test]
    fn below_covers_its_range() {
        let mut rng = SplitMix64::new(1, 2, 3);
        let mut seen = [0_u32; 7];
        for _ in 0..7000 {
            seen[rng.below(7)] += 1;
        }
        assert!(seen.iter().all(|&n| (800..1200).contains(&n)), "{seen:?}");
    }
}
