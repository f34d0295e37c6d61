//! The configurations of a bucket that are a few elements each.

use super::super::failure::Failure;
use super::super::tenancy::FoundBucket;
use super::super::xml::Xml;
use super::{Call, GLOBAL_REGION, absent, canonical_user, document};
use crate::answer::Answer;
use crate::description::{
    AclPermission, Encryption, Grantee, ObjectLockMode, Ownership, PublicAccessBlock, Versioning, expand,
};

pub(super) fn get(call: &Call<'_>, found: &FoundBucket<'_>) -> Result<Answer, Failure> {
    match call.operation {
        "GetBucketLocation" => Ok(location(found)),
        "GetBucketVersioning" => Ok(versioning(found)),
        "GetBucketEncryption" => encryption(call, found),
        "GetObjectLockConfiguration" => object_lock(call, found),
        "GetPublicAccessBlock" => {
            found.bucket.public_access_block.0.as_ref().map(public_access_block).ok_or_else(|| {
                let message = "The public access block configuration was not found";
                absent(call, "NoSuchPublicAccessBlockConfiguration", message)
            })
        }
        "GetBucketLogging" => Ok(logging(found)),
        "GetBucketTagging" => tagging(call, found),
        "GetBucketAcl" => Ok(acl(found)),
        _ => ownership(call, found),
    }
}

/// The four switches, of a bucket or an account.
pub(in crate::aws) fn public_access_block(block: &PublicAccessBlock) -> Answer {
    document("PublicAccessBlockConfiguration", |xml| {
        xml.text("BlockPublicAcls", block.block_public_acls)
            .text("IgnorePublicAcls", block.ignore_public_acls)
            .text("BlockPublicPolicy", block.block_public_policy)
            .text("RestrictPublicBuckets", block.restrict_public_buckets);
    })
}

/// The constraint of us-east-1 is empty.
fn location(found: &FoundBucket<'_>) -> Answer {
    let region = found.bucket.region.as_str();
    let constraint = if region == GLOBAL_REGION { "" } else { region };
    let mut xml = Xml::document();
    xml.text(&format!("LocationConstraint xmlns=\"{}\"", super::NAMESPACE), constraint);
    xml.answer(200, "application/xml")
}

fn versioning(found: &FoundBucket<'_>) -> Answer {
    let status = match found.bucket.versioning {
        Versioning::Off => None,
        Versioning::Enabled => Some("Enabled"),
        Versioning::Suspended => Some("Suspended"),
    };
    let mfa_delete = found.bucket.mfa_delete.map(|enabled| if enabled { "Enabled" } else { "Disabled" });
    document("VersioningConfiguration", |xml| {
        xml.maybe("Status", status).maybe("MfaDelete", mfa_delete);
    })
}

fn encryption(call: &Call<'_>, found: &FoundBucket<'_>) -> Result<Answer, Failure> {
    let (algorithm, key, bucket_key) = match &found.bucket.encryption {
        Encryption::Unset => ("AES256", None, false),
        Encryption::Missing => {
            let message = "The server side encryption configuration was not found";
            return Err(absent(call, "ServerSideEncryptionConfigurationNotFoundError", message));
        }
        Encryption::Default(default) => {
            (default.algorithm.as_str(), default.key.as_ref(), default.bucket_key)
        }
    };
    Ok(document("ServerSideEncryptionConfiguration", |xml| {
        xml.element("Rule", |rule| {
            rule.element("ApplyServerSideEncryptionByDefault", |default| {
                default.text("SSEAlgorithm", algorithm).maybe("KMSMasterKeyID", key);
            });
            rule.text("BucketKeyEnabled", bucket_key);
        });
    }))
}

fn object_lock(call: &Call<'_>, found: &FoundBucket<'_>) -> Result<Answer, Failure> {
    let lock = found.bucket.object_lock.as_ref().filter(|lock| lock.enabled).ok_or_else(|| {
        let message = "Object Lock configuration does not exist for this bucket";
        absent(call, "ObjectLockConfigurationNotFoundError", message)
    })?;
    Ok(document("ObjectLockConfiguration", |xml| {
        xml.text("ObjectLockEnabled", "Enabled");
        if let Some(mode) = lock.mode {
            xml.element("Rule", |rule| {
                rule.element("DefaultRetention", |retention| {
                    let mode = match mode {
                        ObjectLockMode::Compliance => "COMPLIANCE",
                        ObjectLockMode::Governance => "GOVERNANCE",
                    };
                    retention.text("Mode", mode).maybe("Days", lock.days).maybe("Years", lock.years);
                });
            });
        }
    }))
}

fn logging(found: &FoundBucket<'_>) -> Answer {
    document("BucketLoggingStatus", |xml| {
        if let Some(logging) = &found.bucket.logging {
            xml.element("LoggingEnabled", |enabled| {
                enabled
                    .text("TargetBucket", &logging.target_bucket)
                    .text("TargetPrefix", &logging.target_prefix);
            });
        }
    })
}

fn tagging(call: &Call<'_>, found: &FoundBucket<'_>) -> Result<Answer, Failure> {
    if found.bucket.tags.is_empty() {
        return Err(absent(call, "NoSuchTagSet", "The TagSet does not exist"));
    }
    Ok(document("Tagging", |xml| {
        xml.element("TagSet", |set| {
            for (key, value) in &found.bucket.tags {
                let counted = found.bucket.count.is_some();
                set.element("Tag", |tag| {
                    tag.text("Key", key);
                    match counted {
                        true => tag.text("Value", expand(value, found.n)),
                        false => tag.text("Value", value),
                    };
                });
            }
        });
    }))
}

fn acl(found: &FoundBucket<'_>) -> Answer {
    let owner = canonical_user(found.owner.id());
    let user = |xml: &mut Xml, id: &str| {
        let grantee =
            "Grantee xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:type=\"CanonicalUser\"";
        xml.element(grantee, |grantee| {
            grantee.text("ID", id);
        });
    };
    document("AccessControlPolicy", |xml| {
        xml.element("Owner", |xml| {
            xml.text("ID", &owner);
        });
        xml.element("AccessControlList", |list| {
            list.element("Grant", |grant| {
                user(grant, &owner);
                grant.text("Permission", "FULL_CONTROL");
            });
            for described in &found.bucket.acl {
                list.element("Grant", |grant| {
                    match &described.grantee {
                        Grantee::Account(id) => user(grant, &canonical_user(id)),
                        Grantee::Group(uri) => {
                            let grantee = "Grantee xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:type=\"Group\"";
                            grant.element(grantee, |grantee| {
                                grantee.text("URI", uri);
                            });
                        }
                    }
                    grant.text("Permission", permission(described.permission));
                });
            }
        });
    })
}

fn permission(permission: AclPermission) -> &'static str {
    match permission {
        AclPermission::FullControl => "FULL_CONTROL",
        AclPermission::Read => "READ",
        AclPermission::Write => "WRITE",
        AclPermission::ReadAcp => "READ_ACP",
        AclPermission::WriteAcp => "WRITE_ACP",
    }
}

fn ownership(call: &Call<'_>, found: &FoundBucket<'_>) -> Result<Answer, Failure> {
    if found.bucket.ownership == Ownership::Unset {
        let message = "The bucket ownership controls were not found";
        return Err(absent(call, "OwnershipControlsNotFoundError", message));
    }
    Ok(document("OwnershipControls", |xml| {
        xml.element("Rule", |rule| {
            rule.text("ObjectOwnership", format_args!("{:?}", found.bucket.ownership));
        });
    }))
}
