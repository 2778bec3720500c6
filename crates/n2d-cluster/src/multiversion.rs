//! Kernels that multiply and add in one rounding, where the processor that runs has an instruction for it.

/// How a kernel multiplies and adds: what differs between the versions of a [`fused_multiversion`].
pub(crate) trait Arithmetic {
    /// `a * b + c`.
    fn mul_add(a: f64, b: f64, c: f64) -> f64;
}

/// Rounded after the product and after the sum.
pub(crate) struct Apart;

/// Rounded once. Only for where the processor has an instruction for it: elsewhere it is slow.
pub(crate) struct Fused;

impl Arithmetic for Apart {
    #[inline(always)]
    fn mul_add(a: f64, b: f64, c: f64) -> f64 {
        a * b + c
    }
}

impl Arithmetic for Fused {
    #[inline(always)]
    fn mul_add(a: f64, b: f64, c: f64) -> f64 {
        a.mul_add(b, c)
    }
}

/// As [`n2d_core::multiversion`], with products and sums fused where the processor can: twice as fast, and other bits than on a
/// processor that can't. With AVX-512, too, whose thirty-two registers hold many sums side by side: in each lane the
/// same operations in the same order. The body is generic over its [`Arithmetic`].
macro_rules! fused_multiversion {
    ($(#[$attribute:meta])* fn $name:ident<$arithmetic:ident>($($arg:ident: $type:ty),* $(,)?) $(-> $result:ty)? $body:block) => {
        $(#[$attribute])*
        pub(crate) fn $name($($arg: $type),*) $(-> $result)? {
            #[inline(always)]
            fn generic<$arithmetic: $crate::multiversion::Arithmetic>($($arg: $type),*) $(-> $result)? $body

            #[cfg(target_arch = "x86_64")]
            {
                #[target_feature(enable = "avx512f")]
                fn wide($($arg: $type),*) $(-> $result)? {
                    generic::<$crate::multiversion::Fused>($($arg),*)
                }
                #[target_feature(enable = "avx2,fma")]
                fn fused($($arg: $type),*) $(-> $result)? {
                    generic::<$crate::multiversion::Fused>($($arg),*)
                }
                if std::arch::is_x86_feature_detected!("avx512f") {
                    // SAFETY: the processor has just been asked for this feature.
                    #[allow(unsafe_code)]
                    return unsafe { wide($($arg),*) };
                }
                if std::arch::is_x86_feature_detected!("avx2") && std::arch::is_x86_feature_detected!("fma") {
                    // SAFETY: the processor has just been asked for these features.
                    #[allow(unsafe_code)]
                    return unsafe { fused($($arg),*) };
                }
                generic::<$crate::multiversion::Apart>($($arg),*)
            }
            // Every 64-bit ARM processor fuses; what others do is not known here.
            #[cfg(target_arch = "aarch64")]
            {
                generic::<$crate::multiversion::Fused>($($arg),*)
            }
            #[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
            {
                generic::<$crate::multiversion::Apart>($($arg),*)
            }
        }
    };
}

pub(crate) use fused_multiversion;
