//! Details of configured barriers against access from abroad.

#[rustfmt::skip]
pub(super) const DETAILS: &[(&str, &str)] = &[
    ("its policy restricts where requests come from in a way that is not understood", "ポリシーに、接続元についての解釈できない条件がある"),
    ("what its network security perimeter allows is not read", "ネットワーク セキュリティ境界が何を通すかは確認していない"),
    ("its network rules contain something that is not an address range", "ネットワークの規則に、アドレスの範囲でないものがある"),
    ("the answer does not say from where requests may come", "どこからの要求を受け付けるかが応答にない"),
    ("the endpoint's policy cannot be read", "接続点のポリシーを読み取れない"),
    ("the endpoint's policy is not understood", "接続点のポリシーを解釈できない"),
    ("unknown state `{}` of a policy", "ポリシーの状態「{}」は未知の語である"),
    ("a conditional access policy blocks places under conditions that are not understood", "場所によって遮断する条件付きアクセスのポリシーに、解釈できない条件がある"),
    ("a product is enrolled, but none is named", "登録されたサービスの名前がない"),
    ("something above the project is enrolled, but what it is was not stated", "プロジェクトの上位で登録されたものがあるが、何が登録されたかは示されていない"),
    ("how requests are approved is stated in an unknown word", "要求の承認の方法が未知の語で示されている"),
    ("the databases' own rules are not read", "データベース自身が持つ規則は確認していない"),
];
