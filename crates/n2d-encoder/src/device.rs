use std::fmt;
use std::str::FromStr;

use n2d_core::ConfigError;
use n2d_core::check::Options;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Where networks on burn's tensors train: `cpu`, `cuda`, `cuda:1`, ...; the number is that of the device among those of its kind.
///
/// Which kinds there are is a choice at build time: features of the same names. Asking for one that is not compiled in is an error of
/// the configuration, which lists those that are.
///
/// ```
/// use n2d_encoder::Device;
///
/// let device: Device = "cuda:1".parse().unwrap();
/// assert_eq!(device.to_string(), "cuda:1");
/// assert!(Device::compiled_in().contains(&"cpu"));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Device {
    kind: Kind,
    index: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Kind {
    #[default]
    Cpu,
    Wgpu,
    Vulkan,
    Metal,
    Cuda,
    Rocm,
}

const KINDS: [(Kind, &str, bool); 6] = [
    (Kind::Cpu, "cpu", true),
    (Kind::Wgpu, "wgpu", cfg!(feature = "wgpu")),
    (Kind::Vulkan, "vulkan", cfg!(feature = "vulkan")),
    (Kind::Metal, "metal", cfg!(feature = "metal")),
    (Kind::Cuda, "cuda", cfg!(feature = "cuda")),
    (Kind::Rocm, "rocm", cfg!(feature = "rocm")),
];

impl Device {
    /// The processor.
    pub const CPU: Self = Self {
        kind: Kind::Cpu,
        index: 0,
    };

    /// The names of the kinds that were compiled in.
    pub fn compiled_in() -> Vec<&'static str> {
        KINDS.iter().filter(|kind| kind.2).map(|kind| kind.1).collect()
    }

    /// Whether it is the processor.
    pub fn is_cpu(self) -> bool {
        self.kind == Kind::Cpu
    }

    fn entry(self) -> (Kind, &'static str, bool) {
        *KINDS
            .iter()
            .find(|kind| kind.0 == self.kind)
            .expect("every kind is in the table")
    }

    /// That it was compiled in.
    pub(crate) fn check(self, part: &'static str) -> Result<(), ConfigError> {
        if self.entry().2 {
            return Ok(());
        }
        let compiled_in = Self::compiled_in().join(", ");
        let allowed =
            format!("a device that was compiled in ({compiled_in}; others are features of the build)");
        Err(Options::of(part).refuse("device", allowed, self))
    }

    /// burn's device; of kinds that are not compiled in, which [`check`](Self::check) refuses, the processor.
    pub(crate) fn to_burn(self) -> burn::tensor::Device {
        #[cfg(any(feature = "wgpu", feature = "vulkan", feature = "metal"))]
        let adapter = match self.index {
            0 => burn::tensor::DeviceKind::DefaultDevice,
            index => burn::tensor::DeviceKind::DiscreteGpu(index),
        };
        match self.kind {
            #[cfg(feature = "wgpu")]
            Kind::Wgpu => burn::tensor::Device::wgpu(adapter),
            #[cfg(feature = "vulkan")]
            Kind::Vulkan => burn::tensor::Device::vulkan(adapter),
            #[cfg(feature = "metal")]
            Kind::Metal => burn::tensor::Device::metal(adapter),
            #[cfg(feature = "cuda")]
            Kind::Cuda => burn::tensor::Device::cuda(self.index),
            #[cfg(feature = "rocm")]
            Kind::Rocm => burn::tensor::Device::rocm(self.index),
            _ => burn::tensor::Device::flex(),
        }
    }
}

impl fmt::Display for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.entry().1;
        match self.index {
            0 => f.write_str(name),
            index => write!(f, "{name}:{index}"),
        }
    }
}

/// A text that names no device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownDevice {
    given: String,
}

impl fmt::Display for UnknownDevice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let known: Vec<&str> = KINDS.iter().map(|kind| kind.1).collect();
        let (given, known) = (&self.given, known.join(", "));
        write!(
            f,
            "there is no device `{given}`; known are {known}, all but cpu also with a number, as in cuda:1"
        )
    }
}

impl std::error::Error for UnknownDevice {}

impl FromStr for Device {
    type Err = UnknownDevice;

    fn from_str(text: &str) -> Result<Self, UnknownDevice> {
        let unknown = || UnknownDevice {
            given: text.to_owned(),
        };
        let (name, index) = match text.split_once(':') {
            Some((name, index)) => (name, index.parse().map_err(|_| unknown())?),
            None => (text, 0),
        };
        let kind = KINDS.iter().find(|kind| kind.1 == name).ok_or_else(unknown)?.0;
        if kind == Kind::Cpu && index != 0 {
            return Err(unknown());
        }
        Ok(Self { kind, index })
    }
}

impl Serialize for Device {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Device {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_come_back_and_others_are_refused() {
        for name in ["cpu", "wgpu", "vulkan", "metal:2", "cuda", "cuda:1", "rocm"] {
            assert_eq!(name.parse::<Device>().unwrap().to_string(), name);
            let json = format!("\"{name}\"");
            assert_eq!(
                serde_json::to_string(&serde_json::from_str::<Device>(&json).unwrap()).unwrap(),
                json
            );
        }
        for name in ["", "gpu", "cuda:", "cuda:-1", "cpu:1", "CUDA"] {
            let error = name.parse::<Device>().unwrap_err().to_string();
            assert!(
                error.starts_with(&format!("there is no device `{name}`; known are cpu, ")),
                "{error}"
            );
        }
    }

    #[test]
    fn what_is_not_compiled_in_is_refused_with_what_is() {
        assert!(Device::CPU.check("dense").is_ok());
        if cfg!(not(feature = "rocm")) {
            let error = "rocm".parse::<Device>().unwrap().check("dense").unwrap_err();
            let message = error.to_string();
            assert!(
                message.starts_with("dense.device must be a device that was compiled in (cpu"),
                "{message}"
            );
            assert!(message.ends_with("but is rocm"), "{message}");
        }
    }
}
