use super::*;
use crate::operation::{Per, Quota};
use std::sync::Mutex;

static QUOTA: Quota = Quota { name: "q", rate: 1_000, burst: 1_000, source: "" };
static READ: Operation = Operation {
    service: "s",
    name: "Read",
    permission: "s:Read",
    quota: &QUOTA,
    per: Per::Account,
    facts: "",
    absent: &[],
    wire: Wire::Get,
};

static SLOW: Quota = Quota { name: "slow", rate: 1, burst: 1, source: "" };
static SELDOM: Operation = Operation { name: "Seldom", quota: &SLOW, ..READ };

/// Answers with these statuses in turn, and then no more. 0 stands for no answer in time, 1 for what is not sent.
#[derive(Default)]
struct Cloud {
    answers: Mutex<Vec<u16>>,
    sent: Mutex<usize>,
    came: tokio::sync::Notify,
}

#[async_trait]
impl Transport for Cloud {
    async fn carry(&self, _: Outgoing) -> Result<Answer, TransportFault> {
        *self.sent.lock().unwrap() += 1;
        self.came.notify_one();
        let status = self.answers.lock().unwrap().pop();
        match status {
            Some(0) => Err(TransportFault::TimedOut("quiet".into())),
            Some(1) => Err(TransportFault::Refused("plain".into())),
            Some(status) => Ok(Answer { status, headers: http::HeaderMap::new(), body: Bytes::new() }),
            None => std::future::pending().await,
        }
    }
}

struct Speaker;

#[async_trait]
impl Caller for Speaker {
    async fn sign(&self, _: &mut Outgoing) -> Result<(), Shortfall> {
        Ok(())
    }
    fn meaning(&self, _: &Operation, answer: &Answer) -> Meaning {
        match answer.status {
            200 => Meaning::Answered,
            429 => Meaning::Throttled(Some(Duration::ZERO)),
            401 => Meaning::Expired("over".into()),
            _ => Meaning::Passing("broken".into()),
        }
    }
    fn request_id(&self, _: &Answer) -> String {
        String::new()
    }
    fn error_code(&self, answer: &Answer) -> String {
        format!("E{}", answer.status)
    }
    async fn renew(&self) -> bool {
        true
    }
}

#[derive(Default)]
struct Book(Mutex<Vec<Call>>);

impl Ledger for Book {
    fn record(&self, call: Call) {
        self.0.lock().unwrap().push(call);
    }
}

struct Stage {
    cloud: Arc<Cloud>,
    book: Arc<Book>,
    cancel: CancellationToken,
    door: Door,
}

fn stage(mut answers: Vec<u16>, concurrency: usize, budget: Option<u64>) -> Stage {
    answers.reverse();
    let cloud = Arc::new(Cloud { answers: Mutex::new(answers), ..Cloud::default() });
    let (book, cancel) = (Arc::new(Book::default()), CancellationToken::new());
    let patience = Patience { base: Duration::ZERO, ..Patience::ORDINARY };
    let parts = DoorParts {
        transport: Arc::clone(&cloud) as _,
        ledger: Arc::clone(&book) as _,
        patience,
        concurrency,
        budget: budget.map(Budget::of),
        paced: true,
        cancel: cancel.clone(),
    };
    Stage { cloud, book, cancel, door: Door::new("p", &[&READ, &SELDOM], parts) }
}

async fn ask(door: &Door, page: u32) -> Result<Heard<()>, Shortfall> {
    ask_in(door, &READ, "r", page).await
}

async fn ask_in(
    door: &Door,
    operation: &'static Operation,
    region: &str,
    page: u32,
) -> Result<Heard<()>, Shortfall> {
    let url = url::Url::parse("http://127.0.0.1/").unwrap();
    let request = Outgoing { method: Method::GET, url, headers: http::HeaderMap::new(), body: Bytes::new() };
    let question = Question { operation, account: "1", region, target: "", page, request };
    door.ask(question, &Speaker, |_| Ok(())).await
}

#[tokio::test]
async fn what_was_not_sent_before_a_stop_is_no_call() {
    let Stage { cloud, book, cancel, door } = stage(Vec::new(), 2, None);
    let all = futures::future::join_all((0..50).map(|page| ask(&door, page)));
    let stop = async {
        while *cloud.sent.lock().unwrap() < 2 {
            cloud.came.notified().await;
        }
        cancel.cancel();
    };
    let (ended, ()) = futures::join!(all, stop);
    let cancelled =
        |asked: &Result<_, Shortfall>| asked.as_ref().is_err_and(|it| it.reason == GapReason::Cancelled);
    assert!(ended.iter().all(cancelled));
    assert_eq!((*cloud.sent.lock().unwrap(), book.0.lock().unwrap().len()), (2, 2));
}

#[tokio::test]
async fn each_attempt_is_written_down_with_what_the_provider_called_it() {
    let cases: [(&[u16], Option<GapReason>, &[&str]); 4] = [
        (&[429, 503, 200], None, &["E429", "E503", ""]),
        (&[401, 200], None, &["E401", ""]),
        (&[401, 401], Some(GapReason::Credentials), &["E401", "E401"]),
        (&[503; 6], Some(GapReason::Failed), &["E503"; 6]),
    ];
    for (answers, reason, errors) in cases {
        let Stage { book, door, .. } = stage(answers.to_vec(), 1, None);
        assert_eq!(ask(&door, 0).await.err().map(|shortfall| shortfall.reason), reason, "{answers:?}");
        let calls = book.0.lock().unwrap();
        let written: Vec<&str> = calls.iter().map(|call| call.error.as_str()).collect();
        assert_eq!(written, errors, "{answers:?}");
        assert!(calls.iter().zip(1..).all(|(call, attempt)| call.attempt == attempt));
    }
}

#[tokio::test]
async fn what_never_answered_is_asked_once() {
    // Given up three times with six attempts each, then asked once; an answer wins its patience back.
    let answers: Vec<u16> = [503; 19].into_iter().chain([200, 503, 200]).collect();
    let Stage { cloud, door, .. } = stage(answers, 1, None);
    let mut sent = Vec::new();
    for page in 0..6 {
        let asked = ask(&door, page).await;
        assert_eq!(asked.is_ok(), page > 3, "{page}");
        sent.push(*cloud.sent.lock().unwrap());
    }
    assert_eq!(sent, [6, 12, 18, 19, 20, 22]);
}

#[tokio::test]
async fn a_spent_budget_sends_nothing_more() {
    let Stage { cloud, door, .. } = stage(vec![503, 200], 1, Some(2));
    assert!(ask(&door, 0).await.is_ok());
    assert_eq!(ask(&door, 1).await.unwrap_err().reason, GapReason::BudgetSpent);
    assert_eq!(*cloud.sent.lock().unwrap(), 2);
}

#[tokio::test]
async fn a_budget_is_spent_to_the_last_request_and_not_beyond() {
    // What is answered, the budget, and how many requests leave; each question is asked at once.
    for (answers, budget, sent) in [
        (vec![429, 429, 429, 200], 3, 3),
        (vec![429; 40], 7, 7),
        (vec![401, 200], 1, 1),
        (vec![1, 1, 1, 200, 200, 200], 2, 5),
        (vec![200; 4], 9, 4),
    ] {
        let refused = answers.iter().filter(|status| **status == 1).count();
        let questions = answers.len().min(6);
        let Stage { cloud, book, door, .. } = stage(answers.clone(), 3, Some(budget));
        let all = futures::future::join_all((0..).take(questions).map(|page| ask(&door, page))).await;
        let left = *cloud.sent.lock().unwrap();
        assert_eq!(left, sent, "{answers:?}");
        // What the transport did not send costs nothing, and is no call.
        assert_eq!(book.0.lock().unwrap().len(), sent - refused, "{answers:?}");
        let spent = all.iter().filter_map(|asked| asked.as_ref().err());
        let spent = spent.filter(|shortfall| shortfall.reason == GapReason::BudgetSpent);
        for shortfall in spent {
            let made = book.0.lock().unwrap().iter().any(|call| shortfall.call == Some(call.id));
            assert_eq!(made, shortfall.call.is_some(), "what was asked before the end is named: {answers:?}");
        }
    }
}

#[tokio::test]
async fn waiting_for_a_turn_costs_nothing() {
    let Stage { cloud, cancel, door, .. } = stage(vec![200], 3, Some(10));
    let all = futures::future::join_all((0..5).map(|page| ask_in(&door, &SELDOM, "r", page)));
    let stop = async {
        cloud.came.notified().await;
        cancel.cancel();
    };
    let (ended, ()) = futures::join!(all, stop);
    assert!(ended.iter().filter(|asked| asked.is_err()).count() >= 4);
    assert_eq!(door.budget.as_ref().unwrap().0.load(Ordering::Relaxed), 9);
}

#[tokio::test]
async fn a_mute_service_costs_a_few_time_outs_and_no_more() {
    let answers: Vec<u16> = [0; 3].into_iter().chain([200]).collect();
    let Stage { cloud, door, .. } = stage(answers, 4, None);
    let first = ask(&door, 0).await.unwrap_err();
    assert_eq!((first.reason, *cloud.sent.lock().unwrap()), (GapReason::Unreachable, 3));
    assert!(first.call.is_some());
    for page in 1..200 {
        let next = ask(&door, page).await.unwrap_err();
        assert_eq!((next.reason, next.call), (GapReason::Unreachable, None));
    }
    assert_eq!(*cloud.sent.lock().unwrap(), 3);
    assert!(ask_in(&door, &READ, "elsewhere", 0).await.is_ok());
}

#[test]
fn what_runs_out_together_is_one_round_and_an_answer_ends_the_row() {
    let silent = Silent::default();
    let place = (&READ, "1", "r");
    let began = Instant::now();
    for _ in 0..50 {
        silent.ran_out(place, began);
    }
    assert!(!silent.is_mute(place));
    silent.ran_out(place, Instant::now());
    silent.spoke((&READ, "1", "r"));
    silent.ran_out(place, Instant::now());
    silent.ran_out(place, Instant::now());
    assert!(!silent.is_mute(place));
    silent.ran_out(place, Instant::now());
    assert!(silent.is_mute(place) && silent.is_mute((&READ, "2", "r")), "nothing of the region answers");
    // Another account's service answers: the region does, and this service still does not.
    silent.spoke((&READ, "2", "r"));
    assert!(silent.is_mute(place) && !silent.is_mute((&READ, "2", "r")));
}

#[tokio::test]
async fn doors_that_share_a_budget_spend_it_together() {
    let (first, second) = (stage(vec![200, 200, 200], 1, None), stage(vec![200, 200, 200], 1, None));
    let budget = Budget::of(2);
    let [first, second] = [first, second].map(|stage| Door { budget: Some(budget.clone()), ..stage.door });
    assert!(ask_in(&first, &READ, "r", 0).await.is_ok());
    assert!(ask_in(&second, &READ, "r", 0).await.is_ok());
    for door in [&first, &second] {
        assert_eq!(ask_in(door, &READ, "r", 1).await.unwrap_err().reason, GapReason::BudgetSpent);
    }
}
