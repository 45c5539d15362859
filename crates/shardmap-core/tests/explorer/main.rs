//! The near-cache protocols, explored exhaustively under sequential consistency: every load, store and lock is a step, and every order of the steps of
//! all threads is gone through. loom takes sequentially consistent accesses for weaker ones, and runs the code itself; here the orders of several words
//! are told apart that look alike.
//!
//! What is checked everywhere: no call that begins after another one has ended returns what is older than what that one wrote or read.

mod end;
mod search;
mod shared;
mod time;
mod versions;
