//! The contract's own comments, as descriptions.

use std::collections::HashMap;

use prost_reflect::{
    DescriptorPool, EnumDescriptor, EnumValueDescriptor, FieldDescriptor, MessageDescriptor,
    MethodDescriptor, ServiceDescriptor,
};

/// Comments by file and place.
pub(super) struct Comments(HashMap<String, HashMap<Vec<i32>, String>>);

impl Comments {
    pub(super) fn of(pool: &DescriptorPool) -> Self {
        let files = pool.files().map(|file| {
            let info = file.file_descriptor_proto().source_code_info.clone().unwrap_or_default();
            let places = info.location.into_iter().filter_map(|location| {
                let text = tidy(location.leading_comments.as_deref()?);
                (!text.is_empty()).then_some((location.path, text))
            });
            (file.name().to_owned(), places.collect())
        });
        Self(files.collect())
    }

    fn at(&self, file: &str, path: &[i32]) -> String {
        self.0.get(file).and_then(|places| places.get(path)).cloned().unwrap_or_default()
    }

    pub(super) fn of_service(&self, service: &ServiceDescriptor) -> String {
        self.at(service.parent_file().name(), service.path())
    }

    pub(super) fn of_method(&self, method: &MethodDescriptor) -> String {
        self.at(method.parent_file().name(), method.path())
    }

    pub(super) fn of_message(&self, message: &MessageDescriptor) -> String {
        self.at(message.parent_file().name(), message.path())
    }

    pub(super) fn of_field(&self, field: &FieldDescriptor) -> String {
        self.at(field.parent_file().name(), field.path())
    }

    pub(super) fn of_enum(&self, of: &EnumDescriptor) -> String {
        self.at(of.parent_file().name(), of.path())
    }

    pub(super) fn of_enum_value(&self, value: &EnumValueDescriptor) -> String {
        self.at(value.parent_file().name(), value.path())
    }
}

/// A comment without its margin; a line that only wraps is joined.
fn tidy(comment: &str) -> String {
    comment.lines().map(str::trim).collect::<Vec<_>>().join(" ").trim().to_owned()
}
