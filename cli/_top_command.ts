// `top`: watches a hub, by the feed of its dashboard.

import type { FeedFault, FeedSample, FeedWelcome } from "../_dashboard_feed.ts";
import { deferred, within } from "../_deferred.ts";
import type { Context } from "./_context.ts";
import { ExitCode, Failure } from "./_failure.ts";
import { connectFeed } from "./_feed_client.ts";
import { TopView } from "./_top_view.ts";

/** Milliseconds that a feed has to say what it is of. */
const GREETING_TIMEOUT = 5_000;

/** Watches until it is ended. */
export async function run(context: Context): Promise<number> {
  const { args, ending } = context;
  const isOnce = args.flag("once");
  const done = deferred<void>();
  let view: TopView | undefined;
  const [url] = args.positionals;
  const feed = await connectFeed(
    url,
    args.text("token"),
    (why) => view?.lost(why),
  );
  const { target } = feed;
  const lost = target.closed.then((error) => {
    throw error ?? new Failure("the dashboard closed the connection");
  });
  lost.catch(() => {}); // It may come when nobody waits for it any more.
  const welcomed = deferred<FeedWelcome>();
  // The id is ours to choose: the welcome is for nobody else.
  target.addEventListener(
    `hub.welcome:${crypto.randomUUID()}`,
    ({ detail }) => welcomed.resolve(detail.payload as FeedWelcome),
    { once: true },
  );
  try {
    const greeting = within(welcomed.promise, GREETING_TIMEOUT, () => {
      throw new Failure("cannot watch: what answers there is no dashboard");
    });
    await ending.after(Promise.race([greeting, lost]));
    if (ending.signal.aborted) return ending.code;
    view = new TopView(context, await welcomed.promise, () => done.resolve());
    target.addEventListener("hub.sample", ({ detail }) => {
      try {
        view!.sample(detail.payload as FeedSample);
      } catch (error) {
        done.reject(error);
      }
      if (isOnce) done.resolve();
    });
    target.addEventListener("hub.fault", ({ detail }) => {
      view!.fault(detail.payload as FeedFault);
    });
    await ending.after(Promise.race([done.promise, lost]));
  } finally {
    view?.close();
    lost.catch(() => {});
    await feed.close();
  }
  // To be ended is how it ends, unless it was to show one sample.
  return isOnce ? ending.code : ExitCode.OK;
}
