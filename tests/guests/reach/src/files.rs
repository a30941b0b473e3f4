//! Files through WASI: a path is looked up in the folder that it begins with.

use tega_plugin::{Error, Result};
use wasip2::filesystem::preopens::get_directories;
use wasip2::filesystem::types::{Descriptor, DescriptorFlags, OpenFlags, PathFlags};

pub(crate) fn read(path: &str) -> Result<String> {
    let file = open(path, OpenFlags::empty(), DescriptorFlags::READ)?;
    let (bytes, _) = file.read(4_096, 0).map_err(|code| failed(path, code))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

pub(crate) fn write(path: &str, bytes: &[u8]) -> Result<()> {
    let file = open(path, OpenFlags::CREATE, DescriptorFlags::WRITE)?;
    file.write(bytes, 0).map_err(|code| failed(path, code))?;
    Ok(())
}

fn open(path: &str, how: OpenFlags, access: DescriptorFlags) -> Result<Descriptor> {
    let folders = get_directories();
    let within = |(folder, name): &(Descriptor, String)| {
        let rest = path.strip_prefix(name.as_str())?.strip_prefix('/')?;
        Some(folder.open_at(PathFlags::SYMLINK_FOLLOW, rest, how, access).map_err(|code| failed(path, code)))
    };
    folders.iter().find_map(within).unwrap_or_else(|| Err(Error::not_found(format!("{path} is in no folder"))))
}

fn failed(path: &str, code: impl std::fmt::Display) -> Error {
    Error::failed(format!("{path}: {code}"))
}
