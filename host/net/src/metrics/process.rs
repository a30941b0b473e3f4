//! What the daemon tells of its process. Only it may ask the system and the clock.

/// What is known of the process; what the system does not tell is left out.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ProcessFacts {
    /// When it was started, in seconds since 1970-01-01T00:00:00Z.
    pub started_s: Option<f64>,
    /// The time that its threads were running, in seconds.
    pub cpu_s: Option<f64>,
    /// Its memory that is in RAM, in bytes.
    pub resident_bytes: Option<u64>,
    /// The addresses that it uses, in bytes.
    pub virtual_bytes: Option<u64>,
    /// The files, sockets included, that it holds open.
    pub open_files: Option<u64>,
    /// How many it may hold open.
    pub open_files_max: Option<u64>,
    /// Its threads.
    pub threads: Option<u64>,
}
