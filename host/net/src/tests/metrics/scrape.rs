//! A page of metrics, read as strictly as the formats allow: what is wrong with it ends the test.

use std::collections::{BTreeMap, BTreeSet};

/// A metric with its samples.
#[derive(Debug, Default)]
pub(super) struct Family {
    pub(super) help: String,
    pub(super) kind: String,
    pub(super) unit: String,
    /// The name with its labels, as it is written, with the number.
    pub(super) samples: Vec<(String, f64)>,
}

/// A page.
#[derive(Debug)]
pub(super) struct Scrape {
    /// By the names of their samples: a counter's ends in `_total`.
    pub(super) families: BTreeMap<String, Family>,
}

impl Scrape {
    /// Reads OpenMetrics 1.0.
    pub(super) fn open(page: &str) -> Self {
        let page = page.strip_suffix("# EOF\n").expect("the end is told");
        let mut scrape = Self::read(page, |name, kind| if kind == "counter" { format!("{name}_total") } else { name });
        for (name, family) in &mut scrape.families {
            let stem = name.strip_suffix("_total").unwrap_or(name);
            for unit in ["seconds", "bytes"] {
                assert_eq!(
                    stem.ends_with(&format!("_{unit}")),
                    family.unit == unit,
                    "{name} has the unit {:?}",
                    family.unit
                );
            }
        }
        scrape
    }

    /// Reads the classic text, version 0.0.4.
    pub(super) fn classic(page: &str) -> Self {
        assert!(!page.contains("# EOF") && !page.contains("# UNIT"), "{page}");
        Self::read(page, |name, kind| {
            assert_eq!(name.ends_with("_total"), kind == "counter", "{name}");
            name
        })
    }

    fn read(page: &str, samples_name: impl Fn(String, &str) -> String) -> Self {
        let mut families: BTreeMap<String, Family> = BTreeMap::new();
        let mut current = String::new();
        let mut pending_help: Option<(String, String)> = None;
        for line in page.strip_suffix('\n').expect("a line end").split('\n') {
            if let Some(rest) = line.strip_prefix("# HELP ") {
                let (name, help) = rest.split_once(' ').expect("a help");
                assert!(help.len() > 5 && help.ends_with('.'), "{line}");
                pending_help = Some((name.to_owned(), help.to_owned()));
            } else if let Some(rest) = line.strip_prefix("# TYPE ") {
                let (name, kind) = rest.split_once(' ').expect("a type");
                let (helped, help) = pending_help.take().expect("a help before the type");
                assert_eq!(helped, name);
                assert!(["counter", "gauge", "histogram"].contains(&kind), "{line}");
                current = samples_name(name.to_owned(), kind);
                let family = Family { help, kind: kind.to_owned(), ..Family::default() };
                assert!(families.insert(current.clone(), family).is_none(), "{name} stands there twice");
            } else if let Some(rest) = line.strip_prefix("# UNIT ") {
                let (name, unit) = rest.split_once(' ').expect("a unit");
                let family = families.get_mut(&current).expect("a type before the unit");
                assert!(family.samples.is_empty() && current.starts_with(name) && name.ends_with(unit), "{line}");
                family.unit = unit.to_owned();
            } else {
                let (series, number) = line.rsplit_once(' ').expect("a number");
                families.get_mut(&current).expect("a family").take(&current, series, number);
            }
        }
        families.values().for_each(Family::check);
        Self { families }
    }

    /// The number of a series, as it is written.
    pub(super) fn number(&self, series: &str) -> Option<f64> {
        let mut all = self.families.values().flat_map(|family| &family.samples);
        all.find(|(known, _)| known == series).map(|(_, number)| *number)
    }

    /// The same, as a count; 0 where there is no such series.
    pub(super) fn count(&self, series: &str) -> u64 {
        let number = self.number(series).unwrap_or_default();
        format!("{number}").parse().unwrap()
    }

    /// The names of the labels that a family has.
    pub(super) fn labels(&self, name: &str) -> BTreeSet<String> {
        let series = self.families[name].samples.iter().map(|(series, _)| labels(series));
        series.flatten().map(|(label, _)| label).filter(|label| label != "le").collect()
    }
}

impl Family {
    fn take(&mut self, family: &str, series: &str, number: &str) {
        let name = series.split('{').next().unwrap();
        let is_named = |name: &str| {
            let first = name.starts_with(|c: char| c.is_ascii_lowercase());
            first && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
        };
        assert!(is_named(name), "{series}");
        assert!(labels(series).iter().all(|(label, _)| is_named(label)), "{series}");
        match self.kind.as_str() {
            "histogram" => {
                let suffix = name.strip_prefix(family).unwrap_or_default();
                assert!(["_sum", "_count", "_bucket"].contains(&suffix), "{series} of {family}");
                assert_eq!(suffix == "_bucket", labels(series).iter().any(|(label, _)| label == "le"), "{series}");
            }
            _ => assert_eq!(name, family),
        }
        let number: f64 = number.parse().unwrap_or_else(|_| panic!("{series} {number}"));
        assert!(number >= 0.0 && number.is_finite(), "{series} {number}");
        assert!(self.samples.iter().all(|(known, _)| known != series), "{series} stands there twice");
        self.samples.push((series.to_owned(), number));
    }

    /// A histogram's buckets grow, and the last holds all.
    fn check(&self) {
        let mut buckets: BTreeMap<String, Vec<(f64, f64)>> = BTreeMap::new();
        for (series, count) in self.samples.iter().filter(|(series, _)| series.contains("_bucket{")) {
            let (bounds, others): (Vec<_>, Vec<_>) = labels(series).into_iter().partition(|(label, _)| label == "le");
            let bound = if bounds[0].1 == "+Inf" { f64::INFINITY } else { bounds[0].1.parse().unwrap() };
            buckets.entry(format!("{others:?}")).or_default().push((bound, *count));
        }
        let counts: Vec<f64> = self
            .samples
            .iter()
            .filter(|(s, _)| s.split('{').next().unwrap().ends_with("_count"))
            .map(|(_, n)| *n)
            .collect();
        assert_eq!(counts.len(), if self.kind == "histogram" { buckets.len() } else { 0 });
        for buckets in buckets.values() {
            let grows = buckets.windows(2).all(|pair| pair[0].0 < pair[1].0 && pair[0].1 <= pair[1].1);
            let (last, count) = buckets.last().unwrap();
            assert!(grows && last.is_infinite() && counts.contains(count), "{buckets:?} {counts:?}");
        }
    }
}

/// The labels of a series; none of the values has a comma in these tests.
fn labels(series: &str) -> Vec<(String, String)> {
    let Some((_, rest)) = series.split_once('{') else { return Vec::new() };
    let inner = rest.strip_suffix('}').expect("an end of the labels");
    let label = |text: &str| {
        let (name, value) = text.split_once('=').expect("a value");
        let value = value.strip_prefix('"').and_then(|value| value.strip_suffix('"')).expect("quotes");
        let plain = value.replace("\\\\", "").replace("\\\"", "").replace("\\n", "");
        assert!(!plain.contains(['"', '\\', '\n']), "{series}");
        (name.to_owned(), value.to_owned())
    };
    inner.split(',').map(label).collect()
}
