//! What is answered: whole or in pieces, plain or compressed, well done or refused.
//!
//! ```text
//! response.rs     answers;  form.rs: a problem as JSON or as plain text
//! problem.rs      the one place where an error becomes a status and a text
//! text.rs         a node's text in pieces;  pieced.rs: an answer made of these;  streamed.rs: one that is written while it is sent
//! coding.rs       compression
//! ```

pub(crate) mod coding;
pub(crate) mod form;
pub(crate) mod pieced;
pub(crate) mod problem;
pub(crate) mod response;
pub(crate) mod streamed;
pub(crate) mod text;
