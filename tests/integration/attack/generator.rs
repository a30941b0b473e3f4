//! Broken requests and frames: what the grammar makes, with faults put in where a parser has to look.

/// A generator of numbers (SplitMix64): the same for the same seed.
pub struct Random(pub u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % bound as u64).unwrap()
    }

    fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    fn of<'t>(&mut self, texts: &[&'t str]) -> &'t str {
        texts[self.below(texts.len())]
    }
}

const VERBS: &[&str] = &["GET", "GET", "PUT", "PUT", "POST", "POST", "DELETE", "PATCH", "HEAD", "OPTIONS", "TRACE"];
const NAMES: &[&str] = &[
    "a",
    "b",
    "inventory",
    "_x",
    "%5Fx",
    "_version",
    "%",
    "%zz",
    "%ff",
    "%00",
    "%22a.b%22",
    "%22",
    "..",
    "",
    "(ifname=lo)",
    "(=",
    "%5Bx=1%5D",
    "0",
    "-1",
    "%2F",
    "%C3%A9",
];
const COMMANDS: &[&str] = &[
    "rpc",
    "watch",
    "transaction",
    "check",
    "find",
    "roots",
    "history",
    "log",
    "diff",
    "rollback",
    "tag",
    "pending",
    "confirm",
    "cancel",
    "lock",
    "begin",
    "cand",
    "commit",
    "old",
    "edges",
    "ss",
    "sync",
    "plugins",
    "ids",
    "channels",
    "subscribers",
    "pubsub",
    "livez",
    "readyz",
    "none",
];
const ARGUMENTS: &[&str] = &[
    "version",
    "at",
    "depth",
    "keys",
    "after",
    "limit",
    "txid",
    "ephemeral",
    "tega_id",
    "internal",
    "regex_flag",
    "path",
    "pattern",
    "since",
    "from",
    "to",
    "name",
    "root",
    "id",
    "message",
    "newest_first",
    "backto",
    "root_oid",
    "old_roots",
    "reason",
    "present",
];
const VALUES: &[&str] = &[
    "",
    "True",
    "1",
    "-1",
    "0",
    "99999999999999999999",
    "-9223372036854775809",
    "1.5",
    "NaN",
    "a.b",
    "a.*.**",
    "(",
    "a%5C.(b%7Cc)*",
    "%ff",
    "%",
    "+",
    "2026-01-01T00:00:00Z",
    "9999-99-99",
    "0000000000000000.0:1",
    "x.y:z",
    "%22",
    "a..b",
];
const HEADERS: &[&str] = &[
    "accept: text/event-stream",
    "accept: application/json",
    "accept: ;;,/",
    "accept-encoding: zstd",
    "accept-encoding: identity;q=0",
    "if-match: \"x\"",
    "if-match: *",
    "if-none-match: W/\"",
    "if-match: \"0.0-0\", ,",
    "content-type: application/json-patch+json",
    "content-type: application/merge-patch+json",
    "content-type: x",
    "expect: 100-continue",
    "upgrade: websocket",
    "connection: upgrade",
    "sec-websocket-version: 13",
    "origin: null",
    "last-event-id: \u{fffd}:",
];
const BROKEN_HEADERS: &[&str] = &[
    "transfer-encoding: gzip",
    "transfer-encoding: chunked, chunked",
    "content-length: -1",
    "content-length: 99999999999999999999999",
    "content-length: 1, 2",
    ": x",
    "x y: z",
    "\u{1}\u{2}",
];
const BODIES: &[&str] = &[
    "1",
    "\"x\"",
    "{}",
    "[]",
    "{\"a\":1",
    "{\"a\":1,\"a\":2}",
    "NaN",
    "nul",
    "\"\\ud800\"",
    "1e999999",
    "[[[[[[",
    "{\"\":1}",
    "{\"args\":5}",
    "{\"operations\":[{\"put\":\"a\"}]}",
    "{\"operations\":[{\"put\":\"a..b\",\"value\":1}]}",
    "{\"conditions\":[{\"version\":\"x\"}],\"operations\":[]}",
    "[{\"op\":\"add\",\"path\":\"/~2\",\"value\":1}]",
    "[{\"op\":\"copy\",\"from\":\"/a\",\"path\":\"/a/b\"}]",
    "[{\"op\":\"test\",\"path\":\"\"}]",
    "\0",
    "{\"kwargs\":{\"a\":{\"b\":[1,2,{\"c\":null}]}}}",
];

/// A request that is broken: half of them in what they ask for, the others in how they are written too.
pub fn request(random: &mut Random) -> Vec<u8> {
    let mut text = asking(random);
    if random.one_in(2) {
        return text.into_bytes();
    }
    match random.below(6) {
        0 => text = text.replacen(' ', random.of(&["  ", "\t", "", "\0"]), 1),
        1 => text = text.replacen("HTTP/1.1", random.of(&["HTTP/1.0", "HTTP/2.0", "HTTP/9", "", "HTTP/1.1 x"]), 1),
        2 => text = text.replacen("\r\n", random.of(&["\n", "\r", "", "\r\n ", "\r\n\r\n"]), 1 + random.below(3)),
        3 => text = text.replacen("\r\n", &format!("\r\n{}\r\n", random.of(BROKEN_HEADERS)), 1),
        4 => text = text.replacen("host: x\r\n", random.of(&["", "host: \u{1}\r\n", "host: x\r\nhost: y\r\n"]), 1),
        _ => {}
    }
    mutated(random, text.into_bytes())
}

/// A request that is well written, and asks for what can't be or may not fit what is there.
fn asking(random: &mut Random) -> String {
    let verb = random.of(VERBS);
    let target = target(random);
    let mut headers = String::from("host: x\r\n");
    for _ in 0..random.below(4) {
        headers += random.of(HEADERS);
        headers += "\r\n";
    }
    let body = random.of(BODIES);
    let length = body.len();
    match random.below(8) {
        0 => format!("{verb} {target} HTTP/1.1\r\n{headers}\r\n"),
        1 | 2 => {
            let chunk = format!("{length:x}\r\n{body}\r\n0\r\n\r\n");
            format!("{verb} {target} HTTP/1.1\r\n{headers}transfer-encoding: chunked\r\n\r\n{chunk}")
        }
        _ => format!("{verb} {target} HTTP/1.1\r\n{headers}content-length: {length}\r\n\r\n{body}"),
    }
}

fn target(random: &mut Random) -> String {
    let mut target = match random.below(12) {
        0 => random.of(&["*", "http://x/a", "http://[::1/a", "x:80"]).to_owned(),
        1..6 => format!("/_{}", random.of(COMMANDS)),
        _ => {
            let names: Vec<&str> = (0..=random.below(4)).map(|_| random.of(NAMES)).collect();
            format!("/{}", names.join(random.of(&["/", "/", "/", ".", "//"])))
        }
    };
    for n in 0..random.below(4) {
        target += if n == 0 { "?" } else { "&" };
        target += random.of(ARGUMENTS);
        target += random.of(&["=", "=", "=", "==", ""]);
        target += random.of(VALUES);
    }
    target
}

/// The bytes with a few faults that know no grammar, as often as not.
fn mutated(random: &mut Random, mut bytes: Vec<u8>) -> Vec<u8> {
    for _ in 0..random.below(3) {
        if bytes.is_empty() {
            break;
        }
        let at = random.below(bytes.len());
        match random.below(5) {
            0 => bytes[at] = u8::try_from(random.below(256)).unwrap(),
            1 => bytes.truncate(at),
            2 => {
                bytes.remove(at);
            }
            3 => bytes.insert(at, u8::try_from(random.below(256)).unwrap()),
            _ => {
                let piece = bytes[at..bytes.len().min(at + 40)].to_vec();
                bytes.splice(at..at, piece);
            }
        }
    }
    bytes
}

const FRAMES: &[&str] = &[
    "SESSION",
    "SESSION bob",
    "SESSION bob local",
    "SESSION bob global",
    "SESSION bob galactic",
    "SESSION bob local resume",
    "SUBSCRIBE a.* local Pattern",
    "SUBSCRIBE a local False present",
    "SUBSCRIBE a.**.b local Pattern 0000000000000000.0:1",
    "SUBSCRIBE",
    "SUBSCRIBE a",
    "SUBSCRIBE a local",
    "SUBSCRIBE a local False",
    "SUBSCRIBE a( local True",
    "SUBSCRIBE (a*)*b\\.c local True",
    "SUBSCRIBE \\p{L}{100000} local True",
    "SUBSCRIBE a..b global False",
    "UNSUBSCRIBE",
    "UNSUBSCRIBE a",
    "UNSUBSCRIBE a False",
    "PUBLISH a\n{\"message\": 1}",
    "PUBLISH a\n{\"message\":",
    "PUBLISH\n{}",
    "MESSAGE a b\n{\"message\": NaN}",
    "MESSAGE a",
    "NOTIFY\n[]",
    "NOTIFY\n[{\"ope\": \"PUT\", \"path\": \"a\"}]",
    "NOTIFY\n[{\"ope\": \"PUT\", \"path\": \"_x..\", \"instance\": 1}]",
    "REQUEST",
    "REQUEST 1 SYNC None None\n{\"kwargs\": {\"a\": -1}}",
    "REQUEST x RPC b a.b\n{\"args\": 5}",
    "REQUEST 1 REFER a b\n{}",
    "RESPONSE 99 RPC a\n{",
    "RESPONSE",
];

/// A frame of a WebSocket that is broken in its text, in its head, or both.
pub fn frame(random: &mut Random) -> Vec<u8> {
    let mut text = random.of(FRAMES).as_bytes().to_vec();
    if random.one_in(2) {
        text = mutated(random, text);
    }
    let first = if random.one_in(4) { u8::try_from(random.below(256)).unwrap() } else { 0x81 };
    let mut bytes = super::frame(first, &text);
    if random.one_in(8) {
        // Its length, its mask, or one of its first bytes.
        let at = 1 + random.below(bytes.len().min(8) - 1);
        bytes[at] = u8::try_from(random.below(256)).unwrap();
    }
    bytes
}
