//! What rests on the word of who made the run: no digest and no re-performance shows it.

use crate::bundle::OpenRun;
use crate::documents::file::FileState;
use crate::documents::{Document, DocumentKind};
use crate::text::Text;
use sekisho_contract::gap::shorten;

/// What has to be believed, as far as this run leans on it.
pub(super) fn of(open: &OpenRun, stamped: bool, asked: bool) -> Vec<Text> {
    let (run, register) = (&open.run, &open.beside.register);
    let tenancy = &run.tenancy;
    let mut all = Vec::new();
    let mut say = |ja: String, en: String| all.push(Text { ja, en });
    say(
        "クラウドの回答が、記録された事実のとおりであったこと（クラウド事業者は回答に署名しない。回答のハッシュ値と要求番号が呼出しの記録にあり、事業者の監査ログと照合できる。）。".to_owned(),
        "That the clouds answered as the facts record: no provider signs its answers. Digests and request IDs are in the ledger and can be checked against the provider's own audit logs.".to_owned(),
    );
    say(
        format!(
            "契約の終了日が {} であり、その後{}日以内に抹消すればよいこと。",
            tenancy.contract_end, tenancy.erasure_grace_days
        ),
        format!(
            "That the contract ends on {}, and that erasure may take {} days after it.",
            tenancy.contract_end, tenancy.erasure_grace_days
        ),
    );
    if !stamped {
        say(
            "調査の日時（信頼する時刻認証がないため、作成者の時計による。）。".to_owned(),
            "When it was made: there is no time stamp that is trusted, so by the clock of who made it."
                .to_owned(),
        );
    }
    if stamped {
        say(
            "記載の日時より前に行われたものではないこと（時刻認証が示すのは、その時刻に存在したことのみである。）。".to_owned(),
            "That it was not made earlier than it says: a time stamp shows no more than that it existed then.".to_owned(),
        );
    }
    if tenancy.accounts.iter().any(crate::request::names_others) {
        say(
            "組織のほかのアカウントの一覧が、クラウドの答えたとおりであること。".to_owned(),
            "That the other accounts of the organization are those that the cloud listed.".to_owned(),
        );
    }
    if tenancy.accounts.iter().any(|one| one.provider == "azure") {
        say(
            "Azure のリージョンの一覧が、クラウドの答えたとおりであること。".to_owned(),
            "That Azure's regions are those that the cloud listed.".to_owned(),
        );
    }
    if !asked {
        let accounts: Vec<String> =
            tenancy.accounts.iter().map(|one| format!("{}/{}", one.provider, one.id)).collect();
        let named = shorten(&accounts.join(", "));
        say(
            format!("契約に係るアカウントがこれですべてであること（{named}）。"),
            format!("That these are all accounts of the contract: {named}."),
        );
    }
    let open_scopes =
        tenancy.scopes.iter().filter(|scope| !scope.confidential || !scope.availability_critical).count();
    if open_scopes > 0 {
        say(
            format!(
                "構成ファイルの{open_scopes}件の規則により、要機密情報又は要安定情報でないとされた資源があること。"
            ),
            format!(
                "That what {open_scopes} rules of the tenancy file call not confidential, or not critical, is so."
            ),
        );
    }
    if !tenancy.access.is_empty() {
        say(
            format!("国外からのアクセスを認める{}件の記載（[[access]]）。", tenancy.access.len()),
            format!("{} entries that allow access from abroad ([[access]]).", tenancy.access.len()),
        );
    }
    if !tenancy.exceptions.is_empty() {
        say(
            format!("受け入れたリスクとする{}件の記載（判定は変わらない。）。", tenancy.exceptions.len()),
            format!("{} risks stated to be accepted (no verdict depends on them).", tenancy.exceptions.len()),
        );
    }
    let is_statement = |one: &&Document| one.entry.kind == DocumentKind::Statement;
    let statements = register.documents.iter().filter(is_statement).count();
    if statements > 0 {
        say(format!("書面による{statements}件の言明。"), format!("{statements} written statements."));
    }
    let withheld = register
        .documents
        .iter()
        .filter(|one| !is_statement(one) && one.file.state != FileState::Held)
        .count();
    let papers = register.documents.len() - statements;
    if papers > 0 {
        say(
            format!(
                "{papers}件の文書の記載事項（文書そのものは同封されておらず、うち{withheld}件は作成時にも手元になかった。）。"
            ),
            format!(
                "What the register states about {papers} documents: the documents are not enclosed, and {withheld} were not at hand when it was made either."
            ),
        );
    }
    if open.beside.heard.as_ref().is_some_and(|heard| !heard.endpoints.is_empty()) {
        say(
            "場所の裏付けとして尋ねた相手の回答。".to_owned(),
            "The answers of the sources asked to corroborate locations.".to_owned(),
        );
    }
    let vantages = open.beside.heard.as_ref().map_or(0, |heard| heard.vantages.len());
    if vantages > 0 {
        say(
            format!("{vantages}の観測点がその場所にあること。"),
            format!("That {vantages} vantage points are at their stated locations."),
        );
    }
    if open.beside.logs.is_some() {
        say(
            "読み取った監査ログが、そのアカウントのログのすべてであること。".to_owned(),
            "That the audit logs that were read are complete.".to_owned(),
        );
    }
    all
}
