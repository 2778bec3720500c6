//! What this process does with memory: the most it has had, and that it keeps what was freed.

/// The peak of resident memory in MiB, where the system tells: on Linux.
pub(crate) fn peak_rss_mib() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    Some(high_water_kib(&status)? / 1024.0)
}

/// Has glibc keep what is freed, to a bound, for what is allocated next.
///
/// Each step of training takes and gives back megabytes. At its defaults glibc gives them back to the kernel, which clears them anew each time: time
/// that shows, on burn above all.
pub(crate) fn keep_freed() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    // SAFETY: two options of the allocator are set, by values it allows, before there is a second thread.
    #[allow(unsafe_code)]
    unsafe {
        libc::mallopt(libc::M_MMAP_THRESHOLD, 32 << 20);
        libc::mallopt(libc::M_TRIM_THRESHOLD, 256 << 20);
    }
}

fn high_water_kib(status: &str) -> Option<f64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix("kB")?.trim_end().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_high_water_mark_is_found() {
        let status = "Name:\tn2d\nVmPeak:\t  900 kB\nVmHWM:\t  2048 kB\nVmRSS:\t 100 kB\n";
        assert_eq!(high_water_kib(status), Some(2048.0));
        assert_eq!(high_water_kib("Name:\tn2d\n"), None);
    }
}
