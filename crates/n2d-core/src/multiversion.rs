//! Wider vector instructions than every processor has, for kernels over lanes, where the one that runs has them.

/// Compiles a function for AVX2 as well, and picks at run time.
///
/// Only the width differs: the compiler neither reorders nor fuses floating-point operations, so both versions give the
/// same bits. What the body calls must be `#[inline(always)]` to be compiled along. There is no AVX-512 version because
/// it was measured to be slower: the compiler then reads across lanes with gather instructions.
#[macro_export]
macro_rules! multiversion {
    ($(#[$attribute:meta])* fn $name:ident($($arg:ident: $type:ty),* $(,)?) $(-> $result:ty)? $body:block) => {
        $(#[$attribute])*
        pub(crate) fn $name($($arg: $type),*) $(-> $result)? {
            #[inline(always)]
            fn plain($($arg: $type),*) $(-> $result)? $body

            #[cfg(target_arch = "x86_64")]
            {
                #[target_feature(enable = "avx2")]
                fn avx2($($arg: $type),*) $(-> $result)? {
                    plain($($arg),*)
                }
                if std::arch::is_x86_feature_detected!("avx2") {
                    // SAFETY: the processor has just been asked for this feature.
                    #[allow(unsafe_code)]
                    return unsafe { avx2($($arg),*) };
                }
            }
            plain($($arg),*)
        }
    };
}
