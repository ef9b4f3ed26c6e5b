//! STOMP with real brokers, the same tests on ActiveMQ and on RabbitMQ; and with peers that do what
//! those two never do.
#![expect(clippy::unwrap_used, reason = "a test may fail where it stands")]

mod contract;
mod faults;
mod help;
mod identity;
mod misbehaving;
mod relay;
mod tls;

use help::Broker;

/// Makes a test of each function, for each broker.
macro_rules! on_each_broker {
    ($($part:ident::$name:ident),* $(,)?) => {
        mod activemq {
            $(#[tokio::test] async fn $name() { crate::$part::$name(&crate::ACTIVEMQ).await; })*
        }

        mod rabbitmq {
            $(#[tokio::test] async fn $name() { crate::$part::$name(&crate::RABBITMQ).await; })*
        }
    };
}

static ACTIVEMQ: Broker = Broker::new(groundrule_services::activemq);
static RABBITMQ: Broker = Broker::new(groundrule_services::rabbitmq);

on_each_broker!(
    contract::bodies_come_back_as_they_went,
    contract::versions_are_spoken,
    contract::what_is_not_settled_comes_again,
    contract::settling_what_came_by_a_lost_connection_does_nothing,
    contract::a_dropped_receive_loses_nothing,
    contract::a_topic_reaches_who_listens,
    contract::a_wrong_password_is_refused_and_not_repeated,
    contract::a_dead_host_is_passed_over,
    contract::a_huge_message_is_cut_and_what_follows_comes,
    contract::a_message_that_is_too_large_is_refused_and_others_are_taken,
    contract::a_stopped_source_gives_back_what_nobody_received,
    contract::a_stopped_source_of_a_topic_hands_on_what_came,
    faults::a_broker_that_is_away_is_shown_until_it_is_back,
    faults::a_killed_broker_loses_nothing_that_it_confirmed,
    faults::a_broker_that_hangs_is_noticed,
    tls::a_private_authority_is_trusted_and_a_client_shows_its_certificate,
    tls::a_stranger_is_refused_with_the_file_that_does_not_know_it,
);
