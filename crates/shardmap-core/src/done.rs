//! The answer to work that is done elsewhere.

use crate::error::{Code, Error, Result};

/// What is told of the end of work that was asked for: a commit's version, a count. Told once, also when the work is lost in a panic.
pub struct Done(Option<Box<dyn FnOnce(Result<u64>) + Send>>);

impl Done {
    /// From what is to be called; it must be short and take no lock of what does the work.
    pub fn new(tell: impl FnOnce(Result<u64>) + Send + 'static) -> Self {
        Self(Some(Box::new(tell)))
    }

    /// Hands it on.
    pub(crate) fn take(&mut self) -> Self {
        Self(self.0.take())
    }

    /// Tells it.
    pub fn tell(mut self, result: Result<u64>) {
        if let Some(tell) = self.0.take() {
            tell(result);
        }
    }
}

impl Drop for Done {
    fn drop(&mut self) {
        if let Some(tell) = self.0.take() {
            tell(Err(Error::new(Code::Panic, "a bug in shardmap lost what was asked for; please report it")));
        }
    }
}
