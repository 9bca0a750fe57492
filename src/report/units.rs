//! Numbers as people read them.

use crate::Seconds;

/// `0.02 s`, `0.4 s`, `38 s`, `2 min 5 s`, `42 min`, `1 h 50 min`.
pub fn seconds(duration: Seconds) -> String {
    let value = duration.get();
    if value < 0.095 {
        return format!("{value:.2} s");
    }
    if value < 9.95 {
        return format!("{value:.1} s");
    }
    let whole = std::time::Duration::from_secs_f64(value.round().min(1e12)).as_secs();
    let (minutes, rest) = (whole / 60, whole % 60);
    match (minutes, rest) {
        (0, _) => format!("{whole} s"),
        (1..10, 1..) => format!("{minutes} min {rest} s"),
        (1..100, _) => format!("{minutes} min"),
        _ => format!("{} h {} min", minutes / 60, minutes % 60),
    }
}

/// Whether a duration is more than the noise of a build.
pub fn is_worth_saying(duration: Seconds) -> bool {
    duration.get() >= 0.05
}

/// Decimal units as `docker build` uses them: `17 B`, `1.2 kB`, `1.8 MB`.
pub fn bytes(count: u64) -> String {
    const UNITS: [&str; 4] = ["kB", "MB", "GB", "TB"];
    if count < 1000 {
        return format!("{count} B");
    }
    let mut value = count as f64 / 1000.0;
    let mut unit = UNITS[0];
    for larger in &UNITS[1..] {
        // What would be shown as 1000.0 belongs to the next unit.
        if value < 999.95 {
            break;
        }
        value /= 1000.0;
        unit = larger;
    }
    format!("{value:.1} {unit}")
}

/// `12,033`.
pub fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// `1 file`, `12,033 files`.
pub fn counted(number: u64, one: &str, many: &str) -> String {
    format!("{} {}", count(number), if number == 1 { one } else { many })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_the_digits_that_matter() {
        let shown: Vec<String> =
            [0.0, 0.021, 0.4, 3.0, 9.96, 38.2, 59.7, 120.2, 125.0, 2520.0, 6600.0]
                .into_iter()
                .map(|value| seconds(Seconds::new(value)))
                .collect();
        assert_eq!(
            shown,
            [
                "0.00 s",
                "0.02 s",
                "0.4 s",
                "3.0 s",
                "10 s",
                "38 s",
                "1 min",
                "2 min",
                "2 min 5 s",
                "42 min",
                "1 h 50 min"
            ]
        );
    }

    #[test]
    fn sizes_and_counts() {
        assert_eq!(bytes(999), "999 B");
        assert_eq!(bytes(1_840_233), "1.8 MB");
        assert_eq!(bytes(999_999), "1.0 MB");
        assert_eq!(bytes(u64::MAX), "18446744.1 TB");
        assert_eq!(count(12_033), "12,033");
        assert_eq!(count(999), "999");
        assert_eq!(counted(1, "file", "files"), "1 file");
    }
}
