//! Our own details of gaps in Japanese. They are written down in English; what a provider or a connection said
//! is not ours, and stays as it came.

mod azure;
mod barriers;
mod derived;
mod gcp;
mod logs;

/// A detail of our own in Japanese; `None` when nothing of it is ours.
///
/// `{}` stands for what is quoted. What follows a colon (`…: what was said`) is told in its turn, or as it is.
pub fn told(detail: &str) -> Option<String> {
    if let Some(known) = whole(detail) {
        return Some(known);
    }
    let parts = detail.match_indices(": ").map(|(at, colon)| (&detail[..at], &detail[at + colon.len()..]));
    parts.into_iter().find_map(|(own, said)| {
        // Only what is ours is looked further into: a chain of others' words has any number of colons.
        let own = whole(own)?;
        let said = told(said).unwrap_or_else(|| said.to_owned());
        Some(format!("{own}：{said}"))
    })
}

/// A detail of our own with what it quotes changed; `None` when nothing of it is ours. What follows a colon and is not ours is
/// changed as a whole.
pub fn requoted(detail: &str, change: &dyn Fn(&str) -> String) -> Option<String> {
    if let Some(own) = requoted_whole(detail, change) {
        return Some(own);
    }
    let mut parts =
        detail.match_indices(": ").map(|(at, colon)| (&detail[..at], &detail[at + colon.len()..]));
    parts.find_map(|(own, said)| {
        let own = requoted_whole(own, change)?;
        let said = requoted(said, change).unwrap_or_else(|| change(said));
        Some(format!("{own}: {said}"))
    })
}

fn requoted_whole(detail: &str, change: &dyn Fn(&str) -> String) -> Option<String> {
    details_of_all().find_map(|(english, _)| {
        let mut quoted = quotations(english, detail)?.into_iter();
        let mut text = String::new();
        for (at, words) in english.split("{}").enumerate() {
            if at > 0 {
                let quoted = quoted.next().unwrap_or_default();
                text.push_str(&requoted_whole(quoted, change).unwrap_or_else(|| change(quoted)));
            }
            text.push_str(words);
        }
        Some(text)
    })
}

fn whole(detail: &str) -> Option<String> {
    details_of_all().find_map(|(english, japanese)| {
        let mut quoted = quotations(english, detail)?.into_iter();
        let mut text = String::new();
        for (at, words) in japanese.split("{}").enumerate() {
            if at > 0 {
                let quoted = quoted.next().unwrap_or_default();
                match whole(quoted) {
                    // Japanese among Japanese has no spaces around it.
                    Some(own) => {
                        text.truncate(text.trim_end().len());
                        text.push_str(&own);
                        text.push_str(words.trim_start());
                        continue;
                    }
                    None => text.push_str(quoted),
                }
            }
            text.push_str(words);
        }
        Some(text)
    })
}

/// What stands in a detail where the pattern has `{}`.
fn quotations<'t>(pattern: &str, detail: &'t str) -> Option<Vec<&'t str>> {
    let mut words = pattern.split("{}");
    let mut rest = detail.strip_prefix(words.next()?)?;
    let mut words = words.peekable();
    let mut quoted = Vec::new();
    while let Some(next) = words.next() {
        // The last words stand at the end.
        let at = if words.peek().is_some() {
            rest.find(next)?
        } else {
            rest.len().checked_sub(next.len()).filter(|at| rest.get(*at..) == Some(next))?
        };
        quoted.push(&rest[..at]);
        rest = &rest[at + next.len()..];
    }
    rest.is_empty().then_some(quoted)
}

/// Every detail, with its Japanese.
fn details_of_all() -> impl Iterator<Item = &'static (&'static str, &'static str)> {
    barriers::DETAILS
        .iter()
        .chain(DETAILS)
        .chain(azure::DETAILS)
        .chain(gcp::DETAILS)
        .chain(derived::DETAILS)
        .chain(logs::DETAILS)
        .chain(GENERAL)
}

#[rustfmt::skip]
const DETAILS: &[(&str, &str)] = &[
    ("HTTP 400 without a reason: the session may have ended", "理由のない HTTP 400（セッションが切れた可能性がある）"),
    // What is recorded, and what software of the provider's asks.
    ("`{}` is not declared for the SDK and was not sent", "「{}」は SDK 用に宣言されていないため送信していない"),
    ("no Results in the answer", "応答に Results がない"),
    // Lists over services.
    ("whether {} was found is not known: {} was not listed", "{} が見付かったかは分からない：{} の一覧を取得できていない"),
    ("{} ({}) is in use, and is not read", "{}（{}）が使われているが、確認の対象ではない"),
    ("it names what was not found: {}", "見付かっていないものを示す：{}"),
    ("it was not read to its end", "最後まで取得できていない"),
    ("of {} uses it names, {} are of services that are not read", "{} 件の利用のうち {} 件は、確認していないサービスのものである"),
    ("all {} uses it names were found", "示された {} 件の利用はすべて見付かった"),
    ("the places of resources of the kind {} are not read", "{} の所在は確認していない"),
    ("the copies of resources of the kind {} are not read", "{} の複製は確認していない"),
    ("the labels of resources of the kind {} are not read", "{} のラベルは確認していない"),
    ("the bill states no period", "料金の明細に期間がない"),
    ("a line of the bill does not name a region and a service", "料金の明細にリージョンとサービスを示さない行がある"),
    ("a line of the bill has no {}", "料金の明細に {} のない行がある"),
    // Linking: copies and keys.
    ("a destination that was not seen", "確認できなかった複製先"),
    ("where {} rests is not known: it is not among the resources that were read", "{} の所在が分からない（読み取った資源の中にない）"),
    ("what keeps the copies in {} from being erased was not read", "{} にある複製の抹消を妨げる設定は読み取っていない"),
    ("the place catalogue does not know the country of `{}`", "場所の一覧に「{}」の国がない"),
    ("the place catalogue does not know the one site of `{}`", "場所の一覧では「{}」の拠点が一つに定まらない"),
    ("whether anything is encrypted was not seen", "暗号化の有無を確認できなかった"),
    ("which key is used was not seen", "使用する鍵を確認できなかった"),
    ("which key is used, and where it rests, was not seen", "使用する鍵とその所在を確認できなかった"),
    ("who manages the key {} was not seen", "鍵 {} の管理者を確認できなかった"),
    ("the key {} is not among those that were read", "鍵 {} は読み取った鍵の中にない"),
    ("where the key {} rests was not seen", "鍵 {} の所在を確認できなかった"),
    ("where else the key {} rests is not known: it is not among the keys that were read", "鍵 {} がほかにどこにあるか分からない（読み取った鍵の中にない）"),
    ("where the copies of {} rest was not seen", "{} の複製の所在を確認できなかった"),
    ("whether {} is copied to another place was not read", "{} がほかの場所に複製されているかを確認していない"),
    ("it is on, and {}, to which it writes, does not exist", "記録は有効だが、書き込み先の {} が存在しない"),
    ("the other names that point to it were not seen", "この鍵を指す別名を確認できなかった"),
    ("{} may point to it, and not all of its targets were seen", "{} がこれを指している可能性がある（指す先のすべては確認できなかった）"),
    ("whether what points to it is confidential was not seen", "これを指す資源が要機密情報を扱うかを確認できなかった"),
    ("something that points to it", "これを指すもの"),
    // Linking: networks.
    ("whether {} is on was not seen", "{} が有効かを確認できなかった"),
    ("whether intrusions are watched for in {} was not seen", "{} で侵入の検知が行われているかを確認できなかった"),
    ("a detector of intrusions", "侵入を検知する仕組み"),
    ("the bucket does not exist", "バケットが存在しない"),
    ("the answer is not about this trail", "応答がこの証跡のものでない"),
    ("the list holds {}, which is not of this region and account", "一覧に、このリージョンとアカウントのものでない {} が含まれている"),
    ("the list holds `{}`, which is not the name of a region", "一覧に、リージョンの名称でない「{}」が含まれている"),
    ("the list leaves out {}, which every account can use", "一覧に、すべてのアカウントで使える {} がない"),
    ("the list names {} regions", "一覧に {} のリージョンがある"),
    ("`{}` is not the name of a region, and nothing was sent there", "「{}」はリージョンの名称でないため、何も送っていない"),
    ("`{}` is not the name of a bucket", "「{}」はバケットの名称でない"),
    ("the list holds an alias without a name", "一覧に名前のない別名がある"),
    ("no list in the answer", "応答に一覧がない"),
    ("no date of deletion", "削除の期日がない"),
    ("it is stated not to rotate, but keys of its kind can", "ローテーションできないとの応答だが、ローテーションできる種類の鍵である"),
    ("a configuration without rules", "規則のない設定である"),
    ("its policy names everyone, and the provider does not call it public", "ポリシーは誰にでも許しているが、事業者は公開と判定していない"),
    ("access lists of single objects count, and are not read", "オブジェクト個別のアクセス許可（ACL）が効く設定であり、その内容は確認していない"),
    ("the material was brought in from outside AWS, where its original rests", "鍵素材は AWS の外から持ち込まれたものであり、その原本が外部にある"),
    ("whether {} is outside the tenancy cannot be determined", "{} が契約の範囲外かどうかを判断できない"),
    ("the labels that a scope rule refers to were not seen", "適用範囲の規則が参照するタグを確認できなかった"),
    ("whether {}, from which it was made, is confidential was not seen", "元となった {} が要機密情報を扱うかを確認できなかった"),
    ("the account is {} in its organization", "アカウントが組織で {} の状態にある"),
    ("the list holds `{}`, which is not an account", "一覧に、アカウントでない「{}」が含まれている"),
    ("the answer is not about this policy", "応答がこのポリシーのものでない"),
    // Databases, disks and other stores.
    ("where backups to `{}` rest was not read", "「{}」へのバックアップの所在は確認していない"),
    ("the answer does not say how long backups are kept", "応答にバックアップの保持日数がない"),
    ("the answer is not about this snapshot", "応答がこのスナップショットのものでない"),
    ("the answer is not about this resource", "応答がこの資源のものでない"),
    ("where the outpost {} stands was not read", "Outpost {} の設置場所は確認していない"),
    ("the snapshot belongs to {}", "スナップショットは {} のものである"),
    // Backups, their plans, and the recycle bin.
    ("no lock in the answer", "応答にロックの記載がない"),
    ("the other accounts an air-gapped vault is shared with are not read", "論理エアギャップボールトのその他の共有の相手は確認していない"),
    ("unknown kind of backup vault `{}`", "未知の種類のバックアップボールト「{}」"),
    ("the legal hold {} is being placed or lifted", "リーガルホールド {} の設定又は解除が進行中である"),
    ("unknown state of a legal hold `{}`", "リーガルホールドの未知の状態「{}」"),
    ("the list holds a point of the vault {}", "一覧に、ボールト {} の復旧ポイントが含まれている"),
    ("unknown state of a recovery point `{}`", "復旧ポイントの未知の状態「{}」"),
    ("the policy has no details", "ポリシーに内容がない"),
    ("unknown kind of policy `{}`", "未知の種類のポリシー「{}」"),
    ("where snapshots made at `{}` rest was not read", "「{}」に作られるスナップショットの所在は確認していない"),
    ("a policy that is disabled may have left copies in {}", "停止中のポリシーによる複製が {} に残っている可能性がある"),
    ("a rule that copies names no target", "複製の規則に複製先の指定がない"),
    ("for what is in the recycle bin the answer does not say {}", "ごみ箱にあるものについて、応答に {} の記載がない"),
    ("unknown unit of time `{}`", "未知の時間の単位「{}」"),
    ("unknown state of a rule's lock `{}`", "規則のロックの未知の状態「{}」"),
    ("unknown state of a snapshot's lock `{}`", "スナップショットのロックの未知の状態「{}」"),
    // Tables and file systems.
    ("the answer does not say where a replica rests", "応答に複製の所在がない"),
    ("unknown state of continuous backups `{}`", "継続的バックアップの状態が未知の値「{}」である"),
    ("whether it can be deleted before it expires by itself is not known", "自動的に消える前に削除できるかは確認していない"),
    ("the answer names no bucket", "応答にバケットの記載がない"),
    ("the answer does not say whether it is backed up", "応答にバックアップの有無がない"),
    ("unknown state of daily backups `{}`", "日次バックアップの状態が未知の値「{}」である"),
    ("unknown kind of file system `{}`", "ファイルシステムの種類が未知の値「{}」である"),
    ("unknown deployment of a file system `{}`", "ファイルシステムのデプロイの種類が未知の値「{}」である"),
    ("where ONTAP itself replicates volumes to was not read", "ONTAP 自身によるボリュームの複製先（SnapMirror）は読み取っていない"),
    ("unknown lock of a volume `{}`", "ボリュームのロックの種類が未知の値「{}」である"),
    ("retention of single files is not read", "ファイル個別の保持期間は読み取っていない"),
    ("where the repository {} lies was not read", "リポジトリ {} の所在は確認していない"),
    ("its subnets", "サブネット"), ("where its log goes", "ログの書き込み先"),
    ("the backup belongs to {}", "バックアップは {} のものである"),
    ("unknown state of a backup `{}`", "バックアップの状態が未知の値「{}」である"),
    ("in which zone the subnet {} lies was not seen", "サブネット {} のゾーンを確認できなかった"),
    ("unknown state of a vault's lock `{}`", "ボールトロックの状態が未知の値「{}」である"),
    ("for how long a vault's lock keeps archives was not understood", "ボールトロックがアーカイブを保持する期間を解釈できない"),
    ("where the endpoint {} lies was not read", "エンドポイント {} の所在は確認していない"),
    ("whether a bucket of tables refuses plain connections was not read", "テーブルバケットが暗号化されていない通信を拒否するかは読み取っていない"),
    ("where the gateway's machine stands was not read", "ゲートウェイの機器の所在は読み取っていない"),
    ("the file systems the gateway is connected to were not read", "ゲートウェイと接続されたファイルシステムは読み取っていない"),
    ("the key of the gateway's disks and tapes was not read", "ゲートウェイのボリューム及びテープの鍵は読み取っていない"),
    ("unknown kind of gateway `{}`", "ゲートウェイの種類が未知の値「{}」である"),
    // Machines, settings of regions.
    ("the answer does not say in which zone it stands", "応答にゾーンの記載がない"),
    ("whether a machine's own disks are encrypted was not read", "サーバー自身のディスク（インスタンスストア）の暗号化は読み取っていない"),
    ("the answer tells nothing", "応答に内容がない"),
    ("the list of zones is empty", "ゾーンの一覧が空である"),
    ("the list holds {}, which is a zone of another region", "一覧に、他のリージョンのゾーン {} が含まれている"),
    ("the answer does not say in which zone a subnet lies", "応答にサブネットのゾーンの記載がない"),
    // Linking: trails and cells.
    ("the prefix of {} under which the records are kept was not seen", "{} のどの接頭辞に記録があるかを確認できなかった"),
    ("the expiry rules of {} were not seen", "{} の自動削除の規則を確認できなかった"),
    ("{} is not among the stores that were read", "{} は読み取った保管先の中にない"),
    ("the trail names no store for its records", "監査証跡に書き込み先の指定がない"),
    ("where the trail writes was not seen", "監査証跡の書き込み先を確認できなかった"),
    ("where the trail's records rest was not seen", "監査証跡の記録の所在を確認できなかった"),
    ("which regions are open was not seen", "利用できるリージョンを確認できなかった"),
    ("not everything of the trail {} was seen", "監査証跡 {} の設定の一部を確認できなかった"),
    ("what the event data store {} records may not be sufficient", "イベントデータストア {} の記録で足りるかは確認できない"),
    ("the provider states that its records cannot be changed, but they carry no digests to verify that", "事業者の説明では記録を変更できないが、それを検証するダイジェストがない"),
    ("the answer is not about this event data store", "応答がこのイベントデータストアのものでない"),
    ("the answer does not say whether it is protected against deletion", "応答に削除保護の有無がない"),
    ("unknown state of a federation `{}`", "フェデレーションの状態が未知の値「{}」である"),
    ("unknown state of an event data store `{}`", "イベントデータストアの状態が未知の値「{}」である"),
    ("it is about to start recording events", "記録を始めようとしている"),
    ("the vault is stated not to be locked, and to have a date on which its lock becomes final", "ボールトは、ロックされていないと示されながら、ロックが確定する日も示されている"),
    ("where {} rests is not known: resources of the kind {} are not read", "{} の所在は分からない（種別「{}」の資源は読み取っていない）"),
    ("the answer does not say of which kind {} is", "応答に {} の種別がない"),
    ("the answer does not name the vault of the latest backup", "応答に最新のバックアップの保管庫がない"),
    ("the access point's own public access blocks are not read", "アクセスポイント自身の公開防止設定は読み取っていない"),
    ("{} may be in {}, which was not listed", "{}が、一覧を取得できなかった単位 {} にある可能性がある"),
    ("a trail", "監査証跡"),
    ("it was not read, and nothing says why", "読み取れておらず、理由の記録もない"),
    ("the cell was not listed, and nothing says why", "単位の一覧を取得できておらず、理由の記録もない"),
    // Functions, clusters of containers, distributions, models.
    ("what is in the container image was not read", "コンテナイメージの中身は読み取っていない"),
    ("the answer is not about this cluster", "応答がこのクラスターのものでない"),
    ("whether the storage of tasks is encrypted depends on their platform version, which was not read", "タスクの一時領域の暗号化はプラットフォームのバージョンによるが、それを読み取っていない"),
    ("where tasks write their logs was not read", "タスクのログの書き込み先は読み取っていない"),
    ("unknown way of recording sessions `{}`", "セッションの記録方法が未知の値「{}」である"),
    ("where the cluster's machines outside AWS stand was not read", "クラスターに属する AWS 外の機器の所在は読み取っていない"),
    ("whether what the cluster keeps on its outpost is encrypted was not read", "クラスターが Outpost に置くデータの暗号化は読み取っていない"),
    ("the answer does not say where the cache before an origin is", "オリジンの手前のキャッシュの所在が応答に示されていない"),
    ("requests are recorded in `{}`, which is not a bucket's name", "要求の記録先「{}」がバケットの名称でない"),
    ("a list does not hold as much as it says", "一覧の件数が応答の示す件数と合わない"),
    ("the regions to which prompts for {} are sent are not stated", "{} へのプロンプトがどのリージョンに送られるかが示されていない"),
    ("the answer does not say to which model prompts are sent", "プロンプトの送り先のモデルが応答に示されていない"),
    ("the name `{}` does not say in which zone the bucket is", "名称「{}」からバケットのゾーンが分からない"),
    ("this is not read for directory buckets", "ディレクトリバケットのこの設定は読み取っていない"),
    ("Lightsail does not say whether it is encrypted", "Lightsail は暗号化の有無を示さない"),
    ("this is not read for Lightsail buckets", "Lightsail のバケットのこの設定は読み取っていない"),
    ("the answer does not say in which region the other desktop is", "もう一つのデスクトップのリージョンが応答に示されていない"),
    ("the answer does not say software.version", "ソフトウェアの版が応答に示されていない"),
    // Collecting.
    ("{} resources were listed and {} were read", "一覧にある資源{}件のうち{}件だけを読み取った"),
    ("the cell ended without saying why", "理由を示さずに単位の調査が終わった"),
    ("the tenancy file leaves this region out", "評価対象の定義ファイルがこのリージョンを除外している"),
    ("the account's survey does not mention this service", "アカウントの調査結果にこのサービスがない"),
    ("the run was cancelled", "実行が中断された"),
    ("an internal fault of sekisho, please report it", "sekisho の内部の障害（開発元に報告すること）"),
    // The door.
    ("the answer could not be read", "応答を読み取れなかった"),
    ("the answer was lost", "応答が失われた"),
    ("the provider asked for a slower pace", "呼出しの速度を下げるよう求められた"),
    ("the provider has no portal that can be asked", "問い合わせることのできる窓口が事業者にない"),
    ("what is stated about {} is not what the list states", "{} について述べられていることが、一覧の記載と異なる"),
    ("{} is not a declared operation and was not sent", "{} は宣言していない操作であり、送信しなかった"),
    ("{} may only be sent as {}", "{} は {} でだけ送信できる"),
    ("the call budget is spent", "呼出し回数の上限に達した"),
    (
        "nothing here has answered for a while, so it was not called again",
        "応答のない状態が続いているため、改めて呼び出していない",
    ),
    ("no answer", "応答がない"),
    ("no answer in time", "時間内に応答がない"),
    ("the answer was larger than {} bytes", "応答が {} バイトを超えた"),
    ("not sent", "送信しなかった"),
    ("the list did not end after {} pages", "一覧が{}頁で終わらなかった"),
    ("a page token came twice", "同じ頁が再び示された"),
    ("page after page brought nothing new", "新しい内容のない頁が続いた"),
    ("too many pages", "頁が多すぎる"),
    // AWS: object storage.
    ("a distribution may read it, and its edges cache what they deliver; these are not read", "コンテンツ配信が読み取れ、配信先のキャッシュに残るが、その所在は読み取っていない"),
    ("no location", "場所が示されていない"),
    ("unknown encryption `{}`", "未知の暗号化方式「{}」"),
    ("{} was not among the resources that were read", "{} は読み取った資源の中にない"),
    ("a replication rule that is disabled may have left copies in {}", "停止中の複製規則による複製が {} に残っている可能性がある"),
    ("the region of {} is not known", "{} のリージョンが分からない"),
    ("retention and legal holds of single objects are not read", "オブジェクト個別の保持期間及びリーガルホールドは読み取っていない"),
    ("the account's public access blocks were not read", "アカウント全体の公開防止設定は読み取っていない"),
    ("no default encryption in the configuration", "設定に既定の暗号化がない"),
    ("a default retention without a period", "既定の保持に期間がない"),
    ("no IsPublic in the policy status", "ポリシーの状態に公開の有無がない"),
    ("a grant without a grantee", "許可に相手の記載がない"),
    ("versioning status", "版管理の状態"),
    ("retention mode", "保持モード"),
    ("no Buckets in the answer", "応答にバケットの一覧がない"),
    ("a bucket without a name", "名前のないバケットがある"),
    ("the answer does not name the bucket's region", "応答にバケットのリージョンがない"),
    ("it does not name the bucket's region", "バケットのリージョンがない"),
    ("the S3 endpoint cannot carry a path", "S3 の接続先にパスを付けられない"),
    // AWS: trails, keys, accounts.
    ("not in the answer", "応答に含まれていない"),
    ("it is on, and its latest delivery failed", "記録中であるが、直近の配信に失敗している"),
    ("validation is on, and the latest delivery of digests failed", "改ざん検証は有効であるが、直近のダイジェストの配信に失敗している"),
    ("no selectors", "イベントセレクターが示されていない"),
    ("the answer holds no selector", "応答にイベントセレクターがない"),
    ("the list says it goes on, but not from where", "一覧に続きがあるが、続きの位置が示されていない"),
    ("the answer is not about this key", "応答がこの鍵のものでない"),
    ("the material rests in a key store outside AWS", "鍵素材が AWS の外の鍵管理装置にある"),
    ("the answer does not say whether the key has replicas in other regions", "他のリージョンに鍵の複製があるかが応答に示されていない"),
    ("no policy in the answer", "応答にポリシーがない"),
    ("the policy cannot be read", "ポリシーを読み取れない"),
    ("the policy has an effect `{}`", "ポリシーに未知の効果「{}」がある"),
    ("key manager", "鍵の管理者"), ("key.state", "鍵の状態"), ("key.origin", "鍵素材の由来"),
    ("the credentials belong to account {}, not to {}", "認証情報がアカウント {} のものであり、{} のものでない"),
    ("the list of regions is empty", "リージョンの一覧が空である"),
    ("no kind reads {}", "{} を読み取る機能がない"),
    ("the place catalogue cannot be read", "場所の一覧を読み取れない"),
    ("no credentials", "認証情報が示されていない"),
    ("no AWS credentials; set AWS_PROFILE, sign in, or give the environment variables", "AWS の認証情報がない（AWS_PROFILE の設定、サインイン又は環境変数による指定が必要）"),
    ("the SDK's credential chain is empty", "SDK の認証情報の取得元がない"),
    ("not signed", "署名できなかった"),
    ("no endpoint for {} in {}", "サービス {} の接続先がない（リージョン {}）"),
    ("the endpoint `{}` is not a URL", "接続先「{}」が URL でない"),
    ("expected <{}>, got <{}>", "<{}> があるべきところに <{}> がある"),
    ("not UTF-8", "UTF-8 でない"),
    ("the document ends in the middle", "文書が途中で終わっている"),
    ("not an XML document", "XML の文書でない"),
    ("<{}> holds no error code", "<{}> にエラーコードがない"),
    ("HTTP {}, and the error cannot be read", "HTTP {}（エラーの内容を読み取れない）"),
    // AWS: keyspaces, replicators, transfers.
    ("the answer is not about this table", "応答がこのテーブルのものでない"),
    ("a replica has no region", "複製のリージョンが示されていない"),
    ("the regions of a replicated keyspace were not stated", "複製されるキースペースのリージョンが応答に示されていない"),
    ("the answer is not about this task", "応答がこのタスクのものでない"),
    ("the answer does not name both ends", "応答に両端の記載がそろっていない"),
    ("where the location {} lies was not read", "ロケーション {} の所在は確認していない"),
    ("the answer is not about this replicator", "応答がこのレプリケーターのものでない"),
    ("where the cluster at {} stands was not read", "{} のクラスターの所在は確認していない"),
    // AWS: warehouses, caches, search domains, exports.
    ("whether a snapshot without a key of its own is encrypted is not stated", "独自の鍵を持たないスナップショットの暗号化の有無は応答から分からない"),
    ("a connection's other side has no region", "接続の相手側のリージョンが示されていない"),
    ("snapshots are copied to a region that is not named", "スナップショットの複製先のリージョンが示されていない"),
    ("in which region the share is read is not named", "共有データを読み取るリージョンが示されていない"),
    ("the answer names no target", "応答に送信先の記載がない"),
    ("a member of the global group has no region", "グローバルなグループの構成員のリージョンが示されていない"),
    ("the members of {} were not stated", "{} の構成員が応答に示されていない"),
    // AWS: networks, detectors, recorders, identities.
    ("the network is shared by {}, and only its owner sees this", "ネットワークは {} から共有されたものであり、所有者だけがこれを確認できる"),
    ("where the traffic that {} takes goes on to was not read", "{} を経由する通信の行き先は読み取っていない"),
    ("a route", "経路"),
    ("whether the records of {} arrive was not seen", "{} の記録が届いているかを確認できなかった"),
    ("the answer does not say where {} writes", "{} の書き込み先が応答に示されていない"),
    ("the answer does not say where findings are exported to", "検知結果の書き出し先が応答に示されていない"),
    ("the answer is not about this firewall", "応答がこのファイアウォールのものでない"),
    ("where the log goes, a target of the kind `{}`, cannot be determined", "ログの書き込み先（種別「{}」）を特定できない"),
    ("the answer is not about this web access list", "応答がこのウェブ ACL のものでない"),
    ("what the web access list stands before was not read", "ウェブ ACL が何に適用されているかは読み取っていない"),
    ("the answer is not about this account", "応答がこのアカウントのものでない"),
    ("the list holds {}, which is no aggregator's name", "一覧に、集約の設定の名称でない {} が含まれている"),
    ("the answer is not about this aggregator", "応答がこの集約の設定のものでない"),
    ("the latest delivery of records is `{}`", "直近の記録の配信の状態が「{}」である"),
    ("who can assume {}", "{} が誰に引受けを許しているか"),
    ("the root user has no password, and whether one can be set was not read", "ルートユーザーにパスワードがないが、新たに設定できるかは読み取っていない"),
    ("state", "状態"),
    // AWS: secrets, images, messages, deliveries of data and logs.
    ("it is encrypted, and no key is named", "暗号化されているが、鍵が示されていない"),
    ("the answer is not about this secret", "応答がこのシークレットのものでない"),
    ("unknown kind of parameter `{}`", "パラメータの種類が未知の値「{}」である"),
    ("the answer is not about this registry", "応答がこのレジストリのものでない"),
    ("unknown kind of filter `{}`", "絞り込みの種類が未知の値「{}」である"),
    ("unknown frequency of scans `{}`", "検査の頻度が未知の値「{}」である"),
    ("the answer is not about this queue", "応答がこのキューのものでない"),
    ("the answer is not about this topic", "応答がこのトピックのものでない"),
    ("the answer is not about this stream", "応答がこのストリームのものでない"),
    ("unknown state of a stream's encryption `{}`", "ストリームの暗号化の状態「{}」からは、暗号化の有無が分からない"),
    ("unknown kind of destination", "未知の種類の配信先である"),
    ("where data rest that go to {} was not read", "{} に送られるデータの所在は読み取っていない"),
    ("a nameless bucket", "名前のないバケット"), ("a database", "データベース"), ("a search domain", "検索ドメイン"), ("a search collection", "検索コレクション"),
    ("an HTTP endpoint", "HTTP の送信先"), ("tables of a catalogue", "カタログの表"),
    ("the policy names no destination", "ポリシーに送信先の指定がない"),
    ("unknown selection of log groups `{}`", "対象のロググループの条件「{}」を解釈できない"),
    ("the answer is not about this log group", "応答がこのロググループのものでない"),
    ("the answer does not say where it points to", "応答に送信先の指定がない"),
];

/// Those that quote nearly anything: what is told in words of its own comes before them.
#[rustfmt::skip]
const GENERAL: &[(&str, &str)] = &[
    ("where {} rests was not seen", "{} の所在を確認できなかった"),
    ("the answer does not say {}", "応答に {} の記載がない"),
    ("unknown {} `{}`", "{} が未知の値「{}」である"),
    ("the answer is about {}", "応答が別の資源 {} のものである"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::{Path, PathBuf};

    fn check(detail: &str, japanese: &str) {
        assert_eq!(told(detail).as_deref(), Some(japanese), "{detail}");
    }

    #[test]
    fn quotations_are_kept_and_what_was_said_follows() {
        check(
            "whether a destination that was not seen is outside the tenancy cannot be determined",
            "確認できなかった複製先が契約の範囲外かどうかを判断できない",
        );
        check(
            "what keeps the copies in arn:aws:s3:::x from being erased was not read: AccessDenied: no",
            "arn:aws:s3:::x にある複製の抹消を妨げる設定は読み取っていない：AccessDenied: no",
        );
        check(
            "the region of arn:aws:s3:::x is not known: no answer in time: 30 s",
            "arn:aws:s3:::x のリージョンが分からない：時間内に応答がない：30 s",
        );
        check(
            "where arn:aws:s3:::x rests is not known: it is not among the resources that were read",
            "arn:aws:s3:::x の所在が分からない（読み取った資源の中にない）",
        );
        check(
            "a trail may be in aws/1/us-east-1/x, which was not listed",
            "監査証跡が、一覧を取得できなかった単位 aws/1/us-east-1/x にある可能性がある",
        );
        check("unknown key manager `X`", "鍵の管理者が未知の値「X」である");
        // A chain of others' words is told as it is, however long.
        let chain = "Attempted: ".repeat(40);
        assert_eq!(told(&chain), None);
        for theirs in [
            "503 Service Unavailable",
            "AccessDenied: where the key {} rests",
            "",
            "unknown",
            "no such thing",
        ] {
            assert_eq!(told(theirs), None, "{theirs}");
        }
    }

    #[test]
    fn every_detail_quotes_the_same_in_both_languages() {
        for (english, japanese) in details_of_all() {
            assert_eq!(english.matches("{}").count(), japanese.matches("{}").count(), "{english}");
            assert!(!japanese.is_ascii(), "{english}");
            assert!(told(&english.replace("{}", "x")).is_some(), "{english}");
        }
    }

    /// The sources that write details of gaps, without their tests.
    fn sources() -> Vec<(String, String)> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let crates = ["aws", "azure", "gcp", "contract", "wire"]
            .map(|name| root.join("providers").join(name).join("src"));
        let mut waiting: Vec<PathBuf> =
            ["src/link", "src/collect", "src/recovery", "src/erasure", "src/support", "src/logs"]
                .iter()
                .map(|folder| root.join(folder))
                .chain(crates)
                .collect();
        let mut found = Vec::new();
        while let Some(folder) = waiting.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                let name = path.strip_prefix(root).unwrap().display().to_string();
                if path.is_dir() {
                    waiting.push(path);
                } else if name.ends_with(".rs")
                    // What is wrong with a record is told by its place, not as a gap.
                    && (!name.starts_with("src/logs/") || name.ends_with("/fact.rs"))
                    && !["tests.rs", "fake.rs", "conformance.rs", "append.rs"]
                        .iter()
                        .any(|end| name.ends_with(end))
                {
                    let text = std::fs::read_to_string(&path).unwrap();
                    let code = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
                    let lines = code.lines().filter(|line| !line.trim_start().starts_with("//"));
                    found.push((name, lines.collect::<Vec<_>>().join("\n")));
                }
            }
        }
        assert!(found.len() > 20);
        found
    }

    #[test]
    fn every_detail_of_the_table_is_still_written_somewhere() {
        let all: String = sources().into_iter().map(|(_, text)| text).collect();
        for (english, _) in details_of_all() {
            for words in english.split("{}").filter(|words| words.len() > 3) {
                assert!(
                    all.contains(words.trim_matches(['`', ','])),
                    "nobody writes {words:?} of {english:?}"
                );
            }
        }
    }

    /// The texts written in the arguments of the calls that make gaps.
    fn details(code: &str) -> Vec<String> {
        const MAKERS: [&str; 10] = [
            "Shortfall::of(",
            "Shortfall::without_call(",
            "Why::new(",
            "Why::not_read(",
            "Why::unknown(",
            ".unseen(",
            ".why(",
            "Malformed(",
            "let detail =",
            "let why =",
        ];
        let mut found = Vec::new();
        for maker in MAKERS {
            for (at, _) in code.match_indices(maker) {
                let rest = &code[at + maker.len()..];
                let (mut depth, mut written) = (0_i32, None);
                for (place, c) in rest.char_indices() {
                    match (c, written) {
                        ('"', None) => written = Some(place + 1),
                        ('"', Some(from)) => {
                            found.push(rest[from..place].to_owned());
                            written = None;
                        }
                        (_, Some(_)) => {}
                        ('(' | '{', None) => depth += 1,
                        (')' | '}' | ';', None) if depth <= 0 => break,
                        (')' | '}', None) => depth -= 1,
                        _ => {}
                    }
                }
            }
        }
        // Two tags are joined by the second.
        found.retain(|text| text.contains(' ') && text != "> or <");
        found
    }

    #[test]
    fn every_detail_the_sources_write_is_told_in_japanese() {
        let (mut seen, mut untold) = (0, Vec::new());
        for (file, code) in sources() {
            for text in details(&code) {
                // Quotations by name are quotations; one at the end after a colon is what somebody said.
                let mut plain = String::new();
                let mut inside = false;
                for c in text.replace("{detail}: {said}", "no answer").chars() {
                    inside = match c {
                        '{' => {
                            plain.push('x');
                            true
                        }
                        '}' => false,
                        c => {
                            if !inside {
                                plain.push(c);
                            }
                            inside
                        }
                    };
                }
                if told(&plain).is_none() {
                    untold.push(format!("{file}: {text}"));
                }
                seen += 1;
            }
        }
        assert!(untold.is_empty(), "no Japanese in src/words/told.rs for:\n{}", untold.join("\n"));
        assert!(seen > 60, "{seen}");
    }
}
