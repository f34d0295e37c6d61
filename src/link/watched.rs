//! Networks to what watches for intrusions where they lie.

use super::Known;
use super::ground::Why;
use super::sheet::LinkSheet;
use sekisho_contract::fact::Resource;
use sekisho_contract::observed::Observed;

/// Fills in whether intrusions are watched for in the network's region. That nothing is on there must have been
/// told: a region of which nothing was told may be watched or not. Where the provider knows which network each detector
/// watches, it has said so of the network itself, and that stands.
pub(super) fn link(resource: &mut Resource, known: &Known, sheet: &mut LinkSheet) {
    let Some(traffic) = &mut resource.traffic else { return };
    let told = sheet.gaps().iter().any(|gap| gap.facet == "traffic.watched");
    if told || !traffic.watched.is_unseen() {
        return;
    }
    let detectors = known.index.detectors(&resource.provider, &resource.account, &resource.region);
    if let Some(on) = detectors.iter().find(|detector| detector.on == Some(true)) {
        sheet.cite("traffic", &on.calls);
        traffic.watched = Observed::Seen(true);
        return;
    }
    let place = [&resource.provider, &resource.account, &resource.region].map(String::clone);
    let open = detectors.iter().find(|detector| detector.on.is_none());
    traffic.watched = match (open, known.hidden_detectors.get(&place)) {
        (None, _) if !detectors.is_empty() => {
            for detector in detectors {
                sheet.cite("traffic", &detector.calls);
            }
            Observed::Seen(false)
        }
        (Some(open), _) => {
            let ground = known.grounds.of(&resource.provider, &open.id, &["guard.enabled", "guard.purpose"]);
            sheet.unseen(
                "traffic.watched",
                Why::new(format!("whether {} is on was not seen", open.id), ground),
            )
        }
        (None, Some(hidden)) => sheet.unseen("traffic.watched", hidden.why("a detector of intrusions")),
        (None, None) => {
            let detail = format!("whether intrusions are watched for in {} was not seen", resource.region);
            sheet.unseen("traffic.watched", detail)
        }
    };
}
