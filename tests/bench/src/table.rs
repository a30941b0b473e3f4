//! The table of figures.

use std::fmt;

/// What a figure is to be.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Target {
    /// Not more than this.
    AtMost(f64),
    /// Not less than this.
    AtLeast(f64),
    /// It has none.
    None,
}

/// A figure with what it is to be.
#[derive(Debug)]
struct Row {
    what: String,
    load: String,
    figure: f64,
    unit: &'static str,
    note: String,
    target: Target,
}

/// Rows under headings, in order.
#[derive(Debug, Default)]
pub(crate) struct Table {
    entries: Vec<Entry>,
}

#[derive(Debug)]
enum Entry {
    Heading(String),
    Row(Row),
    /// What was not measured, and why.
    Skipped(String),
}

impl Table {
    /// Prints it, with what it was measured on and for how long.
    pub(crate) fn print(&self, quick: bool) -> anyhow::Result<()> {
        let cores = std::thread::available_parallelism()?;
        let length = if quick { "a short run: figures say little" } else { "a full run" };
        println!("tega {} on {cores} cores, {length}", env!("CARGO_PKG_VERSION"));
        print!("{self}");
        Ok(())
    }

    pub(crate) fn heading(&mut self, text: &str) {
        eprintln!("{text} ..");
        self.entries.push(Entry::Heading(text.to_owned()));
    }

    /// Adds a figure under a load; what is said of it beside goes to [`note`](Self::note).
    pub(crate) fn row(&mut self, what: &str, load: &str, (figure, unit): (f64, &'static str), target: Target) {
        let (what, load) = (what.to_owned(), load.to_owned());
        eprintln!("  {what} ({load}): {} {unit}", Figure(figure));
        self.entries.push(Entry::Row(Row { what, load, figure, unit, note: String::new(), target }));
    }

    /// Adds a figure that has no target.
    pub(crate) fn figure(&mut self, what: &str, load: &str, figure: (f64, &'static str)) {
        self.row(what, load, figure, Target::None);
    }

    /// Says something beside the last figure.
    pub(crate) fn note(&mut self, text: String) {
        if let Some(Entry::Row(row)) = self.entries.last_mut() {
            row.note = text;
        }
    }

    pub(crate) fn skipped(&mut self, what: &str, reason: &str) {
        self.entries.push(Entry::Skipped(format!("{what}: not measured, {reason}")));
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rows = || {
            self.entries.iter().filter_map(|entry| match entry {
                Entry::Row(row) => Some(row),
                Entry::Heading(_) | Entry::Skipped(_) => None,
            })
        };
        let what = rows().map(|row| row.what.len()).max().unwrap_or(0);
        let load = rows().map(|row| row.load.len()).max().unwrap_or(0);
        for entry in &self.entries {
            match entry {
                Entry::Heading(text) => writeln!(f, "\n{text}")?,
                Entry::Skipped(text) => writeln!(f, "  {text}")?,
                Entry::Row(row) => {
                    let figure = Figure(row.figure).to_string();
                    let target = row.target.to_string();
                    let line = format!(
                        "  {:<what$}  {:<load$}  {figure:>10} {:<9} {target:<14} {:<6} {}",
                        row.what,
                        row.load,
                        row.unit,
                        row.target.verdict(row.figure),
                        row.note,
                    );
                    writeln!(f, "{}", line.trim_end())?;
                }
            }
        }
        Ok(())
    }
}

impl Target {
    fn verdict(self, figure: f64) -> &'static str {
        match self {
            Self::None => "",
            Self::AtMost(most) if figure <= most => "met",
            Self::AtLeast(least) if figure >= least => "met",
            Self::AtMost(_) | Self::AtLeast(_) => "missed",
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AtMost(most) => write!(f, "<= {}", Figure(*most)),
            Self::AtLeast(least) => write!(f, ">= {}", Figure(*least)),
            Self::None => Ok(()),
        }
    }
}

/// A figure with as many digits as one reads.
struct Figure(f64);

impl fmt::Display for Figure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.abs() {
            size if size >= 100.0 => write!(f, "{:.0}", self.0),
            size if size >= 10.0 => write!(f, "{:.1}", self.0),
            _ => write!(f, "{:.2}", self.0),
        }
    }
}
