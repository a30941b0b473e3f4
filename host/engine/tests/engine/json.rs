//! The values of the model.

use std::collections::BTreeMap;

use tega_tree::Value;

/// A JSON value: numbers keep their text, objects the order of their members.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Json {
    Null,
    Bool(bool),
    Number(String),
    Text(String),
    List(Vec<Json>),
    Object(Vec<(String, Json)>),
}

impl Json {
    /// Writes it as text.
    pub(crate) fn write(&self, out: &mut String) {
        match self {
            Self::Null => out.push_str("null"),
            Self::Bool(flag) => out.push_str(if *flag { "true" } else { "false" }),
            Self::Number(text) => out.push_str(text),
            Self::Text(text) => write_text(text, out),
            Self::List(items) => {
                out.push('[');
                for (index, item) in items.iter().enumerate() {
                    out.push_str(if index > 0 { "," } else { "" });
                    item.write(out);
                }
                out.push(']');
            }
            Self::Object(members) => {
                out.push('{');
                for (index, (name, member)) in members.iter().enumerate() {
                    out.push_str(if index > 0 { "," } else { "" });
                    write_text(name, out);
                    out.push(':');
                    member.write(out);
                }
                out.push('}');
            }
        }
    }

    /// The value that its text is read as.
    pub(crate) fn value(&self) -> Value {
        let mut text = String::new();
        self.write(&mut text);
        Value::from_json(text.as_bytes()).unwrap()
    }

    /// Whether a value is this, written in the same way.
    pub(crate) fn is(&self, value: &Value) -> bool {
        match (self, value) {
            (Self::Null, Value::Null) => true,
            (Self::Bool(own), Value::Bool(other)) => own == other,
            (Self::Number(own), Value::Number(other)) => own == other.as_str(),
            (Self::Text(own), Value::String(other)) => own == other.as_str(),
            (Self::List(own), Value::Array(other)) => {
                own.len() == other.len() && own.iter().zip(other.iter()).all(|(own, other)| own.is(other))
            }
            (Self::Object(own), Value::Object(other)) => {
                let same = |((name, own), (key, other)): (&(String, Self), &(tega_tree::Name, Value))| {
                    name == key.as_str() && own.is(other)
                };
                own.len() == other.len() && own.iter().zip(other.iter()).all(same)
            }
            _ => false,
        }
    }

    /// Makes one of a value.
    pub(crate) fn of(value: &Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(flag) => Self::Bool(*flag),
            Value::Number(number) => Self::Number(number.as_str().to_owned()),
            Value::String(text) => Self::Text(text.as_str().to_owned()),
            Value::Array(items) => Self::List(items.iter().map(Self::of).collect()),
            Value::Object(members) => {
                Self::Object(members.iter().map(|(name, value)| (name.as_str().to_owned(), Self::of(value))).collect())
            }
        }
    }

    /// Whether both mean the same: numbers by value, members in any order. The numbers of these tests fit a double.
    pub(crate) fn means(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Number(own), Self::Number(other)) => {
                let value = |text: &str| text.parse::<f64>().unwrap();
                value(own).total_cmp(&value(other)).is_eq() || (value(own) == 0.0 && value(other) == 0.0)
            }
            (Self::List(own), Self::List(other)) => {
                own.len() == other.len() && own.iter().zip(other).all(|(own, other)| own.means(other))
            }
            (Self::Object(own), Self::Object(other)) => {
                let other: BTreeMap<_, _> = other.iter().map(|(name, value)| (name, value)).collect();
                let same = |(name, value): &(String, Self)| other.get(name).is_some_and(|found| value.means(found));
                own.len() == other.len() && own.iter().all(same)
            }
            _ => self == other,
        }
    }

    /// Without what the internal form of a node adds; lists are left alone.
    pub(crate) fn without_internal(&self) -> Self {
        let Self::Object(members) = self else { return self.clone() };
        if let Some((_, value)) = members.iter().find(|(name, _)| name == "_value") {
            return value.without_internal();
        }
        let added = ["_version", "_oid", "_parent", "_ephemeral"];
        let own = members.iter().filter(|(name, _)| !added.contains(&name.as_str()));
        Self::Object(own.map(|(name, value)| (name.clone(), value.without_internal())).collect())
    }

    /// As RFC 7396 leaves it where nothing was before: without the members of objects that are null.
    pub(crate) fn without_nulls(&self) -> Self {
        let Self::Object(members) = self else { return self.clone() };
        let told = members.iter().filter(|(_, value)| *value != Self::Null);
        Self::Object(told.map(|(name, value)| (name.clone(), value.without_nulls())).collect())
    }
}

fn write_text(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            c if u32::from(c) < 0x20 => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
}

#[test]
fn the_values_of_the_model_are_written_as_they_are_read() {
    let object = |members: &[(&str, Json)]| {
        Json::Object(members.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect())
    };
    let number = |text: &str| Json::Number(text.to_owned());
    let all = Json::List(vec![
        Json::Null,
        Json::Bool(true),
        number("1e2"),
        Json::Text("\"\\\n\u{1}ü".to_owned()),
        object(&[("", Json::List(Vec::new())), ("b", object(&[]))]),
    ]);
    assert!(all.is(&all.value()));
    assert_eq!(Json::of(&all.value()), all);
    assert!(number("1e2").means(&number("100.0")) && !number("1").means(&number("-1")));
    let nested = object(&[("_version", Json::Null), ("a", object(&[("_value", number("1")), ("b", Json::Null)]))]);
    assert_eq!(nested.without_internal(), object(&[("a", number("1"))]));
    assert_eq!(
        object(&[("a", Json::Null), ("b", object(&[("c", Json::Null)]))]).without_nulls(),
        object(&[("b", object(&[]))])
    );
}
