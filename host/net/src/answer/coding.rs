//! Content codings: an answer is compressed where the client takes that and it is worth it.
//!
//! Invariant: how many answers are compressed while they are sent is bounded, for each takes memory of its own.

use std::io::{self, Write};

use flate2::Compression;
use flate2::write::GzEncoder;
use http::HeaderMap;
use http::header::{ACCEPT_ENCODING, HeaderValue};
use tokio::sync::{Semaphore, SemaphorePermit};
use zstd::stream::raw::CParameter;

use crate::answer::problem::{Kind, Problem};
use crate::limits::{CODED_BYTES_MIN, CODED_STREAMS_MAX, ZSTD_WINDOW_LOG};
use crate::request::liked::liked;

/// Fast, and not far from the best: JSON compresses well at any level.
const GZIP_LEVEL: u32 = 4;

/// The same of zstd.
const ZSTD_LEVEL: i32 = 1;

/// The places for answers that are compressed while they are sent.
static STREAMS: Semaphore = Semaphore::const_new(CODED_STREAMS_MAX);

/// A way to compress.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Coding {
    Gzip,
    Zstd,
}

impl Coding {
    /// The ends of the ETags of compressed answers.
    pub(crate) const FORMS: [&str; 2] = ["-gzip", "-zstd"];

    /// As the header `Content-Encoding` names it.
    pub(crate) fn name(self) -> HeaderValue {
        HeaderValue::from_static(match self {
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
        })
    }

    /// The end of the ETag of an answer compressed so.
    pub(crate) fn form(self) -> &'static str {
        match self {
            Self::Gzip => Self::FORMS[0],
            Self::Zstd => Self::FORMS[1],
        }
    }

    /// Compresses all at once.
    ///
    /// # Errors
    /// Where the library fails.
    pub(crate) fn whole(self, text: &[u8]) -> io::Result<Vec<u8>> {
        let mut encoder = Encoder::new(self)?;
        encoder.write(text)?;
        encoder.finish()
    }
}

/// What a client takes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Accepted {
    /// The coding that it likes best, where it likes it as well as none.
    coding: Option<Coding>,
    /// Whether it takes an answer that is not compressed. Who does not and takes no coding that the server has is sent one all the same.
    plain: bool,
}

impl Accepted {
    /// What the `Accept-Encoding` headers ask for (RFC 9110, 12.5.3). Of codings that are liked as well, zstd is taken.
    pub(crate) fn read(headers: &HeaderMap) -> Self {
        if !headers.contains_key(ACCEPT_ENCODING) {
            return Self { coding: None, plain: true };
        }
        let (mut gzip, mut zstd, mut plain, mut other) = (None, None, None, None);
        for (name, quality) in liked(headers, &ACCEPT_ENCODING) {
            match name.as_str() {
                "gzip" | "x-gzip" => gzip = Some(quality),
                "zstd" => zstd = Some(quality),
                "identity" => plain = Some(quality),
                "*" => other = Some(quality),
                _ => {}
            }
        }
        let of = |named: Option<f32>| named.or(other).unwrap_or(0.0);
        let (coding, most) = if of(zstd) >= of(gzip) { (Coding::Zstd, of(zstd)) } else { (Coding::Gzip, of(gzip)) };
        let takes_plain = plain.or(other).is_none_or(|quality| quality > 0.0);
        let is_liked = most > 0.0 && plain.is_none_or(|plain| most >= plain);
        Self { coding: is_liked.then_some(coding), plain: takes_plain }
    }

    /// How an answer of so many bytes is compressed.
    pub(crate) fn coding_for(self, bytes: usize) -> Option<Coding> {
        self.coding.filter(|_| bytes >= CODED_BYTES_MIN || !self.plain)
    }

    /// How to compress an answer while it is sent, and the leave to do so; not at all where too many are at it and the client
    /// takes it plain.
    ///
    /// # Errors
    /// Where too many are at it and it does not.
    pub(crate) fn stream(self) -> Result<Option<(Coding, SemaphorePermit<'static>)>, Problem> {
        let Some(coding) = self.coding else { return Ok(None) };
        match STREAMS.try_acquire() {
            Ok(permit) => Ok(Some((coding, permit))),
            Err(_) if self.plain => Ok(None),
            Err(_) => Err(Problem::new(
                Kind::Busy,
                format!("{CODED_STREAMS_MAX} answers are being compressed, which is the limit"),
            )),
        }
    }

    /// Whether an answer of so many bytes might have been compressed for another client.
    pub(crate) fn varies(bytes: usize) -> bool {
        bytes >= CODED_BYTES_MIN
    }
}

/// Compresses a text that comes piece by piece.
pub(crate) enum Encoder {
    Gzip(GzEncoder<Vec<u8>>),
    Zstd(zstd::stream::write::Encoder<'static, Vec<u8>>),
}

impl Encoder {
    pub(crate) fn new(coding: Coding) -> io::Result<Self> {
        Ok(match coding {
            Coding::Gzip => Self::Gzip(GzEncoder::new(Vec::new(), Compression::new(GZIP_LEVEL))),
            Coding::Zstd => {
                let mut encoder = zstd::stream::write::Encoder::new(Vec::new(), ZSTD_LEVEL)?;
                encoder.set_parameter(CParameter::WindowLog(ZSTD_WINDOW_LOG))?;
                Self::Zstd(encoder)
            }
        })
    }

    /// Takes the next piece of the text, and gives what is ready by then.
    pub(crate) fn piece(&mut self, text: &[u8]) -> io::Result<Vec<u8>> {
        self.write(text)?;
        Ok(std::mem::take(match self {
            Self::Gzip(encoder) => encoder.get_mut(),
            Self::Zstd(encoder) => encoder.get_mut(),
        }))
    }

    /// What is left at the end of the text.
    pub(crate) fn finish(self) -> io::Result<Vec<u8>> {
        match self {
            Self::Gzip(encoder) => encoder.finish(),
            Self::Zstd(encoder) => encoder.finish(),
        }
    }

    fn write(&mut self, text: &[u8]) -> io::Result<()> {
        match self {
            Self::Gzip(encoder) => encoder.write_all(text),
            Self::Zstd(encoder) => encoder.write_all(text),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    fn accepted(text: Option<&'static str>) -> Accepted {
        let mut headers = HeaderMap::new();
        if let Some(text) = text {
            headers.insert(ACCEPT_ENCODING, HeaderValue::from_static(text));
        }
        Accepted::read(&headers)
    }

    #[test]
    fn the_coding_liked_best_is_taken() {
        use Coding::{Gzip, Zstd};
        for (text, coding, plain) in [
            (None, None, true),
            (Some(""), None, true),
            (Some("gzip, deflate"), Some(Gzip), true),
            (Some("GZip"), Some(Gzip), true),
            (Some("gzip, deflate, br, zstd"), Some(Zstd), true),
            (Some("zstd;q=0.5, gzip;q=0.8"), Some(Gzip), true),
            (Some("gzip;q=0.5, identity"), None, true),
            (Some("gzip;q=0"), None, true),
            (Some("br"), None, true),
            (Some("*"), Some(Zstd), true),
            (Some("*, zstd;q=0"), Some(Gzip), true),
            (Some("gzip, identity;q=0"), Some(Gzip), false),
            (Some("gzip, *;q=0"), Some(Gzip), false),
        ] {
            assert_eq!(accepted(text), Accepted { coding, plain }, "{text:?}");
        }
        for text in ["identity;q=0", "br, *;q=0", "gzip;q=0, zstd;q=0, identity;q=0"] {
            assert_eq!(accepted(Some(text)).coding_for(CODED_BYTES_MIN), None, "{text}");
        }
    }

    #[test]
    fn only_what_is_worth_it_is_compressed() {
        for (text, bytes, coding) in [
            ("gzip", CODED_BYTES_MIN, Some(Coding::Gzip)),
            ("gzip", CODED_BYTES_MIN - 1, None),
            ("gzip, identity;q=0", 1, Some(Coding::Gzip)),
            ("br", CODED_BYTES_MIN, None),
        ] {
            assert_eq!(accepted(Some(text)).coding_for(bytes), coding, "{text} {bytes}");
        }
    }

    #[test]
    fn what_is_compressed_in_pieces_is_read_back() {
        let text: Vec<u8> = (0..300_000_u32).flat_map(|number| number.to_string().into_bytes()).collect();
        for coding in [Coding::Gzip, Coding::Zstd] {
            let mut encoder = Encoder::new(coding).unwrap();
            let mut coded = Vec::new();
            for piece in text.chunks(70_000) {
                coded.extend(encoder.piece(piece).unwrap());
            }
            coded.extend(encoder.finish().unwrap());
            for coded in [coded, coding.whole(&text).unwrap()] {
                assert!(coded.len() < text.len() / 2);
                let mut read = Vec::new();
                match coding {
                    Coding::Gzip => drop(flate2::read::GzDecoder::new(&*coded).read_to_end(&mut read).unwrap()),
                    Coding::Zstd => read = zstd::stream::decode_all(&*coded).unwrap(),
                }
                assert!(read == text, "{coding:?}");
            }
        }
    }
}
