//! Details of what is made of other facts: setting back, and erasure.

#[rustfmt::skip]
pub(super) const DETAILS: &[(&str, &str)] = &[
    ("no recovery point objective is declared for it", "復旧時点目標が宣言されていない"),
    ("which schedules cover it, or when they run, was not seen whole", "どの予定の対象か、いつ行われるかのすべては確認できなかった"),
    ("{} was not listed, and backups may be in it", "{} の一覧を取得できておらず、バックアップがそこにある可能性がある"),
    ("there are backups of which it is not said what they were made from", "何から作られたかが示されていないバックアップがある"),
    ("there are backups of whole machines, and which disks are in them is not read", "機械全体のバックアップがあり、どのディスクを含むかを読み取っていない"),
    ("its backups go back less far than the objective is long", "バックアップの遡れる期間が目標より短い"),
    ("how far continuous backup is behind is read once: that is a sample, not the worst case", "連続的なバックアップの遅れの読取りは一度であり、標本であって最悪値ではない"),
    ("when its backups were ready is not said", "バックアップが使えるようになった時が示されていない"),
    ("what was seen of its backups does not decide", "バックアップについて確認できたことからは決まらない"),
    ("whether its backups can be used was not seen", "バックアップが使えるかを確認できなかった"),
    ("whether it keeps versions or backups of its own was not seen", "版又は自身のバックアップを保持しているかを確認できなかった"),
    ("which of its backups were set back was not seen", "どのバックアップから復旧したかを確認できなかった"),
    ("the site of a copy or backup was not seen", "写し又はバックアップの拠点を確認できなかった"),
    ("what stands in the way of erasing it, or a copy of it, was not seen whole", "本体又は写しの抹消を妨げるもののすべては確認できなかった"),
    ("{} was not listed, and copies may be in it", "{} の一覧を取得できておらず、写しがそこにある可能性がある"),
    ("there are copies of which it is not said of what they are", "何の写しかが示されていない写しがある"),
    ("the key is not among those that were read", "その鍵は読み取った鍵の中にない"),
    ("who manages the key was not seen", "鍵の管理者を確認できなかった"),
    ("where the key's material came from was not seen", "鍵の材料の出所を確認できなかった"),
    ("whether the key has copies was not seen", "鍵の写しの有無を確認できなかった"),
    ("the state of the key was not seen", "鍵の状態を確認できなかった"),
    ("how long a key waits for its destruction was not seen", "鍵の破棄までの待機期間を確認できなかった"),
    ("a schedule that cannot be read: {}", "予定の式を解釈できない：{}"),
];
