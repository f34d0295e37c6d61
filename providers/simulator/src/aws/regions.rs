//! The commercial regions of AWS and their zones, as of 2026-11.
//!
//! Sources: the endpoints file of botocore (regions); the published address ranges (network border groups, which are the groups of
//! local and wavelength zones). Zone ids differ between accounts in truth; here every account has the same.

/// A region.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RegionInfo {
    pub(crate) name: &'static str,
    pub(crate) opt_in: OptIn,
    /// Beginning of its zones' ids.
    pub(crate) zone_prefix: &'static str,
    /// Letter and number of each availability zone: `a4` is zone `…a` with id `…az4`.
    pub(crate) zones: &'static [&'static str],
    /// Groups of local zones (`…-tpe-1`) and wavelength zones (`…-wlz-1`), without the region's name.
    pub(crate) zone_groups: &'static [&'static str],
}

/// Whether an account must ask for a region.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OptIn {
    /// Every account has it.
    NotRequired,
    /// An account has it once it asked.
    Required,
}

/// The region of that name.
pub(crate) fn find(name: &str) -> Option<&'static RegionInfo> {
    ALL.iter().find(|info| info.name == name)
}

const fn region(
    name: &'static str,
    zone_prefix: &'static str,
    zones: &'static [&'static str],
    zone_groups: &'static [&'static str],
) -> RegionInfo {
    RegionInfo { name, opt_in: OptIn::NotRequired, zone_prefix, zones, zone_groups }
}

const fn opt_in(
    name: &'static str,
    zone_prefix: &'static str,
    zone_groups: &'static [&'static str],
) -> RegionInfo {
    RegionInfo { name, opt_in: OptIn::Required, zone_prefix, zones: ABC, zone_groups }
}

const ABC: &[&str] = &["a1", "b2", "c3"];

/// Every region, by name.
pub(crate) const ALL: &[RegionInfo] = &[
    opt_in("af-south-1", "afs1", &["los-1"]),
    opt_in("ap-east-1", "ape1", &[]),
    opt_in("ap-east-2", "ape2", &[]),
    region("ap-northeast-1", "apne1", &["a4", "c1", "d2"], &["tpe-1", "wl1-kix-wlz-1", "wl1-nrt-wlz-1"]),
    region("ap-northeast-2", "apne2", &["a1", "b2", "c3", "d4"], &[]),
    region("ap-northeast-3", "apne3", ABC, &[]),
    region("ap-south-1", "aps1", &["a1", "b3", "c2"], &["ccu-1", "ccu-2", "del-1", "del-2"]),
    opt_in("ap-south-2", "aps2", &[]),
    region("ap-southeast-1", "apse1", ABC, &["bkk-1", "han-1", "mnl-1"]),
    region("ap-southeast-2", "apse2", &["a1", "b3", "c2"], &["akl-1", "per-1"]),
    opt_in("ap-southeast-3", "apse3", &[]),
    opt_in("ap-southeast-4", "apse4", &[]),
    opt_in("ap-southeast-5", "apse5", &[]),
    opt_in("ap-southeast-6", "apse6", &[]),
    opt_in("ap-southeast-7", "apse7", &[]),
    region("ca-central-1", "cac1", &["a1", "b2", "d4"], &[]),
    opt_in("ca-west-1", "caw1", &[]),
    region(
        "eu-central-1",
        "euc1",
        ABC,
        &["ath-1", "ham-1", "ist-1", "waw-1", "wl1-ber-wlz-1", "wl1-dtm-wlz-1", "wl1-muc-wlz-1"],
    ),
    opt_in("eu-central-2", "euc2", &[]),
    region("eu-north-1", "eun1", ABC, &["cph-1", "hel-1"]),
    opt_in("eu-south-1", "eus1", &[]),
    opt_in("eu-south-2", "eus2", &[]),
    region("eu-west-1", "euw1", &["a3", "b1", "c2"], &[]),
    region("eu-west-2", "euw2", &["a2", "b3", "c1"], &["wl2-man-wlz-1"]),
    region("eu-west-3", "euw3", ABC, &[]),
    opt_in("il-central-1", "ilc1", &[]),
    opt_in("me-central-1", "mec1", &[]),
    opt_in("me-south-1", "mes1", &["mct-1"]),
    opt_in("mx-central-1", "mxc1", &[]),
    region("sa-east-1", "sae1", ABC, &[]),
    region(
        "us-east-1",
        "use1",
        &["a6", "b1", "c2", "d4", "e3", "f5"],
        &[
            "atl-1",
            "atl-2",
            "bos-1",
            "bue-1",
            "chi-1",
            "chi-2",
            "dfw-1",
            "dfw-2",
            "foe-wlz-1",
            "iah-1",
            "iah-2",
            "lim-1",
            "mci-1",
            "mia-1",
            "mia-2",
            "msp-1",
            "nyc-1",
            "nyc-2",
            "phl-1",
            "qro-1",
            "scl-1",
            "wl1-atl-wlz-1",
            "wl1-bna-wlz-1",
            "wl1-bos-wlz-1",
            "wl1-chi-wlz-1",
            "wl1-clt-wlz-1",
            "wl1-dfw-wlz-1",
            "wl1-dtw-wlz-1",
            "wl1-iah-wlz-1",
            "wl1-mia-wlz-1",
            "wl1-msp-wlz-1",
            "wl1-nyc-wlz-1",
            "wl1-tpa-wlz-1",
            "wl1-was-wlz-1",
        ],
    ),
    region("us-east-2", "use2", ABC, &[]),
    region("us-west-1", "usw1", &["a3", "b1"], &[]),
    region(
        "us-west-2",
        "usw2",
        &["a2", "b1", "c3", "d4"],
        &[
            "den-1",
            "hnl-1",
            "las-1",
            "las-1b",
            "lax-1",
            "pdx-1",
            "phx-1",
            "phx-2",
            "sea-1",
            "wl1-den-wlz-1",
            "wl1-las-wlz-1",
            "wl1-lax-wlz-1",
            "wl1-phx-wlz-1",
            "wl1-sea-wlz-1",
            "wl1-sfo-wlz-1",
        ],
    ),
];
