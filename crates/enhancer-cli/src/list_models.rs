//! `enhancer models`.

use std::process::ExitCode;

use enhancer_models::{BUILT_IN, BuiltIn, DEFAULT};
use indicatif::DecimalBytes;
use serde_json::json;

use crate::failure::{Failure, Side};
use crate::report;

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Print one line of JSON for each model
    #[arg(long)]
    json: bool,
}

/// A row of the list.
struct Row {
    name: &'static str,
    purpose: &'static str,
    /// In Hz; `None` if the model takes any.
    sample_rate: Option<u32>,
    licence: String,
    bytes: usize,
}

/// Lists the built-in models.
pub(crate) fn run(args: &Args) -> ExitCode {
    let rows = match BUILT_IN.iter().map(Row::of).collect::<Result<Vec<_>, _>>() {
        Ok(rows) => rows,
        Err(failure) => {
            report::print_failure(&failure, args.json);
            return failure.side.into();
        }
    };
    if args.json {
        rows.iter().for_each(|row| report::print_json(row.to_json()));
    } else {
        report::print(table(&rows).as_bytes());
    }
    ExitCode::SUCCESS
}

impl Row {
    fn of(built_in: &BuiltIn) -> Result<Row, Failure> {
        let context = format!("cannot load the built-in model {}", built_in.name);
        let about =
            built_in.about().map_err(|error| Failure::of_core(Side::Model, error, context))?;
        Ok(Row {
            name: built_in.name,
            purpose: built_in.purpose,
            sample_rate: about.sample_rate,
            licence: about.licence,
            bytes: built_in.bytes(),
        })
    }

    fn to_json(&self) -> serde_json::Value {
        json!({
            "name": self.name,
            "default": self.name == DEFAULT,
            "sample_rate": self.sample_rate,
            "licence": self.licence,
            "bytes": self.bytes,
            "purpose": self.purpose,
        })
    }

    fn cells(&self) -> [String; 5] {
        [
            self.name.into(),
            self.sample_rate.map_or("any".into(), |rate| format!("{rate} Hz")),
            self.licence.clone(),
            DecimalBytes(self.bytes as u64).to_string(),
            self.purpose.into(),
        ]
    }
}

/// The rows as columns with titles, and a line that names the default.
fn table(rows: &[Row]) -> String {
    let titles = ["NAME", "RATE", "LICENCE", "SIZE", "DESCRIPTION"].map(String::from);
    let lines: Vec<_> = std::iter::once(titles).chain(rows.iter().map(Row::cells)).collect();
    let width = |column: usize| lines.iter().map(|cells| cells[column].len()).max().unwrap_or(0);
    let line = |cells: &[String; 5]| {
        let cells = cells.iter().enumerate();
        let line: String = cells.map(|(at, cell)| format!("{cell:<0$}  ", width(at))).collect();
        format!("{}\n", line.trim_end())
    };
    let table: String = lines.iter().map(line).collect();
    format!("{table}\nThe default is {DEFAULT}. Use --model to choose another.\n")
}
