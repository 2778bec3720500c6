//! What a parser says of a value, in words for people.

use crate::registry::did_you_mean;

/// What a value must be, as serde's error has it, `it must be a whole number of at least 0`; or what a type of its own says.
pub(crate) fn allowed(error: &serde_json::Error) -> String {
    let text = error.to_string();
    // The place in a text that people have not written.
    let text = text.split(" at line ").next().unwrap_or(&text);
    let Some((what, expected)) = text.split_once(", expected ") else {
        return text.to_owned();
    };
    match what.strip_prefix("unknown variant `") {
        Some(given) => one_of(given.trim_end_matches('`'), expected),
        None => format!("it must be {}", type_in_words(expected)),
    }
}

/// As [`allowed`], for a value that may be a word mistyped: near to one of those that the text has.
pub(crate) fn allowed_for(error: &serde_json::Error, given: &serde_json::Value) -> String {
    let text = allowed(error);
    let is_list = text.starts_with("it must be one of") && !text.contains("Did you mean");
    let Some(given) = given.as_str().filter(|_| is_list) else {
        return text;
    };
    let words = text.split(|c: char| !c.is_alphanumeric() && c != '-' && c != '_');
    let hint = did_you_mean(given, words.filter(|word| word.len() > 3 && *word != given));
    let stop = if hint.is_empty() { "" } else { "." };
    format!("{text}{stop}{hint}")
}

/// Of "one of `a`, `b`", "`a` or `b`" or "`a`".
fn one_of(given: &str, expected: &str) -> String {
    let names: Vec<&str> = expected.split('`').skip(1).step_by(2).collect();
    let hint = did_you_mean(given, names.iter().copied());
    format!("it must be one of {}.{hint}", names.join(", "))
}

fn type_in_words(expected: &str) -> &str {
    match expected {
        "usize" | "u64" | "u32" | "u16" | "u8" => "a whole number of at least 0",
        "a nonzero usize" => "a whole number of at least 1",
        "isize" | "i64" | "i32" => "a whole number",
        "f64" | "f32" => "a number",
        "a boolean" => "true or false",
        "a string" | "a borrowed string" => "text",
        "a sequence" => "a list",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use n2d_datasets::Scaling;
    use serde::de::DeserializeOwned;
    use serde_json::{Value, json};

    use super::*;

    fn said<T: DeserializeOwned + std::fmt::Debug>(value: Value) -> String {
        allowed(&serde_json::from_value::<T>(value).unwrap_err())
    }

    #[test]
    fn types_are_named_in_words() {
        assert_eq!(
            said::<usize>(json!("many")),
            "it must be a whole number of at least 0"
        );
        assert_eq!(
            said::<usize>(json!(-1)),
            "it must be a whole number of at least 0"
        );
        assert_eq!(said::<f64>(json!([1])), "it must be a number");
        assert_eq!(said::<bool>(json!(1)), "it must be true or false");
        assert_eq!(said::<Vec<usize>>(json!(1)), "it must be a list");
        assert_eq!(
            said::<Scaling>(json!("minmx")),
            "it must be one of none, minmax, standard, standard-channels, standard-all. Did you mean minmax?"
        );
    }
}
