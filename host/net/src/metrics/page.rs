//! The page of metrics, in OpenMetrics 1.0 or in the classic text of Prometheus.
//!
//! The crate `prometheus-client` writes OpenMetrics. The classic text differs from it in a few lines, which are rewritten: there a
//! counter's HELP and TYPE stand under the name of its samples, with `_total`, and there is neither UNIT nor EOF.

use std::fmt::{self, Write};
use std::sync::Arc;

use http::HeaderMap;
use http::header::{ACCEPT, HeaderValue};
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric, MetricEncoder, NoLabelSet, text};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::{Registry, Unit};
use tega_engine::metrics::Histogram;

use super::families;
use crate::request::liked::liked;
use crate::server::Server;

/// How the page is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    OpenMetrics,
    Classic,
}

impl Format {
    /// What the `Accept` headers ask for: OpenMetrics where they name it and like it as well as plain text.
    pub(super) fn wanted(headers: &HeaderMap) -> Self {
        let (mut open, mut plain) = (0.0_f32, 0.0_f32);
        for (kind, quality) in liked(headers, &ACCEPT) {
            match kind.as_str() {
                "application/openmetrics-text" => open = open.max(quality),
                "text/plain" | "text/*" | "*/*" => plain = plain.max(quality),
                _ => {}
            }
        }
        if open > 0.0 && open >= plain { Self::OpenMetrics } else { Self::Classic }
    }

    pub(super) fn content_type(self) -> HeaderValue {
        HeaderValue::from_static(match self {
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
            Self::Classic => "text/plain; version=0.0.4; charset=utf-8",
        })
    }
}

/// Writes all metrics of a server. It may block.
///
/// # Errors
/// None that is known.
pub(super) fn written(server: Arc<Server>, format: Format) -> Result<String, fmt::Error> {
    let mut registry = Registry::default();
    registry.register_collector(Box::new(Scrape(server)));
    let mut open = String::new();
    text::encode(&mut open, &registry)?;
    match format {
        Format::OpenMetrics => Ok(open),
        Format::Classic => classic(&open),
    }
}

/// One look at all numbers.
#[derive(Debug)]
struct Scrape(Arc<Server>);

impl Collector for Scrape {
    fn encode(&self, encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        families::write(&self.0, &mut Page(encoder))
    }
}

/// What is said of a metric. The name is without its unit and without `_total`.
#[derive(Clone, Copy, Debug)]
pub(super) struct About {
    pub(super) name: &'static str,
    pub(super) unit: Option<Measure>,
    pub(super) help: &'static str,
}

/// The unit of a metric, which ends its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Measure {
    Seconds,
    Bytes,
}

impl About {
    fn unit(self) -> Option<Unit> {
        Some(match self.unit? {
            Measure::Seconds => Unit::Seconds,
            Measure::Bytes => Unit::Bytes,
        })
    }
}

/// Labels with their values.
pub(super) type Labels<'a> = Vec<(&'static str, &'a str)>;

/// The page while it is written.
#[derive(Debug)]
pub(super) struct Page<'e>(DescriptorEncoder<'e>);

impl Page<'_> {
    /// A number that only grows.
    pub(super) fn counter(&mut self, about: About, count: u64) -> fmt::Result {
        self.alone(about, MetricType::Counter, |encoder| ConstCounter::new(count).encode(encoder))
    }

    /// The same by labels.
    pub(super) fn counters<'a>(
        &mut self,
        about: About,
        counts: impl IntoIterator<Item = (Labels<'a>, u64)>,
    ) -> fmt::Result {
        self.family(about, MetricType::Counter, counts, |count, encoder| ConstCounter::new(count).encode(encoder))
    }

    /// A time that only grows, in seconds.
    pub(super) fn time(&mut self, about: About, time_s: f64) -> fmt::Result {
        self.alone(about, MetricType::Counter, |encoder| ConstCounter::new(time_s).encode(encoder))
    }

    /// A number that grows and shrinks.
    pub(super) fn gauge(&mut self, about: About, number: impl TryInto<i64>) -> fmt::Result {
        let number = number.try_into().unwrap_or(i64::MAX);
        self.alone(about, MetricType::Gauge, |encoder| ConstGauge::new(number).encode(encoder))
    }

    /// Times that grow and shrink, in seconds, by labels.
    pub(super) fn gauges_of_time<'a>(
        &mut self,
        about: About,
        times_s: impl IntoIterator<Item = (Labels<'a>, f64)>,
    ) -> fmt::Result {
        self.family(about, MetricType::Gauge, times_s, |time_s, encoder| ConstGauge::new(time_s).encode(encoder))
    }

    /// The same by labels.
    pub(super) fn gauges<'a>(
        &mut self,
        about: About,
        numbers: impl IntoIterator<Item = (Labels<'a>, i64)>,
    ) -> fmt::Result {
        self.family(about, MetricType::Gauge, numbers, |number, encoder| ConstGauge::new(number).encode(encoder))
    }

    /// A point in time, in seconds since 1970.
    pub(super) fn moment(&mut self, about: About, moment_s: f64) -> fmt::Result {
        self.alone(about, MetricType::Gauge, |encoder| ConstGauge::new(moment_s).encode(encoder))
    }

    /// How often something had which size, or took how long.
    pub(super) fn histogram(&mut self, about: About, histogram: &Histogram) -> fmt::Result {
        self.alone(about, MetricType::Histogram, |encoder| buckets(about, histogram, encoder))
    }

    /// The same by labels.
    pub(super) fn histograms<'a>(
        &mut self,
        about: About,
        histograms: impl IntoIterator<Item = (Labels<'a>, &'a Histogram)>,
    ) -> fmt::Result {
        self.family(about, MetricType::Histogram, histograms, |histogram, encoder| buckets(about, histogram, encoder))
    }

    /// One sample without labels.
    fn alone(
        &mut self,
        about: About,
        kind: MetricType,
        write: impl FnOnce(MetricEncoder<'_>) -> fmt::Result,
    ) -> fmt::Result {
        write(self.0.encode_descriptor(about.name, about.help, about.unit().as_ref(), kind)?)
    }

    fn family<'a, T>(
        &mut self,
        about: About,
        kind: MetricType,
        samples: impl IntoIterator<Item = (Labels<'a>, T)>,
        mut write: impl FnMut(T, MetricEncoder<'_>) -> fmt::Result,
    ) -> fmt::Result {
        let unit = about.unit();
        let mut encoder = self.0.encode_descriptor(about.name, about.help, unit.as_ref(), kind)?;
        for (labels, sample) in samples {
            write(sample, encoder.encode_family(&labels)?)?;
        }
        Ok(())
    }
}

fn buckets(about: About, histogram: &Histogram, mut encoder: MetricEncoder<'_>) -> fmt::Result {
    // What is measured in seconds is counted in nanoseconds.
    let scale = if about.unit == Some(Measure::Seconds) { 1e9 } else { 1.0 };
    let seen = histogram.seen();
    let bound = |bound: Option<u64>| bound.map_or(f64::INFINITY, |bound| float(bound) / scale);
    let buckets: Vec<(f64, u64)> = seen.buckets.iter().map(|(upper, count)| (bound(*upper), *count)).collect();
    encoder.encode_histogram::<NoLabelSet>(float(seen.sum) / scale, seen.count, &buckets, None)
}

/// The nearest that a float can be.
#[expect(
    clippy::cast_precision_loss,
    reason = "the formats' numbers are floats; beyond 2^53 the last digits say nothing"
)]
fn float(number: u64) -> f64 {
    number as f64
}

/// The same in the classic text: <https://prometheus.io/docs/instrumenting/exposition_formats/>.
fn classic(open: &str) -> Result<String, fmt::Error> {
    let mut classic = String::with_capacity(open.len());
    let mut help = None;
    for line in open.lines() {
        let mut words = line.splitn(4, ' ');
        match (words.next(), words.next(), words.next(), words.next()) {
            (Some("#"), Some("HELP"), Some(_), Some(text)) => help = Some(text),
            (Some("#"), Some("TYPE"), Some(name), Some(kind)) => {
                let name = if kind == "counter" { format!("{name}_total") } else { name.to_owned() };
                if let Some(help) = help.take() {
                    writeln!(classic, "# HELP {name} {help}")?;
                }
                writeln!(classic, "# TYPE {name} {kind}")?;
            }
            (Some("#"), ..) => {}
            _ => writeln!(classic, "{line}")?,
        }
    }
    Ok(classic)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn open_metrics_is_written_for_who_names_it_and_likes_it_as_well() {
        let prometheus = "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,\
                          application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=0.0.4;q=0.3,*/*;q=0.2";
        for (accept, format) in [
            (None, Format::Classic),
            (Some("*/*"), Format::Classic),
            (Some("text/plain"), Format::Classic),
            (Some("text/html,*/*;q=0.8"), Format::Classic),
            (Some(prometheus), Format::OpenMetrics),
            (Some("Application/OpenMetrics-Text"), Format::OpenMetrics),
            (Some("text/plain;version=0.0.4, application/openmetrics-text;q=0.9"), Format::Classic),
            (Some("application/openmetrics-text;q=0"), Format::Classic),
            (Some("application/openmetrics-text;q=high"), Format::Classic),
        ] {
            let mut headers = HeaderMap::new();
            if let Some(accept) = accept {
                headers.insert(ACCEPT, HeaderValue::from_static(accept));
            }
            assert_eq!(Format::wanted(&headers), format, "{accept:?}");
        }
    }

    #[test]
    fn the_classic_text_names_a_counter_as_its_samples_are_named() {
        let open = "# HELP a_seconds How long.\n# TYPE a_seconds counter\n# UNIT a_seconds seconds\na_seconds_total{x=\"# y\"} 1\n\
                    # HELP b What b is.\n# TYPE b gauge\nb 2\n# EOF\n";
        let expected = "# HELP a_seconds_total How long.\n# TYPE a_seconds_total counter\na_seconds_total{x=\"# y\"} 1\n\
                        # HELP b What b is.\n# TYPE b gauge\nb 2\n";
        assert_eq!(classic(open).unwrap(), expected);
    }
}
