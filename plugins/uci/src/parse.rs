//! From UCI text to JSON: `package`, `config`, `option` and `list`, with the quotes, escapes and comments that libuci
//! takes.
//!
//! A value in quotes is a text. One without is a number or a boolean where JSON writes such, so that what was rendered comes
//! back as it was.

use std::collections::BTreeMap;
use std::iter::Peekable;
use std::mem;
use std::str::Chars;

use tega_plugin::{Error, Result};

use crate::json::Json;
use crate::render::{UNNAMED, is_name, is_package_name, is_text, is_type};

/// Reads UCI text into packages. What stands before the first `package` belongs to the package given, if one is.
///
/// # Errors
/// Names the first line that is none of UCI's.
pub(crate) fn packages(text: &str, package: Option<&str>) -> Result<Json> {
    let mut reading = Reading::default();
    if let Some(name) = package {
        reading.package(name.to_owned())?;
    }
    let mut words = Words { chars: text.chars().peekable(), line: 1 };
    while let Some((line, command)) = words.command()? {
        reading.take(command).map_err(|error| wrong(line, &error.message))?;
    }
    reading.end_section();
    Ok(Json::Map(reading.packages.into_iter().map(|(name, package)| (name, package.into_json())).collect()))
}

fn wrong(line: usize, why: &str) -> Error {
    Error::invalid(format!("line {line}: {why}"))
}

/// A word, and whether it stood without quotes and escapes.
struct Word {
    text: String,
    bare: bool,
}

/// What was read so far.
#[derive(Default)]
struct Reading {
    packages: BTreeMap<String, Package>,
    current: Option<String>,
    section: Option<Section>,
}

/// The sections of one package, by type.
#[derive(Default)]
struct Package {
    kinds: BTreeMap<String, Kind>,
    /// The type of each section with a name.
    names: BTreeMap<String, String>,
}

#[derive(Default)]
struct Kind {
    named: BTreeMap<String, Json>,
    unnamed: Vec<Json>,
}

/// The section that the options being read belong to.
struct Section {
    kind: String,
    name: Option<String>,
    options: BTreeMap<String, Json>,
}

impl Reading {
    fn take(&mut self, command: Vec<Word>) -> Result<()> {
        let mut words = command.into_iter();
        let verb = words.next().map(|word| word.text).unwrap_or_default();
        let (first, second, more) = (words.next(), words.next(), words.next().is_some());
        match (verb.as_str(), first, second) {
            _ if more => Err(Error::invalid(format!("too many words after `{verb}`"))),
            ("package", Some(name), None) => self.package(name.text),
            ("config", Some(kind), name) => self.begin(kind.text, name.map(|name| name.text)),
            ("option", Some(name), Some(value)) => {
                let value = read(value)?;
                self.options(&name.text)?.insert(name.text, value);
                Ok(())
            }
            ("list", Some(name), Some(item)) => {
                let item = read(item)?;
                let items = self.options(&name.text)?.entry(name.text).or_insert_with(|| Json::List(Vec::new()));
                match items {
                    Json::List(items) => items.push(item),
                    // An option that goes on as a list is its first item, as libuci has it.
                    option => *option = Json::List(vec![mem::replace(option, Json::Null), item]),
                }
                Ok(())
            }
            ("package", ..) => Err(Error::invalid("`package` wants one name")),
            ("config", ..) => Err(Error::invalid("`config` wants a type, and perhaps a name")),
            ("option" | "list", ..) => Err(Error::invalid(format!("`{verb}` wants a name and a value"))),
            _ => Err(Error::invalid(format!("{verb:?} is none of package, config, option and list"))),
        }
    }

    fn package(&mut self, name: String) -> Result<()> {
        if !is_package_name(&name) {
            return Err(Error::invalid(format!("{name:?} is no name of a package: letters, digits, _ and -")));
        }
        self.end_section();
        self.packages.entry(name.clone()).or_default();
        self.current = Some(name);
        Ok(())
    }

    fn begin(&mut self, kind: String, name: Option<String>) -> Result<()> {
        self.end_section();
        let name = name.filter(|name| !name.is_empty());
        if !is_type(&kind) {
            return Err(Error::invalid(format!("{kind:?} is no type of sections: printable ASCII without blanks")));
        }
        if let Some(name) = name.as_ref().filter(|name| !is_name(name)) {
            return Err(Error::invalid(format!("{name:?} is no name of a section: letters, digits and _")));
        }
        let package = self.current.as_ref().and_then(|current| self.packages.get_mut(current));
        let package = package.ok_or_else(|| Error::invalid("no `package` is named; give one"))?;
        let mut options = BTreeMap::new();
        if let Some(name) = &name {
            let of = package.names.entry(name.clone()).or_insert_with(|| kind.clone());
            if *of != kind {
                return Err(Error::invalid(format!("the section {name} is of the type {of} already")));
            }
            // A section that stands twice is one.
            let before = package.kinds.get_mut(&kind).and_then(|kind| kind.named.remove(name));
            if let Some(Json::Map(before)) = before {
                options = before;
            }
        }
        self.section = Some(Section { kind, name, options });
        Ok(())
    }

    fn options(&mut self, name: &str) -> Result<&mut BTreeMap<String, Json>> {
        if !is_name(name) {
            return Err(Error::invalid(format!("{name:?} is no name of an option: letters, digits and _")));
        }
        match &mut self.section {
            Some(section) => Ok(&mut section.options),
            None => Err(Error::invalid("it belongs to no section; `config` comes first")),
        }
    }

    fn end_section(&mut self) {
        let package = self.current.as_ref().and_then(|current| self.packages.get_mut(current));
        let (Some(Section { kind, name, options }), Some(package)) = (self.section.take(), package) else { return };
        let kind = package.kinds.entry(kind).or_default();
        match name {
            Some(name) => drop(kind.named.insert(name, Json::Map(options))),
            None => kind.unnamed.push(Json::Map(options)),
        }
    }
}

impl Package {
    fn into_json(self) -> Json {
        Json::Map(self.kinds.into_iter().map(|(kind, sections)| (kind, sections.into_json())).collect())
    }
}

impl Kind {
    fn into_json(self) -> Json {
        let Self { mut named, unnamed } = self;
        match (named.is_empty(), unnamed.is_empty()) {
            (true, _) => Json::List(unnamed),
            (false, true) => Json::Map(named),
            (false, false) => {
                named.insert(UNNAMED.into(), Json::List(unnamed));
                Json::Map(named)
            }
        }
    }
}

fn read(word: Word) -> Result<Json> {
    match word.text.chars().all(is_text) {
        true if word.bare => Ok(Json::of_word(word.text)),
        true => Ok(Json::Text(word.text)),
        false => Err(Error::invalid("a value has no control characters but tabs and line ends")),
    }
}

/// The words of a text, by commands: a line each, or several with `;` between them.
struct Words<'a> {
    chars: Peekable<Chars<'a>>,
    /// The number of the line, from 1.
    line: usize,
}

impl Words<'_> {
    /// The words of the next command with the line that it begins in; none at the end.
    fn command(&mut self) -> Result<Option<(usize, Vec<Word>)>> {
        let (mut line, mut words) = (self.line, Vec::new());
        while let Some(&c) = self.chars.peek() {
            match c {
                '#' => while self.chars.next_if(|&c| c != '\n').is_some() {},
                '\n' | ';' => {
                    self.next();
                    if !words.is_empty() {
                        break;
                    }
                }
                c if c.is_ascii_whitespace() => drop(self.next()),
                _ => {
                    if words.is_empty() {
                        line = self.line;
                    }
                    words.extend(self.word().map_err(|error| wrong(line, &error.message))?);
                }
            }
        }
        Ok((!words.is_empty()).then_some((line, words)))
    }

    /// One word, up to a blank; none where there is only a line end that is escaped.
    fn word(&mut self) -> Result<Option<Word>> {
        let mut word = Word { text: String::new(), bare: true };
        while let Some(&c) = self.chars.peek() {
            match c {
                '\'' | '"' => {
                    word.bare = false;
                    self.quoted(c, &mut word.text)?;
                }
                '\\' => {
                    self.next();
                    match self.next() {
                        None | Some('\n') if word.bare && word.text.is_empty() => return Ok(None),
                        None | Some('\n') => return Ok(Some(word)),
                        Some(c) => {
                            word.bare = false;
                            word.text.push(c);
                        }
                    }
                }
                '#' | ';' => break,
                c if c.is_ascii_whitespace() => break,
                c => {
                    self.next();
                    word.text.push(c);
                }
            }
        }
        Ok(Some(word))
    }

    /// What stands in quotes, which may go over several lines. In double ones a backslash keeps the next as it is.
    fn quoted(&mut self, quote: char, text: &mut String) -> Result<()> {
        self.next();
        while let Some(c) = self.next() {
            match c {
                c if c == quote => return Ok(()),
                '\\' if quote == '"' => text.extend(self.next().filter(|&c| c != '\n')),
                c => text.push(c),
            }
        }
        Err(Error::invalid(format!("what begins with {quote} does not end")))
    }

    fn next(&mut self) -> Option<char> {
        let c = self.chars.next();
        self.line += usize::from(c == Some('\n'));
        c
    }
}
