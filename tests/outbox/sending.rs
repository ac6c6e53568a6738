//! Tests the requests to Meta and the outcomes of their events.

use capi_bridge::event::Trust;
use capi_bridge::relay::{Disk as _, Fate};
use serde_json::{Value, json};

use crate::world::{NOW, Says, World, error, fates, lead};

fn leads(from: usize, count: usize) -> Vec<Value> {
    (from..from + count).map(|id| lead(&id.to_string())).collect()
}

#[test]
fn everything_arrives_once_in_requests_of_a_thousand() {
    let mut world = World::with(json!({}));
    for part in 0..25 {
        world.post(Trust::Page, &leads(part * 100, 100));
    }
    assert_eq!(world.status().depth, 2_500);
    world.run();
    let sizes: Vec<usize> = world.requests.iter().map(Vec::len).collect();
    assert_eq!(sizes, [1_000, 1_000, 500]);
    assert!((0..2_500).all(|id| world.times(&format!("Lead {id}")) == 1));
    let status = world.status();
    assert_eq!((status.depth, status.totals.delivered, status.totals.accepted), (0, 2_500, 2_500));
}

#[test]
fn a_restart_at_any_moment_loses_nothing() {
    let mut world = World::with(json!({ "holdSeconds": 2 }));
    for part in 0..30 {
        world.post(Trust::Page, &leads(part * 7, 7));
        world.crash();
        world.now += 300;
        if part % 3 == 0 {
            world.send();
        }
        world.crash();
    }
    world.run();
    assert!((0..210).all(|id| world.times(&format!("Lead {id}")) == 1));
}

#[test]
fn an_event_that_comes_while_a_request_is_on_its_way_is_sent_too() {
    let mut world = World::with(json!({}));
    world.post(Trust::Page, &leads(0, 3));
    world.send_while(|world| drop(world.post(Trust::Page, &leads(3, 2)))).unwrap();
    assert_eq!(world.status().depth, 2);
    world.run();
    assert_eq!(world.taken.len(), 5);
}

#[test]
fn what_failed_is_sent_again_and_a_poisonous_event_holds_up_nobody() {
    let mut world = World::with(json!({ "retryAtMostSeconds": 1 }));
    world.meta = Box::new(|events| match events.iter().any(|event| event["event_id"] == "13") {
        true => Says::Error(500, String::new()),
        false => Says::Receipt,
    });
    world.post(Trust::Page, &leads(0, 50));
    for round in 0..60 {
        world.run_for(1_000);
        world.post(Trust::Page, &leads(100 + round, 1));
    }
    world.run();
    assert!((0..50).all(|id| world.times(&format!("Lead {id}")) == usize::from(id != 13)));
    let status = world.status();
    assert_eq!((status.quarantined, status.quarantine[0].event_id.as_str()), (1, "13"));
}

#[test]
fn one_rejected_event_is_found_and_set_aside() {
    let mut world = World::with(json!({}));
    world.meta = Box::new(|events| match events.iter().any(|event| event["event_id"] == "7") {
        true => error(100, "OAuthException"),
        false => Says::Receipt,
    });
    world.post(Trust::Server, &leads(0, 64));
    world.run();
    assert_eq!((world.taken.len(), world.status().quarantined), (63, 1));
}

#[test]
fn five_events_that_fail_alone_with_one_code_stop_their_lane_and_are_kept() {
    for posts in [1, 40] {
        let mut world = World::with(json!({}));
        world.meta = Box::new(|_| error(100, "OAuthException"));
        for part in 0..posts {
            world.post(Trust::Server, &leads(part * 200 / posts, 200 / posts));
        }
        world.run_for(5 * 60 * 1_000);
        let status = world.status();
        assert_eq!((status.quarantined, status.depth), (0, 200), "{posts}");
        assert_eq!(status.lanes.server.sending, "stopped");
        assert!(world.requests.len() < 60, "{} requests", world.requests.len());
        // The operator corrects the secret.
        world.meta = Box::new(|_| Says::Receipt);
        world.run();
        assert_eq!(
            (world.taken.len(), world.status().lanes.server.sending),
            (200, "fine".to_owned())
        );
    }
}

#[test]
fn a_lane_that_stopped_does_not_stop_the_other() {
    let mut world = World::with(json!({}));
    world.meta = Box::new(|events| match events[0]["event_id"].as_str().unwrap().len() {
        1 => error(100, "OAuthException"),
        _ => Says::Receipt,
    });
    world.post(Trust::Page, &leads(0, 9));
    world.run_for(60_000);
    assert_eq!(world.status().lanes.page.sending, "stopped");
    world.post(Trust::Server, &leads(1_000, 10));
    world.run_for(1_000);
    assert_eq!(world.taken.len(), 10);
    // A good event starts the lane again, and then the bad events are quarantined.
    world.post(Trust::Page, &leads(2_000, 30));
    world.run();
    assert_eq!((world.taken.len(), world.status().quarantined), (40, 9));
}

#[test]
fn a_few_rejected_events_of_a_page_delay_those_of_other_pages_by_seconds() {
    let mut world = World::with(json!({}));
    world.meta = Box::new(|events| match events.iter().any(|event| event["bad"] == true) {
        true => error(100, "OAuthException"),
        false => Says::Receipt,
    });
    for round in 0..5 {
        // Enough to stop the lane.
        let bad = leads(round * 1_000, 6).into_iter().map(|mut event| {
            event["bad"] = json!(true);
            event
        });
        world.post(Trust::Page, &bad.collect::<Vec<_>>());
        world.run_for(1_000);
        let good = leads(round * 1_000 + 500, 20);
        world.post(Trust::Page, &good);
        world.run_for(10_000);
        assert_eq!(world.taken.len(), (round + 1) * 20, "round {round}");
        world.run();
    }
    assert_eq!((world.status().depth, world.status().quarantined), (0, 30));
}

#[test]
fn an_answer_about_the_request_stops_the_dataset_at_once_and_sets_nothing_aside() {
    let mut world = World::with(json!({}));
    world.meta = Box::new(|_| error(100, "GraphMethodException"));
    world.post(Trust::Server, &leads(0, 10));
    world.post(Trust::Page, &leads(10, 10));
    world.run_for(1_000);
    let status = world.status();
    assert_eq!((status.sending.as_str(), status.depth, status.quarantined), ("stopped", 20, 0));
    assert_eq!(world.requests.len(), 1);
    world.meta = Box::new(|_| Says::Receipt);
    world.run();
    assert_eq!(world.taken.len(), 20);
}

#[test]
fn a_receipt_for_fewer_events_than_were_sent_is_none() {
    let mut world = World::with(json!({ "retryAtMostSeconds": 1 }));
    let mut tries = 0;
    world.meta = Box::new(move |_| {
        tries += 1;
        match tries {
            1 => Says::Error(200, r#"{"events_received":0}"#.to_owned()),
            2 => Says::Error(200, r#"{"events_received":9}"#.to_owned()),
            _ => Says::Receipt,
        }
    });
    world.post(Trust::Server, &leads(0, 10));
    let settled = world.run();
    assert_eq!(fates(&settled), [Fate::Again, Fate::Again, Fate::Delivered]);
    assert_eq!(world.taken.len(), 10);
}

#[test]
fn requests_become_smaller_where_meta_is_slow_and_larger_again() {
    // Meta needs 2 ms an event, and has 1500 ms.
    let mut world = World::with(json!({ "retryAtMostSeconds": 1 }));
    world.millis_an_event = 2;
    world.meta = Box::new(|events| if events.len() > 725 { Says::Late } else { Says::Receipt });
    for part in 0..10 {
        world.post(Trust::Page, &leads(part * 1_000, 1_000));
    }
    world.run();
    assert_eq!(world.taken.len(), 10_000);
    let late = world.requests.iter().filter(|events| events.len() > 725).count();
    assert!(late <= 2, "{late} of {} requests came late", world.requests.len());
}

#[test]
fn a_request_that_is_too_large_is_made_smaller() {
    let mut world = World::with(json!({}));
    world.meta = Box::new(|events| match events.len() > 100 {
        true => Says::Error(413, "<html>".to_owned()),
        false => Says::Receipt,
    });
    world.post(Trust::Page, &leads(0, 900));
    world.run();
    assert_eq!((world.taken.len(), world.status().quarantined), (900, 0));
}

#[test]
fn a_time_far_ahead_on_disk_holds_up_nobody() {
    let mut world = World::with(json!({ "holdSeconds": 2 }));
    world.post(Trust::Page, &leads(0, 3));
    world.disk.jump(365 * 24 * 60 * 60 * 1_000);
    world.crash();
    world.post(Trust::Page, &leads(3, 3));
    // The events on disk go out at once, the others at the next point of the grid.
    world.run_for(20_000);
    assert_eq!(world.taken.len(), 6);
}

#[test]
fn a_longer_hold_of_an_older_configuration_holds_up_nobody() {
    let mut world = World::with(json!({ "holdSeconds": 86_400 }));
    world.post(Trust::Page, &leads(0, 1));
    let disk = world.disk.clone();
    let mut world = World::on(disk, r#"{"datasets":["1"],"allowedOrigins":[],"holdSeconds":2}"#);
    world.post(Trust::Page, &leads(1, 1));
    world.run_for(20_000);
    assert_eq!(world.taken.len(), 2);
}

#[test]
fn a_clock_that_goes_back_a_year_and_forth_loses_nothing_and_sends_nothing_twice() {
    let mut world = World::with(json!({ "holdSeconds": 1 }));
    const YEAR: u64 = 365 * 24 * 60 * 60 * 1_000;
    for (step, at) in [NOW, NOW - YEAR, NOW + 10_000, NOW + 3_600_000, NOW - YEAR, NOW + 20_000]
        .into_iter()
        .enumerate()
    {
        world.now = at;
        world.post(Trust::Page, &leads(step * 5, 5));
        world.run_for(1_500);
    }
    world.run();
    assert!((0..30).all(|id| world.times(&format!("Lead {id}")) == 1));
}

#[test]
fn a_clock_that_goes_back_a_year_while_a_lane_waits_does_not_make_it_wait_for_a_year() {
    let mut world = World::with(json!({ "holdSeconds": 1 }));
    world.meta = Box::new(|_| Says::Away);
    world.post(Trust::Page, &leads(0, 5));
    world.run_for(60_000);
    world.now -= 365 * 24 * 60 * 60 * 1_000;
    world.meta = Box::new(|_| Says::Receipt);
    world.run_for(60_000);
    assert_eq!((world.taken.len(), world.status().depth), (5, 0));
}

#[test]
fn an_event_too_old_for_meta_is_set_aside_and_its_neighbours_go() {
    let mut world = World::with(json!({}));
    world.meta = Box::new(|_| Says::Error(429, String::new()));
    world.post(Trust::Server, &leads(0, 2));
    world.send();
    world.now = NOW + 8 * 24 * 60 * 60 * 1_000;
    world.meta = Box::new(|_| Says::Receipt);
    world.run();
    let status = world.status();
    assert_eq!((status.quarantined, status.depth), (2, 0));
    assert_eq!(status.quarantine[0].refusal.error_subcode, 2_804_003);
}

#[test]
fn an_event_that_would_turn_too_old_while_it_is_held_goes_out_at_once() {
    let mut world = World::with(json!({ "holdSeconds": 600 }));
    // Meta takes the event for nine more minutes, but it is held for ten.
    world.now = NOW + 7 * 24 * 60 * 60 * 1_000 - 9 * 60 * 1_000;
    world.post(Trust::Server, &leads(0, 1));
    world.run_for(1_000);
    assert_eq!((world.taken.len(), world.status().quarantined), (1, 0));
}

#[test]
fn a_damaged_block_costs_its_own_events_alone_and_they_are_set_aside() {
    let mut world = World::with(json!({}));
    for id in 0..5 {
        world.post(Trust::Page, &leads(id * 2, 2));
    }
    world.disk.damage(3);
    world.run();
    assert_eq!((world.taken.len(), world.status().quarantined), (8, 2));
}

#[test]
fn replay_goes_in_slices_and_sends_each_event_again() {
    let mut world = World::with(json!({}));
    world.meta = Box::new(|events| match events.len() == 1 {
        // Meta takes one event in ten, so that the lane does not stop.
        true if !events[0]["event_id"].as_str().unwrap().ends_with('0') => error(100, ""),
        true => Says::Receipt,
        false => error(100, ""),
    });
    for id in 0..60 {
        world.post(Trust::Server, &leads(id * 10, 10));
        world.run_for(120_000);
    }
    let before = world.taken.len();
    world.meta = Box::new(|_| Says::Receipt);
    world.run();
    let quarantined = world.status().quarantined;
    assert!(quarantined > 100, "{quarantined}");
    let (mut from, mut replayed) = (0, 0);
    loop {
        let done = world.outbox.replay(&mut world.disk, None, from, world.now).unwrap();
        replayed += done.replayed;
        let Some(next) = done.next else { break };
        from = next;
    }
    assert_eq!(replayed, quarantined);
    world.run();
    assert_eq!((world.taken.len(), world.status().quarantined), (600, 0));
    assert!(before < 600);
}

#[test]
fn a_replay_of_some_events_leaves_the_others_in_quarantine() {
    let mut world = World::with(json!({}));
    world.meta = Box::new(|_| error(100, ""));
    world.post(Trust::Server, &leads(0, 3));
    world.run_for(120_000);
    let held = world.disk.quarantined(10).unwrap();
    let ids: Vec<u64> = held.iter().rev().map(|row| row.id).collect();
    assert_eq!(ids.len(), 3, "{held:?}");
    world.meta = Box::new(|_| Says::Receipt);
    let wanted = [ids[0], ids[2]];
    let done = world.outbox.replay(&mut world.disk, Some(&wanted), 0, world.now).unwrap();
    assert_eq!((done.replayed, done.too_old, done.next), (2, 0, None));
    let left: Vec<u64> = world.disk.quarantined(10).unwrap().iter().map(|row| row.id).collect();
    assert_eq!(left, [ids[1]]);
}

#[test]
fn what_becomes_due_while_a_request_is_on_its_way_waits_for_the_next_point_of_the_grid() {
    let mut world = World::with(json!({ "alarmGridSeconds": 1, "holdSeconds": 1 }));
    // A hundred events a second for a minute, and a Meta that needs 50 ms for a request.
    for tick in 0..6_000 {
        world.now = NOW + tick * 10;
        world.post(Trust::Page, &leads(tick as usize, 1));
        if tick % 5 == 0 {
            world.send();
        }
    }
    world.run();
    assert_eq!(world.taken.len(), 6_000);
    // One a second, and one of every thousand events.
    assert!(world.requests.len() <= 70, "{} requests", world.requests.len());
}

#[test]
fn a_quiet_site_writes_few_rows_and_its_segments_are_dropped() {
    let mut world = World::with(json!({ "alarmGridSeconds": 15, "holdSeconds": 2 }));
    let before = world.disk.rows_written();
    // 0.4 events a second for three hours, each by itself; alarms on the grid.
    let (mut id, mut alarm) = (0, 0);
    for tick in 0..(3 * 60 * 60 / 5) {
        world.now = NOW + tick * 5_000;
        for _ in 0..2 {
            world.post(Trust::Page, &[lead(&id.to_string())]);
            id += 1;
        }
        let due = world.outbox.next_alarm(&mut world.disk, &world.config, world.now).unwrap();
        alarm = if alarm == 0 { due.unwrap() } else { alarm };
        if world.now >= alarm {
            while world.send().is_some() {}
            while world.outbox.upkeep(&mut world.disk, &world.config, world.now).unwrap() {}
            alarm = 0;
        }
    }
    let rows = (world.disk.rows_written() - before) as f64 / id as f64;
    // An alarm is a row too: one in fifteen seconds.
    let alarms = (3.0 * 60.0 * 60.0 / 15.0) / id as f64;
    assert!(rows + alarms <= 1.5, "{rows} rows and {alarms} alarms an event");
    assert!(world.disk.bytes() < 2_000_000, "{} bytes", world.disk.bytes());
}
