//! What `doctor` asks.

use async_trait::async_trait;
use futures::TryStreamExt as _;
use groundrule_core::ports::Answer;
use mongodb::bson::{Document, doc};
use mongodb::{Collection, IndexModel};

use super::place::Place;
use crate::source::{Health, Remark};

/// The server of a collection.
pub(super) struct Server {
    pub place: Place,
    pub collection: Collection<Document>,
}

#[async_trait]
impl Health for Server {
    async fn identity(&self) -> Answer<String> {
        let database = self.collection.client().database("admin");
        let told = database.run_command(doc! { "buildInfo": 1 });
        let told = self.place.within(told.into_future()).await?;
        Ok(format!("MongoDB {}", told.get_str("version").unwrap_or("of an unknown version")))
    }

    async fn remarks(&self) -> Answer<Vec<Remark>> {
        let indexes = async { self.collection.list_indexes().await?.try_collect().await };
        let indexes: Vec<IndexModel> = self.place.within(indexes).await?;
        let starts = |field: &str| {
            let first =
                |index: &IndexModel| index.keys.keys().next().is_some_and(|key| key == field);
            indexes.iter().any(first)
        };
        let missing = ["fqdn", "classes"].into_iter().filter(|field| !starts(field));
        let remark = |field: &str| Remark {
            what: format!("{} has no index on {field}", self.place.shown),
            help: format!("let its owner make one: createIndex({{{field}: 1}})"),
            undecides: false,
        };
        Ok(missing.map(remark).collect())
    }
}
