//! Errors with stable codes; the message tells the user what to do.

use std::{borrow::Cow, fmt};

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $text:literal,)*) => {
        /// What went wrong, as users see it in `error.code`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[non_exhaustive]
        pub enum Code { $($(#[$doc])* $name,)* }

        impl Code {
            /// Every code, in the order of the public table.
            pub const ALL: &'static [Code] = &[$(Code::$name,)*];

            /// The public name.
            pub const fn as_str(self) -> &'static str {
                match self { $(Code::$name => $text,)* }
            }
        }
    };
}

codes! {
    /// Not a key, or a key that is too long.
    Key = "ERR_SHARDMAP_KEY",
    /// A value that cannot be stored, or does not fit the operation.
    Value = "ERR_SHARDMAP_VALUE",
    /// An option out of its range.
    Option = "ERR_SHARDMAP_OPTION",
    /// A limit of the map, or of memory, is reached.
    Full = "ERR_SHARDMAP_FULL",
    /// The handle was closed or the map destroyed.
    Closed = "ERR_SHARDMAP_CLOSED",
    /// The name is open with other options or as another kind.
    Mismatch = "ERR_SHARDMAP_MISMATCH",
    /// A commit lost against another one.
    Conflict = "ERR_SHARDMAP_CONFLICT",
    /// The version asked for is not kept.
    Version = "ERR_SHARDMAP_VERSION",
    /// A file is damaged or foreign.
    Corrupt = "ERR_SHARDMAP_CORRUPT",
    /// A lock or lease is held elsewhere or has ended.
    Locked = "ERR_SHARDMAP_LOCKED",
    /// The operating system refused.
    Io = "ERR_SHARDMAP_IO",
    /// It took longer than the caller allowed.
    Timeout = "ERR_SHARDMAP_TIMEOUT",
    /// A bug in shardmap; the process goes on.
    Panic = "ERR_SHARDMAP_PANIC",
}

/// A coded error, one pointer wide so that results of hot calls stay in registers. Whatever returned it has changed nothing.
#[derive(Clone, Debug)]
pub struct Error(Box<Parts>);

#[derive(Clone, Debug)]
struct Parts {
    code: Code,
    message: Cow<'static, str>,
    keys: Vec<Box<[u8]>>,
}

impl Error {
    /// Makes an error.
    #[cold]
    pub fn new(code: Code, message: impl Into<Cow<'static, str>>) -> Self {
        Self(Box::new(Parts { code, message: message.into(), keys: Vec::new() }))
    }

    /// The same, naming the encoded keys it is about.
    pub fn with_keys(mut self, keys: Vec<Box<[u8]>>) -> Self {
        self.0.keys = keys;
        self
    }

    /// The stable code.
    pub fn code(&self) -> Code {
        self.0.code
    }

    /// What happened and what to do.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// The keys it is about, encoded.
    pub fn keys(&self) -> &[Box<[u8]>] {
        &self.0.keys
    }

    pub(crate) fn closed() -> Self {
        Self::new(Code::Closed, "this map was destroyed; open it again")
    }

    pub(crate) fn memory() -> Self {
        Self::new(Code::Full, "the process is out of memory for this map; delete entries, or set maxBytes to be told earlier")
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code().as_str(), self.message())
    }
}

impl std::error::Error for Error {}

/// The result of every fallible operation here.
pub type Result<T> = std::result::Result<T, Error>;
