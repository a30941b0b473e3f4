//! Packs what `tega plugin new` writes into one compressed file: the SDK's sources, the contract, the versions of the
//! dependencies, and the files of a new project.
//!
//! It becomes one JSON object: the path of each file in a project, and its text.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use flate2::Compression;
use flate2::write::DeflateEncoder;
use toml::{Table, Value};

/// Where the SDK goes in a project; the contract stands to it as in the repository.
const SDK: &str = "vendor/tega/sdk/rust";
const CONTRACT: &str = "vendor/tega/wit";

/// What a new project depends on by itself.
const OWN_DEPENDENCIES: [&str; 2] = ["serde", "tega-plugin"];

type Files = BTreeMap<String, String>;

fn main() -> Result<()> {
    let here = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").context("cargo tells no folder")?);
    let (sdk, plugins) = (here.join("../rust"), here.join("../../plugins"));
    let mut files = Files::new();
    take(&sdk.join("src"), &format!("{SDK}/src"), &mut files)?;
    take(&here.join("../../wit"), CONTRACT, &mut files)?;
    take(&here.join("template"), "", &mut files)?;
    files.insert(format!("{SDK}/README.md"), read(&sdk.join("README.md"))?);
    let workspace: Table = read(&plugins.join("Cargo.toml"))?.parse()?;
    files.insert(format!("{SDK}/Cargo.toml"), alone(read(&sdk.join("Cargo.toml"))?.parse()?, &workspace)?);
    files.insert("Cargo.lock".to_owned(), locked(&read(&plugins.join("Cargo.lock"))?.parse()?)?);
    let out = PathBuf::from(std::env::var_os("OUT_DIR").context("cargo tells no folder")?).join("project");
    let mut packed = DeflateEncoder::new(Vec::new(), Compression::best());
    packed.write_all(&serde_json::to_vec(&files)?)?;
    fs::write(&out, packed.finish()?).with_context(|| format!("can't write {}", out.display()))
}

fn read(file: &Path) -> Result<String> {
    println!("cargo::rerun-if-changed={}", file.display());
    fs::read_to_string(file).with_context(|| format!("can't read {}", file.display()))
}

/// Takes a folder's files. An ending `.txt` hides from cargo and git what they would take for their own.
fn take(folder: &Path, to: &str, files: &mut Files) -> Result<()> {
    println!("cargo::rerun-if-changed={}", folder.display());
    for entry in fs::read_dir(folder).with_context(|| format!("can't read {}", folder.display()))? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if name == "PENDING.md" {
            // What the contract lacks is no business of those who write for it.
            continue;
        }
        let name = match name.strip_suffix(".txt") {
            Some("gitignore") => ".gitignore",
            Some(name) => name,
            None => &name,
        };
        let to = if to.is_empty() { name.to_owned() } else { format!("{to}/{name}") };
        if path.is_dir() {
            take(&path, &to, files)?;
        } else {
            files.insert(to, read(&path)?);
        }
    }
    Ok(())
}

/// A manifest of the guests' workspace, as it would be without one.
fn alone(mut manifest: Table, workspace: &Table) -> Result<String> {
    let workspace = workspace.get("workspace").and_then(Value::as_table).context("plugins has no workspace")?;
    for section in ["dev-dependencies", "lints"] {
        manifest.remove(section);
    }
    let package = manifest.get_mut("package").and_then(Value::as_table_mut).context("the SDK has no package")?;
    package.remove("workspace");
    inherit(package, workspace.get("package"))?;
    let dependencies = manifest.get_mut("dependencies").and_then(Value::as_table_mut);
    inherit(dependencies.context("the SDK has no dependencies")?, workspace.get("dependencies"))?;
    Ok(toml::to_string(&manifest)?)
}

/// Puts what the workspace says in the place of each `workspace = true`.
fn inherit(table: &mut Table, from: Option<&Value>) -> Result<()> {
    for (key, value) in table.iter_mut() {
        let Some(own) = value.as_table_mut().filter(|own| own.contains_key("workspace")) else { continue };
        own.remove("workspace");
        let inherited = from.and_then(|from| from.get(key)).with_context(|| format!("the workspace has no {key}"))?;
        if inherited.get("path").is_some() {
            bail!("the SDK depends on {key}, which lies in the repository: pack it too");
        }
        *value = match (inherited, std::mem::take(own)) {
            (inherited, own) if own.is_empty() => inherited.clone(),
            (Value::Table(inherited), own) => merged(inherited.clone(), own),
            (version, own) => merged(Table::from_iter([("version".to_owned(), version.clone())]), own),
        };
    }
    Ok(())
}

/// A dependency of the workspace with what the package adds: features come on top, all else in place.
fn merged(mut dependency: Table, own: Table) -> Value {
    for (key, value) in own {
        match (dependency.get_mut(&key), value) {
            (Some(Value::Array(there)), Value::Array(more)) => there.extend(more),
            (_, value) => drop(dependency.insert(key, value)),
        }
    }
    Value::Table(dependency)
}

/// The part of a lock file that the SDK and a new project need, so that a project builds with what was tested.
fn locked(lock: &Table) -> Result<String> {
    let packages = lock.get("package").and_then(Value::as_array).context("the lock file has no packages")?;
    let text = |package: &Value, key: &str| package.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let named = |wanted: &str| {
        let mut words = wanted.split(' ');
        let (name, version) = (words.next().unwrap_or_default().to_owned(), words.next().map(str::to_owned));
        packages.iter().position(|package| {
            text(package, "name") == name && version.as_ref().is_none_or(|version| text(package, "version") == *version)
        })
    };
    let mut needed = BTreeSet::new();
    let mut next: VecDeque<String> = OWN_DEPENDENCIES.iter().map(ToString::to_string).collect();
    while let Some(wanted) = next.pop_front() {
        let at = named(&wanted).with_context(|| format!("the lock file has no {wanted}"))?;
        if needed.insert(at) {
            let dependencies = packages[at].get("dependencies").and_then(Value::as_array).into_iter().flatten();
            next.extend(dependencies.filter_map(Value::as_str).map(str::to_owned));
        }
    }
    let own = OWN_DEPENDENCIES.map(Value::from).to_vec();
    let project = [("name", "NAME".into()), ("version", "0.1.0".into()), ("dependencies", Value::Array(own))];
    let project = Value::Table(project.into_iter().map(|(key, value)| (key.to_owned(), value)).collect());
    let packages = needed.into_iter().map(|at| packages[at].clone()).chain([project]).collect();
    let lock = [("version", lock.get("version").cloned().context("the lock file has no version")?)];
    let lock = lock.into_iter().chain([("package", Value::Array(packages))]);
    Ok(toml::to_string(&lock.map(|(key, value)| (key.to_owned(), value)).collect::<Table>())?)
}
