//! The routes: every `google.api.http` rule of the services that a port serves.

use http::Method;
use prost_reflect::{
    DescriptorPool, DynamicMessage, FieldDescriptor, Kind, MethodDescriptor, ReflectMessage, Value,
};

use super::template::{Template, TemplateError};

/// Why the contract's rules cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum RuleError {
    /// There is no such service.
    #[error("the contract has no service {0}")]
    NoService(String),
    /// A template cannot be read.
    #[error("{method}: {fault}")]
    Template {
        /// The method.
        method: String,
        /// What is wrong.
        fault: TemplateError,
    },
    /// A rule names a field that the message does not have, or that cannot stand there.
    #[error(
        "{method}: the rule names the field `{field}`, which {message} has not, or which cannot stand there"
    )]
    Field {
        /// The method.
        method: String,
        /// The field.
        field: String,
        /// The message.
        message: String,
    },
    /// A rule has no method of HTTP.
    #[error("{0}: the rule has neither get, put, post, delete, patch nor custom")]
    NoVerb(String),
}

/// Where the request's body goes.
#[derive(Debug, Clone)]
pub(super) enum BodyRule {
    /// There is none.
    None,
    /// It is the whole request.
    Whole,
    /// It is this field.
    Field(FieldDescriptor),
}

/// One binding of one method.
#[derive(Debug, Clone)]
pub(super) struct Route {
    pub verb: Method,
    /// As the rule writes it.
    pub path: String,
    pub template: Template,
    pub body: BodyRule,
    /// The field that is the whole answer, where not the message is.
    pub answer: Option<FieldDescriptor>,
    pub method: MethodDescriptor,
    /// 0: the rule itself; else its additional bindings from 1.
    pub binding: usize,
}

/// What a request's method and path lead to.
pub(super) enum Found<'a> {
    /// This route, with the values of its variables.
    Route(&'a Route, Vec<String>),
    /// The path, with these methods.
    OtherMethods(Vec<Method>),
    /// Nothing.
    Nothing,
}

/// All routes of a port.
#[derive(Debug, Clone)]
pub(super) struct Routes(Vec<Route>);

impl Routes {
    /// The routes of these services, by full name.
    pub(super) fn of(pool: &DescriptorPool, services: &[&str]) -> Result<Self, RuleError> {
        let mut routes = Vec::new();
        for name in services {
            let service =
                pool.get_service_by_name(name).ok_or_else(|| RuleError::NoService((*name).to_owned()))?;
            for method in service.methods() {
                routes.extend(rules(pool, &method)?);
            }
        }
        routes.sort_by_key(|route| route.template.open_segments());
        Ok(Self(routes))
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Route> {
        self.0.iter()
    }

    /// The route of a request. A HEAD is a GET whose body is not sent.
    pub(super) fn find(&self, verb: &Method, path: &str) -> Found<'_> {
        let wanted = if verb == Method::HEAD { &Method::GET } else { verb };
        let mut others = Vec::new();
        for route in &self.0 {
            let Some(values) = route.template.fit(path) else { continue };
            if route.verb == *wanted {
                return Found::Route(route, values);
            }
            others.push(route.verb.clone());
        }
        if others.is_empty() { Found::Nothing } else { Found::OtherMethods(others) }
    }
}

fn rules(pool: &DescriptorPool, method: &MethodDescriptor) -> Result<Vec<Route>, RuleError> {
    let Some(extension) = pool.get_extension_by_name("google.api.http") else { return Ok(Vec::new()) };
    let options = method.options();
    if !options.has_extension(&extension) {
        return Ok(Vec::new());
    }
    let value = options.get_extension(&extension);
    let Some(rule) = value.as_message() else { return Ok(Vec::new()) };
    let mut routes = vec![route(rule, method, 0)?];
    let more = rule.get_field_by_name("additional_bindings");
    for (index, additional) in more.iter().flat_map(|list| list.as_list().unwrap_or_default()).enumerate() {
        if let Some(additional) = additional.as_message() {
            routes.push(route(additional, method, index + 1)?);
        }
    }
    Ok(routes)
}

fn route(rule: &DynamicMessage, method: &MethodDescriptor, binding: usize) -> Result<Route, RuleError> {
    let (verb, path) = pattern(rule).ok_or_else(|| RuleError::NoVerb(method.full_name().to_owned()))?;
    let template = Template::parse(&path)
        .map_err(|fault| RuleError::Template { method: method.full_name().to_owned(), fault })?;
    let no_field = |field: &str, message: &str| RuleError::Field {
        method: method.full_name().to_owned(),
        field: field.to_owned(),
        message: message.to_owned(),
    };
    let input = method.input();
    for variable in &template.variables {
        let field = field_at(&input, &variable.field);
        if !field.is_some_and(|field| !field.is_list() && !matches!(field.kind(), Kind::Message(_))) {
            return Err(no_field(&variable.field.join("."), input.full_name()));
        }
    }
    let body = match text(rule, "body").as_str() {
        "" => BodyRule::None,
        "*" => BodyRule::Whole,
        name => {
            BodyRule::Field(input.get_field_by_name(name).ok_or_else(|| no_field(name, input.full_name()))?)
        }
    };
    let answer = match text(rule, "response_body").as_str() {
        "" => None,
        name => {
            let output = method.output();
            Some(output.get_field_by_name(name).ok_or_else(|| no_field(name, output.full_name()))?)
        }
    };
    Ok(Route { verb, path, template, body, answer, method: method.clone(), binding })
}

fn pattern(rule: &DynamicMessage) -> Option<(Method, String)> {
    let plain = [
        ("get", Method::GET),
        ("put", Method::PUT),
        ("post", Method::POST),
        ("delete", Method::DELETE),
        ("patch", Method::PATCH),
    ];
    if let Some((name, verb)) = plain.into_iter().find(|(name, _)| rule.has_field_by_name(name)) {
        return Some((verb, text(rule, name)));
    }
    if !rule.has_field_by_name("custom") {
        return None;
    }
    let custom = rule.get_field_by_name("custom")?;
    let custom = custom.as_message()?;
    Some((text(custom, "kind").parse().ok()?, text(custom, "path")))
}

fn text(message: &DynamicMessage, field: &str) -> String {
    let value = message.get_field_by_name(field);
    value.as_deref().and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// The field at this path below a message; none where the path leaves it.
pub(super) fn field_at(
    message: &prost_reflect::MessageDescriptor,
    path: &[String],
) -> Option<FieldDescriptor> {
    let (first, rest) = path.split_first()?;
    let field = message.get_field_by_name(first).or_else(|| message.get_field_by_json_name(first))?;
    if rest.is_empty() {
        return Some(field);
    }
    match field.kind() {
        Kind::Message(inner) if !field.is_list() && !field.is_map() => field_at(&inner, rest),
        _ => None,
    }
}

/// Sets the field at this path, making the messages on the way. The path must have been checked by [`field_at`].
pub(super) fn set_at(message: &mut DynamicMessage, path: &[String], value: Value) {
    let Some((first, rest)) = path.split_first() else { return };
    let descriptor = message.descriptor();
    let Some(field) =
        descriptor.get_field_by_name(first).or_else(|| descriptor.get_field_by_json_name(first))
    else {
        return;
    };
    if rest.is_empty() {
        message.set_field(&field, value);
    } else if let Some(inner) = message.get_field_mut(&field).as_message_mut() {
        set_at(inner, rest, value);
    }
}

/// What stands at this path; none where it is not set.
pub(super) fn get_at(message: &DynamicMessage, path: &[String]) -> Option<Value> {
    let (first, rest) = path.split_first()?;
    let descriptor = message.descriptor();
    let field = descriptor.get_field_by_name(first).or_else(|| descriptor.get_field_by_json_name(first))?;
    if !message.has_field(&field) {
        return None;
    }
    let value = message.get_field(&field);
    if rest.is_empty() { Some(value.into_owned()) } else { get_at(value.as_message()?, rest) }
}
