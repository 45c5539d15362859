//! On which terms a value is stored: time to live and tags, behind the other arguments.

use crate::{
    call::Call,
    failure::{Failure, Fallible},
    js::{self, Js},
    values,
};
use napi::sys::{napi_value, ValueType};
use shardmap_core::{
    cache::{Tag, Terms, Ttl},
    Code, Error,
};

/// Reads a time to live at this place, if there is one, and all tags behind it. Tags are rare, so only they are fetched apart.
#[inline]
pub fn read(call: &Call<'_>, at: usize) -> Fallible<Terms> {
    let mut terms = Terms::default();
    if call.count > at {
        terms.ttl = ttl(call.js, call.arguments[at])?;
    }
    if call.count > at + 1 {
        terms.tags = call.all()[at + 1..].iter().map(|&given| tag(call.js, given)).collect::<Fallible<_>>()?;
    }
    Ok(terms)
}

fn ttl(js: Js, value: napi_value) -> Fallible<Option<Ttl>> {
    match js.if_number(value)? {
        Some(f64::INFINITY) => Ok(Some(Ttl::Never)),
        Some(ms) => match js::whole(ms) {
            Some(ms) if ms > 0 => Ok(Some(Ttl::Ms(ms))),
            _ => Err(refused(format!("ttl is {ms}; give whole milliseconds from 1 on, or Infinity"))),
        },
        None if js.type_of(value)? == ValueType::napi_undefined => Ok(None),
        None => Err(refused("ttl must be a number")),
    }
}

pub fn tag(js: Js, value: napi_value) -> Fallible<Tag> {
    values::text(js, value)?.map(Tag::from).ok_or_else(|| refused("a tag must be a string"))
}

fn refused(message: impl Into<std::borrow::Cow<'static, str>>) -> Failure {
    Failure::Coded(Error::new(Code::Option, message))
}
