//! What is shown and kept of a comparison.

use super::contender::Answer;

/// One contender's rounds of one match.
pub(super) struct Row {
    pub(super) task: String,
    pub(super) contender: String,
    pub(super) answers: Vec<Answer>,
    /// What came out of all rounds, where that is more than one answer says.
    pub(super) summary: Option<String>,
}

impl Row {
    fn seconds(&self) -> Vec<f64> {
        self.answers.iter().map(|answer| answer.seconds).collect()
    }

    /// What came out of the round in the middle: rates there belong to the median beside them.
    fn middle(&self) -> &str {
        let mut answers: Vec<&Answer> = self.answers.iter().collect();
        answers.sort_by(|a, b| a.seconds.total_cmp(&b.seconds));
        answers
            .get(answers.len().saturating_sub(1) / 2)
            .map_or("", |answer| answer.result.as_str())
    }
}

/// The middle one, or the mean of the two in the middle; NaN of none.
pub(super) fn median(mut values: Vec<f64>) -> f64 {
    if values.is_empty() {
        return f64::NAN;
    }
    values.sort_by(f64::total_cmp);
    let (half, n) = (values.len() / 2, values.len());
    if n % 2 == 1 {
        values[half]
    } else {
        (values[half - 1] + values[half]) / 2.0
    }
}

/// The first lines of a table.
pub(super) const HEAD: &str =
    "| task | contender | seconds, median (min to max) | times ours | result |\n|---|---|---|---|---|\n";

/// A Markdown table; the ratio is that of a contender's seconds to those of the first of its match, round by round.
pub(super) fn markdown(rows: &[Row]) -> String {
    HEAD.to_owned() + &lines(rows)
}

/// The lines of the table.
pub(super) fn lines(rows: &[Row]) -> String {
    let mut text = String::new();
    for row in rows {
        let ours = rows
            .iter()
            .find(|other| other.task == row.task)
            .map_or_else(Vec::new, Row::seconds);
        let seconds = row.seconds();
        let ratios = seconds
            .iter()
            .zip(&ours)
            .map(|(theirs, ours)| theirs / ours)
            .collect();
        let least = seconds.iter().copied().fold(f64::INFINITY, f64::min);
        let most = seconds.iter().copied().fold(0.0, f64::max);
        let result = row.summary.as_deref().unwrap_or_else(|| row.middle());
        text += &format!(
            "| {} | {} | {:.3} ({least:.3} to {most:.3}) | {:.2} | {result} |\n",
            row.task,
            row.contender,
            median(seconds),
            median(ratios)
        );
    }
    text
}

/// Every round, for whoever wants to look again.
pub(super) fn csv(rows: &[Row]) -> String {
    let mut text = "task,contender,round,seconds,result\n".to_owned();
    for row in rows {
        for (round, Answer { seconds, result }) in row.answers.iter().enumerate() {
            text += &format!(
                "\"{}\",\"{}\",{},{seconds},\"{result}\"\n",
                row.task,
                row.contender,
                round + 1
            );
        }
    }
    text
}

/// The rows of such a record, without summaries.
pub(super) fn parsed(csv: &str) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    for line in csv.lines().skip(1) {
        let cells: Vec<&str> = line.split('"').collect();
        let [_, task, _, contender, figures, result, ..] = cells[..] else {
            continue;
        };
        let seconds = figures.split(',').nth(2).and_then(|cell| cell.parse().ok());
        let answer = Answer {
            seconds: seconds.unwrap_or(f64::NAN),
            result: result.to_owned(),
        };
        match rows
            .last_mut()
            .filter(|row| (&*row.task, &*row.contender) == (task, contender))
        {
            Some(row) => row.answers.push(answer),
            None => rows.push(Row {
                task: task.to_owned(),
                contender: contender.to_owned(),
                answers: vec![answer],
                summary: None,
            }),
        }
    }
    rows
}

/// A record in which the rows of tasks that were done again are new.
pub(super) fn merged(record: Vec<Row>, new: Vec<Row>) -> Vec<Row> {
    let mut new: Vec<Option<Row>> = new.into_iter().map(Some).collect();
    let mut take = |task: &str, contender: &str| {
        let is_it = |row: &&mut Option<Row>| {
            row.as_ref()
                .is_some_and(|row| (&*row.task, &*row.contender) == (task, contender))
        };
        new.iter_mut().find(is_it)?.take()
    };
    let mut rows: Vec<Row> = record
        .into_iter()
        .map(|row| take(&row.task, &row.contender).unwrap_or(row))
        .collect();
    // Who is new to a task stands behind the others of it, as tables have a line for each task.
    for row in new.into_iter().flatten() {
        let last = rows.iter().rposition(|other| other.task == row.task);
        rows.insert(last.map_or(rows.len(), |last| last + 1), row);
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(contender: &str, seconds: &[f64]) -> Row {
        let answer = |&seconds: &f64| Answer {
            seconds,
            result: "10 clusters".to_owned(),
        };
        Row {
            task: "k-means".to_owned(),
            contender: contender.to_owned(),
            answers: seconds.iter().map(answer).collect(),
            summary: None,
        }
    }

    #[test]
    fn ratios_are_those_within_the_rounds() {
        let table = markdown(&[row("n2d", &[1.0, 2.0, 4.0]), row("other", &[3.0, 4.0, 6.0])]);
        assert!(
            table.contains("| k-means | n2d | 2.000 (1.000 to 4.000) | 1.00 | 10 clusters |"),
            "{table}"
        );
        assert!(
            table.contains("| k-means | other | 4.000 (3.000 to 6.000) | 2.00 | 10 clusters |"),
            "{table}"
        );
        assert_eq!(csv(&[row("n2d", &[1.0, 2.0])]).lines().count(), 3);
    }

    #[test]
    fn what_is_done_again_replaces_what_was() {
        let record = csv(&[row("n2d", &[1.0, 2.0]), row("other", &[3.0, 4.0])]);
        assert_eq!(csv(&parsed(&record)), record);
        let rows = merged(parsed(&record), vec![row("other", &[5.0]), row("third", &[6.0])]);
        let found: Vec<(&str, Vec<f64>)> = rows.iter().map(|row| (&*row.contender, row.seconds())).collect();
        assert_eq!(
            found,
            [
                ("n2d", vec![1.0, 2.0]),
                ("other", vec![5.0]),
                ("third", vec![6.0])
            ]
        );
    }

    #[test]
    fn the_median_of_an_even_number_is_between() {
        assert_eq!(median(vec![4.0, 1.0, 3.0, 2.0]), 2.5);
    }
}
