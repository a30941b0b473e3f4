//! Compiled code is used where it is this daemon's own, and nowhere else; what compiles is held within its bounds.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::seal::HEADER_BYTES;
use super::*;
use crate::digest::Digest;
use crate::layout::fingerprint;
use crate::limits::{CACHE_BYTES_MAX, COMPILE_BYTES_MAX, COMPILE_MS_MAX};
use crate::private::Privacy;

const BOUNDS: Bounds = Bounds { ms_max: COMPILE_MS_MAX, bytes_max: COMPILE_BYTES_MAX };

/// A folder of a daemon's, with plugins to compile.
struct Folder {
    engine: Engine,
    folder: tempfile::TempDir,
}

impl Folder {
    fn new() -> Self {
        Self { engine: Layout::OnDemand.engine().unwrap(), folder: tempfile::tempdir().unwrap() }
    }

    fn key_file(&self) -> PathBuf {
        self.folder.path().join("key")
    }

    fn cache(&self, bytes_max: u64) -> Cache {
        let key = Key::load(&self.key_file(), Privacy::Private).unwrap();
        Cache::open(self.folder.path().join("cache"), key, fingerprint(&self.engine), bytes_max).unwrap()
    }

    fn source(&self, compiler: Compiler) -> CodeSource {
        CodeSource::new(Layout::OnDemand, compiler, BOUNDS, Some(self.cache(CACHE_BYTES_MAX)))
    }

    /// Loads a plugin, with a compiler or without any.
    async fn load(&self, plugin: &Arc<PluginFile>, compiler: Compiler) -> Result<(), LoadError> {
        let component = self.source(compiler).component(&self.engine, Arc::clone(plugin)).await?;
        let exported = component.component_type().exports(&self.engine).next().map(|(name, _)| name.to_owned());
        assert_eq!(exported.as_deref(), Some("answer"));
        Ok(())
    }

    /// Whether it is loaded without being compiled.
    async fn has(&self, plugin: &Arc<PluginFile>) -> bool {
        match self.load(plugin, nobody()).await {
            Ok(()) => true,
            Err(LoadError::Compile(CompileError::Program { .. })) => false,
            Err(error) => panic!("{error}"),
        }
    }

    fn file_of(&self, plugin: &PluginFile) -> PathBuf {
        self.cache(CACHE_BYTES_MAX).file(plugin.digest)
    }
}

/// No compiler.
fn nobody() -> Compiler {
    Compiler::Child { program: "/nowhere/tega".into() }
}

/// A component whose answer is a number.
fn plugin(answer: u32) -> Arc<PluginFile> {
    let text = format!(
        r#"(component
          (core module $m (func (export "answer") (result i32) (i32.const {answer})))
          (core instance $i (instantiate $m))
          (func (export "answer") (result u32) (canon lift (core func $i "answer"))))"#
    );
    let bytes = wat::parse_str(text).unwrap();
    Arc::new(PluginFile { digest: Digest::of(&bytes), bytes })
}

/// A program that does as a script says, instead of compiling.
fn script(folder: &Path, script: &str) -> PathBuf {
    let file = folder.join("compiler");
    std::fs::write(&file, format!("#!/bin/sh\n{script}\n")).unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o700)).unwrap();
    file
}

#[tokio::test]
async fn what_was_compiled_before_is_not_compiled_again() {
    let folder = Folder::new();
    let [one, two] = [1, 2].map(plugin);
    assert!(!folder.has(&one).await);
    folder.load(&one, Compiler::InProcess).await.unwrap();
    assert!(folder.has(&one).await);
    assert!(!folder.has(&two).await);
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&folder.key_file()), mode(&folder.file_of(&one))), (0o600, 0o600));
    assert_eq!(mode(folder.file_of(&one).parent().unwrap()), 0o700);
}

#[tokio::test]
async fn a_file_with_any_byte_changed_is_not_used_but_made_anew() {
    let folder = Folder::new();
    let one = plugin(1);
    folder.load(&one, Compiler::InProcess).await.unwrap();
    let file = folder.file_of(&one);
    let whole = std::fs::read(&file).unwrap();
    // Every byte of the header, and some of the code, the last among them.
    let places = (0..HEADER_BYTES).chain((HEADER_BYTES..whole.len()).step_by(997)).chain([whole.len() - 1]);
    let cache = folder.cache(CACHE_BYTES_MAX);
    for place in places {
        let mut changed = whole.clone();
        changed[place] ^= 0x10;
        assert!(cache.open_file(one.digest, &changed).is_err(), "byte {place}");
    }
    let middle = HEADER_BYTES + (whole.len() - HEADER_BYTES) / 2;
    for place in [0, 16, 48, 80, 88, HEADER_BYTES, middle] {
        let mut changed = whole.clone();
        changed[place] ^= 1;
        std::fs::write(&file, &changed).unwrap();
        assert!(!folder.has(&one).await, "byte {place}");
        assert!(!file.exists(), "what can't be trusted is left there");
        folder.load(&one, Compiler::InProcess).await.unwrap();
        assert!(folder.has(&one).await);
    }
}

#[tokio::test]
async fn a_file_that_is_cut_off_or_goes_on_is_not_used() {
    let folder = Folder::new();
    let one = plugin(1);
    folder.load(&one, Compiler::InProcess).await.unwrap();
    let file = folder.file_of(&one);
    let whole = std::fs::read(&file).unwrap();
    let longer = [&whole[..], &[0]].concat();
    for changed in [&[][..], &whole[..10], &whole[..HEADER_BYTES], &whole[..whole.len() - 1], &longer] {
        std::fs::write(&file, changed).unwrap();
        assert!(!folder.has(&one).await, "{} bytes", changed.len());
    }
    std::fs::write(&file, &whole).unwrap();
    assert!(folder.has(&one).await);
}

#[tokio::test]
async fn the_code_of_another_plugin_or_another_daemon_is_not_used() {
    let (folder, other) = (Folder::new(), Folder::new());
    let [one, two] = [1, 2].map(plugin);
    for folder in [&folder, &other] {
        folder.load(&one, Compiler::InProcess).await.unwrap();
        folder.load(&two, Compiler::InProcess).await.unwrap();
    }
    std::fs::copy(folder.file_of(&two), folder.file_of(&one)).unwrap();
    assert!(!folder.has(&one).await);
    assert!(folder.has(&two).await);
    std::fs::copy(other.file_of(&two), folder.file_of(&two)).unwrap();
    assert!(!folder.has(&two).await);
    assert!(other.has(&one).await && other.has(&two).await);
}

#[tokio::test]
async fn a_key_that_was_replaced_or_shown_to_others_ends_the_trust_in_all_files() {
    let folder = Folder::new();
    let one = plugin(1);
    let key = || std::fs::read(folder.key_file()).unwrap();
    folder.load(&one, Compiler::InProcess).await.unwrap();
    let first = key();
    assert!(folder.has(&one).await);
    std::fs::write(folder.key_file(), [7; 64]).unwrap();
    assert!(!folder.has(&one).await);
    folder.load(&one, Compiler::InProcess).await.unwrap();
    std::fs::set_permissions(folder.key_file(), std::fs::Permissions::from_mode(0o644)).unwrap();
    assert!(!folder.has(&one).await);
    let third = key();
    assert!(third != first && third != [7; 64], "the key is known to others");
    folder.load(&one, Compiler::InProcess).await.unwrap();
    std::fs::write(folder.key_file(), "short").unwrap();
    assert!(!folder.has(&one).await);
    let made = Key::load(&folder.key_file(), Privacy::Open).map(|_| key()).unwrap();
    assert_ne!(made, Key::load(&folder.key_file(), Privacy::Open).map(|_| key()).unwrap());
}

#[tokio::test]
async fn code_for_another_engine_is_not_used_and_goes() {
    let folder = Folder::new();
    let one = plugin(1);
    folder.load(&one, Compiler::InProcess).await.unwrap();
    let file = folder.file_of(&one);
    let other = Layout::Reserved.compiler().unwrap();
    let key = Key::load(&folder.key_file(), Privacy::Private).unwrap();
    let cache = Cache::open(file.parent().unwrap().to_owned(), key, fingerprint(&other), CACHE_BYTES_MAX).unwrap();
    assert!(cache.read(one.digest).is_none());
    assert!(!file.exists());
    // Sealed as it should be, but compiled for another: wasmtime tells, and it is compiled anew.
    let code = compile(&one.component().unwrap(), Layout::Reserved).unwrap();
    folder.cache(CACHE_BYTES_MAX).put(one.digest, &code);
    assert!(file.exists() && !folder.has(&one).await && !file.exists());
}

#[tokio::test]
async fn the_cache_stays_within_its_bound_and_keeps_what_was_used_last() {
    let folder = Folder::new();
    let [one, two, three] = [1, 2, 3].map(plugin);
    let put = |cache: &Cache, plugin: &PluginFile| cache.put(plugin.digest, &[1; 1000]);
    let room = 2 * (1000 + HEADER_BYTES as u64);
    let cache = folder.cache(room);
    put(&cache, &one);
    put(&cache, &two);
    // So long ago that the clock of the file system tells it.
    let age = |plugin: &PluginFile, ago_s: u64| {
        let time = std::fs::metadata(folder.key_file()).unwrap().modified().unwrap() - Duration::from_secs(ago_s);
        std::fs::File::open(cache.file(plugin.digest)).unwrap().set_modified(time).unwrap();
    };
    age(&one, 100);
    age(&two, 50);
    let file = cache.read(one.digest).unwrap();
    assert_eq!(cache.open_file(one.digest, &file).unwrap().bytes(), [1; 1000]);
    std::fs::write(cache.file(one.digest).with_extension("tmp"), "half").unwrap();
    put(&cache, &three);
    let there = [&one, &two, &three].map(|plugin| cache.file(plugin.digest).exists());
    assert_eq!(there, [true, false, true]);
    let names = std::fs::read_dir(cache.file(one.digest).parent().unwrap()).unwrap().count();
    assert_eq!(names, 2, "something else is left in the folder");
    cache.put(two.digest, &[1; 3000]);
    assert!(!cache.file(two.digest).exists(), "it is larger than all that may be kept");
    let smaller = folder.cache(1500);
    assert_eq!([&one, &three].map(|plugin| smaller.file(plugin.digest).exists()), [false, true]);
}

/// What becomes of a plugin where the compiler is a script.
async fn compiled_by(text: &str, bounds: Bounds) -> CompileError {
    let folder = tempfile::tempdir().unwrap();
    let program = script(folder.path(), text);
    let code = CodeSource::new(Layout::OnDemand, Compiler::Child { program }, bounds, None);
    let engine = Layout::OnDemand.engine().unwrap();
    match code.component(&engine, plugin(1)).await {
        Err(LoadError::Compile(error)) => error,
        other => panic!("{:?}", other.map(|_| ())),
    }
}

#[tokio::test]
async fn a_compiler_that_goes_wrong_is_told_in_a_sentence() {
    for (script, told) in [
        ("cat > /dev/null; echo 'error: does not compile: bad at 0x7' >&2; exit 1", "does not compile: bad at 0x7"),
        ("exit 3", "can't be compiled: its compiler ended with exit status: 3, and said: "),
        (
            "echo one >&2; echo two >&2; kill -9 $$",
            "can't be compiled: its compiler ended with signal: 9 (SIGKILL), and said: one\\ntwo",
        ),
        ("echo 'memory allocation of 77 bytes failed' >&2; kill -6 $$", "takes more memory to compile than the "),
        ("cat", "can't be used as it was compiled: "),
        ("true", "can't be used as it was compiled: "),
        ("head -c 300000000 /dev/zero", "becomes more than 268435456 bytes of code"),
    ] {
        let error = compiled_by(script, BOUNDS).await.to_string();
        assert!(error.starts_with(told), "{script}: {error}");
    }
}

#[tokio::test]
async fn a_compiler_that_takes_too_long_is_killed() {
    let begun = Instant::now();
    // Whoever waits for its output to end would wait for its children too.
    let error = compiled_by("echo $$; exec sleep 1000", Bounds { ms_max: 200, ..BOUNDS }).await;
    assert!(matches!(error, CompileError::Time { limit_ms: 200 }), "{error}");
    assert!(begun.elapsed() < Duration::from_secs(60));
}

#[tokio::test]
async fn what_a_compiler_says_is_cut() {
    let error = compiled_by("cat > /dev/null; yes words | head -c 10000000 >&2; exit 1", BOUNDS).await.to_string();
    assert!(error.contains("words\\nwords") && error.len() < 20_000, "{}", error.len());
}
