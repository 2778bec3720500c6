//! Numbers and tables as people read them.

use std::fmt::Write as _;
use std::io::IsTerminal;

/// `70000` as `70,000`.
pub(crate) fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `1 row`, `2 rows`.
pub(crate) fn counted(number: usize, what: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{} {what}{plural}", grouped(number))
}

/// `0.012 s`, `7.1 s`, `2 min 05 s`, `1 h 02 min`.
pub(crate) fn duration(seconds: f64) -> String {
    let whole = seconds.round() as u64;
    match seconds {
        s if s < 0.095 => format!("{s:.3} s"),
        s if s < 99.95 => format!("{s:.1} s"),
        _ if whole < 3600 => format!("{} min {:02} s", whole / 60, whole % 60),
        _ => format!("{} h {:02} min", whole / 3600, whole % 3600 / 60),
    }
}

/// `312 MiB`, `4.1 GiB`.
pub(crate) fn mebibytes(mib: f64) -> String {
    if mib < 1024.0 {
        format!("{mib:.0} MiB")
    } else {
        format!("{:.1} GiB", mib / 1024.0)
    }
}

/// `812 bytes`, `36.1 kB`, `19.2 MB`.
pub(crate) fn file_size(bytes: u64) -> String {
    match bytes {
        0..1000 => counted(bytes as usize, "byte"),
        1000..1_000_000 => format!("{:.1} kB", bytes as f64 / 1e3),
        _ => format!("{:.1} MB", bytes as f64 / 1e6),
    }
}

/// Four digits that count: `0.01234`, `12.35`, `1.234e-7`.
pub(crate) fn figure(value: f64) -> String {
    let size = value.abs();
    if value == 0.0 {
        "0".to_owned()
    } else if !(1e-4..1e6).contains(&size) {
        format!("{value:.3e}")
    } else {
        let decimals = (3 - size.log10().floor() as i64).max(0) as usize;
        format!("{value:.decimals$}")
    }
}

/// Which way a column of a table leans.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Align {
    Left,
    Right,
}

/// Rows with their cells aligned, each line led by `indent`; no space at the end of a line.
pub(crate) fn table(indent: &str, align: &[Align], rows: &[Vec<String>]) -> String {
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..align.len()).map(width).collect();
    let mut text = String::new();
    for row in rows {
        let mut line = indent.to_owned();
        for (i, ((cell, align), &width)) in row.iter().zip(align).zip(&widths).enumerate() {
            let gap = if i > 0 { "  " } else { "" };
            // Writing to a string can't fail.
            let _ = match align {
                Align::Left => write!(line, "{gap}{cell:<width$}"),
                Align::Right => write!(line, "{gap}{cell:>width$}"),
            };
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

/// Whether stdout takes bold and dim text.
#[derive(Clone, Copy)]
pub(crate) struct Style {
    on: bool,
}

impl Style {
    /// On a terminal, unless `NO_COLOR` is set.
    pub(crate) fn of_stdout() -> Self {
        let refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        Self {
            on: std::io::stdout().is_terminal() && !refused,
        }
    }

    #[cfg(test)]
    pub(crate) fn plain() -> Self {
        Self { on: false }
    }

    pub(crate) fn bold(self, text: &str) -> String {
        self.wrapped(text, 1)
    }

    pub(crate) fn dim(self, text: &str) -> String {
        self.wrapped(text, 2)
    }

    fn wrapped(self, text: &str, code: u8) -> String {
        if self.on {
            format!("\u{1b}[{code}m{text}\u{1b}[0m")
        } else {
            text.to_owned()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_readable() {
        let groups = [0, 999, 1000, 70_000, 1_234_567].map(grouped);
        assert_eq!(groups, ["0", "999", "1,000", "70,000", "1,234,567"]);
        assert_eq!(counted(1, "row"), "1 row");
        assert_eq!(counted(0, "row"), "0 rows");
        let times = [0.0123, 0.0951, 99.94, 99.96, 3599.4, 3599.6].map(duration);
        assert_eq!(
            times,
            [
                "0.012 s",
                "0.1 s",
                "99.9 s",
                "1 min 40 s",
                "59 min 59 s",
                "1 h 00 min"
            ]
        );
        let figures = [0.0, 0.0123456, 12.3456, 123_456.7, 1.5e-7, -0.5].map(figure);
        assert_eq!(
            figures,
            ["0", "0.01235", "12.35", "123457", "1.500e-7", "-0.5000"]
        );
        assert_eq!(mebibytes(312.4), "312 MiB");
        assert_eq!(mebibytes(4200.0), "4.1 GiB");
        let sizes = [812, 36_100, 19_200_000].map(file_size);
        assert_eq!(sizes, ["812 bytes", "36.1 kB", "19.2 MB"]);
    }

    #[test]
    fn columns_line_up() {
        let rows = [["a", "1"], ["bcd", "100"]].map(|row| row.map(str::to_owned).to_vec());
        assert_eq!(
            table("  ", &[Align::Left, Align::Right], &rows),
            "  a      1\n  bcd  100\n"
        );
    }
}
