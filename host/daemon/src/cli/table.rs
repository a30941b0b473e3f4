//! Columns.

/// What stands where a column is empty, so that a program can split a line at blanks.
pub(super) const NOTHING: &str = "-";

/// Lines of columns, each as wide as its widest entry. The last one may hold blanks and be empty.
pub(super) fn table<const N: usize>(head: [&str; N], rows: impl Iterator<Item = [String; N]>) -> String {
    let mut lines = vec![head.map(str::to_owned)];
    lines.extend(rows.map(|row| row.map(|entry| entry.replace(char::is_control, " "))));
    let width = |column: usize| lines.iter().map(|line| line[column].chars().count()).max().unwrap_or_default();
    let widths: [usize; N] = std::array::from_fn(width);
    let mut text = String::new();
    for line in &lines {
        let columns: Vec<String> = line.iter().zip(widths).map(|(entry, width)| format!("{entry:<width$}")).collect();
        text.push_str(columns.join("  ").trim_end());
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_entry() {
        let rows = [["größe", "1", "it is\nfine"], ["b", "10.0", ""]].map(|row| row.map(str::to_owned));
        let expected = "NAME   VERSION  REASON\ngröße  1        it is fine\nb      10.0\n";
        assert_eq!(table(["NAME", "VERSION", "REASON"], rows.into_iter()), expected);
        assert_eq!(table(["ROOT"], std::iter::empty()), "ROOT\n");
    }
}
