//! Methods that set options.

/// Gives an options struct a method for each of these fields, which sets it and returns the
/// options. Such structs may get more fields, so other crates cannot write all of them down.
macro_rules! setters {
    ($options:ty { $($set:ident => $field:ident: $type:ty,)+ }) => {
        impl $options {
            $(
                #[doc = concat!("Sets [`", stringify!($field), "`](Self::", stringify!($field), ").")]
                #[must_use]
                pub fn $set(mut self, $field: $type) -> Self {
                    self.$field = $field;
                    self
                }
            )+
        }
    };
}

pub(crate) use setters;
