//! Makes guests: core modules of WebAssembly text with their component type inside, as `cargo build` puts them out.
//!
//! The text of a guest's functions uses what `TEMPLATE` defines: constants of text by name, a result in memory, and the imports.

use std::collections::HashMap;
use std::fmt::Write;

use wit_parser::Resolve;

/// The contract.
const WIT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../wit/tega-plugin@0.1.0");

/// Where texts and the description lie in the guest's memory.
const BASE: u32 = 2048;

/// Where a result is put: tag at 0; of `ok` the text at 4; of an error the code at 4 and the text at 8.
const RESULT: u32 = 1024;

/// A guest that is being made.
#[derive(Clone)]
pub(crate) struct Guest {
    name: String,
    version: String,
    exports: Vec<&'static str>,
    methods: Vec<Vec<String>>,
    subscriptions: Vec<Subscription>,
    transforms: Vec<String>,
    guards: Vec<String>,
    views: Vec<Vec<String>>,
    timers: Vec<(String, u64)>,
    bodies: HashMap<&'static str, String>,
    globals: String,
    imports: String,
    texts: Vec<(&'static str, String)>,
    paths: Vec<(&'static str, Vec<String>)>,
}

#[derive(Clone)]
enum Subscription {
    Commits(String),
    Channel(String),
}

impl Guest {
    /// A guest that does nothing.
    pub(crate) fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            version: "0.1.0".to_owned(),
            exports: vec!["lifecycle"],
            methods: Vec::new(),
            subscriptions: Vec::new(),
            transforms: Vec::new(),
            guards: Vec::new(),
            views: Vec::new(),
            timers: Vec::new(),
            bodies: HashMap::new(),
            globals: String::new(),
            imports: String::new(),
            texts: Vec::new(),
            paths: Vec::new(),
        }
    }

    /// It is of a version other than 0.1.0.
    pub(crate) fn version(mut self, version: &str) -> Self {
        self.version = version.to_owned();
        self
    }

    /// It answers a method, by the code of `methods#call`: the result is in memory already when it ends.
    pub(crate) fn method(mut self, path: &str, body: &str) -> Self {
        self.methods.push(path.split('.').map(str::to_owned).collect());
        self.export("methods").body("call", body)
    }

    /// It hears of commits.
    pub(crate) fn commits(mut self, pattern: &str, body: &str) -> Self {
        self.subscriptions.push(Subscription::Commits(pattern.to_owned()));
        self.export("subscriber").body("on-commit", body)
    }

    /// It hears of messages.
    pub(crate) fn messages(mut self, channel: &str, body: &str) -> Self {
        self.subscriptions.push(Subscription::Channel(channel.to_owned()));
        self.export("subscriber").body("on-message", body)
    }

    /// It changes commits.
    pub(crate) fn transform(mut self, pattern: &str, body: &str) -> Self {
        self.transforms.push(pattern.to_owned());
        self.export("transform").body("transform", body)
    }

    /// It judges commits.
    pub(crate) fn guard(mut self, pattern: &str, body: &str) -> Self {
        self.guards.push(pattern.to_owned());
        self.export("guard").body("check", body)
    }

    /// It computes a node, by the code of `view#value`: `$some` makes the result a text.
    pub(crate) fn view(mut self, path: &str, body: &str) -> Self {
        self.views.push(path.split('.').map(str::to_owned).collect());
        self.export("view").body("value", body)
    }

    /// It is called at an interval.
    pub(crate) fn timer(mut self, name: &str, interval_ms: u64, body: &str) -> Self {
        self.timers.push((name.to_owned(), interval_ms));
        self.export("timer").body("tick", body)
    }

    /// The code of a function: `describe`, `start`, `stop`, `call` and so on, `init` for what the module starts with, or `realloc` for what it does first where it is to be handed something.
    pub(crate) fn body(mut self, function: &'static str, body: &str) -> Self {
        self.bodies.insert(function, body.to_owned());
        self
    }

    /// Further definitions of the module.
    pub(crate) fn define(mut self, text: &str) -> Self {
        self.globals.push_str(text);
        self
    }

    /// It writes to standard output, reads the environment, waits and exits, through WASI: `$write_out`, `$environment`, `$alarm`
    /// with a time in nanoseconds, `$exit` with 0 or 1, and so on.
    pub(crate) fn wasi(mut self) -> Self {
        self.imports.push_str(WASI_IMPORTS);
        self
    }

    /// It imports what no tega offers: `$store` and `$shelf`.
    pub(crate) fn foreign(mut self) -> Self {
        self.imports.push_str(FOREIGN_IMPORTS);
        self
    }

    /// A text, to be named `%name` for its pointer and length together.
    pub(crate) fn text(mut self, name: &'static str, text: &str) -> Self {
        self.texts.push((name, text.to_owned()));
        self
    }

    /// A path, to be named as a text is.
    pub(crate) fn path(mut self, name: &'static str, path: &str) -> Self {
        self.paths.push((name, path.split('.').map(str::to_owned).collect()));
        self
    }

    /// It exports an interface whether it describes something for it or not.
    pub(crate) fn export(mut self, interface: &'static str) -> Self {
        if !self.exports.contains(&interface) {
            self.exports.push(interface);
        }
        self
    }

    /// It exports one interface less.
    pub(crate) fn without_export(mut self, interface: &str) -> Self {
        self.exports.retain(|exported| *exported != interface);
        self
    }

    /// The module, with its component type inside.
    pub(crate) fn module(&self) -> Vec<u8> {
        let mut module = wat::parse_str(self.wat()).unwrap();
        let mut resolve = Resolve::default();
        resolve.push_path(WIT).unwrap();
        let mut world = "package test:guest;\nworld guest {\n".to_owned();
        for import in ["tree", "channels", "directory", "log", "settings"] {
            writeln!(world, "import tega:plugin/{import}@0.1.0;").unwrap();
        }
        if self.imports.contains("acme:") {
            resolve.push_str("acme.wit", FOREIGN).unwrap();
            world.push_str("import acme:things/store@1.0.0;\nimport acme:things/shelf@1.0.0;\n");
        }
        if self.imports.contains("wasi:") {
            resolve.push_str("wasi-io.wit", WASI_IO).unwrap();
            resolve.push_str("wasi-cli.wit", WASI_CLI).unwrap();
            resolve.push_str("wasi-clocks.wit", WASI_CLOCKS).unwrap();
            world.push_str(
                "import wasi:cli/stdout@0.2.3;\nimport wasi:cli/environment@0.2.3;\nimport wasi:cli/exit@0.2.3;\n",
            );
            world.push_str("import wasi:cli/stdin@0.2.3;\nimport wasi:clocks/monotonic-clock@0.2.3;\n");
        }
        for export in &self.exports {
            writeln!(world, "export tega:plugin/{export}@0.1.0;").unwrap();
        }
        world.push('}');
        let package = resolve.push_str("guest.wit", &world).unwrap();
        let world = resolve.select_world(&[package], Some("guest")).unwrap();
        let encoding = wit_component::StringEncoding::UTF8;
        wit_component::embed_component_metadata(&mut module, &resolve, world, encoding).unwrap();
        module
    }

    fn wat(&self) -> String {
        let mut image = Image(Vec::new());
        let mut named: Vec<(&str, (u32, u32))> = Vec::new();
        for (name, text) in &self.texts {
            named.push((name, image.text(text)));
        }
        for (name, path) in &self.paths {
            named.push((name, image.list_of_texts(path)));
        }
        let description = image.description(self);
        let mut wat = TEMPLATE.to_owned();
        for function in FUNCTIONS {
            let body = self.bodies.get(function).map_or("", String::as_str);
            wat = wat.replace(&format!("{{{function}}}"), body);
        }
        let data = image.0.iter().fold(String::new(), |mut text, byte| {
            write!(text, "\\{byte:02x}").unwrap();
            text
        });
        wat = wat
            .replace("{imports}", &self.imports)
            .replace("{definitions}", &self.globals)
            .replace("{description}", &description.to_string())
            .replace("{data}", &data)
            .replace("{base}", &BASE.to_string())
            .replace("{result}", &RESULT.to_string());
        named.sort_by_key(|(name, _)| std::cmp::Reverse(name.len()));
        for (name, (at, length)) in named {
            wat = wat.replace(&format!("%{name}"), &format!("(i32.const {at}) (i32.const {length})"));
        }
        wat
    }
}

/// The functions that have code of their own.
const FUNCTIONS: [&str; 13] = [
    "init",
    "realloc",
    "describe",
    "start",
    "stop",
    "call",
    "on-commit",
    "on-message",
    "on-gap",
    "transform",
    "check",
    "value",
    "tick",
];

/// The guest's memory from `BASE` on, laid out as the canonical ABI says.
struct Image(Vec<u8>);

impl Image {
    fn at(&self) -> u32 {
        BASE + u32::try_from(self.0.len()).unwrap()
    }

    fn bytes(&mut self, bytes: &[u8]) -> u32 {
        while !self.0.len().is_multiple_of(4) {
            self.0.push(0);
        }
        let at = self.at();
        self.0.extend_from_slice(bytes);
        at
    }

    fn text(&mut self, text: &str) -> (u32, u32) {
        (self.bytes(text.as_bytes()), u32::try_from(text.len()).unwrap())
    }

    fn list(&mut self, items: &[Vec<u8>]) -> (u32, u32) {
        (self.bytes(&items.concat()), u32::try_from(items.len()).unwrap())
    }

    /// The same where an item holds a number of 64 bits.
    fn list_of_longs(&mut self, items: &[Vec<u8>]) -> (u32, u32) {
        while !self.at().is_multiple_of(8) {
            self.0.push(0);
        }
        self.list(items)
    }

    fn list_of_texts(&mut self, texts: &[String]) -> (u32, u32) {
        let items: Vec<Vec<u8>> = texts.iter().map(|text| pair(self.text(text))).collect();
        self.list(&items)
    }

    fn description(&mut self, guest: &Guest) -> u32 {
        let methods: Vec<Vec<u8>> = guest
            .methods
            .iter()
            .map(|path| [pair(self.list_of_texts(path)), pair(self.text("Does.")), vec![0; 24]].concat())
            .collect();
        let subscriptions: Vec<Vec<u8>> = guest
            .subscriptions
            .iter()
            .map(|subscription| match subscription {
                Subscription::Commits(pattern) => [vec![0; 4], pair(self.text(pattern))].concat(),
                Subscription::Channel(channel) => [vec![1, 0, 0, 0], pair(self.text(channel))].concat(),
            })
            .collect();
        let mut hooks = |patterns: &[String]| -> Vec<Vec<u8>> {
            patterns.iter().map(|pattern| [pair(self.text(pattern)), 100_i32.to_le_bytes().to_vec()].concat()).collect()
        };
        let (transforms, guards) = (hooks(&guest.transforms), hooks(&guest.guards));
        let views: Vec<Vec<u8>> = guest
            .views
            .iter()
            .map(|path| [pair(self.list_of_texts(path)), pair(self.text("Shows."))].concat())
            .collect();
        let timers: Vec<Vec<u8>> = guest
            .timers
            .iter()
            .map(|(name, interval_ms)| [pair(self.text(name)), interval_ms.to_le_bytes().to_vec()].concat())
            .collect();
        let fields = [
            pair(self.text(&guest.name)),
            pair(self.text(&guest.version)),
            pair(self.text("A guest.")),
            pair(self.list(&methods)),
            pair(self.list(&subscriptions)),
            pair(self.list(&transforms)),
            pair(self.list(&guards)),
            pair(self.list(&views)),
            pair(self.list_of_longs(&timers)),
            // Seven kinds of grants, extra: all empty.
            vec![0; 64],
        ];
        self.bytes(&fields.concat())
    }
}

fn pair((at, length): (u32, u32)) -> Vec<u8> {
    [at.to_le_bytes(), length.to_le_bytes()].concat()
}

const WASI_IMPORTS: &str = r#"
  (import "wasi:cli/stdout@0.2.3" "get-stdout" (func $stdout (result i32)))
  (import "wasi:io/streams@0.2.3" "[method]output-stream.blocking-write-and-flush"
    (func $write_out (param i32 i32 i32 i32)))
  (import "wasi:cli/stdin@0.2.3" "get-stdin" (func $stdin (result i32)))
  (import "wasi:io/streams@0.2.3" "[method]input-stream.blocking-read" (func $read_in (param i32 i64 i32)))
  (import "wasi:cli/environment@0.2.3" "get-environment" (func $environment (param i32)))
  (import "wasi:cli/environment@0.2.3" "get-arguments" (func $arguments (param i32)))
  (import "wasi:cli/exit@0.2.3" "exit" (func $exit (param i32)))
  (import "wasi:clocks/monotonic-clock@0.2.3" "subscribe-duration" (func $alarm (param i64) (result i32)))
  (import "wasi:io/poll@0.2.3" "[method]pollable.block" (func $block (param i32)))"#;

const FOREIGN_IMPORTS: &str = r#"
  (import "acme:things/store@1.0.0" "get" (func $store (result i32)))
  (import "acme:things/shelf@1.0.0" "clear" (func $shelf))"#;

const FOREIGN: &str = "package acme:things@1.0.0;
interface store { get: func() -> u32; }
interface shelf { resource item; clear: func(); }";

const WASI_IO: &str = "package wasi:io@0.2.3;
interface error { resource error; }
interface poll { resource pollable { block: func(); } }
interface streams {
  use error.{error};
  variant stream-error { last-operation-failed(error), closed }
  resource input-stream { blocking-read: func(len: u64) -> result<list<u8>, stream-error>; }
  resource output-stream {
    blocking-write-and-flush: func(contents: list<u8>) -> result<_, stream-error>;
  }
}";

const WASI_CLI: &str = "package wasi:cli@0.2.3;
interface stdout {
  use wasi:io/streams@0.2.3.{output-stream};
  get-stdout: func() -> output-stream;
}
interface stdin {
  use wasi:io/streams@0.2.3.{input-stream};
  get-stdin: func() -> input-stream;
}
interface exit { exit: func(status: result); }
interface environment {
  get-environment: func() -> list<tuple<string, string>>;
  get-arguments: func() -> list<string>;
}";

const WASI_CLOCKS: &str = "package wasi:clocks@0.2.3;
interface monotonic-clock {
  use wasi:io/poll@0.2.3.{pollable};
  subscribe-duration: func(when: u64) -> pollable;
}";

const TEMPLATE: &str = r#"
(module
  (import "tega:plugin/tree@0.1.0" "get" (func $get (param i32 i32 i32)))
  (import "tega:plugin/tree@0.1.0" "put" (func $put (param i32 i32 i32 i32 i32)))
  (import "tega:plugin/tree@0.1.0" "find" (func $find (param i32 i32 i32 i32 i32 i32 i32)))
  (import "tega:plugin/channels@0.1.0" "publish" (func $publish (param i32 i32 i32 i32 i32)))
  (import "tega:plugin/directory@0.1.0" "call" (func $call (param i32 i32 i32 i32 i32 i32 i32)))
  (import "tega:plugin/settings@0.1.0" "get" (func $settings (param i32)))
  (import "tega:plugin/log@0.1.0" "write" (func $log (param i32 i32 i32)))
  {imports}
  (memory (export "memory") 3)
  (global $heap (mut i32) (i32.const 65536))
  (global $count (mut i32) (i32.const 0))
  {definitions}
  (data (i32.const {base}) "{data}")
  (func (export "cabi_realloc") (param $old i32) (param $old_size i32) (param $align i32) (param $size i32) (result i32)
    (local $at i32)
    {realloc}
    (local.set $at (i32.and
      (i32.add (global.get $heap) (i32.sub (local.get $align) (i32.const 1)))
      (i32.sub (i32.const 0) (local.get $align))))
    (global.set $heap (i32.add (local.get $at) (local.get $size)))
    (local.get $at))
  ;; Makes the result `ok` with a text.
  (func $ok (param $at i32) (param $length i32)
    (i32.store (i32.const {result}) (i32.const 0))
    (i32.store (i32.const 1028) (local.get $at))
    (i32.store (i32.const 1032) (local.get $length)))
  ;; Makes the result an error with a code and a text.
  (func $error (param $code i32) (param $at i32) (param $length i32)
    (i32.store (i32.const {result}) (i32.const 1))
    (i32.store (i32.const 1028) (local.get $code))
    (i32.store (i32.const 1032) (local.get $at))
    (i32.store (i32.const 1036) (local.get $length)))
  ;; Makes the result `ok` with a number of one digit.
  (func $ok_digit (param $digit i32)
    (i32.store8 (i32.const 1100) (i32.add (i32.const 48) (local.get $digit)))
    (call $ok (i32.const 1100) (i32.const 1)))
  ;; Makes the result `ok` with the code of the error in the result, or 9 where it is `ok`, as a digit.
  (func $ok_code
    (if (i32.load8_u (i32.const {result}))
      (then (call $ok_digit (i32.load8_u (i32.const 1028))))
      (else (call $ok_digit (i32.const 9)))))
  ;; Makes the result a rejection with a reason.
  (func $reject (param $at i32) (param $length i32)
    (i32.store (i32.const {result}) (i32.const 1))
    (i32.store (i32.const 1028) (local.get $at))
    (i32.store (i32.const 1032) (local.get $length)))
  ;; Makes the result `ok` with `some` text.
  (func $some (param $at i32) (param $length i32)
    (i32.store (i32.const {result}) (i32.const 0))
    (i32.store (i32.const 1028) (i32.const 1))
    (i32.store (i32.const 1032) (local.get $at))
    (i32.store (i32.const 1036) (local.get $length)))
  (func $spin (loop $again (br $again)))
  (func $nothing (memory.fill (i32.const {result}) (i32.const 0) (i32.const 64)))
  (func $init {init})
  (start $init)
  (func (export "tega:plugin/lifecycle@0.1.0#describe") (result i32) {describe} (i32.const {description}))
  (func (export "tega:plugin/lifecycle@0.1.0#start") (param i32) (result i32)
    (call $nothing) {start} (i32.const {result}))
  (func (export "tega:plugin/lifecycle@0.1.0#stop") {stop})
  (func (export "tega:plugin/methods@0.1.0#call")
    (param $path i32) (param $path_length i32) (param $positional i32) (param $positional_length i32)
    (param $named i32) (param $named_length i32) (param i32 i32 i32 i32 i32) (result i32)
    (call $nothing) {call} (i32.const {result}))
  (func (export "tega:plugin/subscriber@0.1.0#on-commit")
    (param $revision i64) (param i64 i32 i32 i32 i32 i32 i32 i32 i32) (param $changes i32) (param $count_of_changes i32)
    (result i32)
    (call $nothing) {on-commit} (i32.const {result}))
  (func (export "tega:plugin/subscriber@0.1.0#on-message")
    (param i32 i32 i32 i32 i32 i32 i32) (param $body i32) (param $body_length i32) (result i32)
    (call $nothing) {on-message} (i32.const {result}))
  (func (export "tega:plugin/subscriber@0.1.0#on-gap") (param i64 i64) (result i32)
    (call $nothing) {on-gap} (i32.const {result}))
  (func (export "tega:plugin/transform@0.1.0#transform")
    (param $changes i32) (param $count_of_changes i32) (param i32 i32 i32 i32 i32) (result i32)
    (call $nothing) {transform} (i32.const {result}))
  (func (export "tega:plugin/guard@0.1.0#check")
    (param $changes i32) (param $count_of_changes i32) (param i32 i32 i32 i32 i32) (result i32)
    (call $nothing) {check} (i32.const {result}))
  (func (export "tega:plugin/view@0.1.0#value")
    (param $path i32) (param $path_length i32) (param i32 i32 i32 i32 i32) (result i32)
    (call $nothing) {value} (i32.const {result}))
  (func (export "tega:plugin/timer@0.1.0#tick") (param i32 i32) (param $time i64) (result i32)
    (call $nothing) {tick} (i32.const {result}))
)"#;
