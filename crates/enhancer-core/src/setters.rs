//! Methods that set options.

/// Defines a method for each of these fields of an options struct, which sets the field and returns
/// the options. Other crates need them: the structs are non-exhaustive, so a struct literal does
/// not compile.
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
