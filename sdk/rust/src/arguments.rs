//! The arguments of a call as serde reads them: positional ones fill a struct's fields in their order, named ones by
//! name.
//!
//! An error names the argument, which `serde_json` alone doesn't do.

use std::fmt;

use serde::de::{self, DeserializeSeed, Deserializer, IntoDeserializer, MapAccess, Visitor};
use serde_json::{Map, Value};

/// Named values, and perhaps positional ones.
pub(crate) struct Arguments {
    /// What an error calls them.
    noun: &'static str,
    positional: Vec<Value>,
    named: Map<String, Value>,
}

impl Arguments {
    pub(crate) fn new(positional: Vec<Value>, named: Map<String, Value>) -> Self {
        Self { noun: "argument", positional, named }
    }

    pub(crate) fn settings(named: Map<String, Value>) -> Self {
        Self { noun: "setting", positional: Vec::new(), named }
    }

    /// Gives each positional value the name of the field at its place.
    fn name_positional(&mut self, fields: &[&str]) -> Result<(), Wrong> {
        let given = self.positional.len();
        if given > fields.len() {
            let (most, fields) = (fields.len(), fields.join(", "));
            return Err(Wrong(format!("takes at most {most} arguments ({fields}), but {given} are given")));
        }
        for (field, value) in fields.iter().zip(self.positional.drain(..)) {
            if self.named.insert((*field).to_owned(), value).is_some() {
                return Err(Wrong(format!("argument `{field}` is given by place and by name")));
            }
        }
        Ok(())
    }

    fn only_named(self) -> Result<Named, Wrong> {
        if !self.positional.is_empty() {
            return Err(Wrong("takes named arguments only".into()));
        }
        Ok(Named { noun: self.noun, rest: self.named.into_iter(), value: None })
    }

    fn only_positional(self) -> Result<Vec<Value>, Wrong> {
        match self.named.keys().next() {
            Some(name) => Err(Wrong(format!("takes no named arguments, but `{name}` is given"))),
            None => Ok(self.positional),
        }
    }

    fn none(self) -> Result<(), Wrong> {
        match self.only_positional()?.len() {
            0 => Ok(()),
            given => Err(Wrong(format!("takes no arguments, but {given} are given"))),
        }
    }
}

impl<'de> Deserializer<'de> for Arguments {
    type Error = Wrong;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        visitor.visit_map(self.only_named()?)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        mut self,
        _name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Wrong> {
        self.name_positional(fields)?;
        self.deserialize_any(visitor)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        Value::Array(self.only_positional()?).deserialize_seq(visitor).map_err(de::Error::custom)
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _len: usize, visitor: V) -> Result<V::Value, Wrong> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _len: usize,
        visitor: V,
    ) -> Result<V::Value, Wrong> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _name: &'static str, visitor: V) -> Result<V::Value, Wrong> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        visitor.visit_some(self)
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        self.none()?;
        visitor.visit_unit()
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(self, _name: &'static str, visitor: V) -> Result<V::Value, Wrong> {
        self.deserialize_unit(visitor)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        visitor.visit_unit()
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Wrong> {
        let named = self.only_named()?.rest.collect();
        Value::Object(named).deserialize_enum(name, variants, visitor).map_err(de::Error::custom)
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf map identifier
    }
}

/// Walks named values and puts the name before an error.
struct Named {
    noun: &'static str,
    rest: serde_json::map::IntoIter,
    value: Option<(String, Value)>,
}

impl<'de> MapAccess<'de> for Named {
    type Error = Wrong;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Wrong> {
        self.value = self.rest.next();
        match &self.value {
            Some((name, _)) => seed.deserialize(name.as_str().into_deserializer()).map(Some),
            None => Ok(None),
        }
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Wrong> {
        let (name, value) = self.value.take().ok_or_else(|| Wrong("a value was asked for before its name".into()))?;
        let noun = self.noun;
        seed.deserialize(value).map_err(|error| Wrong(format!("{noun} `{name}`: {error}")))
    }
}

/// Why arguments don't fit.
#[derive(Debug, PartialEq)]
pub(crate) struct Wrong(String);

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Wrong {}

impl de::Error for Wrong {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self(message.to_string())
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;
    use serde_json::json;

    use super::*;

    #[derive(Debug, Deserialize, PartialEq)]
    struct Port {
        device: String,
        #[serde(default)]
        mtu: u16,
    }

    fn read<T: for<'de> Deserialize<'de>>(positional: &Value, named: &Value) -> Result<T, String> {
        let positional = positional.as_array().cloned().unwrap_or_default();
        let named = named.as_object().cloned().unwrap_or_default();
        T::deserialize(Arguments::new(positional, named)).map_err(|wrong| wrong.to_string())
    }

    #[test]
    fn positional_arguments_fill_the_fields_in_their_order_and_named_ones_by_name() {
        let port = |mtu| Ok(Port { device: "ne1".into(), mtu });
        assert_eq!(read(&json!([]), &json!({"device": "ne1", "mtu": 9000})), port(9000));
        assert_eq!(read(&json!(["ne1", 9000]), &json!({})), port(9000));
        assert_eq!(read(&json!(["ne1"]), &json!({"mtu": 9000})), port(9000));
        assert_eq!(read(&json!(["ne1"]), &json!({})), port(0));
    }

    #[test]
    fn what_does_not_fit_is_named() {
        let check =
            |positional, named, wrong: &str| assert_eq!(read::<Port>(&positional, &named), Err(wrong.to_owned()));
        check(json!([]), json!({}), "missing field `device`");
        check(json!([]), json!({"device": 5}), "argument `device`: invalid type: integer `5`, expected a string");
        check(json!(["ne1", "big"]), json!({}), "argument `mtu`: invalid type: string \"big\", expected u16");
        check(json!(["ne1"]), json!({"device": "ne2"}), "argument `device` is given by place and by name");
        check(json!(["ne1", 1, 2]), json!({}), "takes at most 2 arguments (device, mtu), but 3 are given");
    }

    #[test]
    fn a_list_takes_positional_arguments_and_a_map_named_ones() {
        assert_eq!(read(&json!([1, 2]), &json!({})), Ok(vec![1, 2]));
        assert_eq!(read(&json!([1, "a"]), &json!({})), Ok((1, "a".to_owned())));
        assert_eq!(read(&json!([]), &json!({"a": [1]})), Ok(json!({"a": [1]})));
        assert_eq!(read::<Value>(&json!([1]), &json!({})), Err("takes named arguments only".into()));
        assert_eq!(
            read::<Vec<u8>>(&json!([1]), &json!({"a": 1})),
            Err("takes no named arguments, but `a` is given".into())
        );
    }

    #[test]
    fn nothing_takes_no_arguments() {
        assert_eq!(read(&json!([]), &json!({})), Ok(()));
        assert_eq!(read::<()>(&json!([1]), &json!({})), Err("takes no arguments, but 1 are given".into()));
    }
}
