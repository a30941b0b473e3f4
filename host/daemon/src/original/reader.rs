//! The commits of the original's files, one after another.

use std::collections::HashSet;
use std::path::Path;

use tega_tree::Name;

use super::convert;
use super::folder::{self, Chosen};
use super::line::{self, Line};
use super::literal::Literal;
use super::source::{RawLine, Source};
use super::{LeftOut, LineFault, OriginalChange, OriginalCommit, OriginalError, Reason, Report, beginning};

/// Begins to read the log files in a folder, of the server that is named, or of the only one whose files are there.
///
/// # Errors
/// Where the folder can't be read, there is no such file, the server has to be named, or a file is missing.
pub fn read_folder(folder: &Path, server_id: Option<&str>) -> Result<Original, OriginalError> {
    let Chosen { server_id, files, passed_over } = folder::choose(folder, server_id)?;
    let report = Report { server_id, files, passed_over, ..Report::default() };
    Ok(Original { report, opened: 0, source: None, open: None, roots: HashSet::new(), ended: false })
}

/// The commits of the original, in order. After an error there are no more.
#[derive(Debug)]
pub struct Original {
    report: Report,
    /// How many of the files were opened.
    opened: usize,
    /// The file that is read.
    source: Option<Source>,
    /// The commit that is read, until its end.
    open: Option<Open>,
    /// The roots that came so far.
    roots: HashSet<String>,
    ended: bool,
}

/// A commit without its end.
#[derive(Debug, Default)]
struct Open {
    line: u64,
    operations: usize,
    roots: Vec<Name>,
    changes: Vec<OriginalChange>,
    left_out: Vec<LeftOut>,
    without_data: u64,
}

impl Original {
    /// What was read so far, and what was left out.
    pub fn report(&self) -> &Report {
        &self.report
    }

    /// The report, for whoever makes the commits to note in it what does not fit.
    pub fn report_mut(&mut self) -> &mut Report {
        &mut self.report
    }

    /// Reads up to the end of the next commit; none at the end of the last file.
    fn advance(&mut self) -> Result<Option<OriginalCommit>, OriginalError> {
        loop {
            let Some(mut source) = self.source.take() else {
                let Some(file) = self.report.files.get(self.opened) else { return Ok(None) };
                self.source = Some(Source::open(file)?);
                self.opened += 1;
                continue;
            };
            let Some(raw) = source.next()? else {
                self.drop_unfinished(source.file());
                continue;
            };
            let read = self.take_line(&raw, source.file());
            let commit = read.map_err(|fault| source.refusal(raw.number, &raw.bytes, fault))?;
            self.source = Some(source);
            if commit.is_some() {
                return Ok(commit);
            }
        }
    }

    fn take_line(&mut self, raw: &RawLine, file: &Path) -> Result<Option<OriginalCommit>, LineFault> {
        let parsed = Line::parse(&raw.bytes);
        // The original took a commit whose end was cut off in the time; the others that may stand there lose nothing.
        let harmless = matches!(parsed, Ok(Line::End { .. } | Line::Begin | Line::Nothing | Line::Synchronized));
        if !raw.whole && !harmless {
            let text = beginning(&String::from_utf8_lossy(&raw.bytes));
            self.leave_out(file, raw.number, None, Reason::Torn { beginning: text });
            return Ok(None);
        }
        match parsed? {
            Line::Nothing => {}
            Line::Synchronized => self.report.without_data += 1,
            Line::Begin => self.begin(file, raw.number),
            Line::End { time, begin } => {
                let commit = self.end(file, raw.number, &time);
                if begin {
                    self.begin(file, raw.number);
                }
                return Ok(commit);
            }
            Line::Operation(literal) => self.operation(&literal, file, raw.number)?,
            Line::Rollback { backto, rest } => return self.rollback(backto, &rest, file, raw.number).map(Some),
        }
        Ok(None)
    }

    fn begin(&mut self, file: &Path, line: u64) {
        self.drop_unfinished(file);
        self.open = Some(Open { line, ..Open::default() });
    }

    fn operation(&mut self, literal: &Literal, file: &Path, line: u64) -> Result<(), LineFault> {
        let open = self.open.as_mut().ok_or(LineFault::OutsideCommit)?;
        let converted = convert::operation(literal)?;
        open.operations += 1;
        open.without_data += u64::from(converted.is_nothing());
        for (path, reason) in converted.left_out {
            let path = Some(path).filter(|path| !path.is_empty());
            open.left_out.push(LeftOut { file: file.to_owned(), line, path, reason });
        }
        open.changes.extend(converted.change);
        open.roots.extend(converted.root.filter(|root| !open.roots.contains(root)));
        Ok(())
    }

    /// Ends the commit; none where there is nothing in it.
    fn end(&mut self, file: &Path, line: u64, time: &str) -> Option<OriginalCommit> {
        let open = self.open.take()?;
        self.report.without_data += open.without_data;
        open.left_out.into_iter().for_each(|thing| self.report.leave_out(thing));
        let read = line::time(time);
        if read.is_none() && open.operations > 0 {
            self.leave_out(file, line, None, Reason::NoTime { text: beginning(time) });
        }
        if open.roots.is_empty() {
            return None;
        }
        self.roots.extend(open.roots.iter().map(|root| root.as_str().to_owned()));
        self.count(&open.changes);
        let Open { line, roots, changes, .. } = open;
        Some(OriginalCommit { time: read, roots, changes, file: file.to_owned(), line })
    }

    fn rollback(&mut self, backto: i64, rest: &str, file: &Path, line: u64) -> Result<OriginalCommit, LineFault> {
        if self.open.is_some() {
            return Err(LineFault::RollbackInCommit);
        }
        let (tega_id, root) = line::author_and_root(rest, &self.roots)?;
        let root = Name::from(root);
        let changes = vec![OriginalChange::Rollback { root: root.clone(), backto, tega_id }];
        self.count(&changes);
        Ok(OriginalCommit { time: None, roots: vec![root], changes, file: file.to_owned(), line })
    }

    fn count(&mut self, changes: &[OriginalChange]) {
        self.report.commits += 1;
        for change in changes {
            *match change {
                OriginalChange::Put { .. } => &mut self.report.puts,
                OriginalChange::Delete { .. } => &mut self.report.deletes,
                OriginalChange::Rollback { .. } => &mut self.report.rollbacks,
                OriginalChange::Snapshot { .. } => &mut self.report.snapshots,
            } += 1;
        }
    }

    fn drop_unfinished(&mut self, file: &Path) {
        if let Some(Open { line, operations: operations @ 1.., .. }) = self.open.take() {
            self.leave_out(file, line, None, Reason::Unfinished { operations });
        }
    }

    fn leave_out(&mut self, file: &Path, line: u64, path: Option<String>, reason: Reason) {
        self.report.leave_out(LeftOut { file: file.to_owned(), line, path, reason });
    }
}

impl Iterator for Original {
    type Item = Result<OriginalCommit, OriginalError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let commit = self.advance().transpose();
        self.ended = !matches!(commit, Some(Ok(_)));
        commit
    }
}
