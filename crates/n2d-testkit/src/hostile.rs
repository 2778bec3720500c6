//! States as nobody saves them.

use n2d_core::persist::State;
use n2d_core::rng::SplitMix64;
use serde_json::{Map, Value, json};

use crate::tensor::{FORMS, Tensor, contents};

/// A state that has been tampered with.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct HostileState {
    /// What was done to it, in words.
    pub what: String,
    /// The state.
    pub state: State,
}

/// A way to a state: the parts' names from the whole on.
type Path = Vec<String>;

/// Every state that comes of one change to a saved one, and then `n_random` that come of several random ones.
///
/// The single changes are, for each value, array and part: it is left out; a value becomes one of another type or size, at every
/// depth of its JSON; an array gets another shape, other lengths, another type of elements, another order, or elements that are
/// NaN, infinite, negative, very large or zero; two arrays change places. The same seed gives the same states.
///
/// They are made one at a time, and share what was not changed.
///
/// ```
/// use n2d_core::persist::{LoadError, Persist, State};
/// use n2d_testkit::hostile_states;
///
/// struct Scale(Vec<f32>);
///
/// impl Persist for Scale {
///     const KIND: &'static str = "scale";
///     fn save(&self, state: &mut State) {
///         state.put("by", &self.0);
///     }
///     fn load(state: &State) -> Result<Self, LoadError> {
///         Ok(Self(state.finite_vec("by")?))
///     }
/// }
///
/// let saved = State::of(&Scale(vec![1.0, 2.0]))?;
/// let refused = hostile_states(&saved, 100, 0).filter(|hostile| hostile.state.load::<Scale>().is_err());
/// assert!(refused.count() > 20);
/// # Ok::<(), n2d_core::persist::SaveError>(())
/// ```
pub fn hostile_states(
    state: &State,
    n_random: usize,
    seed: u64,
) -> impl Iterator<Item = HostileState> + use<'_> {
    let mut paths = Vec::new();
    collect_paths(state, &mut Vec::new(), &mut paths);
    let single = paths
        .clone()
        .into_iter()
        .flat_map(|path| single_changes(state, path));
    let random = (0..n_random).map(move |at| at_random(state, &paths, seed, at as u64));
    single.chain(random)
}

fn collect_paths(state: &State, path: &mut Path, paths: &mut Vec<Path>) {
    paths.push(path.clone());
    for (name, part) in state.parts() {
        path.push(name.to_owned());
        collect_paths(part, path, paths);
        path.pop();
    }
}

fn at_path<'a>(mut state: &'a State, path: &Path) -> Option<&'a State> {
    for name in path {
        state = state.parts().find(|(of, _)| of == name)?.1;
    }
    Some(state)
}

/// The whole with one of its parts changed.
fn changed(whole: &State, path: &Path, what: String, change: impl FnOnce(&mut State)) -> HostileState {
    let mut state = whole.clone();
    let mut part = Some(&mut state);
    for name in path {
        part = part.and_then(|part| part.part_mut(name));
    }
    if let Some(part) = part {
        change(part);
    }
    let at: String = path.iter().map(|name| format!("{name}/")).collect();
    HostileState {
        what: format!("{at}{what}"),
        state,
    }
}

fn names<'a>(items: impl Iterator<Item = (&'a str, impl Sized)>) -> Vec<String> {
    items.map(|(name, _)| name.to_owned()).collect()
}

fn single_changes(whole: &State, path: Path) -> impl Iterator<Item = HostileState> + use<'_> {
    let own = at_path(whole, &path);
    let all = |of: fn(&State) -> Vec<String>| own.map(of).unwrap_or_default();
    let values = all(|state| names(state.values()));
    let arrays = all(|state| names(state.arrays()));
    let parts = all(|state| names(state.parts()));
    let everything: Vec<String> = [&values[..], &arrays, &parts].concat();
    let (of_values, of_arrays, of_swaps, of_parts) = (path.clone(), path.clone(), path.clone(), path.clone());
    let swaps = swapped(&arrays);
    let left_out = everything.into_iter().map(move |name| {
        changed(whole, &path, format!("{name} left out"), |state| {
            state.remove(&name);
        })
    });
    let values = values
        .into_iter()
        .flat_map(move |name| changed_values(whole, of_values.clone(), name));
    let arrays = arrays
        .into_iter()
        .flat_map(move |name| changed_arrays(whole, of_arrays.clone(), name));
    let swaps = swaps.into_iter().map(move |(a, b)| {
        changed(whole, &of_swaps, format!("{a} and {b} swapped"), |state| {
            swap(state, &a, &b);
        })
    });
    let strangers = parts.into_iter().map(move |name| {
        changed(whole, &of_parts, format!("{name} of another kind"), |state| {
            state.new_part(&name, "stranger");
        })
    });
    left_out.chain(values).chain(arrays).chain(swaps).chain(strangers)
}

fn swapped(names: &[String]) -> Vec<(String, String)> {
    let pairs = names.iter().enumerate();
    pairs
        .flat_map(|(at, a)| names[at + 1..].iter().map(move |b| (a.clone(), b.clone())))
        .collect()
}

fn swap(state: &mut State, a: &str, b: &str) {
    if let (Some(of_a), Some(of_b)) = (Tensor::of(state, a), Tensor::of(state, b)) {
        of_a.put(state, b);
        of_b.put(state, a);
    }
}

fn changed_arrays(whole: &State, path: Path, name: String) -> impl Iterator<Item = HostileState> + use<'_> {
    let tensor = at_path(whole, &path).and_then(|state| Tensor::of(state, &name));
    let whole_changes = move |(what, edit): (String, Box<dyn Fn(&mut Tensor)>)| {
        let mut tensor = tensor.clone()?;
        edit(&mut tensor);
        Some(changed(whole, &path, format!("{name} {what}"), |state| {
            tensor.put(state, &name);
        }))
    };
    let forms = FORMS
        .iter()
        .map(|&(what, edit)| (what.to_owned(), Box::new(edit) as Box<dyn Fn(&mut Tensor)>));
    let contents = contents().map(|(what, place, value)| {
        let edit = move |tensor: &mut Tensor| tensor.fill(place, value);
        (format!("with {what}"), Box::new(edit) as Box<dyn Fn(&mut Tensor)>)
    });
    forms.chain(contents).filter_map(whole_changes)
}

/// Values of other types and sizes.
fn strange_values() -> [Value; 15] {
    [
        Value::Null,
        json!(true),
        json!(0),
        json!(1),
        json!(2),
        json!(-1),
        json!(u64::MAX),
        json!(i64::MIN),
        json!(1_u64 << 40),
        json!(1e308),
        json!(0.5),
        json!(""),
        json!("stranger"),
        json!([]),
        json!({}),
    ]
}

fn changed_values(whole: &State, path: Path, name: String) -> impl Iterator<Item = HostileState> + use<'_> {
    let value = at_path(whole, &path)
        .and_then(|state| state.values().find(|(of, _)| *of == name))
        .map(|(_, value)| value.clone())
        .unwrap_or_default();
    variants(&value).into_iter().map(move |strange| {
        changed(whole, &path, format!("{name} = {strange}"), |state| {
            state.set(&name, &strange);
        })
    })
}

/// The value with a change at any one place of it.
fn variants(value: &Value) -> Vec<Value> {
    let mut all = strange_values().to_vec();
    match value {
        Value::Number(number) => {
            if let Some(number) = number.as_u64() {
                all.extend([json!(number.saturating_add(1)), json!(number.saturating_sub(1))]);
            }
        }
        Value::Object(fields) => {
            for (key, field) in fields {
                let with = |field: Option<Value>| with_field(fields, key, field);
                all.push(with(None));
                all.extend(variants(field).into_iter().map(|field| with(Some(field))));
            }
            all.push(with_field(fields, "stranger", Some(json!(1))));
        }
        Value::Array(items) => {
            for at in 0..items.len().min(4) {
                let with = |item| {
                    let mut items = items.clone();
                    items[at] = item;
                    Value::Array(items)
                };
                all.extend(variants(&items[at]).into_iter().map(with));
            }
            all.push(Value::Array(items[..items.len().saturating_sub(1)].to_vec()));
            all.push(Value::Array([&items[..], &items[..]].concat()));
        }
        _ => {}
    }
    all
}

fn with_field(fields: &Map<String, Value>, key: &str, field: Option<Value>) -> Value {
    let mut fields = fields.clone();
    match field {
        Some(field) => fields.insert(key.to_owned(), field),
        None => fields.remove(key),
    };
    Value::Object(fields)
}

/// Up to four random changes, mostly to elements of arrays.
fn at_random(whole: &State, paths: &[Path], seed: u64, at: u64) -> HostileState {
    let mut rng = SplitMix64::new(seed, 0, at);
    let mut state = whole.clone();
    for _ in 0..=rng.below(4) {
        let path = &paths[rng.below(paths.len())];
        state = changed(&state, path, String::new(), |part| disturb(part, &mut rng)).state;
    }
    HostileState {
        what: format!("random state {at} of seed {seed}"),
        state,
    }
}

fn disturb(state: &mut State, rng: &mut SplitMix64) {
    let (arrays, values) = (names(state.arrays()), names(state.values()));
    if rng.below(8) == 0 && !values.is_empty() {
        let name = &values[rng.below(values.len())];
        state.set(name, &strange_values()[rng.below(15)]);
    } else if !arrays.is_empty() {
        let name = &arrays[rng.below(arrays.len())];
        let Some(mut tensor) = Tensor::of(state, name) else {
            return;
        };
        match rng.below(10) {
            0 => (FORMS[rng.below(FORMS.len())].1)(&mut tensor),
            _ => (0..=rng.below(3)).for_each(|_| tensor.disturb(rng)),
        }
        tensor.put(state, name);
    }
}
