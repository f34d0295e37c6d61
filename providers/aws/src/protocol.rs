//! AWS's wire protocols: REST XML, query XML and JSON 1.1, read strictly.

use quick_xml::Reader;
use quick_xml::events::Event;
use sekisho_contract::door::{Answer, Malformed};
use serde::de::{DeserializeOwned, Error, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use std::fmt;
use std::marker::PhantomData;

/// Reads an XML answer whose root element must be `root`. An answer with another root (a proxy's page, an
/// error with status 200) is not an empty configuration.
pub fn read_xml<T: DeserializeOwned>(answer: &Answer, root: &str) -> Result<T, Malformed> {
    read_xml_of(answer, &[root])
}

/// The same, for an answer whose root element has more than one name in use.
pub fn read_xml_of<T: DeserializeOwned>(answer: &Answer, roots: &[&str]) -> Result<T, Malformed> {
    let text = text_of(answer)?;
    let found = root_of(text)?;
    if !roots.contains(&found.as_str()) {
        return Err(Malformed(format!("expected <{}>, got <{}>", roots.join("> or <"), bounded(&found))));
    }
    quick_xml::de::from_str(text).map_err(|error| Malformed(bounded(&error.to_string())))
}

/// The result of a query-protocol answer, inside the one element whose name ends so.
pub struct InResult<T>(pub T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for InResult<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Inside<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Inside<T> {
            type Value = T;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a result element")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<T, A::Error> {
                let mut result = None;
                while let Some(name) = map.next_key::<String>()? {
                    if !name.ends_with("Result") {
                        map.next_value::<IgnoredAny>()?;
                    } else if result.replace(map.next_value()?).is_some() {
                        return Err(A::Error::custom("two results in one answer"));
                    }
                }
                result.ok_or_else(|| A::Error::custom("no result in the answer"))
            }
        }
        deserializer.deserialize_map(Inside(PhantomData)).map(InResult)
    }
}

/// Reads a list that XML wraps: an element whose elements, whatever their name, are the members.
pub fn members<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Vec<T>, D::Error> {
    struct Members<T>(PhantomData<T>);
    impl<'de, T: Deserialize<'de>> Visitor<'de> for Members<T> {
        type Value = Vec<T>;
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a list's element")
        }
        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Vec<T>, A::Error> {
            let mut members = Vec::new();
            while map.next_key::<IgnoredAny>()?.is_some() {
                members.push(map.next_value()?);
            }
            Ok(members)
        }
    }
    deserializer.deserialize_map(Members(PhantomData))
}

/// Reads a JSON answer.
pub fn read_json<T: DeserializeOwned>(answer: &Answer) -> Result<T, Malformed> {
    serde_json::from_slice(&answer.body).map_err(|error| Malformed(bounded(&error.to_string())))
}

/// The body of a query-protocol request.
pub fn form(action: &str, version: &str, parameters: &[(&str, &str)]) -> bytes::Bytes {
    let mut body = url::form_urlencoded::Serializer::new(String::new());
    body.append_pair("Action", action).append_pair("Version", version).extend_pairs(parameters);
    body.finish().into()
}

fn text_of(answer: &Answer) -> Result<&str, Malformed> {
    std::str::from_utf8(&answer.body).map_err(|error| Malformed(format!("not UTF-8: {error}")))
}

/// The name of the root element; the whole document must be well-formed, to its end.
fn root_of(text: &str) -> Result<String, Malformed> {
    let mut reader = Reader::from_str(text);
    let mut root = None;
    let mut depth = 0_u32;
    loop {
        match reader.read_event().map_err(|error| Malformed(bounded(&error.to_string())))? {
            Event::Start(tag) => {
                if depth == 0 && root.is_none() {
                    root = Some(tag.local_name().as_ref().to_owned());
                }
                depth += 1;
            }
            Event::Empty(tag) if depth == 0 && root.is_none() => {
                root = Some(tag.local_name().as_ref().to_owned());
            }
            Event::End(_) => depth = depth.saturating_sub(1),
            Event::Eof => break,
            _ => {}
        }
    }
    match root {
        Some(_) if depth != 0 => Err(Malformed("the document ends in the middle".into())),
        Some(root) => Ok(root),
        None => Err(Malformed("not an XML document".into())),
    }
}

/// The error code and message of a failed answer; empty where it has no body. A body that is cut off or is no
/// error of AWS's says nothing, whatever half of a code is left in it.
pub fn error_of(answer: &Answer) -> Result<(String, String), Malformed> {
    let body = answer.body.trim_ascii_start();
    if body.starts_with(b"<") {
        return xml_error(answer);
    }
    let json: JsonError = match body {
        b"" => JsonError::default(),
        body => serde_json::from_slice(body).map_err(|error| Malformed(bounded(&error.to_string())))?,
    };
    let named = json.kind.or(json.code).or(json.upper_code);
    let code = named.or_else(|| answer.header("x-amzn-errortype").map(str::to_owned)).unwrap_or_default();
    // "prefix#Code" in bodies, "Code:http://…" in headers.
    let code = code.rsplit('#').next().unwrap_or_default().split(':').next().unwrap_or_default();
    Ok((bounded(code), bounded(&json.message.or(json.upper_message).unwrap_or_default())))
}

/// An error in JSON. Some services give the code, or the message, more than once.
#[derive(Deserialize, Default)]
struct JsonError {
    #[serde(rename = "__type")]
    kind: Option<String>,
    code: Option<String>,
    #[serde(rename = "Code")]
    upper_code: Option<String>,
    message: Option<String>,
    #[serde(rename = "Message")]
    upper_message: Option<String>,
}

/// `Code` and `Message` wherever they stand: S3 puts them at the root, query protocols below `Error`,
/// EC2 below `Errors/Error`.
fn xml_error(answer: &Answer) -> Result<(String, String), Malformed> {
    let text = text_of(answer)?;
    let root = root_of(text)?;
    let mut reader = Reader::from_str(text);
    let (mut code, mut message, mut inside) = (None, None, None::<&'static str>);
    loop {
        match reader.read_event().map_err(|error| Malformed(bounded(&error.to_string())))? {
            Event::Start(tag) => {
                inside = match tag.local_name().as_ref() {
                    "Code" => Some("code"),
                    "Message" => Some("message"),
                    _ => None,
                }
            }
            Event::Text(text) => {
                let text = bounded(&text);
                match inside {
                    Some("code") if code.is_none() => code = Some(text),
                    Some("message") if message.is_none() => message = Some(text),
                    _ => {}
                }
            }
            Event::End(_) => inside = None,
            Event::Eof => break,
            _ => {}
        }
    }
    let code = code.ok_or_else(|| Malformed(format!("<{}> holds no error code", bounded(&root))))?;
    Ok((code, message.unwrap_or_default()))
}

fn bounded(text: &str) -> String {
    sekisho_contract::gap::shorten(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(body: &str) -> Answer {
        Answer {
            status: 400,
            headers: http::HeaderMap::new(),
            body: bytes::Bytes::copy_from_slice(body.as_bytes()),
        }
    }

    #[test]
    fn errors_are_read_in_every_dialect() {
        for (body, code, message) in [
            (
                "<?xml version=\"1.0\"?><Error><Code>NoSuchBucket</Code><Message>gone</Message></Error>",
                "NoSuchBucket",
                "gone",
            ),
            (
                "<ErrorResponse xmlns=\"x\"><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>no</Message></Error></ErrorResponse>",
                "AccessDenied",
                "no",
            ),
            (
                "<Response><Errors><Error><Code>UnauthorizedOperation</Code><Message>no</Message></Error></Errors></Response>",
                "UnauthorizedOperation",
                "no",
            ),
            (
                "{\"__type\":\"com.amazonaws#ThrottlingException\",\"message\":\"slow\"}",
                "ThrottlingException",
                "slow",
            ),
            ("{\"__type\":\"NotFoundException\",\"Message\":\"gone\"}", "NotFoundException", "gone"),
            (
                "{\"__type\":\"InvalidAccessException\",\"Code\":\"InvalidAccessException\",\"Message\":\"off\",\"message\":null}",
                "InvalidAccessException",
                "off",
            ),
            ("{\"message\":\"no code\"}", "", "no code"),
            ("", "", ""),
        ] {
            assert_eq!(error_of(&answer(body)), Ok((code.to_owned(), message.to_owned())), "{body}");
        }
        for body in [
            "<!doctype html><html><title>500</title></html>",
            "<!doctype html><html><title>half a page",
            "<?xml version=\"1.0\"?><Error><Code>NoSuchBuck",
            "<Error><Code>NoSuchBucket</Code><Message>go",
            "{\"__type\":\"NotFoundExc",
            "service unavailable",
        ] {
            assert!(error_of(&answer(body)).is_err(), "{body}");
        }
    }

    #[derive(Debug, Deserialize)]
    struct Versioning {
        #[serde(rename = "Status")]
        status: Option<String>,
    }

    #[derive(Debug, Deserialize, PartialEq)]
    struct Listing {
        #[serde(rename = "Things", deserialize_with = "members")]
        things: Vec<Thing>,
        #[serde(rename = "Marker")]
        marker: Option<String>,
    }

    #[derive(Debug, Deserialize, PartialEq)]
    struct Thing {
        #[serde(rename = "Name")]
        name: String,
        #[serde(rename = "Tags", deserialize_with = "members")]
        tags: Vec<String>,
        #[serde(rename = "On")]
        on: bool,
    }

    #[test]
    fn wrapped_lists_are_read() {
        let read = |inside: &str| {
            let body = format!("<ListResponse xmlns=\"x\">{inside}<ResponseMetadata/></ListResponse>");
            read_xml::<InResult<Listing>>(&answer(&body), "ListResponse").map(|document| document.0)
        };
        let two = "<Thing><Name>a</Name><Tags><t>1</t><t>2</t></Tags><On>true</On></Thing>\
                   <Thing><Tags/><On>false</On><Name>b</Name></Thing>";
        let listed =
            read(&format!("<ListResult><Things>{two}</Things><Marker>m</Marker></ListResult>")).unwrap();
        let thing = |name: &str, tags: &[&str], on| Thing {
            name: name.to_owned(),
            tags: tags.iter().map(|tag| (*tag).to_owned()).collect(),
            on,
        };
        assert_eq!(listed.things, [thing("a", &["1", "2"], true), thing("b", &[], false)]);
        assert_eq!(listed.marker.as_deref(), Some("m"));
        assert_eq!(read("<ListResult><Things/></ListResult>").unwrap().things, []);
        // No list is not an empty list, and a member that is not understood is not left out.
        for broken in [
            "",
            "<ListResult/>",
            "<ListResult><Things/></ListResult><ListResult><Things/></ListResult>",
            "<ListResult><Things><Thing><Name>a</Name></Thing></Things></ListResult>",
            "<ListResult><Things>sign in</Things></ListResult>",
        ] {
            assert!(read(broken).is_err(), "{broken}: {:?}", read(broken));
        }
    }

    #[test]
    fn another_document_is_not_an_empty_configuration() {
        let read = |body: &str| read_xml::<Versioning>(&answer(body), "VersioningConfiguration");
        assert_eq!(read("<VersioningConfiguration xmlns=\"x\"/>").unwrap().status, None);
        let full = "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>";
        assert_eq!(read(full).unwrap().status.as_deref(), Some("Enabled"));
        for broken in [
            "<html><body>sign in</body></html>",
            "",
            "{}",
            "<VersioningConfiguration>",
            "<VersioningConfiguration><Status>Ena",
            "<Error><Code>InternalError</Code></Error>",
        ] {
            assert!(read(broken).is_err(), "{broken}");
        }
    }
}
