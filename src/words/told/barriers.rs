//! Details of configured barriers against access from abroad.

#[rustfmt::skip]
pub(super) const DETAILS: &[(&str, &str)] = &[
    ("its policy speaks of where requests come from in a way that is not understood", "ポリシーに、接続元についての解釈できない条件がある"),
    ("what its network security perimeter lets in is not read", "ネットワーク セキュリティ境界が何を通すかは確認していない"),
    ("its network rules name what is no range of addresses", "ネットワークの規則に、アドレスの範囲でないものがある"),
    ("the answer does not say from where requests may come", "どこからの要求を受け付けるかが応答にない"),
];
