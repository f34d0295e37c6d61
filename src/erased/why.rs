//! What a state rests on, in words.

use crate::text::Text;
use crate::words;
use sekisho_contract::fact::{Cell, CellState};
use sekisho_contract::gap::Gap;

/// What a state rests on.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Why<'a> {
    /// Every list in which it could stand came whole, and it is in none.
    InNoList,
    /// What holds it is gone.
    WithItsHolder,
    /// The provider says that its material was destroyed.
    MaterialDestroyed,
    /// Its key is gone.
    UnderKey(&'a str),
    /// It is a copy of what lies under a key that is gone.
    CopyUnderKey(&'a str),
    /// It is there, and waits for its deletion.
    Waits,
    /// It waits for its deletion, and it is not told until when.
    WaitsOpen,
    /// It was deleted, and this is kept of it.
    Rests(&'a str),
    /// It is there.
    There,
    /// It is there, in another place than before.
    ThereElsewhere(&'a str),
    /// Something of its name is there, made after the baseline.
    Another,
    /// It was not there before.
    New,
    /// Its account is not part of the tenancy file any more, or could not be entered.
    NoAccount,
    /// Its service or region was not looked at.
    NoCell,
    /// Its cell is closed.
    Closed,
    /// Its cell was not listed.
    NotListed(&'a Cell, Option<&'a Gap>),
    /// Its list came, and something of it did not.
    NotWhole(&'a Gap),
    /// The catalogue has no row for such things.
    NoRow,
    /// Nothing shows that such things are gone.
    NothingShows,
    /// A list that would show it was not asked.
    NotAsked(&'a str),
    /// An answer of a list that would show it did not come.
    Failed(&'a str),
    /// An answer of a list that would show it is not in the ledger.
    Lost(&'a str),
    /// What was deleted may rest where this version does not look.
    RestUnread(&'a Text, Option<u32>),
    /// What was deleted may rest where nobody asked this time.
    RestNotAsked(&'a Text, &'a str, Option<u32>),
    /// Something rests there of which it is not told what it was.
    Stray(&'a str),
    /// A copy whose holder neither run read.
    HolderUnread(&'a str),
    /// A copy whose place was not seen.
    PlaceUnseen,
    /// A copy that its service keeps with the thing itself.
    WithIt,
    /// The same as what holds it.
    AsHolder(&'a str),
    /// A cell of the baseline that was not listed then.
    ThenOpen(&'a Cell),
    /// The same, and now it is listed and empty.
    ThenOpenNowEmpty(&'a Cell),
    /// A cell that is not listed now, and may hold what was made since.
    NowOpen(&'a Cell, Option<&'a Gap>),
    /// A cell of the baseline that is not looked at now.
    NowMissing,
    /// An account of the baseline of which nothing was seen then.
    ThenNoAccount,
    /// The baseline was stopped.
    BaselineStopped,
    /// The run that looked again was stopped.
    AgainStopped,
    /// A line of the baseline that cannot be read.
    BaselineUnreadable(u64),
    /// The baseline found nothing that could be gone.
    NothingKnown,
}

impl Why<'_> {
    /// In both languages.
    pub fn text(&self) -> Text {
        let (ja, en) = match self {
            Self::InNoList => (
                "該当し得る一覧を最後まで取得し、そのいずれにも存在しない。".to_owned(),
                "Every list in which it could appear was read to its end, and it is in none of them.".to_owned(),
            ),
            Self::WithItsHolder => (
                "これを収めていた資源とともに消滅した。".to_owned(),
                "It disappeared together with the resource that held it.".to_owned(),
            ),
            Self::MaterialDestroyed => (
                "鍵素材が破棄済みであると事業者が回答した。".to_owned(),
                "The provider states that its key material was destroyed.".to_owned(),
            ),
            Self::UnderKey(key) => (
                format!("本体及びすべての複製を単独で暗号化していた鍵（{key}）が破棄済みであり、復号できない。"),
                format!("The key ({key}) that alone encrypted it and every copy was destroyed; it cannot be decrypted."),
            ),
            Self::CopyUnderKey(of) => (
                format!("{of} の複製であり、同じ鍵が破棄済みである。"),
                format!("It is a copy of {of}, and the same key was destroyed."),
            ),
            Self::Waits => ("削除待ちであり、まだ消滅していない。".to_owned(), "It is pending deletion and not gone yet.".to_owned()),
            Self::WaitsOpen => (
                "削除待ちであるが、期日を確認できない。".to_owned(),
                "It is pending deletion, and the date was not seen.".to_owned(),
            ),
            Self::Rests(id) => (
                format!("削除されたが、データが {id} として残っている。"),
                format!("It was deleted, but its data remains as {id}."),
            ),
            Self::There => ("現に存在する。".to_owned(), "It still exists.".to_owned()),
            Self::ThereElsewhere(place) => (
                format!("現に存在する（場所は {place}）。"),
                format!("It still exists, in {place}."),
            ),
            Self::Another => (
                "同じ名前のものが存在する。基準時点より後に作成された別のものである。".to_owned(),
                "Something with the same name exists; it was created after the baseline and is a different resource.".to_owned(),
            ),
            Self::New => (
                "基準時点にはなかったもので、現に存在する。".to_owned(),
                "It did not exist at the baseline, and exists now.".to_owned(),
            ),
            Self::NoAccount => (
                "このアカウントは今回の対象に含まれていない。アカウントの閉鎖は、データの消滅を示さない。".to_owned(),
                "Its account was not assessed this time. The closure of an account does not show that its data is gone.".to_owned(),
            ),
            Self::NoCell => (
                "このリージョン又はサービスは今回の対象に含まれていない。".to_owned(),
                "Its region or service was not assessed this time.".to_owned(),
            ),
            Self::Closed => (
                "このリージョン又はサービスが閉じられている。閉鎖は、データの消滅を示さない。".to_owned(),
                "Its region or service is closed now. Its closure does not show that its data is gone.".to_owned(),
            ),
            Self::NotListed(cell, gap) => (
                format!("一覧を取得できなかった（{}）。{}", words::cell(cell.state).ja, because(*gap).ja),
                format!("The list could not be obtained ({}).{}", words::cell(cell.state).en, because(*gap).en),
            ),
            Self::NotWhole(gap) => (
                format!("一覧の一部を取得できなかった。{}", because(Some(gap)).ja),
                format!("A part of the list could not be obtained.{}", because(Some(gap)).en),
            ),
            Self::NoRow => (
                "この種類の資源の消滅を示す方法を、本版は知らない。".to_owned(),
                "This version knows no way of showing that resources of this kind are gone.".to_owned(),
            ),
            Self::NothingShows => (
                "この種類の資源の消滅を示す一覧がない。".to_owned(),
                "No list shows that resources of this kind are gone.".to_owned(),
            ),
            Self::NotAsked(operation) => (
                format!("{operation} を今回は尋ねておらず、消滅を示す回答がない。"),
                format!("{operation} was not called this time, and no answer shows it to be gone."),
            ),
            Self::Failed(operation) => (
                format!("{operation} の回答が得られなかった。"),
                format!("{operation} was not answered."),
            ),
            Self::Lost(operation) => (
                format!("{operation} の回答の一部が呼出しの記録にない。"),
                format!("A part of the answer to {operation} is not in the ledger."),
            ),
            Self::RestUnread(what, days) => (
                format!("一覧には存在しないが、{}に残っている可能性があり、本版はこれを確認していない{}。", what.ja, at_most(*days).ja),
                format!("It is not in the list; it may remain among {}, which this version does not read{}.", what.en, at_most(*days).en),
            ),
            Self::RestNotAsked(what, operation, days) => (
                format!("一覧には存在しないが、{}に残っている可能性があり、{operation} の回答がない{}。", what.ja, at_most(*days).ja),
                format!("It is not in the list; it may remain among {}, and {operation} was not answered{}.", what.en, at_most(*days).en),
            ),
            Self::Stray(id) => (
                format!("一覧には存在しないが、何から残されたか分からない {id} がある。"),
                format!("It is not in the list, but {id} is, and what that was left from is not known."),
            ),
            Self::HolderUnread(holder) => (
                format!("複製を保持する {holder} をいずれの調査も読み取っていない。"),
                format!("Neither run read {holder}, which holds the copy."),
            ),
            Self::PlaceUnseen => (
                "複製の場所が基準時点で確認できていない。".to_owned(),
                "The location of this copy was not seen at the baseline.".to_owned(),
            ),
            Self::WithIt => (
                "サービスが本体とともに保持するものであり、本体と同じ状態である。".to_owned(),
                "Its service keeps it with the resource itself: same state as that resource.".to_owned(),
            ),
            Self::AsHolder(holder) => (
                format!("保持する {holder} の状態による。"),
                format!("Same state as {holder}, which holds it."),
            ),
            Self::ThenOpen(cell) => (
                format!("基準時点で一覧を取得できていない（{}）。そこにあったものの消滅は示せない。", words::cell(cell.state).ja),
                format!("It was not listed at the baseline ({}); what was there then cannot be shown to be gone.", words::cell(cell.state).en),
            ),
            Self::ThenOpenNowEmpty(cell) => (
                format!("基準時点で一覧を取得できていない（{}）。今回の一覧は空であるが、そこにあったものが何であったかは分からない。", words::cell(cell.state).ja),
                format!("It was not listed at the baseline ({}); it is listed and empty now, and what was there is not known.", words::cell(cell.state).en),
            ),
            Self::NowOpen(cell, gap) => (
                format!("今回の一覧を取得できなかった（{}）。残っているもの又は新たに作られたものがあり得る。{}", words::cell(cell.state).ja, because(*gap).ja),
                format!("It was not listed this time ({}); something may be left there or have been made since.{}", words::cell(cell.state).en, because(*gap).en),
            ),
            Self::NowMissing => (
                "基準時点では調べたが、今回は対象に含まれていない。".to_owned(),
                "It was examined for the baseline, but not this time.".to_owned(),
            ),
            Self::ThenNoAccount => (
                "基準時点でこのアカウントを何も調べられていない。そこにあったものの消滅は示せない。".to_owned(),
                "Nothing of this account was seen at the baseline, so what existed then cannot be shown to be gone.".to_owned(),
            ),
            Self::BaselineStopped => (
                "基準時点の調査は途中で中断されている。調べられなかったものの消滅は示せない。".to_owned(),
                "The baseline run was stopped before its end; what it did not examine cannot be shown to be gone.".to_owned(),
            ),
            Self::AgainStopped => (
                "今回の調査は途中で中断された。続きは --resume で行える。".to_owned(),
                "This run was stopped before its end; --resume continues it.".to_owned(),
            ),
            Self::BaselineUnreadable(line) => (
                format!("基準時点の事実の {line} 行目を読み取れない。"),
                format!("Line {line} of the baseline's facts cannot be read."),
            ),
            Self::NothingKnown => (
                "基準時点の調査はデータを保持する資源を一つも見つけておらず、消滅を示す対象がない。".to_owned(),
                "The baseline found nothing that holds data: there is nothing to be shown to be gone.".to_owned(),
            ),
        };
        Text { ja, en }
    }
}

/// How long it may rest, where that has an end.
fn at_most(days: Option<u32>) -> Text {
    days.map_or_else(Text::default, |days| Text {
        ja: format!("（削除から長くとも {days} 日）"),
        en: format!(" (for {days} days after its deletion at most)"),
    })
}

/// What a gap says, behind a sentence.
fn because(gap: Option<&Gap>) -> Text {
    let Some(gap) = gap else { return Text::default() };
    let reason = words::gap(gap.reason);
    let of = if gap.operation.is_empty() { String::new() } else { format!("{} ", gap.operation) };
    let needs = |before: &str, after: &str| match gap.permission.as_str() {
        "" => String::new(),
        permission => format!("{before}{permission}{after}"),
    };
    Text {
        ja: format!("{of}{}{}。", reason.ja, needs("（必要な権限：", "）")),
        en: format!(" {of}{}{}.", reason.en, needs(" (", " is needed)")),
    }
}

/// Whether a cell keeps what is in it from being known.
pub(super) const fn is_open(state: CellState) -> bool {
    !state.is_accounted_for()
}
