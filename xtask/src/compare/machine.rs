//! The machine that a record was made on, in words.

use std::collections::BTreeMap;
use std::path::Path;

const FILE: &str = "benches/records/machines.csv";

/// Notes that this machine made a record, or added to it.
pub(crate) fn note(root: &Path, record: &str) -> Result<(), String> {
    let mut machines = read(root);
    machines.insert(record.to_owned(), this_one());
    let lines = machines
        .iter()
        .map(|(record, machine)| format!("{record},{machine}\n"));
    let text = "record,machine\n".to_owned() + &lines.collect::<String>();
    std::fs::write(root.join(FILE), text).map_err(|error| format!("{FILE}: {error}"))
}

/// The machine of each record.
pub(crate) fn read(root: &Path) -> BTreeMap<String, String> {
    let text = std::fs::read_to_string(root.join(FILE)).unwrap_or_default();
    let lines = text.lines().skip(1).filter_map(|line| line.split_once(','));
    lines
        .map(|(record, machine)| (record.to_owned(), machine.to_owned()))
        .collect()
}

/// As Linux describes it; elsewhere only the number of threads.
fn this_one() -> String {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let about = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    described(&about, threads)
}

fn described(cpuinfo: &str, threads: usize) -> String {
    let value = |name: &str| {
        let line = cpuinfo.lines().find(|line| line.starts_with(name))?;
        line.split_once(':').map(|(_, value)| value.trim())
    };
    let has = |flag: &str| value("flags").is_some_and(|flags| flags.split(' ').any(|own| own == flag));
    let vectors = match () {
        () if has("avx512f") => ", AVX-512",
        () if has("avx2") => ", AVX2",
        () => "",
    };
    // The number tells processors apart that hide their name, as virtual machines' often do.
    let model = match (value("cpu family"), value("model\t")) {
        (Some(family), Some(model)) => format!(" (family {family} model {model})"),
        _ => String::new(),
    };
    let name = value("model name").unwrap_or("a processor that is not known");
    format!("{name}{model}{vectors}; {threads} threads")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_processor_is_described() {
        let cpuinfo = "cpu family\t: 6\nmodel\t\t: 207\nmodel name\t: Intel Xeon\nflags\t\t: fpu avx2 avx512f\n\ncpu family\t: 7\n";
        assert_eq!(
            described(cpuinfo, 2),
            "Intel Xeon (family 6 model 207), AVX-512; 2 threads"
        );
        assert_eq!(described("", 4), "a processor that is not known; 4 threads");
    }
}
