// The page: listens to the feed, and shows what comes.

import { createEvent } from "@alkdev/pubsub";
import { createWebSocketClientEventTarget } from "@alkdev/pubsub/event-target-websocket-client";
import {
  FEED_PATH,
  type FeedEvent,
  type FeedSample,
  type FeedTail,
} from "../../_dashboard_feed.ts";
import { Chart } from "./_chart.ts";
import { ConnectionsView } from "./_connections.ts";
import { element, setText } from "./_elements.ts";
import { bytes, bytesAxis, duration, rate, rateAxis } from "./_format.ts";
import { SampleHistory } from "./_history.ts";
import { NumbersView } from "./_numbers.ts";
import { ProblemsView } from "./_problems.ts";
import { PublishView } from "./_publish.ts";
import { StatusView } from "./_status.ts";
import { TailView } from "./_tail.ts";
import { startTheme } from "./_theme.ts";
import { TopicsView } from "./_topics.ts";

// A login leaves a question mark behind.
if (location.search === "") history.replaceState(null, "", location.pathname);

const url = new URL(
  `${location.pathname.replace(/\/$/, "")}/${FEED_PATH}`,
  location.href,
);
url.protocol = url.protocol.replace("http", "ws");
const past = new SampleHistory();
const events = new Chart({ id: "events", format: rate, axis: rateAxis });
const sizes = new Chart({ id: "bytes", format: bytes, axis: bytesAxis });
const numbers = new NumbersView();
const connections = new ConnectionsView();
const problems = new ProblemsView();
const status = new StatusView(() => void feed.then((feed) => feed.reconnect()));
const feed = createWebSocketClientEventTarget<FeedEvent>(url, {
  reconnect: { minDelay: 250, maxDelay: 5_000 },
  waitOnFirstConnect: true,
  offline: "throw",
  onStatus: (state) => status.show(state),
});
const tail = new TailView({
  async onStart(topic) {
    const target = await feed;
    target.addEventListener(`hub.tail:${topic}`, onTail);
    await target.flush();
  },
  onStop: (topic) =>
    void feed.then((feed) =>
      feed.removeEventListener(`hub.tail:${topic}`, onTail)
    ),
});
const topics = new TopicsView((topic, chosen) => tail.choose(topic, chosen));
startTheme(() => {
  events.redraw();
  sizes.redraw();
});

/** What is told to this page alone goes by this. */
const id = crypto.randomUUID();

const target = await feed;
const publish = new PublishView((event) => {
  try {
    target.dispatchEvent(createEvent("hub.publish", id, event));
  } catch (error) {
    publish.fail(error);
  }
});
target.addEventListener(`hub.published:${id}`, ({ detail }) => {
  publish.published(detail.payload);
});
target.addEventListener(`hub.welcome:${id}`, ({ detail }) => {
  const { title, allowPublish, hubs, history, last } = detail.payload;
  document.title = `${title} – dashboard`;
  setText(element("title"), title);
  publish.allow(allowPublish, hubs);
  past.replace(history);
  draw();
  show(last);
});
target.addEventListener("hub.sample", ({ detail }) => {
  const sample = detail.payload;
  past.add(sample);
  draw();
  show(sample);
  topics.show(sample.topics);
  connections.show(sample);
});
target.addEventListener("hub.fault", ({ detail }) => {
  problems.add(detail.payload);
});

function onTail({ detail }: { detail: { payload: FeedTail } }): void {
  tail.add(detail.payload);
}

function draw(): void {
  const { at, eventsIn, eventsOut, bytesIn, bytesOut } = past.columns;
  events.show(at, eventsIn, eventsOut);
  sizes.show(at, bytesIn, bytesOut);
}

function show(sample: FeedSample): void {
  status.saw(sample.at);
  setText(element("uptime"), duration(sample.uptime));
  numbers.show(sample);
  problems.omit(sample.omittedFaults);
}
